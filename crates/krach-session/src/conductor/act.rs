//! Acts: what happens to a path.

use crate::patch::Name;
use krach_engine::NoteId;
use krach_pattern::{ControlChange, Curve, MidiNote, OscArgument, Time};

/// What happens to a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A note begins; without a pitch it opens a gate only. Tied, it takes over an open gate.
    Press {
        note: NoteId,
        gate: Name,
        hertz: Option<f64>,
        velocity: f64,
        params: Vec<(Name, f64)>,
        tied: bool,
    },
    Release {
        note: NoteId,
        gate: Name,
        tied: bool,
    },
    /// A control of the node takes a value; without a name it is the path itself. A name with `/` is a whole path.
    Set {
        control: Option<Name>,
        value: f64,
    },
    /// The path goes in a straight line from the sounding value to another, in that many frames.
    Slide {
        to: f64,
        frames: usize,
    },
    /// The path follows a curve for that many cycles. The conductor gives it as slides.
    Follow {
        curve: Curve,
        backwards: bool,
        cycles: Time,
    },
    /// A note of a MIDI port, for that many cycles.
    Midi {
        note: MidiNote,
        cycles: Time,
    },
    ControlChange(ControlChange),
    Osc {
        address: Name,
        arguments: Vec<OscArgument>,
    },
}

impl Act {
    /// The order of acts at one moment: notes end, values are set, notes begin, and what they tie ends.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Release { tied: false, .. } => 0,
            Self::Set { .. } | Self::Slide { .. } | Self::Follow { .. } => 1,
            Self::Press { .. } | Self::Midi { .. } | Self::ControlChange(_) | Self::Osc { .. } => 2,
            Self::Release { tied: true, .. } => 3,
        }
    }
}
