//! What the last step did to the state of the nodes whose code it replaced.

use super::Session;
use crate::Edit;
use crate::patch::Name;
use krach_abi::{Fate, StatePiece};
use krach_engine::Receipt;

impl Session {
    /// A line for each node of the last step whose code has been replaced: how it faded in, and which state went on, began
    /// afresh or was dropped, by its name and its bytes. Inside a transaction there is none.
    #[must_use]
    pub fn swaps(&self) -> Vec<String> {
        let edits = {
            let desk = self.desk();
            if desk.is_open() { Vec::new() } else { desk.edits().to_vec() }
        };
        let Some(stage) = self.on_stage() else { return Vec::new() };
        let names = edits.iter().filter_map(|edit| match edit {
            Edit::Node(name, Some(_)) => Some(name),
            _ => None,
        });
        names.filter_map(|name| Some(line(name, &stage.swap_of(name, &edits)?))).collect()
    }
}

/// `bass: fades in over 960 frames, linear; kept phase (8 bytes); begun env (4 bytes)`
fn line(name: &Name, receipt: &Receipt) -> String {
    let Receipt::Swapped { start, end, carries, state, .. } = receipt else { return name.to_string() };
    let law = if *carries { "linear" } else { "of equal power" };
    let mut line = format!("{name}: fades in over {} frames, {law}", end.since(*start));
    for (fate, word) in [(Fate::Kept, "kept"), (Fate::Begun, "begun"), (Fate::Dropped, "dropped")] {
        let piece = |piece: &StatePiece| format!("{} ({} bytes)", piece.key, piece.bytes);
        let pieces: Vec<String> = state.iter().filter(|piece| piece.fate == fate).map(piece).collect();
        if !pieces.is_empty() {
            line += &format!("; {word} {}", pieces.join(", "));
        }
    }
    line
}
