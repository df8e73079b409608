//! Operands: literals, names, words with brackets of their own.

use super::expr::operator;
use super::{Parsed, Parser};
use crate::parse::lex::Token;
use crate::prim::{Prim, is_reserved};
use crate::syntax::{Expr, ExprId, Foreign, ForeignFunction, Group, Iterate, Name, Number, Rule, Slider};
use krach_diag::Span;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let expr = match self.peek() {
            Token::Int => Expr::Int(integer(self.take())),
            Token::Real => Expr::Real(real(self.take())),
            Token::Add | Token::Sub => self.signed(),
            Token::Wire => self.single(Expr::Wire),
            Token::Cut => self.single(Expr::Cut),
            Token::Open => {
                self.advance();
                let inner = self.expr()?;
                self.expect(Token::Close, "an operator or `)`")?;
                // What is pointed at later should show its parentheses.
                self.spans[inner.index()] = start.to(self.before());
                return Ok(inner);
            }
            Token::Lambda => self.lambda()?,
            Token::OpenBracket => self.modulation()?,
            Token::Word => self.worded()?,
            token => match operator(token) {
                Some(prim) => self.single(Expr::Prim(prim)),
                None => return Err(self.expected("an expression")),
            },
        };
        Ok(self.push(expr, start.to(self.before())))
    }

    fn single(&mut self, expr: Expr) -> Expr {
        self.advance();
        expr
    }

    /// A sign belongs to the literal behind it; a minus before a name means `0 - name`.
    fn signed(&mut self) -> Expr {
        let minus = self.peek() == Token::Sub;
        match self.peek_after() {
            Token::Int | Token::Real => {
                self.advance();
                let number = self.number_here();
                match number {
                    Number::Int(value) => Expr::Int(if minus { value.wrapping_neg() } else { value }),
                    Number::Real(value) => Expr::Real(if minus { -value } else { value }),
                }
            }
            Token::Word if minus && !is_reserved(self.slice(self.tokens[self.at + 1].1)) => {
                self.advance();
                let word = self.word();
                self.advance();
                Expr::Negated(self.names.intern(word))
            }
            _ => self.single(Expr::Prim(if minus { Prim::Sub } else { Prim::Add })),
        }
    }

    fn number_here(&mut self) -> Number {
        let token = self.peek();
        let text = self.take();
        if token == Token::Int { Number::Int(integer(text)) } else { Number::Real(real(text)) }
    }

    fn lambda(&mut self) -> Parsed<Expr> {
        self.advance();
        self.expect(Token::Open, "`(` and parameters")?;
        let parameters = self.separated(Token::Close, "`,` or `)`", |parser| parser.name("a parameter"))?;
        self.expect(Token::Dot, "`.`")?;
        self.expect(Token::Open, "`(` and the body")?;
        let body = self.expr()?;
        self.expect(Token::Close, "an operator or `)`")?;
        Ok(Expr::Lambda(parameters.into(), body))
    }

    fn modulation(&mut self) -> Parsed<Expr> {
        self.advance();
        let targets = self.separated(Token::Arrow, "`,` or `->`", |parser| {
            let target = parser.text("a target in quotes")?;
            let circuit = if parser.eat(Token::Seq) { Some(parser.argument()?) } else { None };
            Ok((target, circuit))
        })?;
        let body = self.expr()?;
        self.expect(Token::CloseBracket, "an operator or `]`")?;
        Ok(Expr::Modulate(targets.into(), body))
    }

    fn worded(&mut self) -> Parsed<Expr> {
        let word = self.word();
        if let Some(prim) = Prim::find(word) {
            return Ok(self.single(Expr::Prim(prim)));
        }
        if !is_reserved(word) {
            self.advance();
            return Ok(Expr::Name(self.names.intern(word)));
        }
        let start = self.advance();
        match word {
            "case" => self.case(),
            "environment" => self.braced_statements().map(Expr::Environment),
            "waveform" => self.waveform(),
            _ => {
                self.expect(Token::Open, "`(`")?;
                let expr = self.bracketed(word, start)?;
                self.expect(Token::Close, "`)`")?;
                Ok(expr)
            }
        }
    }

    /// `word(` is read; what stands before `)`?
    fn bracketed(&mut self, word: &str, start: Span) -> Parsed<Expr> {
        Ok(match word {
            "library" => Expr::Library(self.text("a file name in quotes")?),
            "component" => Expr::Component(self.text("a file name in quotes")?),
            "button" => Expr::Button(self.label()?),
            "checkbox" => Expr::Checkbox(self.label()?),
            "hslider" => self.slider(Slider::Horizontal, word)?,
            "vslider" => self.slider(Slider::Vertical, word)?,
            "nentry" => self.slider(Slider::Entry, word)?,
            "hbargraph" => self.bargraph(false, word)?,
            "vbargraph" => self.bargraph(true, word)?,
            "soundfile" => {
                Expr::Soundfile(self.label()?, self.parameters::<1>("soundfile(\"label\", channels)")?[0])
            }
            "hgroup" => self.group(Group::Horizontal)?,
            "vgroup" => self.group(Group::Vertical)?,
            "tgroup" => self.group(Group::Tab)?,
            "par" => self.iterate(Iterate::Par)?,
            "seq" => self.iterate(Iterate::Seq)?,
            "sum" => self.iterate(Iterate::Sum)?,
            "prod" => self.iterate(Iterate::Prod)?,
            "inputs" => Expr::Inputs(self.expr()?),
            "outputs" => Expr::Outputs(self.expr()?),
            "route" => self.route()?,
            "ffunction" => self.foreign_function()?,
            "fconstant" => {
                let (ty, name) = self.foreign_value()?;
                Expr::Constant(ty, name)
            }
            "fvariable" => {
                let (ty, name) = self.foreign_value()?;
                Expr::Variable(ty, name)
            }
            _ => return Err(self.report(start, format!("`{word}` cannot begin an expression"))),
        })
    }

    fn label(&mut self) -> Parsed<Name> {
        self.text("a label in quotes")
    }

    /// `, argument`, `count` times; `call` is how the whole is written.
    fn parameters<const N: usize>(&mut self, call: &str) -> Parsed<[ExprId; N]> {
        let mut parameters = [ExprId(0); N];
        for parameter in &mut parameters {
            if !self.eat(Token::Comma) {
                let failed = self.expected("`,`");
                self.help(&format!("write {call}"));
                return Err(failed);
            }
            *parameter = self.argument()?;
        }
        Ok(parameters)
    }

    fn slider(&mut self, slider: Slider, word: &str) -> Parsed<Expr> {
        let call = format!("{word}(\"label\", init, min, max, step)");
        Ok(Expr::Slider(slider, self.label()?, self.parameters(&call)?))
    }

    fn bargraph(&mut self, vertical: bool, word: &str) -> Parsed<Expr> {
        let call = format!("{word}(\"label\", min, max)");
        Ok(Expr::Bargraph(vertical, self.label()?, self.parameters(&call)?))
    }

    fn group(&mut self, group: Group) -> Parsed<Expr> {
        let label = self.label()?;
        self.expect(Token::Comma, "`,`")?;
        Ok(Expr::Group(group, label, self.expr()?))
    }

    fn iterate(&mut self, iterate: Iterate) -> Parsed<Expr> {
        let name = self.name("the name of a counter")?;
        let [count] = self.parameters("a counter, how many times, and what: par(i, 4, f(i))")?;
        self.expect(Token::Comma, "`,`")?;
        Ok(Expr::Iterate(iterate, name, count, self.expr()?))
    }

    fn route(&mut self) -> Parsed<Expr> {
        let inputs = self.argument()?;
        let [outputs] = self.parameters("route(inputs, outputs, from, to, …)")?;
        let pairs = if self.eat(Token::Comma) { Some(self.expr()?) } else { None };
        Ok(Expr::Route(inputs, outputs, pairs))
    }

    fn case(&mut self) -> Parsed<Expr> {
        self.expect(Token::OpenBrace, "`{`")?;
        let mut rules = Vec::new();
        let mut width = None;
        while rules.is_empty() || self.peek() != Token::CloseBrace {
            let span = self.expect(Token::Open, "a rule: `(patterns) => expression;`")?;
            let patterns = self.separated(Token::Close, "`,` or `)`", Self::argument)?;
            if *width.get_or_insert(patterns.len()) != patterns.len() {
                return Err(
                    self.report(span, "the rules of a case have different numbers of patterns".to_owned())
                );
            }
            self.expect(Token::Implies, "`=>`")?;
            let body = self.expr()?;
            self.expect(Token::Semicolon, "`;`")?;
            rules.push(Rule { patterns: patterns.into(), body });
        }
        self.advance();
        Ok(Expr::Case(rules.into()))
    }

    fn waveform(&mut self) -> Parsed<Expr> {
        self.expect(Token::OpenBrace, "`{`")?;
        let numbers = self.separated(Token::CloseBrace, "`,` or `}`", |parser| {
            let minus = parser.peek() == Token::Sub;
            if minus || parser.peek() == Token::Add {
                parser.advance();
            }
            if !matches!(parser.peek(), Token::Int | Token::Real) {
                return Err(parser.expected("a number"));
            }
            Ok(match parser.number_here() {
                Number::Int(value) if minus => Number::Int(value.wrapping_neg()),
                Number::Real(value) if minus => Number::Real(-value),
                number => number,
            })
        })?;
        Ok(Expr::Waveform(numbers.into()))
    }

    /// `type name, <header>`
    fn foreign_value(&mut self) -> Parsed<(Foreign, Name)> {
        let ty = self.foreign_type(false)?;
        let name = self.name("a foreign name")?;
        self.expect(Token::Comma, "`,`")?;
        self.header()?;
        Ok((ty, name))
    }

    fn foreign_function(&mut self) -> Parsed<Expr> {
        let result = self.foreign_type(false)?;
        let mut names = vec![self.name("a foreign name")?];
        while self.eat(Token::Or) {
            names.push(self.name("a foreign name")?);
        }
        self.expect(Token::Open, "`(`")?;
        let arguments = if self.eat(Token::Close) {
            Vec::new()
        } else {
            self.separated(Token::Close, "`,` or `)`", |parser| parser.foreign_type(true))?
        };
        self.expect(Token::Comma, "`,`")?;
        let include = self.header()?;
        self.expect(Token::Comma, "`,`")?;
        let library = self.text("a library in quotes")?;
        Ok(Expr::Function(Box::new(ForeignFunction { result, names, arguments, include, library })))
    }

    fn foreign_type(&mut self, any: bool) -> Parsed<Foreign> {
        let ty = match self.word() {
            "int" => Foreign::Int,
            "float" => Foreign::Float,
            "any" if any => Foreign::Any,
            _ => return Err(self.expected("`int` or `float`")),
        };
        self.advance();
        Ok(ty)
    }

    fn header(&mut self) -> Parsed<Name> {
        if self.peek() == Token::Header {
            let text = self.take();
            return Ok(self.names.intern(text));
        }
        self.text("a header such as <math.h>")
    }
}

/// Digits, in 32 bits that wrap around.
fn integer(digits: &str) -> i32 {
    digits.bytes().fold(0_i32, |value, digit| value.wrapping_mul(10).wrapping_add(i32::from(digit - b'0')))
}

/// The nearest double; a final `f` changes nothing.
fn real(text: &str) -> f64 {
    text.trim_end_matches('f').parse().expect("the lexer only lets numbers through")
}
