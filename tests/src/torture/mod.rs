//! Checks that take any bytes and must never panic: each is the body of a fuzz target in `fuzz/`, and the smoke
//! in `tests/torture.rs` replays them. They return what happened, for the smoke to count.

mod library;
mod texts;

pub use library::library;
pub use texts::{notations, programs};

use crate::dice::Dice;
use crate::faust_text;
use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{Kernel, Spec, compile};
use krach_diag::{Severity, Source};
use krach_faust::{File, Files, Given, Missing, Options, draw, elaborate, elaborate_expression, parse};
use krach_ir::{InterpreterFactory, Intervals, OnePole, Program, at_rate, optimise};
use std::sync::Arc;

const RATE: u32 = 48_000;
const FRAMES: usize = 70;
/// Programs larger than this are not rendered: that they are made is enough, and the fuzzer goes on.
const NODES: usize = 20_000;

/// The body of a fuzz target.
pub type Target = fn(&[u8]) -> Reached;

/// All of them, by the names of their files in `fuzz/targets`.
pub const TARGETS: [(&str, Target); 7] = [
    ("evaluator", evaluator),
    ("lexer", lexer),
    ("library", library),
    ("notation", notations),
    ("parser", parser),
    ("program", programs),
    ("sound", sound),
];

/// How far a text went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    Refused,
    Parsed,
    Program,
    Sound,
}

/// A text that is several files: after each form feed begins another, `1.lib`, `2.lib` and so on; `0.lib` is the main
/// one. So they can name each other in any circle. `stdfaust.lib` is always the same.
struct Pages<'t>(&'t str);

impl Pages<'_> {
    fn page(&self, at: usize) -> Option<Source> {
        self.0.split('\u{c}').nth(at).map(|text| Source::new(&*format!("{at}.lib"), text))
    }

    fn main(&self) -> Source {
        self.page(0).expect("a text has a first page")
    }
}

impl Files for Pages<'_> {
    fn open(&self, name: &str, _: &str) -> Result<Arc<File>, Missing> {
        let page = match name {
            "stdfaust.lib" => Some(Source::new(name, LIBRARY)),
            _ => name.strip_suffix(".lib").and_then(|at| self.page(at.parse().ok()?)),
        };
        let file = page.map(|page| Arc::new(File::parse(&page)));
        file.ok_or_else(|| Missing::Nowhere(vec!["nowhere".into()]))
    }
}

/// What libraries are made of; it includes itself.
const LIBRARY: &str = "a = library(\"stdfaust.lib\"); f(0) = 1; f(n) = n * f(n - 1); g(x) = x : + ~ *(0.5); \
     e = environment { k = 3; };";

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// Tokens cover any text in order.
pub fn lexer(data: &[u8]) -> Reached {
    let text = text(data);
    let mut end = 0;
    for (_, span) in krach_faust::lex(&text) {
        assert!(span.start >= end && span.end >= span.start, "tokens overlap");
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "a token splits a character");
        end = span.end;
    }
    Reached::Parsed
}

/// There is a tree, and every report has a place in the text.
pub fn parser(data: &[u8]) -> Reached {
    let source = Source::new("fuzz.dsp", text(data));
    let (_, reports) = parse(&source);
    for report in &reports {
        assert!(!report.message.is_empty() && report.place.is_some(), "{report:?}");
    }
    if reports.iter().any(|report| report.severity == Severity::Error) {
        Reached::Refused
    } else {
        Reached::Parsed
    }
}

/// There is a program or an error, the program is valid, and people can look at it.
pub fn evaluator(data: &[u8]) -> Reached {
    let text = text(data);
    let given = [Given::Signal { lo: -1.0, hi: 1.0 }, Given::Int(2)];
    let pages = Pages(&text);
    let _ = elaborate_expression(&pages.main(), &given, &pages, &options(Precision::Single));
    let Some(program) = program(&text, Precision::Double) else { return Reached::Refused };
    if program.nodes().len() <= NODES {
        look(&program);
    }
    Reached::Program
}

/// Everything there is to be read about a program.
pub fn look(program: &Program) {
    let _ = (program.key(), program.to_string(), krach_faust::print(program), draw(program).svg());
    let _ = [OnePole::Trust, OnePole::Widen].map(|mode| Intervals::of_program(program, mode));
}

/// A program that is right by construction is one, and every engine hears the same.
pub fn sound(data: &[u8]) -> Reached {
    let mut dice = Dice::new(data);
    let precision = [Precision::Single, Precision::Double][dice.below(2)];
    heard_text(&faust_text::program(&mut dice), precision)
}

/// A text, first mended or damaged as the bytes say, as far as it goes.
pub fn damaged(seed: &str, data: &[u8]) -> Reached {
    let text = faust_text::damaged(seed, &mut Dice::new(data));
    heard_text(&text, Precision::Double).max(parser(text.as_bytes()))
}

/// How a fuzzer may change a text, now and then: by whole words. The new length.
pub fn mutated(data: &mut [u8], size: usize, seed: u32) -> Option<usize> {
    let mut dice = Dice::seeded(seed.into());
    if dice.below(2) == 0 {
        return None;
    }
    let text = faust_text::damaged(&text(&data[..size]), &mut dice);
    data.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(text.len())
}

fn options(precision: Precision) -> Options {
    Options { precision, ..Options::default() }
}

fn program(text: &str, precision: Precision) -> Option<Program> {
    let pages = Pages(text);
    let (program, reports) = elaborate(&pages.main(), &pages, &options(precision));
    let wrong = reports.iter().any(|report| report.severity == Severity::Error);
    assert_eq!(program.is_none(), wrong, "a program or an error: {reports:?}\n{text}");
    if let Some(program) = &program {
        assert_eq!(program.validate(), Ok(()), "{text}");
    }
    program
}

fn heard_text(text: &str, precision: Precision) -> Reached {
    match program(text, precision) {
        Some(program) => heard(&program, precision, text),
        None => Reached::Refused,
    }
}

/// Every engine that takes the program hears the same; `text` is its source.
pub fn heard(program: &Program, precision: Precision, text: &str) -> Reached {
    if program.nodes().len() > NODES {
        return Reached::Program;
    }
    let spec = Spec::new(RATE, precision);
    let optimised = optimise(program);
    assert_eq!(optimised.validate(), Ok(()), "{text}");
    if Kernel::build(&optimised, &spec).is_err() {
        return Reached::Program;
    }
    let reference = InterpreterFactory::new(Arc::new(at_rate(program, RATE)), RATE, precision);
    let (Ok(native), Ok(reference)) = (compile(&optimised, &spec), reference) else {
        return Reached::Program;
    };
    let (got, wanted) = (render(native.as_ref()), render(&reference));
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    let equal = got.iter().flatten().zip(wanted.iter().flatten()).all(same);
    assert!(equal, "{precision}\n{got:?}\n{wanted:?}\n{text}");
    Reached::Sound
}

/// The first frames, with controls at one end of their range.
fn render(factory: &dyn DspFactory) -> Vec<Vec<f64>> {
    let mut dsp = factory.instantiate(Seed::default());
    let ports = factory.ports();
    for (at, control) in ports.controls.iter().enumerate() {
        dsp.set(0, at, if at % 2 == 0 { control.hi } else { control.lo });
    }
    let input: Vec<f64> = (0..FRAMES).map(|frame| (frame as f64 * 0.7).sin()).collect();
    let inputs = vec![input.as_slice(); ports.inputs];
    let mut outputs = vec![vec![0.0; FRAMES]; ports.outputs];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    dsp.play::<f64>(&inputs, &mut slices);
    outputs
}
