//! The command line's door to Python: a host that runs the user's files.

use crate::mixer::Session;
use crate::program::Program;
use krach_cli::{About, Door, Failure, Function, Host, Script};
use krach_diag::{Code, Diagnostic, Place, Source};
use krach_store::Playable;
use krach_store::krlib::{self, Language};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// The candidate that a typing slip could have turned into `name`.
#[pyfunction]
pub fn nearest(name: &str, candidates: Vec<String>) -> Option<String> {
    krach_store::nearest(name, candidates.iter().map(String::as_str)).map(str::to_owned)
}

/// Runs one command line, its first argument being the name of the command, and returns the exit code.
#[pyfunction]
pub fn run_cli(py: Python<'_>, arguments: Vec<OsString>) -> i32 {
    py.detach(|| krach_cli::run(arguments, &PythonHost))
}

#[derive(Debug)]
struct PythonHost;

impl Host for PythonHost {
    fn load(&self, source: &Source) -> Result<Box<dyn Script>, Failure> {
        Python::attach(|py| {
            let load = || -> PyResult<PythonScript> {
                let host = py.import("krach._host")?;
                let script = host.call_method1("load", (&**source.name(), source.text()))?;
                let functions: Vec<(String, u32, bool, bool)> = script.getattr("functions")?.extract()?;
                let functions = functions.into_iter();
                let session = script.getattr("session")?;
                let session = session.cast::<Session>()?.get().with_nodes();
                Ok(PythonScript {
                    session,
                    functions: functions
                        .map(|(name, line, listed, checked)| Function { name, line, listed, checked })
                        .collect(),
                    script: script.unbind(),
                })
            };
            Ok(Box::new(load().map_err(|error| failure(py, &error))?) as Box<dyn Script>)
        })
    }

    fn open(&self, door: &Door) -> Result<i32, Failure> {
        Python::attach(|py| {
            let opened = match door {
                Door::Prompt => {
                    py.import("krach.repl.prompt").and_then(|prompt| prompt.call_method0("prompt"))
                }
                Door::Demo { seconds, device } => py
                    .import("krach.repl.demo")
                    .and_then(|demo| demo.call_method1("demo", (*seconds, device.as_deref()))),
                Door::Run { file, watch, interactive, device, threads } => {
                    let how = (file.clone(), *watch, *interactive, device.as_deref(), *threads);
                    py.import("krach.repl.run").and_then(|run| run.call_method1("play", how))
                }
                Door::View { port } => {
                    py.import("krach.repl.page").and_then(|page| page.call_method1("serve", (*port,)))
                }
                Door::Recover { journal, output } => {
                    let what = (journal.clone(), output.clone());
                    py.import("krach.repl.run").and_then(|run| run.call_method1("recover", what))
                }
            };
            opened.and_then(|code| code.extract()).map_err(|error| failure(py, &error))
        })
    }

    fn decode(&self, bytes: &[u8], encoding: &str) -> Option<String> {
        Python::attach(|py| {
            let decoded = pyo3::types::PyBytes::new(py, bytes).call_method1("decode", (encoding,));
            decoded.and_then(|text| text.extract()).ok()
        })
    }

    fn interrupted(&self) -> bool {
        Python::attach(|py| py.check_signals().is_err())
    }

    fn libraries(&self) -> Vec<PathBuf> {
        let installed = |py: Python<'_>| py.import("krach._faust")?.getattr("installed")?.call0()?.extract();
        // If Python cannot give them, the other folders are searched.
        Python::attach(|py| installed(py).unwrap_or_default())
    }

    /// What the user's file gave to `faust_expr`.
    fn text(&self, name: &str) -> Option<String> {
        Python::attach(|py| {
            let lines = py.import("linecache").and_then(|cache| cache.call_method1("getlines", (name,)));
            let lines: Vec<String> = lines.and_then(|lines| lines.extract()).ok()?;
            (!lines.is_empty()).then(|| lines.concat())
        })
    }
}

struct PythonScript {
    session: Option<Arc<krach_session::Session>>,
    functions: Vec<Function>,
    script: Py<PyAny>,
}

impl Script for PythonScript {
    fn functions(&self) -> &[Function] {
        &self.functions
    }

    fn session(&self) -> Option<Arc<krach_session::Session>> {
        self.session.clone()
    }

    fn playable(&self, index: usize) -> Result<(Playable, Vec<Diagnostic>), Failure> {
        Python::attach(|py| {
            let trace = || -> PyResult<Playable> {
                let script = self.script.bind(py);
                let traced = script.call_method1("trace", (index,))?;
                let program = traced.cast::<Program>()?.get().inner().clone();
                let precision: Option<String> = script.call_method1("precision", (index,))?.extract()?;
                let precision = precision.as_deref().map(crate::render::precision).transpose()?;
                Ok(Playable::made_for(program, precision))
            };
            Ok((trace().map_err(|error| failure(py, &error))?, Vec::new()))
        })
    }

    fn about(&self, index: usize) -> Result<About, Failure> {
        Python::attach(|py| {
            let answer =
                self.script.bind(py).call_method1("about", (index,)).and_then(|about| about.extract());
            let (doc, text, faust): (String, String, bool) = answer.map_err(|error| failure(py, &error))?;
            let language = if faust { Language::Faust } else { Language::Python };
            let source = (!text.is_empty()).then_some(krlib::Source { text, language });
            Ok(About { doc, source })
        })
    }
}

fn failure(py: Python<'_>, error: &PyErr) -> Failure {
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        return Failure::Interrupted;
    }
    match diagnostics(error.value(py)) {
        Ok(reports) => reports.into(),
        // Not one of ours: `_host` reports everything that the user's code raises, so this is a fault of krach.
        Err(_) => {
            Diagnostic::error(Code::Raised, error.to_string()).help("please report this program").into()
        }
    }
}

/// A `krach.Error` and its further ones, back as reports.
fn diagnostics(error: &Bound<'_, PyAny>) -> PyResult<Vec<Diagnostic>> {
    let mut reports = vec![diagnostic(error)?];
    for further in error.getattr("further")?.try_iter()? {
        reports.push(diagnostic(&further?)?);
    }
    Ok(reports)
}

/// A `krach.Error`, back as the report that it carries.
fn diagnostic(error: &Bound<'_, PyAny>) -> PyResult<Diagnostic> {
    let id: String = error.getattr("code")?.extract()?;
    let mut report = Diagnostic::error(Code::find(&id).unwrap_or(Code::Raised), text(error, "message")?);
    if let Some(at) = place(&error.getattr("place")?)? {
        report = report.at(at);
    }
    for label in error.getattr("labels")?.try_iter()? {
        let label = label?;
        if let Some(at) = place(&label.getattr("place")?)? {
            report = report.label(at, text(&label, "text")?);
        }
    }
    for help in error.getattr("help")?.try_iter()? {
        report = report.help(help?.extract::<String>()?);
    }
    Ok(report)
}

fn text(object: &Bound<'_, PyAny>, attribute: &str) -> PyResult<String> {
    object.getattr(attribute)?.extract()
}

fn place(place: &Bound<'_, PyAny>) -> PyResult<Option<Place>> {
    let place: Option<(String, u32, u32, u32, u32)> = place.extract()?;
    Ok(place.map(|(file, line, column, end_line, end_column)| Place {
        file: file.into(),
        line,
        column,
        end_line,
        end_column,
    }))
}
