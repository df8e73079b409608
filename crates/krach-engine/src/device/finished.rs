//! The sound card, as far as playing finished audio needs it.

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use krach_abi::{Adapting, Sample};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// The system's sound library is missing.
    NoLibrary(krach_alsa::Missing),
    /// No sound device, or none that answers.
    NoDevice,
    /// The device does not run at this rate, in Hz.
    SampleRate(u32),
    /// What the system says.
    Failed(String),
    /// `progress` said so; `done` frames had been handed to the device.
    Cancelled { done: usize },
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLibrary(missing) => missing.fmt(f),
            Self::NoDevice => f.write_str("there is no sound device"),
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

/// Plays finished audio on the default output and returns when it has been heard. Its channels become those of
/// the device by the rules of [`Adapting::Device`]. `progress` hears the number of frames handed over, some twenty times a
/// second, and may end it.
///
/// # Errors
/// No sound library, no device, a device that does not run at this rate, a device that fails, [`DeviceError::Cancelled`].
pub fn play(
    channels: &[Vec<f32>],
    sample_rate: u32,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), DeviceError> {
    let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
    if frames == 0 {
        return Ok(());
    }
    krach_alsa::load().map_err(DeviceError::NoLibrary)?;
    let _quiet = hush();
    let device = cpal::default_host().default_output_device().ok_or(DeviceError::NoDevice)?;
    let config = config(&device, channels.len(), sample_rate)?;
    let done = Arc::new(AtomicUsize::new(0));
    let failed = Arc::new(AtomicBool::new(false));
    let width = usize::from(config.channels).max(1);
    let (audio, at, broken) = (channels.to_vec(), done.clone(), failed.clone());
    let fill = move |buffer: &mut [f32], _: &cpal::OutputCallbackInfo| {
        let start = at.load(Ordering::Relaxed);
        for (frame, samples) in buffer.chunks_mut(width).enumerate() {
            for (channel, sample) in samples.iter_mut().enumerate() {
                let sources = Adapting::Device.sources(audio.len(), width, channel);
                let level = f32::near(Adapting::Device.level(audio.len(), width, channel));
                let heard = sources.filter_map(|source| audio[source].get(start + frame)).sum::<f32>();
                *sample = bearable(heard * level);
            }
        }
        at.store(start + buffer.len() / width, Ordering::Relaxed);
    };
    let gone = move |error: cpal::Error| {
        use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
        if !matches!(error.kind(), DeviceChanged | RealtimeDenied | Xrun) {
            broken.store(true, Ordering::Relaxed);
        }
    };
    let stream = device.build_output_stream(config, fill, gone, Some(Duration::from_secs(2)))?;
    stream.play()?;
    watch(&done, &failed, frames, progress)?;
    // What was handed over last is still in the device's buffer.
    std::thread::sleep(Duration::from_millis(200));
    Ok(())
}

/// What loudspeakers and ears may get: nothing beyond full scale, and nothing that is no number.
fn bearable(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

/// ALSA writes to stderr what it does not find; what matters comes back as an error anyway.
#[cfg(target_os = "linux")]
fn hush() -> impl Sized {
    alsa::Output::local_error_handler()
}

#[cfg(not(target_os = "linux"))]
fn hush() -> impl Sized {}

fn watch(
    done: &AtomicUsize,
    failed: &AtomicBool,
    frames: usize,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), DeviceError> {
    const TICK: Duration = Duration::from_millis(50);
    const PATIENCE: u32 = 100;
    let (mut before, mut still) = (0, 0);
    loop {
        let now = done.load(Ordering::Relaxed).min(frames);
        if progress(now).is_break() && now < frames {
            return Err(DeviceError::Cancelled { done: now });
        }
        if now == frames {
            return Ok(());
        }
        still = if now == before { still + 1 } else { 0 };
        if failed.load(Ordering::Relaxed) || still > PATIENCE {
            return Err(DeviceError::Failed("it stopped asking for sound".into()));
        }
        before = now;
        std::thread::sleep(TICK);
    }
}

/// A configuration in `f32` at the rate, with at least the channels wanted if there is one.
fn config(device: &cpal::Device, wanted: usize, rate: u32) -> Result<cpal::StreamConfig, DeviceError> {
    let supported = device.supported_output_configs()?;
    supported
        .filter(|range| range.sample_format() == cpal::SampleFormat::F32)
        .filter_map(|range| range.try_with_sample_rate(rate))
        .min_by_key(|config| {
            let channels = usize::from(config.channels());
            (channels < wanted.max(2), channels)
        })
        .map(|config| config.config())
        .ok_or(DeviceError::SampleRate(rate))
}

#[cfg(test)]
mod tests {
    use super::bearable;

    #[test]
    fn nobody_is_hurt() {
        let wild = [0.5, -3.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        assert_eq!(wild.map(bearable), [0.5, -1.0, 1.0, -1.0, 0.0]);
    }
}
