//! What is to be rendered, and why it may not be.

use crate::Note;
use krach_abi::{Frame, Ports, Seed};
use std::fmt;

/// One change of a control, on a frame of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Frames after the last one rendered are never due.
    pub frame: Frame,
    /// By port.
    pub control: usize,
    /// In the control's unit; clamped to its range.
    pub value: f64,
}

/// A stretch of audio to render off-line: how long, from which input, with which turns of the knobs. `S` is the
/// sample format of the inputs and outputs. The first frame rendered is frame 0.
#[derive(Clone, Debug)]
pub struct Score<'a, S> {
    pub frames: usize,
    /// One slice per input port; shorter ones are followed by silence, missing ones are silent.
    pub inputs: &'a [&'a [S]],
    /// Control and value, set before the first frame.
    pub values: Vec<(usize, f64)>,
    /// In any order; those of one frame are applied in the order given.
    pub turns: Vec<Turn>,
    /// In any order; they need a keyboard.
    pub notes: Vec<Note>,
    /// The most frames computed at once, at least 1. Has no bearing on the samples.
    pub block: usize,
    pub seed: Seed,
}

impl<S> Score<'_, S> {
    /// A number of frames of a program that is left alone.
    #[must_use]
    pub fn new(frames: usize) -> Self {
        Score {
            frames,
            inputs: &[],
            values: Vec::new(),
            turns: Vec::new(),
            notes: Vec::new(),
            block: 512,
            seed: Seed::default(),
        }
    }

    pub(crate) fn check(&self, ports: &Ports) -> Result<(), RenderError> {
        if self.inputs.len() > ports.inputs {
            return Err(RenderError::Inputs { given: self.inputs.len(), wanted: ports.inputs });
        }
        let birth = self.values.iter().map(|&(control, value)| (None, control, value));
        let later = self.turns.iter().map(|turn| (Some(turn.frame), turn.control, turn.value));
        for (frame, control, value) in birth.chain(later) {
            if control >= ports.controls.len() {
                return Err(RenderError::NoSuchControl { control, controls: ports.controls.len() });
            }
            if !value.is_finite() {
                return Err(RenderError::ControlValue { control, frame, value });
            }
        }
        Ok(())
    }
}

/// Why a score cannot be rendered.
#[derive(Clone, Debug, PartialEq)]
pub enum RenderError {
    /// There is no control of that number; the number of controls.
    NoSuchControl { control: usize, controls: usize },
    /// A control value that is NaN or infinite; `frame` is `None` for a value at birth.
    ControlValue { control: usize, frame: Option<Frame>, value: f64 },
    /// More inputs than the program has.
    Inputs { given: usize, wanted: usize },
    /// These frames and channels do not fit into memory.
    TooLong { frames: usize, channels: usize },
    /// `progress` said so; `done` frames had been rendered.
    Cancelled { done: usize },
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchControl { control, controls } => {
                write!(f, "there is no control {control}, the program has {controls}")
            }
            Self::ControlValue { control, frame: Some(frame), value } => {
                write!(f, "the value {value} of control {control} at frame {} is not finite", frame.0)
            }
            Self::ControlValue { control, frame: None, value } => {
                write!(f, "the value {value} of control {control} is not finite")
            }
            Self::Inputs { given, wanted } => write!(f, "{given} inputs for a program that has {wanted}"),
            Self::TooLong { frames, channels } => {
                write!(f, "{frames} frames of {channels} channels do not fit into memory")
            }
            Self::Cancelled { done } => write!(f, "cancelled after {done} frames"),
        }
    }
}

impl std::error::Error for RenderError {}
