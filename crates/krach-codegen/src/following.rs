//! Which nodes are followers, and whether they are worth a loop of their own.
//!
//! Followers hang on controls and on smoothers of controls alone, so nothing else in the loop has to wait for them, nor they
//! for anything else: they are computed before it, in steps of four frames.

use crate::plan::{Plan, Section, Still};
use crate::{
    Spec,
    kernel::{Element, Walk},
};
use krach_ir::maths::single;
use krach_ir::{AtRest, Fun, Op, Program, Sig};

/// The most followers that the loop of all the rest takes: their places lie on the stack.
const PLACES: usize = 256;
/// Nodes from which on a program has no such loop: its code would be compiled for seconds.
const LARGE: usize = 20_000;
/// What a loop of their own costs in each frame, in short instructions.
const LOOP: i64 = 4;

impl Plan {
    /// The plan of the same program with followers in a section of their own; nothing if that is slower.
    pub(crate) fn following(&self, program: &Program, rest: &AtRest, spec: &Spec) -> Option<Self> {
        if spec.voices > 1
            || spec.walk == Some(Walk::Step1)
            || program.nodes().len() > LARGE
            || Element::real(spec.precision) != Element::F32
        {
            return None;
        }
        let mut plan = self.clone();
        plan.still = Still { registers: rest.registers.clone(), lines: rest.lines.clone() };
        for sig in program.sigs() {
            if rest.followers[sig.index()] && self.section(sig) == Section::Sample {
                plan.sections[sig.index()] = Section::Follower;
            }
        }
        plan.pays(program).then_some(plan)
    }

    /// What smoothers hold next.
    pub(crate) fn smoothed<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = Sig> + 'a {
        let registers = self.still.registers.iter().map(|&id| program.register(id).next);
        registers.chain(self.still.lines.iter().map(|&id| program.line(id).input))
    }

    /// Whether computing followers apart saves more than keeping their values costs.
    fn pays(&self, program: &Program) -> bool {
        let smoothing = self.needed(program, self.smoothed(program));
        let (mut saved, mut kept) = (0, 0_i64);
        let follows = |sig: Sig| self.section(sig) == Section::Follower;
        let mut taken = vec![false; program.nodes().len()];
        let mut take = |sig: Sig| {
            let sig = self.source(sig);
            if follows(sig) && !std::mem::replace(&mut taken[sig.index()], true) {
                kept += 1;
            }
        };
        for sig in program.sigs().filter(|&sig| self.source(sig) == sig) {
            if self.section(sig) == Section::Sample {
                program.dependencies(sig).for_each(&mut take);
            } else if follows(sig) && !smoothing[sig.index()] {
                saved += weight(program, sig);
            }
        }
        program.outputs().iter().for_each(|output| take(output.sig));
        (1..=PLACES as i64).contains(&kept) && saved * 3 / 4 > kept * 2 + LOOP
    }
}

/// How long it takes, in short instructions.
fn weight(program: &Program, sig: Sig) -> i64 {
    match program.node(sig).op {
        Op::Apply(fun) if single::WRITTEN.contains(&fun) => 40,
        Op::Apply(Fun::Div | Fun::Sqrt) => 6,
        Op::Apply(fun) if fun.arity() > 0 => 1,
        _ => 0,
    }
}
