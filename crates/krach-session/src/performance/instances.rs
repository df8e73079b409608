//! Numbers for nodes of equal programs: by its number each has noise of its own.

use crate::patch::Voicing;
use std::collections::BTreeSet;

/// The numbers that are taken, by program. A program is compared with one of each kind only, since a comparison takes as
/// long as the program.
#[derive(Default)]
pub(super) struct Instances<'p>(Vec<(&'p Voicing, BTreeSet<u32>)>);

impl<'p> Instances<'p> {
    fn of(&mut self, voicing: &'p Voicing) -> &mut BTreeSet<u32> {
        let at = self.0.iter().position(|(known, _)| *known == voicing).unwrap_or_else(|| {
            self.0.push((voicing, BTreeSet::new()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// A node has a number already.
    pub fn keep(&mut self, voicing: &'p Voicing, number: u32) {
        self.of(voicing).insert(number);
    }

    /// The least number that is free.
    pub fn take(&mut self, voicing: &'p Voicing) -> u32 {
        let taken = self.of(voicing);
        // They are in order: the first gap, or the end.
        let free = (0..).zip(taken.iter()).take_while(|(at, number)| at == *number).count();
        let free = u32::try_from(free).unwrap_or(u32::MAX);
        taken.insert(free);
        free
    }
}
