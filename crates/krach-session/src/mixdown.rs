//! A patch heard off-line: the same stage and the same conductor as live, on a clock that does not wait.

use crate::audition::Stop;
use crate::conductor::Timeline;
use crate::patch::Name;
use crate::performance::{Performance, compiled, fell};
use crate::{Edit, Patch, Step};
use krach_abi::{Audio, AudioMut, Buffer, Frame};
use krach_diag::{Code, Diagnostic};
use krach_engine::{Processor, Settings};
use krach_pattern::Time;
use krach_store::Cache;
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

/// The longest render: a day at 48 kHz.
const MOST_FRAMES: usize = 24 * 3600 * 48_000;
/// The most bytes of samples that one render holds in memory: three hours of stereo at 48 kHz.
const MOST_BYTES: u64 = 4 << 30;

impl Mixdown {
    /// The number of frames in `bars` bars, at the tempo and the meter of a patch.
    ///
    /// # Errors
    /// `KR0408`: no such length can be rendered; `KR0803`: the tempo needs more than 64 bits.
    pub fn of_bars(patch: &Patch, bars: f64, rate: u32) -> Result<usize, Diagnostic> {
        let settings = patch.settings();
        let cycles = Time::approximate(bars).filter(|cycles| *cycles >= Time::ZERO);
        let cycles = cycles.ok_or_else(|| no_length(&format!("{bars} bars")))?;
        let line = Timeline::new(rate, settings.tempo, settings.meter);
        let frame = line.and_then(|line| line.frame(cycles)).map_err(|_| {
            let message = "this many bars at this tempo need more than 64 bits";
            Diagnostic::error(Code::PatternTime, message).help("use a tempo such as 127.5")
        })?;
        let frames = usize::try_from(frame.0).ok().filter(|&frames| frames <= MOST_FRAMES);
        frames.ok_or_else(|| no_length(&format!("{bars} bars")))
    }

    /// The number of frames in `seconds` seconds.
    ///
    /// # Errors
    /// `KR0408`: no such length can be rendered.
    pub fn of_seconds(seconds: f64, rate: u32) -> Result<usize, Diagnostic> {
        let frames = (seconds * f64::from(rate)).round();
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let found = (0.0..=MOST_FRAMES as f64).contains(&frames).then_some(frames as usize);
        found.ok_or_else(|| no_length(&format!("{seconds} seconds")))
    }
}

fn no_length(what: &str) -> Diagnostic {
    let report = Diagnostic::error(Code::Duration, format!("{what} cannot be rendered"));
    report.help("a render lasts from nothing to a day")
}

/// Refuses sound that does not fit in memory.
///
/// # Errors
/// `KR0408`: it does not.
pub(crate) fn expect_room(frames: usize, channels: usize) -> Result<(), Diagnostic> {
    let bytes = (frames as u64).saturating_mul(channels as u64).saturating_mul(size_of::<f32>() as u64);
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    let message = format!(
        "{frames} frames of {channels} channels need {} MB of memory; the limit is {} MB",
        bytes >> 20,
        MOST_BYTES >> 20
    );
    Err(Diagnostic::error(Code::Duration, message).help("render a shorter piece, or leave the stems out"))
}

/// The channels of all nodes that steps declare.
fn channels(steps: &[Step]) -> usize {
    let declared = steps.iter().flat_map(Step::edits).filter_map(|edit| match edit {
        Edit::Node(name, Some(node)) => Some((name, node.voicing.outputs().max(2))),
        _ => None,
    });
    declared.collect::<BTreeMap<_, _>>().values().sum()
}

/// The master, and what each node plays after its gain and pan: one vector of samples per channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stems {
    pub master: Vec<Vec<f32>>,
    pub nodes: BTreeMap<Name, Vec<Vec<f32>>>,
    /// Messages of MIDI and OSC, which a render sends nowhere.
    pub unsent: u64,
}

/// The most frames that are computed at once.
const LONGEST_BLOCK: usize = 4096;

/// Renders steps, in order of their frames, into two channels; a cycle falls on the first frame.
///
/// # Errors
/// Those of the edits and of compiling; `KR0803` and `KR0804` for a pattern that cannot be asked, with its path.
pub(crate) fn mixdown(
    cache: &Cache,
    (steps, cycle): (&[Step], Time),
    (how, threads): (Mixdown, usize),
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, Stop> {
    expect_room(how.frames, 2)?;
    let mut render = Render::new(cache, (steps, cycle), (how, threads))?;
    let mut heard = [const { Vec::new() }; 2];
    let whole = |processor: &mut Processor, input: Audio<'_, f32>, output: AudioMut<'_, f32>| {
        let frames = output.frames();
        processor.process(input, output);
        frames
    };
    render.run(how, whole, progress, &mut |_, part| {
        for (channel, samples) in heard.iter_mut().enumerate() {
            samples.extend_from_slice(part.channel(channel));
        }
    })?;
    Ok(heard.into())
}

/// Renders steps as [`mixdown`] does, and every node on its own. Where a node is not there it is silent.
///
/// # Errors
/// As for [`mixdown`].
pub(crate) fn stems(
    cache: &Cache,
    (steps, cycle): (&[Step], Time),
    (how, threads): (Mixdown, usize),
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Stems, Stop> {
    expect_room(how.frames, 2 + channels(steps))?;
    let mut render = Render::new(cache, (steps, cycle), (how, threads))?;
    let mut stems = Stems { master: vec![Vec::new(); 2], ..Stems::default() };
    // One step at a time: after it every node can be heard on its own.
    render.run(how, Processor::step, progress, &mut |render, part| {
        let done = stems.master[0].len();
        for (channel, samples) in stems.master.iter_mut().enumerate() {
            samples.extend_from_slice(part.channel(channel));
        }
        for (name, id) in render.performance.ends() {
            let Some(stem) = render.processor.stem(id) else { continue };
            let channels = stems.nodes.entry(name.clone()).or_default();
            channels.resize(channels.len().max(stem.channels()), Vec::new());
            for (channel, samples) in channels.iter_mut().enumerate().take(stem.channels()) {
                samples.resize(done, 0.0);
                samples.extend_from_slice(stem.channel(channel));
            }
        }
    })?;
    let frames = stems.master[0].len();
    stems.unsent = render.unsent;
    stems.nodes.values_mut().flatten().for_each(|samples| samples.resize(frames, 0.0));
    Ok(stems)
}

/// A performance that follows steps.
struct Render<'s> {
    cache: &'s Cache,
    steps: &'s [Step],
    performance: Performance,
    processor: Processor,
    unsent: u64,
}

impl<'s> Render<'s> {
    fn new(
        cache: &'s Cache,
        (steps, cycle): (&'s [Step], Time),
        (how, threads): (Mixdown, usize),
    ) -> Result<Self, Diagnostic> {
        let block = how.block.clamp(1, LONGEST_BLOCK);
        let settings = Settings { block, threads, ..Settings::new(how.sample_rate) };
        // Live, the settings of the first patch hold from the first frame on.
        let mut first = Patch::default();
        first.apply_all(steps.first().map_or(&[], Step::edits))?;
        let (performance, processor) = Performance::new(settings, first.settings(), cycle)?;
        Ok(Self { cache, steps, performance, processor, unsent: 0 })
    }

    /// Computes everything by `step`, which answers how many frames it made, and gives each part to `hear`.
    fn run(
        &mut self,
        how: Mixdown,
        step: impl Fn(&mut Processor, Audio<'_, f32>, AudioMut<'_, f32>) -> usize,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
        hear: &mut dyn FnMut(&Self, Audio<'_, f32>),
    ) -> Result<(), Stop> {
        let block = how.block.clamp(1, LONGEST_BLOCK);
        let (input, mut output) = (Buffer::<f32>::new(0, block), Buffer::<f32>::new(2, block));
        let mut done = 0;
        while done < how.frames {
            let count = block.min(how.frames - done);
            self.prepare(done, block)?;
            let mut part = 0;
            while part < count {
                let rest = count - part;
                let frames = step(&mut self.processor, input.head(rest), output.head_mut(rest));
                hear(self, output.head(frames));
                part += frames;
            }
            done += count;
            if progress(done).is_break() {
                return Err(Stop::Cancelled);
            }
        }
        Ok(())
    }

    /// Sends everything for the block that begins at a frame. One block more is known: a gate closes on the frame before
    /// it opens again.
    fn prepare(&mut self, done: usize, block: usize) -> Result<(), Diagnostic> {
        let until = Frame::default().after(done + 2 * block);
        while let Some((step, later)) = self.steps.split_first().filter(|(step, _)| step.frame <= until) {
            let wanted = self.performance.wanted(step.edits())?;
            let sounds = compiled(self.cache, wanted, self.performance.rate())?;
            self.performance.take(&step.deed, sounds, step.frame)?;
            self.steps = later;
        }
        let fallen = self.performance.prepare(until)?;
        self.performance.receipts();
        self.unsent += self.performance.messages(until).len() as u64;
        fallen.first().map_or(Ok(()), |fallen| Err(fell(fallen)))
    }
}
