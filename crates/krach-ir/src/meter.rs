//! Meters: signals that are looked at and not heard.
//!
//! To the builder a meter is a root like an output. The sound is the program without them ([`Program::sound`]):
//! that is what is optimised, compiled and named by its key, so a meter that is not read costs nothing. To read
//! meters, ask for the program heard at its meters ([`Program::metered`]), which any engine runs.

use crate::{BuildError, Fun, Limits, Ty, prune};
use crate::{Face, Node, Nodes, Op, Output, Polyphony, Program, Sig};
use krach_abi::Adapting;
use std::borrow::Cow;
use std::sync::Arc;

/// A signal that people see as a bar between two bounds, which it may leave. No sound depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    pub name: Arc<str>,
    pub lo: f64,
    pub hi: f64,
    pub face: Face,
    pub sig: Sig,
}

impl Program {
    #[must_use]
    pub fn meters(&self) -> &[Meter] {
        &self.meters
    }

    /// Its meters, then those of its effect.
    pub fn all_meters(&self) -> impl Iterator<Item = &Meter> {
        self.meters.iter().chain(self.effect().into_iter().flat_map(|effect| &effect.meters))
    }

    /// The same without meters, and without what only they need.
    #[must_use]
    pub fn sound(&self) -> Cow<'_, Self> {
        if self.all_meters().next().is_none() {
            return Cow::Borrowed(self);
        }
        let deaf = |effect: &Arc<Self>| Arc::new(effect.sound().into_owned());
        let polyphony = self
            .polyphony
            .as_ref()
            .map(|polyphony| Polyphony { effect: polyphony.effect.as_ref().map(deaf), ..*polyphony });
        let bare = Self { meters: Vec::new(), polyphony, ..self.clone() };
        Cow::Owned(prune::prune(&bare))
    }

    /// The same program heard at its meters: one output for each of [`Self::all_meters`], in that order and under its
    /// name. Meters of a voice add up like the sound of the voices. None if there are no meters.
    ///
    /// # Errors
    /// More meters than a program can have outputs.
    pub fn metered(&self) -> Result<Option<Self>, BuildError> {
        let (meters, limit) = (self.all_meters().count(), Limits::DEFAULT.ports);
        // What the voices show goes the same way as what the effect hears.
        let (what, count) = match self.effect() {
            Some(effect) => ("meters and inputs of the effect", meters + effect.inputs.len()),
            None => ("meters", meters),
        };
        if meters == 0 {
            return Ok(None);
        } else if count > limit {
            return Err(BuildError::TooLarge { what, count, limit });
        }
        let mut heard = self.clone();
        let outputs = std::mem::take(&mut heard.outputs);
        if let Some(polyphony) = &mut heard.polyphony
            && let Some(effect) = &mut polyphony.effect
        {
            heard.outputs = fed(&outputs, effect.inputs.len(), &mut heard.nodes);
            heard.homes.resize(heard.nodes.len(), None);
            *effect = Arc::new(effect.metered_behind(&self.meters));
        }
        heard.outputs.extend(self.meters.iter().map(Meter::as_output));
        if heard.outputs.is_empty() {
            // The effect hears nothing and the voices show nothing; they are a program all the same.
            heard.outputs = outputs;
        }
        heard.meters.clear();
        Ok(Some(prune::prune(&heard)))
    }

    /// The effect, with what the meters of the voices say handed through before its own.
    fn metered_behind(&self, voice: &[Meter]) -> Self {
        let mut heard = self.clone();
        heard.outputs.clear();
        for meter in voice {
            let port = u32::try_from(heard.inputs.len()).expect("a program has fewer than 2^32 parts");
            heard.inputs.push(meter.name.clone());
            let sig = heard.nodes.push(Node::new(Op::Input(port), Ty::Real, &[]));
            heard.outputs.push(Output { name: meter.name.clone(), sig });
        }
        heard.homes.resize(heard.nodes.len(), None);
        heard.outputs.extend(self.meters.iter().map(Meter::as_output));
        heard.meters.clear();
        prune::prune(&heard)
    }
}

impl Meter {
    /// Whether both show the same in the same way; their names may differ.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        *self == Self { name: self.name.clone(), ..other.clone() }
    }

    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let finite = self.lo.is_finite() && self.hi.is_finite();
        (!finite).then_some("a bound that is not finite")
    }

    fn as_output(&self) -> Output {
        Output { name: self.name.clone(), sig: self.sig }
    }
}

/// As many channels as an effect takes, made of those it is given by the rules of [`Adapting::Effect`]. The stage does
/// the same, but on the stage there is no way past the effect.
fn fed(given: &[Output], taken: usize, nodes: &mut Nodes) -> Vec<Output> {
    let types: Vec<Ty> = given.iter().map(|output| nodes.of(output.sig).ty).collect();
    let mut apply = |fun: Fun, operands: &[Sig]| nodes.push(Node::new(Op::Apply(fun), Ty::Real, operands));
    let real = |(output, ty): (&Output, Ty)| match ty {
        Ty::Int => Output { sig: apply(Fun::ToReal, &[output.sig]), ..output.clone() },
        Ty::Real => output.clone(),
    };
    let real: Vec<Output> = given.iter().zip(types).map(real).collect();
    let channel = |at: usize| {
        let sources = Adapting::Effect.sources(real.len(), taken, at).map(|source| real[source].clone());
        sources.reduce(|sum, output| Output { sig: apply(Fun::Add, &[sum.sig, output.sig]), ..sum })
    };
    (0..taken).filter_map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InterpreterFactory, ProgramBuilder, at_rate, optimise};

    fn meter(name: &str, sig: Sig) -> Meter {
        Meter { name: name.into(), lo: 0.0, hi: 1.0, face: Face::default(), sig }
    }

    /// `x / 2`; beside it, if `shown`, how loud `x` has been, three frames late.
    fn half(shown: bool) -> Result<Program, BuildError> {
        let mut b = ProgramBuilder::new("half");
        let (x, k) = (b.input("x"), b.real(0.5)?);
        let y = b.apply(Fun::Mul, &[x, k])?;
        b.output("out", y)?;
        if shown {
            let peak = b.register(Ty::Real);
            let (before, loud) = (b.read(peak), b.apply(Fun::Abs, &[x])?);
            let next = b.apply(Fun::Max, &[before, loud])?;
            b.write(peak, next)?;
            let three = b.int(3);
            let late = b.delay(next, three, None)?;
            b.meter(meter("peak", late))?;
            b.meter(meter("out", y))?;
        }
        b.finish()
    }

    fn samples(program: &Program, input: &[f64]) -> Vec<Vec<f64>> {
        use krach_abi::{DspFactory, Precision, Seed};
        let factory = InterpreterFactory::new(Arc::new(program.clone()), 48_000, Precision::Double).unwrap();
        let mut audio = vec![vec![0.0; input.len()]; program.outputs().len()];
        let mut outs: Vec<&mut [f64]> = audio.iter_mut().map(Vec::as_mut_slice).collect();
        let inputs = vec![input; program.inputs().len()];
        factory.instantiate(Seed { instance: 0, voice: 0 }).play::<f64>(&inputs, &mut outs);
        audio
    }

    #[test]
    fn a_meter_keeps_what_it_shows_and_the_sound_does_not() {
        let (plain, shown) = (half(false).unwrap(), half(true).unwrap());
        assert_eq!((shown.registers().len(), shown.lines().len(), shown.meters().len()), (1, 1, 2));
        assert_eq!(*shown.sound(), plain);
        assert_eq!(shown.key(), plain.key());
        assert_eq!(format!("{shown:#}"), format!("{plain:#}"));
        assert_eq!(optimise(&shown), optimise(&plain));
        assert_eq!(at_rate(&shown, 44_100), at_rate(&plain, 44_100));
        assert_eq!(plain.metered(), Ok(None));
    }

    #[test]
    fn a_program_is_heard_at_its_meters() {
        let metered = half(true).unwrap().metered().unwrap().unwrap();
        metered.validate().unwrap();
        assert!(metered.meters().is_empty());
        let names: Vec<&str> = metered.outputs().iter().map(|output| &*output.name).collect();
        assert_eq!(names, ["peak", "out"]);
        let wanted = [[0.0, 0.0, 0.0, 1.0, 3.0], [0.5, -1.5, 1.0, 0.0, 0.0]];
        assert_eq!(samples(&metered, &[1.0, -3.0, 2.0, 0.0, 0.0]), wanted);
    }

    #[test]
    fn equal_meters_are_one_and_others_have_names_of_their_own() {
        let mut b = ProgramBuilder::new("names");
        let (x, y) = (b.input("x"), b.input("y"));
        for sig in [x, x, y, y, x] {
            b.meter(meter("level", sig)).unwrap();
        }
        assert_eq!(b.meter(meter("level", Sig::new(9))), Err(BuildError::Foreign));
        b.output("out", x).unwrap();
        let program = b.finish().unwrap();
        let found: Vec<_> = program.meters().iter().map(|meter| (&*meter.name, meter.sig)).collect();
        assert_eq!(found, [("level", x), ("level_2", y)]);
    }

    #[test]
    fn more_than_can_be_heard_at_once_can_still_be_shown() {
        let mut b = ProgramBuilder::new("console");
        let x = b.input("x");
        (0..4097).for_each(|at| b.meter(meter(&format!("m{at}"), x)).unwrap());
        b.output("out", x).unwrap();
        let refused = b.finish().unwrap().metered();
        assert_eq!(refused, Err(BuildError::TooLarge { what: "meters", count: 4097, limit: 4096 }));
    }

    #[test]
    fn meters_of_a_spliced_program_are_those_of_the_whole() {
        let mut b = ProgramBuilder::new("outer");
        let x = b.input("x");
        let first = b.splice("half", &half(true).unwrap(), &[x]).unwrap();
        let second = b.splice("half", &half(true).unwrap(), &first).unwrap();
        b.output("out", second[0]).unwrap();
        let outer = b.finish().unwrap();
        let names: Vec<&str> = outer.meters().iter().map(|meter| &*meter.name).collect();
        assert_eq!(names, ["peak", "out", "peak_2", "out_2"]);
        let metered = samples(&outer.metered().unwrap().unwrap(), &[1.0, 0.0, 0.0, 0.0]);
        let frame = |at: usize| metered.iter().map(|row| row[at]).collect::<Vec<_>>();
        assert_eq!((frame(0), frame(3)), (vec![0.0, 0.5, 0.0, 0.25], vec![1.0, 0.0, 0.5, 0.0]));
    }

    #[test]
    fn meters_of_voices_pass_the_effect() {
        let mut b = ProgramBuilder::new("effect");
        let (left, right) = (b.input("left"), b.input("right"));
        b.meter(meter("right", right)).unwrap();
        b.output("out", left).unwrap();
        let effect = Some(Arc::new(b.finish().unwrap()));
        let whole = half(true).unwrap().polyphonic(Some(Polyphony { voices: 2, effect }));
        whole.validate().unwrap();
        let names: Vec<&str> = whole.all_meters().map(|meter| &*meter.name).collect();
        assert_eq!(names, ["peak", "out", "right"]);
        assert_eq!(whole.sound().all_meters().count(), 0);
        let metered = whole.metered().unwrap().unwrap();
        metered.validate().unwrap();
        let heard: Vec<&str> = metered.heard().iter().map(|output| &*output.name).collect();
        assert_eq!(heard, names);
        // Two channels for the effect, of the one there is, and two past it.
        let voice = samples(&metered, &[1.0, 0.0, 0.0, 0.0]);
        assert_eq!(voice.iter().map(|row| row[0]).collect::<Vec<_>>(), [0.5, 0.5, 0.0, 0.5]);
        assert_eq!(metered.effect().unwrap().inputs().len(), 4);
        let behind = samples(metered.effect().unwrap(), &[0.25]);
        assert_eq!(behind, [[0.25], [0.25], [0.25]]);
    }

    #[test]
    fn an_effect_of_fewer_channels_takes_their_sum() {
        let mut b = ProgramBuilder::new("voice");
        let rows = [b.real(1.0).unwrap(), b.real(2.0).unwrap(), b.int(4)];
        rows.iter().for_each(|&row| b.output("out", row).unwrap());
        let mut e = ProgramBuilder::new("effect");
        let x = e.input("x");
        e.output("out", x).unwrap();
        e.meter(meter("sum", x)).unwrap();
        let effect = Some(Arc::new(e.finish().unwrap()));
        let whole = b.finish().unwrap().polyphonic(Some(Polyphony { voices: 1, effect }));
        let metered = whole.metered().unwrap().unwrap();
        metered.validate().unwrap();
        assert_eq!(samples(&metered, &[0.0]), [[7.0]]);
    }

    #[test]
    fn an_effect_that_hears_nothing_can_be_heard_at_its_meters() {
        let mut e = ProgramBuilder::new("effect");
        let one = e.real(1.0).unwrap();
        e.output("out", one).unwrap();
        e.meter(meter("one", one)).unwrap();
        let effect = Some(Arc::new(e.finish().unwrap()));
        let whole = half(false).unwrap().polyphonic(Some(Polyphony { voices: 1, effect }));
        let metered = whole.metered().unwrap().unwrap();
        metered.validate().unwrap();
        assert_eq!((metered.outputs().len(), metered.heard().len()), (1, 1));
    }
}
