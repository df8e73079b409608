//! What values are made of, and what code reaches outside of its state.

use super::inst::{Body, Do};
use crate::maths::narrow;
use krach_abi::Precision;
use krach_ir::{Fun, TableId};
use serde::{Deserialize, Serialize};

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Element {
    F32,
    F64,
    I32,
    /// True or false: what a comparison gives and a choice takes.
    Mask,
}

impl Element {
    #[must_use]
    pub fn bytes(self) -> u32 {
        match self {
            Self::F64 => 8,
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

/// How many of them, and along what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    #[default]
    Scalar,
    /// One for each voice of a packed kernel, or for each frame of a step.
    Lanes,
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

    #[must_use]
    pub fn is_lanes(self) -> bool {
        self.shape == Shape::Lanes
    }
}

/// The result of one instruction of the same section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct V(pub u32);

/// What the code reaches through the table of addresses that every copy points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    Function(Fun),
    Table(TableId),
    /// A function of the kernel's own, of four lanes, with the constants among its operands by their bits.
    Lanes(Fun, [Option<u32>; 2]),
}

impl Address {
    /// The function of four lanes that computes a function of these operands.
    pub(crate) fn of_lanes(fun: Fun, body: &Body, operands: &[V]) -> Self {
        let constant = |at: usize| match body.inst(*operands.get(at)?).what {
            Do::Real(value) => Some(narrow(value).to_bits()),
            _ => None,
        };
        Self::Lanes(fun, [constant(0), constant(1)])
    }
}
