use super::lex::Word;
use super::parse;
use crate::{BuildError, Credit, Fun, Licence, Meter, Program, ProgramBuilder, Ty};
use crate::{Control, ControlKind, Face, Polyphony, Site, Static, TableInit};
use krach_diag::{Code, Diagnostic, Source};
use std::sync::Arc;

fn read(text: &str) -> Result<Program, Vec<Diagnostic>> {
    parse(&Source::new("t.krp", text))
}

/// A program with one of everything.
fn everything() -> Result<Program, BuildError> {
    let mut b = ProgramBuilder::new("every \"thing\"");
    let x = b.input("left\nright");
    let site = Site { file: "jam.py".into(), line: 3, column: 1, end_line: 3, end_column: 9 };
    b.at(Some(site));
    let kind = ControlKind::Checkbox;
    let metadata = vec![("unit".into(), "\"Hz\"".into()), ("1".into(), "".into())];
    let face = Face { address: "/every/a/on".into(), metadata };
    let on =
        b.control(Control { name: "a/on".into(), kind, init: 0.0, lo: 0.0, hi: 1.0, step: 1.0, face })?;
    let gate = b.cast(on, Ty::Int);
    b.enter("outer");
    b.enter("inner");
    b.note("order", Static::Number(-2.0));
    b.note("room", Static::Number(f64::INFINITY));
    b.note("mode", Static::Text("soft".into()));
    let inner = b.argument("x", x)?;
    let y = b.register(Ty::Real);
    let (before, noise, rate) = (b.read(y), b.noise(), b.sample_rate());
    let sum = b.apply(Fun::Add, &[inner, before])?;
    let sum = b.apply(Fun::Mul, &[sum, noise])?;
    b.write(y, sum)?;
    b.gate(y, gate)?;
    b.leave(&[sum])?;
    b.leave(&[sum])?;
    b.name(sum, "wet");
    let mut sine = ProgramBuilder::new("sine");
    let phase = sine.register(Ty::Real);
    let (p, step) = (sine.read(phase), sine.real(1e-3)?);
    let next = sine.apply(Fun::Add, &[p, step])?;
    sine.write(phase, next)?;
    sine.output("out", next)?;
    let generated = b.table(TableInit::Generated(Arc::new(sine.finish()?)), 64)?;
    let ints = b.table(TableInit::Ints((0..40).collect()), 40)?;
    let found = b.lookup(ints, sum)?;
    let found = b.lookup(generated, found)?;
    let ram = b.ram(TableInit::Reals([-0.0, 1e300].into()), 2, gate, found)?;
    let back = b.recall(ram, gate)?;
    let seven = b.int(-7);
    let delayed = b.delay(back, rate, Some(9))?;
    let early = b.mem(sum)?;
    let end = b.apply(Fun::Select, &[seven, delayed, early])?;
    b.output("one", end)?;
    b.output("two", gate)?;
    let shown = b.real(0.25)?;
    let shown = b.apply(Fun::Mul, &[x, shown])?;
    let face = Face { address: "/every/level".into(), metadata: vec![("unit".into(), "dB".into())] };
    b.meter(Meter { name: "level".into(), lo: -60.0, hi: 1e-3, face, sig: shown })?;
    b.meter(Meter { name: "gate".into(), lo: 0.0, hi: 1.0, face: Face::default(), sig: gate })?;
    let mut quiet = ProgramBuilder::new("quiet");
    let x = quiet.input("x");
    quiet.output("out", x)?;
    let polyphony = Polyphony { voices: 8, effect: Some(Arc::new(quiet.finish()?)) };
    let program = b.finish()?.declared(vec![("author".into(), "one\ntwo".into())]);
    let licences = [Licence::Function("MIT".into()), Licence::File("LGPL \"x\"".into()), Licence::Undeclared];
    let credit = |licence| Credit { library: "own.lib".into(), function: "f".into(), licence };
    Ok(program.polyphonic(Some(polyphony)).credited(licences.map(credit).into()))
}

#[test]
fn everything_survives_the_text_form() {
    let program = everything().expect("valid");
    let text = program.to_string();
    assert_eq!(read(&text).expect("reads its own text"), program, "{text}");
    let bare = format!("{program:#}");
    let again = read(&bare).expect("reads its own bare text");
    assert_eq!(format!("{again:#}"), bare);
    assert_eq!(again.key(), program.key());
    assert_eq!(
        again.to_string(),
        bare.replace("program", "program \"\"")
            .replace("input\n", "input \"\"\n")
            .replace("output ", "output \"\" ")
    );
}

/// Notes find a control by the label of its address: it decides how far the control reaches, and so about the code.
#[test]
fn the_label_of_a_played_control_is_part_of_the_key() {
    let with = |address: &str| {
        let mut b = ProgramBuilder::new("p");
        let mut control = Control::new("osc_freq", ControlKind::Slider, [50.0, 50.0, 1000.0, 1.0]);
        control.face.address = address.into();
        let sig = b.control(control).expect("new");
        b.output("out", sig).expect("own");
        b.finish().expect("valid")
    };
    let played = with("/p/osc/freq");
    assert_ne!(played.key(), with("/p/osc/pitch").key());
    assert_eq!(played.key(), with("/other/freq").key());
    assert_eq!(read(&format!("{played:#}")).expect("reads").key(), played.key());
}

#[test]
fn the_text_is_readable() {
    let mut b = ProgramBuilder::new("leak");
    let (x, half) = (b.input("x"), b.real(0.5).expect("finite"));
    let y = b.register(Ty::Real);
    let before = b.read(y);
    let fed = b.apply(Fun::Mul, &[before, half]).expect("own");
    let sum = b.apply(Fun::Add, &[x, fed]).expect("own");
    b.write(y, sum).expect("own");
    b.name(sum, "y");
    b.output("out", sum).expect("own");
    let text = "program \"leak\"
input \"x\"
register r0 real keys [\"y\"]
%0 = input 0
%1 = 0.5
%2 = read r0
%3 = mul %2 %1
%4 = add %0 %3 name \"y\"
r0 <- %4
output \"out\" %4
";
    assert_eq!(b.finish().expect("valid").to_string(), text);
}

#[test]
fn grammar_and_parser_know_the_same_words() {
    let grammar = include_str!("../../../../grammar/program.ebnf");
    let no_comments: String = grammar.split("(*").map(|part| part.split("*)").last().unwrap_or("")).collect();
    let quoted = no_comments.split('"').skip(1).step_by(2);
    let is_word = |text: &&str| text.len() > 1 && text.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut in_grammar: Vec<&str> =
        quoted.filter(is_word).filter(|word| !["inf", "NaN"].contains(word)).collect();
    let words = Word::ALL.iter().map(|word| word.text());
    let mut in_parser: Vec<&str> = words.chain(Fun::ALL.iter().map(|fun| fun.name())).collect();
    for all in [&mut in_grammar, &mut in_parser] {
        all.sort_unstable();
        all.dedup();
    }
    assert_eq!(in_grammar, in_parser);
    // And the printer writes no other.
    let text = everything().expect("valid").to_string().replace("\\\"", "");
    let outside: String = text.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let letters = outside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in letters.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
        let is_id = word.len() > 1 && word[1..].bytes().all(|byte| byte.is_ascii_digit());
        assert!(is_id || word == "inf" || in_parser.contains(&word), "{word}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let at = |text: &str| {
        let faults = read(text).expect_err(text);
        let place = faults[0].place.clone().expect("a place");
        (faults[0].code, place.line, place.column, faults[0].message.clone())
    };
    let (syntax, invalid) = (Code::ProgramSyntax, Code::InvalidProgram);
    for (text, code, line, column) in [
        ("", syntax, 1, 1),
        ("prog", syntax, 1, 1),
        ("program \"a", syntax, 1, 9),
        ("program 7", syntax, 1, 9),
        ("program\n%1 = 2", syntax, 2, 1),
        ("program\n%0 = ad %1 %2", syntax, 2, 6),
        ("program\n%0 = program", syntax, 2, 6),
        ("program\n%0 = add %0 %0", syntax, 2, 10),
        ("program\n%0 = tap d0 %0", syntax, 2, 10),
        ("program\n%0 = 99999999999", syntax, 2, 6),
        ("program\nregister r1 real", syntax, 2, 10),
        ("program\nregister r0 real\n%0 = read r0 output %0", syntax, 2, 1),
        ("program\nr0 <- %0", syntax, 2, 7),
        ("program\ntable t0 int 2 = [1 0.5]", syntax, 2, 21),
        ("program\n%0 = 1.0\noutput %3", invalid, 3, 1),
        ("program\n%0 = 1e999\noutput %0", invalid, 2, 1),
        ("program\n%0 = control c3\noutput %0", invalid, 2, 1),
        ("program\n%0 = 1.0", invalid, 1, 1),
        ("program\n%0 = 1.0\noutput %0 meter %0", syntax, 3, 17),
        ("program\n%0 = 1.0\noutput %0\nmeter \"a\" %0 range 0", syntax, 4, 21),
        ("program\n%0 = 1.0\noutput %0\nmeter \"a\" %1 range 0 1", invalid, 4, 1),
        ("program\n%0 = 1.0\noutput %0\nmeter \"a\" %0 range 0 inf", invalid, 4, 1),
        ("program\n%0 = 1.0\noutput %0\nmeter \" \" %0 range 0 1", invalid, 4, 1),
        ("program\ntable t0 real 3 = [1 2]\n%0 = 1\n%1 = lookup t0 %0 output %1", invalid, 2, 1),
        ("program\n%0 = 1\n%1 = sin %0 output %1", invalid, 3, 1),
        ("program\ntable t0 real 3 = { program %0 = 1 }\n%0 = 1 output %0", invalid, 2, 1),
    ] {
        let (found, at_line, at_column, message) = at(text);
        assert_eq!((found, at_line, at_column), (code, line, column), "{text}\n{message}");
    }
    let deep = "program table t0 real 1 = { ".repeat(10_000);
    assert_eq!(at(&deep).0, syntax);
}

#[test]
fn long_programs_survive() {
    let mut b = ProgramBuilder::new("long");
    let (mut x, k) = (b.input("x"), b.real(0.5).expect("finite"));
    for at in 0..50_000 {
        let fun = if at % 2 == 0 { Fun::Mul } else { Fun::Add };
        x = b.apply(fun, &[x, k]).expect("own");
    }
    let contents = (0..1_300_000).map(|at| f64::from(at) / 7.0).collect();
    let table = b.table(TableInit::Reals(contents), 1_300_000).expect("fits");
    let x = b.lookup(table, x).expect("own");
    b.output("out", x).expect("own");
    let program = b.finish().expect("valid");
    assert_eq!(read(&program.to_string()).expect("reads"), program);
    assert_eq!(program.key().to_string().len(), 64);
}
