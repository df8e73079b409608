//! The program: nodes in order, the state they use, and what people called things.

use crate::{Credit, Fun, Meter, Ty};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            #[must_use]
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("a program has fewer than 2^32 parts"))
            }

            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    )*};
}

ids! {
    /// A signal: the value of one node in every frame. Operands always have smaller indices than their node.
    Sig "%";
    /// A control, in order of first use.
    ControlId "c";
    /// One frame of memory.
    RegisterId "r";
    /// A delay line.
    LineId "d";
    /// A read-only table.
    TableId "t";
    /// A read-write table.
    RamId "m";
    /// A noise generator.
    NoiseId "n";
    /// A use of a library function.
    CallId "f";
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlKind {
    Slider,
    Number,
    Button,
    Checkbox,
}

/// A parameter people turn. Constant between changes, which are clamped to `lo..=hi`.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    pub name: Arc<str>,
    pub kind: ControlKind,
    pub init: f64,
    pub lo: f64,
    pub hi: f64,
    /// Advice to widgets; values are not quantised.
    pub step: f64,
    pub face: Face,
}

/// A control or a meter as people see it. No bearing on the sound.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Face {
    /// Groups and label, each after a `/`; empty for one that stands in no interface of groups.
    pub address: Arc<str>,
    /// What its author says of it, such as `unit`, `scale`, `style` or `midi`, as keys and values. A key may come
    /// several times.
    pub metadata: Vec<(Arc<str>, Arc<str>)>,
}

impl Face {
    /// The values of that key.
    pub fn values<'a>(&'a self, key: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.metadata.iter().filter(move |(known, _)| **known == *key).map(|(_, value)| &**value)
    }
}

/// How a program that is one voice becomes an instrument of several. Whoever plays no notes may ignore it.
#[derive(Clone, Debug, PartialEq)]
pub struct Polyphony {
    /// How many notes sound at once.
    pub voices: u32,
    /// What their sum goes through.
    pub effect: Option<Arc<Program>>,
}

/// A named audio output.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub name: Arc<str>,
    pub sig: Sig,
}

/// A place in the user's source, in lines and columns from 1 (characters), the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    pub file: Arc<str>,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// A parameter of a library function that is not a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum Static {
    Number(f64),
    Text(Arc<str>),
}

/// A signal parameter: what was given, and the [`Op::Argument`] that stands for it inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Arc<str>,
    pub outer: Sig,
    pub inner: Sig,
}

/// One use of a library function, inlined: which nodes are its own is [`Program::home`].
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub function: Arc<str>,
    pub parent: Option<CallId>,
    pub arguments: Vec<Argument>,
    pub statics: Vec<(Arc<str>, Static)>,
    pub results: Vec<Sig>,
}

/// A synth, an effect, a filter: everything that can sound. Made by [`crate::ProgramBuilder`] or [`crate::parse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Program {
    pub(crate) name: String,
    pub(crate) inputs: Vec<Arc<str>>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) controls: Vec<Control>,
    pub(crate) registers: Vec<Register>,
    pub(crate) lines: Vec<Line>,
    pub(crate) tables: Vec<Table>,
    pub(crate) rams: Vec<Ram>,
    pub(crate) noises: Vec<Noise>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) polyphony: Option<Polyphony>,
    // What people see and wrote; no bearing on the sound.
    pub(crate) meters: Vec<Meter>,
    pub(crate) metadata: Vec<(Arc<str>, Arc<str>)>,
    pub(crate) calls: Vec<Call>,
    pub(crate) homes: Vec<Option<CallId>>,
    pub(crate) names: BTreeMap<Sig, Arc<str>>,
    pub(crate) sites: BTreeMap<Sig, Site>,
    pub(crate) credits: BTreeSet<Credit>,
}

impl Program {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The same, declared to be such: keys and values, a key several times if need be.
    #[must_use]
    pub fn declared(self, metadata: Vec<(Arc<str>, Arc<str>)>) -> Self {
        Self { metadata, ..self }
    }

    /// The same as one voice of several.
    #[must_use]
    pub fn polyphonic(self, polyphony: Option<Polyphony>) -> Self {
        Self { polyphony, ..self }
    }

    #[must_use]
    pub fn polyphony(&self) -> Option<&Polyphony> {
        self.polyphony.as_ref()
    }

    /// What the sum of its voices goes through.
    #[must_use]
    pub fn effect(&self) -> Option<&Arc<Program>> {
        self.polyphony.as_ref()?.effect.as_ref()
    }

    /// What is heard in the end: the outputs of its effect, or its own.
    #[must_use]
    pub fn heard(&self) -> &[Output] {
        self.effect().map_or(&self.outputs, |effect| &effect.outputs)
    }

    /// Its controls, then those of its effect.
    pub fn all_controls(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().chain(self.effect().into_iter().flat_map(|effect| &effect.controls))
    }

    /// What its author declares of it, such as `author`, `license` or `options`.
    #[must_use]
    pub fn metadata(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.metadata
    }

    /// The same with all these credits, and no others.
    #[must_use]
    pub fn credited(self, credits: BTreeSet<Credit>) -> Self {
        Self { credits, ..self }
    }

    /// Whose work it is made with.
    #[must_use]
    pub fn credits(&self) -> &BTreeSet<Credit> {
        &self.credits
    }

    /// Names of the audio inputs, in order of ports.
    #[must_use]
    pub fn inputs(&self) -> &[Arc<str>] {
        &self.inputs
    }

    /// All nodes, operands before their users.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All signals, in the order of `nodes`.
    pub fn sigs(&self) -> impl DoubleEndedIterator<Item = Sig> + ExactSizeIterator + use<> {
        (0..u32::try_from(self.nodes.len()).expect("limited when built")).map(Sig)
    }

    #[must_use]
    pub fn node(&self, sig: Sig) -> &Node {
        &self.nodes[sig.index()]
    }

    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    #[must_use]
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    #[must_use]
    pub fn control(&self, id: ControlId) -> &Control {
        &self.controls[id.index()]
    }

    #[must_use]
    pub fn registers(&self) -> &[Register] {
        &self.registers
    }

    #[must_use]
    pub fn register(&self, id: RegisterId) -> &Register {
        &self.registers[id.index()]
    }

    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    #[must_use]
    pub fn line(&self, id: LineId) -> &Line {
        &self.lines[id.index()]
    }

    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    #[must_use]
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.index()]
    }

    #[must_use]
    pub fn rams(&self) -> &[Ram] {
        &self.rams
    }

    #[must_use]
    pub fn ram(&self, id: RamId) -> &Ram {
        &self.rams[id.index()]
    }

    #[must_use]
    pub fn noises(&self) -> &[Noise] {
        &self.noises
    }

    #[must_use]
    pub fn noise(&self, id: NoiseId) -> &Noise {
        &self.noises[id.index()]
    }

    /// Uses of library functions, callers before callees.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    #[must_use]
    pub fn call(&self, id: CallId) -> &Call {
        &self.calls[id.index()]
    }

    /// The innermost call in which a node was made; `None` is the function itself.
    #[must_use]
    pub fn home(&self, sig: Sig) -> Option<CallId> {
        self.homes[sig.index()]
    }

    /// What the user called this signal.
    #[must_use]
    pub fn name_of(&self, sig: Sig) -> Option<&Arc<str>> {
        self.names.get(&sig)
    }

    /// Where the user wrote it.
    #[must_use]
    pub fn site_of(&self, sig: Sig) -> Option<&Site> {
        self.sites.get(&sig)
    }

    /// Every signal that must be computed before this node in the same frame: its operands, and what it reads
    /// through a line or a read-write table.
    pub fn dependencies(&self, sig: Sig) -> impl Iterator<Item = Sig> + '_ {
        let node = self.node(sig);
        let through: [Option<Sig>; 3] = match node.op {
            Op::Tap(line) => [Some(self.line(line).input), self.line(line).gate, None],
            Op::Recall(ram) => [Some(self.ram(ram).index), Some(self.ram(ram).value), self.ram(ram).gate],
            _ => [None; 3],
        };
        node.operands().iter().copied().chain(through.into_iter().flatten())
    }
}
