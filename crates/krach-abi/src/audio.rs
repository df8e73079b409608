//! Samples of several channels in one piece of memory, so that a block is handed over in a few words: no list of
//! slices has to be made for it.

use crate::Sample;
use std::ops::Range;

/// Memory for a number of channels of a number of frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer<S> {
    samples: Box<[S]>,
    channels: usize,
    frames: usize,
}

impl<S: Sample> Buffer<S> {
    /// Silence.
    #[must_use]
    pub fn new(channels: usize, frames: usize) -> Self {
        Self { samples: vec![S::default(); channels * frames].into(), channels, frames }
    }

    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    #[must_use]
    pub fn channel(&self, at: usize) -> &[S] {
        &self.samples[at * self.frames..][..self.frames]
    }

    pub fn channel_mut(&mut self, at: usize) -> &mut [S] {
        &mut self.samples[at * self.frames..][..self.frames]
    }

    /// The first `frames` frames of all channels.
    #[must_use]
    pub fn head(&self, frames: usize) -> Audio<'_, S> {
        assert!(frames <= self.frames, "a buffer of {} frames", self.frames);
        Audio { samples: &self.samples, places: self.places(frames) }
    }

    /// The first `frames` frames of all channels, to write.
    pub fn head_mut(&mut self, frames: usize) -> AudioMut<'_, S> {
        assert!(frames <= self.frames, "a buffer of {} frames", self.frames);
        let places = self.places(frames);
        AudioMut { samples: &mut self.samples, places }
    }

    fn places(&self, frames: usize) -> Places {
        Places { stride: self.frames, start: 0, channels: self.channels, frames }
    }
}

/// The places of some frames of some channels in one piece of memory.
#[derive(Clone, Copy, Debug)]
struct Places {
    /// From channel to channel, and from the beginning of a channel to the first frame meant.
    stride: usize,
    start: usize,
    channels: usize,
    frames: usize,
}

impl Places {
    fn channel(self, at: usize) -> Range<usize> {
        let first = at * self.stride + self.start;
        first..first + self.frames
    }

    fn part(self, frames: &Range<usize>) -> Self {
        assert!(frames.start <= frames.end && frames.end <= self.frames, "a part of {} frames", self.frames);
        Self { start: self.start + frames.start, frames: frames.len(), ..self }
    }
}

/// Some frames of some channels, to read.
#[derive(Clone, Copy, Debug)]
pub struct Audio<'a, S> {
    samples: &'a [S],
    places: Places,
}

impl<'a, S> Audio<'a, S> {
    #[must_use]
    pub fn channels(&self) -> usize {
        self.places.channels
    }

    #[must_use]
    pub fn frames(&self) -> usize {
        self.places.frames
    }

    /// One sample per frame.
    #[must_use]
    pub fn channel(&self, at: usize) -> &'a [S] {
        &self.samples[self.places.channel(at)]
    }

    /// A part of the frames.
    #[must_use]
    pub fn part(self, frames: Range<usize>) -> Self {
        Self { places: self.places.part(&frames), ..self }
    }
}

/// Some frames of some channels, to write.
#[derive(Debug)]
pub struct AudioMut<'a, S> {
    samples: &'a mut [S],
    places: Places,
}

impl<S> AudioMut<'_, S> {
    #[must_use]
    pub fn channels(&self) -> usize {
        self.places.channels
    }

    #[must_use]
    pub fn frames(&self) -> usize {
        self.places.frames
    }

    #[must_use]
    pub fn channel(&self, at: usize) -> &[S] {
        &self.samples[self.places.channel(at)]
    }

    pub fn channel_mut(&mut self, at: usize) -> &mut [S] {
        &mut self.samples[self.places.channel(at)]
    }

    /// Some of the channels, by number.
    pub fn some(&mut self, channels: Range<usize>) -> AudioMut<'_, S> {
        let places = self.places;
        assert!(
            channels.start <= channels.end && channels.end <= places.channels,
            "of {} channels",
            places.channels
        );
        let samples = self.samples.get_mut(channels.start * places.stride..).unwrap_or(&mut []);
        AudioMut { samples, places: Places { channels: channels.len(), ..places } }
    }

    /// A part of the frames.
    pub fn part(&mut self, frames: Range<usize>) -> AudioMut<'_, S> {
        AudioMut { samples: &mut *self.samples, places: self.places.part(&frames) }
    }
}

impl<S: Sample> AudioMut<'_, S> {
    pub fn silence(&mut self) {
        (0..self.places.channels).for_each(|at| self.channel_mut(at).fill(S::default()));
    }

    /// The largest size of a sample, NaN if one is NaN.
    #[must_use]
    pub fn peak(&self) -> f64 {
        (0..self.places.channels).map(|at| S::peak(self.channel(at))).fold(0.0, louder)
    }
}

/// The larger of two peaks, NaN if one is NaN.
pub(crate) fn louder(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_channels_are_where_they_belong() {
        let mut buffer = Buffer::<f32>::new(3, 10);
        for at in 0..3_u8 {
            buffer.channel_mut(at.into()).iter_mut().for_each(|sample| *sample = f32::from(at));
        }
        let mut whole = buffer.head_mut(8);
        let mut last = whole.some(1..3);
        let mut part = last.part(2..5);
        assert_eq!((part.channels(), part.frames()), (2, 3));
        part.channel_mut(1).copy_from_slice(&[7.0, -8.0, 9.0]);
        assert_eq!((part.channel(0), part.peak()), (&[1.0; 3][..], 9.0));
        assert_eq!(buffer.channel(2), [2.0, 2.0, 7.0, -8.0, 9.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(buffer.head(8).part(2..4).channel(2), [7.0, -8.0]);
        let mut none = Buffer::<f64>::new(0, 10);
        assert_eq!(none.head_mut(10).some(0..0).peak(), 0.0);
    }

    #[test]
    fn peaks_tell_what_is_not_finite() {
        let peak = |samples: &[f32]| {
            let mut buffer = Buffer::new(1, samples.len());
            buffer.channel_mut(0).copy_from_slice(samples);
            buffer.head_mut(samples.len()).peak()
        };
        assert_eq!(peak(&[0.5, -2.0, 0.0]), 2.0);
        assert_eq!(peak(&[f32::NEG_INFINITY, 1.0]), f64::INFINITY);
        assert!(peak(&[1.0, -f32::NAN, f32::INFINITY]).is_nan());
    }
}
