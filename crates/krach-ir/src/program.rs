//! The program: nodes in order, the state they use, and the names people gave them.

use crate::sound::Sounds;
use crate::{
    Call, CallId, Control, ControlId, Credit, Line, LineId, Meter, Node, Nodes, Noise, NoiseId, Op, Ram,
    RamId, Register, RegisterId, Sig, Table, TableId,
};
use krach_abi::{ControlRange, Ports};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a program that is one voice becomes an instrument of several. Players without notes may ignore it.
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

/// A synth, an effect, a filter: everything that can sound. Made by [`crate::ProgramBuilder`] or [`crate::parse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Program {
    pub(crate) name: String,
    pub(crate) inputs: Vec<Arc<str>>,
    pub(crate) nodes: Nodes,
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
    // Contents of tables, which name them.
    pub(crate) sounds: Sounds,
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

    /// Names of the audio inputs that no node reads.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        let mut read = vec![false; self.inputs.len()];
        for node in self.nodes.iter() {
            if let Op::Input(port) = node.op {
                read[port as usize] = true;
            }
        }
        self.inputs.iter().zip(read).filter(|(_, read)| !read).map(|(input, _)| &**input)
    }

    /// What can be plugged into it.
    #[must_use]
    pub fn ports(&self) -> Ports {
        let range = |control: &Control| ControlRange { init: control.init, lo: control.lo, hi: control.hi };
        Ports {
            inputs: self.inputs.len(),
            outputs: self.outputs.len(),
            controls: self.controls.iter().map(range).collect(),
        }
    }

    /// All nodes, operands before their users.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// All signals, in the order of `nodes`.
    pub fn sigs(&self) -> impl DoubleEndedIterator<Item = Sig> + ExactSizeIterator + use<> {
        (0..u32::try_from(self.nodes.len()).expect("limited when built")).map(Sig)
    }

    /// # Panics
    /// A signal of another program.
    #[must_use]
    pub fn node(&self, sig: Sig) -> Node<'_> {
        self.nodes.of(sig)
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

    /// Where a piece of state was made, by one of its keys: the place of what is remembered, or of the noise.
    #[must_use]
    pub fn site_of_state(&self, key: &str) -> Option<&Site> {
        let is_it = |keys: &[Arc<str>]| keys.iter().any(|known| **known == *key);
        let register = || self.registers.iter().find(|register| is_it(&register.keys)).map(|r| r.next);
        let line = || self.lines.iter().find(|line| is_it(&line.keys)).map(|line| line.input);
        let ram = || self.rams.iter().find(|ram| is_it(&ram.keys)).map(|ram| ram.value);
        let noise = || {
            let at = self.noises.iter().position(|noise| is_it(&noise.keys))?;
            self.sigs().find(|&sig| matches!(self.node(sig).op, Op::Noise(id) if id.index() == at))
        };
        self.site_of(register().or_else(line).or_else(ram).or_else(noise)?)
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
