//! Long chains of additions as one node each.
//!
//! `((a + b) + c) + …` must be added one after the other. [`Fun::Sum`] adds the same terms in four strands, so that a
//! machine can add four at a time. The bits differ, so the program fixes which of the two is meant: chains are
//! gathered once, when a program is finished, and from then on every engine and printed Faust keep that order.

use crate::components::components;
use crate::prune::{Alive, renumber};
use crate::{Fun, Node, Nodes, Op, Program, Sig, Ty};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Chains of at least this many additions are gathered.
const ADDITIONS: usize = 8;

/// Makes a sum of every chain of eight or more additions of reals, or gives `None` if there is no such chain. Every
/// addition of a chain but the last is used once and belongs to the same call, and none lies in a recurrence. Terms
/// keep the order in which the chain adds them. Additions that stand in the order of a sum already become that sum.
pub(crate) fn gather(program: &Program) -> Option<Program> {
    let mut chains = Chains::of(program)?;
    let mut sums: FxHashMap<Sig, Vec<Sig>> = FxHashMap::default();
    for sig in program.sigs().rev() {
        if let Some(terms) = chains.strands(sig).or_else(|| chains.chain(sig)) {
            sums.insert(sig, terms);
        }
    }
    if sums.is_empty() {
        return None;
    }
    let mut nodes = Nodes::default();
    for (sig, node) in program.sigs().zip(program.nodes.iter()) {
        nodes.push(match sums.get(&sig) {
            Some(terms) => Node::new(Op::Apply(Fun::Sum), Ty::Real, terms),
            None => node,
        });
    }
    Some(Program { nodes, ..program.clone() })
}

impl Program {
    /// The same with the additions of every sum written out: what is printed as Faust.
    #[must_use]
    pub fn spelled_out(&self) -> Cow<'_, Self> {
        if self.nodes.iter().all(|node| node.op != Op::Apply(Fun::Sum)) {
            return Cow::Borrowed(self);
        }
        let (mut nodes, mut homes) = (Nodes::default(), Vec::new());
        let mut map: Vec<Sig> = Vec::with_capacity(self.nodes.len());
        for (node, &home) in self.nodes.iter().zip(&self.homes) {
            let operands: Vec<Sig> = node.operands().iter().map(|operand| map[operand.index()]).collect();
            map.push(if node.op == Op::Apply(Fun::Sum) {
                let add = |a, b| nodes.push(Node::new(Op::Apply(Fun::Add), Ty::Real, &[a, b]));
                Fun::sum(&operands, add)
            } else {
                nodes.push(Node::new(node.op, node.ty, &operands))
            });
            homes.resize(nodes.len(), home);
        }
        let sig = |old: Sig| map[old.index()];
        let names = self.names.iter().map(|(&old, name)| (sig(old), name.clone())).collect();
        let sites = self.sites.iter().map(|(&old, site)| (sig(old), site.clone())).collect();
        let mut written = Self { nodes, homes, names, sites, ..self.clone() };
        renumber(&mut written, sig);
        Cow::Owned(written)
    }
}

/// The additions of a program that may belong to a chain.
struct Chains<'p> {
    program: &'p Program,
    /// How often each signal is used by what is heard.
    uses: Vec<u32>,
    /// Whether a signal is such an addition, and in no sum yet.
    free: Vec<bool>,
    /// Additions on the longest chain that ends in each signal.
    depths: Vec<usize>,
}

impl<'p> Chains<'p> {
    /// `None` if no signal is made of enough additions.
    fn of(program: &'p Program) -> Option<Self> {
        let alive = Alive::heard(program);
        let is_addition = |(node, &alive): (Node<'_>, &bool)| {
            alive && node.op == Op::Apply(Fun::Add) && node.ty == Ty::Real
        };
        let free = program.nodes.iter().zip(&alive.nodes).map(is_addition).collect();
        let mut chains = Self { program, uses: uses(program, &alive), free, depths: Vec::new() };
        if chains.measure() < ADDITIONS {
            return None;
        }
        for (sig, recurrent) in program.sigs().zip(recurrent(program)) {
            chains.free[sig.index()] &= !recurrent;
        }
        (chains.measure() >= ADDITIONS).then_some(chains)
    }

    /// Finds all depths, and the most additions that one signal is made of.
    fn measure(&mut self) -> usize {
        self.depths.clear();
        let mut sizes: Vec<usize> = Vec::with_capacity(self.free.len());
        for sig in self.program.sigs() {
            let (mut depth, mut size) = (0, 0);
            if self.free[sig.index()] {
                (depth, size) = (1, 1);
                for operand in self.links(sig) {
                    depth = depth.max(1 + self.depths[operand.index()]);
                    size += sizes[operand.index()];
                }
            }
            self.depths.push(depth);
            sizes.push(size);
        }
        sizes.into_iter().max().unwrap_or(0)
    }

    /// The operands of an addition that continue its chain.
    fn links(&self, sig: Sig) -> impl Iterator<Item = Sig> + '_ {
        let home = self.program.home(sig);
        let operands = self.program.node(sig).operands().iter().copied();
        operands.filter(move |&operand| {
            self.free[operand.index()]
                && self.uses[operand.index()] == 1
                && self.program.home(operand) == home
        })
    }

    /// The operand that continues the longer chain, and the other one.
    fn link(&self, sig: Sig) -> Option<(Sig, Sig)> {
        let [a, b] = *self.program.node(sig).operands() else { return None };
        let link = self.links(sig).reduce(|best, other| {
            if self.depths[other.index()] > self.depths[best.index()] { other } else { best }
        })?;
        Some(if link == a { (a, b) } else { (b, a) })
    }

    /// The terms of the chain that ends in `sig`, first to last. Zeros add nothing and are left out.
    fn chain(&mut self, sig: Sig) -> Option<Vec<Sig>> {
        if !self.free[sig.index()] || self.depths[sig.index()] < ADDITIONS {
            return None;
        }
        let (mut at, mut terms, mut additions) = (sig, Vec::new(), vec![sig]);
        while let Some((link, term)) = self.link(at) {
            terms.push(term);
            additions.push(link);
            at = link;
        }
        terms.extend(self.program.node(at).operands().iter().rev());
        terms.retain(|&term| !self.is_zero(term));
        terms.reverse();
        if terms.len() <= ADDITIONS {
            return None;
        }
        additions.iter().for_each(|sig| self.free[sig.index()] = false);
        Some(terms)
    }

    /// The terms of additions that already stand in the order of [`Fun::sum`].
    fn strands(&mut self, sig: Sig) -> Option<Vec<Sig>> {
        if !self.free[sig.index()] {
            return None;
        }
        let pair = |sig: Sig| -> Option<[Sig; 2]> { self.program.node(sig).operands().try_into().ok() };
        let both = |sig: Sig| pair(sig).filter(|_| self.links(sig).count() == 2);
        let [low, high] = both(sig)?;
        let ([a, b], [c, d]) = (pair(low)?, pair(high)?);
        let strands = [(low, a), (low, b), (high, c), (high, d)].map(|(user, end)| self.strand(user, end));
        let share = |count: usize, strand: usize| (count + Fun::TERMS - 1 - strand) / Fun::TERMS;
        let fits = |&count: &usize| (0..Fun::TERMS).all(|at| share(count, at) <= strands[at].len());
        let count = (Fun::TERMS..).take_while(fits).last().filter(|&count| count > ADDITIONS)?;
        // A strand that is longer than its share starts with a term that is an addition itself.
        for (at, strand) in strands.iter().enumerate() {
            strand.iter().take(share(count, at) - 1).for_each(|&(sum, _)| self.free[sum.index()] = false);
        }
        [sig, low, high].iter().for_each(|sig| self.free[sig.index()] = false);
        let term = |at: usize| {
            let (strand, last) = (&strands[at % Fun::TERMS], share(count, at % Fun::TERMS) - 1);
            let (sum, term) = strand[last - at / Fun::TERMS];
            if at < Fun::TERMS { sum } else { term }
        };
        Some((0..count).map(term).collect())
    }

    /// The partial sums of a strand, last first, each with the term that was added to make it; the first term stands
    /// for itself.
    fn strand(&self, user: Sig, end: Sig) -> Vec<(Sig, Sig)> {
        let mut strand = Vec::new();
        let (mut user, mut at) = (user, end);
        while self.links(user).any(|link| link == at) {
            let operands = self.program.node(at).operands();
            let (link, term) = self.link(at).unwrap_or((operands[0], operands[1]));
            strand.push((at, term));
            (user, at) = (at, link);
        }
        strand.push((at, at));
        strand
    }

    fn is_zero(&self, sig: Sig) -> bool {
        let node = self.program.node(sig);
        match node.op {
            Op::Real(value) => value == 0.0,
            Op::Apply(Fun::ToReal) => self.program.node(node.operands()[0]).op == Op::Int(0),
            _ => false,
        }
    }
}

/// How often each signal is used by nodes, state, outputs and results of calls that are heard.
fn uses(program: &Program, alive: &Alive) -> Vec<u32> {
    let mut uses = vec![0; program.nodes.len()];
    let mut add = |sig: Sig| uses[sig.index()] += 1;
    for (node, _) in program.nodes.iter().zip(&alive.nodes).filter(|(_, alive)| **alive) {
        node.operands().iter().for_each(|&operand| add(operand));
    }
    for (register, _) in program.registers.iter().zip(&alive.registers).filter(|(_, alive)| **alive) {
        std::iter::once(register.next).chain(register.gate).for_each(&mut add);
    }
    for (line, _) in program.lines.iter().zip(&alive.lines).filter(|(_, alive)| **alive) {
        std::iter::once(line.input).chain(line.gate).for_each(&mut add);
    }
    for (ram, _) in program.rams.iter().zip(&alive.rams).filter(|(_, alive)| **alive) {
        [ram.index, ram.value].into_iter().chain(ram.gate).for_each(&mut add);
    }
    program.outputs.iter().for_each(|output| add(output.sig));
    for (call, _) in program.calls.iter().zip(&alive.calls).filter(|(_, alive)| **alive) {
        call.results.iter().for_each(|&result| add(result));
    }
    uses
}

/// Whether each signal depends on its own past.
fn recurrent(program: &Program) -> Vec<bool> {
    let needs = |at: usize| {
        let sig = Sig::new(at);
        let next = match program.node(sig).op {
            Op::Read(id) => Some(program.register(id)),
            _ => None,
        };
        let past = next.into_iter().flat_map(|register| [Some(register.next), register.gate]).flatten();
        program.dependencies(sig).chain(past).map(Sig::index)
    };
    let mut recurrent = vec![false; program.nodes.len()];
    for component in components(program.nodes.len(), needs).iter().filter(|component| component.len() > 1) {
        component.iter().for_each(|&at| recurrent[at] = true);
    }
    recurrent
}

#[cfg(test)]
mod tests;
