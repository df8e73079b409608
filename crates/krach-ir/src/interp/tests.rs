use super::*;
use crate::ControlKind;
use crate::{BuildError, Control, Fun, ProgramBuilder, Sig, Ty};

fn factory(build: impl FnOnce(&mut ProgramBuilder) -> Result<Sig, BuildError>) -> InterpreterFactory {
    let mut b = ProgramBuilder::new("t");
    let sig = build(&mut b).expect("builds");
    b.output("out", sig).expect("own signal");
    let program = Arc::new(b.finish().expect("valid"));
    InterpreterFactory::new(program, 48_000, Precision::Double).expect("small")
}

fn render(dsp: &mut dyn Dsp, input: &[f64], frames: usize) -> Vec<f64> {
    let mut output = vec![0.0; frames];
    let inputs: &[&[f64]] = if input.is_empty() { &[] } else { &[input] };
    dsp.play::<f64>(inputs, &mut [&mut output]);
    output
}

fn run(
    input: &[f64],
    frames: usize,
    build: impl FnOnce(&mut ProgramBuilder) -> Result<Sig, BuildError>,
) -> Vec<f64> {
    render(&mut *factory(build).instantiate(Seed::default()), input, frames)
}

/// 1, 2, 3 …
fn counter(b: &mut ProgramBuilder) -> Result<Sig, BuildError> {
    let y = b.register(Ty::Real);
    let (before, one) = (b.read(y), b.real(1.0)?);
    let sum = b.apply(Fun::Add, &[before, one])?;
    b.write(y, sum)?;
    Ok(sum)
}

#[test]
fn registers_hold_the_frame_before() {
    assert_eq!(run(&[], 4, counter), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn taps_reach_back_and_clamp() {
    let delayed = |samples: f64| {
        run(&[], 5, |b| {
            let (x, wanted) = (counter(b)?, b.real(samples)?);
            let zero = b.real(0.0)?;
            let varying = b.apply(Fun::Add, &[wanted, zero])?;
            b.delay(x, varying, Some(3))
        })
    };
    assert_eq!(delayed(0.0), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(delayed(2.9), [0.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!(delayed(9.0), [0.0, 0.0, 0.0, 1.0, 2.0]);
}

#[test]
fn a_closed_gate_holds_a_register() {
    let held = run(&[], 5, |b| {
        let (x, three) = (counter(b)?, b.real(3.0)?);
        let gate = b.apply(Fun::Lt, &[x, three])?;
        let y = b.register(Ty::Real);
        b.write(y, x)?;
        b.gate(y, gate)?;
        Ok(b.read(y))
    });
    assert_eq!(held, [0.0, 1.0, 2.0, 2.0, 2.0]);
}

#[test]
fn tables_are_generated_and_clamped() {
    let table = run(&[], 5, |b| {
        let mut inner = ProgramBuilder::new("squares");
        let x = counter(&mut inner)?;
        let square = inner.apply(Fun::Mul, &[x, x])?;
        inner.output("out", square)?;
        let table = b.table(TableInit::Generated(Arc::new(inner.finish()?)), 3)?;
        let (index, one) = (counter(b)?, b.real(2.0)?);
        let index = b.apply(Fun::Sub, &[index, one])?;
        b.lookup(table, index)
    });
    assert_eq!(table, [1.0, 1.0, 4.0, 9.0, 9.0]);
}

#[test]
fn a_read_write_table_is_written_before_it_is_read() {
    let build = |b: &mut ProgramBuilder| {
        let x = counter(b)?;
        let (one, two) = (b.int(1), b.int(2));
        let slot = b.apply(Fun::ToInt, &[x])?;
        let slot = b.apply(Fun::And, &[slot, one])?;
        let ram = b.ram(TableInit::Reals([10.0, 20.0, 30.0].into()), 3, slot, x)?;
        let new = b.recall(ram, slot)?;
        let (old, untouched) = (b.recall(ram, one)?, b.recall(ram, two)?);
        let sum = b.apply(Fun::Add, &[new, untouched])?;
        let hundred = b.real(100.0)?;
        let old = b.apply(Fun::Mul, &[old, hundred])?;
        b.apply(Fun::Add, &[sum, old])
    };
    let once = run(&[], 3, build);
    assert_eq!(once, [131.0, 132.0, 333.0]);
    let mut dsp = factory(build).instantiate(Seed::default());
    render(&mut *dsp, &[], 7);
    dsp.reset(0);
    assert_eq!(render(&mut *dsp, &[], 3), once);
}

#[test]
fn the_first_noise_starts_at_zero_and_others_differ() {
    let noise = factory(|b| {
        let (first, second, k) = (b.noise(), b.noise(), b.real(1000.0)?);
        let second = b.apply(Fun::Mul, &[second, k])?;
        b.apply(Fun::Add, &[first, second])
    });
    let one = render(&mut *noise.instantiate(Seed::default()), &[], 8);
    let other = render(&mut *noise.instantiate(Seed { instance: 1, voice: 0 }), &[], 8);
    assert_ne!(one, other);
    let plain = run(&[], 2, |b| Ok(b.noise()));
    let states = [12_345, 12_345_i32.wrapping_mul(1_103_515_245).wrapping_add(12_345)];
    assert_eq!(plain, states.map(|state| f64::from(state) / 2_147_483_647.0));
}

#[test]
fn controls_hold_from_the_next_block() {
    let slider = factory(|b| {
        let kind = ControlKind::Slider;
        b.control(Control::new("x", kind, [0.5, 0.0, 1.0, 0.1]))
    });
    let mut dsp = slider.instantiate(Seed::default());
    assert_eq!(render(&mut *dsp, &[], 2), [0.5, 0.5]);
    dsp.set(0, 0, 0.75);
    dsp.set(0, 9, 1.0);
    dsp.set(9, 0, 1.0);
    dsp.reset(0);
    let mut single = [0.0_f32; 2];
    dsp.play::<f32>(&[], &mut [&mut single]);
    assert_eq!(single, [0.75, 0.75]);
    assert_eq!(slider.ports().controls[0].hi, 1.0);
}

#[test]
fn what_cannot_run_is_refused() {
    let long = |frames: f64| {
        let mut b = ProgramBuilder::new("t");
        let (x, at) = (b.input("x"), b.real(frames).expect("finite"));
        let mut sum = b.delay(x, at, None).expect("within the limit");
        for _ in 0..4 {
            sum = b.delay(sum, at, None).expect("within the limit");
        }
        b.output("out", sum).expect("own");
        Arc::new(b.finish().expect("valid"))
    };
    let refused =
        |program, rate| InterpreterFactory::new(program, rate, Precision::Double).expect_err("refused");
    assert_eq!(refused(long(1.0), 10), InterpretError::SampleRate(10));
    assert!(matches!(refused(long(2e8), 48_000), InterpretError::State(_)));
    assert!(refused(long(2e8), 48_000).to_string().contains("8000000000 bytes"));
}
