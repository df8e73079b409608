//! Whatever may take long or fail oddly: on a worker, without the interpreter lock, interruptible, never a panic.

use crate::error;
use krach_diag::{Code, Diagnostic};
use krach_store::{Progress, on_worker};
use pyo3::prelude::*;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work` on a worker without the interpreter lock, hears Ctrl-C, and tells `progress` how far it is.
pub fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&Progress) -> T + Send + 'static,
) -> PyResult<T> {
    let done = Progress::default();
    let shared = done.clone();
    let mut raised = None;
    let result = py.detach(|| {
        let look = || {
            Python::attach(|py| {
                let told = progress.map_or(Ok(()), |progress| progress.call1(py, (done.done(),)).map(drop));
                match told.and_then(|()| py.check_signals()) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        raised = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
        };
        catch_unwind(AssertUnwindSafe(|| on_worker(&done, move || work(&shared), look)))
    });
    match (result, raised) {
        (_, Some(error)) => Err(error),
        (Ok(Some(result)), None) => Ok(result),
        (Ok(None), None) => unreachable!("only an error of the caller breaks off"),
        (Err(_), None) => {
            let report =
                Diagnostic::error(Code::Compiler, "krach itself failed").help("please report this program");
            Err(error::raise(py, &report))
        }
    }
}
