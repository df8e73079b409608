//! The controls and meters of a program as widgets.

use crate::print::graph::{Head, Reading};
use crate::print::names::{Names, labels};
use crate::syntax::ast::{Definition, Expr, Part};
use krach_ir::{Control, ControlId, ControlKind, Fun, Meter, Op, Program, Sig};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Definitions of the controls, and what stands for each in an expression: its name, or, where a value of the same
/// name is all that uses it, the widget itself.
pub(crate) fn widgets<'a>(
    program: &Program,
    main: &Reading,
    all: impl Iterator<Item = &'a Reading>,
    user_name: &impl Fn(usize) -> Option<Arc<str>>,
    names: &mut Names,
) -> (Vec<Definition>, Vec<Expr>) {
    let uses = uses(program, all);
    let labels = labels(program);
    let users = Users::of(program, main);
    let mut definitions = Vec::new();
    let mut stands_for = Vec::new();
    for (at, (control, label)) in program.controls().iter().zip(labels).enumerate() {
        let widget = widget(control, label);
        let used_once = uses[at] == 1 && users.is_part_of_namesake(at, &control.name, user_name);
        stands_for.push(if used_once {
            widget
        } else {
            let name = names.give(&control.name);
            definitions.push(Definition::value(name.clone(), widget));
            Expr::Name(name)
        });
    }
    (definitions, stands_for)
}

/// Controls that no output and no meter depends on: they are the program's all the same.
pub(crate) fn unused<'a>(program: &Program, all: impl Iterator<Item = &'a Reading>) -> Vec<usize> {
    uses(program, all).iter().enumerate().filter(|(_, uses)| **uses == 0).map(|(at, _)| at).collect()
}

/// The meters: what takes the signal of each and shows it.
pub(crate) fn bargraphs(program: &Program) -> Vec<Expr> {
    let labels = labels(program).split_off(program.controls().len());
    let bound = |value| Part::Argument(Expr::number(value));
    let bargraph = |(meter, label): (&Meter, Arc<str>)| {
        Expr::Form("hbargraph", vec![Part::Text(label), bound(meter.lo), bound(meter.hi)])
    };
    program.meters().iter().zip(labels).map(bargraph).collect()
}

fn widget(control: &Control, label: Arc<str>) -> Expr {
    let Control { init, lo, hi, step, .. } = *control;
    let switch = [init, lo, hi] == [0.0, 0.0, 1.0];
    match control.kind {
        ControlKind::Button | ControlKind::Checkbox if switch => {
            Expr::Widget(control.kind, label, Vec::new())
        }
        // A switch that is on at first, or of another range, is a number to Faust.
        ControlKind::Button | ControlKind::Checkbox | ControlKind::Number => {
            Expr::Widget(ControlKind::Number, label, numbers([init, lo, hi, step]))
        }
        ControlKind::Slider => Expr::Widget(ControlKind::Slider, label, numbers([init, lo, hi, step])),
    }
}

fn numbers(values: [f64; 4]) -> Vec<Expr> {
    values.map(Expr::number).to_vec()
}

fn uses<'a>(program: &Program, all: impl Iterator<Item = &'a Reading>) -> Vec<usize> {
    let mut uses = vec![0; program.controls().len()];
    for reading in all {
        let operands = reading.values.iter().flat_map(|value| value.operands.iter().chain(&value.memory));
        for &used in operands.chain(&reading.roots).chain(&reading.shown) {
            if let Head::Control(id) = reading.values[used].head {
                uses[id.index()] += 1;
            }
        }
    }
    uses
}

/// Values beyond this many around a control are no short expression with its name.
const NEAR: usize = 64;

/// Who uses what, where there is just one use.
struct Users {
    /// Of each control: the value that is it.
    controls: Vec<Option<usize>>,
    /// Of each value: the one that uses it, if one does, once, in the same frame.
    only: Vec<Option<usize>>,
}

impl Users {
    fn of(program: &Program, main: &Reading) -> Self {
        let mut controls = vec![None; program.controls().len()];
        let mut uses = vec![0_usize; main.values.len()];
        let mut only = vec![None; main.values.len()];
        for (user, value) in main.values.iter().enumerate() {
            if let Head::Control(id) = value.head {
                controls[id.index()].get_or_insert(user);
            }
            for &used in value.operands.iter().chain(&value.memory) {
                uses[used] += 1;
                only[used] = Some(user).filter(|_| !matches!(value.head, Head::Before(_)));
            }
        }
        main.roots.iter().chain(&main.shown).for_each(|&root| uses[root] += 1);
        only.iter_mut().zip(uses).filter(|(_, uses)| *uses != 1).for_each(|(only, _)| *only = None);
        Self { controls, only }
    }

    /// Whether the only use of a control leads, through values without a name that are used once, to one that the
    /// user called like the control.
    fn is_part_of_namesake(
        &self,
        control: usize,
        name: &str,
        user_name: &impl Fn(usize) -> Option<Arc<str>>,
    ) -> bool {
        let mut around =
            std::iter::successors(self.controls[control], |&at| self.only[at]).skip(1).take(NEAR);
        around.find_map(user_name).is_some_and(|called| *called == *name)
    }
}

/// Signals that are a control, smoothed from its start: `init + smoo(control - init)`. Without another name they are
/// called like the control.
pub(crate) fn smoothed(program: &Program) -> FxHashMap<Sig, Arc<str>> {
    let constant = |sig: Sig| match program.node(sig).op {
        Op::Real(value) => Some(value),
        _ => None,
    };
    let mut moving: FxHashMap<Sig, (ControlId, f64)> = FxHashMap::default();
    for call in program.calls() {
        let (Some(argument), [result]) = (call.arguments.first(), &call.results[..]) else { continue };
        let node = program.node(argument.outer);
        if node.op == Op::Apply(Fun::Sub)
            && let Op::Control(id) = program.node(node.operands()[0]).op
            && let Some(init) = constant(node.operands()[1])
            && init == program.control(id).init
        {
            moving.insert(*result, (id, init));
        }
    }
    let name = |sig: Sig| {
        let node = program.node(sig);
        let (a, b) = (*node.operands().first()?, *node.operands().get(1)?);
        let (id, init) = moving.get(&a).or_else(|| moving.get(&b))?;
        let whole =
            node.op == Op::Apply(Fun::Add) && [a, b].iter().any(|&part| constant(part) == Some(*init));
        whole.then(|| (sig, program.control(*id).name.clone()))
    };
    program.sigs().filter_map(name).collect()
}
