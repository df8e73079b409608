//! The language, one small program at a time: what each computes, or what is wrong with it.
//!
//! `fixtures/faust/language.txt` holds programs and, indented, the first samples of every output when an impulse
//! enters every input; a single number stands for all of them. The numbers are those of the official compiler. A program
//! that was once wrong stands below the name of its symptom.
//! `fixtures/faust/wrong.txt` holds wrong programs, each below its name, and everything that is said about them.
//! `UPDATE_EXPECT=1` rewrites both files.

use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::{Diagnostic, Source};
use krach_faust::{File, Files, Missing, NoFiles, Options, elaborate};
use krach_ir::{InterpreterFactory, Program};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

const FRAMES: usize = 8;

fn options() -> Options {
    Options { precision: Precision::Double, ..Options::default() }
}

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../fixtures/faust", name].iter().collect()
}

/// Runs `answer` on every program of a fixture file and compares.
fn check(name: &str, answer: impl Fn(&str) -> String) -> usize {
    let path = fixture(name);
    let before = std::fs::read_to_string(&path).expect("the fixtures are there");
    let mut after = String::new();
    let mut count = 0;
    for entry in before.split("\n\n").map(str::trim_end).filter(|entry| !entry.is_empty()) {
        let said = |line: &&str| !line.starts_with("    ");
        let (title, program): (Vec<&str>, Vec<&str>) =
            entry.lines().take_while(said).partition(|line| line.starts_with("--- "));
        let program = program.join("\n");
        let answer = answer(&program);
        if count > 0 {
            after.push('\n');
        }
        let title = title.iter().map(|line| format!("{line}\n")).collect::<String>();
        writeln!(after, "{title}{program}\n{}", answer.trim_end()).expect("a String takes everything");
        count += 1;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, after).expect("the fixtures can be written");
    } else {
        for (before, after) in before.split("\n\n").zip(after.split("\n\n")) {
            assert_eq!(before.trim_end(), after.trim_end(), "in {name}");
        }
    }
    count
}

fn render(program: Program) -> Vec<Vec<f64>> {
    let factory =
        InterpreterFactory::new(Arc::new(program), 48_000, Precision::Double).expect("small programs");
    let mut dsp = factory.instantiate(Seed::default());
    let mut impulse = [0.0; FRAMES];
    impulse[0] = 1.0;
    let inputs = vec![impulse.as_slice(); factory.ports().inputs];
    let mut outputs = vec![vec![0.0; FRAMES]; factory.ports().outputs];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    dsp.play::<f64>(&inputs, &mut slices);
    outputs
}

fn samples(program: &str) -> String {
    let (program, reports) = elaborate(&Source::new("t.dsp", program), &NoFiles, &options());
    let Some(program) = program else { return listed(&reports) };
    let mut text = String::new();
    for output in render(program) {
        let mut numbers: Vec<String> = output.iter().map(|&sample| number(sample)).collect();
        if numbers.iter().all(|number| *number == numbers[0]) {
            numbers.truncate(1);
        }
        writeln!(text, "    {}", numbers.join(" ")).expect("a String takes everything");
    }
    text
}

/// Rounded, so that no platform's arithmetic shows; no minus before zero.
fn number(sample: f64) -> String {
    let rounded = (sample * 1e9).round() / 1e9;
    if rounded.is_finite() { format!("{}", rounded + 0.0) } else { format!("{sample}") }
}

fn listed(reports: &[Diagnostic]) -> String {
    let mut text = String::new();
    for report in reports {
        let place = report.place.as_ref().map_or("?".to_owned(), |place| {
            format!("{}:{}-{}:{}", place.line, place.column, place.end_line, place.end_column)
        });
        writeln!(text, "    {place} {} {}", report.code, report.message).expect("a String takes everything");
        for label in &report.labels {
            let place = format!("{}:{}", label.place.line, label.place.column);
            writeln!(text, "        {place} {}", label.text).expect("a String takes everything");
        }
        for help in &report.helps {
            writeln!(text, "        try: {help}").expect("a String takes everything");
        }
    }
    text
}

#[test]
fn programs_compute_what_the_official_compiler_computes() {
    assert!(check("language.txt", samples) >= 150);
}

#[test]
fn wrong_programs_are_explained() {
    let answer = |program: &str| {
        let (made, reports) = elaborate(&Source::new("t.dsp", program), &NoFiles, &options());
        assert!(made.is_none(), "{program} is wrong");
        listed(&reports)
    };
    assert!(check("wrong.txt", answer) >= 60);
}

/// Files by their names.
#[derive(Debug)]
struct Folder(&'static [(&'static str, &'static str)]);

impl Files for Folder {
    fn open(&self, name: &str, _from: &str) -> Result<Arc<File>, Missing> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        let (name, text) = found.ok_or_else(|| Missing::Nowhere(Vec::new()))?;
        Ok(Arc::new(File::parse(&Source::new(*name, *text))))
    }
}

const PARTS: Folder = Folder(&[
    ("part.dsp", "gain = 0.25; twice(x) = 2*x; inner = environment { z = gain + 1; }; process = *(gain);"),
    ("two.dsp", "g = 2; process(x, y) = x - y*g;"),
    ("zero.dsp", "process = 0;"),
    ("names.dsp", "a = 3;"),
]);

/// The first sample of every output; the numbers are those of the official compiler.
#[test]
fn components_are_environments_wherever_they_stand() {
    for (program, wanted) in [
        ("c = component(\"part.dsp\"); process = c.gain, c.twice(3), c.inner.z;", &[0.25, 6.0, 1.25][..]),
        ("process = component(\"part.dsp\")[gain = 3;];", &[3.0]),
        ("process = component(\"part.dsp\");", &[0.25]),
        ("c = component(\"two.dsp\"); process = c[g = 10;](5, 3), c.process(1, 1);", &[-25.0, -1.0]),
        ("process = component(\"two.dsp\")(5);", &[3.0]),
        ("process = hgroup(\"a\", component(\"two.dsp\"));", &[-1.0]),
        ("process = par(i, 2, component(\"two.dsp\")(i, 1));", &[-2.0, -1.0]),
        ("process = inputs(component(\"two.dsp\"));", &[2.0]),
        ("f(0) = 1; f(x) = 2; process = f(component(\"zero.dsp\"));", &[1.0]),
        ("f(c) = c.a; process = f(component(\"names.dsp\"));", &[3.0]),
        ("process = component(\"names.dsp\")[process = 5;];", &[5.0]),
    ] {
        let (made, reports) = elaborate(&Source::new("t.dsp", program), &PARTS, &options());
        let made = made.unwrap_or_else(|| panic!("{program}: {reports:?}"));
        assert_eq!(render(made).iter().map(|output| output[0]).collect::<Vec<_>>(), wanted, "{program}");
    }
    let (_, reports) =
        elaborate(&Source::new("t.dsp", "process = component(\"names.dsp\");"), &PARTS, &options());
    assert_eq!(reports[0].message, "`names.dsp` defines no `process`");
}

/// Functions of math.h, each at -2.5, 0.5 and 3: the numbers of C.
#[test]
fn functions_of_math_h_compute_what_they_do_in_c() {
    let cases: [(&str, &str, [f64; 3]); 10] = [
        ("int signbit(float)", "x", [1.0, 0.0, 0.0]),
        ("float fmin(float, float)", "x, 2", [-2.5, 0.5, 2.0]),
        ("float fmax(float, float)", "x, 2", [2.0, 2.0, 3.0]),
        ("float fdim(float, float)", "x, 1", [0.0, 0.0, 2.0]),
        ("float exp2(float)", "x", [2_f64.powf(-2.5), 2_f64.sqrt(), 8.0]),
        ("float nearbyint(float)", "x", [-2.0, 0.0, 3.0]),
        ("int lrint(float)", "x", [-2.0, 0.0, 3.0]),
        ("int lround(float)", "x", [-3.0, 1.0, 3.0]),
        ("int isfinite(float)", "1/(x - 3)", [1.0, 1.0, 0.0]),
        ("int isnormal(float)", "x - 0.5", [1.0, 0.0, 1.0]),
    ];
    for (declared, arguments, wanted) in cases {
        let got = [-2.5, 0.5, 3.0].map(|x| {
            let program = format!(
                "f = ffunction({declared}, <math.h>, \"\"); g(x) = f({arguments});
                 process = g(hslider(\"x\", {x:?}, -9, 9, 0.1));"
            );
            let (made, reports) = elaborate(&Source::new("t.dsp", &*program), &NoFiles, &options());
            render(made.unwrap_or_else(|| panic!("{declared}: {reports:?}")))[0][0]
        });
        let close = got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() <= 1e-15 * wanted.abs());
        assert!(close, "{declared}: {got:?}");
    }
}

#[test]
fn another_definition_can_be_the_program() {
    let source = Source::new("t.dsp", "process = _ + 1; effect = _ * 3;");
    let options = Options { process: "effect".into(), ..options() };
    let (program, _) = elaborate(&source, &NoFiles, &options);
    assert_eq!(render(program.expect("it is right"))[0][0], 3.0);
}

#[test]
fn what_is_printed_is_heard_as_before() {
    let read = |text: &str| {
        let (program, reports) = elaborate(&Source::new("t.dsp", text), &NoFiles, &options());
        program.unwrap_or_else(|| panic!("{text}: {reports:?}"))
    };
    let effect = |program: &Program| program.polyphony().and_then(|polyphony| polyphony.effect.clone());
    let bits = |program: Program| {
        let outputs = render(program);
        outputs.into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>()
    };
    for text in [
        // Loops of several signals have names of their own, also where two programs share a file.
        "declare nvoices \"1\"; effect = x + y letrec { 'x = y + 1; 'y = x * 2; };
         process = x + y letrec { 'x = y + 1; 'y = x * 3; };",
        // Which operand is taken is heard where neither is less.
        "process = _ * -0.5 <: 1 / max(0.0), 1 / max(_, 0.0), 1 / min(0.0), 1 / min(_, 0.0);",
        "process = _ - 1 : sqrt <: max(0.0), max(_, 0.0), min(0.0), min(_, 0.0);",
        // Signs in labels are kept where Faust gives them no meaning.
        "process = hslider(\"100%\", 0, 0, 1, 0.1) + hslider(\"h:a;b/% [unit:%]\", 0, 0, 1, 0.1);",
    ] {
        let program = read(text);
        let again = read(&krach_faust::print(&program));
        assert_eq!(krach_ir::optimise(&again), krach_ir::optimise(&program), "{text}");
        assert_eq!(
            effect(&again).map(|effect| bits((*effect).clone())),
            effect(&program).map(|effect| bits((*effect).clone()))
        );
        assert_eq!(bits(again), bits(program), "{text}");
    }
}

/// Whether memory moves would depend on what it holds: what is tied in such a knot is always computed.
#[test]
fn conditions_may_wait_for_what_they_gate() {
    let run = |memory: &str| {
        let text = format!(
            "d = (+(1) ~ _) % 3 < 1; x = {memory}; h = control(x, d); c = h % 4 > 0;
             process = h, control(x * 2, c);"
        );
        render(elaborate(&Source::new("t.dsp", text), &NoFiles, &options()).0.expect("it is right"))
    };
    let late = run("(+(2) ~ _) @ 2");
    assert_eq!(late[0], [0.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    assert_eq!(late[1], [0.0, 0.0, 4.0, 4.0, 12.0, 12.0, 20.0, 20.0], "this gate is tied to nothing");
    for memory in ["prefix(1, +(2) ~ _)", "rwtable(9, 1, 0, +(2) ~ _, 0)", "waveform{1, 2, 3} : !, _"] {
        assert_eq!(run(memory).len(), 2);
    }
    let chain: String = (0..200).map(|at| format!("g{} = control(x @ {at}, g{at});", at + 1)).collect();
    let text = format!("x = +(2) ~ _; g0 = x > 3; {chain} process = g200;");
    assert!(elaborate(&Source::new("t.dsp", text), &NoFiles, &options()).0.is_some());
}

#[test]
fn depth_is_an_error_and_length_is_not() {
    let run = |text: String| elaborate(&Source::new("t.dsp", text), &NoFiles, &options());
    assert!(run(format!("process = _{};", " + 1.5".repeat(10_000))).0.is_some());
    assert!(run(format!("process = _{};", " : sin".repeat(50_000))).0.is_some());
    assert!(run(format!("process = _{};", " <: *".repeat(10_000))).0.is_some());
    let (program, reports) = run(format!("process = {}1{};", "(".repeat(100_000), ")".repeat(100_000)));
    assert!(program.is_none() && reports.len() == 1);
    let (program, reports) = run("f(0) = _; f(n) = f(n - 1), f(n - 1); process = f(40);".to_owned());
    assert!(program.is_none() && reports.len() == 1);
}

#[test]
fn anything_is_an_answer() {
    let mut state = 1_u64;
    let pieces = [
        "process",
        "=",
        ";",
        "(",
        ")",
        "_",
        "!",
        "~",
        "<:",
        ":>",
        ":",
        ",",
        "+",
        "1",
        "0.5",
        "x",
        "with",
        "{",
        "}",
        "letrec",
        "'",
        "case",
        "=>",
        "[",
        "]",
        "\"a\"",
        "par",
        "i",
        "hslider",
        "@",
        "rdtable",
        "\\",
        ".",
        "environment",
        "import",
        "route",
        "waveform",
        "é",
        "\0",
        "/*",
        "inputs",
        "mem",
        "f(x)",
    ];
    for _ in 0..2_000 {
        let mut text = String::from("process = ");
        for _ in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            text.push(' ');
        }
        let (program, reports) = elaborate(&Source::new("t.dsp", text.as_str()), &NoFiles, &options());
        assert!(program.is_some() || !reports.is_empty(), "{text}");
    }
}
