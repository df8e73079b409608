//! What must never fall over, as functions of any bytes: each is the body of a fuzz target in `fuzz/`, and the smoke
//! in `tests/torture.rs` replays them. They return what happened, for the smoke to count.

use crate::dice::Dice;
use crate::faust_text;
use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{Kernel, Spec, compile};
use krach_diag::{Severity, Source};
use krach_faust::{File, Files, Missing, Options, elaborate, parse};
use krach_ir::{InterpreterFactory, Program, at_rate, optimise};
use std::sync::Arc;

const RATE: u32 = 48_000;
const FRAMES: usize = 70;
/// Programs larger than this are not rendered: that they are made is enough, and the fuzzer goes on.
const NODES: usize = 20_000;

/// How far a text went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    Refused,
    Parsed,
    Program,
    Sound,
}

/// One library with what libraries are made of, which includes itself.
struct OneLibrary;

impl Files for OneLibrary {
    fn open(&self, name: &str, _: &str) -> Result<Arc<File>, Missing> {
        let text = match name {
            "a.lib" | "stdfaust.lib" => {
                "a = library(\"a.lib\"); f(0) = 1; f(n) = n * f(n - 1); g(x) = x : + ~ *(0.5); e = environment { k = 3; };"
            }
            "b.dsp" => "import(\"b.dsp\"); process = _ * 0.5;",
            _ => return Err(Missing::Nowhere(vec!["nowhere".into()])),
        };
        Ok(Arc::new(File::parse(&Source::new(name, text))))
    }
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// Tokens cover the text in order, whatever it is.
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

/// There is a program or an error, and the program is valid.
pub fn evaluator(data: &[u8]) -> Reached {
    match program(&text(data)) {
        Some(_) => Reached::Program,
        None => Reached::Refused,
    }
}

/// A program that is right by construction is one, and every engine hears the same.
pub fn sound(data: &[u8]) -> Reached {
    let text = faust_text::program(&mut Dice::new(data));
    match program(&text) {
        Some(program) => heard(&program, &text),
        None => Reached::Refused,
    }
}

/// A text, first mended or damaged as the bytes say, as far as it goes.
pub fn damaged(seed: &str, data: &[u8]) -> Reached {
    let text = faust_text::damaged(seed, &mut Dice::new(data));
    match program(&text) {
        Some(program) => heard(&program, &text),
        None => parser(text.as_bytes()).min(Reached::Parsed),
    }
}

fn program(text: &str) -> Option<Program> {
    let options = Options { precision: Precision::Double, ..Options::default() };
    let (program, reports) = elaborate(&Source::new("fuzz.dsp", text), &OneLibrary, &options);
    let wrong = reports.iter().any(|report| report.severity == Severity::Error);
    assert_eq!(program.is_none(), wrong, "a program or an error: {reports:?}\n{text}");
    if let Some(program) = &program {
        assert_eq!(program.validate(), Ok(()), "{text}");
    }
    program
}

fn heard(program: &Program, text: &str) -> Reached {
    if program.nodes().len() > NODES {
        return Reached::Program;
    }
    let spec = Spec::new(RATE, Precision::Double);
    let optimised = optimise(program);
    if Kernel::build(&optimised, &spec).is_err() {
        return Reached::Program;
    }
    let reference = InterpreterFactory::new(Arc::new(at_rate(program, RATE)), RATE, Precision::Double);
    let (Ok(native), Ok(reference)) = (compile(&optimised, &spec), reference) else {
        return Reached::Program;
    };
    let (got, wanted) = (render(native.as_ref()), render(&reference));
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    let equal = got.iter().flatten().zip(wanted.iter().flatten()).all(same);
    assert!(equal, "{got:?}\n{wanted:?}\n{text}");
    Reached::Sound
}

/// The first frames, with controls at one end of their range.
fn render(factory: &dyn DspFactory) -> Vec<Vec<f64>> {
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
