//! Why a pattern cannot be built.

use crate::{Overflow, Time};
use krach_diag::{Code, Diagnostic};
use std::fmt;

/// An argument that no pattern can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    NoPatterns(&'static str),
    NoNotes,
    Repeat(i64),
    Factor(Time),
    Cycles(Time),
    Weight(Time),
    Every(i64),
    Probability(f64),
    SpreadSteps(i64),
    SpreadPulses { pulses: i64, steps: i64 },
    SwingAmount(Time),
    SwingGrid(i64),
    MaskWord(String),
    CurveSteps(i64),
    NotFinite(&'static str),
    MidiRange { what: &'static str, value: i64, most: u8 },
    MidiNumber(i64),
    Hertz(f64),
    NoteName(String),
    Octave(String),
    Scale(String),
    Chord(String),
    Degree(i64),
    TooFine,
    TooDeep,
    TooLarge,
}

impl From<Overflow> for Refusal {
    fn from(_: Overflow) -> Self {
        Self::TooFine
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPatterns(what) => write!(f, "`{what}` needs at least one pattern"),
            Self::NoNotes => f.write_str("`seq` needs at least one note"),
            Self::Repeat(n) => write!(f, "a pattern repeats at least 1 time, not {n}"),
            Self::Factor(by) => write!(f, "speed needs a positive factor, got {by}"),
            Self::Cycles(by) => write!(f, "`over` needs positive cycles, got {by}"),
            Self::Weight(by) => write!(f, "a step's weight is positive, got {by}"),
            Self::Every(n) => write!(f, "`every` counts cycles from 1, got {n}"),
            Self::Probability(by) => write!(f, "prob must be in 0..1, got {by}"),
            Self::SpreadSteps(n) => write!(f, "steps must be > 0 and at most 4096, got {n}"),
            Self::SpreadPulses { pulses, steps } => {
                write!(f, "pulses must be <= steps and not negative, got {pulses} of {steps}")
            }
            Self::SwingAmount(by) => write!(f, "amount must be in 0..1, both excluded, got {by}"),
            Self::SwingGrid(n) => write!(f, "grid must be even, from 2 to 4096, got {n}"),
            Self::MaskWord(word) => write!(f, "`{word}` is not a step of a mask"),
            Self::CurveSteps(n) => write!(f, "a curve has at least 1 step and at most 65536, got {n}"),
            Self::NotFinite(what) => write!(f, "{what} must be a finite number"),
            Self::MidiRange { what, value, most } => write!(f, "{what} must be 0–{most}, got {value}"),
            Self::MidiNumber(n) => write!(f, "{n} is not a MIDI note (0-127)"),
            Self::Hertz(hz) => write!(f, "a frequency must be positive and finite, got {hz}"),
            Self::NoteName(name) => write!(f, "invalid note name `{name}`"),
            Self::Octave(name) => write!(f, "`{name}` lies outside octaves 0–8"),
            Self::Scale(name) => write!(f, "there is no scale `{name}`"),
            Self::Chord(name) => write!(f, "there is no chord `{name}`"),
            Self::Degree(n) => write!(f, "degree {n} lies outside the MIDI notes 0–127"),
            Self::TooFine => f.write_str("a time of this pattern needs more than 64 bits"),
            Self::TooDeep => write!(f, "a pattern nests at most {} levels", crate::pattern::MOST_LEVELS),
            Self::TooLarge => write!(f, "a pattern has at most {} parts", crate::pattern::MOST_PARTS),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::TooFine => Code::PatternTime,
            Self::TooDeep | Self::TooLarge => Code::PatternSize,
            _ => Code::PatternArgument,
        }
    }

    /// What to try.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Repeat(_) | Self::NoNotes => "for silence write `rest()`",
            Self::MidiNumber(_) => "hertz are floats: `note(440.0)`",
            Self::NoteName(_) => "write a letter A–G, then `#`, `s` or `b`, then an octave: `Cs4`",
            Self::Scale(_) => "write a tonic and a kind: `C minor`, `F# dorian`, `Bb minor pentatonic`",
            Self::Chord(_) => "write a root and a kind: `Am7`, `F#maj9`, `Bbsus4`, `C/G`",
            Self::MaskWord(_) => {
                "keep a step with `x` or `1`, drop it with `.`, `0`, `~` or `-`, with spaces between"
            }
            Self::Factor(_) | Self::Cycles(_) => "to play backwards use `reverse()`",
            Self::TooFine => "use simpler fractions: 1/3 instead of 0.3333333",
            Self::TooDeep => "build long patterns with `seq` or `cat` instead of wrapping again and again",
            Self::TooLarge => "repeat with `fast` instead of `*`",
            _ => return None,
        })
    }

    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let report = Diagnostic::error(self.code(), self.to_string());
        match self.help() {
            Some(help) => report.help(help),
            None => report,
        }
    }
}
