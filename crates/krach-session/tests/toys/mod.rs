//! Small programs and random edits for the tests of patches.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used, dead_code)]

use krach_ir::{Control, ControlKind, Fun, ProgramBuilder};
use krach_pattern::{Manner, Origin, Shape, Time, build};
use krach_session::{Driver, Edit, Fade, Modulation, Node, Out, Playing, Route, Sending, Voicing};
use krach_store::Playable;
use proptest::prelude::*;
use std::sync::Arc;

/// A program with those inputs and controls (0 within 0..10), whose output is their sum.
pub fn program(inputs: &[&str], controls: &[&str]) -> Playable {
    let mut builder = ProgramBuilder::new("toy");
    let mut sum = builder.real(0.0).unwrap();
    for name in inputs {
        let input = builder.input(*name);
        sum = builder.apply(Fun::Add, &[sum, input]).unwrap();
    }
    for name in controls {
        let control = Control::new(*name, ControlKind::Slider, [0.0, 0.0, 10.0, 0.1]);
        let control = builder.control(control).unwrap();
        sum = builder.apply(Fun::Add, &[sum, control]).unwrap();
    }
    builder.output("out", sum).unwrap();
    builder.finish().unwrap().into()
}

/// The cases of a slow law: a few, or with `KRACH_FULL` as many as `PROPTEST_CASES`.
pub fn cases(few: u32) -> u32 {
    if std::env::var_os("KRACH_FULL").is_some() { ProptestConfig::default().cases } else { few }
}

pub fn source() -> Node {
    Node::new(Voicing::Program(program(&[], &["freq", "gate", "cutoff"])))
}

pub fn effect() -> Node {
    Node::new(Voicing::Program(program(&["x", "key"], &["room"])))
}

pub const NAMES: [&str; 7] = ["bass", "drums/kick", "drums/snare", "pad", "echo", "verb", "fx/comp"];

fn names() -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(&NAMES[..]).prop_map(Into::into)
}

fn nodes() -> impl Strategy<Value = Node> {
    let voicing = prop_oneof![
        4 => Just(source()),
        4 => Just(effect()),
        1 => Just(Node::new(Voicing::Program(program(&["x"], &["cutoff"])))),
        1 => Just(Node::new(Voicing::Input(0))),
    ];
    (voicing, 0.0..2.0, any::<bool>()).prop_map(|(node, gain, muted)| Node { gain, muted, ..node })
}

fn outs() -> impl Strategy<Value = Out> {
    prop_oneof![
        Just(Out::Master),
        Just(Out::Nowhere),
        Just(Out::Device([3, 4].into())),
        names().prop_map(Out::Node),
    ]
}

fn drivers() -> impl Strategy<Value = Driver> {
    let tap = build::hit("gate", &Manner::default(), Origin::default()).unwrap();
    prop_oneof![
        Just(Driver::Playing(Playing { pattern: tap, offset: 0 })),
        (0.0..10.0).prop_map(|to| Driver::Fade(Fade { to, bars: Time::ONE })),
        (0.0..5.0).prop_map(|lo| Driver::Modulation(Modulation {
            shape: Shape::Sine,
            lo,
            hi: lo + 1.0,
            bars: Time::HALF
        })),
    ]
}

fn paths() -> impl Strategy<Value = Arc<str>> {
    let knob =
        prop::sample::select(&["", "/gain", "/pan", "/cutoff", "/room", "/verb_send", "/echo_send"][..]);
    prop_oneof![
        6 => (names(), knob).prop_map(|(name, knob)| format!("{name}{knob}").into()),
        1 => Just("master".into()),
        1 => Just("drums".into()),
    ]
}

/// Any edit, most of them of a kind that some patch of these names takes.
pub fn edits() -> impl Strategy<Value = Edit> {
    let controls =
        || prop::sample::select(&["cutoff", "gate", "room", "nothing"][..]).prop_map(Arc::<str>::from);
    let route = (names(), names(), prop::option::of(0_u32..3));
    let route = route.prop_map(|(source, target, port)| Route { source, target, port });
    let send = (0.0..1.0, any::<bool>()).prop_map(|(level, pre)| Sending { level, pre });
    let number = || prop_oneof![20 => -1.0..10.0, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
    prop_oneof![
        6 => (names(), prop::option::weighted(0.8, nodes()))
            .prop_map(|(name, node)| Edit::Node(name, node.map(Arc::new))),
        6 => (route, prop::option::weighted(0.8, send)).prop_map(|(route, send)| Edit::Route(route, send)),
        2 => (names(), number()).prop_map(|(name, gain)| Edit::Gain(name, gain)),
        1 => (names(), number()).prop_map(|(name, pan)| Edit::Pan(name, pan)),
        3 => (names(), outs()).prop_map(|(name, out)| Edit::Out(name, out)),
        2 => (names(), any::<bool>()).prop_map(|(name, muted)| Edit::Muted(name, muted)),
        3 => (names(), controls(), prop::option::of(number()))
            .prop_map(|(name, control, value)| Edit::Value(name, control, value)),
        2 => prop::collection::vec(names(), 0..3).prop_map(Edit::Solo),
        4 => (paths(), prop::option::weighted(0.8, drivers()))
            .prop_map(|(path, driver)| Edit::Drive(path, driver)),
        1 => number().prop_map(Edit::Tempo),
        1 => (-1_i64..8, 1_i64..3).prop_map(|(n, d)| Edit::Meter(Time::new(n, d).unwrap())),
        1 => number().prop_map(Edit::Master),
        1 => any::<bool>().prop_map(Edit::Limiter),
    ]
}
