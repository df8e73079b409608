//! Which uses of library functions can be printed as functions, and what of the program lies in which of them.
//!
//! A call is closed if signals enter it only through its parameters and leave it only as its results. Any other
//! call (a callback that captures its surroundings, a loop that runs through a boundary) is open: its nodes are
//! printed as if they had been written by the caller.

use krach_ir::{CallId, Fun, Op, Program, Register, Sig};

pub(crate) struct Regions<'a> {
    pub program: &'a Program,
    /// For each call, the innermost closed call it is or lies in.
    region: Vec<Option<CallId>>,
}

impl<'a> Regions<'a> {
    /// `keep` says which of the closed calls are worth a function.
    pub fn of(program: &'a Program, keep: impl Fn(CallId) -> bool) -> Self {
        let open = Crossings::of(program);
        let mut region: Vec<Option<CallId>> = Vec::with_capacity(program.calls().len());
        for (at, call) in program.calls().iter().enumerate() {
            let id = CallId::new(at);
            let outside = call.parent.and_then(|parent| region[parent.index()]);
            region.push(if open[at] || !keep(id) { outside } else { Some(id) });
        }
        Self { program, region }
    }

    /// The closed call in which a signal is computed.
    pub fn of_sig(&self, sig: Sig) -> Option<CallId> {
        self.of_call(self.program.home(sig))
    }

    fn of_call(&self, call: Option<CallId>) -> Option<CallId> {
        call.and_then(|id| self.region[id.index()])
    }

    /// The closed call around a closed call.
    pub fn around(&self, call: CallId) -> Option<CallId> {
        self.of_call(self.program.call(call).parent)
    }

    /// The signal that a signal of `region` merely stands for: through parameters of open calls, taps without
    /// delay, sums with 0 and products with 1.
    pub fn resolve(&self, mut sig: Sig, region: Option<CallId>) -> Sig {
        while self.of_sig(sig) == region
            && let Some(behind) = self.behind(sig)
        {
            sig = behind;
        }
        sig
    }

    fn behind(&self, sig: Sig) -> Option<Sig> {
        let program = self.program;
        let node = program.node(sig);
        let operands = node.operands();
        let is = |at: usize, value: f64| program.node(operands[at]).op == Op::Real(value);
        match node.op {
            Op::Argument if !self.is_parameter(sig) => Some(operands[0]),
            Op::Tap(line) if program.node(operands[0]).op == Op::Int(0) => Some(program.line(line).input),
            Op::Apply(_) if program.name_of(sig).is_some() => None,
            Op::Apply(Fun::Add) if is(0, 0.0) => Some(operands[1]),
            Op::Apply(Fun::Add | Fun::Sub) if is(1, 0.0) => Some(operands[0]),
            Op::Apply(Fun::Mul) if is(0, 1.0) => Some(operands[1]),
            Op::Apply(Fun::Mul | Fun::Div) if is(1, 1.0) => Some(operands[0]),
            _ => None,
        }
    }

    fn is_parameter(&self, argument: Sig) -> bool {
        let home = self.program.home(argument);
        home.is_some() && self.of_call(home) == home
    }

    /// The call whose result a signal is, seen from `region`; `None` if the signal is made there.
    pub fn result_of(&self, sig: Sig, region: Option<CallId>) -> Option<CallId> {
        let mut inner = self.of_sig(sig);
        if inner == region || is_leaf(self.program, sig) {
            return None;
        }
        while let Some(call) = inner {
            let outer = self.around(call);
            if outer == region {
                return Some(call);
            }
            inner = outer;
        }
        None
    }
}

/// What prints the same everywhere.
fn is_leaf(program: &Program, sig: Sig) -> bool {
    matches!(program.node(sig).op, Op::Real(_) | Op::Int(_) | Op::SampleRate | Op::Control(_) | Op::Noise(_))
}

/// Finds the open calls by looking at every use of every signal.
struct Crossings<'a> {
    program: &'a Program,
    depth: Vec<usize>,
    open: Vec<bool>,
}

impl<'a> Crossings<'a> {
    fn of(program: &'a Program) -> Vec<bool> {
        let calls = program.calls();
        let mut depth: Vec<usize> = Vec::with_capacity(calls.len());
        for call in calls {
            depth.push(call.parent.map_or(0, |parent| depth[parent.index()]) + 1);
        }
        let mut this = Self { program, depth, open: vec![false; calls.len()] };
        for sig in program.sigs() {
            this.node(sig);
        }
        for (at, call) in calls.iter().enumerate() {
            for &result in &call.results {
                this.used(Some(CallId::new(at)), false, result);
            }
        }
        for output in program.outputs() {
            this.used(None, false, output.sig);
        }
        for meter in program.meters() {
            this.used(None, false, meter.sig);
        }
        this.order();
        this.open
    }

    fn node(&mut self, sig: Sig) {
        let program = self.program;
        let home = program.home(sig);
        let node = program.node(sig);
        for used in program.dependencies(sig) {
            self.used(home, node.op == Op::Argument, used);
        }
        if let Op::Read(register) = node.op {
            let Register { next, gate, .. } = program.register(register);
            self.used(home, false, *next);
            gate.iter().for_each(|&gate| self.used(home, false, gate));
        }
        // What comes in must be one of the call's parameters.
        if node.op == Op::Argument
            && let Some(call) = home
            && !program.call(call).arguments.iter().any(|argument| argument.inner == sig)
        {
            self.open[call.index()] = true;
        }
    }

    /// Opens every call whose boundary lies between a signal and its use, unless it crosses as it should.
    fn used(&mut self, user: Option<CallId>, enters: bool, sig: Sig) {
        if is_leaf(self.program, sig) {
            return;
        }
        let depth = |call: Option<CallId>, depths: &[usize]| call.map_or(0, |id| depths[id.index()]);
        let (mut inner, mut outer) = (user, self.program.home(sig));
        let mut may_enter = enters;
        while inner != outer {
            if depth(inner, &self.depth) >= depth(outer, &self.depth) {
                let Some(call) = inner else { return };
                self.open[call.index()] |= !may_enter;
                may_enter = false;
                inner = self.program.call(call).parent;
            } else {
                let Some(call) = outer else { return };
                let made = self.program.call(call);
                self.open[call.index()] |= !made.results.contains(&sig);
                outer = made.parent;
            }
        }
    }

    /// A call that is handed something made after it began cannot be one step of its caller.
    fn order(&mut self) {
        let program = self.program;
        let mut begins: Vec<Option<Sig>> = vec![None; program.calls().len()];
        for sig in program.sigs() {
            let mut home = program.home(sig);
            while let Some(call) = home
                && begins[call.index()].is_none()
            {
                begins[call.index()] = Some(sig);
                home = program.call(call).parent;
            }
        }
        for (at, call) in program.calls().iter().enumerate() {
            let late = call.arguments.iter().any(|a| begins[at].is_some_and(|begin| a.outer >= begin));
            // A result that was made before is not the call's own work.
            let early = call.results.iter().any(|&result| begins[at].is_none_or(|begin| result < begin));
            self.open[at] |= late || early;
        }
    }
}
