//! Finished audio on a device.

use super::{Callback, Device, DeviceError, DeviceFormat, DeviceStats, Notice, Offer};
use krach_abi::{Adapting, Audio, AudioMut, Buffer};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A sound that is played from its beginning.
struct Finished {
    sound: Buffer<f32>,
    frames: usize,
    done: Arc<AtomicUsize>,
    /// Set to end the sound early, with a ramp of `ramp` frames.
    stop: Arc<AtomicBool>,
    ramp: usize,
    /// Frames of the ramp that were played.
    faded: usize,
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
        if self.stop.load(Ordering::Relaxed) {
            self.fade(&mut outputs);
        }
        self.done.store(start + outputs.frames(), Ordering::Relaxed);
    }
}

impl Finished {
    /// The ramp has at most a tenth of a second of frames: their numbers are exact in `f32`.
    #[allow(clippy::cast_precision_loss)]
    fn fade(&mut self, outputs: &mut AudioMut<'_, f32>) {
        for at in 0..outputs.channels() {
            for (frame, sample) in outputs.channel_mut(at).iter_mut().enumerate() {
                let left = self.ramp.saturating_sub(self.faded + frame);
                *sample *= left as f32 / self.ramp as f32;
            }
        }
        self.faded = (self.faded + outputs.frames()).min(self.ramp);
    }
}

/// Plays finished audio and returns when it has been heard, with the format and the counters of the device. The rate of
/// the offer is that of the audio; its channels become those of the device by the rules of [`Adapting::Device`].
/// `progress` hears the number of frames handed over, some twenty times a second, and may end it: the sound fades out
/// in 50 ms.
///
/// # Errors
/// A device that does not open or fails, [`DeviceError::Cancelled`].
pub fn play(
    channels: &[Vec<f32>],
    offer: Offer,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(DeviceFormat, DeviceStats), DeviceError> {
    const TICK: Duration = Duration::from_millis(50);
    let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
    let mut sound = Buffer::new(channels.len(), frames);
    for (at, channel) in channels.iter().enumerate() {
        sound.channel_mut(at)[..channel.len()].copy_from_slice(channel);
    }
    let (done, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let ramp = (offer.format().rate as usize / 20).max(1);
    let finished = Finished { sound, frames, done: done.clone(), stop: stop.clone(), ramp, faded: 0 };
    let device = Device::play(offer, finished).map_err(|(error, _)| error)?;
    let mut cancelled = None;
    loop {
        let now = done.load(Ordering::Relaxed).min(frames);
        if now == frames {
            // Nothing is left to break off.
            let _ = progress(now);
            break;
        }
        if progress(now).is_break() {
            stop.store(true, Ordering::Relaxed);
            std::thread::sleep(TICK);
            cancelled = Some(now);
            break;
        }
        for notice in device.notices() {
            if let Notice::Lost { why, .. } = notice {
                return Err(why);
            }
        }
        std::thread::sleep(TICK);
    }
    // The last block is still in the buffer of the device.
    std::thread::sleep(device.stats().latency.clamp(Duration::from_millis(20), Duration::from_secs(1)));
    match cancelled {
        Some(done) => Err(DeviceError::Cancelled { done }),
        None => Ok((device.format(), device.stats())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_that_is_stopped_fades_out() {
        let mut sound = Buffer::new(1, 100);
        sound.channel_mut(0).fill(0.5);
        let stop = Arc::new(AtomicBool::new(false));
        let done = Arc::default();
        let mut finished = Finished { sound, frames: 100, done, stop: stop.clone(), ramp: 8, faded: 0 };
        let mut outputs = Buffer::new(2, 6);
        let mut heard = Vec::new();
        for block in 0..4 {
            stop.store(block > 0, Ordering::Relaxed);
            finished.process(Buffer::new(0, 6).head(6), outputs.head_mut(6));
            heard.extend_from_slice(outputs.channel(1));
        }
        assert_eq!(heard[..7], [0.5; 7]);
        let steps: Vec<f32> = heard.windows(2).map(|pair| pair[0] - pair[1]).collect();
        assert!(steps.iter().all(|step| (0.0..=0.5 / 8.0).contains(step)), "{heard:?}");
        assert_eq!(heard[14..], [0.0; 10]);
    }
}
