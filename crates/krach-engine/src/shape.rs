//! Shapes of controls that move by themselves, as data.

use crate::ramp::Ramp;
use krach_abi::Frame;

/// The form of one period: from phase 0 to 1 to a height of 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Half a unit around the middle, rising first: 0.5 + 0.5 sin(2π phase).
    Sine,
    /// Up in the first half, down in the second.
    Triangle,
    /// Up: the phase itself.
    Ramp,
    /// Down from 1.
    RampDown,
    /// 1 in the first half, 0 in the second.
    Square,
    /// Up as the square of the phase.
    Exponential,
}

impl Shape {
    pub const ALL: [Self; 6] =
        [Self::Sine, Self::Triangle, Self::Ramp, Self::RampDown, Self::Square, Self::Exponential];

    /// The height at a phase, 0..=1.
    #[must_use]
    pub fn height(self, phase: f64) -> f64 {
        match self {
            Self::Sine => 0.5 + 0.5 * libm::sin(std::f64::consts::TAU * phase),
            Self::Triangle => 1.0 - (2.0 * phase - 1.0).abs(),
            Self::Ramp => phase,
            Self::RampDown => 1.0 - phase,
            Self::Square => f64::from(u8::from(phase < 0.5)),
            Self::Exponential => phase * phase,
        }
    }
}

/// A shape that a control follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Automation {
    pub shape: Shape,
    /// The values at heights 0 and 1, in the control's unit.
    pub lo: f64,
    pub hi: f64,
    /// The frame of phase 0: it may lie in the past, so that a shape follows the bar.
    pub origin: Frame,
    /// Frames of one period, at least 1.
    pub period: f64,
    /// Whether the shape repeats. If not, it stays at its last height.
    pub repeats: bool,
}

impl Automation {
    #[must_use]
    pub fn value(&self, frame: Frame) -> f64 {
        // Exact for 2^53 frames: six thousand years.
        #[allow(clippy::cast_precision_loss)]
        let phase = frame.0.saturating_sub(self.origin.0) as f64 / self.period;
        let phase = if self.repeats { phase - phase.floor() } else { phase.min(1.0) };
        self.lo + (self.hi - self.lo) * self.shape.height(phase)
    }

    /// The frame from which the value stays.
    #[must_use]
    pub fn end(&self) -> Frame {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames = self.period.ceil() as usize;
        if self.repeats { Frame::NEVER } else { self.origin.after(frames) }
    }
}

/// What moves a control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Motion {
    Fade(Ramp),
    /// `entry` goes from 0 to 1: from the value before to the shape.
    Shape {
        automation: Automation,
        before: f64,
        entry: Ramp,
    },
}

impl Motion {
    pub fn value(&self, frame: Frame) -> f64 {
        match self {
            Self::Fade(ramp) => ramp.at(frame),
            Self::Shape { automation, before, entry } => {
                let (shape, part) = (automation.value(frame), entry.at(frame));
                // A whole part gives the shape itself, bit for bit.
                if part < 1.0 { before + (shape - before) * part } else { shape }
            }
        }
    }

    pub fn end(&self) -> Frame {
        match self {
            Self::Fade(ramp) => ramp.end(),
            Self::Shape { automation, entry, .. } => automation.end().max(entry.end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_stay_between_their_ends_and_repeat() {
        for shape in Shape::ALL {
            let automation =
                Automation { shape, lo: -3.0, hi: 5.0, origin: Frame(17), period: 33.3, repeats: true };
            for frame in 0..1_000 {
                let value = automation.value(Frame(frame));
                assert!((-3.0..=5.0).contains(&value), "{shape:?} at {frame}: {value}");
                let later = automation.value(Frame(frame + 333));
                assert!(
                    frame < 17
                        || shape == Shape::Square
                        || (later - value).abs() < 1e-9
                        || (later - value).abs() > 7.9
                );
            }
            assert_eq!(automation.end(), Frame::NEVER);
        }
    }

    #[test]
    fn a_shape_that_does_not_repeat_stays_where_it_ends() {
        for (shape, last) in [(Shape::Ramp, 4.0), (Shape::RampDown, 2.0), (Shape::Exponential, 4.0)] {
            let (lo, hi, origin, period) = (2.0, 4.0, Frame(10), 5.0);
            let automation = Automation { shape, lo, hi, origin, period, repeats: false };
            assert_eq!(automation.end(), Frame(15));
            assert_eq!((automation.value(Frame(15)), automation.value(Frame(999))), (last, last));
        }
    }
}
