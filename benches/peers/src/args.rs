//! The command line.
//!
//! In: arguments. Out: [`Args`]. Must not know: what they are for.

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All tables.
    Report,
    /// Hand-written forms among each other, to find the fastest.
    Tune,
    /// Memory of one contestant, in a process of its own: `--memory NAME`.
    Memory(String),
    /// Writes the customers to a Parquet file, for other programs: `--export FILE`.
    Export(String),
}

/// Arguments with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    pub mode: Mode,
    pub customers: usize,
    /// Customers for evaluators that go row by row; their time is scaled.
    pub interpreted: usize,
    pub rounds: usize,
    pub threads: usize,
    /// Whether memory is measured, one process for each contestant.
    pub memory: bool,
    /// Whether every pass of the compiled rules takes its columns' memory anew.
    pub new_memory: bool,
    /// Contestants whose name has this in it; all if it is empty.
    pub only: String,
}

const USAGE: &str = "peers [--tune | --export FILE] [--customers N] [--interpreted N] [--rounds N] [--threads N] [--only TEXT] [--no-memory] [--new-memory]";

/// Reads the arguments.
///
/// # Errors
/// What is wrong, with the usage.
pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Args, String> {
    let (mode, customers, interpreted) = (Mode::Report, 5_000_000, 200_000);
    let mut parsed = Args { mode, customers, interpreted, rounds: 5, threads: 2, memory: true, new_memory: false, only: String::new() };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value\n{USAGE}"));
        let number = |text: String| text.parse::<usize>().map_err(|e| format!("{text}: {e}\n{USAGE}"));
        match arg.as_str() {
            "--tune" => parsed.mode = Mode::Tune,
            "--memory" => parsed.mode = Mode::Memory(value()?),
            "--export" => parsed.mode = Mode::Export(value()?),
            "--customers" => parsed.customers = number(value()?)?,
            "--interpreted" => parsed.interpreted = number(value()?)?,
            "--rounds" => parsed.rounds = number(value()?)?.max(1),
            "--threads" => parsed.threads = number(value()?)?.max(1),
            "--only" => parsed.only = value()?,
            "--new-memory" => parsed.new_memory = true,
            "--no-memory" => parsed.memory = false,
            _ => return Err(format!("unknown: {arg}\n{USAGE}")),
        }
    }
    parsed.interpreted = parsed.interpreted.min(parsed.customers);
    Ok(parsed)
}
