//! Notes, and how they play a program.

use krach_abi::{Frame, Role};

/// A key that is pressed and let go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// The frame of its onset.
    pub frame: Frame,
    /// The number of frames for which it is held, at least 1.
    pub frames: usize,
    /// In semitones, 69 being a' of 440 Hz; fractions are between the keys.
    pub key: f64,
    /// 0..1
    pub velocity: f64,
}

/// Names one note, from its onset to the end of its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoteId(pub u64);

/// How notes play a program: the number of voices, and the controls that hear of a note. Controls without a role are
/// shared by all voices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyboard {
    pub voices: usize,
    /// By number of the control.
    pub roles: Vec<(usize, Role)>,
}
