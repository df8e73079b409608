//! Equal functions of which none needs the result of another: they are computed side by side, in the lanes of one vector.
//!
//! Sixteen tangents of sixteen cutoffs become four, of four values each. Only long functions are bundled: to fill a vector
//! takes an instruction for each lane.

use crate::Spec;
use crate::lanes::LANES;
use crate::plan::{Plan, Section};
use krach_abi::Precision;
use krach_ir::maths::single;
use krach_ir::{Fun, Op, Program, Sig};
use rustc_hash::FxHashMap;

/// The bundles of the loop over frames, and the order in which its nodes are computed.
#[derive(Debug)]
pub(crate) struct Bundles {
    /// Every node that the plan wants in this section. Those of a bundle follow each other.
    pub order: Vec<Sig>,
    /// Of two to four nodes each.
    bundles: Vec<Vec<Sig>>,
    /// Of a node: its bundle.
    of: FxHashMap<Sig, usize>,
}

/// What the functions of one bundle have in common: how many functions that can be bundled lie before them on the longest
/// way, which function it is, and the constants among its operands, by their bits.
type Kind = (u32, Fun, [Option<u64>; 2]);

impl Bundles {
    /// The bundles of a program that is computed one voice at a time; nothing if there are none.
    pub(crate) fn of(program: &Program, plan: &Plan, spec: &Spec) -> Option<Self> {
        if spec.voices > 1 || spec.precision != Precision::Single {
            return None;
        }
        let mut all = Self { order: Vec::new(), bundles: Vec::new(), of: FxHashMap::default() };
        all.gather(program, plan);
        if all.bundles.is_empty() {
            return None;
        }
        all.arrange(program, plan);
        Some(all)
    }

    /// The bundle that a node is in.
    pub(crate) fn bundle(&self, sig: Sig) -> Option<&[Sig]> {
        self.of.get(&sig).map(|&bundle| self.bundles[bundle].as_slice())
    }

    /// Finds the bundles. Two functions of one level never need each other, nor do bundles of one level.
    fn gather(&mut self, program: &Program, plan: &Plan) {
        let mut levels = vec![0_u32; program.nodes().len()];
        let mut kinds: FxHashMap<Kind, Vec<Sig>> = FxHashMap::default();
        for sig in program.sigs().filter(|&sig| is_own(plan, sig)) {
            let before = program.dependencies(sig).map(|before| levels[plan.source(before).index()]).max();
            let before = before.unwrap_or(0);
            levels[sig.index()] = before;
            let Op::Apply(fun) = program.node(sig).op else { continue };
            if !single::WRITTEN.contains(&fun) {
                continue;
            }
            levels[sig.index()] = before + 1;
            let operands = program.node(sig).operands();
            let literal = |at: usize| match program.node(plan.source(*operands.get(at)?)).op {
                Op::Real(value) => Some(value.to_bits()),
                _ => None,
            };
            let bundle = kinds.entry((before, fun, [literal(0), literal(1)])).or_default();
            bundle.push(sig);
            if bundle.len() == LANES {
                self.keep(std::mem::take(bundle));
            }
        }
        let mut rest: Vec<Vec<Sig>> = kinds.into_values().filter(|bundle| bundle.len() > 1).collect();
        rest.sort();
        rest.into_iter().for_each(|bundle| self.keep(bundle));
    }

    fn keep(&mut self, bundle: Vec<Sig>) {
        self.of.extend(bundle.iter().map(|&sig| (sig, self.bundles.len())));
        self.bundles.push(bundle);
    }

    /// The program's order, but for what a bundle needs: that comes before the first of its nodes.
    fn arrange(&mut self, program: &Program, plan: &Plan) {
        let mut done = vec![false; program.nodes().len()];
        let mut open = Vec::new();
        for root in program.sigs().filter(|&sig| is_own(plan, sig)) {
            open.push(root);
            while let Some(&sig) = open.last() {
                if done[sig.index()] {
                    open.pop();
                    continue;
                }
                let alone = [sig];
                let members = self.bundle(sig).unwrap_or(&alone);
                let needed = members.iter().flat_map(|&member| program.dependencies(member));
                let needed = needed.map(|before| plan.source(before));
                let known = open.len();
                open.extend(needed.filter(|before| is_own(plan, *before) && !done[before.index()]));
                if open.len() == known {
                    open.pop();
                    members.iter().for_each(|member| done[member.index()] = true);
                    let members = members.to_vec();
                    self.order.extend(members);
                }
            }
        }
    }
}

/// Whether the loop over frames computes this node.
fn is_own(plan: &Plan, sig: Sig) -> bool {
    plan.wanted[sig.index()] && plan.source(sig) == sig && plan.section(sig) == Section::Sample
}
