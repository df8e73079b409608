//! What notes tell the controls of a voice, by the convention of Faust's polyphonic programs.

/// What a control of a voice is told about its note.
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
    /// In the order in which they are told: when the gate opens, the rest is known.
    pub const ALL: [Self; 5] = [Self::Hertz, Self::Key, Self::Velocity, Self::MidiVelocity, Self::Gate];

    /// The role of a control that is called so and reaches up to `hi`.
    #[must_use]
    pub fn of(label: &str, hi: f64) -> Option<Self> {
        Some(match label {
            "freq" => Self::Hertz,
            "key" => Self::Key,
            "gate" => Self::Gate,
            "gain" => Self::Velocity,
            "vel" | "velocity" if hi > 1.0 => Self::MidiVelocity,
            "vel" | "velocity" => Self::Velocity,
            _ => return None,
        })
    }

    /// What a note says while it is held: its key in semitones, 69 being 440 Hz, and its velocity, 0..1.
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

    /// What it takes to be told of every MIDI note.
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
        assert_eq!(
            (Role::of("vel", 1.0), Role::of("vel", 127.0)),
            (Some(Role::Velocity), Some(Role::MidiVelocity))
        );
        assert_eq!(Role::of("cutoff", 127.0), None);
    }
}
