//! Finished audio on a device.

use super::{Callback, Device, DeviceError, DeviceRequest, Notice, Offer};
use krach_abi::{Adapting, Audio, AudioMut, Buffer};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A sound that is played from its beginning.
struct Finished {
    sound: Buffer<f32>,
    frames: usize,
    done: Arc<AtomicUsize>,
}

impl Callback for Finished {
    fn process(&mut self, _: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
        let start = self.done.load(Ordering::Relaxed);
        let count = outputs.frames().min(self.frames.saturating_sub(start));
        if count < outputs.frames() {
            outputs.silence();
        }
        if count > 0 {
            let part = self.sound.head(self.frames).part(start..start + count);
            Adapting::Device.adapt(part, &mut outputs.part(0..count));
        }
        self.done.store(start + outputs.frames(), Ordering::Relaxed);
    }
}

/// Plays finished audio and returns when it has been heard. The rate of the request is that of the audio; its channels
/// become those of the device by the rules of [`Adapting::Device`]. `progress` hears the number of frames handed over,
/// some twenty times a second, and may end it.
///
/// # Errors
/// No sound library, no device, a device that does not run at this rate, a device that fails,
/// [`DeviceError::Cancelled`].
pub fn play(
    channels: &[Vec<f32>],
    request: &DeviceRequest,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), DeviceError> {
    const TICK: Duration = Duration::from_millis(50);
    let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
    if frames == 0 {
        return Ok(());
    }
    let mut sound = Buffer::new(channels.len(), frames);
    for (at, channel) in channels.iter().enumerate() {
        sound.channel_mut(at)[..channel.len()].copy_from_slice(channel);
    }
    let done = Arc::new(AtomicUsize::new(0));
    let offer = Offer::of(&DeviceRequest { outputs: Some(channels.len().max(2)), ..request.clone() })?;
    let device =
        Device::play(offer, Finished { sound, frames, done: done.clone() }).map_err(|(error, _)| error)?;
    loop {
        let now = done.load(Ordering::Relaxed).min(frames);
        if progress(now).is_break() && now < frames {
            return Err(DeviceError::Cancelled { done: now });
        }
        if now == frames {
            break;
        }
        for notice in device.notices() {
            if let Notice::Lost { why, .. } = notice {
                return Err(why);
            }
        }
        std::thread::sleep(TICK);
    }
    // What was handed over last is still in the device's buffer.
    std::thread::sleep(device.stats().latency.clamp(Duration::from_millis(20), Duration::from_secs(1)));
    Ok(())
}
