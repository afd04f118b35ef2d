//! The texts of a project, and which of them have changed.
//!
//! In: the project's folder. Out: [`Texts`] at one moment, and what two moments have apart. Must not know: what the texts say, when somebody
//! looks. Start at [`Texts::of`].
//!
//! Somebody who edits is followed by looking again, several times a second, at a handful of files: that works on every file system, shared
//! folders and containers included, and whatever an editor does to save, be it writing in place or renaming another file over the old one.
//! A file whose size and times are as before is not read; one that was saved with the same text has not changed.

use crate::error::Error;
use crate::manifest::schema::File;
use crate::system::{FileState, System};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A text: what the system says of its file, and the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    state: Option<FileState>,
    hash: blake3::Hash,
}

/// The texts of a project by their paths in it: YAML files, all files of rules, parameters and cases.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    texts: BTreeMap<String, Text>,
}

impl Texts {
    /// The texts as they are now. Those whose files are as in `before` are not read again.
    ///
    /// # Errors
    /// [`Error::Io`]: a folder cannot be read. A file that is there no more, or that cannot be read just now, is none.
    pub fn of(system: &dyn System, root: &Path, before: &Texts) -> Result<Texts, Error> {
        let mut texts = BTreeMap::new();
        for (name, path) in paths(system, root)? {
            let Ok((file, _)) = system.open(&path) else { continue };
            let state = FileState::of(&file).ok();
            let known = before.texts.get(&name).filter(|text| state.is_some() && text.state == state);
            let hash = match known {
                Some(text) => text.hash,
                None => match system.read(&path) {
                    Ok(bytes) => blake3::hash(&bytes),
                    Err(_) => continue,
                },
            };
            texts.insert(name, Text { state, hash });
        }
        Ok(Texts { texts })
    }

    /// The paths of texts that are others now, that are new or that are gone.
    pub fn changed(&self, now: &Texts) -> Vec<String> {
        let names: BTreeSet<&String> = self.texts.keys().chain(now.texts.keys()).collect();
        let hash = |texts: &Texts, name: &String| texts.texts.get(name).map(|text| text.hash);
        names.into_iter().filter(|name| hash(self, name) != hash(now, name)).cloned().collect()
    }
}

/// The files that are looked at: names in the project, and where they are.
fn paths(system: &dyn System, root: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = vec![("tierwright.yaml".to_owned(), root.join("tierwright.yaml"))];
    for path in system.list(&root.join("datasets"))? {
        let name = path.file_name().map(|name| format!("datasets/{}", name.to_string_lossy())).unwrap_or_default();
        if File::of(&name).is_some() {
            found.push((name, path));
        }
    }
    let mut folders = vec![("rules".to_owned(), root.join("rules"))];
    // Links that lead back up are not followed for ever.
    let mut seen = BTreeSet::new();
    while let Some((shown, folder)) = folders.pop() {
        if system.exists(&folder) && !seen.insert(system.real_path(&folder)?) {
            continue;
        }
        for path in system.list(&folder)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let shown = format!("{shown}/{name}");
            if name.starts_with('.') {
                continue;
            } else if system.is_dir(&path) {
                folders.push((shown, path));
            } else if [".rhai", ".yaml", ".csv", ".rtest"].iter().any(|end| name.ends_with(end)) {
                found.push((shown, path));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::fs;

    #[test]
    fn what_was_saved_is_told_however_it_was_saved() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("tierwright.yaml", "name: a\n");
        write("datasets/客户.yaml", "source: a.csv\n");
        write("datasets/a.csv", "a\n1\n");
        write("rules/lib/deals.rhai", "fn a() { 1 }\n");
        write("rules/.deals.rhai.swp", "x");
        let look = |before: &Texts| {
            let now = Texts::of(&Os, dir.path(), before).unwrap();
            (before.changed(&now), now)
        };
        let (all, first) = look(&Texts::default());
        assert_eq!(all, ["datasets/客户.yaml", "rules/lib/deals.rhai", "tierwright.yaml"]);
        assert_eq!(look(&first).0, [""; 0]);
        // Data, swap files and the same text again are no change.
        write("datasets/a.csv", "a\n2\n");
        write("rules/.deals.rhai.swp", "y");
        write("tierwright.yaml", "name: a\n");
        let (none, second) = look(&first);
        assert_eq!(none, [""; 0]);
        // An editor that renames, a text of the same length, a file that goes, one that comes.
        write("rules/lib/deals.new", "fn a() { 2 }\n");
        fs::rename(dir.path().join("rules/lib/deals.new"), dir.path().join("rules/lib/deals.rhai")).unwrap();
        fs::remove_file(dir.path().join("datasets/客户.yaml")).unwrap();
        write("rules/tests/a.rtest", "cases: []\n");
        let (changed, third) = look(&second);
        assert_eq!(changed, ["datasets/客户.yaml", "rules/lib/deals.rhai", "rules/tests/a.rtest"]);
        assert_eq!(look(&third).0, [""; 0]);
    }
}
