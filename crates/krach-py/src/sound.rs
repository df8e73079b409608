//! Finished sound: into a file, into a page, out of the loudspeaker.

use crate::error;
use crate::render::channels_array;
use crate::work::interruptible;
use krach_store::{SoundFile, WavSamples};
use numpy::{PyArray2, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

fn channels(sound: &PyReadonlyArray2<'_, f32>) -> Vec<Vec<f32>> {
    sound.as_array().rows().into_iter().map(|row| row.to_vec()).collect()
}

/// Writes a WAV file, whole or not at all. `bits`: "16", "24" or "float".
#[pyfunction]
pub fn write_wav(
    py: Python<'_>,
    path: PathBuf,
    sound: PyReadonlyArray2<'_, f32>,
    sample_rate: u32,
    bits: &str,
) -> PyResult<()> {
    let channels = channels(&sound);
    let samples: WavSamples = bits.parse().map_err(PyValueError::new_err)?;
    py.detach(|| krach_store::write_wav(&path, &channels, sample_rate, samples))
        .map_err(|report| error::raise(py, &report))
}

/// The samples of a sound file, of shape (channels, frames), and its sample rate.
#[pyfunction]
pub fn read_wav(py: Python<'_>, path: PathBuf) -> PyResult<(Bound<'_, PyArray2<f32>>, u32)> {
    let sound = py.detach(|| SoundFile::read(&path)).map_err(|report| error::raise(py, &report))?;
    // Samples of more than 24 bits are rounded.
    #[allow(clippy::cast_possible_truncation)]
    let single = |channel: Vec<f64>| channel.into_iter().map(|sample| sample as f32).collect();
    let channels: Vec<Vec<f32>> = sound.channels.into_iter().map(single).collect();
    Ok((channels_array(py, channels)?, sound.rate))
}

/// The bytes of a 16-bit WAV file.
#[pyfunction]
pub fn wav_bytes<'py>(
    py: Python<'py>,
    sound: PyReadonlyArray2<'py, f32>,
    sample_rate: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let channels = channels(&sound);
    py.detach(|| krach_store::wav_bytes(&channels, sample_rate, WavSamples::Int16))
        .map(|bytes| PyBytes::new(py, &bytes))
        .map_err(|report| error::raise(py, &report))
}

/// The integrated loudness in LUFS.
#[pyfunction]
pub fn loudness(py: Python<'_>, sound: PyReadonlyArray2<'_, f32>, sample_rate: u32) -> f64 {
    let channels = channels(&sound);
    py.detach(|| krach_session::loudness(&channels, sample_rate))
}

/// Plays on the default output until the end, or Ctrl-C. `krach.Error` KR0503 without a device.
#[pyfunction]
pub fn play(py: Python<'_>, sound: PyReadonlyArray2<'_, f32>, sample_rate: u32) -> PyResult<()> {
    let channels = channels(&sound);
    let played = interruptible(py, None, move |progress| {
        krach_session::play(&channels, sample_rate, &mut |done| progress.advance(done))
    })?;
    played.map_err(|report| error::raise(py, &report))
}
