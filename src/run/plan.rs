//! Everything that is known before data is read.
//!
//! In: the project folder and what the command line asks for. Out: [`Plan`]: project, dates, checked rules, columns to
//! write. Must not know: data, output files. The same for `check` and for a run, so that `check` finds all that can be
//! found without running. Start at [`plan`].

use super::columns::{self, Selection};
use super::cycle::{self, Dates, Phase};
use super::fallback;
use super::programs::{Outlook, Programs};
use super::record::Record;
use super::{business, strategic};
use crate::calendar;
use crate::diag::{self, Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Error, Result, Stop};
pub use crate::manifest::model::BASE;
use crate::manifest::model::{Parameters, Project, Scenario};
use crate::manifest::{self, glob};
use crate::rules::allow;
use crate::rules::ast::File;
use crate::rules::check;
use crate::rules::rows::{self, RowRules};
use crate::rules::schema::Schema;
use crate::rules::tables::schema_of;
use crate::rules::typeck::RunDates;
use crate::rules::typed::Program;
use crate::rules::walk;
use crate::source::{FileId, SourceMap};
use crate::system::System;
use indexmap::IndexMap;
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How steps are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Engine {
    /// Compiled where possible.
    #[default]
    Local,
    /// On the interpreter.
    Interpret,
}

impl Engine {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Local => "local",
            Engine::Interpret => "interpret",
        }
    }
}

/// Which run's decisions are `c.prior`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum PriorRun {
    /// The current one of the cycle before.
    #[default]
    Current,
    /// That of this id.
    Named(String),
    /// None.
    None,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The project folder.
    pub root: PathBuf,
    /// Where the project's texts are, if not in its folder.
    pub texts: Option<PathBuf>,
    /// Folders outside of the project that data files may lie in.
    pub source_roots: Vec<PathBuf>,
    /// Output folder instead of the project's.
    pub out: Option<PathBuf>,
    /// As-of date instead of the project's.
    pub as_of: Option<Date>,
    /// Cycle instead of that of the as-of date: the calendar year in which it starts.
    pub cycle: Option<i16>,
    /// Phase.
    pub phase: Option<Phase>,
    /// Scenario; `base` unless named.
    pub scenario: Option<String>,
    /// Which run is the one before.
    pub prior: PriorRun,
    /// The record of a committed run that this one must be.
    pub again: Option<Box<Record>>,
    /// Threads; as many as there are processors unless named.
    pub threads: Option<usize>,
    /// Parameters set anew, as [`crate::manifest::set_parameter`] takes them, in this order. No run of `flow` sets any.
    pub set: Vec<String>,
    /// How steps are evaluated; no part of the result.
    pub engine: Engine,
    /// Recompute a committed run and compare.
    pub force: bool,
    /// Compute, write nothing.
    pub dry_run: bool,
}

/// Everything that is known before data is read.
#[derive(Debug)]
pub struct Plan {
    /// The project folder.
    pub root: PathBuf,
    /// Folders outside of the project that data files may lie in.
    pub source_roots: Vec<PathBuf>,
    /// The output folder, above the project's name.
    pub out: PathBuf,
    /// The project.
    pub project: Project,
    /// Dates.
    pub dates: Dates,
    /// Scenario.
    pub scenario: String,
    /// The schema with the steps' columns.
    pub schema: Schema,
    /// The expressions of the manifests.
    pub row_rules: RowRules,
    /// One program a step.
    pub programs: Vec<Program>,
    /// Columns that are written.
    pub selection: Selection,
    /// Where each step's function stands, for causes that belong to no expression.
    pub step_places: Vec<String>,
    /// Column programs of the steps.
    pub compiled: Programs,
    /// The rule that gives customers' columns of the next year, where the project has one.
    pub outlook: Option<Outlook>,
    /// Parameters before the run's scenario.
    pub at_rest: Parameters,
    /// The rule files as they were read.
    pub trees: Arc<Vec<File>>,
    /// Findings that do not stop a run.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// Where data files may lie.
    pub fn reach(&self) -> glob::Reach<'_> {
        glob::Reach { root: &self.root, sources: &self.source_roots }
    }
}

/// Reads and checks a project. Texts go to `sources`, so that findings can be shown.
///
/// # Errors
/// [`Stop::Configuration`]: project file, manifests, parameters, dates. [`Stop::Findings`]: rules. All independent
/// findings at once, warnings among them.
pub fn plan(system: &dyn System, request: &Request, sources: &mut SourceMap) -> Result<Plan> {
    let texts = request.texts.as_deref().unwrap_or(&request.root);
    let (project, mut found) = manifest::load(system, texts, sources);
    allow::retain(&mut found, sources);
    let Some(mut project) = project.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
        diag::sort(&mut found);
        return Err(Stop::Configuration(found));
    };
    found.extend(names(&project, request.scenario.as_deref()));
    let scenario = scenario(&project, request.scenario.as_deref(), &mut found);
    let dates = cycle::dates(&project, request.as_of, request.cycle, request.phase, system.now_micros());
    let (schema, clashes) = schema_of(&project);
    found.extend(clashes);
    let dates = match dates {
        Ok((dates, warnings)) if !found.iter().any(Diagnostic::is_error) => {
            found.extend(warnings);
            dates
        }
        other => {
            found.extend(other.err().unwrap_or_default());
            diag::sort(&mut found);
            return Err(Stop::Configuration(found));
        }
    };
    let at_rest = vary(&mut project, &dates, scenario.as_ref(), &request.set)?;
    let row_rules = row_rules(&mut project, &dates, sources, &mut found)?;
    let (files, unreadable) = rule_files(system, texts, sources)?;
    if !unreadable.is_empty() {
        found.extend(unreadable);
        diag::sort(&mut found);
        return Err(Stop::Findings(found));
    }
    let mut compiled = check::compile(&project, schema, &files, run_dates(&dates), sources);
    let broken = compiled.diagnostics.iter().any(Diagnostic::is_error) || !compiled.complete;
    found.append(&mut compiled.diagnostics);
    let mut configuration = decision_columns(&project, &compiled.schema, compiled.complete);
    let selection = columns::select(&project, &available(&compiled.schema));
    let selection = match selection {
        Ok(selection) => selection,
        Err(more) => {
            // Columns of a step that could not be checked are not known: what seems unknown may be there.
            configuration.extend(if compiled.complete { more } else { Vec::new() });
            Selection { columns: Vec::new(), partition_by: Vec::new() }
        }
    };
    if compiled.complete {
        configuration.extend(strategic::check::plan(&project, &compiled));
        configuration.extend(business::check::plan(&project, &compiled.schema, &available(&compiled.schema)));
    }
    found.extend(unnamed_tiers(&project, &compiled.programs));
    let out = request.out.clone().unwrap_or_else(|| request.root.join(&project.output.dir));
    configuration.extend(outputs_as_inputs(system, &request.root, &out, &project));
    let misconfigured = !configuration.is_empty();
    found.extend(configuration);
    diag::sort(&mut found);
    if misconfigured {
        return Err(Stop::Configuration(found));
    }
    if broken {
        return Err(Stop::Findings(found));
    }
    let step_places = compiled.programs.iter().map(|p| sources.place(entry_span(p))).collect();
    let mut programs = Programs::compile(&compiled.programs, &compiled.schema, sources)?;
    programs.tell(&project, &compiled.programs, &compiled.schema, sources)?;
    let outlook = compiled.outlook.map(|program| Outlook::compile(program, &compiled.schema, sources)).transpose()?;
    let row_by_row = outlook.iter().filter_map(|outlook| outlook.fallback.as_ref());
    found.extend(fallback::warnings(programs.fallbacks().chain(row_by_row), &project, sources));
    diag::sort(&mut found);
    Ok(Plan {
        root: request.root.clone(),
        source_roots: request.source_roots.clone(),
        out,
        dates,
        scenario: request.scenario.clone().unwrap_or_else(|| BASE.to_owned()),
        schema: compiled.schema,
        row_rules,
        programs: compiled.programs,
        selection,
        step_places,
        compiled: programs,
        outlook,
        at_rest,
        trees: compiled.trees,
        warnings: found,
        project,
    })
}

/// The scenario that is meant; `None` for the base.
fn scenario(project: &Project, name: Option<&str>, found: &mut Vec<Diagnostic>) -> Option<Scenario> {
    let name = name.filter(|name| *name != BASE)?;
    let meant = project.scenarios.iter().find(|scenario| scenario.name == name);
    if meant.is_none() && is_folder(name) {
        let message = format!("the project has no scenario `{name}`");
        let names = project.scenarios.iter().map(|scenario| scenario.name.as_str());
        let finding = Diagnostic::error(ids::WRONG_VALUE, message).located("--scenario").did_you_mean(name, names);
        let help = match project.scenarios.is_empty() {
            true => {
                "declare it under `scenarios:` of tierwright.yaml, which has none; without `--scenario` the project runs as it stands"
            }
            false => "declare it under `scenarios:` of tierwright.yaml",
        };
        found.push(finding.help(help));
    }
    meant.cloned()
}

/// Gives the project what its phase and scenario have of their own, and what the command line sets. The parameters before
/// the scenario come back.
fn vary(project: &mut Project, dates: &Dates, scenario: Option<&Scenario>, set: &[String]) -> Result<Parameters> {
    if let Some(variant) = dates.phase.and_then(|phase| project.planning.variant(phase)).cloned() {
        // What the manifest sets was found to be right when it was read.
        manifest::set_all(&mut project.parameters, &variant.set);
        project.steps = variant.steps.unwrap_or_else(|| std::mem::take(&mut project.steps));
    }
    let at_rest = project.parameters.clone();
    let of_scenario = scenario.into_iter().flat_map(|scenario| &scenario.set);
    let mut found = manifest::set_all(&mut project.parameters, of_scenario);
    found.extend(set.iter().filter_map(|text| manifest::set_parameter(&mut project.parameters, text).err()));
    if !set.is_empty() && found.is_empty() {
        found.extend(manifest::weights(&project.parameters));
    }
    if found.iter().any(Diagnostic::is_error) { Err(Stop::Configuration(found)) } else { Ok(at_rest) }
}

/// The same plan under other parameters and dates, for customers whose columns are there already: it has no expressions of
/// tables, and nothing that tells what decides.
///
/// # Errors
/// [`Stop::Findings`]: what rules do not bear, such as a constant division by zero.
pub fn varied(plan: &Plan, parameters: Parameters, dates: Dates, sources: &SourceMap) -> Result<Plan> {
    let project = Project { parameters, ..plan.project.clone() };
    let (schema, _) = schema_of(&project);
    let compiled = check::compile_again(&project, schema, &plan.trees, run_dates(&dates), sources);
    let errors: Vec<Diagnostic> = compiled.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() || !compiled.complete {
        return Err(Stop::Findings(errors));
    }
    Ok(Plan {
        root: plan.root.clone(),
        source_roots: plan.source_roots.clone(),
        out: plan.out.clone(),
        dates,
        scenario: plan.scenario.clone(),
        outlook: compiled.outlook.map(|program| Outlook::compile(program, &compiled.schema, sources)).transpose()?,
        compiled: Programs::compile(&compiled.programs, &compiled.schema, sources)?,
        schema: compiled.schema,
        row_rules: RowRules::default(),
        programs: compiled.programs,
        selection: plan.selection.clone(),
        step_places: plan.step_places.clone(),
        at_rest: plan.at_rest.clone(),
        trees: Arc::clone(&plan.trees),
        warnings: Vec::new(),
        project,
    })
}

/// The expressions of the manifests.
fn row_rules(
    project: &mut Project,
    dates: &Dates,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) -> Result<RowRules> {
    let (row_rules, of_rows) = rows::compile(project, run_dates(dates), sources)?;
    found.extend(of_rows);
    if found.iter().any(Diagnostic::is_error) {
        diag::sort(found);
        return Err(Stop::Configuration(std::mem::take(found)));
    }
    Ok(row_rules)
}

/// The dates as rules see them.
pub fn run_dates(dates: &Dates) -> RunDates {
    let day = calendar::day_number;
    RunDates { as_of: day(dates.as_of), cycle_start: day(dates.start), cycle_end: day(dates.end) }
}

/// Columns of the customer table and of the steps, by name.
pub fn available(schema: &Schema) -> IndexMap<String, DataType> {
    let seen = |c: &crate::rules::schema::ColumnSchema| (c.name.clone(), c.dtype);
    schema.table(schema.customer).columns.iter().map(seen).collect()
}

fn entry_span(program: &Program) -> crate::source::Span {
    program.instances.get(program.entry.0 as usize).map(|i| i.span).unwrap_or_default()
}

fn is_folder(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.chars().any(|c| c.is_control() || "/\\:".contains(c))
}

/// Names that become folders.
fn names(project: &Project, scenario: Option<&str>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !is_folder(&project.name) {
        let message = format!("the project's name `{}` cannot be a folder", project.name);
        found.push(
            Diagnostic::error(ids::WRONG_VALUE, message).at(project.decision.span).help("leave out `/`, `\\` and `:`"),
        );
    }
    if let Some(scenario) = scenario.filter(|s| !is_folder(s)) {
        let message = format!("the scenario's name `{scenario}` cannot be used");
        let finding = Diagnostic::error(ids::WRONG_VALUE, message).located("--scenario");
        found.push(finding.help("leave out `/`, `\\` and `:`"));
    }
    found
}

/// What the decision consists of must be there, with the right types.
fn decision_columns(project: &Project, schema: &Schema, complete: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !complete {
        return found;
    }
    let columns = available(schema);
    let own = project.tables.get(&project.customer).map_or(0, |t| t.columns.len());
    let decision = &project.decision;
    let mut check = |what: &str, name: &str, fits: &dyn Fn(DataType) -> bool, wanted: &str, step: bool| {
        let message = match columns.get_index_of(name) {
            None => format!("`decision.{what}` names `{name}`, which no step returns"),
            Some(at) if step && at < own => format!("`decision.{what}` names `{name}`, which no step returns"),
            Some(at) => match columns.get_index(at) {
                Some((_, dtype)) if !fits(*dtype) => {
                    format!("`decision.{what}` names `{name}`, a {dtype} column; it must be {wanted}")
                }
                _ => return,
            },
        };
        let names: Vec<&str> = columns.keys().map(String::as_str).collect();
        let place = decision.places.get(name).copied().unwrap_or(decision.span);
        found.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(place).did_you_mean(name, names));
    };
    check("tier", &decision.tier, &|t| t == DataType::Text, "text", true);
    check("value", &decision.value, &|t| matches!(t, DataType::Float | DataType::Int), "a number", false);
    for (name, wanted) in &decision.read_back {
        check("read_back", name, &|t| t == *wanted, &wanted.to_string(), false);
    }
    found
}

/// Warns of tiers that the step which gives the tier never names, if it names others: most are misspelt.
fn unnamed_tiers(project: &Project, programs: &[Program]) -> Vec<Diagnostic> {
    let decision = &project.decision;
    let Some(program) = programs.iter().find(|program| program.gives(&decision.tier)) else { return Vec::new() };
    let texts = walk::texts(program);
    let (named, unnamed): (Vec<&String>, Vec<&String>) =
        decision.order.iter().partition(|tier| texts.contains(tier.as_str()));
    let strangers = || texts.iter().copied().filter(|text| decision.order.iter().all(|tier| tier != text));
    let warn = |tier: &String| {
        let message = format!("no rule of step `{}` names the tier `{tier}`", program.step);
        let mut found =
            Diagnostic::warning(ids::UNNAMED_TIER, message).at(decision.span).did_you_mean(tier, strangers());
        if found.help.is_empty() {
            found = found.help("spell it as the rule does, or take it out of `decision: order:`");
        }
        found
    };
    // Where no tier is named, tiers come from elsewhere, or all are misspelt.
    let is_misspelt = |found: &Diagnostic| found.help.iter().any(|help| help.starts_with("did you mean"));
    unnamed.into_iter().map(warn).filter(|found| !named.is_empty() || is_misspelt(found)).collect()
}

/// Sources whose patterns would find what runs write.
fn outputs_as_inputs(system: &dyn System, root: &Path, out: &Path, project: &Project) -> Vec<Diagnostic> {
    let real = |path: &Path| {
        let there = path.ancestors().find(|path| system.exists(path));
        let rest = there.and_then(|there| path.strip_prefix(there).ok()).unwrap_or(path);
        let there = system.real_path(there.unwrap_or(Path::new(".")));
        there.map(|there| there.join(rest)).unwrap_or_else(|_| path.to_owned())
    };
    let base = real(&out.join(&project.name));
    let Ok(inside) = base.strip_prefix(real(root)) else { return Vec::new() };
    let folders: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let mut found = Vec::new();
    for source in project.tables.values().map(|table| &table.source) {
        let patterns = source.paths.iter().filter(|path| glob::reaches(glob::DATASETS, path, &folders));
        found.extend(patterns.map(|pattern| {
            let message = format!("`{pattern}` would find the files that runs write to `{}`", folders.join("/"));
            let finding = Diagnostic::error(ids::WRONG_VALUE, message).at(source.span);
            finding.help("choose another `output.dir`, or a pattern that does not lead there")
        }));
    }
    found
}

/// What is wrong with the paths of the data files; nothing is read. A run finds the same when it loads its tables.
pub fn data_files(system: &dyn System, plan: &Plan) -> Vec<Diagnostic> {
    let tables = plan.project.tables.values();
    let mut found: Vec<Diagnostic> = tables
        .filter_map(|table| glob::files(system, plan.reach(), glob::DATASETS, &table.source).err())
        .flatten()
        .collect();
    diag::sort(&mut found);
    found
}

/// Every `*.rhai` under `rules/`, sorted by path, and findings of those that are not UTF-8.
fn rule_files(
    system: &dyn System,
    root: &Path,
    sources: &mut SourceMap,
) -> Result<(Vec<FileId>, Vec<Diagnostic>), Error> {
    let (mut files, mut findings) = (Vec::new(), Vec::new());
    for (shown, path) in manifest::of_rules(system, root, "rhai")? {
        if let Err(outside) = glob::inside(system, root, &path, &shown) {
            findings.push(outside.located(shown));
            continue;
        }
        match String::from_utf8(system.read(&path)?) {
            Ok(text) => files.push(sources.add(shown, text)),
            Err(error) => findings.push(diag::not_utf8(&shown, &error)),
        }
    }
    Ok((files, findings))
}
