//! `krach dataset`: many sounds of one program, with values drawn at random.

use super::render::bar;
use crate::event::Event;
use crate::machine::Machine;
use crate::note::Note;
use crate::setting::setting;
use crate::shell::{WELL, counted};
use crate::target::Only;
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::{Precision, Seed};
use krach_ir::{Control, Program};
use krach_session::{Audition, Batch, Session, Stop};
use krach_store::{Dataset, DatasetFormat, Example, Playable, Progress};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct DatasetOf {
    #[command(flatten)]
    pub only: Only,
    /// The number of sounds
    #[arg(short = 'n', long, value_name = "N")]
    pub number: usize,
    /// The seed of the values and of the noise: equal seeds give equal sounds
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u32,
    /// The folder to write; a set that was broken off there is continued
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// The files: wav or npy, one for each sound, or webdataset, archives of 256 sounds
    #[arg(long, value_name = "wav|npy|webdataset", default_value = "wav")]
    pub format: DatasetFormat,
    /// Length of each sound in seconds
    #[arg(long, value_name = "S", default_value_t = 1.0, allow_negative_numbers = true)]
    pub seconds: f64,
    /// Set a control to one value in all sounds, such as cutoff=1200; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, f64)>,
    /// Set a control later, in all sounds, such as gate=0@0.5s; may be repeated (default: gates open for the first half)
    #[arg(long, value_name = "NAME=VALUE@TIME")]
    pub event: Vec<Event>,
    /// Play a note in all sounds: a key (60) or a name (C4), start and length in seconds, velocity 0..1; may be repeated
    #[arg(long, value_name = "KEY[@START][+LENGTH][*VELOCITY]", allow_negative_numbers = true)]
    pub note: Vec<Note>,
    /// Threads that render at once (default: one for each core)
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub machine: Machine,
}

/// Sounds that are rendered, then written: they are held in memory.
const PART: usize = 256;

pub(crate) fn dataset(shell: &mut Shell<'_>, what: &DatasetOf) -> Result<i32, Failure> {
    let script = what.only.load(shell, what.machine.precision())?;
    let (sound, _) = script.playable(what.only.target.one(&*script)?)?;
    let spec = what.machine.spec(&sound);
    let audition = what.audition(sound.program(), spec.precision);
    let drawn = what.drawn(sound.program(), &audition);
    let about = what.about(&sound, &audition);
    let mut set = Dataset::open(&what.output, what.format, audition.sample_rate, about)?;
    let missing: Vec<usize> = (0..what.number).filter(|&index| !set.holds(index)).collect();
    let (count, known) = (missing.len(), what.number - missing.len());
    let threads = what.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let maker = Maker { sound, audition, drawn, seed: what.seed, threads: threads.unwrap_or(1) };
    let session = shell.session.clone();
    #[allow(clippy::cast_precision_loss)]
    let bar = bar(count as f64);
    let work = move |progress: &Progress| {
        for (at, part) in missing.chunks(PART).enumerate() {
            set.add(&maker.make(&session, part, at * PART, progress)?)?;
        }
        Ok::<(), Stop>(())
    };
    let done = shell.work(work, |progress| bar.set_position(progress.done() as u64));
    bar.finish_and_clear();
    done??;
    let before = if known > 0 { format!(", {known} were there") } else { String::new() };
    shell.remark(&format!("wrote {} to {}{before}", counted(count, "sound"), what.output.display()));
    Ok(WELL)
}

impl DatasetOf {
    /// What all sounds have in common.
    fn audition(&self, program: &Program, precision: Precision) -> Audition {
        let rate = self.machine.rate();
        let mut audition = Audition { precision, ..Audition::new(self.seconds, rate) };
        audition.values.clone_from(&self.set);
        audition.events = self.event.iter().map(|event| event.at(rate)).collect();
        audition.notes = self.note.iter().map(|note| note.at(rate)).collect();
        // The length is checked when it is rendered; here it only places the end of a gate.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let half = (audition.frames() / 2.0) as u64;
        let gates: Vec<String> = (program.all_controls())
            .filter(|control| control.is_gate() && !self.is_set(control))
            .map(|control| control.name.to_string())
            .collect();
        for name in gates {
            audition.events.extend([(0, name.clone(), 1.0), (half, name, 0.0)]);
        }
        audition
    }

    /// Whether a control has its value from the command line, or from notes.
    fn is_set(&self, control: &Control) -> bool {
        let known = |name: &str| *control.name == *name || control.label() == name;
        let played = !self.note.is_empty() && control.role().is_some();
        played
            || self.set.iter().any(|(name, _)| known(name))
            || self.event.iter().any(|event| known(&event.name))
    }

    /// The controls that have a value of their own in each sound.
    fn drawn(&self, program: &Program, audition: &Audition) -> Vec<Control> {
        let gated = |control: &Control| audition.events.iter().any(|(_, name, _)| *name == *control.name);
        let free = program.all_controls().filter(|control| !self.is_set(control) && !gated(control));
        free.cloned().collect()
    }

    /// What the folder says of all its sounds.
    fn about(&self, sound: &Playable, audition: &Audition) -> Map<String, Value> {
        let about = json!({
            "sound": sound.program().name(),
            "key": sound.program().key().to_string(),
            "seed": self.seed,
            "seconds": audition.seconds,
            "precision": audition.precision.to_string(),
            "values": audition.values,
            "events": audition.events,
            "notes": audition.notes,
        });
        match about {
            Value::Object(about) => about,
            _ => unreachable!("it is written as an object"),
        }
    }
}

/// Makes the sounds of a set by their numbers.
struct Maker {
    sound: Playable,
    audition: Audition,
    drawn: Vec<Control>,
    seed: u32,
    threads: usize,
}

impl Maker {
    fn make(
        &self,
        session: &Session,
        indices: &[usize],
        before: usize,
        progress: &Progress,
    ) -> Result<Vec<Example>, Stop> {
        let row = |&index: &usize| self.drawn.iter().map(move |control| value(self.seed, index, control));
        let seeds = indices.iter().map(|&index| bits(self.seed, index, "") as u32);
        let batch = Batch {
            audition: self.audition.clone(),
            names: self.drawn.iter().map(|control| control.name.to_string()).collect(),
            values: indices.iter().flat_map(row).collect(),
            seeds: seeds.map(|instance| Seed { instance, voice: 0 }).collect(),
            notes: Vec::new(),
            threads: self.threads,
        };
        let channels = self.sound.program().heard().len();
        let frames = batch.frames(&self.sound)?;
        let mut samples = vec![0.0; indices.len() * channels * frames];
        session
            .render_batch(&self.sound, &batch, &mut samples, &mut |done| progress.advance(before + done))?;
        let example = |(at, &index): (usize, &usize)| {
            let own = &samples[at * channels * frames..][..channels * frames];
            let values = self.drawn.iter().zip(&batch.values[at * self.drawn.len()..]);
            Example {
                index,
                seed: batch.seeds[at].instance,
                values: values.map(|(control, &value)| (control.name.to_string(), value)).collect(),
                channels: (0..channels).map(|channel| own[channel * frames..][..frames].to_vec()).collect(),
            }
        };
        Ok(indices.iter().enumerate().map(example).collect())
    }
}

/// A value within the range of a control. Frequencies, and controls that declare `[scale:log]`, are drawn evenly in
/// octaves, all others evenly; switches are 0 or 1.
fn value(seed: u32, index: usize, control: &Control) -> f64 {
    // 53 bits: as many as a double holds.
    #[allow(clippy::cast_precision_loss)]
    let part = (bits(seed, index, &control.name) >> 11) as f64 / (1_u64 << 53) as f64;
    let (lo, hi) = (control.lo, control.hi);
    let octaves = control.face.values("scale").any(|scale| scale == "log")
        || control.face.values("unit").any(|unit| unit == "Hz")
        || control.label() == "freq";
    if control.is_switch() {
        if part < 0.5 { lo } else { hi }
    } else if octaves && lo > 0.0 {
        (lo * (hi / lo).powf(part)).clamp(lo, hi)
    } else {
        (lo + (hi - lo) * part).clamp(lo, hi)
    }
}

/// 64 random bits for one control of one sound: the finaliser of SplitMix64 (Steele, Lea and Flood 2014) over seed, number
/// and name. They hang on nothing else, so a sound does not change when a set grows or a program gets more controls.
fn bits(seed: u32, index: usize, name: &str) -> u64 {
    let words = [u64::from(seed), index as u64].into_iter().chain(name.bytes().map(u64::from));
    words.fold(0x9E37_79B9_7F4A_7C15, |hash, word| {
        let mut x = (hash ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_ir::ControlKind;

    #[test]
    fn values_fill_the_range_and_hang_on_seed_number_and_name() {
        let control = |name: &str| Control::new(name, ControlKind::Slider, [30.0, 20.0, 20_000.0, 1.0]);
        let row = |seed, name: &str| (0..400).map(|at| value(seed, at, &control(name))).collect::<Vec<_>>();
        for name in ["freq", "width"] {
            let values = row(1, name);
            assert!(values.iter().all(|value| (20.0..=20_000.0).contains(value)));
            // The middle of three decades is 632 Hz, the middle of the range 10,010.
            let middle = if name == "freq" { 632.0 } else { 10_010.0 };
            let below = values.iter().filter(|&&value| value < middle).count();
            assert!((150..250).contains(&below), "{name}: {below} of 400 below {middle}");
        }
        assert_eq!(row(1, "width"), row(1, "width"));
        assert_ne!(row(1, "width"), row(2, "width"));
        assert_ne!(row(1, "width"), row(1, "depth"));
    }
}
