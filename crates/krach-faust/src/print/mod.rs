//! From a program to the syntax of a Faust file: functions, controls, values, `process`, and tables last.
//!
//! `calls` finds the uses of library functions that can be printed as functions. `graph` reads one of them (or
//! `process`) as a graph of values; `loops` finds its feedback; `layout` decides which values get a name; `numerals`
//! finds where an int must be distinguished from a real. `write` makes syntax of the values, with the help of `functions`,
//! `controls` and `tables`. `standard` lists the functions that the standard libraries have too; `names` and
//! `vocabulary` keep what the whole file shares.

pub(crate) mod calls;
pub(crate) mod controls;
mod functions;
pub(crate) mod graph;
mod layout;
mod loops;
mod names;
mod numerals;
mod standard;
mod tables;
mod vocabulary;
mod write;

use crate::elaborate::voices;
use crate::print::calls::Regions;
use crate::print::graph::{Head, Key, Reader, Reading, equal_registers};
use crate::print::layout::{Called, Layout};
use crate::print::loops::Loops;
use crate::print::names::{Names, is_word, string};
use crate::print::standard::{Standard, has_later_noise};
use crate::print::tables::Stores;
use crate::print::vocabulary::{Helper, Vocabulary};
use crate::print::write::{Words, Writer};
use crate::syntax::ast::{Ast, Definition, Expr, Statement};
use krach_ir::{CallId, Fun, Intervals, OnePole, Op, Program, RegisterId, Sig, Ty};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The Faust file of a program, as syntax.
#[must_use]
pub fn to_ast(program: &Program) -> Ast {
    let program = &*program.spelled_out();
    let mut vocabulary = Vocabulary::new();
    let mut statements = vec![Statement::Declare("name".into(), string(program.name()))];
    let declared = program.metadata().iter().filter(|(key, _)| is_word(key));
    statements.extend(declared.map(|(key, value)| Statement::Declare(key.clone(), string(value))));
    if let Some(polyphony) = program.polyphony()
        && voices(program.metadata()) != Some(polyphony.voices)
    {
        statements.push(Statement::Declare("nvoices".into(), polyphony.voices.to_string().into()));
    }
    let mut main = Sheet::of(program).main(&mut vocabulary, "process");
    if let Some(effect) = program.polyphony().and_then(|polyphony| polyphony.effect.as_ref()) {
        main.extend(Sheet::of(&effect.spelled_out()).main(&mut vocabulary, "effect"));
    }
    if vocabulary.uses_library {
        statements.push(Statement::Import("stdfaust.lib".into()));
    }
    statements.extend(
        vocabulary.definitions.into_iter().chain(main).chain(vocabulary.tables).map(Statement::Definition),
    );
    Ast { statements }
}

/// The only output of a program without inputs and controls: what fills a table.
pub(crate) fn generator(program: &Program, ty: Ty, vocabulary: &mut Vocabulary) -> Expr {
    let program = program.spelled_out();
    let mut sheet = Sheet::of(&program);
    sheet.read_all();
    sheet.prepare(vocabulary);
    let mut names = sheet.local_names(&sheet.readings[&None], vocabulary);
    sheet.body(None, &mut names, &[], ty == Ty::Real, vocabulary)
}

/// Everything about one program while it is printed.
struct Sheet<'a> {
    program: &'a Program,
    intervals: Intervals,
    standard: Vec<Option<&'static Standard>>,
    regions: Regions<'a>,
    registers: Vec<RegisterId>,
    /// What the user called the registers, by their reads.
    reads: FxHashMap<RegisterId, Arc<str>>,
    /// Controls that are smoothed, by what they become.
    smoothed: FxHashMap<Sig, Arc<str>>,
    readings: FxHashMap<Option<CallId>, Reading>,
    functions: FxHashMap<CallId, Arc<str>>,
    controls: Vec<Expr>,
    stores: Stores,
    divisors: Vec<bool>,
}

impl<'a> Sheet<'a> {
    fn of(program: &'a Program) -> Self {
        let later_noise = has_later_noise(program);
        let row = |(call, later): (_, &bool)| if *later { None } else { Standard::of(program, call) };
        let standard: Vec<_> = program.calls().iter().zip(&later_noise).map(row).collect();
        let work = work(program);
        let regions = Regions::of(program, |id: CallId| {
            let call = program.call(id);
            let own = !call.arguments.is_empty() && work[id.index()] > 1;
            !call.results.is_empty() && (own || standard[id.index()].is_some())
        });
        let registers = equal_registers(program);
        let named_read = |sig: Sig| match (program.node(sig).op, program.name_of(sig)) {
            (Op::Read(register), Some(name)) => Some((registers[register.index()], name.clone())),
            _ => None,
        };
        Self {
            program,
            intervals: Intervals::of_program(program, OnePole::Widen),
            standard,
            regions,
            reads: program.sigs().rev().filter_map(named_read).collect(),
            registers,
            smoothed: controls::smoothed(program),
            readings: FxHashMap::default(),
            functions: FxHashMap::default(),
            controls: Vec::new(),
            stores: Stores::default(),
            divisors: divisors(program),
        }
    }

    /// Controls, values, and what they are for, under its name.
    fn main(&mut self, vocabulary: &mut Vocabulary, process: &str) -> Vec<Definition> {
        self.read_all();
        let reading = &self.readings[&None];
        let name = |at: usize| self.user_name(None, reading, at);
        let (mut definitions, stand_for) =
            controls::widgets(self.program, reading, self.readings.values(), &name, &mut vocabulary.names);
        self.controls = stand_for;
        self.prepare(vocabulary);
        let unused = controls::unused(self.program, self.readings.values());
        let unused: Vec<Expr> = unused.into_iter().map(|at| self.controls[at].clone()).collect();
        let reading = &self.readings[&None];
        let inputs: Vec<Arc<str>> =
            self.program.inputs().iter().map(|input| vocabulary.names.give(input)).collect();
        let loops = Loops::of(reading);
        let layout = self.layout(None, reading, &loops, &mut vocabulary.names);
        let mut names = vocabulary.names.clone();
        let mut groups = Vec::new();
        let mut writer = Writer::new(self.words(&inputs, &[]), reading, &loops, &layout, vocabulary);
        let mut attached = unused;
        attached.extend(writer.shown(controls::bargraphs(self.program)));
        let body = writer.result(false, &attached);
        let values = writer.definitions(|| {
            groups.push(names.give("loop"));
            groups[groups.len() - 1].clone()
        });
        // What follows the voices stands in the same file.
        vocabulary.names.avoid(&groups);
        let hears = hears_input(reading, &loops);
        let (inner, outer): (Vec<_>, Vec<_>) = values.into_iter().partition(|(at, _)| hears[*at]);
        definitions.extend(outer.into_iter().map(|(_, definition)| definition));
        let body = body.with(inner.into_iter().map(|(_, definition)| definition).collect());
        definitions.push(Definition::function(process.into(), inputs, body));
        definitions
    }

    /// Reads the outputs, the meters and every function they need, outermost first.
    fn read_all(&mut self) {
        let mut wanted: Vec<Option<CallId>> = vec![None];
        while let Some(region) = wanted.pop() {
            if self.readings.contains_key(&region) {
                continue;
            }
            let program = self.program;
            let (results, shown): (Vec<Sig>, Vec<Sig>) = match region {
                Some(call) => (program.call(call).results.clone(), Vec::new()),
                None => (
                    program.outputs().iter().map(|output| output.sig).collect(),
                    program.meters().iter().map(|meter| meter.sig).collect(),
                ),
            };
            let (regions, intervals, registers) = (&self.regions, &self.intervals, &self.registers[..]);
            let reader = Reader { regions, intervals, region, registers };
            let reading = reader.read(&results, &shown);
            wanted.extend(reading.values.iter().filter_map(|value| match value.head {
                Head::Call(call) if self.standard[call.index()].is_none() => Some(Some(call)),
                _ => None,
            }));
            self.readings.insert(region, reading);
        }
    }

    /// Defines the tables, the functions and the helpers; callees first.
    fn prepare(&mut self, vocabulary: &mut Vocabulary) {
        let mut order: Vec<Option<CallId>> = self.readings.keys().copied().collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        for region in order {
            for value in &self.readings[&region].values {
                match value.head {
                    Head::Lookup(id) => self.stores.add_table(self.program, id, vocabulary),
                    Head::Recall(id) => self.stores.add_ram(self.program, id, vocabulary),
                    _ => {}
                }
            }
            match region {
                Some(call) => {
                    let name = self.function(call, vocabulary);
                    self.functions.insert(call, name);
                }
                None => drop(self.foreign_names(&self.readings[&None], vocabulary)),
            }
        }
    }

    fn function(&self, id: CallId, vocabulary: &mut Vocabulary) -> Arc<str> {
        let reading = &self.readings[&Some(id)];
        let call = self.program.call(id);
        let mut names = self.local_names(reading, vocabulary);
        let parameters: Vec<Arc<str>> =
            call.arguments.iter().map(|argument| names.give(&argument.name)).collect();
        let real = call.results.iter().all(|&result| self.program.node(result).ty == Ty::Real);
        let body = self.body(Some(id), &mut names, &parameters, real, vocabulary);
        vocabulary.function(&call.function, standard::comment(call), parameters, body)
    }

    /// A region as one expression.
    fn body(
        &self,
        region: Option<CallId>,
        names: &mut Names,
        parameters: &[Arc<str>],
        real: bool,
        vocabulary: &mut Vocabulary,
    ) -> Expr {
        let reading = &self.readings[&region];
        let loops = Loops::of(reading);
        let layout = self.layout(region, reading, &loops, names);
        let mut writer = Writer::new(self.words(&[], parameters), reading, &loops, &layout, vocabulary);
        let body = writer.result(real, &[]);
        let definitions = writer.definitions(|| names.give("loop"));
        body.with(definitions.into_iter().map(|(_, definition)| definition).collect())
    }

    fn layout(&self, region: Option<CallId>, reading: &Reading, loops: &Loops, names: &mut Names) -> Layout {
        let user = |at: usize| self.user_name(region, reading, at);
        let hint = |at: usize| match reading.values[at].head {
            Head::Call(call) => Some(self.program.call(call).function.clone()),
            Head::Fun(Fun::Add) if loops.of_value[at].is_some() => Some("total".into()),
            _ => None,
        };
        Layout::of(reading, loops, names, &Called { user: &user, hint: &hint })
    }

    fn words<'w>(&'w self, inputs: &'w [Arc<str>], parameters: &'w [Arc<str>]) -> Words<'w> {
        Words {
            program: self.program,
            inputs,
            parameters,
            controls: &self.controls,
            functions: &self.functions,
            standard: &self.standard,
            stores: &self.stores,
            divisors: &self.divisors,
        }
    }

    /// The names of one function: apart from all that it uses of the file.
    fn local_names(&self, reading: &Reading, vocabulary: &mut Vocabulary) -> Names {
        let mut names = Names::default();
        names.avoid(&self.foreign_names(reading, vocabulary));
        names
    }

    /// The names of the file that a region uses; defines the helpers among them.
    fn foreign_names(&self, reading: &Reading, vocabulary: &mut Vocabulary) -> Vec<Arc<str>> {
        let mut used: Vec<Arc<str>> = vec![vocabulary.zero.clone()];
        let mut uses = |exprs: &[Expr]| {
            for expr in exprs {
                if let Expr::Name(name) = expr {
                    used.push(name.clone());
                }
            }
        };
        for value in &reading.values {
            match value.head {
                Head::Control(id) => uses(&self.controls[id.index()..=id.index()]),
                Head::Lookup(id) => uses(&self.stores.table(id)),
                Head::Recall(id) => uses(&self.stores.ram(id)),
                Head::Call(id) => uses(self.functions.get(&id).cloned().map(Expr::Name).as_slice()),
                Head::Noise(1..) => uses(&[Expr::Name(vocabulary.helper(Helper::Noise))]),
                Head::Fun(Fun::Trunc) => uses(&[Expr::Name(vocabulary.helper(Helper::Truncate))]),
                Head::HeldDelay(_) => uses(&[Expr::Name(vocabulary.helper(Helper::HeldDelay))]),
                _ => {}
            }
        }
        used
    }

    /// What the user called a value. The results of a function are called by its callers, each in its own way:
    /// inside they have no name.
    fn user_name(&self, region: Option<CallId>, reading: &Reading, at: usize) -> Option<Arc<str>> {
        let sig = match reading.values[at].key {
            Key::Node(sig) => sig,
            Key::Before(register) => return self.reads.get(&register).cloned(),
            Key::Channel(call, index) => self.program.call(call).results[index],
            Key::Call(call) => match self.program.call(call).results[..] {
                [result] => result,
                _ => return None,
            },
        };
        if region.is_some_and(|call| self.program.call(call).results.contains(&sig)) {
            return None;
        }
        self.program.name_of(sig).or_else(|| self.smoothed.get(&sig)).cloned()
    }
}

/// How many operations each call does itself, besides casts; a call it makes counts as more than one.
pub(crate) fn work(program: &Program) -> Vec<usize> {
    let mut work = vec![0; program.calls().len()];
    for sig in program.sigs() {
        let is_work = !matches!(
            program.node(sig).op,
            Op::Argument
                | Op::Real(_)
                | Op::Int(_)
                | Op::SampleRate
                | Op::Control(_)
                | Op::Input(_)
                | Op::Apply(Fun::ToInt | Fun::ToReal)
        );
        if let (Some(home), true) = (program.home(sig), is_work) {
            work[home.index()] += 1;
        }
    }
    for call in program.calls() {
        if let Some(parent) = call.parent {
            work[parent.index()] += 2;
        }
    }
    work
}

/// Which signals something is divided by, also inside a function that they are handed to.
fn divisors(program: &Program) -> Vec<bool> {
    let mut divides = vec![false; program.nodes().len()];
    for sig in program.sigs().rev() {
        let node = program.node(sig);
        match (node.op, node.operands()) {
            (Op::Apply(Fun::Div | Fun::Rem | Fun::Remainder), &[_, by]) => divides[by.index()] = true,
            (Op::Argument, &[outer]) if divides[sig.index()] => divides[outer.index()] = true,
            _ => {}
        }
    }
    divides
}

/// Which values depend on an audio input.
fn hears_input(reading: &Reading, loops: &Loops) -> Vec<bool> {
    let mut hears = vec![false; reading.values.len()];
    for component in &loops.components {
        let any = component.iter().any(|&at| {
            let value = &reading.values[at];
            matches!(value.head, Head::Input(_))
                || value.operands.iter().chain(&value.memory).any(|&operand| hears[operand])
        });
        component.iter().for_each(|&at| hears[at] = any);
    }
    hears
}
