//! A copy of everything that sounds, filled a slice at a time while the music plays on.

use super::processor::Processor;
use super::slot::Slot;
use super::swap::{SLICE, STEP};
use crate::loan::Loan;
use krach_abi::{Frame, Handover};

/// Once slices of this many times all state were not enough, the rest is copied at once.
const TIMES: u64 = 8;

/// Copies the state of one node.
pub(crate) struct Copier {
    pub node: u32,
    /// From a program to itself; none for an input of the device.
    pub handover: Option<Box<dyn Handover>>,
    /// Each control goes on from itself.
    pub same: Box<[Option<u16>]>,
    /// The node still sounded when the copy was made.
    pub present: bool,
}

/// A processor that becomes a copy of the one that plays. The control half makes it, with all its memory.
pub(crate) struct Twin {
    pub processor: Processor,
    pub copiers: Box<[Copier]>,
    pub number: u64,
    /// The copier whose turn it is.
    at: usize,
    /// The next slice is due on this frame.
    next: Frame,
    /// Bytes of all state, and bytes copied so far.
    all: u64,
    spent: u64,
}

impl std::fmt::Debug for Twin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Twin").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Twin {
    pub fn new(processor: Processor, copiers: Box<[Copier]>, number: u64, all: u64) -> Self {
        Self { processor, copiers, number, at: 0, next: Frame(0), all, spent: 0 }
    }

    /// Copies a slice of the state of nodes, if it is due. `Some(frame)`: go on then; `None`: all state is across, as
    /// it is on this frame.
    pub fn turn(&mut self, live: &mut [Option<Loan<Slot>>], now: Frame) -> Option<Frame> {
        if now < self.next {
            return Some(self.next);
        }
        self.next = now.after(STEP);
        let all = if self.spent <= TIMES * self.all { SLICE } else { usize::MAX };
        let (mut budget, mut through) = (all, 0);
        // Those that are up to date as of this frame, one after the other.
        while through < self.copiers.len() {
            let copier = &mut self.copiers[self.at];
            let node = copier.node as usize;
            let slots = (live[node].as_deref_mut(), self.processor.slot_mut(node));
            if let (Some(live), Some(copy)) = slots
                && let (Some(from), Some(to)) = (live.player.ensemble(), copy.player.ensemble())
                && let Some(handover) = &mut copier.handover
                && !handover.carry(from.dsp.as_mut(), to.dsp.as_mut(), &mut budget)
            {
                self.spent = self.spent.saturating_add((all - budget) as u64);
                return Some(self.next);
            }
            through += 1;
            self.at = (self.at + 1) % self.copiers.len();
        }
        for copier in &mut self.copiers {
            let node = copier.node as usize;
            if let (Some(live), Some(copy)) = (live[node].as_deref(), self.processor.slot_mut(node)) {
                copy.copy(live, &copier.same, now);
                copier.present = true;
            }
        }
        None
    }
}
