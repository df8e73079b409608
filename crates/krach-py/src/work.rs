//! Long work: on a worker, without the interpreter lock, interruptible. A panic becomes an error.

use crate::error;
use krach_diag::{Code, Diagnostic};
use krach_store::{Progress, on_worker};
use pyo3::prelude::*;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Runs `work` on a worker without the interpreter lock, stops at Ctrl-C, and calls `progress` with the frames done.
pub fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&Progress) -> T + Send + 'static,
) -> PyResult<T> {
    let done = Progress::default();
    let shared = done.clone();
    let mut raised = None;
    let result = py.detach(|| {
        let look = || look(progress, done.done(), &mut raised);
        catch_unwind(AssertUnwindSafe(|| on_worker(&done, move || work(&shared), look)))
    });
    match (result, raised) {
        (_, Some(error)) => Err(error),
        (Ok(Ok(Some(result))), None) => Ok(result),
        (Ok(Err(report)), None) => Err(error::raise(py, &report)),
        (Ok(Ok(None)), None) => unreachable!("only an error of the caller breaks off"),
        (Err(_), None) => Err(failed(py)),
    }
}

/// Called by `work` with the frames done; it may ask to stop.
pub type Advance<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

/// The same on the caller's thread, for work that reports its progress many times a second: a render of compiled code
/// starts no thread.
pub fn in_place<T: Send>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(Advance<'_>) -> T + Send,
) -> PyResult<T> {
    let (mut raised, mut looked) = (None, Instant::now());
    let result = py.detach(|| {
        let mut advance = |done| {
            if looked.elapsed() < TICK {
                return ControlFlow::Continue(());
            }
            looked = Instant::now();
            look(progress, done, &mut raised)
        };
        catch_unwind(AssertUnwindSafe(|| work(&mut advance)))
    });
    match (result, raised) {
        (_, Some(error)) => Err(error),
        (Ok(result), None) => Ok(result),
        (Err(_), None) => Err(failed(py)),
    }
}

/// Between two looks for Ctrl-C.
const TICK: Duration = Duration::from_millis(25);

/// Calls `progress`, then looks for Ctrl-C. An error of either is kept in `raised`.
fn look(progress: Option<&Py<PyAny>>, done: usize, raised: &mut Option<PyErr>) -> ControlFlow<()> {
    Python::attach(|py| {
        let heard = progress.map_or(Ok(()), |progress| progress.call1(py, (done,)).map(drop));
        match heard.and_then(|()| py.check_signals()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                *raised = Some(error);
                ControlFlow::Break(())
            }
        }
    })
}

fn failed(py: Python<'_>) -> PyErr {
    let report = Diagnostic::error(Code::Compiler, "krach itself failed").help("please report this program");
    error::raise(py, &report)
}
