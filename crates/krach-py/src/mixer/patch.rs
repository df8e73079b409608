//! How the methods of the mixer reach the patch: they read it, or edit it.

use super::Session;
use crate::error;
use krach_diag::Diagnostic;
use krach_session::{At, Edit, Patch};
use pyo3::prelude::*;
use std::sync::Arc;

impl Session {
    /// The session itself, if it has nodes.
    pub fn with_nodes(&self) -> Option<Arc<krach_session::Session>> {
        let has_nodes = self.inner.patch().nodes().len() > 0;
        has_nodes.then(|| self.inner.clone())
    }

    /// Edits the patch, all or nothing.
    pub(super) fn edit(
        &self,
        py: Python<'_>,
        plan: impl FnOnce(&Patch) -> Result<Vec<Edit>, Diagnostic> + Send,
    ) -> PyResult<()> {
        self.edit_at(py, At::Usual, plan)
    }

    /// The same, heard at a moment.
    pub(super) fn edit_at(
        &self,
        py: Python<'_>,
        at: At,
        plan: impl FnOnce(&Patch) -> Result<Vec<Edit>, Diagnostic> + Send,
    ) -> PyResult<()> {
        py.detach(|| self.inner.edit_at(at, plan)).map(drop).map_err(|report| error::raise(py, &report))
    }

    /// The patch as the next edit finds it.
    pub(super) fn patch(&self, py: Python<'_>) -> Patch {
        py.detach(|| self.inner.patch())
    }

    /// A fact of the patch.
    pub(super) fn read<T>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&Patch) -> Result<T, Diagnostic>,
    ) -> PyResult<T> {
        read(&self.patch(py)).map_err(|report| error::raise(py, &report))
    }
}
