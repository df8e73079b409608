//! The time that the stage adds to the programs it plays, at blocks of 64 frames, in turn with the programs alone; then
//! the size of things: events, edits, and the time from an edit to its sound.

use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Precision, Role, Seed, VoiceIo};
use krach_codegen::{Spec, compile};
use krach_diag::Source;
use krach_engine::{NodeId, NodeSpec, NoteId, Processor, Settings, Sound, Stage, When};
use krach_ir::parse;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
const BLOCK: usize = 64;
const ROUNDS: usize = 15;
const BLOCKS: usize = 200;
const ACID: &str = include_str!("../../fixtures/faust/acid_bass.program");

fn acid() -> Arc<dyn DspFactory> {
    let program = parse(&Source::new("acid_bass", ACID)).expect("the fixture is a program");
    compile(&program, &Spec::new(RATE, Precision::Single)).expect("it compiles")
}

/// Programs without a stage.
struct Alone {
    voices: Vec<Box<dyn Dsp>>,
    output: Buffer<f32>,
    start: Frame,
}

impl Alone {
    fn new(factory: &dyn DspFactory, count: usize) -> Self {
        let voices = (0..count).map(|_| factory.instantiate(Seed::default())).collect();
        Self { voices, output: Buffer::new(factory.ports().outputs, BLOCK), start: Frame(0) }
    }

    fn run(&mut self) {
        let _flush = FlushGuard::new();
        let input = Buffer::new(0, BLOCK);
        for _ in 0..BLOCKS {
            for dsp in &mut self.voices {
                let (inputs, outputs) = (input.head(BLOCK), self.output.head_mut(BLOCK));
                let (start, voices) = (self.start, &mut [VoiceIo::BUSY][..]);
                dsp.process_f32(&mut Block { start, inputs, outputs, voices });
            }
            self.start = self.start.after(BLOCK);
            black_box(&self.output);
        }
    }
}

struct Staged {
    stage: Stage,
    processor: Processor,
    nodes: Vec<NodeId>,
    output: Buffer<f32>,
}

impl Staged {
    fn new(factory: &Arc<dyn DspFactory>, count: usize) -> Self {
        let (mut stage, processor) = Stage::new(Settings::new(RATE));
        let nodes = stage.edit(None, |edit| {
            (0..count)
                .map(|_| edit.add(NodeSpec { gain: 0.01, ..NodeSpec::new(Sound::new(factory.clone())) }))
                .collect()
        });
        Self { stage, processor, nodes: nodes.expect("there is room").0, output: Buffer::new(2, BLOCK) }
    }

    fn block(&mut self) {
        let input = Buffer::new(0, BLOCK);
        self.processor.process(input.head(BLOCK), self.output.head_mut(BLOCK));
        black_box(&self.output);
    }

    fn run(&mut self) {
        (0..BLOCKS).for_each(|_| self.block());
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn timed(run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    begun.elapsed().as_secs_f64()
}

fn overhead(factory: &Arc<dyn DspFactory>) {
    for count in [1, 32, 200] {
        let (mut alone, mut staged) = (Alone::new(factory.as_ref(), count), Staged::new(factory, count));
        alone.run();
        staged.run();
        let rounds = (0..ROUNDS).map(|_| [timed(|| alone.run()), timed(|| staged.run())]);
        let (alone, staged): (Vec<f64>, Vec<f64>) = rounds.map(|[alone, staged]| (alone, staged)).unzip();
        let (alone, staged) = (median(alone), median(staged));
        let sound = (BLOCK * BLOCKS) as f64 / f64::from(RATE);
        println!(
            "host/{count} nodes: alone {:.1} ns a node and frame, staged {:.1}, added {:.1} %; {:.0} nodes fill a core",
            alone * 1e9 / (BLOCK * BLOCKS * count) as f64,
            staged * 1e9 / (BLOCK * BLOCKS * count) as f64,
            (staged / alone - 1.0) * 100.0,
            count as f64 * sound / staged
        );
    }
}

/// Events on one node with many voices: how many a second of sound could hold.
fn events(factory: &Arc<dyn DspFactory>) {
    let mut staged = Staged::new(factory, 1);
    let node = staged.nodes[0];
    let rounds = (0..ROUNDS).map(|_| {
        let now = staged.stage.now().0;
        for at in 0..10_000 {
            let when = When::at(Frame(now + at * (BLOCK * BLOCKS) as u64 / 10_000));
            staged.stage.set(node, 0, 100.0 + at as f64 / 100.0, when).expect("there is room");
        }
        let with = timed(|| staged.run());
        (with - timed(|| staged.run())) / 10_000.0
    });
    println!("host/an event: {:.0} ns", median(rounds.collect()) * 1e9);
}

/// From the call that replaces a program, without compiling it, to the block in which the new one sounds.
fn edits(factory: &Arc<dyn DspFactory>) {
    let mut staged = Staged::new(factory, 100);
    let mut longest = Duration::ZERO;
    let rounds = (0..ROUNDS * 10).map(|at| {
        let (node, sound) = (staged.nodes[at % 100], Sound::new(factory.clone()));
        let edit = timed(|| {
            staged.stage.edit(None, |edit| edit.replace(node, sound, 0.02)).expect("there is room");
        });
        let begun = Instant::now();
        staged.block();
        longest = longest.max(begun.elapsed());
        (0..20).for_each(|_| staged.block());
        edit
    });
    let edit = median(rounds.collect());
    println!(
        "host/replace one of 100 nodes: {:.0} us, longest block {:.0} us",
        edit * 1e6,
        longest.as_secs_f64() * 1e6
    );
}

/// Many voices of one node.
fn voices(factory: &Arc<dyn DspFactory>) {
    let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
    let names = factory.ports().controls.len();
    let sound = Sound { voices: 64, roles: vec![(names - 1, Role::Gate)], ..Sound::new(factory.clone()) };
    let node =
        stage.edit(None, |edit| edit.add(NodeSpec { gain: 0.01, ..NodeSpec::new(sound) })).expect("room").0;
    (0..64).for_each(|at| stage.press(node, NoteId(at), [40.0, 1.0], false, When::NOW).expect("room"));
    let (input, mut output) = (Buffer::new(0, BLOCK), Buffer::new(2, BLOCK));
    let mut run = || (0..BLOCKS).for_each(|_| processor.process(input.head(BLOCK), output.head_mut(BLOCK)));
    run();
    let time = median((0..ROUNDS).map(|_| timed(&mut run)).collect());
    let sound = (BLOCK * BLOCKS) as f64 / f64::from(RATE);
    println!("host/64 voices of one node: {:.0} voices fill a core", 64.0 * sound / time);
}

fn main() {
    let factory = acid();
    overhead(&factory);
    voices(&factory);
    events(&factory);
    edits(&factory);
}
