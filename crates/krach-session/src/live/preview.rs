//! What would be heard next: the sound is copied and goes on off-line.

use crate::mixdown::expect_room;
use crate::patch::Name;
use crate::performance::{Performance, fell};
use krach_abi::{Buffer, Frame};
use krach_diag::Diagnostic;
use krach_engine::{Processor, Receipt};
use std::time::Instant;

/// The levels and faults of sound that is still to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The frame that it begins on, and left and right from there.
    pub start: Frame,
    pub sound: [Vec<f32>; 2],
    /// The largest sample; the loudness in LUFS; the mean of the channel where it is farthest from 0.
    pub peak: f32,
    pub loudness: f64,
    pub dc: f64,
    /// Samples that the limiter changes.
    pub limited: u64,
    /// The part of the time that computing it took: 1 is all of it.
    pub load: f64,
    /// The largest sample of each node.
    pub peaks: Vec<(Name, f32)>,
    /// The first thing that is wrong.
    pub offence: Option<Offence>,
}

/// Something that should not be heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Offence {
    pub frame: Frame,
    /// The node that does it; of what is too loud, the loudest.
    pub node: Option<Name>,
    pub kind: OffenceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffenceKind {
    /// An infinite sample, or no number.
    NotFinite,
    /// The limiter has to work.
    TooLoud,
}

/// Frames that are computed at once: offences are found to that.
const BLOCK: usize = 128;
/// Frames for which the score is read at once.
const SCORE: usize = 32 * BLOCK;

impl Preview {
    /// Computes a number of frames from here on.
    ///
    /// # Errors
    /// `KR0408`: too many frames; a pattern that cannot be asked, and what does not fit the stage.
    pub(crate) fn of(
        mut performance: Performance,
        mut processor: Processor,
        frames: usize,
    ) -> Result<Self, Diagnostic> {
        expect_room(frames, 2)?;
        let (start, begun) = (processor.now(), Instant::now());
        let (input, mut output) = (Buffer::<f32>::new(0, BLOCK), Buffer::<f32>::new(2, BLOCK));
        let mut sound = [Vec::with_capacity(frames), Vec::with_capacity(frames)];
        let mut peaks: Vec<(Name, f32)> = Vec::new();
        let mut offence: Option<Offence> = None;
        let limited_before = performance.stage().stats().limited;
        let mut limited = limited_before;
        let mut prepared = start;
        while sound[0].len() < frames {
            let at = processor.now();
            let count = BLOCK.min(frames - sound[0].len());
            if at.after(2 * BLOCK) > prepared {
                prepared = at.after(2 * BLOCK + SCORE);
                let fallen = performance.prepare(prepared)?;
                fallen.first().map_or(Ok(()), |fallen| Err(fell(fallen)))?;
            }
            processor.process(input.head(count), output.head_mut(count));
            for (channel, sound) in sound.iter_mut().enumerate() {
                sound.extend_from_slice(&output.channel(channel)[..count]);
            }
            let loudest = see(&performance, &mut peaks);
            for receipt in performance.receipts() {
                if let Receipt::Failed { node, at, .. } = receipt {
                    let node = performance.name_of(node).cloned();
                    offence.get_or_insert(Offence { frame: at, node, kind: OffenceKind::NotFinite });
                }
            }
            let now_limited = performance.stage().stats().limited;
            if now_limited > limited {
                offence.get_or_insert(Offence { frame: at, node: loudest, kind: OffenceKind::TooLoud });
                limited = now_limited;
            }
        }
        let rate = performance.rate();
        #[allow(clippy::cast_precision_loss)]
        let seconds = frames as f64 / f64::from(rate);
        Ok(Self {
            start,
            peak: sound.iter().flatten().fold(0.0, |most, sample| sample.abs().max(most)),
            loudness: crate::loudness(&sound, rate),
            dc: sound
                .iter()
                .map(|channel| mean(channel))
                .fold(0.0, |most, mean| if mean.abs() > most { mean.abs() } else { most }),
            limited: limited - limited_before,
            load: begun.elapsed().as_secs_f64() / seconds.max(f64::MIN_POSITIVE),
            peaks,
            offence,
            sound,
        })
    }
}

/// Reads the meters since the last reading; the node with the largest sample.
fn see(performance: &Performance, peaks: &mut Vec<(Name, f32)>) -> Option<Name> {
    let mut loudest: Option<(Name, f32)> = None;
    for (name, id) in performance.ends() {
        let peak = performance.stage().meter(id).map_or(0.0, |reading| reading.peak);
        match peaks.iter_mut().find(|(known, _)| known == name) {
            Some((_, most)) => *most = most.max(peak),
            None => peaks.push((name.clone(), peak)),
        }
        if loudest.as_ref().is_none_or(|(_, most)| peak > *most) {
            loudest = Some((name.clone(), peak));
        }
    }
    loudest.map(|(name, _)| name)
}

fn mean(samples: &[f32]) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let frames = samples.len().max(1) as f64;
    samples.iter().map(|&sample| f64::from(sample)).sum::<f64>() / frames
}
