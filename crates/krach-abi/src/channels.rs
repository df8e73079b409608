//! How sound of some channels enters a place with another number of channels.
//!
//! | channels            | [`Adapting::Effect`]  | [`Adapting::Stage`] | [`Adapting::Device`] |
//! |---------------------|-----------------------|---------------------|----------------------|
//! | equal               | each to its own       | each to its own     | each to its own      |
//! | 1 → n               | to every channel      | to every channel    | to every channel     |
//! | n → more            | repeated in turn      | repeated in turn    | the rest is silent   |
//! | n → fewer, as 2 → 1 | summed: L + R         | mean: (L + R) / 2   | mean: (L + R) / 2    |
//! | 0 → n               | silence               | silence             | silence              |
//!
//! In turn: of 2 channels, 4 hear left, right, left, right. Of 3 channels, 2 hear channels 0 and 2, and channel 1. A
//! channel that goes to one place alone keeps its bits.

use crate::{Audio, AudioMut, Sample};
use std::ops::Range;

/// A row of rules for numbers of channels that differ; see the table of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapting {
    /// The effect that a program declares for its voices, as in Faust: channels are summed.
    Effect,
    /// Nodes and routes of the stage: the level of a sound stays as it is.
    Stage,
    /// The loudspeakers of a device: no sound moves to a channel that it was not made for.
    Device,
}

impl Adapting {
    /// The channels, of `given`, that channel `at` of `taken` hears, in the order in which they are added.
    pub fn sources(self, given: usize, taken: usize, at: usize) -> std::iter::StepBy<Range<usize>> {
        let one = |channel: usize| channel..channel + 1;
        let range = match self {
            _ if given == 0 || at >= taken => 0..0,
            _ if taken < given => at..given,
            _ if given == 1 => one(0),
            Self::Device if at >= given => 0..0,
            _ => one(at % given),
        };
        range.step_by(taken.max(1))
    }

    /// The factor for the sum of the sources of channel `at`.
    #[must_use]
    pub fn level(self, given: usize, taken: usize, at: usize) -> f64 {
        let count = self.sources(given, taken, at).len().max(1);
        // At most the number of ports.
        #[allow(clippy::cast_precision_loss)]
        if self == Self::Effect { 1.0 } else { 1.0 / count as f64 }
    }

    /// Fills all channels of `taken` from those of `given`, which has as many frames.
    pub fn adapt<S: Sample>(self, given: Audio<'_, S>, taken: &mut AudioMut<'_, S>) {
        let (from, to) = (given.channels(), taken.channels());
        for at in 0..to {
            let channel = taken.channel_mut(at);
            let mut sources = self.sources(from, to, at);
            let Some(first) = sources.next() else {
                channel.fill(S::default());
                continue;
            };
            channel.copy_from_slice(given.channel(first));
            for more in sources {
                channel.iter_mut().zip(given.channel(more)).for_each(|(sum, &sample)| *sum = *sum + sample);
            }
            let level = self.level(from, to, at);
            if level < 1.0 {
                let level = S::near(level);
                channel.iter_mut().for_each(|sample| *sample = *sample * level);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Buffer;

    const ALL: [Adapting; 3] = [Adapting::Effect, Adapting::Stage, Adapting::Device];

    /// One frame of `given` in as many channels as `taken`.
    fn adapted(rule: Adapting, given: &[f32], taken: usize) -> Vec<f32> {
        let (mut from, mut to) = (Buffer::new(given.len(), 1), Buffer::new(taken, 1));
        given.iter().enumerate().for_each(|(at, &sample)| from.channel_mut(at)[0] = sample);
        rule.adapt(from.head(1), &mut to.head_mut(1));
        (0..taken).map(|at| to.channel(at)[0]).collect()
    }

    #[test]
    fn the_table_of_channels_holds() {
        let rows: [(&[f32], [&[f32]; 3]); 6] = [
            (&[1.0, 2.0], [&[1.0, 2.0]; 3]),
            (&[3.0], [&[3.0, 3.0]; 3]),
            (&[1.0, 2.0], [&[1.0, 2.0, 1.0, 2.0], &[1.0, 2.0, 1.0, 2.0], &[1.0, 2.0, 0.0, 0.0]]),
            (&[1.0, 2.0], [&[3.0], &[1.5], &[1.5]]),
            (&[1.0, 2.0, 4.0], [&[5.0, 2.0], &[2.5, 2.0], &[2.5, 2.0]]),
            (&[], [&[0.0, 0.0]; 3]),
        ];
        for (given, expected) in rows {
            for (rule, expected) in ALL.into_iter().zip(expected) {
                assert_eq!(adapted(rule, given, expected.len()), expected, "{rule:?} of {given:?}");
            }
        }
    }

    #[test]
    fn mono_in_two_channels_keeps_every_bit() {
        for rule in ALL {
            for sample in [f32::MIN_POSITIVE / 8.0, -0.0, 0.1, 1e30] {
                let bits: Vec<u32> = adapted(rule, &[sample], 2).into_iter().map(f32::to_bits).collect();
                assert_eq!(bits, [sample.to_bits(); 2], "{rule:?}");
            }
        }
    }

    #[test]
    fn fewer_channels_hear_every_channel_once() {
        for (given, taken) in (1..12).flat_map(|given| (1..=given).map(move |taken| (given, taken))) {
            for rule in ALL {
                let mut heard: Vec<usize> =
                    (0..taken).flat_map(|at| rule.sources(given, taken, at)).collect();
                heard.sort_unstable();
                assert!(heard.into_iter().eq(0..given), "{rule:?}: {given} in {taken}");
            }
        }
    }

    #[test]
    fn sums_of_equal_channels_are_as_loud_as_one_on_the_stage() {
        for (given, taken) in (1..12).flat_map(|given| (1..12).map(move |taken| (given, taken))) {
            let ones = vec![1.0; given];
            for sample in adapted(Adapting::Stage, &ones, taken) {
                assert!((sample - 1.0).abs() < 1e-6, "{given} in {taken}: {sample}");
            }
        }
    }
}
