//! Between a callback, which fills channels, and a device, which wants frames of its own format.

use super::input::Intake;
use super::seat::Seat;
use super::{Callback, DeviceFormat};
use cpal::{FromSample, Sample};
use krach_abi::Buffer;
use std::sync::Arc;

/// The most frames that a callback is asked for at once. A device that wants more gets them in several parts.
pub(super) const LONGEST: usize = 1024;

/// Fills the buffers of one stream. All memory is taken when the stream opens.
pub(super) struct Filler<C> {
    seat: Arc<Seat<C>>,
    rate: u32,
    /// Channels of the device.
    width: usize,
    intake: Option<Intake>,
    inputs: Buffer<f32>,
    outputs: Buffer<f32>,
    /// Whether real-time priority was asked for.
    asked: bool,
}

impl<C: Callback> Filler<C> {
    pub fn new(seat: Arc<Seat<C>>, format: &DeviceFormat, intake: Option<Intake>) -> Self {
        let channels = intake.as_ref().map_or(0, Intake::channels);
        Self {
            seat,
            rate: format.rate,
            width: format.outputs.max(1),
            intake,
            inputs: Buffer::new(channels, LONGEST),
            outputs: Buffer::new(format.outputs.max(1), LONGEST),
            asked: false,
        }
    }

    /// Writes whole frames of `width` samples.
    pub fn fill<T: FromSample<f32> + Sample>(&mut self, data: &mut [T]) {
        for part in data.chunks_mut(LONGEST * self.width) {
            let frames = part.len() / self.width;
            self.compute(frames);
            for channel in 0..self.width {
                let slots = part[channel..].iter_mut().step_by(self.width);
                for (slot, &sample) in slots.zip(&self.outputs.channel(channel)[..frames]) {
                    *slot = T::from_sample(bearable(sample));
                }
            }
        }
    }

    /// Computes at most [`LONGEST`] frames, silence where there is no callback.
    pub fn compute(&mut self, frames: usize) {
        if !self.asked {
            self.asked = true;
            self.seat.counts.ask_for_priority();
        }
        if let Some(intake) = &mut self.intake {
            let missing = intake.read(&mut self.inputs, frames);
            self.seat.counts.missing_inputs.fetch_add(missing, std::sync::atomic::Ordering::Relaxed);
        }
        if !self.seat.process(self.inputs.head(frames), self.outputs.head_mut(frames), self.rate) {
            self.outputs.head_mut(frames).silence();
        }
    }
}

/// What loudspeakers and ears may get: nothing beyond full scale, and nothing that is no number.
pub(super) fn bearable(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::{Audio, AudioMut};

    /// Counts its frames: left gets the number of the frame in thousandths, right its negative half.
    struct Counting(u16);

    impl Callback for Counting {
        fn process(&mut self, _: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
            for at in 0..outputs.frames() {
                let sample = f32::from(self.0) / 8192.0;
                outputs.channel_mut(0)[at] = sample;
                if outputs.channels() > 1 {
                    outputs.channel_mut(1)[at] = -sample / 2.0;
                }
                self.0 += 1;
            }
        }
    }

    fn filler(outputs: usize) -> Filler<Counting> {
        let format = DeviceFormat { outputs, ..DeviceFormat::null(48_000, 64) };
        Filler::new(Arc::new(Seat::new(Some(Counting(0)), Arc::default())), &format, None)
    }

    #[test]
    fn loud_and_broken_samples_do_not_reach_the_loudspeaker() {
        let wild = [0.5, -3.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        assert_eq!(wild.map(bearable), [0.5, -1.0, 1.0, -1.0, 0.0]);
    }

    #[test]
    fn blocks_of_any_length_give_the_same_frames() {
        let total = 5000;
        let mut whole = vec![0.0_f32; 2 * total];
        filler(2).fill(&mut whole);
        assert_eq!(whole[2 * 4999..], [4999.0 / 8192.0, -4999.0 / 16384.0]);
        for sizes in [&[1][..], &[7], &[64], &[125], &[256], &[1000], &[1, 2000, 3, 64]] {
            let mut filler = filler(2);
            let mut parts = vec![0.0_f32; 2 * total];
            let mut rest = &mut parts[..];
            for size in sizes.iter().cycle() {
                let (now, later) = rest.split_at_mut((2 * size).min(rest.len()));
                filler.fill(now);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            assert_eq!(parts, whole, "blocks of {sizes:?}");
        }
    }

    #[test]
    fn every_channel_goes_to_its_own_place_and_integers_are_scaled() {
        let mut mono = [0.0_f32; 8];
        filler(1).fill(&mut mono);
        assert_eq!(mono[4], 4.0 / 8192.0);
        let mut whole = [0_i16; 8];
        filler(2).fill(&mut whole);
        assert_eq!(whole[2..4], [4, -2]);
        let mut wide = [1.0_f32; 12];
        filler(6).fill(&mut wide);
        assert_eq!(wide[6..], [1.0 / 8192.0, -0.5 / 8192.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
