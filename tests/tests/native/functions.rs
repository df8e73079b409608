//! Pure functions: of every type, of constants, of what is not finite.

use crate::engines::{RATE, check, control, program};
use krach_abi::Precision;
use krach_codegen::{Do, Kernel, Spec};
use krach_ir::maths::single::WRITTEN;
use krach_ir::{Fun, Rule, Ty};

#[test]
fn every_function_of_every_type() {
    let mut rows = 0;
    for &fun in Fun::ALL {
        let types: &[Ty] = match fun.rule() {
            Rule::Same | Rule::Compare | Rule::Select => &[Ty::Int, Ty::Real],
            Rule::Real | Rule::ToInt => &[Ty::Real],
            Rule::Bits | Rule::ToReal => &[Ty::Int],
        };
        for &ty in types {
            check(
                &program(4, |b, inputs| {
                    let mut operands = Vec::new();
                    for (position, &sig) in inputs.iter().take(fun.arity()).enumerate() {
                        let selector = fun == Fun::Select && position == 0;
                        operands.push(if selector { b.cast(sig, Ty::Int) } else { b.cast(sig, ty) });
                    }
                    b.apply(fun, &operands)
                }),
                true,
            );
            rows += 1;
        }
    }
    assert!(rows > Fun::ALL.len());
}

#[test]
fn every_function_of_what_is_not_finite() {
    for &fun in Fun::ALL {
        check(
            &program(5, |b, inputs| {
                let mut operands = Vec::new();
                for pair in inputs.windows(2).take(fun.arity()) {
                    let floor = b.apply(Fun::Floor, &[pair[1]])?;
                    operands.push(b.apply(Fun::Div, &[pair[0], floor])?);
                }
                let types = vec![Ty::Real; operands.len()];
                for (position, operand) in operands.iter_mut().enumerate() {
                    *operand = b.cast(*operand, fun.wants(position, &types));
                }
                b.apply(fun, &operands)
            }),
            true,
        );
    }
}

/// Two to nine tangents of different signals, and as many of these tangents, become functions in lanes: each has the bits
/// that it has alone. A constant operand is the same in all, or it differs.
#[test]
fn equal_functions_side_by_side() {
    for &fun in &WRITTEN {
        for count in 2..=9_i32 {
            for constant in [None, Some(0.37), Some(2.3)] {
                let bank = program(3, |b, inputs| {
                    let mut sum = inputs[0];
                    for at in 0..count {
                        let shift = b.real(f64::from(at) * 0.3)?;
                        let mut x = b.apply(Fun::Add, &[inputs[at as usize % 3], shift])?;
                        for _ in 0..2 {
                            let other = match constant {
                                Some(value) => b.real(value + f64::from(at / 5))?,
                                None => inputs[1],
                            };
                            x = b.apply(fun, &[x, other][..fun.arity()])?;
                        }
                        sum = b.apply(Fun::Add, &[sum, x])?;
                    }
                    Ok(sum)
                });
                let kernel = Kernel::build(&bank, &Spec::new(RATE, Precision::Single)).expect("small");
                let insts = kernel.sample().iter().flat_map(|region| region.body.insts());
                assert!(insts.filter(|inst| inst.what == Do::Pack).count() >= 2, "{fun}, {count}");
                check(&bank, true);
                if fun.arity() == 1 {
                    break;
                }
            }
        }
    }
}

#[test]
fn constants_too_small_to_be_normal() {
    for value in [1e-39, -1e-40, 1e-46, 1.2e-38, 5e-324] {
        check(
            &program(1, |b, inputs| {
                let tiny = b.real(value)?;
                let zero = b.real(0.0)?;
                let above = b.apply(Fun::Gt, &[inputs[0], zero])?;
                b.apply(Fun::Select, &[above, tiny, inputs[0]])
            }),
            false,
        );
    }
}

#[test]
fn quotients_by_constants() {
    for divisor in [2.0, -0.5, 3.0, 1e-38, 2.0_f64.powi(-126), 2.0_f64.powi(-127), 2.0_f64.powi(127), 1024.0]
    {
        check(
            &program(1, |b, inputs| {
                let divisor = b.real(divisor)?;
                b.apply(Fun::Div, &[inputs[0], divisor])
            }),
            true,
        );
    }
}

#[test]
fn remainders_by_constants_and_of_constants() {
    for divisor in [1.0, -1.0, 0.5, 2.0, 0.0] {
        check(
            &program(1, |b, inputs| {
                let divisor = b.real(divisor)?;
                b.apply(Fun::Rem, &[inputs[0], divisor])
            }),
            true,
        );
    }
    for divisor in [0, 1, -1, 7, i32::MIN] {
        check(
            &program(1, |b, inputs| {
                let divisor = b.int(divisor);
                let x = b.cast(inputs[0], Ty::Int);
                let low = b.int(i32::MIN);
                let a = b.apply(Fun::Rem, &[x, divisor])?;
                let c = b.apply(Fun::Rem, &[low, x])?;
                b.apply(Fun::Xor, &[a, c])
            }),
            true,
        );
    }
}

#[test]
fn functions_of_controls_and_of_constants_that_do_not_fold() {
    check(
        &program(1, |b, inputs| {
            let cutoff = b.control(control("cutoff", 440.0, 20.0, 20_000.0))?;
            let mode = b.control(control("mode", 0.0, -2.0, 2.0))?;
            let rate = b.sample_rate();
            let ratio = b.apply(Fun::Div, &[cutoff, rate])?;
            let pole = b.apply(Fun::Exp, &[ratio])?;
            let selector = b.cast(mode, Ty::Int);
            let above = b.apply(Fun::Gt, &[mode, ratio])?;
            let zero = b.int(0);
            let infinite = b.apply(Fun::Div, &[zero, zero])?;
            let chosen = b.apply(Fun::Select, &[selector, pole, ratio])?;
            let flag = b.apply(Fun::Select, &[above, chosen, infinite])?;
            let product = b.apply(Fun::Mul, &[flag, inputs[0]])?;
            b.apply(Fun::Add, &[product, above])
        }),
        false,
    );
}

#[test]
fn powers_of_constants_and_to_constants() {
    for constant in [2.0, 0.3, 1.0, 0.0, -1.0, -2.0, 3.0, 2.5, 1e30, 1e-45] {
        for left in [false, true] {
            let power = program(2, |b, inputs| {
                let (constant, floor) = (b.real(constant)?, b.apply(Fun::Floor, &[inputs[1]])?);
                let x = b.apply(Fun::Div, &[inputs[0], floor])?;
                b.apply(Fun::Pow, &if left { [constant, x] } else { [x, constant] })
            });
            check(&power, true);
        }
    }
}

#[test]
fn more_functions_than_a_loop_has_written_in_place() {
    for fun in [Fun::Tan, Fun::Exp, Fun::Log10, Fun::Pow] {
        let crowd = program(2, |b, inputs| {
            let mut sum = inputs[1];
            for at in 0..24 {
                let (by, three) = (b.real(0.1 + 0.05 * f64::from(at))?, b.real(3.0)?);
                let x = b.apply(Fun::Mul, &[inputs[0], by])?;
                let y = match (fun.arity(), at % 3) {
                    (1, _) => b.apply(fun, &[x])?,
                    (_, 0) => b.apply(fun, &[three, x])?,
                    (_, 1) => b.apply(fun, &[x, three])?,
                    _ => b.apply(fun, &[x, inputs[1]])?,
                };
                sum = b.apply(Fun::Add, &[sum, y])?;
            }
            Ok(sum)
        });
        check(&crowd, true);
    }
}
