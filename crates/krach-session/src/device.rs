//! The sound device of this machine.

use krach_diag::{Code, Diagnostic};
use krach_engine::DeviceError;
use std::ops::ControlFlow;

/// Plays channels on the default output until their end. `progress` is called many times a second with the number of
/// frames played, and may stop the sound.
///
/// # Errors
/// `KR0503`: there is no sound device, or it refuses this sound.
pub fn play(
    channels: &[Vec<f32>],
    sample_rate: u32,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    krach_engine::play(channels, sample_rate, progress).map(drop).map_err(|error| no_device(&error))
}

fn no_device(error: &DeviceError) -> Diagnostic {
    let library = matches!(error, DeviceError::NoLibrary(_))
        .then_some("install ALSA's library: `apt install libasound2`, or the package of your system");
    let report = Diagnostic::error(Code::NoDevice, error.to_string());
    library
        .into_iter()
        .fold(report, Diagnostic::help)
        .help("`krach.write_wav` writes the sound to a file that any player plays")
}
