//! The program: runs the command line and ends with its status.
//!
//! In: arguments. Out: an exit status, see [`tierwright::error::Exit`]. Must not know: anything else; start at
//! [`tierwright::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(tierwright::cli::main(std::env::args_os()) as u8)
}
