//! What to compile for, and why it may be refused.

use crate::Walk;
use krach_abi::{Precision, SAMPLE_RATES};
use krach_ir::Digest;
use std::fmt;
use std::str::FromStr;

/// The machine that the code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Target {
    /// This processor, with all the features it has.
    #[default]
    Host,
    /// Any processor of this kind that is not very old: x86-64-v2 (2009), every aarch64. The samples are the same.
    Baseline,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Baseline => "baseline",
        })
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = [Self::Host, Self::Baseline].into_iter().find(|target| target.to_string() == name);
        known.ok_or_else(|| format!("a target is `host` or `baseline`, not `{name}`"))
    }
}

/// Everything besides the program that bears on the code: with the program's key it is the compilation key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spec {
    /// In Hz, within [`SAMPLE_RATES`].
    pub sample_rate: u32,
    pub precision: Precision,
    /// Voices computed side by side in one kernel: one of [`Spec::VOICES`].
    pub voices: u32,
    pub target: Target,
    /// How every loop over frames is written; the faster way of the two, by an estimate, if none is asked for. The samples
    /// are the same.
    pub walk: Option<Walk>,
}

impl Spec {
    /// The numbers of voices that a kernel can have.
    pub const VOICES: [u32; 3] = [1, 4, 8];

    /// One voice on this machine.
    #[must_use]
    pub fn new(sample_rate: u32, precision: Precision) -> Self {
        Self { sample_rate, precision, voices: 1, target: Target::Host, walk: None }
    }

    /// Whether it can be compiled for at all.
    ///
    /// # Errors
    /// A rate or a number of voices that is out of bounds.
    pub fn check(&self) -> Result<(), Refusal> {
        if !SAMPLE_RATES.contains(&self.sample_rate) {
            return Err(Refusal::SampleRate(self.sample_rate));
        }
        if Self::VOICES.contains(&self.voices) { Ok(()) } else { Err(Refusal::Voices(self.voices)) }
    }
}

/// Why a valid program is not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The number of instructions is above `limit`: compiling would take minutes and exhaust the memory.
    TooLarge { instructions: usize, limit: usize },
    /// Delay lines, tables and registers need `bytes` bytes; the most is `limit`.
    StateTooLarge { bytes: u64, limit: u64 },
    /// In Hz, outside [`SAMPLE_RATES`].
    SampleRate(u32),
    /// A number of voices that is not one of [`Spec::VOICES`].
    Voices(u32),
    /// Its voices cannot be computed side by side, and why.
    Lanes(&'static str),
    /// The contents of a generated table could not be computed.
    Table(String),
    /// The program reads this sound, and it is not at hand.
    Sound(Digest),
    /// What the code generator says.
    Backend(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { instructions, limit } => {
                write!(f, "{instructions} instructions, at most {limit} can be compiled")
            }
            Self::StateTooLarge { bytes, limit } => {
                write!(f, "delay lines and tables need {bytes} bytes, at most {limit} can be had")
            }
            Self::SampleRate(rate) => {
                let (lo, hi) = (SAMPLE_RATES.start(), SAMPLE_RATES.end());
                write!(f, "a sample rate of {rate} Hz is outside {lo}..{hi}")
            }
            Self::Voices(voices) => write!(f, "{voices} voices in one kernel: there can be 1, 4 or 8"),
            Self::Lanes(why) => write!(f, "its voices cannot be computed side by side: {why}"),
            Self::Sound(digest) => write!(f, "the contents of sound {digest} are missing"),
            Self::Table(why) => write!(f, "the contents of a table cannot be computed: {why}"),
            Self::Backend(why) => write!(f, "the code generator refused: {why}"),
        }
    }
}

impl std::error::Error for Refusal {}
