//! Decisions about a program, apart from how they are carried out: when each node runs, how each line is stored,
//! which registers stay in the machine. "All scalar, one frame per step" is always legal, so it is the first plan.

use krach_ir::{AtRest, Fun, Intervals, LineId, OnePole, Op, Program, Rate, Rates, RegisterId, Sig};
use rustc_hash::FxHashSet;

/// When a node runs; a section sees the results of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// Written into the instruction that uses it.
    Literal,
    Init,
    Control,
    /// In the loop of followers, which runs before that of the samples while controls move.
    Follower,
    Sample,
}

/// How a delay line is stored, by what its taps ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// No node reads the past.
    Nothing,
    /// The frame before.
    Cell,
    /// At most this number of frames ago.
    Ring(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// For each node, the node that computes its value: itself, unless it only passes another one on.
    pub sources: Vec<Sig>,
    pub sections: Vec<Section>,
    pub lines: Vec<Access>,
    /// Registers carried from step to step without touching memory.
    pub carried: Vec<RegisterId>,
    /// Registers and lines that hold what they would be written with, so that they are not written.
    pub still: Still,
    /// Remainders of ints that are never negative and less than twice the divisor: a counter that wraps around.
    pub wraps: FxHashSet<Sig>,
    /// For each node, whether anything needs it.
    pub wanted: Vec<bool>,
}

/// See [`Plan::still`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Still {
    pub registers: Vec<RegisterId>,
    pub lines: Vec<LineId>,
}

/// More would push others out of the sixteen vector registers of x64.
pub(crate) const CARRIED: usize = 6;
/// Recurrences of more nodes than this do not wait for memory.
const TIGHT: usize = 48;

impl Plan {
    /// One frame per step, one value per instruction.
    pub(crate) fn scalar(program: &Program) -> Self {
        let count = program.nodes().len();
        let mut plan = Self {
            sources: Vec::with_capacity(count),
            sections: Vec::with_capacity(count),
            lines: vec![Access::Nothing; program.lines().len()],
            carried: Vec::new(),
            still: Still::default(),
            wraps: wraps(program),
            wanted: vec![true; count],
        };
        let rates = Rates::of(program);
        for sig in program.sigs() {
            let source = plan.source_of(program, sig);
            plan.sources.push(source);
            plan.sections.push(if source == sig {
                section(program, &rates, sig)
            } else {
                plan.section(source)
            });
        }
        for sig in program.sigs() {
            if let Op::Tap(id) = program.node(sig).op
                && plan.source(sig) == sig
            {
                let access = match plan.frames(program, sig) {
                    Some(1) => Access::Cell,
                    Some(frames) => Access::Ring(frames),
                    None => Access::Ring(program.line(id).max),
                };
                let line = &mut plan.lines[id.index()];
                *line = access.max(*line);
            }
        }
        plan.carried = plan.tightest(program);
        plan
    }

    /// The plan of a program at rest: it shares its state with the program that `moving` is the plan of.
    pub(crate) fn at_rest(rest: &AtRest, moving: &Self) -> Self {
        let program = &rest.program;
        let mut plan = Self::scalar(program);
        plan.lines.clone_from(&moving.lines);
        plan.still = Still { registers: rest.registers.clone(), lines: rest.lines.clone() };
        // Its birth is when it comes to rest.
        for section in &mut plan.sections {
            if *section == Section::Init {
                *section = Section::Control;
            }
        }
        let registers = program.registers().iter().enumerate();
        let registers = registers.filter(|(at, _)| !rest.registers.contains(&RegisterId::new(*at)));
        let lines = program.lines().iter().enumerate();
        let lines = lines.filter(|(at, _)| !rest.lines.contains(&LineId::new(*at)));
        let mut roots: Vec<Sig> = program.outputs().iter().map(|output| output.sig).collect();
        roots.extend(registers.flat_map(|(_, register)| [register.next].into_iter().chain(register.gate)));
        roots.extend(lines.flat_map(|(_, line)| [line.input].into_iter().chain(line.gate)));
        roots
            .extend(program.rams().iter().flat_map(|ram| [ram.index, ram.value].into_iter().chain(ram.gate)));
        // A generator goes on whether or not it is heard.
        roots.extend(program.sigs().filter(|&sig| matches!(program.node(sig).op, Op::Noise(_))));
        plan.wanted = plan.needed(program, roots);
        plan
    }

    /// Of each node: whether one of the roots is computed from it.
    pub(crate) fn needed(&self, program: &Program, roots: impl IntoIterator<Item = Sig>) -> Vec<bool> {
        let mut needed = vec![false; program.nodes().len()];
        let mut open: Vec<Sig> = roots.into_iter().collect();
        while let Some(sig) = open.pop() {
            let sig = self.source(sig);
            if !std::mem::replace(&mut needed[sig.index()], true) {
                open.extend(program.dependencies(sig));
            }
        }
        needed
    }

    pub(crate) fn source(&self, sig: Sig) -> Sig {
        self.sources[sig.index()]
    }

    pub(crate) fn section(&self, sig: Sig) -> Section {
        self.sections[sig.index()]
    }

    /// The delay of a tap, if it is constant.
    pub(crate) fn frames(&self, program: &Program, tap: Sig) -> Option<u32> {
        let node = program.node(tap);
        let (Op::Tap(line), &[delay]) = (node.op, node.operands()) else { return None };
        match program.node(self.source(delay)).op {
            Op::Int(frames) => Some(u32::try_from(frames).unwrap_or(0).min(program.line(line).max)),
            _ => None,
        }
    }

    fn source_of(&self, program: &Program, sig: Sig) -> Sig {
        let node = program.node(sig);
        match node.op {
            Op::Argument => self.source(node.operands()[0]),
            Op::Tap(line) if self.frames(program, sig) == Some(0) => self.source(program.line(line).input),
            _ => sig,
        }
    }

    /// Registers on the shortest feedback paths. Keeping these in machine registers saves most, because each step waits
    /// for the last.
    fn tightest(&self, program: &Program) -> Vec<RegisterId> {
        let mut found: Vec<(usize, RegisterId)> = Vec::new();
        let mut seen = vec![usize::MAX; program.nodes().len()];
        for at in 0..program.registers().len() {
            let id = RegisterId::new(at);
            if program.register(id).gate.is_none()
                && let Some(length) = self.recurrence(program, id, &mut seen)
            {
                found.push((length, id));
            }
        }
        found.sort();
        found.truncate(CARRIED);
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// The fewest nodes between a register's value and its next one. `seen` holds the last register that came by.
    fn recurrence(&self, program: &Program, id: RegisterId, seen: &mut [usize]) -> Option<usize> {
        let mut ring = vec![self.source(program.register(id).next)];
        let mut visited = 0;
        for length in 0.. {
            let mut wider = Vec::new();
            for sig in ring {
                if program.node(sig).op == Op::Read(id) {
                    return Some(length);
                }
                for before in program.dependencies(sig) {
                    let before = self.source(before);
                    let fresh = std::mem::replace(&mut seen[before.index()], id.index()) != id.index();
                    if fresh && self.section(before) == Section::Sample {
                        wider.push(before);
                    }
                }
                visited += 1;
            }
            if wider.is_empty() || visited > TIGHT {
                return None;
            }
            ring = wider;
        }
        None
    }
}

/// See [`Plan::wraps`].
fn wraps(program: &Program) -> FxHashSet<Sig> {
    let divisor = |sig: Sig| match (program.node(sig).op, program.node(sig).operands()) {
        (Op::Apply(Fun::Rem), &[_, by]) => match program.node(by).op {
            Op::Int(by) if by > 0 => Some(f64::from(by)),
            _ => None,
        },
        _ => None,
    };
    let mut found = program.sigs().filter(|&sig| divisor(sig).is_some()).peekable();
    if found.peek().is_none() {
        return FxHashSet::default();
    }
    let known = Intervals::of_program(program, OnePole::Widen);
    let wraps = |&sig: &Sig| {
        let dividend = known.get(program.node(sig).operands()[0]);
        divisor(sig).is_some_and(|by| dividend.within(0.0, 2.0 * by - 1.0))
    };
    found.filter(wraps).collect()
}

fn section(program: &Program, rates: &Rates, sig: Sig) -> Section {
    match (program.node(sig).op, rates.get(sig)) {
        (Op::Real(_) | Op::Int(_) | Op::SampleRate, _) => Section::Literal,
        (_, Rate::Constant | Rate::Init) => Section::Init,
        (_, Rate::Control) => Section::Control,
        (_, Rate::Sample) => Section::Sample,
    }
}
