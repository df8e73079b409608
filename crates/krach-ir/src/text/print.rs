//! Writing the text form.

use super::lex::Word;
use crate::{
    Call, Control, ControlKind, Digest, Face, LineId, Op, Program, Ram, RamId, Sig, Static, TableInit,
};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

impl fmt::Display for Program {
    /// The complete text form; with `{:#}` the bare one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = if f.alternate() { Form::Bare } else { Form::Whole };
        Printer::print(self, form, f)
    }
}

/// How much of a program is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Whole,
    /// Without what has no bearing on sound or state.
    Bare,
    /// The bare form with a digest in the place of each table of reals: short, and fast to make.
    Key,
}

/// Writes the text that a content key is the hash of.
pub(crate) fn write_key(program: &Program, out: &mut impl Write) -> fmt::Result {
    Printer::print(program, Form::Key, out)
}

impl ControlKind {
    pub(super) fn word(self) -> Word {
        match self {
            Self::Slider => Word::Slider,
            Self::Number => Word::Number,
            Self::Button => Word::Button,
            Self::Checkbox => Word::Checkbox,
        }
    }
}

struct Printer<'a, W> {
    program: &'a Program,
    form: Form,
    out: W,
}

/// What a line or a read-write table waits for.
enum Waiting {
    Line(LineId),
    Ram(RamId),
}

impl<W: Write> Printer<'_, W> {
    fn print(program: &Program, form: Form, out: W) -> fmt::Result {
        let whole = form == Form::Whole;
        let sound = if whole { Cow::Borrowed(program) } else { program.sound() };
        let mut printer = Printer { program: &sound, form, out };
        printer.ports()?;
        printer.state()?;
        printer.nodes()?;
        printer.ends()?;
        if whole {
            printer.calls()?;
            printer.credits()?;
        }
        Ok(())
    }

    fn is_bare(&self) -> bool {
        self.form != Form::Whole
    }

    /// A name, where names are printed.
    fn name(&mut self, name: &str) -> fmt::Result {
        if self.is_bare() { Ok(()) } else { write!(self.out, " {name:?}") }
    }

    fn ports(&mut self) -> fmt::Result {
        let (p, bare) = (self.program, self.is_bare());
        self.out.write_str("program")?;
        self.name(&p.name)?;
        self.out.write_char('\n')?;
        for (key, value) in p.metadata.iter().filter(|_| !bare) {
            writeln!(self.out, "declare {key:?} {value:?}")?;
        }
        if let Some(polyphony) = &p.polyphony {
            write!(self.out, "voices {}", polyphony.voices)?;
            if let Some(effect) = &polyphony.effect {
                self.out.write_str(" effect")?;
                self.braced(effect)?;
            }
            self.out.write_char('\n')?;
        }
        for input in &p.inputs {
            self.out.write_str("input")?;
            self.name(input)?;
            self.out.write_char('\n')?;
        }
        for (at, control) in p.controls.iter().enumerate() {
            let (name, kind, init) = (&control.name, control.kind.word().text(), control.init);
            let (lo, hi, step) = (control.lo, control.hi, control.step);
            write!(
                self.out,
                "control c{at} {name:?} {kind} init {init:?} range {lo:?} {hi:?} step {step:?}"
            )?;
            if !self.is_bare() {
                self.face(&control.face)?;
            } else if let Some(address) = played(control) {
                self.face(&Face { address, metadata: Vec::new() })?;
            }
            self.out.write_char('\n')?;
        }
        Ok(())
    }

    fn face(&mut self, face: &Face) -> fmt::Result {
        if *face == Face::default() {
            return Ok(());
        }
        write!(self.out, " face {:?}", face.address)?;
        face.metadata.iter().try_for_each(|(key, value)| write!(self.out, " {key:?} {value:?}"))
    }

    fn state(&mut self) -> fmt::Result {
        let p = self.program;
        for (at, table) in p.tables.iter().enumerate() {
            write!(self.out, "table t{at} {} {} =", table.ty, table.len)?;
            self.contents(&table.init)?;
            self.out.write_char('\n')?;
        }
        for (at, register) in p.registers.iter().enumerate() {
            write!(self.out, "register r{at} {}", register.ty)?;
            self.keys(&register.keys)?;
        }
        for (at, noise) in p.noises.iter().enumerate() {
            write!(self.out, "noise n{at} ordinal {}", noise.ordinal)?;
            self.keys(&noise.keys)?;
        }
        Ok(())
    }

    /// Ends a line with the keys of its state.
    fn keys(&mut self, keys: &[Arc<str>]) -> fmt::Result {
        if !keys.is_empty() {
            self.out.write_str(" keys")?;
            self.list(keys.iter(), |key| format!("{key:?}"))?;
        }
        self.out.write_char('\n')
    }

    /// ` [a b c]`, broken into lines where it is long.
    fn list<T>(&mut self, items: impl Iterator<Item = T>, show: impl Fn(T) -> String) -> fmt::Result {
        self.out.write_str(" [")?;
        for (at, item) in items.enumerate() {
            let gap = match at {
                0 => "",
                _ if at % 16 == 0 => "\n  ",
                _ => " ",
            };
            write!(self.out, "{gap}{}", show(item))?;
        }
        self.out.write_char(']')
    }

    fn contents(&mut self, init: &TableInit) -> fmt::Result {
        match init {
            TableInit::Reals(values) if self.form == Form::Key => {
                write!(self.out, " {}", Digest::of_reals(values.iter()))
            }
            TableInit::Reals(values) => self.list(values.iter(), |value| format!("{value:?}")),
            TableInit::Ints(values) => self.list(values.iter(), ToString::to_string),
            TableInit::Sound { digest, channel } => write!(self.out, " sound \"{digest}\" {channel}"),
            TableInit::Generated(inner) => self.braced(inner),
        }
    }

    /// A program inside another.
    fn braced(&mut self, inner: &Program) -> fmt::Result {
        let mut text = String::new();
        Printer::print(inner, self.form, &mut text)?;
        self.out.write_str(" {\n")?;
        text.lines().try_for_each(|line| writeln!(self.out, "  {line}"))?;
        self.out.write_char('}')
    }

    fn nodes(&mut self) -> fmt::Result {
        let waiting = self.waiting();
        let mut waiting = waiting.iter().peekable();
        for sig in self.program.sigs() {
            self.node(sig)?;
            while let Some((_, state)) = waiting.next_if(|(last, _)| *last <= sig) {
                self.introduce(state)?;
            }
        }
        waiting.try_for_each(|(_, state)| self.introduce(state))
    }

    /// Lines and read-write tables, each with the last node it needs, in that order.
    fn waiting(&self) -> Vec<(Sig, Waiting)> {
        let p = self.program;
        let lines = p.lines.iter().enumerate().map(|(at, line)| {
            (line.input.max(line.gate.unwrap_or(line.input)), Waiting::Line(LineId::new(at)))
        });
        let last = |ram: &Ram| ram.index.max(ram.value).max(ram.gate.unwrap_or(ram.index));
        let rams = p.rams.iter().enumerate().map(|(at, ram)| (last(ram), Waiting::Ram(RamId::new(at))));
        let mut waiting: Vec<_> = lines.chain(rams).collect();
        waiting.sort_by_key(|(last, _)| *last);
        waiting
    }

    fn node(&mut self, sig: Sig) -> fmt::Result {
        let node = self.program.node(sig);
        write!(self.out, "{sig} = ")?;
        match node.op {
            Op::Real(value) => write!(self.out, "{value:?}")?,
            Op::Int(value) => write!(self.out, "{value}")?,
            Op::Input(port) => write!(self.out, "input {port}")?,
            Op::Control(id) => write!(self.out, "control {id}")?,
            Op::SampleRate => self.out.write_str("sample_rate")?,
            Op::Read(id) => write!(self.out, "read {id}")?,
            Op::Noise(id) => write!(self.out, "noise {id}")?,
            Op::Tap(id) => write!(self.out, "tap {id}")?,
            Op::Lookup(id) => write!(self.out, "lookup {id}")?,
            Op::Recall(id) => write!(self.out, "recall {id}")?,
            Op::Argument => self.out.write_str("argument")?,
            Op::Apply(fun) => write!(self.out, "{fun}")?,
        }
        node.operands().iter().try_for_each(|operand| write!(self.out, " {operand}"))?;
        if !self.is_bare() {
            self.remarks(sig)?;
        }
        self.out.write_char('\n')
    }

    fn remarks(&mut self, sig: Sig) -> fmt::Result {
        let p = self.program;
        if let Some(home) = p.home(sig) {
            write!(self.out, " in {home}")?;
        }
        if let Some(name) = p.name_of(sig) {
            write!(self.out, " name {name:?}")?;
        }
        if let Some(site) = p.site_of(sig) {
            let (file, line, column) = (&site.file, site.line, site.column);
            write!(self.out, " at {file:?} {line}:{column} {}:{}", site.end_line, site.end_column)?;
        }
        Ok(())
    }

    fn introduce(&mut self, state: &Waiting) -> fmt::Result {
        match *state {
            Waiting::Line(id) => {
                let line = self.program.line(id);
                write!(self.out, "line {id} {} max {}", line.input, line.max)?;
                self.gate(line.gate)?;
                self.keys(&line.keys)
            }
            Waiting::Ram(id) => {
                let ram = self.program.ram(id);
                write!(self.out, "ram {id} {} {} =", ram.ty, ram.len)?;
                self.contents(&ram.init)?;
                write!(self.out, " write {} {}", ram.index, ram.value)?;
                self.gate(ram.gate)?;
                self.keys(&ram.keys)
            }
        }
    }

    fn gate(&mut self, gate: Option<Sig>) -> fmt::Result {
        gate.map_or(Ok(()), |gate| write!(self.out, " if {gate}"))
    }

    fn ends(&mut self) -> fmt::Result {
        let p = self.program;
        // A program under construction has registers that are still to be written.
        for (at, register) in p.registers.iter().enumerate().filter(|(_, r)| r.next.index() < p.nodes.len()) {
            write!(self.out, "r{at} <- {}", register.next)?;
            self.gate(register.gate)?;
            self.out.write_char('\n')?;
        }
        for output in &p.outputs {
            self.out.write_str("output")?;
            self.name(&output.name)?;
            writeln!(self.out, " {}", output.sig)?;
        }
        for meter in &p.meters {
            write!(self.out, "meter {:?} {} range {:?} {:?}", meter.name, meter.sig, meter.lo, meter.hi)?;
            self.face(&meter.face)?;
            self.out.write_char('\n')?;
        }
        Ok(())
    }

    fn calls(&mut self) -> fmt::Result {
        for (at, call) in self.program.calls.iter().enumerate() {
            self.call(at, call)?;
        }
        Ok(())
    }

    fn credits(&mut self) -> fmt::Result {
        for credit in &self.program.credits {
            write!(self.out, "credit {:?} {:?}", credit.library, credit.function)?;
            if let Some((of, terms)) = credit.licence.declared() {
                write!(self.out, " {of} {terms:?}")?;
            }
            self.out.write_char('\n')?;
        }
        Ok(())
    }

    fn call(&mut self, at: usize, call: &Call) -> fmt::Result {
        write!(self.out, "call f{at} {:?}", call.function)?;
        if let Some(parent) = call.parent {
            write!(self.out, " in {parent}")?;
        }
        if !call.arguments.is_empty() {
            self.out.write_str(" arguments")?;
            self.list(call.arguments.iter(), |a| format!("{:?} {} {}", a.name, a.outer, a.inner))?;
        }
        if !call.statics.is_empty() {
            self.out.write_str(" statics")?;
            self.list(call.statics.iter(), |(name, value)| match value {
                Static::Number(value) => format!("{name:?} {value:?}"),
                Static::Text(value) => format!("{name:?} {value:?}"),
            })?;
        }
        if !call.results.is_empty() {
            self.out.write_str(" results")?;
            self.list(call.results.iter(), ToString::to_string)?;
        }
        self.out.write_char('\n')
    }
}

/// The label by which notes find a control or pass it by, as an address, if its name does not say the same. How far
/// it reaches depends on it.
fn played(control: &Control) -> Option<Arc<str>> {
    let label = control.label();
    let is_played = |word: &str| Control::role_of(word, control.hi).is_some();
    let differs = label != &*control.name && (is_played(label) || is_played(&control.name));
    differs.then(|| format!("/{label}").into())
}
