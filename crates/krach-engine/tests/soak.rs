//! An evening of playing in short: a thousand random edits while more than thirty nodes sound. Nothing steps, nothing is
//! allocated on the audio thread, and all that was lent comes home.

mod counting;
mod toys;

use counting::counted;
use krach_abi::{Buffer, Frame};
use krach_engine::{
    Automation, NodeId, NodeSpec, NoteId, Out, Processor, Receipt, RouteId, RouteSpec, Shape, Sound, Stage,
    StageError, When,
};
use std::sync::Arc;
use toys::{AMP, Dice, FREQ, GATE, Toy, ToyFactory, settings};

const NODES: usize = 32;
/// The level of each node, so that all of them together stay far below the limiter.
const LEVEL: f64 = 1.0 / 256.0;
/// The largest part of a node's level that a cosine of 10 Hz moves in one frame, and that a fade of 960 frames does.
const OWN: f64 = std::f64::consts::TAU * 10.0 / 48_000.0;
const RAMP: f64 = 2.0 / 960.0 * 1.8;

/// A performance that goes on and on.
struct Evening {
    stage: Stage,
    processor: Processor,
    dice: Dice,
    nodes: Vec<NodeId>,
    effects: Vec<NodeId>,
    routes: Vec<RouteId>,
    factories: Vec<Arc<dyn krach_abi::DspFactory>>,
    output: Buffer<f32>,
    last: [f32; 2],
    step: f32,
    power: f64,
    allocations: usize,
    snapshots: usize,
}

impl Evening {
    fn new(seed: u64) -> Self {
        let (stage, processor) = Stage::new(settings());
        Self {
            stage,
            processor,
            dice: Dice(seed),
            nodes: Vec::new(),
            effects: Vec::new(),
            routes: Vec::new(),
            factories: Vec::new(),
            output: Buffer::new(2, 1_024),
            last: [0.0; 2],
            step: 0.0,
            power: 0.0,
            allocations: 0,
            snapshots: 0,
        }
    }

    fn sound(&mut self, weight: usize) -> Sound {
        let sound = ToyFactory::heavy(Toy::Cosine, weight).instrument(1);
        self.factories.push(sound.factory.clone());
        sound
    }

    fn add(&mut self) -> Result<(), StageError> {
        let sound = self.sound(0);
        let spec = NodeSpec { gain: 0.0, ..NodeSpec::new(sound) };
        let node = self.stage.edit(None, |edit| edit.add(spec))?.0;
        self.stage.set(node, FREQ as u16, 1.0 + self.dice.below(9) as f64, When::NOW)?;
        self.stage.set(node, AMP as u16, 1.0, When::NOW)?;
        self.stage.set(node, GATE as u16, 1.0, When::NOW)?;
        self.stage.gain(node, LEVEL, 0.02, When::NOW)?;
        self.nodes.push(node);
        Ok(())
    }

    fn effect(&mut self) -> Result<(), StageError> {
        let sound = ToyFactory::new(Toy::Through { inputs: 2, outputs: 2 }).sound();
        self.factories.push(sound.factory.clone());
        self.effects.push(self.stage.edit(None, |edit| edit.add(NodeSpec::new(sound)))?.0);
        Ok(())
    }

    fn change(&mut self) -> Result<(), StageError> {
        let node = self.nodes[self.dice.below(self.nodes.len())];
        let effects = [self.effects[0], self.effects[self.dice.below(self.effects.len())]];
        match self.dice.below(11) {
            0 if self.nodes.len() < 2 * NODES => self.add()?,
            1 if self.nodes.len() > NODES => {
                self.nodes.retain(|other| *other != node);
                self.stage.edit(None, |edit| edit.remove(node))?;
            }
            2 | 3 => {
                let weight = [0, 200_000][self.dice.below(2)];
                let sound = self.sound(weight);
                self.stage.edit(None, |edit| edit.replace(node, sound, 0.02))?;
            }
            4 if self.routes.len() < NODES => {
                let spec = RouteSpec { level: 0.5, ..RouteSpec::default() };
                self.routes.push(self.stage.edit(None, |edit| edit.route(node, effects[1], spec))?.0);
            }
            5 if !self.routes.is_empty() => {
                let route = self.routes.remove(self.dice.below(self.routes.len()));
                match self.stage.edit(None, |edit| edit.unroute(route)) {
                    // It went with its node.
                    Err(StageError::NoRoute(_)) => {}
                    done => drop(done?),
                }
            }
            6 => self.stage.gain(node, LEVEL * self.dice.below(3) as f64 / 2.0, 0.02, When::NOW)?,
            7 => self.stage.mute(node, self.dice.below(2) == 0, 0.02, When::NOW)?,
            8 => {
                let out = [Out::Master, Out::Nowhere, Out::Node(effects[1])][self.dice.below(3)];
                self.stage.edit(None, |edit| edit.out(node, out))?;
            }
            9 if self.dice.below(3) == 0 => {
                self.snapshots += self.stage.snapshots().len();
                self.stage.snapshot()?;
            }
            9 => {}
            _ if effects[0] == effects[1] => {}
            _ if self.routes.len() >= NODES => {}
            // Circles of effects are refused.
            _ => match self.stage.edit(None, |edit| {
                edit.route(effects[0], effects[1], RouteSpec { level: 0.1, ..RouteSpec::default() })
            }) {
                Err(StageError::Cycle(path)) => assert!(path.len() > 2),
                done => self.routes.push(done?.0),
            },
        }
        Ok(())
    }

    /// Counts the programs that took the place of others, and frees what is not used any more.
    fn heard(&mut self, swaps: &mut usize) {
        let carries = |receipt: &&Receipt| matches!(receipt, Receipt::Swapped { carries: true, .. });
        *swaps += self.stage.receipts().iter().filter(carries).count();
        self.factories.retain(|factory| Arc::strong_count(factory) > 1);
    }

    fn play(&mut self, frames: usize) {
        let input = Buffer::new(0, frames);
        let block = || self.processor.process(input.head(frames), self.output.head_mut(frames));
        self.allocations += counted(block).0;
        for (channel, last) in self.last.iter_mut().enumerate() {
            for &sample in &self.output.channel(channel)[..frames] {
                self.step = self.step.max((sample - *last).abs());
                self.power += f64::from(sample * sample);
                *last = sample;
            }
        }
    }
}

#[test]
fn a_thousand_random_edits_neither_step_nor_allocate() {
    let mut evening = Evening::new(7);
    (0..4).for_each(|_| evening.effect().expect("there is room"));
    (0..NODES).for_each(|_| evening.add().expect("there is room"));
    // The long version plays for an hour.
    let hour = std::env::var_os("KRACH_FULL").is_some();
    let (least, mut edits) = (Frame(if hour { 3_600 * 48_000 } else { 0 }), 0);
    let mut swaps = 0;
    while edits < 1_000 || evening.processor.now() < least {
        evening.change().expect("a valid edit");
        edits += 1;
        let frames = 1 + evening.dice.below(1_000);
        evening.play(frames);
        // As a session does, now and then.
        if edits % 100 == 0 {
            evening.heard(&mut swaps);
        }
    }
    evening.heard(&mut swaps);
    assert!(evening.power.sqrt() > 1.0 && evening.nodes.len() >= NODES);
    assert_eq!(evening.allocations, 0);
    assert!(evening.snapshots > 20, "{}", evening.snapshots);
    assert!(swaps > 100, "{swaps}");
    assert_eq!((evening.stage.stats().late, evening.stage.stats().lost), (0, 0));
    // Each node reaches the master by a few ways at once: itself, and the effects.
    let nodes = evening.nodes.len() as f64;
    let most = LEVEL * (nodes * OWN * 4.0 + 4.0 * RAMP);
    assert!(most < LEVEL, "a node that stops at once would not be seen");
    assert!(f64::from(evening.step) < most, "a step of {}, {most} allowed", evening.step);
    // Everything that was lent comes home and is freed.
    for node in evening.nodes.clone().into_iter().chain(evening.effects.clone()) {
        evening.stage.edit(None, |edit| edit.remove(node)).expect("it is there");
    }
    // Edits wait for the copies before them.
    (0..200).for_each(|_| evening.play(1_000));
    evening.stage.receipts();
    evening.stage.snapshots();
    assert_eq!(evening.last, [0.0; 2]);
    let held = evening.factories.iter().filter(|factory| Arc::strong_count(factory) > 1).count();
    assert_eq!(held, 0, "of {}", evening.factories.len());
}

#[test]
fn memory_is_flat_after_ten_thousand_nodes() {
    let mut evening = Evening::new(3);
    let mut live = Vec::new();
    for round in 0..10_000 {
        evening.add().expect("places are free again");
        let node = evening.nodes.remove(0);
        evening.stage.edit(None, |edit| edit.remove(node)).expect("it is there");
        evening.play(1_000);
        evening.stage.receipts();
        evening.factories.retain(|factory| Arc::strong_count(factory) > 1);
        if round % 1_000 == 999 {
            live.push(evening.factories.len());
        }
    }
    assert!(live.iter().all(|&count| count < 4), "{live:?}");
}

#[test]
fn events_and_automations_allocate_nothing() {
    let mut evening = Evening::new(5);
    (0..NODES).for_each(|_| evening.add().expect("there is room"));
    let sound = ToyFactory::new(Toy::Cosine).instrument(8);
    let poly = evening.stage.edit(None, |edit| edit.add(NodeSpec::new(sound))).expect("there is room").0;
    let sine =
        Automation { shape: Shape::Sine, lo: 0.0, hi: 1.0, origin: Frame(0), period: 9_000.0, repeats: true };
    evening.stage.edit(None, |edit| edit.automate(poly, AMP as u16, Some(sine), 0.01)).expect("a control");
    for round in 0..200_u64 {
        let now = evening.stage.now().0;
        for note in 0..40 {
            let (id, at) = (NoteId(round * 100 + note), now + note * 13);
            let group = 1 + (note % 3) as u32;
            let when = |frame| When { frame: Frame(frame), group };
            evening.stage.press(poly, id, [40.0 + note as f64, 0.01], false, when(at)).expect("room");
            evening.stage.release(poly, id, when(at + 300)).expect("room");
        }
        if round % 5 == 0 {
            evening.stage.revoke(1 + (round % 3) as u32, Frame(now + 100)).expect("room");
        }
        evening.play(500);
    }
    assert_eq!(evening.allocations, 0);
    assert!(evening.power > 0.0);
}
