//! What a node plays, as routes and meters hear it.

use crate::meter::{Meter, measure};
use krach_abi::Buffer;

/// Where the channels after gain and pan are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Post {
    /// In a buffer of their own.
    Made,
    /// Nowhere: they are those before, each times the level that does not move, left or right.
    Scaled([f32; 2]),
}

/// Some frames of what a node plays.
pub(crate) struct Tap<'a> {
    pub buffer: &'a Buffer<f32>,
    pub channels: usize,
    /// Both channels are the only one of the buffer.
    pub alike: bool,
    /// The levels of the first two channels, which are not in the buffer yet.
    pub levels: [f32; 2],
    pub frames: usize,
}

impl Tap<'_> {
    pub fn channel(&self, at: usize) -> &[f32] {
        &self.buffer.channel(if self.alike { 0 } else { at })[..self.frames]
    }

    /// The factor with which the samples of a channel are heard.
    pub fn level(&self, at: usize) -> f32 {
        self.levels.get(at).copied().unwrap_or(1.0)
    }

    /// Each channel that differs from those before, once.
    pub fn meet(&self, meter: &Meter) {
        if self.alike {
            let [left, right] = self.levels;
            let (peak, energy) = measure(self.channel(0));
            meter.add(peak * left, energy * left * left, self.frames);
            if left != right {
                meter.add(peak * right, energy * right * right, self.frames);
            }
            return;
        }
        for at in 0..self.channels {
            let (peak, energy) = measure(self.channel(at));
            let level = self.level(at);
            meter.add(peak * level, energy * level * level, self.frames);
        }
    }
}
