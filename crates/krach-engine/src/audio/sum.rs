//! Sums in an order that depends on neither the size of blocks nor the order of computing.

use krach_abi::{AudioMut, Buffer, Sample};

/// Accumulators of a sum.
const PARTS: usize = 4;

/// A sum of terms in some channels. Term n of the order is added to accumulator n mod 4, and the result is
/// `(a0 + a1) + (a2 + a3)`: the order of long sums in programs. A term that is silent changes nothing, so a sum does not
/// depend on the moment at which a term that has faded is removed.
#[derive(Debug)]
pub(crate) struct Sum<S> {
    parts: Buffer<S>,
    channels: usize,
}

impl<S: Sample> Sum<S> {
    pub fn new(channels: usize, frames: usize) -> Self {
        Self { parts: Buffer::new(PARTS * channels, frames), channels }
    }

    pub fn clear(&mut self, frames: usize) {
        self.parts.head_mut(frames).silence();
    }

    /// Where a term of this number is added for one channel.
    pub fn part(&mut self, term: u64, channel: usize) -> &mut [S] {
        let part = (term % PARTS as u64) as usize;
        self.parts.channel_mut(part * self.channels + channel)
    }

    /// Adds the sum to what is there.
    pub fn add_to(&self, outputs: &mut AudioMut<'_, S>) {
        let frames = outputs.frames();
        for channel in 0..outputs.channels().min(self.channels) {
            for part in 0..PARTS {
                let from = &self.parts.channel(part * self.channels + channel)[..frames];
                outputs.channel_mut(channel).iter_mut().zip(from).for_each(|(to, &from)| *to = *to + from);
            }
        }
    }

    pub fn finish(&self, outputs: &mut AudioMut<'_, S>) {
        let frames = outputs.frames();
        for channel in 0..outputs.channels().min(self.channels) {
            let part = |at: usize| &self.parts.channel(at * self.channels + channel)[..frames];
            let (first, second) = (part(0).iter().zip(part(1)), part(2).iter().zip(part(3)));
            for (to, ((&a, &b), (&c, &d))) in outputs.channel_mut(channel).iter_mut().zip(first.zip(second)) {
                *to = (a + b) + (c + d);
            }
        }
    }
}
