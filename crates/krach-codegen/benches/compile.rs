//! How long it takes to trace (the calls that a front end makes), to schedule, to compile and to run programs of a few
//! families, in single precision.
//!
//! `cargo bench -p krach-codegen`. Runs are of one block of 256 frames: divide by 256 for a frame.

use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use krach_abi::{Block, Buffer, DspFactory, FlushGuard, Frame, Precision, Seed, VoiceIo};
use krach_codegen::{Kernel, NativeFactory, Spec, compile};
use krach_ir::{BuildError, Control, ControlKind, Fun, Program, ProgramBuilder, Sig, Ty};
use std::hint::black_box;

const BLOCK: usize = 256;

/// Operators, so that the programs below read like what they compute.
struct Desk(ProgramBuilder);

type Wired = Result<Sig, BuildError>;

impl Desk {
    fn real(&mut self, value: f64) -> Sig {
        self.0.real(value).expect("finite")
    }

    fn two(&mut self, fun: Fun, a: Sig, b: Sig) -> Wired {
        self.0.apply(fun, &[a, b])
    }

    fn add(&mut self, a: Sig, b: Sig) -> Wired {
        self.two(Fun::Add, a, b)
    }

    fn mul(&mut self, a: Sig, b: Sig) -> Wired {
        self.two(Fun::Mul, a, b)
    }

    fn control(&mut self, name: &str, init: f64, hi: f64) -> Wired {
        let kind = ControlKind::Slider;
        self.0.control(Control::new(name, kind, [init, 0.0, hi, 0.001]))
    }

    /// A ramp from 0 to 1.
    fn phasor(&mut self, freq: Sig) -> Wired {
        let rate = self.0.sample_rate();
        let step = self.two(Fun::Div, freq, rate)?;
        let phase = self.0.register(Ty::Real);
        let before = self.0.read(phase);
        let sum = self.add(before, step)?;
        let one = self.real(1.0);
        let next = self.two(Fun::Rem, sum, one)?;
        self.0.write(phase, next)?;
        Ok(next)
    }

    /// The state-variable lowpass of Zavalishin, The Art of VA Filter Design, section 4.
    fn lowpass(&mut self, x: Sig, cutoff: Sig) -> Wired {
        let rate = self.0.sample_rate();
        let pi = self.real(std::f64::consts::PI);
        let angle = self.mul(pi, cutoff)?;
        let angle = self.two(Fun::Div, angle, rate)?;
        let g = self.0.apply(Fun::Tan, &[angle])?;
        let (first, second) = (self.0.register(Ty::Real), self.0.register(Ty::Real));
        let (s1, s2) = (self.0.read(first), self.0.read(second));
        let damping = self.real(1.414);
        let sum = self.add(g, damping)?;
        let fed = self.mul(sum, s1)?;
        let high = self.two(Fun::Sub, x, fed)?;
        let high = self.two(Fun::Sub, high, s2)?;
        let scale = self.mul(g, sum)?;
        let one = self.real(1.0);
        let scale = self.add(scale, one)?;
        let high = self.two(Fun::Div, high, scale)?;
        let band = self.mul(g, high)?;
        let band_now = self.add(band, s1)?;
        let band_next = self.add(band, band_now)?;
        self.0.write(first, band_next)?;
        let low = self.mul(g, band_now)?;
        let low_now = self.add(low, s2)?;
        let low_next = self.add(low, low_now)?;
        self.0.write(second, low_next)?;
        Ok(low_now)
    }

    /// A comb with a damped loop, as in Schroeder's and Moorer's reverbs.
    fn comb(&mut self, x: Sig, frames: i32) -> Wired {
        let damp = self.0.register(Ty::Real);
        let loop_ = self.0.register(Ty::Real);
        let (damped, back) = (self.0.read(damp), self.0.read(loop_));
        let frames = self.0.int(frames - 1);
        let late = self.0.delay(back, frames, None)?;
        let (keep, fresh, gain) = (self.real(0.2), self.real(0.8), self.real(0.84));
        let (old, new) = (self.mul(damped, keep)?, self.mul(late, fresh)?);
        let dull = self.add(old, new)?;
        self.0.write(damp, dull)?;
        let fed = self.mul(dull, gain)?;
        let next = self.add(fed, x)?;
        self.0.write(loop_, next)?;
        Ok(late)
    }
}

fn program(name: &str, body: fn(&mut Desk) -> Wired) -> Program {
    let mut desk = Desk(ProgramBuilder::new(name));
    let out = body(&mut desk).expect("a program");
    desk.0.output("out", out).expect("its own signal");
    desk.0.finish().expect("a valid program")
}

const FAMILIES: [(&str, fn(&mut Desk) -> Wired); 4] = [
    ("voice", |d| {
        let freq = d.control("freq", 110.0, 2000.0)?;
        let wave = d.phasor(freq)?;
        let slow = d.control("rate", 2.0, 20.0)?;
        let sweep = d.phasor(slow)?;
        let depth = d.real(3000.0);
        let cutoff = d.mul(sweep, depth)?;
        let base = d.real(200.0);
        let cutoff = d.add(cutoff, base)?;
        d.lowpass(wave, cutoff)
    }),
    ("reverb", |d| {
        let x = d.0.input("in");
        let mut sum = d.real(0.0);
        for frames in [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617] {
            let comb = d.comb(x, frames)?;
            sum = d.add(sum, comb)?;
        }
        Ok(sum)
    }),
    ("64 partials", |d| {
        let mut sum = d.real(0.0);
        for partial in 1..=64 {
            let freq = d.real(55.0 * f64::from(partial));
            let phase = d.phasor(freq)?;
            let turn = d.real(std::f64::consts::TAU);
            let angle = d.mul(phase, turn)?;
            let sine = d.0.apply(Fun::Sin, &[angle])?;
            sum = d.add(sum, sine)?;
        }
        Ok(sum)
    }),
    ("16 filters", |d| {
        let x = d.0.input("in");
        let mut sum = d.real(0.0);
        for band in 1..=16 {
            let cutoff = d.control(&format!("cutoff{band}"), 100.0 * f64::from(band), 9000.0)?;
            let low = d.lowpass(x, cutoff)?;
            sum = d.add(sum, low)?;
        }
        Ok(sum)
    }),
];

fn stages(c: &mut Criterion) {
    let spec = Spec::new(48_000, Precision::Single);
    for (name, body) in FAMILIES {
        let program = program(name, body);
        let mut group = c.benchmark_group(name);
        group.bench_function("trace", |b| b.iter(|| self::program(name, black_box(body))));
        group.bench_function("kernel", |b| b.iter(|| Kernel::build(black_box(&program), &spec)));
        group.bench_function("compile", |b| b.iter(|| compile(black_box(&program), &spec)));
        group.throughput(Throughput::Elements(BLOCK as u64));
        let factory = compile(&program, &spec).expect("a small program");
        group.bench_function("run", |b| blocks(b, &factory, BLOCK));
        group.finish();
    }
}

/// One block after the other, of all inputs and outputs.
fn blocks(b: &mut Bencher<'_>, factory: &NativeFactory, frames: usize) {
    let ports = factory.ports();
    let mut dsp = factory.instantiate(Seed::default());
    let (mut input, mut output) = (Buffer::new(ports.inputs, frames), Buffer::new(ports.outputs, frames));
    for port in 0..ports.inputs {
        let wave = (0..frames).map(|at| (at as f32 * 0.1).sin());
        input.channel_mut(port).iter_mut().zip(wave).for_each(|(to, from)| *to = from);
    }
    let _flush = FlushGuard::new();
    b.iter(|| {
        let (inputs, outputs) = (black_box(&input).head(frames), output.head_mut(frames));
        let voices = &mut [VoiceIo::BUSY];
        dsp.process_f32(&mut Block { start: Frame::default(), inputs, outputs, voices })
    });
}

/// The cost of one call, measured on a trivial program (the input times 0.5) in blocks of 1, 32 and 256 frames.
fn calls(c: &mut Criterion) {
    let half = program("half", |d| {
        let (x, half) = (d.0.input("in"), d.real(0.5));
        d.0.apply(Fun::Mul, &[x, half])
    });
    let factory = compile(&half, &Spec::new(48_000, Precision::Single)).expect("a small program");
    let mut group = c.benchmark_group("call");
    for frames in [1, 32, 256] {
        group.bench_function(format!("{frames} frames"), |b| blocks(b, &factory, frames));
    }
    group.finish();
}

criterion_group!(benches, stages, calls);
criterion_main!(benches);
