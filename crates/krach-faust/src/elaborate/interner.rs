//! The names and texts of one elaboration, each once.

use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A text that several files may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Text(u32);

#[derive(Debug, Default)]
pub(crate) struct Texts {
    all: Vec<Arc<str>>,
    known: FxHashMap<Arc<str>, Text>,
}

impl Texts {
    pub fn intern(&mut self, text: &Arc<str>) -> Text {
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let id = Text(u32::try_from(self.all.len()).expect("texts are bounded by the source"));
        self.all.push(text.clone());
        self.known.insert(text.clone(), id);
        id
    }

    pub fn get(&self, text: Text) -> &Arc<str> {
        &self.all[text.0 as usize]
    }
}
