//! Followers of controls in a loop of their own: random functions of smoothed sliders, and filters, delays and switches
//! that take them.

use crate::engines::{RATE, check, control};
use krach_abi::Precision;
use krach_codegen::{Kernel, Spec};
use krach_ir::{BuildError, Fun, Program, ProgramBuilder, Sig, TableInit, Ty, optimise};
use krach_tests::dice::Dice;

/// Functions of reals that are drawn, the long ones among them.
const FUNS: [Fun; 18] = [
    Fun::Add,
    Fun::Sub,
    Fun::Mul,
    Fun::Div,
    Fun::Min,
    Fun::Max,
    Fun::Abs,
    Fun::Floor,
    Fun::Sqrt,
    Fun::Rem,
    Fun::Pow,
    Fun::Exp,
    Fun::Log,
    Fun::Tan,
    Fun::Tanh,
    Fun::Sin,
    Fun::Cosh,
    Fun::Atan,
];

fn pick<T: Copy>(dice: &mut Dice<'_>, of: &[T]) -> T {
    of[dice.below(of.len())]
}

/// `y = x (1 - a) + y a`
fn smooth(b: &mut ProgramBuilder, x: Sig, a: f64) -> Result<Sig, BuildError> {
    let held = b.register(Ty::Real);
    let (before, kept, new) = (b.read(held), b.real(a)?, b.real(1.0 - a)?);
    let (kept, new) = (b.apply(Fun::Mul, &[before, kept])?, b.apply(Fun::Mul, &[x, new])?);
    let sum = b.apply(Fun::Add, &[new, kept])?;
    b.write(held, sum)?;
    Ok(sum)
}

/// A signal within -2..2.
fn bounded(b: &mut ProgramBuilder, x: Sig) -> Result<Sig, BuildError> {
    let (lo, hi) = (b.real(-2.0)?, b.real(2.0)?);
    let x = b.apply(Fun::Max, &[x, lo])?;
    b.apply(Fun::Min, &[x, hi])
}

/// Followers: sliders, smoothed once or twice, or late by a frame, and functions of them.
fn followers(b: &mut ProgramBuilder, dice: &mut Dice<'_>) -> Result<Vec<Sig>, BuildError> {
    let mut pool = Vec::new();
    for at in 0..=dice.below(3) {
        let slider = b.control(control(["a", "b", "c"][at], 0.5, -1.5, 1.5))?;
        let smoothed = smooth(b, slider, pick(dice, &[0.5, 0.9, 0.999]))?;
        pool.push(smoothed);
        match dice.below(4) {
            0 => pool.push(smooth(b, smoothed, 0.8)?),
            1 => pool.push(b.mem(slider)?),
            2 => pool.push(slider),
            _ => {}
        }
    }
    for _ in 0..4 + dice.below(16) {
        let made = match dice.below(8) {
            0 => {
                let (x, y) = (pick(dice, &pool), pick(dice, &pool));
                let which = b.apply(pick(dice, &[Fun::Lt, Fun::Ge, Fun::Eq]), &[x, y])?;
                let (one, other) = (pick(dice, &pool), pick(dice, &pool));
                b.apply(Fun::Select, &[which, one, other])?
            }
            1 => {
                let (x, scale, three) = (pick(dice, &pool), b.real(7.5)?, b.int(3));
                let wide = b.apply(Fun::Mul, &[x, scale])?;
                let whole = b.cast(wide, Ty::Int);
                let left = b.apply(Fun::Rem, &[whole, three])?;
                b.cast(left, Ty::Real)
            }
            2 => {
                let (x, four) = (pick(dice, &pool), b.real(4.0)?);
                let index = b.apply(Fun::Mul, &[x, four])?;
                let index = b.cast(index, Ty::Int);
                let values = (0..8).map(|at| f64::from(at).sin()).collect();
                let table = b.table(TableInit::Reals(values), 8)?;
                b.lookup(table, index)?
            }
            3 => smooth(b, pick(dice, &pool), 0.7)?,
            _ => {
                let fun = pick(dice, &FUNS);
                let operands = [pick(dice, &pool), pick(dice, &pool)];
                b.apply(fun, &operands[..fun.arity()])?
            }
        };
        pool.push(bounded(b, made)?);
    }
    Ok(pool)
}

/// Filters of noise and of an input, with followers as coefficients, delays and switches.
fn program(seed: u64) -> Program {
    let mut dice = Dice::seeded(seed);
    let dice = &mut dice;
    let mut b = ProgramBuilder::new("followers");
    let mut write = || -> Result<Sig, BuildError> {
        let mut sum = b.input("in");
        let pool = followers(&mut b, dice)?;
        for _ in 0..1 + dice.below(6) {
            let by = pick(dice, &pool);
            sum = match dice.below(5) {
                0 => {
                    let noise = b.noise();
                    let scaled = b.apply(Fun::Mul, &[noise, by])?;
                    b.apply(Fun::Add, &[sum, scaled])?
                }
                1 => {
                    let frames = b.cast(by, Ty::Int);
                    b.delay(sum, frames, Some(9))?
                }
                2 => {
                    let back = b.register(Ty::Real);
                    let (before, half) = (b.read(back), b.real(0.4)?);
                    let gain = b.apply(Fun::Mul, &[by, half])?;
                    let fed = b.apply(Fun::Mul, &[before, gain])?;
                    let next = b.apply(Fun::Add, &[sum, fed])?;
                    b.write(back, next)?;
                    next
                }
                3 => {
                    let whole = b.cast(by, Ty::Int);
                    let late = b.mem(sum)?;
                    b.apply(Fun::Select, &[whole, sum, late])?
                }
                _ => b.apply(Fun::Mul, &[sum, by])?,
            };
            sum = bounded(&mut b, sum)?;
        }
        Ok(sum)
    };
    let out = write().expect("a program");
    b.output("out", out).expect("its own signal");
    optimise(&b.finish().expect("a valid program"))
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn followers_in_a_loop_of_their_own(seed in proptest::prelude::any::<u64>()) {
        check(&program(seed), false);
    }
}

#[test]
fn most_programs_with_long_functions_of_sliders_have_a_loop_for_them() {
    let spec = Spec::new(RATE, Precision::Single);
    let apart = |seed: &u64| {
        let kernel = Kernel::build(&program(*seed), &spec).expect("small");
        kernel.stepping().is_some_and(|stepping| stepping.followers.is_some())
    };
    let count = (0..100).filter(apart).count();
    assert!((40..100).contains(&count), "{count} of 100");
}
