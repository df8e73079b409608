//! From syntax to text: parentheses where precedence asks for them, lines of at most 100 columns where possible.

use crate::syntax::ast::{Ast, Compose, Definition, Equation, Expr, Infix, Numbers, Part, Statement};
use krach_ir::ControlKind;
use pretty::RcDoc;
use std::fmt::{self, Display, Write};

const WIDTH: usize = 100;
const INDENT: isize = 4;

/// Levels of what is not an operator; those of operators are in the table of the syntax.
const LOWEST: u8 = 0;
const POSTFIX: u8 = 10;
const APPLICATION: u8 = 11;
const PRIMARY: u8 = 12;

type Doc = RcDoc<'static, ()>;

impl Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before: Option<(&Statement, bool)> = None;
        for statement in &self.statements {
            let text = statement_text(statement);
            let long = text.contains('\n');
            if before
                .is_some_and(|(other, was_long)| was_long || long || section(other) != section(statement))
            {
                f.write_char('\n')?;
            }
            writeln!(f, "{text}")?;
            before = Some((statement, long));
        }
        Ok(())
    }
}

impl Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        definition(self).render_fmt(WIDTH, f)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expr(self, LOWEST).render_fmt(WIDTH, f)
    }
}

/// Sections of a file stand apart: the header, functions, values.
fn section(statement: &Statement) -> u8 {
    match statement {
        Statement::Import(_) | Statement::Declare(..) | Statement::DeclareFor(..) => 0,
        Statement::Definition(Definition { name, .. }) if &**name == "process" => 2,
        Statement::Definition(Definition { parameters, .. }) if parameters.is_empty() => 2,
        Statement::Definition(_) => 1,
    }
}

fn statement_text(statement: &Statement) -> String {
    match statement {
        Statement::Import(file) => format!("import(\"{file}\");"),
        Statement::Declare(key, value) => format!("declare {key} \"{value}\";"),
        Statement::DeclareFor(function, key, value) => format!("declare {function} {key} \"{value}\";"),
        Statement::Definition(definition) => definition.to_string(),
    }
}

fn definition(definition: &Definition) -> Doc {
    let precisions =
        definition.precisions.iter().fold(RcDoc::nil(), |doc: Doc, word| doc.append(*word).append(" "));
    let name = precisions.append(text(&definition.name));
    let head = match &definition.parameters[..] {
        [] => name,
        parameters => {
            let parameters = commas(parameters.iter().map(argument)).nest(INDENT).group();
            name.append("(").append(parameters).append(")")
        }
    };
    let comment = definition.comment.as_ref().map_or_else(RcDoc::nil, |comment| {
        RcDoc::text("// ").append(text(comment)).append(RcDoc::hardline())
    });
    comment.append(bound(head, &definition.body))
}

/// `head = body;`. What ends in a block stays on the line of its head, anything else moves down if it is too long.
fn bound(head: Doc, body: &Expr) -> Doc {
    let value = match body {
        Expr::With(body, definitions) => moved(body).append(RcDoc::hardline()).append(with(definitions)),
        _ => moved(body),
    };
    head.append(" =").append(value).append(";")
}

fn moved(body: &Expr) -> Doc {
    let value = expr(body, LOWEST);
    match body {
        Expr::Letrec(..) | Expr::Waveform(_) | Expr::Apply(..) | Expr::Widget(..) => {
            RcDoc::space().append(value)
        }
        _ => RcDoc::line().append(value).nest(INDENT).group(),
    }
}

fn with(definitions: &[Definition]) -> Doc {
    RcDoc::text("with ").append(block(definitions.iter().map(definition).collect()))
}

/// The expression, in parentheses if it binds less tightly than its surroundings want.
fn expr(expr: &Expr, wanted: u8) -> Doc {
    let inner = bare(expr);
    if level(expr) < wanted { RcDoc::text("(").append(inner.nest(1)).append(")") } else { inner }
}

fn level(expr: &Expr) -> u8 {
    match expr {
        Expr::With(..) | Expr::Letrec(..) => LOWEST,
        Expr::Compose(operator, ..) => operator.level(),
        Expr::Infix(operator, ..) => operator.level(),
        Expr::Before(_) => POSTFIX,
        Expr::Apply(..) | Expr::Access(..) | Expr::Modify(..) => APPLICATION,
        // A sign belongs to the number, but `-1'` and `-x(2)` invite misreading.
        signed if is_negative(signed) => Infix::Delay.level(),
        _ => PRIMARY,
    }
}

fn is_negative(expr: &Expr) -> bool {
    match expr {
        Expr::Int(value) => *value < 0,
        Expr::Real(value) => value.is_sign_negative(),
        Expr::Negative(_) => true,
        _ => false,
    }
}

fn bare(whole: &Expr) -> Doc {
    match whole {
        Expr::Int(value) => RcDoc::as_string(value),
        Expr::Real(value) => RcDoc::text(real(*value)),
        Expr::Name(name) => text(name),
        Expr::Negative(name) => RcDoc::text("-").append(text(name)),
        Expr::Access(library, name) => expr(library, APPLICATION).append(".").append(text(name)),
        Expr::Wire => RcDoc::text("_"),
        Expr::Cut => RcDoc::text("!"),
        Expr::Operator(operator) => RcDoc::text(operator.symbol()),
        Expr::Infix(..) => infix(whole),
        Expr::Before(inner) => expr(inner, POSTFIX).append("'"),
        Expr::Apply(function, arguments) => {
            expr(function, APPLICATION).append(parenthesised(arguments.iter().map(argument)))
        }
        Expr::Compose(Compose::Rec, left, right) => {
            let level = Compose::Rec.level();
            expr(left, level).append(" ~ ").append(expr(right, level + 1))
        }
        Expr::Compose(..) => chain(whole),
        Expr::With(body, definitions) => {
            expr(body, LOWEST).append(RcDoc::hardline()).append(with(definitions))
        }
        Expr::Letrec(body, equations, definitions) => letrec(body, equations, definitions),
        Expr::Widget(kind, label, numbers) => {
            let label = RcDoc::text(format!("\"{label}\""));
            RcDoc::text(widget(*kind))
                .append(parenthesised(std::iter::once(label).chain(numbers.iter().map(argument))))
        }
        Expr::Waveform(numbers) => waveform(numbers),
        Expr::Lambda(parameters, body) => {
            let parameters = commas(parameters.iter().map(text));
            RcDoc::text("\\(")
                .append(parameters)
                .append(").(")
                .append(expr(body, LOWEST).nest(INDENT))
                .append(")")
        }
        Expr::Case(rules) => RcDoc::text("case ").append(block(rules.iter().map(rule).collect())),
        Expr::Environment(statements) => {
            let lines = statements.iter().map(statement_doc).collect();
            RcDoc::text("environment ").append(block(lines))
        }
        Expr::Modify(base, definitions) => {
            let inside = joined(definitions.iter().map(definition).collect(), &RcDoc::line());
            expr(base, APPLICATION).append("[").append(inside.nest(INDENT).group()).append("]")
        }
        Expr::Modulate(targets, body) => {
            let targets = commas(targets.iter().map(|(target, circuit)| {
                let target = RcDoc::text(format!("\"{target}\""));
                match circuit {
                    Some(circuit) => target.append(": ").append(argument(circuit)),
                    None => target,
                }
            }));
            RcDoc::text("[").append(targets).append(" -> ").append(expr(body, LOWEST)).append("]")
        }
        Expr::Form(word, parts) => RcDoc::text(*word).append(parenthesised(parts.iter().map(part))),
    }
}

fn part(part: &Part) -> Doc {
    match part {
        Part::Text(words) => RcDoc::text(format!("\"{words}\"")),
        Part::Word(word) => text(word),
        Part::Argument(inner) => argument(inner),
        Part::Body(inner) => expr(inner, LOWEST),
    }
}

fn rule((patterns, body): &(Vec<Expr>, Expr)) -> Doc {
    let head = RcDoc::text("(").append(commas(patterns.iter().map(argument))).append(") =>");
    head.append(RcDoc::line().append(expr(body, LOWEST)).nest(INDENT).group()).append(";")
}

fn statement_doc(statement: &Statement) -> Doc {
    match statement {
        Statement::Definition(inner) => definition(inner),
        _ => RcDoc::text(statement_text(statement)),
    }
}

fn letrec(body: &Expr, equations: &[Equation], definitions: &[Definition]) -> Doc {
    let mut lines: Vec<Doc> =
        equations.iter().map(|e| bound(RcDoc::text("'").append(text(&e.name)), &e.next)).collect();
    if let Some((first, rest)) = definitions.split_first() {
        lines.push(RcDoc::text("where ").append(definition(first)));
        lines.extend(rest.iter().map(definition));
    }
    let head = expr(body, LOWEST + 1).append(" letrec ");
    match &lines[..] {
        [only] => {
            let inside = RcDoc::line().append(only.clone()).nest(INDENT).append(RcDoc::line());
            head.append("{").append(inside.group()).append("}")
        }
        _ => head.append(block(lines)),
    }
}

fn block(lines: Vec<Doc>) -> Doc {
    let inside = RcDoc::hardline().append(joined(lines, &RcDoc::hardline()));
    RcDoc::text("{").append(inside.nest(INDENT)).append(RcDoc::hardline()).append("}")
}

/// A run of operators of one level breaks before every operator or before none.
fn infix(whole: &Expr) -> Doc {
    let mut tail: Vec<(Infix, &Expr)> = Vec::new();
    let mut first = whole;
    let level = level(whole);
    while let Expr::Infix(operator, left, right) = first
        && operator.level() == level
    {
        tail.push((*operator, right));
        first = left;
    }
    let mut doc = expr(first, level);
    let mut rest = RcDoc::nil();
    for (operator, right) in tail.into_iter().rev() {
        // `5 - (-3)` as people write it, not `5 - -3`.
        let signed = matches!(operator, Infix::Add | Infix::Sub) && is_negative(right);
        let right = expr(right, if signed { PRIMARY } else { level + 1 });
        rest = rest.append(RcDoc::line()).append(operator.symbol()).append(" ").append(right);
    }
    doc = doc.append(rest);
    doc.group()
}

/// `a : b : c` and `a, b, c`, right-associative in the tree, one line or one part a line.
fn chain(whole: &Expr) -> Doc {
    let Expr::Compose(operator, ..) = whole else { return bare(whole) };
    let level = operator.level();
    let mut parts: Vec<Doc> = Vec::new();
    let mut rest: Vec<&Expr> = vec![whole];
    while let Some(next) = rest.pop() {
        match next {
            // A chain nests to the right; what nests to the left keeps its parentheses: patterns can tell.
            Expr::Compose(other, left, right) if other == operator => {
                parts.push(expr(left, level + 1));
                rest.push(right);
            }
            _ if operator.level() > Compose::Split.level() => parts.push(expr(next, level + 1)),
            _ => parts.push(expr(next, level)),
        }
    }
    let between = match operator {
        Compose::Par => RcDoc::text(",").append(RcDoc::line()),
        _ => RcDoc::line().append(operator.symbol()).append(" "),
    };
    joined(parts, &between).group()
}

/// Inside an argument list a comma separates arguments, so what contains one at top level is closed.
fn argument(argument: &Expr) -> Doc {
    let wanted = if has_comma(argument) { PRIMARY } else { LOWEST + 1 };
    expr(argument, wanted)
}

fn has_comma(expr: &Expr) -> bool {
    match expr {
        Expr::Compose(Compose::Par, ..) => true,
        Expr::Compose(Compose::Seq | Compose::Split | Compose::Merge, left, right) => {
            has_comma(left) || has_comma(right)
        }
        _ => false,
    }
}

fn parenthesised(parts: impl Iterator<Item = Doc>) -> Doc {
    let inside = RcDoc::line_().append(commas(parts)).nest(INDENT).append(RcDoc::line_());
    RcDoc::text("(").append(inside.group()).append(")")
}

fn commas(parts: impl Iterator<Item = Doc>) -> Doc {
    joined(parts.collect(), &RcDoc::text(",").append(RcDoc::line()))
}

/// The parts with something between them, as a balanced tree: a list of a million lines must not be a million deep.
fn joined(mut parts: Vec<Doc>, between: &Doc) -> Doc {
    match parts.len() {
        0 => RcDoc::nil(),
        1 => parts.remove(0),
        count => {
            let rest = parts.split_off(count / 2);
            joined(parts, between).append(between.clone()).append(joined(rest, between))
        }
    }
}

fn text(name: impl AsRef<str>) -> Doc {
    RcDoc::text(name.as_ref().to_owned())
}

fn widget(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::Slider => "hslider",
        ControlKind::Number => "nentry",
        ControlKind::Button => "button",
        ControlKind::Checkbox => "checkbox",
    }
}

/// The shortest digits that read back as the same number; always a real to Faust.
fn real(value: f64) -> String {
    if value.is_infinite() {
        format!("{}1e999", if value < 0.0 { "-" } else { "" })
    } else {
        format!("{value:?}")
    }
}

/// Tables may have millions of entries: their lines are filled without the layout algorithm.
fn waveform(numbers: &Numbers) -> Doc {
    let words: Box<dyn Iterator<Item = String>> = match numbers {
        Numbers::Ints(values) => Box::new(values.iter().map(i32::to_string)),
        Numbers::Reals(values) => Box::new(values.iter().map(|&value| real(value))),
    };
    let mut lines: Vec<Doc> = Vec::new();
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.len() + word.len() + 2 > WIDTH - 2 * INDENT.unsigned_abs() {
            line.push(',');
            lines.push(RcDoc::text(std::mem::take(&mut line)));
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&word);
    }
    if lines.is_empty() {
        return RcDoc::text(format!("waveform{{{line}}}"));
    }
    lines.push(RcDoc::text(line));
    RcDoc::text("waveform").append(block(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(name: &str) -> Expr {
        Expr::name(name)
    }

    fn op(operator: Infix, left: Expr, right: Expr) -> Expr {
        Expr::infix(operator, left, right)
    }

    #[test]
    fn parentheses_stand_where_precedence_asks_for_them() {
        let sum = || op(Infix::Add, n("a"), n("b"));
        let pair = || Expr::parallel(vec![n("a"), n("b")]);
        let call = |arguments| Expr::call(n("f"), arguments);
        for (expr, text) in [
            (op(Infix::Sub, n("a"), op(Infix::Sub, n("b"), n("c"))), "a - (b - c)"),
            (op(Infix::Sub, op(Infix::Sub, n("a"), n("b")), n("c")), "a - b - c"),
            (op(Infix::Mul, sum(), n("c")), "(a + b) * c"),
            (op(Infix::Delay, op(Infix::Delay, n("a"), n("b")), sum()), "a @ b @ (a + b)"),
            (op(Infix::Delay, n("a"), n("b")).before(), "(a @ b)'"),
            (op(Infix::Delay, n("a"), n("b").before()), "a @ b'"),
            (op(Infix::Sub, n("a"), Expr::Int(-3)), "a - (-3)"),
            (op(Infix::Delay, Expr::Int(-3), Expr::Int(2)), "-3 @ 2"),
            (Expr::Int(-1).before(), "(-1)'"),
            (Expr::Negative("x".into()).before(), "(-x)'"),
            (sum().before().before(), "(a + b)''"),
            (n("x").then(call(vec![pair()])), "x : f((a, b))"),
            (call(vec![n("x").then(n("g")), n("y")]), "f(x : g, y)"),
            (call(vec![pair().then(n("g"))]), "f((a, b : g))"),
            (call(vec![sum().with(vec![])]), "f(a + b)"),
            (Expr::parallel(vec![n("x").then(n("g")), n("y")]), "(x : g), y"),
            (op(Infix::Add, n("x").then(n("g")), n("y")), "(x : g) + y"),
            (n("x").channel(1, 3), "x : !, _, !"),
            (Expr::library("fi", "lowpass"), "fi.lowpass"),
            (op(Infix::Xor, n("a"), op(Infix::Shl, n("b"), n("c"))), "a xor (b << c)"),
            (op(Infix::Lt, sum(), n("c")), "a + b < c"),
            (Expr::Compose(Compose::Rec, Box::new(sum()), Box::new(Expr::Wire)), "a + b ~ _"),
            (Expr::Compose(Compose::Split, Box::new(pair()), Box::new(n("f"))), "a, b <: f"),
            (op(Infix::Sub, n("a"), Expr::Int(-24)), "a - (-24)"),
            (op(Infix::Add, n("a"), op(Infix::Mul, Expr::Real(-0.5), n("b"))), "a + -0.5 * b"),
            (Expr::Real(1e-9), "1e-9"),
            (Expr::Real(55.0), "55.0"),
        ] {
            assert_eq!(expr.to_string(), text);
        }
    }

    #[test]
    fn lines_break_before_operators_and_stay_short() {
        let long = || n("a_name_that_is_rather_long");
        let sum = (0..5).fold(long(), |sum, _| op(Infix::Add, sum, long()));
        let body = Expr::call(n("f"), vec![sum.clone(), sum]);
        let definition = Definition::function("y".into(), vec!["x".into()], body);
        let text = definition.to_string();
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(text.lines().nth(1), Some("    a_name_that_is_rather_long"), "{text}");
        assert_eq!(text.lines().nth(2), Some("    + a_name_that_is_rather_long"), "{text}");
    }

    #[test]
    fn a_million_numbers_are_no_depth() {
        let numbers = Numbers::Reals((0..1_000_000).map(f64::from).collect());
        let text = Expr::Waveform(numbers).to_string();
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert!(text.contains("999999.0\n}"));
    }
}
