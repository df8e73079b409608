//! A patch heard off-line, as an array.

use crate::error;
use crate::render::channels_array;
use crate::work::interruptible;
use krach_diag::Diagnostic;
use krach_session::{Edit, Mixdown, Name, Patch, Session, Stems, Stop};
use numpy::PyArray2;
use pyo3::prelude::*;
use std::sync::Arc;

/// Frames computed at once: the samples do not depend on it.
const BLOCK: usize = 512;

/// What a render plays: the patch, with another seed if one is given.
pub fn heard(patch: &Patch, seed: Option<u64>) -> Result<Patch, Diagnostic> {
    let mut heard = patch.clone();
    if let Some(seed) = seed {
        heard.apply(&Edit::Seed(seed))?;
    }
    Ok(heard)
}

/// The master, then each node by name.
pub type Heard<'py> = (Bound<'py, PyArray2<f32>>, Vec<(String, Bound<'py, PyArray2<f32>>)>);

pub fn mixdown<'py>(
    py: Python<'py>,
    session: &Arc<Session>,
    patch: Patch,
    (frames, sample_rate, stems): (usize, u32, bool),
    progress: Option<&Py<PyAny>>,
) -> PyResult<Heard<'py>> {
    let session = session.clone();
    let how = Mixdown { frames, sample_rate, block: BLOCK };
    let rendered = interruptible(py, progress, move |progress| {
        let mut advance = |done| progress.advance(done);
        if stems {
            return session.stems(&patch, how, &mut advance);
        }
        let master = session.mixdown(&patch, how, &mut advance)?;
        Ok(Stems { master, ..Stems::default() })
    })?;
    match rendered {
        Ok(Stems { master, nodes, .. }) => {
            let array = |(name, channels): (Name, _)| Ok((name.to_string(), channels_array(py, channels)?));
            Ok((channels_array(py, master)?, nodes.into_iter().map(array).collect::<PyResult<_>>()?))
        }
        Err(Stop::Wrong(report)) => Err(error::raise(py, &report)),
        Err(Stop::Cancelled) => unreachable!("a cancelled render raises what cancelled it"),
    }
}
