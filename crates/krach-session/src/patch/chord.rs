//! Chords on nodes that play one note at a time.

use super::{Driver, Name, Patch};
use krach_pattern::{Pattern, QueryError, Time, TimeSpan, Value};
use std::collections::BTreeMap;

/// Cycles of a pattern that are looked at.
const CYCLES: i64 = 8;

impl Patch {
    /// The nodes of a path that play one note at a time while their pattern begins more at once, and the most notes that
    /// it does in its first cycles. Of a pattern that cannot be asked nothing is known.
    #[must_use]
    pub fn chords(&self, path: &str) -> Vec<(Name, usize)> {
        let mono = self
            .members(path)
            .into_iter()
            .filter(|name| self.node(name).is_some_and(|node| node.voices() == 1));
        let chord = |name: Name| match self.driver(&name) {
            Some(Driver::Playing(playing)) => {
                let most = largest(&playing.pattern, self.settings.seed).ok().filter(|&notes| notes > 1)?;
                Some((name, most))
            }
            _ => None,
        };
        mono.filter_map(chord).collect()
    }
}

/// The most notes that begin at one moment with the same gate.
fn largest(pattern: &Pattern, seed: u64) -> Result<usize, QueryError> {
    let mut notes: BTreeMap<(Time, String), usize> = BTreeMap::new();
    for event in pattern.query(TimeSpan::cycles(0, CYCLES), seed)? {
        if event.has_onset()
            && let Value::Note { gate, pitch: Some(_), .. } = event.value(seed)?
        {
            *notes.entry((event.whole.start, gate.to_owned())).or_default() += 1;
        }
    }
    Ok(notes.into_values().max().unwrap_or(0))
}
