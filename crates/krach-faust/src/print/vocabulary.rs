//! What the whole file shares: its names, its imports, the little definitions that stand for what Faust has no
//! word for.

use crate::print::names::Names;
use crate::syntax::ast::{Definition, Equation, Expr, Infix};
use krach_ir::Noise;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A definition that is written once, on first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Helper {
    /// White noise from a seed: `no.noise` is the one from 0.
    Noise,
    /// Rounding toward zero.
    Truncate,
    /// 0, but not to the compiler, which refuses what it can see to be a division by 0.
    Zero,
    /// A delay line that stands still while its gate is 0.
    HeldDelay,
}

#[derive(Debug)]
pub(crate) struct Vocabulary {
    pub names: Names,
    pub uses_library: bool,
    /// The name of [`Helper::Zero`], kept free in every scope: its uses are found last.
    pub zero: Arc<str>,
    helpers: BTreeMap<Helper, Arc<str>>,
    /// Functions, each after what it uses.
    pub definitions: Vec<Definition>,
    /// Long tables: they stand at the end of the file, where their hundreds of lines hide nothing.
    pub tables: Vec<Definition>,
    functions: BTreeMap<Arc<str>, Vec<(usize, Arc<str>)>>,
}

impl Vocabulary {
    pub fn new() -> Self {
        let mut names = Names::default();
        let zero = names.give("hidden_zero");
        Self {
            names,
            uses_library: false,
            zero,
            helpers: BTreeMap::new(),
            definitions: Vec::new(),
            tables: Vec::new(),
            functions: BTreeMap::new(),
        }
    }

    /// `library.name` of the standard libraries.
    pub fn library(&mut self, library: &str, name: &str) -> Expr {
        self.uses_library = true;
        Expr::library(library, name)
    }

    /// The name of a helper.
    pub fn helper(&mut self, helper: Helper) -> Arc<str> {
        if let Some(name) = self.helpers.get(&helper) {
            return name.clone();
        }
        let name = match helper {
            Helper::Noise => self.names.give("noise"),
            Helper::Truncate => self.names.give("truncate"),
            Helper::HeldDelay => self.names.give("held_delay"),
            Helper::Zero => self.zero.clone(),
        };
        let (parameters, body): (&[&str], Expr) = match helper {
            Helper::Noise => (&["seed"], noise()),
            Helper::Truncate => (&["x"], truncate()),
            Helper::Zero => (&[], self.zero()),
            Helper::HeldDelay => (&["init", "size", "gate", "n", "x"], held_delay()),
        };
        let parameters: Vec<Arc<str>> = parameters.iter().map(|&name| name.into()).collect();
        self.definitions.push(Definition::function(name.clone(), parameters, body));
        self.helpers.insert(helper, name.clone());
        name
    }

    /// Adds a function, or finds the equal one, and says what it is called.
    pub fn function(
        &mut self,
        wanted: &str,
        comment: Option<Arc<str>>,
        parameters: Vec<Arc<str>>,
        body: Expr,
    ) -> Arc<str> {
        let parameters: Vec<Expr> = parameters.into_iter().map(Expr::Name).collect();
        let known = self.functions.entry(wanted.into()).or_default();
        for (at, name) in &*known {
            let other = &self.definitions[*at];
            if other.parameters == parameters && other.body == body {
                return name.clone();
            }
        }
        let name = self.names.give(wanted);
        known.push((self.definitions.len(), name.clone()));
        self.definitions.push(Definition { comment, parameters, ..Definition::value(name.clone(), body) });
        name
    }

    fn zero(&mut self) -> Expr {
        let rate = self.library("ma", "SR");
        let less = Expr::infix(Infix::Sub, rate, Expr::Int(1));
        Expr::call(Expr::name("min"), vec![less, Expr::Int(0)])
    }
}

/// `(+(seed - seed') : *(1103515245) : +(12345)) ~ _ : /(2147483647.0)`: the generator of the standard library,
/// which starts at 0, here at `seed`.
fn noise() -> Expr {
    let seed = || Expr::name("seed");
    let operator = |operator: Infix, argument: Expr| Expr::call(Expr::Operator(operator), vec![argument]);
    let start = Expr::infix(Infix::Sub, seed(), seed().before());
    let step = operator(Infix::Add, start)
        .then(operator(Infix::Mul, Expr::Int(Noise::FACTOR)))
        .then(operator(Infix::Add, Expr::Int(Noise::STEP)));
    let state = Expr::Compose(crate::syntax::ast::Compose::Rec, Box::new(step), Box::new(Expr::Wire));
    state.then(operator(Infix::Div, Expr::Real(2_147_483_647.0)))
}

fn truncate() -> Expr {
    let x = || Expr::name("x");
    let call = |function: &str| Expr::call(Expr::name(function), vec![x()]);
    let negative = Expr::infix(Infix::Lt, x(), Expr::Int(0));
    Expr::call(Expr::name("select2"), vec![negative, call("floor"), call("ceil")])
}

/// A ring whose position moves on only in frames in which the gate is open.
fn held_delay() -> Expr {
    let name = Expr::name;
    let add = |a, b| Expr::infix(Infix::Add, a, b);
    let wrap = |x| Expr::infix(Infix::Rem, x, name("size"));
    let open = Expr::infix(Infix::Ne, name("gate"), Expr::Int(0));
    let moved = Equation { name: "count".into(), next: wrap(add(name("count"), open)) };
    let position = Expr::Letrec(Box::new(name("count").before()), vec![moved], Vec::new());
    let read = add(Expr::infix(Infix::Sub, name("at"), name("n")), name("size"));
    let ring = vec![name("size"), name("init"), name("at"), name("x"), wrap(read)];
    let at = Definition::value("at".into(), position);
    Expr::call(name("rwtable"), ring).with(vec![at])
}
