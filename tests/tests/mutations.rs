//! Damaged program texts: whatever stands in a file, every stage gives a result or an error, and what is compiled
//! sounds as the interpreter says.

use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{Kernel, Spec, asm, clif, compile};
use krach_diag::Source;
use krach_ir::{InterpreterFactory, Intervals, OnePole, Program, at_rate, optimise, parse};
use std::sync::Arc;

const RATE: u32 = 48_000;
const FRAMES: usize = 70;

const TEXTS: [&str; 5] = [
    include_str!("../../fixtures/programs/acid_bass.program"),
    include_str!("../../fixtures/programs/kick.program"),
    include_str!("../../fixtures/programs/verb.program"),
    include_str!("../../fixtures/cli/tone.program"),
    include_str!("../../fixtures/programs/everything.program"),
];

/// Numbers that stand at the edge of something, and words of every kind.
const NUMBERS: &str = "0 1 -1 2 3 31 32 63 64 65 1000000 2147483647 -2147483648 2147483648 4294967295 268435456 \
     0.0 -0.0 0.5 1.0 2.0 -1.0 1e-320 1e-40 1e38 3.5e38 1e308 1e999 inf NaN";
const WORDS: &str = "add sub mul div rem pow select int real min max eq ne lt shl shr and xor abs floor round rint sqrt log exp \
     sin tan acos atan2 remainder tap lookup recall read argument noise input control sample_rate if keys r0 r1 r2 d0 d1 t0 \
     t1 m0 n0 n1 f0 f1 c0 c1 c4294967295 [ ] { } = : <- # \"\" \"x\" \"a/b\" name at in output";

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % limit as u64).expect("below a usize")
    }
}

/// One to three changes: words replaced, mostly by their like; lines lost, doubled or swapped.
fn damaged(text: &str, dice: &mut Dice) -> String {
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
fn like(word: &str, line: usize, dice: &mut Dice) -> String {
    let of = |all: &str, dice: &mut Dice| {
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

/// The first frames, with controls at one end of their range.
fn sound(factory: &dyn DspFactory) -> Vec<Vec<f64>> {
    let mut dsp = factory.instantiate(Seed::default());
    let ports = factory.ports();
    for (at, control) in ports.controls.iter().enumerate() {
        dsp.set(at, if at % 2 == 0 { control.hi } else { control.lo });
    }
    let input: Vec<f64> = (0..FRAMES).map(|frame| (frame as f64 * 0.7).sin()).collect();
    let inputs = vec![input.as_slice(); ports.inputs];
    let mut outputs = vec![vec![0.0; FRAMES]; ports.outputs];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    dsp.process_f64(&inputs, &mut slices);
    outputs
}

/// Through every stage.
fn run(program: &Program, precision: Precision) -> bool {
    let spec = Spec::new(RATE, precision);
    let _ = (program.key(), krach_faust::print(program));
    let _ = [OnePole::Trust, OnePole::Widen].map(|mode| Intervals::of_program(program, mode));
    let optimised = optimise(program);
    assert_eq!(optimised.validate(), Ok(()), "{program}");
    let Ok(kernel) = Kernel::build(&optimised, &spec) else { return false };
    let _ = (kernel.to_string(), clif(&kernel), asm(&kernel));
    let reference = InterpreterFactory::new(Arc::new(at_rate(program, RATE)), RATE, precision);
    let (Ok(native), Ok(reference)) = (compile(&optimised, &spec), reference) else { return false };
    let (got, wanted) = (sound(native.as_ref()), sound(&reference));
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    let equal = got.iter().zip(&wanted).all(|(got, wanted)| got.iter().zip(wanted).all(same));
    assert!(equal, "{precision}\n{got:?}\n{wanted:?}\n{program}");
    true
}

#[test]
fn damaged_programs_are_refused_or_heard() {
    let rounds = if std::env::var_os("KRACH_FULL").is_some() { 40_000 } else { 800 };
    let mut dice = Dice(7);
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
