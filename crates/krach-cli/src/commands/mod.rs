//! The sub-commands: each file holds the arguments of one and the function that runs it.

mod beep;
mod bench;
mod build;
mod cache;
mod check;
mod dataset;
mod demo;
mod devices;
mod doctor;
mod dump;
mod explain;
mod impulse;
mod inspect;
mod licences;
mod mixdown;
mod new;
mod render;
mod replay;
mod run;
mod view;

use crate::host::Door;
use crate::target::Only;
use crate::{Failure, Shell};
use clap::{Parser, Subcommand};

/// Hear, read and measure the sound of a Python function.
///
/// Without a command, krach opens a prompt to play at.
///
/// A target is FILE.py:function, or FILE.py where the file has one DSP function, or FILE.dsp, a Faust program, or
/// FILE.krlib:name, or FILE.program, the text form that `krach dump --stage program` writes (`-` reads it from standard
/// input).
#[derive(Debug, Parser)]
#[command(name = "krach", bin_name = "krach", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a program at one stage of its way to native code
    Dump(dump::Dump),
    /// Print a program as Faust text (short for `dump --stage faust`)
    DumpFaust(Only),
    /// Render a program to a WAV file
    Render(render::Render),
    /// Render many sounds of one program, with values drawn at random, to a folder
    Dataset(dataset::DatasetOf),
    /// Trace and compile the DSP functions and the session of a file, and report every error
    Check(check::Check),
    /// Measure how long a program takes to compile and to run
    Bench(bench::Bench),
    /// List the definitions of Faust libraries that a program uses
    Faust(licences::Faust),
    /// Print the impulse responses of a Faust program, in the official format
    Impulse(impulse::Impulse),
    /// Compile many instruments into one library, a `.krlib` file
    Build(build::Build),
    /// Show the instruments of a library, and whether it is whole
    Inspect(inspect::Inspect),
    /// Show or clear the compiled code kept on disk (`KRACH_CACHE=off` keeps none)
    Cache(cache::CacheOf),
    /// Play a short piece, and print each line of it as it is heard
    Demo(demo::Demo),
    /// Write a commented piece to begin with
    New(new::New),
    /// Play two soft notes
    Beep(beep::Beep),
    /// List the sound devices of this machine
    Devices(devices::Devices),
    /// Check everything that sound needs, and name the missing parts
    Doctor(doctor::Doctor),
    /// Play a session file, until Ctrl-C
    Run(run::Run),
    /// Show a session that plays in another terminal as a page for the browser of this machine
    View(view::View),
    /// Bring back the session that played last, as a session file
    Recover(run::Recover),
    /// Render a session as it was played, from its journal
    Replay(replay::Replay),
    /// Explain the code of an error, or list all codes
    Explain {
        /// A code such as KR0102; without one, every code and its title is listed
        code: Option<String>,
    },
}

impl Arguments {
    /// Runs the sub-command, or opens the prompt, and returns the exit code.
    pub(crate) fn run(&self, shell: &mut Shell<'_>) -> Result<i32, Failure> {
        match &self.command {
            Some(command) => command.run(shell),
            None => shell.host.open(&Door::Prompt),
        }
    }
}

impl Command {
    fn run(&self, shell: &mut Shell<'_>) -> Result<i32, Failure> {
        match self {
            Self::Dump(what) => dump::dump(shell, what),
            Self::DumpFaust(target) => dump::dump_faust(shell, target),
            Self::Render(what) => render::render(shell, what),
            Self::Dataset(what) => dataset::dataset(shell, what),
            Self::Check(what) => check::check(shell, what),
            Self::Bench(what) => bench::bench(shell, what),
            Self::Faust(what) => licences::licences(shell, what),
            Self::Impulse(what) => impulse::impulse(shell, what),
            Self::Build(what) => build::build(shell, what),
            Self::Inspect(what) => inspect::inspect(shell, what),
            Self::Cache(what) => cache::cache(shell, what),
            Self::Demo(what) => demo::demo(shell, what),
            Self::New(what) => new::new(shell, what),
            Self::Beep(what) => beep::beep(shell, what),
            Self::Devices(what) => devices::devices(shell, what),
            Self::Doctor(what) => doctor::doctor(shell, what),
            Self::Run(what) => run::run(shell, what),
            Self::View(what) => view::view(shell, what),
            Self::Recover(what) => run::recover(shell, what),
            Self::Replay(what) => replay::replay(shell, what),
            Self::Explain { code } => explain::explain(shell, code.as_deref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
