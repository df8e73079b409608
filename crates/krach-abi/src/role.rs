//! How notes set the controls of a voice.

/// The property of its note that a control of a voice is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its frequency in Hz.
    Hertz,
    /// Its key.
    Key,
    /// Its velocity, 0..1.
    Velocity,
    /// Its velocity, 0..127.
    MidiVelocity,
    /// 1 while it is held, else 0.
    Gate,
}

impl Role {
    /// The order in which the controls of a voice are set. The gate comes last, so that pitch and velocity are in place
    /// when the note starts.
    pub const ALL: [Self; 5] = [Self::Hertz, Self::Key, Self::Velocity, Self::MidiVelocity, Self::Gate];

    /// The value of the control while a note is held. The key is in semitones, 69 being 440 Hz; the velocity is 0..1.
    #[must_use]
    pub fn value(self, key: f64, velocity: f64) -> f64 {
        match self {
            Self::Hertz => 440.0 * ((key - 69.0) / 12.0).exp2(),
            Self::Key => key,
            Self::Velocity => velocity,
            Self::MidiVelocity => velocity * 127.0,
            Self::Gate => 1.0,
        }
    }

    /// The range that every MIDI note fits in.
    #[must_use]
    pub fn range(self) -> [f64; 2] {
        match self {
            Self::Hertz => [8.0, 12_544.0],
            Self::Key | Self::MidiVelocity => [0.0, 127.0],
            Self::Velocity | Self::Gate => [0.0, 1.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_midi_note_is_in_range() {
        for role in Role::ALL {
            let [lo, hi] = role.range();
            for (key, velocity) in [(0.0, 0.0), (60.0, 100.0 / 127.0), (127.0, 1.0)] {
                assert!((lo..=hi).contains(&role.value(key, velocity)), "{role:?}");
            }
        }
        assert_eq!(Role::MidiVelocity.value(69.0, 100.0 / 127.0), 100.0);
        assert_eq!(Role::Hertz.value(69.0, 1.0), 440.0);
    }
}
