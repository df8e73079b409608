//! Long chains and large programs go through everything; a walk that recurses or takes squared time would not.

use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::Source;
use krach_ir::{
    BuildError, Fun, InterpreterFactory, Intervals, OnePole, Program, ProgramBuilder, Rates, Sig, Ty,
    at_rate, optimise, parse,
};
use std::sync::Arc;

/// A chain of `links` links; the function makes each from the one before.
fn chain(
    links: usize,
    mut link: impl FnMut(&mut ProgramBuilder, usize, Sig) -> Result<Sig, BuildError>,
) -> Program {
    let mut b = ProgramBuilder::new("chain");
    let mut x = b.input("x");
    for at in 0..links {
        x = link(&mut b, at, x).expect("a link");
    }
    b.output("out", x).expect("own signal");
    b.finish().expect("valid")
}

fn through_everything(program: &Program) {
    let text = program.to_string();
    assert_eq!(parse(&Source::new("large", text)).as_ref(), Ok(program));
    for mode in [OnePole::Trust, OnePole::Widen] {
        let intervals = Intervals::of_program(program, mode);
        assert!(program.sigs().all(|sig| intervals.get(sig).lo <= intervals.get(sig).hi));
    }
    let optimised = optimise(program);
    assert_eq!(optimise(&optimised), optimised);
    assert_ne!(optimised.key(), at_rate(program, 1000).key());
    let _ = Rates::of(program);
    let factory =
        InterpreterFactory::new(Arc::new(program.clone()), 48_000, Precision::Single).expect("small");
    let mut output = [0.0_f32; 4];
    let mut dsp = factory.instantiate(Seed::default());
    dsp.play::<f32>(&[&[1.0, 0.0, 0.0, 0.0]], &mut [&mut output]);
    assert!(output.iter().all(|value| value.is_finite()));
}

fn rate_scaled(b: &mut ProgramBuilder, x: Sig) -> Result<Sig, BuildError> {
    let (rate, k) = (b.sample_rate(), b.real(1e-6)?);
    let k = b.apply(Fun::Mul, &[rate, k])?;
    b.apply(Fun::Mul, &[x, k])
}

#[test]
fn ten_thousand_chained_operations() {
    through_everything(&chain(10_000, |b, _, x| {
        let sine = b.apply(Fun::Sin, &[x])?;
        rate_scaled(b, sine)
    }));
}

#[test]
fn ten_thousand_chained_calls_with_loops() {
    through_everything(&chain(10_000, |b, at, x| {
        b.enter("pole");
        let x = b.argument("x", x)?;
        let y = b.register(Ty::Real);
        let (before, k) = (b.read(y), b.real(0.5 + 1e-5 * at as f64)?);
        let fed = b.apply(Fun::Mul, &[before, k])?;
        let sum = b.apply(Fun::Add, &[x, fed])?;
        b.write(y, sum)?;
        let half = rate_scaled(b, sum)?;
        b.leave(&[half])?;
        Ok(half)
    }));
}

#[test]
fn ten_thousand_chained_delays() {
    through_everything(&chain(10_000, |b, at, x| {
        let samples = b.real((at % 40) as f64)?;
        let delayed = b.delay(x, samples, None)?;
        rate_scaled(b, delayed)
    }));
}

/// Intervals are asked for while building, at every link.
#[test]
fn ten_thousand_questions_about_a_growing_chain() {
    let asked = chain(10_000, |b, _, x| {
        let (one, ten) = (b.real(1.0)?, b.real(10.0)?);
        let more = b.apply(Fun::Add, &[x, one])?;
        let less = b.apply(Fun::Min, &[more, ten])?;
        assert_eq!(b.interval(less).hi, 10.0);
        Ok(less)
    });
    assert_eq!(asked.nodes().len(), 20_003);
}

#[test]
fn fifty_thousand_nodes() {
    let program = chain(12_500, |b, at, x| {
        let k = b.real(at as f64)?;
        let wave = b.apply(Fun::Tanh, &[x])?;
        let noise = if at % 100 == 0 { b.noise() } else { b.mem(x)? };
        let sum = b.apply(Fun::Add, &[wave, k])?;
        let sum = b.apply(Fun::Sub, &[sum, noise])?;
        if at == 12_499 { rate_scaled(b, sum) } else { Ok(sum) }
    });
    assert!(program.nodes().len() >= 50_000);
    through_everything(&program);
}

/// One loop through two thousand registers.
#[test]
fn a_long_ring() {
    let mut b = ProgramBuilder::new("ring");
    let x = b.input("x");
    let first = b.register(Ty::Real);
    let mut end = b.read(first);
    for _ in 0..2000 {
        let y = b.register(Ty::Real);
        let half = rate_scaled(&mut b, end).expect("own");
        let sum = b.apply(Fun::Add, &[half, x]).expect("own");
        b.write(y, sum).expect("own");
        end = b.read(y);
    }
    b.write(first, end).expect("own");
    b.output("out", end).expect("own");
    through_everything(&b.finish().expect("valid"));
}
