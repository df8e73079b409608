//! The hall: where a program, a name and a file become sound.
//!
//! What flows in: a [`Program`](krach_ir::Program), names of controls with values, paths. What flows out: compiled
//! code ([`Cache`]: once per meaning, however many threads ask), rendered samples ([`render`] of a [`Take`]), texts
//! ([`Sources`]), WAV files ([`write_wav`]) and libraries of instruments ([`krlib`]); and, where that fails, a
//! [`Diagnostic`](krach_diag::Diagnostic) with a stable code. This is the only floor on which a name becomes a number:
//! below it nobody knows what a control is called.
//!
//! What this crate refuses to know: Python, the command line, how code is made and how a block is computed.
//!
//! ```
//! use krach_ir::{Control, ControlKind, ProgramBuilder};
//! use krach_session::{Take, render};
//! use std::ops::ControlFlow;
//! let mut b = ProgramBuilder::new("level");
//! let level = Control::new("level", ControlKind::Slider, [0.0, 0.0, 1.0, 0.01]);
//! let level = b.control(level)?;
//! b.output("out", level)?;
//! let take = Take::<f32> { events: vec![(2, "level".into(), 0.5)], ..Take::new(0.004, 1000) };
//! let sound = render(&b.finish()?.into(), &take, &mut |_| ControlFlow::Continue(()));
//! assert_eq!(sound, Ok(vec![vec![0.0, 0.0, 0.5, 0.5]]));
//! # Ok::<(), krach_ir::BuildError>(())
//! ```

mod cache;
mod files;
mod impulse;
pub mod krlib;
mod libraries;
mod nearest;
mod notes;
mod patch;
mod recording;
mod secret;
mod sources;
mod store;
mod take;
mod wav;
mod work;

pub use cache::{Cache, CacheCounts, Compiled, report};
pub use files::target as file_target;
pub use impulse::{IMPULSE_RATE, Rand, Run, elaborate_impulse, respond};
pub use libraries::Libraries;
pub use nearest::nearest;
pub use patch::{Patch, Stage};
pub use recording::decode;
pub use secret::unvouched;
pub use sources::{Sources, read, read_bytes};
pub use store::{Store, StoreCounts};
pub use take::{Sample, Stop, Take, find_control, perform, render};
pub use wav::{wav_bytes, wav_target, write_wav};
pub use work::{Token, on_worker};
