use super::{Interval, Intervals, OnePole};
use crate::ControlKind;
use crate::{BuildError, Control, Fun, Program, ProgramBuilder, Sig, TableInit, Ty};

type Built = Result<Sig, BuildError>;

fn control(b: &mut ProgramBuilder, name: &str, lo: f64, hi: f64) -> Built {
    b.control(Control::new(name, ControlKind::Slider, [lo, lo, hi, 0.01]))
}

/// The interval of what the function builds, while building and (one-poles trusted, then widened) when finished.
fn of(build: impl FnOnce(&mut ProgramBuilder) -> Built) -> [Interval; 2] {
    let mut b = ProgramBuilder::new("t");
    let sig = build(&mut b).expect("builds");
    let early = b.interval(sig);
    b.output("out", sig).expect("own signal");
    let program = b.finish().expect("valid");
    let trusted = last(&program, OnePole::Trust);
    assert_eq!(early, trusted);
    [trusted, last(&program, OnePole::Widen)]
}

fn last(program: &Program, one_pole: OnePole) -> Interval {
    Intervals::of_program(program, one_pole).get(program.outputs()[0].sig)
}

fn both(build: impl FnOnce(&mut ProgramBuilder) -> Built) -> Interval {
    let [trusted, widened] = of(build);
    assert_eq!(trusted, widened);
    trusted
}

#[test]
fn leaves_are_as_declared() {
    assert_eq!(both(|b| control(b, "x", 0.1, 0.9)), Interval::new(0.1, 0.9));
    assert_eq!(both(|b| b.real(0.1)), Interval::new(0.1, 0.1));
    assert_eq!(both(|b| Ok(b.input("x"))), Interval::ALL);
    let rates = [1_000.0, 1.0].map(|lowest| Interval::new(lowest, 768_000.0));
    assert_eq!(of(|b| Ok(b.sample_rate())), rates);
}

#[test]
fn exact_bounds_stay_exact() {
    let triple = both(|b| {
        let (x, k) = (control(b, "x", -1.0, 2.0)?, b.real(3.0)?);
        b.apply(Fun::Mul, &[x, k])
    });
    assert_eq!(triple, Interval::new(-3.0, 6.0));
    let clamped = both(|b| {
        let (x, lo, hi) = (b.input("x"), b.real(0.25)?, b.real(4.0)?);
        let raised = b.apply(Fun::Max, &[x, lo])?;
        b.apply(Fun::Min, &[raised, hi])
    });
    assert_eq!(clamped, Interval::new(0.25, 4.0));
    let sine = both(|b| {
        let x = control(b, "x", -1.0, 1.0)?;
        b.apply(Fun::Sin, &[x])
    });
    assert!(sine.within(-0.842, 0.842), "{sine}");
}

#[test]
fn nan_becomes_the_int_zero() {
    let int = both(|b| {
        let (x, lo) = (b.input("x"), b.real(5.0)?);
        let raised = b.apply(Fun::Max, &[lo, x])?;
        b.apply(Fun::ToInt, &[raised])
    });
    assert_eq!(int.lo, 0.0);
    let int = both(|b| {
        let (x, lo) = (b.input("x"), b.real(5.0)?);
        let raised = b.apply(Fun::Max, &[x, lo])?;
        b.apply(Fun::ToInt, &[raised])
    });
    assert_eq!(int.lo, 5.0);
}

fn counter(b: &mut ProgramBuilder, step: f64) -> Built {
    let y = b.register(Ty::Real);
    let (before, step) = (b.read(y), b.real(step)?);
    let sum = b.apply(Fun::Add, &[before, step])?;
    b.write(y, sum)?;
    Ok(sum)
}

#[test]
fn a_moving_bound_is_unknown_and_the_other_one_stays() {
    assert_eq!(both(|b| counter(b, 1.0)), Interval::new(1.0, f64::INFINITY));
    assert_eq!(both(|b| counter(b, -1.0)), Interval::new(f64::NEG_INFINITY, -1.0));
    let limited = both(|b| {
        let (sum, ten) = (counter(b, 0.5)?, b.real(10.0)?);
        b.apply(Fun::Min, &[sum, ten])
    });
    assert_eq!(limited, Interval::new(0.5, 10.0));
}

#[test]
fn an_int_counter_wraps_but_its_remainder_is_bounded() {
    let remainder = both(|b| {
        let y = b.register(Ty::Int);
        let (before, one, hundred) = (b.read(y), b.int(1), b.int(100));
        let sum = b.apply(Fun::Add, &[before, one])?;
        b.write(y, sum)?;
        b.apply(Fun::Rem, &[sum, hundred])
    });
    assert_eq!(remainder, Interval::new(-99.0, 99.0));
}

/// `a*x + b*y'` with weights by name: `swap` exercises the commutations.
fn one_pole(
    b: &mut ProgramBuilder,
    x: Sig,
    swap: bool,
    weights: impl Fn(&mut ProgramBuilder) -> [Built; 2],
) -> Built {
    let y = b.register(Ty::Real);
    let before = b.read(y);
    b.enter("smooth");
    let x = b.argument("x", x)?;
    let [wa, wb] = weights(b);
    let order = |pair: [Sig; 2]| if swap { [pair[1], pair[0]] } else { pair };
    let new = b.apply(Fun::Mul, &order([wa?, x]))?;
    let old = b.apply(Fun::Mul, &order([wb?, before]))?;
    let sum = b.apply(Fun::Add, &order([new, old]))?;
    b.write(y, sum)?;
    b.leave(&[sum])?;
    Ok(sum)
}

#[test]
fn a_one_pole_keeps_the_interval_of_its_input() {
    let by_rate = |b: &mut ProgramBuilder| {
        let (k, rate, one) = (b.real(-44.1).expect("finite"), b.sample_rate(), b.int(1));
        let exponent = b.apply(Fun::Div, &[k, rate]).expect("own");
        let pole = b.apply(Fun::Exp, &[exponent]);
        [b.apply(Fun::Sub, &[one, pole.clone().expect("own")]), pole]
    };
    let constant = |b: &mut ProgramBuilder| [b.real(0.1), b.real(0.9)];
    for swap in [false, true] {
        let [trusted, widened] = of(|b| {
            let x = control(b, "x", 100.0, 9000.0)?;
            one_pole(b, x, swap, by_rate)
        });
        assert_eq!(trusted, Interval::new(0.0, 9000.0));
        assert_eq!(widened.hi, f64::INFINITY);
        let [trusted, _] = of(|b| {
            let x = control(b, "x", -2.0, 1.0)?;
            one_pole(b, x, swap, constant)
        });
        assert_eq!(trusted, Interval::new(-2.0, 1.0));
    }
    let [leaky, _] = of(|b| {
        let x = control(b, "x", -2.0, 1.0)?;
        one_pole(b, x, false, |b| [b.real(0.2), b.real(0.9)])
    });
    assert_eq!(leaky, Interval::ALL);
}

#[test]
fn state_starts_at_zero_and_tables_are_what_they_hold() {
    let before = both(|b| {
        let x = control(b, "x", 3.0, 4.0)?;
        b.mem(x)
    });
    assert_eq!(before, Interval::new(0.0, 4.0));
    let entry = both(|b| {
        let table = b.table(TableInit::Ints([3, -7, 12].into()), 3)?;
        let index = b.input("i");
        b.lookup(table, index)
    });
    assert_eq!(entry, Interval::new(-7.0, 12.0));
    let fraction = of(|b| {
        let x = counter(b, 0.01)?;
        let whole = b.apply(Fun::Floor, &[x])?;
        b.apply(Fun::Sub, &[x, whole])
    });
    assert_eq!(fraction[0], Interval::new(0.0, 1.0));
}

#[test]
fn a_register_under_construction_is_unbounded() {
    let mut b = ProgramBuilder::new("t");
    let y = b.register(Ty::Real);
    let before = b.read(y);
    assert_eq!(b.interval(before), Interval::ALL);
}

#[test]
fn deep_chains_and_long_rings_end() {
    let chain = both(|b| {
        let mut x = control(b, "x", 0.0, 1.0)?;
        for _ in 0..10_000 {
            let one = b.real(1.0)?;
            x = b.apply(Fun::Add, &[x, one])?;
        }
        Ok(x)
    });
    assert_eq!(chain, Interval::new(10_000.0, 10_001.0));
    // 1000 registers in one loop.
    both(|b| {
        let first = b.register(Ty::Real);
        let (mut x, grow) = (b.read(first), b.real(1.5)?);
        for _ in 0..1000 {
            let y = b.register(Ty::Real);
            b.write(y, x)?;
            x = b.read(y);
        }
        let next = b.apply(Fun::Mul, &[x, grow])?;
        b.write(first, next)?;
        Ok(next)
    });
}

#[test]
fn notes_reach_beyond_the_range_of_a_slider() {
    assert_eq!(both(|b| control(b, "freq", 50.0, 1000.0)), Interval::new(8.0, 12_544.0));
    assert_eq!(both(|b| control(b, "cutoff", 50.0, 1000.0)), Interval::new(50.0, 1000.0));
}
