//! Delay lines, tables and noises.

use super::Writer;
use crate::kernel::{Do, Element, V};
use crate::layout::ArrayId;
use krach_ir::{Fun, LineId, Noise, NoiseId, RamId, Sig, Ty};

impl Writer<'_> {
    pub(super) fn tap(&mut self, line: LineId, delay: Sig, element: Element) -> V {
        let position = self.push(line);
        let delay = self.clamped(delay, self.program.line(line).max + 1);
        let array = self.storage.rings[&line].array;
        match self.age() {
            Some(age) => self.emit(Do::Tap(array), &[position, delay, age], element),
            None => self.emit(Do::Tap(array), &[position, delay], element),
        }
    }

    /// Frames since the birth of each voice, if there are several and rings.
    pub(super) fn age(&mut self) -> Option<V> {
        let slot = self.storage.age?;
        if self.age.is_none() {
            self.age = Some(self.emit(Do::Load(slot), &[], Element::I32));
        }
        self.age
    }

    /// The line's position, after its newest frame was written there.
    pub(super) fn push(&mut self, line: LineId) -> V {
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

    pub(super) fn put(&mut self, id: RamId) {
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
    pub(super) fn noise(&mut self, id: NoiseId) -> V {
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
}
