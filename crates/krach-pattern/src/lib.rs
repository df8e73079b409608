//! Patterns: music as a pure function of exact time.
//!
//! What flows in: notes, hits, controls and curves, put together by builders, methods or one of two notations.
//! What flows out: the events of a span of cycles, each with the time it covers and the place in a text or a Python
//! file that it comes from. Time counts cycles (bars) as a fraction of whole numbers: a third of a bar is a third,
//! after a thousand bars too. A time that does not fit in 64 bits is an error, never a wrong time.
//!
//! What this crate refuses to know: clocks, seconds, tempo, sample rates, nodes, audio. The session turns cycles into
//! frames and labels into controls.
//!
//! Patterns are pure: a query of the same span with the same seed finds the same events, in any order of queries. Any
//! pattern can be built and asked without a panic: an argument without meaning is a [`Refusal`], a time that does not fit
//! a [`QueryError`] that names the atom's place.
//!
//! Read [`Node`] first, the tree, then `query.rs`, its meaning: one arm per node.
//!
//! ```
//! use krach_diag::Source;
//! use krach_pattern::{Manner, Time, TimeSpan, notation};
//! let (melody, reports) = notation::krach(&Source::new("jam.py", "C4 . <E4 G4> _"), &Manner::default());
//! assert!(reports.is_empty());
//! let events = melody.query(TimeSpan::cycles(1, 2), 0)?;
//! assert_eq!(events.len(), 2);
//! assert_eq!(events[1].whole.start.to_string(), "3/2");
//! assert_eq!(events[1].origin.span().map(|span| (span.start, span.end)), Some((9, 11)));
//! assert_eq!(events[1].release(), Time::new(7, 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod build;
mod chance;
mod curve;
mod event;
mod harmony;
mod labels;
pub mod notation;
mod pattern;
mod pitch;
mod query;
mod refusal;
mod show;
mod spread;
mod swing;
mod time;
mod timeline;
mod transform;
mod value;

pub use build::Manner;
pub use curve::{Curve, Shape};
pub use event::{Change, Event, Origin, Value};
pub use harmony::{CHORDS, SCALES, Scale, chord};
pub use pattern::{Leaf, MOST_LEVELS, MOST_PARTS, Node, Pattern, Steps};
pub use pitch::{Pitch, note_name, spelled};
pub use query::{MOST_STEPS, QueryError, QueryErrorKind};
pub use refusal::Refusal;
pub use spread::Rhythm;
pub use swing::Swing;
pub use time::{Overflow, Time, TimeSpan};
pub use timeline::{Timed, timeline};
pub use value::{Atom, ControlChange, MidiNote, Note, OWN_PATH, OscArgument, Param, Real};
