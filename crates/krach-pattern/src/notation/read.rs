//! The reader of both notations: recursive descent, one function per rule of the grammar.

use super::lex::{Token, lex};
use crate::build::{alternating, hit, note, stack, weighted};
use crate::value::Atom;
use crate::{Manner, Node, Origin, Param, Pattern, Pitch, Real, Refusal, Time, build};
use krach_diag::{Code, Diagnostic, Source, Span};
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Krach,
    Tidal,
}

/// Brackets in brackets.
const MOST_BRACKETS: usize = 64;
/// The most mistakes that are reported at once.
const MOST_REPORTS: usize = 20;
/// What `!` and `..` may write out.
const MOST_COPIES: i64 = 4096;

pub(super) fn read(source: &Source, dialect: Dialect, manner: &Manner) -> (Pattern, Vec<Diagnostic>) {
    let text = Arc::new(source.clone());
    let tokens = lex(text.text());
    let mut reader =
        Reader { text, tokens, at: 0, dialect, manner, brackets: 0, chances: 0, reports: Vec::new() };
    let start = reader.span();
    let pattern = match dialect {
        Dialect::Krach => reader.steps().and_then(|steps| reader.sequence(steps, start)),
        Dialect::Tidal => reader.layers(start),
    };
    let pattern = pattern.unwrap_or_else(|wrong| reader.report(wrong));
    if reader.reports.is_empty() && reader.token() != Token::End {
        let sign = reader.sign();
        reader.report(Wrong::new(reader.span(), format!("unmatched {sign}")));
    }
    if reader.reports.is_empty() { (pattern, Vec::new()) } else { (Pattern::silence(), reader.reports) }
}

/// Why a step cannot be read.
struct Wrong {
    span: Span,
    report: Diagnostic,
}

impl Wrong {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, report: Diagnostic::error(Code::NotationSyntax, message) }
    }

    fn help(mut self, help: &str) -> Self {
        self.report = self.report.help(help);
        self
    }

    fn refused(span: Span) -> impl Fn(Refusal) -> Self {
        move |refusal| Self { span, report: refusal.diagnostic() }
    }
}

type Read<T> = Result<T, Wrong>;

struct Step {
    weight: Time,
    pattern: Pattern,
    /// `C4*2` of krach: two steps where it stands in a sequence.
    splices: bool,
    span: Span,
}

struct Reader<'m> {
    text: Arc<Source>,
    tokens: Vec<(Token, Span)>,
    at: usize,
    dialect: Dialect,
    manner: &'m Manner,
    brackets: usize,
    /// How many signs of chance came before: each draws on its own.
    chances: u64,
    reports: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn token(&self) -> Token {
        self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    fn written(&self, span: Span) -> &str {
        &self.text.text()[span.start as usize..span.end as usize]
    }

    /// The present token as people see it.
    fn sign(&self) -> String {
        match self.token() {
            Token::End => "the end".to_owned(),
            Token::Space => "a space".to_owned(),
            _ => format!("`{}`", self.written(self.span())),
        }
    }

    fn skip(&mut self) {
        // The end stays the last token.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn take(&mut self, token: Token) -> bool {
        let found = self.token() == token;
        if found {
            self.skip();
        }
        found
    }

    fn report(&mut self, wrong: Wrong) -> Pattern {
        if self.reports.len() < MOST_REPORTS {
            self.reports.push(wrong.report.at(self.text.place(wrong.span)));
        }
        Pattern::silence()
    }

    fn origin(&self, span: Span) -> Origin {
        Origin::Text { source: self.text.clone(), span, line: self.manner.line.clone() }
    }

    fn ends(&self) -> bool {
        use Token::{Close, CloseMeter, CloseRhythm, CloseTurns, Comma, End, Or};
        matches!(self.token(), Close | CloseMeter | CloseRhythm | CloseTurns | End | Comma | Or)
    }

    /// Steps up to a bracket that closes, a comma or the end.
    fn steps(&mut self) -> Read<Vec<Step>> {
        let mut steps: Vec<Step> = Vec::new();
        let mut foot = None;
        loop {
            self.take(Token::Space);
            let span = self.span();
            match self.token() {
                _ if self.ends() => break,
                Token::Hold | Token::Again | Token::Range => self.continued(&mut steps)?,
                Token::Dot if self.dialect == Dialect::Tidal => {
                    self.skip();
                    self.close_foot(&mut steps, foot.unwrap_or(0), span)?;
                    foot = Some(steps.len());
                }
                _ => match self.step(&mut steps) {
                    Ok(()) => {}
                    Err(wrong) => self.recover(wrong),
                },
            }
        }
        if let Some(start) = foot {
            let span = self.span();
            self.close_foot(&mut steps, start, span)?;
        }
        Ok(steps)
    }

    /// Goes on behind a step that cannot be read.
    fn recover(&mut self, wrong: Wrong) {
        self.report(wrong);
        while self.token() != Token::Space && !self.ends() {
            self.skip();
        }
    }

    /// `a b . c d`: the steps since the last dot become one.
    fn close_foot(&mut self, steps: &mut Vec<Step>, start: usize, span: Span) -> Read<()> {
        let foot = steps.split_off(start);
        if foot.is_empty() {
            return Err(Wrong::new(span, "a `.` stands between groups of steps").help("for a rest write `~`"));
        }
        let span = foot[0].span.to(span);
        let pattern = self.sequence(foot, span)?;
        steps.push(Step { weight: Time::ONE, pattern, splices: false, span });
        Ok(())
    }

    /// `_` prolongs the step before, `!` repeats it, `..` counts on from it.
    fn continued(&mut self, steps: &mut Vec<Step>) -> Read<()> {
        let (token, span) = (self.token(), self.span());
        let sign = self.sign();
        self.skip();
        let Some(last) = steps.last_mut() else {
            return Err(Wrong::new(span, format!("{sign} follows a step")));
        };
        match token {
            Token::Hold => {
                last.weight =
                    last.weight.plus(Time::ONE).map_err(|error| Wrong::refused(span)(error.into()))?;
                last.splices = false;
            }
            Token::Again => {
                let (weight, pattern, splices) = (last.weight, last.pattern.clone(), last.splices);
                steps.push(Step { weight, pattern, splices, span });
            }
            _ => {
                let from = whole_number(&last.pattern);
                self.take(Token::Space);
                let end = self.number()?;
                let (Some(from), true, 1) = (from, self.dialect == Dialect::Tidal, end.denominator()) else {
                    return Err(Wrong::new(span, "`..` stands between two whole numbers of kr.tidal"));
                };
                let to = end.numerator();
                if from.abs_diff(to) > MOST_COPIES.unsigned_abs() {
                    return Err(Wrong::new(span, format!("a range has at most {MOST_COPIES} numbers")));
                }
                let sign = (to - from).signum();
                let numbers = (1..=(to - from).abs()).map(|way| from + sign * way);
                for number in numbers {
                    let pattern = self.value(Time::whole(number), span)?;
                    steps.push(Step { weight: Time::ONE, pattern, splices: false, span });
                }
            }
        }
        self.gap()
    }

    /// Steps are apart, but brackets may touch their neighbours.
    fn gap(&self) -> Read<()> {
        let opens = matches!(self.token(), Token::Open | Token::OpenTurns | Token::OpenMeter);
        if self.ends() || opens || self.token() == Token::Space {
            return Ok(());
        }
        Err(Wrong::new(self.span(), format!("invalid token {} behind a step", self.sign()))
            .help("put a space between steps"))
    }

    fn step(&mut self, steps: &mut Vec<Step>) -> Read<()> {
        let start = self.span();
        let mut bracketed = false;
        let pattern = match self.token() {
            Token::Word | Token::Number => self.word()?,
            Token::Tilde | Token::Minus | Token::Dot => {
                self.skip();
                Pattern::silence()
            }
            Token::Open | Token::OpenTurns | Token::OpenMeter => {
                bracketed = true;
                self.bracketed()?
            }
            _ => {
                return Err(Wrong::new(start, format!("invalid token {}", self.sign()))
                    .help("steps are notes (`C4`), hits (`x`), rests (`.`), numbers and brackets"));
            }
        };
        let mut step = Step { weight: Time::ONE, pattern, splices: false, span: start };
        let copies = self.modified(&mut step)?;
        step.span = start.to(self.tokens[self.at - 1].1);
        if !bracketed || self.token() == Token::Dot {
            self.gap()?;
        }
        for _ in 1..copies {
            let Step { weight, ref pattern, splices, span } = step;
            steps.push(Step { weight, pattern: pattern.clone(), splices, span });
        }
        steps.push(step);
        Ok(())
    }

    /// The signs behind a step; the answer is how often it stands there.
    fn modified(&mut self, step: &mut Step) -> Read<i64> {
        let mut copies = 1;
        loop {
            let span = self.span();
            let refused = Wrong::refused(span);
            let token = self.token();
            if !matches!(
                token,
                Token::Times
                    | Token::Slower
                    | Token::Again
                    | Token::Maybe
                    | Token::Weight
                    | Token::OpenRhythm
            ) {
                return Ok(copies);
            }
            self.skip();
            match token {
                Token::Times if self.dialect == Dialect::Krach => {
                    let count = self.count()?;
                    step.pattern = step.pattern.repeat(count).map_err(refused)?;
                    step.splices = true;
                    continue;
                }
                Token::Times => {
                    let factor = self.number()?;
                    step.pattern = step.pattern.fast(factor).map_err(refused)?;
                }
                Token::Slower if self.dialect == Dialect::Tidal => {
                    let factor = self.number()?;
                    step.pattern = step.pattern.slow(factor).map_err(refused)?;
                }
                Token::Slower => return Err(Wrong::new(span, "invalid token `/`").help("use `.over(n)`")),
                Token::Again => {
                    copies = if self.token() == Token::Number { self.count()? } else { copies + 1 };
                    continue;
                }
                Token::Maybe => {
                    let drops =
                        if self.token() == Token::Number { self.number()?.approximately() } else { 0.5 };
                    step.pattern = step.pattern.thin(drops, self.chance()).map_err(refused)?;
                }
                Token::Weight => {
                    step.weight = self.number()?;
                    if !step.weight.is_positive() {
                        return Err(refused(Refusal::Weight(step.weight)));
                    }
                }
                _ => step.pattern = self.rhythm(&step.pattern, span)?,
            }
            step.splices = false;
        }
    }

    fn chance(&mut self) -> u64 {
        self.chances += 1;
        self.chances
    }

    /// `(3,8)` or `(3,8,2)`, the bracket read.
    fn rhythm(&mut self, pattern: &Pattern, open: Span) -> Read<Pattern> {
        let mut numbers = Vec::new();
        loop {
            self.take(Token::Space);
            numbers.push(self.whole()?);
            self.take(Token::Space);
            if self.take(Token::CloseRhythm) {
                break;
            }
            if !self.take(Token::Comma) {
                return Err(Wrong::new(self.span(), format!("expected `,` or `)`, found {}", self.sign())));
            }
        }
        match numbers[..] {
            [pulses, steps] => pattern.spread(pulses, steps, 0),
            [pulses, steps, rotation] => pattern.spread(pulses, steps, rotation),
            _ => return Err(Wrong::new(open, "a rhythm is (pulses,steps) or (pulses,steps,rotation)")),
        }
        .map_err(Wrong::refused(open))
    }

    fn bracketed(&mut self) -> Read<Pattern> {
        let (open, start) = (self.token(), self.span());
        self.brackets += 1;
        if self.brackets > MOST_BRACKETS {
            return Err(Wrong::new(start, format!("brackets nest at most {MOST_BRACKETS} deep")));
        }
        self.skip();
        let closing = match open {
            Token::Open => Token::Close,
            Token::OpenTurns => Token::CloseTurns,
            _ => Token::CloseMeter,
        };
        let pattern = match (open, self.dialect) {
            (Token::Open, Dialect::Krach) => {
                let steps = self.steps()?;
                self.chord(steps, start)
            }
            (Token::Open, Dialect::Tidal) => self.layers(start),
            (Token::OpenMeter, Dialect::Krach) => {
                Err(Wrong::new(start, "invalid token `{`").help("`kr.tidal` reads `{a b c}%4`"))
            }
            _ => self.turns(open, start),
        }?;
        if !self.take(closing) {
            let sign = self.written(start).to_owned();
            return Err(Wrong::new(start, format!("unmatched `{sign}`")));
        }
        self.brackets -= 1;
        if open == Token::OpenMeter { self.metered(pattern, start) } else { Ok(pattern) }
    }

    /// `[C4 E4]` of krach: all at once.
    fn chord(&mut self, steps: Vec<Step>, start: Span) -> Read<Pattern> {
        if let Some(long) = steps.iter().find(|step| step.weight != Time::ONE) {
            return Err(Wrong::new(long.span, "in `[ ]` all sound together: no step is longer"));
        }
        if steps.is_empty() {
            return Err(Wrong::new(start, "an empty `[ ]`").help("for a rest write `.`"));
        }
        let patterns: Vec<_> = steps.into_iter().map(|step| step.pattern).collect();
        stack(&patterns).map_err(Wrong::refused(start))
    }

    /// `<a b>`, one step per cycle, and `{a b}`, whose steps are counted later; with commas several at once.
    fn turns(&mut self, open: Token, start: Span) -> Read<Pattern> {
        let mut layers = Vec::new();
        let mut speed = None;
        loop {
            let steps = self.steps()?;
            if steps.is_empty() {
                return Err(Wrong::new(start, "brackets without a step"));
            }
            let refused = Wrong::refused(start);
            let steps: Vec<_> = steps.into_iter().map(|step| (step.weight, step.pattern)).collect();
            let count = *speed.get_or_insert(Time::whole(i64::try_from(steps.len()).unwrap_or(i64::MAX)));
            let turns = alternating(steps).map_err(&refused)?;
            // Braces: as many steps a cycle as the first layer has.
            layers.push(if open == Token::OpenMeter { turns.fast(count).map_err(&refused)? } else { turns });
            if self.dialect == Dialect::Krach || !self.take(Token::Comma) {
                break;
            }
        }
        stack(&layers).map_err(Wrong::refused(start))
    }

    /// `{a b c}%4`: four steps in a cycle.
    fn metered(&mut self, pattern: Pattern, start: Span) -> Read<Pattern> {
        if !self.take(Token::Percent) {
            return Ok(pattern);
        }
        let steps = self.number()?;
        let faster = |layer: &Pattern| match layer.node() {
            // As made by `turns`: its speed is replaced.
            Node::Fast { child, .. } => child.fast(steps),
            _ => layer.fast(steps),
        };
        let layers: Result<Vec<_>, _> = match pattern.node() {
            Node::Stack(layers) => layers.iter().map(faster).collect(),
            _ => faster(&pattern).map(|layer| vec![layer]),
        };
        layers.and_then(|layers| stack(&layers)).map_err(Wrong::refused(start))
    }

    /// Sequences of Tidal at once (`,`) or by chance (`|`).
    fn layers(&mut self, start: Span) -> Read<Pattern> {
        let mut layers = Vec::new();
        let mut between = None;
        loop {
            let steps = self.steps()?;
            layers.push(self.sequence(steps, start)?);
            let token = self.token();
            if !matches!(token, Token::Comma | Token::Or) {
                break;
            }
            if between.is_some_and(|between| between != token) {
                return Err(
                    Wrong::new(self.span(), "`,` and `|` are mixed").help("put one of them into `[ ]`")
                );
            }
            between = Some(token);
            self.skip();
        }
        match between {
            Some(Token::Or) => {
                let seed = self.chance();
                build::choose(seed, &layers)
            }
            _ => stack(&layers),
        }
        .map_err(Wrong::refused(start))
    }

    fn sequence(&mut self, steps: Vec<Step>, start: Span) -> Read<Pattern> {
        let mut flat = Vec::with_capacity(steps.len());
        for step in steps {
            match step.pattern.node() {
                Node::Cat(cat) if step.splices => {
                    flat.extend(cat.children().iter().map(|child| (Time::ONE, child.clone())));
                }
                _ => flat.push((step.weight, step.pattern)),
            }
        }
        match flat.len() {
            // A mistake before may have left nothing.
            0 if !self.reports.is_empty() => Ok(Pattern::silence()),
            0 => Err(Wrong::new(start, "empty pattern").help("for a rest write `~`")),
            1 => Ok(flat.remove(0).1),
            _ => weighted(flat).map_err(Wrong::refused(start)),
        }
    }

    fn number(&mut self) -> Read<Time> {
        let span = self.span();
        if self.token() != Token::Number {
            return Err(Wrong::new(span, format!("expected a number, found {}", self.sign())));
        }
        let number = self.written(span).parse().ok().and_then(Time::approximate);
        self.skip();
        number.ok_or_else(|| Wrong::new(span, "this number is too large or too small"))
    }

    fn whole(&mut self) -> Read<i64> {
        let span = self.span();
        let number = self.number()?;
        if number.denominator() != 1 {
            return Err(Wrong::new(span, format!("expected a whole number, found `{}`", self.written(span))));
        }
        Ok(number.numerator())
    }

    fn count(&mut self) -> Read<i64> {
        let span = self.span();
        if self.token() != Token::Number || self.written(span).contains('.') {
            return Err(Wrong::new(span, format!("invalid repeat count: {}", self.sign())));
        }
        match self.whole()? {
            count if count > MOST_COPIES => Err(Wrong::new(span, format!("at most {MOST_COPIES} repeats"))),
            count if count < 1 => Err(Wrong::new(span, "repeat count must be >= 1")),
            count => Ok(count),
        }
    }

    /// A note, a hit or a number, with `:` and its number.
    fn word(&mut self) -> Read<Pattern> {
        let (token, span) = (self.token(), self.span());
        if token == Token::Number {
            let number = self.number()?;
            return self.value(number, span);
        }
        let word = self.written(span).to_owned();
        self.skip();
        let mut manner = self.manner.clone();
        if self.take(Token::Colon) {
            let at = self.span();
            let number = Real::new(self.number()?.approximately()).map(Param::Number);
            let number = number.ok_or_else(|| Wrong::new(at, "this number is too large"))?;
            match self.dialect {
                Dialect::Krach => manner.velocity = number,
                Dialect::Tidal => {
                    manner.params = manner.params.iter().cloned().chain([("n".into(), number)]).collect();
                }
            }
        }
        let origin = self.origin(span);
        match self.meant(&word) {
            Ok(Meant::Hit(gate)) => hit(gate, &manner, origin),
            Ok(Meant::Pitch(pitch)) => note(&[pitch], &manner, &origin),
            Err(refusal) => {
                let message = format!("invalid token `{word}`: neither a note nor `x`");
                return Err(match refusal {
                    Refusal::NoteName(_) => Wrong::new(span, message),
                    refusal => Wrong::refused(span)(refusal),
                });
            }
        }
        .map_err(Wrong::refused(span))
    }

    fn value(&self, number: Time, span: Span) -> Read<Pattern> {
        let real =
            Real::new(number.approximately()).ok_or_else(|| Wrong::new(span, "this number is too large"))?;
        build::atom(Atom::Number(real), self.origin(span)).map_err(Wrong::refused(span))
    }

    fn meant<'w>(&self, word: &'w str) -> Result<Meant<'w>, Refusal> {
        let capital = word[..1].to_ascii_uppercase() + &word[1..];
        if self.dialect == Dialect::Krach {
            return match word {
                "x" | "X" => Ok(Meant::Hit("gate")),
                _ => Pitch::name(&capital).map(Meant::Pitch),
            };
        }
        let written =
            if word.ends_with(|sign: char| sign.is_ascii_digit()) { capital } else { capital + "4" };
        // Tidal's flat is `f`.
        let written = match written.as_bytes() {
            [letter, b'f', octave] => format!("{}b{}", char::from(*letter), char::from(*octave)),
            _ => written,
        };
        match (word, Pitch::name(&written)) {
            ("x" | "t", _) => Ok(Meant::Hit("gate")),
            (_, Ok(pitch)) => Ok(Meant::Pitch(pitch)),
            _ => Ok(Meant::Hit(word)),
        }
    }
}

enum Meant<'w> {
    Hit(&'w str),
    Pitch(Pitch),
}

fn whole_number(pattern: &Pattern) -> Option<i64> {
    let Node::Atom(leaf) = pattern.node() else { return None };
    let Atom::Number(number) = leaf.atom else { return None };
    Time::approximate(number.get()).filter(|time| time.denominator() == 1).map(Time::numerator)
}
