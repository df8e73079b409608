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
//! ```
//! use krach_pattern::{Time, TimeSpan};
//! let third = Time::new(1, 3)?;
//! assert_eq!(third.plus(third)?.plus(third)?, Time::ONE);
//! assert!(TimeSpan::new(Time::ZERO, Time::ONE).contains(third));
//! # Ok::<(), krach_pattern::Overflow>(())
//! ```

mod time;

pub use time::{Overflow, Time, TimeSpan};
