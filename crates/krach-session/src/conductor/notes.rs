//! Numbers of notes.

use krach_engine::NoteId;

/// Gives each note a number of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoteIds(u64);

impl NoteIds {
    pub(crate) fn next(&mut self) -> NoteId {
        self.0 += 1;
        NoteId(self.0)
    }
}
