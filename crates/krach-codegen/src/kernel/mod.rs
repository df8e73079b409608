//! A program scheduled for a machine, as data: what is stored where, what is computed when.

use crate::layout::{ArrayId, SlotId, StateLayout};
use crate::{Refusal, Spec, schedule};
use krach_abi::{ControlRange, Ports, Precision};
use krach_ir::{Fun, Program, Sig, TableId};
use serde::{Deserialize, Serialize};

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Element {
    F32,
    F64,
    I32,
    I64,
    /// True or false: what a comparison gives and a choice takes.
    Mask,
}

impl Element {
    #[must_use]
    pub fn bytes(self) -> u32 {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 | Self::Mask => 4,
        }
    }

    /// The reals of a precision.
    #[must_use]
    pub fn real(precision: Precision) -> Self {
        match precision {
            Precision::Single => Self::F32,
            Precision::Double => Self::F64,
        }
    }
}

/// How many of them, and along what. Blocks of frames and lanes of equal voices will be shapes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    #[default]
    Scalar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    pub element: Element,
    pub shape: Shape,
}

impl Type {
    #[must_use]
    pub fn scalar(element: Element) -> Self {
        Self { element, shape: Shape::Scalar }
    }
}

/// The result of one instruction of the same section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct V(pub u32);

/// What an instruction does. Indices arrive clamped; nothing here can trap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Do {
    Real(f64),
    Int(i32),
    /// Computes a row of the table. A comparison gives a mask; `and`, `or`, `xor` of masks give a mask.
    Apply(Fun),
    /// The mask of a non-zero int.
    Test,
    /// The 0 or 1 of a mask.
    Count,
    /// Mask, where true, where false.
    Choose,
    Load(SlotId),
    Store(SlotId),
    /// This frame's sample of a port.
    Input(u32),
    Output(u32),
    /// Position, value: the ring's newest frame.
    Push(ArrayId),
    /// Position, frames before it.
    Tap(ArrayId),
    /// Index into a shared table.
    Lookup(TableId),
    /// Index into a copy's own table.
    Recall(ArrayId),
    /// Index, value.
    Put(ArrayId),
}

impl Do {
    #[must_use]
    pub fn arity(self) -> usize {
        match self {
            Self::Real(_) | Self::Int(_) | Self::Load(_) | Self::Input(_) => 0,
            Self::Apply(fun) => fun.arity(),
            Self::Test | Self::Count | Self::Store(_) | Self::Output(_) => 1,
            Self::Lookup(_) | Self::Recall(_) => 1,
            Self::Push(_) | Self::Tap(_) | Self::Put(_) => 2,
            Self::Choose => 3,
        }
    }
}

/// One instruction, in static single assignment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inst {
    pub what: Do,
    operands: [V; 3],
    /// Of the result; `None` for stores.
    pub ty: Option<Type>,
    /// The node of the program it computes.
    pub node: Option<Sig>,
}

impl Inst {
    #[must_use]
    pub fn new(what: Do, operands: &[V], ty: Option<Type>, node: Option<Sig>) -> Self {
        let mut held = [V(0); 3];
        held[..operands.len()].copy_from_slice(operands);
        Self { what, operands: held, ty, node }
    }

    #[must_use]
    pub fn operands(&self) -> &[V] {
        &self.operands[..self.what.arity()]
    }
}

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
    pub body: Vec<Inst>,
}

/// What the code reaches through the table of addresses that every copy points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    Function(Fun),
    Table(TableId),
}

/// A [`Program`] for one machine: when everything is computed and where everything lives. See the crate's essay.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(crate) spec: Spec,
    /// Whatever [`Inst::node`] refers to.
    pub(crate) program: Program,
    pub(crate) layout: StateLayout,
    pub(crate) addresses: Vec<Address>,
    pub(crate) init: Vec<Inst>,
    pub(crate) control: Vec<Inst>,
    pub(crate) sample: Vec<Region>,
}

impl Kernel {
    /// Schedules a program.
    ///
    /// # Errors
    /// A spec that cannot be compiled for; too many instructions; too much state.
    pub fn build(program: &Program, spec: &Spec) -> Result<Self, Refusal> {
        spec.check()?;
        schedule::schedule(program, spec)
    }

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
    pub fn init(&self) -> &[Inst] {
        &self.init
    }

    /// What runs before a block when a control has changed.
    #[must_use]
    pub fn control(&self) -> &[Inst] {
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
        let sample: usize = self.sample.iter().map(|region| region.body.len()).sum();
        self.init.len() + self.control.len() + sample
    }

    pub(crate) fn real(&self) -> Element {
        Element::real(self.spec.precision)
    }
}
