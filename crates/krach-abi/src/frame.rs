//! The one clock.

/// A moment of sample time: the number of frames since the stage began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Frame(pub u64);

impl Frame {
    /// Later than every frame that will be computed.
    pub const NEVER: Self = Self(u64::MAX);

    /// The frame that many frames later; [`Frame::NEVER`] if there is no such number.
    #[must_use]
    #[inline]
    pub fn after(self, frames: usize) -> Self {
        Self(self.0.saturating_add(frames as u64))
    }

    /// The number of frames from an earlier one to this one, 0 if it is not earlier.
    #[must_use]
    #[inline]
    pub fn since(self, earlier: Self) -> usize {
        usize::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(usize::MAX)
    }
}
