//! A program scheduled for a machine, as data: what is stored where, what is computed when.

mod inst;
mod part;
pub(crate) mod types;

pub use inst::{Body, Do, Inst};
pub use part::{Function, Part};
pub use types::{Address, Element, Shape, Type, V};

use crate::layout::{SlotId, StateLayout};
use crate::{Spec, maths};
use krach_abi::Precision;
use krach_ir::Program;

/// How a region walks through time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Walk {
    /// One frame per step.
    #[default]
    Step1,
    /// Four frames per step: a lane is a frame.
    Step4,
}

/// Over which frames a region runs before the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Window {
    #[default]
    Block,
    /// That many frames: what one region keeps of them for the next one stays near.
    Few,
}

impl Window {
    /// Frames of [`Window::Few`].
    pub const FEW: u32 = 32;
}

/// A loop of the sample section.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Region {
    pub walk: Walk,
    pub window: Window,
    pub body: Body,
    /// The slots that stay in registers of the machine from step to step; stored after the loop.
    pub carried: Vec<SlotId>,
    /// Of a loop over samples in steps of four frames: the estimated time of a step, and of four frames one at a time, in
    /// short instructions.
    pub cost: Option<(u64, u64)>,
}

/// What runs instead of the sample section while everything that follows controls stands still.
#[derive(Clone, Debug)]
pub struct Rest {
    /// The program at rest, whose nodes the instructions of these bodies name.
    pub program: Program,
    /// Not 0 while anything moves. The control section sets it, and so does a write of state from outside.
    pub moving: SlotId,
    /// Finds out whether anything still moves.
    pub settle: Body,
    /// Computes, once at rest, what the loops below take from it.
    pub hold: Body,
    pub sample: Vec<Region>,
    /// What runs instead for whole steps of four frames, if that is faster.
    pub stepping: Option<Region>,
}

/// What runs instead of the sample section for whole steps of four frames. Followers of controls may have a loop of their
/// own: they are computed for a few frames at once, and kept for the loop of all the rest.
#[derive(Clone, Debug)]
pub struct Stepping {
    pub followers: Option<Region>,
    /// Values that the first loop keeps for the second, a place for each.
    pub kept: u32,
    pub sample: Region,
}

/// A [`Program`] for one machine: when everything is computed and where everything lives. See the crate's essay.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(crate) spec: Spec,
    /// The program whose nodes [`Inst::node`] names.
    pub(crate) program: Program,
    pub(crate) layout: StateLayout,
    pub(crate) addresses: Vec<Address>,
    pub(crate) init: Body,
    pub(crate) control: Body,
    pub(crate) sample: Vec<Region>,
    pub(crate) rest: Option<Rest>,
    pub(crate) stepping: Option<Stepping>,
}

impl Kernel {
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The program as scheduled: optimised at the sample rate.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    #[must_use]
    pub fn layout(&self) -> &StateLayout {
        &self.layout
    }

    /// What the code reaches through the state's header, in order.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// What runs at birth.
    #[must_use]
    pub fn init(&self) -> &Body {
        &self.init
    }

    /// What runs before a block when a control has changed.
    #[must_use]
    pub fn control(&self) -> &Body {
        &self.control
    }

    /// What runs for every block, in order.
    #[must_use]
    pub fn sample(&self) -> &[Region] {
        &self.sample
    }

    /// What runs at rest, if anything follows controls.
    #[must_use]
    pub fn rest(&self) -> Option<&Rest> {
        self.rest.as_ref()
    }

    /// What runs for whole steps of four frames while anything moves, if that is faster.
    #[must_use]
    pub fn stepping(&self) -> Option<&Stepping> {
        self.stepping.as_ref()
    }

    /// A constant as the code holds it: rounded to the precision, and zero where it is too small to be normal.
    #[must_use]
    pub fn literal(&self, value: f64) -> f64 {
        match self.spec.precision {
            Precision::Single => maths::narrow(value).into(),
            Precision::Double => value,
        }
    }

    /// What its reals are made of.
    #[must_use]
    pub fn real(&self) -> Element {
        Element::real(self.spec.precision)
    }

    /// All bodies, each with the program whose nodes it names.
    pub fn bodies(&self) -> impl Iterator<Item = (&Program, &Body)> {
        let own =
            [&self.init, &self.control].into_iter().chain(self.sample.iter().map(|region| &region.body));
        let rest = self.rest.iter().flat_map(|rest| {
            let regions = rest.sample.iter().chain(&rest.stepping).map(|region| &region.body);
            [&rest.settle, &rest.hold].into_iter().chain(regions).map(|body| (&rest.program, body))
        });
        let stepping = self.stepping.iter().flat_map(|stepping| {
            stepping.followers.iter().chain([&stepping.sample]).map(|region| (&self.program, &region.body))
        });
        own.map(|body| (&self.program, body)).chain(rest).chain(stepping)
    }

    /// The number of instructions of all sections.
    #[must_use]
    pub fn instructions(&self) -> usize {
        self.bodies().map(|(_, body)| body.insts().len()).sum()
    }
}
