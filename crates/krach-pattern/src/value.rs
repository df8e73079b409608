//! What one event says: a note, a control, a curve, a message.

use crate::{Curve, Pattern, Pitch};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A finite number. Zero has one sign, so equal numbers have equal hashes.
#[derive(Clone, Copy, Debug)]
pub struct Real(f64);

impl Real {
    pub const ONE: Self = Self(1.0);

    /// `None` for NaN and infinities.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number + 0.0))
    }

    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A parameter of a note: a number, or a pattern that is read at the moment the note plays.
///
/// That moment counts in cycles of the session, not in those of a `fast` or `shift` around the note: a sine sweeps once
/// per bar over all notes of the bar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Param {
    Number(Real),
    Pattern(Pattern),
}

impl Param {
    pub const ONE: Self = Self::Number(Real::ONE);
}

/// A note of a node: pitch, velocity, parameters, and the control that is its gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// `None` for a hit, which has a gate only.
    pub pitch: Option<Pitch>,
    pub gate: Arc<str>,
    pub velocity: Param,
    pub params: Arc<[(Arc<str>, Param)]>,
}

/// A note of a MIDI port. Pitch and velocity are 0–127, the channel 0–15, the duration in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MidiNote {
    pub channel: u8,
    pub pitch: u8,
    pub velocity: u8,
    pub duration: Real,
}

/// A MIDI control change: controller and value 0–127, channel 0–15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ControlChange {
    pub channel: u8,
    pub controller: u8,
    pub value: u8,
}

/// One argument of an OSC message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OscArgument {
    Float(Real),
    Int(i64),
    Text(Arc<str>),
}

/// The value of one event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    Note(Note),
    /// A control of that name is set. The name `ctrl` is the path the pattern plays on.
    Control {
        label: Arc<str>,
        value: Real,
    },
    /// A number of a notation: a MIDI note on a node, a value on a control.
    Number(Real),
    /// A curve over the whole of the event, for the control the pattern plays on.
    Curve(Curve),
    /// A value drawn anew for each event, for the control the pattern plays on.
    Random {
        lo: Real,
        hi: Real,
        seed: u64,
    },
    Midi(MidiNote),
    ControlChange(ControlChange),
    Osc {
        address: Arc<str>,
        arguments: Arc<[OscArgument]>,
    },
}

/// The name that stands for the path a pattern plays on.
pub const OWN_PATH: &str = "ctrl";
