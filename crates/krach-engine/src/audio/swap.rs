//! A program takes the place of another while both sound.

use super::player::{Player, Source};
use crate::shape::Motion;
use krach_abi::{Frame, Handover};
use std::ops::Range;

/// State is carried in slices of this size in bytes, …
pub(super) const SLICE: usize = 32 << 10;
/// … one in this number of frames, while the old program sounds.
pub(super) const STEP: usize = 64;

/// Two programs, and how far one has taken the place of the other. It is made by the control half and goes home with
/// the old program.
pub(crate) struct Swap {
    /// The new program until it sounds, then the old one.
    pub player: Player,
    pub handover: Box<dyn Handover>,
    /// Some state is carried: the two sound alike, and their levels are added. Otherwise, their powers are.
    pub carries: bool,
    /// Bytes of state of one voice that are carried.
    pub bytes: usize,
    /// For each control of the new program, the control of the old one with the same number.
    pub inherits: Box<[Option<u16>]>,
    /// Tables for the numbers of all controls, at least as long as those of the node.
    pub values: Box<[f64]>,
    pub motions: Box<[Option<Motion>]>,
    /// The levels of left and right by the law of the new outputs; none where the law stays.
    pub sides: Option<[f32; 2]>,
    /// Of the crossfade.
    pub frames: u32,
    pub phase: Phase,
    /// The new program has its state and notes already, those of a snapshot; these are the levels to go with it.
    pub restored: Option<Levels>,
}

/// The levels of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    pub gain: f64,
    pub mute: f64,
    pub sides: [f64; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    /// The next slice is due on this frame.
    Carrying(Frame),
    Fading(Frame),
}

impl std::fmt::Debug for Swap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Swap").field("phase", &self.phase).finish_non_exhaustive()
    }
}

impl Swap {
    /// The frame on which something changes next.
    pub fn edge(&self) -> Frame {
        match self.phase {
            Phase::Carrying(next) => next,
            Phase::Fading(start) => start.after(self.frames as usize),
        }
    }

    /// Carries a slice of state; true when all is across, and the new program has the notes and controls.
    pub fn carry(&mut self, old: &mut Player, frame: Frame) -> bool {
        let (Source::Notes(from), Source::Notes(to)) = (&mut old.source, &mut self.player.source) else {
            return true;
        };
        if self.restored.is_some() {
            return true;
        }
        if !self.handover.carry(from.dsp.as_mut(), to.dsp.as_mut(), &mut { SLICE }) {
            self.phase = Phase::Carrying(frame.after(STEP));
            return false;
        }
        to.adopt(from, &self.inherits, frame);
        true
    }

    /// Fades some frames of `new` in over those of the old program. A sample that is the same in both stays as it is.
    pub fn crossfade(&self, new: &mut Player, width: usize, start: Frame, frames: Range<usize>) {
        let Phase::Fading(begun) = self.phase else { return };
        // From the last channel: the first may be the source of the others.
        for channel in (0..width).rev() {
            let source = new.spread(channel);
            let block = new.heard.head_mut(frames.end);
            spread(block, source, channel, frames.clone());
            let to = &mut new.heard.channel_mut(channel)[frames.clone()];
            let old =
                self.player.spread(channel).map(|from| &self.player.heard.channel(from)[frames.clone()]);
            for (at, to) in to.iter_mut().enumerate() {
                let old = old.map_or(0.0, |old| old[at]);
                let part = part(start.after(frames.start + at).since(begun), self.frames);
                *to = if self.carries {
                    old + (*to - old) * part
                } else {
                    // Powers that add up to 1, along a curve that begins and ends without a corner.
                    let power = part * part * (3.0 - 2.0 * part);
                    old * (1.0 - power).sqrt() + *to * power.sqrt()
                };
            }
        }
    }
}

/// Fills a channel from another, or with silence.
fn spread(
    mut block: krach_abi::AudioMut<'_, f32>,
    source: Option<usize>,
    channel: usize,
    frames: Range<usize>,
) {
    match source {
        Some(source) if source == channel => {}
        Some(source) => {
            for frame in frames {
                block.channel_mut(channel)[frame] = block.channel(source)[frame];
            }
        }
        None => block.channel_mut(channel)[frames].fill(0.0),
    }
}

fn part(done: usize, whole: u32) -> f32 {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    let part = (done as f64 / f64::from(whole)) as f32;
    part.min(1.0)
}
