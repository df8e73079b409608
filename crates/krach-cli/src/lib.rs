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
//! assert_eq!(run(["krach", "explain", "KR7777"], &host), 2);
//! ```

mod commands;
mod event;
mod host;
mod impulse;
mod loudness;
mod machine;
mod note;
mod report;
mod script;
mod setting;
mod shell;
mod target;

pub use host::{Door, Host, NoPython};
pub use script::{About, Function, Script};
pub use shell::Failure;
use shell::Shell;

use clap::Parser;
use commands::Arguments;
use std::ffi::OsString;
use std::io::ErrorKind;

/// Runs one command line, its first argument being the name of the command, and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>, host: &dyn Host) -> i32 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            // Help and version arrive here as well, with exit code 0. A closed pipe is no error, a full disk is.
            let full = usage.print().is_err_and(|error| error.kind() != ErrorKind::BrokenPipe);
            return if full && usage.exit_code() == 0 { 1 } else { usage.exit_code() };
        }
    };
    let mut shell = Shell::new(host);
    let result = arguments.run(&mut shell);
    shell.exit_code(result)
}
