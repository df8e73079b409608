//! What leaves the house: a gain, and a limiter.

use crate::meter::measure;
use crate::ramp::{Ramp, scale};
use crate::receipt::Gauges;
use krach_abi::{AudioMut, Frame};

/// Below this level, −1 dBFS, the limiter changes no bit.
const THRESHOLD: f64 = 0.891_250_938_133_745_5;
/// The level that the limiter follows falls by 60 dB in this time, in seconds.
const RELEASE: f64 = 0.5;

/// The gain and the limiter of the master.
///
/// The limiter looks at the loudest channel. It follows a peak at once and forgets it slowly; above the threshold the
/// level `e` becomes `t + (1 − t) x / (1 + x)` with `x = (e − t) / (1 − t)`: a knee without a corner that never reaches
/// full scale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Master {
    pub gain: Ramp,
    /// 1: on; 0: off, samples beyond full scale are cut.
    pub limiter: Ramp,
    envelope: f64,
    decay: f64,
}

impl Master {
    pub fn new(rate: u32) -> Self {
        let decay = libm::exp2(-9.965_784_284_662_087 / (RELEASE * f64::from(rate)));
        Self { gain: Ramp::still(1.0), limiter: Ramp::still(1.0), envelope: 0.0, decay }
    }

    /// Treats one block of the first `channels` outputs.
    pub fn process(
        &mut self,
        outputs: &mut AudioMut<'_, f32>,
        channels: usize,
        start: Frame,
        gauges: &Gauges,
    ) {
        let (mut peak, mut finite) = (0.0_f32, true);
        for channel in 0..channels {
            scale(outputs.channel_mut(channel), start, &[self.gain]);
            let (most, energy) = measure(outputs.channel(channel));
            (peak, finite) = (peak.max(most), finite && energy.is_finite());
        }
        // Below the threshold nothing is changed, and nothing is remembered.
        if self.envelope > THRESHOLD || f64::from(peak) > THRESHOLD || !finite {
            let limited = self.limit(outputs, channels, start);
            Gauges::count(&gauges.limited, limited);
        }
        (0..channels).for_each(|channel| gauges.master.see(outputs.channel(channel)));
    }

    /// Limits a block: the number of frames that it changed.
    fn limit(&mut self, outputs: &mut AudioMut<'_, f32>, channels: usize, start: Frame) -> u64 {
        let mut limited = 0;
        for frame in 0..outputs.frames() {
            let loudest = |most: f32, channel| {
                // A sample that is no number does not leave the house.
                let sample: f32 = outputs.channel(channel)[frame];
                if sample.is_finite() { most.max(sample.abs()) } else { f32::MAX }
            };
            let peak = f64::from((0..channels).fold(0.0, loudest));
            self.envelope = peak.max(self.envelope * self.decay);
            if self.envelope <= THRESHOLD {
                self.envelope = 0.0;
                continue;
            }
            limited += 1;
            let over = (self.envelope - THRESHOLD) / (1.0 - THRESHOLD);
            let level = THRESHOLD + (1.0 - THRESHOLD) * over / (1.0 + over);
            let on = self.limiter.at(start.after(frame));
            let gain = 1.0 + (level / self.envelope - 1.0) * on;
            if peak >= f64::from(f32::MAX) {
                self.envelope = 0.0;
            }
            for channel in 0..channels {
                let sample = &mut outputs.channel_mut(channel)[frame];
                #[allow(clippy::cast_possible_truncation)]
                let heard = (f64::from(*sample) * gain) as f32;
                *sample = if sample.is_finite() { heard.clamp(-1.0, 1.0) } else { 0.0 };
            }
        }
        limited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::Buffer;

    fn heard(samples: &[f32], on: f64, block: usize) -> Vec<f32> {
        let (mut master, gauges) = (Master::new(48_000), Gauges::new(0));
        master.limiter = Ramp::still(on);
        let mut heard = Vec::new();
        for (at, piece) in samples.chunks(block).enumerate() {
            let mut buffer = Buffer::new(1, piece.len());
            buffer.channel_mut(0).copy_from_slice(piece);
            master.process(&mut buffer.head_mut(piece.len()), 1, Frame((at * block) as u64), &gauges);
            heard.extend(buffer.channel(0));
        }
        heard
    }

    /// A tone whose amplitude grows to `top`.
    fn swell(top: f32) -> Vec<f32> {
        (0..4_000_u16).map(|at| (f32::from(at) * 0.1).sin() * top * f32::from(at) / 4_000.0).collect()
    }

    #[test]
    fn below_the_threshold_no_bit_changes() {
        let quiet = swell(0.891);
        assert_eq!(heard(&quiet, 1.0, 64), quiet);
    }

    #[test]
    fn nothing_is_beyond_full_scale_and_steps_stay_small() {
        for on in [0.0, 1.0] {
            let mut loud = swell(9.0);
            loud.extend([1e30, -f32::MAX, f32::INFINITY, f32::NAN, 0.5]);
            let heard = heard(&loud, on, 64);
            assert!(heard.iter().all(|sample| sample.abs() <= 1.0), "{on}");
            assert_eq!(heard[4_002..4_004], [0.0, 0.0]);
        }
        let soft = heard(&swell(2.0), 1.0, 64);
        assert!(soft.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.2));
    }

    #[test]
    fn the_size_of_blocks_does_not_matter() {
        let loud = swell(3.0);
        let whole = heard(&loud, 1.0, 4_000);
        for block in [1, 7, 64] {
            assert_eq!(heard(&loud, 1.0, block), whole);
        }
    }
}
