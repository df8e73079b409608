//! When a signal must be computed: always, or only while conditions of `control` and `enable` hold.
//!
//! State that is reached only through gated uses stands still while the gates are closed; one ungated use is
//! enough to keep it running.

use crate::elaborate::signal::{SigId, Signal, Signals};
use rustc_hash::FxHashMap;

/// Any of these sets of conditions, all conditions of the set together.
pub(crate) type Condition = Vec<Vec<SigId>>;

/// Signals that are not always computed, and when they are.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    known: FxHashMap<SigId, Condition>,
}

/// As many alternatives as one signal may have before it is simply always computed.
const MAX_ALTERNATIVES: usize = 64;

impl Gates {
    pub fn of(signals: &Signals, order: &[SigId], outputs: &[SigId]) -> Self {
        let gated = |id: &&SigId| matches!(signals.get(**id), Signal::Hold(..));
        if order.iter().find(gated).is_none() {
            return Self::default();
        }
        // An empty set of conditions always holds.
        let mut known: FxHashMap<SigId, Condition> = FxHashMap::default();
        let mut wanted: Vec<(SigId, Vec<SigId>)> = outputs.iter().map(|&id| (id, Vec::new())).collect();
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
}
