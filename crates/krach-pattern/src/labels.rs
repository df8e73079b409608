//! The names of the controls that a pattern sets.

use crate::{Atom, Node, OWN_PATH, Pattern};
use std::collections::{BTreeSet, HashSet};

impl Pattern {
    /// The controls that its notes and its values name: parameters, gates other than `gate`, and labels. Not among them
    /// are the path that it plays on, and `freq`, `gate` and the velocity of a note.
    ///
    /// ```
    /// use krach_diag::Source;
    /// use krach_pattern::{Manner, notation};
    /// let (drums, _) = notation::tidal(&Source::new("jam.py", "bd [hh hh]"), &Manner::default());
    /// assert_eq!(drums.labels().into_iter().collect::<Vec<_>>(), ["bd", "hh"]);
    /// ```
    #[must_use]
    pub fn labels(&self) -> BTreeSet<&str> {
        let (mut open, mut seen, mut labels) = (vec![self], HashSet::new(), BTreeSet::new());
        while let Some(pattern) = open.pop() {
            // A part that stands in many places is looked at once.
            if !seen.insert(pattern.identity()) {
                continue;
            }
            if let Node::Atom(leaf) = pattern.node() {
                match &leaf.atom {
                    Atom::Note(note) => {
                        labels.extend(note.params.iter().map(|(name, _)| &**name));
                        labels.extend((*note.gate != *"gate").then_some(&*note.gate));
                    }
                    Atom::Control { label, .. } if **label != *OWN_PATH => {
                        labels.insert(&**label);
                    }
                    _ => {}
                }
            }
            pattern.node().children(|child| open.push(child));
        }
        labels
    }
}
