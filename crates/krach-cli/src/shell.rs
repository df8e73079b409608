//! What every sub-command needs: the host, the texts read, the two streams, and work that can be interrupted.

use crate::Host;
use crate::report;
use krach_diag::{Code, Diagnostic, Severity, Source};
use krach_session::{Session, Stop};
use krach_store::{Progress, Sources, on_worker};
use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Why a sub-command ended early.
#[derive(Debug)]
pub enum Failure {
    /// What the user has to know.
    Wrong(Vec<Diagnostic>),
    /// Ctrl-C.
    Interrupted,
    /// The reader of standard output has closed it.
    Closed,
}

impl Failure {
    /// Standard output takes no more.
    pub(crate) fn of_stdout(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Diagnostic::error(Code::Unwritable, format!("cannot write to standard output: {error}"))
                .into(),
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(report: Diagnostic) -> Self {
        Self::Wrong(vec![report])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(reports: Vec<Diagnostic>) -> Self {
        Self::Wrong(reports)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Wrong(report) => report.into(),
            Stop::Cancelled => Self::Interrupted,
        }
    }
}

pub(crate) const WELL: i32 = 0;
pub(crate) const WRONG: i32 = 1;
const USAGE: i32 = 2;
pub(crate) const NO_DEVICE: i32 = 3;
const INTERRUPTED: i32 = 130;

pub(crate) struct Shell<'a> {
    pub host: &'a dyn Host,
    pub sources: Sources,
    pub session: Arc<Session>,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self { host, sources: Sources::default(), session: Arc::new(Session::of_user()) }
    }

    /// Writes data to standard output.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        let text = if io::stdout().is_terminal() { visible(text) } else { Cow::Borrowed(text) };
        let mut to = io::stdout().lock();
        to.write_all(text.as_bytes()).and_then(|()| to.flush()).map_err(|error| Failure::of_stdout(&error))
    }

    /// Writes bytes to standard output.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut to = io::stdout().lock();
        to.write_all(bytes).and_then(|()| to.flush()).map_err(|error| Failure::of_stdout(&error))
    }

    /// Writes a remark to standard error.
    pub(crate) fn remark(&self, text: &str) {
        // Standard error may be closed; then there is no place to report it.
        let _ = writeln!(io::stderr(), "{}", visible(text));
    }

    /// Draws reports on standard error.
    pub(crate) fn draw(&mut self, reports: &[Diagnostic]) {
        let labels =
            |report: &Diagnostic| report.labels.iter().map(|label| label.place.file.clone()).collect();
        let files = reports.iter().flat_map(|report| {
            let mut files: Vec<Arc<str>> = labels(report);
            files.extend(report.place.as_ref().map(|place| place.file.clone()));
            files
        });
        for file in files {
            if self.sources.recall(&file).is_none()
                && let Some(text) = self.host.text(&file)
            {
                self.sources.remember(Arc::new(Source::new(file, text)));
            }
        }
        report::draw(reports, &mut self.sources);
    }

    /// Long work on a thread of its own, so that Ctrl-C is answered at once; `tick` hears its progress.
    pub(crate) fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Progress) -> T + Send + 'static,
        tick: impl FnMut(&Progress),
    ) -> Result<T, Failure> {
        work(self.host, job, tick)
    }

    /// Tells the user what there is to tell.
    pub(crate) fn exit_code(&mut self, result: Result<i32, Failure>) -> i32 {
        match result {
            Ok(code) => code,
            Err(Failure::Closed) => WELL,
            Err(Failure::Interrupted) => {
                self.remark("interrupted");
                INTERRUPTED
            }
            Err(Failure::Wrong(reports)) => {
                self.draw(&reports);
                code_of(&reports)
            }
        }
    }
}

/// [`Shell::work`] for those who have only the host.
pub(crate) fn work<T: Send + 'static>(
    host: &dyn Host,
    job: impl FnOnce(&Progress) -> T + Send + 'static,
    mut tick: impl FnMut(&Progress),
) -> Result<T, Failure> {
    let progress = Progress::default();
    let workers = progress.clone();
    let watch = || {
        tick(&progress);
        if host.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    on_worker(&progress, move || job(&workers), watch)?.ok_or(Failure::Interrupted)
}

/// The text without what would command a terminal: names and texts may come from strangers.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let commands = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if commands(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// A number and its noun: "1 frame", "2 frames".
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The exit code that tells these reports.
pub(crate) fn code_of(reports: &[Diagnostic]) -> i32 {
    let Some(first) = reports.iter().find(|report| report.severity == Severity::Error) else { return WELL };
    match first.code {
        Code::NoSuchCode | Code::UnknownFile => USAGE,
        // With a place it is the user's file that asks for it, without one it was a flag.
        Code::SampleRate | Code::Duration | Code::NoSuchControl | Code::ControlValue
            if first.place.is_none() =>
        {
            USAGE
        }
        Code::NoDevice => NO_DEVICE,
        _ => WRONG,
    }
}
