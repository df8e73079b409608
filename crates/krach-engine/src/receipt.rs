//! What the audio half reports, and the numbers that it keeps.

use crate::audio::{Slot, Swap, Twin};
use crate::command::Batch;
use crate::graph::NodeId;
use crate::loan::Loan;
use crate::meter::Meter;
use krach_abi::{Frame, StatePiece};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What comes back from the audio half.
#[derive(Debug)]
pub(crate) enum Return {
    Batch(Loan<Batch>),
    Snapshot(Loan<Twin>),
    Slot { node: u32, slot: Loan<Slot> },
    Swap { node: u32, swap: Loan<Swap>, end: Frame },
}

/// A change that a node makes by itself. Notices are lost when their ring is full; loans are not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice {
    pub node: u32,
    pub at: Frame,
    pub muted: bool,
    pub overran: bool,
}

/// What the audio half did, and when.
#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    /// The edit of this number happened.
    Edited { number: u64, at: Frame },
    /// A program took the place of another: it faded in between two frames. `bytes` of the state of each voice were
    /// carried. The fade is linear where state was carried, and of equal power where not.
    /// `state`: what became of each piece.
    Swapped { node: NodeId, start: Frame, end: Frame, bytes: usize, carries: bool, state: Vec<StatePiece> },
    /// Samples were infinite or no numbers: the voice was born again, or, the second time within a second, the node
    /// was muted.
    Failed { node: NodeId, at: Frame, muted: bool },
    /// For half a second the node, alone, took longer to compute than its sound lasts: it is muted until it is reset.
    Overran { node: NodeId, at: Frame },
}

/// Counters since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    /// Events and edits that came after their frame, and happened at once.
    pub late: u64,
    /// Events without a node or without room.
    pub lost: u64,
    /// Samples that the limiter changed, or that were cut.
    pub limited: u64,
}

/// Numbers that both halves see.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// The frame that is computed next.
    pub clock: AtomicU64,
    pub late: AtomicU64,
    /// Events for a node that does not sound, and events without room.
    pub lost: AtomicU64,
    pub limited: AtomicU64,
    /// Whether the time that nodes take is measured, and that time, in nanoseconds.
    pub timed: AtomicBool,
    pub times: Box<[AtomicU64]>,
    pub meters: Box<[Meter]>,
    pub master: Meter,
}

impl Gauges {
    pub fn new(nodes: usize) -> Self {
        let zero = || AtomicU64::new(0);
        let meters = (0..nodes).map(|_| Meter::default()).collect();
        let (timed, times) = (AtomicBool::new(false), (0..nodes).map(|_| zero()).collect());
        Self {
            clock: zero(),
            late: zero(),
            lost: zero(),
            limited: zero(),
            timed,
            times,
            meters,
            master: Meter::default(),
        }
    }

    pub fn count(counter: &AtomicU64, more: u64) {
        if more > 0 {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }
}
