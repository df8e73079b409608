//! `krach run` and `krach recover`: sessions that play, which need Python.

use crate::host::Door;
use crate::{Failure, Shell};
use clap::Args;
use std::path::PathBuf;

/// How a session file is played.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The session file
    #[arg(value_name = "FILE.py")]
    pub file: PathBuf,
    /// Run changed statements of the file again while it plays
    #[arg(long)]
    pub watch: bool,
    /// Give a prompt on the session
    #[arg(short, long)]
    pub interactive: bool,
    /// Where to play: a part of the name of a device, `pulse`, `jack`, `alsa`, or `null`, which makes no sound
    #[arg(long, value_name = "D")]
    pub device: Option<String>,
    /// Processor cores that compute the sound
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
}

#[derive(Debug, Args)]
pub(crate) struct Recover {
    /// A journal; without one, that of the session that played last
    #[arg(value_name = "FILE.journal")]
    pub journal: Option<PathBuf>,
    /// The session file to write
    #[arg(short, long, value_name = "FILE.py", default_value = "recovered.py")]
    pub output: PathBuf,
}

pub(crate) fn run(shell: &Shell<'_>, what: &Run) -> Result<i32, Failure> {
    let &Run { watch, interactive, threads, .. } = what;
    let (file, device) = (what.file.clone(), what.device.clone());
    shell.host.open(&Door::Run { file, watch, interactive, device, threads })
}

pub(crate) fn recover(shell: &Shell<'_>, what: &Recover) -> Result<i32, Failure> {
    let Recover { journal, output } = what;
    shell.host.open(&Door::Recover { journal: journal.clone(), output: output.clone() })
}
