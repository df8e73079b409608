//! The course of a value in the audio half, by the events sent to it: the control half computes it for any frame.

use krach_abi::Frame;

/// Whose event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// A hand: it stays.
    Hand,
    /// The score: it can be taken back.
    Score,
}

/// A value from a frame on: it stays, or goes to another in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Leg {
    pub start: Frame,
    pub value: f64,
    pub to: f64,
    pub frames: usize,
}

impl Leg {
    fn at(&self, frame: Frame) -> f64 {
        let passed = frame.since(self.start);
        if passed >= self.frames {
            return self.to;
        }
        #[allow(clippy::cast_precision_loss)]
        let part = passed as f64 / self.frames as f64;
        self.value + (self.to - self.value) * part
    }
}

/// Values in order of their frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Track(Vec<(Leg, From)>);

impl Track {
    /// The value on a frame; none before the first.
    pub fn at(&self, frame: Frame) -> Option<f64> {
        let after = self.0.partition_point(|(leg, _)| leg.start <= frame);
        Some(self.0.get(after.checked_sub(1)?)?.0.at(frame))
    }

    /// A value from a frame on. Frames never go back but for those taken back.
    pub fn push(&mut self, leg: Leg, from: From) {
        let after = self.0.partition_point(|(other, _)| other.start <= leg.start);
        self.0.insert(after, (leg, from));
    }

    /// Whether a hand set the value on this frame.
    pub fn is_set_on(&self, frame: Frame) -> bool {
        self.0.iter().any(|(leg, whose)| *whose == From::Hand && leg.start == frame)
    }

    /// Takes back what the score gave from a frame on.
    pub fn revoke(&mut self, from: Frame) {
        self.0.retain(|(leg, whose)| *whose == From::Hand || leg.start < from);
    }

    /// Forgets what is not asked for any more.
    pub fn forget(&mut self, before: Frame) {
        let old = self.0.partition_point(|(leg, _)| leg.start <= before).saturating_sub(1);
        self.0.drain(..old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_on_every_frame_and_can_be_taken_back() {
        let mut track = Track::default();
        let leg = |start, value, to, frames| Leg { start: Frame(start), value, to, frames };
        track.push(leg(10, 1.0, 1.0, 0), From::Hand);
        track.push(leg(20, 1.0, 3.0, 10), From::Score);
        track.push(leg(40, 5.0, 5.0, 0), From::Score);
        assert_eq!(
            [9, 10, 25, 30, 39, 40].map(|at| track.at(Frame(at))),
            [None, Some(1.0), Some(2.0), Some(3.0), Some(3.0), Some(5.0)]
        );
        track.revoke(Frame(40));
        track.forget(Frame(30));
        assert_eq!((track.at(Frame(15)), track.at(Frame(99))), (None, Some(3.0)));
    }
}
