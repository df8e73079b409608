//! What is said when something is wrong.

use super::Evaluator;
use crate::elaborate::diagram::{Arity, BoxId, Diagram};
use crate::elaborate::ids::{Env, FileId};
use crate::elaborate::interner::Text;
use crate::syntax::{Compose, Expr, ExprId};
use krach_diag::{Code, Diagnostic, Place, Severity, Span};
use rustc_hash::FxHashSet;

/// Reports after which further ones are dropped.
const MAX_REPORTS: usize = 100;

/// The part of a program that makes it endless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repetition {
    Copies,
    Call,
}

impl Evaluator<'_> {
    pub fn syntax(&self, file: FileId) -> &crate::Syntax {
        &self.files[file.index()].file.syntax
    }

    pub fn place(&self, file: FileId, span: Span) -> Place {
        self.files[file.index()].file.syntax.source().place(span)
    }

    pub fn place_of(&self, (file, expr): (FileId, ExprId)) -> Option<Place> {
        let syntax = &self.files[file.index()].file.syntax;
        (expr.index() < syntax.exprs.len()).then(|| self.place(file, syntax.span(expr)))
    }

    /// The innermost call or iteration that an expression is part of, and that part; without one the expression itself. At
    /// which of its parts the room ends is chance.
    pub(super) fn repetition_around(
        &self,
        (file, expr): (FileId, ExprId),
    ) -> ((FileId, ExprId), Option<Repetition>) {
        let syntax = self.syntax(file);
        let Some(&part) = syntax.spans.get(expr.index()) else { return ((file, expr), None) };
        let around = syntax.spans.iter().zip(&syntax.exprs).zip(0..).filter(|&((span, around), _)| {
            let repeats = match around {
                // `*(2)` is no call of a function.
                Expr::Apply(function, _) => !matches!(syntax.expr(*function), Expr::Prim(_)),
                other => matches!(other, Expr::Iterate(..)),
            };
            repeats && span.start <= part.start && part.end <= span.end
        });
        match around.min_by_key(|((span, _), _)| span.end - span.start) {
            Some(((_, Expr::Iterate(..)), at)) => ((file, ExprId(at)), Some(Repetition::Copies)),
            Some((_, at)) => ((file, ExprId(at)), Some(Repetition::Call)),
            None => ((file, expr), None),
        }
    }

    pub(super) fn here_span(&self) -> Span {
        let (file, expr) = self.here;
        self.files[file.index()].file.syntax.span(expr)
    }

    pub fn report(&mut self, report: Diagnostic) {
        self.failed |= report.severity == Severity::Error;
        // A function that is used in many ways is wrong in one place.
        let alike = |known: &Diagnostic| known.message == report.message || report.code == Code::FaustDelay;
        let again =
            |known: &Diagnostic| known.place == report.place && known.code == report.code && alike(known);
        // Warnings leave room for errors.
        let room = if report.severity == Severity::Error { MAX_REPORTS } else { MAX_REPORTS / 2 };
        self.said = self.reports.len() < room && !self.reports.iter().any(again);
        if self.said {
            self.reports.push(report);
        }
    }

    /// Whether one more error would be dropped; to be asked before work is put into what it says.
    pub(super) fn said_enough(&mut self) -> bool {
        let enough = self.reports.len() >= MAX_REPORTS;
        self.failed |= enough;
        enough
    }

    /// An error at the expression being evaluated, with the user's expression that led there.
    pub fn trouble(&mut self, code: Code, message: String) {
        self.trouble_at(code, message, self.here);
    }

    pub fn trouble_at(&mut self, code: Code, message: String, origin: (FileId, ExprId)) {
        if self.said_enough() {
            self.said = false;
            return;
        }
        let mut report = Diagnostic::error(code, message);
        let user = self.user.and_then(|expr| self.place_of((FileId::MAIN, expr)));
        match (self.place_of(origin), user) {
            (Some(place), Some(user)) if origin.0 != FileId::MAIN => {
                // People read their own file first.
                report = report.at(user).label(place, "found here, in what it uses");
            }
            (Some(place), _) => report = report.at(place),
            (None, Some(user)) => report = report.at(user),
            (None, None) => {}
        }
        self.report(report);
    }

    /// By what a delay is written to delay, if it is written as `x @ amount`.
    pub fn amount(&self, (file, expr): (FileId, ExprId)) -> Option<String> {
        const LONGEST: usize = 60;
        let syntax = self.syntax(file);
        let Expr::Binary(crate::prim::Prim::At, _, amount) = syntax.exprs.get(expr.index())? else {
            return None;
        };
        let span = syntax.span(*amount);
        let text = &syntax.source().text()[span.start as usize..span.end as usize];
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = words.chars().take(LONGEST).collect();
        Some(if short.len() < words.len() { format!("`{short} …`") } else { format!("`{short}`") })
    }

    /// Adds a remedy to the report made last, unless that was a repetition.
    pub fn help(&mut self, text: &str) {
        if let Some(last) = self.reports.last_mut().filter(|last| self.said && last.helps.is_empty()) {
            last.helps.push(text.to_owned());
        }
    }

    pub(super) fn undefined(&mut self, name: Text, env: Env) -> BoxId {
        const LONGEST: usize = 64;
        if self.said_enough() {
            return self.error();
        }
        let text = self.texts.get(name).clone();
        let Some(mut visible) = self.visible(env) else {
            // What is missing was reported.
            return self.error();
        };
        visible.retain(|_| text.len() <= LONGEST);
        visible.sort();
        let near = visible
            .iter()
            .map(|other| (distance(&text, other), other))
            .filter(|&(distance, _)| distance < text.len() && distance <= (text.len() / 3).max(1))
            .min_by_key(|&(distance, _)| distance);
        let help = near.map(|(_, other)| format!("did you mean `{other}`?"));
        self.trouble(Code::FaustUndefined, format!("`{text}` is not defined"));
        match help {
            Some(help) => self.help(&help),
            None if text.len() == 2 => {
                self.help("the standard libraries come with import(\"stdfaust.lib\");");
            }
            None => {}
        }
        self.error()
    }

    /// Reports that the value of this expression is needed to compute it.
    pub(super) fn endless(&mut self, env: Env) {
        if self.has_arguments(env) {
            let message = "this call leads back to itself with the same arguments".to_owned();
            self.trouble(Code::FaustEndless, message);
            self.help(
                "a recursive function needs a rule that ends it, and its arguments must reach that rule",
            );
        } else {
            self.trouble(Code::FaustEndless, "this needs its own value to be computed".to_owned());
            self.help("a signal that depends on its past is written with `~` or `letrec`");
        }
    }

    pub(super) fn not_an_environment(&mut self, found: BoxId) -> BoxId {
        if self.boxes.get(found) != Diagram::Error {
            self.trouble(Code::FaustEnvironment, "only an environment has names inside".to_owned());
            self.help(
                "environments are made by `library(\"file\")` and `environment { }`; write -(e.x), not -e.x",
            );
        }
        self.error()
    }

    /// Reports why a box has no arity: its innermost parts that do not fit.
    pub fn fault(&mut self, id: BoxId) {
        if self.said_enough() {
            return;
        }
        let mut seen = FxHashSet::default();
        let mut wanted = vec![id];
        while let Some(id) = wanted.pop() {
            if self.boxes.arity(id) != Arity::Fault || !seen.insert(id) {
                continue;
            }
            match self.boxes.get(id) {
                Diagram::Compose(compose, a, b) => match (self.boxes.arity(a), self.boxes.arity(b)) {
                    (Arity::Known(..), Arity::Known(..)) => self.misfit(id, compose, a, b),
                    _ => wanted.extend([b, a]),
                },
                Diagram::Group(_, _, inner) | Diagram::Symbolic(_, inner) => wanted.push(inner),
                Diagram::Environment(_) => {
                    let origin = self.boxes.facts(id).origin;
                    let message = "an environment stands where a box is wanted".to_owned();
                    self.trouble_at(Code::FaustEnvironment, message, origin);
                }
                _ => {}
            }
        }
    }

    /// Reports a composition whose sides do not fit.
    fn misfit(&mut self, id: BoxId, compose: Compose, a: BoxId, b: BoxId) {
        let (Arity::Known(u, v), Arity::Known(x, y)) = (self.boxes.arity(a), self.boxes.arity(b)) else {
            return;
        };
        let outputs = |count: u32| format!("{count} output{}", if count == 1 { "" } else { "s" });
        let inputs = |count: u32| format!("{count} input{}", if count == 1 { "" } else { "s" });
        let (symbol, rule, left, right) = match compose {
            Compose::Seq => (":", "as many outputs as inputs", outputs(v), inputs(x)),
            Compose::Split => ("<:", "inputs that are a multiple of the outputs", outputs(v), inputs(x)),
            Compose::Merge => (":>", "outputs that are a multiple of the inputs", outputs(v), inputs(x)),
            Compose::Rec => (
                "~",
                "a right side that takes at most the outputs and gives at most the inputs of the left",
                format!("{} and {}", inputs(u), outputs(v)),
                format!("{} and {}", inputs(x), outputs(y)),
            ),
            Compose::Par => return,
        };
        let message = format!("`{symbol}` wants {rule}: the left side has {left}, the right side {right}");
        let origin = self.boxes.facts(id).origin;
        let before = self.reports.len();
        self.trouble_at(Code::FaustArity, message, origin);
        if self.reports.len() == before {
            return;
        }
        // Where the composition is written, its sides are too; a box may be written in many places.
        let (left, right) = match *self.syntax(origin.0).expr(origin.1) {
            Expr::Compose(written, left, right) if written == compose => {
                ((origin.0, left), (origin.0, right))
            }
            _ => (self.boxes.facts(a).origin, self.boxes.facts(b).origin),
        };
        for (side, name) in [(left, "left"), (right, "right")] {
            if let Some(place) = self.place_of(side)
                && let Some(last) = self.reports.last_mut()
                && last.labels.len() < 3
            {
                last.labels.push(krach_diag::Label { place, text: format!("the {name} side") });
            }
        }
    }
}

/// Edits between two words, letters that changed places being one (Damerau 1964, in the restricted form).
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 4 {
        return usize::MAX;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect::<Vec<usize>>()];
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let swapped = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j];
            let edits = [
                rows[1][j] + usize::from(a[i] != b[j]),
                rows[1][j + 1] + 1,
                row[j] + 1,
                if swapped { rows[0][j - 1] + 1 } else { usize::MAX },
            ];
            row.push(edits.into_iter().min().unwrap_or(usize::MAX));
        }
        rows = [std::mem::take(&mut rows[1]), row];
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_edits() {
        let of = |a, b| distance(a, b);
        assert_eq!(
            [of("gian", "gain"), of("gain", "gain"), of("gan", "gain"), of("x", "y"), of("", "abc")],
            [1, 0, 1, 1, 3]
        );
        assert_eq!([of("ca", "abc"), of("abcdef", "badcfe")], [3, 3]);
        assert_eq!(of("a", "abcdefgh"), usize::MAX);
    }
}
