//! Factories and running copies.

use std::fmt;

/// The arithmetic a program is compiled for.
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
pub trait DspFactory: Send + Sync + fmt::Debug {
    fn ports(&self) -> &Ports;
    /// In Hz.
    fn sample_rate(&self) -> u32;
    fn precision(&self) -> Precision;
    /// Bytes of state one copy owns, shared tables aside.
    fn state_bytes(&self) -> usize;
    /// A copy at birth: controls at their start values, everything else zero. Allocates: never on the audio thread.
    fn instantiate(&self, seed: Seed) -> Box<dyn Dsp>;
}

/// One running copy. No method allocates or locks.
pub trait Dsp: Send {
    /// Sets a control (clamped to its range by the caller); heard from the first frame of the next `process`.
    fn set(&mut self, control: usize, value: f64);
    /// One slice per port, all of one length, any length including 0. Non-finite input is the caller's affair.
    fn process_f32(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]);
    /// The same in the stage's widest format: exact for [`Precision::Double`].
    fn process_f64(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]);
    /// Back to birth, controls keep their values.
    fn reset(&mut self);
}
