//! What moves a path without a hand on it: a pattern, a modulation or a fade. One at a time.

use krach_pattern::{Pattern, Shape, Time};

/// What moves a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Driver {
    Playing(Playing),
    Modulation(Modulation),
    Fade(Fade),
}

/// A pattern that plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Playing {
    pub pattern: Pattern,
    /// Cycles of the session before the pattern's own cycle 0.
    pub offset: i64,
}

/// A shape that repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Modulation {
    pub shape: Shape,
    pub lo: f64,
    pub hi: f64,
    /// The period, in cycles.
    pub bars: Time,
}

/// A straight line from the value that sounds to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fade {
    pub to: f64,
    /// How long, in cycles.
    pub bars: Time,
}
