//! Shapes of more than one node of which more can be proved than of their parts.

use super::OnePole;
use super::solve::Solver;
use crate::Fun;
use crate::{Op, Sig};

impl Solver<'_> {
    /// The signal behind the boundaries of calls, up to a number of them.
    fn inside(&self, mut sig: Sig) -> Sig {
        for _ in 0..64 {
            if self.program.node(sig).op != Op::Argument {
                break;
            }
            sig = self.program.node(sig).operands()[0];
        }
        sig
    }

    fn applied(&self, sig: Sig, fun: Fun) -> Option<[Sig; 2]> {
        let node = self.program.node(self.inside(sig));
        match *node.operands() {
            [a, b] if node.op == Op::Apply(fun) => Some([self.inside(a), self.inside(b)]),
            _ => None,
        }
    }

    /// `x - floor(x)`
    pub fn is_fraction(&self, sig: Sig) -> bool {
        self.applied(sig, Fun::Sub).is_some_and(|[x, whole]| {
            let node = self.program.node(whole);
            node.op == Op::Apply(Fun::Floor) && self.inside(node.operands()[0]) == x
        })
    }

    pub fn pole_of_read(&self, at: usize) -> Option<Sig> {
        match self.op(at) {
            Op::Read(id) if self.one_pole == OnePole::Trust => {
                let next = self.program.register(id).next;
                if next.index() >= self.program.nodes.len() {
                    return None;
                }
                let (input, register) = self.one_pole(next)?;
                (self.program.node(register).op == Op::Read(id)).then_some(input)
            }
            _ => None,
        }
    }

    pub fn pole(&self, sig: Sig) -> Option<Sig> {
        let (input, register) = self.one_pole(sig)?;
        match self.program.node(register).op {
            Op::Read(id) => {
                let next = self.program.register(id).next;
                let ours = next.index() < self.program.nodes.len() && self.inside(next) == sig;
                ours.then_some(input)
            }
            _ => None,
        }
    }

    /// Input and register of `a*x + b*y'`, in any order, where a + b = 1 and neither is negative.
    fn one_pole(&self, sum: Sig) -> Option<(Sig, Sig)> {
        let is_read = |sig: &Sig| matches!(self.program.node(*sig).op, Op::Read(_));
        let terms = self.applied(sum, Fun::Add)?;
        for [new, old] in [terms, [terms[1], terms[0]]] {
            let (Some(new), Some(old)) = (self.applied(new, Fun::Mul), self.applied(old, Fun::Mul)) else {
                continue;
            };
            for [b, register] in [old, [old[1], old[0]]] {
                for [a, x] in [new, [new[1], new[0]]] {
                    if is_read(&register) && self.sums_to_one(a, b) {
                        return Some((x, register));
                    }
                }
            }
        }
        None
    }

    fn sums_to_one(&self, a: Sig, b: Sig) -> bool {
        let bounded = |sig| {
            self.is_done(sig) && {
                let known = self.bounds(sig);
                !known.nan && known.interval().within(0.0, 1.0)
            }
        };
        let rest = |whole: Sig, part: Sig| {
            self.applied(whole, Fun::Sub)
                .is_some_and(|[one, other]| self.constant(one) == Some(1.0) && other == part)
        };
        let constants = || match (self.constant(a), self.constant(b)) {
            (Some(a), Some(b)) => (a + b - 1.0).abs() <= 1e-12,
            _ => false,
        };
        bounded(a) && bounded(b) && (rest(a, b) || rest(b, a) || constants())
    }

    fn constant(&self, sig: Sig) -> Option<f64> {
        let node = self.program.node(sig);
        match node.op {
            Op::Real(value) => Some(value),
            Op::Int(value) => Some(f64::from(value)),
            Op::Apply(Fun::ToReal) => match self.program.node(self.inside(node.operands()[0])).op {
                Op::Int(value) => Some(f64::from(value)),
                _ => None,
            },
            _ => None,
        }
    }
}
