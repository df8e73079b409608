//! Many sounds of one program, rendered off-line on all cores.

use crate::Session;
use crate::audition::{Audition, Stop, at_frame, frames, inputs_for, perform, setting, stop};
use krach_abi::{DspFactory, Sample, Seed};
use krach_codegen::{NativeFactory, Spec};
use krach_diag::{Code, Diagnostic};
use krach_engine::{Score, Variant, render_batch};
use krach_store::{Playable, Unit};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Many sounds of one program, which differ in their values, seeds and notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<S = f32> {
    /// What all sounds have in common. Its seed is not used.
    pub audition: Audition<S>,
    /// The controls that each sound has a value of its own for.
    pub names: Vec<String>,
    /// These values, in the order of the names: those of the first sound, then those of the second, and so on.
    pub values: Vec<f64>,
    /// One for each sound: their number is that of the sounds.
    pub seeds: Vec<Seed>,
    /// Of each sound, instead of those of the audition; or none at all.
    pub notes: Vec<Vec<(u64, u64, f64, f64)>>,
    /// Threads that render at once.
    pub threads: usize,
}

/// Sounds that are rendered side by side by one thread: as many as a packed kernel has lanes.
const SIDE_BY_SIDE: usize = NativeFactory::SIDE_BY_SIDE as usize;
/// Between two looks of the caller.
const TICK: Duration = Duration::from_millis(25);

impl Session {
    /// Renders all sounds of a batch into `outputs`: the channels of the first sound, then those of the second, and so on.
    /// Each sound has the samples of [`Session::render`] of the same values, seed and notes. `progress` hears the number
    /// of sounds done and may end the work.
    ///
    /// Sounds without notes and without an effect are computed side by side, in the lanes of the machine's vectors.
    ///
    /// # Errors
    /// Those of [`Session::render`], of any of the sounds; `KR0413` if the system gives no thread.
    ///
    /// # Panics
    /// If the lengths of `outputs`, `values` or `notes` do not fit the number of sounds.
    pub fn render_batch<S: Sample>(
        &self,
        sound: &Playable,
        batch: &Batch<S>,
        outputs: &mut [S],
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        let size = batch.frames(sound)? * sound.program().heard().len();
        assert_eq!(outputs.len(), size * batch.seeds.len(), "a place for every sample");
        assert_eq!(batch.values.len(), batch.names.len() * batch.seeds.len(), "a value for every sound");
        assert!(batch.notes.is_empty() || batch.notes.len() == batch.seeds.len(), "notes for every sound");
        let variants: Vec<Variant> =
            (0..batch.seeds.len()).map(|at| batch.variant(sound, at)).collect::<Result<_, _>>()?;
        let spec = Spec::new(batch.audition.sample_rate, batch.audition.precision);
        let compile =
            |unit| Ok::<_, Diagnostic>(self.compile(sound, unit, spec)?.map(|compiled| compiled.factory));
        let voice = compile(Unit::Voice)?.expect("every program is a voice");
        let effect = compile(Unit::Effect)?;
        if outputs.is_empty() {
            return Ok(());
        }
        let alone = effect.is_some() || !batch.notes.is_empty() || !batch.audition.notes.is_empty();
        let group = if alone { 1 } else { SIDE_BY_SIDE };
        let work = |first: usize, outputs: &mut [S], cancelled: &AtomicBool| {
            let advance = &mut |_| match cancelled.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            if alone {
                let audition = batch.one(first);
                let ready = |unit| Ok(if unit == Unit::Voice { Some(voice.clone()) } else { effect.clone() });
                let channels = perform(sound, &audition, ready, advance)?;
                outputs
                    .chunks_mut(size / channels.len())
                    .zip(&channels)
                    .for_each(|(to, from)| to.copy_from_slice(from));
                return Ok(());
            }
            let variants = &variants[first..first + outputs.len() / size];
            batch.side_by_side(sound, voice.as_ref(), variants, outputs, advance)
        };
        spread(outputs.chunks_mut(size * group), group, batch.threads, progress, &work)
    }
}

impl<S: Sample> Batch<S> {
    /// Frames of each channel of each sound.
    ///
    /// # Errors
    /// `KR0408`: a duration that cannot be rendered.
    pub fn frames(&self, sound: &Playable) -> Result<usize, Diagnostic> {
        frames(sound.program(), &self.audition)
    }

    /// What one sound has of its own, by number.
    fn variant(&self, sound: &Playable, at: usize) -> Result<Variant, Diagnostic> {
        let values = self.names.iter().zip(self.own(at));
        let values = values.map(|(name, &value)| setting(sound, name, value)).collect::<Result<_, _>>()?;
        Ok(Variant { values, seed: self.seeds[at] })
    }

    fn own(&self, at: usize) -> &[f64] {
        &self.values[at * self.names.len()..][..self.names.len()]
    }

    /// One sound as it would be rendered alone.
    fn one(&self, at: usize) -> Audition<S> {
        let mut audition = Audition { seed: self.seeds[at], ..self.audition.clone() };
        audition.values.extend(self.names.iter().cloned().zip(self.own(at).iter().copied()));
        if let Some(notes) = self.notes.get(at) {
            audition.notes.clone_from(notes);
        }
        audition
    }

    fn side_by_side(
        &self,
        sound: &Playable,
        voice: &dyn DspFactory,
        variants: &[Variant],
        outputs: &mut [S],
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        let audition = &self.audition;
        let inputs: Vec<&[S]> = audition.inputs.iter().map(Vec::as_slice).collect();
        let values = audition.values.iter().map(|(name, value)| setting(sound, name, *value));
        let score = Score {
            inputs: inputs_for(sound.program(), &inputs)?,
            values: values.collect::<Result<_, _>>()?,
            turns: audition.events.iter().map(|event| at_frame(sound, event)).collect::<Result<_, _>>()?,
            ..Score::new(self.frames(sound)?)
        };
        render_batch(voice, &score, variants, outputs, progress).map_err(stop)
    }
}

/// Work on some sounds, from a number on.
type Work<'a, S> = dyn Fn(usize, &mut [S], &AtomicBool) -> Result<(), Stop> + Sync + 'a;

/// Gives pieces of `group` sounds to threads, in order, until all are done or one cannot be.
fn spread<'o, S: Sample>(
    pieces: impl ExactSizeIterator<Item = &'o mut [S]> + Send,
    group: usize,
    threads: usize,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    work: &Work<'_, S>,
) -> Result<(), Stop> {
    let threads = threads.clamp(1, pieces.len().max(1));
    let (pieces, cancelled) = (Mutex::new(pieces.enumerate()), AtomicBool::new(false));
    let (finished, results) = channel();
    let worker = |finished: Sender<Result<(), Stop>>| {
        let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some((at, piece)) = next() {
            let result = work(at * group, piece, &cancelled);
            let failed = result.is_err();
            // The caller has gone if it has heard of a failure.
            if finished.send(result).is_err() || failed {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for at in 0..threads {
            let (finished, worker) = (finished.clone(), &worker);
            let builder = std::thread::Builder::new().name("krach-batch".to_owned());
            let begun =
                builder.stack_size(krach_abi::WORKER_STACK).spawn_scoped(scope, move || worker(finished));
            if let (0, Err(error)) = (at, begun) {
                let message = format!("the system gives no thread to work on: {error}");
                return Err(Diagnostic::error(Code::NoThread, message).into());
            }
        }
        drop(finished);
        let mut done = 0;
        let mut outcome = Ok(());
        loop {
            match results.recv_timeout(TICK) {
                Ok(Ok(())) => done += group,
                Ok(Err(stop)) => outcome = outcome.and(Err(stop)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return outcome,
            }
            if outcome.is_ok() && progress(done).is_break() {
                outcome = Err(Stop::Cancelled);
            }
            if outcome.is_err() {
                cancelled.store(true, Ordering::Relaxed);
            }
        }
    })
}
