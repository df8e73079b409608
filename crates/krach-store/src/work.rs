//! Long work beside a caller who must stay answerable.

use krach_diag::{Code, Diagnostic};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// What a worker and its caller share: how far it is, and whether it should stop.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<(AtomicUsize, AtomicBool)>);

impl Progress {
    /// Called by the worker with the amount of work done. `Break` means that the rest is not wanted.
    pub fn advance(&self, done: usize) -> ControlFlow<()> {
        self.0.0.store(done, Ordering::Relaxed);
        if self.cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    #[must_use]
    pub fn done(&self) -> usize {
        self.0.0.load(Ordering::Relaxed)
    }

    pub fn cancel(&self) {
        self.0.1.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.0.1.load(Ordering::Relaxed)
    }
}

/// Between two looks of the caller.
const TICK: Duration = Duration::from_millis(25);

/// Runs `work` on a thread of its own while the caller's `tick` is asked every 25 ms whether to go on. `None` if it
/// broke off: the progress is cancelled then, and the worker ends by itself as soon as it looks.
///
/// # Errors
/// `KR0413`: the system gives no thread.
///
/// # Panics
/// With the panic of `work`, if it panics.
pub fn on_worker<T: Send + 'static>(
    progress: &Progress,
    work: impl FnOnce() -> T + Send + 'static,
    mut tick: impl FnMut() -> ControlFlow<()>,
) -> Result<Option<T>, Diagnostic> {
    let (hand_over, result) = sync_channel(1);
    let worker =
        std::thread::Builder::new().name("krach-worker".to_owned()).stack_size(krach_abi::WORKER_STACK);
    let worker = worker
        // The caller may be gone: then the result is dropped.
        .spawn(move || drop(hand_over.send(work())))
        .map_err(|error| {
            Diagnostic::error(Code::NoThread, format!("the system gives no thread to work on: {error}"))
                .help("end other programs, or raise the limit of this process: `ulimit -v`, `ulimit -u`")
        })?;
    loop {
        match result.recv_timeout(TICK) {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Timeout) => {
                if tick().is_break() {
                    progress.cancel();
                    return Ok(None);
                }
            }
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("a worker that ends has handed over"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_ends_is_handed_over() {
        let progress = Progress::default();
        let shared = progress.clone();
        let result = on_worker(&progress, move || shared.advance(7), || ControlFlow::Continue(()));
        assert_eq!(result, Ok(Some(ControlFlow::Continue(()))));
        assert_eq!(progress.done(), 7);
    }

    #[test]
    fn a_caller_who_leaves_ends_the_work() {
        let progress = Progress::default();
        let (shared, seen) = (progress.clone(), Arc::new(AtomicBool::new(false)));
        let ended = seen.clone();
        let endless = move || {
            while shared.advance(0).is_continue() {
                std::thread::yield_now();
            }
            ended.store(true, Ordering::SeqCst);
        };
        assert_eq!(on_worker(&progress, endless, || ControlFlow::Break(())), Ok(None));
        while !seen.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let work = || std::panic::resume_unwind(Box::new("odd"));
        let caught = std::panic::catch_unwind(|| {
            drop(on_worker::<()>(&Progress::default(), work, || ControlFlow::Continue(())));
        });
        assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "odd");
    }
}
