//! Delay lines, tables and noises.

use super::{View, Writer, steps::ALL};
use crate::kernel::{Do, Element, V};
use crate::layout::ArrayId;
use krach_ir::{Fun, LineId, Noise, NoiseId, RamId, Sig, Ty};

impl Writer<'_> {
    pub(super) fn tap(&mut self, line: LineId, delay: Sig, element: Element) -> V {
        let position = match self.steps {
            None => self.push(line),
            Some(steps) => {
                // Other lines hold already all that a step reads.
                if self.node.is_some_and(|tap| steps.near[tap.index()]) {
                    self.push_step(line);
                }
                self.position(line)
            }
        };
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
        let position = self.position(line);
        if std::mem::replace(&mut self.pushed[line.index()], ALL) == 0 {
            let input = self.number(self.program.line(line).input);
            self.effect(Do::Push(self.storage.rings[&line].array), &[position, input]);
        }
        position
    }

    /// Where the line's newest frame is written: this one, or the first of a step.
    pub(super) fn position(&mut self, line: LineId) -> V {
        let slot = self.storage.rings[&line].position;
        if let Some(&known) = self.positions.get(&(slot, self.view)) {
            return known;
        }
        let value = match self.view {
            View::Frame(frame) => {
                let first = self.viewing(View::Lanes, |writer| writer.position(line));
                let frame = self.int(frame.into());
                self.emit(Do::Apply(Fun::Add), &[first, frame], Element::I32)
            }
            _ => self.emit(Do::Load(slot), &[], Element::I32),
        };
        self.positions.insert((slot, self.view), value);
        value
    }

    pub(super) fn put(&mut self, id: RamId) {
        let frame = match self.view {
            View::Frame(frame) => 1 << frame,
            _ => ALL,
        };
        if self.put[id.index()] & frame != 0 {
            return;
        }
        self.put[id.index()] |= frame;
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
        let real = self.storage.element(Ty::Real);
        let next = match self.view {
            View::One => self.noise_of_frame(id),
            _ => self.noise_step(id),
        };
        let value = self.emit(Do::Apply(Fun::ToReal), &[next], real);
        let scale = self.emit(Do::Real(f64::from(i32::MAX)), &[], real);
        self.real(Fun::Div, &mut [value, scale], real)
    }

    fn noise_of_frame(&mut self, id: NoiseId) -> V {
        let slot = self.storage.noises[id.index()];
        let seed = self.emit(Do::Load(slot), &[], Element::I32);
        let factor = self.int(Noise::FACTOR);
        let product = self.emit(Do::Apply(Fun::Mul), &[seed, factor], Element::I32);
        let step = self.int(Noise::STEP);
        let next = self.emit(Do::Apply(Fun::Add), &[product, step], Element::I32);
        self.effect(Do::Store(slot), &[next]);
        next
    }
}
