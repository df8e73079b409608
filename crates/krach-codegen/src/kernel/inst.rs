//! Instructions, and the list of them that one section or region runs.

use super::types::{Type, V};
use crate::layout::{ArrayId, SlotId};
use krach_ir::{Fun, Sig, TableId};

/// The work of one instruction. Whether a function is called or written in place is decided here: lowering only
/// obeys. Indices arrive clamped; nothing here can trap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Do {
    Real(f64),
    Int(i32),
    /// Computes a row of the table in place. A comparison gives a mask; `and`, `or`, `xor` of masks give a mask.
    Apply(Fun),
    /// Calls the function of a row through the table of addresses.
    Call(Fun),
    /// The remainder of a real by 1. `flushed`: the operand is never too small to be normal.
    Fraction {
        flushed: bool,
    },
    /// The mask of two values whose bits differ.
    Differ,
    /// The mask of a non-zero int.
    Test,
    /// The 0 or 1 of a mask.
    Count,
    /// Mask, where true, where false.
    Choose,
    /// Up to four scalars, each in a lane of one vector.
    Pack,
    /// The scalar in that lane of such a vector.
    Unpack(u8),
    /// A scalar and the first three lanes of a vector: what a slot holds in four frames, of what it held before the
    /// first and what each frame writes.
    Shift,
    Load(SlotId),
    Store(SlotId),
    /// Keeps the values of four frames, one in each lane, at a place of [`Stepping::kept`](super::Stepping::kept).
    Keep(u32),
    /// This frame's value of such a place, or those of four frames.
    Kept(u32),
    /// This frame's sample of a port, or those of four frames.
    Input(u32),
    Output(u32),
    /// Position, value: the ring's newest frame, or four of them, of which the first has a position that four divides.
    Push(ArrayId),
    /// Position, frames before it; of four frames the position of the first; in lanes of voices also the age of each voice, before whose birth there is silence.
    Tap(ArrayId),
    /// Index into a shared table.
    Lookup(TableId),
    /// Index into a copy's own table.
    Recall(ArrayId),
    /// Index, value.
    Put(ArrayId),
}

/// One instruction, in static single assignment. Its operands lie in the [`Body`] that holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inst {
    pub what: Do,
    /// Of the result; `None` for stores.
    pub ty: Option<Type>,
    /// The node of the program it computes.
    pub node: Option<Sig>,
    /// Where its operands begin, and their number.
    first: u32,
    count: u32,
}

/// Instructions in the order in which they run, with the operands of all of them in one list: an instruction may
/// have any number of operands.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Body {
    insts: Vec<Inst>,
    operands: Vec<V>,
}

impl Body {
    /// Adds an instruction and returns the number of its result. (A store has no result: its number must not be used.)
    pub fn push(&mut self, what: Do, operands: &[V], ty: Option<Type>, node: Option<Sig>) -> V {
        let number = |len: usize| u32::try_from(len).expect("a few instructions per node");
        let (first, count) = (number(self.operands.len()), number(operands.len()));
        self.operands.extend_from_slice(operands);
        self.insts.push(Inst { what, ty, node, first, count });
        V(number(self.insts.len() - 1))
    }

    #[must_use]
    pub fn insts(&self) -> &[Inst] {
        &self.insts
    }

    #[must_use]
    pub fn inst(&self, v: V) -> &Inst {
        &self.insts[v.0 as usize]
    }

    /// The operands of an instruction of this body.
    #[must_use]
    pub fn operands(&self, inst: &Inst) -> &[V] {
        &self.operands[inst.first as usize..][..inst.count as usize]
    }
}
