//! Values and notes that will not be heard as they were written.

use crate::Audition;
use crate::notes::roles;
use krach_abi::Role;
use krach_diag::{Code, Diagnostic};
use krach_ir::Control;
use krach_store::Playable;
use std::collections::BTreeSet;

/// A warning for each control that gets a value outside its range, with the first such value, and one for notes whose
/// pitch is not heard. The render clamps such values. Names that do not exist are left to
/// [`Session::render`](crate::Session::render).
#[must_use]
pub fn warnings<S>(sound: &Playable, audition: &Audition<S>) -> Vec<Diagnostic> {
    let values = audition.values.iter().map(|(name, value)| (name, *value));
    let events = audition.events.iter().map(|(_, name, value)| (name, *value));
    let mut warned = BTreeSet::new();
    let mut warnings = Vec::new();
    for (name, value) in values.chain(events) {
        if !warned.contains(name)
            && let Some(warning) = clamped(sound, name, value)
        {
            warned.insert(name);
            warnings.push(warning);
        }
    }
    if !audition.notes.is_empty() {
        warnings.extend(pitch(sound, &audition.notes));
    }
    warnings
}

fn clamped(sound: &Playable, name: &str, value: f64) -> Option<Diagnostic> {
    let control = sound.program().all_controls().nth(sound.names().find(name).ok()?)?;
    let nearest = value.max(control.lo).min(control.hi);
    (value.is_finite() && nearest != value).then(|| {
        let message = format!("control `{name}` is set to {nearest} instead of {value}");
        Diagnostic::warning(Code::ControlValue, message).help(range(control))
    })
}

fn range(control: &Control) -> String {
    format!("the range of `{}` is {}..{}", control.name, control.lo, control.hi)
}

/// A warning if no control hears the keys of notes that differ or that a control seems to be meant for, or if one of them is beyond the reach of its control.
fn pitch(sound: &Playable, notes: &[(u64, u64, f64, f64)]) -> Option<Diagnostic> {
    let program = sound.program();
    let roles = roles(program);
    let mut pitched = roles.iter().filter(|(_, role)| matches!(role, Role::Hertz | Role::Key)).peekable();
    if pitched.peek().is_none() {
        let message =
            format!("every note of `{}` has the same pitch: no control hears its key", program.name());
        let renamed = program.controls().iter().find_map(|control| match control.label() {
            label @ ("note" | "pitch") => Some(format!("rename `{label}` to `key`, or declare `freq` in Hz")),
            _ => None,
        });
        // A drum has one pitch, and its notes have one key.
        let melodic = renamed.is_some() || notes.iter().any(|(_, _, key, _)| *key != notes[0].2);
        let help = renamed.unwrap_or_else(|| "declare a control `freq` in Hz, or `key`".to_owned());
        return melodic.then(|| Diagnostic::warning(Code::BadEvent, message).help(help));
    }
    pitched.find_map(|&(at, role)| {
        let control = &program.controls()[at];
        notes.iter().find_map(|&(frame, _, key, velocity)| {
            let wanted = role.value(key, velocity);
            let [lowest, highest] = control.reach();
            let heard = wanted.clamp(lowest, highest);
            ((heard - wanted).abs() > 1e-9 * wanted.abs()).then(|| {
                let message = format!(
                    "the note at frame {frame} has key {key}: it sets `{}` to {heard} instead of {wanted:.1}",
                    control.name
                );
                Diagnostic::warning(Code::BadEvent, message)
                    .help(format!("notes set `{}` within {lowest}..{highest}", control.name))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_ir::{ControlKind, ProgramBuilder};

    fn sound(controls: &[(&str, f64, f64)]) -> Playable {
        let mut builder = ProgramBuilder::new("voice");
        for &(name, lo, hi) in controls {
            let control = Control::new(name, ControlKind::Slider, [lo, lo, hi, 0.01]);
            let signal = builder.control(control).unwrap();
            builder.output(name, signal).unwrap();
        }
        builder.finish().unwrap().into()
    }

    fn warned(sound: &Playable, audition: &Audition) -> Vec<String> {
        let text = |report: Diagnostic| format!("{} ({})", report.message, report.helps.join(" "));
        warnings(sound, audition).into_iter().map(text).collect()
    }

    #[test]
    fn a_value_outside_its_range_is_named_with_the_range() {
        let sound = sound(&[("gate", 0.0, 1.0), ("cutoff", 20.0, 8000.0)]);
        let audition = Audition {
            values: vec![("gate".to_owned(), 5.0), ("cutoff".to_owned(), 20.0)],
            events: vec![
                (9, "cutoff".to_owned(), 1.0),
                (9, "nothing".to_owned(), 1.0),
                (10, "cutoff".to_owned(), 2.0),
            ],
            ..Audition::new(1.0, 48_000)
        };
        assert_eq!(
            warned(&sound, &audition),
            [
                "control `gate` is set to 1 instead of 5 (the range of `gate` is 0..1)",
                "control `cutoff` is set to 20 instead of 1 (the range of `cutoff` is 20..8000)",
            ]
        );
    }

    #[test]
    fn a_key_that_nothing_hears_or_that_is_clamped_is_named() {
        let play = |key: f64| Audition { notes: vec![(7, 10, key, 1.0)], ..Audition::new(1.0, 48_000) };
        let deaf = sound(&[("gate", 0.0, 1.0), ("note", 0.0, 127.0)]);
        let texts = warned(&deaf, &play(72.0));
        assert!(texts.len() == 1 && texts[0].contains("rename `note` to `key`"), "{texts:?}");
        let drum = sound(&[("gate", 0.0, 1.0)]);
        assert_eq!(warned(&drum, &play(36.0)), Vec::<String>::new(), "a drum has one pitch");
        let melody = Audition { notes: vec![(7, 10, 60.0, 1.0), (27, 10, 62.0, 1.0)], ..play(60.0) };
        assert!(warned(&drum, &melody)[0].contains("the same pitch"));
        let narrow = sound(&[("gate", 0.0, 1.0), ("freq", 100.0, 400.0)]);
        let texts = warned(&narrow, &play(140.0));
        assert!(
            texts.len() == 1 && texts[0].contains("sets `freq` to 12544 instead of 26579.5"),
            "{texts:?}"
        );
        assert_eq!(warned(&narrow, &play(96.0)), Vec::<String>::new(), "notes reach beyond a slider");
    }
}
