//! One off-line performance, by name.

use crate::notes::{keyboard, notes};
use crate::{Patch, Stage, nearest};
use krach_abi::{DspFactory, Precision};
use krach_codegen::Spec;
use krach_diag::{Code, Diagnostic};
use krach_engine::{RenderError, Rig, Score, Turn};
use krach_ir::{Control, Program};
use std::ops::ControlFlow;
use std::sync::Arc;

/// What to render and how. Names of controls are those of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Take<S = f32> {
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
}

impl<S> Take<S> {
    /// So many seconds of a program that is left alone, in single precision.
    #[must_use]
    pub fn new(seconds: f64, sample_rate: u32) -> Self {
        let (inputs, values, events, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { seconds, sample_rate, precision: Precision::Single, inputs, values, events, notes }
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

/// A format samples can be rendered in: `f32`, or `f64` to see every bit of double precision.
pub trait Sample: Copy + 'static {
    /// Renders a score in this format.
    ///
    /// # Errors
    /// What the engine refuses.
    fn perform(
        rig: &Rig<'_>,
        score: &Score<'_, Self>,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Self>>, RenderError>;
}

impl Sample for f32 {
    fn perform(
        rig: &Rig<'_>,
        score: &Score<'_, Self>,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Self>>, RenderError> {
        krach_engine::render(rig, score, progress)
    }
}

impl Sample for f64 {
    fn perform(
        rig: &Rig<'_>,
        score: &Score<'_, Self>,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Self>>, RenderError> {
        krach_engine::render_f64(rig, score, progress)
    }
}

/// Gets the code of the program, compiling it if need be, and renders the take: one vector of samples per output.
/// `progress` hears the number of frames done, many times a second, and may break off.
///
/// # Errors
/// What the compiler refuses, and: `KR0404` a name that is no control, `KR0405` a value that is not finite, `KR0406`
/// an event that cannot be played, `KR0407` input of the wrong shape, `KR0408` a duration that cannot be rendered.
pub fn render<S: Sample>(
    patch: &Patch,
    take: &Take<S>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<S>>, Stop> {
    let spec = Spec::new(take.sample_rate, take.precision);
    let compile = |stage| Ok(patch.compile(stage, spec)?.map(|compiled| compiled.factory));
    perform(patch.program(), take, compile, progress)
}

/// The most memory that copies of voices may take.
const LARGEST_STATE: u64 = 4 << 30;

/// Refuses what does not fit into memory: a copy that finds none would end the process.
fn room_for(program: &Program, bytes: u64) -> Result<(), Diagnostic> {
    let room = usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
    if bytes <= LARGEST_STATE && room {
        return Ok(());
    }
    let message =
        format!("`{}` needs {} MB of memory at once, more than there is", program.name(), bytes >> 20);
    Err(Diagnostic::error(Code::StateTooLarge, message)
        .help("shorten its delays and tables; for notes, declare fewer voices: declare nvoices \"4\";"))
}

/// As [`render`], by whatever engine `compile` gives: the reference interpreter, for one.
///
/// # Errors
/// As for [`render`], and what `compile` refuses.
pub fn perform<S: Sample, F: DspFactory>(
    program: &Program,
    take: &Take<S>,
    compile: impl Fn(Stage) -> Result<Option<Arc<F>>, Diagnostic>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<S>>, Stop> {
    // The cheap checks first: nobody waits for a compiler to hear of a typing slip.
    let inputs: Vec<&[S]> = take.inputs.iter().map(Vec::as_slice).collect();
    let score = Score {
        inputs: inputs_for(program, &inputs)?,
        values: take
            .values
            .iter()
            .map(|(name, value)| setting(program, name, *value))
            .collect::<Result<_, _>>()?,
        events: take.events.iter().map(|event| at_frame(program, event)).collect::<Result<_, _>>()?,
        notes: notes(take)?,
        ..Score::new(frames(program, take)?)
    };
    let keyboard = if take.notes.is_empty() { None } else { Some(keyboard(program)?) };
    let voice = compile(Stage::Voice)?.expect("every program is a voice");
    let effect = compile(Stage::Effect)?;
    let copies = keyboard.as_ref().map_or(1, |keyboard| 2 * keyboard.voices as u64);
    let state = (voice.state_bytes() as u64).saturating_mul(copies);
    let state = state.saturating_add(effect.as_ref().map_or(0, |effect| effect.state_bytes() as u64));
    room_for(program, state)?;
    let effect = effect.as_ref().map(|effect| &**effect as &dyn DspFactory);
    let rig = Rig { voice: &*voice, keyboard: keyboard.as_ref(), effect };
    S::perform(&rig, &score, progress).map_err(|error| match error {
        RenderError::Cancelled { .. } => Stop::Cancelled,
        RenderError::TooLong { .. } => Diagnostic::error(Code::Duration, error.to_string()).into(),
        // Names are resolved and values checked above.
        other => Diagnostic::error(Code::BadEvent, other.to_string()).into(),
    })
}

/// The control of that name or address, by number; those of the effect come behind the program's own.
///
/// # Errors
/// `KR0404` with the nearest name and all of them.
pub fn find_control(program: &Program, name: &str) -> Result<usize, Diagnostic> {
    let controls: Vec<&Control> = program.all_controls().collect();
    let named = controls.iter().position(|control| &*control.name == name);
    let found = named.or_else(|| controls.iter().position(|control| &*control.face.address == name));
    if let Some(at) = found.filter(|_| !name.is_empty()) {
        return Ok(at);
    }
    let message = format!("`{}` has no control `{name}`", program.name());
    let report = Diagnostic::error(Code::NoSuchControl, message);
    let report = match nearest(name, controls.iter().map(|control| &*control.name)) {
        Some(near) => report.help(format!("did you mean `{near}`?")),
        None => report,
    };
    Err(report.help(match *controls {
        [] => "it has no controls: declare them with `krs.control`".to_owned(),
        _ => format!("its controls are {}", listed(controls.iter().map(|control| &*control.name))),
    }))
}

/// `` `a`, `b`, … `` with an end.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let count = names.len();
    let mut text = names.take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if count > SHOWN {
        text.push_str(&format!(" and {} more", count - SHOWN));
    }
    text
}

fn setting(program: &Program, name: &str, value: f64) -> Result<(usize, f64), Diagnostic> {
    let control = find_control(program, name)?;
    if value.is_finite() {
        return Ok((control, value));
    }
    let range = program.all_controls().nth(control).expect("it was found there");
    Err(Diagnostic::error(Code::ControlValue, format!("control `{name}` cannot be {value}"))
        .help(format!("give a number within {}..{}; others are clamped", range.lo, range.hi)))
}

fn at_frame(program: &Program, (frame, name, value): &(u64, String, f64)) -> Result<Turn, Diagnostic> {
    let (control, value) = setting(program, name, *value)?;
    // An event beyond the address space is beyond every take.
    Ok(Turn { frame: usize::try_from(*frame).unwrap_or(usize::MAX), control, value })
}

fn inputs_for<'a, S>(program: &Program, given: &'a [&'a [S]]) -> Result<&'a [&'a [S]], Diagnostic> {
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

/// The most bytes of samples one take may fill.
const LARGEST_TAKE: f64 = 2.0 * 1024.0 * 1024.0 * 1024.0;

fn frames<S>(program: &Program, take: &Take<S>) -> Result<usize, Diagnostic> {
    let refuse = |why: &str| {
        Err(Diagnostic::error(Code::Duration, format!("cannot render {} seconds: {why}", take.seconds)))
    };
    let frames = take.frames();
    if !frames.is_finite() || take.seconds < 0.0 {
        return refuse("give a finite number of seconds, 0 or more");
    }
    #[allow(clippy::cast_precision_loss)]
    let bytes = frames * (program.heard().len() * size_of::<S>()) as f64;
    if bytes > LARGEST_TAKE {
        return refuse("they do not fit into 2 GB; render a shorter piece");
    }
    // Between 0 and 2^31 by the checks above.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(frames as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_ir::{Control, ControlKind, Fun, ProgramBuilder};

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

    fn take() -> Take {
        Take { inputs: vec![vec![1.0; 8]], ..Take::new(0.008, 1000) }
    }

    fn perform(take: &Take) -> Result<Vec<Vec<f32>>, Stop> {
        render(&amplifier().into(), take, &mut |_| ControlFlow::Continue(()))
    }

    fn refused(take: &Take) -> (Code, String) {
        match perform(take) {
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
        let sound = perform(&Take { values: vec![("level".to_owned(), 0.5)], events, ..take() });
        assert_eq!(sound, Ok(vec![vec![0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 1.0, 1.0]]));
    }

    #[test]
    fn double_precision_keeps_every_bit() {
        let third = 1.0 / 3.0;
        let values = vec![("level".to_owned(), third)];
        let take = Take {
            inputs: vec![vec![1.0_f64; 1]],
            values,
            precision: Precision::Double,
            ..Take::new(0.001, 1000)
        };
        let sound = render(&amplifier().into(), &take, &mut |_| ControlFlow::Continue(()));
        assert_eq!(sound, Ok(vec![vec![third]]));
    }

    #[test]
    fn what_cannot_be_rendered_is_refused_by_name() {
        let set = |name: &str, value| Take { values: vec![(name.to_owned(), value)], ..take() };
        let (code, text) = refused(&set("levle", 1.0));
        assert!(code == Code::NoSuchControl && text.contains("did you mean `level`?"), "{text}");
        assert_eq!(refused(&set("level", f64::NAN)).0, Code::ControlValue);
        assert_eq!(
            refused(&Take { events: vec![(0, "gate".to_owned(), 1.0)], ..take() }).0,
            Code::NoSuchControl
        );
        assert_eq!(refused(&Take { inputs: vec![vec![], vec![]], ..take() }).0, Code::BadInput);
        for seconds in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(refused(&Take { seconds, inputs: vec![], ..take() }).0, Code::Duration, "{seconds}");
        }
        assert_eq!(refused(&Take { sample_rate: 0, ..take() }).0, Code::SampleRate);
    }

    #[test]
    fn nothing_is_a_valid_take_and_silence_a_valid_input() {
        assert_eq!(perform(&Take::new(0.0, 48_000)), Ok(vec![vec![]]));
        assert_eq!(perform(&Take::new(0.002, 1000)), Ok(vec![vec![0.0; 2]]));
    }

    #[test]
    fn a_listener_may_break_off() {
        let long = Take::<f32>::new(10.0, 48_000);
        let stopped = render(&amplifier().into(), &long, &mut |_| ControlFlow::Break(()));
        assert_eq!(stopped, Err(Stop::Cancelled));
    }
}
