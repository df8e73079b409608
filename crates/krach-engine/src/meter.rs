//! How loud something is, read by the control half without a lock.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// How loud a node or the master was since the last reading.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Reading {
    /// The largest sample.
    pub peak: f32,
    /// The root of the mean of all squares.
    pub rms: f32,
}

/// What the audio half has heard. It only adds; the control half keeps what it has read.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    peak: AtomicU32,
    /// The sum of all squares, as the bits of a double, and the number of samples.
    heard: [AtomicU64; 2],
    read: [AtomicU64; 2],
}

/// Partial results that are computed side by side.
const LANES: usize = 8;

/// The largest size of a sample, apart from what is no number, and the sum of all squares, which then is none either.
pub(crate) fn measure(samples: &[f32]) -> (f32, f32) {
    let see = |(peak, sum): (f32, f32), sample: f32| {
        let size = sample.abs();
        (if size > peak { size } else { peak }, sum + sample * sample)
    };
    let (chunks, rest) = samples.as_chunks::<LANES>();
    let (mut peaks, mut sums) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for chunk in chunks {
        for lane in 0..LANES {
            (peaks[lane], sums[lane]) = see((peaks[lane], sums[lane]), chunk[lane]);
        }
    }
    let all = peaks.into_iter().fold(0.0, f32::max);
    rest.iter().fold((all, sums.into_iter().sum()), |so_far, &sample| see(so_far, sample))
}

impl Meter {
    /// Sees samples of one channel.
    pub fn see(&self, samples: &[f32]) {
        let (peak, energy) = measure(samples);
        self.add(peak, energy, samples.len());
    }

    /// Adds what [`measure`] found in a number of samples.
    pub fn add(&self, peak: f32, energy: f32, samples: usize) {
        // Floats above 0 are in the order of their bits.
        if peak.to_bits() > self.peak.load(Relaxed) {
            self.peak.fetch_max(peak.to_bits(), Relaxed);
        }
        // Only this thread writes these two.
        let [sum, count] = &self.heard;
        let sofar = f64::from_bits(sum.load(Relaxed));
        if energy.is_finite() {
            sum.store((sofar + f64::from(energy)).to_bits(), Relaxed);
        }
        count.store(count.load(Relaxed) + samples as u64, Relaxed);
    }

    pub fn read(&self) -> Reading {
        let [sum, count] = [0, 1].map(|at| {
            let now: u64 = self.heard[at].load(Relaxed);
            (self.read[at].swap(now, Relaxed), now)
        });
        let energy = f64::from_bits(sum.1) - f64::from_bits(sum.0);
        // Far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let samples = count.1.saturating_sub(count.0).max(1) as f64;
        #[allow(clippy::cast_possible_truncation)]
        let rms = (energy.max(0.0) / samples).sqrt() as f32;
        Reading { peak: f32::from_bits(self.peak.swap(0, Relaxed)), rms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_of_the_samples_since_the_last_one() {
        let meter = Meter::default();
        let square: Vec<f32> = (0..100).map(|at| if at % 2 == 0 { 0.5 } else { -0.5 }).collect();
        meter.see(&square[..37]);
        meter.see(&square[37..]);
        assert_eq!(meter.read(), Reading { peak: 0.5, rms: 0.5 });
        assert_eq!(meter.read(), Reading::default());
        meter.see(&[0.0, -1.0, 0.0, 0.0]);
        assert_eq!(meter.read(), Reading { peak: 1.0, rms: 0.5 });
        let (peak, energy) = measure(&[0.25, f32::NAN]);
        assert!(peak == 0.25 && energy.is_nan());
    }
}
