//! Feedback: which values depend on themselves through registers.
//!
//! Each strongly connected set of values is one loop and is printed as one `letrec`. A register of a loop is a
//! **cell** (an equation of the `letrec`) unless it only copies another value, which reads better as `x'`.

use crate::print::graph::{Head, Reading};
use krach_ir::RegisterId;
use krach_ir::components;
use rustc_hash::{FxHashMap, FxHashSet};

/// How a register is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Memory {
    /// An equation, by index.
    Cell(usize),
    /// A value, and how many frames ago.
    Copy { of: usize, frames: i32 },
}

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub in_loop: usize,
    /// The value of the frame before.
    pub before: usize,
    pub next: usize,
    pub gate: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Loops {
    /// The loop a value lies in.
    pub of_value: Vec<Option<usize>>,
    /// The values of each loop.
    pub members: Vec<Vec<usize>>,
    pub cells: Vec<Cell>,
    /// The cells of each loop, by index.
    pub cells_of: Vec<Vec<usize>>,
    pub registers: FxHashMap<RegisterId, Memory>,
    /// Components in an order in which each comes after what it needs.
    pub components: Vec<Vec<usize>>,
}

impl Loops {
    pub fn of(reading: &Reading) -> Self {
        let mut loops = Self { of_value: vec![None; reading.values.len()], ..Self::default() };
        let needs = |at: usize| {
            let value = &reading.values[at];
            value.operands.iter().chain(&value.memory).copied()
        };
        loops.components = components(reading.values.len(), needs);
        for component in &loops.components {
            let gated = |&at: &usize| reading.values[at].memory.len() > 1;
            let itself = |&at: &usize| reading.values[at].memory.contains(&at);
            if component.len() > 1 || component.iter().any(|at| gated(at) || itself(at)) {
                component.iter().for_each(|&at| loops.of_value[at] = Some(loops.members.len()));
                loops.members.push(component.clone());
            }
        }
        loops.cells_of = vec![Vec::new(); loops.members.len()];
        loops.sort_registers(reading);
        loops
    }

    fn sort_registers(&mut self, reading: &Reading) {
        let sources = self.sources(reading);
        for (at, value) in reading.values.iter().enumerate() {
            let Head::Before(register) = value.head else { continue };
            let memory = match (sources[&at], self.of_value[at]) {
                (None, Some(in_loop)) => {
                    let (next, gate) = (value.memory[0], value.memory.get(1).copied());
                    self.cells_of[in_loop].push(self.cells.len());
                    self.cells.push(Cell { in_loop, before: at, next, gate });
                    Memory::Cell(self.cells.len() - 1)
                }
                (Some((of, frames)), _) => Memory::Copy { of, frames },
                (None, None) => Memory::Copy { of: value.memory[0], frames: 1 },
            };
            self.registers.insert(register, memory);
        }
    }

    /// For each register that copies: what, and how many frames late. A copy of a copy is one of the first.
    fn sources(&self, reading: &Reading) -> FxHashMap<usize, Option<(usize, i32)>> {
        let mut sources: FxHashMap<usize, Option<(usize, i32)>> = FxHashMap::default();
        let is_register = |at: usize| matches!(reading.values[at].head, Head::Before(_));
        for start in (0..reading.values.len()).filter(|&at| is_register(at)) {
            let mut path: Vec<usize> = Vec::new();
            let mut on_path: FxHashSet<usize> = FxHashSet::default();
            let mut at = start;
            while is_register(at) && !sources.contains_key(&at) {
                let [next] = reading.values[at].memory[..] else {
                    sources.insert(at, None);
                    break;
                };
                // A ring of registers that only hand on has no source: one of them becomes a cell.
                if !on_path.insert(at) || self.of_value[at].is_some() && !is_register(next) {
                    sources.insert(at, None);
                    break;
                }
                path.push(at);
                at = next;
            }
            for at in path.into_iter().rev() {
                let next = reading.values[at].memory[0];
                let further = match sources.get(&next) {
                    Some(Some((of, frames))) => (*of, frames.saturating_add(1)),
                    _ => (next, 1),
                };
                sources.entry(at).or_insert(Some(further));
            }
        }
        sources
    }
}
