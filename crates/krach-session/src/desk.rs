//! The desk: the patch at work, its steps back and forth, its open transactions and its scenes.

use crate::edit::{Edit, History, Transaction};
use crate::midi::ControlMap;
use crate::patch::{Name, Patch};
use crate::scene::Scenes;
use krach_diag::{Code, Diagnostic};
use krach_pattern::Time;

/// The steps that can be undone.
const STEPS: usize = 1000;

/// The patch that sounds, and the one in work. It knows no stage: what it commits is handed on by the session.
#[derive(Debug)]
pub(crate) struct Desk {
    sounding: Patch,
    history: History,
    /// The innermost transaction comes last; each begins with the patch of the one around it.
    open: Vec<Open>,
    last: Vec<Edit>,
    pub(crate) scenes: Scenes,
}

/// An open transaction, with the scenes and the MIDI map of its begin, which return if it fails.
#[derive(Debug)]
pub(crate) struct Open {
    transaction: Transaction,
    pub(crate) scenes: Scenes,
    pub(crate) knobs: ControlMap<Name>,
}

impl Default for Desk {
    fn default() -> Self {
        let (sounding, scenes) = (Patch::default(), Scenes::default());
        Self { sounding, history: History::new(STEPS), open: Vec::new(), last: Vec::new(), scenes }
    }
}

impl Desk {
    /// The patch as the next edit finds it: inside a transaction, the one in work.
    pub(crate) fn patch(&self) -> &Patch {
        self.open.last().map_or(&self.sounding, |open| open.transaction.patch())
    }

    /// The patch that is heard.
    pub(crate) fn sounding(&self) -> &Patch {
        &self.sounding
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// The edits of all open transactions, from the outermost on; none if none is open.
    pub(crate) fn open_edits(&self) -> Vec<Edit> {
        self.open.iter().flat_map(|open| open.transaction.edits().iter().cloned()).collect()
    }

    /// The edits of the open transaction, else of the last step.
    pub(crate) fn edits(&self) -> &[Edit] {
        self.open.last().map_or(&self.last, |open| open.transaction.edits())
    }

    /// Whether a transaction is open.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    pub(crate) fn is_gliding(&self) -> bool {
        self.open.iter().any(|open| open.transaction.is_transition())
    }

    pub(crate) fn begin(&mut self, over: Option<Time>, knobs: ControlMap<Name>) {
        let patch = self.patch();
        let transaction =
            over.map_or_else(|| Transaction::new(patch), |cycles| Transaction::transition(patch, cycles));
        self.open.push(Open { transaction, scenes: self.scenes.clone(), knobs });
    }

    /// Adds edits to the open transaction; outside of one they are a step, which `hand_on` gets with the patch after
    /// it and may refuse.
    pub(crate) fn apply(
        &mut self,
        edits: Vec<Edit>,
        hand_on: impl FnOnce(&[Edit], &Patch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        match self.open.last_mut() {
            Some(open) => open.transaction.apply(&edits),
            None => self.step(edits, hand_on),
        }
    }

    /// Ends the innermost transaction: its edits go to the one around it, or are one step. If they are refused, the
    /// scenes are as at its begin, and so must the MIDI map be. The answer is the transaction and the outcome.
    pub(crate) fn finish(
        &mut self,
        hand_on: impl FnOnce(&[Edit], &Patch) -> Result<(), Diagnostic>,
    ) -> Result<(Open, Result<(), Diagnostic>), Diagnostic> {
        let open = self.open.pop().ok_or_else(|| {
            Diagnostic::error(Code::Edit, "no batch is open").help("open one: `with kr.batch(): …`")
        })?;
        let outcome = self.apply(open.transaction.edits().to_vec(), hand_on);
        if outcome.is_err() {
            self.scenes.clone_from(&open.scenes);
        }
        Ok((open, outcome))
    }

    /// Gives up the innermost transaction: it has changed nothing. The answer is the MIDI map of its begin.
    pub(crate) fn cancel(&mut self) -> Option<ControlMap<Name>> {
        let open = self.open.pop()?;
        self.scenes = open.scenes;
        Some(open.knobs)
    }

    fn step(
        &mut self,
        edits: Vec<Edit>,
        hand_on: impl FnOnce(&[Edit], &Patch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        if edits.is_empty() {
            return Ok(());
        }
        let mut after = self.sounding.clone();
        after.apply_all(&edits)?;
        hand_on(&edits, &after)?;
        self.history.apply(&mut self.sounding, &edits)?;
        self.last = edits;
        Ok(())
    }

    /// Turns knobs of what sounds, by a controller or another machine: no step of the history.
    pub(crate) fn turn(
        &mut self,
        edits: &[Edit],
        hand_on: impl FnOnce(&[Edit]) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let mut after = self.sounding.clone();
        after.apply_all(edits)?;
        hand_on(edits)?;
        self.sounding = after;
        Ok(())
    }

    /// Takes the last step back, or, with `again`, does it again. Whether there was one.
    pub(crate) fn turn_back(
        &mut self,
        again: bool,
        hand_on: impl FnOnce(&[Edit], &Patch) -> Result<(), Diagnostic>,
    ) -> Result<bool, Diagnostic> {
        if !self.open.is_empty() {
            let report = Diagnostic::error(Code::Edit, "a batch is open");
            return Err(report.help("end the batch, then undo it whole"));
        }
        let (mut after, mut history) = (self.sounding.clone(), self.history.clone());
        let edits = if again { history.redo(&mut after)? } else { history.undo(&mut after)? };
        let Some(edits) = edits else { return Ok(false) };
        hand_on(&edits, &after)?;
        (self.sounding, self.history, self.last) = (after, history, edits);
        Ok(true)
    }
}
