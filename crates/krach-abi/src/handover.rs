//! State on its way from an old copy into a new one.

use crate::Dsp;
use std::sync::Arc;

/// What a new program does with a piece of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It goes on from the old one.
    Kept,
    /// It is born: the old program had none of that key, kind and type.
    Begun,
    /// The new program has no place for it.
    Dropped,
}

/// A piece of state of one voice: a memory, a delay line, a table or a noise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatePiece {
    /// Its name from one version of a program to the next.
    pub key: Arc<str>,
    /// Those that go on, or else those that it has.
    pub bytes: usize,
    pub fate: Fate,
}

/// Carries the state of a running copy into one of a changed program, so that phases, envelopes and tails go on. A
/// back end makes it on the control half, from the names of the state; the stage only turns the crank.
pub trait Handover: Send {
    /// Bytes of state that one voice inherits: 0 if the programs have nothing in common.
    fn bytes(&self) -> usize;

    /// The pieces of state of both programs, those of the new one first. It allocates: for the control half.
    fn pieces(&self) -> Vec<StatePiece>;

    /// Carries about as many bytes more as the budget holds, and takes them from it; true when the whole state is
    /// across, as it is on this frame.
    ///
    /// It does not allocate. Between calls the old copy plays on; the new one is not played until all is across, and
    /// then goes on from the frame of the last call. A call after that carries what the old copy has changed since.
    /// State that the new program does not name stays as it was born; controls are left alone. Of a large read-write
    /// table each entry is carried once: what the old copy writes to it after that is not.
    fn carry(&mut self, from: &mut dyn Dsp, to: &mut dyn Dsp, budget: &mut usize) -> bool;
}

/// The handover between programs that have nothing in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Handover for Nothing {
    fn bytes(&self) -> usize {
        0
    }

    fn pieces(&self) -> Vec<StatePiece> {
        Vec::new()
    }

    fn carry(&mut self, _: &mut dyn Dsp, _: &mut dyn Dsp, _: &mut usize) -> bool {
        true
    }
}
