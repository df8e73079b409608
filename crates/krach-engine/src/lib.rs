//! The stage: it asks copies of compiled code for samples, on time and in order.
//!
//! Two ways lead through it. Live, a [`Stage`] takes edits and events and lends what it makes to a [`Processor`], which
//! a device asks for blocks. Off-line, [`render`] plays a [`Score`] on one [`krach_abi::DspFactory`], and [`play`] sends
//! finished samples to the sound card. Events fall on their frame: a node is split there, so the block size has no bearing
//! on the samples.
//!
//! What this crate refuses to know: names (controls and ports are numbers), programs, compilers, patterns, Python.
//! Every implementation of the contract can be played, a toy as well as a compiled synth:
//!
//! ```
//! use krach_engine::{NullDevice, Score};
//! use std::ops::ControlFlow;
//! let score: Score<'_, f32> = Score::new(100);
//! let mut sizes = Vec::new();
//! let _ = NullDevice::new(score.frames, 64).run(|_, frames| {
//!     sizes.push(frames);
//!     ControlFlow::Continue(())
//! });
//! assert_eq!(sizes, [64, 36]);
//! ```

mod audio;
mod batch;
mod command;
mod crew;
mod cue;
mod device;
mod edits;
mod error;
mod graph;
mod limits;
mod loan;
mod making;
mod meter;
mod note;
mod null;
mod ramp;
mod receipt;
mod render;
mod schedule;
mod score;
mod shape;
mod snapshot;
mod sound;
mod stage;

pub use audio::Processor;
pub use batch::{Variant, render_batch};
pub use device::{
    AudioPriority, Callback, DEFAULT_BLOCK, Device, DeviceError, DeviceFormat, DeviceInfo, DeviceRequest,
    DeviceStats, Notice, Offer, SoundSystem, play, sound_systems,
};
pub use edits::{Edits, RouteSpec};
pub use error::StageError;
pub use graph::{NodeId, RouteId};
pub use limits::{Limits, Settings};
pub use meter::Reading;
pub use note::{Keyboard, Note, NoteId};
pub use null::NullDevice;
pub use receipt::{Receipt, Stats};
pub use render::{Rig, render};
pub use score::{RenderError, Score, Turn};
pub use shape::{Automation, Shape};
pub use snapshot::Snapshot;
pub use sound::{DeviceChannels, NodeSource, NodeSpec, Out, Sound};
pub use stage::{Stage, When};
