//! From a Faust text to a [`Program`], in four steps, each with its own form of the sound.
//!
//! 1. `eval` evaluates `process` to a block diagram (`diagram`): names are looked up, functions applied, iterations
//!    unrolled.
//! 2. `propagate` sends signals through the diagram: what comes out is a graph of `signal`s, simplified while it is
//!    made.
//! 3. The signals are analysed: `int_or_real` finds their types, `range` their bounds, `gate` when they are
//!    computed, `widgets` the addresses of controls and meters. `check` reports what has no meaning, such as a delay
//!    without bound.
//! 4. `emit` writes the signals into a program.
//!
//! The first two steps need each other: the number of copies in `par(i, N, …)` may be computed by a diagram, which
//! is then propagated while evaluation goes on. Errors never stop a step early, so one run reports many.

mod check;
mod diagram;
mod emit;
mod eval;
mod foreign;
mod gate;
mod ids;
mod int_or_real;
mod interner;
mod options;
mod polyphony;
mod propagate;
mod range;
mod signal;
mod soundfile;
mod stack;
mod table;
mod widgets;

use self::check::{check, check_parts, check_tables, report_refusal};
use self::diagram::{Arity, BoxId};
use self::emit::{Emitter, Findings};
use self::eval::Evaluator;
use self::gate::Gates;
use self::ids::FileId;
use self::int_or_real::Natures;
pub use self::options::Options;
pub(crate) use self::polyphony::voices;
use self::range::Ranges;
use self::signal::{SigId, Signal, WidgetId, WidgetKind};
use self::stack::{STACK_BYTES, Stack};
use self::widgets::Taken;
use crate::files::{File, Files};
use crate::syntax::{ListId, StatementKind, Syntax};
use krach_diag::{Code, Diagnostic, Severity, Source};
use krach_ir::{Polyphony, Program};
use std::sync::Arc;

/// A program, and what its text says besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Elaborated {
    pub program: Program,
    /// What the widget of each control ranges over.
    pub widget_ranges: Vec<[f64; 2]>,
    /// The control that is `count`, if [`Options::impulse`] asks for it and the program for `count`.
    pub count: Option<usize>,
}

/// The program that a Faust text describes, and everything there is to say about the text. There is a program if
/// and only if there is no error.
#[must_use]
pub fn elaborate(main: &Source, files: &dyn Files, options: &Options) -> (Option<Program>, Vec<Diagnostic>) {
    let (elaborated, reports) = elaborate_whole(main, files, options);
    (elaborated.map(|elaborated| elaborated.program), reports)
}

/// The same, with how people reach what the program offers.
#[must_use]
pub fn elaborate_whole(
    main: &Source,
    files: &dyn Files,
    options: &Options,
) -> (Option<Elaborated>, Vec<Diagnostic>) {
    elaborate_file(|| File::parse(main), Vec::new(), files, options)
}

/// The same for a file that is read in another way. `ranges` are those of the first inputs, where they are known.
pub(crate) fn elaborate_file(
    main: impl FnOnce() -> File + Send,
    ranges: Vec<(f64, f64)>,
    files: &dyn Files,
    options: &Options,
) -> (Option<Elaborated>, Vec<Diagnostic>) {
    let run = || {
        let main = Arc::new(main());
        let voices = voices(&metadata(main.syntax())).filter(|_| !options.impulse);
        let (voice, mut reports) = elaborate_one(main.clone(), ranges, Taken::default(), files, options);
        let Some(voices) = voices else { return (voice, reports) };
        let taken = voice.as_ref().map(|voice| Taken::by(&voice.program)).unwrap_or_default();
        let following = Options { process: EFFECT.into(), ..options.clone() };
        let (effect, further) = elaborate_one(main, Vec::new(), taken, files, &following);
        let new: Vec<Diagnostic> = further.into_iter().filter(|report| !reports.contains(report)).collect();
        reports.extend(new);
        let wrong = reports.iter().any(|report| report.severity == Severity::Error);
        let Some(voice) = voice.filter(|_| !wrong) else { return (None, in_order(reports)) };
        let effect = effect.map(|effect| effect.program.declared(Vec::new()));
        let credits =
            effect.iter().fold(voice.program.credits().clone(), |all, effect| &all | effect.credits());
        let polyphony = Polyphony { voices, effect: effect.map(Arc::new) };
        let program = voice.program.credited(credits).polyphonic(Some(polyphony));
        (Some(Elaborated { program, ..voice }), in_order(reports))
    };
    // Evaluation recurses as deep as the text nests, which no ordinary stack bears.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("faust".to_owned()).stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, run) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => {
                let report = Diagnostic::error(Code::FaustSize, format!("no room for a stack: {error}"));
                (None, vec![report])
            }
        }
    })
}

/// What follows the voices of an instrument is defined under this name.
const EFFECT: &str = "effect";

/// One of the definitions of a file that programs are made of; `taken` are names that its controls and meters cannot
/// have.
fn elaborate_one(
    main: Arc<File>,
    ranges: Vec<(f64, f64)>,
    taken: Taken,
    files: &dyn Files,
    options: &Options,
) -> (Option<Elaborated>, Vec<Diagnostic>) {
    let mut evaluator = Evaluator::new(main, files, options, Stack::here());
    evaluator.signals.input_ranges = ranges;
    evaluator.taken = taken;
    // Also where a part cannot be read: there may be more to say about the rest.
    let program = program(&mut evaluator).filter(|_| !evaluator.failed());
    (program, in_order(evaluator.reports))
}

/// As people read: file by file, from the top.
fn in_order(mut reports: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut files: Vec<Arc<str>> = Vec::new();
    for place in reports.iter().filter_map(|report| report.place.as_ref()) {
        if !files.contains(&place.file) {
            files.push(place.file.clone());
        }
    }
    let position = |report: &Diagnostic| {
        let place = report.place.as_ref()?;
        let file = files.iter().position(|file| *file == place.file);
        Some((file, place.line, place.column))
    };
    reports.sort_by_key(position);
    reports
}

fn program(evaluator: &mut Evaluator<'_>) -> Option<Elaborated> {
    let name = &evaluator.options.process;
    let Some(process) = evaluator.definition_of(FileId::MAIN, name) else {
        // It may be in what cannot be read, and nothing need follow the voices.
        if evaluator.failed() || &**name == EFFECT {
            return None;
        }
        let start = evaluator.place(FileId::MAIN, krach_diag::Span::new(0, 0));
        let report = Diagnostic::error(Code::FaustProcess, format!("`{name}` is not defined"))
            .at(start)
            .help(format!("a program defines what it does: {name} = …;"));
        evaluator.report(report);
        return None;
    };
    if evaluator.failed() {
        evaluator.fault(process);
        return None;
    }
    let (inputs, outputs) = ports(evaluator, process)?;
    let inputs: Vec<SigId> = (0..inputs).map(|port| evaluator.signals.make(Signal::Input(port))).collect();
    let signals = evaluator.propagate(process, &inputs);
    if evaluator.failed() || signals.len() != outputs as usize {
        return None;
    }
    finish(evaluator, process, &inputs, &signals)
}

fn ports(evaluator: &mut Evaluator<'_>, process: BoxId) -> Option<(u32, u32)> {
    let origin = evaluator.boxes.facts(process).origin;
    match evaluator.boxes.arity(process) {
        Arity::Known(_, 0) => {
            let message = format!("`{}` has no output", evaluator.options.process);
            evaluator.trouble_at(Code::FaustProcess, message, origin);
            None
        }
        Arity::Known(inputs, outputs) => Some((inputs, outputs)),
        _ => {
            evaluator.fault(process);
            None
        }
    }
}

/// Types, bounds and gates, then the program.
fn finish(
    evaluator: &mut Evaluator<'_>,
    process: BoxId,
    inputs: &[SigId],
    outputs: &[SigId],
) -> Option<Elaborated> {
    // Which part of a sound file is wanted matters even where the file is missing.
    let parts = std::mem::take(&mut evaluator.propagation.sounds.parts);
    let roots: Vec<SigId> = outputs.iter().copied().chain(parts.iter().map(|&(part, _)| part)).collect();
    let order = evaluator.signals.reachable(&roots, true);
    let natures = Natures::of(&evaluator.signals, &order);
    let ranges = Ranges::of(&evaluator.signals, &evaluator.texts, &order, &natures);
    let undefined = std::mem::take(&mut evaluator.signals.undefined);
    for &id in order.iter().chain(&undefined) {
        check(evaluator, &ranges, id);
    }
    check_tables(evaluator, &order);
    check_parts(evaluator, &ranges, &parts);
    if evaluator.failed() {
        return None;
    }
    let gates = Gates::of(&evaluator.signals, &order, outputs);
    let met = widgets_met(evaluator, &order);
    let mut metadata = metadata(evaluator.syntax(FileId::MAIN));
    let name = name(evaluator, &metadata);
    metadata.retain(|(key, _)| &**key != "name");
    let root = evaluator.options.rooted.then_some(&*name);
    let mut controls = widgets::controls(evaluator, &order, &met, root);
    let widget_ranges = controls.iter().map(|control| [control.lo, control.hi]).collect();
    if evaluator.options.impulse {
        widgets::accept_notes(&mut controls);
    }
    let count = met.iter().position(|&id| evaluator.signals.widget_of(id).kind == WidgetKind::Count);
    let findings =
        Findings { signals: &evaluator.signals, natures: &natures, ranges: &ranges, gates: Some(&gates) };
    let bargraphs = widgets::bargraphs(evaluator, &order, outputs, root);
    let controls = met.into_iter().zip(controls);
    let emitted = Emitter::new(&name, &findings).program(inputs, outputs, controls, &bargraphs);
    match emitted {
        Ok(program) => {
            let program = program.declared(metadata).credited(evaluator.credits());
            Some(Elaborated { program, widget_ranges, count })
        }
        Err(refused) => {
            report_refusal(evaluator, process, &refused);
            None
        }
    }
}

/// Controls of the program, in the order in which they are met.
fn widgets_met(evaluator: &Evaluator<'_>, order: &[SigId]) -> Vec<WidgetId> {
    let widget = |&id: &SigId| match evaluator.signals.get(id) {
        Signal::Widget(id) if evaluator.signals.widget_of(id).kind.is_control() => Some(id),
        _ => None,
    };
    order.iter().filter_map(widget).collect()
}

/// What a file declares of itself.
fn metadata(syntax: &Syntax) -> Vec<(Arc<str>, Arc<str>)> {
    let declared = syntax.list(ListId::FILE).statements.iter().filter_map(|statement| match statement.kind {
        StatementKind::Declare { function: None, key, value } => {
            Some((syntax.text(key).clone(), syntax.text(value).clone()))
        }
        _ => None,
    });
    declared.collect()
}

/// `declare name`, or the file's name without its ending; a text that is no file is a sound.
fn name(evaluator: &Evaluator<'_>, metadata: &[(Arc<str>, Arc<str>)]) -> String {
    if let Some((_, name)) = metadata.iter().find(|(key, _)| &**key == "name") {
        return name.to_string();
    }
    let path = evaluator.syntax(FileId::MAIN).source().name();
    if path.starts_with('<') {
        return "sound".to_owned();
    }
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.strip_suffix(".dsp").unwrap_or(file).to_owned()
}
