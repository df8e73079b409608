//! MIDI: bytes from and to ports, as plain values.
//!
//! What flows in: bytes of a port. What flows out: [`Message`]s, [`Played`] keys, changes of targets, positions of
//! another machine's clock. Nothing here knows a node, a control or the stage: the session turns these values into
//! edits. Everything but the two files about ports is tested with recorded streams.

mod cable;
mod clock;
mod jack;
mod keys;
mod ledger;
mod map;
mod message;
mod midir;
mod port;

pub use cable::PortChange;
pub use clock::{ClockIn, ClockOut, PULSES_PER_BEAT};
pub use keys::{Keys, Played};
pub use ledger::Ledger;
pub use map::{ControlMap, Knob, KnobMove};
pub use message::{Message, Parser};
pub use port::{MidiError, MidiIn, MidiOut, MidiSystem, midi_listen, midi_open, midi_systems};
