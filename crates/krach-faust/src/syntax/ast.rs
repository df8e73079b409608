//! Faithful Faust syntax: what a file says, before anything is looked up or wired.
//!
//! One type per production of the grammar. Parentheses are not part of the tree: the pretty-printer puts them where
//! precedence asks for them. The printer of programs makes these trees; [`crate::Syntax::to_ast`] gives the tree of a
//! text that was read.

use krach_ir::ControlKind;
use std::sync::Arc;

/// A Faust file.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Ast {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `import("stdfaust.lib");`
    Import(Arc<str>),
    /// `declare name "bass";`
    Declare(Arc<str>, Arc<str>),
    /// `declare function key "value";`
    DeclareFor(Arc<str>, Arc<str>, Arc<str>),
    Definition(Definition),
}

/// `name(parameters) = body;`, without parentheses if there are none. A parameter that is not a name is a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Written above it, on one line.
    pub comment: Option<Arc<str>>,
    /// The precisions for which it holds, such as `doubleprecision`; none: for all.
    pub precisions: Vec<&'static str>,
    pub name: Arc<str>,
    pub parameters: Vec<Expr>,
    pub body: Expr,
}

impl Definition {
    /// `name = body;`
    #[must_use]
    pub fn value(name: Arc<str>, body: Expr) -> Self {
        Self { comment: None, precisions: Vec::new(), name, parameters: Vec::new(), body }
    }

    /// `name(parameters) = body;`
    #[must_use]
    pub fn function(name: Arc<str>, parameters: Vec<Arc<str>>, body: Expr) -> Self {
        Self { parameters: parameters.into_iter().map(Expr::Name).collect(), ..Self::value(name, body) }
    }
}

/// What stands between the brackets of [`Expr::Form`], separated by commas.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// In quotes.
    Text(Arc<str>),
    /// As it is: a header, a foreign declaration, the name of a counter.
    Word(Arc<str>),
    /// An expression without commas at top level.
    Argument(Expr),
    /// Any expression.
    Body(Expr),
}

/// `'name = next;` in a `letrec`: `name` is the value of the frame before in every `next`, this frame's outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    pub name: Arc<str>,
    pub next: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Int(i32),
    Real(f64),
    /// An identifier, or a primitive that is a keyword, such as `select2`.
    Name(Arc<str>),
    /// `-name`
    Negative(Arc<str>),
    /// `library.name`
    Access(Box<Expr>, Arc<str>),
    /// `_`
    Wire,
    /// `!`
    Cut,
    /// A bare operator, such as the `*` of `x : *(2)`.
    Operator(Infix),
    Infix(Infix, Box<Expr>, Box<Expr>),
    /// `x'`
    Before(Box<Expr>),
    /// `f(a, b)`
    Apply(Box<Expr>, Vec<Expr>),
    Compose(Compose, Box<Expr>, Box<Expr>),
    With(Box<Expr>, Vec<Definition>),
    /// `body letrec { equations where definitions }`
    Letrec(Box<Expr>, Vec<Equation>, Vec<Definition>),
    /// `hslider("label", init, lo, hi, step)`; buttons and checkboxes have no numbers.
    Widget(ControlKind, Arc<str>, Vec<Expr>),
    /// `waveform{1, 2}`
    Waveform(Numbers),
    /// `\(a, b).(body)`
    Lambda(Vec<Arc<str>>, Box<Expr>),
    /// `case { (patterns) => body; }`
    Case(Vec<(Vec<Expr>, Expr)>),
    /// `environment { statements }`
    Environment(Vec<Statement>),
    /// `base[definitions]`
    Modify(Box<Expr>, Vec<Definition>),
    /// `["target": circuit, "other" -> body]`
    Modulate(Vec<(Arc<str>, Option<Expr>)>, Box<Expr>),
    /// Every other word with brackets of its own: `par(i, 4, _)`, `library("maths.lib")`.
    Form(&'static str, Vec<Part>),
}

/// The numbers of a waveform: all ints make it int.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    Ints(Arc<[i32]>),
    Reals(Arc<[f64]>),
}

macro_rules! operators {
    ($(#[$doc:meta])* $enum:ident { $($name:ident $symbol:literal $level:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum { $($name,)* }

        impl $enum {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            #[must_use]
            pub fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)* }
            }

            /// How tightly it binds: more binds tighter.
            #[must_use]
            pub fn level(self) -> u8 {
                match self { $(Self::$name => $level,)* }
            }
        }
    };
}

operators! {
    /// Operators between two signals, all left-associative.
    Infix {
        Lt "<" 5;
        Le "<=" 5;
        Gt ">" 5;
        Ge ">=" 5;
        Eq "==" 5;
        Ne "!=" 5;
        Add "+" 6;
        Sub "-" 6;
        Or "|" 6;
        Mul "*" 7;
        Div "/" 7;
        Rem "%" 7;
        And "&" 7;
        Xor "xor" 7;
        Shl "<<" 7;
        Shr ">>" 7;
        Power "^" 8;
        Delay "@" 9;
    }
}

operators! {
    /// Operators between two block diagrams; `~` is left-associative, the others right-associative.
    Compose {
        Split "<:" 1;
        Merge ":>" 1;
        Seq ":" 2;
        Par "," 3;
        Rec "~" 4;
    }
}

impl Expr {
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self::Name(name.into())
    }

    /// A number for a place where it does not matter whether it is an int: `800` rather than `800.0`.
    #[must_use]
    pub fn number(value: f64) -> Self {
        let negative_zero = value == 0.0 && value.is_sign_negative();
        if value.fract() == 0.0 && value.abs() < 1e6 && !negative_zero {
            // Whole and small, as just seen.
            #[allow(clippy::cast_possible_truncation)]
            return Self::Int(value as i32);
        }
        Self::Real(value)
    }

    /// `library.name`
    #[must_use]
    pub fn library(library: &str, name: &str) -> Self {
        let inside = |of, name: &str| Self::Access(Box::new(of), name.into());
        name.split('.').fold(Self::name(library), inside)
    }

    #[must_use]
    pub fn infix(operator: Infix, left: Self, right: Self) -> Self {
        Self::Infix(operator, Box::new(left), Box::new(right))
    }

    #[must_use]
    pub fn call(function: Self, arguments: Vec<Self>) -> Self {
        if arguments.is_empty() { function } else { Self::Apply(Box::new(function), arguments) }
    }

    #[must_use]
    pub fn before(self) -> Self {
        Self::Before(Box::new(self))
    }

    /// `self : next`
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let mut parts = vec![];
        let mut last = self;
        while let Self::Compose(Compose::Seq, left, right) = last {
            parts.push(*left);
            last = *right;
        }
        let join = |right: Self, left: Self| Self::Compose(Compose::Seq, Box::new(left), Box::new(right));
        parts.push(last);
        parts.into_iter().rev().fold(next, join)
    }

    /// All side by side; there is at least one.
    #[must_use]
    pub fn parallel(parts: Vec<Self>) -> Self {
        let join = |right: Self, left: Self| Self::Compose(Compose::Par, Box::new(left), Box::new(right));
        parts.into_iter().rev().reduce(join).unwrap_or(Self::Cut)
    }

    /// `self :> _`
    #[must_use]
    pub fn merged(self) -> Self {
        Self::Compose(Compose::Merge, Box::new(self), Box::new(Self::Wire))
    }

    /// Channel `index` of the `count` that the expression has.
    #[must_use]
    pub fn channel(self, index: usize, count: usize) -> Self {
        let wires = (0..count).map(|at| if at == index { Self::Wire } else { Self::Cut });
        self.then(Self::parallel(wires.collect()))
    }

    /// `self with { definitions }`
    #[must_use]
    pub fn with(self, definitions: Vec<Definition>) -> Self {
        if definitions.is_empty() { self } else { Self::With(Box::new(self), definitions) }
    }

    /// Whether it is a chain of processors: `x : f : g`.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        matches!(self, Self::Compose(Compose::Seq, ..))
    }
}
