//! Compiling and rendering: arguments in, arrays out, and the way there interruptible.

use crate::error;
use crate::program::Program;
use crate::work::{in_place, interruptible};
use krach_abi::{Precision, Sample, Seed};
use krach_codegen::Spec;
use krach_diag::{Code, Diagnostic};
use krach_ir::InterpreterFactory;
use krach_session::{Audition, NOT_FINITE, Session, Stop, warnings};
use krach_store::Unit;
use numpy::{Element, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use std::sync::{Arc, LazyLock};

/// The session of this process: every rendering shares its compiled code.
pub(crate) fn session() -> &'static Session {
    static SESSION: LazyLock<Session> = LazyLock::new(Session::of_user);
    &SESSION
}

pub fn precision(name: &str) -> PyResult<Precision> {
    name.parse().map_err(pyo3::exceptions::PyValueError::new_err)
}

/// Compiles unless a program of the same meaning was compiled: milliseconds of optimising and of making code, and
/// whether it was known already.
#[pyfunction]
pub fn compile(
    py: Python<'_>,
    program: &Program,
    sample_rate: u32,
    precision: &str,
) -> PyResult<(f64, f64, bool)> {
    let spec = Spec::new(sample_rate, self::precision(precision)?);
    let sound = program.playable.clone();
    let compile = move || {
        let mut all = (0.0, 0.0, true);
        for unit in Unit::ALL {
            if let Some(compiled) = session().compile(&sound, unit, spec)? {
                let (optimise_ms, codegen_ms, cached) = all;
                all = (
                    optimise_ms + compiled.optimise_ms,
                    codegen_ms + compiled.codegen_ms,
                    cached & compiled.cached,
                );
            }
        }
        Ok(all)
    };
    interruptible(py, None, move |_| compile())?.map_err(|report: Diagnostic| error::raise(py, &report))
}

/// Hits, misses, held and capacity of the cache of compiled code.
#[pyfunction]
pub fn cache_info() -> (u64, u64, usize, usize) {
    let counts = session().cache().counts();
    (counts.hits, counts.misses, counts.held, counts.capacity)
}

#[pyfunction]
pub fn cache_clear() {
    session().cache().clear();
}

/// The arguments of `DspDef.render`, apart from the audio input.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Arguments {
    seconds: f64,
    sample_rate: u32,
    precision: String,
    instance: u32,
    values: Vec<(String, f64)>,
    events: Vec<(u64, String, f64)>,
    notes: Vec<(u64, u64, f64, f64)>,
    /// By the interpreter instead of native code.
    reference: bool,
}

impl Arguments {
    /// With these inputs, for native code.
    pub(crate) fn audition<S>(self, inputs: Vec<Vec<S>>) -> PyResult<Audition<S>> {
        let Self { seconds, sample_rate, precision, instance, values, events, notes, reference: _ } = self;
        let precision = self::precision(&precision)?;
        let seed = Seed { instance, voice: 0 };
        Ok(Audition { seconds, sample_rate, precision, inputs, values, events, notes, seed })
    }
}

/// Renders to an array of shape (channels, frames), in the format of `inputs` (one row per audio input). The second
/// result are warnings about values and notes that are not heard as written, the third is one where samples are not
/// finite.
#[pyfunction]
#[pyo3(signature = (program, arguments, inputs, progress=None))]
pub fn render<'py>(
    py: Python<'py>,
    program: &Program,
    arguments: Arguments,
    inputs: &Bound<'py, PyAny>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Vec<String>, Option<String>)> {
    let progress = progress.as_ref();
    if let Ok(inputs) = inputs.extract::<PyReadonlyArray2<'py, f32>>() {
        let (channels, clamped) = rendered(py, program, arguments, &inputs, progress)?;
        let strange = not_finite(channels.iter().flatten(), |sample| sample.is_finite());
        return Ok((channels_array(py, channels)?.into_any(), clamped, strange));
    }
    let inputs = inputs.extract::<PyReadonlyArray2<'py, f64>>()?;
    let (channels, clamped) = rendered(py, program, arguments, &inputs, progress)?;
    let strange = not_finite(channels.iter().flatten(), |sample| sample.is_finite());
    Ok((channels_array(py, channels)?.into_any(), clamped, strange))
}

pub(crate) fn not_finite<'a, S: 'a>(
    samples: impl IntoIterator<Item = &'a S>,
    finite: impl Fn(&S) -> bool,
) -> Option<String> {
    let count = samples.into_iter().filter(|sample| !finite(sample)).count();
    let (samples, are) = if count == 1 { ("sample", "is") } else { ("samples", "are") };
    let id = Code::NotANumber.id();
    (count > 0).then(|| format!("{count} {samples} {are} not finite [{id}]\n  help: {NOT_FINITE}"))
}

fn rendered<'py, S: Sample + Element + Send>(
    py: Python<'py>,
    program: &Program,
    arguments: Arguments,
    inputs: &PyReadonlyArray2<'py, S>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<(Vec<Vec<S>>, Vec<String>)> {
    let reference = arguments.reference;
    let inputs = inputs.as_array().rows().into_iter().map(|row| row.to_vec()).collect();
    let audition = arguments.audition(inputs)?;
    let sound = program.playable.clone();
    let clamped = warnings(&sound, &audition).iter().map(error::text).collect();
    let spec = Spec::new(audition.sample_rate, audition.precision);
    let ready = |unit: Unit| unit.of(sound.program()).is_none() || sound.compiled(unit, spec).is_some();
    let outcome = if !reference && Unit::ALL.into_iter().all(ready) {
        in_place(py, progress, |advance| session().render(&sound, &audition, advance))?
    } else {
        interruptible(py, progress, move |progress| {
            let advance = &mut |done| progress.advance(done);
            if reference {
                let interpret = |unit: Unit| {
                    unit.of(sound.program()).map(|program| interpreter(program, &audition)).transpose()
                };
                krach_session::perform(&sound, &audition, interpret, advance)
            } else {
                session().render(&sound, &audition, advance)
            }
        })?
    };
    match outcome {
        Ok(channels) => Ok((channels, clamped)),
        Err(Stop::Wrong(report)) => Err(error::raise(py, &report)),
        Err(Stop::Cancelled) => unreachable!("a caller that cancels does not wait for the result"),
    }
}

fn interpreter<S>(
    program: &Arc<krach_ir::Program>,
    audition: &Audition<S>,
) -> Result<Arc<InterpreterFactory>, Diagnostic> {
    InterpreterFactory::new(program.clone(), audition.sample_rate, audition.precision)
        .map(Arc::new)
        .map_err(|refusal| Diagnostic::error(refusal.code(), refusal.to_string()))
}

/// One channel at a time, so that a long rendering is not held three times.
pub fn channels_array<S: Element>(py: Python<'_>, channels: Vec<Vec<S>>) -> PyResult<Bound<'_, PyArray2<S>>> {
    let frames = channels.first().map_or(0, Vec::len);
    let array = PyArray2::zeros(py, [channels.len(), frames], false);
    {
        let mut target = array.readwrite();
        for (mut row, channel) in target.as_array_mut().rows_mut().into_iter().zip(channels) {
            for (to, from) in row.iter_mut().zip(channel) {
                *to = from;
            }
        }
    }
    Ok(array)
}
