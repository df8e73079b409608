//! Several edits as one: all of them, or none.

use super::Edit;
use crate::patch::{Driver, Fade, Knob, Patch};
use krach_diag::Diagnostic;
use krach_pattern::Time;

/// A patch in work. Nothing is heard of it before it is finished; given up, it has changed nothing.
#[derive(Clone, Debug)]
pub struct Transaction {
    before: Patch,
    now: Patch,
    edits: Vec<Edit>,
    /// Changes of knobs become fades of that length.
    over: Option<Time>,
}

impl Transaction {
    /// Edits that are applied together.
    #[must_use]
    pub fn new(patch: &Patch) -> Self {
        Self { before: patch.clone(), now: patch.clone(), edits: Vec::new(), over: None }
    }

    /// Edits that are applied together, and glide: every knob that is turned moves to its value over `cycles`.
    #[must_use]
    pub fn transition(patch: &Patch, cycles: Time) -> Self {
        let over = cycles.is_positive().then_some(cycles);
        Self { over, ..Self::new(patch) }
    }

    /// Whether changes glide.
    #[must_use]
    pub fn is_transition(&self) -> bool {
        self.over.is_some()
    }

    /// The patch as it will be.
    #[must_use]
    pub fn patch(&self) -> &Patch {
        &self.now
    }

    /// The patch as it was.
    #[must_use]
    pub fn before(&self) -> &Patch {
        &self.before
    }

    /// Adds edits, all or none.
    ///
    /// # Errors
    /// Those of [`Patch::apply`]; then the transaction is as it was.
    pub fn apply(&mut self, edits: &[Edit]) -> Result<(), Diagnostic> {
        let edits = match self.over {
            Some(over) => edits.iter().flat_map(|edit| gliding(edit, over)).collect(),
            None => edits.to_vec(),
        };
        self.now.apply_all(&edits)?;
        self.edits.extend(edits);
        Ok(())
    }

    /// Its edits, in order.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }
}

/// An edit that turns a knob, with the fade that takes it there; others alone.
fn gliding(edit: &Edit, bars: Time) -> Vec<Edit> {
    let knob = match edit {
        Edit::Gain(name, to) => Some((Knob::Gain(name.clone()), *to)),
        Edit::Pan(name, to) => Some((Knob::Pan(name.clone()), *to)),
        Edit::Value(name, control, Some(to)) => Some((Knob::Control(name.clone(), control.clone()), *to)),
        Edit::Route(route, Some(send)) => {
            Some((Knob::Send(route.source.clone(), route.target.clone()), send.level))
        }
        Edit::Tempo(to) => Some((Knob::Tempo, *to)),
        Edit::Master(to) => Some((Knob::Master, *to)),
        _ => None,
    };
    let fade =
        |(knob, to): (Knob, f64)| Edit::Drive(knob.to_string().into(), Some(Driver::Fade(Fade { to, bars })));
    std::iter::once(edit.clone()).chain(knob.map(fade)).collect()
}
