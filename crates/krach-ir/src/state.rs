//! What a program remembers: registers, delay lines, tables and generators of noise.

use crate::{Digest, Program, Sig, Ty};
use std::sync::Arc;

/// Zero at birth; written after the frame with `next`, or, where a gate is given, only in frames in which it is not 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    pub ty: Ty,
    pub next: Sig,
    pub gate: Option<Sig>,
    /// Names of this state that outlive an edit of the program. Merged state carries all its keys.
    pub keys: Vec<Arc<str>>,
}

/// Remembers `input` for `max` frames; a tap of 0 frames reads the input itself. Gated like a register: while the
/// gate is closed the line stands still.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub ty: Ty,
    pub input: Sig,
    pub max: u32,
    pub gate: Option<Sig>,
    pub keys: Vec<Arc<str>>,
}

/// Where a table's contents come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TableInit {
    Reals(Arc<[f64]>),
    Ints(Arc<[i32]>),
    /// A channel of a [`crate::Sound`] that is as long as the table.
    Sound {
        digest: Digest,
        channel: u32,
    },
    /// The first output of this program, run for as many frames as the table is long, without inputs or controls.
    Generated(Arc<Program>),
}

/// A read-only table, shared by all copies of a factory.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub ty: Ty,
    pub len: u32,
    pub init: TableInit,
}

/// A read-write table, one per copy: each frame writes `value` at `index` (clamped), then recalls read.
#[derive(Clone, Debug, PartialEq)]
pub struct Ram {
    pub ty: Ty,
    pub len: u32,
    pub init: TableInit,
    pub index: Sig,
    pub value: Sig,
    pub gate: Option<Sig>,
    pub keys: Vec<Arc<str>>,
}

/// White noise; `ordinal` 0 is the first of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    pub ordinal: u32,
    pub keys: Vec<Arc<str>>,
}

impl Noise {
    /// The state is an int that wraps around: `next = FACTOR * state + STEP`, the example of ANSI C. A sample is the next
    /// state divided by 2,147,483,647.
    pub const FACTOR: i32 = 1_103_515_245;
    /// See [`Noise::FACTOR`].
    pub const STEP: i32 = 12_345;
}
