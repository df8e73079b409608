//! Bargraphs as meters: which there are, what they show, and that they leave the sound as it is.

use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::Source;
use krach_faust::{Given, NoFiles, Options, elaborate, elaborate_expression, print};
use krach_ir::{InterpreterFactory, Meter, Program};
use std::sync::Arc;

fn read(text: &str) -> Program {
    let (program, reports) = elaborate(&Source::new("p.dsp", text), &NoFiles, &Options::default());
    program.unwrap_or_else(|| panic!("{text}: {reports:?}"))
}

fn samples(program: &Program, frames: u32) -> Vec<Vec<f64>> {
    let input: Vec<f64> = (0..frames).map(|at| f64::from(at) + 1.0).collect();
    let factory = InterpreterFactory::new(Arc::new(program.clone()), 48_000, Precision::Double);
    let mut audio = vec![vec![0.0; input.len()]; program.outputs().len()];
    let mut outs: Vec<&mut [f64]> = audio.iter_mut().map(Vec::as_mut_slice).collect();
    let inputs = vec![&input[..]; program.inputs().len()];
    let mut dsp = factory.expect("valid").instantiate(Seed { instance: 0, voice: 0 });
    dsp.play::<f64>(&inputs, &mut outs);
    audio
}

/// Of each meter: name, address, range.
fn meters(text: &str) -> Vec<String> {
    let row = |m: &Meter| format!("{} {} {}..{}", m.name, m.face.address, m.lo, m.hi);
    read(text).all_meters().map(row).collect()
}

fn curves(text: &str) -> Vec<Vec<f64>> {
    samples(&read(text).metered().expect("few").expect("meters"), 6)
}

const PEAK: &str = "peak = abs : max ~ _ : hbargraph(\"peak [unit:dB]\", -60, 0);";

#[test]
fn what_is_passed_through_or_attached_is_shown() {
    let text = format!("{PEAK} process = _ <: attach(_, peak), (*(2) : vbargraph(\"h:out/level\", 0, 4));");
    assert_eq!(meters(&text), ["peak /p/peak -60..0", "level /p/out/level 0..4"]);
    let unit = (Arc::from("unit"), Arc::from("dB"));
    assert_eq!(read(&text).meters()[0].face.metadata, [unit]);
    assert_eq!(curves(&text), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]]);
    assert_eq!(meters("process = _, _ : _, (hbargraph(\"gone\", 0, 1) : !);"), [""; 0]);
    let table = "process = 4, (1 : vbargraph(\"filled\", 0, 1)), 2 : rdtable : hbargraph(\"read\", 0, 9);";
    assert_eq!(meters(table), ["read /p/read 0..9"], "meters inside the filling of a table are not shown");
}

#[test]
fn one_path_and_one_signal_are_one_meter() {
    let bar = |signal: &str| format!("({signal} : hbargraph(\"a\", 0, 1))");
    let two = format!("process = _ <: {}, {}, {};", bar("_"), bar("_"), bar("*(2)"));
    assert_eq!(meters(&two), ["a /p/a 0..1", "a_2 /p/a 0..1"]);
    let ranges = "process = _ <: hbargraph(\"a\", 0, 1), vgroup(\"g\", hbargraph(\"a\", 0, 1));";
    assert_eq!(meters(ranges), ["a /p/a 0..1", "g_a /p/g/a 0..1"]);
    assert_eq!(meters("process = vgroup(\"g\", hbargraph(\"a [1]\", 0, 1));"), ["a /g/a 0..1"]);
}

#[test]
fn a_meter_behind_a_closed_gate_shows_what_it_showed_last() {
    let open = "(+(1) ~ _ : -(1) : %(3) : <(1))";
    let shown = "(+(10) ~ _) : hbargraph(\"n\", 0, 9)";
    assert_eq!(
        curves(&format!("process = ({shown}), {open} : control;")),
        [[10.0, 10.0, 10.0, 20.0, 20.0, 20.0]]
    );
    let outside = "(+(1) ~ _) <: (_, 1 : control), hbargraph(\"n\", 0, 9)";
    assert_eq!(curves(&format!("process = {outside};")), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);
    let both = format!("process = ({shown}) <: (_, {open} : control), _;");
    assert_eq!(curves(&both), [[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]], "a meter is an output too");
}

#[test]
fn the_sound_is_the_same_with_and_without() {
    for (with, without) in [
        ("process = *(0.5) : hbargraph(\"a\", 0, 1);", "process = *(0.5);"),
        ("process = _ <: attach(+~*(0.5), (abs : max ~ _ : hbargraph(\"a\", 0, 1)));", "process = +~*(0.5);"),
        (
            "r = +(12345) ~ *(1103515245); process = _ <: (_, (@(9) : hbargraph(\"a\", 0, 1)) : attach : @(3)), r;",
            "r = +(12345) ~ *(1103515245); process = @(3), r;",
        ),
    ] {
        let (with, without) = (read(with), read(without));
        let optimised = [&with, &without].map(krach_ir::optimise);
        assert_eq!(optimised[0], optimised[1], "{with}");
        assert_eq!(optimised[0].key(), optimised[1].key());
        assert_eq!((with.meters().len(), with.sound().meters().len()), (1, 0));
    }
}

#[test]
fn printed_meters_are_read_again() {
    let gate = "(+(1) ~ _ : %(3) : <(1))";
    let voices = "declare nvoices \"4\"; effect = _ <: attach(_, hbargraph(\"m\", 0, 1)), *(2);";
    for text in [
        format!(
            "{PEAK} process = _ <: attach(_, peak), (*(2) : vbargraph(\"h:out/level [style:led]\", 0.5, 4));"
        ),
        "process = vgroup(\"g\", hbargraph(\"a\", 0, 1), _ <: hbargraph(\"b [1]\", -1, 1e9), _);".to_owned(),
        "process = +~*(0.5) : hbargraph(\"loop\", 0, 1);".to_owned(),
        "process = 1, (2 : hbargraph(\"constant\", 0, 1)) : attach;".to_owned(),
        format!("process = ((+(1) ~ _) : hbargraph(\"n\", 0, 9)), {gate} : control;"),
        format!("{voices} process = +~_ : hbargraph(\"m\", 0, 1);"),
    ] {
        let program = read(&text);
        let printed = print(&program);
        let again = read(&printed);
        let all = |program: &Program| -> Vec<_> {
            let row = |m: &Meter| (m.name.clone(), m.lo, m.hi, m.face.metadata.clone());
            program.all_meters().map(row).collect()
        };
        assert_eq!(all(&again), all(&program), "{printed}");
        assert_eq!(samples(&again, 9), samples(&program, 9), "{printed}");
        let heard = |program: &Program| samples(&program.metered().expect("few").expect("meters"), 9);
        assert_eq!(heard(&again), heard(&program), "{printed}");
    }
}

#[test]
fn the_official_compiler_wants_an_address_for_each() {
    let bar = "hbargraph(\"level\", 0, 2)";
    let text = format!("process = hslider(\"level\", 1, 0, 2, 0.1) <: attach({bar}, (*(2) : {bar}));");
    assert_eq!(meters(&text), ["level /p/level 0..2", "level_2 /p/level 0..2"]);
    let printed = print(&read(&text));
    assert_eq!(meters(&printed), ["level_2 /p/level_2 0..2", "level_3 /p/level_3 0..2"], "{printed}");
}

#[test]
fn a_template_brings_its_meters_along() {
    let source = Source::new("t", "{0} : *(2) <: attach(_, hbargraph(\"level [unit:dB]\", 0, 1))");
    let given = [Given::Signal { lo: -1.0, hi: 1.0 }];
    let (made, reports) = elaborate_expression(&source, &given, &NoFiles, &Options::default());
    let inner = made.unwrap_or_else(|| panic!("{reports:?}")).program;
    let mut b = krach_ir::ProgramBuilder::new("outer");
    let x = b.input("x");
    let wet = b.splice("faust_expr", &inner, &[x]).expect("fits");
    b.output("out", wet[0]).expect("own");
    let outer = b.finish().expect("valid");
    assert_eq!(&*outer.meters()[0].face.address, "/level");
    let printed = print(&outer);
    assert!(printed.contains(": hbargraph(\"level [unit:dB]\", 0, 1)"), "{printed}");
    assert_eq!(samples(&read(&printed).metered().expect("few").expect("meters"), 3), [[2.0, 4.0, 6.0]]);
}

#[test]
fn thousands_of_meters_are_no_long_wait() {
    let same = "process = _ <: par(i, 5000, *(i) : hbargraph(\"a\", 0, 1)) :> _;";
    let others = "process = _ <: par(i, 5000, hbargraph(\"a%i\", 0, 1)) :> _;";
    for text in [same, others] {
        let again = read(&print(&read(text)));
        assert_eq!(again.meters().len(), 5000);
    }
}

#[test]
fn nameless_meters_have_addresses_of_their_own() {
    let text = "process = par(i, 3, _ <: attach(_, vbargraph(\"[%i][unit:dB]\", 0, 1+i)));";
    let wanted = ["/p/vbargraph0", "/p/vbargraph1", "/p/vbargraph2"];
    let found: Vec<String> = read(text).all_meters().map(|meter| meter.face.address.to_string()).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_nameless_root_group_is_called_like_the_program() {
    let addresses = |text: &str| -> Vec<String> {
        read(text).controls().iter().map(|control| control.face.address.to_string()).collect()
    };
    let pair = |first: &str, second: &str| {
        let slider = |name: &str| format!("hslider(\"{name}\", 0.5, 0, 1, 0.1)");
        addresses(&format!("process = {first}{}), {second}{});", slider("level"), slider("tone")))
    };
    assert_eq!(pair("hgroup(\"\", ", "hgroup(\"\", "), ["/p/level", "/p/tone"]);
    assert_eq!(pair("hgroup(\"g\", ", "hgroup(\"g\", "), ["/g/level", "/g/tone"]);
    // Groups of another sort or label are two roots.
    assert_eq!(pair("hgroup(\"g\", ", "vgroup(\"g\", "), ["/p/g/level", "/p/g/tone"]);
}
