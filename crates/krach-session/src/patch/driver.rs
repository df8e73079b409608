//! What moves a path without a hand on it: a pattern, a modulation or a fade. One at a time.

use crate::journal::shape;
use krach_pattern::{Pattern, Shape, Time};
use serde::{Deserialize, Serialize};

/// What moves a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Driver {
    Playing(Playing),
    Modulation(Modulation),
    Fade(Fade),
}

/// A pattern that plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Playing {
    #[serde(with = "shape::pattern")]
    pub pattern: Pattern,
    /// Cycles of the session before the pattern's own cycle 0.
    pub offset: i64,
}

/// A shape that repeats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Modulation {
    #[serde(with = "shape::shape")]
    pub shape: Shape,
    pub lo: f64,
    pub hi: f64,
    /// The period, in cycles.
    #[serde(with = "shape::time")]
    pub bars: Time,
}

/// A straight line from the value that sounds to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fade {
    pub to: f64,
    /// How long, in cycles.
    #[serde(with = "shape::time")]
    pub bars: Time,
}
