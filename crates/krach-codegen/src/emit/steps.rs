//! Loops that compute four frames per step.
//!
//! A node is computed in lanes, one lane for each frame, or four times. The same code writes both: what it writes is about
//! the frames that the [`View`] names. A value crosses from one form to the other where it is first asked for.

use super::{Due, Writer};
use crate::kernel::{Body, Do, Element, Type, V};
use crate::lanes::LANES;
use crate::plan::{Access, Section};
use crate::steps::Steps;
use krach_ir::{Fun, LineId, Noise, NoiseId, Op, RamId, Sig, Ty};

/// The frames that instructions are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    /// The only frame of a step, or none.
    One,
    /// One of the four frames of a step.
    Frame(u8),
    /// All four of them.
    Lanes,
}

const FRAMES: [u8; LANES] = [0, 1, 2, 3];
const LAST: View = View::Frame(LANES as u8 - 1);

impl<'a> Writer<'a> {
    /// Writes the body of a loop of four frames per step.
    pub(crate) fn write_steps(mut self, steps: &'a Steps) -> Body {
        self.steps = Some(steps);
        self.view = View::Lanes;
        if self.section == Section::Follower {
            let still = self.storage.still(self.plan);
            self.stored = (0..self.stored.len()).map(|at| !still.contains(&at)).collect();
            self.outputs.fill(true);
        }
        for unit in &steps.units {
            match unit.as_slice() {
                &[sig] if steps.packed[sig.index()] => self.compute_unit(View::Lanes, &[sig]),
                unit => FRAMES.iter().for_each(|&frame| self.compute_unit(View::Frame(frame), unit)),
            }
            self.view = View::Lanes;
            unit.iter().for_each(|&sig| self.leave(sig));
        }
        self.finish_step();
        self.body
    }

    fn compute_unit(&mut self, view: View, unit: &[Sig]) {
        self.view = view;
        for &sig in unit {
            if !self.is_leaf(sig) {
                self.compute_one(sig);
            }
        }
    }

    /// Writes about other frames.
    pub(super) fn viewing<T>(&mut self, view: View, write: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.view, view);
        let written = write(self);
        self.view = outer;
        written
    }

    /// The frames for which a node has a value of its own: none of them, if a slower section computes it.
    pub(super) fn view_of(&self, sig: Sig) -> View {
        let section = self.plan.section(sig);
        let kept = section == Section::Follower && self.section == Section::Sample;
        if section == self.section || kept { self.view } else { View::One }
    }

    /// A value of a step that is not computed in this form, or is a leaf.
    pub(super) fn leaf_of_step(&mut self, sig: Sig) -> V {
        let node = self.program.node(sig);
        let own = self.plan.section(sig) == self.section;
        match (node.op, self.view) {
            (Op::Read(id), _) if own => return self.remembered(sig, id.index()),
            (Op::Tap(line), _) if own && self.plan.lines[line.index()] == Access::Cell => {
                return self.remembered(sig, self.storage.cells[&line]);
            }
            _ => {}
        }
        let element = self.storage.element(node.ty);
        match (node.op, self.view) {
            (_, View::Frame(frame)) => {
                let all = self.viewing(View::Lanes, |writer| writer.number(sig));
                self.emit(Do::Unpack(frame), &[all], element)
            }
            (Op::Input(port), _) if own => self.emit(Do::Input(port), &[], element),
            _ if !own => {
                let place = self.storage.keep(sig);
                self.emit(Do::Kept(place), &[], element)
            }
            _ => {
                let frames =
                    FRAMES.map(|frame| self.viewing(View::Frame(frame), |writer| writer.number(sig)));
                self.emit(Do::Pack, &frames, element)
            }
        }
    }

    /// What a memory holds, which `sig` reads.
    fn remembered(&mut self, sig: Sig, at: usize) -> V {
        if self.view != View::Lanes {
            return self.held(at);
        }
        let memory = self.storage.memories[at];
        let element = self.storage.layout.slot(memory.slot).element;
        let packed = self.steps.is_some_and(|steps| steps.packed[sig.index()]);
        // Registers that only pass each other's values on, in a circle, have no first value in lanes.
        if memory.gate.is_none() && (packed || self.is_computed(self.plan.source(memory.next))) {
            let old = self.fetch(at);
            let next = self.in_lanes(memory.next);
            return self.emit(Do::Shift, &[old, next], element);
        }
        let frames = FRAMES.map(|frame| self.viewing(View::Frame(frame), |writer| writer.held(at)));
        self.emit(Do::Pack, &frames, element)
    }

    /// What a memory holds in one frame.
    fn held(&mut self, at: usize) -> V {
        match self.view {
            View::Frame(frame @ 1..) => self.viewing(View::Frame(frame - 1), |writer| writer.written(at)),
            _ => self.fetch(at),
        }
    }

    /// What a memory is written with in one frame.
    fn written(&mut self, at: usize) -> V {
        let memory = self.storage.memories[at];
        let next = self.number(memory.next);
        let Some(gate) = memory.gate else { return next };
        let (open, old) = (self.mask(gate), self.held(at));
        let element = self.element(old);
        self.emit(Do::Choose, &[open, next, old], element)
    }

    /// A number in lanes, also if it is the same in all frames.
    fn in_lanes(&mut self, sig: Sig) -> V {
        let value = self.viewing(View::Lanes, |writer| writer.number(sig));
        if self.body.inst(value).ty.is_some_and(Type::is_lanes) {
            return value;
        }
        let element = self.element(value);
        self.emit(Do::Pack, &[value; LANES], element)
    }

    /// Writes what only waited for this node.
    fn leave(&mut self, sig: Sig) {
        if self.is_leaf(sig) {
            return;
        }
        for due in self.due.get(&sig).cloned().unwrap_or_default() {
            match due {
                Due::Memory(at) if self.storage.memories[at].gate.is_none() => self.store_step(at),
                Due::Memory(_) => {}
                Due::Output(port) => self.about(sig, |writer| writer.output_step(port)),
            }
        }
    }

    fn store_step(&mut self, at: usize) {
        if std::mem::replace(&mut self.stored[at], true) {
            return;
        }
        let memory = self.storage.memories[at];
        self.about(memory.next, |writer| {
            // The old value is read before the new one is written: a later node may need it.
            writer.fetch(at);
            let value = writer.viewing(LAST, |writer| writer.written(at));
            writer.effect(Do::Store(memory.slot), &[value]);
        });
    }

    fn output_step(&mut self, port: u32) {
        if std::mem::replace(&mut self.outputs[port as usize], true) {
            return;
        }
        let mut value = self.in_lanes(self.program.outputs()[port as usize].sig);
        if self.element(value) == Element::I32 {
            value = self.emit(Do::Apply(Fun::ToReal), &[value], self.storage.element(Ty::Real));
        }
        self.effect(Do::Output(port), &[value]);
    }

    fn finish_step(&mut self) {
        for at in 0..self.storage.memories.len() {
            self.store_step(at);
        }
        if self.section == Section::Follower {
            for (place, sig) in (0..).zip(self.storage.kept.clone()) {
                self.about(sig, |writer| {
                    let value = writer.in_lanes(sig);
                    writer.effect(Do::Keep(place), &[value]);
                });
            }
            return;
        }
        for at in 0..self.program.lines().len() {
            let line = LineId::new(at);
            if self.storage.rings.contains_key(&line) {
                self.about(self.program.line(line).input, |writer| writer.push_step(line));
            }
        }
        for at in 0..self.program.rams().len() {
            FRAMES
                .iter()
                .for_each(|&frame| self.viewing(View::Frame(frame), |writer| writer.put(RamId::new(at))));
        }
        for port in (0_u32..).take(self.outputs.len()) {
            let sig = self.program.outputs()[port as usize].sig;
            self.about(sig, |writer| writer.output_step(port));
        }
        self.advance();
    }

    /// Writes the newest frames of a line, this one or all four: all, unless a later frame is not computed yet.
    pub(super) fn push_step(&mut self, line: LineId) {
        let input = self.plan.source(self.program.line(line).input);
        let array = self.storage.rings[&line].array;
        let done = self.pushed[line.index()];
        let whole = match self.view {
            View::Frame(_) => {
                let known = |view| self.values.contains_key(&(input, view));
                done == 0 && (self.view_of(input) == View::One || known(View::Lanes) || known(LAST))
            }
            _ => done == 0,
        };
        if whole {
            self.pushed[line.index()] = ALL;
            let value = self.in_lanes(input);
            let position = self.viewing(View::Lanes, |writer| writer.position(line));
            return self.effect(Do::Push(array), &[position, value]);
        }
        let frames: Vec<u8> = match self.view {
            View::Frame(frame) => vec![frame],
            _ => FRAMES.to_vec(),
        };
        for frame in frames {
            if self.pushed[line.index()] >> frame & 1 == 1 {
                continue;
            }
            self.pushed[line.index()] |= 1 << frame;
            self.viewing(View::Frame(frame), |writer| {
                let (position, value) = (writer.position(line), writer.number(input));
                writer.effect(Do::Push(array), &[position, value]);
            });
        }
    }

    /// Four frames of a generator: each is computed from the first by a factor and a step of its own.
    pub(super) fn noise_step(&mut self, id: NoiseId) -> V {
        let slot = self.storage.noises[id.index()];
        let seed = self.emit(Do::Load(slot), &[], Element::I32);
        let (mut factor, mut step) = (1_i32, 0_i32);
        let jumps = FRAMES.map(|_| {
            step = step.wrapping_mul(Noise::FACTOR).wrapping_add(Noise::STEP);
            factor = factor.wrapping_mul(Noise::FACTOR);
            [factor, step]
        });
        let [factors, steps] = [0, 1].map(|at| {
            let numbers = jumps.map(|jump| self.int(jump[at]));
            self.emit(Do::Pack, &numbers, Element::I32)
        });
        let product = self.emit(Do::Apply(Fun::Mul), &[seed, factors], Element::I32);
        let next = self.emit(Do::Apply(Fun::Add), &[product, steps], Element::I32);
        let last = self.emit(Do::Unpack(LANES as u8 - 1), &[next], Element::I32);
        self.effect(Do::Store(slot), &[last]);
        next
    }
}

/// All four frames of a step.
pub(super) const ALL: u8 = 0b1111;
