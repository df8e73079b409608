//! The laws of the stage, on toys: frames are exact, edits touch one node, and nothing steps.

mod toys;

use krach_abi::{Buffer, Frame};
use krach_engine::{
    Automation, DeviceChannels, Limits, NodeId, NodeSource, NodeSpec, NoteId, Out, Reading, Receipt,
    RouteSpec, Settings, Shape, Stage, StageError, When,
};
use toys::{AMP, FREQ, GATE, SIZES, Toy, ToyFactory, device, largest_step, listen, settings};

fn level(value: f64) -> NodeSpec {
    NodeSpec::new(ToyFactory::new(Toy::Level).starting(value).sound())
}

fn cosine() -> NodeSpec {
    NodeSpec::new(ToyFactory::new(Toy::Cosine).instrument(1))
}

#[test]
fn one_node_is_heard_on_both_sides() {
    let (mut stage, mut processor) = Stage::new(settings());
    let (node, number) = stage.edit(None, |edit| edit.add(level(0.25))).unwrap();
    let heard = listen(&mut processor, 300, &[64]);
    assert!(heard.iter().all(|side| side.iter().all(|&sample| sample == 0.25)));
    assert_eq!(stage.receipts(), [Receipt::Edited { number, at: Frame(0) }]);
    let quarter = Reading { peak: 0.25, rms: 0.25 };
    assert_eq!((stage.meter(node), stage.master_meter()), (Ok(quarter), quarter));
    assert_eq!((stage.meter(node), stage.now()), (Ok(Reading::default()), Frame(300)));
}

#[test]
fn events_fall_on_their_frame_at_any_block_size() {
    for sizes in SIZES {
        let (mut stage, mut processor) = Stage::new(settings());
        let node = stage.edit(None, |edit| edit.add(level(0.0))).unwrap().0;
        for frame in [1, 2, 63, 64, 65, 500, 777] {
            stage.set(node, 0, frame as f64 / 1_000.0, When::at(Frame(frame))).unwrap();
        }
        let [left, _] = listen(&mut processor, 1_000, sizes);
        let wanted = |at: usize| {
            let last = [1, 2, 63, 64, 65, 500, 777].into_iter().filter(|&frame| frame <= at).max();
            last.unwrap_or(0) as f64 / 1_000.0
        };
        assert!((0..1_000).all(|at| left[at] == wanted(at) as f32), "{sizes:?}");
        assert_eq!(stage.stats().late, 0);
    }
}

#[test]
fn a_control_that_is_set_on_the_frame_of_the_master_is_not_lost() {
    for sizes in SIZES {
        let (mut stage, mut processor) = Stage::new(settings());
        let node = stage.edit(None, |edit| edit.add(level(0.0))).unwrap().0;
        for frame in [10, 100, 500] {
            let when = When::at(Frame(frame));
            stage.set(node, 0, frame as f64 / 1_000.0, when).unwrap();
            stage.master(0.5, 0.0, when).unwrap();
            stage.gain(node, 1.0, 0.0, when).unwrap();
        }
        let [left, _] = listen(&mut processor, 600, sizes);
        assert_eq!([9, 10, 99, 100, 500].map(|at| left[at]), [0.0, 0.005, 0.005, 0.05, 0.25], "{sizes:?}");
    }
}

#[test]
fn late_events_are_counted_and_happen_at_once() {
    let (mut stage, mut processor) = Stage::new(settings());
    let node = stage.edit(None, |edit| edit.add(level(0.0))).unwrap().0;
    listen(&mut processor, 100, &[64]);
    stage.set(node, 0, 0.5, When::at(Frame(50))).unwrap();
    stage.set(node, 0, 0.25, When::NOW).unwrap();
    stage.edit(Some(Frame(99)), |edit| edit.solo(&[])).unwrap();
    assert_eq!(listen(&mut processor, 1, &[1])[0], [0.5]);
    assert_eq!((stage.stats().late, stage.stats().lost), (2, 0));
}

#[test]
fn revoked_events_never_sound() {
    let (mut stage, mut processor) = Stage::new(settings());
    let node = stage.edit(None, |edit| edit.add(level(0.0))).unwrap().0;
    for (frame, group) in [(10, 1), (20, 1), (20, 2), (30, 1)] {
        stage.set(node, 0, f64::from(group) / 4.0, When { frame: Frame(frame), group }).unwrap();
    }
    listen(&mut processor, 15, &[15]);
    stage.revoke(1, Frame(15)).unwrap();
    stage.set(node, 0, 0.125, When { frame: Frame(40), group: 1 }).unwrap();
    let [left, _] = listen(&mut processor, 30, &[7]);
    assert_eq!(left[..5], [0.25; 5]);
    assert_eq!(left[5..25], [0.5; 20]);
    assert_eq!(left[25..], [0.125; 5]);
}

/// Everything at once, as a function of the block size alone.
fn busy(sizes: &[usize]) -> [Vec<f32>; 2] {
    let (mut stage, mut processor) = Stage::new(settings());
    let poly = |voices| NodeSpec::new(ToyFactory::new(Toy::Cosine).instrument(voices));
    let through = || NodeSpec::new(ToyFactory::new(Toy::Through { inputs: 2, outputs: 2 }).sound());
    let (nodes, _) = stage
        .edit(Some(Frame(3)), |edit| {
            let [a, b, c] = [edit.add(poly(3))?, edit.add(poly(1))?, edit.add(through())?];
            let send = edit.route(a, c, RouteSpec { level: 0.5, ..RouteSpec::default() })?;
            edit.route(b, c, RouteSpec { pre: true, port: Some(1), ..RouteSpec::default() })?;
            edit.route(a, c, RouteSpec { pre: true, ..RouteSpec::default() })?;
            Ok((a, b, c, send))
        })
        .expect("it fits");
    let (a, b, c, send) = nodes;
    for at in 0..60_u64 {
        let (node, note) = if at % 3 == 0 { (b, NoteId(1_000 + at)) } else { (a, NoteId(at)) };
        let frame = 40 + at * 97;
        stage
            .press(node, note, [50.0 + at as f64 / 2.0, 0.1], at % 5 == 0, When::at(Frame(frame)))
            .expect("it fits");
        stage.release(node, note, When::at(Frame(frame + 30 + at * 5))).expect("it fits");
        stage.fade(node, AMP as u16, 0.3, 0.01, When::at(Frame(frame + 20))).expect("it fits");
    }
    stage.gain(a, 0.7, 0.01, When::at(Frame(333))).expect("it fits");
    stage.pan(b, -0.5, 0.01, When::at(Frame(400))).expect("it fits");
    stage.level(send, 0.9, 0.01, When::at(Frame(451))).expect("it fits");
    stage.master(0.8, 0.01, When::at(Frame(555))).expect("it fits");
    stage.mute(a, true, 0.01, When::at(Frame(1_000))).expect("it fits");
    stage.mute(a, false, 0.01, When::at(Frame(1_800))).expect("it fits");
    let sine =
        Automation { shape: Shape::Sine, lo: 0.2, hi: 1.0, origin: Frame(5), period: 321.5, repeats: true };
    stage.edit(Some(Frame(600)), |edit| edit.automate(c, 0, Some(sine), 0.005)).expect("it fits");
    let heavy = ToyFactory::heavy(Toy::Cosine, 200_000).instrument(5);
    stage.edit(Some(Frame(1_234)), |edit| edit.replace(a, heavy, 0.01)).expect("it fits");
    stage
        .edit(Some(Frame(1_300)), |edit| {
            edit.replace(a, ToyFactory::new(Toy::Through { inputs: 0, outputs: 2 }).sound(), 0.01)?;
            edit.out(b, Out::Node(c))
        })
        .expect("it fits");
    let wide = ToyFactory::heavy(Toy::Through { inputs: 2, outputs: 4 }, 150_000).sound();
    let narrow = ToyFactory::new(Toy::Through { inputs: 3, outputs: 1 }).sound();
    stage.edit(Some(Frame(2_345)), |edit| edit.replace(c, wide, 0.011)).expect("it fits");
    stage.edit(Some(Frame(3_333)), |edit| edit.replace(c, narrow, 0.007)).expect("it fits");
    stage.edit(Some(Frame(4_000)), |edit| edit.solo(&[c])).expect("it fits");
    stage.edit(Some(Frame(5_000)), |edit| edit.remove(b)).expect("it fits");
    listen(&mut processor, 8_000, sizes)
}

#[test]
fn the_size_of_blocks_does_not_matter() {
    let whole = busy(&[8_000]);
    assert!(whole[0].iter().any(|&sample| sample != whole[1][0]) && whole[0] != whole[1]);
    for sizes in SIZES {
        let heard = busy(sizes);
        for (side, whole) in heard.iter().zip(&whole) {
            let differs = side.iter().zip(whole).position(|(a, b)| a != b);
            assert_eq!(differs, None, "{sizes:?}");
        }
    }
}

#[test]
fn a_swap_to_the_same_program_changes_no_bit() {
    for (voices, weight) in [(1, 0), (4, 0), (4, 300_000)] {
        let played = |swaps: &[u64]| {
            let (mut stage, mut processor) = Stage::new(settings());
            let sound = || ToyFactory::heavy(Toy::Cosine, weight).instrument(voices);
            let node = stage.edit(None, |edit| edit.add(NodeSpec::new(sound()))).unwrap().0;
            for at in 0..20 {
                let (note, frame) = (NoteId(at), at * 251);
                stage.press(node, note, [60.0 + at as f64, 0.2], false, When::at(Frame(frame))).unwrap();
                stage.release(node, note, When::at(Frame(frame + 400))).unwrap();
            }
            for &at in swaps {
                stage.edit(Some(Frame(at)), |edit| edit.replace(node, sound(), 0.02)).unwrap();
            }
            listen(&mut processor, 6_000, &[64])
        };
        assert_eq!(played(&[100, 700, 2_000]), played(&[]), "{voices} voices");
    }
}

#[test]
fn two_cosines_some_samples_apart_join_without_a_step() {
    // SuperCollider issue 2939: the second cosine takes over from the first where its phase is the same.
    let (mut stage, mut processor) = Stage::new(settings());
    let nodes = stage.edit(None, |edit| Ok([edit.add(cosine())?, edit.add(cosine())?])).unwrap().0;
    // 1000 Hz at 48 kHz: 48 frames a period.
    let joint = 1_000 * 48 / 48 * 7 + 48 * 3;
    for node in nodes {
        stage.set(node, FREQ as u16, 1_000.0, When::NOW).unwrap();
    }
    stage.set(nodes[0], GATE as u16, 1.0, When::NOW).unwrap();
    stage.set(nodes[0], GATE as u16, 0.0, When::at(Frame(joint))).unwrap();
    stage.set(nodes[1], GATE as u16, 1.0, When::at(Frame(joint))).unwrap();
    let [left, _] = listen(&mut processor, 10_000, &[64, 441, 7]);
    for (frame, sample) in left.iter().enumerate() {
        let wanted = 0.5 * (std::f64::consts::TAU * frame as f64 / 48.0).cos();
        assert!((f64::from(*sample) - wanted).abs() < 1e-6, "{frame}");
    }
}

#[test]
fn a_retrigger_is_preceded_by_one_low_frame() {
    let (mut stage, mut processor) = Stage::new(settings());
    let node = stage.edit(None, |edit| edit.add(cosine())).unwrap().0;
    let press = |stage: &mut Stage, note, tied, when| {
        stage.press(node, NoteId(note), [-1_000.0, 0.5], tied, when).unwrap();
    };
    // A key so low that the cosine stands still at 1.
    press(&mut stage, 1, false, When::at(Frame(10)));
    press(&mut stage, 2, false, When::at(Frame(20)));
    press(&mut stage, 3, true, When::at(Frame(30)));
    let [left, _] = listen(&mut processor, 40, &[16]);
    let low: Vec<usize> = (10..40).filter(|&at| left[at] == 0.0).collect();
    assert_eq!(low, [19]);
    // Played by hand: the low frame is this one, the onset the next.
    press(&mut stage, 4, false, When::NOW);
    let [left, _] = listen(&mut processor, 5, &[5]);
    assert!(left[0] == 0.0 && left[1] > 0.1);
    // The last note is the one that counts.
    stage.release(node, NoteId(3), When::NOW).unwrap();
    assert!(listen(&mut processor, 5, &[5])[0].iter().all(|&sample| sample > 0.1));
    stage.release(node, NoteId(4), When::NOW).unwrap();
    assert_eq!(listen(&mut processor, 5, &[5])[0], [0.0; 5]);
}

#[test]
fn fades_end_exactly_on_their_target() {
    for sizes in SIZES {
        let (mut stage, mut processor) = Stage::new(settings());
        let node = stage.edit(None, |edit| edit.add(level(0.0))).unwrap().0;
        stage.fade(node, 0, 0.3, 0.01, When::at(Frame(100))).unwrap();
        stage.gain(node, 0.5, 0.001, When::at(Frame(900))).unwrap();
        let [left, _] = listen(&mut processor, 1_000, sizes);
        assert!(left[..101].iter().all(|&sample| sample == 0.0));
        assert!(left[579] < 0.3 && left[580..=900].iter().all(|&sample| sample == 0.3), "{sizes:?}");
        assert!(largest_step(&left[100..900]) <= 0.3 * 33.0 / 480.0);
        assert_eq!(left[948], 0.15);
    }
}

#[test]
fn pan_is_unity_in_the_middle_and_of_equal_power() {
    for (pan, wanted) in [(0.0, [1.0, 1.0]), (-1.0, [2.0_f32.sqrt(), 0.0]), (1.0, [0.0, 2.0_f32.sqrt()])] {
        let (mut stage, mut processor) = Stage::new(settings());
        let spec = NodeSpec { pan, gain: 0.5, ..level(1.0) };
        stage.edit(None, |edit| edit.add(spec)).unwrap();
        let [left, right] = listen(&mut processor, 4, &[4]);
        assert_eq!([left[3], right[3]], wanted.map(|side| side * 0.5));
    }
}

#[test]
fn circles_and_bad_ports_are_refused_and_change_nothing() {
    let (mut stage, mut processor) = Stage::new(settings());
    let through = || NodeSpec {
        out: Out::Nowhere,
        ..NodeSpec::new(ToyFactory::new(Toy::Through { inputs: 1, outputs: 1 }).sound())
    };
    let (nodes, _) = stage
        .edit(None, |edit| {
            let nodes = [edit.add(level(0.5))?, edit.add(through())?, edit.add(through())?];
            edit.route(nodes[0], nodes[1], RouteSpec::default())?;
            edit.route(nodes[1], nodes[2], RouteSpec::default())?;
            Ok(nodes)
        })
        .unwrap();
    let [source, first, second] = nodes;
    let refused = |stage: &mut Stage, from, to, port| {
        let spec = RouteSpec { port, ..RouteSpec::default() };
        let edit = stage.edit(None, |edit| {
            // What was done before is undone.
            edit.add(level(0.1))?;
            edit.route(from, to, spec)
        });
        edit.unwrap_err()
    };
    let before = listen(&mut processor, 100, &[64]);
    assert_eq!(refused(&mut stage, second, first, None), StageError::Cycle(vec![second, first, second]));
    assert_eq!(refused(&mut stage, first, first, None), StageError::Cycle(vec![first, first]));
    assert_eq!(refused(&mut stage, first, source, None), StageError::NoInput(source));
    let no_port = StageError::NoPort { node: second, port: 1, inputs: 1 };
    assert_eq!(refused(&mut stage, source, second, Some(1)), no_port);
    assert_eq!(listen(&mut processor, 100, &[64])[0][99], before[0][99]);
    stage.edit(None, |edit| edit.remove(second)).unwrap();
    assert_eq!(stage.gain(second, 1.0, 0.0, When::NOW), Err(StageError::NoNode(second)));
}

#[test]
fn a_node_that_fails_is_born_again_and_the_second_time_muted() {
    for sizes in SIZES {
        let (mut stage, mut processor) = Stage::new(settings());
        let fails = |after| NodeSpec::new(ToyFactory::new(Toy::Fails { after }).starting(0.25).sound());
        let once = stage.edit(None, |edit| edit.add(fails(60_000))).unwrap().0;
        let [left, _] = listen(&mut processor, 70_000, sizes);
        assert!(left.iter().all(|sample| sample.is_finite()));
        assert_eq!((left[59_999], left[60_000], left[61_000]), (0.25, 0.0, 0.25));
        let failed: Vec<Receipt> = stage
            .receipts()
            .into_iter()
            .filter(|receipt| matches!(receipt, Receipt::Failed { .. }))
            .collect();
        assert_eq!(failed, [Receipt::Failed { node: once, at: Frame(60_000), muted: false }]);
        stage.edit(None, |edit| edit.remove(once)).unwrap();
        listen(&mut processor, 2_000, sizes);
        let twice = stage.edit(None, |edit| edit.add(fails(1_000))).unwrap().0;
        let [left, _] = listen(&mut processor, 5_000, sizes);
        assert_eq!((left[1_999], left[2_000], left[4_999]), (0.25, 0.0, 0.0));
        stage.reset(twice, When::NOW).unwrap();
        assert_eq!(listen(&mut processor, 500, sizes)[0][499], 0.25);
    }
}

#[test]
fn solo_keeps_what_the_soloed_node_feeds_and_what_feeds_it() {
    let (mut stage, mut processor) = Stage::new(settings());
    let through = || NodeSpec::new(ToyFactory::new(Toy::Through { inputs: 1, outputs: 1 }).sound());
    let (nodes, _) = stage
        .edit(None, |edit| {
            let nodes = [edit.add(level(0.1))?, edit.add(through())?, edit.add(level(0.4))?];
            edit.route(nodes[0], nodes[1], RouteSpec::default())?;
            Ok(nodes)
        })
        .unwrap();
    let mut heard = |stage: &mut Stage, soloed: &[NodeId]| {
        stage.edit(None, |edit| edit.solo(soloed)).unwrap();
        (listen(&mut processor, 2_000, &[64])[0][1_999] * 100.0).round()
    };
    assert_eq!(heard(&mut stage, &[]), 60.0);
    // The source itself is not heard, only through the effect.
    assert_eq!(heard(&mut stage, &[nodes[1]]), 10.0);
    assert_eq!(heard(&mut stage, &[nodes[0]]), 20.0);
    assert_eq!(heard(&mut stage, &[nodes[2]]), 40.0);
    assert_eq!(heard(&mut stage, &[]), 60.0);
}

#[test]
fn inputs_of_the_device_are_nodes() {
    let (mut stage, mut processor) = Stage::new(Settings { channels: 2, ..settings() });
    let spec = NodeSpec { source: NodeSource::Input { first: 1, channels: 1 }, ..level(0.0) };
    stage.edit(None, |edit| edit.add(spec)).unwrap();
    let (mut input, mut output) = (Buffer::new(2, 8), Buffer::new(3, 8));
    input.channel_mut(1).fill(0.5);
    processor.process(input.head(8), output.head_mut(8));
    assert_eq!(
        (output.channel(0), output.channel(1), output.channel(2)),
        (&[0.5; 8][..], &[0.5; 8][..], &[0.0; 8][..])
    );
    processor.process(Buffer::new(0, 8).head(8), output.head_mut(8));
    assert_eq!(output.channel(0), [0.0; 8]);
}

#[test]
fn nodes_play_to_channels_of_the_device() {
    let (mut stage, mut processor) = Stage::new(settings());
    let to = |out| NodeSpec { out, ..level(0.5) };
    stage
        .edit(None, |edit| {
            edit.add(to(device(&[2, 3])))?;
            // Right and left change places, and the channel between them stays silent.
            edit.add(NodeSpec { pan: -1.0, ..to(device(&[5, 0])) })?;
            // One channel hears the mean of both.
            edit.add(to(device(&[3])))
        })
        .unwrap();
    let (input, mut output) = (Buffer::new(0, 8), Buffer::new(6, 8));
    processor.process(input.head(8), output.head_mut(8));
    let heard: Vec<f32> = (0..6).map(|channel| output.channel(channel)[7]).collect();
    assert_eq!(heard, [0.0, 0.0, 0.5, 1.0, 0.0, 0.5 * 2.0_f32.sqrt()]);
}

#[test]
fn channels_that_no_device_has_are_refused() {
    for wrong in [&[][..], &[64], &[0; 17], &[usize::MAX]] {
        assert_eq!(DeviceChannels::new(wrong), Err(StageError::Channels), "{wrong:?}");
    }
}

/// The stem of one node, while the others are edited.
fn stem(disturb: bool, sizes: &[usize]) -> Vec<f32> {
    let (mut stage, mut processor) = Stage::new(settings());
    let poly = || NodeSpec::new(ToyFactory::new(Toy::Cosine).instrument(4));
    let through = || NodeSpec::new(ToyFactory::new(Toy::Through { inputs: 1, outputs: 2 }).sound());
    let nodes = stage
        .edit(None, |edit| {
            let nodes = [edit.add(poly())?, edit.add(poly())?, edit.add(through())?];
            edit.route(nodes[0], nodes[2], RouteSpec::default())?;
            Ok(nodes)
        })
        .expect("room")
        .0;
    for at in 0..40 {
        for node in &nodes[..2] {
            let when = When::at(Frame(at * 333));
            stage.press(*node, NoteId(at), [50.0 + at as f64, 0.1], false, when).expect("room");
        }
    }
    if disturb {
        let other = ToyFactory::heavy(Toy::Cosine, 100_000).instrument(7);
        stage.edit(Some(Frame(1_000)), |edit| edit.replace(nodes[1], other, 0.02)).expect("room");
        stage.edit(Some(Frame(3_001)), |edit| edit.add(poly())).expect("room");
        stage.edit(Some(Frame(4_002)), |edit| edit.remove(nodes[2])).expect("room");
        stage.set(nodes[1], FREQ as u16, 99.0, When::at(Frame(5_003))).expect("room");
        stage.edit(Some(Frame(6_004)), |edit| edit.out(nodes[1], device(&[0, 1]))).expect("room");
        stage.gain(nodes[1], 0.1, 0.1, When::at(Frame(7_005))).expect("room");
        stage.edit(Some(Frame(8_006)), |edit| edit.remove(nodes[1])).expect("room");
    }
    let (input, mut output) = (Buffer::new(0, 1_000), Buffer::new(2, 1_000));
    let (mut heard, mut sizes) = (Vec::new(), sizes.iter().cycle());
    while heard.len() < 15_000 {
        let size = *sizes.next().expect("it repeats");
        let count = processor.step(input.head(size), output.head_mut(size));
        heard.extend_from_slice(processor.stem(nodes[0]).expect("it sounds").part(0..count).channel(0));
    }
    heard.truncate(15_000);
    heard
}

#[test]
fn edits_elsewhere_leave_the_stem_of_a_node_as_it_is() {
    let alone = stem(false, &[64]);
    assert!(largest_step(&alone) > 0.0);
    for sizes in SIZES {
        assert!(stem(true, sizes) == alone, "{sizes:?}");
    }
}

#[test]
fn programs_of_any_width_take_each_others_place() {
    let (mut stage, mut processor) = Stage::new(settings());
    let through = |outputs| ToyFactory::new(Toy::Through { inputs: 1, outputs }).sound();
    let (nodes, _) = stage
        .edit(None, |edit| {
            let nodes = [
                edit.add(NodeSpec { out: Out::Nowhere, ..level(0.25) })?,
                edit.add(NodeSpec::new(through(1)))?,
            ];
            edit.route(nodes[0], nodes[1], RouteSpec::default())?;
            Ok(nodes)
        })
        .unwrap();
    listen(&mut processor, 2_000, &[64]);
    for outputs in [4, 1, 2, 7, 3, 1, 0, 2] {
        stage.edit(None, |edit| edit.replace(nodes[1], through(outputs), 0.02)).unwrap();
        let [left, right] = listen(&mut processor, 2_000, &[64]);
        let wanted = if outputs == 0 { 0.0 } else { 0.25 };
        // Of seven channels four fall to the left and three to the right: their means are as loud.
        assert!((left[1_999] - wanted).abs() < 1e-6 && (right[1_999] - wanted).abs() < 1e-6, "{outputs}");
        assert!(largest_step(&left) < 0.25 * 4.0 / 960.0, "{outputs}");
    }
}

#[test]
fn a_full_ring_is_an_error_and_loses_nothing_that_was_taken() {
    let limits = Limits { nodes: 2, routes: 2, events: 4, groups: 2, edits: 2 };
    let (mut stage, mut processor) = Stage::new(Settings { limits, ..settings() });
    let node = stage.edit(None, |edit| edit.add(level(0.0))).unwrap().0;
    let mut taken = 0;
    let refused = loop {
        match stage.set(node, 0, 0.5, When::NOW) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((taken, refused), (5, StageError::Full("events")));
    assert_eq!(stage.set(node, 0, 0.5, When { group: 2, ..When::NOW }), Err(StageError::Full("groups")));
    let second = stage.edit(None, |edit| edit.add(level(0.0)));
    assert_eq!(second.map(|_| ()), Err(StageError::Full("edits")));
    listen(&mut processor, 1, &[1]);
    stage.edit(None, |edit| edit.add(level(0.25))).unwrap();
    assert_eq!(listen(&mut processor, 1, &[1])[0], [0.75]);
    // The queue holds four events: the fifth was lost, and that is counted.
    assert_eq!(stage.stats().lost, 1);
    let third = stage.edit(None, |edit| edit.add(level(0.25)));
    assert_eq!(third.map(|_| ()), Err(StageError::Full("nodes")));
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    let (mut stage, mut processor) = Stage::new(settings());
    let node = stage.edit(None, |edit| edit.add(cosine())).unwrap().0;
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let refused =
            |result: Result<(), StageError>| assert!(matches!(result, Err(StageError::Value(_))), "{value}");
        refused(stage.set(node, 0, value, When::NOW));
        refused(stage.fade(node, 0, value, 1.0, When::NOW));
        refused(stage.press(node, NoteId(1), [value, 1.0], false, When::NOW));
        refused(stage.gain(node, value, 0.1, When::NOW));
        refused(stage.pan(node, value, 0.1, When::NOW));
        refused(stage.master(value, 0.1, When::NOW));
        let shape = Automation {
            shape: Shape::Exponential,
            lo: 0.0,
            hi: value,
            origin: Frame(0),
            period: 9.0,
            repeats: true,
        };
        refused(stage.edit(None, |edit| edit.automate(node, 0, Some(shape), 0.0)).map(|_| ()));
        let shape = Automation { hi: 1.0, period: 0.5, ..shape };
        refused(stage.edit(None, |edit| edit.automate(node, 0, Some(shape), 0.0)).map(|_| ()));
        // Lengths of fades are forgiving: they end at once, or last for long.
        stage.gain(node, 0.5, value, When::NOW).unwrap();
    }
    let missing = StageError::NoControl { node, control: 9 };
    assert_eq!(stage.set(node, 9, 0.0, When::NOW), Err(missing));
    // The last frame of all, and the first.
    for frame in [Frame(0), Frame(1), Frame::NEVER] {
        stage.press(node, NoteId(2), [60.0, 9.0], false, When::at(frame)).unwrap();
    }
    let many = ToyFactory::new(Toy::Cosine).instrument(1_000_000_000);
    let refused = stage.edit(None, |edit| edit.replace(node, many, f64::NAN)).map(|_| ());
    assert_eq!(refused, Err(StageError::Full("voices")));
    assert!(listen(&mut processor, 100, &[64])[0].iter().all(|sample| sample.is_finite()));
}

#[test]
fn a_thousand_nodes_and_ten_thousand_routes_sound() {
    let (mut stage, mut processor) = Stage::new(settings());
    let quiet = || NodeSpec { out: Out::Nowhere, ..level(0.000_1) };
    let through = || NodeSpec::new(ToyFactory::new(Toy::Through { inputs: 1, outputs: 1 }).sound());
    let sinks = stage
        .edit(None, |edit| {
            let sources = (0..1_000).map(|_| edit.add(quiet())).collect::<Result<Vec<_>, _>>()?;
            let sinks = (0..10).map(|_| edit.add(through())).collect::<Result<Vec<_>, _>>()?;
            for &source in &sources {
                for &sink in &sinks {
                    edit.route(source, sink, RouteSpec::default())?;
                }
            }
            Ok(sinks)
        })
        .unwrap()
        .0;
    let [left, _] = listen(&mut processor, 2_000, &[64]);
    assert!((left[1_999] - 0.000_1 * 10_000.0).abs() < 0.2, "{}", left[1_999]);
    stage.measure(true);
    listen(&mut processor, 2_000, &[64]);
    assert!(sinks.iter().all(|&sink| stage.time(sink).is_ok_and(|time| !time.is_zero())));
}
