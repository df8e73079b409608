//! Names that differ: a name that is taken gets a number.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The names that are taken in one scope.
///
/// ```
/// let mut names = krach_ir::Unique::default();
/// let given = ["a", "a", "a_2", "a"].map(|wanted| names.give(wanted, "_", 2));
/// assert_eq!(given.each_ref().map(|name| &**name), ["a", "a_2", "a_2_2", "a_3"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Unique {
    taken: FxHashSet<Arc<str>>,
    /// By stem: the number to try next.
    next: FxHashMap<Arc<str>, usize>,
}

impl Unique {
    #[must_use]
    pub fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    pub fn take(&mut self, name: Arc<str>) {
        self.taken.insert(name);
    }

    /// The wanted name, or if it is taken the wanted name, the separator and a number, which counts from `second`.
    pub fn give(&mut self, wanted: &str, separator: &str, second: usize) -> Arc<str> {
        if self.is_taken(wanted) {
            return self.number(&format!("{wanted}{separator}"), second);
        }
        let name: Arc<str> = wanted.into();
        self.take(name.clone());
        name
    }

    /// The next free name of a stem and a number, which counts from `first`.
    pub fn number(&mut self, stem: &str, first: usize) -> Arc<str> {
        let mut number = self.next.get(stem).copied().unwrap_or(first);
        let name: Arc<str> = loop {
            let name = format!("{stem}{number}");
            number += 1;
            if !self.is_taken(&name) {
                break name.into();
            }
        };
        self.next.insert(stem.into(), number);
        self.take(name.clone());
        name
    }
}
