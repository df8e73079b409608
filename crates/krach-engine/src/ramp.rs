//! Levels move along ramps and in no other way.

use krach_abi::Frame;

/// A value on a straight way from one level to another. Its value is a function of the frame alone, so the size of
/// blocks has no bearing on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ramp {
    from: f64,
    to: f64,
    start: Frame,
    frames: u32,
}

impl Ramp {
    #[must_use]
    pub fn still(value: f64) -> Self {
        Self { from: value, to: value, start: Frame(0), frames: 0 }
    }

    /// From one value to another, in that many frames from `start`.
    #[must_use]
    pub fn new(from: f64, to: f64, start: Frame, frames: u32) -> Self {
        Self { from, to, start, frames }
    }

    /// Exactly the target from the end on.
    #[must_use]
    pub fn at(&self, frame: Frame) -> f64 {
        let since = frame.0.saturating_sub(self.start.0);
        if since >= u64::from(self.frames) {
            return self.to;
        }
        // Both are below 2^32.
        #[allow(clippy::cast_precision_loss)]
        let part = since as f64 / f64::from(self.frames);
        self.from + (self.to - self.from) * part
    }

    /// The first frame of the target.
    #[must_use]
    pub fn end(&self) -> Frame {
        self.start.after(self.frames as usize)
    }

    #[must_use]
    pub fn target(&self) -> f64 {
        self.to
    }

    /// Moves to another target, from the value of this frame.
    pub fn turn(&mut self, to: f64, at: Frame, frames: u32) {
        *self = Self { from: self.at(at), to, start: at, frames };
    }

    /// The same way from another frame on.
    #[must_use]
    pub fn begun(self, start: Frame) -> Self {
        Self { start, ..self }
    }

    /// The value that all frames from this one on have, if it does not move any more.
    #[must_use]
    pub fn settled(&self, frame: Frame) -> Option<f64> {
        (frame >= self.end() || self.from == self.to).then_some(self.to)
    }
}

/// Multiplies samples, the first of which is of frame `start`, by the product of ramps.
pub(crate) fn scale(samples: &mut [f32], start: Frame, ramps: &[Ramp]) {
    match level(1.0, ramps, start) {
        Some(1.0) => {}
        Some(level) => samples.iter_mut().for_each(|sample| *sample *= level),
        None => {
            for (at, sample) in samples.iter_mut().enumerate() {
                *sample *= product(1.0, ramps, start.after(at));
            }
        }
    }
}

/// Fills `to` with samples, the first of which is of frame `start`, times the product of ramps.
pub(crate) fn scaled(to: &mut [f32], from: &[f32], start: Frame, ramps: &[Ramp]) {
    match level(1.0, ramps, start) {
        Some(level) => to.iter_mut().zip(from).for_each(|(to, from)| *to = from * level),
        None => {
            for (at, (to, from)) in to.iter_mut().zip(from).enumerate() {
                *to = from * product(1.0, ramps, start.after(at));
            }
        }
    }
}

/// Adds a share of samples with a level of their own, the first of which is of frame `start`, times the product of ramps.
pub(crate) fn add_scaled(
    to: &mut [f32],
    (from, own): (&[f32], f32),
    start: Frame,
    share: f64,
    ramps: &[Ramp],
) {
    match level(share, ramps, start) {
        Some(level) => add_level(to, (from, own), level),
        None => {
            for (at, (to, from)) in to.iter_mut().zip(from).enumerate() {
                *to += from * own * product(share, ramps, start.after(at));
            }
        }
    }
}

/// The same with a level that does not move. Two factors are multiplied one after the other: the bits are those of samples
/// that were scaled before.
pub(crate) fn add_level(to: &mut [f32], (from, own): (&[f32], f32), level: f32) {
    match (own, level) {
        // Nothing is added where nothing is heard: not even an infinite sample.
        (_, 0.0) => {}
        (1.0, 1.0) => to.iter_mut().zip(from).for_each(|(to, from)| *to += from),
        (1.0, one) | (one, 1.0) => to.iter_mut().zip(from).for_each(|(to, from)| *to += from * one),
        _ => to.iter_mut().zip(from).for_each(|(to, from)| *to += from * own * level),
    }
}

/// The product of ramps that do not move any more.
pub(crate) fn level(share: f64, ramps: &[Ramp], frame: Frame) -> Option<f32> {
    let all = ramps.iter().try_fold(share, |all, ramp| Some(all * ramp.settled(frame)?))?;
    #[allow(clippy::cast_possible_truncation)]
    let all = all as f32;
    Some(all)
}

fn product(share: f64, ramps: &[Ramp], frame: Frame) -> f32 {
    #[allow(clippy::cast_possible_truncation)]
    let all = ramps.iter().fold(share, |all, ramp| all * ramp.at(frame)) as f32;
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_ends_exactly_on_its_target() {
        let mut ramp = Ramp::new(0.0, 0.3, Frame(100), 7);
        assert_eq!((ramp.at(Frame(0)), ramp.at(Frame(100))), (0.0, 0.0));
        assert_eq!((ramp.at(Frame(107)), ramp.at(Frame::NEVER)), (0.3, 0.3));
        assert_eq!((ramp.settled(Frame(106)), ramp.settled(Frame(107))), (None, Some(0.3)));
        let before = ramp.at(Frame(103));
        ramp.turn(-1.0, Frame(103), 3);
        assert_eq!((ramp.at(Frame(103)), ramp.at(Frame(106))), (before, -1.0));
    }

    #[test]
    fn pieces_of_a_scaled_block_are_the_whole() {
        let ramps = [Ramp::new(0.1, 0.9, Frame(10), 20), Ramp::new(1.0, 0.0, Frame(15), 30)];
        let block = |sizes: &[usize]| {
            let (mut samples, mut at) = (vec![1.0_f32; 60], 0);
            for &size in sizes {
                scale(&mut samples[at..at + size], Frame(at as u64), &ramps);
                at += size;
            }
            samples
        };
        let whole = block(&[60]);
        assert_eq!(block(&[1; 60]), whole);
        assert_eq!(block(&[7, 13, 11, 29]), whole);
        assert_eq!(whole[59], 0.0);
    }
}
