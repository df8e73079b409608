//! The tuning of the next patterns, where it is not twelve equal steps: a `Tuning` of Python.

use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nothing is twelve equal steps. The open transactions have kept what held when they began.
#[derive(Debug, Default)]
struct Held {
    now: Option<Py<PyAny>>,
    before: Vec<Option<Py<PyAny>>>,
}

/// A tuning as of now, which a transaction that fails puts back.
#[derive(Debug, Default)]
pub(super) struct Tuned(Mutex<Held>);

impl Tuned {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.held().now.as_ref().map(|tuning| tuning.clone_ref(py))
    }

    pub fn set(&self, tuning: Option<Py<PyAny>>) {
        self.held().now = tuning;
    }

    pub fn begin(&self, py: Python<'_>) {
        let now = self.get(py);
        self.held().before.push(now);
    }

    /// Ends the innermost transaction.
    pub fn end(&self, well: bool) {
        let mut held = self.held();
        if let Some(before) = held.before.pop()
            && !well
        {
            held.now = before;
        }
    }
}
