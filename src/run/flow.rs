//! A run from its plan to its commit.
//!
//! In: a [`Plan`], a [`Compute`], the system. Out: [`Report`], or [`Failure`] with the folder of the failed run. Must
//! not know: how tables are read, how steps are evaluated. Start at [`run`].

use super::business::Made;
use super::business::columns::PLAN;
use super::business::monitor::Planned;
use super::commit::Differences;
use super::compute::{Compute, LoadFailed, Loaded};
use super::cycle::Phase;
use super::execute::{Clock, Executed, counts, execute, over_limit};
use super::fallback::Fallback;
use super::history::{self, Current, Slot};
use super::identity::{FORMAT, Identity, SourceHashes, combined};
use super::layout::{Layout, RECORD};
use super::outcome::{Held, Outcome};
use super::parquet::Properties;
use super::plan::{Plan, PriorRun, Request};
use super::prior::{self, Prior};
use super::record::{AliasRow, ColumnRow, Finding, QualityRow, Record, Status, Timings};
use super::strategic::{self, Workshop};
use super::watch::{Event, Watch};
use super::{aliases, business, commit, intact, models, plan::BASE, quality, room, stage, tables, turnover, verify};
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Result, Stop};
use crate::language::counted;
use crate::manifest::model::PlanYear;
use crate::source::SourceMap;
use crate::system::{Lock, System};
use crate::table::drift::Earlier;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Committed now.
    Committed,
    /// The same identity was committed before.
    AlreadyDone,
    /// The same identity was committed before, computed again, and equal.
    Verified,
    /// Computed; nothing was written.
    DryRun,
}

/// A run that has decisions.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// Its record.
    pub record: Record,
    /// Its folder; none of a dry run.
    pub folder: Option<PathBuf>,
    /// Whether an earlier run of the slot was replaced, or made current again.
    pub replaced: Option<String>,
    /// Findings that did not stop it.
    pub warnings: Vec<Diagnostic>,
    /// How the tables were read, where that is worth a word.
    pub tables: Option<String>,
    /// Milliseconds in all.
    pub millis: f64,
}

/// A run that has none.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub stop: Stop,
    /// Where its record and evidence are.
    pub folder: Option<PathBuf>,
}

impl<E: Into<Stop>> From<E> for Failure {
    fn from(stop: E) -> Failure {
        Failure { stop: stop.into(), folder: None }
    }
}

/// What a run carries from stage to stage.
struct Run<'a> {
    system: &'a dyn System,
    plan: &'a Plan,
    request: &'a Request,
    sources: &'a SourceMap,
    layout: Layout,
    pool: &'a rayon::ThreadPool,
    clock: Clock<'a>,
    tables: Option<String>,
    started: String,
    warnings: Vec<Diagnostic>,
    /// What is told and is no part of the record, as it does not follow from the run's identity.
    told: Vec<Diagnostic>,
    /// The run whose plan this one is held against, with its cycle.
    plan_run: Option<(String, String)>,
}

/// What a run has found out when it is written.
struct Computed<'r> {
    identity: Identity,
    loaded: &'r Loaded,
    executed: Executed,
    prior: Option<&'r Prior>,
    jobs: Vec<stage::Job>,
}

/// Runs a plan: takes the lock, puts the output folder in order, loads, executes, stages and commits. What cannot be
/// written to is found before any table is read.
///
/// # Errors
/// [`Failure`]: findings of data or rules, with the folder of the failed run; another run's lock; input or output; a
/// defect, such as a recomputed run that differs.
pub fn run(
    system: &dyn System,
    plan: &Plan,
    request: &Request,
    sources: &SourceMap,
    compute: &mut dyn Compute,
    pool: &rayon::ThreadPool,
) -> Result<Report, Failure> {
    run_watched(system, plan, request, sources, compute, pool, &mut |_| {})
}

/// As [`run`], and tells what happens.
///
/// # Errors
/// Those of [`run`].
pub fn run_watched<'r>(
    system: &'r dyn System,
    plan: &'r Plan,
    request: &'r Request,
    sources: &'r SourceMap,
    compute: &mut dyn Compute,
    pool: &'r rayon::ThreadPool,
    watch: &'r mut Watch<'r>,
) -> Result<Report, Failure> {
    let layout = Layout::new(&plan.out, &plan.project.name);
    let lock = if request.dry_run { None } else { Some(prepare(system, &layout)?) };
    let staging = layout.staging();
    let run = Run {
        system,
        plan,
        request,
        sources,
        layout,
        pool,
        clock: Clock::new(system, watch),
        tables: None,
        started: history::now(system),
        warnings: plan.warnings.clone(),
        told: Vec::new(),
        plan_run: None,
    };
    let ended = catch_unwind(AssertUnwindSafe(|| run.through(compute)));
    let ended = ended.unwrap_or_else(|panic| Err(Error::Defect(told(&*panic)).into()));
    if ended.is_err() && lock.is_some() {
        // What failed is told, not that its remains cannot be removed: the next run clears them.
        let _ = system.remove_dir(&staging);
    }
    ended
}

/// What a panic says.
fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it gave up without a word").to_owned()
}

fn prepare(system: &dyn System, layout: &Layout) -> Result<Box<dyn Lock>, Error> {
    system.create_dir(layout.base())?;
    let holder = format!("{}, since {}", system.holder(), history::now(system));
    let lock = system.lock(&layout.lock(), &holder)?;
    // A folder that can be listed and locked may still refuse new files.
    system.create_dir(&layout.staging())?;
    let probe = layout.staging().join("probe");
    if let Err(error) = system.write(&probe, b"") {
        let _ = system.remove_dir(&layout.staging());
        return Err(error);
    }
    Ok(lock)
}

impl Run<'_> {
    /// The run from its tables to its commit, while the lock is held.
    fn through(mut self, compute: &mut dyn Compute) -> Result<Report, Failure> {
        let (system, plan, request) = (self.system, self.plan, self.request);
        let begun = system.now_micros();
        let current = match request.dry_run {
            true => history::read(system, &self.layout)?,
            false => history::recover(system, &self.layout)?,
        };
        if !request.dry_run {
            self.clock.tell(Event::Begun);
        }
        let prior = self.prior(&current)?;
        self.plan_run = self.find_plan(&current)?;
        if let Some(record) = self.unchanged(prior.as_ref(), compute)? {
            self.clock.tell(Event::Named { run: &record.run });
            return self.already(record, &current, begun);
        }
        let earlier = self.earlier(prior.as_ref())?;
        let loaded = compute.load(earlier.as_ref());
        self.tables = compute.tables();
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(LoadFailed::Error(error)) => return Err(error.into()),
            Err(LoadFailed::Findings(mut found, loaded)) => {
                found.extend(self.changed(&self.identity(&loaded, prior.as_ref())));
                return Err(self.failed(Stop::Findings(found), &loaded, prior.as_ref(), None));
            }
        };
        self.warnings.extend(loaded.warnings.iter().cloned());
        self.clock.stage(system, "load");
        self.clock.tell(Event::Loaded { tables: &loaded.tables, how: self.tables.as_deref() });
        let identity = self.identity(&loaded, prior.as_ref());
        if let Some(finding) = self.changed(&identity) {
            return Err(Stop::Findings(vec![finding]).into());
        }
        let id = identity.run_id();
        self.clock.tell(Event::Named { run: &id });
        let committed = commit::committed(system, &self.layout, &identity.cycle, &id)?;
        if let Some(record) = committed.as_ref().filter(|_| !request.force && !request.dry_run) {
            return self.already(record.clone(), &current, begun);
        }
        let executed = execute(system, plan, request.engine, compute, &loaded, prior.as_ref(), &mut self.clock);
        let executed = match executed {
            Ok(executed) => executed,
            Err(Stop::Findings(found)) => {
                return Err(self.failed(Stop::Findings(found), &loaded, prior.as_ref(), None));
            }
            Err(stop) => return Err(stop.into()),
        };
        let business = match self.business(compute, &loaded, &executed) {
            Ok(business) => business,
            Err(stop @ Stop::Findings(_)) => {
                return Err(self.failed(stop, &loaded, prior.as_ref(), Some(&executed)));
            }
            Err(stop) => return Err(stop.into()),
        };
        let executed = Executed { business, ..executed };
        self.warnings.extend(executed.business.iter().flat_map(|made| made.warnings.iter().cloned()));
        self.warnings.extend(executed.carried.warnings.iter().cloned());
        self.warnings.extend(models::warnings(&executed.models));
        let (refused, warned) = judged(plan, &executed);
        self.warnings.extend(warned);
        if !refused.is_empty() {
            return Err(self.failed(Stop::Findings(refused), &loaded, prior.as_ref(), Some(&executed)));
        }
        let (jobs, warnings) = match self.jobs(&identity, &loaded, &executed) {
            Ok(jobs) => jobs,
            Err(stop @ Stop::Findings(_)) => {
                return Err(self.failed(stop, &loaded, prior.as_ref(), Some(&executed)));
            }
            Err(stop) => return Err(stop.into()),
        };
        self.warnings.extend(warnings);
        // Parts of tables lie where the run is staged, and would take its room.
        compute.release();
        let computed = Computed { identity, loaded: &loaded, executed, prior: prior.as_ref(), jobs };
        self.finish(computed, compute, committed, &current, begun)
    }

    /// What the phase plans.
    fn business(&self, compute: &mut dyn Compute, loaded: &Loaded, executed: &Executed) -> Result<Option<Made>> {
        if self.plan.dates.phase == Some(Phase::Sp) {
            let (system, plan, sources) = (self.system, self.plan, self.sources);
            let workshop = Workshop { system, plan, sources, pool: self.pool, engine: self.request.engine };
            return strategic::make(workshop, compute, executed);
        }
        let planned = match self.planned()? {
            Some(planned) => Some(self.under_keys_of_now(planned, loaded, executed)?),
            None => None,
        };
        business::make(self.plan, compute, &executed.outcome, planned.as_ref(), self.pool)
    }

    fn prior(&mut self, current: &Current) -> Result<Option<Prior>> {
        let phase = self.plan.project.planning.prior_phase.name().to_owned();
        let cycle = calendar::cycle_name(self.plan.dates.cycle.saturating_sub(1));
        let slot = Slot { cycle, phase, scenario: BASE.to_owned() };
        let found = match &self.request.prior {
            PriorRun::None => None,
            PriorRun::Current => current.run(&slot).map(|run| (slot.cycle.clone(), run.to_owned())),
            PriorRun::Named(run) => {
                let run = prior::named(self.system, &self.layout, run)?;
                Some((prior::cycle_of(self.system, &self.layout, &run)?, run))
            }
        };
        let Some((cycle, run)) = found else {
            self.told.extend(self.missed(current, &slot));
            return Ok(None);
        };
        self.told.extend(self.untimely(&cycle, &run)?);
        let read = || prior::read(self.system, &self.layout, &cycle, &run, &self.plan.project);
        let (prior, warnings) = self.pool.install(read)?;
        self.warnings.extend(warnings);
        Ok(Some(prior))
    }

    /// A warning where the cycle before was not decided, and one before that was: nobody has a prior decision then.
    fn missed(&self, current: &Current, wanted: &Slot) -> Option<Diagnostic> {
        if self.request.prior != PriorRun::Current {
            return None;
        }
        let is_like = |slot: &Slot| slot.phase == wanted.phase && slot.scenario == wanted.scenario;
        let before = current.iter().filter(|(slot, _)| is_like(slot)).filter_map(|(slot, run)| {
            let cycle = calendar::parse_cycle(&slot.cycle).filter(|cycle| *cycle < self.plan.dates.cycle)?;
            Some((cycle, run))
        });
        let (cycle, run) = before.max()?;
        let (missed, last) = (&wanted.cycle, calendar::cycle_name(cycle));
        let message = format!("{missed} was not decided, so that everybody counts as new; {last} was, by run {run}");
        let help = format!("run {missed} first, or go on from that run: `--prior {run}`");
        Some(Diagnostic::warning(ids::PRIOR_RUN, message).located(self.plan.dates.cycle_name()).help(help))
    }

    /// What is to be said of prior decisions of this cycle, and that there are none of a later one.
    fn untimely(&self, cycle: &str, run: &str) -> Result<Option<Diagnostic>> {
        let own = self.plan.dates.cycle;
        let Some(of) = calendar::parse_cycle(cycle).filter(|of| *of >= own && self.request.again.is_none()) else {
            return Ok(None);
        };
        let help = "name a run of an earlier cycle: `tierwright runs` lists them";
        let now = calendar::cycle_name(own);
        if of > own {
            let message =
                format!("run {run} is of {cycle}, which comes after {now}: its decisions cannot be prior ones");
            return Err(Stop::Findings(vec![Diagnostic::error(ids::PRIOR_RUN, message).located("--prior").help(help)]));
        }
        let message = format!("run {run} is of {cycle} itself: what it decided counts as decided before");
        Ok(Some(Diagnostic::warning(ids::PRIOR_RUN, message).located("--prior").help(help)))
    }

    /// The committed run that this one would be, if that can be told by the bytes of the data files alone.
    fn unchanged(&self, prior: Option<&Prior>, compute: &dyn Compute) -> Result<Option<Record>, Error> {
        let request = self.request;
        if request.force || request.dry_run || request.again.is_some() {
            return Ok(None);
        }
        let identity = self.identity(&Loaded::default(), prior);
        for record in history::of_cycle(self.system, &self.layout, &identity.cycle)? {
            let Record { identity: its, run, .. } = &record;
            let like = Identity { inputs: its.inputs.clone(), ..identity.clone() };
            if like == *its && like.run_id() == *run && compute.reads_the_same(&its.inputs)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The run whose plan this one is held against, with its cycle; `None` but in a monitor run of a project with a plan.
    fn find_plan(&self, current: &Current) -> Result<Option<(String, String)>> {
        let Some(said) = self.plan.project.plan.as_ref().filter(|_| self.plan.dates.phase == Some(Phase::Monitor))
        else {
            return Ok(None);
        };
        if let Some(record) = &self.request.again {
            let Some(run) = &record.identity.plan else { return Ok(None) };
            return Ok(Some((prior::cycle_of(self.system, &self.layout, run)?, run.clone())));
        }
        let cycle = match said.year {
            PlanYear::Next => self.plan.dates.cycle.saturating_sub(1),
            PlanYear::This => self.plan.dates.cycle,
        };
        let (cycle, phase) = (calendar::cycle_name(cycle), Phase::Bp.name().to_owned());
        let slot = Slot { cycle, phase, scenario: BASE.to_owned() };
        Ok(current.run(&slot).map(|run| (slot.cycle.clone(), run.to_owned())))
    }

    /// The plan of that run; `None` if it made none, or one of another year.
    fn planned(&self) -> Result<Option<Planned>> {
        let Some((cycle, run)) = &self.plan_run else { return Ok(None) };
        let folder = self.layout.run(cycle, run);
        let record = Record::read(self.system, &folder.join(RECORD))?;
        self.pool.install(|| intact::check(self.system, &folder, &record, |path| path == PLAN))?;
        let is_of_year = |figures: &business::columns::Figures| figures.year == self.plan.dates.cycle_name();
        if !record.plan.as_ref().is_some_and(is_of_year) {
            return Ok(None);
        }
        let path = folder.join(PLAN);
        let column = |name: &str| prior::read_column(self.system, &path, name);
        let key = prior::first_column(self.system, &path)?;
        Ok(Some(Planned {
            run: run.clone(),
            key: column(&key)?,
            tier: column("tier")?,
            month: column("month")?,
            plan: column("plan")?,
            target: column("target")?,
        }))
    }

    /// A plan whose customers have their keys of now. Of customers who merged, the plans are one.
    fn under_keys_of_now(&self, planned: Planned, loaded: &Loaded, executed: &Executed) -> Result<Planned> {
        let project = &self.plan.project;
        let (Some(aliases), Some(rows)) = (&project.aliases, &loaded.aliases) else { return Ok(planned) };
        let outcome = &executed.outcome;
        let keys = outcome.column(&outcome.key).ok_or_else(|| Error::Defect("no column of keys".to_owned()))?;
        let as_of = calendar::day_number(self.plan.dates.as_of);
        let rule = aliases::Rule { aliases, order: &project.decision.order, as_of };
        Ok(Planned { key: aliases::renamed(&planned.key, &keys, rows, &rule)?, ..planned })
    }

    /// What the tables are compared with: those of the prior run. Only that run is part of the identity, so that only what is
    /// compared with it is the same whenever the run is computed again.
    fn earlier(&self, prior: Option<&Prior>) -> Result<Option<Earlier>, Error> {
        let Some(prior) = prior else { return Ok(None) };
        let lines = quality::lines(self.system, &self.layout.run(&prior.cycle, &prior.run))?;
        Ok(lines.map(|lines| Earlier::new(format!("run {} of {}", prior.run, prior.cycle), &lines)))
    }

    /// What keeps this run from being the one that it must be.
    fn changed(&self, identity: &Identity) -> Option<Diagnostic> {
        let record = self.request.again.as_deref()?;
        let changes = verify::changes(&record.identity, identity);
        (identity.run_id() != record.run).then(|| verify::finding(record, changes))
    }

    fn identity(&self, loaded: &Loaded, prior: Option<&Prior>) -> Identity {
        let hashes = SourceHashes::of(self.sources);
        Identity {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            project: self.plan.project.name.clone(),
            cycle: self.plan.dates.cycle_name(),
            phase: self.plan.dates.phase.map(|p| p.name().to_owned()),
            scenario: self.plan.scenario.clone(),
            as_of: self.plan.dates.as_of.to_string(),
            prior: prior.map(|p| p.run.clone()),
            plan: self.plan_run.as_ref().map(|(_, run)| run.clone()),
            project_file: hashes.project_file,
            rules: hashes.rules,
            parameters: hashes.parameters,
            manifests: hashes.manifests,
            inputs: loaded.inputs.clone(),
        }
    }

    /// What the footer of each Parquet file says.
    fn properties(&self, identity: &Identity) -> Properties {
        let mut metadata = vec![
            ("tierwright.run".to_owned(), identity.run_id()),
            ("tierwright.format".to_owned(), identity.format.to_string()),
            ("tierwright.version".to_owned(), identity.program.clone()),
            ("tierwright.project".to_owned(), identity.project.clone()),
            ("tierwright.cycle".to_owned(), identity.cycle.clone()),
            ("tierwright.phase".to_owned(), identity.phase.clone().unwrap_or_default()),
            ("tierwright.scenario".to_owned(), identity.scenario.clone()),
            ("tierwright.as_of".to_owned(), identity.as_of.clone()),
            ("tierwright.prior_run".to_owned(), identity.prior.clone().unwrap_or_default()),
            ("tierwright.identity".to_owned(), identity.hash()),
        ];
        let files = [
            ("project_file", &identity.project_file),
            ("rules", &identity.rules),
            ("parameters", &identity.parameters),
            ("manifests", &identity.manifests),
        ];
        metadata.extend(files.map(|(name, files)| (format!("tierwright.hash.{name}"), combined(files))));
        let inputs: Vec<_> = identity
            .inputs
            .iter()
            .map(|i| super::identity::HashedFile { path: i.path.clone(), hash: i.hash.clone() })
            .collect();
        metadata.push(("tierwright.hash.inputs".to_owned(), combined(&inputs)));
        Properties { compression: self.plan.project.output.compression, metadata }
    }

    fn record(&self, identity: Identity, status: Status, loaded: &Loaded, executed: Option<&Executed>) -> Record {
        let plan = self.plan;
        let outcome = executed.map(|executed| &executed.outcome);
        let aliases = executed.and_then(|executed| executed.carried.aliases.as_ref());
        let aliases = aliases.map_or(&[][..], |told| &told.effects);
        let budget = plan.project.turnover.as_ref();
        let business = executed.and_then(|executed| executed.business.as_ref());
        Record {
            run: identity.run_id(),
            status,
            cycle_start: plan.dates.start.to_string(),
            cycle_end: plan.dates.end.to_string(),
            slot_phase: plan.dates.slot_phase().name().to_owned(),
            counts: counts(plan, loaded, outcome),
            tiers: outcome.map(|o| tables::tiers(o, plan.project.decision.order.len())).unwrap_or_default(),
            moves: outcome.map(tables::migration).unwrap_or_default(),
            turnover: outcome.zip(budget).and_then(|(outcome, budget)| turnover::figures(outcome, budget)),
            aliases: aliases
                .iter()
                .map(|(effect, count)| AliasRow { effect: effect.word().to_owned(), count: *count })
                .collect(),
            plan: business.and_then(|made| made.figures.clone()),
            monitor: business.and_then(|made| made.monitor.clone()),
            strategic: business.and_then(|made| made.strategic.clone()),
            tables: loaded.tables.clone(),
            quality: quality_rows(&loaded.quality),
            models: executed.map(|executed| executed.models.clone()).unwrap_or_default(),
            columns: plan
                .selection
                .columns
                .iter()
                .map(|c| ColumnRow { name: c.name.clone(), from: c.from.clone(), dtype: c.dtype.to_string() })
                .collect(),
            partition_by: plan.selection.partition_by.iter().map(|p| plan.selection.columns[*p].name.clone()).collect(),
            not_compiled: plan.compiled.not_compiled.iter().map(Fallback::record).collect(),
            findings: self.warnings.iter().map(|w| Finding::new(w, self.sources)).collect(),
            outputs: Vec::new(),
            identity,
        }
    }

    fn timings(&self) -> Timings {
        let engine = self.request.engine.name().to_owned();
        let threads = self.pool.current_num_threads();
        let tables = self.tables.clone();
        Timings { started: self.started.clone(), engine, threads, tables, stages: self.clock.stages.clone() }
    }

    /// Writes what a failed run leaves, and gives the failure. If even that cannot be written, the reason is told too.
    fn failed(&mut self, stop: Stop, loaded: &Loaded, prior: Option<&Prior>, executed: Option<&Executed>) -> Failure {
        if self.request.dry_run || self.request.again.is_some() {
            return Failure { stop, folder: None };
        }
        if let Stop::Findings(found) | Stop::Configuration(found) = &stop {
            self.warnings.extend(found.iter().cloned());
        }
        match self.write_failed(loaded, prior, executed) {
            Ok(folder) => Failure { stop, folder: Some(folder) },
            Err(error) => match stop {
                Stop::Findings(mut found) => {
                    let last = found.pop().map(|d| d.note(format!("the failed run could not be written: {error}")));
                    found.extend(last);
                    Failure { stop: Stop::Findings(found), folder: None }
                }
                stop => Failure { stop, folder: None },
            },
        }
    }

    fn write_failed(
        &self,
        loaded: &Loaded,
        prior: Option<&Prior>,
        executed: Option<&Executed>,
    ) -> Result<PathBuf, Error> {
        let identity = self.identity(loaded, prior);
        let properties = self.properties(&identity);
        let outcome = executed.map(|executed| &executed.outcome);
        let (quality, quarantine) = (loaded.quality.clone(), loaded.quarantine.clone());
        let jobs = stage::evidence(&self.plan.project, outcome, quality, quarantine, &properties)?;
        let mut record = self.record(identity, Status::Failed, loaded, executed);
        self.stage(&mut record, &jobs, None)?;
        let timings = self.timings();
        commit::fail(self.system, &self.layout, &record, &timings).map_err(|e| self.needing(e, &record))
    }

    /// Writes the files of a record into staging, and enters them into it.
    fn stage(&self, record: &mut Record, jobs: &[stage::Job], sources: Option<&SourceMap>) -> Result<(), Error> {
        let folder = self.layout.stage(&record.run);
        match stage::write(self.system, &folder, jobs, sources, self.pool) {
            Ok(outputs) => {
                record.outputs = outputs;
                Ok(())
            }
            Err(stage::Unwritten { error, outputs }) => {
                record.outputs = outputs;
                Err(self.needing(error, record))
            }
        }
    }

    /// The same error; where there was no room, with what the run takes in all.
    fn needing(&self, error: Error, record: &Record) -> Error {
        if !error.is_no_room() {
            return error;
        }
        // What is staged goes first: what is free then is what the next run finds.
        let _ = self.system.remove_dir(&self.layout.staging());
        room::needing(error, self.system, &self.layout, record, &self.timings())
    }

    /// The same identity again: it becomes current if it was not. A run of which files are missing is none.
    fn already(self, record: Record, current: &Current, begun: i64) -> Result<Report, Failure> {
        intact::sizes(self.system, &self.layout.run(&record.identity.cycle, &record.run), &record)?;
        let slot = Slot::of(&record);
        let before = current.run(&slot).map(str::to_owned);
        let again = before.as_deref() != Some(record.run.as_str());
        if again {
            history::enter(self.system, &self.layout, &slot, &record.run)?;
        }
        self.report(Ending::AlreadyDone, record, before.filter(|_| again), begun)
    }

    /// The files to write, with warnings.
    fn jobs(
        &self,
        identity: &Identity,
        loaded: &Loaded,
        executed: &Executed,
    ) -> Result<(Vec<stage::Job>, Vec<Diagnostic>), Stop> {
        let (quality, quarantine) = (executed.quality.clone(), loaded.quarantine.clone());
        let plan = self.plan;
        let properties = self.properties(identity);
        let (mut jobs, warnings) =
            stage::jobs(&plan.project, &plan.selection, &executed.outcome, quality, quarantine, &properties)?;
        jobs.extend(stage::carried(&executed.outcome, &executed.carried, &properties)?);
        jobs.extend(executed.business.iter().flat_map(|made| stage::business(made, &properties)));
        Ok((jobs, warnings))
    }

    fn finish(
        mut self,
        computed: Computed,
        compute: &dyn Compute,
        committed: Option<Record>,
        current: &Current,
        begun: i64,
    ) -> Result<Report, Failure> {
        let Computed { identity, loaded, executed, prior, jobs } = computed;
        let loaded = Loaded { quality: executed.quality.clone(), ..loaded.clone() };
        let mut record = self.record(identity, Status::Committed, &loaded, Some(&executed));
        if self.request.dry_run {
            return self.report(Ending::DryRun, record, None, begun);
        }
        self.stage(&mut record, &jobs, Some(self.sources))?;
        self.clock.stage(self.system, "write");
        if let Some(committed) = committed {
            let found = commit::differences(self.system, &self.layout, &committed, &record)?;
            self.system.remove_dir(&self.layout.staging())?;
            let Differences { computed, changed } = found;
            if computed.is_empty() && changed.is_empty() {
                return self.report(Ending::Verified, committed, None, begun);
            }
            if computed.is_empty() {
                let folder = self.layout.run(&committed.identity.cycle, &committed.run);
                return Err(Error::Changed { folder, files: changed }.into());
            }
            let all = [computed, changed].concat().join("; ");
            let message = format!("run {} computed again is not what was committed: {all}", record.run);
            return Err(Error::Defect(message).into());
        }
        let changed = compute.changed()?;
        if !changed.is_empty() {
            self.system.remove_dir(&self.layout.staging())?;
            return Err(self.failed(Stop::Findings(changed), &loaded, prior, Some(&executed)));
        }
        let before = current.run(&Slot::of(&record)).map(str::to_owned);
        let timings = self.timings();
        commit::commit(self.system, &self.layout, &record, &timings).map_err(|e| self.needing(e, &record))?;
        self.report(Ending::Committed, record, before, begun)
    }

    fn report(self, ending: Ending, record: Record, replaced: Option<String>, begun: i64) -> Result<Report, Failure> {
        let folder = (ending != Ending::DryRun).then(|| self.layout.run(&record.identity.cycle, &record.run));
        let millis = self.system.now_micros().saturating_sub(begun) as f64 / 1000.0;
        let (tables, warnings) = (self.tables, [self.warnings, self.told].concat());
        Ok(Report { ending, record, folder, replaced, warnings, tables, millis })
    }
}

/// What is wrong with decisions as a whole: what fails the run, and what is said of it.
fn judged(plan: &Plan, executed: &Executed) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let outcome = &executed.outcome;
    let mut found: Vec<Diagnostic> = over_limit(plan, outcome).into_iter().collect();
    if let Some(budget) = &plan.project.turnover {
        found.extend(turnover::figures(outcome, budget).and_then(|figures| turnover::finding(&figures, budget)));
    }
    found.extend(former_tiers(plan, outcome));
    found.into_iter().partition(Diagnostic::is_error)
}

/// Prior decisions with tiers that the project no longer has, which compare with none.
fn former_tiers(plan: &Plan, outcome: &Outcome) -> Option<Diagnostic> {
    let known = plan.project.decision.order.len();
    let former = |held: &&Held| held.tier as usize >= known;
    let (mut customers, mut names) = (0, BTreeSet::new());
    for held in outcome.prior.iter().flatten().filter(former) {
        customers += 1;
        names.extend(outcome.tiers.get(held.tier as usize).map(String::as_str));
    }
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let message = format!(
        "{} with a tier before that `decision: order:` does not have: {}; they count as new, and no roster counts them before",
        counted(customers, "customer"),
        names.join(", ")
    );
    let found = Diagnostic::warning(ids::PRIOR_RUN, message).at(plan.project.decision.span);
    (customers > 0).then(|| {
        found.help(
            "where a tier was renamed, keep its name until the next cycle, or rename it when rosters are compared anew",
        )
    })
}

/// Sums of the quality table by table and measure.
fn quality_rows(quality: &polars::prelude::DataFrame) -> Vec<QualityRow> {
    let texts = |name: &str| quality.column(name).ok().and_then(|c| c.str().ok().cloned());
    let counts = quality.column("count").ok().and_then(|c| c.i64().ok().cloned());
    let (Some(tables), Some(measures), Some(counts)) = (texts("table"), texts("measure"), counts) else {
        return Vec::new();
    };
    let mut sums: indexmap::IndexMap<(String, String), u64> = indexmap::IndexMap::new();
    for ((table, measure), count) in tables.iter().zip(measures.iter()).zip(counts.iter()) {
        // What is no count has no sum, and bins and lengths sum to nothing that means something.
        let Some(count) = count.filter(|_| !matches!(measure, Some("bin" | "shortest" | "longest"))) else { continue };
        let place = (table.unwrap_or("").to_owned(), measure.unwrap_or("").to_owned());
        *sums.entry(place).or_default() += u64::try_from(count).unwrap_or(0);
    }
    sums.into_iter().map(|((table, measure), count)| QualityRow { table, measure, count }).collect()
}
