//! Statements, lists of definitions, and what a list says about each name.

use super::{Failed, MAX_REPORTS, Parsed, Parser};
use crate::parse::lex::Token;
use crate::prim::is_reserved;
use crate::syntax::{
    Definition, Expr, ExprId, List, ListId, Meaning, Name, Precisions, Rule, Statement, StatementKind,
};
use krach_diag::{Code, Diagnostic, Span};
use rustc_hash::{FxHashMap, FxHashSet};

impl Parser<'_> {
    /// The whole file, which is list 0.
    pub(super) fn file(&mut self) {
        self.lists.push(List::default());
        let mut statements = Vec::new();
        // Between statements, a comment that never ends is the end.
        while !matches!(self.peek(), Token::End | Token::Comment) {
            self.recovering(&mut statements, false, Self::statement);
        }
        self.lists[0] = self.listed(statements);
    }

    /// Reads one statement; after a failure, goes on behind the next semicolon of this level, or where the list ends
    /// if it is `enclosed` in brackets.
    pub(super) fn recovering(
        &mut self,
        statements: &mut Vec<Statement>,
        enclosed: bool,
        read: impl FnOnce(&mut Self) -> Parsed<Statement>,
    ) {
        let start = self.at;
        let nesting = self.nesting;
        match read(self) {
            Ok(statement) => statements.push(statement),
            Err(Failed) => {
                self.nesting = nesting;
                self.skip_statement(start, enclosed);
                statements.push(self.lost(start));
            }
        }
    }

    /// What stands for the tokens from `start` to here, which cannot be read. More than one statement may have been
    /// swallowed, where a semicolon is missing.
    fn lost(&mut self, start: usize) -> Statement {
        let tokens = &self.tokens[start..self.at];
        let text = |span: Span| &self.source.text()[span.start as usize..span.end as usize];
        let words = tokens.iter().filter(|(token, _)| *token == Token::Word).map(|&(_, span)| text(span));
        let import = words.clone().any(|word| word == "import");
        let defining = tokens.windows(2).enumerate().filter(|(at, pair)| match (pair[0].0, pair[1].0) {
            (Token::Word, Token::Define) => true,
            (Token::Word, Token::Open) => *at == 0 || tokens[at - 1].0 == Token::Semicolon,
            _ => false,
        });
        let defined: Vec<&str> = defining.map(|(_, pair)| text(pair[0].1)).collect();
        // A statement that ends early may not get as far as its `=`.
        let first = words.take(1).filter(|word| !is_reserved(word));
        let names = first.chain(defined).map(|word| self.names.intern(word)).collect();
        let ends = [start, self.at.max(start + 1) - 1].map(|at| self.tokens[at].1);
        let kind = StatementKind::Lost { names, import };
        Statement { precisions: Precisions::default(), span: ends[0].to(ends[1]), kind }
    }

    fn skip_statement(&mut self, start: usize, enclosed: bool) {
        let mut depth = 0_i32;
        // How deep the failure is inside the statement.
        for (token, _) in &self.tokens[start..self.at] {
            depth += step(*token);
        }
        loop {
            match self.peek() {
                Token::End => return,
                Token::Semicolon if depth <= 0 => {
                    self.advance();
                    return;
                }
                // The list around it ends here.
                Token::CloseBrace | Token::CloseBracket if enclosed && depth <= 0 && self.at > start => {
                    return;
                }
                token => {
                    depth += step(token);
                    self.advance();
                }
            }
        }
    }

    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        let start = self.span();
        let precisions = self.precisions();
        let kind = match self.word() {
            "import" => {
                self.advance();
                self.expect(Token::Open, "`(`")?;
                let file = self.text("a file name in quotes")?;
                self.expect(Token::Close, "`)`")?;
                self.expect(Token::Semicolon, "`;`")?;
                StatementKind::Import(file)
            }
            "declare" => self.declare()?,
            _ => StatementKind::Define(self.definition()?),
        };
        Ok(Statement { precisions, span: start.to(self.before()), kind })
    }

    fn declare(&mut self) -> Parsed<StatementKind> {
        self.advance();
        // Any word is a key, as in `declare declare "x";`.
        let mut words = Vec::new();
        while self.peek() == Token::Word && words.len() < 2 {
            words.push(self.names.intern(self.word()));
            self.advance();
        }
        let value = self.text("a text in quotes")?;
        self.expect(Token::Semicolon, "`;`")?;
        match words[..] {
            [key] => Ok(StatementKind::Declare { function: None, key, value }),
            [function, key] => Ok(StatementKind::Declare { function: Some(function), key, value }),
            _ => Err(self.expected("a key")),
        }
    }

    fn precisions(&mut self) -> Precisions {
        let mut precisions = Precisions::default();
        while let Some(at) = Precisions::WORDS.iter().position(|&word| word == self.word()) {
            self.advance();
            precisions.0 |= 1 << at;
        }
        precisions
    }

    fn definition(&mut self) -> Parsed<Definition> {
        let name = self.name("a definition")?;
        let arguments = if self.eat(Token::Open) {
            self.separated(Token::Close, "`,` or `)`", Self::argument)?
        } else {
            Vec::new()
        };
        self.expect(Token::Define, "`=`")?;
        let body = self.expr()?;
        self.expect(Token::Semicolon, "`;`")?;
        Ok(Definition { name, arguments: arguments.into(), body })
    }

    /// `{ definitions }`
    pub(super) fn braced_definitions(&mut self) -> Parsed<ListId> {
        self.expect(Token::OpenBrace, "`{`")?;
        self.definitions_until(Token::CloseBrace, "`}`")
    }

    /// Definitions up to a closing bracket, which is eaten.
    pub(super) fn definitions_until(&mut self, close: Token, what: &str) -> Parsed<ListId> {
        self.statements_until(close, what, |parser| {
            if matches!(parser.word(), "import" | "declare") {
                let failed = parser.expected("a definition");
                parser.help("`import` and `declare` stand in files and in `environment { }`");
                return Err(failed);
            }
            let start = parser.span();
            let precisions = parser.precisions();
            let kind = StatementKind::Define(parser.definition()?);
            Ok(Statement { precisions, span: start.to(parser.before()), kind })
        })
    }

    /// `{ statements }` of an environment.
    pub(super) fn braced_statements(&mut self) -> Parsed<ListId> {
        self.expect(Token::OpenBrace, "`{`")?;
        self.statements_until(Token::CloseBrace, "`}`", Self::statement)
    }

    fn statements_until(
        &mut self,
        close: Token,
        what: &str,
        mut read: impl FnMut(&mut Self) -> Parsed<Statement>,
    ) -> Parsed<ListId> {
        let mut statements = Vec::new();
        while self.peek() != close {
            if self.peek() == Token::End {
                return Err(self.expected(what));
            }
            let before = self.at;
            self.recovering(&mut statements, true, &mut read);
            if self.at == before {
                return Err(self.expected(what));
            }
        }
        self.advance();
        let list = self.listed(statements);
        self.lists.push(list);
        Ok(ListId::new(self.lists.len() - 1))
    }

    /// `{ 'x = …; … where … }`
    pub(super) fn letrec(&mut self, body: ExprId) -> Parsed<ExprId> {
        self.expect(Token::OpenBrace, "`{`")?;
        let mut equations = Vec::new();
        let mut places: FxHashMap<Name, Span> = FxHashMap::default();
        while self.eat(Token::Quote) {
            let span = self.span();
            let name = self.name("a name")?;
            if let Some(first) = places.insert(name, span) {
                self.twice(name, span, first);
            }
            self.expect(Token::Define, "`=`")?;
            let right = self.expr()?;
            self.expect(Token::Semicolon, "`;`")?;
            equations.push((name, right));
        }
        let wheres = if self.eat_word("where") {
            Some(self.definitions_until(Token::CloseBrace, "`}`")?)
        } else {
            self.expect(Token::CloseBrace, "`'` and a name, `where` or `}`")?;
            None
        };
        Ok(self.spanning(body, Expr::Letrec { body, equations: equations.into(), wheres }))
    }

    /// Collects the definitions of each name.
    pub(super) fn listed(&mut self, statements: Vec<Statement>) -> List {
        let mut order: Vec<(Name, Precisions)> = Vec::new();
        let mut groups: FxHashMap<(Name, u8), Vec<usize>> = FxHashMap::default();
        for (at, statement) in statements.iter().enumerate() {
            let StatementKind::Define(definition) = &statement.kind else { continue };
            let group = groups.entry((definition.name, statement.precisions.0)).or_default();
            if group.is_empty() {
                order.push((definition.name, statement.precisions));
            }
            group.push(at);
        }
        let mut list = List::default();
        for (name, precisions) in order {
            let group = &groups[&(name, precisions.0)];
            let definitions: Vec<(&Definition, Span)> = group
                .iter()
                .filter_map(|&at| match &statements[at].kind {
                    StatementKind::Define(definition) => Some((definition, statements[at].span)),
                    _ => None,
                })
                .collect();
            let meaning = Meaning { precisions, expr: self.meaning(&definitions), span: definitions[0].1 };
            list.meanings.entry(name).or_default().push(meaning);
        }
        for statement in &statements {
            let StatementKind::Lost { names, import } = &statement.kind else { continue };
            list.incomplete |= import;
            for &name in names {
                let expr = self.push(Expr::Lost, statement.span);
                let precisions = Precisions::default();
                list.meanings.insert(name, vec![Meaning { precisions, expr, span: statement.span }]);
            }
        }
        list.statements = statements;
        list
    }

    /// One expression for all definitions of a name: the body, a lambda or a case.
    fn meaning(&mut self, definitions: &[(&Definition, Span)]) -> ExprId {
        let &(first, span) = &definitions[0];
        if let [_] = definitions {
            if first.arguments.is_empty() {
                return first.body;
            }
            if let Some(parameters) = self.distinct_names(&first.arguments) {
                return self.push(Expr::Lambda(parameters, first.body), span);
            }
        }
        for &(other, span) in &definitions[1..] {
            self.check_again(first, definitions[0].1, other, span);
        }
        if first.arguments.is_empty() {
            return first.body;
        }
        let rules = definitions
            .iter()
            .filter(|(definition, _)| definition.arguments.len() == first.arguments.len())
            .map(|(definition, _)| Rule { patterns: definition.arguments.clone(), body: definition.body })
            .collect();
        self.push(Expr::Case(rules), span)
    }

    /// A further definition of a name must be one more rule of the same width.
    fn check_again(&mut self, first: &Definition, at: Span, other: &Definition, span: Span) {
        let (here, there) = (other.arguments.len(), first.arguments.len());
        if here == 0 && there == 0 {
            self.twice(first.name, span, at);
        } else if here != there {
            let text = self.names.text(first.name);
            let message = format!("`{text}` is defined with {here} arguments, and before with {there}");
            self.duplicate(message, span, at);
        }
    }

    fn twice(&mut self, name: Name, span: Span, first: Span) {
        let message = format!("`{}` is defined twice", self.names.text(name));
        self.duplicate(message, span, first);
    }

    fn duplicate(&mut self, message: String, span: Span, first: Span) {
        if self.reports.len() >= MAX_REPORTS {
            return;
        }
        let report = Diagnostic::error(Code::FaustDuplicate, message)
            .at(self.source.place(span))
            .label(self.source.place(first), "first defined here");
        self.reports.push(report);
    }

    /// The arguments as parameters, if all are names and no name repeats.
    fn distinct_names(&self, arguments: &[ExprId]) -> Option<Box<[Name]>> {
        let mut names = Vec::with_capacity(arguments.len());
        let mut seen = FxHashSet::default();
        for argument in arguments {
            match self.exprs[argument.index()] {
                Expr::Name(name) if seen.insert(name) => names.push(name),
                _ => return None,
            }
        }
        Some(names.into())
    }
}

/// How a token changes the depth of the brackets that may hold semicolons.
fn step(token: Token) -> i32 {
    match token {
        Token::OpenBrace | Token::OpenBracket => 1,
        Token::CloseBrace | Token::CloseBracket => -1,
        _ => 0,
    }
}
