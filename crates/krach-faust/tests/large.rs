//! Programs of any size print in bounded time and depth; texts of any size are programs or a clear error.

use krach_diag::Source;
use krach_faust::{NoFiles, Options, elaborate};
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

/// Whether it is a program, or what is said first.
fn read(text: impl Into<std::sync::Arc<str>>) -> Result<(), String> {
    let (program, reports) = elaborate(&Source::new("t.dsp", text), &NoFiles, &Options::default());
    match program {
        Some(_) => Ok(()),
        None => Err(reports[0].to_string()),
    }
}

fn refused(code: &str, text: String) {
    let start: String = text.chars().take(60).collect();
    let said = read(text).expect_err(&start);
    assert!(said.contains(code), "{start}: {said}");
}

#[test]
fn copies_of_copies_are_counted_before_they_are_made() {
    for wide in [
        "f(0) = _; f(n) = par(i, 10, f(n - 1)); process = f(20);",
        "f(0) = 1; f(n) = par(i, 10, f(n - 1)); process = f(20) :> _;",
        "process = par(i, 1000, par(j, 1000, _));",
        "process = par(i, 1000000, i) :> _;",
        "f(0) = _; f(n) = f(n - 1), f(n - 1); process = f(100);",
    ] {
        refused("KR0316", wide.to_owned());
    }
    refused("KR0307", "process = par(i, 1000000000, _);".to_owned());
}

#[test]
fn a_thousand_equations_are_fine_and_a_hundred_thousand_too_many() {
    let ring = |count: usize| {
        let equation = |at| format!("'x{at} = x{} * 0.5 + {at};", (at + 1) % count);
        format!("process = x0 letrec {{ {} }};", (0..count).map(equation).collect::<String>())
    };
    assert_eq!(read(ring(1_000)), Ok(()));
    refused("KR0316", ring(100_000));
}

#[test]
fn a_hundred_parameters_are_fine_and_twenty_thousand_too_many() {
    let function = |count: usize| {
        let names = (0..count).map(|at| format!("x{at}")).collect::<Vec<_>>().join(", ");
        format!("process = \\({names}).({names} :> _);")
    };
    assert_eq!(read(function(100)), Ok(()));
    refused("KR0316", function(20_000));
}

#[test]
fn depth_of_every_kind_is_an_error() {
    let deep = 100_000;
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("<", ">"),
        ("/*", "*/"),
        ("\\(x).(", ")"),
        ("(a with { a = ", "; })"),
        ("(a letrec { 'a = ", "; })"),
        ("environment { a = ", "; }.a"),
        ("case { (x) => ", "; }"),
        ("par(i, 1, ", ")"),
        ("hgroup(\"a\", ", ")"),
        ("[\"a\": _ -> ", "]"),
        ("sin(", ")"),
        ("waveform{", "}"),
        ("(_ : ", ")"),
        ("(_ ~ ", ")"),
    ] {
        for text in [open.repeat(deep) + "_" + &close.repeat(deep), open.repeat(deep)] {
            refused("error[KR03", format!("process = {text};"));
        }
    }
    for chain in ["'", ".a", "(1)", "[a = 1;]", " with { a = 1; }", " ~ _", "(", ")"] {
        refused("error[KR03", format!("process = _{};", chain.repeat(deep)));
    }
}

/// Everything that is said about a program that is refused.
fn said(text: &str) -> String {
    let (program, reports) = elaborate(&Source::new("t.dsp", text), &NoFiles, &Options::default());
    assert!(program.is_none(), "it is refused");
    reports.iter().map(|report| format!("{} {}", report.message, report.helps.join(" "))).collect()
}

#[test]
fn a_million_copies_are_not_taken_for_a_recursion_without_end() {
    for text in ["process = par(i, 1000000, _);", "f(n) = par(i, n, *(i)); process = f(900000);"] {
        assert!(said(text).contains("make fewer copies"), "{}", said(text));
    }
    assert!(said("f(n) = f(n + 1), f(n + 2); process = f(0);").contains("a rule that ends it"));
}

#[test]
fn a_table_that_is_too_large_is_told_the_largest_size() {
    assert!(said("process = rdtable(1000000000, 1.0, 0);").contains("from 1 to 268435456"));
}

#[test]
fn a_hundred_thousand_boxes_in_a_row_are_not_taken_for_a_recursion() {
    let row = format!("process = _{};", " : _".repeat(100_000));
    assert!(said(&row).contains("names for its parts"), "{}", said(&row));
}
