//! Scales and chords, as MIDI numbers.

use super::argument::{at_user, count};
use krach_diag::{Code, Diagnostic};
use krach_pattern::{CHORDS, Pitch, Refusal, SCALES, Scale, chord};
use krach_store::nearest;
use pyo3::prelude::*;

fn octave(py: Python<'_>, octave: &Bound<'_, PyAny>) -> PyResult<u8> {
    let number = count(py, "`octave`", octave)?;
    let refused = || at_user(py, Refusal::Octave(format!("octave {number}")).diagnostic());
    u8::try_from(number).ok().filter(|&octave| octave <= 8).ok_or_else(refused)
}

/// Raises a refusal with the names that are near to the one given.
fn refused(
    py: Python<'_>,
    refusal: &Refusal,
    given: &str,
    table: &[(&'static [&'static str], &[u8])],
) -> PyErr {
    let (root, kind) = given.split_at(given.find(char::is_whitespace).unwrap_or(given.len()));
    let names = table.iter().flat_map(|(names, _)| names.iter().copied());
    let report = refusal.diagnostic();
    let kind = kind.trim().to_lowercase();
    at_user(
        py,
        match nearest(&kind, names) {
            // Of a kind that exists, the tonic is wrong.
            Some(near) if matches!(refusal, Refusal::Scale(_)) && near != kind => {
                report.help(format!("did you mean `{root} {near}`?"))
            }
            _ => report,
        },
    )
}

fn scale(py: Python<'_>, name: &str, octave: &Bound<'_, PyAny>) -> PyResult<Scale> {
    let scale = Scale::named(name, self::octave(py, octave)?);
    scale.map_err(|refusal| refused(py, &refusal, name, SCALES))
}

/// The MIDI number of degree 0, and the semitones of the other degrees of the octave above it.
#[pyfunction]
pub fn scale_steps(py: Python<'_>, name: &str, octave: &Bound<'_, PyAny>) -> PyResult<(u8, Vec<u8>)> {
    let scale = scale(py, name, octave)?;
    Ok((scale.tonic(), scale.steps().to_vec()))
}

/// The MIDI number of a degree.
#[pyfunction]
pub fn scale_degree(
    py: Python<'_>,
    name: &str,
    octave: &Bound<'_, PyAny>,
    degree: &Bound<'_, PyAny>,
) -> PyResult<u8> {
    let degree = count(py, "a degree", degree)?;
    match scale(py, name, octave)?.degree(degree) {
        Ok(Pitch::Midi(number)) => Ok(number),
        Ok(Pitch::Hz(_)) => unreachable!("degrees are MIDI numbers"),
        Err(refusal) => Err(at_user(py, refusal.diagnostic())),
    }
}

/// The MIDI numbers of a chord, upwards.
#[pyfunction]
pub fn chord_notes(
    py: Python<'_>,
    name: &str,
    octave: &Bound<'_, PyAny>,
    inversion: &Bound<'_, PyAny>,
) -> PyResult<Vec<u8>> {
    let inversion = count(py, "`inversion`", inversion)?;
    let Ok(inversion) = usize::try_from(inversion) else {
        let message = format!("`inversion` counts the notes that move up, got {inversion}");
        return Err(at_user(py, Diagnostic::error(Code::PatternArgument, message)));
    };
    chord(name, self::octave(py, octave)?, inversion).map_err(|refusal| refused(py, &refusal, name, CHORDS))
}

/// Names, and the semitones of their notes.
type Names = Vec<(Vec<&'static str>, Vec<u8>)>;

/// The names of all scales and the endings of all chords.
#[pyfunction]
pub fn harmony_tables() -> (Names, Names) {
    let names = |table: &[(&'static [&'static str], &[u8])]| -> Names {
        table.iter().map(|(names, steps)| (names.to_vec(), steps.to_vec())).collect()
    };
    (names(SCALES), names(CHORDS))
}
