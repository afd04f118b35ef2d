//! What if: a committed run's customers under other rules and parameters, without writing anything.
//!
//! In: a committed run, the project as it stands, parameters to set. Out: [`Answer`]s. Must not know: terminals. Start at [`Desk::open`].
//!
//! Where the steps that differ read nothing but the customers themselves, the columns of the steps before come from the run's `profile/` files, and no
//! table is read. Else all tables are, as they are now.

use super::committed::{self, Committed};
use super::compare::{Comparison, Measure, Mover, Question, compare};
use super::ground::{Ground, Need};
use super::lift::replaced;
use super::reads::{Reads, first_alone, first_unlike};
use super::reasons::{self, Side};
use super::stand::Stand;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Error, Result, Stop};
use crate::manifest;
use crate::manifest::model::{self, Parameters};
use crate::rules::data::Data;
use crate::rules::pages::Keeper;
use crate::rules::schema::ColumnSchema;
use crate::rules::types::Kind;
use crate::run::compute::{Compute, LoadFailed};
use crate::run::engine::LocalEngine;
use crate::run::execute::execute_unwatched;
use crate::run::identity::{Identity, InputFile};
use crate::run::keys::Keys;
use crate::run::layout::Layout;
use crate::run::outcome::Outcome;
use crate::run::parts::Memory;
use crate::run::plan::varied;
use crate::run::prior::Prior;
use crate::run::record::Record;
use crate::run::replay::{Given, Replay, World};
use crate::run::{Engine, Plan, Request, plan, verify};
use crate::source::SourceMap;
use crate::system::System;
use jiff::tz::TimeZone;
use polars::prelude::Series;

/// What is asked of a run.
#[derive(Clone, Copy)]
pub struct Study<'a> {
    /// The project as it stands, or with other rules in its place.
    pub system: &'a dyn System,
    /// Where runs lie.
    pub layout: &'a Layout,
    /// The project's folder and output.
    pub request: &'a Request,
    /// Threads.
    pub pool: &'a rayon::ThreadPool,
    /// Whether data are read as they are now, also where the rules alone differ.
    pub data: bool,
}

/// How customers came to their columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Nothing differs.
    Run,
    /// From the run's files; steps were evaluated from this one on, none where the project has no step that did not run.
    Profile(Option<String>),
    /// From the tables as they are now.
    Tables,
}

/// What would be.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Apart from the run.
    pub comparison: Comparison,
    /// Where customers would stand.
    pub stand: Stand,
    /// How customers came to their columns.
    pub from: From,
    /// Data files that are not what the run read, where they were looked at.
    pub data: Vec<String>,
}

/// What else is known of an answer.
#[derive(Default)]
struct Done {
    /// What the steps gave, where they had the run's columns.
    steps: Option<(Outcome, Data)>,
    /// Data files that are not what the run read.
    data: Vec<String>,
}

/// Where customers would stand, how they came to their columns, and what else is known.
type Decided = (Stand, From, Done);

/// A committed run, and the project as it stands.
pub struct Desk<'a> {
    study: Study<'a>,
    run: Committed,
    now: Plan,
    sources: SourceMap,
    zone: TimeZone,
    question: Question,
    /// The run's own decisions.
    pub before: Stand,
    keys: Keys,
    /// What customers have of the steps before one, once it was needed.
    ground: Option<Ground>,
    /// The project's plan, for changes of single customers, once it was needed.
    single: Option<Plan>,
    _keeper: Keeper,
}

impl<'a> Desk<'a> {
    /// Opens a run beside the project as it stands.
    ///
    /// # Errors
    /// What is wrong with the run or the project, with the texts that it is about.
    pub fn open(study: Study<'a>, record: Record, by: &[String], movers: usize) -> Result<Desk<'a>, (Stop, SourceMap)> {
        let own = Request { texts: None, ..Desk::request(study, &record)? };
        Desk::beside(study, record, &own, by, movers)
    }

    /// Opens a run beside itself: rules and parameters are those that ran, whatever the project says now.
    ///
    /// # Errors
    /// What is wrong with the run, with the texts that it is about.
    pub fn of_run(study: Study<'a>, record: Record) -> Result<Desk<'a>, (Stop, SourceMap)> {
        let own = Desk::request(study, &record)?;
        Desk::beside(study, record, &own, &[], 0)
    }

    fn request(study: Study<'a>, record: &Record) -> Result<Request, (Stop, SourceMap)> {
        let own = committed::request(record, study.layout, study.request.clone());
        own.map_err(|e| (e.into(), SourceMap::default()))
    }

    fn beside(
        study: Study<'a>,
        record: Record,
        own: &Request,
        by: &[String],
        movers: usize,
    ) -> Result<Desk<'a>, (Stop, SourceMap)> {
        let run = Committed::open(study.system, study.layout, record, study.request.clone())?;
        let mut sources = SourceMap::default();
        let now = match plan::plan(study.system, own, &mut sources) {
            Ok(now) => now,
            Err(stop) => return Err((stop, sources)),
        };
        match Desk::lay_out(study, run, now, by, movers) {
            Ok(desk) => Ok(Desk { sources, ..desk }),
            Err(stop) => Err((stop, sources)),
        }
    }

    fn lay_out(study: Study<'a>, run: Committed, now: Plan, by: &[String], movers: usize) -> Result<Desk<'a>> {
        let mut question = question(&run.plan, by, movers)?;
        let zone =
            TimeZone::get(&now.project.planning.time_zone).map_err(|e| Error::Defect(format!("time zone: {e}")))?;
        let before = run.stand(study.system, study.pool, &question.columns(), &now.project.decision.order)?;
        // What is sensitive was not written, and what the project no longer has cannot be compared.
        let known = plan::available(&now.schema);
        let both = |name: &String| before.column(name).is_some() && known.contains_key(name);
        question.by.retain(both);
        question.measures.retain(|measure| both(&measure.column));
        let keys = Keys::new(&before.key)?;
        Ok(Desk {
            study,
            run,
            now,
            sources: SourceMap::default(),
            zone,
            question,
            before,
            keys,
            ground: None,
            single: None,
            _keeper: Keeper::new(),
        })
    }

    /// The run.
    pub fn record(&self) -> &Record {
        &self.run.record
    }

    /// The project as it stands.
    pub fn project(&self) -> &model::Project {
        &self.now.project
    }

    /// Texts of the project that are others than those that ran.
    pub fn changed(&self) -> Vec<String> {
        self.run.changed_texts(&self.sources)
    }

    /// Texts that findings are about.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The same, where nothing more is asked.
    pub fn into_sources(self) -> SourceMap {
        self.sources
    }

    /// The names of the measures, after `value`.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// The parameters as they stand, with some set anew.
    ///
    /// # Errors
    /// What [`manifest::set_parameter`] and the sums of weights say.
    pub fn parameters(&self, set: &[String]) -> Result<Parameters> {
        let mut parameters = self.now.project.parameters.clone();
        let mut found: Vec<Diagnostic> =
            set.iter().filter_map(|text| manifest::set_parameter(&mut parameters, text).err()).collect();
        if found.is_empty() && !set.is_empty() {
            let help = "set the others of the group with it; `--sensitivity` shows how far each may go";
            found.extend(manifest::weights(&parameters).into_iter().map(|finding| finding.help(help)));
        }
        if found.is_empty() { Ok(parameters) } else { Err(Stop::Configuration(found)) }
    }

    /// What would be with these parameters set anew.
    ///
    /// # Errors
    /// What rules and data say; a limit.
    pub fn ask(&mut self, set: &[String]) -> Result<Answer> {
        let plan = self.plan(set)?;
        let (stand, from, done) = self.decide(&plan, set, &self.question.columns())?;
        let comparison = self.compared(&stand)?;
        Ok(Answer { comparison, stand, from, data: done.data })
    }

    /// Where customers would stand; nothing is compared.
    ///
    /// # Errors
    /// As [`Desk::ask`].
    pub fn stand(&mut self, set: &[String]) -> Result<Stand> {
        let plan = self.plan(set)?;
        Ok(self.decide(&plan, set, &[])?.0)
    }

    /// The same as [`Desk::ask`], with the reason of each mover that is named: what its value is made of, before and after.
    ///
    /// # Errors
    /// As [`Desk::ask`].
    pub fn ask_why(&mut self, set: &[String]) -> Result<Answer> {
        let plan = self.plan(set)?;
        let parts = parts_of_value(&plan);
        let mut names = self.question.columns();
        names.extend(parts.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        let (stand, from, done) = self.decide(&plan, set, &names)?;
        let mut comparison = self.compared(&stand)?;
        if !comparison.movers.is_empty() && from != From::Run {
            let known: Vec<&str> = parts.iter().map(String::as_str).filter(|name| self.has(name)).collect();
            let before = self.run.columns(self.study.system, self.study.pool, &known)?;
            let before: Vec<Series> = before.into_iter().flatten().collect();
            comparison.movers.iter_mut().for_each(|mover| mover.reason = reasons::parts(mover, &before, &stand));
        }
        if let Some((outcome, data)) = done.steps.filter(|_| !comparison.movers.is_empty()) {
            let told = self.conditions(&plan, &comparison.movers, &outcome, &data)?;
            for (mover, condition) in comparison.movers.iter_mut().zip(told) {
                mover.reason.extend(condition);
            }
        }
        Ok(Answer { comparison, stand, from, data: done.data })
    }

    /// What a stand has apart from the run.
    fn compared(&self, stand: &Stand) -> Result<Comparison, Error> {
        let order = &self.now.project.decision.order;
        self.study.pool.install(|| compare(&self.before, stand, &self.question, order))
    }

    /// For each mover the condition of the tier's step that comes out otherwise.
    fn conditions(&self, plan: &Plan, movers: &[Mover], outcome: &Outcome, data: &Data) -> Result<Vec<Option<String>>> {
        let none = || Ok(vec![None; movers.len()]);
        let Some(step) = reasons::tier_step(&self.run.plan) else { return none() };
        // The steps that ran would read prior decisions that have other columns now.
        let (then, now) = (&self.run.plan.project.decision, &plan.project.decision);
        if then.read_back != now.read_back || then.earlier != now.earlier {
            return none();
        }
        let reads = Reads::of(self.run.plan.programs.get(step), &self.run.plan.schema);
        let customers = self.run.plan.schema.table(self.run.plan.schema.customer);
        let names: Vec<&str> = reads
            .columns
            .iter()
            .filter_map(|at| customers.columns.get(*at))
            .map(|column| column.name.as_str())
            .collect();
        let before: Vec<Series> =
            self.run.columns(self.study.system, self.study.pool, &names)?.into_iter().flatten().collect();
        if before.len() < names.len() {
            return none();
        }
        // The step did not run anew if it reads what was not laid out.
        let now = Reads::of(reasons::tier_step(plan).and_then(|step| plan.programs.get(step)), &plan.schema);
        let names = now.columns.iter().filter_map(|at| plan.schema.table(plan.schema.customer).columns.get(*at));
        if !names.clone().all(|column| outcome.columns.iter().any(|own| own.name() == column.name.as_str())) {
            return none();
        }
        let rows: Vec<u32> = movers.iter().map(|mover| mover.rows.0).collect();
        let old = Side { plan: &self.run.plan, sources: &self.run.sources, columns: &before, rows: rows.clone() };
        let new = Side { plan, sources: &self.sources, columns: &outcome.columns, rows };
        reasons::conditions(&old, &new, reasons::World { zone: &self.zone, pool: self.study.pool, data })
    }

    /// Whether the run has a column of this name.
    fn has(&self, name: &str) -> bool {
        plan::available(&self.run.plan.schema).contains_key(name)
    }

    fn plan(&self, set: &[String]) -> Result<Plan> {
        varied(&self.now, self.parameters(set)?, self.now.dates.clone(), &self.sources)
    }

    /// Where customers would stand, with these columns.
    fn decide(&mut self, plan: &Plan, set: &[String], names: &[String]) -> Result<Decided> {
        let order = plan.project.decision.order.clone();
        let unlike = self.first_unlike(plan);
        let ends = (plan.programs.len(), self.run.plan.programs.len());
        let same_end = ends == (unlike, unlike) && plan.project.undetermined == self.run.plan.project.undetermined;
        let same_tables = self.same_tables();
        if same_tables && same_end && !self.study.data {
            return Ok((self.before.clone(), From::Run, Done::default()));
        }
        let is_alone = unlike >= first_alone(&plan.programs, &plan.schema);
        if same_tables && is_alone && !self.study.data && self.lays(plan, unlike, names)? {
            let Some(ground) = &self.ground else { return Err(Error::Defect("no customers".to_owned()).into()) };
            let (outcome, data) = self.replay(plan, &ground.given, ground.prior.as_ref())?;
            let step = plan.project.steps.get(unlike).map(|step| step.name.clone());
            return Ok((
                Stand::of(&outcome, names, &order)?,
                From::Profile(step),
                Done { steps: Some((outcome, data)), data: Vec::new() },
            ));
        }
        let (outcome, inputs) = self.on_tables(set)?;
        let identity = &self.run.record.identity;
        let data = verify::changes(identity, &Identity { inputs, ..identity.clone() });
        Ok((Stand::of(&outcome, names, &order)?, From::Tables, Done { steps: None, data }))
    }

    /// The first step that is not what ran. A tier that the project did not have is in no column of the run: where the decision is another, the step
    /// that gives the tier is one of them.
    fn first_unlike(&self, plan: &Plan) -> usize {
        let unlike = first_unlike(&self.run.plan.programs, &plan.programs);
        let (then, now) = (&self.run.plan.project.decision, &plan.project.decision);
        let same = then.tier == now.tier && then.value == now.value && then.order == now.order;
        if same { unlike } else { reasons::tier_step(plan).map_or(0, |step| step.min(unlike)) }
    }

    /// Numbers of customers that the deciding steps read, with their places: those named, or all.
    ///
    /// # Errors
    /// `usage`: a name that is none of them, or deciding steps that read related tables.
    pub fn inputs(&mut self, names: &[String]) -> Result<Vec<(usize, ColumnSchema, Series)>> {
        let plan = self.plan(&[])?;
        let from = first_alone(&plan.programs, &plan.schema);
        let usage = |message: String| Stop::Configuration(vec![Diagnostic::error(ids::USAGE, message)]);
        let tier = &plan.project.decision.tier;
        let decides = plan.programs.iter().position(|program| program.gives(tier));
        if decides.is_none_or(|at| at < from) {
            let message = "the steps that decide read more than the customer's own columns: no change of these alone can be tried";
            return Err(usage(message.to_owned()));
        }
        if !self.same_tables() || !self.lays(&plan, from, &[])? {
            let message = "the run's own columns do not do: decisions follow changed keys, or a column is sensitive";
            return Err(usage(message.to_owned()));
        }
        let customers = plan.schema.table(plan.schema.customer);
        let reads = Reads::of(plan.programs.iter().skip(from), &plan.schema);
        let Some(ground) = &self.ground else { return Err(Error::Defect("no customers".to_owned()).into()) };
        let is_number = |column: &ColumnSchema| matches!(column.dtype, DataType::Float | DataType::Int);
        let known: Vec<(usize, ColumnSchema, Series)> = ground
            .given
            .columns
            .iter()
            .zip(&customers.columns)
            .enumerate()
            .filter(|(at, (_, column))| reads.columns.contains(at) && is_number(column))
            .filter_map(|(at, (series, column))| Some((at, column.clone(), series.clone()?)))
            .collect();
        let is_known = |name: &String| known.iter().any(|(_, column, _)| column.name == *name);
        if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
            let message = format!("`{unknown}` is no number that the deciding steps read");
            let found = Diagnostic::error(ids::USAGE, message);
            let near = known.iter().map(|(_, column, _)| column.name.as_str());
            return Err(Stop::Configuration(vec![found.did_you_mean(unknown, near)]));
        }
        self.single = Some(plan);
        let meant = |(_, column, _): &(usize, ColumnSchema, Series)| names.is_empty() || names.contains(&column.name);
        Ok(known.into_iter().filter(meant).collect())
    }

    /// The tier and value of one customer with other numbers in some columns, all other customers as they are; after [`Desk::inputs`].
    ///
    /// # Errors
    /// As [`Desk::ask`].
    pub fn with(&self, row: usize, changes: &[(usize, f64)]) -> Result<(Option<String>, Option<f64>)> {
        let (Some(ground), Some(plan)) = (&self.ground, &self.single) else {
            return Err(Error::Defect("no customers whose columns could change".to_owned()).into());
        };
        let mut given = ground.given.clone();
        for (at, number) in changes {
            if let Some(Some(column)) = given.columns.get_mut(*at) {
                *column = replaced(column, row, *number)?;
            }
        }
        let (outcome, _) = self.replay(plan, &given, ground.prior.as_ref())?;
        let tier = outcome.tier.get(row).copied().flatten();
        let tier = tier.and_then(|tier| outcome.tiers.get(tier as usize)).cloned();
        Ok((tier, outcome.value.get(row).copied().flatten()))
    }

    /// All steps, on the tables as they are now.
    fn on_tables(&self, set: &[String]) -> Result<(Outcome, Vec<InputFile>)> {
        let Study { system, pool, request, layout, .. } = self.study;
        let own = committed::request(&self.run.record, layout, request.clone())?;
        let mut sources = SourceMap::default();
        let plan = plan::plan(system, &Request { texts: None, set: set.to_vec(), ..own }, &mut sources)?;
        let prior = self.run.prior(system, layout, pool, (&plan.project, true))?;
        evaluate(system, &plan, &sources, pool, request.engine, prior.as_ref())
    }

    /// Whether manifests are those that ran.
    fn same_tables(&self) -> bool {
        use crate::run::identity::SourceHashes;
        SourceHashes::of(&self.sources).manifests == self.run.record.identity.manifests
            && self.now.project.customer == self.run.plan.project.customer
    }

    /// Lays out the customers before a step, if the run's files have all that is needed: what the steps from there on read, the decision, and these
    /// columns.
    fn lays(&mut self, plan: &Plan, from: usize, names: &[String]) -> Result<bool> {
        let need = Need::of(plan, from, names)?;
        if self.ground.as_ref().is_some_and(|ground| ground.has(&need)) {
            return Ok(true);
        }
        let Study { system, layout, pool, .. } = self.study;
        match Ground::lay(&self.run, (system, layout, pool), plan, need, &self.keys)? {
            Some(ground) => {
                self.ground = Some(ground);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn replay(&self, plan: &Plan, given: &Given, prior: Option<&Prior>) -> Result<(Outcome, Data)> {
        let Study { system, pool, request, .. } = self.study;
        let world = World { sources: &self.sources, zone: &self.zone, pool, engine: request.engine };
        let mut replay = Replay::new(plan, world, given);
        let loaded = given.loaded(plan);
        let done = execute_unwatched(system, plan, request.engine, &mut replay, &loaded, prior)?;
        Ok((done.outcome, replay.into_data()))
    }
}

/// All steps of a plan on the tables as they are now, and the data files that were read. Nothing is written.
///
/// # Errors
/// What the data or the rules say; a limit.
pub fn evaluate(
    system: &dyn System,
    plan: &Plan,
    sources: &SourceMap,
    pool: &rayon::ThreadPool,
    engine: Engine,
    prior: Option<&Prior>,
) -> Result<(Outcome, Vec<InputFile>)> {
    // Nothing is staged: parts of tables that are too large lie where those of a dry run do.
    let memory = Memory { dry_run: true, ..Memory::default() };
    let mut local = LocalEngine::new(system, plan, sources, pool)?.with(engine).with_memory(memory);
    let loaded = local.load(None).map_err(|failed| match failed {
        LoadFailed::Error(error) => Stop::Error(error),
        LoadFailed::Findings(found, _) => Stop::Findings(found),
    })?;
    let done = execute_unwatched(system, plan, engine, &mut local, &loaded, prior)?;
    Ok((done.outcome, loaded.inputs))
}

/// The other numbers of the step that gives the value: what it is made of.
fn parts_of_value(plan: &Plan) -> Vec<String> {
    let value = &plan.project.decision.value;
    let program = plan.programs.iter().find(|program| program.gives(value));
    let columns = program.into_iter().flat_map(|program| &program.output.columns);
    columns.filter(|(name, ty)| name != value && ty.kind == Kind::Float).map(|(name, _)| name.clone()).collect()
}

/// What is shown: the sums of the project's summaries and strategic plan, customers by the columns of its summaries.
pub(super) fn question(plan: &Plan, by: &[String], movers: usize) -> Result<Question> {
    let project = &plan.project;
    let mut measures: Vec<Measure> = Vec::new();
    let summed = project.summaries.iter().flat_map(|summary| &summary.measures);
    let planned = project.strategic.iter().flat_map(|plan| &plan.measures);
    for (name, measure) in summed.chain(planned) {
        let model::Measure::Sum(column) = measure else { continue };
        if *column != project.decision.value && measures.iter().all(|own| own.column != *column) {
            measures.push(Measure { name: name.clone(), column: column.clone() });
        }
    }
    let known = plan::available(&plan.schema);
    let mut columns: Vec<String> = by.to_vec();
    if by.is_empty() {
        for name in project.summaries.iter().flat_map(|summary| &summary.by) {
            if *name != project.decision.tier && known.contains_key(name) && !columns.contains(name) {
                columns.push(name.clone());
            }
        }
    }
    if let Some(unknown) = columns.iter().find(|name| !known.contains_key(*name)) {
        let message = format!("customers have no column `{unknown}`");
        let found = Diagnostic::error(ids::UNKNOWN_COLUMN, message).located("--by");
        return Err(Stop::Configuration(vec![found.did_you_mean(unknown, known.keys().map(String::as_str))]));
    }
    Ok(Question { measures, by: columns, movers })
}
