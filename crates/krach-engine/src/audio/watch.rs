//! A voice whose samples are infinite or no numbers is born again, and fades in.

use super::voices::{Ensemble, State};
use crate::ramp::Ramp;
use krach_abi::{Audio, Block, Frame, Sample};
use std::time::Duration;

/// Fades to silence in a second: each takes 5 ms.
const FADES: usize = 200;

/// What is known of the failures of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// A voice that fails twice within this number of frames is muted.
    within: usize,
    /// The frame of the last failure, until it is reported.
    pub struck: Option<Frame>,
    /// The frame from which the node is muted.
    pub failed: Option<Frame>,
    /// It was muted because it took too long; until that is reported.
    pub overran: bool,
    /// The way to silence of a node that took too long.
    pub fade: Option<Ramp>,
    /// Frames of sound for which it took longer, alone, than they last: one callback after the other.
    over: usize,
}

impl Watch {
    pub fn new(second: usize) -> Self {
        Self { within: second, struck: None, failed: None, overran: false, fade: None, over: 0 }
    }

    /// It is not computed from this frame on.
    pub fn silences(&self, frame: Frame) -> bool {
        self.failed.is_some() && self.fade.is_none_or(|fade| fade.settled(frame).is_some())
    }

    /// It plays again.
    pub fn forgive(&mut self) {
        (self.failed, self.fade) = (None, None);
    }

    /// Hears how much time the node took for some frames, and how much there was. A node that takes more than all of
    /// it for half a second is muted.
    pub fn judge(&mut self, took: Duration, frames: usize, budget: Duration, at: Frame) {
        self.over = if took > budget { self.over + frames } else { 0 };
        if 2 * self.over >= self.within && self.failed.is_none() {
            (self.over, self.overran) = (0, true);
            (self.failed, self.struck) = (Some(at), Some(at));
            let frames = u32::try_from(self.within / FADES).unwrap_or(u32::MAX);
            self.fade = Some(Ramp::new(1.0, 0.0, at, frames));
        }
    }
}

impl<S: Sample> Ensemble<S> {
    /// After a block that was not finite: each voice is silent from its first bad sample, and computed again from
    /// there, from birth. So the size of blocks does not matter here either.
    pub fn mend(&mut self, start: Frame, inputs: Audio<'_, S>, watch: &mut Watch) {
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].state != State::Free {
                self.mend_voice(lane, start, inputs, watch);
            }
        }
    }

    fn mend_voice(&mut self, lane: usize, start: Frame, inputs: Audio<'_, S>, watch: &mut Watch) {
        let (frames, first) = (inputs.frames(), lane * self.ports);
        while let Some(bad) = self.first_bad(lane, frames) {
            for port in first..first + self.ports {
                self.heard.channel_mut(port)[bad..frames].fill(S::default());
            }
            let at = start.after(bad);
            self.dsp.reset(lane);
            let again = self.lanes[lane].reborn.is_some_and(|before| at.since(before) < watch.within);
            self.lanes[lane].reborn = Some(at);
            watch.struck = Some(at);
            if again {
                watch.failed = Some(watch.failed.map_or(at, |failed| failed.min(at)));
                return;
            }
            self.compute_alone(lane, at, inputs, bad);
        }
    }

    fn first_bad(&self, lane: usize, frames: usize) -> Option<usize> {
        let bad = |port| {
            let samples = &self.heard.channel(lane * self.ports + port)[..frames];
            samples.iter().position(|sample| !sample.wide().is_finite())
        };
        (0..self.ports).filter_map(bad).min()
    }

    /// Computes one voice from a frame of the block on.
    fn compute_alone(&mut self, lane: usize, at: Frame, inputs: Audio<'_, S>, from: usize) {
        for (index, io) in self.io.iter_mut().enumerate() {
            io.busy = index == lane;
        }
        let mut heard = self.heard.head_mut(inputs.frames());
        let outputs = heard.part(from..inputs.frames());
        let inputs = inputs.part(from..inputs.frames());
        let mut block = Block { start: at, inputs, outputs, voices: &mut self.io };
        S::process(self.dsp.as_mut(), &mut block);
    }
}
