//! From typed signals to the program.
//!
//! Nodes are emitted operands first, without recursion; a loop becomes a register whose next value is written when
//! everything else is there.

use crate::elaborate::gate::Gates;
use crate::elaborate::int_or_real::Natures;
use crate::elaborate::range::Ranges;
use crate::elaborate::signal::{Loop, SigId, Signal, Signals, Wave, WidgetId};
use crate::elaborate::widgets::Bargraph;
use krach_ir::{
    BuildError, Control, Fun, Meter, Program, ProgramBuilder, RamId, RegisterId, Sig, TableInit, Ty,
};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What was found out about the signals before they are emitted.
pub(crate) struct Findings<'a> {
    pub signals: &'a Signals,
    pub natures: &'a Natures,
    pub ranges: &'a Ranges,
    /// None in what fills a table: there `control` and `enable` hold nothing.
    pub gates: Option<&'a Gates>,
}

/// A signal that the builder refuses, and why.
pub(crate) struct Refused {
    pub signal: Option<SigId>,
    pub error: BuildError,
}

pub(crate) struct Emitter<'a> {
    findings: &'a Findings<'a>,
    builder: ProgramBuilder,
    known: FxHashMap<SigId, Sig>,
    registers: FxHashMap<Loop, RegisterId>,
    /// Loops whose next value is not written yet.
    open: Vec<(Loop, RegisterId)>,
    controls: FxHashMap<WidgetId, Control>,
    tables: FxHashMap<(u32, SigId), TableInit>,
    rams: FxHashMap<(u32, SigId, SigId, SigId), RamId>,
}

type Emitted<T> = Result<T, Refused>;

impl<'a> Emitter<'a> {
    pub fn new(name: &str, findings: &'a Findings<'a>) -> Self {
        Self {
            findings,
            builder: ProgramBuilder::new(name),
            known: FxHashMap::default(),
            registers: FxHashMap::default(),
            open: Vec::new(),
            controls: FxHashMap::default(),
            tables: FxHashMap::default(),
            rams: FxHashMap::default(),
        }
    }

    /// The whole program.
    pub fn program(
        mut self,
        inputs: &[SigId],
        outputs: &[SigId],
        controls: impl Iterator<Item = (WidgetId, Control)>,
        bargraphs: &[Bargraph],
    ) -> Emitted<Program> {
        for (at, &input) in inputs.iter().enumerate() {
            let sig = self.builder.input(format!("in{at}"));
            self.known.insert(input, sig);
        }
        for (id, control) in controls {
            self.checked(None, |builder| builder.control(control.clone()))?;
            self.controls.insert(id, control);
        }
        for (at, &output) in outputs.iter().enumerate() {
            let sig = self.emit(output)?;
            let sig = self.builder.cast(sig, Ty::Real);
            self.checked(Some(output), |builder| builder.output(format!("out{at}"), sig))?;
        }
        self.close_loops()?;
        // The sound is all there: it is the same with and without them.
        for bargraph in bargraphs {
            self.meter(bargraph)?;
        }
        self.close_loops()?;
        self.builder.finish().map_err(|error| Refused { signal: None, error })
    }

    /// The signal as its bargraph shows it: while it is not computed, its last value.
    fn meter(&mut self, bargraph: &Bargraph) -> Emitted<()> {
        let Bargraph { shown, ref name, range: [lo, hi], ref face } = *bargraph;
        let sig = self.emit(shown)?;
        let sig = self.builder.cast(sig, Ty::Real);
        let sig = self.held(shown, sig)?;
        let meter = Meter { name: name.clone(), lo, hi, face: face.clone(), sig };
        self.checked(Some(shown), |builder| builder.meter(meter))
    }

    /// A program of one output that fills a table.
    fn generator(findings: &Findings<'_>, contents: SigId) -> Emitted<Program> {
        let findings = Findings { gates: None, ..*findings };
        let mut emitter = Emitter::new("table", &findings);
        let sig = emitter.emit(contents)?;
        emitter.checked(Some(contents), |builder| builder.output("out", sig))?;
        emitter.close_loops()?;
        emitter.builder.finish().map_err(|error| Refused { signal: Some(contents), error })
    }

    fn checked<T>(
        &mut self,
        signal: Option<SigId>,
        build: impl FnOnce(&mut ProgramBuilder) -> Result<T, BuildError>,
    ) -> Emitted<T> {
        build(&mut self.builder).map_err(|error| Refused { signal, error })
    }

    fn close_loops(&mut self) -> Emitted<()> {
        while let Some((id, register)) = self.open.pop() {
            let next = self.findings.signals.next(id);
            let sig = self.emit(next)?;
            self.checked(Some(next), |builder| builder.write(register, sig))?;
            if let Some(gate) = self.gate_of(next)? {
                self.checked(Some(next), |builder| builder.gate(register, gate))?;
            }
        }
        Ok(())
    }

    fn emit(&mut self, root: SigId) -> Emitted<Sig> {
        let mut stack = vec![(root, false)];
        while let Some((id, ready)) = stack.pop() {
            if self.known.contains_key(&id) {
                continue;
            }
            if ready {
                let sig = self.node(id)?;
                self.known.insert(id, sig);
                continue;
            }
            stack.push((id, true));
            let before = stack.len();
            stack.extend(self.needs(id).into_iter().map(|operand| (operand, false)));
            // The first operand is to be emitted first.
            stack[before..].reverse();
        }
        Ok(self.known[&root])
    }

    /// What must be emitted before a node: its operands, and the conditions under which its memory moves.
    fn needs(&self, id: SigId) -> Vec<SigId> {
        let signals = self.findings.signals;
        let mut needs: Vec<SigId> = match signals.get(id) {
            Signal::Attach(x, _) | Signal::Bounds([_, _, x]) => vec![x],
            Signal::Lowest(_) | Signal::Highest(_) => vec![],
            _ => signals.operands(id).collect(),
        };
        needs.extend(self.findings.gates.into_iter().flat_map(|gates| gates.conditions(signals, id)));
        needs
    }

    /// The condition under which a signal is computed, as a signal; `None` if always.
    fn gate_of(&mut self, id: SigId) -> Emitted<Option<Sig>> {
        let Some(condition) = self.findings.gates.and_then(|gates| gates.get(id)) else { return Ok(None) };
        let mut any = None;
        for set in condition {
            let mut all = None;
            for &c in set {
                let sig = self.emit(c)?;
                let open = self.is_open(sig)?;
                all = Some(self.joined(Fun::And, all, open)?);
            }
            if let Some(all) = all {
                any = Some(self.joined(Fun::Or, any, all)?);
            }
        }
        Ok(any)
    }

    fn is_open(&mut self, condition: Sig) -> Emitted<Sig> {
        self.checked(None, |builder| {
            let zero = builder.int(0);
            builder.apply(Fun::Ne, &[condition, zero])
        })
    }

    fn joined(&mut self, fun: Fun, before: Option<Sig>, sig: Sig) -> Emitted<Sig> {
        match before {
            Some(before) => self.checked(None, |builder| builder.apply(fun, &[before, sig])),
            None => Ok(sig),
        }
    }

    fn sig(&self, id: SigId) -> Sig {
        self.known[&id]
    }

    /// One node whose operands are known.
    fn node(&mut self, id: SigId) -> Emitted<Sig> {
        match self.findings.signals.get(id) {
            Signal::Int(value) => Ok(self.builder.int(value)),
            Signal::Real(bits) => self.real(f64::from_bits(bits)),
            Signal::Previous(at) => Ok(self.previous(at)),
            Signal::Apply(fun, operands) => {
                let operands = operands.map(|operand| self.known.get(&operand).copied());
                let operands: Vec<Sig> = operands.into_iter().take(fun.arity()).flatten().collect();
                self.checked(Some(id), |builder| builder.apply(fun, &operands))
            }
            Signal::Power(a, b) => self.power(id, a, b),
            Signal::Delay(x, samples) => self.delay(id, x, samples),
            Signal::Prefix(a, x) => self.prefix(id, a, x),
            Signal::Waveform(wave) => self.cycle(id, wave),
            Signal::Read(len, contents, index) => {
                let init = self.table(len, contents)?;
                let index = self.sig(index);
                self.checked(Some(id), |builder| {
                    let table = builder.table(init, len as usize)?;
                    builder.lookup(table, index)
                })
            }
            Signal::ReadWrite(len, contents, operands) => self.read_write(id, len, contents, operands),
            Signal::Widget(widget) => {
                let control = self.controls[&widget].clone();
                self.checked(Some(id), |builder| builder.control(control))
            }
            Signal::SampleRate => Ok(self.builder.sample_rate()),
            Signal::Hold(x, _) => self.held(x, self.sig(x)),
            Signal::Attach(x, _) | Signal::Bounds([_, _, x]) | Signal::Shown(_, x) => Ok(self.sig(x)),
            Signal::Random => self.random(),
            Signal::Lowest(x) => self.real(self.findings.ranges.get(x).lo),
            Signal::Highest(x) => self.real(self.findings.ranges.get(x).hi),
            Signal::Input(_) | Signal::Slot(_) | Signal::Wrong(_) => {
                unreachable!("inputs are known before, the others are reported before")
            }
        }
    }

    /// A constant; infinities and NaN are quotients.
    fn real(&mut self, value: f64) -> Emitted<Sig> {
        if value.is_finite() {
            return self.checked(None, |builder| builder.real(value));
        }
        let dividend = if value.is_nan() { 0.0 } else { value.signum() };
        self.checked(None, |builder| {
            let (dividend, zero) = (builder.real(dividend)?, builder.real(0.0)?);
            builder.apply(Fun::Div, &[dividend, zero])
        })
    }

    fn previous(&mut self, id: Loop) -> Sig {
        let (builder, open) = (&mut self.builder, &mut self.open);
        let ty = self.findings.natures.of_loop(id);
        let register = *self.registers.entry(id).or_insert_with(|| {
            let register = builder.register(ty);
            open.push((id, register));
            register
        });
        self.builder.read(register)
    }

    /// Small whole powers are products; a power of ints is an int.
    fn power(&mut self, id: SigId, a: SigId, b: SigId) -> Emitted<Sig> {
        let (base, exponent) = (self.sig(a), self.sig(b));
        let whole = match self.findings.signals.constant(b) {
            Some(value) if value.real().fract() == 0.0 && (1.0..=8.0).contains(&value.real()) => value.int(),
            _ => 0,
        };
        let int = self.findings.natures.get(id) == Ty::Int;
        self.checked(Some(id), |builder| {
            if whole > 0 && (int || builder.so_far().node(base).ty == Ty::Real) {
                return (1..whole).try_fold(base, |product, _| builder.apply(Fun::Mul, &[product, base]));
            }
            let power = builder.apply(Fun::Pow, &[base, exponent])?;
            Ok(if int { builder.cast(power, Ty::Int) } else { power })
        })
    }

    fn delay(&mut self, id: SigId, x: SigId, samples: SigId) -> Emitted<Sig> {
        let (sig, at) = (self.sig(x), self.sig(samples));
        // Checked before emission: within 0..2^31.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bound = self.findings.ranges.get(samples).hi.max(0.0) as u32;
        let gate = self.gate_of(x)?;
        self.checked(Some(id), |builder| {
            let tap = builder.delay(sig, at, Some(bound))?;
            if let Some(gate) = gate {
                builder.gate_line(sig, gate)?;
            }
            Ok(tap)
        })
    }

    fn prefix(&mut self, id: SigId, a: SigId, x: SigId) -> Emitted<Sig> {
        let (first, rest) = (self.sig(a), self.sig(x));
        let gate = self.gate_of(id)?;
        let ty = self.findings.natures.get(x);
        self.checked(Some(id), |builder| {
            let (started, held) = (builder.register(Ty::Int), builder.register(ty));
            let one = builder.int(1);
            builder.write(started, one)?;
            builder.write(held, rest)?;
            if let Some(gate) = gate {
                builder.gate(started, gate)?;
                builder.gate(held, gate)?;
            }
            let (started, before) = (builder.read(started), builder.read(held));
            builder.apply(Fun::Select, &[started, first, before])
        })
    }

    /// A waveform as a signal: a counter and a table.
    fn cycle(&mut self, id: SigId, wave: crate::elaborate::signal::WaveId) -> Emitted<Sig> {
        let wave = self.findings.signals.wave_of(wave);
        let len = wave.len();
        let gate = self.gate_of(id)?;
        self.checked(Some(id), |builder| {
            let init = contents(builder, wave, len)?;
            let table = builder.table(init, len)?;
            let counter = builder.register(Ty::Int);
            let at = builder.read(counter);
            let (zero, one) = (builder.int(0), builder.int(1));
            let last = builder.int(i32::try_from(len - 1).unwrap_or(i32::MAX));
            let above = builder.apply(Fun::Add, &[at, one])?;
            let wraps = builder.apply(Fun::Ge, &[at, last])?;
            let next = builder.apply(Fun::Select, &[wraps, above, zero])?;
            builder.write(counter, next)?;
            if let Some(gate) = gate {
                builder.gate(counter, gate)?;
            }
            builder.lookup(table, at)
        })
    }

    /// What a table is filled with.
    fn table(&mut self, len: u32, filler: SigId) -> Emitted<TableInit> {
        if let Some(known) = self.tables.get(&(len, filler)) {
            return Ok(known.clone());
        }
        let init = match self.findings.signals.get(filler) {
            Signal::Waveform(wave) => {
                let wave = self.findings.signals.wave_of(wave);
                self.checked(None, |builder| contents(builder, wave, len as usize))?
            }
            _ => TableInit::Generated(Arc::new(Self::generator(self.findings, filler)?)),
        };
        self.tables.insert((len, filler), init.clone());
        Ok(init)
    }

    fn read_write(&mut self, id: SigId, len: u32, filler: SigId, operands: [SigId; 3]) -> Emitted<Sig> {
        let [at, value, index] = operands;
        let key = (len, filler, at, value);
        let ram = match self.rams.get(&key) {
            Some(&known) => known,
            None => {
                let init = self.table(len, filler)?;
                let (at, value) = (self.sig(at), self.sig(value));
                let gate = self.gate_of(id)?;
                let ram = self.checked(Some(id), |builder| builder.ram(init, len as usize, at, value))?;
                if let Some(gate) = gate {
                    self.checked(Some(id), |builder| builder.gate_ram(ram, gate))?;
                }
                self.rams.insert(key, ram);
                ram
            }
        };
        let index = self.sig(index);
        self.checked(Some(id), |builder| builder.recall(ram, index))
    }

    /// The value while its gate is open; otherwise the last such value.
    fn held(&mut self, id: SigId, value: Sig) -> Emitted<Sig> {
        let Some(wanted) = self.gate_of(id)? else { return Ok(value) };
        let ty = self.builder.so_far().node(value).ty;
        self.checked(Some(id), |builder| {
            let register = builder.register(ty);
            let before = builder.read(register);
            let held = builder.apply(Fun::Select, &[wanted, before, value])?;
            builder.write(register, value)?;
            builder.gate(register, wanted)?;
            Ok(held)
        })
    }

    /// 31 bits of noise.
    fn random(&mut self) -> Emitted<Sig> {
        self.checked(None, |builder| {
            let noise = builder.noise();
            let scale = builder.real(f64::from(i32::MAX))?;
            let wide = builder.apply(Fun::Mul, &[noise, scale])?;
            Ok(builder.cast(wide, Ty::Int))
        })
    }
}

/// A number of entries of a waveform, which begins again at its end.
fn contents(builder: &mut ProgramBuilder, wave: &Wave, len: usize) -> Result<TableInit, BuildError> {
    let reals = |values: &[f64]| TableInit::Reals(values.iter().copied().cycle().take(len).collect());
    Ok(match wave {
        Wave::Ints(values) => TableInit::Ints(values.iter().copied().cycle().take(len).collect()),
        Wave::Reals(values) => reals(values),
        Wave::Sound(sound, channel) if sound.frames() == len => builder.sound_init(sound, *channel)?,
        Wave::Sound(sound, channel) => reals(&sound.channels()[*channel]),
    })
}
