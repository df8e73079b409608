//! Events that wait, and notes at the edges of blocks and edits: none is lost, none hangs.

mod toys;

use krach_abi::Frame;
use krach_engine::{NodeId, NodeSpec, NoteId, Processor, RouteSpec, Stage, When};
use toys::{FREQ, GATE, SIZES, Toy, ToyFactory, listen, settings};

fn stage_with(voices: usize) -> (Stage, Processor, NodeId) {
    let (mut stage, processor) = Stage::new(settings());
    let spec = NodeSpec::new(ToyFactory::new(Toy::Cosine).instrument(voices));
    let node = stage.edit(None, |edit| edit.add(spec)).expect("room").0;
    stage.set(node, FREQ as u16, 0.0, When::NOW).expect("a control");
    (stage, processor, node)
}

/// Slow enough to be a level.
const KEY: f64 = 0.0;

fn level(value: f64) -> NodeSpec {
    NodeSpec::new(ToyFactory::new(Toy::Level).starting(value).sound())
}

#[test]
fn an_event_for_a_node_whose_edit_waits_is_not_lost() {
    for sizes in SIZES {
        let (mut stage, mut processor) = Stage::new(settings());
        let heavy = || ToyFactory::heavy(Toy::Level, 200_000).starting(0.0).sound();
        let first = stage.edit(None, |edit| edit.add(NodeSpec::new(heavy()))).expect("room").0;
        stage.edit(Some(Frame(10)), |edit| edit.replace(first, heavy(), 0.01)).expect("room");
        // This waits until the program has been replaced.
        let (second, route) = stage
            .edit(Some(Frame(20)), |edit| {
                edit.replace(first, heavy(), 0.01)?;
                let second = edit.add(level(0.5))?;
                let through = ToyFactory::new(Toy::Through { inputs: 1, outputs: 1 }).sound();
                let effect = edit.add(NodeSpec::new(through))?;
                Ok((second, edit.route(second, effect, RouteSpec::default())?))
            })
            .expect("room")
            .0;
        stage.set(second, 0, 0.25, When { frame: Frame(30), group: 1 }).expect("room");
        stage.set(second, 0, 0.125, When { frame: Frame(40), group: 2 }).expect("room");
        stage.set(second, 0, 0.75, When { frame: Frame(50), group: 3 }).expect("room");
        stage.level(route, 3.0, 0.0, When::at(Frame(60))).expect("room");
        listen(&mut processor, 100, sizes);
        stage.revoke(3, Frame(0)).expect("room");
        let [left, _] = listen(&mut processor, 4_000, sizes);
        let begins = left.iter().position(|&sample| sample != 0.0).expect("it sounds");
        assert!(left[begins + 1..].iter().all(|&sample| sample == 0.125 * 4.0), "{sizes:?}");
        assert_eq!((stage.stats().late, stage.stats().lost), (3, 0));
    }
}

#[test]
fn a_level_of_a_route_that_was_taken_away_stays_away() {
    let (mut stage, mut processor) = Stage::new(settings());
    let add = |stage: &mut Stage| {
        let through = ToyFactory::new(Toy::Through { inputs: 1, outputs: 1 }).sound();
        let out = krach_engine::Out::Nowhere;
        stage.edit(None, |edit| {
            let (source, sink) =
                (edit.add(NodeSpec { out, ..level(0.5) })?, edit.add(NodeSpec::new(through))?);
            Ok((source, sink, edit.route(source, sink, RouteSpec::default())?))
        })
    };
    let (source, sink, route) = add(&mut stage).expect("room").0;
    stage.level(route, 0.7, 0.0, When::at(Frame(2_000))).expect("room");
    stage.level(route, 0.9, 0.0, When::at(Frame(6_000))).expect("room");
    listen(&mut processor, 1_000, &[64]);
    stage.edit(None, |edit| edit.unroute(route)).expect("it is there");
    assert_eq!(listen(&mut processor, 3_000, &[64])[0][2_999], 0.0);
    // The next route has its number.
    stage.edit(None, |edit| edit.route(source, sink, RouteSpec::default())).expect("room");
    assert_eq!(listen(&mut processor, 4_000, &[64])[0][3_999], 0.5);
}

#[test]
fn a_held_note_goes_on_if_the_next_one_is_revoked_after_its_low_frame() {
    let (mut stage, mut processor, node) = stage_with(1);
    stage.press(node, NoteId(1), [KEY, 0.5], false, When::NOW).expect("room");
    stage.press(node, NoteId(2), [KEY, 0.5], false, When { frame: Frame(100), group: 1 }).expect("room");
    let [left, _] = listen(&mut processor, 100, &[100]);
    assert_eq!((left[98] > 0.1, left[99]), (true, 0.0), "the frame before the onset is low");
    stage.revoke(1, Frame(100)).expect("room");
    let [left, _] = listen(&mut processor, 50, &[50]);
    assert!(left.iter().all(|&sample| sample > 0.1), "the note that is held sounds");
    stage.release(node, NoteId(1), When::NOW).expect("room");
    assert_eq!(listen(&mut processor, 10, &[10])[0], [0.0; 10]);
    // A note that was let go in the low frame stays silent.
    stage.press(node, NoteId(3), [KEY, 0.5], false, When::NOW).expect("room");
    stage.press(node, NoteId(4), [KEY, 0.5], false, When { frame: Frame(200), group: 1 }).expect("room");
    listen(&mut processor, 40, &[40]);
    stage.revoke(1, Frame(0)).expect("room");
    stage.release(node, NoteId(3), When::NOW).expect("room");
    assert_eq!(listen(&mut processor, 10, &[10])[0], [0.0; 10]);
}

#[test]
fn a_note_that_is_pressed_and_let_go_at_once_sounds_for_one_frame_and_does_not_hang() {
    for voices in [1, 4] {
        for held in [false, true] {
            let (mut stage, mut processor, node) = stage_with(voices);
            if held {
                stage.press(node, NoteId(1), [KEY, 0.5], false, When::NOW).expect("room");
                listen(&mut processor, 10, &[10]);
            }
            stage.press(node, NoteId(2), [KEY, 0.5], false, When::NOW).expect("room");
            stage.release(node, NoteId(2), When::NOW).expect("room");
            stage.release(node, NoteId(1), When::NOW).expect("room");
            let [left, _] = listen(&mut processor, 10, &[10]);
            let sounds: Vec<usize> = (0..10).filter(|&at| left[at] != 0.0).collect();
            // On a node for one note, a note that is held gives the next one a low frame.
            let onset = if held && voices == 1 { 1 } else { 0 };
            assert_eq!(sounds, [onset], "{voices} {held}");
        }
    }
}

#[test]
fn a_gate_that_is_set_by_hand_is_left_alone() {
    let (mut stage, mut processor, node) = stage_with(1);
    stage.press(node, NoteId(1), [KEY, 0.5], false, When::NOW).expect("room");
    stage.set(node, GATE as u16, 0.0, When::at(Frame(20))).expect("room");
    let [left, _] = listen(&mut processor, 40, &[7]);
    assert!(left[..20].iter().all(|&sample| sample > 0.1) && left[20..].iter().all(|&sample| sample == 0.0));
}
