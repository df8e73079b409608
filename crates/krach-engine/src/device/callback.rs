//! The seam between devices and the sound that they play.

use krach_abi::{Audio, AudioMut};

/// Computes the sound of a device: the stage, or a toy in a test. It moves from device to device while the music plays,
/// so it keeps its own clock.
pub trait Callback: Send {
    /// Fills every channel of `outputs`. `inputs` has as many frames, and the channels of the input device; it has no
    /// channels where no input is open. The number of frames differs from call to call, the number of
    /// channels from device to device; `Adapting::Device` of `krach-abi` has the rules for the latter.
    ///
    /// It runs on the audio thread: it must not wait, allocate or free. Denormal numbers are flushed to zero already.
    fn process(&mut self, inputs: Audio<'_, f32>, outputs: AudioMut<'_, f32>);
}
