//! One node: an operation on the signals before it.

use crate::{ControlId, Fun, LineId, NoiseId, RamId, RegisterId, Sig, TableId, Ty};

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// A finite constant.
    Real(f64),
    Int(i32),
    /// An audio input, by port.
    Input(u32),
    Control(ControlId),
    /// In Hz, as a real.
    SampleRate,
    /// What the register was written with in the frame before; zero in the first.
    Read(RegisterId),
    /// White noise in -1..1, a generator of its own: `s = 1103515245 s + 12345` in 32 bits, `s / 2147483647`.
    Noise(NoiseId),
    /// The input of a delay line, so many frames ago. Operand: the delay, an int within `0..=max` of the line.
    Tap(LineId),
    /// Operand: the index, an int; clamped into the table.
    Lookup(TableId),
    /// After this frame's write. Operand: the index, an int; clamped into the table.
    Recall(RamId),
    /// The operand itself, as a library function sees it: the boundary of a [`Call`]. `optimise` drops it.
    Argument,
    Apply(Fun),
}

impl Op {
    /// Number of signal operands.
    #[must_use]
    pub fn arity(self) -> usize {
        match self {
            Self::Tap(_) | Self::Lookup(_) | Self::Recall(_) | Self::Argument => 1,
            Self::Apply(fun) => fun.arity(),
            _ => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    pub op: Op,
    pub ty: Ty,
    operands: [Sig; 3],
}

impl Node {
    #[must_use]
    pub fn new(op: Op, ty: Ty, operands: &[Sig]) -> Self {
        let mut held = [Sig(0); 3];
        held[..operands.len()].copy_from_slice(operands);
        Self { op, ty, operands: held }
    }

    #[must_use]
    pub fn operands(&self) -> &[Sig] {
        &self.operands[..self.op.arity()]
    }
}
