//! The time that the stage adds to the programs it plays, at blocks of 64 frames, in turn with the programs alone; then
//! the size of things: voices, events, nodes, routes, edits, and the time from an edit to its sound.
//!
//! Each figure is the least of many short rounds: what else runs on the machine only makes rounds longer.

use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Precision, Role, Seed, VoiceIo};
use krach_codegen::{Spec, compile};
use krach_diag::Source;
use krach_engine::{NodeId, NodeSpec, NoteId, Out, Processor, RouteSpec, Settings, Sound, Stage, When};
use krach_ir::{ProgramBuilder, parse};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
const BLOCK: usize = 64;
const ROUNDS: usize = 60;
const BLOCKS: usize = 40;
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
        Self::on_threads(factory, count, 1)
    }

    fn on_threads(factory: &Arc<dyn DspFactory>, count: usize, threads: usize) -> Self {
        let (mut stage, processor) = Stage::new(Settings { threads, ..Settings::new(RATE) });
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

fn least(times: impl IntoIterator<Item = f64>) -> f64 {
    times.into_iter().fold(f64::INFINITY, f64::min)
}

fn timed(run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    begun.elapsed().as_secs_f64()
}

/// The nodes of [`overhead`] on several threads.
fn threads(factory: &Arc<dyn DspFactory>) {
    for threads in [1, 2] {
        let mut staged = Staged::on_threads(factory, 200, threads);
        staged.run();
        let time = least((0..ROUNDS).map(|_| timed(|| staged.run())));
        let sound = (BLOCK * BLOCKS) as f64 / f64::from(RATE);
        println!("host/{threads} threads: {:.0} nodes in real time", 200.0 * sound / time);
    }
}

fn overhead(factory: &Arc<dyn DspFactory>) {
    for count in [1, 32, 200] {
        let (mut alone, mut staged) = (Alone::new(factory.as_ref(), count), Staged::new(factory, count));
        alone.run();
        staged.run();
        let rounds = (0..ROUNDS).map(|_| [timed(|| alone.run()), timed(|| staged.run())]);
        let (alone, staged): (Vec<f64>, Vec<f64>) = rounds.map(|[alone, staged]| (alone, staged)).unzip();
        let (alone, staged) = (least(alone), least(staged));
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

/// Events of one round: about 100,000 in a second of sound.
const EVENTS: u64 = 5_000;

/// Events on one node, each on a frame of its own.
fn events(factory: &Arc<dyn DspFactory>) {
    let mut staged = Staged::new(factory, 1);
    let node = staged.nodes[0];
    let (mut with, mut without) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let now = staged.stage.now().0;
        for at in 0..EVENTS {
            let when = When::at(Frame(now + at * (BLOCK * BLOCKS) as u64 / EVENTS));
            staged.stage.set(node, 0, 100.0 + at as f64 / 100.0, when).expect("there is room");
        }
        with = with.min(timed(|| staged.run()));
        without = without.min(timed(|| staged.run()));
    }
    let event = (with - without) / EVENTS as f64;
    println!("host/an event: {:.0} ns; 100,000 a second take {:.1} % of a core", event * 1e9, event * 1e7);
}

/// From the call that replaces a program, without compiling it, to the block in which the new one sounds.
fn edits(factory: &Arc<dyn DspFactory>) {
    let mut staged = Staged::new(factory, 100);
    let mut longest = Duration::ZERO;
    let rounds = (0..ROUNDS).map(|at| {
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
    let edit = least(rounds);
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
    let time = least((0..ROUNDS).map(|_| timed(&mut run)));
    let sound = (BLOCK * BLOCKS) as f64 / f64::from(RATE);
    println!("host/64 voices of one node: {:.0} voices fill a core", 64.0 * sound / time);
}

/// A constant, or an input as it is.
fn plain(through: bool) -> Sound {
    let mut b = ProgramBuilder::new("plain");
    let sig = if through { b.input("in") } else { b.real(0.001).expect("a number") };
    b.output("out", sig).expect("its own signal");
    let program = b.finish().expect("a valid program");
    Sound::new(compile(&program, &Spec::new(RATE, Precision::Single)).expect("it compiles"))
}

/// A thousand small nodes, without and with ten routes each.
fn crowd() {
    let (constant, through) = (plain(false), plain(true));
    for sinks in [0, 10] {
        let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
        let made = stage.edit(None, |edit| {
            let sinks = (0..sinks).map(|_| edit.add(NodeSpec::new(through.clone())));
            let sinks = sinks.collect::<Result<Vec<_>, _>>()?;
            for _ in 0..1_000 {
                let out = if sinks.is_empty() { Out::Master } else { Out::Nowhere };
                let node = edit.add(NodeSpec { out, gain: 0.001, ..NodeSpec::new(constant.clone()) })?;
                for &sink in &sinks {
                    edit.route(node, sink, RouteSpec::default())?;
                }
            }
            Ok(())
        });
        made.expect("there is room");
        let (input, mut output) = (Buffer::new(0, BLOCK), Buffer::new(2, BLOCK));
        let mut block = || processor.process(input.head(BLOCK), output.head_mut(BLOCK));
        (0..20).for_each(|_| block());
        let time = least((0..ROUNDS * 4).map(|_| timed(&mut block)));
        let share = time * f64::from(RATE) / BLOCK as f64 * 100.0;
        println!("host/1,000 nodes and {} routes: {share:.1} % of a core", sinks * 1_000);
    }
}

fn main() {
    let factory = acid();
    overhead(&factory);
    threads(&factory);
    crowd();
    voices(&factory);
    events(&factory);
    edits(&factory);
}
