//! A patch rendered off-line: onsets on their frames, the same bits in blocks of any size.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_diag::Source;
use krach_pattern::{Manner, Origin, Shape, Time, build, notation};
use krach_session::{
    Driver, Edit, Mixdown, Modulation, Node, Out, Patch, Playing, Route, Sending, Session, Voicing,
};
use krach_store::Cache;
use std::ops::ControlFlow;
use std::sync::Arc;

fn node(name: &str, node: Node) -> Edit {
    Edit::Node(name.into(), Some(Arc::new(Node { gain: 1.0, ..node })))
}

fn play(path: &str, text: &str) -> Edit {
    let (pattern, reports) = notation::krach(&Source::new("", text), &Manner::default());
    assert!(reports.is_empty());
    Edit::Drive(path.into(), Some(Driver::Playing(Playing { pattern, offset: 0 })))
}

fn patch(edits: &[Edit]) -> Patch {
    let mut patch = Patch::default();
    patch.apply_all(&[Edit::Master(0.05), Edit::Limiter(false)]).unwrap();
    patch.apply_all(edits).unwrap();
    patch
}

fn rendered(patch: &Patch, frames: usize, block: usize) -> Vec<f32> {
    let how = Mixdown { frames, sample_rate: 48_000, block };
    let mut sound =
        Session::new(Cache::new(8)).mixdown(patch, how, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(sound[0], sound[1], "a node in the middle is the same on both sides");
    sound.swap_remove(0)
}

/// The frames on which the sound rises.
fn rises(sound: &[f32]) -> Vec<usize> {
    (1..sound.len()).filter(|&at| sound[at] > sound[at - 1] + 0.01).collect()
}

/// A gate, and nothing else.
fn gate() -> Node {
    Node::new(Voicing::Program(toys::program(&[], &["gate"])))
}

#[test]
fn onsets_are_exact_in_any_meter_and_the_same_bits_in_blocks_of_any_size() {
    for (meter, bar) in [((3, 1), 72_000), ((4, 1), 96_000), ((5, 1), 120_000), ((7, 2), 84_000)] {
        let meter = Time::new(meter.0, meter.1).unwrap();
        let patch = patch(&[node("a", gate()), Edit::Meter(meter), play("a", "x x . x")]);
        let sound = rendered(&patch, bar + 10, 128);
        assert_eq!(rises(&sound), [bar / 4, 3 * bar / 4, bar], "meter {meter}");
        assert!(sound[0] > 0.0 || sound[1] > 0.0, "the first note sounds from the start");
        for block in [1000, 64, 7] {
            assert_eq!(rendered(&patch, bar + 10, block), sound, "blocks of {block}");
        }
    }
}

#[test]
fn two_threads_render_the_samples_of_one() {
    let verb = Node::new(Voicing::Program(toys::program(&["in"], &["room"])));
    let send = |source: &str| {
        let route = Route { source: source.into(), target: "verb".into(), port: None };
        Edit::Route(route, Some(Sending { level: 0.5, pre: false }))
    };
    let mut edits = vec![node("verb", verb)];
    for (name, text) in [("a", "x x . x"), ("b", "x*3"), ("c", "x(3,8)"), ("d", ". x? x x")] {
        edits.extend([node(name, gate()), play(name, text), send(name)]);
    }
    let patch = patch(&edits);
    let how = Mixdown { frames: 100_000, sample_rate: 48_000, block: 256 };
    let [one, two] = [1, 2].map(|threads| {
        let session = Session::new(Cache::new(8));
        session.set_threads(threads);
        assert_eq!(session.threads(), threads);
        let whole = session.mixdown(&patch, how, &mut |_| ControlFlow::Continue(())).unwrap();
        let stems = session.stems(&patch, how, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(stems.nodes.len() == 5 && stems.nodes["c"][0].iter().any(|&sample| sample > 0.1));
        (whole, stems)
    });
    assert!(one == two && one.0 == one.1.master);
}

#[test]
fn tied_notes_keep_the_gate_open() {
    let (line, _) = notation::krach(&Source::new("", "x x x x"), &Manner::default());
    let tied = line.legato(Time::ONE).unwrap();
    let drive = Edit::Drive("a".into(), Some(Driver::Playing(Playing { pattern: tied, offset: 0 })));
    let sound = rendered(&patch(&[node("a", gate()), drive]), 100_000, 128);
    assert_eq!(rises(&sound[10..]), [] as [usize; 0]);
}

#[test]
fn routes_levels_mutes_and_solo_are_heard() {
    let send = |level| {
        let route = Route { source: "a".into(), target: "fx".into(), port: Some(0) };
        Edit::Route(route, Some(Sending { level, pre: false }))
    };
    let effect = Node { out: Out::Master, ..toys::effect() };
    let base = [node("a", gate()), node("fx", effect), play("a", "x _ _ _")];
    let last = |edits: &[Edit]| {
        let all = [&base[..], edits].concat();
        rendered(&patch(&all), 6_000, 256)[5_999]
    };
    let alone = last(&[]);
    assert!(alone > 0.0);
    let near = |edits: &[Edit], expected: f32| {
        let found = last(edits);
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}: {edits:?}");
    };
    near(&[send(0.5)], alone * 1.5);
    near(&[send(1.0), Edit::Out("a".into(), Out::Nowhere)], alone);
    near(&[send(1.0), Edit::Muted("a".into(), true)], 0.0);
    near(&[send(1.0), Edit::Solo(vec!["fx".into()])], alone);
    near(&[Edit::Gain("a".into(), 0.5)], alone * 0.5);
}

#[test]
fn controls_follow_patterns_and_shapes() {
    let knob = || Node::new(Voicing::Program(toys::program(&[], &["level"])));
    let stepped = patch(&[node("a", knob()), play("a/level", "1 3 2 8")]);
    assert_eq!(rises(&rendered(&stepped, 96_000, 128)[10..]), [24_000 - 10, 72_000 - 10]);
    let wave = Modulation { shape: Shape::Ramp, lo: 0.0, hi: 10.0, bars: Time::ONE };
    let moved = patch(&[node("a", knob()), Edit::Drive("a/level".into(), Some(Driver::Modulation(wave)))]);
    let sound = rendered(&moved, 96_000, 128);
    assert!((sound[48_000] - 0.05 * 5.0).abs() < 1e-3, "{}", sound[48_000]);
    assert_eq!(rendered(&moved, 96_000, 333), sound);
}

#[test]
fn a_listener_may_break_off() {
    let how = Mixdown { frames: 1 << 28, sample_rate: 48_000, block: 512 };
    let stopped = Session::new(Cache::new(8))
        .mixdown(&patch(&[node("a", gate())]), how, &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped, Err(krach_session::Stop::Cancelled));
}

#[test]
fn curves_run_backwards_and_move_every_knob() {
    let curve =
        build::curve(Shape::Exponential, 0.0, 8.0, None, &Origin::default()).unwrap().reverse().unwrap();
    let drive = |path: &str| {
        Edit::Drive(path.into(), Some(Driver::Playing(Playing { pattern: curve.clone(), offset: 0 })))
    };
    let level = || Node::new(Voicing::Program(toys::program(&[], &["level"])));
    let one = Edit::Value("a".into(), "level".into(), Some(1.0));
    for (path, given) in [("a/level", vec![]), ("a/gain", vec![one.clone()]), ("master", vec![one])] {
        let edits = [vec![node("a", level())], given, vec![drive(path)]].concat();
        let sound = rendered(&patch(&edits), 96_000, 128);
        let scale = if path == "master" { 1.0 } else { 0.05 };
        // From 8 down to 0, as the square of the way that is left.
        for (at, expected) in [(24_000, 4.5), (48_000, 2.0), (72_000, 0.5)] {
            let expected = (scale * expected as f32).min(1.0);
            assert!((sound[at] - expected).abs() < 0.01, "{path} at {at}: {} is not {expected}", sound[at]);
        }
        assert_eq!(rendered(&patch(&edits), 96_000, 333), sound);
    }
}
