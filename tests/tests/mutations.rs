//! Damaged program texts: for any text, every stage gives a result or an error, and compiled code gives the samples
//! of the interpreter.

use krach_abi::Precision;
use krach_codegen::{Kernel, Spec, asm, clif};
use krach_diag::Source;
use krach_ir::{Program, optimise, parse};
use krach_tests::dice::Dice;
use krach_tests::torture::{Reached, heard, look};

const TEXTS: [&str; 6] = [
    include_str!("../../fixtures/faust/acid_bass.program"),
    include_str!("../../fixtures/faust/kick.program"),
    include_str!("../../fixtures/faust/verb.program"),
    include_str!("../../fixtures/cli/tone.program"),
    include_str!("../../fixtures/programs/everything.program"),
    include_str!("../../fixtures/programs/sums.program"),
];

/// Numbers that stand at the edge of something, and words of every kind.
const NUMBERS: &str = "0 1 -1 2 3 31 32 63 64 65 1000000 2147483647 -2147483648 2147483648 4294967295 268435456 \
     0.0 -0.0 0.5 1.0 2.0 -1.0 1e-320 1e-40 1e38 3.5e38 1e308 1e999 inf NaN";
const WORDS: &str = "add sum sub mul div rem pow select int real min max eq ne lt shl shr and xor abs floor round rint sqrt log exp \
     sin tan acos atan2 remainder tap lookup recall read argument noise input control sample_rate if keys r0 r1 r2 d0 d1 t0 \
     t1 m0 n0 n1 f0 f1 c0 c1 c4294967295 [ ] { } = : <- # \"\" \"x\" \"a/b\" name at in output sound table line";

/// One to three changes: words replaced, mostly by their like; lines lost, doubled or swapped.
fn damaged(text: &str, dice: &mut Dice<'_>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let (at, other) = (dice.below(lines.len()), dice.below(lines.len()));
        match dice.below(40) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[other].clone()),
            2 => lines.swap(at, other),
            _ => {
                let mut words: Vec<&str> = lines[at].split(' ').collect();
                let which = dice.below(words.len());
                let word = like(words[which], at, dice);
                words[which] = &word;
                lines[at] = words.join(" ");
            }
        }
    }
    lines.join("\n")
}

/// Another word, of the same kind more often than not.
fn like(word: &str, line: usize, dice: &mut Dice<'_>) -> String {
    let of = |all: &str, dice: &mut Dice<'_>| {
        let all: Vec<&str> = all.split_whitespace().collect();
        all[dice.below(all.len())].to_owned()
    };
    match word.chars().next() {
        _ if dice.below(8) == 0 => of(WORDS, dice),
        Some('%') => format!("%{}", dice.below(line + 1)),
        Some(c) if c.is_ascii_digit() || c == '-' => of(NUMBERS, dice),
        Some(c) if c.is_ascii_alphabetic() => of(WORDS, dice),
        _ => word.to_owned(),
    }
}

/// Through every stage; whether it was heard.
fn run(program: &Program, precision: Precision) -> bool {
    look(program);
    if let Ok(kernel) = Kernel::build(&optimise(program), &Spec::new(48_000, precision)) {
        let _ = (kernel.to_string(), clif(&kernel), asm(&kernel));
    }
    heard(program, precision, &program.to_string()) == Reached::Sound
}

#[test]
fn damaged_programs_are_refused_or_heard() {
    let rounds = if std::env::var_os("KRACH_FULL").is_some() { 40_000 } else { 800 };
    let mut dice = Dice::seeded(7);
    let (mut parsed, mut heard) = (0, 0);
    for round in 0..rounds {
        let text = damaged(TEXTS[round % TEXTS.len()], &mut dice);
        if let Ok(program) = parse(&Source::new("damaged", text)) {
            parsed += 1;
            let precision = if round % 2 == 0 { Precision::Single } else { Precision::Double };
            heard += usize::from(run(&program, precision));
        }
    }
    println!("{rounds} damaged texts: {parsed} are programs, {heard} were heard");
    assert!(parsed * 15 > rounds && heard * 20 > rounds, "{parsed} and {heard} of {rounds}");
}
