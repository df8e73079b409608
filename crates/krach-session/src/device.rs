//! The sound device of this machine.

use krach_diag::{Code, Diagnostic};
use krach_engine::{DeviceError, DeviceRequest, Offer};
use std::ops::ControlFlow;

/// Plays channels until their end, on the device that `KRACH_DEVICE` names or on the default one. `progress` is called
/// many times a second with the number of frames played, and may stop the sound.
///
/// # Errors
/// `KR0503`: there is no sound device, or it refuses this sound.
pub fn play(
    channels: &[Vec<f32>],
    sample_rate: u32,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    if channels.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let request = DeviceRequest {
        device: chosen_device(),
        rate: Some(sample_rate),
        outputs: Some(channels.len().max(2)),
        ..DeviceRequest::default()
    };
    let played = Offer::of(&request).and_then(|offer| krach_engine::play(channels, offer, progress));
    played.map(drop).map_err(|error| no_device(&error))
}

/// The name of the device that the user chose with `KRACH_DEVICE`.
#[must_use]
pub fn chosen_device() -> Option<String> {
    std::env::var("KRACH_DEVICE").ok().filter(|name| !name.trim().is_empty())
}

/// `KR0503`, with a remedy for the reason.
#[must_use]
pub fn no_device(error: &DeviceError) -> Diagnostic {
    let remedy = match error {
        DeviceError::NoLibrary(_) => {
            "install ALSA's library: `apt install libasound2`, or the package of your system; or start PulseAudio, \
             PipeWire or JACK"
        }
        DeviceError::NoSuch { .. } => {
            "`krach devices` lists the devices; KRACH_DEVICE and --device choose one"
        }
        DeviceError::SampleRate(_) => "choose a rate that the device runs at: `krach devices` lists them",
        _ => "`krach doctor` says where sound would play, and why it does not",
    };
    Diagnostic::error(Code::NoDevice, error.to_string())
        .help(remedy)
        .help("`krach.write_wav` writes the sound to a file that any player plays")
}
