//! Where everything lives: a slot or an array for each piece of state, a slot for each value that a faster section
//! asks for. It grows while sections are written.

use crate::Spec;
use crate::kernel::{Address, Element};
use crate::layout::{ArrayId, Holds, Keeps, SlotId, StateLayout};
use crate::plan::{Access, Plan};
use krach_ir::{ControlId, LineId, NoiseId, Op, Program, RamId, RegisterId, Sig, Ty};
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
    /// Registers and positions that stay in the machine from step to step.
    pub carried: Vec<SlotId>,
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
            layout: StateLayout::default(),
            addresses: Vec::new(),
            controls: Vec::new(),
            memories: Vec::new(),
            cells: FxHashMap::default(),
            rings: FxHashMap::default(),
            rams: Vec::new(),
            noises: Vec::new(),
            exports: FxHashMap::default(),
            carried: Vec::new(),
            reached: FxHashSet::default(),
            real: Element::real(spec.precision),
        };
        storage.slots(program, plan);
        storage.lines(program, plan);
        storage.tables(program);
        storage
    }

    pub(crate) fn element(&self, ty: Ty) -> Element {
        element(ty, self.real)
    }

    fn slots(&mut self, program: &Program, plan: &Plan) {
        for at in 0..program.controls().len() {
            let slot = self.layout.add_slot(Holds::Control(ControlId::new(at)), self.real, Vec::new());
            self.controls.push(slot);
        }
        for (at, register) in program.registers().iter().enumerate() {
            let id = RegisterId::new(at);
            let element = self.element(register.ty);
            let slot = self.layout.add_slot(Holds::Register(id), element, register.keys.clone());
            self.memories.push(Memory { slot, next: register.next, gate: register.gate });
            if plan.carried.contains(&id) {
                self.carried.push(slot);
            }
        }
        for (at, noise) in program.noises().iter().enumerate() {
            let holds = Holds::Noise(NoiseId::new(at));
            self.noises.push(self.layout.add_slot(holds, Element::I32, noise.keys.clone()));
        }
    }

    fn lines(&mut self, program: &Program, plan: &Plan) {
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
                    // One more than the longest delay: the newest frame is written before it is read.
                    let len = (frames + 1).next_power_of_two();
                    let array = self.layout.add_array(Keeps::Ring(id), element, len, line.keys.clone());
                    let (layout, carried) = (&mut self.layout, &mut self.carried);
                    let position = match line.gate {
                        Some(_) => {
                            layout.add_slot(Holds::Position(Some(id)), Element::I32, line.keys.clone())
                        }
                        None => *common.get_or_insert_with(|| {
                            let slot = layout.add_slot(Holds::Position(None), Element::I32, Vec::new());
                            carried.push(slot);
                            slot
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
        *self
            .exports
            .entry(sig)
            .or_insert_with(|| self.layout.add_slot(Holds::Value(sig), element, Vec::new()))
    }
}
