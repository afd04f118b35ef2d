//! `tierwright run`: the main job.

use crate::cli::args::RunArgs;
use crate::cli::lineage::Events;
use crate::cli::log::{self, Level};
use crate::cli::output::{Output, printable};
use crate::cli::{place, table};
use crate::diag::render;
use crate::error::{Error, Exit, Stop};
use crate::run::aliases::ALIASES;
use crate::run::business::columns::CAPACITY;
use crate::run::business::monitor::ALERTS;
use crate::run::cycle::AsOfSource;
use crate::run::parts::Memory;
use crate::run::record::Record;
use crate::run::strategic::columns::PORTFOLIO;
use crate::run::watch::Event;
use crate::run::{Ending, Failure, Plan, Report, Request, engine, flow, plan};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};

/// Runs the project and gives the status.
pub fn run(system: &dyn System, output: &mut Output, options: &RunArgs) -> Exit {
    output.log_all();
    let request = request(system, options);
    let mut sources = SourceMap::default();
    let mut events = Events::new(system, options.openlineage.as_deref());
    let plan = match plan::plan(system, &request, &mut sources) {
        Ok(plan) => plan,
        Err(stop) => {
            events.unplanned(output, &request.root, &stop, &sources);
            return output.stop(&stop, &sources, with_events(json!({}), &events));
        }
    };
    begin(output, &plan, &request);
    events.start(output, &plan);
    let ended = execute(system, output, options, (&request, &plan, &sources));
    events.end(output, &plan, &ended, &sources);
    match ended {
        Ok(report) => {
            show(output, &plan, &report, &sources, &events);
            Exit::Done
        }
        Err(failure) => fail(output, &plan, &failure, &sources, &events),
    }
}

fn request(system: &dyn System, options: &RunArgs) -> Request {
    Request {
        root: place::project(system, options.project.as_deref()),
        out: options.out.clone(),
        source_roots: place::source_roots(system, &options.source_root),
        as_of: options.as_of,
        cycle: options.cycle,
        phase: options.phase,
        scenario: options.scenario.clone(),
        prior: options.prior.clone().unwrap_or_default(),
        threads: options.threads.map(usize::from),
        engine: options.engine,
        force: options.force,
        dry_run: options.dry_run,
        ..Request::default()
    }
}

/// Says what is run.
fn begin(output: &mut Output, plan: &Plan, request: &Request) {
    if !output.json {
        output.note(&head(plan));
        return;
    }
    let dates = &plan.dates;
    output.about("project", json!(plan.project.name));
    output.about("cycle", json!(dates.cycle_name()));
    if let Some(phase) = dates.phase {
        output.about("phase", json!(phase.name()));
    }
    output.about("scenario", json!(plan.scenario));
    let fields = json!({
        "as_of": dates.as_of.to_string(), "engine": request.engine.name(), "threads": request.threads,
        "version": env!("CARGO_PKG_VERSION"),
    });
    output.event(Level::Info, "started", head(plan).trim_end(), fields);
}

/// Runs the plan, and tells what happens.
fn execute(
    system: &dyn System,
    output: &mut Output,
    options: &RunArgs,
    (request, plan, sources): (&Request, &Plan, &SourceMap),
) -> Result<Report, Failure> {
    let pool = engine::thread_pool(request.threads)?;
    let parts = options.parts.map(usize::from);
    let memory = Memory { bytes: options.memory, parts, dry_run: request.dry_run, ..Memory::default() };
    let compute = engine::LocalEngine::new(system, plan, sources, &pool)?;
    let mut compute = compute.with(request.engine).with_memory(memory);
    let mut watch = |event: &Event<'_>| tell(output, event);
    flow::run_watched(system, plan, request, sources, &mut compute, &pool, &mut watch)
}

/// Logs an event of a run.
pub fn tell(output: &mut Output, event: &Event<'_>) {
    match event {
        Event::Begun => output.progress("reading tables …"),
        Event::Loaded { .. } | Event::Named { .. } => output.progress("evaluating …"),
        Event::Stage(stage) if stage.stage.starts_with("step ") => {
            output.progress(&format!("{} is done, evaluating …", stage.stage));
        }
        Event::Stage(stage) if stage.stage == "decide" => output.progress("writing …"),
        Event::Stage(_) => {}
    }
    if let Event::Named { run } = event {
        output.about("run", json!(run));
    }
    for (name, message, fields) in log::run_event(event) {
        output.event(Level::Info, name, &message, fields);
    }
}

/// Shows why the run failed, and gives the status.
fn fail(output: &mut Output, plan: &Plan, failure: &Failure, sources: &SourceMap, events: &Events) -> Exit {
    let folder = failure.folder.as_deref().map(place::shown);
    output.findings(&plan.warnings, sources);
    let more = json!({ "folder": folder, "warnings": render::json(&plan.warnings, sources) });
    let exit = output.stop(&failure.stop, sources, with_events(more, events));
    if let Some(folder) = folder {
        match output.json {
            true => output.event(Level::Info, "evidence", "what was found", json!({ "folder": folder })),
            false => output.note(&format!("the failed run, with what was found: {folder}\n")),
        }
    }
    if let Stop::Error(Error::Defect(_)) = failure.stop {
        output.note("nothing was published; please report it with the command and the project\n");
    }
    exit
}

/// The answer with what is to say of OpenLineage events, if any were asked for.
fn with_events(mut document: Value, events: &Events) -> Value {
    let of_events = events.document();
    if !of_events.is_null() {
        document["openlineage"] = of_events;
    }
    document
}

fn head(plan: &Plan) -> String {
    let dates = &plan.dates;
    let source = match dates.source {
        AsOfSource::Given => "",
        AsOfSource::Project => " (of the project file)",
        AsOfSource::Today => " (today)",
    };
    let phase = dates.phase.map(|p| format!(", phase {}", p.name())).unwrap_or_default();
    let scenario =
        if plan.scenario == plan::BASE { String::new() } else { format!(", scenario {}", printable(&plan.scenario)) };
    let (name, cycle) = (printable(&plan.project.name), dates.cycle_name());
    format!("{name}: as-of {}{source}, cycle {cycle}{phase}{scenario}\n", dates.as_of)
}

fn show(output: &mut Output, plan: &Plan, report: &Report, sources: &SourceMap, events: &Events) {
    output.findings(&report.warnings, sources);
    if output.json {
        let counts = &report.record.counts;
        let fields = json!({
            "run": report.record.run, "folder": report.folder.as_deref().map(place::shown), "replaced": report.replaced,
            "rows": counts.decided + counts.undetermined, "undetermined": counts.undetermined, "millis": report.millis,
        });
        let outcome = outcome(report.ending);
        output.event(Level::Info, "ended", outcome, fields);
        output.document(&with_events(document(report, sources), events));
        return;
    }
    let record = &report.record;
    let mut text = String::new();
    match (&report.folder, report.ending) {
        (Some(folder), Ending::Committed) => text += &format!("committed {}\n", place::shown(folder)),
        (Some(folder), Ending::AlreadyDone) => {
            let again = if report.replaced.is_some() { "; it is current again" } else { "" };
            text += &format!("already done{again}: {}\n", place::shown(folder));
        }
        (Some(folder), _) => text += &format!("computed again, every file equal: {}\n", place::shown(folder)),
        (None, _) => text += "dry run: nothing was written\n",
    }
    text.push('\n');
    text += &table::tiers(record);
    if record.identity.prior.is_some() {
        text += &format!("\nmoves against the cycle before: {}\n\n", table::moves(record));
        text += &table::migration(record);
    }
    text += &carried(report);
    text.push('\n');
    text += &counts(report);
    text += &quality(record);
    if let Some(tables) = &report.tables {
        text += &format!("tables were read {}\n", printable(tables));
    }
    text += &drift(record);
    text += &format!("{} ms, {}\n", report.millis.round(), table::counted(plan.project.steps.len() as u64, "step"));
    output.data(&text);
}

/// What else there is to say of the cycle before: aliases, turnover.
fn carried(report: &Report) -> String {
    let (record, mut text) = (&report.record, String::new());
    let place = |file: &str| report.folder.as_ref().map(|folder| format!(": {}", place::shown(&folder.join(file))));
    if !record.aliases.is_empty() {
        let effects: Vec<String> =
            record.aliases.iter().map(|row| format!("{} {}", table::count(row.count), row.effect)).collect();
        text += &format!("aliases of keys: {}{}\n", effects.join(", "), place(ALIASES).unwrap_or_default());
    }
    if let Some(turnover) = &record.turnover {
        let tiers: Vec<String> = turnover.tiers.iter().map(|tier| printable(tier).to_string()).collect();
        text += &format!(
            "roster of {}: {} before, {} now, {} entered, {} left: {} turnover (budget {})\n",
            tiers.join(" and "),
            table::count(turnover.before),
            table::count(turnover.now),
            table::count(turnover.entered),
            table::count(turnover.left),
            table::percent(turnover.turnover),
            table::percent(turnover.at_most)
        );
    }
    if let Some(plan) = &record.plan {
        let error =
            plan.wape.map(|wape| format!(", {} off where it was tried", table::percent(wape))).unwrap_or_default();
        text += &format!(
            "plan of {}: {} forecast{error}, {} aimed at\n",
            plan.year,
            table::number(plan.forecast),
            table::number(plan.target)
        );
        if let Some(over) = plan.overloaded.filter(|over| *over > 0) {
            text +=
                &format!("  {over} owners are asked more than they can do{}\n", place(CAPACITY).unwrap_or_default());
        }
    }
    if let Some(year) = &record.monitor {
        let share =
            if year.plan > 0.0 { format!(" ({})", table::percent(year.actual / year.plan)) } else { String::new() };
        text += &format!(
            "{} after {} months: {} of {} planned{share}, {} aimed at\n",
            year.year,
            year.months_over,
            table::number(year.actual),
            table::number(year.plan),
            table::number(year.target)
        );
        text += &format!(
            "  {} behind their plan, {} of them critically; {} have another tier than in the plan{}\n",
            table::counted(year.behind, "customer"),
            table::count(year.critical),
            table::count(year.moved),
            place(ALERTS).unwrap_or_default()
        );
    }
    if let Some(plan) = &record.strategic {
        text += &format!(
            "tiers in {}, after {} years under each scenario{}\n",
            plan.last,
            plan.years,
            place(PORTFOLIO).unwrap_or_default()
        );
        text += &table::scenarios(record, plan);
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn counts(report: &Report) -> String {
    let c = &report.record.counts;
    let mut text = format!("{} read: {} decided", table::counted(c.read, "customer"), table::count(c.decided));
    for (n, word) in
        [(c.undetermined, "undetermined"), (c.quarantined, "quarantined"), (c.removed, "removed as declared")]
    {
        if n > 0 {
            text += &format!(", {} {word}", table::count(n));
        }
    }
    text.push('\n');
    if let Some(folder) = &report.folder {
        if c.undetermined > 0 {
            text += &format!("  why undetermined: {}\n", place::shown(&folder.join("undetermined.parquet")));
        }
        if report.record.tables.iter().any(|t| t.quarantined + t.removed > 0) {
            text += &format!("  rows set aside: {}\n", place::shown(&folder.join("quarantine.parquet")));
        }
    }
    text
}

/// One line for each table: rows, and what was done to them.
fn quality(record: &Record) -> String {
    let mut text = String::new();
    for row in &record.tables {
        let mut parts = vec![table::counted(row.read, "row")];
        for (n, word) in [(row.quarantined, "quarantined"), (row.removed, "removed")] {
            if n > 0 {
                parts.push(format!("{} {word}", table::count(n)));
            }
        }
        let shown = [
            ("short_rows_filled", "short rows filled up"),
            ("long_rows_cut", "long rows cut"),
            ("double_encoding_undone", "texts decoded twice"),
            ("double_encoded", "texts that look encoded twice"),
            ("corrected", "values corrected"),
            ("mended", "texts mended"),
            ("missing_token", "marked missing"),
            ("absent", "values of columns that a file lacks"),
            ("not_finite", "not finite"),
            ("not_computed", "not computed"),
            ("reference_missing", "without a reference"),
            ("orphans", "references that find no row"),
        ];
        for (measure, words) in shown {
            let of = record.quality.iter().filter(|q| q.table == row.table && q.measure == measure);
            let n: u64 = of.map(|q| q.count).sum();
            if n > 0 {
                parts.push(format!("{} {words}", table::count(n)));
            }
        }
        text += &format!("  {}: {}\n", printable(&row.table), parts.join(", "));
    }
    let dropped: u64 = record.quality.iter().filter(|q| q.measure == "dropped_unknown").map(|q| q.count).sum();
    if dropped > 0 {
        text += &format!("  rules: {} missing values dropped with `.known()`\n", table::count(dropped));
    }
    text
}

/// What moved since the prior run, in one line.
fn drift(record: &Record) -> String {
    let found = record.findings.iter().filter(|finding| finding.id == "drift").count();
    if found == 0 {
        return String::new();
    }
    format!("  {} of drift: `tierwright quality` shows what moved\n", table::counted(found as u64, "warning"))
}

fn outcome(ending: Ending) -> &'static str {
    match ending {
        Ending::Committed => "committed",
        Ending::AlreadyDone => "already done",
        Ending::Verified => "verified",
        Ending::DryRun => "dry run",
    }
}

fn document(report: &Report, sources: &SourceMap) -> Value {
    let record = serde_json::to_value(&report.record).unwrap_or(Value::Null);
    json!({
        "status": "ok",
        "exit": 0,
        "outcome": outcome(report.ending),
        "folder": report.folder.as_deref().map(place::shown),
        "replaced": report.replaced,
        "record": record,
        "findings": render::json(&report.warnings, sources),
        "tables": report.tables,
        "millis": report.millis,
    })
}
