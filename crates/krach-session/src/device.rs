//! The sound device of this machine.

use krach_diag::{Code, Diagnostic};
use krach_engine::{DeviceError, DeviceRequest};
use std::ops::ControlFlow;

/// Plays channels until their end, on the device that `KRACH_DEVICE` names or on the default one. `progress` is called many times a second with the number of
/// frames played, and may stop the sound.
///
/// # Errors
/// `KR0503`: there is no sound device, or it refuses this sound.
pub fn play(
    channels: &[Vec<f32>],
    sample_rate: u32,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    let request = DeviceRequest { rate: Some(sample_rate), device: chosen(), ..DeviceRequest::default() };
    krach_engine::play(channels, &request, progress).map_err(|error| no_device(&error))
}

/// The device that the user chose with `KRACH_DEVICE`.
fn chosen() -> Option<String> {
    std::env::var("KRACH_DEVICE").ok().filter(|name| !name.trim().is_empty())
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
