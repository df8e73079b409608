//! An interval as the rules carry it: with the possibility of NaN, safe in both precisions.

use super::Interval;
use crate::Ty;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub lo: f64,
    pub hi: f64,
    /// Whether the value may be NaN instead.
    pub nan: bool,
}

impl Bounds {
    pub const ANY_REAL: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY, nan: true };
    pub const ANY_INT: Self = Self::new(i32::MIN as f64, i32::MAX as f64);
    pub const ZERO: Self = Self::new(0.0, 0.0);
    pub const TRUTH: Self = Self::new(0.0, 1.0);

    pub const fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi, nan: false }
    }

    pub fn any(ty: Ty) -> Self {
        match ty {
            Ty::Int => Self::ANY_INT,
            Ty::Real => Self::ANY_REAL,
        }
    }

    pub fn or_nan(self, nan: bool) -> Self {
        Self { nan: self.nan || nan, ..self }
    }

    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi), nan: self.nan || other.nan }
    }

    pub fn interval(self) -> Interval {
        Interval { lo: self.lo, hi: self.hi }
    }

    pub fn contains(self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// Whether an infinity is among the values.
    pub fn endless(self) -> bool {
        self.lo == f64::NEG_INFINITY || self.hi == f64::INFINITY
    }

    /// The largest magnitude.
    pub fn reach(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    /// Rounded outward to `f32`: rounding is monotone, so a rounded result of either precision lies inside. Bounds
    /// beyond `f32` become infinite, bounds below its normal numbers include 0, to which they are flushed.
    pub fn outward(self) -> Self {
        let (lo, hi) = (if self.lo.is_nan() { f64::NEG_INFINITY } else { self.lo }, self.hi);
        let hi = if hi.is_nan() { f64::INFINITY } else { hi };
        let tiny = f64::from(f32::MIN_POSITIVE);
        let lo = if 0.0 < lo && lo < tiny { 0.0 } else { down(lo) };
        let hi = if -tiny < hi && hi < 0.0 { 0.0 } else { up(hi) };
        Self { lo, hi, nan: self.nan }
    }

    /// As `outward`, for functions that are computed with an error of a few units in the last place. An integer is
    /// never crossed: it is a number of both formats, and the functions of `libm` do not step over those.
    pub fn loosened(self) -> Self {
        let out = self.outward();
        let slack = |value: f64| 4.0 * f64::from(f32::EPSILON) * value.abs();
        let lo = if self.lo.fract() == 0.0 { out.lo } else { (out.lo - slack(out.lo)).max(self.lo.floor()) };
        let hi = if self.hi.fract() == 0.0 { out.hi } else { (out.hi + slack(out.hi)).min(self.hi.ceil()) };
        Self { lo, hi, nan: self.nan }
    }

    /// A result of int arithmetic, which wraps around: everything, if it may.
    pub fn wrapped(self) -> Self {
        let fits = Self::ANY_INT.lo <= self.lo && self.hi <= Self::ANY_INT.hi;
        if fits { self } else { Self::ANY_INT }
    }

    /// The union with a new value; a bound that moves is unknown from then on.
    pub fn widened(self, new: Self, ty: Ty) -> Self {
        let all = Self::any(ty);
        Self {
            lo: if new.lo < self.lo { all.lo } else { self.lo },
            hi: if new.hi > self.hi { all.hi } else { self.hi },
            nan: self.nan || new.nan,
        }
    }
}

#[allow(clippy::cast_possible_truncation)]
fn down(value: f64) -> f64 {
    let near = value as f32;
    f64::from(if f64::from(near) > value { near.next_down() } else { near })
}

#[allow(clippy::cast_possible_truncation)]
fn up(value: f64) -> f64 {
    let near = value as f32;
    f64::from(if f64::from(near) < value { near.next_up() } else { near })
}
