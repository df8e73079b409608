//! Everything that happens on a frame, in order.

use crate::{Note, NoteId, Turn};
use krach_abi::Frame;

/// What happens. Of one frame, turns come first, then notes are let go, then others begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Turn { control: usize, value: f64 },
    Release(NoteId),
    Press { id: NoteId, key: f64, velocity: f64 },
}

impl Act {
    fn rank(self) -> u8 {
        match self {
            Self::Turn { .. } => 0,
            Self::Release(_) => 1,
            Self::Press { .. } => 2,
        }
    }
}

/// Acts with their frames, sorted once; those before `due` have happened.
#[derive(Debug)]
pub(crate) struct Cues {
    list: Vec<(Frame, Act)>,
    due: usize,
}

impl Cues {
    /// What is of one frame and kind stays in the order given.
    pub fn new(turns: &[Turn], notes: &[Note]) -> Self {
        let turn = |turn: &Turn| (turn.frame, Act::Turn { control: turn.control, value: turn.value });
        let mut list: Vec<(Frame, Act)> = turns.iter().map(turn).collect();
        for (id, note) in (0..).map(NoteId).zip(notes) {
            let (key, velocity) = (note.key, note.velocity);
            list.push((note.frame, Act::Press { id, key, velocity }));
            list.push((note.frame.after(note.frames.max(1)), Act::Release(id)));
        }
        list.sort_by_key(|(frame, act)| (*frame, act.rank()));
        Self { list, due: 0 }
    }

    /// The next act of a frame, or of one before it.
    pub fn next_at(&mut self, frame: Frame) -> Option<Act> {
        let &(_, act) = self.list.get(self.due).filter(|(due, _)| *due <= frame)?;
        self.due += 1;
        Some(act)
    }

    /// The frame of the act that comes next.
    pub fn next_frame(&self) -> Frame {
        self.list.get(self.due).map_or(Frame::NEVER, |(frame, _)| *frame)
    }
}
