//! The hall: where names become numbers, and programs become sound.
//!
//! What flows in: a [`Playable`](krach_store::Playable) and an [`Audition`], which names controls. What flows out:
//! samples ([`Session::render`]); where that fails, a [`Diagnostic`](krach_diag::Diagnostic) with a stable code. The
//! [`Session`] owns the cache of compiled code. The floors below know no names of controls.
//!
//! What sounds together is a [`Patch`], one plain value that changes by [`Edit`]s: checked, undone, compared and saved as
//! scenes. A [`Conductor`] turns its patterns into acts on exact frames, and [`Session::mixdown`] renders it.
//!
//! What this crate refuses to know: file formats, Python, the command line, how code is made and how a block is
//! computed.
//!
//! ```
//! use krach_ir::{Control, ControlKind, ProgramBuilder};
//! use krach_session::{Audition, Session};
//! use krach_store::Cache;
//! use std::ops::ControlFlow;
//! let mut b = ProgramBuilder::new("level");
//! let level = Control::new("level", ControlKind::Slider, [0.0, 0.0, 1.0, 0.01]);
//! let level = b.control(level)?;
//! b.output("out", level)?;
//! let audition = Audition::<f32> { events: vec![(2, "level".into(), 0.5)], ..Audition::new(0.004, 1000) };
//! let session = Session::new(Cache::new(8));
//! let sound = session.render(&b.finish()?.into(), &audition, &mut |_| ControlFlow::Continue(()));
//! assert_eq!(sound, Ok(vec![vec![0.0, 0.0, 0.5, 0.5]]));
//! # Ok::<(), krach_ir::BuildError>(())
//! ```

mod audition;
mod batch;
mod conductor;
mod desk;
mod device;
mod edit;
mod journal;
mod live;
mod loudness;
pub mod midi;
mod mixdown;
mod notes;
pub mod osc;
mod patch;
mod performance;
mod recorder;
mod scene;
mod session;
mod step;
mod warnings;
mod why;

pub use audition::{Audition, NOT_FINITE, Stop, perform};
pub use batch::Batch;
pub use conductor::{Act, Conductor, Cue, Fallen, Timeline};
pub use device::{chosen_device, no_device, play};
pub use edit::{Edit, Entry, History, Transaction};
pub use journal::Journal;
pub use live::{HandClock, LiveStats, News, Offence, OffenceKind, Pending, Position, Preview, Recording};
pub use loudness::loudness;
pub use mixdown::{Mixdown, Stems};
pub use patch::{
    Audible, Driver, Fade, Knob, Modulation, Name, Named, Node, Out, Patch, Playing, Route, Sending,
    Settings, Voicing,
};
pub use recorder::{Recorder, Tape, Track, track_path};
pub use scene::Scenes;
pub use session::{At, Session, Sounding};
pub use step::{Deed, Start, Step};
pub use warnings::warnings;
