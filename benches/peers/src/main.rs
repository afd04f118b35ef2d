//! Compiled rules beside the same logic in other engines, on customers made in memory. README.md says how to run it.

mod args;
mod check;
mod contest;
mod eager;
mod evaluator;
mod forms;
mod hand;
mod measure;
mod ours;
mod project;
mod report;
mod rhai_rows;
mod standings;
mod workload;

use args::{Args, Mode};
use contest::{Contestant, Ground, Kind};
use project::{Folder, Variant};
use report::Memory;
use rhai_rows::Rules;
use std::path::Path;
use std::process::{Command, ExitCode};
use tierwright::manifest::model::Compression;
use tierwright::rules::interp::thread_pool;
use tierwright::rules::pages::Keeper;
use tierwright::run::parquet::{Properties, write_file};
use tierwright::system::Os;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// polars reads it once, before anything else: a process that was started without it starts another with it.
const POLARS_THREADS: &str = "POLARS_MAX_THREADS";

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let threads = args.threads.to_string();
    if std::env::var(POLARS_THREADS).as_deref() != Ok(threads.as_str()) {
        let again = itself(&args).args(std::env::args().skip(1)).status();
        return again.map_or(ExitCode::FAILURE, |s| ExitCode::from(s.code().unwrap_or(1) as u8));
    }
    match &args.mode {
        Mode::Report => report_all(&args),
        Mode::Tune => tune(&args),
        Mode::Memory(name) => memory_of(&args, name),
        Mode::Export(path) => export(&args, path),
    }
    ExitCode::SUCCESS
}

fn itself(args: &Args) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env(POLARS_THREADS, args.threads.to_string());
    command
}

fn ground(args: &Args, variant: Variant) -> Ground {
    let workload = workload::workload(args.customers);
    let few = workload::Workload { frame: workload.frame.head(Some(args.interpreted)) };
    Ground {
        variant,
        project: Folder::new(variant).plan(),
        threads: args.threads,
        pool: thread_pool(args.threads).expect("threads"),
        loaded: ours::load(&workload),
        frame: workload.frame,
        few_loaded: ours::load(&few),
        fewest: few.frame.head(Some(args.interpreted.div_ceil(10))),
        few: few.frame,
    }
}

/// Every way gives the same: few customers against the interpreter, all against each other.
fn check(contestants: &[Contestant], ground: &Ground, rules: &Rules) {
    let interpreter = Contestant { name: String::new(), kind: Kind::Interpreted };
    let meant = interpreter.run(ground, rules);
    println!("{} customers on the interpreter: {}", meant.height(), check::totals(&meant));
    let mut reference = None;
    for contestant in contestants.iter().filter(|c| !c.is_slow()) {
        let all = contestant.run(ground, rules);
        if ground.variant == Variant::RanksGiven {
            check::same(&contestant.name, &meant, &all.head(Some(meant.height())));
        }
        match &reference {
            None => {
                println!("{} customers, {}: {}", all.height(), contestant.name, check::totals(&all));
                reference = Some(all);
            }
            Some(reference) => check::same(&contestant.name, reference, &all),
        }
    }
    if ground.variant == Variant::RanksGiven {
        let (ours, theirs) = (meant.head(Some(ground.fewest.height())), rules.run(&ground.fewest, &ground.pool));
        assert_eq!(check::totals(&ours), check::totals(&theirs), "plain Rhai");
    }
}

fn report_all(args: &Args) {
    let allocator = if cfg!(feature = "mimalloc") { "mimalloc" } else { "the system's" };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("not known").to_owned();
    println!("{} customers, {} threads, {} rounds, allocator: {allocator}", args.customers, args.threads, args.rounds);
    println!("Load of the machine before (0 where nothing else runs): {load}");
    compile_time(args);
    let rules = Rules::new();
    // As scenarios and sweeps do, whose passes follow each other too.
    let keeper = (!args.new_memory).then(Keeper::new);
    println!("Memory that compiled rules have freed is {}.", if args.new_memory { "given back" } else { "kept for the next pass" });
    for (variant, title) in [
        (Variant::RanksGiven, "Value, tier and policy, the two ranks given as columns"),
        (Variant::RanksComputed, "Value, tier and policy with two `pct_rank`s"),
    ] {
        let mut contestants = contest::contestants(variant);
        contestants.retain(|c| c.name.contains(&args.only));
        let ground = ground(args, variant);
        println!("\n{title}");
        check(&contestants, &ground, &rules);
        let entries = contest::rounds(&contestants, &ground, &rules, args.rounds);
        let memory: Vec<Option<Memory>> = if args.memory && variant == Variant::RanksGiven {
            contestants.iter().map(|c| if c.is_slow() { None } else { memory_in_own_process(args, &c.name) }).collect()
        } else {
            Vec::new()
        };
        report::contest(title, &entries, &memory, args.customers);
        report::steps(&contest::steps(&ground, args.rounds.min(3)));
        if variant == Variant::RanksComputed {
            let keys: Vec<u32> = (0..args.customers as u32).collect();
            standings::check(&ground.few, &keys[..args.interpreted]);
            let costs = standings::rounds(&ground.frame, &keys, &ground.pool, args.rounds);
            report::standings(&standings::ALL, &costs, args.customers);
        }
    }
    drop(keeper);
}

/// From the project's files to checked programs.
fn compile_time(args: &Args) {
    let folder = Folder::new(Variant::RanksComputed);
    let costs: Vec<f64> = (0..args.rounds.max(5)).map(|_| measure::measure(|| folder.plan()).1.wall * 1e3).collect();
    let (best, median) = measure::best_and_median(&costs);
    println!("From the project's files to typed programs: {best:.2} ms best, {median:.2} ms median");
}

fn memory_in_own_process(args: &Args, name: &str) -> Option<Memory> {
    let customers = args.customers.to_string();
    let threads = args.threads.to_string();
    let output =
        itself(args).args(["--memory", name, "--customers", &customers, "--threads", &threads]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut figures = text.split_whitespace().map(str::parse::<u64>);
    Some(Memory { growth: figures.next()?.ok()?, result: figures.next()?.ok()? })
}

fn memory_of(args: &Args, name: &str) {
    let variant = Variant::RanksGiven;
    let ground = ground(args, variant);
    let contestants = contest::contestants(variant);
    let contestant = contestants.iter().find(|c| c.name == *name).expect("a contestant's name");
    let rules = Rules::new();
    let (result, growth) = measure::peak_growth(|| contestant.run(&ground, &rules));
    println!("{} {}", growth.unwrap_or(0), result.estimated_size());
}

fn tune(args: &Args) {
    let ground = ground(args, Variant::RanksGiven);
    let mut contestants: Vec<Contestant> =
        forms::all().into_iter().map(|f| Contestant { name: f.name, kind: Kind::Polars(f.way) }).collect();
    contestants.retain(|c| c.name.contains(&args.only));
    let rules = Rules::new();
    check(&contestants, &ground, &rules);
    let entries = contest::rounds(&contestants, &ground, &rules, args.rounds);
    report::contest("Hand-written forms", &entries, &[], args.customers);
}

fn export(args: &Args, path: &str) {
    let frame = workload::workload(args.customers).frame;
    let columns: Vec<polars::prelude::Series> =
        frame.columns().iter().map(|c| c.as_materialized_series().clone()).collect();
    let rows: Vec<u32> = (0..args.customers as u32).collect();
    let path = Path::new(path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().expect("a file's name").to_string_lossy();
    let properties = Properties { compression: Compression::Snappy, metadata: Vec::new() };
    write_file(&Os, folder, &name, &columns, &rows, &properties).unwrap_or_else(|e| panic!("{e}"));
}
