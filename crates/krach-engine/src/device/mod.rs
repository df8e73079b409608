//! Devices: where sound goes to, and comes from.
//!
//! A [`Callback`] computes sound; a [`Device`] plays it. The device may be changed while the music plays, and it may
//! vanish: then the callback goes on at the same rate on the null device, whose clock is as fast as a sound card's, and
//! returns to the device when that is there again. It reports what happens by [`Notice`]s.

mod callback;
mod filler;
mod finished;
mod hosts;
mod input;
mod null;
mod open;
mod seat;
mod stream;

pub use callback::Callback;
pub use finished::play;
pub use hosts::{DeviceInfo, SoundSystem, sound_systems};
pub use open::{Device, Notice};
pub(crate) use seat::run_before_others;
pub use seat::{AudioPriority, DeviceStats};
pub use stream::Offer;

use std::fmt;
use std::time::Duration;

/// How long a sound system may take to open a stream, and a device to ask for its next block.
const PATIENCE: Duration = Duration::from_secs(2);

/// Frames in a block where none is asked for: 11 ms at 48 kHz.
pub const DEFAULT_BLOCK: usize = 512;

/// What is asked of a device; `None` leaves it to the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// `null`, a sound system (`pulse`, `jack`, `alsa`), one of its devices (`pulse:alsa_output.usb`), or a part of the
    /// name of a device. None: the default device of the first sound system that answers.
    pub device: Option<String>,
    /// In Hz.
    pub rate: Option<u32>,
    /// Frames in a block.
    pub block: Option<usize>,
    pub outputs: Option<usize>,
    /// Channels to record; 0 opens no input.
    pub inputs: usize,
    /// The device to record from, named as `device` is. None: the same one, or the default of its sound system.
    pub input_device: Option<String>,
}

/// What a device agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFormat {
    /// Chooses this device again: `pulse:alsa_output.usb`.
    pub device: String,
    /// In Hz.
    pub rate: u32,
    /// The usual number of frames in a block.
    pub block: usize,
    pub outputs: usize,
    pub inputs: usize,
}

impl DeviceFormat {
    /// The null device.
    #[must_use]
    pub fn null(rate: u32, block: usize) -> Self {
        Self { device: "null".into(), rate, block, outputs: 2, inputs: 0 }
    }
}

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// The system's sound library is missing.
    NoLibrary(krach_alsa::Missing),
    /// No sound device, or none that answers.
    NoDevice,
    /// No device has this name; these are there.
    NoSuch { asked: String, names: Vec<String> },
    /// The device does not run at this rate, in Hz.
    SampleRate(u32),
    /// The message of the system.
    Failed(String),
    /// `progress` said so; `done` frames had been handed to the device.
    Cancelled { done: usize },
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLibrary(missing) => missing.fmt(f),
            Self::NoDevice => f.write_str("there is no sound device"),
            Self::NoSuch { asked, names } => {
                write!(f, "there is no sound device `{asked}`; there are: {}", names.join(", "))
            }
            Self::SampleRate(rate) => write!(f, "the sound device does not run at {rate} Hz"),
            Self::Failed(why) => write!(f, "the sound device failed: {why}"),
            Self::Cancelled { done } => write!(f, "stopped after {done} frames"),
        }
    }
}

impl std::error::Error for DeviceError {}

impl From<cpal::Error> for DeviceError {
    fn from(error: cpal::Error) -> Self {
        match error.kind() {
            cpal::ErrorKind::DeviceNotAvailable | cpal::ErrorKind::HostUnavailable => Self::NoDevice,
            _ => Self::Failed(error.to_string()),
        }
    }
}
