//! Text to [`Syntax`]: recursive descent for nesting, loops for chains.
//!
//! There is always a tree: a statement that cannot be read is reported once and left out, and reading goes on behind
//! its semicolon. Nesting deeper than [`MAX_NESTING`] is an error, chains may be as long as they like.

mod expr;
pub(crate) mod lex;
mod primary;
mod statement;
pub(crate) mod template;

use crate::prim::is_reserved;
use crate::syntax::{Expr, ExprId, Name, Names, Syntax};
use krach_diag::{Code, Diagnostic, Source, Span};
use lex::{Token, lex};

/// How deep brackets may nest.
pub const MAX_NESTING: u32 = 512;
/// Reports after which a file is not read further.
const MAX_REPORTS: usize = 100;

/// Parses a file. The tree is complete even when there are diagnostics.
#[must_use]
pub fn parse(source: &Source) -> (Syntax, Vec<Diagnostic>) {
    let mut parser = Parser::new(source);
    parser.file();
    let Parser { names, exprs, spans, lists, reports, .. } = parser;
    (Syntax { source: source.clone(), names, exprs, spans, lists }, reports)
}

/// Something was reported; the caller gives up what it is reading.
pub(crate) struct Failed;

type Parsed<T> = Result<T, Failed>;

pub(crate) struct Parser<'s> {
    source: &'s Source,
    tokens: Vec<(Token, Span)>,
    at: usize,
    nesting: u32,
    /// The first operand of the composition that is about to be read.
    resumed: Option<ExprId>,
    names: Names,
    exprs: Vec<Expr>,
    spans: Vec<Span>,
    lists: Vec<crate::syntax::List>,
    reports: Vec<Diagnostic>,
}

impl<'s> Parser<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            tokens: lex(source.text()),
            at: 0,
            nesting: 0,
            resumed: None,
            names: Names::default(),
            exprs: Vec::new(),
            spans: Vec::new(),
            lists: Vec::new(),
            reports: Vec::new(),
        }
    }

    fn peek(&self) -> Token {
        self.tokens[self.at].0
    }

    fn peek_after(&self) -> Token {
        self.tokens.get(self.at + 1).map_or(Token::End, |token| token.0)
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    /// The end of what was read last.
    fn before(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].1
    }

    fn slice(&self, span: Span) -> &'s str {
        &self.source.text()[span.start as usize..span.end as usize]
    }

    /// The word here, empty if there is none.
    fn word(&self) -> &'s str {
        if self.peek() == Token::Word { self.slice(self.span()) } else { "" }
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        if self.peek() != Token::End {
            self.at += 1;
        }
        span
    }

    /// The text of the token here, which is read.
    fn take(&mut self) -> &'s str {
        let span = self.advance();
        self.slice(span)
    }

    fn eat(&mut self, token: Token) -> bool {
        let here = self.peek() == token;
        if here {
            self.advance();
        }
        here
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let here = self.word() == word;
        if here {
            self.advance();
        }
        here
    }

    fn expect(&mut self, token: Token, what: &str) -> Parsed<Span> {
        if self.peek() == token { Ok(self.advance()) } else { Err(self.expected(what)) }
    }

    /// Reports that something else was expected here.
    fn expected(&mut self, what: &str) -> Failed {
        let found = match self.peek() {
            Token::End => "the end of the text".to_owned(),
            Token::Comment => "a comment without `*/`".to_owned(),
            _ if self.slice(self.span()).starts_with('"') && self.peek() != Token::Text => {
                "a text without its closing quote".to_owned()
            }
            Token::Documentation => "documentation without `</mdoc>`".to_owned(),
            _ => format!("`{}`", excerpt(self.slice(self.span()))),
        };
        let failed = self.report(self.span(), format!("expected {what}, found {found}"));
        if let Some(help) = self.doubled() {
            self.help(help);
        }
        failed
    }

    /// What to write instead of the operator that other languages have, if that is what was read last.
    fn doubled(&self) -> Option<&'static str> {
        let [.., a, b] = self.tokens.get(..self.at)? else { return None };
        let touches = a.1.end == b.1.start;
        match (a.0, b.0) {
            (Token::And, Token::And) if touches => Some("Faust's `and` is `&`"),
            (Token::Or, Token::Or) if touches => Some("Faust's `or` is `|`"),
            _ => None,
        }
    }

    fn report(&mut self, span: Span, message: String) -> Failed {
        let place = self.source.place(span);
        self.reports.push(Diagnostic::error(Code::FaustSyntax, message).at(place));
        if self.reports.len() >= MAX_REPORTS {
            self.at = self.tokens.len() - 1;
        }
        Failed
    }

    fn help(&mut self, text: &str) {
        if let Some(last) = self.reports.last_mut() {
            last.helps.push(text.to_owned());
        }
    }

    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = ExprId::new(self.exprs.len());
        self.exprs.push(expr);
        self.spans.push(span);
        id
    }

    /// A name that may be defined or bound.
    fn name(&mut self, what: &str) -> Parsed<Name> {
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected(what));
        }
        if is_reserved(word) {
            let span = self.span();
            return Err(self.report(span, format!("`{word}` is a word of the language, expected {what}")));
        }
        self.advance();
        Ok(self.names.intern(word))
    }

    /// A quoted text; line breaks become spaces.
    fn text(&mut self, what: &str) -> Parsed<Name> {
        let span = self.expect(Token::Text, what)?;
        let text = self.slice(span);
        let inner = &text[1..text.len() - 1];
        Ok(if inner.contains(['\n', '\r']) {
            self.names.intern(&inner.replace(['\n', '\r'], " "))
        } else {
            self.names.intern(inner)
        })
    }

    /// Runs `read` one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            let failed = self.report(self.span(), format!("nested deeper than {MAX_NESTING} levels"));
            self.help("name inner parts in definitions of their own");
            // The rest is as deep: one report is enough.
            self.at = self.tokens.len() - 1;
            return Err(failed);
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }

    /// `item, item, …` up to `close`, which is eaten.
    fn separated<T>(
        &mut self,
        close: Token,
        what: &str,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(Token::Comma) {
            items.push(item(self)?);
        }
        self.expect(close, what)?;
        Ok(items)
    }
}

/// The beginning of a text, for messages.
fn excerpt(text: &str) -> String {
    let short: String = text.chars().take(24).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
