//! The files of a project as texts and trees.
//!
//! In: paths relative to the project. Out: texts, YAML trees, findings. Must not know: what the keys mean.

use super::field::Findings;
use super::glob;
use super::secrets;
use super::yaml::{self, Node};
use crate::diag::{self, Diagnostic, ids};
use crate::error::Error;
use crate::source::{FileId, SourceMap, Span};
use crate::system::System;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The files of a project, and what is found in them.
pub struct Files<'s> {
    pub(super) system: &'s dyn System,
    pub(super) root: &'s Path,
    pub(super) sources: &'s mut SourceMap,
    /// What is wrong so far.
    pub findings: Findings,
}

impl Files<'_> {
    /// The text of a file that is there; `None` with a finding if it cannot be read.
    fn text(&mut self, path: &str) -> Option<(FileId, String)> {
        let full = self.root.join(path);
        if let Err(outside) = glob::inside(self.system, self.root, &full, path) {
            self.findings.push(outside.located(path));
            return None;
        }
        let bytes = match self.system.read(&full) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.findings.push(unreadable(path, &error));
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let file = self.sources.add(path, secrets::masked(text));
                Some((file, self.sources.file(file).text.clone()))
            }
            Err(error) => {
                self.findings.push(diag::not_utf8(path, &error));
                None
            }
        }
    }

    pub(super) fn yaml(&mut self, path: &str) -> Option<Node> {
        let (file, text) = self.text(path)?;
        match yaml::parse(file, &text) {
            Ok(root) => Some(root),
            Err(findings) => {
                secrets::hide_lines(file, self.sources);
                self.findings.extend(findings);
                None
            }
        }
    }

    /// The text of a table of parameters, `rules/<path>`, which is named at `span`.
    pub fn table(&mut self, path: &str, span: Span) -> Option<(FileId, String)> {
        let shown = format!("rules/{path}");
        if let Some((file, known)) = self.sources.files().find(|(_, file)| file.path == shown) {
            return Some((file, known.text.clone()));
        }
        if !self.system.exists(&self.root.join(&shown)) {
            self.findings.push(Diagnostic::error(ids::FILE_MISSING, format!("no file `{shown}`")).at(span));
            return None;
        }
        self.text(&shown)
    }
}

/// Every file under `rules/` whose name ends in this way, sorted by path: as messages show it, and where it is. A folder
/// to which several symbolic links lead is read once; what begins with a dot is passed over.
///
/// # Errors
/// [`Error::Io`]: a folder cannot be read.
pub fn of_rules(system: &dyn System, root: &Path, extension: &str) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut seen: HashSet<PathBuf> = HashSet::new();
    let mut folders = vec![(root.join("rules"), "rules".to_owned())];
    let mut found = Vec::new();
    while let Some((folder, shown)) = folders.pop() {
        if system.exists(&folder) && !seen.insert(system.real_path(&folder)?) {
            continue;
        }
        for path in system.list(&folder)? {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let shown = format!("{shown}/{name}");
            if path.extension().is_some_and(|e| e == extension) {
                found.push((shown, path));
            } else if !name.starts_with('.') && system.is_dir(&path) {
                folders.push((path, shown));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The finding of a file that cannot be read.
pub(super) fn unreadable(path: &str, error: &Error) -> Diagnostic {
    let reason = match error {
        Error::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    };
    Diagnostic::error(ids::FILE_UNREADABLE, format!("`{path}` cannot be read: {reason}")).located(path)
}
