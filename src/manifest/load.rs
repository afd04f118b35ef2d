//! Loading a project: which files there are, and in which order they are read.
//!
//! In: the project's folder. Out: a [`Project`], or the findings of all its files at once. Must not know: what the keys
//! mean, rules, data. Start at [`load`].

use super::check::{self, Tables};
use super::files::{Files, unreadable};
use super::model::{Parameters, Project};
use super::project::ProjectFile;
use super::table::TableFile;
use super::{assign, contract, parameters, project, scenarios, secrets, table};
use crate::diag::{self, Diagnostic, ids};
use crate::source::SourceMap;
use crate::system::System;
use indexmap::IndexMap;
use std::path::Path;

const PROJECT: &str = "tierwright.yaml";
const PARAMETERS: &str = "rules/parameters.yaml";

/// Reads `tierwright.yaml`, every `datasets/*.yaml` in the order of their names, and `rules/parameters.yaml` with its
/// CSV tables. The project is there if no finding is an error. Texts are added to `sources` under paths relative to
/// `root`.
///
/// # Errors
/// As findings: `file-missing`, `file-unreadable`, `encoding`, `yaml`, and what the readers of each file find.
pub fn load(system: &dyn System, root: &Path, sources: &mut SourceMap) -> (Option<Project>, Vec<Diagnostic>) {
    let mut files = Files { system, root, sources, findings: Vec::new() };
    if !system.exists(&root.join(PROJECT)) {
        let message = match system.is_dir(root) {
            true => format!("no `{PROJECT}` in this folder"),
            false => "no such folder".to_owned(),
        };
        let found = Diagnostic::error(ids::FILE_MISSING, message)
            .located(root.display().to_string())
            .help("name the project's folder with `--project DIR`: it is the one that has a `tierwright.yaml`")
            .help("`tierwright init DIR` makes a project, with `--from FILE …` one of your data");
        return (None, vec![found]);
    }
    let file = files.yaml(PROJECT).and_then(|root| project::read(&root, &mut files.findings));
    let (tables, broken) = files.tables();
    let parameters = files.parameters();
    check::project(file.as_ref(), &Tables { read: &tables, broken: &broken }, &mut files.findings);
    if let Some(file) = &file {
        scenarios::check(&file.project, &parameters, &mut files.findings);
    }
    let mut findings = files.findings;
    diag::sort(&mut findings);
    if findings.iter().any(Diagnostic::is_error) {
        return (None, findings);
    }
    let mut tables = tables.into_iter().map(|(name, file)| (name, file.table)).collect();
    contract::spread_sensitivity(&mut tables);
    let project = file.map(|ProjectFile { project, .. }| Project { tables, parameters, ..project });
    (project, findings)
}

impl Files<'_> {
    /// The manifests by table, and the tables whose manifest cannot be read.
    fn tables(&mut self) -> (IndexMap<String, TableFile>, Vec<String>) {
        let (mut tables, mut broken) = (IndexMap::new(), Vec::new());
        let paths = self.system.list(&self.root.join("datasets")).unwrap_or_else(|error| {
            self.findings.push(unreadable("datasets", &error));
            Vec::new()
        });
        let mut seen = 0;
        for path in paths {
            let Some(file_name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            if let Some(stem) = file_name.strip_suffix(".yml") {
                let found = Diagnostic::warning(ids::FILE_MISSING, format!("`datasets/{file_name}` is not read"));
                let found = found.located(format!("datasets/{file_name}"));
                self.findings.push(found.help(format!("name it `{stem}.yaml`")));
            }
            let Some(name) = file_name.strip_suffix(".yaml").filter(|name| !name.is_empty() && !name.starts_with('.'))
            else {
                continue;
            };
            seen += 1;
            let root = self.yaml(&format!("datasets/{file_name}"));
            root.iter().for_each(|root| secrets::hide(root, self.sources));
            match root.and_then(|root| table::read(name, &root, &mut self.findings)) {
                Some(file) => {
                    tables.insert(name.to_owned(), file);
                }
                None => broken.push(name.to_owned()),
            }
        }
        if seen == 0 {
            let found = Diagnostic::error(ids::FILE_MISSING, "the project declares no table").located("datasets");
            self.findings.push(found.help("declare each table in datasets/<table>.yaml"));
        }
        (tables, broken)
    }

    fn parameters(&mut self) -> Parameters {
        if !self.system.exists(&self.root.join(PARAMETERS)) {
            return Parameters::default();
        }
        let Some(root) = self.yaml(PARAMETERS) else { return Parameters::default() };
        let parameters = parameters::read(&root, self);
        self.findings.extend(assign::weights(&parameters));
        parameters
    }
}
