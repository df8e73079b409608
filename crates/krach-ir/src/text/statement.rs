//! The statements of the text form, one function each.

use super::lex::{Token, Word};
use super::parse::{Parsed, Parser};
use crate::builder::UNWRITTEN;
use crate::{
    Argument, Call, CallId, Control, ControlId, ControlKind, Face, Line, LineId, Node, Noise, NoiseId, Op,
    Output, Polyphony, Program, Ram, RamId, Register, RegisterId, Sig, Site, Static, Table, TableId,
    TableInit,
};
use crate::{Credit, Fun, Licence, Meter, Ty};
use krach_diag::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A program that is being read.
#[derive(Default)]
pub(super) struct Draft {
    pub program: Program,
    /// These come in the order of their inputs, not of their ids.
    lines: BTreeMap<usize, Line>,
    rams: BTreeMap<usize, Ram>,
    places: FxHashMap<String, Span>,
}

impl Draft {
    /// Where a part stands, as faults name it.
    pub fn place_of(&self, part: &str) -> Option<Span> {
        let outermost = part.split(": ").next().unwrap_or(part);
        self.places.get(outermost).copied()
    }

    fn place(&mut self, part: &impl ToString, span: Span) {
        self.places.insert(part.to_string(), span);
    }

    /// The part that is incomplete otherwise.
    pub fn complete(&mut self) -> Result<(), String> {
        let missing = |letter, keys: &mut dyn Iterator<Item = usize>| {
            let gap = keys.enumerate().find(|(wanted, found)| wanted != found);
            gap.map_or(Ok(()), |(wanted, _)| Err(format!("{letter}{wanted}")))
        };
        missing('d', &mut self.lines.keys().copied())?;
        missing('m', &mut self.rams.keys().copied())?;
        if let Some(at) = self.program.registers.iter().position(|register| register.next == UNWRITTEN) {
            return Err(RegisterId::new(at).to_string());
        }
        self.program.lines = std::mem::take(&mut self.lines).into_values().collect();
        self.program.rams = std::mem::take(&mut self.rams).into_values().collect();
        Ok(())
    }
}

impl Parser<'_> {
    /// Reads one statement, if one is next.
    pub fn statement(&mut self, draft: &mut Draft) -> Parsed<bool> {
        let span = self.span;
        let text = match self.token {
            Token::Sig(_) => return self.node(draft, span).map(|()| true),
            Token::Word(text) => text,
            _ => return Ok(false),
        };
        let read = match Word::find(text) {
            Some(Word::Input) => Self::input,
            Some(Word::Control) => Self::control,
            Some(Word::Declare) => Self::declare,
            Some(Word::Voices) => Self::voices,
            Some(Word::Table) => Self::table,
            Some(Word::Register) => Self::register,
            Some(Word::Noise) => Self::noise,
            Some(Word::Line) => Self::line,
            Some(Word::Ram) => Self::ram,
            Some(Word::Output) => Self::output,
            Some(Word::Meter) => Self::meter,
            Some(Word::Call) => Self::call,
            Some(Word::Credit) => Self::credit,
            None if text.starts_with('r') => return self.write(draft).map(|()| true),
            _ => return Err(self.unexpected("a statement")),
        };
        self.advance();
        read(self, draft, span).map(|()| true)
    }

    fn input(&mut self, draft: &mut Draft, _: Span) -> Parsed<()> {
        draft.program.inputs.push(self.maybe_text().unwrap_or_default().into());
        Ok(())
    }

    fn output(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        draft.place(&format!("output {}", draft.program.outputs.len()), span);
        let name = self.maybe_text().unwrap_or_default().into();
        draft.program.outputs.push(Output { name, sig: self.sig()? });
        Ok(())
    }

    fn declare(&mut self, draft: &mut Draft, _: Span) -> Parsed<()> {
        let key = self.text()?.into();
        draft.program.metadata.push((key, self.text()?.into()));
        Ok(())
    }

    fn voices(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        draft.place(&"voices", span);
        let voices = self.int()?;
        let effect = if self.maybe(Word::Effect) {
            self.mark("{")?;
            Some(Arc::new(self.nested()?))
        } else {
            None
        };
        draft.program.polyphony = Some(Polyphony { voices, effect });
        Ok(())
    }

    fn control(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let controls = &mut draft.program.controls;
        self.next_id('c', controls.len())?;
        let name = self.text()?.into();
        let kinds = [ControlKind::Slider, ControlKind::Number, ControlKind::Button, ControlKind::Checkbox];
        let kind = kinds.into_iter().find(|kind| self.is_word(kind.word()));
        let kind = kind.ok_or_else(|| self.unexpected("`slider`, `number`, `button` or `checkbox`"))?;
        self.advance();
        self.word(Word::Init)?;
        let init = self.real()?;
        self.word(Word::Range)?;
        let (lo, hi) = (self.real()?, self.real()?);
        self.word(Word::Step)?;
        let step = self.real()?;
        controls.push(Control { name, kind, init, lo, hi, step, face: self.face()? });
        let at = controls.len() - 1;
        draft.place(&ControlId::new(at), span);
        Ok(())
    }

    fn face(&mut self) -> Parsed<Face> {
        let mut face = Face::default();
        if self.maybe(Word::Face) {
            face.address = self.text()?.into();
            while let Some(key) = self.maybe_text() {
                face.metadata.push((key.into(), self.text()?.into()));
            }
        }
        Ok(face)
    }

    fn meter(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        draft.place(&format!("meter {}", draft.program.meters.len()), span);
        let (name, sig) = (self.text()?.into(), self.sig()?);
        self.word(Word::Range)?;
        let (lo, hi) = (self.real()?, self.real()?);
        draft.program.meters.push(Meter { name, lo, hi, face: self.face()?, sig });
        Ok(())
    }

    fn ty(&mut self) -> Parsed<Ty> {
        if self.maybe(Word::Int) {
            Ok(Ty::Int)
        } else if self.maybe(Word::Real) {
            Ok(Ty::Real)
        } else {
            Err(self.unexpected("`int` or `real`"))
        }
    }

    fn contents(&mut self, ty: Ty) -> Parsed<TableInit> {
        self.mark("=")?;
        if self.token == Token::Mark("{") {
            self.advance();
            return Ok(TableInit::Generated(Arc::new(self.nested()?)));
        }
        if self.maybe(Word::Sound) {
            let span = self.span;
            let digest = self.text()?.parse().map_err(|_| {
                self.span = span;
                self.error("expected the digest of a sound: 64 hexadecimal digits")
            })?;
            return Ok(TableInit::Sound { digest, channel: self.int()? });
        }
        match ty {
            Ty::Int => Ok(TableInit::Ints(self.list(Self::int::<i32>)?.into())),
            Ty::Real => Ok(TableInit::Reals(self.list(Self::real)?.into())),
        }
    }

    fn table(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let at = draft.program.tables.len();
        self.next_id('t', at)?;
        let (ty, len) = (self.ty()?, self.int()?);
        draft.program.tables.push(Table { ty, len, init: self.contents(ty)? });
        draft.place(&TableId::new(at), span);
        Ok(())
    }

    fn keys(&mut self) -> Parsed<Vec<Arc<str>>> {
        if self.maybe(Word::Keys) { self.list(|parser| Ok(parser.text()?.into())) } else { Ok(Vec::new()) }
    }

    fn gate(&mut self) -> Parsed<Option<Sig>> {
        if self.maybe(Word::If) { self.sig().map(Some) } else { Ok(None) }
    }

    fn register(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let at = draft.program.registers.len();
        self.next_id('r', at)?;
        let ty = self.ty()?;
        draft.program.registers.push(Register { ty, next: UNWRITTEN, gate: None, keys: self.keys()? });
        draft.place(&RegisterId::new(at), span);
        Ok(())
    }

    /// `r0 <- %7`
    fn write(&mut self, draft: &mut Draft) -> Parsed<()> {
        let id = self.id('r')?;
        self.mark("<-")?;
        let Some(register) = draft.program.registers.get_mut(id).filter(|r| r.next == UNWRITTEN) else {
            return Err(self.error(format!("`r{id}` is not declared, or written twice")));
        };
        register.next = self.sig()?;
        register.gate = self.gate()?;
        Ok(())
    }

    fn noise(&mut self, draft: &mut Draft, _: Span) -> Parsed<()> {
        self.next_id('n', draft.program.noises.len())?;
        self.word(Word::Ordinal)?;
        let ordinal = self.int()?;
        draft.program.noises.push(Noise { ordinal, keys: self.keys()? });
        Ok(())
    }

    fn line(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let id = self.id('d')?;
        let ty = self.type_of_next(draft)?;
        let input = self.sig()?;
        self.word(Word::Max)?;
        let line = Line { ty, input, max: self.int()?, gate: self.gate()?, keys: self.keys()? };
        if draft.lines.insert(id, line).is_some() {
            return Err(self.error(format!("`d{id}` is there already")));
        }
        draft.place(&LineId::new(id), span);
        Ok(())
    }

    fn ram(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let id = self.id('m')?;
        let (ty, len) = (self.ty()?, self.int()?);
        let init = self.contents(ty)?;
        self.word(Word::Write)?;
        let (index, value) = (self.sig()?, self.sig()?);
        let ram = Ram { ty, len, init, index, value, gate: self.gate()?, keys: self.keys()? };
        if draft.rams.insert(id, ram).is_some() {
            return Err(self.error(format!("`m{id}` is there already")));
        }
        draft.place(&RamId::new(id), span);
        Ok(())
    }

    /// The type of the signal that is next; it stands above.
    fn type_of_next(&mut self, draft: &Draft) -> Parsed<Ty> {
        match self.token {
            Token::Sig(number) => match draft.program.nodes.get(number as usize) {
                Some(node) => Ok(node.ty),
                None => Err(self.error(format!("`%{number}` does not stand above"))),
            },
            _ => Err(self.unexpected("a signal such as `%0`")),
        }
    }

    fn node(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let count = draft.program.nodes.len();
        if self.token != Token::Sig(Sig::new(count).0) {
            return Err(self.error(format!("expected `%{count}`: nodes count up from 0")));
        }
        self.advance();
        self.mark("=")?;
        let (op, known) = self.op(draft)?;
        let (mut operands, mut types) = (Vec::new(), Vec::new());
        // What stands above may be a term of a sum; the next node may not.
        let is_term = |token: &Token<'_>| matches!(*token, Token::Sig(sig) if (sig as usize) < count);
        let is_sum = op == Op::Apply(Fun::Sum);
        while operands.len() < op.arity() || is_sum && is_term(&self.token) {
            types.push(self.type_of_next(draft)?);
            operands.push(self.sig()?);
        }
        let ty = match op {
            Op::Argument => types[0],
            Op::Apply(fun) => fun.result(&types),
            _ => known,
        };
        let sig = Sig::new(count);
        draft.program.nodes.push(Node::new(op, ty, &operands));
        draft.place(&sig, span);
        self.remarks(&mut draft.program, sig)
    }

    /// The operation, and its type where that does not depend on operands.
    fn op(&mut self, draft: &Draft) -> Parsed<(Op, Ty)> {
        match self.token {
            Token::Real(_) => return Ok((Op::Real(self.real()?), Ty::Real)),
            Token::Int(_) => return Ok((Op::Int(self.int()?), Ty::Int)),
            _ => {}
        }
        let Token::Word(text) = self.token else { return Err(self.unexpected("an operation")) };
        if let Some(fun) = Fun::find(text) {
            self.advance();
            return Ok((Op::Apply(fun), Ty::Real));
        }
        let ops = [Word::Input, Word::Control, Word::SampleRate, Word::Noise, Word::Argument];
        let state = [Word::Read, Word::Tap, Word::Lookup, Word::Recall];
        let word = Word::find(text).filter(|word| ops.contains(word) || state.contains(word));
        let word = word.ok_or_else(|| self.unexpected("an operation"))?;
        self.advance();
        let op = match word {
            Word::Input => Op::Input(self.int()?),
            Word::Control => Op::Control(ControlId::new(self.id('c')?)),
            Word::SampleRate => Op::SampleRate,
            Word::Noise => Op::Noise(NoiseId::new(self.id('n')?)),
            Word::Argument => Op::Argument,
            _ => return self.stateful(draft, word),
        };
        Ok((op, Ty::Real))
    }

    fn stateful(&mut self, draft: &Draft, word: Word) -> Parsed<(Op, Ty)> {
        let letter = match word {
            Word::Read => 'r',
            Word::Tap => 'd',
            Word::Lookup => 't',
            _ => 'm',
        };
        let span = self.span;
        let id = self.id(letter)?;
        let program = &draft.program;
        let known = match word {
            Word::Read => program.registers.get(id).map(|r| (Op::Read(RegisterId::new(id)), r.ty)),
            Word::Tap => draft.lines.get(&id).map(|line| (Op::Tap(LineId::new(id)), line.ty)),
            Word::Lookup => program.tables.get(id).map(|table| (Op::Lookup(TableId::new(id)), table.ty)),
            _ => draft.rams.get(&id).map(|ram| (Op::Recall(RamId::new(id)), ram.ty)),
        };
        known.ok_or_else(|| {
            self.span = span;
            self.error(format!("`{letter}{id}` does not stand above"))
        })
    }

    /// What people wrote about a node.
    fn remarks(&mut self, program: &mut Program, sig: Sig) -> Parsed<()> {
        let home = if self.maybe(Word::In) { Some(CallId::new(self.id('f')?)) } else { None };
        program.homes.push(home);
        if self.maybe(Word::Name) {
            program.names.insert(sig, self.text()?.into());
        }
        if self.maybe(Word::At) {
            let file = self.text()?.into();
            let ((line, column), (end_line, end_column)) = (self.position()?, self.position()?);
            program.sites.insert(sig, Site { file, line, column, end_line, end_column });
        }
        Ok(())
    }

    /// `3:14`
    fn position(&mut self) -> Parsed<(u32, u32)> {
        let line = self.int()?;
        self.mark(":")?;
        Ok((line, self.int()?))
    }

    fn call(&mut self, draft: &mut Draft, span: Span) -> Parsed<()> {
        let at = draft.program.calls.len();
        self.next_id('f', at)?;
        let function = self.text()?.into();
        let parent = if self.maybe(Word::In) { Some(CallId::new(self.id('f')?)) } else { None };
        let mut call =
            Call { function, parent, arguments: Vec::new(), statics: Vec::new(), results: Vec::new() };
        if self.maybe(Word::Arguments) {
            call.arguments = self.list(|parser| {
                let name = parser.text()?.into();
                Ok(Argument { name, outer: parser.sig()?, inner: parser.sig()? })
            })?;
        }
        if self.maybe(Word::Statics) {
            call.statics = self.list(|parser| {
                let name = parser.text()?.into();
                Ok((name, parser.static_value()?))
            })?;
        }
        if self.maybe(Word::Results) {
            call.results = self.list(Self::sig)?;
        }
        draft.program.calls.push(call);
        draft.place(&CallId::new(at), span);
        Ok(())
    }

    fn credit(&mut self, draft: &mut Draft, _: Span) -> Parsed<()> {
        let (library, function) = (self.text()?.into(), self.text()?.into());
        let licence = if self.maybe(Word::Function) {
            Licence::Function(self.text()?.into())
        } else if self.maybe(Word::File) {
            Licence::File(self.text()?.into())
        } else {
            Licence::Undeclared
        };
        draft.program.credits.insert(Credit { library, function, licence });
        Ok(())
    }

    fn static_value(&mut self) -> Parsed<Static> {
        match self.maybe_text() {
            Some(text) => Ok(Static::Text(text.into())),
            None => self.real().map(Static::Number),
        }
    }
}
