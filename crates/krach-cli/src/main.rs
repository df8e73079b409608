//! The stand-alone `krach`: everything that needs no Python.

use krach_cli::{NoPython, run};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn main() -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    let handler = move || {
        // Asked twice, the user means it.
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Without a handler the system's own still ends the process.
    let _ = ctrlc::set_handler(handler);
    let code = run(std::env::args_os(), &NoPython { stop });
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
