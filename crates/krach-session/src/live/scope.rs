//! The last moment of the master's sound, for pictures of it.

use krach_abi::AudioMut;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The last samples of the master. The audio thread always writes, any thread may read, and no one waits: a reader that
/// is slower than the sound gets fewer frames.
#[derive(Debug)]
pub(super) struct Scope {
    /// Bits of the left and right sample of each frame.
    ring: Box<[[AtomicU32; 2]]>,
    /// Frames written so far. They are announced before and after they are written.
    begun: AtomicUsize,
    written: AtomicUsize,
}

/// Frames that are kept: 0.17 s at 48 kHz.
const FRAMES: usize = 8192;

impl Scope {
    pub fn new() -> Self {
        let silence = || [AtomicU32::new(0), AtomicU32::new(0)];
        let ring = std::iter::repeat_with(silence).take(FRAMES).collect();
        Self { ring, begun: AtomicUsize::new(0), written: AtomicUsize::new(0) }
    }

    /// Adds frames of the master; one channel is left and right. Only the audio thread calls it.
    pub fn write(&self, master: &AudioMut<'_, f32>) {
        if master.channels() == 0 {
            return;
        }
        let (left, right) = (master.channel(0), master.channel(1.min(master.channels() - 1)));
        let start = self.written.load(Ordering::Relaxed);
        self.begun.store(start + left.len(), Ordering::SeqCst);
        for (at, (left, right)) in left.iter().zip(right).enumerate() {
            let frame = &self.ring[(start + at) % FRAMES];
            frame[0].store(left.to_bits(), Ordering::Release);
            frame[1].store(right.to_bits(), Ordering::Release);
        }
        self.written.store(start + left.len(), Ordering::SeqCst);
    }

    /// The last frames of left and right, at most `count`, in order of time: only those that no write changed meanwhile.
    pub fn read(&self, count: usize) -> [Vec<f32>; 2] {
        let end = self.written.load(Ordering::SeqCst);
        let start = end.saturating_sub(count.min(FRAMES));
        let channel = |channel: usize| -> Vec<f32> {
            let bits = |at: usize| self.ring[at % FRAMES][channel].load(Ordering::Acquire);
            (start..end).map(|at| f32::from_bits(bits(at))).collect()
        };
        let [left, right] = [channel(0), channel(1)];
        // What was begun meanwhile took the places of the oldest frames.
        let stale = self.begun.load(Ordering::SeqCst).saturating_sub(FRAMES).saturating_sub(start);
        [left, right].map(|samples| samples[stale.min(samples.len())..].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::Buffer;

    /// Writes the numbers of some frames, and their negatives on the right.
    fn write(scope: &Scope, frames: std::ops::Range<usize>) {
        let mut block = Buffer::<f32>::new(2, frames.len());
        for (at, frame) in frames.clone().enumerate() {
            block.channel_mut(0)[at] = frame as f32;
            block.channel_mut(1)[at] = -(frame as f32);
        }
        scope.write(&block.head_mut(frames.len()));
    }

    #[test]
    fn the_last_frames_come_in_their_order() {
        let scope = Scope::new();
        assert!(scope.read(10).iter().all(Vec::is_empty));
        write(&scope, 0..3);
        assert_eq!(scope.read(10)[0], [0.0, 1.0, 2.0]);
        for block in 0..200 {
            write(&scope, 3 + block * 100..3 + (block + 1) * 100);
        }
        let [left, right] = scope.read(FRAMES);
        assert_eq!(left.len(), FRAMES);
        assert!(
            (left[0] - (20_003 - FRAMES) as f32).abs() < 0.5 && (left[FRAMES - 1] - 20_002.0).abs() < 0.5
        );
        assert!(left.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < 0.5));
        assert!(left.iter().zip(&right).all(|(left, right)| (left + right).abs() < 0.5));
        assert_eq!(scope.read(2)[1], [-20_001.0, -20_002.0]);
    }

    #[test]
    fn a_read_beside_the_audio_thread_gets_neighbours_only() {
        let scope = Scope::new();
        std::thread::scope(|threads| {
            threads.spawn(|| (0..2_000).for_each(|block| write(&scope, block * 512..(block + 1) * 512)));
            while scope.written.load(Ordering::SeqCst) < 2_000 * 512 {
                let [left, right] = scope.read(FRAMES);
                assert!(left.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < 0.5), "{left:?}");
                assert!(left.iter().zip(&right).all(|(left, right)| (left + right).abs() < 0.5));
            }
        });
    }
}
