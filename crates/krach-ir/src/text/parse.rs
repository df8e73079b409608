//! Reading the text form: tokens in, a validated program or diagnostics with places out.

use super::lex::{Lexer, Token, Word};
use super::statement::Draft;
use crate::{Fault, Limits};
use crate::{Program, Sig};
use krach_diag::{Code, Diagnostic, Source, Span};

/// Faults reported at once.
const REPORTS: usize = 20;

pub(super) type Parsed<T> = Result<T, Box<Diagnostic>>;

/// Reads the text form of a program.
///
/// # Errors
/// The first error of syntax, or every broken rule (twenty at most), with their places.
pub fn parse(source: &Source) -> Result<Program, Vec<Diagnostic>> {
    let mut parser = Parser::new(source);
    let draft = parser.whole().map_err(|error| vec![*error])?;
    let report = |fault: Fault| {
        let place = draft.place_of(&fault.part).unwrap_or_default();
        Diagnostic::error(Code::InvalidProgram, fault.to_string()).at(source.place(place))
    };
    match draft.program.validate() {
        Ok(()) => Ok(draft.program),
        Err(faults) => Err(faults.into_iter().take(REPORTS).map(report).collect()),
    }
}

pub(super) struct Parser<'s> {
    source: &'s Source,
    lexer: Lexer<'s>,
    /// The token to be read next, and its place.
    pub token: Token<'s>,
    pub span: Span,
    /// Programs around the one that is read.
    nested: usize,
}

impl<'s> Parser<'s> {
    fn new(source: &'s Source) -> Self {
        let mut lexer = Lexer::new(source.text());
        let (token, span) = lexer.next();
        Self { source, lexer, token, span, nested: 0 }
    }

    fn whole(&mut self) -> Parsed<Draft> {
        // Every byte of a text has a place.
        if u32::try_from(self.source.text().len()).is_err() {
            return Err(self.error("the text is longer than 4 GiB"));
        }
        let draft = self.draft()?;
        if self.token == Token::End { Ok(draft) } else { Err(self.unexpected("a statement")) }
    }

    /// The generator of a table, after its brace.
    pub fn nested(&mut self) -> Parsed<Program> {
        if self.nested == Limits::NESTING {
            return Err(self.error(format!("generators in generators, more than {}", Limits::NESTING)));
        }
        self.nested += 1;
        let draft = self.draft()?;
        self.nested -= 1;
        self.mark("}")?;
        Ok(draft.program)
    }

    fn draft(&mut self) -> Parsed<Draft> {
        self.word(Word::Program)?;
        let mut draft = Draft::default();
        if let Some(name) = self.maybe_text() {
            draft.program.name = name;
        }
        while self.statement(&mut draft)? {}
        draft.complete().map_err(|part| {
            self.span = draft.place_of(&part).unwrap_or(self.span);
            self.error(format!("`{part}` is never written"))
        })?;
        Ok(draft)
    }

    pub fn error(&self, what: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(Code::ProgramSyntax, what).at(self.source.place(self.span)))
    }

    pub fn unexpected(&self, wanted: &str) -> Box<Diagnostic> {
        let found = match &self.token {
            Token::End => "the end of the text".to_string(),
            Token::Bad => "something else".to_string(),
            _ => {
                let all = &self.source.text()[self.span.start as usize..self.span.end as usize];
                let short: String = all.chars().take(40).collect();
                format!("`{short}`")
            }
        };
        self.error(format!("expected {wanted}, found {found}"))
    }

    pub fn advance(&mut self) -> Token<'s> {
        let (token, span) = self.lexer.next();
        self.span = span;
        std::mem::replace(&mut self.token, token)
    }

    pub fn is_word(&self, word: Word) -> bool {
        matches!(self.token, Token::Word(text) if text == word.text())
    }

    /// Reads the word if it is next.
    pub fn maybe(&mut self, word: Word) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    pub fn word(&mut self, word: Word) -> Parsed<()> {
        if self.maybe(word) { Ok(()) } else { Err(self.unexpected(&format!("`{}`", word.text()))) }
    }

    pub fn mark(&mut self, mark: &str) -> Parsed<()> {
        if !matches!(self.token, Token::Mark(found) if found == mark) {
            return Err(self.unexpected(&format!("`{mark}`")));
        }
        self.advance();
        Ok(())
    }

    pub fn maybe_text(&mut self) -> Option<String> {
        match &mut self.token {
            Token::Text(text) => {
                let text = std::mem::take(text);
                self.advance();
                Some(text)
            }
            _ => None,
        }
    }

    pub fn text(&mut self) -> Parsed<String> {
        self.maybe_text().ok_or_else(|| self.unexpected("a string in quotes"))
    }

    pub fn real(&mut self) -> Parsed<f64> {
        // Ints in the text are those of f64's exact range or rounded like any other decimal.
        #[allow(clippy::cast_precision_loss)]
        let value = match self.token {
            Token::Real(value) => value,
            Token::Int(value) => value as f64,
            _ => return Err(self.unexpected("a number")),
        };
        self.advance();
        Ok(value)
    }

    pub fn int<T: TryFrom<i64>>(&mut self) -> Parsed<T> {
        let Token::Int(value) = self.token else { return Err(self.unexpected("an int")) };
        let value = T::try_from(value).map_err(|_| self.error(format!("{value} is out of range")))?;
        self.advance();
        Ok(value)
    }

    pub fn sig(&mut self) -> Parsed<Sig> {
        let Token::Sig(number) = self.token else { return Err(self.unexpected("a signal such as `%0`")) };
        self.advance();
        Ok(Sig(number))
    }

    /// The number of an id such as `r0`.
    pub fn id(&mut self, letter: char) -> Parsed<usize> {
        let number = match self.token {
            Token::Word(text) => text.strip_prefix(letter).and_then(|digits| digits.parse::<u32>().ok()),
            _ => None,
        };
        let number = number.ok_or_else(|| self.unexpected(&format!("an id such as `{letter}0`")))?;
        self.advance();
        Ok(number as usize)
    }

    /// An id that numbers a part: they come in order.
    pub fn next_id(&mut self, letter: char, count: usize) -> Parsed<()> {
        let before = self.span;
        match self.id(letter)? {
            found if found == count => Ok(()),
            _ => {
                self.span = before;
                Err(self.error(format!("expected `{letter}{count}`: ids count up from 0")))
            }
        }
    }

    /// Everything between brackets.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.mark("[")?;
        let mut items = Vec::new();
        while !matches!(self.token, Token::Mark("]") | Token::End) {
            items.push(item(self)?);
        }
        self.mark("]")?;
        Ok(items)
    }
}
