//! Recordings: the samples that a program plays.

use crate::error;
use krach_ir::{BuildError, Sound};
use krach_store::SoundFile;
use numpy::{PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// Samples in channels of one length, shared by all programs that play them.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Clone, Debug)]
pub struct Recording(pub Arc<Sound>);

impl Recording {
    fn made(py: Python<'_>, made: Result<Sound, BuildError>) -> PyResult<Self> {
        made.map(|sound| Self(Arc::new(sound)))
            .map_err(|refused| error::raise(py, &error::report(&refused, None)))
    }
}

#[pymethods]
impl Recording {
    /// The samples of a file, at `rate` Hz.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf, rate: u32) -> PyResult<Self> {
        let read = py.detach(|| SoundFile::read(&path).map(|file| file.at_rate(rate.max(1))));
        let file = read.map_err(|report| error::raise(py, &report))?;
        Self::made(py, Sound::new(file.channels.into_iter().map(Into::into).collect()))
    }

    /// The samples of an array of shape (channels, frames).
    #[staticmethod]
    fn of(py: Python<'_>, samples: PyReadonlyArray2<'_, f64>) -> PyResult<Self> {
        let rows = samples.as_array().rows().into_iter().map(|row| row.to_vec().into()).collect();
        Self::made(py, Sound::new(rows))
    }

    /// One channel: the mean of all.
    fn mixed(&self, py: Python<'_>) -> PyResult<Self> {
        let channels = self.0.channels();
        if channels.len() == 1 {
            return Ok(self.clone());
        }
        #[allow(clippy::cast_precision_loss)]
        let share = 1.0 / channels.len() as f64;
        let mean = |at: usize| channels.iter().map(|channel| channel[at]).sum::<f64>() * share;
        Self::made(py, Sound::new(vec![(0..self.0.frames()).map(mean).collect()]))
    }

    /// The samples, of shape (channels, frames).
    fn samples<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let rows: Vec<Vec<f64>> = self.0.channels().iter().map(|channel| channel.to_vec()).collect();
        PyArray2::from_vec2(py, &rows).expect("the channels of a sound have one length")
    }

    #[getter]
    fn channels(&self) -> usize {
        self.0.channels().len()
    }

    #[getter]
    fn frames(&self) -> usize {
        self.0.frames()
    }
}
