//! What can be proved about the values of a signal.
//!
//! Bounds decide how long a delay line must be, which clamps are idle and which delays the official Faust compiler
//! would accept. They hold in single and in double precision: bounds of computed values are rounded outward to the
//! next `f32`, and whether a value may be NaN is tracked (a cast turns NaN into the int 0). Constants and controls
//! show exactly the bounds they were declared with.

mod bounds;
mod rules;
mod shape;
mod solve;
#[cfg(test)]
mod tests;

pub(crate) use bounds::Bounds;
pub(crate) use solve::Memo;

use crate::{Program, Sig};
use solve::Solver;
use std::fmt;

/// All values of a signal lie in `lo..=hi`; an infinite bound is an unknown one. NaN is outside the statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub lo: f64,
    pub hi: f64,
}

impl Interval {
    pub const ALL: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    #[must_use]
    pub fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi }
    }

    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// Whether every value of this interval lies in `lo..=hi`.
    #[must_use]
    pub fn within(self, lo: f64, hi: f64) -> bool {
        lo <= self.lo && self.hi <= hi
    }

    /// The smallest interval that covers both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}]", self.lo, self.hi)
    }
}

/// How much is believed about loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnePole {
    /// A one-pole of non-negative weights that sum to 1 keeps the interval of its input, `x - floor(x)` lies in
    /// 0..1, and loops are narrowed once they are stable. True of real numbers; rounding inside a one-pole may
    /// overshoot a little, so nothing that must never be wrong (an index without a clamp) may rest on it.
    Trust,
    /// A bound of a loop that moves is unknown: what the official Faust compiler could prove, and what a
    /// compiler may rest an unclamped index on, as long as controls are kept within their limits. A sample rate may
    /// be as low as 1 Hz.
    Widen,
}

/// The intervals of all signals of a program.
#[derive(Clone, Debug)]
pub struct Intervals {
    all: Vec<Bounds>,
}

impl Intervals {
    #[must_use]
    pub fn of_program(program: &Program, one_pole: OnePole) -> Self {
        let mut solver = Solver::new(program, one_pole);
        Self { all: program.sigs().map(|sig| solver.solve(sig)).collect() }
    }

    #[must_use]
    pub fn get(&self, sig: Sig) -> Interval {
        self.all[sig.index()].interval()
    }

    /// With the possibility of NaN.
    pub(crate) fn bounds(&self, sig: Sig) -> Bounds {
        self.all[sig.index()]
    }
}

/// The interval of one signal of a program that may still be under construction: a register that has no value yet
/// is unbounded. Looks only at what the signal depends on, and at that only once.
pub(crate) fn of(program: &Program, sig: Sig, memo: &mut Memo) -> Interval {
    let known = memo.len();
    let mut solver = Solver::resume(program, OnePole::Trust, std::mem::take(memo));
    let interval = solver.solve(sig).interval();
    *memo = solver.suspend(known);
    interval
}
