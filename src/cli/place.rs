//! Which project is meant, and how paths are shown.
//!
//! In: what was typed, the working directory. Out: the project folder, and where its runs lie. Must not know: rules, data.

use super::args::{At, Runs};
use super::output::{Output, printable};
use crate::diag::Diagnostic;
use crate::error::{Exit, Stop};
use crate::manifest::model::Project;
use crate::run::layout::Layout;
use crate::run::{Engine, Request};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;
use std::path::{Component, Path, PathBuf};

/// The project folder: the one given, else the nearest folder with a `tierwright.yaml` from the working directory up,
/// else the working directory.
pub fn project(system: &dyn System, given: Option<&Path>) -> PathBuf {
    if let Some(given) = given {
        return given.to_owned();
    }
    let Ok(here) = std::env::current_dir() else { return PathBuf::from(".") };
    let mut path = PathBuf::from(".");
    for (up, folder) in here.ancestors().enumerate() {
        if system.exists(&folder.join("tierwright.yaml")) {
            return path;
        }
        path = if up == 0 { PathBuf::from("..") } else { path.join("..") };
    }
    PathBuf::from(".")
}

/// The project and where its runs lie.
///
/// # Errors
/// What is wrong with the project, which is told.
pub fn runs(system: &dyn System, output: &mut Output, named: &Runs) -> Result<(Project, SourceMap, Layout), Exit> {
    let root = project(system, named.project.as_deref());
    let mut sources = SourceMap::default();
    let (project, found) = crate::manifest::load(system, &root, &mut sources);
    let Some(project) = project.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
        return Err(output.stop(&Stop::Configuration(found), &sources, json!({})));
    };
    let out = named.out.clone().unwrap_or_else(|| root.join(&project.output.dir));
    let layout = Layout::new(&out, &project.name);
    Ok((project, sources, layout))
}

/// What asks for a run of a project again, or for what would be in its place.
pub fn request(system: &dyn System, project: &Project, at: &At, engine: Engine) -> Request {
    let root = self::project(system, at.runs.project.as_deref());
    Request {
        out: Some(at.runs.out.clone().unwrap_or_else(|| root.join(&project.output.dir))),
        root,
        source_roots: source_roots(system, &at.source_root),
        threads: at.threads.map(usize::from),
        engine,
        ..Request::default()
    }
}

/// Folders outside of the project that data files may lie in: those given, then those of the environment.
pub fn source_roots(system: &dyn System, given: &[PathBuf]) -> Vec<PathBuf> {
    let named = system.env("TIERWRIGHT_SOURCE_ROOT").unwrap_or_default();
    let named: Vec<PathBuf> = std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()).collect();
    given.iter().cloned().chain(named).collect()
}

/// A path for people: without `.` parts, without characters that steer a terminal.
pub fn shown(path: &Path) -> String {
    let path: PathBuf = path.components().filter(|c| !matches!(c, Component::CurDir)).collect();
    printable(&path.display().to_string())
}
