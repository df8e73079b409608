//! What plays while it changes: every change has its frame, and off-line the same frames give the same samples.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_diag::Source;
use krach_engine::DeviceRequest;
use krach_pattern::{Manner, Pattern, Shape, Time, notation};
use krach_session::{
    At, Driver, Edit, Fade, HandClock, Mixdown, Modulation, News, Node, OffenceKind, Patch, Playing, Route,
    Sending, Session, Voicing,
};
use krach_store::{Cache, SoundFile, WavSamples};
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::time::Duration;

const RATE: u32 = 48_000;

fn session() -> Session {
    Session::new(Cache::new(32))
}

fn node(controls: &[&str]) -> Node {
    Node { gain: 1.0, ..Node::new(Voicing::Program(toys::program(&[], controls))) }
}

fn pattern(text: &str) -> Pattern {
    let (pattern, reports) = notation::krach(&Source::new("", text), &Manner::default());
    assert!(reports.is_empty(), "{text}");
    pattern
}

fn playing(path: &str, pattern: Pattern) -> Edit {
    Edit::Drive(path.into(), Some(Driver::Playing(Playing { pattern, offset: 0 })))
}

fn play(path: &str, text: &str) -> Edit {
    playing(path, pattern(text))
}

fn edit(session: &Session, edits: Vec<Edit>) {
    session.edit(|_| Ok(edits)).unwrap();
}

fn declare(session: &Session, name: &str, node: Node) {
    session.edit(|patch| Ok(patch.declaring(&name.into(), node).0)).unwrap();
}

/// A quiet master without a limiter: the samples are sums of controls.
fn quiet() -> Vec<Edit> {
    vec![Edit::Master(0.05), Edit::Limiter(false)]
}

/// Plays on until the whole was heard; the samples are those of a replay of the same steps, in blocks of any size.
fn holds_off_line(session: &Session, heard: &[f32]) {
    for block in [64, 1000] {
        let how = Mixdown { frames: heard.len(), sample_rate: RATE, block };
        let again = session.replay(&session.steps(), how, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut pairs = heard.iter().zip(&again[0]).enumerate();
        let differs = pairs.find(|(_, (live, off_line))| live.to_bits() != off_line.to_bits());
        assert_eq!(differs, None, "the first frame that differs, live and off-line, in blocks of {block}");
    }
    assert!(heard.iter().any(|&sample| sample > 0.01), "something is heard");
}

fn run(clock: &mut HandClock, frames: usize, heard: &mut Vec<f32>) {
    let [left, right] = clock.run(frames);
    assert_eq!(left, right);
    heard.extend(left);
}

#[test]
fn what_changes_while_it_plays_is_the_same_off_line() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "lead", node(&["freq", "gate", "cutoff"]));
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    let mut heard = Vec::new();
    run(&mut clock, 5_000, &mut heard);
    let swung = pattern("[x x]*4").swing(Time::new(2, 3).unwrap(), 8).unwrap();
    let over = pattern("C4 D4 E4 F4").over(Time::whole(3)).unwrap();
    let chord = Node { count: 8, ..node(&["freq", "gate"]) };
    let effect = Node { gain: 1.0, ..toys::effect() };
    let ramp = |to, bars| Driver::Fade(Fade { to, bars });
    let wave = |shape| Driver::Modulation(Modulation { shape, lo: 0.0, hi: 3.0, bars: Time::HALF });
    let drive = |path: &str, driver| Edit::Drive(path.into(), Some(driver));
    let route = Route { source: "lead".into(), target: "verb".into(), port: None };
    let sent = |level| Edit::Route(route.clone(), Some(Sending { level, pre: false }));
    let steps: Vec<Vec<Edit>> = vec![
        vec![playing("lead", swung)],
        vec![Edit::Meter(Time::whole(3)), Edit::Tempo(173.3)],
        vec![drive("lead/cutoff", wave(Shape::Sine))],
        vec![Edit::Node("pad".into(), Some(chord.into())), play("pad", "[C4 E4 G4 B4 D5 F5 A5 C6] . G4")],
        vec![Edit::Node("verb".into(), Some(effect.into())), sent(0.5)],
        vec![drive("tempo", ramp(240.0, Time::ONE)), drive("lead/gain", ramp(0.2, Time::whole(2)))],
        vec![playing("lead", over), Edit::Meter(Time::new(7, 2).unwrap())],
        vec![drive("pad/gain", wave(Shape::Square)), drive("pad/pan", ramp(0.0, Time::ONE))],
        vec![Edit::Muted("lead".into(), true), Edit::Solo(vec!["pad".into()])],
        vec![Edit::Muted("lead".into(), false), Edit::Solo(vec![]), Edit::Meter(Time::whole(5))],
        vec![drive("lead/verb_send", wave(Shape::Ramp)), play("lead/cutoff", "1 5 [3 2]")],
        vec![drive("master", ramp(0.03, Time::HALF)), Edit::Gain("lead".into(), 0.7)],
        vec![Edit::Drive("lead".into(), None)],
        vec![play("tempo", "180 90"), play("lead", "x*16")],
        vec![Edit::Drive("tempo".into(), None), Edit::Tempo(300.0), Edit::Meter(Time::whole(4))],
    ];
    for (at, step) in steps.into_iter().enumerate() {
        edit(&session, step);
        run(&mut clock, 7_001 + 1_013 * at, &mut heard);
    }
    assert_eq!(session.stats().unwrap().stage.late, 0, "nothing came late");
    holds_off_line(&session, &heard);
}

#[test]
fn a_scene_recalled_in_mid_bar_is_a_difference_and_the_same_off_line() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "a", node(&["freq", "gate"]));
    edit(&session, vec![play("a", "C4 . E4 G4")]);
    session.scenes(|scenes, patch| scenes.save("verse", patch));
    let mut clock = session.play_by_hand(RATE, 64).unwrap();
    let mut heard = Vec::new();
    run(&mut clock, 30_000, &mut heard);
    declare(&session, "b", node(&["gate"]));
    edit(&session, vec![play("b", "x*8"), play("a", "C5*3")]);
    run(&mut clock, 100_000, &mut heard);
    let back = session.scenes(|scenes, patch| scenes.recalling("verse", patch)).unwrap();
    edit(&session, back);
    run(&mut clock, 100_000, &mut heard);
    assert!(session.undo().unwrap());
    run(&mut clock, 50_000, &mut heard);
    holds_off_line(&session, &heard);
}

#[test]
fn the_first_pattern_is_bar_one_and_a_new_one_waits_for_the_bar() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "a", node(&["gate"]));
    declare(&session, "b", node(&["level"]));
    let mut clock = session.play_by_hand(RATE, 100).unwrap();
    clock.run(10_000);
    edit(&session, vec![play("a", "x . . .")]);
    // One block may have begun; the next frame after it is bar 1.
    let begun = 10_000 + 101;
    let [heard, _] = clock.run(50_000);
    let rises = |heard: &[f32], from: usize| -> Vec<usize> {
        (1..heard.len()).filter(|&at| heard[at] > heard[at - 1] + 0.01).map(|at| at + from).collect()
    };
    assert_eq!(rises(&heard, 10_000), [begun]);
    assert_eq!(session.now().unwrap().bar, 1);
    edit(&session, vec![play("b/level", "3")]);
    let [heard, _] = clock.run(60_000);
    assert_eq!(rises(&heard, 60_000), [begun + 96_000], "both begin with the second bar");
}

#[test]
fn a_value_is_read_as_it_sounds() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "a", node(&["level", "gate"]));
    let mut clock = session.play_by_hand(RATE, 100).unwrap();
    clock.run(1_000);
    let way = Driver::Fade(Fade { to: 8.0, bars: Time::ONE });
    edit(&session, vec![Edit::Drive("a/level".into(), Some(way))]);
    clock.run(101 + 48_000);
    assert!((session.value("a/level").unwrap() - 4.0).abs() < 1e-9);
    edit(&session, vec![Edit::Drive("a/level".into(), None)]);
    clock.run(10_000);
    let stays = session.value("a/level").unwrap();
    assert!(
        (stays - 4.0).abs() < 0.1
            && clock.run(5_000)[0].iter().all(|sample| (sample / 0.05 - stays as f32).abs() < 1e-3)
    );
    let wave = Modulation { shape: Shape::Triangle, lo: 0.0, hi: 2.0, bars: Time::ONE };
    edit(&session, vec![Edit::Drive("a/gain".into(), Some(Driver::Modulation(wave)))]);
    clock.run(96_000);
    let (gain, cycle) = (session.value("a").unwrap(), session.now().unwrap().cycle.approximately());
    let height = 1.0 - (2.0 * (cycle - cycle.floor()) - 1.0).abs();
    assert!((gain - 2.0 * height).abs() < 0.01, "{gain} {height}");
    assert_eq!(session.value("nothing").unwrap_err().code.id(), "KR0901");
}

#[test]
fn an_edit_that_cannot_be_heard_changes_nothing() {
    let session = session();
    declare(&session, "a", node(&["gate"]));
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    edit(&session, vec![play("a", "x x")]);
    clock.run(1_000);
    let before = (session.patch(), session.steps().len());
    let huge = pattern("x").fast(Time::whole(1 << 40)).unwrap();
    let refused = session.edit(|_| Ok(vec![playing("a", huge)])).unwrap_err();
    assert!(["KR0803", "KR0804"].contains(&refused.code.id()), "{refused:?}");
    assert!(refused.message.contains("`a`"), "{}", refused.message);
    assert_eq!((session.patch(), session.steps().len()), before);
    assert!(clock.run(60_000)[0].iter().any(|&sample| sample > 0.1), "its predecessor plays on");
}

#[test]
fn an_edit_for_a_moment_to_come_falls_on_its_frame() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "a", node(&["gate", "level"]));
    edit(&session, vec![play("a", "x . . .")]);
    let mut clock = session.play_by_hand(RATE, 100).unwrap();
    let mut heard = Vec::new();
    run(&mut clock, 30_000, &mut heard);
    session.edit_at(At::Bar, |_| Ok(vec![play("a", ". x . .")])).unwrap();
    session.edit_at(At::Beat, |_| Ok(vec![Edit::Value("a".into(), "level".into(), Some(1.0))])).unwrap();
    session
        .edit_at(At::Cycle(Time::whole(2)), |_| Ok(vec![Edit::Value("a".into(), "level".into(), Some(4.0))]))
        .unwrap();
    // A node for later, and an edit that needs it: both wait.
    session
        .edit_at(At::Cycle(Time::whole(2)), |patch| Ok(patch.declaring(&"b".into(), node(&["level"])).0))
        .unwrap();
    session.edit(|patch| patch.setting("b/level", 2.0)).unwrap();
    session.edit_at(At::Bar, |_| Ok(vec![Edit::Master(0.0)])).unwrap();
    assert_eq!((session.pending().len(), session.patch().settings().master), (6, 0.0));
    assert!(session.undo().unwrap(), "the last one is given up unheard");
    assert_eq!((session.pending().len(), session.patch().settings().master), (5, 0.05));
    run(&mut clock, 200_000, &mut heard);
    let rises: Vec<usize> = (1..heard.len()).filter(|&at| heard[at] > heard[at - 1] + 0.01).collect();
    // The first onset is on frame 0; the beat after frame 30,000, beat 2 of bar 2, bar 3.
    assert_eq!(rises, [48_000, 120_000, 192_000, 216_000]);
    assert!(
        session.pending().is_empty() && session.news().iter().all(|news| !matches!(news, News::Fault(_)))
    );
    holds_off_line(&session, &heard);
}

#[test]
fn panic_is_silence_within_ten_milliseconds_and_the_patch_stays() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "a", node(&["gate"]));
    let effect = Node { gain: 1.0, ..toys::effect() };
    declare(&session, "fx", effect);
    let route = Route { source: "a".into(), target: "fx".into(), port: None };
    edit(&session, vec![Edit::Route(route, Some(Sending::default())), play("a", "x _ _ _")]);
    let mut clock = session.play_by_hand(RATE, 64).unwrap();
    let mut heard = Vec::new();
    run(&mut clock, 10_000, &mut heard);
    session.panic().unwrap();
    run(&mut clock, 10_000, &mut heard);
    assert!(heard[9_999] > 0.04 && heard[10_480..].iter().all(|&sample| sample == 0.0));
    assert_eq!((session.patch().nodes().len(), session.patch().drivers().len()), (2, 0));
    let note = session.press("a", 69.0, 1.0).unwrap().unwrap();
    run(&mut clock, 1_000, &mut heard);
    assert!(heard[20_999] > 0.04, "what is pressed afterwards sounds");
    session.release("a", note).unwrap();
    run(&mut clock, 1_000, &mut heard);
    assert_eq!(heard[21_999], 0.0);
    assert_eq!(session.press("b", 69.0, 1.0).unwrap_err().code.id(), "KR0901");
    holds_off_line(&session, &heard);
}

#[test]
fn stems_add_up_to_the_master() {
    let session = session();
    edit(&session, vec![Edit::Master(1.0), Edit::Limiter(false)]);
    for (name, gain) in [("a", 0.01), ("b", 0.02)] {
        declare(&session, name, Node { gain, pan: -0.5, ..node(&["gate"]) });
        edit(&session, vec![play(name, "x x [x x] x")]);
    }
    let how = Mixdown { frames: 100_000, sample_rate: RATE, block: 333 };
    let stems = session.stems(&session.patch(), how, &mut |_| ControlFlow::Continue(())).unwrap();
    let master = session.mixdown(&session.patch(), how, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(stems.master, master);
    assert_eq!(stems.nodes.len(), 2);
    for channel in 0..2 {
        for at in 0..how.frames {
            let sum: f32 = stems.nodes.values().map(|node| node[channel][at]).sum();
            assert!((sum - master[channel][at]).abs() < 1e-6, "channel {channel}, frame {at}");
        }
    }
}

#[test]
fn the_null_device_plays_on_by_itself_and_moves() {
    let session = session();
    declare(&session, "a", node(&["gate"]));
    edit(&session, vec![play("a", "x*4")]);
    let request =
        |block| DeviceRequest { device: Some("null".into()), block: Some(block), ..DeviceRequest::default() };
    assert_eq!(session.play(&request(256)).unwrap().device, "null");
    let wait = |cycle| assert!(session.wait(cycle, Duration::from_secs(30)), "the clock stands still");
    wait(Time::new(1, 4).unwrap());
    let cycle = session.now().unwrap().cycle;
    // The same rate: one clock goes on. Another rate: the position does.
    assert_eq!(session.play(&request(512)).unwrap().block, 512);
    assert!(session.now().unwrap().cycle >= cycle);
    let other = DeviceRequest { rate: Some(44_100), ..request(512) };
    assert_eq!(session.play(&other).unwrap().rate, 44_100);
    assert!(session.now().unwrap().cycle >= cycle);
    wait(cycle.plus(Time::new(1, 8).unwrap()).unwrap());
    assert!(!session.wait(Time::whole(1000), Duration::ZERO));
    assert!(!session.news().is_empty());
    assert!(session.stats().unwrap().device.frames > 0);
    assert!(session.stop_device() && session.now().is_none());
}

/// Turns the clock until `work` on another thread is done; what is heard is added.
fn run_while<T: Send>(clock: &mut HandClock, heard: &mut Vec<f32>, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let work = scope.spawn(work);
        while !work.is_finished() {
            run(clock, 128, heard);
        }
        work.join().unwrap()
    })
}

#[test]
fn a_preview_is_what_then_sounds() {
    let session = session();
    edit(&session, quiet());
    edit(&session, vec![Edit::Master(0.01)]);
    declare(&session, "a", Node { count: 4, ..node(&["gate", "cutoff"]) });
    let wave = Modulation { shape: Shape::Sine, lo: 0.0, hi: 3.0, bars: Time::ONE };
    edit(&session, vec![play("a", "[C4 E4] G4 . C5*3")]);
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    let mut heard = Vec::new();
    run(&mut clock, 20_000, &mut heard);
    edit(&session, vec![Edit::Drive("a/cutoff".into(), Some(Driver::Modulation(wave)))]);
    run(&mut clock, 20_000, &mut heard);
    let preview = run_while(&mut clock, &mut heard, || session.preview(Time::ONE)).unwrap();
    run(&mut clock, 100_000, &mut heard);
    let start = usize::try_from(preview.start.0).unwrap();
    assert!(start >= 40_000 && preview.sound[0].len() == 96_000);
    assert!(preview.sound[0] == heard[start..start + 96_000], "the forecast is what sounds");
    assert!(preview.peak > 0.05, "{}", preview.peak);
    assert_eq!((preview.offence, preview.limited), (None, 0));
    // Of an open batch, nothing is heard until it ends.
    session.begin(None);
    edit(&session, vec![Edit::Master(40.0), Edit::Limiter(true)]);
    declare(&session, "b", node(&["level"]));
    let loud = run_while(&mut clock, &mut heard, || session.preview(Time::HALF)).unwrap();
    let offence = loud.offence.unwrap();
    assert_eq!((offence.kind, offence.node.as_deref()), (OffenceKind::TooLoud, Some("a")));
    assert!(loud.limited > 0 && loud.peaks.iter().any(|(name, _)| **name == *"b"));
    session.cancel();
    run(&mut clock, 1_000, &mut heard);
    assert!(heard.iter().all(|sample| sample.abs() < 1.0));
    holds_off_line(&session, &heard);
}

#[test]
fn a_preview_of_silence_needs_no_device() {
    let session = session();
    declare(&session, "a", node(&["gate"]));
    edit(&session, vec![play("a", "x x")]);
    let preview = session.preview(Time::HALF).unwrap();
    assert_eq!(preview.sound[0].len(), 48_000);
    assert!(preview.peak > 0.1 && preview.dc > 0.1, "a gate is a constant");
}

#[test]
fn a_take_holds_what_was_heard_and_its_stems() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    let path = folder.path().join("take.wav");
    let none = session.record(&path, WavSamples::Float, true).unwrap_err();
    assert_eq!(none.code.id(), "KR0502");
    edit(&session, quiet());
    for name in ["a", "drums/kick"] {
        declare(&session, name, node(&["gate"]));
        edit(&session, vec![play(name, "x [x x] x .")]);
    }
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    let mut heard = Vec::new();
    run(&mut clock, 10_000, &mut heard);
    let take = session.record(&path, WavSamples::Float, true).unwrap();
    run(&mut clock, 50_000, &mut heard);
    let files = take.stop().unwrap();
    run(&mut clock, 1_000, &mut heard);
    let names = ["take.wav", "take-stems/a.wav", "take-stems/drums-kick.wav"];
    assert_eq!(files, names.map(|name| folder.path().join(name)));
    let read = |at: usize| SoundFile::read(&files[at]).unwrap().channels;
    let master: Vec<f32> = read(0)[0].iter().map(|&sample| sample as f32).collect();
    assert!(master == heard[10_000..60_000], "the master of the take is what was heard");
    let [a, kick] = [read(1), read(2)];
    for (at, &sample) in master.iter().enumerate() {
        assert!((0.05 * (a[0][at] + kick[0][at]) - f64::from(sample)).abs() < 1e-6, "frame {at}");
    }
    holds_off_line(&session, &heard);
}

#[test]
fn a_pan_that_moves_while_a_node_gets_other_code_is_the_same_off_line() {
    let session = session();
    edit(&session, quiet());
    declare(&session, "a", Node { gain: 1.0, ..node(&["level"]) });
    edit(&session, vec![Edit::Value("a".into(), "level".into(), Some(3.0))]);
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    let mut heard = Vec::new();
    let mut run = |frames: usize| heard.extend_from_slice(&clock.run(frames)[0]);
    run(1_001);
    let drive = |to, bars| Edit::Drive("a/pan".into(), Some(Driver::Fade(Fade { to, bars })));
    edit(&session, vec![drive(1.0, Time::HALF)]);
    run(10_003);
    declare(&session, "a", Node { gain: 1.0, ..node(&["level", "more"]) });
    run(20_000);
    edit(&session, vec![drive(-1.0, Time::HALF)]);
    declare(&session, "a", Node { gain: 1.0, ..node(&["more", "level"]) });
    run(20_000);
    holds_off_line(&session, &heard);
}

#[test]
fn a_control_and_the_master_that_move_on_one_frame_are_the_same_off_line() {
    let session = session();
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    let mut heard = Vec::new();
    let wave = |lo| Modulation { shape: Shape::Sine, lo, hi: lo + 1.0, bars: Time::HALF };
    let drive = |path: &str, driver| Edit::Drive(path.into(), Some(driver));
    let route = Route { source: "drums/snare".into(), target: "pad".into(), port: None };
    let steps: Vec<(Edit, usize)> = vec![
        (Edit::Node("drums/snare".into(), Some(Node { muted: true, ..toys::source() }.into())), 968),
        (Edit::Node("pad".into(), Some(toys::effect().into())), 2_000),
        (drive("drums/snare/cutoff", Driver::Modulation(wave(1.25))), 3_000),
        (Edit::Tempo(6.33), 1_500),
        (drive("pad/pan", Driver::Fade(Fade { to: 9.05, bars: Time::ONE })), 207),
        (Edit::Solo(vec!["pad".into(), "pad".into()]), 292),
        (drive("master", Driver::Modulation(wave(0.39))), 1_130),
        (Edit::Node("drums/snare".into(), Some(Node { gain: 1.59, ..toys::source() }.into())), 1_268),
        (Edit::Route(route, Some(Sending { level: 0.278, pre: true })), 1_357),
    ];
    for (step, frames) in steps {
        edit(&session, vec![step]);
        heard.extend_from_slice(&clock.run(frames)[0]);
    }
    holds_off_line(&session, &heard);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: toys::cases(24), ..ProptestConfig::default() })]

    /// The sound follows any edit that a patch accepts, and every step back; `KRACH_FULL` also compares it off-line.
    #[test]
    fn any_edits_are_followed_and_undone_while_they_sound(
        all in prop::collection::vec((toys::edits(), 1_usize..1_500), 1..80),
    ) {
        let session = session();
        let mut clock = session.play_by_hand(RATE, 128).unwrap();
        let mut heard = Vec::new();
        let mut model = Patch::default();
        for (edit, frames) in all {
            let accepted = model.apply(&edit);
            let followed = session.edit(|_| Ok(vec![edit.clone()]));
            prop_assert_eq!(accepted.is_ok(), followed.is_ok(), "{:?}: {:?}", edit, followed);
            heard.extend_from_slice(&clock.run(frames)[0]);
        }
        prop_assert_eq!(session.sounding(), model);
        while session.undo().unwrap() {
            heard.extend_from_slice(&clock.run(64)[0]);
        }
        let faults = session.news().into_iter().filter(|news| matches!(news, News::Fault(_)));
        prop_assert_eq!(faults.count(), 0);
        prop_assert_eq!(session.sounding(), Patch::default());
        if std::env::var_os("KRACH_FULL").is_none() {
            return Ok(());
        }
        let how = Mixdown { frames: heard.len(), sample_rate: RATE, block: 333 };
        let again = session.replay(&session.steps(), how, &mut |_| ControlFlow::Continue(())).unwrap();
        let differs = heard.iter().zip(&again[0]).position(|(live, off_line)| live.to_bits() != off_line.to_bits());
        prop_assert_eq!(differs, None);
    }
}
