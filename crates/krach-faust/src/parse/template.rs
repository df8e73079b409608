//! Templates: `{0}`, `{1}`, … are names of values that the text is given.
//!
//! They are names that no text can spell, so nothing is renamed or pasted: spans stay those of what was written,
//! and precedence is the parser's as always. `waveform{1}` is a waveform.

use super::lex::Token;
use super::{Parsed, Parser};
use crate::syntax::{
    Definition, Expr, ExprId, List, ListId, Name, Precisions, Statement, StatementKind, Syntax,
};
use crate::template::Given;
use krach_diag::{Code, Diagnostic, Source, Span};

/// A template as a file, and which of the given values it names.
pub(crate) struct Template {
    pub syntax: Syntax,
    pub named: Vec<bool>,
    pub reports: Vec<Diagnostic>,
}

/// Reads an expression, or a whole program, as a file that defines `process`: a function of the given signals that
/// are named. Given numbers are definitions. `library` is imported first.
pub(crate) fn parse_template(source: &Source, given: &[Given], library: Option<&str>) -> Template {
    let mut parser = Parser::new(source);
    let named = parser.placeholders(given.len());
    parser.lists.push(List::default());
    let mut statements: Vec<Statement> = library.map(|file| parser.importing(file)).into_iter().collect();
    let body = if parser.is_program() { parser.program() } else { parser.only_expr() };
    if let Ok(body) = body {
        let used = given.iter().zip(&named).enumerate().filter(|(_, (_, named))| **named);
        let mut arguments = Vec::new();
        for (at, (given, _)) in used {
            let name = parser.names.intern(&placeholder(at));
            let number = match *given {
                Given::Signal { .. } => {
                    arguments.push(parser.push(Expr::Name(name), START));
                    continue;
                }
                Given::Int(value) => Expr::Int(value),
                Given::Real(value) => Expr::Real(value),
            };
            let number = parser.push(number, START);
            statements.push(defining(name, Vec::new(), number));
        }
        let process = parser.names.intern("process");
        statements.push(defining(process, arguments, body));
    }
    parser.lists[0] = parser.listed(statements);
    let Parser { names, exprs, spans, lists, reports, .. } = parser;
    Template { syntax: Syntax { source: source.clone(), names, exprs, spans, lists }, named, reports }
}

const START: Span = Span { start: 0, end: 0 };

fn placeholder(index: usize) -> String {
    format!("{{{index}}}")
}

fn defining(name: Name, arguments: Vec<ExprId>, body: ExprId) -> Statement {
    let kind = StatementKind::Define(Definition { name, arguments: arguments.into(), body });
    Statement { precisions: Precisions::default(), span: START, kind }
}

impl Parser<'_> {
    /// Makes one word of every `{`, digits, `}` without blanks, and says which of `count` values are named.
    fn placeholders(&mut self, count: usize) -> Vec<bool> {
        let mut named = vec![false; count];
        let tokens = std::mem::take(&mut self.tokens);
        let mut kept: Vec<(Token, Span)> = Vec::with_capacity(tokens.len());
        let mut at = 0;
        while at < tokens.len() {
            let Some(span) = self.placeholder_at(&tokens[at..], kept.last()) else {
                kept.push(tokens[at]);
                at += 1;
                continue;
            };
            let digits = &self.slice(span)[1..span.end as usize - span.start as usize - 1];
            match digits.parse::<usize>().ok().and_then(|index| named.get_mut(index)) {
                Some(named) => *named = true,
                None => self.not_given(span, count),
            }
            kept.push((Token::Word, span));
            at += 3;
        }
        self.tokens = kept;
        named
    }

    /// The span of a placeholder, if these tokens begin with one; after `waveform` they do not.
    fn placeholder_at(&self, tokens: &[(Token, Span)], before: Option<&(Token, Span)>) -> Option<Span> {
        let &[(Token::OpenBrace, open), (Token::Int, digits), (Token::CloseBrace, close), ..] = tokens else {
            return None;
        };
        let waveform = before.is_some_and(|&(_, span)| self.slice(span) == "waveform");
        let number = self.slice(digits);
        let plain = number == "0" || !number.starts_with('0');
        let together = open.end == digits.start && digits.end == close.start;
        (together && plain && !waveform).then(|| open.to(close))
    }

    fn not_given(&mut self, span: Span, count: usize) {
        let given = match count {
            0 => "no input is given".to_owned(),
            1 => "1 input is given".to_owned(),
            _ => format!("{count} inputs are given"),
        };
        let message = format!("no input for the placeholder `{}`: {given}", self.slice(span));
        let help = match count {
            0 => "give its inputs after the template",
            _ => "placeholders count from `{0}`",
        };
        self.reports
            .push(Diagnostic::error(Code::FaustArity, message).at(self.source.place(span)).help(help));
    }

    /// Whether there are definitions, not one expression.
    fn is_program(&self) -> bool {
        let mut depth = 0_i32;
        let (mut defines, mut ends) = (false, false);
        for (token, _) in &self.tokens {
            match token {
                Token::OpenBrace | Token::OpenBracket | Token::Open => depth += 1,
                Token::CloseBrace | Token::CloseBracket | Token::Close => depth -= 1,
                Token::Define => defines |= depth == 0,
                Token::Semicolon => ends |= depth == 0,
                _ => {}
            }
        }
        defines && ends
    }

    fn only_expr(&mut self) -> Parsed<ExprId> {
        let expr = self.expr()?;
        if self.peek() == Token::End { Ok(expr) } else { Err(self.expected("an operator or the end")) }
    }

    /// `environment { the text }.process`
    fn program(&mut self) -> Parsed<ExprId> {
        let mut statements = Vec::new();
        while self.peek() != Token::End {
            self.recovering(&mut statements, false, Self::statement);
        }
        let whole = Span::new(0, self.source.text().len());
        let list = self.listed(statements);
        let process = self.names.intern("process");
        if !list.meanings.contains_key(&process) && self.reports.is_empty() {
            let report = Diagnostic::error(Code::FaustProcess, "`process` is not defined");
            self.reports.push(report.at(self.source.place(whole)).help("write process = …;"));
        }
        self.lists.push(list);
        let list = ListId::new(self.lists.len() - 1);
        let environment = self.push(Expr::Environment(list), whole);
        Ok(self.push(Expr::Access(environment, process), whole))
    }

    fn importing(&mut self, file: &str) -> Statement {
        let kind = StatementKind::Import(self.names.intern(file));
        Statement { precisions: Precisions::default(), span: START, kind }
    }
}
