//! From diagrams to signals: a box and the signals that enter it give the signals that leave it.
//!
//! What a box gives depends on its inputs, on the slots that are free in it and, if it holds widgets, on the groups
//! around it; the result is remembered under exactly these, so that shared boxes stay shared signals. What cannot
//! mean anything becomes [`Signal::Wrong`] and is reported only if the program needs it.

use crate::elaborate::diagram::{BoxId, Diagram, Table};
use crate::elaborate::eval::Evaluator;
use crate::elaborate::foreign;
use crate::elaborate::interner::Text;
use crate::elaborate::signal::{SigId, Signal, Wave, Widget, WidgetKind, Wrong};
use crate::elaborate::soundfile;
use crate::elaborate::widgets;
use crate::prim::{Meaning, Prim};
use crate::syntax::{Compose, Foreign, Group};
use krach_ir::Fun;
use rustc_hash::FxHashMap;
use std::rc::Rc;

type Signals = Rc<[SigId]>;

/// Groups around a box, outermost first.
pub(crate) type Path = Rc<[(Group, Text)]>;

/// What one elaboration has propagated so far.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: FxHashMap<(BoxId, Path, Signals), Signals>,
    /// Slots that are bound now.
    slots: FxHashMap<u32, SigId>,
    path: Vec<(Group, Text)>,
    pub sounds: soundfile::Memory,
}

/// The longest table that Faust text may ask for.
pub(super) const MAX_TABLE: i32 = 1 << 28;
/// What `count`, the frames of one call, is taken for.
const BLOCK: i32 = 64;

impl Evaluator<'_> {
    /// The outputs of a box without inputs, outside all groups.
    pub fn propagate_quietly(&mut self, id: BoxId) -> Signals {
        let path = std::mem::take(&mut self.propagation.path);
        let slots = std::mem::take(&mut self.propagation.slots);
        let outputs = self.propagate(id, &[]);
        self.propagation.path = path;
        self.propagation.slots = slots;
        outputs
    }

    /// The outputs of a box whose inputs and outputs fit.
    pub fn propagate(&mut self, id: BoxId, inputs: &[SigId]) -> Signals {
        match self.boxes.get(id) {
            // One operator stands in many places: what it makes comes from the composition around it.
            Diagram::Prim(prim) => return Rc::new([self.primitive(prim, inputs)]),
            _ => self.comes_from(id),
        }
        match self.boxes.get(id) {
            Diagram::Wire => return Rc::new([inputs[0]]),
            Diagram::Cut | Diagram::Empty => return Rc::new([]),
            Diagram::Int(value) => return Rc::new([self.signals.int(value)]),
            Diagram::Real(bits) => return Rc::new([self.signals.real(f64::from_bits(bits))]),
            Diagram::Slot(slot) => return Rc::new([self.slot(slot)]),
            _ => {}
        }
        self.spend(inputs.len());
        if !self.deeper() {
            return self.silence(id);
        }
        let key = self.key(id, inputs);
        if let Some(known) = self.propagation.known.get(&key) {
            return known.clone();
        }
        let outputs = match self.boxes.get(id) {
            Diagram::Compose(compose, a, b) => match compose {
                Compose::Par => self.side_by_side(id, inputs),
                Compose::Seq => self.one_after_another(id, inputs),
                Compose::Split => self.split(id, a, b, inputs),
                Compose::Merge => self.merge(id, a, b, inputs),
                Compose::Rec => self.recursion(id, a, b, inputs),
            },
            Diagram::Symbolic(slot, body) => {
                let before = self.propagation.slots.insert(slot, inputs[0]);
                let outputs = self.propagate(body, &inputs[1..]);
                match before {
                    Some(before) => self.propagation.slots.insert(slot, before),
                    None => self.propagation.slots.remove(&slot),
                };
                outputs
            }
            Diagram::Group(group, label, inner) => {
                self.propagation.path.push((group, label));
                let outputs = self.propagate(inner, inputs);
                self.propagation.path.pop();
                outputs
            }
            other => self.leaf(other, inputs),
        };
        self.propagation.known.insert(key, outputs.clone());
        outputs
    }

    /// Signals made from now on come from this box.
    fn comes_from(&mut self, id: BoxId) {
        self.signals.origin = self.boxes.facts(id).origin;
    }

    /// As many zeros as the box has outputs, when there is no room to go on.
    fn silence(&mut self, id: BoxId) -> Signals {
        let zero = self.signals.int(0);
        match self.boxes.arity(id) {
            crate::elaborate::diagram::Arity::Known(_, outputs) => (0..outputs).map(|_| zero).collect(),
            _ => Rc::new([]),
        }
    }

    fn key(&mut self, id: BoxId, inputs: &[SigId]) -> (BoxId, Path, Signals) {
        let facts = self.boxes.facts(id);
        let path = if facts.widgets { self.propagation.path.as_slice().into() } else { Rc::new([]) as Path };
        if facts.slots.is_empty() {
            return (id, path, inputs.into());
        }
        let slots = facts.slots.clone();
        let mut all = inputs.to_vec();
        for &slot in slots.iter() {
            let value = self.slot(slot);
            all.push(value);
        }
        (id, path, all.into())
    }

    fn slot(&mut self, slot: u32) -> SigId {
        match self.propagation.slots.get(&slot) {
            Some(&bound) => bound,
            None => self.signals.make(Signal::Slot(slot)),
        }
    }

    fn inputs_of(&self, id: BoxId) -> usize {
        match self.boxes.arity(id) {
            crate::elaborate::diagram::Arity::Known(inputs, _) => inputs as usize,
            other => unreachable!("{other:?}: only boxes that fit are propagated"),
        }
    }

    /// A list nested to the right, without recursion along it.
    fn side_by_side(&mut self, id: BoxId, inputs: &[SigId]) -> Signals {
        let (mut id, mut inputs) = (id, inputs);
        let mut outputs = Vec::new();
        while let Diagram::Compose(Compose::Par, a, b) = self.boxes.get(id) {
            let (first, rest) = inputs.split_at(self.inputs_of(a));
            self.comes_from(id);
            outputs.extend_from_slice(&self.propagate(a, first));
            self.comes_from(id);
            (id, inputs) = (b, rest);
        }
        outputs.extend_from_slice(&self.propagate(id, inputs));
        outputs.into()
    }

    /// A chain, however it is nested, without recursion along it.
    fn one_after_another(&mut self, id: BoxId, inputs: &[SigId]) -> Signals {
        let mut signals: Signals = inputs.into();
        // Each with the composition that it is a side of.
        let mut rest = vec![(id, id)];
        while let Some((id, around)) = rest.pop() {
            if let Diagram::Compose(Compose::Seq, a, b) = self.boxes.get(id) {
                rest.push((b, id));
                rest.push((a, id));
            } else {
                self.comes_from(around);
                signals = self.propagate(id, &signals);
            }
        }
        signals
    }

    fn split(&mut self, id: BoxId, a: BoxId, b: BoxId, inputs: &[SigId]) -> Signals {
        let outputs = self.propagate(a, inputs);
        let entering: Vec<SigId> = (0..self.inputs_of(b)).map(|at| outputs[at % outputs.len()]).collect();
        self.comes_from(id);
        self.propagate(b, &entering)
    }

    fn merge(&mut self, id: BoxId, a: BoxId, b: BoxId, inputs: &[SigId]) -> Signals {
        let outputs = self.propagate(a, inputs);
        let width = self.inputs_of(b);
        let mut entering = outputs[..width].to_vec();
        self.comes_from(id);
        for (at, &output) in outputs.iter().enumerate().skip(width) {
            entering[at % width] = self.signals.apply(Fun::Add, &[entering[at % width], output]);
        }
        self.propagate(b, &entering)
    }

    fn recursion(&mut self, id: BoxId, a: BoxId, b: BoxId, inputs: &[SigId]) -> Signals {
        let loops: Vec<_> = (0..self.inputs_of(b)).map(|_| self.signals.open()).collect();
        let previous: Vec<SigId> = loops.iter().map(|&(_, previous)| previous).collect();
        let mut entering = self.propagate(b, &previous).to_vec();
        entering.extend_from_slice(inputs);
        self.comes_from(id);
        let outputs = self.propagate(a, &entering);
        for (&(id, _), &next) in loops.iter().zip(outputs.iter()) {
            self.signals.close(id, next);
        }
        outputs
    }

    fn leaf(&mut self, node: Diagram, inputs: &[SigId]) -> Signals {
        match node {
            Diagram::Waveform(table) | Diagram::Route(table) | Diagram::Function(table) => {
                let table = self.boxes.table(table).clone();
                self.tabled(&table, inputs)
            }
            Diagram::Constant(ty, name) => {
                let value = match &**self.texts.get(name) {
                    "fSamplingFreq" | "fSamplingRate" | "fSampleRate" => {
                        self.signals.make(Signal::SampleRate)
                    }
                    _ => self.signals.make(Signal::Wrong(Wrong::Foreign(name))),
                };
                Rc::new([self.typed(ty, value)])
            }
            Diagram::Variable(ty, name) => {
                let value = match &**self.texts.get(name) {
                    "count" if self.options.impulse => self.count(name),
                    "count" => self.signals.int(BLOCK),
                    _ => self.signals.make(Signal::Wrong(Wrong::Foreign(name))),
                };
                Rc::new([self.typed(ty, value)])
            }
            Diagram::Button(label) => Rc::new([self.widget(WidgetKind::Button, label, [0.0, 0.0, 1.0, 1.0])]),
            Diagram::Checkbox(label) => {
                Rc::new([self.widget(WidgetKind::Checkbox, label, [0.0, 0.0, 1.0, 1.0])])
            }
            Diagram::Slider(slider, label, range) => {
                Rc::new([self.widget(WidgetKind::Slider(slider), label, range.map(f64::from_bits))])
            }
            Diagram::Bargraph(vertical, label, [lo, hi]) => {
                let range = [0, lo, hi, 0];
                let id = self.declared(WidgetKind::Bargraph { vertical }, label, range);
                Rc::new([self.signals.make(Signal::Shown(id, inputs[0]))])
            }
            Diagram::Soundfile(label, channels) => self.sound(label, channels, [inputs[0], inputs[1]]),
            _ => Rc::new([]),
        }
    }

    fn tabled(&mut self, table: &Table, inputs: &[SigId]) -> Signals {
        match table {
            Table::Ints(values) => {
                let size = self.signals.int(i32::try_from(values.len()).unwrap_or(i32::MAX));
                Rc::new([size, self.signals.wave(Wave::Ints(values.as_slice().into()))])
            }
            Table::Reals(bits) => {
                let size = self.signals.int(i32::try_from(bits.len()).unwrap_or(i32::MAX));
                let values = bits.iter().map(|&bits| f64::from_bits(bits)).collect();
                Rc::new([size, self.signals.wave(Wave::Reals(values))])
            }
            Table::Routing(routing) => {
                let zero = self.signals.int(0);
                let mut outputs: Vec<Option<SigId>> = vec![None; routing.outputs as usize];
                for &(from, to) in &routing.pairs {
                    let index = |port: i32| usize::try_from(port).ok().and_then(|port| port.checked_sub(1));
                    let (Some(from), Some(to)) = (index(from), index(to)) else { continue };
                    let (Some(&source), Some(output)) = (inputs.get(from), outputs.get_mut(to)) else {
                        continue;
                    };
                    *output = Some(match *output {
                        Some(before) => self.signals.apply(Fun::Add, &[before, source]),
                        None => source,
                    });
                }
                outputs.into_iter().map(|output| output.unwrap_or(zero)).collect()
            }
            Table::Function(call) => {
                let arguments: Vec<SigId> =
                    call.arguments.iter().zip(inputs).map(|(&ty, &input)| self.typed(ty, input)).collect();
                let name = self.texts.get(call.name).clone();
                let least = match self.options.precision {
                    krach_abi::Precision::Single => f32::MIN_POSITIVE.into(),
                    krach_abi::Precision::Double => f64::MIN_POSITIVE,
                };
                let value = foreign::call(&mut self.signals, &name, &arguments, least)
                    .unwrap_or_else(|| self.signals.make(Signal::Wrong(Wrong::Foreign(call.name))));
                Rc::new([self.typed(call.result, value)])
            }
            Table::Arguments(_) => Rc::new([]),
        }
    }

    fn typed(&mut self, ty: Foreign, value: SigId) -> SigId {
        match ty {
            Foreign::Int => self.signals.int_of(value),
            Foreign::Float => self.signals.real_of(value),
            Foreign::Any => value,
        }
    }

    fn widget(&mut self, kind: WidgetKind, label: Text, range: [f64; 4]) -> SigId {
        let id = self.declared(kind, label, range.map(f64::to_bits));
        self.signals.make(Signal::Widget(id))
    }

    /// The frames of one call as a control that only the caller knows.
    fn count(&mut self, name: Text) -> SigId {
        let range = [f64::from(BLOCK), 0.0, f64::from(i32::MAX), 1.0].map(f64::to_bits);
        let (groups, metadata) = (Rc::new([]), Rc::new([]));
        let widget = Widget { kind: WidgetKind::Count, groups, top: None, name, metadata, range };
        let id = self.signals.widget(widget);
        self.signals.make(Signal::Widget(id))
    }

    fn declared(
        &mut self,
        kind: WidgetKind,
        label: Text,
        range: [u64; 4],
    ) -> crate::elaborate::signal::WidgetId {
        let widget = widgets::resolve(&self.propagation.path, label, &mut self.texts, (kind, range));
        self.signals.widget(widget)
    }

    /// The output of a primitive.
    pub fn primitive(&mut self, prim: Prim, inputs: &[SigId]) -> SigId {
        let signals = &mut self.signals;
        match (prim.meaning(), inputs) {
            (Meaning::Apply(fun), &[a, b]) if prim.is_real() => {
                let (a, b) = (signals.real_of(a), signals.real_of(b));
                signals.apply(fun, &[a, b])
            }
            // Of equals, and where one is not a number, Faust takes the first operand, the program the second.
            (Meaning::Apply(fun @ (Fun::Min | Fun::Max)), &[a, b]) => signals.apply(fun, &[b, a]),
            (Meaning::Apply(fun), _) => signals.apply(fun, inputs),
            (Meaning::Power, &[a, b]) => signals.power(a, b),
            (Meaning::Divide, &[a, b]) => signals.divide(a, b),
            (Meaning::Mem, &[x]) => {
                let one = signals.int(1);
                signals.delay(x, one)
            }
            (Meaning::Delay, &[x, samples]) => signals.delay(x, samples),
            (Meaning::Prefix, &[a, x]) => signals.make(Signal::Prefix(a, x)),
            (Meaning::Attach, &[x, y]) => signals.make(Signal::Attach(x, y)),
            (Meaning::Control, &[x, c]) => signals.hold(x, c),
            (Meaning::Enable, &[x, c]) => {
                let gated = signals.apply(Fun::Mul, &[x, c]);
                signals.hold(gated, c)
            }
            (Meaning::Select3, &[s, a, b, c]) => {
                let (zero, one) = (signals.int(0), signals.int(1));
                let is_one = signals.apply(Fun::Eq, &[s, one]);
                let others = signals.apply(Fun::Select, &[is_one, c, b]);
                let is_zero = signals.apply(Fun::Eq, &[s, zero]);
                signals.apply(Fun::Select, &[is_zero, others, a])
            }
            (Meaning::ReadTable, &[len, init, index]) => match self.table_len(len) {
                Ok(len) => self.signals.make(Signal::Read(len, init, index)),
                Err(wrong) => wrong,
            },
            (Meaning::WriteTable, &[len, init, at, value, index]) => match self.table_len(len) {
                Ok(len) => self.signals.make(Signal::ReadWrite(len, init, [at, value, index])),
                Err(wrong) => wrong,
            },
            (Meaning::AssertBounds, &[lo, hi, x]) => signals.make(Signal::Bounds([lo, hi, x])),
            (Meaning::Lowest, &[x]) => signals.make(Signal::Lowest(x)),
            (Meaning::Highest, &[x]) => signals.make(Signal::Highest(x)),
            (meaning, inputs) => unreachable!("{meaning:?} of {} inputs", inputs.len()),
        }
    }

    fn table_len(&mut self, len: SigId) -> Result<u32, SigId> {
        match self.signals.constant(len).map(crate::elaborate::signal::Constant::int) {
            Some(len @ 1..=MAX_TABLE) => Ok(len.cast_unsigned()),
            _ => Err(self.signals.make(Signal::Wrong(Wrong::TableSize))),
        }
    }
}
