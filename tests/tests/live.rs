//! The stage with compiled instruments: programs take each other's place without a step, and what is played live is what
//! is rendered off-line.

use krach_abi::{Buffer, DspFactory, Frame, Precision, Role};
use krach_codegen::{Spec, compile};
use krach_diag::Source;
use krach_engine::{
    Keyboard, NodeId, NodeSpec, Note, NoteId, Processor, Receipt, Rig, Score, Settings, Sound, Stage, When,
    render,
};
use krach_faust::{NoFiles, Options, elaborate};
use krach_ir::{Program, parse};
use krach_pattern::{Manner, Time, notation};
use krach_session::{Driver, Edit, Fade, Mixdown, Node, Playing, Route, Sending, Session, Voicing};
use krach_store::Cache;
use std::ops::ControlFlow;
use std::sync::Arc;

const RATE: u32 = 48_000;
/// A cosine with a phase of its own, smoothed by `lp`: continuous, so that every step is seen.
const PARTS: &str = "freq = hslider(\"freq\", 110, 20, 2000, 0.01);
gate = button(\"gate\");
phase = (+(freq / 48000.0) : \\(x).(x - floor(x))) ~ _;
lp(c) = *(1 - c) : + ~ *(c);
echo = + ~ (@(3000) : *(0.4));
tone = sin(6.283185307179586 * phase) * (gate : lp(0.999));
";

fn compiled(program: &Program) -> Arc<dyn DspFactory> {
    compile(program, &Spec::new(RATE, Precision::Single)).expect("it compiles")
}

fn faust(process: &str) -> Arc<dyn DspFactory> {
    let text = format!("{PARTS}process = {process};");
    let (program, reports) = elaborate(&Source::new("live.dsp", text), &NoFiles, &Options::default());
    compiled(&program.unwrap_or_else(|| panic!("{process}: {}", reports[0].message)))
}

fn stored(name: &str) -> Arc<dyn DspFactory> {
    let path = format!("{}/../fixtures/faust/{name}.program", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a fixture");
    compiled(&parse(&Source::new(name, text)).expect("a program"))
}

/// Control 0 is the frequency and 1 the gate of all programs here.
fn sound(factory: Arc<dyn DspFactory>, voices: usize) -> Sound {
    let roles = vec![(0, Role::Hertz), (1, Role::Gate)];
    Sound { voices, roles, ..Sound::new(factory) }
}

fn listen(processor: &mut Processor, frames: usize, block: usize) -> [Vec<f32>; 2] {
    let (input, mut output) = (Buffer::new(0, block), Buffer::new(2, block));
    let (mut heard, mut done) = ([Vec::new(), Vec::new()], 0);
    while done < frames {
        let count = block.min(frames - done);
        processor.process(input.head(count), output.head_mut(count));
        for (channel, heard) in heard.iter_mut().enumerate() {
            heard.extend_from_slice(&output.channel(channel)[..count]);
        }
        done += count;
    }
    heard
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

const SWAP: usize = 9_000;
const FADE: usize = 960;

struct Heard {
    sides: [Vec<f32>; 2],
    receipts: Vec<Receipt>,
    node: NodeId,
}

/// One held note, and a swap while it sounds.
fn swapped(from: &str, voices: usize, to: Option<(&str, usize)>) -> Heard {
    let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
    let spec = NodeSpec { gain: 0.25, ..NodeSpec::new(sound(faust(from), voices)) };
    let node = stage.edit(None, |edit| edit.add(spec)).expect("room").0;
    stage.press(node, NoteId(1), [45.0, 1.0], false, When::at(Frame(10))).expect("room");
    if let Some((to, voices)) = to {
        let to = sound(faust(to), voices);
        stage.edit(Some(Frame(SWAP as u64)), |edit| edit.replace(node, to, 0.02)).expect("room");
    }
    let sides = listen(&mut processor, 2 * SWAP, 64);
    Heard { sides, receipts: stage.receipts(), node }
}

const PAIRS: [(&str, &str); 8] = [
    ("tone", "tone"),
    ("tone", "tone * 0.8"),
    ("tone : lp(0.9)", "tone : lp(0.9) : lp(0.8)"),
    ("tone : lp(0.9)", "tone : lp(0.8) : lp(0.9)"),
    ("tone : lp(0.9)", "tone"),
    ("tone", "tone <: _, _"),
    ("tone <: _, *(0.5)", "tone"),
    ("tone : echo", "tone : echo <: _, lp(0.9)"),
];

#[test]
fn no_pair_of_programs_steps() {
    for (from, to) in PAIRS {
        for voices in [[1, 1], [1, 8], [8, 1], [8, 3]] {
            let heard = swapped(from, voices[0], Some((to, voices[1])));
            let about = format!("{from} to {to}, {voices:?}");
            let swap = heard.receipts.iter().find_map(|receipt| match *receipt {
                Receipt::Swapped { node, start, end, bytes, carries, .. } => {
                    Some((node, start, end, bytes, carries))
                }
                _ => None,
            });
            let (node, start, end, bytes, carries) = swap.unwrap_or_else(|| panic!("{about}: no receipt"));
            assert_eq!(
                (node, end.since(start), start >= Frame(SWAP as u64)),
                (heard.node, FADE, true),
                "{about}"
            );
            assert!(carries && bytes > 0, "{about}");
            for side in &heard.sides {
                // The tone's own step; each of both sounds fades over 960 frames from an amplitude of at most 0.5.
                let own = 0.5 * std::f32::consts::TAU * 110.0 / RATE as f32;
                let step = largest_step(&side[SWAP - 100..end.since(Frame(0)) + 200]);
                assert!(step < own + 2.0 * 0.5 / FADE as f32, "{about}: {step}");
                assert!(
                    side[2 * SWAP - 500..].iter().any(|sample| sample.abs() > 0.05),
                    "{about}: the note ends"
                );
            }
        }
    }
}

#[test]
fn the_same_program_goes_on_bit_for_bit() {
    for program in ["tone", "tone : echo <: _, lp(0.9)"] {
        for voices in [1, 8] {
            let (alone, again) =
                (swapped(program, voices, None), swapped(program, voices, Some((program, voices))));
            assert!(alone.sides == again.sides, "{program}, {voices}");
        }
    }
}

#[test]
fn phases_go_on_through_a_swap() {
    // After the fade the new program sounds as if it had always been there: its state is that of the old one.
    let (new, now) = (swapped("tone * 0.8", 1, None), swapped("tone", 1, Some(("tone * 0.8", 1))));
    let end = SWAP + FADE;
    assert!(new.sides[0][end..] == now.sides[0][end..]);
    assert!(new.sides[0][..SWAP] != now.sides[0][..SWAP]);
}

#[test]
fn programs_with_nothing_in_common_cross_over_with_equal_power() {
    let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
    let node = stage.edit(None, |edit| edit.add(NodeSpec::new(Sound::new(faust("0.25"))))).expect("room").0;
    stage
        .edit(Some(Frame(100)), |edit| edit.replace(node, Sound::new(faust("0.25 <: _, _")), 0.02))
        .expect("room");
    let [left, _] = listen(&mut processor, 3_000, 64);
    // Two equal constants are as alike as sounds can be: in the middle their sum is √2 of each.
    let most = left.iter().copied().fold(0.0, f32::max);
    assert!((most - 0.25 * 2.0_f32.sqrt()).abs() < 1e-3, "{most}");
    assert!(largest_step(&left) < 0.25 * 4.0 / FADE as f32);
    let equal_power =
        |receipt: &Receipt| matches!(receipt, Receipt::Swapped { bytes: 0, carries: false, .. });
    assert!(stage.receipts().iter().any(equal_power));
}

#[test]
fn notes_sound_live_as_they_do_off_line() {
    let factory = faust("tone : echo");
    let keyboard = Keyboard { voices: 4, roles: vec![(0, Role::Hertz), (1, Role::Gate)] };
    let notes: Vec<Note> = (0..30)
        .map(|at| Note { frame: Frame(at * 500), frames: 700, key: 40.0 + at as f64, velocity: 0.125 })
        .collect();
    let score: Score<'_, f32> = Score { notes: notes.clone(), ..Score::new(20_000) };
    let rig = Rig { keyboard: Some(&keyboard), ..Rig::solo(factory.as_ref()) };
    let wanted = render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
    let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
    let spec = NodeSpec::new(Sound::new(factory).with_keyboard(&keyboard));
    let node = stage.edit(None, |edit| edit.add(spec)).expect("room").0;
    for (id, note) in (0..).map(NoteId).zip(&notes) {
        let end = note.frame.after(note.frames);
        stage.press(node, id, [note.key, note.velocity], false, When::at(note.frame)).expect("room");
        stage.release(node, id, When::at(end)).expect("room");
    }
    let [left, right] = listen(&mut processor, 20_000, 441);
    assert!(left == wanted[0] && left == right && left.iter().any(|sample| sample.abs() > 0.1));
}

#[test]
fn shipped_instruments_sound_the_same_at_any_block_size() {
    let played = |block| {
        let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
        let names = ["acid_bass", "kick", "hat", "verb"];
        let factories = names.map(stored);
        let nodes = stage
            .edit(Some(Frame(5)), |edit| {
                let mut nodes = Vec::new();
                for factory in &factories {
                    let spec = NodeSpec { gain: 0.3, ..NodeSpec::new(Sound::new(factory.clone())) };
                    nodes.push(edit.add(spec)?);
                }
                let verb = nodes[3];
                for &node in &nodes[..3] {
                    edit.route(node, verb, krach_engine::RouteSpec { level: 0.3, ..Default::default() })?;
                }
                Ok(nodes)
            })
            .expect("room")
            .0;
        for (node, factory) in nodes.iter().zip(&factories).take(3) {
            for (control, range) in (0..).zip(&factory.ports().controls) {
                for step in 0..20 {
                    let value = if step % 2 == 0 { range.hi } else { range.lo };
                    let at = Frame(200 + step * 700 + u64::from(control) * 13);
                    stage.set(*node, control, value, When::at(at)).expect("room");
                }
            }
        }
        let acid = sound_of(&factories[0]);
        stage.edit(Some(Frame(7_777)), |edit| edit.replace(nodes[0], acid, 0.02)).expect("room");
        listen(&mut processor, 15_000, block)
    };
    let whole = played(15_000);
    assert!(whole[0].iter().any(|sample| sample.abs() > 0.01));
    for block in [1, 7, 64, 125, 256, 1_000] {
        assert!(played(block) == whole, "blocks of {block}");
    }
}

#[test]
fn a_snapshot_of_shipped_instruments_goes_on_bit_for_bit() {
    let names = ["acid_bass", "kick", "hat", "verb"];
    let factories = names.map(stored);
    let played = |block: usize, other: usize| {
        let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
        let add = |edit: &mut krach_engine::Edits<'_>| {
            let mut nodes = Vec::new();
            for factory in &factories {
                nodes.push(edit.add(NodeSpec { gain: 0.3, ..NodeSpec::new(Sound::new(factory.clone())) })?);
            }
            for &node in &nodes[..3] {
                edit.route(node, nodes[3], krach_engine::RouteSpec { level: 0.3, ..Default::default() })?;
            }
            nodes.push(edit.add(NodeSpec { gain: 0.1, ..NodeSpec::new(sound(faust("tone : echo"), 4)) })?);
            Ok(nodes)
        };
        let nodes = stage.edit(None, add).expect("room").0;
        for (node, factory) in nodes.iter().zip(&factories).take(3) {
            for (control, range) in (0..).zip(&factory.ports().controls) {
                for step in 0..20 {
                    let value = if step % 2 == 0 { range.hi } else { range.lo };
                    let at = Frame(200 + step * 700 + u64::from(control) * 13);
                    stage.set(*node, control, value, When::at(at)).expect("room");
                }
            }
        }
        for at in 0..30 {
            let (id, when) = (NoteId(at), Frame(at * 500));
            stage.press(nodes[4], id, [40.0 + at as f64, 1.0], false, When::at(when)).expect("room");
            stage.release(nodes[4], id, When::at(when.after(700))).expect("room");
        }
        listen(&mut processor, 6_000, block);
        stage.snapshot().expect("room");
        let live = listen(&mut processor, 14_000, block);
        let mut copy = stage.snapshots().pop().expect("the state is small");
        let start = copy.stage.now().since(Frame(6_000));
        let copied = listen(&mut copy.processor, 14_000 - start, other);
        assert!(copied[0].iter().any(|sample| sample.abs() > 0.01));
        for (live, copied) in live.iter().zip(&copied) {
            let differs = live[start..].iter().zip(copied).position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differs, None, "{block} {other}");
        }
    };
    for (block, other) in [(64, 64), (1, 1_000), (256, 7), (125, 256)] {
        played(block, other);
    }
}

fn sound_of(factory: &Arc<dyn DspFactory>) -> Sound {
    Sound::new(factory.clone())
}

/// Executable pieces of this process.
#[cfg(target_os = "linux")]
fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux has it");
    maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.contains('x'))).count()
}

#[cfg(target_os = "linux")]
#[test]
fn replaced_machine_code_is_freed() {
    let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
    let node = stage.edit(None, |edit| edit.add(NodeSpec::new(Sound::new(faust("tone"))))).expect("room").0;
    let mut most = [0, 0];
    for round in 0..60 {
        let program = faust(&format!("tone * {}", 0.5 + f64::from(round) / 1_000.0));
        stage.edit(None, |edit| edit.replace(node, Sound::new(program), 0.001)).expect("room");
        listen(&mut processor, 300, 64);
        stage.receipts();
        let half = &mut most[usize::from(round >= 30)];
        *half = mappings().max(*half);
    }
    // Other tests compile at the same time: a leak would be thirty pieces more.
    assert!(most[1] < most[0] + 25, "{most:?}");
}

/// A session of compiled instruments that is edited while it plays is the same off-line, sample for sample: programs are
/// swapped, a mono node becomes one of eight voices, and scenes are recalled in mid-bar.
#[test]
fn a_session_of_instruments_edited_while_it_plays_is_the_same_off_line() {
    let session = Session::new(Cache::new(32));
    let program = |name: &str| {
        let path = format!("{}/../fixtures/faust/{name}.program", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a fixture");
        Node::new(Voicing::Program(parse(&Source::new(name, text)).expect("a program").into()))
    };
    let from_faust = |process: &str| {
        let text = format!("{PARTS}process = {process};");
        let (program, _) = elaborate(&Source::new("live.dsp", text), &NoFiles, &Options::default());
        Node::new(Voicing::Program(program.expect("it is valid").into()))
    };
    let declare = |name: &str, node: Node| {
        session.edit(|patch| Ok(patch.declaring(&name.into(), node).0)).expect("it is declared");
    };
    let edit = |edits: Vec<Edit>| drop(session.edit(|_| Ok(edits)).expect("it is followed"));
    let play = |path: &str, text: &str| {
        let (pattern, reports) = notation::krach(&Source::new("", text), &Manner::default());
        assert!(reports.is_empty(), "{text}");
        Edit::Drive(path.into(), Some(Driver::Playing(Playing { pattern, offset: 0 })))
    };
    for name in ["acid_bass", "kick", "hat", "verb"] {
        declare(name, program(name));
    }
    let route = Route { source: "acid_bass".into(), target: "verb".into(), port: None };
    edit(vec![
        Edit::Route(route, Some(Sending { level: 0.4, pre: false })),
        play("acid_bass", "C2*4 . E2 G2"),
    ]);
    let mut clock = session.play_by_hand(RATE, 128).expect("it plays");
    let mut heard = Vec::new();
    let mut run = |frames| heard.extend_from_slice(&clock.run(frames)[0]);
    run(9_000);
    edit(vec![play("kick", "x*4"), play("hat", "[. x]*4"), Edit::Tempo(133.3)]);
    declare("lead", from_faust("tone : lp(0.9)"));
    edit(vec![play("lead", "C3 E3 G3 B3"), Edit::Meter(Time::new(7, 2).expect("a time"))]);
    run(30_000);
    session.scenes(|scenes, patch| scenes.save("one", patch));
    declare("lead", Node { count: 8, ..from_faust("tone : lp(0.9) : lp(0.8) <: _, _") });
    edit(vec![play("lead", "[C3 E3 G3 B3 D4 F4 A4 C5] .")]);
    run(20_000);
    let fade = Fade { to: 0.1, bars: Time::HALF };
    edit(vec![
        Edit::Drive("lead/gain".into(), Some(Driver::Fade(fade))),
        play("acid_bass/cutoff", "300 2000 800"),
    ]);
    run(30_000);
    let back = session.scenes(|scenes, patch| scenes.recalling("one", patch)).expect("it was saved");
    edit(back);
    run(30_000);
    assert_eq!(session.stats().expect("it plays").stage.late, 0);
    for block in [64, 1_000] {
        let how = Mixdown { frames: heard.len(), sample_rate: RATE, block };
        let again =
            session.replay(&session.steps(), how, &mut |_| ControlFlow::Continue(())).expect("it renders");
        assert!(again[0] == heard, "blocks of {block}");
    }
    assert!(heard.iter().any(|sample| sample.abs() > 0.05));
}

#[test]
fn two_nodes_of_one_program_have_noise_of_their_own() {
    let session = Session::new(Cache::new(8));
    let path = format!("{}/../fixtures/faust/noises.program", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a fixture");
    let program = parse(&Source::new("noises", text)).expect("a program");
    for name in ["a", "b"] {
        let node = Node::new(Voicing::Program(program.clone().into()));
        session.edit(|patch| Ok(patch.declaring(&name.into(), node).0)).expect("it is declared");
    }
    let how = Mixdown { frames: 4_000, sample_rate: RATE, block: 128 };
    let heard =
        || session.stems(&session.patch(), how, &mut |_| ControlFlow::Continue(())).expect("it renders");
    let stems = heard();
    assert!(stems.nodes["a"] != stems.nodes["b"] && stems == heard());
}
