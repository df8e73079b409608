//! Native code beside what the official compiler makes of the same Faust text, in one process, in turn.
//!
//! `scripts/peers.py` writes the programs and the peers: C++ compiled by clang and g++ with `-O3 -march=native
//! -ffast-math`; with the feature `faust-build` some are also Rust that the official compiler makes. Every figure is
//! nanoseconds per frame in single precision at 48 kHz, blocks of 256, denormals flushed;
//! every ratio is the peer's time over ours, the median of rounds in turn. `NAME...` as arguments measures only those.
#![allow(unsafe_code)]

#[cfg(feature = "faust-build")]
mod statics;

use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Precision, Seed, VoiceIo};
use krach_codegen::{Spec, compile};
use krach_diag::Source;
use krach_ir::{ControlKind, Program, optimise, parse};
use libloading::{Library, Symbol};
use std::ffi::c_void;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
const BLOCK: usize = 256;
const ROUNDS: usize = 9;
/// Each side runs for at least this long in each round.
const RUN: Duration = Duration::from_micros(1500);
/// Blocks before the first round: a second, so that smoothed controls stand still.
const SETTLING: usize = RATE as usize / BLOCK;
const VOICES: usize = 8;

/// One block of everything on one side.
trait Side {
    /// Every slider at this part of its range, at its start if negative; buttons are held.
    fn set(&mut self, part: f32);
    fn run(&mut self);
}

struct Ours {
    dsp: Box<dyn Dsp>,
    controls: Vec<(ControlKind, [f64; 3])>,
    input: Buffer<f32>,
    output: Buffer<f32>,
    io: Vec<VoiceIo>,
    start: Frame,
}

fn noise(channels: usize) -> Buffer<f32> {
    let mut buffer = Buffer::new(channels, BLOCK);
    let mut state = 1_u32;
    for channel in 0..channels {
        for sample in buffer.channel_mut(channel) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            #[allow(clippy::cast_precision_loss)]
            let value = (state >> 8) as f32 / 16_777_216.0 - 0.5;
            *sample = value;
        }
    }
    buffer
}

impl Ours {
    fn new(factory: &dyn DspFactory, program: &Program, voices: usize) -> Self {
        let ports = factory.ports();
        let controls = program.controls().iter().map(|c| (c.kind, [c.init, c.lo, c.hi])).collect();
        Self {
            dsp: factory.voices(voices, Seed::default()),
            controls,
            input: noise(ports.inputs),
            output: Buffer::new(ports.outputs * voices, BLOCK),
            io: vec![VoiceIo::BUSY; voices],
            start: Frame::default(),
        }
    }
}

impl Side for Ours {
    fn set(&mut self, part: f32) {
        for voice in 0..self.io.len() {
            for (at, (kind, [init, lo, hi])) in self.controls.iter().enumerate() {
                let value = match kind {
                    ControlKind::Button | ControlKind::Checkbox => 1.0,
                    _ if part < 0.0 => *init,
                    _ => lo + f64::from(part) * (hi - lo),
                };
                self.dsp.set(voice, at, value);
            }
        }
    }

    fn run(&mut self) {
        let (inputs, outputs) = (self.input.head(BLOCK), self.output.head_mut(BLOCK));
        black_box(self.dsp.process_f32(&mut Block {
            start: self.start,
            inputs,
            outputs,
            voices: &mut self.io,
        }));
        self.start = self.start.after(BLOCK);
    }
}

/// One or several copies of the official compiler's class.
struct Peer<'a> {
    copies: Vec<*mut c_void>,
    set: Symbol<'a, unsafe extern "C" fn(*mut c_void, f32)>,
    run: Symbol<'a, unsafe extern "C" fn(*mut c_void, i32, *mut *mut f32, *mut *mut f32)>,
    inputs: Vec<*mut f32>,
    outputs: Vec<*mut f32>,
    _buffers: (Buffer<f32>, Buffer<f32>),
}

impl<'a> Peer<'a> {
    fn new(library: &'a Library, factory: &dyn DspFactory, voices: usize) -> Self {
        let ports = factory.ports();
        let (mut input, mut output) = (noise(ports.inputs), Buffer::new(ports.outputs, BLOCK));
        let inputs = (0..ports.inputs).map(|at| input.channel_mut(at).as_mut_ptr()).collect();
        let outputs = (0..ports.outputs).map(|at| output.channel_mut(at).as_mut_ptr()).collect();
        // SAFETY: the driver of `scripts/peers.py` defines these functions so.
        unsafe {
            let make: Symbol<'_, unsafe extern "C" fn(i32) -> *mut c_void> =
                library.get(b"make").expect("the driver defines it");
            Self {
                copies: (0..voices).map(|_| make(RATE.cast_signed())).collect(),
                set: library.get(b"set").expect("the driver defines it"),
                run: library.get(b"run").expect("the driver defines it"),
                inputs,
                outputs,
                _buffers: (input, output),
            }
        }
    }
}

impl Side for Peer<'_> {
    fn set(&mut self, part: f32) {
        for &copy in &self.copies {
            // SAFETY: made by `make`.
            unsafe { (self.set)(copy, part) };
        }
    }

    fn run(&mut self) {
        for &copy in &self.copies {
            // SAFETY: made by `make`; there is a pointer to a block of samples for every port.
            unsafe { (self.run)(copy, 256, self.inputs.as_mut_ptr(), self.outputs.as_mut_ptr()) };
        }
    }
}

/// The program as the official compiler's Rust, if this was built with it and the program is one of a few.
#[cfg(feature = "faust-build")]
fn rust(name: &str, factory: &dyn DspFactory) -> Option<Box<dyn Side>> {
    Some(Box::new(statics::Static::new(name, factory)?))
}

#[cfg(not(feature = "faust-build"))]
fn rust(_: &str, _: &dyn DspFactory) -> Option<Box<dyn Side>> {
    None
}

/// Nanoseconds per frame of each side, in turn, and the median of the ratios.
fn race(ours: &mut dyn Side, peer: &mut dyn Side, moves: bool) -> (f64, f64, f64) {
    let mut turn = 0_u16;
    let mut block = |side: &mut dyn Side| {
        if moves {
            turn = turn.wrapping_add(1);
            side.set(0.3 + 0.4 * (f32::from(turn) * 0.618).fract());
        }
        side.run();
    };
    let mut time = |side: &mut dyn Side| {
        let (begun, mut blocks) = (Instant::now(), 0_u32);
        while begun.elapsed() < RUN {
            for _ in 0..4 {
                block(side);
            }
            blocks += 4;
        }
        begun.elapsed().as_secs_f64() * 1e9 / (f64::from(blocks) * 256.0)
    };
    let settle = |side: &mut dyn Side| {
        side.set(-1.0);
        (0..SETTLING).for_each(|_| side.run());
    };
    settle(ours);
    settle(peer);
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (time(ours), time(peer))).collect();
    let median = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[ROUNDS / 2]
    };
    (median(&|(a, _)| *a), median(&|(_, b)| *b), median(&|(a, b)| b / a))
}

/// Milliseconds from an optimised program to native code, once its tables are filled: the median of five.
fn compile_ms(program: &Program, spec: &Spec) -> f64 {
    let mut times = [0.0; 5];
    for time in &mut times {
        let begun = Instant::now();
        black_box(compile(program, spec).expect("compiled before"));
        *time = begun.elapsed().as_secs_f64() * 1e3;
    }
    times.sort_by(f64::total_cmp);
    times[2]
}

/// The ratios of one program: at rest against g++; then against clang at rest, moving, and of eight voices.
fn measure(path: &Path) -> Option<[f64; 4]> {
    let name = path.file_stem()?.to_str()?;
    let source = Source::new(name, std::fs::read_to_string(path).expect("just listed"));
    let program = optimise(&parse(&source).expect("krach printed it"));
    let spec = Spec::new(RATE, Precision::Single);
    let factory = compile(&program, &spec).expect("small");
    let compiling = compile_ms(&program, &spec);
    let library = |compiler: &str| {
        let path = path.with_file_name(format!("{name}.{compiler}.so"));
        // SAFETY: built by `scripts/peers.py` from the official compiler's C++.
        unsafe { Library::new(path) }.ok()
    };
    let (clang, gcc) = (library("clang"), library("g++"));
    let run = |peer: &Option<Library>, moves: bool, voices: usize| {
        let Some(library) = peer else { return (f64::NAN, f64::NAN, f64::NAN) };
        let mut ours = Ours::new(factory.as_ref(), &program, voices);
        let mut peer = Peer::new(library, factory.as_ref(), voices);
        race(&mut ours, &mut peer, moves)
    };
    let ((a, b, rest), moving) = (run(&clang, false, 1), run(&clang, true, 1));
    let (eight, gcc) = (run(&clang, false, VOICES), run(&gcc, false, 1));
    let rust = rust(name, factory.as_ref()).map(|mut peer| {
        let mut ours = Ours::new(factory.as_ref(), &program, 1);
        format!("{:.2}", race(&mut ours, &mut *peer, false).2)
    });
    let [moving_ns, eight_ns] = [moving.0, eight.0];
    println!(
        "| {name} | {compiling:.1} | {a:.1} | {b:.1} | {:.2} | {rest:.2} | {moving_ns:.1} | {:.2} | {eight_ns:.1} | {:.2} | {} |",
        gcc.2,
        moving.2,
        eight.2,
        rust.unwrap_or_default()
    );
    Some([gcc.2, rest, moving.2, eight.2])
}

fn main() {
    let folder = std::env::var_os("KRACH_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers"), PathBuf::from);
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("no peers in {}: run scripts/peers.py", folder.display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "program"));
    paths.sort();
    let _flush = FlushGuard::new();
    println!(
        "| program | compile ms | ns | clang ns | g++ | clang | moving ns | moving | 8 voices ns | 8 voices | Rust |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let chosen = |path: &PathBuf| {
        wanted.is_empty() || path.file_stem().is_some_and(|stem| wanted.iter().any(|name| **name == *stem))
    };
    let rows: Vec<[f64; 4]> =
        paths.iter().filter(|path| chosen(path)).filter_map(|path| measure(path)).collect();
    #[allow(clippy::cast_precision_loss)]
    let mean =
        |column: usize| (rows.iter().map(|row| row[column].ln()).sum::<f64>() / rows.len() as f64).exp();
    println!(
        "| geometric mean | | | | {:.2} | {:.2} | | {:.2} | | {:.2} | |",
        mean(0),
        mean(1),
        mean(2),
        mean(3)
    );
}
