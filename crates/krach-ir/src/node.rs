//! Nodes: each an operation on signals of nodes before it.

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
    /// The input of a delay line, a number of frames ago. Operand: the delay, an int within `0..=max` of the line.
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
    /// Number of signal operands: for a sum the least, [`Fun::TERMS`].
    #[must_use]
    pub fn arity(self) -> usize {
        match self {
            Self::Tap(_) | Self::Lookup(_) | Self::Recall(_) | Self::Argument => 1,
            Self::Apply(fun) => fun.arity(),
            _ => 0,
        }
    }

    /// Whether that many operands can be given to it.
    #[must_use]
    pub fn takes(self, count: usize) -> bool {
        if self == Self::Apply(Fun::Sum) { count >= Fun::TERMS } else { count == self.arity() }
    }
}

/// One node of a program, as [`Nodes`] lends it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node<'p> {
    pub op: Op,
    pub ty: Ty,
    operands: &'p [Sig],
}

impl<'p> Node<'p> {
    #[must_use]
    pub fn new(op: Op, ty: Ty, operands: &'p [Sig]) -> Self {
        Self { op, ty, operands }
    }

    #[must_use]
    pub fn operands(&self) -> &'p [Sig] {
        self.operands
    }
}

/// The nodes of a program in order. The operands of all of them lie in one list, so that a node may have any number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nodes {
    heads: Vec<Head>,
    operands: Vec<Sig>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Head {
    op: Op,
    ty: Ty,
    /// Where its operands end in the list; they begin where those of the node before end.
    end: u32,
}

impl Nodes {
    #[must_use]
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    #[must_use]
    pub fn get(&self, at: usize) -> Option<Node<'_>> {
        let head = self.heads.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| self.heads[before].end);
        Some(Node::new(head.op, head.ty, &self.operands[start as usize..head.end as usize]))
    }

    /// The node that makes a signal.
    ///
    /// # Panics
    /// A signal of another program.
    #[must_use]
    pub fn of(&self, sig: Sig) -> Node<'_> {
        self.get(sig.index()).expect("a signal of this program")
    }

    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Node<'_>> + ExactSizeIterator {
        (0..self.len()).map(|at| self.get(at).expect("counted"))
    }

    /// Appends a node and gives its signal.
    pub(crate) fn push(&mut self, node: Node<'_>) -> Sig {
        self.operands.extend_from_slice(node.operands);
        let end = u32::try_from(self.operands.len()).expect("a program has fewer than 2^32 operands");
        self.heads.push(Head { op: node.op, ty: node.ty, end });
        Sig::new(self.heads.len() - 1)
    }
}
