//! Notes that sound: their numbers, and what must be let go.

use crate::patch::Name;
use krach_engine::NoteId;
use krach_pattern::Time;

/// Gives each note a number of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoteIds(u64);

impl NoteIds {
    pub(crate) fn next(&mut self) -> NoteId {
        self.0 += 1;
        NoteId(self.0)
    }
}

/// A note that was pressed.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub id: NoteId,
    pub gate: Name,
    pub onset: Time,
    pub release: Time,
    /// It sounds on while the next one begins.
    pub tied: bool,
}
