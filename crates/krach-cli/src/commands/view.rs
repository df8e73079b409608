//! `krach view`.

use crate::host::Door;
use crate::{Failure, Shell};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct View {
    /// The port of the page; without one, a free port
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
}

pub(crate) fn view(shell: &Shell<'_>, what: &View) -> Result<i32, Failure> {
    shell.host.open(&Door::View { port: what.port })
}
