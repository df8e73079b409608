//! Programs of any size print in bounded time and depth.

use krach_ir::{BuildError, Fun, Program, ProgramBuilder, Sig, TableInit, Ty};

fn program(build: impl FnOnce(&mut ProgramBuilder, Sig) -> Result<Sig, BuildError>) -> Program {
    let mut b = ProgramBuilder::new("large");
    let x = b.input("x");
    let out = build(&mut b, x).expect("the program can be built");
    b.output("out", out).expect("its own signal");
    b.finish().expect("the program is valid")
}

/// The longest run of open parentheses and blocks.
fn depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for c in text.chars() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[test]
fn doubling_sixteen_times_is_less_than_a_kilobyte() {
    let doubled = program(|b, x| (0..16).try_fold(x, |x, _| b.apply(Fun::Add, &[x, x])));
    let text = krach_faust::print(&doubled);
    assert!(text.len() < 1000, "{text}");
}

#[test]
fn a_chain_of_ten_thousand_is_many_short_lines() {
    let chain = program(|b, mut x| {
        let half = b.real(0.5)?;
        for _ in 0..5_000 {
            x = b.apply(Fun::Sin, &[x])?;
            x = b.apply(Fun::Mul, &[x, half])?;
        }
        Ok(x)
    });
    let text = krach_faust::print(&chain);
    assert!(depth(&text) < 40, "{}", depth(&text));
    assert!(text.lines().all(|line| line.len() <= 100));
}

#[test]
fn fifty_thousand_nodes() {
    let wide = program(|b, x| {
        let mut sum = x;
        for k in 0..12_500 {
            let k = b.real(f64::from(k) + 0.5)?;
            let scaled = b.apply(Fun::Mul, &[x, k])?;
            let sine = b.apply(Fun::Sin, &[scaled])?;
            sum = b.apply(Fun::Add, &[sum, sine])?;
        }
        Ok(sum)
    });
    let text = krach_faust::print(&wide);
    assert!(depth(&text) < 40, "{}", depth(&text));
}

#[test]
fn memory_upon_memory() {
    let chain = program(|b, x| {
        let mut last = x;
        for _ in 0..10_000 {
            let register = b.register(Ty::Real);
            b.write(register, last)?;
            last = b.read(register);
        }
        Ok(last)
    });
    assert_eq!(krach_faust::print(&chain), "declare name \"large\";\n\nprocess(x) = x @ 10000;\n");
}

#[test]
fn a_ring_of_registers_that_only_hand_on() {
    let ring = program(|b, _| {
        let registers: Vec<_> = (0..1000).map(|_| b.register(Ty::Real)).collect();
        let reads: Vec<_> = registers.iter().map(|&register| b.read(register)).collect();
        for (at, &register) in registers.iter().enumerate() {
            b.write(register, reads[(at + 1) % reads.len()])?;
        }
        Ok(reads[0])
    });
    assert!(krach_faust::print(&ring).contains("letrec"));
}

#[test]
fn ten_thousand_calls_and_loops() {
    let calls = program(|b, mut x| {
        for _ in 0..10_000 {
            b.enter("leak");
            let inner = b.argument("sig", x)?;
            let state = b.register(Ty::Real);
            let before = b.read(state);
            let half = b.real(0.5)?;
            let kept = b.apply(Fun::Mul, &[before, half])?;
            let sum = b.apply(Fun::Add, &[inner, kept])?;
            b.write(state, sum)?;
            b.leave(&[sum])?;
            x = sum;
        }
        Ok(x)
    });
    let text = krach_faust::print(&calls);
    assert_eq!(text.matches("letrec").count(), 1, "one definition serves all");
    assert!(depth(&text) < 60, "{}", depth(&text));
}

#[test]
fn ten_thousand_loops_side_by_side() {
    let loops = program(|b, x| {
        let half = b.real(0.5)?;
        let mut sum = x;
        for _ in 0..10_000 {
            let state = b.register(Ty::Real);
            let before = b.read(state);
            let kept = b.apply(Fun::Mul, &[before, half])?;
            let next = b.apply(Fun::Add, &[kept, x])?;
            b.write(state, next)?;
            sum = b.apply(Fun::Add, &[sum, next])?;
        }
        Ok(sum)
    });
    assert_eq!(krach_faust::print(&loops).matches("letrec").count(), 10_000);
}

#[test]
fn ten_megabytes_of_constants() {
    let table = program(|b, x| {
        let table = b.table(TableInit::Reals((0..1_250_000).map(f64::from).collect()), 1_250_000)?;
        b.lookup(table, x)
    });
    assert!(krach_faust::print(&table).contains("1249999.0"));
}
