//! The door for Python: `krach._krach`, a thin module of handles.
//!
//! What flows in: the calls of `krach`'s tracer, which builds a [`Program`](krach_ir::Program) node by node through
//! `Builder`, and the wish to hear it. What flows out: `Program` (text, Faust, ports), `Compiled` (native code that
//! renders numpy arrays), and every refusal as one `krach.Error` with code, place and help. The interpreter lock
//! stops here: long work runs on a worker without it, while the caller looks for Ctrl-C.
//!
//! What this crate refuses to know: what any `krs` function computes (that is Python one can read), file formats,
//! the command line (it hands `krach-cli` a host and returns its exit code).
//!
//! ```python
//! from krach import _krach
//! builder = _krach.Builder("half")
//! x = builder.input("x")
//! builder.output("out", builder.apply("mul", x, builder.real(0.5)))
//! program = builder.finish()
//! assert program.inputs == ["x"]
//! ```

// Arguments come from Python by value.
#![allow(clippy::needless_pass_by_value)]

mod batch;
mod builder;
mod cli;
mod error;
mod face;
mod faust;
mod library;
mod mixer;
mod pattern;
mod program;
mod recording;
mod render;
mod sound;
mod work;

#[pyo3::pymodule]
mod _krach {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::batch::render_batch;
    #[pymodule_export]
    use super::builder::Builder;
    #[pymodule_export]
    use super::cli::{nearest, run_cli};
    #[pymodule_export]
    use super::error::readable;
    #[pymodule_export]
    use super::face::{Control, Credit, Meter};
    #[pymodule_export]
    use super::faust::{faust, read_faust};
    #[pymodule_export]
    use super::library::{Library, build_library};
    #[pymodule_export]
    use super::mixer::{Ports, Session, Take};
    #[pymodule_export]
    use super::pattern::build::{
        midi_frequency, nearest_midi, parse_note, pattern_cat, pattern_cc, pattern_ctrl, pattern_curve,
        pattern_freeze, pattern_hit, pattern_midi_note, pattern_note, pattern_osc, pattern_rand,
        pattern_read, pattern_rest, pattern_seq, pattern_stack, pattern_struct,
    };
    #[pymodule_export]
    use super::pattern::harmony::{chord_notes, harmony_tables, scale_degree, scale_steps};
    #[pymodule_export]
    use super::pattern::midi_file::{pattern_read_midi, pattern_write_midi};
    #[pymodule_export]
    use super::pattern::{Pattern, pattern_of_rows};
    #[pymodule_export]
    use super::program::{Program, parse_program, read_program};
    #[pymodule_export]
    use super::recording::Recording;
    #[pymodule_export]
    use super::render::{cache_clear, cache_info, compile, render};
    #[pymodule_export]
    use super::sound::{loudness, play, read_wav, wav_bytes, write_wav};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        // Python compares it with its own, so that an outdated build says so instead of failing somewhere.
        module.add("stub", include_str!("../../../python/krach/_krach.pyi"))?;
        module.add("error_kinds", super::error::kinds())
    }
}
