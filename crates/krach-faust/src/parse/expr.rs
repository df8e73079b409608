//! Expressions: composition, infix operators, what follows an operand.

use super::{Parsed, Parser};
use crate::parse::lex::Token;
use crate::prim::Prim;
use crate::syntax::{Compose, Expr, ExprId};

/// Infix operators and their level; all associate to the left.
fn infix(token: Token, word: &str) -> Option<(Prim, u8)> {
    Some(match token {
        Token::Lt => (Prim::Lt, 0),
        Token::Le => (Prim::Le, 0),
        Token::Gt => (Prim::Gt, 0),
        Token::Ge => (Prim::Ge, 0),
        Token::Eq => (Prim::Eq, 0),
        Token::Ne => (Prim::Ne, 0),
        Token::Add => (Prim::Add, 1),
        Token::Sub => (Prim::Sub, 1),
        Token::Or => (Prim::Or, 1),
        Token::Mul => (Prim::Mul, 2),
        Token::Div => (Prim::Div, 2),
        Token::Rem => (Prim::Rem, 2),
        Token::And => (Prim::And, 2),
        Token::Shl => (Prim::Shl, 2),
        Token::Shr => (Prim::Shr, 2),
        Token::Word if word == "xor" => (Prim::Xor, 2),
        Token::Hat => (Prim::Hat, 3),
        Token::At => (Prim::At, 4),
        _ => return None,
    })
}

/// The primitive that an operator is when it stands alone.
pub(super) fn operator(token: Token) -> Option<Prim> {
    if token == Token::Quote { Some(Prim::Quote) } else { infix(token, "").map(|(prim, _)| prim) }
}

fn composes(token: Token) -> bool {
    matches!(token, Token::Seq | Token::Comma | Token::Split | Token::Merge | Token::Rec)
}

/// Where a comma may be an operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comma {
    Composes,
    Separates,
}

impl Parser<'_> {
    /// A whole expression, `with` and commas included.
    pub(super) fn expr(&mut self) -> Parsed<ExprId> {
        self.nested(|parser| {
            let mut expr = parser.split_merge(Comma::Composes)?;
            loop {
                if parser.eat_word("with") {
                    let list = parser.braced_definitions()?;
                    expr = parser.spanning(expr, Expr::With(expr, list));
                } else if parser.eat_word("letrec") {
                    expr = parser.letrec(expr)?;
                } else if composes(parser.peek()) {
                    // After its braces a `with` is an operand like any other: `a with { … } : b`.
                    parser.resumed = Some(expr);
                    expr = parser.split_merge(Comma::Composes)?;
                } else {
                    return Ok(expr);
                }
            }
        })
    }

    /// An argument: no comma, no `with` outside brackets.
    pub(super) fn argument(&mut self) -> Parsed<ExprId> {
        self.nested(|parser| parser.split_merge(Comma::Separates))
    }

    /// An expression that begins where `first` does and ends here.
    pub(super) fn spanning(&mut self, first: ExprId, expr: Expr) -> ExprId {
        let span = self.spans[first.index()].to(self.before());
        self.push(expr, span)
    }

    fn split_merge(&mut self, comma: Comma) -> Parsed<ExprId> {
        let operator = |token| match token {
            Token::Split => Some(Compose::Split),
            Token::Merge => Some(Compose::Merge),
            _ => None,
        };
        self.right_chain(operator, |parser| parser.sequence(comma))
    }

    fn sequence(&mut self, comma: Comma) -> Parsed<ExprId> {
        let operator = |token| (token == Token::Seq).then_some(Compose::Seq);
        match comma {
            Comma::Separates => self.right_chain(operator, Self::recursion),
            Comma::Composes => self.right_chain(operator, |parser| {
                let operator = |token| (token == Token::Comma).then_some(Compose::Par);
                parser.right_chain(operator, Self::recursion)
            }),
        }
    }

    /// A chain that associates to the right, read without recursion.
    fn right_chain(
        &mut self,
        operator: impl Fn(Token) -> Option<Compose>,
        mut operand: impl FnMut(&mut Self) -> Parsed<ExprId>,
    ) -> Parsed<ExprId> {
        let mut last = operand(self)?;
        let mut before = Vec::new();
        while let Some(compose) = operator(self.peek()) {
            self.advance();
            before.push((last, compose));
            last = operand(self)?;
        }
        for (left, compose) in before.into_iter().rev() {
            let span = self.spans[left.index()].to(self.spans[last.index()]);
            last = self.push(Expr::Compose(compose, left, last), span);
        }
        Ok(last)
    }

    fn recursion(&mut self) -> Parsed<ExprId> {
        let mut left = match self.resumed.take() {
            Some(left) => left,
            None => self.infix(0)?,
        };
        while self.eat(Token::Rec) {
            let right = self.infix(0)?;
            left = self.spanning(left, Expr::Compose(Compose::Rec, left, right));
        }
        Ok(left)
    }

    fn infix(&mut self, lowest: u8) -> Parsed<ExprId> {
        let mut left = self.postfix()?;
        while let Some((prim, level)) = infix(self.peek(), self.word()).filter(|&(_, level)| level >= lowest)
        {
            self.advance();
            let right = self.infix(level + 1)?;
            left = self.spanning(left, Expr::Binary(prim, left, right));
        }
        Ok(left)
    }

    /// An operand with its applications, accesses, delays and modifications.
    fn postfix(&mut self) -> Parsed<ExprId> {
        let mut expr = self.primary()?;
        loop {
            let next = match self.peek() {
                Token::Quote => {
                    self.advance();
                    Expr::Delayed(expr)
                }
                Token::Dot => {
                    self.advance();
                    Expr::Access(expr, self.name("a name of the environment")?)
                }
                Token::Open => {
                    self.advance();
                    let arguments = self.separated(Token::Close, "`,` or `)`", Self::argument)?;
                    Expr::Apply(expr, arguments.into())
                }
                Token::OpenBracket => {
                    self.advance();
                    let list = self.definitions_until(Token::CloseBracket, "`]`")?;
                    Expr::Modify(expr, list)
                }
                _ => return Ok(expr),
            };
            expr = self.spanning(expr, next);
        }
    }
}
