//! Paths and globs of data files.
//!
//! In: a pattern of a manifest, relative to a folder of the project. Out: the files it stands for, sorted by the bytes of
//! their paths. `*` stands for any characters of one name and `?` for one; neither for a dot in front. Must not know:
//! what the files hold. Start at [`files`].

use super::model::Source;
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use crate::system::System;
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

/// The files of a table's source, each once, sorted by the bytes of `shown`. `folder` is the manifest's folder relative
/// to the project's `root`: `datasets`.
///
/// # Errors
/// `file-missing`: a pattern that stands for no file. `wrong-value`: a pattern or a symbolic link that leads out of the
/// project. `file-unreadable`: a folder that cannot be listed.
pub fn files(
    system: &dyn System,
    root: &Path,
    folder: &str,
    source: &Source,
) -> Result<Vec<DataFile>, Vec<Diagnostic>> {
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    for pattern in &source.paths {
        match expand(system, root, folder, pattern, source.span) {
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
    root: &Path,
    folder: &str,
    pattern: &str,
    span: Span,
) -> Result<Vec<DataFile>, Diagnostic> {
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    if let Some(fault) = fault(pattern, depth) {
        return Err(Diagnostic::error(ids::WRONG_VALUE, format!("the path {fault}: `{pattern}`")).at(span));
    }
    let mut places: Vec<Vec<String>> = vec![Vec::new()];
    let parts = folder.split('/').chain(pattern.split('/')).filter(|part| !part.is_empty() && *part != ".");
    for part in parts {
        let mut next = Vec::new();
        for place in places {
            step(system, root, place, part, &mut next).map_err(|found| found.at(span))?;
        }
        places = next;
    }
    let mut found = Vec::new();
    for place in places {
        let (path, shown) = (join(root, &place), place.join("/"));
        if !system.exists(&path) {
            continue;
        }
        inside(system, root, &path, &shown).map_err(|found| found.at(span))?;
        found.push(DataFile { path, shown });
    }
    found.sort_by(|a, b| a.shown.as_bytes().cmp(b.shown.as_bytes()));
    found.dedup();
    if found.is_empty() { Err(missing(system, root, folder, pattern).at(span)) } else { Ok(found) }
}

/// What is wrong with a pattern wherever it leads, as the end of a sentence.
pub fn shape_fault(pattern: &str) -> Option<&'static str> {
    fault(pattern, 64)
}

/// What is wrong with a pattern that starts `depth` folders inside the project, as the end of a sentence.
pub fn fault(pattern: &str, depth: usize) -> Option<&'static str> {
    let drive = pattern.as_bytes().get(1) == Some(&b':') && pattern.as_bytes()[0].is_ascii_alphabetic();
    if pattern.starts_with('/') || drive {
        return Some("must be relative to the file that names it");
    }
    if pattern.contains('\\') {
        return Some("must have `/` between its parts");
    }
    if pattern.contains("**") {
        return Some("must not hold `**`: `*` stands for one name");
    }
    if pattern.ends_with('/') || pattern.is_empty() {
        return Some("must name a file");
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

fn join(root: &Path, parts: &[String]) -> PathBuf {
    parts.iter().fold(root.to_owned(), |path, part| path.join(part))
}

/// Goes one part of the pattern further from one place.
fn step(
    system: &dyn System,
    root: &Path,
    mut place: Vec<String>,
    part: &str,
    next: &mut Vec<Vec<String>>,
) -> Result<(), Diagnostic> {
    if part == ".." {
        place.pop();
        next.push(place);
    } else if !part.contains(['*', '?']) {
        place.push(part.to_owned());
        next.push(place);
    } else {
        for name in names(system, &join(root, &place), &place.join("/"))? {
            if matches(part, &name) {
                let mut place = place.clone();
                place.push(name);
                next.push(place);
            }
        }
    }
    Ok(())
}

/// The names in a folder; none if it is a file.
fn names(system: &dyn System, path: &Path, shown: &str) -> Result<Vec<String>, Diagnostic> {
    if system.open(path).is_ok() {
        return Ok(Vec::new());
    }
    let paths = system.list(path).map_err(|error| {
        Diagnostic::error(ids::FILE_UNREADABLE, "a folder of the project cannot be listed")
            .located(shown)
            .note(error.to_string())
    })?;
    Ok(paths.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
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
    let real = |path: &Path| {
        system.real_path(path).map_err(|error| {
            Diagnostic::error(ids::FILE_UNREADABLE, format!("`{shown}` cannot be read")).note(error.to_string())
        })
    };
    if real(path)?.starts_with(real(root)?) {
        return Ok(());
    }
    Err(Diagnostic::error(ids::WRONG_VALUE, format!("`{shown}` is a symbolic link that leads out of the project"))
        .help("copy the file into the project"))
}

fn missing(system: &dyn System, root: &Path, folder: &str, pattern: &str) -> Diagnostic {
    let whole: Vec<&str> = folder.split('/').chain(pattern.split('/')).filter(|part| !part.is_empty()).collect();
    let message = match pattern.contains(['*', '?']) {
        true => format!("no file matches `{pattern}` in {folder}/"),
        false => format!("no file `{}`", whole.join("/")),
    };
    let found = Diagnostic::error(ids::FILE_MISSING, message);
    let (Some(name), false) = (whole.last(), pattern.contains("..")) else { return found };
    let place: Vec<String> = whole[..whole.len() - 1].iter().map(|part| (*part).to_owned()).collect();
    let beside = names(system, &join(root, &place), "").unwrap_or_default();
    let found = found.did_you_mean(name, beside.iter().map(String::as_str));
    if found.help.is_empty() { found.help("put the file there, or mend the path in the manifest") } else { found }
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
