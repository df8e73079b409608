//! Several threads compute a stage together: the samples are those of one thread, and none of them allocates. It is a file of
//! one test, because it counts what all threads of the process allocate.

mod counting;
mod toys;

use counting::counted_everywhere;
use krach_abi::Buffer;
use krach_engine::{NodeId, NodeSpec, NoteId, Out, RouteSpec, Settings, Stage, StageError, When};
use toys::{AMP, Dice, FREQ, Toy, ToyFactory, settings};

const BLOCK: usize = 64;

/// Random instruments through random chains of effects, with notes, fades and edits while they play.
fn heard(seed: u64, threads: usize) -> ([Vec<f32>; 2], usize) {
    let (mut stage, mut processor) = Stage::new(Settings { block: BLOCK, threads, ..settings() });
    let mut dice = Dice(seed);
    let mut nodes = graph(&mut stage, &mut dice).expect("there is room");
    let (input, mut output) = (Buffer::new(0, 3 * BLOCK), Buffer::new(2, 3 * BLOCK));
    let (mut heard, mut allocations) = ([Vec::new(), Vec::new()], 0);
    for round in 0..40 {
        edit(&mut stage, &mut dice, &mut nodes, round).expect("a valid edit");
        for _ in 0..4 {
            let frames = 1 + dice.below(3 * BLOCK);
            let block = || processor.process(input.head(frames), output.head_mut(frames));
            allocations += counted_everywhere(block).0;
            for (channel, heard) in heard.iter_mut().enumerate() {
                heard.extend_from_slice(&output.channel(channel)[..frames]);
            }
        }
        stage.receipts();
    }
    (heard, allocations)
}

fn graph(stage: &mut Stage, dice: &mut Dice) -> Result<Vec<NodeId>, StageError> {
    let made = stage.edit(None, |edit| {
        let effect = |outputs| ToyFactory::new(Toy::Through { inputs: 2, outputs }).sound();
        let effects = (0..6).map(|at| edit.add(NodeSpec { gain: 0.4, ..NodeSpec::new(effect(1 + at % 3)) }));
        let effects = effects.collect::<Result<Vec<_>, _>>()?;
        for _ in 0..8 {
            let mut ends = [dice.below(6), dice.below(6)];
            ends.sort_unstable();
            if ends[0] != ends[1] {
                edit.route(effects[ends[0]], effects[ends[1]], RouteSpec::default())?;
            }
        }
        let mut nodes = Vec::new();
        for _ in 0..24 {
            let sound = ToyFactory::heavy(Toy::Cosine, dice.below(2_000)).instrument([1, 4][dice.below(2)]);
            let out = if dice.below(3) == 0 { Out::Nowhere } else { Out::Master };
            let node = edit.add(NodeSpec { out, gain: 0.02, ..NodeSpec::new(sound) })?;
            edit.route(node, effects[dice.below(6)], RouteSpec { level: 0.3, ..RouteSpec::default() })?;
            nodes.push(node);
        }
        Ok(nodes)
    });
    Ok(made?.0)
}

fn edit(stage: &mut Stage, dice: &mut Dice, nodes: &mut [NodeId], round: u64) -> Result<(), StageError> {
    let (at, now) = (dice.below(nodes.len()), stage.now());
    let (node, frame) = (nodes[at], now.after(dice.below(500)));
    let key = 40.0 + dice.below(40) as f64;
    stage.press(node, NoteId(round), [key, 0.5], false, When::at(frame))?;
    stage.release(node, NoteId(round), When::at(frame.after(dice.below(900))))?;
    stage.fade(node, AMP as u16, dice.below(100) as f64 / 100.0, 0.01, When::at(now))?;
    stage.set(nodes[dice.below(nodes.len())], FREQ as u16, 100.0 + key, When::at(frame))?;
    if round.is_multiple_of(4) {
        let sound = ToyFactory::heavy(Toy::Cosine, dice.below(2_000)).instrument(1 + 3 * dice.below(2));
        match dice.below(2) {
            0 => drop(stage.edit(None, |edit| edit.replace(node, sound, 0.005))?),
            _ => {
                let spec = NodeSpec { gain: 0.02, ..NodeSpec::new(sound) };
                let swapped = stage.edit(Some(now), |edit| {
                    edit.remove(node)?;
                    edit.add(spec)
                });
                nodes[at] = swapped?.0;
            }
        }
    }
    Ok(())
}

#[test]
fn several_threads_make_the_samples_of_one_and_allocate_nothing() {
    for seed in 0..12 {
        let (one, two) = (heard(seed, 1), heard(seed, 2));
        assert!(one.0[0].iter().any(|sample| sample.abs() > 1e-3), "seed {seed} is silent");
        assert!(one.0 == two.0, "seed {seed}");
        assert_eq!((one.1, two.1), (0, 0), "seed {seed}");
    }
}
