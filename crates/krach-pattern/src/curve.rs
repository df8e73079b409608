//! Curves: values that change while an event lasts.

use crate::Real;
use std::f64::consts::TAU;

/// The form of one period, from 0 to 1 over a position `x` in `[0, 1)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `½ + ½ sin 2πx`: starts in the middle and rises.
    Sine,
    /// `x`
    Ramp,
    /// `1 − x`
    RampDown,
    /// `1 − |2x − 1|`: up, then down.
    Triangle,
    /// 1 in the first half, 0 in the second.
    Square,
    /// `x²`
    Exponential,
}

impl Shape {
    pub const ALL: [Self; 6] =
        [Self::Sine, Self::Ramp, Self::RampDown, Self::Triangle, Self::Square, Self::Exponential];

    /// The value at `x`, in `[0, 1]`.
    #[must_use]
    pub fn at(self, x: f64) -> f64 {
        match self {
            Self::Sine => 0.5 + 0.5 * (TAU * x).sin(),
            Self::Ramp => x,
            Self::RampDown => 1.0 - x,
            Self::Triangle => 1.0 - (2.0 * x - 1.0).abs(),
            Self::Square => f64::from(u8::from(x < 0.5)),
            Self::Exponential => x * x,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sine => "sine",
            Self::Ramp => "ramp",
            Self::RampDown => "ramp_down",
            Self::Triangle => "tri",
            Self::Square => "square",
            Self::Exponential => "exp",
        }
    }
}

/// A shape between two values: `lo` where it is 0, `hi` where it is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Curve {
    pub shape: Shape,
    pub lo: Real,
    pub hi: Real,
}

impl Curve {
    /// The value at `x` of the event's length, `x` in `[0, 1)`.
    #[must_use]
    pub fn at(self, x: f64) -> f64 {
        self.lo.get() + (self.hi.get() - self.lo.get()) * self.shape.at(x)
    }
}
