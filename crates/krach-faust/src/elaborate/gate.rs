//! When a signal must be computed: always, or only while conditions of `control` and `enable` hold.
//!
//! State that is reached only through gated uses stands still while the gates are closed; one ungated use is
//! enough to keep it running. A signal is one thing however often it is used: what `control` gives is its value while
//! anybody wants it, and the last such value otherwise.

use crate::elaborate::signal::{SigId, Signal, Signals};
use krach_ir::components;
use rustc_hash::{FxHashMap, FxHashSet};

/// Any of these sets of conditions, all conditions of the set together.
pub(crate) type Condition = Vec<Vec<SigId>>;

/// Signals that are not always computed, and when they are.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    known: FxHashMap<SigId, Condition>,
}

/// As many alternatives as one signal may have before it is simply always computed.
const MAX_ALTERNATIVES: usize = 64;

/// The most rounds in which conditions that depend on their own signal are given up; then all of them are.
const ROUNDS: usize = 32;

impl Gates {
    pub fn of(signals: &Signals, order: &[SigId], outputs: &[SigId]) -> Self {
        let gated = |id: &&SigId| matches!(signals.get(**id), Signal::Hold(..));
        if order.iter().find(gated).is_none() {
            return Self::default();
        }
        // A signal that is the same in every frame of a block is computed without a gate.
        let mut always: Vec<SigId> = steady(signals, order);
        always.extend(outputs);
        for _ in 0..ROUNDS {
            let gates = Self::by_use(signals, &always);
            let entangled = gates.entangled(signals, order);
            if entangled.is_empty() {
                return gates;
            }
            always.extend(entangled);
        }
        Self::default()
    }

    /// Follows all uses from what is always computed.
    fn by_use(signals: &Signals, always: &[SigId]) -> Self {
        // An empty set of conditions always holds.
        let mut known: FxHashMap<SigId, Condition> = FxHashMap::default();
        let mut wanted: Vec<(SigId, Vec<SigId>)> = always.iter().map(|&id| (id, Vec::new())).collect();
        while let Some((id, when)) = wanted.pop() {
            let condition = known.entry(id).or_default();
            if condition.iter().any(|known| known.iter().all(|c| when.contains(c))) {
                continue;
            }
            let when = if condition.len() >= MAX_ALTERNATIVES { Vec::new() } else { when };
            condition.retain(|known| !when.iter().all(|c| known.contains(c)));
            condition.push(when.clone());
            if let Signal::Hold(x, c) = signals.get(id) {
                let mut inside = when.clone();
                if let Err(at) = inside.binary_search(&c) {
                    inside.insert(at, c);
                }
                wanted.push((x, inside));
                wanted.push((c, when));
                continue;
            }
            for operand in signals.operands(id) {
                wanted.push((operand, when.clone()));
            }
            if let Signal::Previous(at) = signals.get(id) {
                wanted.push((signals.next(at), when));
            }
        }
        known.retain(|_, condition| condition.iter().all(|set| !set.is_empty()));
        Self { known }
    }

    /// When the signal is computed, if not always.
    pub fn get(&self, id: SigId) -> Option<&Condition> {
        self.known.get(&id)
    }

    /// What decides whether the memory of a node moves.
    pub fn conditions(&self, signals: &Signals, id: SigId) -> impl Iterator<Item = SigId> {
        let moves = moving(signals, id).and_then(|moving| self.get(moving));
        moves.into_iter().flatten().flatten().copied()
    }

    /// Signals whose conditions depend, in the same frame, on the memory that they gate.
    fn entangled(&self, signals: &Signals, order: &[SigId]) -> Vec<SigId> {
        let ids: Vec<SigId> = signals.ids().collect();
        let needs = |at: usize| {
            let needed = signals.operands(ids[at]).chain(self.conditions(signals, ids[at]));
            needed.map(SigId::index)
        };
        let mut knots = vec![0; ids.len()];
        for (number, knot) in components(ids.len(), needs).iter().enumerate() {
            knot.iter().for_each(|&at| knots[at] = number);
        }
        // Operands alone lead nowhere back: every way back uses a condition.
        let tied =
            |id: SigId| self.conditions(signals, id).any(|needed| knots[needed.index()] == knots[id.index()]);
        order.iter().filter(|&&id| tied(id)).filter_map(|&id| moving(signals, id)).collect()
    }
}

/// Constants, widgets and what is computed from these alone. `order` has operands first.
fn steady(signals: &Signals, order: &[SigId]) -> Vec<SigId> {
    let mut steady: FxHashSet<SigId> = FxHashSet::default();
    for &id in order {
        let pure = match signals.get(id) {
            Signal::Hold(x, _) | Signal::Attach(x, _) => steady.contains(&x),
            Signal::Int(_) | Signal::Real(_) | Signal::Widget(_) | Signal::SampleRate => true,
            Signal::Apply(..) | Signal::Power(..) | Signal::Read(..) | Signal::Shown(..) => {
                signals.operands(id).all(|operand| steady.contains(&operand))
            }
            _ => false,
        };
        if pure {
            steady.insert(id);
        }
    }
    order.iter().copied().filter(|id| steady.contains(id)).collect()
}

/// Whose condition decides whether the memory of a node moves, if it has any that a loop does not have.
fn moving(signals: &Signals, id: SigId) -> Option<SigId> {
    match signals.get(id) {
        Signal::Delay(x, _) | Signal::Hold(x, _) => Some(x),
        Signal::ReadWrite(..) | Signal::Prefix(..) | Signal::Waveform(_) => Some(id),
        _ => None,
    }
}
