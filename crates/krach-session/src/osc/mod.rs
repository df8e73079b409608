//! OSC: messages over the network, as plain values.
//!
//! What flows in: packets. What flows out: [`OscMessage`]s with the time at which they are due, [`DirtEvent`]s of Tidal and
//! Strudel. Nothing here knows a node or a control: the session turns these values into edits. Packets come from
//! strangers: everything malformed is counted and dropped, and only this machine is listened to unless asked otherwise.

mod dirt;
mod listen;
mod packet;
mod send;

pub use dirt::{DirtError, DirtEvent};
pub use listen::{OscCounts, OscListener};
pub use packet::{Malformed, OscArg, OscMessage, OscTime};
pub use send::OscSender;
