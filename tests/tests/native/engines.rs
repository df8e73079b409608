//! Native code and the interpreter play the same score: they must give the same bits.

use krach_abi::{DspFactory, Frame, Precision};
use krach_codegen::{Kernel, NativeFactory, Spec, Walk, clif, compile};
use krach_engine::{Rig, Score, Turn, render};
use krach_ir::{BuildError, Control, ControlKind, InterpreterFactory, Program, ProgramBuilder, Sig, at_rate};
use std::ops::ControlFlow;
use std::sync::Arc;

pub const RATE: u32 = 48_000;
pub const FRAMES: usize = 600;
pub const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Double];

/// Seeded white noise with a few corners, finite.
pub fn input(port: usize, wide: bool) -> Vec<f64> {
    let corners =
        [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.499_999_97, 1e9, -1e9, 3e38, -3e38, 7.0, 1e-30];
    let mut state = 0x9E37_79B9_u64.wrapping_mul(port as u64 + 1);
    (0..FRAMES)
        .map(|frame| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let uniform = (state >> 40) as f64 / f64::from(1 << 23) - 1.0;
            match (wide, frame % 3) {
                (true, 0) => corners[(frame / 3 + port * 5 + frame / 48) % corners.len()],
                (true, 1) => uniform * 10.0,
                _ => uniform,
            }
        })
        .map(|value| f64::from(value as f32))
        .collect()
}

/// The same bits; any NaN is any other, and so it is in the interpreter.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

pub fn perform(factory: &dyn DspFactory, block: usize, wide: bool) -> Vec<Vec<f64>> {
    let inputs: Vec<Vec<f64>> = (0..factory.ports().inputs).map(|port| input(port, wide)).collect();
    let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let mut score = Score { block, inputs: &inputs, ..Score::new(FRAMES) };
    for (control, range) in factory.ports().controls.iter().enumerate() {
        let at = |part: f64| range.lo + part * (range.hi - range.lo);
        score.values.push((control, at(0.3)));
        for (frame, part) in [(1, 0.9), (77, 0.0), (77, 0.55), (301, 1.0), (302, 0.2)] {
            score.turns.push(Turn { frame: Frame(frame + control as u64), control, value: at(part) });
        }
    }
    render(&Rig::solo(factory), &score, &mut |_| ControlFlow::Continue(())).expect("the score fits")
}

pub fn native(program: &Program, precision: Precision) -> Arc<NativeFactory> {
    compiled(program, &Spec::new(RATE, precision))
}

fn compiled(program: &Program, spec: &Spec) -> Arc<NativeFactory> {
    let kernel = Kernel::build(program, spec).expect("a small program");
    clif(&kernel).unwrap_or_else(|why| panic!("{why}\n{kernel}"));
    compile(program, spec).unwrap_or_else(|why| panic!("{why}\n{kernel}"))
}

/// The code of LLVM for the same kernel, where the tests are built with it: of one program in four, since LLVM takes many
/// times as long, and of all if the tests are run at length.
#[cfg(any(feature = "llvm14", feature = "llvm15", feature = "llvm16", feature = "llvm19"))]
fn llvm(program: &Program, precision: Precision) -> Option<Arc<NativeFactory>> {
    if !program.key().bytes()[0].is_multiple_of(4) && std::env::var_os("KRACH_FULL").is_none() {
        return None;
    }
    let spec = Spec { walk: Some(Walk::Step1), ..Spec::new(RATE, precision) };
    let compiled = krach_codegen::compile_by(&krach_llvm::Llvm, program, &spec);
    Some(compiled.unwrap_or_else(|why| {
        let kernel = Kernel::build(program, &spec).expect("built before");
        panic!("{why}\n{}", krach_llvm::ir(&kernel).unwrap_or_default())
    }))
}

#[cfg(not(any(feature = "llvm14", feature = "llvm15", feature = "llvm16", feature = "llvm19")))]
fn llvm(_: &Program, _: Precision) -> Option<Arc<NativeFactory>> {
    None
}

/// Compares native code with the interpreter of the same, optimised program.
pub fn check(program: &Program, wide: bool) {
    for precision in PRECISIONS {
        let rated = Arc::new(at_rate(program, RATE));
        let reference = InterpreterFactory::new(rated, RATE, precision).expect("a small program");
        let wanted = perform(&reference, 512, wide);
        let chosen = Spec::new(RATE, precision);
        let blocks = [1, 3, 7, 64, 256, 1000];
        compare("native", &compiled(program, &chosen), program, &blocks, wide, &wanted);
        if precision == Precision::Single {
            // Whether or not four frames per step would be chosen.
            let steps = compiled(program, &Spec { walk: Some(Walk::Step4), ..chosen });
            compare("in steps", &steps, program, &[1, 3, 7, 64, 1000], wide, &wanted);
        }
        if let Some(llvm) = llvm(program, precision) {
            compare("LLVM", &llvm, program, &blocks, wide, &wanted);
        }
    }
}

fn compare(
    name: &str,
    engine: &NativeFactory,
    program: &Program,
    blocks: &[usize],
    wide: bool,
    wanted: &[Vec<f64>],
) {
    for &block in blocks {
        let got = perform(engine, block, wide);
        for (port, (got, wanted)) in got.iter().zip(wanted).enumerate() {
            let differs = got.iter().zip(wanted).position(|(&a, &b)| !same(a, b));
            if let Some(frame) = differs {
                let kernel = Kernel::build(program, engine.spec()).expect("built before");
                panic!(
                    "{name}, {}, block {block}, output {port}, frame {frame}: {:e}, interpreter {:e}\n{kernel}",
                    engine.spec().precision,
                    got[frame],
                    wanted[frame]
                );
            }
        }
    }
}

/// A program with this number of inputs and one output, written by `body`.
pub fn program(
    inputs: usize,
    body: impl Fn(&mut ProgramBuilder, &[Sig]) -> Result<Sig, BuildError>,
) -> Program {
    let mut b = ProgramBuilder::new("test");
    let inputs: Vec<Sig> = (0..inputs).map(|port| b.input(format!("in{port}"))).collect();
    let out = body(&mut b, &inputs).expect("a program");
    b.output("out", out).expect("its own signal");
    b.finish().expect("a valid program")
}

pub fn control(name: &str, init: f64, lo: f64, hi: f64) -> Control {
    Control::new(name, ControlKind::Slider, [init, lo, hi, 0.001])
}
