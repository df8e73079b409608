//! `krach demo`.

use crate::host::Door;
use crate::{Failure, Shell};
use clap::Args;
use krach_session::chosen_device;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Length in seconds
    #[arg(long, value_name = "S", default_value_t = 32.0, value_parser = seconds)]
    pub seconds: f64,
    /// Where to play: a part of the name of a device, `pulse`, `jack`, `alsa`, or `null`, which makes no sound
    #[arg(long)]
    pub device: Option<String>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= 3600.0);
    found.ok_or_else(|| "a length is a number of seconds above 0, at most 3600".to_owned())
}

pub(crate) fn demo(shell: &Shell<'_>, what: &Demo) -> Result<i32, Failure> {
    let device = what.device.clone().or_else(chosen_device);
    shell.host.open(&Door::Demo { seconds: what.seconds, device })
}
