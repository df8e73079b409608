//! What was done, and can be undone.

use super::Edit;
use crate::patch::Patch;
use krach_diag::Diagnostic;
use std::collections::VecDeque;

/// One step of the history: edits that were applied together, and their inverse.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub edits: Vec<Edit>,
    pub inverse: Vec<Edit>,
}

/// The last steps, to go back and forth. The oldest are forgotten.
#[derive(Clone, Debug)]
pub struct History {
    done: VecDeque<Entry>,
    undone: Vec<Entry>,
    most: usize,
}

impl History {
    /// Keeps at most that many steps.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { done: VecDeque::new(), undone: Vec::new(), most }
    }

    /// Applies edits as one step. What was undone before can no longer be redone.
    ///
    /// # Errors
    /// Those of [`Patch::apply_all`]; then patch and history are as they were.
    pub fn apply(&mut self, patch: &mut Patch, edits: &[Edit]) -> Result<(), Diagnostic> {
        let inverse = patch.apply_all(edits)?;
        self.undone.clear();
        self.done.push_back(Entry { edits: edits.to_vec(), inverse });
        while self.done.len() > self.most {
            self.done.pop_front();
        }
        Ok(())
    }

    /// Takes the last step back; the answer are the edits that did it. None if there is no step.
    ///
    /// # Errors
    /// None while the patch changes through this history only.
    pub fn undo(&mut self, patch: &mut Patch) -> Result<Option<Vec<Edit>>, Diagnostic> {
        let Some(entry) = self.done.back() else { return Ok(None) };
        patch.apply_all(&entry.inverse)?;
        let inverse = entry.inverse.clone();
        self.undone.extend(self.done.pop_back());
        Ok(Some(inverse))
    }

    /// Does again the step that was undone last; the answer are its edits. None if there is no such step.
    ///
    /// # Errors
    /// None while the patch changes through this history only.
    pub fn redo(&mut self, patch: &mut Patch) -> Result<Option<Vec<Edit>>, Diagnostic> {
        let Some(entry) = self.undone.last() else { return Ok(None) };
        patch.apply_all(&entry.edits)?;
        let edits = entry.edits.clone();
        self.done.extend(self.undone.pop());
        Ok(Some(edits))
    }

    /// The steps that can be undone, the oldest first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.done.iter()
    }
}
