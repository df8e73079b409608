//! A sound card without sound.

use std::ops::ControlFlow;

/// A clock that asks for blocks as fast as they are computed: off-line rendering, and tests.
#[derive(Clone, Copy, Debug)]
pub struct NullDevice {
    frames: usize,
    block: usize,
}

impl NullDevice {
    /// Will ask for `frames` frames in blocks of at most `block`.
    #[must_use]
    pub fn new(frames: usize, block: usize) -> Self {
        Self { frames, block: block.max(1) }
    }

    /// Calls `block(first frame, frames)` until all is done or it breaks; then says how many frames were done.
    pub fn run(&mut self, mut block: impl FnMut(usize, usize) -> ControlFlow<()>) -> ControlFlow<usize> {
        let mut done = 0;
        while done < self.frames {
            let count = self.block.min(self.frames - done);
            let flow = block(done, count);
            done += count;
            if flow.is_break() && done < self.frames {
                return ControlFlow::Break(done);
            }
        }
        ControlFlow::Continue(())
    }
}
