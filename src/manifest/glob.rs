//! Paths and globs of data files.
//!
//! In: a pattern of a manifest, relative to a folder of the project. Out: the files it stands for, sorted by the bytes of
//! their paths. `*` stands for any characters of one name and `?` for one; neither for a dot in front. `**` stands for any
//! number of folders. Must not know: what the files hold. Start at [`files`].

use super::model::Source;
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use crate::system::System;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Folder of the manifests, which source paths are relative to.
pub const DATASETS: &str = "datasets";

/// A file that a pattern stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// Where it is.
    pub path: PathBuf,
    /// How messages and records name it: relative to the project, `/` between parts.
    pub shown: String,
}

/// Where data files may lie.
#[derive(Clone, Copy)]
pub struct Reach<'r> {
    /// The project's folder.
    pub root: &'r Path,
    /// Further folders that the user named on the command line or in the environment.
    pub sources: &'r [PathBuf],
}

/// The files of a table's source, each once, sorted by the bytes of `shown`. `folder` is the manifest's folder relative
/// to the project's root: `datasets`.
///
/// # Errors
/// `file-missing`: a pattern that stands for no file. `wrong-value`: a path or a symbolic link that leads out of the
/// project and the folders that the user named. `file-unreadable`: a folder that cannot be listed.
pub fn files(
    system: &dyn System,
    reach: Reach<'_>,
    folder: &str,
    source: &Source,
) -> Result<Vec<DataFile>, Vec<Diagnostic>> {
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    for pattern in &source.paths {
        match expand(system, reach, folder, pattern, source.span) {
            Ok(files) => found.extend(files),
            Err(finding) => findings.push(finding),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    found.sort_by(|a, b| a.shown.as_bytes().cmp(b.shown.as_bytes()));
    found.dedup();
    Ok(found)
}

/// The files that one pattern stands for, sorted; `span` is where it is written.
///
/// # Errors
/// As [`files`].
pub fn expand(
    system: &dyn System,
    reach: Reach<'_>,
    folder: &str,
    pattern: &str,
    span: Span,
) -> Result<Vec<DataFile>, Diagnostic> {
    if let Some(fault) = shape_fault(pattern) {
        return Err(Diagnostic::error(ids::WRONG_VALUE, format!("the path {fault}: `{pattern}`")).at(span));
    }
    let folder = if pattern.starts_with('/') { "" } else { folder };
    let start = Place { parts: Vec::new(), is_absolute: pattern.starts_with('/') };
    let parts = parts(folder, pattern);
    let fixed = parts.iter().take_while(|part| !is_pattern(part));
    let fixed = fixed.fold(start.clone(), |place, part| place.with(part));
    if fixed.is_outside() {
        // Nothing outside is looked at before it is known that it may be.
        within(system, reach, &fixed.path(reach.root), &fixed.shown()).map_err(|found| found.at(span))?;
    }
    let mut places = vec![start];
    for part in parts {
        let mut next = Vec::new();
        for place in places {
            step(system, reach.root, place, part, &mut next).map_err(|found| found.at(span))?;
        }
        places = next;
    }
    let mut found = Vec::new();
    for place in places {
        let (path, shown) = (place.path(reach.root), place.shown());
        if system.is_dangling(&path) {
            return Err(dangling(&shown).at(span));
        }
        if !system.exists(&path) {
            continue;
        }
        within(system, reach, &path, &shown).map_err(|found| found.at(span))?;
        found.push(DataFile { path, shown });
    }
    found.sort_by(|a, b| a.shown.as_bytes().cmp(b.shown.as_bytes()));
    found.dedup();
    if found.is_empty() { Err(missing(system, reach.root, folder, pattern).at(span)) } else { Ok(found) }
}

/// The names and patterns of a path, one after the other.
fn parts<'p>(folder: &'p str, pattern: &'p str) -> Vec<&'p str> {
    folder.split('/').chain(pattern.split('/')).filter(|part| !part.is_empty() && *part != ".").collect()
}

/// Whether a pattern could stand for files below these folders of the project, whatever lies there now. One that leads out
/// of the project does not.
///
/// ```
/// use tierwright::manifest::glob::reaches;
/// let out = ["datasets".to_owned(), "out".to_owned(), "crm".to_owned()];
/// assert!(reaches("datasets", "**/*.parquet", &out));
/// assert!(reaches("datasets", "o*/*/*.csv", &out));
/// assert!(!reaches("datasets", "*.csv", &out));
/// assert!(!reaches("datasets", "exports/**/*.csv", &out));
/// ```
pub fn reaches(folder: &str, pattern: &str, folders: &[String]) -> bool {
    fn leads(parts: &[&str], folders: &[String]) -> bool {
        match (parts, folders) {
            (_, []) => !parts.is_empty(),
            ([], _) => false,
            (["**", rest @ ..], [first, behind @ ..]) => {
                leads(rest, folders) || (!first.starts_with('.') && leads(parts, behind))
            }
            ([part, rest @ ..], [first, behind @ ..]) => matches(part, first) && leads(rest, behind),
        }
    }
    let parts = parts(folder, pattern);
    !pattern.starts_with('/') && !parts.contains(&"..") && leads(&parts, folders)
}

/// What is wrong with a pattern wherever it leads, as the end of a sentence.
pub fn shape_fault(pattern: &str) -> Option<&'static str> {
    let drive = pattern.as_bytes().get(1) == Some(&b':') && pattern.as_bytes()[0].is_ascii_alphabetic();
    if drive {
        return Some("must be relative to the file that names it");
    }
    if pattern.contains('\\') {
        return Some("must have `/` between its parts");
    }
    if pattern.split('/').any(|part| part.contains("**") && part != "**") {
        return Some("must hold `**` alone between two `/`: it stands for folders");
    }
    if pattern.ends_with('/') || pattern.ends_with("**") || pattern.is_empty() {
        return Some("must name a file");
    }
    None
}

/// What is wrong with a pattern that starts `depth` folders inside the project and stays there, as the end of a sentence.
pub fn fault(pattern: &str, depth: usize) -> Option<&'static str> {
    if pattern.starts_with('/') {
        return Some("must be relative to the file that names it");
    }
    if let Some(fault) = shape_fault(pattern) {
        return Some(fault);
    }
    let mut depth = depth;
    for part in pattern.split('/') {
        match part {
            ".." if depth == 0 => return Some("must not lead out of the project"),
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
    }
    None
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?'])
}

/// A path on the way, relative to the project or absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    parts: Vec<String>,
    is_absolute: bool,
}

impl Place {
    fn with(mut self, part: &str) -> Place {
        let up = part == ".." && self.parts.last().is_some_and(|last| last != "..");
        if up {
            self.parts.pop();
        } else if part != ".." || !self.is_absolute {
            self.parts.push(part.to_owned());
        }
        self
    }

    /// Whether it is written as one outside of the project.
    fn is_outside(&self) -> bool {
        self.is_absolute || self.parts.first().is_some_and(|part| part == "..")
    }

    fn path(&self, root: &Path) -> PathBuf {
        let start = if self.is_absolute { PathBuf::from("/") } else { root.to_owned() };
        self.parts.iter().fold(start, |path, part| path.join(part))
    }

    fn shown(&self) -> String {
        format!("{}{}", if self.is_absolute { "/" } else { "" }, self.parts.join("/"))
    }
}

/// Goes one part of the pattern further from one place.
fn step(system: &dyn System, root: &Path, place: Place, part: &str, next: &mut Vec<Place>) -> Result<(), Diagnostic> {
    if part == "**" {
        return folders(system, root, place, &mut HashSet::new(), next);
    }
    if !is_pattern(part) {
        next.push(place.with(part));
        return Ok(());
    }
    for name in names(system, &place.path(root), &place.shown(), &|_, name| matches(part, name))? {
        if matches(part, &name) {
            next.push(place.clone().with(&name));
        }
    }
    Ok(())
}

/// A folder and all folders below it whose names do not begin with a dot. One to which several links lead comes once.
fn folders(
    system: &dyn System,
    root: &Path,
    place: Place,
    seen: &mut HashSet<PathBuf>,
    found: &mut Vec<Place>,
) -> Result<(), Diagnostic> {
    let mut open = vec![place];
    while let Some(place) = open.pop() {
        let path = place.path(root);
        let is_new = system.real_path(&path).is_ok_and(|real| seen.insert(real));
        if system.is_dangling(&path) {
            return Err(dangling(&place.shown()));
        }
        if !system.is_dir(&path) || !is_new {
            continue;
        }
        let is_entered = |path: &Path, name: &str| !name.starts_with('.') && system.is_dir(path);
        let mut below = names(system, &path, &place.shown(), &is_entered)?;
        below.retain(|name| !name.starts_with('.'));
        // The first name is to be taken from the stack first, so that of two ways to one folder it is the one.
        below.reverse();
        open.extend(below.iter().map(|name| place.clone().with(name)));
        found.push(place);
    }
    Ok(())
}

fn dangling(shown: &str) -> Diagnostic {
    Diagnostic::error(ids::FILE_MISSING, format!("`{shown}` is a symbolic link that leads nowhere"))
        .help("see that what it leads to is there, as a disk that is mounted, or remove the link")
}

/// The names in a folder; none if it is a file. A name that is no UTF-8 cannot be told in records: one that is `wanted` is an
/// error.
fn names(
    system: &dyn System,
    path: &Path,
    shown: &str,
    wanted: &dyn Fn(&Path, &str) -> bool,
) -> Result<Vec<String>, Diagnostic> {
    if !system.is_dir(path) {
        return Ok(Vec::new());
    }
    let paths = system.list(path).map_err(|error| {
        Diagnostic::error(ids::FILE_UNREADABLE, "a folder of the project cannot be listed")
            .located(shown)
            .note(error.to_string())
    })?;
    let mut names = Vec::with_capacity(paths.len());
    for path in &paths {
        let Some(name) = path.file_name() else { continue };
        match (name.to_str(), name.to_string_lossy()) {
            (Some(name), _) => names.push(name.to_owned()),
            (None, lossy) if wanted(path, &lossy) => {
                let message = format!("`{lossy}` in `{shown}` has a name that is not UTF-8");
                return Err(Diagnostic::error(ids::FILE_UNREADABLE, message).help("rename it"));
            }
            (None, _) => {}
        }
    }
    Ok(names)
}

/// Whether a name is one that a pattern stands for.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                // Back to the last star, which takes one character more.
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Nothing, or why `path` cannot be used: symbolic links lead out of the project.
///
/// # Errors
/// `wrong-value`, if so; `file-unreadable`, if that cannot be told.
pub fn inside(system: &dyn System, root: &Path, path: &Path, shown: &str) -> Result<(), Diagnostic> {
    if lies_in(system, path, shown, [root].into_iter())? {
        return Ok(());
    }
    Err(Diagnostic::error(ids::WRONG_VALUE, format!("`{shown}` is a symbolic link that leads out of the project"))
        .help("copy the file into the project"))
}

/// Nothing, or why the data file `path` cannot be used: it lies neither in the project nor in a folder that the user named.
fn within(system: &dyn System, reach: Reach<'_>, path: &Path, shown: &str) -> Result<(), Diagnostic> {
    let named = reach.sources.iter().map(PathBuf::as_path);
    let is_written_so = shown.starts_with('/') || shown.starts_with("..");
    // Whether something is there is nobody's business unless it may be read.
    let exists = !is_written_so || !reach.sources.is_empty();
    if exists && lies_in(system, path, shown, [reach.root].into_iter().chain(named))? {
        return Ok(());
    }
    let (how, help) = match reach.sources.is_empty() {
        true => (
            "leads out of the project",
            "copy the file into the project, or run with `--source-root` and the folder that it lies in",
        ),
        false => (
            "leads out of the project and of the folders named by `--source-root`",
            "copy the file into one of them, or name its folder too",
        ),
    };
    let link = if is_written_so { "" } else { "is a symbolic link that " };
    Err(Diagnostic::error(ids::WRONG_VALUE, format!("`{shown}` {link}{how}")).help(help))
}

/// Whether a path leads into one of some folders once all symbolic links are followed. Of one that is not there the
/// folder above is looked at.
fn lies_in<'r>(
    system: &dyn System,
    path: &Path,
    shown: &str,
    mut folders: impl Iterator<Item = &'r Path>,
) -> Result<bool, Diagnostic> {
    let real = |path: &Path| {
        system.real_path(path).map_err(|error| {
            Diagnostic::error(ids::FILE_UNREADABLE, format!("`{shown}` cannot be read")).note(error.to_string())
        })
    };
    let there = path.ancestors().find(|path| system.exists(path)).unwrap_or(path);
    let target = real(there)?;
    Ok(folders.any(|folder| real(folder).is_ok_and(|folder| target.starts_with(folder))))
}

fn missing(system: &dyn System, root: &Path, folder: &str, pattern: &str) -> Diagnostic {
    let whole: Vec<&str> = folder.split('/').chain(pattern.split('/')).filter(|part| !part.is_empty()).collect();
    let message = match pattern.contains(['*', '?']) {
        true if folder.is_empty() => format!("no file matches `{pattern}`"),
        true => format!("no file matches `{pattern}` in {folder}/"),
        false if folder.is_empty() => format!("no file `{pattern}`"),
        false => format!("no file `{}`", whole.join("/")),
    };
    let found = Diagnostic::error(ids::FILE_MISSING, message);
    let start_folder = folder;
    let (Some(name), false) = (whole.last(), pattern.contains("..")) else { return found };
    let start = Place { parts: Vec::new(), is_absolute: pattern.starts_with('/') };
    let folder = whole[..whole.len() - 1].iter().fold(start, |place, part| place.with(part));
    let beside = names(system, &folder.path(root), "", &|_, _| false).unwrap_or_default();
    // The manifest lies beside its data and is named alike, and is none of them.
    let data = beside.iter().map(String::as_str).filter(|name| !name.ends_with(".yaml") && !name.ends_with(".yml"));
    let found = found.did_you_mean(name, data);
    if !found.help.is_empty() {
        return found;
    }
    let is_told = start_folder.is_empty() || pattern.contains(['*', '?']);
    let from = if is_told { String::new() } else { format!(": paths start at `{start_folder}/`") };
    found.help(format!("put the file there, or mend the path in the manifest{from}"))
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
