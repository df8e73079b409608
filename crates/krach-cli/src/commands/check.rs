//! `krach check`.

use crate::report::Findings;
use crate::script::Script;
use crate::shell::{WELL, code_of, counted};
use crate::target::{Only, Target};
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::Precision;
use krach_codegen::Spec;
use krach_diag::{Code, Diagnostic, Place};
use krach_ir::Program;
use krach_session::{Mixdown, Session, Stop};
use krach_store::Unit;
use std::ops::ControlFlow;

/// Frames of a session that are computed to check it.
const FIRST: usize = 64;

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub only: Only,
    /// Print one JSON object: {schema, ok, diagnostics}
    #[arg(long)]
    pub json: bool,
}

pub(crate) fn check(shell: &mut Shell<'_>, what: &Check) -> Result<i32, Failure> {
    let file = what.only.target.file.display().to_string();
    let mut reports = Vec::new();
    let checked = match examine(shell, what, &file, &mut reports) {
        Ok(checked) => checked,
        Err(Failure::Wrong(further)) => {
            reports.extend(further);
            String::new()
        }
        Err(other) => return Err(other),
    };
    reports.sort_by_key(|report| report.place.as_ref().map(|place| (place.line, place.column)));
    reports.dedup();
    let code = code_of(&reports);
    if what.json {
        let findings = serde_json::to_string_pretty(&Findings::new(&reports, &file));
        shell.say(&(findings.expect("strings and numbers are JSON") + "\n"))?;
    } else {
        shell.draw(&reports);
        if code == WELL {
            shell.remark(&format!("{file}: {checked}, no errors"));
        }
    }
    Ok(code)
}

/// Collects the faults of each function, and of the session that the file builds; says how many were looked at.
fn examine(
    shell: &mut Shell<'_>,
    what: &Check,
    file: &str,
    reports: &mut Vec<Diagnostic>,
) -> Result<String, Failure> {
    let script = what.only.load(shell, Precision::Single)?;
    let functions = what.only.target.all(&*script)?;
    let session = script.session().filter(|_| what.only.target.function.is_none());
    if functions.is_empty() && session.is_none() {
        let nothing =
            Diagnostic::warning(Code::NoSuchFunction, format!("`{file}` has no DSP function to check"));
        reports.push(nothing.at(Place::line(file, 1)));
    }
    for &at in &functions {
        match trace_and_compile(shell, &what.only.target, &*script, at) {
            Ok(warnings) => reports.extend(warnings),
            Err(Failure::Wrong(errors)) => reports.extend(errors),
            Err(other) => return Err(other),
        }
    }
    let Some(session) = session else { return Ok(counted(functions.len(), "DSP function")) };
    let nodes = counted(session.patch().nodes().len(), "node");
    if let Err(report) = shell.work(move |_| begins(&session), |_| {})? {
        reports.push(report.at(Place::line(file, 1)));
    }
    Ok(match functions.len() {
        0 => nodes,
        count => format!("{nodes} and {}", counted(count, "DSP function")),
    })
}

/// Whether a session can be heard: compiles its nodes and asks its patterns for the first block.
fn begins(session: &Session) -> Result<(), Diagnostic> {
    let first = Mixdown { frames: FIRST, sample_rate: 48_000, block: FIRST };
    match session.mixdown(&session.patch(), first, &mut |_| ControlFlow::Continue(())) {
        Err(Stop::Wrong(report)) => Err(report),
        Ok(_) | Err(Stop::Cancelled) => Ok(()),
    }
}

fn trace_and_compile(
    shell: &Shell<'_>,
    target: &Target,
    script: &dyn Script,
    at: usize,
) -> Result<Vec<Diagnostic>, Failure> {
    let function = &script.functions()[at];
    let place = || Place::line(target.file.display().to_string(), function.line);
    let (sound, mut warnings) = script.playable(at)?;
    if !script.is_faust() {
        warnings.extend(unused(sound.program(), &function.name));
    }
    for warning in &mut warnings {
        warning.place.get_or_insert_with(place);
    }
    let (session, spec) = (shell.session.clone(), Spec::new(48_000, Precision::Single));
    let compile =
        move |_: &_| Unit::ALL.into_iter().try_for_each(|unit| session.compile(&sound, unit, spec).map(drop));
    // The compiler refuses the function as a whole.
    shell.work(compile, |_| {})?.map_err(|report| report.at(place()))?;
    Ok(warnings)
}

/// A warning for each audio input that nothing reads. (Faust has no unused parameters: `process(x) = 1` says so.)
fn unused(program: &Program, name: &str) -> impl Iterator<Item = Diagnostic> {
    program.unread().map(move |input| {
        let message = format!("`{name}` does not use its audio input `{input}`");
        Diagnostic::warning(Code::Unused, message)
            .help(format!("if it is meant to be a constant: `{input}=0.5`"))
    })
}
