//! Making a program, node by node.
//!
//! Equal nodes of one call are made once (hash-consing); nothing is folded here, so that the program still reads
//! like what was written. Errors leave the builder as it was.

mod identity;
mod meters;
mod splice;

pub(crate) use self::identity::{Identity, identity};
use crate::error::BuildError;
use crate::interval::Interval;
use crate::{
    Argument, Call, CallId, Control, ControlId, Face, Line, LineId, Node, Noise, NoiseId, Op, Output,
    Program, Ram, RamId, Register, RegisterId, Sig, Site, Sound, Static, Table, TableId, TableInit,
};
use crate::{Fun, Limits, Rule, Ty, interval, prune, state_keys, sums};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// `next` of a register that has not been written yet.
pub(crate) const UNWRITTEN: Sig = Sig(u32::MAX);

/// See the module's essay; `lib.rs` has an example.
#[derive(Clone, Debug)]
pub struct ProgramBuilder {
    program: Program,
    limits: Limits,
    known: FxHashMap<Identity, Sig>,
    lines: FxHashMap<(Option<CallId>, Sig), LineId>,
    open: Vec<CallId>,
    site: Option<Site>,
    /// By name, with where each was made first.
    controls: FxHashMap<Arc<str>, (ControlId, Option<Site>)>,
    meters: meters::Taken,
    owners: state_keys::Owners,
    proved: interval::Memo,
}

impl ProgramBuilder {
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let program = Program { name: name.into(), ..Program::default() };
        Self {
            program,
            limits: Limits::DEFAULT,
            known: FxHashMap::default(),
            lines: FxHashMap::default(),
            open: Vec::new(),
            site: None,
            controls: FxHashMap::default(),
            meters: meters::Taken::default(),
            owners: state_keys::Owners::default(),
            proved: interval::Memo::default(),
        }
    }

    /// The program so far: complete only after [`Self::finish`].
    #[must_use]
    pub fn so_far(&self) -> &Program {
        &self.program
    }

    /// Where the user is: nodes made from now on carry this place.
    pub fn at(&mut self, site: Option<Site>) {
        self.site = site;
    }

    /// Adds an audio input.
    pub fn input(&mut self, name: impl Into<Arc<str>>) -> Sig {
        let port = u32::try_from(self.program.inputs.len()).expect("ports are limited");
        self.program.inputs.push(name.into());
        self.leaf(Op::Input(port), Ty::Real)
    }

    /// # Errors
    /// NaN and infinities.
    pub fn real(&mut self, value: f64) -> Result<Sig, BuildError> {
        if value.is_finite() {
            Ok(self.leaf(Op::Real(value), Ty::Real))
        } else {
            Err(BuildError::NotFinite(value))
        }
    }

    pub fn int(&mut self, value: i32) -> Sig {
        self.leaf(Op::Int(value), Ty::Int)
    }

    /// The sample rate in Hz, a real.
    pub fn sample_rate(&mut self) -> Sig {
        self.leaf(Op::SampleRate, Ty::Real)
    }

    /// Declares a control, or finds the equal one of that name; the first one's face is what people see.
    ///
    /// # Errors
    /// A bad name or range; the same name with other parameters.
    pub fn control(&mut self, control: Control) -> Result<Sig, BuildError> {
        if !Control::is_name(&control.name) {
            return Err(BuildError::ControlName(control.name));
        }
        if control.fault().is_some() {
            let Control { name, init, lo, hi, step, .. } = control;
            return Err(BuildError::ControlRange { name, init, lo, hi, step });
        }
        let id = match self.controls.get(&control.name) {
            Some(&(id, _)) if self.program.controls[id.index()].is_like(&control) => {
                let face = &mut self.program.controls[id.index()].face;
                if *face == Face::default() {
                    *face = control.face;
                }
                id
            }
            Some((_, site)) => {
                return Err(BuildError::ControlConflict { name: control.name, site: site.clone() });
            }
            None => {
                let id = ControlId::new(self.program.controls.len());
                self.controls.insert(control.name.clone(), (id, self.site.clone()));
                self.program.controls.push(control);
                id
            }
        };
        Ok(self.leaf(Op::Control(id), Ty::Real))
    }

    /// White noise, each time another generator.
    pub fn noise(&mut self) -> Sig {
        let id = NoiseId::new(self.program.noises.len());
        self.program.noises.push(Noise { ordinal: id.0, keys: Vec::new() });
        self.owners.noises.push(self.home());
        self.leaf(Op::Noise(id), Ty::Real)
    }

    /// Applies a function; mixed operands are cast as its rule wants.
    ///
    /// # Errors
    /// The wrong number of operands, or operands of another program.
    pub fn apply(&mut self, fun: Fun, operands: &[Sig]) -> Result<Sig, BuildError> {
        if !Op::Apply(fun).takes(operands.len()) {
            return Err(BuildError::Arity { wanted: fun.arity(), given: operands.len() });
        }
        self.owns(operands)?;
        let types: Vec<Ty> = operands.iter().map(|&sig| self.program.node(sig).ty).collect();
        if fun.rule() == Rule::ToInt && types[0] == Ty::Int
            || fun.rule() == Rule::ToReal && types[0] == Ty::Real
        {
            return Ok(operands[0]);
        }
        let cast: Vec<Sig> = operands
            .iter()
            .enumerate()
            .map(|(position, &sig)| self.cast(sig, fun.wants(position, &types)))
            .collect();
        let types: Vec<Ty> = cast.iter().map(|&sig| self.program.node(sig).ty).collect();
        self.node(Op::Apply(fun), fun.result(&types), &cast)
    }

    /// The signal as that type: itself, or a cast of it.
    pub fn cast(&mut self, sig: Sig, ty: Ty) -> Sig {
        match (self.program.node(sig).ty, ty) {
            (Ty::Int, Ty::Real) => self.push(Op::Apply(Fun::ToReal), ty, &[sig]),
            (Ty::Real, Ty::Int) => self.push(Op::Apply(Fun::ToInt), ty, &[sig]),
            _ => sig,
        }
    }

    /// A new register; write it once before [`Self::finish`].
    pub fn register(&mut self, ty: Ty) -> RegisterId {
        self.program.registers.push(Register { ty, next: UNWRITTEN, gate: None, keys: Vec::new() });
        self.owners.registers.push(self.home());
        RegisterId::new(self.program.registers.len() - 1)
    }

    /// The register's value of the frame before.
    pub fn read(&mut self, register: RegisterId) -> Sig {
        let ty = self.program.register(register).ty;
        self.leaf(Op::Read(register), ty)
    }

    /// What the register holds from the next frame on.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn write(&mut self, register: RegisterId, next: Sig) -> Result<(), BuildError> {
        self.owns(&[next])?;
        let next = self.cast(next, self.program.register(register).ty);
        let before = std::mem::replace(&mut self.program.registers[register.index()].next, next);
        if before != UNWRITTEN {
            self.proved = interval::Memo::default();
        }
        Ok(())
    }

    /// Writes the register only in frames in which `gate` is not 0.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn gate(&mut self, register: RegisterId, gate: Sig) -> Result<(), BuildError> {
        self.owns(&[gate])?;
        let gate = self.cast(gate, Ty::Int);
        self.program.registers[register.index()].gate = Some(gate);
        Ok(())
    }

    /// Lets the delay line of `input` stand still in frames in which `gate` is 0. The line is there once the input
    /// was delayed in this call.
    ///
    /// # Errors
    /// Signals of another program, or an input without a line.
    pub fn gate_line(&mut self, input: Sig, gate: Sig) -> Result<(), BuildError> {
        self.owns(&[input, gate])?;
        let line = *self.lines.get(&(self.home(), input)).ok_or(BuildError::Foreign)?;
        let gate = self.cast(gate, Ty::Int);
        self.program.lines[line.index()].gate = Some(gate);
        Ok(())
    }

    /// Writes the table only in frames in which `gate` is not 0.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn gate_ram(&mut self, ram: RamId, gate: Sig) -> Result<(), BuildError> {
        self.owns(&[gate])?;
        let gate = self.cast(gate, Ty::Int);
        self.program.rams[ram.index()].gate = Some(gate);
        Ok(())
    }

    /// One frame ago, 0 at first.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn mem(&mut self, sig: Sig) -> Result<Sig, BuildError> {
        self.owns(&[sig])?;
        let one = self.int(1);
        Ok(self.tap(sig, one, 1))
    }

    /// `sig`, `samples` samples ago: truncated toward zero and clamped to `0..=max`, where `max` is `bound` or else
    /// what can be proved about `samples`.
    ///
    /// # Errors
    /// A delay that is always negative, or one without a bound.
    pub fn delay(&mut self, sig: Sig, samples: Sig, bound: Option<u32>) -> Result<Sig, BuildError> {
        self.owns(&[sig, samples])?;
        let Interval { lo: _, hi } = self.interval(samples);
        if hi <= -1.0 {
            return Err(BuildError::DelayNegative(hi));
        }
        let max = match bound {
            Some(bound) => bound,
            // An int of which nothing is known is still an int.
            None if hi.is_finite() && hi != f64::from(i32::MAX) => self.frames(hi)?,
            None => return Err(BuildError::DelayUnbounded),
        };
        if max > self.limits.delay_frames {
            return Err(self.delay_too_long(f64::from(max)));
        }
        let at = match self.constant(samples) {
            // Truncation is what a delay in samples means; the value is within `frames`.
            #[allow(clippy::cast_possible_truncation)]
            Some(value) => self.int(value.min(f64::from(max)).max(0.0) as i32),
            None => {
                let index = self.cast(samples, Ty::Int);
                let zero = self.int(0);
                let max = self.int(i32::try_from(max).expect("limited above"));
                let raised = self.apply(Fun::Max, &[index, zero])?;
                self.apply(Fun::Min, &[raised, max])?
            }
        };
        Ok(self.tap(sig, at, max))
    }

    /// A read-only table; equal contents are one table.
    ///
    /// # Errors
    /// No entries, too many, or one that is not finite.
    pub fn table(&mut self, init: TableInit, len: usize) -> Result<TableId, BuildError> {
        let (ty, len) = self.contents(&init, len)?;
        let table = Table { ty, len, init };
        let at = self.program.tables.iter().position(|known| *known == table).unwrap_or_else(|| {
            self.program.tables.push(table);
            self.program.tables.len() - 1
        });
        Ok(TableId::new(at))
    }

    /// The table that is a channel of a sound.
    ///
    /// # Errors
    /// A channel that the sound has not, or too many frames.
    pub fn sound(&mut self, sound: &Arc<Sound>, channel: usize) -> Result<TableId, BuildError> {
        let init = self.sound_init(sound, channel)?;
        self.table(init, sound.frames())
    }

    /// The contents that are a channel of a sound.
    ///
    /// # Errors
    /// A channel that the sound has not.
    pub fn sound_init(&mut self, sound: &Arc<Sound>, channel: usize) -> Result<TableInit, BuildError> {
        let wanted = u32::try_from(channel).ok().filter(|_| channel < sound.channels().len());
        let channel = wanted.ok_or(BuildError::Foreign)?;
        self.program.sounds.0.insert(sound.digest(), sound.clone());
        Ok(TableInit::Sound { digest: sound.digest(), channel })
    }

    /// Reads a table; the index is truncated and clamped into it.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn lookup(&mut self, table: TableId, index: Sig) -> Result<Sig, BuildError> {
        self.owns(&[index])?;
        let index = self.cast(index, Ty::Int);
        self.node(Op::Lookup(table), self.program.table(table).ty, &[index])
    }

    /// A read-write table that is written with `value` at `index` in every frame.
    ///
    /// # Errors
    /// As for [`Self::table`]; signals of another program.
    pub fn ram(&mut self, init: TableInit, len: usize, index: Sig, value: Sig) -> Result<RamId, BuildError> {
        self.owns(&[index, value])?;
        let (ty, len) = self.contents(&init, len)?;
        let index = self.cast(index, Ty::Int);
        let value = self.cast(value, ty);
        self.program.rams.push(Ram { ty, len, init, index, value, gate: None, keys: Vec::new() });
        self.owners.rams.push(self.home());
        Ok(RamId::new(self.program.rams.len() - 1))
    }

    /// Reads a read-write table after this frame's write.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn recall(&mut self, ram: RamId, index: Sig) -> Result<Sig, BuildError> {
        self.owns(&[index])?;
        let index = self.cast(index, Ty::Int);
        self.node(Op::Recall(ram), self.program.ram(ram).ty, &[index])
    }

    /// Opens a use of a library function; everything made until [`Self::leave`] is its own.
    pub fn enter(&mut self, function: impl Into<Arc<str>>) -> CallId {
        let call = Call {
            function: function.into(),
            parent: self.home(),
            arguments: Vec::new(),
            statics: Vec::new(),
            results: Vec::new(),
        };
        self.program.calls.push(call);
        let id = CallId::new(self.program.calls.len() - 1);
        self.open.push(id);
        id
    }

    /// Hands a signal into the innermost open call: the function computes with the result.
    ///
    /// # Errors
    /// A signal of another program, or no open call.
    pub fn argument(&mut self, name: impl Into<Arc<str>>, outer: Sig) -> Result<Sig, BuildError> {
        self.owns(&[outer])?;
        let call = *self.open.last().ok_or(BuildError::Foreign)?;
        let ty = self.program.node(outer).ty;
        // Two parameters given one signal are still two parameters.
        let inner = self.push(Op::Argument, ty, &[outer]);
        self.program.calls[call.index()].arguments.push(Argument { name: name.into(), outer, inner });
        Ok(inner)
    }

    /// Records a parameter that is not a signal.
    pub fn note(&mut self, name: impl Into<Arc<str>>, value: Static) {
        if let Some(call) = self.open.last() {
            self.program.calls[call.index()].statics.push((name.into(), value));
        }
    }

    /// Closes the innermost call.
    ///
    /// # Errors
    /// Signals of another program, or no open call.
    pub fn leave(&mut self, results: &[Sig]) -> Result<(), BuildError> {
        self.owns(results)?;
        let call = self.open.pop().ok_or(BuildError::Foreign)?;
        self.program.calls[call.index()].results = results.to_vec();
        Ok(())
    }

    /// Closes the innermost call without results, after an error inside it.
    pub fn abandon(&mut self) {
        self.open.pop();
    }

    /// Remembers what the user called a signal; the first name stays.
    pub fn name(&mut self, sig: Sig, name: impl Into<Arc<str>>) {
        if sig.index() < self.program.nodes.len() {
            self.program.names.entry(sig).or_insert_with(|| name.into());
        }
    }

    /// Adds an audio output.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn output(&mut self, name: impl Into<Arc<str>>, sig: Sig) -> Result<(), BuildError> {
        self.owns(&[sig])?;
        self.program.outputs.push(Output { name: name.into(), sig });
        Ok(())
    }

    /// What can be proved about a signal's values so far.
    pub fn interval(&mut self, sig: Sig) -> Interval {
        interval::of(&self.program, sig, &mut self.proved)
    }

    /// Drops what no output and no meter needs, names the state, checks the rules.
    ///
    /// # Errors
    /// No output, a register without a value, too many nodes, a broken rule.
    pub fn finish(self) -> Result<Program, BuildError> {
        let Self { mut program, limits, owners, .. } = self;
        if program.outputs.is_empty() {
            return Err(BuildError::NoOutput);
        }
        if program.registers.iter().any(|register| register.next == UNWRITTEN) {
            return Err(BuildError::Unwritten);
        }
        state_keys::assign(&mut program, &owners);
        let mut program = prune::prune(&program);
        if let Some(gathered) = sums::gather(&program) {
            program = prune::prune(&gathered);
        }
        for (what, count, limit) in [
            ("nodes", program.nodes.len(), limits.nodes),
            ("inputs", program.inputs.len(), limits.ports),
            ("outputs", program.outputs.len(), limits.ports),
        ] {
            if count > limit {
                return Err(BuildError::TooLarge { what, count, limit });
            }
        }
        program.validate().map_err(BuildError::Invalid)?;
        Ok(program)
    }

    fn home(&self) -> Option<CallId> {
        self.open.last().copied()
    }

    fn owns(&self, sigs: &[Sig]) -> Result<(), BuildError> {
        let count = self.program.nodes.len();
        if sigs.iter().all(|sig| sig.index() < count) { Ok(()) } else { Err(BuildError::Foreign) }
    }

    fn constant(&self, sig: Sig) -> Option<f64> {
        match self.program.node(sig).op {
            Op::Real(value) => Some(value),
            Op::Int(value) => Some(f64::from(value)),
            Op::Argument => self.constant(self.program.node(sig).operands()[0]),
            _ => None,
        }
    }

    fn frames(&self, samples: f64) -> Result<u32, BuildError> {
        if samples > f64::from(self.limits.delay_frames) {
            return Err(self.delay_too_long(samples));
        }
        // At least 0 and within the limit.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(samples.max(0.0) as u32)
    }

    fn delay_too_long(&self, samples: f64) -> BuildError {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let count = samples as usize;
        BuildError::TooLarge { what: "frames of delay", count, limit: self.limits.delay_frames as usize }
    }

    fn contents(&self, init: &TableInit, len: usize) -> Result<(Ty, u32), BuildError> {
        let (ty, given) = match init {
            TableInit::Reals(values) => {
                if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
                    return Err(BuildError::NotFinite(value));
                }
                (Ty::Real, values.len())
            }
            TableInit::Ints(values) => (Ty::Int, values.len()),
            TableInit::Sound { .. } => (Ty::Real, len),
            TableInit::Generated(inner) => (inner.node(inner.outputs[0].sig).ty, len),
        };
        let fits = 0 < len && len <= self.limits.table_entries && given == len;
        match u32::try_from(len) {
            Ok(len) if fits => Ok((ty, len)),
            _ => Err(BuildError::TableLength(len)),
        }
    }

    fn tap(&mut self, sig: Sig, at: Sig, max: u32) -> Sig {
        let home = self.home();
        let program = &mut self.program;
        let id = *self.lines.entry((home, sig)).or_insert_with(|| {
            let ty = program.node(sig).ty;
            program.lines.push(Line { ty, input: sig, max: 0, gate: None, keys: Vec::new() });
            self.owners.lines.push(home);
            LineId::new(program.lines.len() - 1)
        });
        let line = &mut program.lines[id.index()];
        line.max = line.max.max(max);
        let ty = line.ty;
        self.push(Op::Tap(id), ty, &[at])
    }

    fn leaf(&mut self, op: Op, ty: Ty) -> Sig {
        self.push(op, ty, &[])
    }

    fn node(&mut self, op: Op, ty: Ty, operands: &[Sig]) -> Result<Sig, BuildError> {
        // A little above the limit, so that the refusal can still be reported with a count.
        if self.program.nodes.len() > 2 * self.limits.nodes {
            let count = self.program.nodes.len();
            return Err(BuildError::TooLarge { what: "nodes", count, limit: self.limits.nodes });
        }
        Ok(self.push(op, ty, operands))
    }

    fn push(&mut self, op: Op, ty: Ty, operands: &[Sig]) -> Sig {
        let home = self.home();
        let node = Node::new(op, ty, operands);
        let identity = identity(home, &node, self.program.nodes.len());
        if let Some(&known) = self.known.get(&identity) {
            return known;
        }
        let sig = self.program.nodes.push(node);
        self.program.homes.push(home);
        if let Some(site) = &self.site {
            self.program.sites.insert(sig, site.clone());
        }
        self.known.insert(identity, sig);
        sig
    }
}
