//! Writing the instructions of one section.
//!
//! Nodes are computed in the program's order; leaves (constants, inputs, controls, registers) are fetched where
//! they are first used, and state is stored as soon as both its old value was fetched and its new one is known, so
//! that few values are alive at a time.

use crate::Spec;
use crate::kernel::{Address, Body, Do, Element, Shape, Type, V};
use crate::layout::{ArrayId, SlotId};
use crate::maths;
use crate::plan::{Access, Plan, Section};
use crate::storage::{Memory, Storage};
use krach_abi::Precision;
use krach_ir::maths::single;
use krach_ir::{Fun, LineId, Noise, NoiseId, Op, Program, RamId, Rule, Sig, Ty};
use rustc_hash::FxHashMap;

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
    body: Body,
    /// The node being computed.
    node: Option<Sig>,
    values: FxHashMap<Sig, V>,
    /// Ints of masks and masks of ints.
    counts: FxHashMap<V, V>,
    tests: FxHashMap<V, V>,
    /// Of each memory: the value of the frame before, once fetched; whether the next one is stored.
    fetched: Vec<Option<V>>,
    stored: Vec<bool>,
    due: FxHashMap<Sig, Vec<Due>>,
    outputs: Vec<bool>,
    positions: FxHashMap<SlotId, V>,
    age: Option<V>,
    /// Clamped indices, by the signal and the length of what it points into.
    indices: FxHashMap<(Sig, u32), V>,
    pushed: Vec<bool>,
    put: Vec<bool>,
    /// Functions written in place so far.
    written: usize,
}

/// Functions that one loop has written in place; the others are called.
const WRITTEN: usize = 16;

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
            pushed: vec![false; program.lines().len()],
            put: vec![false; program.rams().len()],
            written: 0,
        }
    }

    pub(crate) fn write(mut self) -> Body {
        self.compute_all(&self.plan.wanted);
        if self.section == Section::Sample {
            self.finish_frame();
        } else {
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

    fn compute_all(&mut self, wanted: &[bool]) {
        for sig in self.program.sigs() {
            let own = self.plan.source(sig) == sig && self.plan.section(sig) == self.section;
            if own && wanted[sig.index()] && !self.is_leaf(sig) {
                let value = self.about(sig, |writer| writer.compute(sig));
                self.values.insert(sig, value);
                self.settle(sig);
            }
        }
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
            Do::Tap(array) => self.storage.layout.array(array).lanes.len() > 1,
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
        if let Some(&known) = self.values.get(&sig) {
            return known;
        }
        let value = self.about(sig, |writer| writer.leaf(sig));
        self.values.insert(sig, value);
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

    fn apply(&mut self, fun: Fun, operands: &[Sig], element: Element) -> V {
        if fun == Fun::Select {
            let mask = self.mask(operands[0]);
            let (zero, other) = (self.number(operands[1]), self.number(operands[2]));
            return self.emit(Do::Choose, &[mask, other, zero], element);
        }
        let mut values: Vec<V> = operands.iter().map(|&operand| self.value(operand)).collect();
        let logic = matches!(fun, Fun::And | Fun::Or | Fun::Xor);
        if logic && values.iter().all(|&value| self.element(value) == Element::Mask) {
            return self.emit(Do::Apply(fun), &values, Element::Mask);
        }
        for value in &mut values {
            *value = self.count(*value);
        }
        if fun == Fun::Sum {
            return Fun::sum(&values, |a, b| self.emit(Do::Apply(Fun::Add), &[a, b], element));
        }
        if fun.rule() == Rule::Compare {
            return self.emit(Do::Apply(fun), &values, Element::Mask);
        }
        if element == Element::I32 {
            if self.node.is_some_and(|node| self.plan.wraps.contains(&node)) {
                return self.wrapped(values[0], values[1]);
            }
            return self.emit(Do::Apply(fun), &values, element);
        }
        self.real(fun, &mut values, element)
    }

    /// A function whose result is real: called, or written in place where that is exact.
    fn real(&mut self, fun: Fun, values: &mut [V], element: Element) -> V {
        let literal = |v: V| match self.body.inst(v).what {
            Do::Real(value) => Some(value),
            _ => None,
        };
        let by = values.get(1).and_then(|&v| literal(v));
        if fun == Fun::Rem && by == Some(1.0) {
            let what = self.body.inst(values[0]).what;
            let flushed = matches!(what, Do::Apply(Fun::Add | Fun::Sub | Fun::Mul | Fun::Div));
            return self.emit(Do::Fraction { flushed }, &values[..1], element);
        }
        if let (Fun::Div, Some(by)) = (fun, by)
            && let Some(factor) = maths::exact_reciprocal(by, self.spec.precision)
        {
            let factor = self.emit(Do::Real(factor), &[], element);
            return self.emit(Do::Apply(Fun::Mul), &[values[0], factor], element);
        }
        if matches!(fun, Fun::Add | Fun::Mul) && literal(values[0]).is_some() {
            // Instructions fetch a constant on the right from memory by themselves.
            values.swap(0, 1);
        }
        if fun != Fun::Round && fun.native(self.spec.precision).is_some() && !self.is_written(fun) {
            self.storage.reach(Address::Function(fun));
            return self.emit(Do::Call(fun), values, element);
        }
        self.emit(Do::Apply(fun), values, element)
    }

    /// Whether a function is written in place rather than called: in loops over frames, up to a number of places beyond
    /// which compiling it so often would take longer than calling it does.
    fn is_written(&mut self, fun: Fun) -> bool {
        let short = self.spec.precision == Precision::Single && single::WRITTEN.contains(&fun);
        let written = short && self.section == Section::Sample && self.written < WRITTEN;
        self.written += usize::from(written);
        written
    }

    /// The remainder of an int that is not negative and less than twice the divisor.
    fn wrapped(&mut self, value: V, by: V) -> V {
        let less = self.emit(Do::Apply(Fun::Sub), &[value, by], Element::I32);
        let below = self.emit(Do::Apply(Fun::Lt), &[value, by], Element::Mask);
        self.emit(Do::Choose, &[below, value, less], Element::I32)
    }

    /// The index, within `0..len`.
    fn clamped(&mut self, index: Sig, len: u32) -> V {
        let index = self.plan.source(index);
        if let Some(&known) = self.indices.get(&(index, len)) {
            return known;
        }
        let clamped = self.clamp(index, len);
        self.indices.insert((index, len), clamped);
        clamped
    }

    fn clamp(&mut self, index: Sig, len: u32) -> V {
        let last = i32::try_from(len - 1).unwrap_or(i32::MAX);
        if let Op::Int(value) = self.program.node(self.plan.source(index)).op {
            return self.int(value.clamp(0, last));
        }
        if self.is_clamped(index, last) {
            return self.number(index);
        }
        let index = self.number(index);
        let zero = self.int(0);
        let raised = self.emit(Do::Apply(Fun::Max), &[index, zero], Element::I32);
        let last = self.int(last);
        self.emit(Do::Apply(Fun::Min), &[raised, last], Element::I32)
    }

    /// Whether the program itself clamps the index: `min(max(x, 0), last)`.
    fn is_clamped(&self, index: Sig, last: i32) -> bool {
        let node = |sig: Sig| self.program.node(self.plan.source(sig));
        let bounded = |sig: Sig, by: Fun, holds: &dyn Fn(i32) -> bool| {
            let operands = (node(sig).op == Op::Apply(by)).then(|| node(sig).operands())?;
            let literal = |sig: &&Sig| matches!(node(**sig).op, Op::Int(value) if holds(value));
            operands.iter().find(literal).and(operands.iter().find(|sig| !literal(sig)))
        };
        bounded(index, Fun::Min, &|value| (0..=last).contains(&value))
            .is_some_and(|inner| bounded(*inner, Fun::Max, &|value| value >= 0).is_some())
    }

    fn tap(&mut self, line: LineId, delay: Sig, element: Element) -> V {
        let position = self.push(line);
        let delay = self.clamped(delay, self.program.line(line).max + 1);
        let array = self.storage.rings[&line].array;
        match self.age() {
            Some(age) => self.emit(Do::Tap(array), &[position, delay, age], element),
            None => self.emit(Do::Tap(array), &[position, delay], element),
        }
    }

    /// Frames since the birth of each voice, if there are several and rings.
    fn age(&mut self) -> Option<V> {
        let slot = self.storage.age?;
        if self.age.is_none() {
            self.age = Some(self.emit(Do::Load(slot), &[], Element::I32));
        }
        self.age
    }

    /// The line's position, after its newest frame was written there.
    fn push(&mut self, line: LineId) -> V {
        let ring = self.storage.rings[&line];
        let position = match self.positions.get(&ring.position) {
            Some(&known) => known,
            None => {
                let value = self.emit(Do::Load(ring.position), &[], Element::I32);
                self.positions.insert(ring.position, value);
                value
            }
        };
        if !std::mem::replace(&mut self.pushed[line.index()], true) {
            let input = self.number(self.program.line(line).input);
            self.effect(Do::Push(ring.array), &[position, input]);
        }
        position
    }

    fn put(&mut self, id: RamId) {
        if std::mem::replace(&mut self.put[id.index()], true) {
            return;
        }
        let ram = self.program.ram(id);
        let array: ArrayId = self.storage.rams[id.index()];
        let index = self.clamped(ram.index, ram.len);
        let mut value = self.number(ram.value);
        if let Some(gate) = ram.gate {
            let open = self.mask(gate);
            let element = self.storage.element(ram.ty);
            let old = self.emit(Do::Recall(array), &[index], element);
            value = self.emit(Do::Choose, &[open, value, old], element);
        }
        self.effect(Do::Put(array), &[index, value]);
    }

    /// The generator of [`Op::Noise`], in parts.
    fn noise(&mut self, id: NoiseId) -> V {
        let slot = self.storage.noises[id.index()];
        let real = self.storage.element(Ty::Real);
        let seed = self.emit(Do::Load(slot), &[], Element::I32);
        let factor = self.int(Noise::FACTOR);
        let product = self.emit(Do::Apply(Fun::Mul), &[seed, factor], Element::I32);
        let step = self.int(Noise::STEP);
        let next = self.emit(Do::Apply(Fun::Add), &[product, step], Element::I32);
        self.effect(Do::Store(slot), &[next]);
        let value = self.emit(Do::Apply(Fun::ToReal), &[next], real);
        let scale = self.emit(Do::Real(f64::from(i32::MAX)), &[], real);
        self.real(Fun::Div, &mut [value, scale], real)
    }

    /// Gives the value to the nodes that waited for it.
    fn settle(&mut self, sig: Sig) {
        if self.section != Section::Sample {
            return;
        }
        for due in self.due.get(&sig).cloned().unwrap_or_default() {
            match due {
                Due::Memory(memory) => self.store(memory),
                Due::Output(port) => self.about(sig, |writer| writer.output(port)),
            }
        }
    }

    /// Stores a memory if everything it takes is there.
    fn store(&mut self, at: usize) {
        let memory = self.storage.memories[at];
        let known = |sig: Sig| self.values.get(&self.plan.source(sig)).copied();
        let (Some(old), Some(next), false) = (self.fetched[at], known(memory.next), self.stored[at]) else {
            return;
        };
        if memory.gate.is_some_and(|gate| known(gate).is_none()) {
            return;
        }
        self.stored[at] = true;
        self.about(memory.next, |writer| {
            let mut value = writer.count(next);
            if let Some(gate) = memory.gate {
                let open = writer.mask(gate);
                let element = writer.element(old);
                value = writer.emit(Do::Choose, &[open, value, old], element);
            }
            writer.effect(Do::Store(memory.slot), &[value]);
        });
    }

    fn output(&mut self, port: u32) {
        if std::mem::replace(&mut self.outputs[port as usize], true) {
            return;
        }
        let mut value = self.number(self.program.outputs()[port as usize].sig);
        if self.element(value) == Element::I32 {
            value = self.emit(Do::Apply(Fun::ToReal), &[value], self.storage.element(Ty::Real));
        }
        self.effect(Do::Output(port), &[value]);
    }

    /// What did not settle on the way: state and outputs fed by leaves and slower sections, positions.
    fn finish_frame(&mut self) {
        // All fetches before all stores: a register may be written with what another one held.
        for at in 0..self.storage.memories.len() {
            if !self.stored[at] {
                let memory = self.storage.memories[at];
                self.fetch(at);
                self.value(memory.next);
                if let Some(gate) = memory.gate {
                    self.value(gate);
                }
            }
        }
        for at in 0..self.storage.memories.len() {
            self.store(at);
        }
        // At rest, a line or a table may be out of hearing; it goes on all the same.
        for at in 0..self.program.lines().len() {
            let line = LineId::new(at);
            if self.storage.rings.contains_key(&line) {
                self.push(line);
            }
        }
        for at in 0..self.program.rams().len() {
            self.put(RamId::new(at));
        }
        for port in (0_u32..).take(self.outputs.len()) {
            let sig = self.program.outputs()[port as usize].sig;
            self.about(sig, |writer| writer.output(port));
        }
        self.advance();
    }

    fn advance(&mut self) {
        let mut done = std::collections::BTreeSet::new();
        for at in 0..self.program.lines().len() {
            let line = LineId::new(at);
            let Some(&ring) = self.storage.rings.get(&line) else { continue };
            let Some(&position) = self.positions.get(&ring.position) else { continue };
            if !done.insert(ring.position) {
                continue;
            }
            let step = match self.program.line(line).gate {
                Some(gate) => {
                    let open = self.mask(gate);
                    self.count(open)
                }
                None => self.int(1),
            };
            let next = self.emit(Do::Apply(Fun::Add), &[position, step], Element::I32);
            self.effect(Do::Store(ring.position), &[next]);
        }
        if let (Some(slot), Some(age)) = (self.storage.age, self.age()) {
            let one = self.int(1);
            let next = self.emit(Do::Apply(Fun::Add), &[age, one], Element::I32);
            self.effect(Do::Store(slot), &[next]);
        }
    }

    /// Leaves results for faster sections.
    fn export(&mut self) {
        let mut wanted: Vec<(Sig, SlotId)> = (self.storage.exports.iter())
            .filter(|(sig, _)| self.plan.section(**sig) == self.section)
            .map(|(&sig, &slot)| (sig, slot))
            .collect();
        wanted.sort();
        for (sig, slot) in wanted {
            self.about(sig, |writer| {
                let value = writer.number(sig);
                writer.effect(Do::Store(slot), &[value]);
            });
        }
    }
}
