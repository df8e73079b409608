//! Bytes to tokens. White space, comments and `<mdoc>` documentation disappear here.

use krach_diag::Span;
use logos::{Lexer, Logos};

/// What a stretch of text is; the text itself is the token's span.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n]+", skip(r"//[^\n]*", allow_greedy = true))]
pub enum Token {
    #[regex(r"/\*", block_comment)]
    Comment,
    #[token("<mdoc>", documentation, priority = 20)]
    Documentation,

    #[regex(r"[0-9]+")]
    Int,
    #[regex(r"[0-9]+f")]
    #[regex(r"[0-9]+e[+-]?[0-9]+f?")]
    #[regex(r"[0-9]+\.[0-9]*(e[+-]?[0-9]+)?f?")]
    #[regex(r"\.[0-9]+(e[+-]?[0-9]+)?f?")]
    Real,
    #[regex("\"[^\"]*\"")]
    Text,
    /// `<math.h>`: a name of a header.
    #[regex(r"<[A-Za-z]+(\.[A-Za-z])?>")]
    Header,
    /// A name or a word of the language.
    #[regex(r"(::)?_*[A-Za-z][A-Za-z0-9_]*(::_*[A-Za-z][A-Za-z0-9_]*)*")]
    Word,

    #[token("_")]
    Wire,
    #[token("!")]
    Cut,
    #[token(":")]
    Seq,
    #[token(",")]
    Comma,
    #[token("<:")]
    Split,
    #[token(":>")]
    #[token("+>")]
    Merge,
    #[token("~")]
    Rec,
    #[token("+")]
    Add,
    #[token("-")]
    Sub,
    #[token("*")]
    Mul,
    #[token("/")]
    Div,
    #[token("%")]
    Rem,
    #[token("@")]
    At,
    #[token("'")]
    Quote,
    #[token("&")]
    And,
    #[token("|")]
    Or,
    #[token("<<")]
    Shl,
    #[token(">>")]
    Shr,
    #[token("<")]
    Lt,
    #[token("<=")]
    Le,
    #[token(">")]
    Gt,
    #[token(">=")]
    Ge,
    #[token("==")]
    Eq,
    #[token("!=")]
    Ne,
    #[token("^")]
    Hat,
    #[token(";")]
    Semicolon,
    #[token("=")]
    Define,
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("\\")]
    Lambda,
    #[token(".")]
    Dot,
    #[token("->")]
    Arrow,
    #[token("=>")]
    Implies,

    /// A character that begins nothing.
    Unknown,
    /// The end of the text.
    End,
}

/// Consumes the rest of a comment; `false` if it never ends.
fn rest(lexer: &mut Lexer<'_, Token>, closing: &str) -> bool {
    let end = lexer.remainder().find(closing).map(|at| at + closing.len());
    lexer.bump(end.unwrap_or(lexer.remainder().len()));
    end.is_some()
}

fn block_comment(lexer: &mut Lexer<'_, Token>) -> logos::Filter<()> {
    if rest(lexer, "*/") { logos::Filter::Skip } else { logos::Filter::Emit(()) }
}

fn documentation(lexer: &mut Lexer<'_, Token>) -> logos::Filter<()> {
    if rest(lexer, "</mdoc>") { logos::Filter::Skip } else { logos::Filter::Emit(()) }
}

/// The tokens of a text with their places, an [`Token::End`] last.
#[must_use]
pub fn lex(text: &str) -> Vec<(Token, Span)> {
    // A little more than a token per five bytes of library text.
    let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
    for (token, range) in Token::lexer(text).spanned() {
        tokens.push((token.unwrap_or(Token::Unknown), Span::new(range.start, range.end)));
    }
    tokens.push((Token::End, Span::new(text.len(), text.len())));
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Token> {
        lex(text).into_iter().map(|(token, _)| token).filter(|&token| token != Token::End).collect()
    }

    #[test]
    fn numbers() {
        for real in ["1f", "1.", "1.5", "1.f", "1.5e-3", "1e5", "1e5f", ".5", ".5f", ".5e3", "1e400"] {
            assert_eq!(kinds(real), [Token::Real], "{real}");
        }
        assert_eq!(kinds("12"), [Token::Int]);
        assert_eq!(kinds("1E5"), [Token::Int, Token::Word], "only a lower-case e");
    }

    #[test]
    fn names() {
        assert_eq!(kinds("_ __x _1 a::b::c ::a x'"), {
            use Token::*;
            vec![Wire, Word, Wire, Int, Word, Word, Word, Quote]
        });
    }

    #[test]
    fn headers_win_over_comparisons() {
        assert_eq!(kinds("<math.h>"), [Token::Header]);
        assert_eq!(kinds("a<b>c"), [Token::Word, Token::Header, Token::Word]);
        assert_eq!(kinds("a < b"), [Token::Word, Token::Lt, Token::Word]);
        assert_eq!(kinds("a<:b"), [Token::Word, Token::Split, Token::Word]);
    }

    #[test]
    fn comments_disappear() {
        assert_eq!(kinds("1 // x\n/* y */2 <mdoc> <equation>e</equation></mdoc> 3"), [Token::Int; 3]);
        assert_eq!(kinds("/* never"), [Token::Comment]);
        assert_eq!(kinds("<mdoc> never"), [Token::Documentation]);
    }

    #[test]
    fn anything_is_tokens() {
        assert_eq!(kinds("\u{0}é\""), [Token::Unknown; 3]);
    }
}
