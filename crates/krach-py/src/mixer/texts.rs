//! The Python texts that programs were made from.

use krach_ir::Program;
use krach_session::{Node, Voicing};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Texts by their programs, the oldest ones first to go.
#[derive(Debug, Default)]
pub(super) struct Texts(Mutex<Vec<(Arc<Program>, String)>>);

/// Texts that are kept.
const MOST: usize = 4096;

impl Texts {
    fn all(&self) -> MutexGuard<'_, Vec<(Arc<Program>, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the text that a program was made from.
    pub fn keep(&self, program: &Arc<Program>, text: &str) {
        let mut texts = self.all();
        texts.retain(|(known, _)| !Arc::ptr_eq(known, program));
        if texts.len() == MOST {
            texts.remove(0);
        }
        texts.push((program.clone(), text.to_owned()));
    }

    /// The text of a node's program, "" if it is not known.
    pub fn of(&self, node: &Node) -> String {
        let Voicing::Program(playable) = &node.voicing else { return String::new() };
        let texts = self.all();
        let found = texts.iter().find(|(program, _)| Arc::ptr_eq(program, playable.program()));
        found.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}
