//! What a frame leaves behind: state, outputs and positions; and what a slower section leaves for a faster one.

use super::{Due, View, Writer};
use crate::kernel::{Do, Element};
use crate::lanes::LANES;
use crate::layout::SlotId;
use crate::plan::Section;
use krach_ir::{Fun, LineId, RamId, Sig, Ty};

impl Writer<'_> {
    /// Gives the value to the nodes that waited for it.
    pub(super) fn settle(&mut self, sig: Sig) {
        if self.section != Section::Sample || self.view != View::One {
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
    pub(super) fn store(&mut self, at: usize) {
        let memory = self.storage.memories[at];
        let known = |sig: Sig| self.values.get(&(self.plan.source(sig), View::One)).copied();
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
    pub(super) fn finish_frame(&mut self) {
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

    pub(super) fn advance(&mut self) {
        let mut done = std::collections::BTreeSet::new();
        for at in 0..self.program.lines().len() {
            let line = LineId::new(at);
            let Some(&ring) = self.storage.rings.get(&line) else { continue };
            let Some(&position) = self.positions.get(&(ring.position, self.view)) else { continue };
            if !done.insert(ring.position) {
                continue;
            }
            let step = match self.program.line(line).gate {
                Some(gate) => {
                    let open = self.mask(gate);
                    self.count(open)
                }
                None => self.int(if self.view == View::One { 1 } else { LANES as i32 }),
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
    pub(super) fn export(&mut self) {
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
