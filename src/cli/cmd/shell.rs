//! `tierwright completions SHELL` and `tierwright man`: what shells and manuals know of the command line.
//!
//! Both are made of the arguments themselves, so that they say what can be typed.

use crate::cli::args::{Args, CompletionsArgs, ManArgs};
use crate::cli::output::Output;
use crate::diag::suggest::nearest;
use crate::error::{Error, Exit};
use clap::CommandFactory;
use clap_complete::generate;

const PROGRAM: &str = "tierwright";

/// Prints the completions of a shell.
pub fn completions(output: &mut Output, options: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    generate(options.shell, &mut Args::command(), PROGRAM, &mut text);
    output.data(&String::from_utf8_lossy(&text));
    Exit::Done
}

/// Prints the manual's page of the program or of one command, as troff.
pub fn man(output: &mut Output, options: &ManArgs) -> Exit {
    let mut program = Args::command();
    program.build();
    let page = match &options.command {
        None => program.clone(),
        Some(name) => match program.find_subcommand(name) {
            Some(command) => {
                let title = format!("{PROGRAM}-{name}");
                command.clone().name(title.clone()).display_name(title).bin_name(format!("{PROGRAM} {name}"))
            }
            None => {
                let names: Vec<String> = program.get_subcommands().map(|c| c.get_name().to_owned()).collect();
                let meant = nearest(name, names.iter().map(String::as_str));
                let meant = meant.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
                return output.usage(&format!("error: no command `{name}`{meant}\n"));
            }
        },
    };
    let mut text = Vec::new();
    match clap_mangen::Man::new(page).render(&mut text) {
        Ok(()) => {
            output.data(&String::from_utf8_lossy(&text));
            Exit::Done
        }
        Err(error) => {
            let defect = Error::Defect(format!("the manual's page: {error}"));
            output.stop(&defect.into(), &crate::source::SourceMap::default(), serde_json::json!({}))
        }
    }
}
