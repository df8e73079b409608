//! Steps: what was done while the music plays, each on its frame. The same steps give the same sound.

use crate::Edit;
use crate::journal::shape;
use crate::patch::{Name, Patch};
use krach_abi::Frame;
use krach_engine::NoteId;
use serde::{Deserialize, Serialize};

/// Something that was done, and the frame on which it is heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    #[serde(with = "shape::frame")]
    pub frame: Frame,
    pub deed: Deed,
}

/// What can be done while the music plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Deed {
    /// Edits that happen together.
    Edit { edits: Vec<Edit>, start: Start },
    /// A key is pressed by hand; `key` in semitones, 69 being A4, `velocity` from 0 to 1.
    Press {
        node: Name,
        #[serde(with = "shape::note")]
        note: NoteId,
        key: f64,
        velocity: f64,
    },
    /// A key that was pressed by hand is let go.
    Release {
        node: Name,
        #[serde(with = "shape::note")]
        note: NoteId,
    },
    /// A node sounds again that the stage muted because it failed or took too long.
    Revive(Name),
    /// Everything that sounds is cut.
    Panic,
}

/// When a pattern of an edit begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Start {
    /// The first one at once, as bar 1; one in the place of another at once, in its phase; any other with the next bar.
    #[default]
    Usual,
    /// On the frame of the edit.
    Here,
}

impl Step {
    /// All of a patch, on the first frame.
    #[must_use]
    pub fn whole(patch: &Patch) -> Self {
        Self::of(Frame(0), Patch::default().diff(patch))
    }

    /// Edits on a frame.
    #[must_use]
    pub fn of(frame: Frame, edits: Vec<Edit>) -> Self {
        Self { frame, deed: Deed::Edit { edits, start: Start::Usual } }
    }

    /// Its edits; of all else than edits, none.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        match &self.deed {
            Deed::Edit { edits, .. } => edits,
            _ => &[],
        }
    }
}
