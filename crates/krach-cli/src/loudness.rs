//! How loud a rendering became, and the remedy where it is silent, too loud or not finite.

use crate::note::Note;
use crate::shell::counted;
use krach_ir::{Control, Program};
use krach_session::NOT_FINITE;
use std::fmt;

/// What a listener should know before the headphones are on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loudness {
    /// The largest magnitude of a finite sample.
    peak: f32,
    /// How many samples are infinite or no number.
    strange: usize,
}

impl Loudness {
    pub(crate) fn of(channels: &[Vec<f32>]) -> Self {
        channels.iter().flatten().fold(Self { peak: 0.0, strange: 0 }, |so_far, sample| {
            if sample.is_finite() {
                Self { peak: so_far.peak.max(sample.abs()), ..so_far }
            } else {
                Self { strange: so_far.strange + 1, ..so_far }
            }
        })
    }

    /// The largest magnitude of a finite sample.
    pub(crate) fn peak(self) -> f32 {
        self.peak
    }

    pub(crate) fn is_silent(self) -> bool {
        self.peak == 0.0 && self.strange == 0
    }

    fn decibels(self) -> f32 {
        // Adding 0 makes a positive zero of a negative one.
        (20.0 * self.peak.log10() * 10.0).round() / 10.0 + 0.0
    }

    /// The remedies for a sound that is too loud or not finite.
    pub(crate) fn helps(self) -> impl Iterator<Item = String> {
        let strange = (self.strange > 0).then(|| NOT_FINITE.to_owned());
        let loud = (self.decibels() > 0.0)
            .then(|| format!("full scale is 0 dBFS: multiply by {:.2} or less", 0.99 / self.peak));
        strange.into_iter().chain(loud)
    }
}

impl fmt::Display for Loudness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_silent(), self.peak > 0.0) {
            (true, _) => f.write_str("silence")?,
            (_, true) => write!(f, "peak {:.1} dBFS", self.decibels())?,
            (..) => f.write_str("no sound")?,
        }
        match self.strange {
            0 => Ok(()),
            count => write!(f, ", {} not finite", counted(count, "sample")),
        }
    }
}

/// Why a program may have been silent: its gates stayed closed, or its inputs heard nothing.
pub(crate) fn why_silent(program: &Program, set: &[&str], notes: &[Note]) -> Option<String> {
    let gates: Vec<&Control> = program.controls().iter().filter(|control| control.is_gate()).collect();
    let opened = |gate: &&Control| {
        gate.init != 0.0
            || gate.role().is_some() && !notes.is_empty()
            || set.iter().any(|name| [&*gate.name, &*gate.face.address].contains(name))
    };
    if let Some(gate) = gates.first().filter(|_| !gates.iter().any(opened)) {
        let or_note = if gate.role().is_some() { " or --note 60" } else { "" };
        return Some(format!("its gate `{0}` is closed: --set {0}=1{or_note} opens it", gate.name));
    }
    match program.inputs() {
        [] => None,
        [one] => Some(format!("its audio input `{one}` was silent: --input FILE.wav gives it a sound")),
        _ => Some("its audio inputs were silent: --input FILE.wav gives them a sound".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remarked(channels: &[Vec<f32>]) -> (String, Vec<String>) {
        let loudness = Loudness::of(channels);
        (loudness.to_string(), loudness.helps().collect())
    }

    #[test]
    fn what_should_not_be_played_says_so() {
        assert_eq!(remarked(&[vec![0.5, -1.0]]), ("peak 0.0 dBFS".to_owned(), vec![]));
        assert_eq!(remarked(&[vec![0.999]]).0, "peak 0.0 dBFS");
        assert_eq!(remarked(&[vec![0.0]]), ("silence".to_owned(), vec![]));
        let (level, helps) = remarked(&[vec![10.0], vec![f32::NAN]]);
        assert_eq!(level, "peak 20.0 dBFS, 1 sample not finite");
        assert!(helps.len() == 2 && helps[1].contains("multiply by 0.10"), "{helps:?}");
        assert_eq!(remarked(&[vec![f32::NAN; 2]]).0, "no sound, 2 samples not finite");
    }
}
