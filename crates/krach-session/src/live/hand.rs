//! A clock that is turned by hand.

use super::OnStage;
use super::tap::Tapped;
use krach_abi::Buffer;
use krach_engine::Callback;
use std::sync::Arc;

/// A device without sound whose blocks are asked for by hand: what is heard of a session between two edits is known to the
/// sample. For tests and for renders that change as they go.
#[derive(Debug)]
pub struct HandClock {
    stage: Arc<OnStage>,
    processor: Tapped,
    block: usize,
}

impl HandClock {
    /// Frames in its largest block.
    pub(crate) const LONGEST: usize = 4096;

    pub(super) fn new(stage: Arc<OnStage>, processor: Tapped, block: usize) -> Self {
        Self { stage, processor, block }
    }

    /// The next frames, left and right, computed as a device would.
    pub fn run(&mut self, frames: usize) -> [Vec<f32>; 2] {
        let (input, mut output) = (Buffer::<f32>::new(0, self.block), Buffer::<f32>::new(2, self.block));
        let mut heard = [const { Vec::new() }; 2];
        while heard[0].len() < frames {
            let count = self.block.min(frames - heard[0].len());
            self.stage.state().look();
            self.processor.process(input.head(count), output.head_mut(count));
            for (channel, samples) in heard.iter_mut().enumerate() {
                samples.extend_from_slice(&output.channel(channel)[..count]);
            }
        }
        heard
    }
}
