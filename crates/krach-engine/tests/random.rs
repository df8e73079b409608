//! Random performances: no sample depends on the size of blocks, and a snapshot goes on as the stage does.

mod toys;

use krach_abi::Frame;
use krach_engine::{
    Automation, NodeId, NodeSpec, NoteId, Out, Processor, RouteId, RouteSpec, Settings, Shape, Sound, Stage,
    StageError, When,
};
use toys::{AMP, Dice, FREQ, GATE, SIZES, Toy, ToyFactory, device, listen, settings};

/// Frames in which the actions of one part happen.
const PART: usize = 4_000;

/// What a performance knows of its stage.
struct Player {
    dice: Dice,
    nodes: Vec<NodeId>,
    effects: Vec<NodeId>,
    routes: Vec<RouteId>,
    notes: u64,
}

impl Player {
    fn new(seed: u64) -> Self {
        Self { dice: Dice(seed), nodes: Vec::new(), effects: Vec::new(), routes: Vec::new(), notes: 0 }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.dice.below(from.len())]
    }

    fn value(&mut self) -> f64 {
        self.dice.below(1_000) as f64 / 1_000.0
    }

    fn instrument(&mut self) -> Sound {
        let (voices, weight) = (self.pick(&[1, 1, 3, 8]), self.pick(&[0, 0, 40_000, 150_000]));
        ToyFactory::heavy(Toy::Cosine, weight).instrument(voices)
    }

    fn effect(&mut self) -> Sound {
        let (outputs, weight) = (self.pick(&[1, 2, 4]), self.pick(&[0, 50_000]));
        ToyFactory::heavy(Toy::Through { inputs: 2, outputs }, weight).sound()
    }

    /// One edit, on a frame.
    fn edit(&mut self, stage: &mut Stage, at: Frame) -> Result<(), StageError> {
        let (kind, seconds) = (self.dice.below(9), self.value() / 20.0);
        let instrument = (self.nodes.is_empty() || kind == 0).then(|| self.instrument());
        if let Some(sound) = instrument {
            let spec = NodeSpec { gain: 0.1, pan: self.value() - 0.5, ..NodeSpec::new(sound) };
            self.nodes.push(stage.edit(Some(at), |edit| edit.add(spec))?.0);
            return Ok(());
        }
        if self.effects.is_empty() || kind == 1 {
            let spec = NodeSpec { gain: 0.3, ..NodeSpec::new(self.effect()) };
            self.effects.push(stage.edit(Some(at), |edit| edit.add(spec))?.0);
            return Ok(());
        }
        let (nodes, effects) = (self.nodes.clone(), self.effects.clone());
        let (node, effect) = (self.pick(&nodes), self.pick(&effects));
        match kind {
            2 => {
                let sound = self.instrument();
                stage.edit(Some(at), |edit| edit.replace(node, sound, seconds))?;
            }
            3 => {
                let sound = self.effect();
                stage.edit(Some(at), |edit| edit.replace(effect, sound, seconds))?;
            }
            4 => {
                let (level, pre) = (self.value(), self.dice.below(2) == 0);
                let port = self.pick(&[None, Some(0), Some(1)]);
                let source = if self.dice.below(3) == 0 { self.pick(&effects) } else { node };
                let spec = RouteSpec { port, level, pre };
                self.routes.push(stage.edit(Some(at), |edit| edit.route(source, effect, spec))?.0);
            }
            5 if !self.routes.is_empty() => {
                let route = self.routes.remove(self.dice.below(self.routes.len()));
                stage.edit(Some(at), |edit| edit.unroute(route))?;
            }
            6 => {
                let out = self.pick(&[Out::Master, Out::Nowhere, Out::Node(effect), device(&[1, 2])]);
                stage.edit(Some(at), |edit| edit.out(node, out))?;
            }
            7 => {
                let shape = Shape::ALL[self.dice.below(Shape::ALL.len())];
                let (lo, hi, repeats) = (self.value(), self.value(), self.dice.below(2) == 0);
                let period = 1.0 + self.value() * 5_000.0;
                let moves = Automation { shape, lo, hi, origin: at, period, repeats };
                let moves = (self.dice.below(4) > 0).then_some(moves);
                stage.edit(Some(at), |edit| edit.automate(node, AMP as u16, moves, seconds))?;
            }
            8 => {
                let soloed = if self.dice.below(2) == 0 { vec![node] } else { Vec::new() };
                stage.edit(Some(at), |edit| edit.solo(&soloed))?;
            }
            _ if nodes.len() > 2 => {
                self.nodes.retain(|other| *other != node);
                stage.edit(Some(at), |edit| edit.remove(node))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// One event, on a frame.
    fn event(&mut self, stage: &mut Stage, frame: Frame) -> Result<(), StageError> {
        let when = When { frame, group: self.dice.below(4) as u32 };
        let nodes = self.nodes.clone();
        let (node, value) = (self.pick(&nodes), self.value());
        let seconds = self.value() / 20.0;
        match self.dice.below(14) {
            0..6 => {
                self.notes += 1;
                let (note, held) = (NoteId(self.notes), self.dice.below(2_000));
                let key = 40.0 + self.dice.below(40) as f64;
                stage.press(node, note, [key, value], self.dice.below(4) == 0, when)?;
                stage.release(node, note, When { frame: frame.after(held), ..when })
            }
            6 => stage.set(node, FREQ as u16, 100.0 + value * 900.0, when),
            7 => stage.set_note(node, NoteId(self.notes), AMP as u16, value, when),
            8 => stage.fade(node, AMP as u16, value, seconds, when),
            9 => stage.gain(node, value / 5.0, seconds, when),
            10 => stage.pan(node, value * 2.0 - 1.0, seconds, when),
            11 => stage.mute(node, self.dice.below(3) == 0, seconds, when),
            12 if !self.routes.is_empty() => {
                let routes = self.routes.clone();
                stage.level(self.pick(&routes), value, seconds, when)
            }
            12 => stage.reset(node, when),
            _ if self.dice.below(4) == 0 => stage.set(node, GATE as u16, value.round(), when),
            _ => stage.master(0.5 + value / 2.0, seconds, when),
        }
    }

    /// Sends the actions of some frames; an edit or event that is refused is left out.
    fn act(&mut self, stage: &mut Stage, start: Frame, frames: usize) {
        let mut at: Vec<usize> = (0..60).map(|_| self.dice.below(frames)).collect();
        at.sort_unstable();
        for at in at {
            let frame = start.after(at);
            // Routes and nodes that went with others, circles, and ports that a program has lost.
            let edits = self.nodes.is_empty() || self.dice.below(4) == 0;
            let _ = if edits { self.edit(stage, frame) } else { self.event(stage, frame) };
            if self.dice.below(25) == 0 {
                stage.revoke(self.dice.below(4) as u32, frame).expect("there is room");
            }
        }
    }
}

fn begun(seed: u64) -> (Player, Stage, Processor) {
    let (mut player, (mut stage, processor)) =
        (Player::new(seed), Stage::new(Settings { block: 200, ..settings() }));
    player.act(&mut stage, Frame(0), PART);
    (player, stage, processor)
}

#[test]
fn random_performances_do_not_depend_on_the_size_of_blocks() {
    for seed in 0..40 {
        let heard = |sizes: &[usize]| {
            let (_player, stage, mut processor) = begun(seed);
            let heard = listen(&mut processor, PART + 2_000, sizes);
            (heard, stage.stats().limited)
        };
        let whole = heard(&[6_000]);
        assert!(whole.0.iter().flatten().all(|sample| sample.is_finite()));
        for sizes in [SIZES[1], SIZES[3], SIZES[6]] {
            let (heard, limited) = heard(sizes);
            let differs = |side: usize| heard[side].iter().zip(&whole.0[side]).position(|(a, b)| a != b);
            assert_eq!([differs(0), differs(1)], [None; 2], "seed {seed}, blocks of {sizes:?}");
            assert_eq!(limited, whole.1);
        }
    }
}

#[test]
fn a_snapshot_of_a_random_performance_goes_on_bit_for_bit() {
    let mut loud = 0;
    for seed in 100..140 {
        let (mut player, mut stage, mut processor) = begun(seed);
        listen(&mut processor, PART, &[64]);
        stage.snapshot().expect("there is room");
        let mut waited = 0;
        let mut copy = loop {
            listen(&mut processor, 1, &[1]);
            if let Some(copy) = stage.snapshots().pop() {
                break copy;
            }
            waited += 1;
            assert!(waited < 100_000, "seed {seed}: the copy comes home");
        };
        listen(&mut copy.processor, 1, &[1]);
        assert_eq!(copy.stage.now(), stage.now());
        // Both are played on in the same way.
        let mut again = Player {
            dice: Dice(player.dice.0),
            nodes: player.nodes.clone(),
            effects: player.effects.clone(),
            routes: player.routes.clone(),
            notes: player.notes,
        };
        let start = stage.now();
        player.act(&mut stage, start.after(1), PART);
        again.act(&mut copy.stage, start.after(1), PART);
        assert_eq!(player.dice.0, again.dice.0, "seed {seed}: the same edits are refused");
        let live = listen(&mut processor, PART + 1_000, &[64]);
        let copied = listen(&mut copy.processor, PART + 1_000, SIZES[6]);
        for (live, copied) in live.iter().zip(&copied) {
            let differs = live.iter().zip(copied).position(|(a, b)| a != b);
            assert_eq!(differs, None, "seed {seed}");
        }
        loud += usize::from(live[0].iter().any(|sample| sample.abs() > 1e-3));
    }
    assert!(loud > 30, "{loud} of 40 sound");
}
