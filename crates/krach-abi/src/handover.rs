//! State on its way from an old copy into a new one.

use crate::Dsp;

/// Carries the state of a running copy into one of a changed program, so that phases, envelopes and tails go on. A
/// back end makes it on the control half, from the names of the state; the stage only turns the crank.
pub trait Handover: Send {
    /// Bytes of state that one voice inherits: 0 if the programs have nothing in common.
    fn bytes(&self) -> usize;

    /// Carries about `bytes` more; true when the whole state is across.
    ///
    /// It does not allocate. Between calls the old copy plays on; the new one is not played until all is across, and
    /// then goes on from the frame of the last call. State that the new program does not name stays as it was born;
    /// controls are left alone. A read-write table is carried once, entry by entry: what the old copy writes to an
    /// entry after that is not.
    fn carry(&mut self, from: &mut dyn Dsp, to: &mut dyn Dsp, bytes: usize) -> bool;
}

/// The handover between programs that have nothing in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Handover for Nothing {
    fn bytes(&self) -> usize {
        0
    }

    fn carry(&mut self, _: &mut dyn Dsp, _: &mut dyn Dsp, _: usize) -> bool {
        true
    }
}
