//! Scales and chords by name.

use crate::{Pitch, Refusal};

/// The scales: their names, and the semitones of their degrees above the tonic.
#[rustfmt::skip]
pub const SCALES: &[(&[&str], &[u8])] = &[
    (&["major", "ionian"],            &[0, 2, 4, 5, 7, 9, 11]),
    (&["minor", "aeolian"],           &[0, 2, 3, 5, 7, 8, 10]),
    (&["dorian"],                     &[0, 2, 3, 5, 7, 9, 10]),
    (&["phrygian"],                   &[0, 1, 3, 5, 7, 8, 10]),
    (&["lydian"],                     &[0, 2, 4, 6, 7, 9, 11]),
    (&["mixolydian"],                 &[0, 2, 4, 5, 7, 9, 10]),
    (&["locrian"],                    &[0, 1, 3, 5, 6, 8, 10]),
    (&["harmonic minor"],             &[0, 2, 3, 5, 7, 8, 11]),
    (&["melodic minor"],              &[0, 2, 3, 5, 7, 9, 11]),
    (&["harmonic major"],             &[0, 2, 4, 5, 7, 8, 11]),
    (&["phrygian dominant"],          &[0, 1, 4, 5, 7, 8, 10]),
    (&["lydian dominant"],            &[0, 2, 4, 6, 7, 9, 10]),
    (&["altered"],                    &[0, 1, 3, 4, 6, 8, 10]),
    (&["double harmonic"],            &[0, 1, 4, 5, 7, 8, 11]),
    (&["hungarian minor"],            &[0, 2, 3, 6, 7, 8, 11]),
    (&["pentatonic", "major pentatonic"], &[0, 2, 4, 7, 9]),
    (&["minor pentatonic"],           &[0, 3, 5, 7, 10]),
    (&["blues"],                      &[0, 3, 5, 6, 7, 10]),
    (&["hirajoshi"],                  &[0, 2, 3, 7, 8]),
    (&["in"],                         &[0, 1, 5, 7, 8]),
    (&["iwato"],                      &[0, 1, 5, 6, 10]),
    (&["whole tone"],                 &[0, 2, 4, 6, 8, 10]),
    (&["diminished"],                 &[0, 2, 3, 5, 6, 8, 9, 11]),
    (&["chromatic"],                  &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
];

/// The chords: how they are written after the root, and the semitones of their notes above it.
#[rustfmt::skip]
pub const CHORDS: &[(&[&str], &[u8])] = &[
    (&["", "maj", "M"],          &[0, 4, 7]),
    (&["m", "min", "-"],         &[0, 3, 7]),
    (&["dim", "o"],              &[0, 3, 6]),
    (&["aug", "+"],              &[0, 4, 8]),
    (&["5"],                     &[0, 7]),
    (&["sus2"],                  &[0, 2, 7]),
    (&["sus4", "sus"],           &[0, 5, 7]),
    (&["6"],                     &[0, 4, 7, 9]),
    (&["m6", "min6"],            &[0, 3, 7, 9]),
    (&["7"],                     &[0, 4, 7, 10]),
    (&["maj7", "M7"],            &[0, 4, 7, 11]),
    (&["m7", "min7", "-7"],      &[0, 3, 7, 10]),
    (&["mM7", "mmaj7"],          &[0, 3, 7, 11]),
    (&["dim7", "o7"],            &[0, 3, 6, 9]),
    (&["m7b5"],                  &[0, 3, 6, 10]),
    (&["7sus4", "7sus"],         &[0, 5, 7, 10]),
    (&["7b5"],                   &[0, 4, 6, 10]),
    (&["7#5", "aug7"],           &[0, 4, 8, 10]),
    (&["add9"],                  &[0, 4, 7, 14]),
    (&["madd9"],                 &[0, 3, 7, 14]),
    (&["69", "6/9"],             &[0, 4, 7, 9, 14]),
    (&["9"],                     &[0, 4, 7, 10, 14]),
    (&["maj9", "M9"],            &[0, 4, 7, 11, 14]),
    (&["m9", "min9"],            &[0, 3, 7, 10, 14]),
    (&["7b9"],                   &[0, 4, 7, 10, 13]),
    (&["7#9"],                   &[0, 4, 7, 10, 15]),
    (&["11"],                    &[0, 4, 7, 10, 14, 17]),
    (&["m11", "min11"],          &[0, 3, 7, 10, 14, 17]),
    (&["maj7#11"],               &[0, 4, 7, 11, 18]),
    (&["13"],                    &[0, 4, 7, 10, 14, 21]),
    (&["maj13", "M13"],          &[0, 4, 7, 11, 14, 21]),
    (&["m13", "min13"],          &[0, 3, 7, 10, 14, 21]),
];

/// A tonic and the degrees above it.
///
/// ```
/// use krach_pattern::{Pitch, Scale};
/// let scale = Scale::named("A minor", 3)?;
/// assert_eq!(scale.degree(2)?, Pitch::name("C4")?);
/// assert_eq!(scale.degree(-1)?, Pitch::name("G3")?);
/// # Ok::<(), krach_pattern::Refusal>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scale {
    tonic: u8,
    steps: &'static [u8],
}

impl Scale {
    /// A scale such as `C minor`, `F# lydian` or `Eb major pentatonic`; a tonic alone is major. Its degree 0 is in that
    /// octave; C4 is 60.
    pub fn named(name: &str, octave: u8) -> Result<Self, Refusal> {
        let refused = || Refusal::Scale(name.to_owned());
        let (class, rest) = root(name.trim()).ok_or_else(refused)?;
        let kind = rest.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let kind = if kind.is_empty() { "major" } else { &kind };
        let (_, steps) = SCALES.iter().find(|(names, _)| names.contains(&kind)).ok_or_else(refused)?;
        Ok(Self { tonic: lowest(class, octave)?, steps })
    }

    /// The MIDI number of degree 0.
    #[must_use]
    pub fn tonic(&self) -> u8 {
        self.tonic
    }

    /// Semitones of the degrees of one octave above the tonic.
    #[must_use]
    pub fn steps(&self) -> &'static [u8] {
        self.steps
    }

    /// Degree 0 is the tonic; degrees go on through the octaves, upwards and downwards.
    pub fn degree(&self, degree: i64) -> Result<Pitch, Refusal> {
        let (count, outside) = (i64::try_from(self.steps.len()).unwrap_or(12), Refusal::Degree(degree));
        let octave = degree.div_euclid(count);
        let step = usize::try_from(degree.rem_euclid(count)).unwrap_or(0);
        let semitones = octave.checked_mul(12).and_then(|up| up.checked_add(self.steps[step].into()));
        let number = semitones.and_then(|up| up.checked_add(self.tonic.into())).ok_or(outside.clone())?;
        Pitch::midi(number).map_err(|_| outside)
    }
}

/// The MIDI numbers of a chord such as `Am7`, `F#maj9`, `Csus4` or `C/G`, its root in that octave, upwards. A note after
/// `/` is the bass, below the root. `inversion` is the number of lowest notes to move up an octave.
pub fn chord(name: &str, octave: u8, inversion: usize) -> Result<Vec<u8>, Refusal> {
    let refused = || Refusal::Chord(name.to_owned());
    let (class, rest) = root(name.trim()).ok_or_else(refused)?;
    let known = |kind: &str| CHORDS.iter().find(|(names, _)| names.contains(&kind));
    let bass = |kind: &str| {
        let (kind, low) = kind.rsplit_once('/')?;
        let (low, "") = root(low)? else { return None };
        Some((known(kind)?, Some(low)))
    };
    let (row, low) = known(rest).map(|row| (row, None)).or_else(|| bass(rest)).ok_or_else(refused)?;
    let first = i64::from(lowest(class, octave)?);
    let mut notes: Vec<i64> = row.1.iter().map(|&up| first + i64::from(up)).collect();
    for _ in 0..inversion.min(4 * notes.len()) {
        let lowest = notes.remove(0);
        let above = notes.last().copied().unwrap_or(lowest);
        notes.push(lowest + 12 * ((above - lowest).max(0) / 12 + 1));
    }
    if let Some(low) = low {
        let below = (i64::from(class) - i64::from(low)).rem_euclid(12);
        notes.retain(|note| (note - (first - below)) % 12 != 0 || below == 0);
        notes.insert(0, first - if below == 0 { 12 } else { below });
    }
    notes
        .into_iter()
        .map(|note| match Pitch::midi(note)? {
            Pitch::Midi(number) => Ok(number),
            Pitch::Hz(_) => Err(refused()),
        })
        .collect()
}

/// The pitch class of a root such as `A`, `F#`, `Bb`, and the text after it.
fn root(name: &str) -> Option<(u8, &str)> {
    const CLASSES: [u8; 7] = [9, 11, 0, 2, 4, 5, 7];
    let letter = name.chars().next().filter(|letter| ('A'..='G').contains(letter))?;
    let class = CLASSES[usize::from(letter as u8 - b'A')];
    let rest = &name[1..];
    Some(match rest.as_bytes().first() {
        Some(b'#') => ((class + 1) % 12, &rest[1..]),
        Some(b'b') => ((class + 11) % 12, &rest[1..]),
        _ => (class, rest),
    })
}

fn lowest(class: u8, octave: u8) -> Result<u8, Refusal> {
    if octave > 8 {
        return Err(Refusal::Octave(octave.to_string()));
    }
    Ok(12 * (octave + 1) + class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(name: &str) -> Result<Vec<u8>, Refusal> {
        chord(name, 4, 0)
    }

    #[test]
    fn chords_are_spelt_as_in_lead_sheets() {
        for (name, numbers) in [
            ("C", &[60, 64, 67][..]),
            ("Am7", &[69, 72, 76, 79]),
            ("F#maj9", &[66, 70, 73, 77, 80]),
            ("Bbm", &[70, 73, 77]),
            ("Csus4", &[60, 65, 67]),
            ("B+", &[71, 75, 79]),
            ("C69", &[60, 64, 67, 69, 74]),
            ("C6/9", &[60, 64, 67, 69, 74]),
            ("C/G", &[55, 60, 64]),
            ("Am/G", &[67, 69, 72, 76]),
            ("D/D", &[50, 62, 66, 69]),
        ] {
            assert_eq!(notes(name), Ok(numbers.to_vec()), "{name}");
        }
        for wrong in ["", "c", "H7", "C?", "Cm8", "C/", "C/H", "C/Gm", "é", "Am7 x", "C##"] {
            assert_eq!(notes(wrong), Err(Refusal::Chord(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn an_inversion_moves_the_lowest_notes_up() {
        assert_eq!(chord("C", 4, 1), Ok(vec![64, 67, 72]));
        assert_eq!(chord("C", 4, 2), Ok(vec![67, 72, 76]));
        assert_eq!(chord("C", 4, 3), Ok(vec![72, 76, 79]));
        assert!(chord("C13", 8, 40).is_err());
        assert!(chord("C", 9, 0).is_err());
    }

    #[test]
    fn every_name_is_there_once_and_rises() {
        for table in [SCALES, CHORDS] {
            let mut names: Vec<_> = table.iter().flat_map(|(names, _)| *names).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
            assert!(table.iter().all(|(_, steps)| steps[0] == 0 && steps.is_sorted_by(|a, b| a < b)));
        }
    }

    #[test]
    fn degrees_go_through_the_octaves() {
        let scale = Scale::named("C major", 4).unwrap();
        let numbers: Vec<_> = (-7..=8).map(|degree| scale.degree(degree)).collect();
        let expected = [48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72, 74];
        assert_eq!(numbers, expected.map(|number| Ok(Pitch::Midi(number))));
        assert_eq!(Scale::named("Eb  Minor Pentatonic", 3).unwrap().degree(5), Ok(Pitch::Midi(63)));
        assert_eq!(Scale::named("G", 4), Scale::named("G ionian", 4));
        for degree in [100, -100, i64::MAX, i64::MIN] {
            assert_eq!(scale.degree(degree), Err(Refusal::Degree(degree)));
        }
        for wrong in ["", "minor", "c minor", "C minr", "C4 minor"] {
            assert_eq!(Scale::named(wrong, 4), Err(Refusal::Scale(wrong.to_owned())));
        }
    }
}
