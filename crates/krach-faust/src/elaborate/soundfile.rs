//! `soundfile`: recordings as tables.
//!
//! The parts of a sound file lie one behind the other in one table per channel, the silence that stands for all
//! further parts at the end; small tables say how long each part is, how fast, and where it begins.

use crate::elaborate::eval::Evaluator;
use crate::elaborate::ids::FileId;
use crate::elaborate::interner::Text;
use crate::elaborate::signal::{Origin, SigId, Signal, Wave};
use crate::elaborate::widgets;
use crate::files::{Decoded, Missing};
use krach_diag::{Code, Diagnostic};
use krach_ir::Fun;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Frames and rate of the silence that a missing part is.
const SILENCE: (usize, u32) = (1024, 44_100);
/// Parts of one sound file.
pub(crate) const MAX_PARTS: u16 = 256;

/// What one elaboration has found of sound files.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    recordings: FxHashMap<Text, Rc<Recording>>,
    /// By label and number of channels; `None` for one with samples that are not finite.
    joined: FxHashMap<(Text, u32), Option<Arc<krach_ir::Sound>>>,
    /// Signals that choose a part, and where that is written.
    pub parts: Vec<(SigId, Origin)>,
}

/// The parts of a sound file; `None` is silence. The last one stands for all that follow.
#[derive(Debug)]
struct Recording {
    parts: Vec<Option<Arc<Decoded>>>,
    lengths: Rc<[i32]>,
    rates: Rc<[i32]>,
    offsets: Rc<[i32]>,
    frames: usize,
}

impl Recording {
    fn new(mut parts: Vec<Option<Arc<Decoded>>>) -> Self {
        parts.truncate(usize::from(MAX_PARTS) - 1);
        parts.push(None);
        let (mut lengths, mut rates, mut offsets, mut frames) = (vec![], vec![], vec![], 0);
        let int = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        for part in &parts {
            let (length, rate) = part.as_ref().map_or(SILENCE, |sound| (sound.channels[0].len(), sound.rate));
            lengths.push(int(length));
            rates.push(int(rate as usize));
            offsets.push(int(frames));
            frames += length;
        }
        Self { parts, lengths: lengths.into(), rates: rates.into(), offsets: offsets.into(), frames }
    }

    /// All parts of one channel; channels beyond those of a part begin again with its first.
    fn channel(&self, channel: usize) -> Vec<f64> {
        let mut samples = Vec::with_capacity(self.frames);
        for part in &self.parts {
            match part {
                Some(sound) => {
                    samples.extend_from_slice(&sound.channels[channel % sound.channels.len()]);
                }
                None => samples.resize(samples.len() + SILENCE.0, 0.0),
            }
        }
        samples
    }
}

impl Evaluator<'_> {
    /// Length and rate of a part, then its channels at an index, by their number.
    pub(super) fn sound(&mut self, label: Text, channels: u32, [part, index]: [SigId; 2]) -> Rc<[SigId]> {
        let recording = self.recording(label);
        let part = self.signals.int_of(part);
        let index = self.signals.int_of(index);
        self.propagation.sounds.parts.push((part, self.signals.origin));
        let length = self.entry(&recording.lengths, part);
        let rate = self.entry(&recording.rates, part);
        let offset = self.entry(&recording.offsets, part);
        let (zero, one) = (self.signals.int(0), self.signals.int(1));
        let last = self.signals.apply(Fun::Sub, &[length, one]);
        let inside = self.signals.apply(Fun::Min, &[index, last]);
        let inside = self.signals.apply(Fun::Max, &[zero, inside]);
        let at = self.signals.apply(Fun::Add, &[offset, inside]);
        let silent = recording.parts.iter().all(Option::is_none);
        let frames = u32::try_from(recording.frames).unwrap_or(u32::MAX);
        let mut outputs = vec![length, rate];
        for channel in 0..channels {
            outputs.push(if silent {
                self.signals.real(0.0)
            } else {
                let contents = self.channel(label, &recording, channel, channels);
                self.signals.make(Signal::Read(frames, contents, at))
            });
        }
        outputs.into()
    }

    /// What a list of ints says about a part; its last entry holds for all further parts.
    fn entry(&mut self, values: &Rc<[i32]>, part: SigId) -> SigId {
        let last = values.len() - 1;
        if last == 0 {
            return self.signals.int(values[0]);
        }
        if let Some(part) = self.signals.constant(part) {
            let at = usize::try_from(part.int()).unwrap_or(0).min(last);
            return self.signals.int(values[at]);
        }
        let contents = self.signals.wave(Wave::Ints(values.clone()));
        // An index beyond a table reads its last entry.
        let entries = u32::try_from(values.len()).expect("limited above");
        self.signals.make(Signal::Read(entries, contents, part))
    }

    /// A channel, and the number of channels.
    fn channel(&mut self, label: Text, recording: &Recording, channel: u32, channels: u32) -> SigId {
        let joined = self.propagation.sounds.joined.entry((label, channels)).or_insert_with(|| {
            let all = (0..channels as usize).map(|channel| recording.channel(channel).into());
            krach_ir::Sound::new(all.collect()).map(Arc::new).ok()
        });
        let wave = match joined {
            Some(sound) => Wave::Sound(sound.clone(), channel as usize),
            // Refused when the table is made.
            None => Wave::Reals(recording.channel(channel as usize).into()),
        };
        self.signals.wave(wave)
    }

    fn recording(&mut self, label: Text) -> Rc<Recording> {
        if let Some(known) = self.propagation.sounds.recordings.get(&label) {
            return known.clone();
        }
        let names = names(self.texts.get(label));
        let main = self.syntax(FileId::MAIN).source().name().clone();
        let mut parts = Vec::new();
        for (name, found) in names.iter().zip(self.provider.sounds(&names, &main)) {
            // Who has no places for files wants no word about each.
            if let Err(missing) = &found
                && *missing != Missing::Nowhere(Vec::new())
            {
                let message = format!("the sound file `{name}` cannot be used and is silent; {missing}");
                let mut report = Diagnostic::warning(Code::FaustFile, message);
                report.place = self.place_of(self.signals.origin);
                self.report(report);
            }
            parts.push(found.ok());
        }
        let recording = Rc::new(Recording::new(parts));
        self.propagation.sounds.recordings.insert(label, recording.clone());
        recording
    }
}

/// The files that the label of a sound file names: `[url:a.wav]`, `[url:{'a.wav';'b.wav'}]`, else the label itself.
fn names(label: &str) -> Vec<String> {
    let (own, metadata) = widgets::parse(label);
    let url = metadata.into_iter().find(|(key, _)| key == "url").map_or(own, |(_, value)| value);
    let inside = url.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let name = |part: &str| part.trim().trim_matches('\'').trim().to_owned();
    let all = inside.unwrap_or(&url).split(';').map(name);
    all.filter(|name| !name.is_empty()).take(MAX_PARTS.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_files() {
        assert_eq!(names("son[url:{'a.wav';'b c.wav'}]"), ["a.wav", "b c.wav"]);
        assert_eq!(names("son [url:{ 'a.wav' ; 'b.wav'; }] [tooltip:x]"), ["a.wav", "b.wav"]);
        assert_eq!(names("son[url:drums/kick.flac]"), ["drums/kick.flac"]);
        assert_eq!(names("loop.wav"), ["loop.wav"]);
        assert!(names("[url:{}]").is_empty() && names("").is_empty());
    }

    #[test]
    fn parts_lie_one_behind_the_other() {
        let sound = |rate, channels: &[&[f64]]| {
            Some(Arc::new(Decoded {
                rate,
                channels: channels.iter().map(|&samples| samples.into()).collect(),
            }))
        };
        let parts = vec![sound(48_000, &[&[1.0, 2.0], &[3.0, 4.0]]), None, sound(22_050, &[&[5.0]])];
        let recording = Recording::new(parts);
        assert_eq!(*recording.lengths, [2, 1024, 1, 1024]);
        assert_eq!(*recording.rates, [48_000, 44_100, 22_050, 44_100]);
        assert_eq!(*recording.offsets, [0, 2, 1026, 1027]);
        let right = recording.channel(1);
        assert_eq!((right[0], right[2], right[1026], right.len()), (3.0, 0.0, 5.0, 2051));
        assert_eq!(recording.channel(2), recording.channel(0));
    }
}
