//! What fills tables. It is computed before the first frame by a program of its own, which therefore hears nothing from
//! outside, never waits for the table it fills, and holds tables of its own only so deep.

use crate::elaborate::signal::{SigId, Signal, Signals};
use krach_ir::Limits;
use krach_ir::components;

/// Why a table cannot be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfillable {
    /// Inputs or widgets decide.
    Outside,
    /// The table itself decides.
    Itself,
    /// It is the outermost of too many tables, each of which fills the next.
    Nested,
}

/// The tables that cannot be filled, and why. `order` is all that is needed, with what fills tables.
pub(crate) fn unfillable(signals: &Signals, order: &[SigId]) -> Vec<(SigId, Unfillable)> {
    let tables: Vec<(SigId, SigId)> =
        order.iter().filter_map(|&id| signals.contents(id).map(|contents| (id, contents))).collect();
    if tables.is_empty() {
        return Vec::new();
    }
    let knots = Knots::of(signals, order);
    let why = |&(id, contents): &(SigId, SigId)| {
        let (table, filler) = (knots.of_signal[id.index()], knots.of_signal[contents.index()]);
        let why = if knots.outside[filler] {
            Unfillable::Outside
        } else if table == filler {
            Unfillable::Itself
        } else if knots.nested[filler] == Limits::NESTING && generates(signals, contents) {
            Unfillable::Nested
        } else {
            return None;
        };
        Some((id, why))
    };
    tables.iter().filter_map(why).collect()
}

/// Whether a table with these contents is filled by a program.
fn generates(signals: &Signals, contents: SigId) -> bool {
    !matches!(signals.get(contents), Signal::Waveform(_))
}

/// Signals that need each other, in the same frame, in a later one, or to be filled.
struct Knots {
    of_signal: Vec<usize>,
    /// Whether inputs or widgets decide what a knot is.
    outside: Vec<bool>,
    /// How many programs that fill tables are in each other, at most, where a knot is computed.
    nested: Vec<usize>,
}

impl Knots {
    fn of(signals: &Signals, order: &[SigId]) -> Self {
        let mut needed = vec![false; signals.len()];
        order.iter().for_each(|id| needed[id.index()] = true);
        let ids: Vec<SigId> = signals.ids().collect();
        let needs = |id: SigId| {
            let before = match signals.get(id) {
                Signal::Previous(at) => Some(signals.next(at)),
                _ => None,
            };
            signals.operands(id).chain(before)
        };
        let all = |at: usize| {
            let id = Some(ids[at]).filter(|_| needed[at]);
            id.into_iter().flat_map(|id| needs(id).chain(signals.contents(id))).map(SigId::index)
        };
        let found = components(ids.len(), all);
        let mut knots = Self { of_signal: vec![0; ids.len()], outside: Vec::new(), nested: Vec::new() };
        for (number, knot) in found.iter().enumerate() {
            knot.iter().for_each(|&at| knots.of_signal[at] = number);
            let (mut outside, mut nested) = (false, 0);
            for &at in knot.iter().filter(|&&at| needed[at]) {
                let id = ids[at];
                outside |= matches!(signals.get(id), Signal::Input(_) | Signal::Widget(_));
                let fillers = signals
                    .contents(id)
                    .map(|contents| (contents, usize::from(generates(signals, contents))));
                for (other, level) in needs(id).map(|other| (other, 0)).chain(fillers) {
                    let other = knots.of_signal[other.index()];
                    if other != number {
                        outside |= knots.outside[other];
                        nested = nested.max(knots.nested[other] + level);
                    }
                }
            }
            knots.outside.push(outside);
            knots.nested.push(nested);
        }
        knots
    }
}
