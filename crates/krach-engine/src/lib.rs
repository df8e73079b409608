//! The stage: it asks copies of compiled code for samples, on time and in order.
//!
//! What flows in: a [`krach_abi::DspFactory`] and a [`Score`]; what flows out: samples, off-line through [`render`],
//! or, once finished, through the sound card with [`play`]. Turns and notes fall on their frame: a block is split there, so
//! the block size has no bearing on the samples.
//!
//! What this crate refuses to know: names (controls and ports are numbers), programs, compilers, patterns, Python.
//! Whatever implements the contract can be played, a toy as well as a compiled synth:
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

mod cue;
mod device;
mod ensemble;
mod note;
mod null;
mod render;
mod score;

pub use device::{
    AudioPriority, Callback, DEFAULT_BLOCK, Device, DeviceError, DeviceFormat, DeviceInfo, DeviceRequest,
    DeviceStats, Notice, Offer, SoundSystem, play, sound_systems,
};
pub use note::{Keyboard, Note};
pub use null::NullDevice;
pub use render::{Rig, render};
pub use score::{RenderError, Score, Turn};
