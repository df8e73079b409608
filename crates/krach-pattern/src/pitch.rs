//! Pitches as written: names, MIDI numbers, hertz.

use crate::{Real, Refusal};

/// Names and MIDI numbers follow the tuning of the session; hertz are hertz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pitch {
    /// 0–127; 60 is C4.
    Midi(u8),
    Hz(Real),
}

impl Pitch {
    /// A MIDI number.
    pub fn midi(number: i64) -> Result<Self, Refusal> {
        match u8::try_from(number) {
            Ok(number) if number <= 127 => Ok(Self::Midi(number)),
            _ => Err(Refusal::MidiNumber(number)),
        }
    }

    /// Hertz, above 0.
    pub fn hz(hz: f64) -> Result<Self, Refusal> {
        match Real::new(hz) {
            Some(real) if hz > 0.0 => Ok(Self::Hz(real)),
            _ => Err(Refusal::Hertz(hz)),
        }
    }

    /// A name such as `C4`, `F#3`, `Fs3` or `Bb2`: a letter A–G, a sharp (`#`, `s`) or a flat (`b`), an octave 0–8.
    /// C4 is 60.
    pub fn name(name: &str) -> Result<Self, Refusal> {
        match spelled(name) {
            Some((semitone, octave @ 0..=8)) => Self::midi(12 * (octave + 1) + semitone),
            Some(_) => Err(Refusal::Octave(name.to_owned())),
            None => Err(Refusal::NoteName(name.to_owned())),
        }
    }

    /// The frequency where A4 (69) has `a4` hertz: `a4 · 2^((n − 69)/12)`, equal temperament.
    #[must_use]
    pub fn frequency(self, a4: f64) -> f64 {
        match self {
            Self::Midi(number) => a4 * ((f64::from(number) - 69.0) / 12.0).exp2(),
            Self::Hz(hz) => hz.get(),
        }
    }

    /// The MIDI number nearest to a frequency, where A4 has 440 Hz; 0 and 127 where it lies beyond.
    pub fn nearest(hz: f64) -> Result<u8, Refusal> {
        Self::hz(hz)?;
        let number = (69.0 + 12.0 * (hz / 440.0).log2()).round().clamp(0.0, 127.0);
        // In range by the clamp.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(number as u8)
    }
}

/// Semitones above C, and the octave from -1 to 9, of a name such as `F#3`: (6, 3). `Cb4` is (-1, 4).
#[must_use]
pub fn spelled(name: &str) -> Option<(i64, i64)> {
    let mut letters = name.chars();
    let semitone = match letters.next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let (sign, octave) = match rest.chars().next()? {
        '#' | 's' => (1, &rest[1..]),
        'b' => (-1, &rest[1..]),
        _ => (0, rest),
    };
    match octave.as_bytes() {
        [digit @ b'0'..=b'9'] => Some((semitone + sign, (digit - b'0').into())),
        b"-1" => Some((semitone + sign, -1)),
        _ => None,
    }
}

/// The name of a MIDI number, with `s` for a sharp: 61 is `Cs4`.
#[must_use]
pub fn note_name(number: u8) -> String {
    const NAMES: [&str; 12] = ["C", "Cs", "D", "Ds", "E", "F", "Fs", "G", "Gs", "A", "As", "B"];
    format!("{}{}", NAMES[usize::from(number % 12)], i32::from(number / 12) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers() {
        let number = |name: &str| match Pitch::name(name) {
            Ok(Pitch::Midi(number)) => Some(number),
            _ => None,
        };
        let known =
            [("C4", 60), ("A4", 69), ("Cb0", 11), ("B#8", 120), ("Es4", 65), ("Bb2", 46), ("Cs4", 61)];
        for (name, midi) in known {
            assert_eq!(number(name), Some(midi), "{name}");
        }
        for wrong in ["", "c4", "C", "C10", "C-1", "H4", "C4 ", "C##4", "é4", "C♯4", "C9"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        for midi in 12..=119 {
            assert_eq!(number(&note_name(midi)), Some(midi));
        }
    }

    #[test]
    fn equal_temperament_from_a4() {
        assert_eq!(Pitch::Midi(69).frequency(440.0), 440.0);
        assert!((Pitch::Midi(60).frequency(440.0) - 261.625_565).abs() < 1e-5);
        assert_eq!(Pitch::Midi(81).frequency(432.0), 864.0);
        for midi in 0..=127 {
            assert_eq!(Pitch::nearest(Pitch::Midi(midi).frequency(440.0)), Ok(midi));
        }
        assert_eq!(Pitch::nearest(1e9), Ok(127));
        assert!(Pitch::nearest(0.0).is_err() && Pitch::hz(f64::NAN).is_err() && Pitch::midi(128).is_err());
    }
}
