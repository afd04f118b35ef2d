//! The command line.
//!
//! In: arguments. Out: text and an [`Exit`]. This is the only floor that prints, and that makes the system, the
//! working directory and the terminal known to the others. Data goes to standard output, the rest to standard error;
//! a reader that closes the pipe ends the program quietly. Start at [`main`]; each command is a file of `cmd`.

mod apart;
pub mod args;
mod cmd;
mod coverage;
mod explained;
mod figures;
mod lifted;
mod lineage;
mod log;
mod moves;
mod output;
mod place;
mod table;

use crate::error::{Error, Exit, Stop};
use crate::source::SourceMap;
use crate::system::{Os, System, quiet};
use args::{Args, Command};
use clap::Parser;
use output::Output;
use serde_json::json;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the command line on the operating system and gives the status to end with.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    outlive_file_size_limit();
    if args.iter().any(|arg| arg == "--json") {
        log::panics(&Os);
    }
    quiet::install();
    many_files();
    table::fit_to(Os.columns());
    let mut output = Output::terminal(&Os);
    let exit = catch_unwind(AssertUnwindSafe(|| run(args, &Os, &mut output)));
    let exit = exit.unwrap_or_else(|_| {
        let gave_up = Error::Defect("it gave up, and said why above".to_owned());
        output.stop(&Stop::Error(gave_up), &SourceMap::default(), json!({}))
    });
    output.end(exit)
}

/// Has a write beyond the limit of file sizes fail with an error, where it would end the program.
fn outlive_file_size_limit() {
    #[cfg(unix)]
    {
        // A handler is enough; nobody asks whether the signal came. Without it the system's way stays.
        let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, flag);
    }
}

/// Asks for as many open files as the system gives: tables in parts have two for each part.
fn many_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // What there is will do.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

fn run(args: Vec<OsString>, system: &dyn System, output: &mut Output) -> Exit {
    output.json = args.iter().any(|arg| arg == "--json");
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let text = error.render().to_string();
            return if error.use_stderr() {
                output.usage(&text)
            } else {
                output.data(&text);
                Exit::Done
            };
        }
    };
    match &args.command {
        Command::Init(options) => cmd::init::run(system, output, options),
        Command::Run(options) => cmd::run::run(system, output, options),
        Command::Check(options) => cmd::check::run(system, output, options),
        Command::Test(options) => cmd::test::run(system, output, options),
        Command::Runs(options) => cmd::runs::run(system, output, options),
        Command::Quality(options) => cmd::quality::run(system, output, options),
        Command::Migration(options) => cmd::migration::run(system, output, options),
        Command::Explain(options) => cmd::explain::run(system, output, options),
        Command::Report(options) => cmd::report::run(system, output, options),
        Command::Verify(options) => cmd::verify::run(system, output, options),
        Command::Watch(options) => cmd::watch::run(system, output, options),
        Command::Docs(options) => cmd::docs::run(system, output, options),
        Command::Schema(options) => cmd::schema::run(system, output, options),
        Command::Completions(options) => cmd::shell::completions(output, options),
        Command::Man(options) => cmd::shell::man(output, options),
        Command::Diff(options) => cmd::diff::run(system, output, options),
        Command::WhatIf(options) => cmd::what_if::run(system, output, options),
    }
}
