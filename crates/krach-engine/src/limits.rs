//! The sizes of a stage, which are set when it is made: the audio half never asks for memory.

/// How much a stage can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes that sound or fade out.
    pub nodes: usize,
    /// Routes, and one more for the output of each node.
    pub routes: usize,
    /// Events that wait for their frame.
    pub events: usize,
    /// Groups of events that can be revoked: their numbers are below this.
    pub groups: usize,
    /// Edits on their way: those that wait for their frame, or for a fade to end.
    pub edits: usize,
}

impl Limits {
    /// Loans that are abroad at once: edits, programs that take the place of others, nodes that fade out.
    pub(crate) fn loans(&self) -> usize {
        4 * self.edits + 2 * self.nodes
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: 1024, routes: 16_384, events: 32_768, groups: 4_096, edits: 256 }
    }
}

/// What a stage is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// In Hz.
    pub rate: u32,
    /// The most frames that are computed at once. The samples do not depend on it.
    pub block: usize,
    /// Channels of the master.
    pub channels: usize,
    /// Seconds of every fade that has no length of its own.
    pub fade: f64,
    /// Threads that compute nodes which do not depend on each other. The samples do not depend on it.
    pub threads: usize,
    pub limits: Limits,
}

impl Settings {
    /// A stereo master, blocks of 128 frames, fades of 20 ms, one thread.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self { rate, block: 128, channels: 2, fade: 0.02, threads: 1, limits: Limits::default() }
    }

    /// A length in seconds as a number of frames, at least 1.
    #[must_use]
    pub fn frames(&self, seconds: f64) -> u32 {
        // Casts saturate, and NaN becomes 0.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames = (seconds * f64::from(self.rate)).round() as u32;
        frames.max(1)
    }
}
