//! What can be typed.
//!
//! In: nothing. Out: [`Args`], as clap reads them. Must not know: what the commands do.

use crate::calendar;
use crate::language::Language;
use crate::manifest::schema;
use crate::run::Engine;
use crate::run::cycle::Phase;
use crate::run::plan::PriorRun;
use clap::{Args as ClapArgs, Parser, Subcommand};
use jiff::civil::Date;
use std::path::PathBuf;

/// Grades business customers by rules that analysts keep, and writes every decision with its reason as Parquet.
#[derive(Debug, Parser)]
#[command(name = "tierwright", version, arg_required_else_help = true, max_term_width = 120)]
#[command(
    after_help = "Exit status: 0 done; 1 rules or data fail; 2 usage or configuration; 3 another run holds the lock; \
    4 input or output failed; 70 a defect of tierwright; 130 interrupted."
)]
pub struct Args {
    /// Answer with one JSON document on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a new project that runs at once: from files of data, or an example.
    Init(InitArgs),
    /// Grade all customers and commit the decisions.
    Run(RunArgs),
    /// Find everything that can be found without running: manifests, rules, types, names.
    Check(CheckArgs),
    /// Evaluate the project's cases (rules/tests/*.rtest) on both evaluators and compare with what they expect.
    Test(TestArgs),
    /// List committed runs.
    Runs(RunsArgs),
    /// Show what a run found in its tables: rows, reasons, missing values, corrections, what moved.
    Quality(QualityArgs),
    /// Show how customers moved between planning years, and how probable each move is.
    Migration(MigrationArgs),
    /// Say why a committed run decided as it did, customer by customer.
    Explain(ExplainArgs),
    /// Show a run as one page that needs no network, as a workbook, or its decisions as CSV.
    Report(ReportArgs),
    /// Compute a committed run again from its record and compare every file.
    Verify(VerifyArgs),
    /// Show who would move under other rules or parameters, against a committed run; writes nothing.
    WhatIf(WhatIfArgs),
    /// Show the moves between two runs, and how much is due to data, rules and parameters.
    Diff(DiffArgs),
    /// Answer at each save of the project's files: what is wrong, what the cases say, who would move; writes nothing.
    Watch(WatchArgs),
    /// Print the data dictionary: tables, the columns of the steps and where they come from, parameters.
    Docs(DocsArgs),
    /// Print the JSON Schema of a YAML file, by which editors complete and check it, or put all of them into the project.
    Schema(SchemaArgs),
    /// Print the completions of a shell: what it offers for half a command.
    Completions(CompletionsArgs),
    /// Print the manual's page of the program or of a command, for `man -l -`.
    Man(ManArgs),
}

/// Options of `init`.
#[derive(Debug, ClapArgs)]
pub struct InitArgs {
    /// Folder of the new project; the working directory unless given.
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Files of delimited text from which manifests and rules are drafted; they are copied into the project. A folder behind them is DIR.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// The table with the customers, by the name of its file; inferred unless given.
    #[arg(long, value_name = "TABLE", requires = "from")]
    pub customer: Option<String>,
}

/// Options of `run`.
#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// Planning cycle, such as FY2016; the one that holds the day before the as-of date unless given.
    #[arg(long, value_name = "CYCLE", value_parser = cycle)]
    pub cycle: Option<i16>,
    /// Exclusive end of what the run looks at; the project's `as_of`, else today in the planning time zone.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// Phase of the planning year: SP, BP or monitor.
    #[arg(long, value_name = "PHASE", value_parser = phase)]
    pub phase: Option<Phase>,
    /// Project folder; the nearest one above the working directory unless given.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Folder outside of the project that data files may lie in, also below it; repeatable. Folders in
    /// TIERWRIGHT_SOURCE_ROOT, separated as in PATH, are added.
    #[arg(long, value_name = "DIR")]
    pub source_root: Vec<PathBuf>,
    /// Output folder instead of the project's `output.dir`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Run whose decisions are `c.prior`, or `none`; the current one of the cycle before unless given.
    #[arg(long, value_name = "RUN", value_parser = prior)]
    pub prior: Option<PriorRun>,
    /// Scenario under which the run becomes current; `base` unless given.
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Threads; as many as there are processors unless given. No part of the result.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// How steps are evaluated: local or interpret. No part of the result.
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "local")]
    pub engine: Engine,
    /// Memory that tables may take before they are read in parts, such as 2GiB; the project's `limits.memory`, else a
    /// quarter of the machine's memory. No part of the result.
    #[arg(long, value_name = "BYTES", value_parser = memory)]
    pub memory: Option<u64>,
    /// Read tables that belong to customers in this many parts, whatever memory there is. No part of the result.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub parts: Option<u16>,
    /// Append OpenLineage events (START, then COMPLETE or FAIL), a line each, to this file.
    #[arg(long, value_name = "FILE", value_parser = event_file, conflicts_with = "dry_run")]
    pub openlineage: Option<PathBuf>,
    /// Compute a committed run again, compare every file, and publish nothing.
    #[arg(long)]
    pub force: bool,
    /// Compute and show, write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `check`.
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Project folder; the nearest one above the working directory unless given.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Folder outside of the project that data files may lie in, also below it; repeatable. Folders in
    /// TIERWRIGHT_SOURCE_ROOT, separated as in PATH, are added.
    #[arg(long, value_name = "DIR")]
    pub source_root: Vec<PathBuf>,
    /// Exclusive end of what a run would look at.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// Print the page of a finding's id, such as unknown-column, and check nothing; no project is needed.
    #[arg(long, value_name = "ID", conflicts_with_all = ["project", "as_of"])]
    pub explain: Option<String>,
}

/// Options of `test`.
#[derive(Debug, ClapArgs)]
pub struct TestArgs {
    /// Evaluate only cases whose file or name holds this text.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Write what came over what was expected, in place; comments and layout stay.
    #[arg(long)]
    pub update: bool,
    /// Count for each branch of the rules the customers of the last run and the cases that take it.
    #[arg(long, conflicts_with = "update")]
    pub coverage: bool,
    /// With --coverage, also the sum of this column over the customers of each branch.
    #[arg(long, value_name = "COLUMN", requires = "coverage")]
    pub by: Option<String>,
    /// Propose cases at the lines that rules draw, from customers of the data that are near them, in a new file of rules/tests.
    #[arg(long, conflicts_with_all = ["update", "filter", "coverage"])]
    pub generate: bool,
    /// Project folder; the nearest one above the working directory unless given.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Folder outside of the project that data files may lie in, also below it; repeatable. Folders in
    /// TIERWRIGHT_SOURCE_ROOT, separated as in PATH, are added.
    #[arg(long, value_name = "DIR")]
    pub source_root: Vec<PathBuf>,
    /// Threads; as many as there are processors unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// Options of every command that looks at runs.
#[derive(Debug, ClapArgs)]
pub struct Runs {
    /// Project folder; the nearest one above the working directory unless given.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Output folder instead of the project's `output.dir`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Options of every command that looks at runs and reads their data again.
#[derive(Debug, ClapArgs)]
pub struct At {
    /// Where the runs lie.
    #[command(flatten)]
    pub runs: Runs,
    /// Folder outside of the project that data files may lie in; repeatable, as of `run`.
    #[arg(long, value_name = "DIR")]
    pub source_root: Vec<PathBuf>,
    /// Threads; as many as there are processors unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// Options of `runs`.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArgs {
    /// What to do with them; they are listed unless given.
    #[command(subcommand)]
    pub action: Option<RunsAction>,
    /// Where the runs lie.
    #[command(flatten)]
    pub runs: Runs,
}

/// What can be done with runs.
#[derive(Debug, Subcommand)]
pub enum RunsAction {
    /// Delete old runs. Current runs stay, and those that a run which stays has read as its prior.
    Prune(PruneArgs),
}

/// Options of `runs prune`.
#[derive(Debug, ClapArgs)]
pub struct PruneArgs {
    /// How many runs of each cycle, phase and scenario stay, the newest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
    /// Say what would go, and delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Where the runs lie.
    #[command(flatten)]
    pub runs: Runs,
}

/// Options of `explain`.
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// Customers, by their keys.
    #[arg(required_unless_present = "condition", conflicts_with = "condition", value_name = "CUSTOMER")]
    pub customers: Vec<String>,
    /// Customers for whom this holds, in the rule language over the columns of the decisions: 'tier == "partner" && value < 66.0'.
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// How many customers are explained at once: where a condition means more, none is and the status is 2.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// The run, or the beginning of its id; the current one of the newest cycle unless given.
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Show the rows behind each aggregate.
    #[arg(long)]
    pub rows: bool,
    /// Show what each step made of the customer, down to the columns.
    #[arg(long)]
    pub full: bool,
    /// Show the smallest changes of its columns that would give the customer this tier.
    #[arg(long, value_name = "TIER", conflicts_with = "condition")]
    pub lift: Option<String>,
    /// A column that may change; repeatable. All numbers that the deciding steps read unless given.
    #[arg(long, value_name = "COLUMN", requires = "lift")]
    pub change: Vec<String>,
    /// Where runs and data lie, and how many threads there are.
    #[command(flatten)]
    pub at: At,
    /// How steps are evaluated: local or interpret. What is told is the interpreter's in any case.
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "local")]
    pub engine: Engine,
    /// Memory that tables may take before they are read in parts, as of `run`.
    #[arg(long, value_name = "BYTES", value_parser = memory)]
    pub memory: Option<u64>,
    /// Read tables that belong to customers in this many parts, as of `run`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub parts: Option<u16>,
}

/// Options of `report`.
#[derive(Debug, ClapArgs)]
pub struct ReportArgs {
    /// The run, or the beginning of its id; the current one of the newest cycle unless given.
    pub run: Option<String>,
    /// Where the page goes; `-` is standard output. PROJECT-CYCLE.html in the working directory unless anything is named.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a workbook.
    #[arg(long, value_name = "FILE")]
    pub xlsx: Option<PathBuf>,
    /// Write the decisions as CSV; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Language of the page and the workbook: en or zh. The page can change it.
    #[arg(long, value_name = "LANG", value_parser = language, default_value = "en")]
    pub lang: Language,
    /// How many key accounts are explained in the page at most.
    #[arg(long, value_name = "N", default_value = "300", value_parser = clap::value_parser!(u32).range(0..=5_000))]
    pub explained: u32,
    /// Where runs and data lie, and how many threads there are.
    #[command(flatten)]
    pub at: At,
}

/// Options of `verify`.
#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    /// The run, or the beginning of its id.
    pub run: String,
    /// Where runs and data lie, and how many threads there are.
    #[command(flatten)]
    pub at: At,
    /// How steps are evaluated: local or interpret.
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "local")]
    pub engine: Engine,
    /// Memory that tables may take before they are read in parts, as of `run`.
    #[arg(long, value_name = "BYTES", value_parser = memory)]
    pub memory: Option<u64>,
}

/// Options of `what-if`.
#[derive(Debug, ClapArgs)]
pub struct WhatIfArgs {
    /// The run that is compared with, or the beginning of its id; the one that became current last unless given.
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Set a parameter, such as P.lines.strategic=75; repeatable.
    #[arg(long, value_name = "P.NAME=VALUE")]
    pub set: Vec<String>,
    /// Take rules and parameters from this folder instead of the project's `rules`.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Read the tables as they are now, also where the rules alone differ.
    #[arg(long)]
    pub data: bool,
    /// Show customers by this column; repeatable. Columns of the project's summaries unless given.
    #[arg(long, value_name = "COLUMN")]
    pub by: Vec<String>,
    /// How many movers are named.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Give a parameter one value after the other, such as P.lines.strategic=70..90/1.
    #[arg(long, value_name = "P.NAME=FROM..TO/STEP", conflicts_with = "sensitivity")]
    pub sweep: Option<String>,
    /// Show how far each weight may go before a customer changes tier.
    #[arg(long)]
    pub sensitivity: bool,
    /// Where runs and data lie, and how many threads there are.
    #[command(flatten)]
    pub at: At,
    /// How steps are evaluated: local or interpret.
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "local")]
    pub engine: Engine,
}

/// Options of `watch`.
#[derive(Debug, ClapArgs)]
pub struct WatchArgs {
    /// Answer once and end: 0, or 1 where a case fails, or the status of what is wrong.
    #[arg(long)]
    pub once: bool,
    /// How many movers are named.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub top: usize,
    /// Where runs and data lie, and how many threads there are.
    #[command(flatten)]
    pub at: At,
}

/// Options of `docs`.
#[derive(Debug, ClapArgs)]
pub struct DocsArgs {
    /// Write dictionary.md and dictionary.json into this folder instead of printing.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Language of its headings: en or zh. What the project says stays as it is.
    #[arg(long, value_name = "LANG", value_parser = language, default_value = "en")]
    pub lang: Language,
    /// Project folder; the nearest one above the working directory unless given.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Folder outside of the project that data files may lie in; repeatable, as of `run`.
    #[arg(long, value_name = "DIR")]
    pub source_root: Vec<PathBuf>,
}

/// Options of `schema`.
#[derive(Debug, ClapArgs)]
pub struct SchemaArgs {
    /// The kind of file: project, table, parameters or cases. What there is is listed unless given.
    #[arg(value_name = "KIND", value_parser = schema)]
    pub kind: Option<schema::File>,
    /// Put the schemas into .tierwright/schema of the project, and name them in the first line of each YAML file that names none.
    #[arg(long, conflicts_with = "kind")]
    pub write: bool,
    /// Project folder; the nearest one above the working directory unless given.
    #[arg(long, value_name = "DIR", requires = "write")]
    pub project: Option<PathBuf>,
}

/// Options of `completions`.
#[derive(Debug, ClapArgs)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, ClapArgs)]
pub struct ManArgs {
    /// The command; the program unless given.
    pub command: Option<String>,
}

/// Options of `diff`.
#[derive(Debug, ClapArgs)]
pub struct DiffArgs {
    /// The earlier run, or the beginning of its id.
    #[arg(value_name = "RUN")]
    pub from: String,
    /// The later run.
    #[arg(value_name = "RUN")]
    pub to: String,
    /// Show customers by this column; repeatable. Columns of the project's summaries unless given.
    #[arg(long, value_name = "COLUMN")]
    pub by: Vec<String>,
    /// How many movers are named.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Where runs and data lie, and how many threads there are.
    #[command(flatten)]
    pub at: At,
    /// How steps are evaluated: local or interpret.
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "local")]
    pub engine: Engine,
}

/// Options of `quality`.
#[derive(Debug, ClapArgs)]
pub struct QualityArgs {
    /// The run, committed or failed; the one that became current last unless given.
    pub run: Option<String>,
    /// Show every column and every reason.
    #[arg(long)]
    pub full: bool,
    /// Where the runs lie.
    #[command(flatten)]
    pub runs: Runs,
}

/// Options of `migration`.
#[derive(Debug, ClapArgs)]
pub struct MigrationArgs {
    /// The earlier planning year, such as FY2016; the one before the later year unless given.
    #[arg(long, value_name = "CYCLE", value_parser = cycle)]
    pub from: Option<i16>,
    /// The later planning year; the newest unless given.
    #[arg(long, value_name = "CYCLE", value_parser = cycle)]
    pub to: Option<i16>,
    /// Where the runs lie.
    #[command(flatten)]
    pub runs: Runs,
}

fn memory(text: &str) -> Result<u64, String> {
    crate::manifest::bytes(text).ok_or_else(|| "not an amount of memory, such as 2GiB or 500MB".to_owned())
}

fn event_file(text: &str) -> Result<PathBuf, String> {
    match text {
        "-" => Err("name a file: standard output is the answer's, standard error the log's".to_owned()),
        file => Ok(PathBuf::from(file)),
    }
}

fn date(text: &str) -> Result<Date, String> {
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| "not a day of the calendar, written as 2017-04-01".to_owned())
}

fn cycle(text: &str) -> Result<i16, String> {
    let named = calendar::parse_cycle(text).or_else(|| calendar::parse_cycle(&format!("FY{text}")));
    named.ok_or_else(|| "write it as FY2016, the year in which it starts".to_owned())
}

fn prior(text: &str) -> Result<PriorRun, String> {
    match text {
        "none" => Ok(PriorRun::None),
        run if !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(PriorRun::Named(run.to_owned()))
        }
        _ => Err("a run's id, as `tierwright runs` lists them, or none".to_owned()),
    }
}

fn language(text: &str) -> Result<Language, String> {
    Language::of(text).ok_or_else(|| "one of en, zh".to_owned())
}

fn schema(text: &str) -> Result<schema::File, String> {
    let names = schema::File::ALL.map(schema::File::name);
    schema::File::parse(text).ok_or_else(|| format!("one of {}", names.join(", ")))
}

fn phase(text: &str) -> Result<Phase, String> {
    Phase::parse(text).ok_or_else(|| format!("one of {}", Phase::NAMES.join(", ")))
}

fn engine(text: &str) -> Result<Engine, String> {
    [Engine::Local, Engine::Interpret]
        .into_iter()
        .find(|engine| engine.name() == text)
        .ok_or_else(|| "one of local, interpret".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds() {
        Args::command().debug_assert();
    }

    #[test]
    fn dates_cycles_and_phases_are_read() {
        let line = ["tierwright", "run", "--as-of", "2017-04-01", "--cycle", "2016", "--phase", "bp", "--json"];
        let args = Args::try_parse_from(line).unwrap();
        let Command::Run(run) = args.command else { panic!() };
        assert!(args.json);
        assert_eq!((run.cycle, run.phase, run.engine), (Some(2016), Some(Phase::Bp), Engine::Local));
        assert_eq!(run.as_of, Some(jiff::civil::date(2017, 4, 1)));
        for wrong in [
            ["--as-of", "1/4/2017"],
            ["--as-of", "2017-02-29"],
            ["--as-of", "20170401"],
            ["--cycle", "x"],
            ["--phase", "plan"],
            ["--threads", "0"],
            ["--engine", "x"],
            ["--openlineage", "-"],
        ] {
            assert!(Args::try_parse_from(["tierwright", "run"].into_iter().chain(wrong)).is_err(), "{wrong:?}");
        }
    }
}
