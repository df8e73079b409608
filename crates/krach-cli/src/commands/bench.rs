//! `krach bench`: how long a program takes to compile and to run.

use crate::machine::Machine;
use crate::note::Note;
use crate::script::Script;
use crate::setting::setting;
use crate::shell::WELL;
use crate::target::Only;
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::{Block, Buffer, DspFactory, FlushGuard, Frame, Precision, Sample, Seed, VoiceIo};
use krach_codegen::{Kernel, Refusal, Spec};
use krach_diag::Diagnostic;
use krach_ir::Program;
use krach_store::Playable;
use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub only: Only,
    /// Copies that run side by side (default: the voices that the program declares, else 1)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub voices: Option<u32>,
    /// Set a control, such as cutoff=1200; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, f64)>,
    /// The note that is held while a program with a gate runs: a key (60) or a name (C4)
    #[arg(long, value_name = "KEY[*VELOCITY]", default_value = "60")]
    pub note: Note,
    /// Frames computed at once
    #[arg(long, value_name = "FRAMES", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub block: u32,
    #[command(flatten)]
    pub machine: Machine,
    /// Also print the plan of the code: its sections, their sizes, and the values that rest while no control moves
    #[arg(long, conflicts_with = "json")]
    pub explain: bool,
    /// Print one JSON object: {schema, front_ms, codegen_ms, total_ms, ns_per_frame, voices, block, precision, cold}
    #[arg(long)]
    pub json: bool,
}

/// Rounds after the cold one: this many, or fewer when they take longer than [`PATIENCE`], but [`FEWEST`] at least.
const ROUNDS: usize = 31;
const FEWEST: usize = 3;
const PATIENCE: Duration = Duration::from_secs(4);

/// Each round runs the code for at least this long.
const RUN: Duration = Duration::from_millis(5);

/// The shape of `krach bench --json`, version 1. Times are medians.
#[derive(Serialize)]
struct Findings {
    schema: u32,
    #[serde(flatten)]
    warm: Figures,
    voices: u32,
    block: u32,
    precision: String,
    /// The same for the first round of this process.
    cold: Figures,
}

#[derive(Clone, Copy, Serialize)]
struct Figures {
    /// Tracing (or parsing) and optimising.
    front_ms: f64,
    /// Kernel and native code.
    codegen_ms: f64,
    total_ms: f64,
    /// All voices together.
    ns_per_frame: f64,
}

pub(crate) fn bench(shell: &mut Shell<'_>, what: &Bench) -> Result<i32, Failure> {
    let script = what.only.load(shell, what.machine.precision())?;
    let function = what.only.target.one(&*script)?;
    let (sound, _) = script.playable(function)?;
    let voices = what.voices.or(sound.program().polyphony().map(|polyphony| polyphony.voices)).unwrap_or(1);
    let run = Run {
        spec: what.machine.spec(&sound),
        voices,
        block: what.block as usize,
        controls: controls(&sound, what)?,
    };
    let cold = round(shell, &*script, function, &run)?;
    let begun = Instant::now();
    let mut warm = Vec::new();
    // Everything is measured in turn, so that a busy moment of the machine spoils a round and not a figure.
    while warm.len() < FEWEST || (warm.len() < ROUNDS && begun.elapsed() < PATIENCE) {
        warm.push(round(shell, &*script, function, &run)?);
    }
    let (front_ms, codegen_ms) = (median(&warm, |f| f.front_ms), median(&warm, |f| f.codegen_ms));
    let ns_per_frame = median(&warm, |f| f.ns_per_frame);
    let warm = Figures { front_ms, codegen_ms, total_ms: front_ms + codegen_ms, ns_per_frame };
    let (block, precision) = (what.block, run.spec.precision.to_string());
    let findings = Findings { schema: 1, warm, voices, block, precision, cold };
    if what.json {
        let json = serde_json::to_string_pretty(&findings);
        shell.say(&(json.expect("strings and finite numbers are JSON") + "\n"))?;
    } else {
        shell.say(&table(&script.functions()[function].name, what.machine.rate(), &findings))?;
    }
    if what.explain {
        let program = krach_ir::optimise(sound.program());
        let kernel = Kernel::build(&program, &run.spec).map_err(|refusal| krach_store::refusal(&refusal))?;
        shell.say(&format!("\n{}", kernel.plan()))?;
    }
    Ok(WELL)
}

/// How the code is run.
#[derive(Clone)]
struct Run {
    spec: Spec,
    voices: u32,
    block: usize,
    /// Set before the first frame, by number.
    controls: Vec<(usize, f64)>,
}

/// A held note, then the values of the user. Without a note, an instrument would be measured while it is silent.
fn controls(sound: &Playable, what: &Bench) -> Result<Vec<(usize, f64)>, Diagnostic> {
    let own = sound.program().controls();
    let note = own.iter().enumerate().filter_map(|(at, control)| {
        let role = control.role()?;
        let [lowest, highest] = control.reach();
        Some((at, role.value(what.note.key(), what.note.velocity()).clamp(lowest, highest)))
    });
    let mut values: Vec<(usize, f64)> = note.collect();
    for (name, value) in &what.set {
        let at = sound.names().find(name)?;
        // Only the voice is measured; the controls behind its own are those of the effect.
        if let Some(control) = own.get(at) {
            values.push((at, value.clamp(control.lo, control.hi)));
        }
    }
    Ok(values)
}

/// From the source to running code, once, with nothing kept from before.
fn round(shell: &Shell<'_>, script: &dyn Script, function: usize, run: &Run) -> Result<Figures, Failure> {
    let begun = Instant::now();
    let program = script.playable(function)?.0.program().clone();
    let traced = begun.elapsed();
    let run = run.clone();
    let measured = shell.work(move |_| compile_and_run(&program, &run), |_| {})?;
    let mut figures = measured.map_err(|refusal| krach_store::refusal(&refusal))?;
    figures.front_ms += milliseconds(traced);
    figures.total_ms = figures.front_ms + figures.codegen_ms;
    Ok(figures)
}

fn compile_and_run(program: &Program, run: &Run) -> Result<Figures, Refusal> {
    let Run { spec, voices, block, ref controls } = *run;
    let begun = Instant::now();
    let program = krach_ir::optimise(program);
    let front_ms = milliseconds(begun.elapsed());
    let begun = Instant::now();
    let factory = krach_codegen::compile(&program, &spec)?;
    let codegen_ms = milliseconds(begun.elapsed());
    let ns_per_frame = match spec.precision {
        Precision::Single => time::<f32>(factory.as_ref(), voices as usize, block, controls),
        Precision::Double => time::<f64>(factory.as_ref(), voices as usize, block, controls),
    };
    Ok(Figures { front_ms, codegen_ms, total_ms: front_ms + codegen_ms, ns_per_frame })
}

/// Nanoseconds per frame of all voices together, one block after the other.
fn time<S: Sample>(factory: &dyn DspFactory, voices: usize, block: usize, controls: &[(usize, f64)]) -> f64 {
    let ports = factory.ports();
    let mut dsp = factory.voices(voices, Seed::default());
    for voice in 0..voices {
        controls.iter().for_each(|&(at, value)| dsp.set(voice, at, value));
    }
    let mut input = Buffer::<S>::new(ports.inputs, block);
    for port in 0..ports.inputs {
        // Not silence, so that nothing takes a short cut.
        for (frame, sample) in input.channel_mut(port).iter_mut().enumerate() {
            *sample = S::near(if frame % 96 < 48 { 1.0 } else { -1.0 });
        }
    }
    let mut output = Buffer::<S>::new(ports.outputs * voices, block);
    let mut io = vec![VoiceIo::BUSY; voices];
    let _flush = FlushGuard::new();
    let mut start = Frame::default();
    let mut once = || {
        let (inputs, outputs) = (input.head(block), output.head_mut(block));
        black_box(S::process(dsp.as_mut(), &mut Block { start, inputs, outputs, voices: &mut io }));
        start = start.after(block);
    };
    once();
    let (begun, mut frames) = (Instant::now(), 0_usize);
    while begun.elapsed() < RUN {
        once();
        frames += block;
    }
    #[allow(clippy::cast_precision_loss)]
    let frames = frames as f64;
    begun.elapsed().as_secs_f64() * 1e9 / frames
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn median(figures: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    let mut values: Vec<f64> = figures.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(name: &str, rate: u32, findings: &Findings) -> String {
    let Findings { warm, cold, voices, block, precision, .. } = findings;
    let load = warm.ns_per_frame * f64::from(rate) / 1e7;
    let mut text = format!("{name}: voices {voices}, block {block}, {precision} precision, {rate} Hz\n\n");
    text.push_str(&format!("{:<24}{:>12}{:>12}\n", "", "warm", "cold"));
    for (what, unit, warm, cold) in [
        ("trace and optimise", "ms", warm.front_ms, cold.front_ms),
        ("generate code", "ms", warm.codegen_ms, cold.codegen_ms),
        ("together", "ms", warm.total_ms, cold.total_ms),
        ("run one frame", "ns", warm.ns_per_frame, cold.ns_per_frame),
    ] {
        text.push_str(&format!("{what:<24}{warm:>9.3} {unit}{cold:>9.3} {unit}\n"));
    }
    text.push_str(&format!("\n{load:.3} % of one processor core in real time\n"));
    text
}
