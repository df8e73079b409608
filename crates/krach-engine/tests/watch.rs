//! A node that takes too long is muted, and the others play on.

mod toys;

use krach_abi::Buffer;
use krach_engine::{Callback, NodeId, NodeSpec, Processor, Receipt, Stage, When};
use toys::{RATE, Toy, ToyFactory, largest_step, settings};

const BLOCK: usize = 256;
/// Microseconds that one frame lasts are less than 21.
const TOO_LONG: f64 = 26.0;

fn heard(processor: &mut Processor, frames: usize) -> Vec<f32> {
    let (input, mut output) = (Buffer::new(0, BLOCK), Buffer::new(2, BLOCK));
    let mut heard = Vec::new();
    for _ in 0..frames / BLOCK {
        Callback::process(processor, input.head(BLOCK), output.head_mut(BLOCK));
        heard.extend_from_slice(output.channel(0));
    }
    heard
}

/// The last sample.
fn callbacks(processor: &mut Processor, frames: usize) -> f32 {
    *heard(processor, frames).last().expect("there are frames")
}

fn overran(stage: &mut Stage) -> Vec<NodeId> {
    let all = stage.receipts().into_iter();
    all.filter_map(|receipt| match receipt {
        Receipt::Overran { node, .. } => Some(node),
        _ => None,
    })
    .collect()
}

#[test]
fn a_node_that_is_too_slow_for_half_a_second_is_muted_and_one_slow_callback_is_not() {
    let (mut stage, mut processor) = Stage::new(settings());
    let add = |toy, value| NodeSpec::new(ToyFactory::new(toy).starting(value).sound());
    let nodes = [add(Toy::Slow, 0.25), add(Toy::Level, 0.5)];
    let added =
        stage.edit(None, |edit| nodes.map(|node| edit.add(node)).into_iter().collect::<Result<Vec<_>, _>>());
    let slow = added.expect("there is room").0[0];
    callbacks(&mut processor, 10 * BLOCK);
    // Some callbacks that are too slow, and one that is not.
    for _ in 0..3 {
        stage.set(slow, 0, TOO_LONG, When::NOW).expect("a control");
        callbacks(&mut processor, RATE as usize / 16);
        stage.set(slow, 0, 0.25, When::NOW).expect("a control");
        assert_eq!(callbacks(&mut processor, 2 * BLOCK), 0.75);
    }
    assert_eq!(overran(&mut stage), []);
    stage.set(slow, 0, TOO_LONG, When::NOW).expect("a control");
    let way = heard(&mut processor, RATE as usize * 3 / 5);
    assert_eq!(overran(&mut stage), [slow]);
    assert_eq!((way[0], way[way.len() - 1]), (0.75, 0.5));
    assert!(largest_step(&way) < 0.002, "it fades in 5 ms");
    assert_eq!(callbacks(&mut processor, BLOCK), 0.5, "the other node plays on");
    stage.set(slow, 0, 0.25, When::NOW).expect("a control");
    stage.reset(slow, When::NOW).expect("it is there");
    assert_eq!(callbacks(&mut processor, BLOCK), 0.75);
}
