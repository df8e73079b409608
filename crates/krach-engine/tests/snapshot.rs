//! A snapshot goes on as the stage does: the same bits, at any size of blocks.

mod counting;
mod toys;

use counting::counted;
use krach_abi::{Buffer, Frame};
use krach_engine::{
    Automation, NodeId, NodeSource, NodeSpec, NoteId, Processor, Receipt, RouteSpec, Settings, Shape,
    Snapshot, Sound, Stage, StageError, When,
};
use toys::{AMP, FREQ, SIZES, Toy, ToyFactory, device, listen, settings};

/// Mono, poly, effects, an input of the device, and one that fails.
fn nodes(stage: &mut Stage) -> [NodeId; 6] {
    let cosine = |voices, weight| NodeSpec::new(ToyFactory::heavy(Toy::Cosine, weight).instrument(voices));
    let through = |inputs, outputs| NodeSpec::new(ToyFactory::new(Toy::Through { inputs, outputs }).sound());
    let input = NodeSource::Input { first: 1, channels: 1 };
    let fails = ToyFactory::new(Toy::Fails { after: 700 }).starting(0.01).sound();
    stage
        .edit(None, |edit| {
            let [mono, poly] = [edit.add(cosine(1, 100_000))?, edit.add(cosine(3, 70_000))?];
            let effect = edit.add(through(2, 2))?;
            let spec = NodeSpec { source: input, ..through(1, 1) };
            let all = [mono, poly, effect, edit.add(through(1, 4))?, edit.add(spec)?];
            let send = RouteSpec { level: 0.4, ..RouteSpec::default() };
            edit.route(mono, effect, send)?;
            edit.route(poly, effect, RouteSpec { pre: true, port: Some(1), ..send })?;
            edit.route(effect, all[3], send)?;
            edit.out(all[3], device(&[1, 2]))?;
            Ok([all[0], all[1], all[2], all[3], all[4], edit.add(NodeSpec::new(fails))?])
        })
        .expect("there is room")
        .0
}

/// Much that is under way on any frame: notes, fades, shapes, ramps, and events that wait.
fn begin(stage: &mut Stage) -> Result<[NodeId; 6], StageError> {
    let nodes = nodes(stage);
    let [mono, poly, effect, ..] = nodes;
    for at in 0..150_u64 {
        let (node, note) = if at % 3 == 0 { (mono, NoteId(1_000 + at)) } else { (poly, NoteId(at)) };
        let when = When { frame: Frame(40 + at * 97), group: (at % 5) as u32 };
        stage.press(node, note, [50.0 + (at % 40) as f64 / 2.0, 0.1], at % 5 == 0, when)?;
        stage.set_note(node, note, AMP as u16, 0.3, When::at(when.frame.after(11)))?;
        stage.release(node, note, When::at(when.frame.after(30 + at as usize * 5)))?;
    }
    let shape =
        Automation { shape: Shape::Sine, lo: 0.2, hi: 1.0, origin: Frame(5), period: 321.5, repeats: true };
    let once = Automation { shape: Shape::Exponential, period: 9_000.0, repeats: false, ..shape };
    stage.edit(Some(Frame(60)), |edit| {
        edit.automate(effect, 0, Some(shape), 0.05)?;
        edit.automate(poly, FREQ as u16, Some(Automation { lo: 300.0, hi: 900.0, ..once }), 0.1)
    })?;
    stage.fade(mono, AMP as u16, 0.4, 0.2, When::at(Frame(500)))?;
    stage.gain(poly, 0.3, 0.3, When::at(Frame(200)))?;
    stage.pan(mono, -0.7, 0.3, When::at(Frame(333)))?;
    stage.master(0.5, 0.3, When::at(Frame(444)))?;
    stage.mute(nodes[3], true, 0.3, When::at(Frame(3_000)))?;
    stage.edit(Some(Frame(900)), |edit| {
        let heavy = ToyFactory::heavy(Toy::Cosine, 90_000).instrument(3);
        edit.replace(poly, heavy, 0.01)
    })?;
    stage.revoke(3, Frame(9_000))?;
    Ok(nodes)
}

fn only(stage: &mut Stage) -> Snapshot {
    let mut all = stage.snapshots();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

const END: usize = 16_000;

/// What is heard after a snapshot that is asked for on a frame: of the stage, and of the snapshot in other blocks.
fn halves(asked: usize, sizes: &[usize], other: &[usize]) -> (Frame, [[Vec<f32>; 2]; 2]) {
    let (mut stage, mut processor) = Stage::new(settings());
    begin(&mut stage).expect("it fits");
    listen(&mut processor, asked, sizes);
    stage.snapshot().expect("there is room");
    let live = listen(&mut processor, END - asked, sizes);
    let mut copy = only(&mut stage);
    let at = copy.stage.now();
    let copied = listen(&mut copy.processor, END - at.since(Frame(0)), other);
    let live = live.map(|side| side[at.since(Frame(asked as u64))..].to_vec());
    (at, [live, copied])
}

#[test]
fn a_snapshot_goes_on_bit_for_bit() {
    for (sizes, other) in SIZES.iter().zip(SIZES.iter().rev()) {
        for asked in [1, 950, 5_001] {
            let (_, [live, copied]) = halves(asked, sizes, other);
            assert!(live[0].iter().any(|&sample| sample != 0.0) && live[0] != live[1]);
            let differs = |side: usize| live[side].iter().zip(&copied[side]).position(|(a, b)| a != b);
            assert_eq!([differs(0), differs(1)], [None; 2], "{sizes:?} {other:?} {asked}");
        }
    }
}

#[test]
fn the_frame_of_a_snapshot_does_not_depend_on_the_size_of_blocks() {
    let frames = SIZES.iter().map(|sizes| halves(1_000, sizes, &[64]).0);
    let frames: Vec<Frame> = frames.collect();
    assert!(frames.iter().all(|frame| *frame == frames[0] && frame.0 >= 1_000), "{frames:?}");
}

#[test]
fn events_after_the_request_are_those_of_the_stage_alone() {
    let (mut stage, mut processor) = Stage::new(settings());
    let level = NodeSpec::new(ToyFactory::heavy(Toy::Level, 200_000).sound());
    let node = stage.edit(None, |edit| edit.add(level)).expect("room").0;
    stage.set(node, 0, 0.25, When::at(Frame(3_000))).expect("room");
    listen(&mut processor, 100, &[50]);
    stage.snapshot().expect("room");
    stage.set(node, 0, 0.5, When::at(Frame(4_000))).expect("room");
    // The state goes in slices, and the edit waits for them.
    stage.edit(None, |edit| edit.remove(node)).expect("it is there");
    listen(&mut processor, 2_000, &[50]);
    let mut copy = only(&mut stage);
    assert!((300..1_000).contains(&copy.stage.now().0), "{:?}", copy.stage.now());
    let start = copy.stage.now().since(Frame(0));
    let [left, _] = listen(&mut copy.processor, 5_000, &[64]);
    assert!(left[..3_000 - start].iter().all(|&sample| sample == 0.0));
    assert!(left[3_000 - start..].iter().all(|&sample| sample == 0.25));
    assert_eq!(stage.gain(node, 1.0, 0.0, When::NOW), Err(StageError::NoNode(node)));
    assert_eq!(copy.stage.gain(node, 1.0, 0.0, When::NOW), Ok(()));
}

/// Adds the same nodes and edits to a stage, and plays on.
fn go_on(stage: &mut Stage, processor: &mut Processor, node: NodeId, sizes: &[usize]) -> [Vec<f32>; 2] {
    let start = stage.now();
    let sound = || -> Sound { ToyFactory::heavy(Toy::Cosine, 90_000).instrument(3) };
    let (added, number) = stage
        .edit(Some(start.after(50)), |edit| {
            edit.replace(node, sound(), 0.02)?;
            edit.add(NodeSpec::new(sound()))
        })
        .expect("it fits");
    for (at, node) in [(70, node), (90, added)] {
        stage.press(node, NoteId(7), [66.0, 0.1], false, When::at(start.after(at))).expect("it fits");
    }
    stage.edit(Some(start.after(2_000)), |edit| edit.remove(node)).expect("it is there");
    let heard = listen(processor, 9_000, sizes);
    let numbers = stage.receipts().into_iter().filter_map(|receipt| match receipt {
        Receipt::Edited { number, .. } => Some(number),
        _ => None,
    });
    assert!(numbers.max() == Some(number + 1));
    assert_eq!(stage.stats().late, 0);
    heard
}

#[test]
fn a_snapshot_is_edited_as_the_stage_is() {
    let (mut stage, mut processor) = Stage::new(settings());
    let nodes = begin(&mut stage).expect("it fits");
    // One node goes while the copy is made.
    stage.edit(Some(Frame(1_900)), |edit| edit.remove(nodes[5])).expect("it is there");
    listen(&mut processor, 2_000, &[64]);
    stage.snapshot().expect("room");
    loop {
        listen(&mut processor, 1, &[1]);
        if let Some(mut copy) = stage.snapshots().pop() {
            // The stage is one frame on.
            listen(&mut copy.processor, 1, &[1]);
            let live = go_on(&mut stage, &mut processor, nodes[1], &[64]);
            assert!(go_on(&mut copy.stage, &mut copy.processor, nodes[1], &[333]) == live);
            assert!(live[0].iter().any(|&sample| sample.abs() > 0.01));
            return;
        }
        assert!(processor.now() < Frame(9_000), "the copy comes home");
    }
}

#[test]
fn a_thousand_nodes_are_copied_in_a_moment() {
    let (mut stage, mut processor) = Stage::new(Settings { block: 64, ..settings() });
    let spec = || NodeSpec { gain: 0.001, ..NodeSpec::new(ToyFactory::heavy(Toy::Level, 1_000).sound()) };
    stage
        .edit(None, |edit| (0..1_000).map(|_| edit.add(spec())).collect::<Result<Vec<_>, _>>())
        .expect("room");
    listen(&mut processor, 64, &[64]);
    stage.snapshot().expect("room");
    listen(&mut processor, 4_000, &[64]);
    assert!(only(&mut stage).stage.now() < Frame(4_000));
}

#[test]
fn a_snapshot_that_is_put_back_sounds_as_it_did_and_allocates_nothing() {
    let (mut stage, mut processor) = Stage::new(settings());
    let made = stage.edit(None, |edit| {
        let spec = |sound| NodeSpec { gain: 0.1, ..NodeSpec::new(sound) };
        let lead = edit.add(spec(ToyFactory::heavy(Toy::Cosine, 200_000).instrument(1)))?;
        let chord = edit.add(spec(ToyFactory::new(Toy::Cosine).instrument(8)))?;
        Ok([lead, chord])
    });
    let [lead, chord] = made.expect("there is room").0;
    stage.press(lead, NoteId(1), [50.0, 1.0], false, When::NOW).expect("room");
    stage.press(chord, NoteId(2), [60.0, 1.0], false, When::NOW).expect("room");
    stage.press(chord, NoteId(3), [64.0, 0.5], false, When::NOW).expect("room");
    listen(&mut processor, 3_000, &[64]);
    stage.snapshot().expect("there is room");
    let mut copy = loop {
        listen(&mut processor, 64, &[64]);
        if let Some(copy) = stage.snapshots().pop() {
            break copy;
        }
    };
    // It is put back twice, each time after everything was changed.
    let frames = 6_000;
    let rounds = [9, 10].map(|note| {
        stage.set(lead, FREQ as u16, 333.0, When::NOW).expect("room");
        stage.gain(lead, 0.3, 0.0, When::NOW).expect("room");
        stage.pan(chord, 0.5, 0.0, When::NOW).expect("room");
        stage.release(chord, NoteId(2), When::NOW).expect("room");
        stage.press(chord, NoteId(note), [72.0, 1.0], false, When::NOW).expect("room");
        let silent = NodeSpec { gain: 0.0, ..NodeSpec::new(ToyFactory::new(Toy::Cosine).instrument(1)) };
        let other = stage.edit(None, |edit| edit.add(silent)).expect("room").0;
        listen(&mut processor, 2_000, &[64]);
        stage.receipts();
        let number = stage.restore(&mut copy, None, 0.01).expect("there is room");
        let (input, mut output) = (Buffer::new(0, 64), Buffer::new(2, 64));
        let (mut heard, start) = ([const { Vec::<f32>::new() }; 2], stage.now());
        while heard[0].len() < frames {
            let block = || processor.process(input.head(64), output.head_mut(64));
            assert_eq!(counted(block).0, 0);
            heard.iter_mut().enumerate().for_each(|(side, heard)| heard.extend(output.channel(side)));
        }
        let receipts = stage.receipts();
        assert!(receipts.contains(&Receipt::Edited { number, at: start }), "{receipts:?}");
        let swapped =
            |id| receipts.iter().any(|it| matches!(it, Receipt::Swapped { node, .. } if *node == id));
        assert_eq!([lead, chord, other].map(swapped), [true, true, false]);
        heard
    });
    // As the copy goes on.
    let expected = listen(&mut copy.processor, frames, &[64]);
    let faded = 600;
    for heard in &rounds {
        for (heard, expected) in heard.iter().zip(&expected) {
            assert!(expected[faded..].iter().any(|sample| sample.abs() > 0.01));
            let differs = heard[faded..frames].iter().zip(&expected[faded..]).position(|(a, b)| a != b);
            assert_eq!(differs, None);
        }
    }
}
