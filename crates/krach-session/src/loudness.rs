//! How loud a sound is to the ear.

use ebur128::{EbuR128, Mode};

/// The integrated loudness in LUFS (ITU-R BS.1770-4): all of the sound, but for its quiet parts. −∞ for silence, and
/// for a sound shorter than 0.4 seconds. At `rate` in Hz; one channel counts as one loudspeaker.
#[must_use]
pub fn loudness(channels: &[Vec<f32>], rate: u32) -> f64 {
    let measured = || {
        let mut meter = EbuR128::new(u32::try_from(channels.len()).ok()?, rate, Mode::I).ok()?;
        let planes: Vec<&[f32]> = channels.iter().map(Vec::as_slice).collect();
        meter.add_frames_planar_f32(&planes).ok()?;
        meter.loudness_global().ok()
    };
    // A meter refuses no channels, and rates that no sound card has.
    measured().unwrap_or(f64::NEG_INFINITY)
}

#[cfg(test)]
mod tests {
    use super::loudness;
    use std::f32::consts::TAU;

    fn sine(level: f32, rate: u32) -> Vec<f32> {
        let step = TAU * 997.0 / rate as f32;
        (0..2 * rate).map(|frame| level * (frame as f32 * step).sin()).collect()
    }

    #[test]
    fn a_full_sine_is_3_decibels_below_full_scale() {
        // BS.1770-4, note 1 of annex 1: 997 Hz at 0 dBFS in one channel reads −3.01 LKFS.
        for rate in [8000, 44100, 48000, 96000] {
            let heard = loudness(&[sine(1.0, rate)], rate);
            assert!((heard + 3.01).abs() < 0.1, "{heard} at {rate} Hz");
        }
        let two = loudness(&[sine(0.1, 48000), sine(0.1, 48000)], 48000);
        assert!((two + 20.0).abs() < 0.1, "{two}");
    }

    #[test]
    fn silence_and_nothing_are_infinitely_quiet() {
        assert_eq!(loudness(&[vec![0.0; 48000]], 48000), f64::NEG_INFINITY);
        assert_eq!(loudness(&[], 48000), f64::NEG_INFINITY);
        assert_eq!(loudness(&[vec![]], 48000), f64::NEG_INFINITY);
        assert_eq!(loudness(&[vec![1.0; 100]], 48000), f64::NEG_INFINITY);
        assert_eq!(loudness(&[vec![1.0; 100]], 0), f64::NEG_INFINITY);
    }
}
