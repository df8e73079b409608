//! The tokens of both notations.

use krach_diag::Span;
use logos::Logos;

#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    #[regex(r"[ \t\r\n]+")]
    Space,
    #[regex(r"[A-Za-z][A-Za-z0-9#]*")]
    Word,
    #[regex(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)")]
    Number,
    #[token("~")]
    Tilde,
    #[token("-")]
    Minus,
    #[token(".")]
    Dot,
    #[token("..")]
    Range,
    #[token("_")]
    Hold,
    #[token("[")]
    Open,
    #[token("]")]
    Close,
    #[token("<")]
    OpenTurns,
    #[token(">")]
    CloseTurns,
    #[token("{")]
    OpenMeter,
    #[token("}")]
    CloseMeter,
    #[token("(")]
    OpenRhythm,
    #[token(")")]
    CloseRhythm,
    #[token(",")]
    Comma,
    #[token("|")]
    Or,
    #[token("*")]
    Times,
    #[token("/")]
    Slower,
    #[token("!")]
    Again,
    #[token("?")]
    Maybe,
    #[token("@")]
    Weight,
    #[token(":")]
    Colon,
    #[token("%")]
    Percent,
    /// A sign that neither notation has.
    Unknown,
    End,
}

/// All tokens with their bytes, and an [`Token::End`] of no length.
#[must_use]
pub fn lex(text: &str) -> Vec<(Token, Span)> {
    let token = |(token, range): (Result<Token, ()>, std::ops::Range<usize>)| {
        (token.unwrap_or(Token::Unknown), Span::new(range.start, range.end))
    };
    let mut tokens: Vec<_> = Token::lexer(text).spanned().map(token).collect();
    tokens.push((Token::End, Span::new(text.len(), text.len())));
    tokens
}
