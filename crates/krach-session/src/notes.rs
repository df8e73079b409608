//! Notes, and the controls that they set.

use krach_abi::{Frame, Role};
use krach_diag::{Code, Diagnostic};
use krach_engine::{Keyboard, Note};
use krach_ir::Program;

/// Voices of a program that does not say how many it has.
const VOICES: usize = 16;

/// The controls that notes set, by number. They are those of the Faust convention, by the last part of their address or
/// by their name: `freq` in Hz or `key`, `gate`, `gain` from 0 to 1, `vel` or `velocity` from 0 to 127 (to 1 where the
/// range of the control ends at 1).
pub(crate) fn roles(program: &Program) -> Vec<(usize, Role)> {
    let controls = program.controls().iter().enumerate();
    controls.filter_map(|(at, c)| c.role().map(|role| (at, role))).collect()
}

/// How notes play the program.
///
/// # Errors
/// `KR0406` if it has no control `gate`.
pub(crate) fn keyboard(program: &Program) -> Result<Keyboard, Diagnostic> {
    let roles = roles(program);
    if !roles.iter().any(|&(_, role)| role == Role::Gate) {
        let message = format!("notes cannot play `{}`: it has no control `gate`", program.name());
        let trigger = program.controls().iter().find(|control| control.is_gate());
        let report = Diagnostic::error(Code::BadEvent, message);
        return Err(trigger
            .map(|control| format!("rename `{}` to `gate`", control.label()))
            .into_iter()
            .fold(report, Diagnostic::help)
            .help("notes set `gate`, `freq` (Hz) or `key`, and `gain`, `vel` or `velocity`: declare the ones you need"));
    }
    let voices = program.polyphony().map_or(VOICES, |polyphony| polyphony.voices as usize);
    Ok(Keyboard { voices, roles })
}

/// Notes by number of frame. Each is given as frame, length in frames, key and velocity.
///
/// # Errors
/// `KR0406` for a note that cannot be played.
pub(crate) fn notes(given: &[(u64, u64, f64, f64)]) -> Result<Vec<Note>, Diagnostic> {
    let frames = |frames: u64| usize::try_from(frames).unwrap_or(usize::MAX);
    let note = |&(frame, length, key, velocity): &(u64, u64, f64, f64)| {
        if !(0.0..=1.0).contains(&velocity) || !(-1000.0..=1000.0).contains(&key) {
            let message = format!("the note at frame {frame} has key {key} and velocity {velocity}");
            return Err(Diagnostic::error(Code::BadEvent, message)
                .help("a key is a number of semitones, 69 being 440 Hz, a velocity lies within 0..1"));
        }
        Ok(Note { frame: Frame(frame), frames: frames(length), key, velocity })
    };
    given.iter().map(note).collect()
}
