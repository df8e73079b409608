//! Four frames per step: which nodes are computed for four frames at once, in the lanes of a vector, and which frame by
//! frame.
//!
//! A node that needs its own result of the frame before is computed frame by frame, together with all nodes on the way
//! there: they are one unit. So are reads and writes of a read-write table. Every other node is a unit of its own, and may
//! be computed in lanes. A delay of four frames or more breaks such a circle: its line holds all that a step reads.

use crate::Spec;
use crate::kernel::{Element, Walk};
use crate::lanes::LANES;
use crate::plan::{Access, Plan, Section};
use krach_abi::Precision;
use krach_ir::maths::single;
use krach_ir::{Fun, Intervals, OnePole, Op, Program, Sig, Ty, components};
use rustc_hash::FxHashMap;

/// Nodes from which on a loop is not written for four frames: its code would take too long to compile.
const LARGE: usize = 4_000;
/// Rounds in which single nodes change between lanes and frames.
const ROUNDS: usize = 4;
/// The cost of a loop in each step, in short instructions.
const LOOP: u64 = 4;
/// The cost of making one vector of four numbers, and of taking its numbers apart.
const CROSSING: u64 = 4;

/// The units of one section. See the module's essay.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    /// In the order in which they are computed. Several nodes are computed frame by frame.
    pub units: Vec<Vec<Sig>>,
    /// Of each node: whether four frames of it are computed at once.
    pub packed: Vec<bool>,
    /// Of each node: whether it reads a delay line at most three frames back, or may do so.
    pub near: Vec<bool>,
    /// The estimated time of four frames, in short instructions: by this plan, and frame by frame.
    pub cost: u64,
    pub scalar: u64,
}

/// What a loop over frames may be written for: one voice of single precision whose lines never stand still.
pub(crate) fn is_steppable(program: &Program, plan: &Plan, spec: &Spec) -> bool {
    let stands = |at: usize| matches!(plan.lines[at], Access::Ring(_)) && program.lines()[at].gate.is_some();
    spec.voices == 1
        && Element::real(spec.precision) == Element::F32
        && spec.walk != Some(Walk::Step1)
        && program.nodes().len() <= LARGE
        && !(0..program.lines().len()).any(stands)
}

impl Steps {
    /// The nodes of `section` for which `own` is true.
    pub(crate) fn of(program: &Program, plan: &Plan, section: Section, wanted: &[bool]) -> Self {
        let own = |sig: Sig| wanted[sig.index()] && plan.source(sig) == sig && plan.section(sig) == section;
        let near = near(program, plan);
        let graph = Graph::of(program, plan, &near, own);
        let units = graph.units();
        let mut steps = Self { units, packed: vec![false; near.len()], near, cost: 0, scalar: 0 };
        steps.choose(program, plan, &graph, section);
        steps
    }

    /// Whether four frames per step are faster than one, by the estimate.
    pub(crate) fn pays(&self) -> bool {
        self.cost * 10 < self.scalar * 7
    }

    /// Packs every unit that may be packed, then undoes that where crossing between lanes and frames costs more.
    fn choose(&mut self, program: &Program, plan: &Plan, graph: &Graph, section: Section) {
        let users = graph.users(program, plan, section);
        let may = |unit: &Vec<Sig>| unit.len() == 1 && !graph.is_serial(unit[0]);
        let free: Vec<Sig> = self.units.iter().filter(|unit| may(unit)).map(|unit| unit[0]).collect();
        let mut ledger = Ledger { costs: Costs { program, plan }, graph, users, packed: &mut self.packed };
        free.iter().for_each(|&sig| ledger.flip(sig));
        for _ in 0..ROUNDS {
            let mut changed = false;
            for &sig in free.iter().rev().filter(|&&sig| !matches!(program.node(sig).op, Op::Noise(_))) {
                let before = ledger.around(sig);
                ledger.flip(sig);
                if ledger.around(sig) < before {
                    changed = true;
                } else {
                    ledger.flip(sig);
                }
            }
            if !changed {
                break;
            }
        }
        let all = self.units.iter().flatten();
        (self.cost, self.scalar) = all.fold((LOOP, LANES as u64 * LOOP), |(cost, scalar), &sig| {
            let sinks = u64::from(ledger.users[sig.index()].sinks);
            let alone = ledger.costs.frame(sig) + 2 * sinks;
            (cost + ledger.own(sig) + 2 * sinks, scalar + LANES as u64 * alone)
        });
    }
}

/// The taps of lines that may read one of the last three frames.
fn near(program: &Program, plan: &Plan) -> Vec<bool> {
    let mut known = None;
    let mut least = |sig: Sig| match plan.frames(program, sig) {
        Some(frames) => f64::from(frames),
        None => {
            let known = known.get_or_insert_with(|| Intervals::of_program(program, OnePole::Widen));
            known.get(program.node(sig).operands()[0]).lo
        }
    };
    let far = LANES as f64;
    let is_near = |sig: Sig| match program.node(sig).op {
        Op::Tap(line) => program.line(line).max < LANES as u32 || least(sig) < far,
        _ => false,
    };
    program.sigs().map(is_near).collect()
}

/// What each node of a section needs, the frame before included.
struct Graph {
    nodes: Vec<Sig>,
    needs: Vec<Vec<usize>>,
    /// Of each node of the program: its place in the lists.
    at: Vec<Option<usize>>,
}

impl Graph {
    fn of(program: &Program, plan: &Plan, near: &[bool], own: impl Fn(Sig) -> bool) -> Self {
        let nodes: Vec<Sig> = program.sigs().filter(|&sig| own(sig)).collect();
        let mut at = vec![None; program.nodes().len()];
        for (place, sig) in nodes.iter().enumerate() {
            at[sig.index()] = Some(place);
        }
        let mut graph = Self { needs: Vec::with_capacity(nodes.len()), nodes, at };
        let mut recalls: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (place, &sig) in graph.nodes.iter().enumerate() {
            let mut needs: Vec<Sig> = program.node(sig).operands().to_vec();
            match program.node(sig).op {
                Op::Read(id) => {
                    let register = program.register(id);
                    needs.push(register.next);
                    // Closed, it keeps the value of the frame before.
                    needs.extend(register.gate.into_iter().chain(register.gate.map(|_| sig)));
                }
                Op::Tap(id) => {
                    let line = program.line(id);
                    if plan.lines[id.index()] == Access::Cell || near[sig.index()] {
                        needs.push(line.input);
                        needs.extend(line.gate.into_iter().chain(line.gate.map(|_| sig)));
                    }
                }
                Op::Recall(id) => {
                    let ram = program.ram(id);
                    needs.extend([ram.index, ram.value, sig].into_iter().chain(ram.gate));
                    recalls.entry(id).or_default().push(place);
                }
                _ => {}
            }
            let own = needs.into_iter().filter_map(|need| graph.at[plan.source(need).index()]);
            graph.needs.push(own.collect());
        }
        // All that reads a table happens in the same frame, before the next one is written.
        for ring in recalls.into_values() {
            for (at, &place) in ring.iter().enumerate() {
                graph.needs[place].push(ring[(at + 1) % ring.len()]);
            }
        }
        graph
    }

    /// Whether a node needs its own result.
    fn is_serial(&self, sig: Sig) -> bool {
        self.at[sig.index()].is_some_and(|at| self.needs[at].contains(&at))
    }

    /// The strongly connected components, those that others need first.
    fn units(&self) -> Vec<Vec<Sig>> {
        let found = components(self.nodes.len(), |at| self.needs[at].iter().copied());
        let unit = |places: Vec<usize>| places.into_iter().map(|at| self.nodes[at]).collect();
        found.into_iter().map(unit).collect()
    }

    /// Of each node of the program: how many nodes, outputs and lines take its value. At first all nodes are computed frame
    /// by frame.
    fn users(&self, program: &Program, plan: &Plan, section: Section) -> Vec<Users> {
        let mut users = vec![Users::default(); program.nodes().len()];
        for needs in &self.needs {
            needs.iter().for_each(|&need| users[self.nodes[need].index()].frames += 1);
        }
        if section == Section::Sample {
            let rings = (program.lines().iter().zip(&plan.lines))
                .filter(|(_, access)| matches!(access, Access::Ring(_)))
                .map(|(line, _)| line.input);
            for sig in program.outputs().iter().map(|output| output.sig).chain(rings) {
                users[plan.source(sig).index()].sinks += 1;
            }
        }
        users
    }
}

/// How many take a node's value frame by frame, in lanes, and to leave the loop with it.
#[derive(Clone, Copy, Debug, Default)]
struct Users {
    frames: u32,
    lanes: u32,
    sinks: u32,
}

/// The estimate, while single nodes change between lanes and frames.
struct Ledger<'a> {
    costs: Costs<'a>,
    graph: &'a Graph,
    users: Vec<Users>,
    packed: &'a mut Vec<bool>,
}

impl Ledger<'_> {
    fn needs(&self, sig: Sig) -> impl Iterator<Item = Sig> + '_ {
        let at = self.graph.at[sig.index()].expect("a node of this section");
        self.graph.needs[at].iter().map(|&need| self.graph.nodes[need])
    }

    /// The time of four frames of a node, and of bringing its value where it is needed.
    fn own(&self, sig: Sig) -> u64 {
        let users = self.users[sig.index()];
        if self.packed[sig.index()] {
            self.costs.lanes(sig) + if users.frames > 0 { CROSSING } else { 0 }
        } else {
            let crosses = users.lanes + users.sinks > 0;
            LANES as u64 * self.costs.frame(sig) + if crosses { CROSSING } else { 0 }
        }
    }

    /// The same of a node and of all that it needs.
    fn around(&self, sig: Sig) -> u64 {
        self.own(sig) + self.needs(sig).filter(|&need| need != sig).map(|need| self.own(need)).sum::<u64>()
    }

    fn flip(&mut self, sig: Sig) {
        let packed = !self.packed[sig.index()];
        self.packed[sig.index()] = packed;
        for need in self.needs(sig).collect::<Vec<_>>() {
            let users = &mut self.users[need.index()];
            let (to, from) = match packed {
                true => (&mut users.lanes, &mut users.frames),
                false => (&mut users.frames, &mut users.lanes),
            };
            *to += 1;
            *from -= 1;
        }
    }
}

/// Estimated times in short instructions.
struct Costs<'a> {
    program: &'a Program,
    plan: &'a Plan,
}

impl Costs<'_> {
    /// Of one frame alone.
    fn frame(&self, sig: Sig) -> u64 {
        self.of(sig).0
    }

    /// Of four frames in lanes.
    fn lanes(&self, sig: Sig) -> u64 {
        self.of(sig).1
    }

    fn of(&self, sig: Sig) -> (u64, u64) {
        match self.program.node(sig).op {
            Op::Apply(fun) => self.function(sig, fun),
            Op::Lookup(_) => (5, 16),
            Op::Tap(line) if self.plan.lines[line.index()] == Access::Cell => (1, 3),
            Op::Tap(_) => match self.plan.frames(self.program, sig) {
                Some(_) => (4, 5),
                None => (6, 18),
            },
            Op::Read(_) => (1, 3),
            Op::Noise(_) => (6, 7),
            Op::Recall(_) => (6, 24),
            _ => (1, 1),
        }
    }

    fn is_one(&self, sig: Sig) -> bool {
        matches!(self.program.node(self.plan.source(sig)).op, Op::Real(value) if value == 1.0)
    }

    fn function(&self, sig: Sig, fun: Fun) -> (u64, u64) {
        let node = self.program.node(sig);
        let is_int = self.program.node(self.plan.source(node.operands()[0])).ty == Ty::Int;
        match fun {
            _ if !is_int && single::WRITTEN.contains(&fun) => (40, 90),
            Fun::Rem if is_int && self.plan.wraps.contains(&sig) => (3, 4),
            Fun::Rem if is_int => (10, 60),
            Fun::Div | Fun::Sqrt | Fun::Floor | Fun::Ceil | Fun::Rint | Fun::Trunc => (4, 5),
            Fun::Round => (8, 8),
            Fun::ToInt | Fun::Select => (4, 4),
            Fun::Shl | Fun::Shr => (2, 12),
            Fun::Rem if self.is_one(node.operands()[1]) => (5, 6),
            Fun::Sum => (node.operands().len() as u64, node.operands().len() as u64),
            _ if !is_int && fun.native(Precision::Single).is_some() => (30, 130),
            _ => (1, 1),
        }
    }
}
