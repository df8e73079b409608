//! Walking what a signal depends on, loops included, without recursion.
//!
//! Strongly connected components are settled one by one, dependencies first. Outside loops every node is computed once;
//! inside, registers start at 0 and grow until nothing moves (Cousot and Cousot 1977).

use super::OnePole;
use super::bounds::Bounds;
use super::rules;
use crate::builder::UNWRITTEN;
use crate::{Fun, Ty, components};
use crate::{Op, Program, Sig, TableId, TableInit};
use krach_abi::SAMPLE_RATES;
use rustc_hash::FxHashMap;

/// Rounds after which a loop that still moves is taken for unbounded.
const ROUNDS: usize = 40;
/// How often a stable loop is computed once more to win back what widening gave away.
const NARROWING: usize = 2;

/// What was found out so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    /// Per node: one more than its index in `visits`, 0 while it was not met.
    slots: Vec<u32>,
    visits: Vec<Visit>,
    tables: FxHashMap<TableId, Bounds>,
}

#[derive(Clone, Debug)]
struct Visit {
    sig: Sig,
    /// Whether its component is complete, and `known` with it.
    done: bool,
    /// Whether it rests on a register without a value, so that more may be known later.
    pending: bool,
    known: Bounds,
}

pub(super) struct Solver<'a> {
    pub program: &'a Program,
    pub one_pole: OnePole,
    slots: Vec<u32>,
    visits: Vec<Visit>,
    tables: FxHashMap<TableId, Bounds>,
}

impl Memo {
    pub fn len(&self) -> usize {
        self.visits.len()
    }
}

impl<'a> Solver<'a> {
    pub fn new(program: &'a Program, one_pole: OnePole) -> Self {
        Self::resume(program, one_pole, Memo::default())
    }

    /// Continues where a solver of a smaller version of the program stopped.
    pub fn resume(program: &'a Program, one_pole: OnePole, memo: Memo) -> Self {
        let Memo { mut slots, visits, tables } = memo;
        slots.resize(program.nodes.len(), 0);
        Self { program, one_pole, slots, visits, tables }
    }

    /// What stays true however the program grows; `known` visits are from before.
    pub fn suspend(self, known: usize) -> Memo {
        let Self { mut slots, mut visits, tables, .. } = self;
        for visit in visits.split_off(known) {
            slots[visit.sig.index()] = 0;
            if !visit.pending {
                slots[visit.sig.index()] = Sig::new(visits.len() + 1).0;
                visits.push(visit);
            }
        }
        Memo { slots, visits, tables }
    }

    pub fn solve(&mut self, sig: Sig) -> Bounds {
        if self.slots[sig.index()] == 0 {
            self.walk(sig);
        }
        self.bounds(sig)
    }

    /// Settles what a node depends on and was not met before, then the node.
    fn walk(&mut self, root: Sig) {
        let first = self.visits.len();
        self.visit(root);
        let mut at = first;
        while at < self.visits.len() {
            let sig = self.visits[at].sig;
            for number in 0.. {
                match self.edge(sig, number) {
                    Some(target) if self.slot(target).is_none() => self.visit(target),
                    Some(_) => {}
                    None => break,
                }
            }
            at += 1;
        }
        let new = |at: usize| {
            self.edges(self.visits[first + at].sig).filter_map(|target| self.slot(target)?.checked_sub(first))
        };
        for mut component in components(self.visits.len() - first, new) {
            component.iter_mut().for_each(|at| *at += first);
            self.settle(&mut component);
        }
    }

    fn visit(&mut self, sig: Sig) {
        self.visits.push(Visit { sig, done: false, pending: false, known: Bounds::ZERO });
        self.slots[sig.index()] = Sig::new(self.visits.len()).0;
    }

    fn edges(&self, sig: Sig) -> impl Iterator<Item = Sig> + '_ {
        (0..).map_while(move |number| self.edge(sig, number))
    }

    fn slot(&self, sig: Sig) -> Option<usize> {
        (self.slots[sig.index()] as usize).checked_sub(1)
    }

    /// What the values of a node depend on, one by one: operands, then what it reads through state.
    fn edge(&self, sig: Sig, number: usize) -> Option<Sig> {
        let node = self.program.node(sig);
        let operands = node.operands();
        if number < operands.len() {
            return Some(operands[number]);
        }
        let through = match node.op {
            Op::Read(id) => self.program.register(id).next,
            Op::Tap(id) => self.program.line(id).input,
            Op::Recall(id) => self.program.ram(id).value,
            _ => return None,
        };
        (number == operands.len() && through.index() < self.program.nodes.len()).then_some(through)
    }

    /// What is known of a node that was computed, or the present guess inside a loop.
    pub fn bounds(&self, sig: Sig) -> Bounds {
        self.slot(sig).map_or(Bounds::any(self.program.node(sig).ty), |at| self.visits[at].known)
    }

    fn settle(&mut self, component: &mut [usize]) {
        let lone = component.len() == 1 && {
            let sig = self.visits[component[0]].sig;
            !self.edges(sig).any(|edge| edge == sig)
        };
        if lone {
            self.compute(component[0]);
        } else {
            component.sort_unstable_by_key(|&at| self.visits[at].sig);
            self.settle_loop(component);
        }
        let pending = component.iter().any(|&at| self.is_pending(at));
        for &mut at in component {
            self.visits[at].done = true;
            self.visits[at].pending = pending;
        }
    }

    fn is_pending(&self, at: usize) -> bool {
        let unwritten = |id| self.program.register(id).next == UNWRITTEN;
        let on_pending = |sig| self.slot(sig).is_some_and(|other| self.visits[other].pending);
        matches!(self.op(at), Op::Read(id) if unwritten(id))
            || self.edges(self.visits[at].sig).any(on_pending)
    }

    fn settle_loop(&mut self, component: &[usize]) {
        let (reads, rest): (Vec<usize>, Vec<usize>) =
            component.iter().copied().partition(|&at| matches!(self.op(at), Op::Read(_)));
        for &at in &reads {
            // A one-pole of an input from outside the loop need not be iterated.
            self.visits[at].known = match self.pole_of_read(at) {
                Some(input) if self.is_done(input) => Bounds::ZERO.hull(self.bounds(input)),
                _ => Bounds::ZERO,
            };
        }
        for round in 0..=ROUNDS {
            for &at in &rest {
                self.compute(at);
            }
            let moved = reads.iter().filter(|&&at| self.grow(at, round == ROUNDS)).count();
            if moved == 0 {
                break;
            }
        }
        for &at in &rest {
            self.compute(at);
        }
        if self.one_pole == OnePole::Trust {
            for _ in 0..NARROWING {
                reads.iter().chain(&rest).for_each(|&at| self.compute(at));
            }
        }
    }

    /// Takes a register's next value into its interval; whether that moved it.
    fn grow(&mut self, at: usize, give_up: bool) -> bool {
        let ty = self.program.node(self.visits[at].sig).ty;
        let before = self.visits[at].known;
        let after = before.widened(self.written(at), ty);
        let moved = after != before;
        self.visits[at].known = if moved && give_up { Bounds::any(ty) } else { after };
        moved
    }

    /// What the register that a node reads is written with.
    fn written(&self, at: usize) -> Bounds {
        let Op::Read(id) = self.op(at) else { return Bounds::ANY_REAL };
        let register = self.program.register(id);
        match self.pole_of_read(at) {
            Some(input) => self.bounds(input),
            None if register.next.index() < self.program.nodes.len() => self.bounds(register.next),
            None => Bounds::any(register.ty),
        }
    }

    pub fn op(&self, at: usize) -> Op {
        self.program.node(self.visits[at].sig).op
    }

    pub fn is_done(&self, sig: Sig) -> bool {
        self.slot(sig).is_some_and(|at| self.visits[at].done)
    }

    fn compute(&mut self, at: usize) {
        let known = self.transfer(at);
        self.visits[at].known = known;
    }

    fn transfer(&mut self, at: usize) -> Bounds {
        let program = self.program;
        let sig = self.visits[at].sig;
        let node = program.node(sig);
        match node.op {
            Op::Real(value) => Bounds::new(value, value),
            Op::Int(value) => Bounds::new(f64::from(value), f64::from(value)),
            Op::SampleRate => {
                let lowest = if self.one_pole == OnePole::Trust { *SAMPLE_RATES.start() } else { 1 };
                Bounds::new(f64::from(lowest), f64::from(*SAMPLE_RATES.end()))
            }
            Op::Input(_) => Bounds::ANY_REAL,
            Op::Control(id) => {
                let [lo, hi] = program.control(id).reach();
                Bounds::new(lo, hi)
            }
            // The lowest state is one further from 0 than the divisor.
            Op::Noise(_) => Bounds::new(f64::from(i32::MIN) / f64::from(i32::MAX), 1.0),
            Op::Read(_) => Bounds::ZERO.hull(self.written(at)),
            Op::Tap(id) => Bounds::ZERO.hull(self.bounds(program.line(id).input)),
            Op::Lookup(id) => match self.tables.get(&id) {
                Some(&known) => known,
                None => {
                    let known = contents(&program.table(id).init, self.one_pole);
                    self.tables.insert(id, known);
                    known
                }
            },
            Op::Recall(id) => {
                contents(&program.ram(id).init, self.one_pole).hull(self.bounds(program.ram(id).value))
            }
            Op::Argument => self.bounds(node.operands()[0]),
            Op::Apply(fun) => self.apply(sig, fun),
        }
    }

    fn apply(&self, sig: Sig, fun: Fun) -> Bounds {
        let operands = self.program.node(sig).operands();
        if self.one_pole == OnePole::Trust {
            if let Some(input) = self.pole(sig) {
                return Bounds::ZERO.hull(self.bounds(input)).outward();
            }
            if self.is_fraction(sig) {
                let nan = self.bounds(operands[0]).nan || self.bounds(operands[0]).endless();
                return Bounds { lo: 0.0, hi: 1.0, nan };
            }
        }
        let ty = |sig: Sig| self.program.node(sig).ty;
        let known = |&sig: &Sig| match ty(sig) {
            Ty::Int => self.bounds(sig),
            Ty::Real => self.bounds(sig).outward(),
        };
        let values: Vec<Bounds> = operands.iter().map(known).collect();
        let result = rules::apply(fun, ty(operands[operands.len() - 1]), &values);
        // A square is never negative.
        let square = fun == Fun::Mul && operands[0] == operands[1] && ty(sig) == Ty::Real;
        if square { Bounds { lo: result.lo.max(0.0), ..result } } else { result }
    }
}

fn contents(init: &TableInit, one_pole: OnePole) -> Bounds {
    let all = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| Bounds::new(value, value)).reduce(Bounds::hull).unwrap_or(Bounds::ZERO)
    };
    match init {
        TableInit::Reals(values) => all(&mut values.iter().copied()).outward(),
        TableInit::Ints(values) => all(&mut values.iter().map(|&value| f64::from(value))),
        // Samples are finite; the program does not know more of them.
        TableInit::Sound { .. } => Bounds { nan: false, ..Bounds::ANY_REAL },
        // Nesting is bounded by validation.
        TableInit::Generated(inner) => Solver::new(inner, one_pole).solve(inner.outputs[0].sig),
    }
}
