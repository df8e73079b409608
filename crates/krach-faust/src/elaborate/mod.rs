//! The whole way: text, diagram, signals, program.

mod diagram;
mod emit;
mod eval;
mod foreign;
mod gate;
mod interface;
mod nature;
mod propagate;
mod range;
mod signal;
mod stack;
mod text;

use self::diagram::{Arity, BoxId};
use self::emit::{Emitter, Findings, Refused};
use self::eval::{Evaluator, FileId};
use self::gate::Gates;
use self::nature::Natures;
use self::range::Ranges;
use self::signal::{SigId, Signal, WidgetId, WidgetKind, Wrong};
use self::stack::{STACK_BYTES, Stack};
use crate::files::{File, Files};
use crate::syntax::{ListId, Precisions, StatementKind};
use krach_diag::{Code, Diagnostic, Source};
use krach_ir::{BuildError, Fun, Program};
use std::sync::Arc;

/// How a program is elaborated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Chooses between definitions that are marked with a precision.
    pub precision: krach_abi::Precision,
}

impl Options {
    pub(crate) fn precisions(&self) -> Precisions {
        match self.precision {
            krach_abi::Precision::Single => Precisions::SINGLE,
            krach_abi::Precision::Double => Precisions::DOUBLE,
        }
    }

    pub(crate) fn precisions_index(&self) -> usize {
        match self.precision {
            krach_abi::Precision::Single => 0,
            krach_abi::Precision::Double => 1,
        }
    }
}

/// The program that a Faust text describes, and everything there is to say about the text. There is a program if
/// and only if there is no error.
#[must_use]
pub fn elaborate(main: &Source, files: &dyn Files, options: &Options) -> (Option<Program>, Vec<Diagnostic>) {
    let run = || {
        let mut evaluator = Evaluator::new(Arc::new(File::parse(main)), files, options, Stack::here());
        let program = if evaluator.failed() { None } else { program(&mut evaluator) };
        let program = program.filter(|_| !evaluator.failed());
        (program, evaluator.reports)
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

fn program(evaluator: &mut Evaluator<'_>) -> Option<Program> {
    let Some(process) = evaluator.definition_of(FileId::MAIN, "process") else {
        let start = evaluator.place(FileId::MAIN, krach_diag::Span::new(0, 0));
        let report = Diagnostic::error(Code::FaustProcess, "`process` is not defined")
            .at(start)
            .help("every program defines what it does: process = …;");
        evaluator.report(report);
        return None;
    };
    if evaluator.failed() {
        return None;
    }
    let (inputs, outputs) = ports(evaluator, process)?;
    let inputs: Vec<SigId> = (0..inputs).map(|port| evaluator.signals.make(Signal::Input(port))).collect();
    let signals = evaluator.propagate(process, &inputs);
    if evaluator.failed() || signals.len() != outputs as usize {
        return None;
    }
    finish(evaluator, &inputs, &signals)
}

fn ports(evaluator: &mut Evaluator<'_>, process: BoxId) -> Option<(u32, u32)> {
    let origin = evaluator.boxes.facts(process).origin;
    match evaluator.boxes.arity(process) {
        Arity::Known(_, 0) => {
            let message = "`process` has no output".to_owned();
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
fn finish(evaluator: &mut Evaluator<'_>, inputs: &[SigId], outputs: &[SigId]) -> Option<Program> {
    let order = evaluator.signals.reachable(outputs, true);
    let natures = Natures::of(&evaluator.signals, &order);
    let ranges = Ranges::of(&evaluator.signals, &order, &natures);
    for &id in &order {
        check(evaluator, &ranges, id);
    }
    if evaluator.failed() {
        return None;
    }
    let gates = Gates::of(&evaluator.signals, &order, outputs);
    let widgets = widgets(evaluator, &order);
    let controls = interface::controls(&evaluator.signals, &widgets, &evaluator.texts);
    let name = name(evaluator);
    let findings =
        Findings { signals: &evaluator.signals, natures: &natures, ranges: &ranges, gates: &gates };
    let emitted = Emitter::new(&name, &findings).program(inputs, outputs, widgets.into_iter().zip(controls));
    match emitted {
        Ok(program) => Some(program),
        Err(refused) => {
            report_refusal(evaluator, &refused);
            None
        }
    }
}

/// Controls of the program, in the order in which they are met.
fn widgets(evaluator: &Evaluator<'_>, order: &[SigId]) -> Vec<WidgetId> {
    let widget = |&id: &SigId| match evaluator.signals.get(id) {
        Signal::Widget(id) if evaluator.signals.widget_of(id).kind != WidgetKind::Bargraph => Some(id),
        _ => None,
    };
    order.iter().filter_map(widget).collect()
}

/// `declare name`, or the file's name without its ending.
fn name(evaluator: &Evaluator<'_>) -> String {
    let syntax = evaluator.syntax(FileId::MAIN);
    let declared = syntax.list(ListId::FILE).statements.iter().find_map(|statement| match statement.kind {
        StatementKind::Declare { function: None, key, value } if &**syntax.text(key) == "name" => {
            Some(syntax.text(value).to_string())
        }
        _ => None,
    });
    declared.unwrap_or_else(|| {
        let path = syntax.source().name();
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        file.strip_suffix(".dsp").unwrap_or(file).to_owned()
    })
}

/// What the program needs but cannot mean.
fn check(evaluator: &mut Evaluator<'_>, ranges: &Ranges, id: SigId) {
    let origin = evaluator.signals.origin_of(id);
    let constant = |id| evaluator.signals.constant(id);
    let (code, message) = match evaluator.signals.get(id) {
        Signal::Wrong(Wrong::TableSize) => (
            Code::FaustTable,
            "the size of a table must be a number above 0 that is known while compiling".to_owned(),
        ),
        Signal::Wrong(Wrong::Foreign(name)) => {
            (Code::FaustForeign, format!("the foreign name `{}` is not known", evaluator.texts.get(name)))
        }
        Signal::Apply(fun @ (Fun::Div | Fun::Rem), [_, b, _])
            if constant(b).is_some_and(|divisor| divisor.real() == 0.0) =>
        {
            let symbol = if fun == Fun::Div { "/" } else { "%" };
            (Code::FaustMaths, format!("`{symbol}` by the constant 0"))
        }
        Signal::Apply(fun @ (Fun::Sqrt | Fun::Log | Fun::Log10 | Fun::Asin | Fun::Acos), [x, ..]) => {
            match constant(x) {
                Some(value) => (Code::FaustMaths, format!("`{fun}` of {} is not a number", value.real())),
                None => return,
            }
        }
        Signal::Delay(_, samples) => {
            let range = ranges.get(samples);
            if range.lo <= -1.0 {
                let bounds = format!("{}..{}", range.lo, range.hi);
                let amount = evaluator.amount(origin).unwrap_or_else(|| "this one".to_owned());
                (Code::FaustDelay, format!("a delay must not be negative, but {amount} lies in {bounds}"))
            } else if range.hi > f64::from(i32::MAX) || range.hi.is_nan() {
                let amount = evaluator.amount(origin).map_or_else(String::new, |amount| format!(" by {amount}"));
                (Code::FaustDelay, format!("no upper bound of this delay{amount} can be proved"))
            } else {
                return;
            }
        }
        Signal::Read(_, contents, _) | Signal::ReadWrite(_, contents, _) => {
            let outside =
                |&id: &SigId| matches!(evaluator.signals.get(id), Signal::Input(_) | Signal::Widget(_));
            if !evaluator.signals.reachable(&[contents], true).iter().any(outside) {
                return;
            }
            (Code::FaustTable, "what fills a table must not depend on inputs or widgets".to_owned())
        }
        _ => return,
    };
    evaluator.trouble_at(code, message, origin);
    if code == Code::FaustDelay {
        evaluator.help("bound it: x @ max(0, min(48000, n))");
    }
}

fn report_refusal(evaluator: &mut Evaluator<'_>, refused: &Refused) {
    let code = match refused.error {
        BuildError::TooLarge { .. } => Code::FaustSize,
        BuildError::DelayNegative(_) | BuildError::DelayUnbounded => Code::FaustDelay,
        BuildError::TableLength(_) | BuildError::NotFinite(_) => Code::FaustTable,
        BuildError::ControlRange { .. } | BuildError::ControlName(_) | BuildError::ControlConflict { .. } => {
            Code::FaustWidget
        }
        _ => Code::InvalidProgram,
    };
    let message = refused.error.to_string();
    match refused.signal {
        Some(signal) => {
            let origin = evaluator.signals.origin_of(signal);
            evaluator.trouble_at(code, message, origin);
        }
        None => evaluator.report(Diagnostic::error(code, message)),
    }
}
