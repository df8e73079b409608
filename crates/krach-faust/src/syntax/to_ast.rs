//! A text that was read, as the tree that the pretty-printer prints.

use crate::prim::Prim;
use crate::syntax::ast::{self, Ast, Definition, Equation, Infix, Numbers, Part};
use crate::syntax::{
    Compose, Expr, ExprId, Foreign, ForeignFunction, Group, Iterate, ListId, Name, Number, Precisions,
    Slider, StatementKind, Syntax,
};
use krach_ir::ControlKind;
use std::sync::Arc;

/// Deeper trees are not made: printing them would need as much stack.
const MAX_DEPTH: u32 = 1_000;

impl Syntax {
    /// The tree of the whole file, unless it is deeper than a thousand levels.
    #[must_use]
    pub fn to_ast(&self) -> Option<Ast> {
        Some(Ast { statements: self.tree_of_list(ListId::FILE, 0)? })
    }

    fn tree_of_list(&self, list: ListId, depth: u32) -> Option<Vec<ast::Statement>> {
        let tree = |statement: &crate::syntax::Statement| {
            Some(match &statement.kind {
                StatementKind::Lost { .. } => return None,
                StatementKind::Import(file) => ast::Statement::Import(self.text(*file).clone()),
                StatementKind::Declare { function, key, value } => {
                    let (key, value) = (self.text(*key).clone(), self.text(*value).clone());
                    match function {
                        Some(function) => {
                            ast::Statement::DeclareFor(self.text(*function).clone(), key, value)
                        }
                        None => ast::Statement::Declare(key, value),
                    }
                }
                StatementKind::Define(definition) => ast::Statement::Definition(Definition {
                    comment: None,
                    precisions: words(statement.precisions),
                    name: self.text(definition.name).clone(),
                    parameters: self.trees(&definition.arguments, depth)?,
                    body: self.tree(definition.body, depth)?,
                }),
            })
        };
        self.list(list).statements.iter().map(tree).collect()
    }

    fn definitions(&self, list: ListId, depth: u32) -> Option<Vec<Definition>> {
        let definition = |statement| match statement {
            ast::Statement::Definition(definition) => Some(definition),
            _ => None,
        };
        Some(self.tree_of_list(list, depth)?.into_iter().filter_map(definition).collect())
    }

    fn trees(&self, ids: &[ExprId], depth: u32) -> Option<Vec<ast::Expr>> {
        ids.iter().map(|&id| self.tree(id, depth)).collect()
    }

    fn tree(&self, id: ExprId, depth: u32) -> Option<ast::Expr> {
        if depth == MAX_DEPTH {
            return None;
        }
        let depth = depth + 1;
        let boxed = |id| self.tree(id, depth).map(Box::new);
        let word = |name: Name| self.text(name).clone();
        Some(match self.expr(id) {
            &Expr::Int(value) => ast::Expr::Int(value),
            &Expr::Real(value) => ast::Expr::Real(value),
            Expr::Wire => ast::Expr::Wire,
            Expr::Lost => return None,
            Expr::Cut => ast::Expr::Cut,
            &Expr::Prim(prim) => match infix(prim) {
                Some(operator) => ast::Expr::Operator(operator),
                None => ast::Expr::name(if prim == Prim::Quote { "mem" } else { prim.text() }),
            },
            &Expr::Name(name) => ast::Expr::Name(word(name)),
            &Expr::Negated(name) => ast::Expr::Negative(word(name)),
            &Expr::Binary(prim, a, b) => ast::Expr::Infix(infix(prim)?, boxed(a)?, boxed(b)?),
            &Expr::Delayed(x) => ast::Expr::Before(boxed(x)?),
            &Expr::Compose(operator, a, b) => ast::Expr::Compose(compose(operator), boxed(a)?, boxed(b)?),
            &Expr::With(body, list) => ast::Expr::With(boxed(body)?, self.definitions(list, depth)?),
            Expr::Letrec { body, equations, wheres } => {
                let equation = |&(name, next): &(Name, ExprId)| {
                    Some(Equation { name: word(name), next: self.tree(next, depth)? })
                };
                let equations = equations.iter().map(equation).collect::<Option<_>>()?;
                let wheres = wheres.map_or(Some(Vec::new()), |list| self.definitions(list, depth))?;
                ast::Expr::Letrec(boxed(*body)?, equations, wheres)
            }
            &Expr::Access(base, name) => ast::Expr::Access(boxed(base)?, word(name)),
            Expr::Apply(function, arguments) => {
                ast::Expr::Apply(boxed(*function)?, self.trees(arguments, depth)?)
            }
            &Expr::Modify(base, list) => ast::Expr::Modify(boxed(base)?, self.definitions(list, depth)?),
            Expr::Lambda(parameters, body) => {
                ast::Expr::Lambda(parameters.iter().map(|&name| word(name)).collect(), boxed(*body)?)
            }
            Expr::Modulate(targets, body) => {
                let target = |&(name, circuit): &(Name, Option<ExprId>)| {
                    let circuit = match circuit {
                        Some(circuit) => Some(self.tree(circuit, depth)?),
                        None => None,
                    };
                    Some((word(name), circuit))
                };
                ast::Expr::Modulate(targets.iter().map(target).collect::<Option<_>>()?, boxed(*body)?)
            }
            Expr::Case(rules) => {
                let rule = |rule: &crate::syntax::Rule| {
                    Some((self.trees(&rule.patterns, depth)?, self.tree(rule.body, depth)?))
                };
                ast::Expr::Case(rules.iter().map(rule).collect::<Option<_>>()?)
            }
            &Expr::Environment(list) => ast::Expr::Environment(self.tree_of_list(list, depth)?),
            Expr::Waveform(values) => ast::Expr::Waveform(waveform(values)),
            other => self.form(other, depth)?,
        })
    }

    /// The words with brackets of their own.
    fn form(&self, expr: &Expr, depth: u32) -> Option<ast::Expr> {
        let text = |name: Name| Part::Text(self.text(name).clone());
        let word = |name: Name| Part::Word(self.text(name).clone());
        let argument = |id| self.tree(id, depth).map(Part::Argument);
        let body = |id| self.tree(id, depth).map(Part::Body);
        let widget = |kind, label: Name, range: &[ExprId]| {
            Some(ast::Expr::Widget(kind, self.text(label).clone(), self.trees(range, depth)?))
        };
        let (name, parts) = match *expr {
            Expr::Button(label) => return widget(ControlKind::Button, label, &[]),
            Expr::Checkbox(label) => return widget(ControlKind::Checkbox, label, &[]),
            Expr::Slider(Slider::Horizontal, label, ref range) => {
                return widget(ControlKind::Slider, label, range);
            }
            Expr::Slider(Slider::Entry, label, ref range) => {
                return widget(ControlKind::Number, label, range);
            }
            Expr::Slider(Slider::Vertical, label, range) => {
                let mut parts = vec![text(label)];
                parts.extend(range.into_iter().map(argument).collect::<Option<Vec<_>>>()?);
                ("vslider", parts)
            }
            Expr::Bargraph(vertical, label, [lo, hi]) => {
                let name = if vertical { "vbargraph" } else { "hbargraph" };
                (name, vec![text(label), argument(lo)?, argument(hi)?])
            }
            Expr::Soundfile(label, channels) => ("soundfile", vec![text(label), argument(channels)?]),
            Expr::Group(group, label, inner) => {
                let name = match group {
                    Group::Horizontal => "hgroup",
                    Group::Vertical => "vgroup",
                    Group::Tab => "tgroup",
                };
                (name, vec![text(label), body(inner)?])
            }
            Expr::Iterate(iterate, counter, count, inner) => {
                let name = match iterate {
                    Iterate::Par => "par",
                    Iterate::Seq => "seq",
                    Iterate::Sum => "sum",
                    Iterate::Prod => "prod",
                };
                (name, vec![word(counter), argument(count)?, body(inner)?])
            }
            Expr::Inputs(inner) => ("inputs", vec![body(inner)?]),
            Expr::Outputs(inner) => ("outputs", vec![body(inner)?]),
            Expr::Library(file) => ("library", vec![text(file)]),
            Expr::Component(file) => ("component", vec![text(file)]),
            Expr::Route(inputs, outputs, pairs) => {
                let mut parts = vec![argument(inputs)?, argument(outputs)?];
                if let Some(pairs) = pairs {
                    parts.push(body(pairs)?);
                }
                ("route", parts)
            }
            Expr::Function(ref function) => ("ffunction", self.foreign_function(function)),
            Expr::Constant(ty, name) => ("fconstant", self.foreign_value(ty, name)),
            Expr::Variable(ty, name) => ("fvariable", self.foreign_value(ty, name)),
            _ => return None,
        };
        Some(ast::Expr::Form(name, parts))
    }

    fn foreign_value(&self, ty: Foreign, name: Name) -> Vec<Part> {
        vec![Part::Word(format!("{} {}", foreign(ty), self.text(name)).into()), Part::Word("<math.h>".into())]
    }

    fn foreign_function(&self, function: &ForeignFunction) -> Vec<Part> {
        let names: Vec<&str> = function.names.iter().map(|&name| &**self.text(name)).collect();
        let types: Vec<&str> = function.arguments.iter().map(|&ty| foreign(ty)).collect();
        let head = format!("{} {}({})", foreign(function.result), names.join(" | "), types.join(", "));
        let include = self.text(function.include);
        let include = if include.starts_with('<') { include.to_string() } else { format!("\"{include}\"") };
        vec![
            Part::Word(head.into()),
            Part::Word(include.into()),
            Part::Text(self.text(function.library).clone()),
        ]
    }
}

fn foreign(ty: Foreign) -> &'static str {
    match ty {
        Foreign::Int => "int",
        Foreign::Float => "float",
        Foreign::Any => "any",
    }
}

fn words(precisions: Precisions) -> Vec<&'static str> {
    let marked = |at: &usize| precisions.0 & 1 << at != 0;
    (0..Precisions::WORDS.len()).filter(marked).map(|at| Precisions::WORDS[at]).collect()
}

fn infix(prim: Prim) -> Option<Infix> {
    Infix::ALL.iter().copied().find(|operator| operator.symbol() == prim.text())
}

fn compose(operator: Compose) -> ast::Compose {
    match operator {
        Compose::Split => ast::Compose::Split,
        Compose::Merge => ast::Compose::Merge,
        Compose::Seq => ast::Compose::Seq,
        Compose::Par => ast::Compose::Par,
        Compose::Rec => ast::Compose::Rec,
    }
}

fn waveform(values: &[Number]) -> Numbers {
    let int = |value: &Number| if let Number::Int(value) = *value { Some(value) } else { None };
    let real = |value: &Number| match *value {
        Number::Int(value) => f64::from(value),
        Number::Real(value) => value,
    };
    match values.iter().map(int).collect::<Option<Arc<[i32]>>>() {
        Some(ints) => Numbers::Ints(ints),
        None => Numbers::Reals(values.iter().map(real).collect()),
    }
}
