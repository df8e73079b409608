//! A patch heard off-line: the same stage and the same conductor as live, on a clock that does not wait.

mod placed;

use crate::audition::Stop;
use crate::conductor::{Act, Conductor, Cue};
use crate::patch::{Driver, Knob, Name, Named, Out, Patch};
use krach_abi::{Buffer, Frame};
use krach_diag::{Code, Diagnostic};
use krach_engine::{
    Automation, Edits, Processor, RouteId, RouteSpec, Settings, Shape, Stage, StageError, When,
};
use krach_store::Cache;
use placed::{Placed, place};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How a patch is rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixdown {
    pub frames: usize,
    /// In Hz.
    pub sample_rate: u32,
    /// The most frames computed at once; the samples do not depend on it.
    pub block: usize,
}

/// The length of the way to a level that a pattern sets.
const STEP_SECONDS: f64 = 0.005;

fn refused(error: &StageError) -> Diagnostic {
    Diagnostic::error(Code::Routing, error.to_string())
}

/// Renders a patch from cycle 0 into two channels.
///
/// # Errors
/// Those of compiling; `KR0803` and `KR0804` for a pattern that cannot be asked, with its path.
pub(crate) fn mixdown(
    cache: &Cache,
    patch: &Patch,
    how: Mixdown,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, Stop> {
    let mut performance = Performance::new(cache, patch, how)?;
    let mut outputs: Vec<_> = (0..2).map(|_| Vec::with_capacity(how.frames)).collect();
    let block = how.block.clamp(1, 4096);
    let (input, mut output) = (Buffer::<f32>::new(0, block), Buffer::<f32>::new(2, block));
    while outputs[0].len() < how.frames {
        let count = block.min(how.frames - outputs[0].len());
        // One block ahead: a gate closes on the frame before it opens again.
        performance.prepare(outputs[0].len() + 2 * block)?;
        performance.processor.process(input.head(count), output.head_mut(count));
        for (channel, samples) in outputs.iter_mut().enumerate() {
            samples.extend_from_slice(&output.head(count).channel(channel)[..count]);
        }
        performance.stage.receipts();
        if progress(outputs[0].len()).is_break() {
            return Err(Stop::Cancelled);
        }
    }
    Ok(outputs)
}

/// A patch on a stage.
struct Performance<'p> {
    patch: &'p Patch,
    stage: Stage,
    processor: Processor,
    nodes: BTreeMap<Name, Placed>,
    routes: BTreeMap<(Name, Name), RouteId>,
    conductor: Conductor,
}

impl<'p> Performance<'p> {
    fn new(cache: &Cache, patch: &'p Patch, how: Mixdown) -> Result<Self, Diagnostic> {
        let settings = Settings { block: how.block.clamp(1, 4096), ..Settings::new(how.sample_rate) };
        let (mut stage, processor) = Stage::new(settings);
        let sounds = patch
            .nodes()
            .map(|(name, node)| Ok((name.clone(), placed::sounds(cache, node, how.sample_rate)?)))
            .collect::<Result<Vec<_>, Diagnostic>>()?;
        let mut routes = BTreeMap::new();
        let (nodes, _) = stage
            .edit(None, |edits| {
                let mut nodes = BTreeMap::new();
                for (name, sounds) in sounds {
                    let node = patch.node(&name).expect("it was listed");
                    nodes.insert(name, place(edits, node, sounds)?);
                }
                lead(edits, patch, &nodes, &mut routes)?;
                Ok(nodes)
            })
            .map_err(|error| refused(&error))?;
        let conductor = Conductor::new(patch, how.sample_rate)?;
        let mut performance = Self { patch, stage, processor, nodes, routes, conductor };
        performance.begin().map_err(|error| refused(&error))?;
        Ok(performance)
    }

    /// Values and shapes that hold from the first frame on.
    fn begin(&mut self) -> Result<(), StageError> {
        let settings = self.patch.settings();
        self.stage.master(settings.master, 0.0, When::NOW)?;
        if !settings.limiter {
            self.stage.limiter(false, When::NOW)?;
        }
        for (name, node) in self.patch.nodes() {
            let placed = &self.nodes[name];
            for (control, &value) in &node.values {
                if let Some((id, number)) = placed.control(control) {
                    self.stage.set(id, number, value, When::NOW)?;
                }
            }
        }
        for (path, driver) in self.patch.drivers() {
            let (Driver::Modulation(shape), Ok(Named::Knob(Knob::Control(name, control)))) =
                (driver, self.patch.named(path))
            else {
                continue;
            };
            let Some((id, number)) = self.nodes[&name].control(&control) else { continue };
            #[allow(clippy::cast_precision_loss)]
            let period =
                self.conductor.timeline().frame(shape.bars).map_or(1.0, |frame| frame.0.max(1) as f64);
            let (lo, hi, origin) = (shape.lo, shape.hi, Frame(0));
            let automation = Automation { shape: form(shape.shape), lo, hi, origin, period, repeats: true };
            self.stage.edit(None, |edits| edits.automate(id, number, Some(automation), 0.0))?;
        }
        Ok(())
    }

    /// Sends everything that happens before a frame.
    fn prepare(&mut self, until: usize) -> Result<(), Diagnostic> {
        let frame = Frame::default().after(until);
        let time = Diagnostic::error(Code::PatternTime, "this moment needs more than 64 bits");
        let cycle = self.conductor.timeline().cycle(frame).map_err(|_| time)?;
        let cues = self.conductor.advance(cycle).map_err(|(path, error)| {
            let mut report = error.diagnostic();
            report.message = format!("`{path}`: {}", report.message);
            report
        })?;
        cues.iter().try_for_each(|cue| self.act(cue).map_err(|error| refused(&error)))
    }

    fn act(&mut self, cue: &Cue) -> Result<(), StageError> {
        let when = When::at(cue.frame);
        match &cue.act {
            Act::Press { note, gate, hertz, velocity, params, tied } => {
                let Some(placed) = self.nodes.get_mut(&cue.path) else { return Ok(()) };
                let given = params.iter().filter_map(|(name, value)| Some((placed.control(name)?, *value)));
                let given: Vec<_> = given.collect();
                let (id, poly) = (placed.voice, placed.voices > 1);
                if **gate != *"gate" {
                    for ((id, number), value) in
                        given.into_iter().chain(placed.control(gate).map(|gate| (gate, 1.0)))
                    {
                        self.stage.set(id, number, value, when)?;
                    }
                    return Ok(());
                }
                let key = placed.key_of(*hertz);
                for &((id, number), value) in given.iter().filter(|((owner, _), _)| !poly || *owner != id) {
                    self.stage.set(id, number, value, when)?;
                }
                self.stage.press(id, *note, [key, *velocity], *tied, when)?;
                for &((_, number), value) in given.iter().filter(|((owner, _), _)| poly && *owner == id) {
                    self.stage.set_note(id, *note, number, value, when)?;
                }
                Ok(())
            }
            Act::Release { note, gate, tied } => {
                let Some(placed) = self.nodes.get_mut(&cue.path) else { return Ok(()) };
                if **gate != *"gate" {
                    let gate = placed.control(gate);
                    return gate.map_or(Ok(()), |(id, number)| self.stage.set(id, number, 0.0, when));
                }
                // What ties a note to the next ends when that one has begun.
                let when = if *tied { When::at(cue.frame.after(1)) } else { when };
                self.stage.release(placed.voice, *note, when)
            }
            Act::Set { control, value } => {
                let path = match control {
                    None => cue.path.clone(),
                    Some(path) if path.contains('/') => path.clone(),
                    Some(control) => format!("{}/{control}", cue.path).into(),
                };
                self.turn(&path, *value, when)
            }
            Act::Follow { curve, backwards, cycles } => {
                let Ok(Named::Knob(Knob::Control(name, control))) = self.patch.named(&cue.path) else {
                    return Ok(());
                };
                let Some((id, number)) = self.nodes[&name].control(&control) else { return Ok(()) };
                let timeline = self.conductor.timeline();
                let end = timeline.cycle(cue.frame).and_then(|start| timeline.frame(start.plus(*cycles)?));
                #[allow(clippy::cast_precision_loss)]
                let period = end.map_or(1.0, |end| end.since(cue.frame).max(1) as f64);
                let (shape, mut ends) = (form(curve.shape), [curve.lo.get(), curve.hi.get()]);
                let shape = match (shape, backwards) {
                    (Shape::Ramp, true) => Shape::RampDown,
                    (Shape::RampDown, true) => Shape::Ramp,
                    (Shape::Sine | Shape::Square, true) => {
                        ends.reverse();
                        shape
                    }
                    _ => shape,
                };
                let (origin, [lo, hi]) = (cue.frame, ends);
                let automation = Automation { shape, lo, hi, origin, period, repeats: false };
                self.stage
                    .edit(Some(origin), |edits| edits.automate(id, number, Some(automation), 0.0))
                    .map(drop)
            }
            Act::Midi(_) | Act::ControlChange(_) | Act::Osc { .. } => Ok(()),
        }
    }

    /// Sets a knob on a frame. A name that nothing has is passed over: the patch warned of it.
    fn turn(&mut self, path: &str, value: f64, when: When) -> Result<(), StageError> {
        let Ok(Named::Knob(knob)) = self.patch.named(path) else { return Ok(()) };
        match knob {
            Knob::Control(name, control) => match self.nodes[&name].control(&control) {
                Some((id, number)) => self.stage.set(id, number, value, when),
                None => Ok(()),
            },
            Knob::Gain(name) => self.stage.gain(self.nodes[&name].end, value.max(0.0), STEP_SECONDS, when),
            Knob::Pan(name) => {
                self.stage.pan(self.nodes[&name].end, value.clamp(-1.0, 1.0), STEP_SECONDS, when)
            }
            Knob::Send(source, target) => match self.routes.get(&(source, target)) {
                Some(&route) => self.stage.level(route, value.max(0.0), STEP_SECONDS, when),
                None => Ok(()),
            },
            Knob::Master => self.stage.master(value.max(0.0), STEP_SECONDS, when),
            // The tempo of an off-line render is that of the patch.
            Knob::Tempo => Ok(()),
        }
    }
}

/// Outputs, routes and the solo of a patch.
fn lead(
    edits: &mut Edits<'_>,
    patch: &Patch,
    nodes: &BTreeMap<Name, Placed>,
    routes: &mut BTreeMap<(Name, Name), RouteId>,
) -> Result<(), StageError> {
    for (name, node) in patch.nodes() {
        let out = match &node.out {
            Out::Master => krach_engine::Out::Master,
            Out::Nowhere => krach_engine::Out::Nowhere,
            Out::Node(target) => krach_engine::Out::Node(nodes[target].voice),
            Out::Device(channels) => {
                let first = channels.first().map_or(0, |&channel| channel.saturating_sub(1));
                krach_engine::Out::Device(u16::try_from(first).unwrap_or(u16::MAX))
            }
        };
        edits.out(nodes[name].end, out)?;
    }
    for (route, send) in patch.routes() {
        let port = route.port.map(|port| u16::try_from(port).unwrap_or(u16::MAX));
        let spec = RouteSpec { port, level: send.level.max(0.0), pre: send.pre };
        let id = edits.route(nodes[&route.source].end, nodes[&route.target].voice, spec)?;
        routes.entry((route.source.clone(), route.target.clone())).or_insert(id);
    }
    let soloed = patch.solo().iter().flat_map(|name| patch.members(name));
    let soloed: Vec<_> = soloed.map(|name| nodes[&name].end).collect();
    edits.solo(&soloed)
}

fn form(shape: krach_pattern::Shape) -> Shape {
    match shape {
        krach_pattern::Shape::Sine => Shape::Sine,
        krach_pattern::Shape::Ramp => Shape::Ramp,
        krach_pattern::Shape::RampDown => Shape::RampDown,
        krach_pattern::Shape::Triangle => Shape::Triangle,
        krach_pattern::Shape::Square => Shape::Square,
        krach_pattern::Shape::Exponential => Shape::Exponential,
    }
}
