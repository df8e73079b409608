//! Faithful syntax: what was written, in one arena per file.
//!
//! Every expression is an [`ExprId`] with a span beside it, so that an evaluator can remember results per
//! expression, a tree a million operators deep is dropped without recursion, and a file parsed once is shared by
//! all later compilations. Definitions of one name in one list are collected into groups while parsing.

pub mod ast;
mod pretty;
mod to_ast;

use crate::prim::Prim;
use krach_diag::{Source, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            pub(crate) fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("files are shorter than 2^32 bytes"))
            }
        }
    )*};
}

ids! {
    /// An expression of one file.
    ExprId;
    /// A name or a text of one file.
    Name;
    /// A list of statements of one file; [`ListId::FILE`] is the file itself.
    ListId;
}

impl ListId {
    pub const FILE: Self = Self(0);
}

/// How boxes are put together, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compose {
    Split,
    Merge,
    Seq,
    Par,
    Rec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Iterate {
    Par,
    Seq,
    Sum,
    Prod,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slider {
    Horizontal,
    Vertical,
    Entry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    Horizontal,
    Vertical,
    Tab,
}

/// The type of a foreign thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Foreign {
    Int,
    Float,
    Any,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// One that cannot be read.
    Lost,
    Int(i32),
    Real(f64),
    Wire,
    Cut,
    Prim(Prim),
    Name(Name),
    /// `-name`, which means `0 - name`.
    Negated(Name),
    Binary(Prim, ExprId, ExprId),
    /// `x'`
    Delayed(ExprId),
    Compose(Compose, ExprId, ExprId),
    With(ExprId, ListId),
    Letrec {
        body: ExprId,
        equations: Box<[(Name, ExprId)]>,
        wheres: Option<ListId>,
    },
    Access(ExprId, Name),
    Apply(ExprId, Box<[ExprId]>),
    /// `environment[definitions]`
    Modify(ExprId, ListId),
    Lambda(Box<[Name]>, ExprId),
    /// `["target": circuit, … -> body]`
    Modulate(Box<[(Name, Option<ExprId>)]>, ExprId),
    Case(Box<[Rule]>),
    Function(Box<ForeignFunction>),
    Constant(Foreign, Name),
    Variable(Foreign, Name),
    Component(Name),
    Library(Name),
    Environment(ListId),
    Waveform(Box<[Number]>),
    Route(ExprId, ExprId, Option<ExprId>),
    Button(Name),
    Checkbox(Name),
    /// Label, then init, min, max, step.
    Slider(Slider, Name, [ExprId; 4]),
    Group(Group, Name, ExprId),
    /// Label, then min, max; vertical or not.
    Bargraph(bool, Name, [ExprId; 2]),
    Soundfile(Name, ExprId),
    Iterate(Iterate, Name, ExprId, ExprId),
    Inputs(ExprId),
    Outputs(ExprId),
}

/// A literal of a waveform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Int(i32),
    Real(f64),
}

/// `(patterns) => body;`
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub patterns: Box<[ExprId]>,
    pub body: ExprId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForeignFunction {
    pub result: Foreign,
    /// For single, double, quad and fixed precision.
    pub names: Vec<Name>,
    pub arguments: Vec<Foreign>,
    pub include: Name,
    pub library: Name,
}

/// For which precisions a definition holds; no bit: for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Precisions(pub(crate) u8);

impl Precisions {
    pub const WORDS: [&'static str; 4] =
        ["singleprecision", "doubleprecision", "quadprecision", "fixedpointprecision"];
    pub const SINGLE: Self = Self(1);
    pub const DOUBLE: Self = Self(2);

    /// Whether a definition of these precisions holds in that one.
    #[must_use]
    pub fn hold_in(self, precision: Self) -> bool {
        self.0 == 0 || self.0 & precision.0 != 0
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub precisions: Precisions,
    pub span: Span,
    pub kind: StatementKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    Import(Name),
    Declare {
        function: Option<Name>,
        key: Name,
        value: Name,
    },
    Define(Definition),
    /// One that cannot be read. What it may have defined is not known, but not undefined either.
    Lost {
        names: Box<[Name]>,
        import: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub name: Name,
    pub arguments: Box<[ExprId]>,
    pub body: ExprId,
}

/// Everything that one list says about one name for one set of precisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    pub precisions: Precisions,
    /// The body, a [`Expr::Lambda`] or a [`Expr::Case`].
    pub expr: ExprId,
    /// Where the name is written, first.
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
pub struct List {
    pub statements: Vec<Statement>,
    pub meanings: FxHashMap<Name, Vec<Meaning>>,
    /// An import in it cannot be read.
    pub incomplete: bool,
}

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Syntax {
    pub(crate) source: Source,
    pub(crate) names: Names,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) spans: Vec<Span>,
    pub(crate) lists: Vec<List>,
}

impl Syntax {
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }

    #[must_use]
    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id.index()]
    }

    #[must_use]
    pub fn list(&self, id: ListId) -> &List {
        &self.lists[id.index()]
    }

    #[must_use]
    pub fn text(&self, name: Name) -> &Arc<str> {
        &self.names.texts[name.index()]
    }

    pub(crate) fn names_len(&self) -> usize {
        self.names.texts.len()
    }

    /// The text of an expression without comments and white space.
    pub(crate) fn words(&self, id: ExprId) -> Vec<&str> {
        let span = self.span(id);
        let text = &self.source.text()[span.start as usize..span.end as usize];
        crate::parse::lex::lex(text)
            .into_iter()
            .map(|(_, span)| &text[span.start as usize..span.end as usize])
            .collect()
    }

    /// The name of that text, if the file has it.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Name> {
        self.names.known.get(text).copied()
    }

    /// What the file declares first under one of these keys: of one of its definitions, or of itself.
    pub(crate) fn declared(&self, of: Option<Name>, keys: &[&str]) -> Option<&Arc<str>> {
        self.list(ListId::FILE).statements.iter().find_map(|statement| match statement.kind {
            StatementKind::Declare { function, key, value } if function == of => {
                keys.contains(&&**self.text(key)).then(|| self.text(value))
            }
            _ => None,
        })
    }
}

/// The names and texts of one file, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    texts: Vec<Arc<str>>,
    known: FxHashMap<Arc<str>, Name>,
}

impl Names {
    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.index()]
    }

    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let name = Name::new(self.texts.len());
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.known.insert(text, name);
        name
    }
}
