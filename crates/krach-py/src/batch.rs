//! Rendering many sounds of one program into an array of the caller's.

use crate::error;
use crate::program::Program;
use crate::render::{Arguments, not_finite, session};
use crate::work::in_place;
use krach_abi::{Sample, Seed};
use krach_session::{Batch, Stop};
use numpy::{Element, PyReadonlyArray2, PyReadwriteArray3};
use pyo3::prelude::*;

/// What the sounds of a batch have of their own.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Variants {
    names: Vec<String>,
    /// Sound by sound.
    values: Vec<f64>,
    instances: Vec<u32>,
    notes: Vec<Vec<(u64, u64, f64, f64)>>,
    threads: usize,
}

/// Renders many sounds into `outputs`, of the shape (sounds, channels, frames), in its format. The result is a warning
/// where samples are not finite.
#[pyfunction]
#[pyo3(signature = (program, arguments, variants, inputs, outputs, progress=None))]
pub fn render_batch<'py>(
    py: Python<'py>,
    program: &Program,
    arguments: Arguments,
    variants: Variants,
    inputs: &Bound<'py, PyAny>,
    outputs: &Bound<'py, PyAny>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Option<String>> {
    let progress = progress.as_ref();
    if let Ok(mut outputs) = outputs.extract::<PyReadwriteArray3<'py, f32>>() {
        let inputs = inputs.extract::<PyReadonlyArray2<'py, f32>>()?;
        let outputs = outputs.as_slice_mut()?;
        rendered(py, program, arguments, variants, &inputs, outputs, progress)?;
        return Ok(not_finite(&*outputs, |sample| sample.is_finite()));
    }
    let mut outputs = outputs.extract::<PyReadwriteArray3<'py, f64>>()?;
    let inputs = inputs.extract::<PyReadonlyArray2<'py, f64>>()?;
    let outputs = outputs.as_slice_mut()?;
    rendered(py, program, arguments, variants, &inputs, outputs, progress)?;
    Ok(not_finite(&*outputs, |sample| sample.is_finite()))
}

fn rendered<'py, S: Sample + Element + Send>(
    py: Python<'py>,
    program: &Program,
    arguments: Arguments,
    variants: Variants,
    inputs: &PyReadonlyArray2<'py, S>,
    outputs: &mut [S],
    progress: Option<&Py<PyAny>>,
) -> PyResult<()> {
    let Variants { names, values, instances, notes, threads } = variants;
    let inputs = inputs.as_array().rows().into_iter().map(|row| row.to_vec()).collect();
    let seeds = instances.into_iter().map(|instance| Seed { instance, voice: 0 }).collect();
    let audition = arguments.audition(inputs)?;
    let batch = Batch { audition, names, values, seeds, notes, threads };
    let sound = program.playable.clone();
    let outcome = in_place(py, progress, |advance| session().render_batch(&sound, &batch, outputs, advance))?;
    match outcome {
        Ok(()) => Ok(()),
        Err(Stop::Wrong(report)) => Err(error::raise(py, &report)),
        Err(Stop::Cancelled) => unreachable!("a caller that cancels does not wait for the result"),
    }
}
