//! The values of one region as expressions and definitions.

use crate::print::graph::{Head, Reading};
use crate::print::layout::{Layout, Place};
use crate::print::loops::{Loops, Memory};
use crate::print::numerals::{Kind, Kinds, constants};
use crate::print::standard::{Slot, Standard, position, whole};
use crate::print::tables::Stores;
use crate::print::vocabulary::{Helper, Vocabulary};
use crate::syntax::ast::{Definition, Equation, Expr, Infix};
use krach_abi::Seed;
use krach_ir::{Call, CallId, Program, RamId, Ty, maths};
use rustc_hash::FxHashMap;
use std::f64::consts::PI;
use std::sync::Arc;

/// What names mean in a region that come from outside it.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub program: &'a Program,
    pub inputs: &'a [Arc<str>],
    pub parameters: &'a [Arc<str>],
    /// What stands for each control.
    pub controls: &'a [Expr],
    pub functions: &'a FxHashMap<CallId, Arc<str>>,
    pub standard: &'a [Option<&'static Standard>],
    pub stores: &'a Stores,
    /// Which signals something is divided by.
    pub divisors: &'a [bool],
}

pub(crate) struct Writer<'a> {
    pub words: Words<'a>,
    pub reading: &'a Reading,
    pub loops: &'a Loops,
    pub layout: &'a Layout,
    pub vocabulary: &'a mut Vocabulary,
    pub kinds: Kinds,
    /// What is known of values that are constant.
    pub constants: Vec<Option<maths::Value<f64>>>,
}

impl<'a> Writer<'a> {
    pub fn new(
        words: Words<'a>,
        reading: &'a Reading,
        loops: &'a Loops,
        layout: &'a Layout,
        vocabulary: &'a mut Vocabulary,
    ) -> Self {
        let kinds = Kinds::of(reading, layout);
        let constants = constants(reading, loops);
        Self { words, reading, loops, layout, vocabulary, kinds, constants }
    }

    /// The result: what the region as a whole is. The first output carries along what else must be heard of.
    pub fn result(&mut self, real: bool, attached: &[Expr]) -> Expr {
        let reading = self.reading;
        let mut parts: Vec<Expr> = reading.roots.iter().map(|&root| self.given(root, None, real)).collect();
        if let ([root], false) = (&reading.roots[..], attached.is_empty())
            && let Head::Call(call) = reading.values[*root].head
        {
            let others = (1..self.words.program.call(call).results.len()).map(|_| Expr::Wire);
            let whole = std::mem::replace(&mut parts[0], attach(Expr::Wire, attached));
            let channels = std::iter::once(parts.remove(0)).chain(others).collect();
            parts.push(whole.then(Expr::parallel(channels)));
        } else {
            let first = std::mem::replace(&mut parts[0], Expr::Wire);
            parts[0] = attach(first, attached);
        }
        let body = Expr::parallel(parts);
        match self.layout.bare_loop {
            Some(in_loop) => self.letrec(in_loop, body),
            None => body,
        }
    }

    /// What the meters show, each in its bargraph.
    pub fn shown(&mut self, bargraphs: Vec<Expr>) -> Vec<Expr> {
        let shown = self.reading.shown.iter().zip(bargraphs);
        shown.map(|(&at, bargraph)| self.refer(at, None).then(bargraph)).collect()
    }

    /// The definitions of the region, each with the value after which it stands. `group` names a loop that has
    /// several exports.
    pub fn definitions(&mut self, mut group: impl FnMut() -> Arc<str>) -> Vec<(usize, Definition)> {
        let mut definitions = Vec::new();
        for at in 0..self.reading.values.len() {
            definitions.extend(self.definition(at).map(|definition| (at, definition)));
            if let Some(in_loop) = self.loops.of_value[at]
                && self.loops.members[in_loop].last() == Some(&at)
                && self.layout.bare_loop != Some(in_loop)
            {
                let all = self.loop_definitions(in_loop, &mut group);
                definitions.extend(all.into_iter().map(|definition| (at, definition)));
            }
        }
        definitions
    }

    /// The definition of a value that has one.
    fn definition(&mut self, at: usize) -> Option<Definition> {
        let Place::Defined(name) = &self.layout.places[at] else { return None };
        let name = name.clone();
        Some(Definition::value(name, self.defined(at, None)))
    }

    fn defined(&mut self, at: usize, inside: Option<usize>) -> Expr {
        let real = self.reading.values[at].ty == Ty::Real;
        self.build(at, inside, real)
    }

    /// What a loop is to its surroundings: its exports, each by name.
    fn loop_definitions(&mut self, in_loop: usize, mut group: impl FnMut() -> Arc<str>) -> Vec<Definition> {
        let cells = self.loops.cells_of[in_loop].iter().map(|&cell| &self.layout.cells[cell]);
        let cells = cells.filter(|names| names.exported);
        let cells = cells.map(|names| (names.inside.clone(), names.outside.clone()));
        let exports = self.layout.exports.iter();
        let exports = exports.filter(|export| self.loops.of_value[export.value] == Some(in_loop));
        let exports = exports.map(|export| (export.equation.clone(), export.outside.clone()));
        let names: Vec<(Arc<str>, Arc<str>)> = cells.chain(exports).collect();
        let plain = |name: Arc<str>, body| Definition::value(name, body);
        let body = Expr::parallel(names.iter().map(|(inside, _)| Expr::Name(inside.clone())).collect());
        let body = self.letrec(in_loop, body);
        if let [(_, outside)] = &names[..] {
            return vec![plain(outside.clone(), body)];
        }
        let group = group();
        let channel = |at| Expr::Name(group.clone()).channel(at, names.len());
        let parts = names.iter().enumerate().map(|(at, (_, outside))| plain(outside.clone(), channel(at)));
        let parts: Vec<Definition> = parts.collect();
        std::iter::once(plain(group, body)).chain(parts).collect()
    }

    fn letrec(&mut self, in_loop: usize, body: Expr) -> Expr {
        let (loops, layout) = (self.loops, self.layout);
        let mut equations = Vec::new();
        for &index in &loops.cells_of[in_loop] {
            let cell = &loops.cells[index];
            let real = self.reading.values[cell.before].ty == Ty::Real;
            let next = match layout.places[cell.next] {
                Place::Equation(of) if of == index => self.build(cell.next, Some(in_loop), real),
                _ => self.given(cell.next, Some(in_loop), real),
            };
            let name = layout.cells[index].inside.clone();
            let next = match cell.gate {
                None => next,
                Some(gate) => {
                    let gate = self.refer(gate, Some(in_loop));
                    Expr::call(Expr::name("select2"), vec![gate, Expr::Name(name.clone()), next])
                }
            };
            equations.push(Equation { name, next });
        }
        let mut definitions = Vec::new();
        for &at in &loops.members[in_loop] {
            if let Place::Inside(name, _) = &layout.places[at] {
                let body = self.defined(at, Some(in_loop));
                definitions.push(Definition::value(name.clone(), body));
            }
        }
        for export in &layout.exports {
            if self.loops.of_value[export.value] == Some(in_loop) {
                let next = self.refer(export.value, Some(in_loop));
                equations.push(Equation { name: export.equation.clone(), next });
            }
        }
        Expr::Letrec(Box::new(body), equations, definitions)
    }

    /// The value as it is seen from inside a loop or from outside.
    pub fn refer(&mut self, at: usize, inside: Option<usize>) -> Expr {
        self.given(at, inside, false)
    }

    /// As [`Self::refer`], surely a real if `real`.
    pub fn given(&mut self, at: usize, inside: Option<usize>, real: bool) -> Expr {
        let (loops, layout) = (self.loops, self.layout);
        if let Head::Before(register) = self.reading.values[at].head {
            return match loops.registers[&register] {
                Memory::Copy { of, frames } => delayed(self.refer(of, inside), frames),
                Memory::Cell(cell) if inside == Some(loops.cells[cell].in_loop) => {
                    Expr::Name(layout.cells[cell].inside.clone())
                }
                Memory::Cell(cell) => Expr::Name(layout.cells[cell].outside.clone()).before(),
            };
        }
        match &layout.places[at] {
            Place::Defined(name) => Expr::Name(name.clone()),
            Place::Inside(_, Some(outside)) if inside != loops.of_value[at] => Expr::Name(outside.clone()),
            Place::Inside(name, _) => Expr::Name(name.clone()),
            Place::Equation(cell) => Expr::Name(layout.cells[*cell].outside.clone()),
            Place::Inline => self.build(at, inside, real),
        }
    }

    /// The value computed here. The depth is bounded by the layout.
    fn build(&mut self, at: usize, inside: Option<usize>, real: bool) -> Expr {
        let reading = self.reading;
        let value = &reading.values[at];
        let real = real && value.ty == Ty::Real && self.kinds.own[at] != Kind::Real;
        match value.head {
            Head::Real(number) => self.constant(number, real),
            Head::Int(number) => Expr::Int(number),
            Head::SampleRate => self.vocabulary.library("ma", "SR"),
            Head::Input(port) => Expr::Name(self.words.inputs[port as usize].clone()),
            Head::Parameter(index) => Expr::Name(self.words.parameters[index].clone()),
            Head::Control(id) => self.words.controls[id.index()].clone(),
            Head::Noise(0) => self.vocabulary.library("no", "noise"),
            Head::Noise(ordinal) => {
                let seed = Expr::Int(Seed::default().noise(ordinal));
                Expr::call(Expr::Name(self.vocabulary.helper(Helper::Noise)), vec![seed])
            }
            Head::Before(_) => unreachable!("registers are referred to"),
            Head::Fun(fun) => self.fun(fun, at, inside, real),
            Head::Fraction => {
                let of = self.refer(value.operands[0], inside);
                Expr::call(self.vocabulary.library("ma", "frac"), vec![of])
            }
            Head::Delay(frames) => delayed(self.given(value.operands[0], inside, real), frames),
            Head::VaryingDelay(clamp) => {
                let input = self.given(value.operands[0], inside, real);
                let amount = self.refer(value.operands[1], inside);
                Expr::infix(Infix::Delay, input, clamped(amount, clamp))
            }
            Head::HeldDelay(max) => self.held_delay(max, at, inside),
            Head::Lookup(table) => {
                let mut arguments = self.words.stores.table(table);
                arguments.push(self.refer(value.operands[0], inside));
                Expr::call(Expr::name("rdtable"), arguments)
            }
            Head::Recall(ram) => self.recall(ram, at, inside),
            Head::Call(call) => self.call(call, at, inside),
            Head::Channel(index, count) => self.refer(value.operands[0], inside).channel(index, count),
        }
    }

    pub fn constant(&mut self, number: f64, real: bool) -> Expr {
        let turns = number / PI;
        if number == PI {
            self.vocabulary.library("ma", "PI")
        } else if [4.0, 2.0, -2.0].contains(&turns) && turns * PI == number {
            Expr::infix(Infix::Mul, Expr::number(turns), self.vocabulary.library("ma", "PI"))
        } else if number == PI / 2.0 {
            Expr::infix(Infix::Div, self.vocabulary.library("ma", "PI"), Expr::Int(2))
        } else if real {
            Expr::Real(number)
        } else {
            Expr::number(number)
        }
    }

    fn held_delay(&mut self, max: i32, at: usize, inside: Option<usize>) -> Expr {
        let value = &self.reading.values[at];
        let [input, amount, gate] = [0, 1, 2].map(|part| value.operands[part]);
        let init = if value.ty == Ty::Int { Expr::Int(0) } else { Expr::Real(0.0) };
        let amount = clamped(self.refer(amount, inside), Some((0, max)));
        let (gate, input) = (self.refer(gate, inside), self.refer(input, inside));
        let function = Expr::Name(self.vocabulary.helper(Helper::HeldDelay));
        Expr::call(function, vec![init, Expr::Int(max.saturating_add(1)), gate, amount, input])
    }

    /// While its gate is closed a table is written beyond its end, where nothing reads.
    fn recall(&mut self, ram: RamId, at: usize, inside: Option<usize>) -> Expr {
        let reading = self.reading;
        let operands = &reading.values[at].operands;
        let [to, what, from] = [0, 1, 2].map(|part| self.refer(operands[part], inside));
        let mut arguments = self.words.stores.ram(ram);
        let [to, from] = match operands.get(3) {
            None => [to, from],
            Some(&gate) => {
                let last = i32::try_from(self.words.program.ram(ram).len).unwrap_or(i32::MAX);
                let bounds = Some((0, last - 1));
                let gate = self.refer(gate, inside);
                let choice = vec![gate, Expr::Int(last), clamped(to, bounds)];
                [Expr::call(Expr::name("select2"), choice), clamped(from, bounds)]
            }
        };
        arguments.extend([to, what, from]);
        Expr::call(Expr::name("rwtable"), arguments)
    }

    fn call(&mut self, id: CallId, at: usize, inside: Option<usize>) -> Expr {
        let (program, reading) = (self.words.program, self.reading);
        let operands = &reading.values[at].operands;
        let call = program.call(id);
        if let Some(row) = self.words.standard[id.index()] {
            return self.standard(row, call, operands, inside);
        }
        let arguments = (0..operands.len()).map(|index| self.handed(call, index, operands, inside, true));
        let arguments = arguments.collect();
        let name = self.words.functions.get(&id).unwrap_or(&call.function).clone();
        Expr::call(Expr::Name(name), arguments)
    }

    /// An argument. A constant 0 by which the function divides is hidden from the compiler.
    fn handed(
        &mut self,
        call: &Call,
        index: usize,
        operands: &[usize],
        inside: Option<usize>,
        real: bool,
    ) -> Expr {
        let is_zero = self.constants[operands[index]] == Some(maths::Value::Real(0.0));
        if is_zero && self.words.divisors[call.arguments[index].inner.index()] {
            return Expr::Name(self.vocabulary.helper(Helper::Zero));
        }
        self.given(operands[index], inside, real)
    }

    fn standard(&mut self, row: &Standard, call: &Call, operands: &[usize], inside: Option<usize>) -> Expr {
        let mut arguments = Vec::new();
        for slot in row.arguments {
            arguments.push(match *slot {
                Slot::Signal(name) => {
                    self.handed(call, position(call, name).unwrap_or(0), operands, inside, false)
                }
                Slot::Whole(name) => Expr::Int(whole(call, name).unwrap_or(0)),
                Slot::Int(value) => Expr::Int(value),
                Slot::Real(value) => Expr::Real(value),
            });
        }
        let function = Expr::call(self.vocabulary.library(row.library, row.name), arguments);
        match row.signal.and_then(|name| position(call, name)) {
            Some(signal) => self.refer(operands[signal], inside).then(function),
            None => function,
        }
    }
}

/// A few are easily read one around the other; how deep text may nest has an end.
const NESTED: usize = 8;

fn attach(expr: Expr, others: &[Expr]) -> Expr {
    let attach = |expr, other| Expr::call(Expr::name("attach"), vec![expr, other]);
    if others.len() > NESTED {
        return attach(expr, Expr::parallel(others.to_vec()).merged());
    }
    others.iter().cloned().fold(expr, attach)
}

/// `x'`, `x''` or `x @ n`.
fn delayed(mut expr: Expr, frames: i32) -> Expr {
    let mut total = frames;
    while let Expr::Before(inner) = expr {
        expr = *inner;
        total = total.saturating_add(1);
    }
    match total {
        0 => expr,
        1 => expr.before(),
        2 => expr.before().before(),
        _ => Expr::infix(Infix::Delay, expr, Expr::Int(total)),
    }
}

fn clamped(index: Expr, bounds: Option<(i32, i32)>) -> Expr {
    let Some((lo, hi)) = bounds else { return index };
    let below = Expr::call(Expr::name("min"), vec![Expr::Int(hi), index]);
    Expr::call(Expr::name("max"), vec![Expr::Int(lo), below])
}
