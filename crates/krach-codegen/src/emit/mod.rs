//! Writing the instructions of one section.
//!
//! Nodes are computed in the program's order; leaves (constants, inputs, controls, registers) are fetched where
//! they are first used. Functions of a bundle are computed together, after all that any of them needs. State is stored
//! as soon as both its old value was fetched and its new one is known, so that few values are alive at a time.

mod frame;
mod functions;
mod memory;
mod steps;

use crate::Spec;
use crate::bundles::Bundles;
use crate::kernel::{Address, Body, Do, Element, Shape, Type, V};
use crate::layout::SlotId;
use crate::plan::{Access, Plan, Section};
use crate::steps::Steps;
use crate::storage::{Memory, Storage};
use krach_ir::{Fun, Op, Program, Sig, Ty};
use rustc_hash::FxHashMap;
use steps::View;

/// What waits for a node's value.
#[derive(Clone, Copy, Debug)]
enum Due {
    Memory(usize),
    Output(u32),
}

/// See the module's essay.
pub(crate) struct Writer<'a> {
    program: &'a Program,
    plan: &'a Plan,
    spec: &'a Spec,
    storage: &'a mut Storage,
    section: Section,
    /// Of a loop of four frames per step: which nodes are computed in lanes.
    steps: Option<&'a Steps>,
    view: View,
    body: Body,
    /// The node being computed.
    node: Option<Sig>,
    values: FxHashMap<(Sig, View), V>,
    /// Ints of masks and masks of ints.
    counts: FxHashMap<V, V>,
    tests: FxHashMap<V, V>,
    /// Of each memory: the value of the frame before, once fetched; whether the next one is stored.
    fetched: Vec<Option<V>>,
    stored: Vec<bool>,
    due: FxHashMap<Sig, Vec<Due>>,
    outputs: Vec<bool>,
    positions: FxHashMap<(SlotId, View), V>,
    age: Option<V>,
    /// Clamped indices, by the signal and the length of what it points into.
    indices: FxHashMap<(Sig, View, u32), V>,
    /// Of each line and each read-write table: a bit for each frame that is written.
    pushed: Vec<u8>,
    put: Vec<u8>,
    /// Functions written in place so far.
    written: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        program: &'a Program,
        plan: &'a Plan,
        spec: &'a Spec,
        storage: &'a mut Storage,
        section: Section,
    ) -> Self {
        let memories = storage.memories.len();
        let mut due: FxHashMap<Sig, Vec<Due>> = FxHashMap::default();
        for (at, memory) in storage.memories.iter().enumerate() {
            for sig in std::iter::once(memory.next).chain(memory.gate) {
                due.entry(plan.source(sig)).or_default().push(Due::Memory(at));
            }
        }
        for (port, output) in (0_u32..).zip(program.outputs()) {
            due.entry(plan.source(output.sig)).or_default().push(Due::Output(port));
        }
        let mut stored = vec![false; memories];
        for still in storage.still(plan) {
            stored[still] = true;
        }
        Self {
            program,
            plan,
            spec,
            storage,
            section,
            steps: None,
            view: View::One,
            body: Body::default(),
            node: None,
            values: FxHashMap::default(),
            counts: FxHashMap::default(),
            tests: FxHashMap::default(),
            fetched: vec![None; memories],
            stored,
            due,
            outputs: vec![false; program.outputs().len()],
            positions: FxHashMap::default(),
            age: None,
            indices: FxHashMap::default(),
            pushed: vec![0; program.lines().len()],
            put: vec![0; program.rams().len()],
            written: 0,
        }
    }

    pub(crate) fn write(mut self) -> Body {
        if self.section == Section::Sample {
            self.compute_frame();
            self.finish_frame();
        } else {
            self.compute_all(&self.plan.wanted);
            self.export();
        }
        if let (Section::Control, Some(moving)) = (self.section, self.storage.moving) {
            let one = self.int(1);
            self.effect(Do::Store(moving), &[one]);
        }
        self.body
    }

    /// Of the program at rest: what its sample section asked for.
    pub(crate) fn write_held(mut self) -> Body {
        let needed = self.plan.needed(self.program, self.storage.exports.keys().copied());
        self.compute_all(&needed);
        self.export();
        self.body
    }

    /// Of the program at rest: whether anything would be written with other bits than it holds.
    pub(crate) fn write_settling(mut self, moving: SlotId) -> Body {
        let still: Vec<Memory> =
            self.storage.still(self.plan).into_iter().map(|at| self.storage.memories[at]).collect();
        let needed = self.plan.needed(self.program, still.iter().map(|memory| memory.next));
        self.compute_all(&needed);
        let mut any = None;
        for memory in still {
            any = Some(self.about(memory.next, |writer| {
                let next = writer.number(memory.next);
                let element = writer.element(next);
                let held = writer.emit(Do::Load(memory.slot), &[], element);
                let differ = writer.emit(Do::Differ, &[held, next], Element::Mask);
                match any {
                    Some(before) => writer.emit(Do::Apply(Fun::Or), &[before, differ], Element::Mask),
                    None => differ,
                }
            }));
        }
        let any = self.count(any.expect("something stands still"));
        self.effect(Do::Store(moving), &[any]);
        self.body
    }

    /// Computes the nodes of a loop over frames.
    fn compute_frame(&mut self) {
        let Some(bundles) = Bundles::of(self.program, self.plan, self.spec) else {
            return self.compute_all(&self.plan.wanted);
        };
        for &sig in &bundles.order {
            match bundles.bundle(sig) {
                _ if self.is_leaf(sig) => {}
                Some(members) if members[0] == sig => self.bundle(members),
                Some(_) => {}
                None => self.compute_one(sig),
            }
        }
    }

    fn compute_all(&mut self, wanted: &[bool]) {
        for sig in self.program.sigs() {
            if wanted[sig.index()] && self.is_computed(sig) {
                self.compute_one(sig);
            }
        }
    }

    fn compute_one(&mut self, sig: Sig) {
        let value = self.about(sig, |writer| writer.compute(sig));
        self.values.insert((sig, self.view), value);
        self.settle(sig);
    }

    /// Whether this section computes the node, other than by a load.
    fn is_computed(&self, sig: Sig) -> bool {
        self.plan.source(sig) == sig && self.plan.section(sig) == self.section && !self.is_leaf(sig)
    }

    fn is_leaf(&self, sig: Sig) -> bool {
        match self.program.node(sig).op {
            Op::Real(_) | Op::Int(_) | Op::SampleRate | Op::Input(_) | Op::Control(_) | Op::Read(_) => true,
            Op::Tap(line) => self.plan.lines[line.index()] == Access::Cell,
            _ => false,
        }
    }

    /// Writes instructions that belong to a node.
    fn about<T>(&mut self, sig: Sig, write: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.node.replace(self.plan.source(sig));
        let written = write(self);
        self.node = outer;
        written
    }

    fn emit(&mut self, what: Do, operands: &[V], element: Element) -> V {
        let lanes = match what {
            Do::Load(slot) => self.storage.layout.slot(slot).lanes.len() > 1,
            Do::Tap(array) => self.view == View::Lanes || self.storage.layout.array(array).lanes.len() > 1,
            Do::Pack | Do::Shift => true,
            Do::Unpack(_) => false,
            Do::Input(_) | Do::Kept(_) => self.view == View::Lanes,
            _ => operands.iter().any(|&v| self.body.inst(v).ty.is_some_and(Type::is_lanes)),
        };
        let shape = if lanes { Shape::Lanes } else { Shape::Scalar };
        self.body.push(what, operands, Some(Type { element, shape }), self.node)
    }

    fn effect(&mut self, what: Do, operands: &[V]) {
        self.body.push(what, operands, None, self.node);
    }

    fn element(&self, value: V) -> Element {
        self.body.inst(value).ty.expect("operands are results").element
    }

    fn int(&mut self, value: i32) -> V {
        self.emit(Do::Int(value), &[], Element::I32)
    }

    /// A node's value, in any form.
    fn value(&mut self, sig: Sig) -> V {
        let sig = self.plan.source(sig);
        let view = self.view_of(sig);
        if let Some(&known) = self.values.get(&(sig, view)) {
            return known;
        }
        let value = self.about(sig, |writer| match view {
            View::One => writer.leaf(sig),
            _ => writer.leaf_of_step(sig),
        });
        self.values.insert((sig, view), value);
        self.settle(sig);
        value
    }

    fn leaf(&mut self, sig: Sig) -> V {
        let real = self.storage.element(Ty::Real);
        let node = self.program.node(sig);
        match node.op {
            Op::Real(value) => self.emit(Do::Real(value), &[], real),
            Op::Int(value) => self.int(value),
            Op::SampleRate => self.emit(Do::Real(f64::from(self.spec.sample_rate)), &[], real),
            _ if self.section == Section::Sample && self.plan.section(sig) == Section::Follower => {
                let place = self.storage.keep(sig);
                self.emit(Do::Kept(place), &[], self.storage.element(node.ty))
            }
            _ if self.plan.section(sig) < self.section || matches!(node.op, Op::Control(_)) => {
                let slot = self.storage.export(self.program, sig);
                self.emit(Do::Load(slot), &[], self.storage.element(node.ty))
            }
            Op::Input(port) => self.emit(Do::Input(port), &[], real),
            Op::Read(id) => self.fetch(id.index()),
            Op::Tap(line) => self.fetch(self.storage.cells[&line]),
            other => unreachable!("{other:?} at {sig} is computed before it is used"),
        }
    }

    fn fetch(&mut self, memory: usize) -> V {
        if let Some(known) = self.fetched[memory] {
            return known;
        }
        let slot = self.storage.memories[memory].slot;
        let element = self.storage.layout.slot(slot).element;
        let value = self.emit(Do::Load(slot), &[], element);
        self.fetched[memory] = Some(value);
        self.store(memory);
        value
    }

    /// A node's value as an int or a real.
    fn number(&mut self, sig: Sig) -> V {
        let value = self.value(sig);
        self.count(value)
    }

    fn count(&mut self, value: V) -> V {
        if self.element(value) != Element::Mask {
            return value;
        }
        if let Some(&known) = self.counts.get(&value) {
            return known;
        }
        let count = self.emit(Do::Count, &[value], Element::I32);
        self.counts.insert(value, count);
        count
    }

    /// Whether a node's value is not 0.
    fn mask(&mut self, sig: Sig) -> V {
        let value = self.value(sig);
        if self.element(value) == Element::Mask {
            return value;
        }
        if let Some(&known) = self.tests.get(&value) {
            return known;
        }
        let test = self.emit(Do::Test, &[value], Element::Mask);
        self.tests.insert(value, test);
        test
    }

    fn compute(&mut self, sig: Sig) -> V {
        let node = self.program.node(sig);
        let element = self.storage.element(node.ty);
        match node.op {
            Op::Apply(fun) => self.apply(fun, node.operands(), element),
            Op::Tap(line) => self.tap(line, node.operands()[0], element),
            Op::Lookup(table) => {
                let index = self.clamped(node.operands()[0], self.program.table(table).len);
                self.storage.reach(Address::Table(table));
                self.emit(Do::Lookup(table), &[index], element)
            }
            Op::Recall(ram) => {
                self.put(ram);
                let index = self.clamped(node.operands()[0], self.program.ram(ram).len);
                self.emit(Do::Recall(self.storage.rams[ram.index()]), &[index], element)
            }
            Op::Noise(id) => self.noise(id),
            other => unreachable!("{other:?} is a leaf"),
        }
    }
}
