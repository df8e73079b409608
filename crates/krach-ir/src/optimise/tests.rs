use super::{AtRest, at_rate, in_cells, optimise};
use crate::ControlKind;
use crate::{BuildError, Control, Fun, Op, Program, ProgramBuilder, Rate, Rates, Sig, TableInit, Ty};

type Built = Result<Sig, BuildError>;

fn program(build: impl FnOnce(&mut ProgramBuilder) -> Built) -> Program {
    let mut b = ProgramBuilder::new("t");
    let sig = build(&mut b).expect("builds");
    b.output("out", sig).expect("own signal");
    b.finish().expect("valid")
}

fn optimised(build: impl FnOnce(&mut ProgramBuilder) -> Built) -> Program {
    let program = optimise(&program(build));
    program.validate().expect("still valid");
    assert_eq!(optimise(&program), program, "idempotent");
    program
}

/// The operations left, in order.
fn ops(program: &Program) -> Vec<Op> {
    program.nodes().iter().map(|node| node.op).collect()
}

fn with(fun: Fun, constant: f64) -> impl Fn(&mut ProgramBuilder) -> Built {
    move |b| {
        let (x, k) = (b.input("x"), b.real(constant)?);
        b.apply(fun, &[x, k])
    }
}

/// `y = x + k*y'`
fn pole(b: &mut ProgramBuilder, x: Sig, k: f64) -> Built {
    b.enter("pole");
    let x = b.argument("x", x)?;
    let y = b.register(Ty::Real);
    let (before, k) = (b.read(y), b.real(k)?);
    let fed = b.apply(Fun::Mul, &[before, k])?;
    let sum = b.apply(Fun::Add, &[x, fed])?;
    b.write(y, sum)?;
    b.leave(&[sum])?;
    Ok(sum)
}

fn control(b: &mut ProgramBuilder) -> Built {
    b.control(Control::new("x", ControlKind::Slider, [0.5, 0.0, 1.0, 0.01]))
}

/// The number of registers and lines that stand still once the control does.
fn still(build: impl FnOnce(&mut ProgramBuilder) -> Built) -> [usize; 2] {
    let rest = AtRest::of(&at_rate(&program(build), 48_000));
    rest.map_or([0, 0], |rest| [rest.registers.len(), rest.lines.len()])
}

#[test]
fn followers_of_controls_come_to_rest() {
    let one_pole = |factor: f64| {
        move |b: &mut ProgramBuilder| {
            let x = control(b)?;
            pole(b, x, factor)
        }
    };
    assert_eq!(still(one_pole(0.999)), [1, 0]);
    assert_eq!(still(one_pole(-0.5)), [1, 0]);
    assert_eq!(still(one_pole(1.0)), [0, 0], "a sum of the past goes on");
    assert_eq!(still(one_pole(1.5)), [0, 0]);
    // y = y' + k (x - y')
    let leaky = |b: &mut ProgramBuilder| {
        let (x, k, y) = (control(b)?, b.real(0.1)?, b.register(Ty::Real));
        let before = b.read(y);
        let distance = b.apply(Fun::Sub, &[x, before])?;
        let step = b.apply(Fun::Mul, &[distance, k])?;
        let next = b.apply(Fun::Add, &[before, step])?;
        b.write(y, next)?;
        Ok(next)
    };
    assert_eq!(still(leaky), [1, 0]);
    let two_in_a_row = |b: &mut ProgramBuilder| {
        let x = control(b)?;
        let first = pole(b, x, 0.9)?;
        let late = b.mem(first)?;
        pole(b, late, 0.8)
    };
    assert_eq!(still(two_in_a_row), [2, 1]);
}

#[test]
fn what_hears_more_than_controls_is_not_at_rest() {
    let noise = |b: &mut ProgramBuilder| {
        let x = b.noise();
        pole(b, x, 0.9)
    };
    assert_eq!(still(noise), [0, 0]);
    let phase = |b: &mut ProgramBuilder| {
        let (x, one, y) = (control(b)?, b.real(1.0)?, b.register(Ty::Real));
        let before = b.read(y);
        let sum = b.apply(Fun::Add, &[before, x])?;
        let next = b.apply(Fun::Rem, &[sum, one])?;
        b.write(y, next)?;
        pole(b, next, 0.9)
    };
    assert_eq!(still(phase), [0, 0]);
    let counter = |b: &mut ProgramBuilder| {
        let (x, half, one, y) = (control(b)?, b.real(0.5)?, b.real(1.0)?, b.register(Ty::Real));
        let before = b.read(y);
        let held = b.apply(Fun::Gt, &[x, half])?;
        let next = b.apply(Fun::Add, &[before, one])?;
        let next = b.apply(Fun::Mul, &[next, held])?;
        b.write(y, next)?;
        Ok(next)
    };
    assert_eq!(still(counter), [0, 0], "a button that is held makes it count");
}

#[test]
fn one_frame_after_birth_folds_away_at_rest() {
    let build = |b: &mut ProgramBuilder| {
        let (x, one) = (b.input("x"), b.int(1));
        let later = b.mem(one)?;
        let first = b.apply(Fun::Sub, &[one, later])?;
        let zero = b.real(0.0)?;
        b.apply(Fun::Select, &[first, x, zero])
    };
    let rest = AtRest::of(&at_rate(&program(build), 48_000)).expect("a line of a constant");
    assert_eq!(rest.program.node(rest.program.outputs()[0].sig).op, Op::Input(0));
}

#[test]
fn short_lines_of_constant_taps_become_cells() {
    let line = |frames: &'static [i32]| {
        move |b: &mut ProgramBuilder| {
            let mut sum = b.input("x");
            for &frames in frames {
                let (x, frames) = (b.input("y"), b.int(frames));
                let tap = b.delay(x, frames, None)?;
                sum = b.apply(Fun::Mul, &[sum, tap])?;
            }
            Ok(sum)
        }
    };
    let lengths = |frames: &'static [i32]| {
        let program = in_cells(at_rate(&program(line(frames)), 48_000));
        program.validate().expect("still valid");
        program.lines().iter().map(|line| line.max).collect::<Vec<_>>()
    };
    assert_eq!(lengths(&[3]), [1, 1, 1]);
    assert_eq!(lengths(&[5]), [5]);
    assert_eq!(lengths(&[1]), [1]);
}

#[test]
fn identities_vanish() {
    for (fun, neutral) in
        [(Fun::Add, 0.0), (Fun::Sub, 0.0), (Fun::Mul, 1.0), (Fun::Div, 1.0), (Fun::Pow, 1.0)]
    {
        assert_eq!(ops(&optimised(with(fun, neutral))), [Op::Input(0)], "{fun}");
    }
    assert_eq!(ops(&optimised(with(Fun::Mul, 0.0))), [Op::Real(0.0)]);
    assert_eq!(ops(&optimised(with(Fun::Pow, 0.0))), [Op::Real(1.0)]);
    assert_eq!(ops(&optimised(with(Fun::Pow, 2.0))), [Op::Input(0), Op::Apply(Fun::Mul)]);
    assert_eq!(ops(&optimised(with(Fun::Pow, 0.5))), [Op::Input(0), Op::Apply(Fun::Sqrt)]);
    let quarter = [Op::Input(0), Op::Real(0.25), Op::Apply(Fun::Mul)];
    assert_eq!(ops(&optimised(with(Fun::Div, 4.0))), quarter);
    assert_eq!(ops(&optimised(with(Fun::Div, 3.0))).len(), 3);
}

#[test]
fn constants_fold_but_never_to_infinity() {
    let folded = optimised(|b| {
        let (x, y) = (b.int(3), b.real(0.5)?);
        let sum = b.apply(Fun::Add, &[x, y])?;
        b.apply(Fun::Floor, &[sum])
    });
    assert_eq!(ops(&folded), [Op::Real(3.0)]);
    let kept = optimised(|b| {
        let (x, zero) = (b.real(1.0)?, b.real(0.0)?);
        b.apply(Fun::Div, &[x, zero])
    });
    assert_eq!(kept.nodes().len(), 3);
    let entry = optimised(|b| {
        let table = b.table(TableInit::Reals([1.0, 2.5].into()), 2)?;
        let index = b.int(7);
        b.lookup(table, index)
    });
    assert_eq!(ops(&entry), [Op::Real(2.5)]);
    assert!(entry.tables().is_empty());
}

#[test]
fn a_nan_test_of_an_input_stays() {
    let kept = optimised(|b| {
        let x = b.input("x");
        b.apply(Fun::Ne, &[x, x])
    });
    assert_eq!(ops(&kept).last(), Some(&Op::Apply(Fun::Ne)));
}

#[test]
fn idle_clamps_go_and_needed_ones_stay() {
    let clamped = |most: f64| {
        optimised(move |b| {
            let kind = ControlKind::Slider;
            let x = b.control(Control::new("x", kind, [0.5, 0.0, 1.0, 0.1]))?;
            let (two, most) = (b.real(2.0)?, b.real(most)?);
            let x = b.apply(Fun::Mul, &[x, two])?;
            b.apply(Fun::Min, &[x, most])
        })
    };
    assert_eq!(clamped(2.0).nodes().len(), 3);
    assert_eq!(clamped(1.5).nodes().len(), 5);
}

#[test]
fn equal_loops_become_one_and_keep_their_keys() {
    let merged = optimised(|b| {
        let x = b.input("x");
        let (one, two, other) = (pole(b, x, 0.5)?, pole(b, x, 0.5)?, pole(b, x, 0.25)?);
        let sum = b.apply(Fun::Mul, &[one, two])?;
        b.apply(Fun::Add, &[sum, other])
    });
    assert_eq!(merged.registers().len(), 2);
    let keys: Vec<&str> = merged.registers()[0].keys.iter().map(|key| &**key).collect();
    assert_eq!(keys, ["pole.0/r.0", "pole.1/r.0"]);
    assert!(merged.calls().is_empty());
}

#[test]
fn loops_through_each_other_merge_as_well() {
    let merged = optimised(|b| {
        let x = b.input("x");
        let mut ends = Vec::new();
        for _ in 0..3 {
            let (p, q) = (b.register(Ty::Real), b.register(Ty::Real));
            let (before_p, before_q, k) = (b.read(p), b.read(q), b.real(0.5)?);
            let next_p = b.apply(Fun::Add, &[x, before_q])?;
            let next_q = b.apply(Fun::Mul, &[before_p, k])?;
            b.write(p, next_p)?;
            b.write(q, next_q)?;
            ends.push(next_p);
        }
        let sum = b.apply(Fun::Mul, &[ends[0], ends[1]])?;
        b.apply(Fun::Mul, &[sum, ends[2]])
    });
    assert_eq!(merged.registers().len(), 2);
}

#[test]
fn what_never_leaves_zero_is_zero() {
    let silent = optimised(|b| {
        let mut x = b.real(0.0)?;
        for _ in 0..20 {
            let y = b.register(Ty::Real);
            b.write(y, x)?;
            x = b.read(y);
            x = b.mem(x)?;
        }
        Ok(x)
    });
    assert_eq!(ops(&silent), [Op::Real(0.0)]);
}

#[test]
fn delays_of_one_signal_share_a_line_as_long_as_needed() {
    let shared = optimised(|b| {
        let (x, short, long) = (b.input("x"), b.real(3.0)?, b.real(70.0)?);
        b.enter("echo");
        let inner = b.argument("x", x)?;
        let one = b.delay(inner, short, Some(4000))?;
        b.leave(&[one])?;
        let two = b.delay(x, long, Some(100))?;
        let zero = b.real(0.0)?;
        let none = b.delay(x, zero, Some(100))?;
        let sum = b.apply(Fun::Mul, &[one, two])?;
        b.apply(Fun::Mul, &[sum, none])
    });
    assert_eq!(shared.lines().len(), 1);
    assert_eq!(shared.lines()[0].max, 70);
    assert_eq!(shared.lines()[0].keys.len(), 2);
}

#[test]
fn noise_is_never_merged() {
    let two = optimised(|b| {
        let (one, other) = (b.noise(), b.noise());
        b.apply(Fun::Sub, &[one, other])
    });
    assert_eq!(two.noises().len(), 2);
}

#[test]
fn names_and_sites_stay_with_what_they_named() {
    let named = optimised(|b| {
        let x = b.input("x");
        b.enter("twice");
        let inner = b.argument("x", x)?;
        let two = b.real(2.0)?;
        let double = b.apply(Fun::Mul, &[inner, two])?;
        b.leave(&[double])?;
        b.name(double, "loud");
        Ok(double)
    });
    let sig = named.outputs()[0].sig;
    assert_eq!(named.name_of(sig).map(|name| &**name), Some("loud"));
}

#[test]
fn at_a_rate_only_controls_and_signals_are_left_to_compute() {
    let at = at_rate(
        &program(|b| {
            let (x, rate, k) = (b.input("x"), b.sample_rate(), b.real(100.0)?);
            let ratio = b.apply(Fun::Div, &[k, rate])?;
            b.apply(Fun::Mul, &[x, ratio])
        }),
        50_000,
    );
    assert_eq!(ops(&at), [Op::Input(0), Op::Real(0.002), Op::Apply(Fun::Mul)]);
    let rates = Rates::of(&at);
    let all: Vec<Rate> = at.sigs().map(|sig| rates.get(sig)).collect();
    assert_eq!(all, [Rate::Sample, Rate::Constant, Rate::Sample]);
}

#[test]
fn long_chains_and_wide_programs_end() {
    let chain = optimised(|b| {
        let (mut x, k) = (b.input("x"), b.real(0.5)?);
        for at in 0..10_000 {
            b.enter("stage");
            let inner = b.argument("x", x)?;
            let before = if at % 2 == 0 { b.mem(inner)? } else { pole(b, inner, 0.25)? };
            x = b.apply(Fun::Mul, &[before, k])?;
            b.leave(&[x])?;
        }
        Ok(x)
    });
    assert_eq!(chain.lines().len(), 5000);
    let wide = optimised(|b| {
        let x = b.input("x");
        let mut sum = b.real(0.0)?;
        for at in 0..10_000_i32 {
            let voice = pole(b, x, 1.0 / f64::from(at % 1000 + 2))?;
            sum = b.apply(Fun::Add, &[sum, voice])?;
        }
        Ok(sum)
    });
    assert_eq!(wide.registers().len(), 1000);
}

/// The engines treat what is too small to be normal as 0, so that tails do not slow them down.
#[test]
fn constants_are_as_small_as_the_engines_let_them_be() {
    let tiny = optimised(|b| {
        let (zero, one) = (b.real(0.0)?, b.real(1.0)?);
        let least = b.apply(Fun::Nextafter, &[zero, one])?;
        b.apply(Fun::Max, &[least, zero])
    });
    assert_eq!(ops(&tiny), [Op::Real(0.0)]);
}
