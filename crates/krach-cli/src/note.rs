//! `60@0.5+1*0.8` or `C4`: a note, as people type it.

use krach_pattern::spelled;
use std::str::FromStr;

/// A note of `krach render --note`: key, start, length and velocity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Note {
    key: f64,
    /// In seconds, both.
    start: f64,
    length: f64,
    velocity: f64,
}

impl Note {
    pub(crate) fn key(&self) -> f64 {
        self.key
    }

    pub(crate) fn velocity(&self) -> f64 {
        self.velocity
    }

    /// The time of its release in seconds.
    pub(crate) fn end(&self) -> f64 {
        self.start + self.length
    }

    /// Frame, frames, key and velocity at a sample rate.
    pub(crate) fn at(&self, rate: u32) -> (u64, u64, f64, f64) {
        // Positive and finite; what is too large is later than any end.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames = |seconds: f64| (seconds * f64::from(rate)).round() as u64;
        (frames(self.start), frames(self.length), self.key, self.velocity)
    }
}

impl FromStr for Note {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(format!(
                "`{text}` is not a number: write KEY[@START][+LENGTH][*VELOCITY], such as 60@0.5+1 or C4"
            )),
        };
        let (text, velocity) = text.split_once('*').map_or((text, None), |(text, rest)| (text, Some(rest)));
        let (text, length) = text.split_once('+').map_or((text, None), |(text, rest)| (text, Some(rest)));
        let (key, start) = text.split_once('@').map_or((text, None), |(text, rest)| (text, Some(rest)));
        let or = |part: Option<&str>, default: f64| part.map_or(Ok(default), number);
        let key = key.trim();
        let note = Self {
            key: named(key).map_or_else(|| number(key), Ok)?,
            start: or(start, 0.0)?,
            length: or(length, 1.0)?,
            velocity: or(velocity, 1.0)?,
        };
        match note {
            Self { start, length, .. } if start < 0.0 || length < 0.0 => {
                Err("a note starts at 0 or later".to_owned())
            }
            Self { velocity, .. } if !(0.0..=1.0).contains(&velocity) => {
                Err("a velocity is 0 to 1".to_owned())
            }
            Self { key, .. } if !(0.0..=127.0).contains(&key) => {
                Err("a key is 0 to 127, or C-1 to G9; 60 is C4".to_owned())
            }
            note => Ok(note),
        }
    }
}

/// The key of a name such as `C4` (60), `f#3`, `Fs3` or `Bb2`; none if it is not a name.
fn named(text: &str) -> Option<f64> {
    let letter = text.get(..1)?.to_ascii_uppercase();
    let (semitone, octave) = spelled(&(letter + &text[1..]))?;
    // Octaves and semitones are small.
    #[allow(clippy::cast_precision_loss)]
    Some((12 * (octave + 1) + semitone) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_keys_and_what_follows_them() {
        let note = |text: &str| text.parse().map(|note: Note| note.at(1000));
        assert_eq!(note("60"), Ok((0, 1000, 60.0, 1.0)));
        assert_eq!(note("60.5@0.25+2*0.8"), Ok((250, 2000, 60.5, 0.8)));
        assert_eq!(note("60*0.5"), Ok((0, 1000, 60.0, 0.5)));
        assert_eq!(note("60 + 0.5"), Ok((0, 500, 60.0, 1.0)));
        assert_eq!(note("C4@1"), Ok((1000, 1000, 60.0, 1.0)));
        for (name, key) in [
            ("c-1", 0.0),
            ("A4", 69.0),
            ("F#3", 54.0),
            ("fs3", 54.0),
            ("Bb2", 46.0),
            ("b3", 59.0),
            ("G9", 127.0),
        ] {
            assert_eq!(note(name), Ok((0, 1000, key, 1.0)), "{name}");
        }
        for wrong in [
            "", "H4", "C", "C10", "G#9", "Cb-1", "C##4", "60@", "60@-1", "60+nan", "60*2", "128", "60@1@2",
            "-1",
        ] {
            assert!(note(wrong).is_err(), "{wrong}");
        }
    }
}
