//! Where everything lives: a slot or an array for each piece of state, a slot for each value that a faster section
//! asks for. It grows while sections are written.

use crate::Spec;
use crate::kernel::{Address, Element};
use crate::lanes::LANES;
use crate::layout::{ArrayId, Holds, Keeps, SlotId, StateLayout};
use crate::plan::{Access, Plan};
use crate::steps::is_steppable;
use krach_ir::{AtRest, ControlId, LineId, NoiseId, Op, Program, RamId, RegisterId, Sig, Ty};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) fn element(ty: Ty, real: Element) -> Element {
    match ty {
        Ty::Int => Element::I32,
        Ty::Real => real,
    }
}

/// One frame of memory, however it came about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub slot: SlotId,
    pub next: Sig,
    pub gate: Option<Sig>,
}

/// Where everything lives, growing while sections are written.
#[derive(Debug)]
pub(crate) struct Storage {
    pub layout: StateLayout,
    pub addresses: Vec<Address>,
    pub controls: Vec<SlotId>,
    /// Registers, then cells.
    pub memories: Vec<Memory>,
    pub cells: FxHashMap<LineId, usize>,
    pub rings: FxHashMap<LineId, Ring>,
    pub rams: Vec<ArrayId>,
    pub noises: Vec<SlotId>,
    /// Results of slower sections that faster ones asked for.
    pub exports: FxHashMap<Sig, SlotId>,
    /// Followers that are kept for the loop of all the rest.
    pub kept: Vec<Sig>,
    /// Not 0 while anything moves, if the kernel can rest.
    pub moving: Option<SlotId>,
    /// Frames since the birth of each voice, if there are several and rings.
    pub age: Option<SlotId>,
    /// Exports are those of the program at rest.
    at_rest: bool,
    reached: FxHashSet<Address>,
    real: Element,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    pub array: ArrayId,
    pub position: SlotId,
}

impl Storage {
    pub(crate) fn of(program: &Program, plan: &Plan, spec: &Spec) -> Self {
        let mut storage = Self {
            layout: StateLayout::of(spec.voices),
            addresses: Vec::new(),
            controls: Vec::new(),
            memories: Vec::new(),
            cells: FxHashMap::default(),
            rings: FxHashMap::default(),
            rams: Vec::new(),
            noises: Vec::new(),
            exports: FxHashMap::default(),
            kept: Vec::new(),
            moving: None,
            age: None,
            at_rest: false,
            reached: FxHashSet::default(),
            real: Element::real(spec.precision),
        };
        storage.slots(program);
        // A step of four frames writes all of them before the last one reads the longest delay.
        let ahead = if is_steppable(program, plan, spec) { LANES as u32 } else { 1 };
        storage.lines(program, plan, ahead);
        storage.tables(program);
        if spec.voices > 1 && !storage.rings.is_empty() {
            storage.age = Some(storage.layout.add_slot(Holds::Age, Element::I32, Vec::new()));
        }
        storage
    }

    pub(crate) fn element(&self, ty: Ty) -> Element {
        element(ty, self.real)
    }

    fn slots(&mut self, program: &Program) {
        for at in 0..program.controls().len() {
            let slot = self.layout.add_slot(Holds::Control(ControlId::new(at)), self.real, Vec::new());
            self.controls.push(slot);
        }
        for (at, register) in program.registers().iter().enumerate() {
            let id = RegisterId::new(at);
            let element = self.element(register.ty);
            let slot = self.layout.add_slot(Holds::Register(id), element, register.keys.clone());
            self.memories.push(Memory { slot, next: register.next, gate: register.gate });
        }
        for (at, noise) in program.noises().iter().enumerate() {
            let holds = Holds::Noise(NoiseId::new(at));
            self.noises.push(self.layout.add_slot(holds, Element::I32, noise.keys.clone()));
        }
    }

    fn lines(&mut self, program: &Program, plan: &Plan, ahead: u32) {
        let mut common = None;
        for (at, line) in program.lines().iter().enumerate() {
            let id = LineId::new(at);
            let element = self.element(line.ty);
            match plan.lines[at] {
                Access::Nothing => {}
                Access::Cell => {
                    let slot = self.layout.add_slot(Holds::Cell(id), element, line.keys.clone());
                    self.cells.insert(id, self.memories.len());
                    self.memories.push(Memory { slot, next: line.input, gate: line.gate });
                }
                Access::Ring(frames) => {
                    // More than the longest delay: the newest frames are written before they are read.
                    let len = (frames + ahead).next_power_of_two();
                    let array = self.layout.add_array(Keeps::Ring(id), element, len, line.keys.clone());
                    let layout = &mut self.layout;
                    let position = match line.gate {
                        Some(_) => {
                            layout.add_slot(Holds::Position(Some(id)), Element::I32, line.keys.clone())
                        }
                        None => *common.get_or_insert_with(|| {
                            layout.add_slot(Holds::Position(None), Element::I32, Vec::new())
                        }),
                    };
                    self.rings.insert(id, Ring { array, position });
                }
            }
        }
    }

    fn tables(&mut self, program: &Program) {
        for (at, ram) in program.rams().iter().enumerate() {
            let element = self.element(ram.ty);
            let keeps = Keeps::Ram(RamId::new(at));
            self.rams.push(self.layout.add_array(keeps, element, ram.len, ram.keys.clone()));
        }
    }

    /// The place where a follower is kept.
    pub(crate) fn keep(&mut self, sig: Sig) -> u32 {
        self.kept.push(sig);
        u32::try_from(self.kept.len() - 1).expect("places are limited")
    }

    /// Makes sure that the code can reach it.
    pub(crate) fn reach(&mut self, address: Address) {
        if self.reached.insert(address) {
            self.addresses.push(address);
        }
    }

    /// Where a slower section leaves that node's value.
    pub(crate) fn export(&mut self, program: &Program, sig: Sig) -> SlotId {
        let node = program.node(sig);
        if let Op::Control(id) = node.op {
            return self.controls[id.index()];
        }
        let element = self.element(node.ty);
        let holds = if self.at_rest { Holds::AtRest(sig) } else { Holds::Value(sig) };
        *self.exports.entry(sig).or_insert_with(|| self.layout.add_slot(holds, element, Vec::new()))
    }

    /// The slots that a loop keeps in the machine from step to step.
    pub(crate) fn carried(&self, plan: &Plan) -> Vec<SlotId> {
        let slots = (0..).map(SlotId).zip(self.layout.slots());
        let carried = slots.filter(|(_, slot)| match slot.holds {
            Holds::Register(id) => plan.carried.contains(&id),
            Holds::Position(None) | Holds::Age => true,
            _ => false,
        });
        carried.map(|(id, _)| id).collect()
    }

    /// A place for the flag that something moves.
    pub(crate) fn flag(&mut self) -> SlotId {
        *self.moving.get_or_insert_with(|| self.layout.add_slot(Holds::Moving, Element::I32, Vec::new()))
    }

    /// From here on, the same state is that of the program at rest: what is written and asked for are its nodes.
    pub(crate) fn come_to_rest(&mut self, rest: &AtRest) {
        for (memory, register) in self.memories.iter_mut().zip(rest.program.registers()) {
            (memory.next, memory.gate) = (register.next, register.gate);
        }
        for (&line, &at) in &self.cells {
            let line = rest.program.line(line);
            (self.memories[at].next, self.memories[at].gate) = (line.input, line.gate);
        }
        let held = rest.registers.iter().map(|id| self.memories[id.index()].slot);
        self.controls.extend(held);
        self.exports.clear();
        self.at_rest = true;
    }

    /// The memories that stand still.
    pub(crate) fn still(&self, plan: &Plan) -> Vec<usize> {
        let registers = plan.still.registers.iter().map(|id| id.index());
        registers.chain(plan.still.lines.iter().map(|id| self.cells[id])).collect()
    }
}
