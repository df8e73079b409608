//! The command `krach`.
//!
//! What flows in: arguments, and a [`Host`], the door that the command was opened from. What flows out: data on
//! standard output, [diagnostics](krach_diag::Diagnostic) on standard error, and an exit code: 0 well, 1 the user's
//! program is wrong, 2 wrong usage, 3 no sound device, 130 interrupted. There is one implementation: the `krach` of
//! the Python package calls [`run`] with a host that runs Python files; the stand-alone binary has none and says so
//! where one is needed.
//!
//! What this crate refuses to know: Python, and how sound is made. It parses arguments, asks the floors below, draws
//! and counts.
//!
//! ```
//! use krach_cli::{NoPython, run};
//! let host = NoPython { stop: Default::default() };
//! assert_eq!(run(["krach", "--version"], &host), 0);
//! assert_eq!(run(["krach", "explain", "KR9999"], &host), 2);
//! ```

mod arguments;
mod bench;
mod build;
mod cache;
mod check;
mod dump;
mod explain;
mod faust_text;
mod host;
mod impulse;
mod inspect;
mod licences;
mod loudness;
mod note;
mod render;
mod report;
mod shell;
mod target;

pub use host::{About, Function, Host, NoPython, Script};
pub use shell::Failure;
use shell::Shell;

use arguments::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;

/// Runs one command line, its first argument being the name of the command, and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>, host: &dyn Host) -> i32 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            // Help and version arrive here as well, with exit code 0; a closed pipe is nobody's error.
            let _ = usage.print();
            return usage.exit_code();
        }
    };
    let mut shell = Shell::new(host);
    let result = match &arguments.command {
        Command::Dump(what) => dump::dump(&mut shell, what),
        Command::DumpFaust(target) => dump::dump_faust(&mut shell, target),
        Command::Render(what) => render::render(&mut shell, what),
        Command::Check(what) => check::check(&mut shell, what),
        Command::Bench(what) => bench::bench(&mut shell, what),
        Command::Faust(what) => licences::licences(&mut shell, what),
        Command::Impulse(what) => impulse::impulse(&mut shell, what),
        Command::Build(what) => build::build(&mut shell, what),
        Command::Inspect(what) => inspect::inspect(&mut shell, what),
        Command::Cache(what) => cache::cache(&shell, what),
        Command::Explain { code } => explain::explain(&shell, code),
    };
    shell.exit_code(result)
}
