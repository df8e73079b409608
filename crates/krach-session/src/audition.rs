//! One off-line performance, by name.

use crate::notes::{keyboard, notes};
use krach_abi::{DspFactory, Frame, Precision, Sample, Seed};
use krach_diag::{Code, Diagnostic};
use krach_engine::{RenderError, Rig, Score, Turn};
use krach_ir::Program;
use krach_store::{Playable, Unit, listed};
use std::ops::ControlFlow;
use std::sync::Arc;

/// What to render and how. Names of controls are those of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Audition<S = f32> {
    pub seconds: f64,
    /// In Hz.
    pub sample_rate: u32,
    pub precision: Precision,
    /// One vector per audio input, or none at all: silence. Short ones are followed by silence.
    pub inputs: Vec<Vec<S>>,
    /// Set before the first frame.
    pub values: Vec<(String, f64)>,
    /// Frame, control, value: heard from exactly that frame on. Those of one frame apply in the order given.
    pub events: Vec<(u64, String, f64)>,
    /// Frame, frames, key in semitones (69 is 440 Hz), velocity 0..1: as many at once as the program has voices.
    pub notes: Vec<(u64, u64, f64, f64)>,
    /// Which copy it is. Other copies have other noise.
    pub seed: Seed,
}

impl<S> Audition<S> {
    /// `seconds` of a program at `sample_rate`, in single precision, without values, events or notes.
    #[must_use]
    pub fn new(seconds: f64, sample_rate: u32) -> Self {
        let (inputs, values, events, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (precision, seed) = (Precision::Single, Seed::default());
        Self { seconds, sample_rate, precision, inputs, values, events, notes, seed }
    }

    /// `seconds` at `sample_rate`, rounded to the nearest frame (a tie to the even one, as Python rounds).
    #[must_use]
    pub fn frames(&self) -> f64 {
        (self.seconds * f64::from(self.sample_rate)).round_ties_even()
    }
}

/// Why there is no sound.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// What was asked for cannot be rendered.
    Wrong(Diagnostic),
    /// `progress` broke off.
    Cancelled,
}

impl From<Diagnostic> for Stop {
    fn from(report: Diagnostic) -> Self {
        Self::Wrong(report)
    }
}

/// The remedy where samples are infinite or not a number.
pub const NOT_FINITE: &str = "samples that are not finite come from a division by 0, from feedback that grows without \
    end, or from a filter above half the sample rate";

/// The most memory that the copies of all voices may take. An operating system grants more than it has, so a larger
/// request might end the process instead of failing.
const LARGEST_STATE: u64 = 4 << 30;

/// From this size on memory is requested once before it is needed, so that a process with a limit gets an error.
const WORTH_ASKING: u64 = 64 << 20;

/// Whether this process may have so much more memory.
fn granted(bytes: u64) -> bool {
    bytes < WORTH_ASKING
        || usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}

fn room_for(program: &Program, bytes: u64) -> Result<(), Diagnostic> {
    let limit = match bytes {
        _ if bytes > LARGEST_STATE => format!("the limit is {} MB", LARGEST_STATE >> 20),
        _ if granted(bytes) => return Ok(()),
        _ => "this process cannot have it".to_owned(),
    };
    let message = format!("`{}` needs {} MB of memory; {limit}", program.name(), bytes >> 20);
    Err(Diagnostic::error(Code::StateTooLarge, message)
        .help("shorten its delays and tables, or give it fewer outputs; for notes, declare fewer voices: declare nvoices \"4\";"))
}

/// As [`Session::render`](crate::Session::render), with the factories that `compile` gives. The reference interpreter is
/// one engine that has its own.
///
/// # Errors
/// As for [`Session::render`](crate::Session::render), and the errors of `compile`.
pub fn perform<S: Sample, F: DspFactory>(
    sound: &Playable,
    audition: &Audition<S>,
    compile: impl Fn(Unit) -> Result<Option<Arc<F>>, Diagnostic>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<S>>, Stop> {
    // The cheap checks come first, so that a misspelt name is reported before a long compilation.
    let program = sound.program();
    let inputs: Vec<&[S]> = audition.inputs.iter().map(Vec::as_slice).collect();
    let score = Score {
        inputs: inputs_for(program, &inputs)?,
        values: audition
            .values
            .iter()
            .map(|(name, value)| setting(sound, name, *value))
            .collect::<Result<_, _>>()?,
        turns: audition.events.iter().map(|event| at_frame(sound, event)).collect::<Result<_, _>>()?,
        notes: notes(&audition.notes)?,
        seed: audition.seed,
        ..Score::new(frames(program, audition)?)
    };
    let keyboard = if audition.notes.is_empty() { None } else { Some(keyboard(program)?) };
    let voice = compile(Unit::Voice)?.expect("every program is a voice");
    let effect = compile(Unit::Effect)?;
    // A voice with long delays holds two blocks of state: one is cleared while the other plays.
    let copies = keyboard.as_ref().map_or(2, |keyboard| 4 * keyboard.voices as u64);
    let state = (voice.state_bytes() as u64).saturating_mul(copies);
    let state = state.saturating_add(effect.as_ref().map_or(0, |effect| 2 * effect.state_bytes() as u64));
    // Every voice has a block of its own for each output.
    let block = (score.block * size_of::<S>() * voice.ports().outputs) as u64;
    room_for(
        program,
        state.saturating_add(keyboard.as_ref().map_or(0, |keys| 2 * keys.voices as u64 * block)),
    )?;
    let effect = effect.as_ref().map(|effect| &**effect as &dyn DspFactory);
    let rig = Rig { voice: &*voice, keyboard: keyboard.as_ref(), effect };
    krach_engine::render(&rig, &score, progress).map_err(stop)
}

/// Why the engine stopped. Names are resolved and values checked before.
pub(crate) fn stop(error: RenderError) -> Stop {
    match error {
        RenderError::Cancelled { .. } => Stop::Cancelled,
        RenderError::TooLong { .. } => Diagnostic::error(Code::Duration, error.to_string()).into(),
        other => Diagnostic::error(Code::BadEvent, other.to_string()).into(),
    }
}

pub(crate) fn setting(sound: &Playable, name: &str, value: f64) -> Result<(usize, f64), Diagnostic> {
    let control = sound.names().find(name)?;
    if value.is_finite() {
        return Ok((control, value));
    }
    let range = sound.program().all_controls().nth(control).expect("it was found there");
    Err(Diagnostic::error(Code::ControlValue, format!("control `{name}` cannot be {value}"))
        .help(format!("give a number within {}..{}; others are clamped", range.lo, range.hi)))
}

pub(crate) fn at_frame(
    sound: &Playable,
    (frame, name, value): &(u64, String, f64),
) -> Result<Turn, Diagnostic> {
    let (control, value) = setting(sound, name, *value)?;
    Ok(Turn { frame: Frame(*frame), control, value })
}

pub(crate) fn inputs_for<'a, S>(
    program: &Program,
    given: &'a [&'a [S]],
) -> Result<&'a [&'a [S]], Diagnostic> {
    let wanted = program.inputs();
    if given.is_empty() || given.len() == wanted.len() {
        return Ok(given);
    }
    let message = format!(
        "`{}` has {} audio input{}, not {}",
        program.name(),
        wanted.len(),
        if wanted.len() == 1 { "" } else { "s" },
        given.len()
    );
    Err(Diagnostic::error(Code::BadInput, message).help(match wanted {
        [] => "give no input: this one makes its own sound".to_owned(),
        _ => format!("give one channel each for {}", listed(wanted.iter().map(|name| &**name))),
    }))
}

/// The most bytes of samples one audition may fill.
const LARGEST_SOUND: f64 = 2.0 * 1024.0 * 1024.0 * 1024.0;

pub(crate) fn frames<S>(program: &Program, audition: &Audition<S>) -> Result<usize, Diagnostic> {
    let refuse = |why: &str| {
        Err(Diagnostic::error(Code::Duration, format!("cannot render {} seconds: {why}", audition.seconds)))
    };
    let frames = audition.frames();
    if !frames.is_finite() || audition.seconds < 0.0 {
        return refuse("give a finite number of seconds, 0 or more");
    }
    #[allow(clippy::cast_precision_loss)]
    let bytes = frames * (program.heard().len() * size_of::<S>()) as f64;
    if bytes > LARGEST_SOUND {
        return refuse("they do not fit into 2 GB; render a shorter piece");
    }
    // Between 0 and 2^31 by the checks above.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(frames as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;
    use krach_ir::{Control, ControlKind, Fun, ProgramBuilder};
    use krach_store::Cache;

    /// `x * level`, level 0 within -1..1.
    fn amplifier() -> Program {
        let mut builder = ProgramBuilder::new("amplifier");
        let x = builder.input("x");
        let name = "level";
        let control = Control::new(name, ControlKind::Slider, [0.0, -1.0, 1.0, 0.1]);
        let level = builder.control(control).unwrap();
        let out = builder.apply(Fun::Mul, &[x, level]).unwrap();
        builder.output("out", out).unwrap();
        builder.finish().unwrap()
    }

    fn short() -> Audition {
        Audition { inputs: vec![vec![1.0; 8]], ..Audition::new(0.008, 1000) }
    }

    fn perform(audition: &Audition) -> Result<Vec<Vec<f32>>, Stop> {
        Session::new(Cache::new(8)).render(&amplifier().into(), audition, &mut |_| ControlFlow::Continue(()))
    }

    fn refused(audition: &Audition) -> (Code, String) {
        match perform(audition) {
            Err(Stop::Wrong(report)) => {
                (report.code, format!("{} {}", report.message, report.helps.join(" ")))
            }
            other => panic!("{other:?} is not a refusal"),
        }
    }

    #[test]
    fn values_and_events_reach_the_control_of_their_name() {
        let event = |frame, value| (frame, "level".to_owned(), value);
        let events = vec![event(6, 9.0), event(3, -0.25), event(3, 0.25), event(99, 1.0)];
        let sound = perform(&Audition { values: vec![("level".to_owned(), 0.5)], events, ..short() });
        assert_eq!(sound, Ok(vec![vec![0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 1.0, 1.0]]));
    }

    #[test]
    fn double_precision_keeps_every_bit() {
        let third = 1.0 / 3.0;
        let values = vec![("level".to_owned(), third)];
        let audition = Audition {
            inputs: vec![vec![1.0_f64; 1]],
            values,
            precision: Precision::Double,
            ..Audition::new(0.001, 1000)
        };
        let sound = Session::new(Cache::new(8))
            .render(&amplifier().into(), &audition, &mut |_| ControlFlow::Continue(()));
        assert_eq!(sound, Ok(vec![vec![third]]));
    }

    #[test]
    fn what_cannot_be_rendered_is_refused_by_name() {
        let set = |name: &str, value| Audition { values: vec![(name.to_owned(), value)], ..short() };
        let (code, text) = refused(&set("levle", 1.0));
        assert!(code == Code::NoSuchControl && text.contains("did you mean `level`?"), "{text}");
        assert_eq!(refused(&set("level", f64::NAN)).0, Code::ControlValue);
        assert_eq!(
            refused(&Audition { events: vec![(0, "gate".to_owned(), 1.0)], ..short() }).0,
            Code::NoSuchControl
        );
        assert_eq!(refused(&Audition { inputs: vec![vec![], vec![]], ..short() }).0, Code::BadInput);
        for seconds in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(
                refused(&Audition { seconds, inputs: vec![], ..short() }).0,
                Code::Duration,
                "{seconds}"
            );
        }
        assert_eq!(refused(&Audition { sample_rate: 0, ..short() }).0, Code::SampleRate);
    }

    #[test]
    fn nothing_is_a_valid_take_and_silence_a_valid_input() {
        assert_eq!(perform(&Audition::new(0.0, 48_000)), Ok(vec![vec![]]));
        assert_eq!(perform(&Audition::new(0.002, 1000)), Ok(vec![vec![0.0; 2]]));
    }

    #[test]
    fn a_listener_may_break_off() {
        let long = Audition::<f32>::new(10.0, 48_000);
        let stopped =
            Session::new(Cache::new(8)).render(&amplifier().into(), &long, &mut |_| ControlFlow::Break(()));
        assert_eq!(stopped, Err(Stop::Cancelled));
    }
}
