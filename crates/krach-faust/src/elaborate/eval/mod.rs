//! From syntax to diagrams: names are looked up, functions applied, patterns matched, iterations unrolled.
//!
//! Evaluation is lazy in definitions and remembers the result of every expression in every environment; since
//! environments and diagrams are hash-consed, that is what makes the standard libraries fast. An expression met
//! again while it is being evaluated in the same environment can never end, and is an error; so is running out of
//! the stack or of the step limit. Errors become [`Diagram::Error`] and evaluation goes on, so one run finds many.

mod apply;
mod credits;
mod iterate;
mod label;
mod modulate;
mod number;
mod pattern;
mod report;
mod scope;
mod widget;

use crate::elaborate::Options;
use crate::elaborate::diagram::{BoxId, Diagram, Diagrams, Routing, Table};
use crate::elaborate::ids::{CaseId, Env, FileId};
use crate::elaborate::interner::{Text, Texts};
use crate::elaborate::signal::Signals;
use crate::elaborate::stack::Stack;
use crate::elaborate::widgets::Taken;
use crate::files::File;
use crate::files::Files;
use crate::syntax::{Compose, Expr, ExprId, ListId, Name};
use krach_diag::{Code, Diagnostic};
use report::Repetition;
use rustc_hash::FxHashMap;
use scope::{Bound, Layer, Loaded, Scope, ScopeId};
use std::sync::Arc;

/// Sizes beyond which a program is refused: about ten times what the largest library example needs.
const MAX_STEPS: u64 = 5_000_000;
const MAX_DIAGRAMS: usize = 800_000;
const MAX_SIGNALS: usize = 1_000_000;
/// Inputs or outputs of one box.
const MAX_PORTS: u32 = 1 << 17;

pub(crate) struct Evaluator<'a> {
    pub options: &'a Options,
    pub provider: &'a dyn Files,
    stack: Stack,
    steps: u64,

    files: Vec<Loaded>,
    opened: FxHashMap<(Text, FileId), Option<FileId>>,
    pub texts: Texts,
    layers: Vec<Layer>,
    known_layers: FxHashMap<Layer, Env>,
    scopes: Vec<Scope>,
    known_scopes: FxHashMap<(FileId, ListId), ScopeId>,
    known_definitions: FxHashMap<(ScopeId, Text), Option<(FileId, ExprId)>>,

    pub boxes: Diagrams,
    /// Results; `None` while an expression is being evaluated.
    results: FxHashMap<(FileId, ExprId, Env), Option<BoxId>>,
    boxed: FxHashMap<BoxId, BoxId>,
    numbers: FxHashMap<BoxId, Option<crate::elaborate::signal::Constant>>,
    cases: Vec<pattern::Case>,
    known_cases: FxHashMap<(FileId, ExprId, Env), CaseId>,
    next_slot: u32,

    pub signals: Signals,
    pub propagation: crate::elaborate::propagate::Memory,

    pub reports: Vec<Diagnostic>,
    /// An error was reported.
    failed: bool,
    /// What was reported last was new.
    said: bool,
    /// Names that the program's controls cannot have.
    pub taken: Taken,
    /// A limit was reached: nothing more is computed.
    exhausted: bool,
    /// The expression being evaluated.
    here: (FileId, ExprId),
    /// The expression of the main file being evaluated.
    user: Option<ExprId>,
}

impl<'a> Evaluator<'a> {
    pub fn new(main: Arc<File>, provider: &'a dyn Files, options: &'a Options, stack: Stack) -> Self {
        let here = (FileId::MAIN, ExprId(0));
        let mut evaluator = Self {
            options,
            provider,
            stack,
            steps: 0,
            files: Vec::new(),
            opened: FxHashMap::default(),
            texts: Texts::default(),
            layers: vec![Layer::Root],
            known_layers: FxHashMap::default(),
            scopes: Vec::new(),
            known_scopes: FxHashMap::default(),
            known_definitions: FxHashMap::default(),
            boxes: Diagrams::new(),
            results: FxHashMap::default(),
            boxed: FxHashMap::default(),
            numbers: FxHashMap::default(),
            cases: Vec::new(),
            known_cases: FxHashMap::default(),
            next_slot: 0,
            signals: Signals::new(here),
            propagation: crate::elaborate::propagate::Memory::default(),
            reports: Vec::new(),
            failed: false,
            said: false,
            taken: Taken::default(),
            exhausted: false,
            here,
            user: None,
        };
        evaluator.load(main);
        evaluator
    }

    pub fn failed(&self) -> bool {
        self.failed
    }

    /// The definition of that name in a file, as a box.
    pub fn definition_of(&mut self, file: FileId, name: &str) -> Option<BoxId> {
        let env = self.define(Env::ROOT, file, ListId::FILE);
        let name = self.texts.intern(&name.into());
        match self.lookup(env, name)? {
            Bound::Value(value) => Some(value),
            Bound::Definition(file, expr, env) => {
                let value = self.eval(file, expr, env);
                Some(self.boxed(value))
            }
        }
    }

    /// Counts the handling of a list as the work and the memory it is.
    pub fn spend(&mut self, list: usize) {
        self.steps += list as u64 / 4;
    }

    /// Whether there is room to go one level deeper; reported once if not.
    pub fn deeper(&mut self) -> bool {
        if self.exhausted {
            return false;
        }
        self.steps += 1;
        let trouble = if !self.stack.has_room() {
            "recursion too deep".to_owned()
        } else if self.steps > MAX_STEPS {
            format!("evaluation takes more than {MAX_STEPS} steps")
        } else if self.boxes.size() > MAX_DIAGRAMS {
            too_many_boxes()
        } else if self.signals.len() > MAX_SIGNALS {
            format!("more than {MAX_SIGNALS} signals")
        } else {
            return true;
        };
        self.exhaust(trouble);
        false
    }

    fn exhaust(&mut self, trouble: String) {
        self.exhausted = true;
        let code = if self.stack.has_room() { Code::FaustSize } else { Code::FaustEndless };
        let (origin, part) = self.repetition_around(self.here);
        self.trouble_at(code, trouble, origin);
        self.help(match part {
            Some(Repetition::Copies) => {
                "make fewer copies: `par`, `seq`, `sum` and `prod` unroll to every one of them"
            }
            Some(Repetition::Call) => "a recursive function needs a rule that ends it, and all its arguments",
            None if code == Code::FaustEndless => {
                "a recursive function needs a rule that ends it, a long expression names for its parts"
            }
            None => "share equal parts: split one signal instead of building it twice",
        });
    }

    pub(super) fn make(&mut self, node: Diagram) -> BoxId {
        if self.boxes.size() <= MAX_DIAGRAMS {
            return self.boxes.make(node, self.here);
        }
        if !self.exhausted {
            self.exhaust(too_many_boxes());
        }
        self.boxes.make(Diagram::Error, self.here)
    }

    pub(super) fn error(&mut self) -> BoxId {
        self.make(Diagram::Error)
    }

    pub(super) fn int(&mut self, value: i32) -> BoxId {
        self.make(Diagram::Int(value))
    }

    /// The value of an expression in an environment.
    pub(super) fn eval(&mut self, file: FileId, expr: ExprId, env: Env) -> BoxId {
        match *self.files[file.index()].file.syntax.expr(expr) {
            Expr::Int(value) => return self.make(Diagram::Int(value)),
            Expr::Real(value) => return self.make(Diagram::Real(value.to_bits())),
            Expr::Wire => return self.make(Diagram::Wire),
            Expr::Cut => return self.make(Diagram::Cut),
            Expr::Lost => return self.error(),
            Expr::Prim(prim) => return self.make(Diagram::Prim(prim)),
            _ => {}
        }
        match self.results.get(&(file, expr, env)) {
            Some(&Some(result)) => return result,
            Some(None) => {
                self.enter(file, expr, |this| {
                    this.endless(env);
                });
                return self.error();
            }
            None => {}
        }
        if !self.deeper() {
            return self.error();
        }
        self.results.insert((file, expr, env), None);
        let result = self.enter(file, expr, |this| this.eval_new(file, expr, env));
        self.results.insert((file, expr, env), Some(result));
        result
    }

    /// Runs with `here` set, so that what is made and reported knows where it comes from.
    fn enter<T>(&mut self, file: FileId, expr: ExprId, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.here, (file, expr));
        let user = self.user;
        if file == FileId::MAIN {
            self.user = Some(expr);
        }
        let result = run(self);
        self.here = outer;
        self.user = user;
        result
    }

    fn eval_new(&mut self, file: FileId, expr: ExprId, env: Env) -> BoxId {
        // The file is shared and never changes: holding it leaves `self` free.
        let held = self.files[file.index()].file.clone();
        match held.syntax.expr(expr) {
            &Expr::Name(name) => self.eval_name(file, name, env),
            &Expr::Negated(name) => {
                let value = self.eval_name(file, name, env);
                let zero = self.int(0);
                self.infix(crate::prim::Prim::Sub, zero, value)
            }
            &Expr::Binary(prim, a, b) => {
                let a = self.eval(file, a, env);
                let b = self.eval(file, b, env);
                self.infix(prim, a, b)
            }
            &Expr::Delayed(x) => {
                let x = self.eval(file, x, env);
                self.delayed(x)
            }
            &Expr::Compose(compose, a, b) => {
                let a = self.eval(file, a, env);
                let b = self.eval(file, b, env);
                self.compose(compose, a, b)
            }
            &Expr::With(body, list) => {
                let inner = self.define(env, file, list);
                self.eval(file, body, inner)
            }
            Expr::Letrec { body, equations, wheres } => self.letrec(file, *body, equations, *wheres, env),
            &Expr::Access(base, name) => self.access(file, base, name, env),
            Expr::Apply(function, arguments) => {
                let function = self.eval(file, *function, env);
                let mut values = Vec::with_capacity(arguments.len());
                for &argument in arguments {
                    values.push(self.eval(file, argument, env));
                }
                self.apply(function, &values)
            }
            &Expr::Modify(base, list) => {
                let base = self.eval(file, base, env);
                match self.boxes.get(base) {
                    Diagram::Environment(top) => {
                        let env = self.replace(top, file, list, env);
                        self.make(Diagram::Environment(env))
                    }
                    Diagram::Component(top) => {
                        let env = self.replace(top, file, list, env);
                        self.make(Diagram::Component(env))
                    }
                    Diagram::Closure(made, lambda, bound, top) => {
                        let env = self.replace(top, file, list, env);
                        self.make(Diagram::Closure(made, lambda, bound, env))
                    }
                    _ => self.not_an_environment(base),
                }
            }
            Expr::Lambda(..) => self.make(Diagram::Closure(file, expr, 0, env)),
            Expr::Case(_) => self.matcher(file, expr, env),
            &Expr::Environment(list) => {
                let inner = self.define(env, file, list);
                self.make(Diagram::Environment(inner))
            }
            &Expr::Library(name) => self.library(file, name),
            &Expr::Component(name) => self.component(file, name),
            other => self.form(file, other, env),
        }
    }

    fn eval_name(&mut self, file: FileId, name: Name, env: Env) -> BoxId {
        let text = self.text(file, name);
        match self.lookup(env, text) {
            Some(Bound::Value(value)) => value,
            Some(Bound::Definition(file, expr, env)) => self.eval(file, expr, env),
            None => self.undefined(text, env),
        }
    }

    fn access(&mut self, file: FileId, base: ExprId, name: Name, env: Env) -> BoxId {
        let base = self.eval(file, base, env);
        match self.boxes.get(base) {
            // A function knows the names that were visible where it was made.
            Diagram::Environment(inside) | Diagram::Component(inside) | Diagram::Closure(.., inside) => {
                self.eval_name(file, name, inside)
            }
            _ => self.not_an_environment(base),
        }
    }

    fn library(&mut self, file: FileId, name: Name) -> BoxId {
        let span = self.here_span();
        match self.open(name, file, span) {
            Some(opened) => {
                let env = self.define(Env::ROOT, opened, ListId::FILE);
                self.make(Diagram::Environment(env))
            }
            None => self.error(),
        }
    }

    fn component(&mut self, file: FileId, name: Name) -> BoxId {
        let span = self.here_span();
        match self.open(name, file, span) {
            Some(opened) => {
                let env = self.define(Env::ROOT, opened, ListId::FILE);
                self.make(Diagram::Component(env))
            }
            None => self.error(),
        }
    }

    pub(super) fn defines_process(&mut self, env: Env) -> bool {
        let process = self.texts.intern(&"process".into());
        self.lookup(env, process).is_some()
    }

    /// The `process` of a component, as a box.
    pub(super) fn process_of(&mut self, env: Env) -> BoxId {
        let process = self.texts.intern(&"process".into());
        match self.lookup(env, process) {
            Some(Bound::Value(value)) => self.boxed(value),
            Some(Bound::Definition(file, expr, env)) => {
                let value = self.eval(file, expr, env);
                self.boxed(value)
            }
            None => {
                let message = match self.file_of(env) {
                    Some(path) => format!("`{path}` defines no `process`"),
                    None => "this component defines no `process`".to_owned(),
                };
                self.trouble(Code::FaustProcess, message);
                self.help(
                    "a component used as a box is its `process`; other names: component(\"file\").name",
                );
                self.error()
            }
        }
    }

    fn delayed(&mut self, x: BoxId) -> BoxId {
        let mem = self.make(Diagram::Prim(crate::prim::Prim::Mem));
        self.compose(Compose::Seq, x, mem)
    }

    /// `a op b`, which is `a, b : op`.
    fn infix(&mut self, prim: crate::prim::Prim, a: BoxId, b: BoxId) -> BoxId {
        let both = self.make(Diagram::Compose(Compose::Par, a, b));
        let operator = self.make(Diagram::Prim(prim));
        self.compose(Compose::Seq, both, operator)
    }

    /// A composition; a primitive of numbers becomes its value.
    pub(super) fn compose(&mut self, compose: Compose, a: BoxId, b: BoxId) -> BoxId {
        if compose == Compose::Seq
            && let Some(value) = self.folded(a, b)
        {
            return value;
        }
        self.connected(compose, a, b)
    }

    /// A composition as it is.
    pub(super) fn connected(&mut self, compose: Compose, a: BoxId, b: BoxId) -> BoxId {
        let made = self.make(Diagram::Compose(compose, a, b));
        self.of_size(made)
    }

    /// The box, if it has no more ports than any may have.
    fn of_size(&mut self, made: BoxId) -> BoxId {
        match self.boxes.arity(made) {
            crate::elaborate::diagram::Arity::Known(inputs, outputs) if inputs.max(outputs) > MAX_PORTS => {
                self.trouble(Code::FaustSize, format!("a box with more than {MAX_PORTS} inputs or outputs"));
                self.error()
            }
            _ => made,
        }
    }

    /// The boxes side by side, nested to the right.
    pub(super) fn parallel(&mut self, boxes: &[BoxId]) -> BoxId {
        let Some((&last, rest)) = boxes.split_last() else { return self.make(Diagram::Empty) };
        let all = rest.iter().rev();
        let all = all.fold(last, |right, &left| self.make(Diagram::Compose(Compose::Par, left, right)));
        self.of_size(all)
    }

    pub(super) fn wires(&mut self, count: u32) -> BoxId {
        let wire = self.make(Diagram::Wire);
        self.parallel(&vec![wire; count as usize])
    }

    pub(super) fn fresh_slot(&mut self) -> (u32, BoxId) {
        let slot = self.next_slot;
        self.next_slot += 1;
        (slot, self.make(Diagram::Slot(slot)))
    }

    /// `R = (\(x, y).(a, b) with wheres) ~ (_, _)`; outside, each name is its output of R.
    ///
    /// The order of the equations shows only in which of the inputs of R each right side takes. As in the official
    /// compiler it is no matter of how they are listed: the name that the file mentions last comes first.
    fn letrec(
        &mut self,
        file: FileId,
        body: ExprId,
        equations: &[(Name, ExprId)],
        wheres: Option<ListId>,
        env: Env,
    ) -> BoxId {
        if equations.is_empty() {
            return self.eval(file, body, env);
        }
        let mut equations = equations.to_vec();
        equations.sort_unstable_by_key(|&(name, _)| std::cmp::Reverse(name));
        let names: Vec<Text> = equations.iter().map(|&(name, _)| self.text(file, name)).collect();
        let mut inner = env;
        let mut slots = Vec::with_capacity(names.len());
        for &name in &names {
            let (slot, value) = self.fresh_slot();
            inner = self.bind(inner, name, value);
            slots.push(slot);
        }
        if let Some(list) = wheres {
            inner = self.define(inner, file, list);
        }
        let mut rights = Vec::with_capacity(names.len());
        for &(_, right) in &equations {
            let value = self.eval(file, right, inner);
            rights.push(self.boxed(value));
        }
        let count = u32::try_from(names.len()).expect("equations are fewer than bytes");
        let mut function = self.parallel(&rights);
        for &slot in slots.iter().rev() {
            function = self.make(Diagram::Symbolic(slot, function));
        }
        let feedback = self.wires(count);
        let recursion = self.compose(Compose::Rec, function, feedback);
        let mut outer = env;
        for (&name, port) in names.iter().zip(1..) {
            let routing = Routing { inputs: count, outputs: 1, pairs: vec![(port, 1)] };
            let table = self.boxes.intern(Table::Routing(routing));
            let selector = self.make(Diagram::Route(table));
            let value = self.compose(Compose::Seq, recursion, selector);
            outer = self.bind(outer, name, value);
        }
        self.eval(file, body, outer)
    }
}

fn too_many_boxes() -> String {
    format!("more than {MAX_DIAGRAMS} boxes")
}
