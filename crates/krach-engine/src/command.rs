//! The orders of the control half: plain data and loans, at most 40 bytes each.

use crate::audio::{Route, Slot, Swap, Twin};
use crate::loan::Loan;
use crate::note::NoteId;
use crate::schedule::Schedule;
use crate::shape::Automation;
use krach_abi::Frame;

/// One order.
#[derive(Debug)]
pub(crate) enum Command {
    Event(Event),
    /// Events of a group, from a frame on, that were sent before this command are dropped.
    Revoke {
        group: u32,
        from: Frame,
    },
    Batch(Loan<Batch>),
    Snapshot(Loan<Twin>),
}

const _: () = assert!(size_of::<Command>() <= 40);

/// Something that happens on a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Event {
    pub at: Frame,
    /// The number of a node; for [`Act::Level`] and [`Act::Heard`] that of a route.
    pub target: u32,
    pub group: u32,
    pub act: Act,
}

/// What happens. Controls are known by the numbers that the caller of the stage gave them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Set {
        control: u16,
        value: f64,
    },
    /// A straight way from the sounding value.
    Fade {
        control: u16,
        frames: u32,
        to: f64,
    },
    Gain {
        frames: u32,
        to: f64,
    },
    Pan {
        frames: u32,
        sides: [f32; 2],
    },
    /// 1 is heard, 0 is muted.
    Mute {
        frames: u32,
        to: f64,
    },
    /// The level of a route, and whether soloed nodes silence it.
    Level {
        frames: u32,
        to: f64,
    },
    Heard {
        frames: u32,
        to: f64,
    },
    Master {
        frames: u32,
        to: f64,
    },
    Limiter {
        frames: u32,
        to: f64,
    },
    /// All voices go back to birth; a node that was muted because it failed plays again.
    Reset,
    Release(NoteId),
    Press {
        note: NoteId,
        key: f64,
        velocity: f32,
        tied: bool,
    },
    SetNote {
        note: NoteId,
        control: u16,
        value: f64,
    },
    /// A gate that is open closes for this frame, before it opens again.
    Close,
}

impl Act {
    /// Of one frame, what concerns the whole comes first: a piece ends before it, and with it the events of nodes that were
    /// taken for that piece. Then values are set, then notes are let go, then others begin.
    pub fn rank(&self) -> u8 {
        match self {
            wide if wide.is_wide() => 0,
            Self::Release(_) => 2,
            Self::Press { .. } => 3,
            Self::SetNote { .. } => 4,
            Self::Close => 5,
            _ => 1,
        }
    }

    /// Its target is a route.
    pub fn is_of_route(&self) -> bool {
        matches!(self, Self::Level { .. } | Self::Heard { .. })
    }

    /// It concerns more than one node: every node is split on its frame.
    pub fn is_wide(&self) -> bool {
        self.is_of_route() || matches!(self, Self::Master { .. } | Self::Limiter { .. })
    }
}

/// Edits that happen on one frame.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The earliest frame; without, that of the next block.
    pub at: Option<Frame>,
    /// Nothing happens before these have come to rest.
    pub waits: Vec<Wait>,
    pub edits: Vec<Edit>,
    /// The new schedule; later, the old one.
    pub schedule: Schedule,
    /// The frame on which it happened.
    pub done: Frame,
    pub number: u64,
}

/// What a batch waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wait {
    /// A node whose program is being replaced.
    Node(u32),
    /// A route that fades out.
    Route(u32),
}

#[derive(Debug)]
pub(crate) enum Edit {
    Add {
        node: u32,
        slot: Option<Loan<Slot>>,
    },
    Replace {
        node: u32,
        swap: Option<Loan<Swap>>,
    },
    /// Fades a node out; then it goes home.
    Remove {
        node: u32,
        frames: u32,
    },
    Route {
        index: u32,
        route: Route,
    },
    /// Fades a route out.
    Unroute {
        index: u32,
        frames: u32,
    },
    Automate {
        node: u32,
        control: u16,
        automation: Option<Automation>,
        frames: u32,
    },
    Act {
        target: u32,
        act: Act,
    },
}
