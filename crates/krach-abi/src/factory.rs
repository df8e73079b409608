//! Compiled code, and what can be plugged into it.

use crate::{Dsp, Handover, handover::Nothing};
use std::any::Any;
use std::fmt;
use std::str::FromStr;

/// The size of the numbers that a program computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Precision {
    #[default]
    Single,
    Double,
}

impl Precision {
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Single => 4,
            Self::Double => 8,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single",
            Self::Double => "double",
        })
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = [Self::Single, Self::Double].into_iter().find(|precision| precision.to_string() == name);
        known.ok_or_else(|| format!("a precision is `single` or `double`, not `{name}`"))
    }
}

/// Start value and limits of one control, in its own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlRange {
    pub init: f64,
    pub lo: f64,
    pub hi: f64,
}

/// What can be plugged into a [`Dsp`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Ports {
    pub inputs: usize,
    pub outputs: usize,
    pub controls: Vec<ControlRange>,
}

/// Which copy this is. Noise is decorrelated by it; the default copy of a program sounds like its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Seed {
    pub instance: u32,
    pub voice: u32,
}

impl Seed {
    /// The seeds of that many voices of one copy, from this one on.
    #[must_use]
    pub fn voices(self, count: usize) -> Vec<Self> {
        let voice = |at: u32| Self { voice: self.voice.wrapping_add(at), ..self };
        (0..).take(count).map(voice).collect()
    }

    /// The start state of the `ordinal`-th noise of this copy: 0 for the first noise of the default copy, a value
    /// from the finaliser of SplitMix64 (Steele, Lea and Flood 2014) for every other.
    #[must_use]
    pub fn noise(self, ordinal: u32) -> i32 {
        if self == Self::default() && ordinal == 0 {
            return 0;
        }
        let mut x = (u64::from(self.instance) << 32 | u64::from(ordinal))
            .wrapping_add(u64::from(self.voice).wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .wrapping_add(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        // Truncation to the state's 32 bits is the point.
        #[allow(clippy::cast_possible_truncation)]
        let seed = x as u32 as i32;
        seed
    }
}

/// Compiled code, shared by all its copies, for one sample rate and one precision.
pub trait DspFactory: Any + Send + Sync + fmt::Debug {
    fn ports(&self) -> &Ports;

    /// In Hz.
    fn sample_rate(&self) -> u32;

    fn precision(&self) -> Precision;

    /// Bytes of state one voice owns, shared tables aside.
    fn state_bytes(&self) -> usize;

    /// One voice at birth for each seed: controls at their start values, everything else zero. Allocates: never on
    /// the audio thread.
    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp>;

    /// That many voices at birth. Voice `i` has the seed of voice `seed.voice + i`.
    fn voices(&self, count: usize, seed: Seed) -> Box<dyn Dsp> {
        self.voices_of(&seed.voices(count))
    }

    /// One voice at birth.
    fn instantiate(&self, seed: Seed) -> Box<dyn Dsp> {
        self.voices_of(&[seed])
    }

    /// A plan to carry the state of the first `voices` voices of a copy made by `from` into one made by this factory.
    /// Allocates: never on the audio thread.
    fn handover(&self, from: &dyn DspFactory, voices: usize) -> Box<dyn Handover> {
        let _ = (from, voices);
        Box::new(Nothing)
    }
}
