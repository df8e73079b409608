//! Running copies: what the stage calls.

use crate::{Audio, AudioMut, Buffer, FlushGuard, Frame, Sample};
use std::any::Any;

/// A number of running voices of one program, each with its own controls and state.
///
/// No method but `touch` allocates, locks or waits. `process` and `reset` are called under a [`FlushGuard`], which the caller sets
/// once per callback. A voice or a control that does not exist is ignored.
pub trait Dsp: Any + Send {
    fn voices(&self) -> usize;

    /// Sets a control of one voice (clamped to its range by the caller); heard from the first frame of the next
    /// `process`.
    fn set(&mut self, voice: usize, control: usize, value: f64);

    /// Puts one voice back to birth. Its controls keep their values. The work is bounded: large memory is not cleared
    /// here.
    fn reset(&mut self, voice: usize);

    /// Fetches all of its memory from the system, so that no page is fetched while it plays. A copy is born without
    /// it: the stage calls this where it makes a copy, an off-line render does not need it.
    fn touch(&mut self) {}

    /// Computes one block of any length, 0 included. Non-finite input is the caller's affair. A block of another shape
    /// than that of the ports is answered with silence.
    fn process_f32(&mut self, block: &mut Block<'_, f32>) -> Status;

    /// The same in the widest format of the stage: exact for [`crate::Precision::Double`].
    fn process_f64(&mut self, block: &mut Block<'_, f64>) -> Status;
}

/// One call of `process`.
#[derive(Debug)]
pub struct Block<'a, S> {
    /// The first of its frames.
    pub start: Frame,
    /// One channel per input port: every voice hears it.
    pub inputs: Audio<'a, S>,
    /// The output ports of voice 0, then those of voice 1, and so on. Those of a voice that is not busy are left alone.
    pub outputs: AudioMut<'a, S>,
    /// One per voice.
    pub voices: &'a mut [VoiceIo],
}

/// One voice in one block.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct VoiceIo {
    /// In: whether it is computed at all. The time of a voice that is not busy stands still.
    pub busy: bool,
    /// Out: the largest size of a sample of any of its ports, NaN if one is NaN.
    pub peak: f64,
}

impl VoiceIo {
    pub const BUSY: Self = Self { busy: true, peak: 0.0 };
}

/// The outcome of a block, over all busy voices: the worst that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Status {
    /// Every sample is 0.
    #[default]
    Silent,
    Sounding,
    /// A sample is infinite or NaN.
    NotFinite,
}

impl Status {
    #[must_use]
    pub fn of(peak: f64) -> Self {
        if !peak.is_finite() {
            Self::NotFinite
        } else if peak > 0.0 {
            Self::Sounding
        } else {
            Self::Silent
        }
    }
}

impl dyn Dsp {
    /// Plays the first voice from slices, one per port: for tools and tests. It allocates, and sets the mode of
    /// floating-point arithmetic by itself.
    ///
    /// # Panics
    /// If the slices are not all of one length.
    pub fn play<S: Sample>(&mut self, inputs: &[&[S]], outputs: &mut [&mut [S]]) -> Status {
        let frames =
            outputs.first().map(|port| port.len()).or(inputs.first().map(|port| port.len())).unwrap_or(0);
        let mut given = Buffer::new(inputs.len(), frames);
        for (port, from) in inputs.iter().enumerate() {
            given.channel_mut(port).copy_from_slice(from);
        }
        let mut heard = Buffer::new(outputs.len() * self.voices(), frames);
        let mut voices = vec![VoiceIo::default(); self.voices()];
        voices.iter_mut().take(1).for_each(|voice| voice.busy = true);
        let _flush = FlushGuard::new();
        let (start, inputs) = (Frame::default(), given.head(frames));
        let mut block = Block { start, inputs, outputs: heard.head_mut(frames), voices: &mut voices };
        let status = S::process(self, &mut block);
        for (port, to) in outputs.iter_mut().enumerate() {
            to.copy_from_slice(heard.channel(port));
        }
        status
    }
}
