//! The functions of a kernel: what each is for, and what it runs.

use super::{Address, Body, Kernel, Region, Stepping};
use krach_ir::Fun;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The functions of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// At birth.
    Init,
    /// When a control has changed.
    Control,
    /// For every block.
    Process,
    /// Finds out whether anything moves.
    Settle,
    /// Once nothing moves.
    Hold,
    /// `Process` while nothing moves.
    AtRest,
    /// `Process` in whole steps of four frames.
    Stepping,
    /// `AtRest` in whole steps of four frames.
    SteppingAtRest,
    /// A function of four lanes that the others call, by its number.
    Lanes(u32),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lanes(number) => return write!(f, "lanes {number}"),
            Self::Init => "init",
            Self::Control => "control",
            Self::Process => "process",
            Self::Settle => "settle",
            Self::Hold => "hold",
            Self::AtRest => "process at rest",
            Self::Stepping => "process in steps",
            Self::SteppingAtRest => "process at rest in steps",
        })
    }
}

impl Part {
    /// Whether a kernel can consist of these; `rests`: its state has a flag that something moves.
    pub(crate) fn are_whole(all: impl Iterator<Item = Self>, rests: bool) -> bool {
        let all: Vec<Self> = all.collect();
        let count = |of: Self| all.iter().filter(|part| **part == of).count();
        let rest = usize::from(rests);
        [Self::Init, Self::Control, Self::Process].map(count) == [1; 3]
            && [Self::Settle, Self::Hold, Self::AtRest].map(count) == [rest; 3]
            && count(Self::Stepping) <= 1
            && count(Self::SteppingAtRest) <= rest
    }
}

/// What one function of the code of a kernel runs.
#[derive(Clone, Copy, Debug)]
pub enum Function<'k> {
    /// `f(state)`
    Straight(&'k Body),
    /// `f(state, inputs, outputs, frames)`: these loops, one after the other.
    Loops(&'k [Region]),
    /// Of the same form: both loops for a few frames, then for the next few; `kept` values lie between them.
    Windows { kept: u32, loops: [&'k Region; 2] },
    /// A function of four lanes, with the constants among its operands by their bits.
    Lanes(Fun, [Option<u32>; 2]),
}

impl Kernel {
    /// The functions of its code.
    #[must_use]
    pub fn functions(&self) -> Vec<(Part, Function<'_>)> {
        let mut functions = vec![
            (Part::Init, Function::Straight(&self.init)),
            (Part::Control, Function::Straight(&self.control)),
            (Part::Process, Function::Loops(&self.sample)),
        ];
        if let Some(rest) = &self.rest {
            functions.extend([
                (Part::Settle, Function::Straight(&rest.settle)),
                (Part::Hold, Function::Straight(&rest.hold)),
                (Part::AtRest, Function::Loops(&rest.sample)),
            ]);
            if rest.stepping.is_some() {
                functions.push((Part::SteppingAtRest, Function::Loops(rest.stepping.as_slice())));
            }
        }
        if let Some(Stepping { followers, kept, sample }) = &self.stepping {
            let function = match followers {
                Some(followers) => Function::Windows { kept: *kept, loops: [followers, sample] },
                None => Function::Loops(std::slice::from_ref(sample)),
            };
            functions.push((Part::Stepping, function));
        }
        let lanes = self.addresses.iter().filter_map(|address| match *address {
            Address::Lanes(fun, constants) => Some(Function::Lanes(fun, constants)),
            _ => None,
        });
        functions.extend((0..).map(Part::Lanes).zip(lanes));
        functions
    }
}
