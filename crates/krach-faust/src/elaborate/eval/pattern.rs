//! Rules: patterns, what they match, what they bind.

use super::Evaluator;
use crate::elaborate::diagram::{BoxId, Diagram, Table, TableId};
use crate::elaborate::ids::{CaseId, Env, FileId};
use crate::elaborate::interner::Text;
use crate::prim::Prim;
use crate::syntax::{Compose, Expr, ExprId};
use krach_diag::Code;
use std::rc::Rc;

/// A `case` in its environment, its patterns evaluated.
#[derive(Debug)]
pub(super) struct Case {
    file: FileId,
    expr: ExprId,
    env: Env,
    rules: Rc<[(Vec<BoxId>, ExprId)]>,
    /// For each argument, whether a rule has a number there: then the argument is reduced to one.
    numeric: Rc<[bool]>,
}

impl Evaluator<'_> {
    pub(super) fn matcher(&mut self, file: FileId, expr: ExprId, env: Env) -> BoxId {
        let case = self.case(file, expr, env);
        let none = self.boxes.intern(Table::Arguments(Vec::new()));
        self.make(Diagram::Matcher(case, none))
    }

    fn case(&mut self, file: FileId, expr: ExprId, env: Env) -> CaseId {
        if let Some(&known) = self.known_cases.get(&(file, expr, env)) {
            return known;
        }
        let held = self.files[file.index()].file.clone();
        let Expr::Case(rules) = held.syntax.expr(expr) else { unreachable!("matchers are made of cases") };
        let rules: Rc<[(Vec<BoxId>, ExprId)]> = rules
            .iter()
            .map(|rule| {
                let patterns =
                    rule.patterns.iter().map(|&pattern| self.pattern(file, pattern, env)).collect();
                (patterns, rule.body)
            })
            .collect();
        let mut numeric = vec![false; rules.first().map_or(0, |(patterns, _)| patterns.len())];
        for (patterns, _) in rules.iter() {
            for (numeric, &pattern) in numeric.iter_mut().zip(patterns) {
                *numeric |= matches!(self.boxes.get(pattern), Diagram::Int(_) | Diagram::Real(_));
            }
        }
        let id = CaseId(u32::try_from(self.cases.len()).expect("fewer cases than results"));
        self.cases.push(Case { file, expr, env, rules, numeric: numeric.into() });
        self.known_cases.insert((file, expr, env), id);
        id
    }

    /// A pattern as a diagram: its names are variables, even where they mean something outside.
    fn pattern(&mut self, file: FileId, expr: ExprId, env: Env) -> BoxId {
        if !self.deeper() {
            return self.error();
        }
        let held = self.files[file.index()].file.clone();
        let made = match held.syntax.expr(expr) {
            &Expr::Name(name) => {
                let text = self.text(file, name);
                return self.make(Diagram::Variant(text));
            }
            &Expr::Negated(name) => {
                let text = self.text(file, name);
                let variable = self.make(Diagram::Variant(text));
                let zero = self.int(0);
                self.infix(Prim::Sub, zero, variable)
            }
            &Expr::Delayed(x) => {
                let x = self.pattern(file, x, env);
                self.delayed(x)
            }
            &Expr::Iterate(iterate, _, count, body) => {
                let Some(count) = self.copies(file, count, env) else { return self.error() };
                // The counter is a variable too, so the copies are all alike.
                let body = self.pattern(file, body, env);
                self.joined(iterate, &vec![body; count])
            }
            &Expr::Compose(compose, a, b) => {
                let a = self.pattern(file, a, env);
                let b = self.pattern(file, b, env);
                self.compose(compose, a, b)
            }
            &Expr::Binary(prim, a, b) => {
                let a = self.pattern(file, a, env);
                let b = self.pattern(file, b, env);
                self.infix(prim, a, b)
            }
            Expr::Apply(function, arguments) => {
                // The head of an application means what it means outside.
                let function = self.eval(file, *function, env);
                let arguments: Vec<BoxId> =
                    arguments.iter().map(|&argument| self.pattern(file, argument, env)).collect();
                self.apply(function, &arguments)
            }
            &Expr::Group(group, label, body) => {
                let label = self.label(file, label, env);
                let body = self.pattern(file, body, env);
                self.make(Diagram::Group(group, label, body))
            }
            _ => self.eval(file, expr, env),
        };
        self.reduced(made)
    }

    /// One more argument; the last one chooses a rule.
    pub(super) fn apply_case(&mut self, case: CaseId, taken: TableId, argument: BoxId) -> BoxId {
        let mut arguments = self.boxes.arguments(taken).to_vec();
        let Case { file, expr, env, ref rules, ref numeric } = self.cases[case.0 as usize];
        let (rules, numeric) = (rules.clone(), numeric.clone());
        arguments.push(if numeric[arguments.len()] { self.reduced(argument) } else { argument });
        if arguments.len() < numeric.len() {
            let taken = self.boxes.intern(Table::Arguments(arguments));
            return self.make(Diagram::Matcher(case, taken));
        }
        let mut bound: Vec<(Text, BoxId)> = Vec::new();
        for (patterns, body) in rules.iter() {
            bound.clear();
            if patterns
                .iter()
                .zip(&arguments)
                .all(|(&pattern, &value)| self.matches(pattern, value, &mut bound))
            {
                let taken_whole = patterns.iter().zip(&arguments).find(|&(&pattern, &value)| {
                    matches!(self.boxes.get(pattern), Diagram::Variant(_)) && self.misfits(value)
                });
                if let Some((_, &value)) = taken_whole {
                    self.fault(value);
                    return self.error();
                }
                bound.sort_unstable_by_key(|&(name, _)| name);
                let env = bound.iter().fold(env, |env, &(name, value)| self.bind(env, name, value));
                return self.eval(file, *body, env);
            }
        }
        if arguments.iter().any(|&argument| self.boxes.facts(argument).error) {
            return self.error();
        }
        let shown: Vec<String> = arguments.iter().map(|&argument| self.show(argument)).collect();
        self.trouble(Code::FaustNoRule, format!("no rule matches ({})", shown.join(", ")));
        if let Some(place) = self.place_of((file, expr))
            && let Some(last) = self.reports.last_mut()
            && last.labels.is_empty()
        {
            last.labels.push(krach_diag::Label { place, text: "these are the rules".to_owned() });
        }
        self.error()
    }

    /// Whether the value has the shape of the pattern; variables of the pattern are bound.
    fn matches(&mut self, pattern: BoxId, value: BoxId, bound: &mut Vec<(Text, BoxId)>) -> bool {
        let mut wanted = vec![(pattern, value)];
        while let Some((pattern, value)) = wanted.pop() {
            if let Diagram::Variant(name) = self.boxes.get(pattern) {
                match bound.iter().find(|&&(known, _)| known == name) {
                    Some(&(_, before)) if before != value => return false,
                    Some(_) => {}
                    None => bound.push((name, value)),
                }
                continue;
            }
            if !self.boxes.facts(pattern).variants {
                if pattern != value && pattern != self.reduced(value) {
                    return false;
                }
                continue;
            }
            match (self.boxes.get(pattern), self.boxes.get(value)) {
                (Diagram::Compose(p, a, b), Diagram::Compose(v, x, y)) if p == v => {
                    wanted.push((b, y));
                    wanted.push((a, x));
                }
                (Diagram::Group(p, pl, a), Diagram::Group(v, vl, x)) if p == v && pl == vl => {
                    wanted.push((a, x));
                }
                _ => return false,
            }
        }
        true
    }

    /// A short picture of a value, for messages.
    pub(super) fn show(&self, id: BoxId) -> String {
        match self.boxes.get(id) {
            Diagram::Int(value) => value.to_string(),
            Diagram::Real(bits) => format!("{:?}", f64::from_bits(bits)),
            Diagram::Wire => "_".to_owned(),
            Diagram::Cut => "!".to_owned(),
            Diagram::Prim(prim) => prim.text().to_owned(),
            Diagram::Closure(..) | Diagram::Matcher(..) => "a function".to_owned(),
            Diagram::Environment(_) => "an environment".to_owned(),
            Diagram::Component(_) => "a component".to_owned(),
            Diagram::Slot(_) => "a signal".to_owned(),
            Diagram::Compose(Compose::Par, ..) => "a list".to_owned(),
            _ => "a box".to_owned(),
        }
    }
}
