//! Finding the events of a span: one arm per node.
//!
//! A walk goes down the tree with the span in the time of the node and a [`Map`] from that time to the time of the
//! query, so an atom knows at once when it sounds. Nodes that look at events (thin, mask, swing) ask their child in
//! their own time and map the result.

use crate::time::Ladder;
use crate::{Event, Leaf, Node, Origin, Overflow, Pattern, Steps, Time, TimeSpan, chance};
use krach_diag::{Code, Diagnostic};

/// The steps of one query: a million notes take about a tenth of a second.
pub const MOST_STEPS: usize = 1_000_000;

/// Why a query has no answer, and near which atom.
#[derive(Clone, Debug)]
pub struct QueryError {
    pub kind: QueryErrorKind,
    pub origin: Option<Origin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// A time does not fit in 64 bits.
    Overflow,
    /// More events than anybody hears.
    TooMany,
}

impl From<Overflow> for QueryError {
    fn from(_: Overflow) -> Self {
        Self { kind: QueryErrorKind::Overflow, origin: None }
    }
}

impl QueryError {
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let report = match self.kind {
            QueryErrorKind::Overflow => {
                Diagnostic::error(Code::PatternTime, "a time of this pattern needs more than 64 bits")
                    .help("use simpler fractions: 1/3 instead of 0.3333333")
            }
            QueryErrorKind::TooMany => Diagnostic::error(
                Code::PatternSize,
                format!("this pattern has more than {MOST_STEPS} events in the time asked for"),
            )
            .help("divide the factors of `fast`, or ask for fewer cycles"),
        };
        match self.origin.as_ref().and_then(Origin::place) {
            Some(place) => report.at(place),
            None => report,
        }
    }
}

impl Pattern {
    /// The events of a span, ordered by their beginning. `seed` is the session's.
    ///
    /// A span of no length is a moment: the events that sound at it.
    pub fn query(&self, span: TimeSpan, seed: u64) -> Result<Vec<Event<'_>>, QueryError> {
        let mut walk = Walk { seed, legato: None, found: Vec::new(), steps: 0 };
        walk.run(self, span, Map::IDENTITY)?;
        let mut events = Vec::with_capacity(walk.found.len());
        for raw in std::mem::take(&mut walk.found) {
            walk.open(raw, &mut events)?;
        }
        if !events.is_sorted_by(|a, b| a.whole.start <= b.whole.start) {
            events.sort_by_key(|event| event.whole.start);
        }
        Ok(events)
    }

    /// The value of a control pattern at a moment. `None` where it rests.
    pub fn value_at(&self, moment: Time, seed: u64) -> Result<Option<f64>, QueryError> {
        let events = self.query(TimeSpan::new(moment, moment), seed)?;
        events.last().map_or(Ok(None), |event| event.number_at(moment, seed))
    }
}

/// From the time of a node to the time of the query: `at + (t - from) · scale`.
#[derive(Clone, Copy)]
struct Map {
    from: Time,
    at: Time,
    scale: Time,
}

impl Map {
    const IDENTITY: Self = Self { from: Time::ZERO, at: Time::ZERO, scale: Time::ONE };

    fn outer(self, time: Time) -> Result<Time, Overflow> {
        if time == self.from {
            return Ok(self.at);
        }
        self.at.plus(time.minus(self.from)?.times(self.scale)?)
    }

    fn span(self, span: TimeSpan) -> Result<TimeSpan, Overflow> {
        let (start, end) = (self.outer(span.start)?, self.outer(span.end)?);
        Ok(ordered(start, end))
    }

    fn is_identity(self) -> bool {
        self.from == self.at && self.scale == Time::ONE
    }
}

fn ordered(a: Time, b: Time) -> TimeSpan {
    if a <= b { TimeSpan { start: a, end: b } } else { TimeSpan { start: b, end: a } }
}

#[derive(Clone, Copy)]
enum What<'p> {
    Atom(&'p Leaf),
    /// One cycle of a frozen pattern.
    Group(&'p Pattern, i64),
}

#[derive(Clone, Copy)]
struct Raw<'p> {
    whole: TimeSpan,
    part: TimeSpan,
    what: What<'p>,
    legato: Option<Time>,
    backwards: bool,
}

struct Walk<'p> {
    seed: u64,
    /// That of the outermost `legato`.
    legato: Option<Time>,
    found: Vec<Raw<'p>>,
    steps: usize,
}

/// The cycles that a span touches, each with its part of the span.
fn cycles(span: TimeSpan) -> impl Iterator<Item = (i64, TimeSpan)> {
    let first = span.start.floor();
    let end = if span.is_moment() { first.saturating_add(1) } else { span.end.ceil() };
    (first..end).map(move |cycle| {
        let start = span.start.max(Time::whole(cycle));
        // A span may end in the last cycle there is.
        (cycle, TimeSpan { start, end: span.end.min(Time::whole(cycle.saturating_add(1))) })
    })
}

impl<'p> Walk<'p> {
    fn run(&mut self, pattern: &'p Pattern, span: TimeSpan, map: Map) -> Result<(), QueryError> {
        self.node(pattern, span, map).map_err(|mut error| {
            if error.origin.is_none() {
                error.origin = pattern.origin().cloned();
            }
            error
        })
    }

    fn node(&mut self, pattern: &'p Pattern, span: TimeSpan, map: Map) -> Result<(), QueryError> {
        self.step()?;
        match pattern.node() {
            Node::Silence => Ok(()),
            Node::Atom(leaf) => self.each_cycle(What::Atom(leaf), span, map),
            Node::Freeze(child) => self.each_cycle(What::Group(child, 0), span, map),
            Node::Stack(children) => children.iter().try_for_each(|child| self.run(child, span, map)),
            Node::Cat(steps) => cycles(span).try_for_each(|(cycle, span)| self.cat(steps, cycle, span, map)),
            Node::Fast { factor, child } => {
                let span = TimeSpan { start: span.start.times(*factor)?, end: span.end.times(*factor)? };
                let map = Map { from: map.from.times(*factor)?, scale: map.scale.over(*factor)?, ..map };
                self.run(child, span, map)
            }
            Node::Shift { by, child } => {
                let span = TimeSpan { start: span.start.minus(*by)?, end: span.end.minus(*by)? };
                self.run(child, span, Map { from: map.from.minus(*by)?, ..map })
            }
            Node::Reverse(child) => {
                cycles(span).try_for_each(|(cycle, span)| self.reverse(child, cycle, span, map))
            }
            Node::Every { n, then, otherwise } => cycles(span).try_for_each(|(cycle, span)| {
                let child = if cycle.rem_euclid(i64::from(*n)) == 0 { then } else { otherwise };
                self.run(child, span, map)
            }),
            Node::Sometimes { probability, seed, then, otherwise } => {
                cycles(span).try_for_each(|(cycle, span)| {
                    let drawn = chance::draw(self.seed, *seed, Time::whole(cycle));
                    self.run(if drawn < probability.get() { then } else { otherwise }, span, map)
                })
            }
            Node::Choose { seed, children } => cycles(span).try_for_each(|(cycle, span)| {
                let drawn = chance::draw(self.seed, *seed, Time::whole(cycle));
                // Below the length: the draw is below 1.
                #[allow(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss
                )]
                let chosen = (drawn * children.len() as f64) as usize;
                children.get(chosen).map_or(Ok(()), |child| self.run(child, span, map))
            }),
            Node::Spread { rhythm, child } => cycles(span).try_for_each(|(cycle, span)| {
                let steps = i64::from(rhythm.steps);
                self.slots(steps, cycle, span, map, |slot| rhythm.hits[slot].then_some(child))
            }),
            Node::Thin { probability, seed, child } => {
                let session = self.seed;
                self.filtered(child, span, map, |onset| {
                    chance::draw(session, *seed, onset) >= probability.get()
                })
            }
            Node::Mask { keep, child } => {
                let steps = Time::whole(i64::try_from(keep.len()).unwrap_or(i64::MAX));
                self.filtered(child, span, map, |onset| {
                    let step = onset.fraction().times(steps).map_or(0, Time::floor);
                    usize::try_from(step).is_ok_and(|step| keep[step])
                })
            }
            Node::Swing { swing, child } => {
                let first = self.found.len();
                let straight =
                    TimeSpan { start: swing.straight(span.start)?, end: swing.straight(span.end)? };
                self.run(child, straight, Map::IDENTITY)?;
                for raw in &mut self.found[first..] {
                    for span in [&mut raw.whole, &mut raw.part] {
                        *span = TimeSpan { start: swing.swung(span.start)?, end: swing.swung(span.end)? };
                    }
                }
                self.placed(first, map)
            }
            Node::Legato { factor, child } => {
                let outer = self.legato;
                self.legato = outer.or(Some(*factor));
                self.run(child, span, map)?;
                self.legato = outer;
                Ok(())
            }
        }
    }

    fn step(&mut self) -> Result<(), QueryError> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(QueryError { kind: QueryErrorKind::TooMany, origin: None });
        }
        Ok(())
    }

    /// One event over each cycle.
    fn each_cycle(&mut self, what: What<'p>, span: TimeSpan, map: Map) -> Result<(), QueryError> {
        let first = span.start.floor();
        let ladder = Ladder::new(map.outer(Time::whole(first))?, map.scale)?;
        let mut start = ladder.rung(0)?;
        for (cycle, within) in cycles(span) {
            self.step()?;
            let next = Time::whole(cycle.checked_add(1).ok_or(Overflow)?);
            let end =
                ladder.rung(cycle.checked_sub(first).and_then(|n| n.checked_add(1)).ok_or(Overflow)?)?;
            let whole = ordered(start, end);
            start = end;
            let is_whole = within.start == Time::whole(cycle) && within.end == next;
            let part = if is_whole { whole } else { map.span(within)? };
            self.push(what, cycle, whole, part, map.scale.is_negative());
        }
        Ok(())
    }

    fn push(&mut self, what: What<'p>, cycle: i64, whole: TimeSpan, part: TimeSpan, backwards: bool) {
        let what = match what {
            What::Group(child, _) => What::Group(child, cycle),
            atom => atom,
        };
        self.found.push(Raw { whole, part, what, legato: self.legato, backwards });
    }

    fn cat(&mut self, steps: &'p Steps, cycle: i64, span: TimeSpan, map: Map) -> Result<(), QueryError> {
        if steps.weights.is_none() {
            let count = i64::try_from(steps.children.len()).map_err(|_| Overflow)?;
            return self.slots(count, cycle, span, map, |slot| steps.children.get(slot));
        }
        let base = Time::whole(cycle);
        let (from, to) = (span.start.minus(base)?, span.end.minus(base)?);
        let first = steps.bounds.partition_point(|&bound| bound <= from).saturating_sub(1);
        for (slot, child) in steps.children.iter().enumerate().skip(first) {
            let (start, end) = (steps.bounds[slot], steps.bounds[slot + 1]);
            if start >= to && !(span.is_moment() && start == to) {
                break;
            }
            let length = end.minus(start)?;
            let inner = |time: Time| base.plus(time.minus(start)?.over(length)?);
            let within = TimeSpan { start: inner(from.max(start))?, end: inner(to.min(end))? };
            let at = map.outer(base.plus(start)?)?;
            self.run(child, within, Map { from: base, at, scale: map.scale.times(length)? })?;
            if span.is_moment() {
                break;
            }
        }
        Ok(())
    }

    /// Equal slots of one cycle; `child` says which of them hold a pattern.
    fn slots(
        &mut self,
        count: i64,
        cycle: i64,
        span: TimeSpan,
        map: Map,
        child: impl Fn(usize) -> Option<&'p Pattern>,
    ) -> Result<(), QueryError> {
        let base = Time::whole(cycle);
        let next = Time::whole(cycle.checked_add(1).ok_or(Overflow)?);
        let slots = Time::whole(count);
        // In slots from the start of the cycle.
        let (from, to) = (span.start.minus(base)?.times(slots)?, span.end.minus(base)?.times(slots)?);
        let scale = map.scale.over(slots)?;
        let ladder = Ladder::new(map.outer(base)?, scale)?;
        let end = if span.is_moment() { from.floor() + 1 } else { to.ceil() };
        let mut next_at = None;
        for slot in from.floor()..end {
            self.step()?;
            let known: Option<Time> = next_at.take();
            let Some(pattern) = usize::try_from(slot).ok().and_then(&child) else { continue };
            let here = Time::whole(slot);
            let (starts_before, ends_behind) = (from <= here, to >= Time::whole(slot + 1));
            let at = known.map_or_else(|| ladder.rung(slot), Ok)?;
            match pattern.node() {
                Node::Silence => {}
                // By far the most frequent: no need to go there.
                Node::Atom(leaf) if starts_before && ends_behind => {
                    let end = ladder.rung(slot + 1)?;
                    next_at = Some(end);
                    let whole = ordered(at, end);
                    self.push(What::Atom(leaf), cycle, whole, whole, scale.is_negative());
                }
                _ => {
                    let start = if starts_before { base } else { base.plus(from.minus(here)?)? };
                    let end = if ends_behind { next } else { base.plus(to.minus(here)?)? };
                    self.run(pattern, TimeSpan { start, end }, Map { from: base, at, scale })?;
                }
            }
        }
        Ok(())
    }

    /// Mirrors one cycle: `t` becomes `2 · cycle + 1 - t`.
    fn reverse(
        &mut self,
        child: &'p Pattern,
        cycle: i64,
        span: TimeSpan,
        map: Map,
    ) -> Result<(), QueryError> {
        let twice = Time::whole(cycle.checked_mul(2).and_then(|twice| twice.checked_add(1)).ok_or(Overflow)?);
        let mirrored = TimeSpan { start: twice.minus(span.end)?, end: twice.minus(span.start)? };
        let back = Map { from: twice.minus(map.from)?, scale: map.scale.negated()?, ..map };
        if !span.is_moment() {
            return self.run(child, mirrored, back);
        }
        // The mirror image of a span without its end is one without its start: a moment would fall on the wrong side.
        let (first, moment) = (self.found.len(), map.span(span)?);
        let whole_cycle = TimeSpan::cycles(cycle, cycle.checked_add(1).ok_or(Overflow)?);
        self.run(child, whole_cycle, back)?;
        let mut kept = first;
        for at in first..self.found.len() {
            if self.found[at].whole.contains(moment.start) {
                self.found[at].part = moment;
                self.found.swap(kept, at);
                kept += 1;
            }
        }
        self.found.truncate(kept);
        Ok(())
    }

    /// The events of a child whose onset, in the time of this node, is kept.
    fn filtered(
        &mut self,
        child: &'p Pattern,
        span: TimeSpan,
        map: Map,
        keep: impl Fn(Time) -> bool,
    ) -> Result<(), QueryError> {
        let first = self.found.len();
        self.run(child, span, Map::IDENTITY)?;
        let mut kept = first;
        for at in first..self.found.len() {
            if keep(self.found[at].whole.start) {
                self.found.swap(kept, at);
                kept += 1;
            }
        }
        self.found.truncate(kept);
        self.placed(first, map)
    }

    /// Maps the events found since `first`, which are in the time of a node.
    fn placed(&mut self, first: usize, map: Map) -> Result<(), QueryError> {
        if map.is_identity() {
            return Ok(());
        }
        for raw in &mut self.found[first..] {
            raw.part = if raw.part == raw.whole { map.span(raw.whole)? } else { map.span(raw.part)? };
            raw.whole = map.span(raw.whole)?;
            raw.backwards ^= map.scale.is_negative();
        }
        Ok(())
    }

    /// Adds an event, or those inside a frozen one.
    fn open(&mut self, raw: Raw<'p>, events: &mut Vec<Event<'p>>) -> Result<(), QueryError> {
        let Raw { whole, part, what, legato, backwards } = raw;
        let (child, cycle) = match what {
            What::Atom(Leaf { atom, origin }) => {
                let legato = legato.unwrap_or(Time::HALF);
                events.push(Event { whole, part, atom, origin, legato, backwards });
                return Ok(());
            }
            What::Group(child, cycle) => (child, cycle),
        };
        let own = TimeSpan::cycles(cycle, cycle.checked_add(1).ok_or(Overflow)?);
        let map = Map { from: own.start, at: whole.start, scale: whole.length()? };
        let outer = std::mem::replace(&mut self.legato, legato);
        self.run(child, own, Map::IDENTITY)?;
        self.legato = outer;
        for inside in std::mem::take(&mut self.found) {
            let starts_here = own.contains(inside.whole.start);
            let whole = map.span(inside.whole)?;
            if let (true, Some(part)) = (starts_here, whole.overlap(part)) {
                self.open(Raw { whole, part, ..inside }, events)?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.diagnostic().fmt(f)
    }
}

impl std::error::Error for QueryError {}
