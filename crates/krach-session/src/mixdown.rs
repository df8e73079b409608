//! A patch heard off-line: the same stage and the same conductor as live, on a clock that does not wait.

use crate::Edit;
use crate::audition::Stop;
use crate::patch::{self, Patch};
use crate::performance::{Performance, compiled, fell};
use krach_abi::{Buffer, Frame};
use krach_diag::Diagnostic;
use krach_engine::{Processor, Settings};
use krach_pattern::Time;
use krach_store::Cache;
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

/// Edits that happen together, and their frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub frame: Frame,
    pub edits: Vec<Edit>,
}

impl Step {
    /// All of a patch, on the first frame.
    #[must_use]
    pub fn whole(patch: &Patch) -> Self {
        Self { frame: Frame(0), edits: Patch::default().diff(patch) }
    }
}

/// Renders steps, in order of their frames, into two channels.
///
/// # Errors
/// Those of the edits and of compiling; `KR0803` and `KR0804` for a pattern that cannot be asked, with its path.
pub(crate) fn mixdown(
    cache: &Cache,
    steps: &[Step],
    how: Mixdown,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, Stop> {
    let block = how.block.clamp(1, 4096);
    let mut render = Render::new(cache, steps, Settings { block, ..Settings::new(how.sample_rate) })?;
    let mut outputs: Vec<_> = (0..2).map(|_| Vec::with_capacity(how.frames)).collect();
    let (input, mut output) = (Buffer::<f32>::new(0, block), Buffer::<f32>::new(2, block));
    while outputs[0].len() < how.frames {
        let count = block.min(how.frames - outputs[0].len());
        render.prepare(outputs[0].len(), block)?;
        render.processor.process(input.head(count), output.head_mut(count));
        for (channel, samples) in outputs.iter_mut().enumerate() {
            samples.extend_from_slice(&output.head(count).channel(channel)[..count]);
        }
        if progress(outputs[0].len()).is_break() {
            return Err(Stop::Cancelled);
        }
    }
    Ok(outputs)
}

/// A performance that follows steps.
struct Render<'s> {
    cache: &'s Cache,
    steps: std::slice::Iter<'s, Step>,
    performance: Performance,
    processor: Processor,
}

impl<'s> Render<'s> {
    fn new(cache: &'s Cache, steps: &'s [Step], settings: Settings) -> Result<Self, Diagnostic> {
        let (performance, processor) = Performance::new(settings, &patch::Settings::default(), Time::ZERO)?;
        Ok(Self { cache, steps: steps.iter(), performance, processor })
    }

    /// Sends everything for the block that begins at a frame. One block more is known: a gate closes on the frame before
    /// it opens again.
    fn prepare(&mut self, done: usize, block: usize) -> Result<(), Diagnostic> {
        let until = Frame::default().after(done + 2 * block);
        while let Some(step) = self.steps.as_slice().first().filter(|step| step.frame <= until) {
            let mut after = self.performance.patch().clone();
            after.apply_all(&step.edits)?;
            let wanted = self.performance.wanted(&after);
            let sounds = compiled(self.cache, wanted, self.performance.rate())?;
            self.performance.follow(&step.edits, sounds, step.frame)?;
            self.steps.next();
        }
        let fallen = self.performance.prepare(until)?;
        self.performance.receipts();
        fallen.first().map_or(Ok(()), |fallen| Err(fell(fallen)))
    }
}
