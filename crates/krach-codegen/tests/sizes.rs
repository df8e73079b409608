//! Large programs compile and run; too large ones are refused with a reason.

use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{Refusal, Spec, compile};
use krach_ir::{BuildError, Fun, Program, ProgramBuilder, Sig, Ty};

const LARGE: i32 = 50_000;

fn program(body: impl Fn(&mut ProgramBuilder, Sig) -> Result<Sig, BuildError>) -> Program {
    let mut b = ProgramBuilder::new("large");
    let input = b.input("in");
    let out = body(&mut b, input).expect("a program");
    b.output("out", out).expect("its own signal");
    b.finish().expect("a valid program")
}

fn plays(program: &Program) {
    let factory = compile(program, &Spec::new(48_000, Precision::Single)).expect("large, not too large");
    let mut out = [0.0; 3];
    factory.instantiate(Seed::default()).play::<f32>(&[&[0.5, 0.25, 0.125]], &mut [&mut out]);
    assert!(out.iter().any(|&y| y != 0.0), "{out:?}");
}

#[test]
fn a_chain_of_ten_thousand_functions() {
    plays(&program(|b, input| {
        (0..10_000).try_fold(input, |sig, at| {
            let fun = if at % 2 == 0 { Fun::Sin } else { Fun::Cos };
            b.apply(fun, &[sig])
        })
    }));
}

#[test]
fn a_chain_of_ten_thousand_cells() {
    plays(&program(|b, input| {
        let mut sum = input;
        let mut late = input;
        for _ in 0..10_000 {
            late = b.mem(late)?;
            let half = b.apply(Fun::Floor, &[late])?;
            sum = b.apply(Fun::Add, &[sum, half])?;
        }
        Ok(sum)
    }));
}

#[test]
fn fifty_thousand_values_alive_at_once() {
    plays(&program(|b, input| {
        let mut all = Vec::new();
        for at in 0..LARGE / 2 {
            let weight = b.real(f64::from(at) * 1e-3 + 0.5)?;
            all.push(b.apply(Fun::Mul, &[input, weight])?);
        }
        let mut sum = input;
        for &sig in all.iter().rev() {
            sum = b.apply(Fun::Sub, &[sig, sum])?;
        }
        Ok(sum)
    }));
}

#[test]
fn thousands_of_loops_lines_and_calls() {
    plays(&program(|b, input| {
        let mut sum = input;
        for at in 0..LARGE / 10 {
            let register = b.register(Ty::Real);
            let before = b.read(register);
            let frames = b.int(at % 50);
            let echo = b.delay(before, frames, None)?;
            let gain = b.real(0.5 + f64::from(at) * 1e-6)?;
            let fed = b.apply(Fun::Mul, &[echo, gain])?;
            let next = b.apply(Fun::Add, &[fed, input])?;
            b.write(register, next)?;
            let bent = b.apply(Fun::Tanh, &[next])?;
            sum = b.apply(Fun::Add, &[sum, bent])?;
        }
        Ok(sum)
    }));
}

#[test]
fn fifty_thousand_choices() {
    plays(&program(|b, input| {
        let mut last = [input; 7];
        for at in 0..LARGE as usize / 3 {
            let (x, y, z) = (last[at % 7], last[(at + 3) % 7], last[(at + 5) % 7]);
            let above = b.apply(Fun::Gt, &[x, y])?;
            let chosen = b.apply(Fun::Select, &[above, y, z])?;
            let step = b.real(at as f64)?;
            last[at % 7] = b.apply(Fun::Add, &[chosen, step])?;
        }
        Ok(last[0])
    }));
}

#[test]
fn too_much_of_anything_is_refused() {
    let spec = Spec::new(48_000, Precision::Double);
    let noise = program(|b, input| b.apply(Fun::Sqrt, &[input]));
    let refused = |program: &Program, spec: Spec| compile(program, &spec).expect_err("refused");
    assert_eq!(refused(&noise, Spec { sample_rate: 10, ..spec }), Refusal::SampleRate(10));
    assert_eq!(refused(&noise, Spec { voices: 7, ..spec }), Refusal::Voices(7));
    let long = program(|b, input| {
        let frames = b.int(1 << 27);
        b.delay(input, frames, None)
    });
    let why = refused(&long, spec);
    assert!(matches!(why, Refusal::StateTooLarge { bytes, .. } if bytes > 1 << 30), "{why}");
    assert!(why.to_string().contains("at most 1073741824"), "{why}");
    let mut inner = ProgramBuilder::new("noise");
    let noise = inner.noise();
    inner.output("out", noise).expect("its own signal");
    let inner = std::sync::Arc::new(inner.finish().expect("a valid program"));
    let vast = program(|b, input| {
        let table = b.table(krach_ir::TableInit::Generated(inner.clone()), 1 << 28)?;
        b.lookup(table, input)
    });
    assert!(matches!(refused(&vast, spec), Refusal::StateTooLarge { .. }));
}

#[test]
fn too_many_instructions_are_refused() {
    let wide = program(|b, input| {
        let table = b.table(krach_ir::TableInit::Reals([0.0, 1.0].into()), 2)?;
        let mut sum = input;
        for at in 0..79_000 {
            let gain = b.real(f64::from(at) + 0.5)?;
            let index = b.apply(Fun::Mul, &[input, gain])?;
            let entry = b.lookup(table, index)?;
            sum = b.apply(Fun::Add, &[sum, entry])?;
        }
        Ok(sum)
    });
    let why = compile(&wide, &Spec::new(48_000, Precision::Single)).expect_err("refused");
    assert!(matches!(why, Refusal::TooLarge { instructions, limit } if instructions > limit), "{why}");
}
