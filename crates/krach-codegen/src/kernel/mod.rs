//! A program scheduled for a machine, as data: what is stored where, what is computed when.

mod inst;
pub(crate) mod types;

pub use inst::{Body, Do, Inst};
pub use types::{Address, Element, Shape, Type, V};

use crate::Spec;
use crate::layout::{SlotId, StateLayout};
use krach_abi::{ControlRange, Ports};
use krach_ir::Program;

/// How a region walks through time. Steps of four frames, loops over lanes and waves along chains belong here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Walk {
    /// One frame per step.
    #[default]
    Step1,
}

/// Over which frames a region runs before the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Window {
    #[default]
    Block,
}

/// A loop of the sample section.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Region {
    pub walk: Walk,
    pub window: Window,
    pub body: Body,
    /// The slots that stay in registers of the machine from step to step; stored after the loop.
    pub carried: Vec<SlotId>,
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

    /// What to plug into the compiled code.
    #[must_use]
    pub fn ports(&self) -> Ports {
        let range = |c: &krach_ir::Control| ControlRange { init: c.init, lo: c.lo, hi: c.hi };
        Ports {
            inputs: self.program.inputs().len(),
            outputs: self.program.outputs().len(),
            controls: self.program.controls().iter().map(range).collect(),
        }
    }

    /// The number of instructions of all sections.
    #[must_use]
    pub fn instructions(&self) -> usize {
        let sample: usize = self.sample.iter().map(|region| region.body.insts().len()).sum();
        self.init.insts().len() + self.control.insts().len() + sample
    }

    pub(crate) fn real(&self) -> Element {
        Element::real(self.spec.precision)
    }
}
