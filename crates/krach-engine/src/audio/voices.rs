//! Several voices of one program, played by notes.

use crate::Keyboard;
use crate::cue::NoteId;
use krach_abi::{
    Audio, AudioMut, Block, Buffer, ControlRange, Dsp, DspFactory, Frame, Role, Sample, Seed, VoiceIo,
};

/// Voices are silent below this level, −90 dBFS, …
const SILENCE: f64 = 3.16e-5;
/// … and free after so many seconds of it.
const SILENT_FOR: f64 = 0.1;
/// A note that gives way to another fades in so many seconds.
const FADE: f64 = 0.005;

/// What a voice is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Nothing: it may take a note. (It is not computed.)
    Free,
    /// It holds a note, which began as the `age`-th. `leaving`: it is let go on this frame.
    Held { id: NoteId, age: u64, leaving: bool },
    /// Its note was let go as the `age`-th, and has been silent for that many frames.
    Released { silent: usize, age: u64 },
    /// It gave way, and has that many frames left.
    Fading { left: usize },
}

#[derive(Clone, Copy, Debug)]
struct Voice {
    state: State,
    /// Its own, where the program does not know of velocity.
    level: f64,
}

/// Running voices, which between them are one instrument.
///
/// A note takes a free voice, else that of the oldest released note, else that of the oldest held one: the new note
/// starts in a spare voice while the old one fades. Every note begins at birth, so what it sounds like does not
/// depend on the notes before, apart from its noise, which is that of the voice it takes.
pub(crate) struct Ensemble<S> {
    dsp: Box<dyn Dsp>,
    voices: Box<[Voice]>,
    io: Box<[VoiceIo]>,
    /// One block of all outputs of all voices.
    heard: Buffer<S>,
    /// The number of notes that sound at once; the other voices are spare.
    count: usize,
    keyboard: Keyboard,
    /// A control takes the velocity of notes.
    dynamic: bool,
    ranges: Vec<ControlRange>,
    /// How long a voice must be silent to be free, and how long one fades, in frames.
    patience: usize,
    fade: usize,
    /// Notes started or let go so far.
    age: u64,
}

impl<S: Sample> Ensemble<S> {
    /// Voices, one of them spare for each note. `block` is the most frames computed at once.
    pub fn new(factory: &dyn DspFactory, keyboard: &Keyboard, seed: Seed, block: usize) -> Self {
        let ports = factory.ports();
        let count = keyboard.voices.max(1);
        let rate = f64::from(factory.sample_rate());
        // Positive and small.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames = |seconds: f64| (seconds * rate).ceil().max(1.0) as usize;
        let takes = |role| keyboard.roles.iter().any(|&(_, known)| known == role);
        Self {
            dsp: factory.voices(2 * count, seed),
            voices: vec![Voice { state: State::Free, level: 1.0 }; 2 * count].into(),
            io: vec![VoiceIo::default(); 2 * count].into(),
            heard: Buffer::new(2 * count * ports.outputs, block),
            count,
            keyboard: keyboard.clone(),
            dynamic: takes(Role::Velocity) || takes(Role::MidiVelocity),
            ranges: ports.controls.clone(),
            patience: frames(SILENT_FOR),
            fade: frames(FADE),
            age: 0,
        }
    }

    /// Turns a control of all voices. Values are within its range.
    pub fn turn(&mut self, control: usize, value: f64) {
        (0..self.voices.len()).for_each(|at| self.dsp.set(at, control, value));
    }

    /// Starts a note on the frame that is computed next.
    pub fn press(&mut self, id: NoteId, key: f64, velocity: f64) {
        self.let_go();
        let at = self.room();
        self.age += 1;
        let level = if self.dynamic { 1.0 } else { velocity };
        self.voices[at] = Voice { state: State::Held { id, age: self.age, leaving: false }, level };
        for role in Role::ALL {
            self.tell(at, role, role.value(key, velocity));
        }
    }

    /// Lets go of a note, unless it has given way to another.
    pub fn release(&mut self, note: NoteId) {
        for voice in &mut self.voices {
            if let State::Held { id, leaving, .. } = &mut voice.state
                && *id == note
            {
                *leaving = true;
            }
        }
    }

    /// Closes the gates of the notes that leave: those of one frame in the order of their voices.
    pub fn let_go(&mut self) {
        for at in 0..self.voices.len() {
            if matches!(self.voices[at].state, State::Held { leaving: true, .. }) {
                self.age += 1;
                self.voices[at].state = State::Released { silent: 0, age: self.age };
                self.tell(at, Role::Gate, 0.0);
            }
        }
    }

    /// Adds up what the voices do.
    pub fn compute(&mut self, start: Frame, inputs: Audio<'_, S>, outputs: &mut AudioMut<'_, S>) {
        let frames = outputs.frames();
        for (io, voice) in self.io.iter_mut().zip(&self.voices) {
            io.busy = voice.state != State::Free;
        }
        let heard = self.heard.head_mut(frames);
        let mut block = Block { start, inputs, outputs: heard, voices: &mut self.io };
        S::process(self.dsp.as_mut(), &mut block);
        outputs.silence();
        for at in 0..self.voices.len() {
            if self.io[at].busy {
                self.mix(at, outputs);
            }
        }
    }

    /// Adds a voice for as many frames as it lasts.
    fn mix(&mut self, at: usize, outputs: &mut AudioMut<'_, S>) {
        let (frames, ports) = (outputs.frames(), outputs.channels());
        let (state, played) = self.pass(at, frames, ports);
        let Voice { state: before, level } = self.voices[at];
        self.voices[at].state = state;
        for port in 0..ports {
            let from = &self.heard.channel(at * ports + port)[..played];
            let to = &mut outputs.channel_mut(port)[..played];
            if let State::Fading { left } = before {
                for (frame, (to, &from)) in to.iter_mut().zip(from).enumerate() {
                    *to = *to + from * S::near(level * ratio(left - frame, self.fade));
                }
            } else {
                let level = S::near(level);
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = *to + from * level);
            }
        }
        if state == State::Free {
            self.dsp.reset(at);
        }
    }

    /// What a voice does after a block, and the number of frames of it that are heard.
    fn pass(&self, at: usize, frames: usize, ports: usize) -> (State, usize) {
        match self.voices[at].state {
            State::Fading { left } if left < frames => (State::Free, left),
            State::Fading { left } => (State::Fading { left: left - frames }, frames),
            State::Released { mut silent, age } => {
                for frame in 0..frames {
                    if silent >= self.patience {
                        return (State::Free, frame);
                    }
                    let size = |port| self.heard.channel(at * ports + port)[frame].wide().abs();
                    let peak = (0..ports).map(size).fold(0.0, f64::max);
                    silent = if peak < SILENCE { silent + 1 } else { 0 };
                }
                (State::Released { silent, age }, frames)
            }
            state => (state, frames),
        }
    }

    fn tell(&mut self, at: usize, role: Role, value: f64) {
        for &(control, _) in self.keyboard.roles.iter().filter(|&&(_, known)| known == role) {
            // The range is for people; notes reach every key.
            let (range, [lo, hi]) = (self.ranges[control], role.range());
            self.dsp.set(at, control, value.max(range.lo.min(lo)).min(range.hi.max(hi)));
        }
    }

    /// A voice for a new note; if all are taken, another gives way.
    fn room(&mut self) -> usize {
        let busy = |voice: &&Voice| matches!(voice.state, State::Held { .. } | State::Released { .. });
        if self.voices.iter().filter(busy).count() >= self.count {
            let order = |voice: &Voice| match voice.state {
                State::Released { age, .. } => (0, age),
                State::Held { age, .. } => (1, age),
                _ => (2, 0),
            };
            if let Some(oldest) = self.voices.iter_mut().min_by_key(|voice| order(voice)) {
                oldest.state = State::Fading { left: self.fade };
            }
        }
        // Of those that fade, the one that is nearest to its end. (Half of the voices are not busy.)
        let left = |at: &usize| match self.voices[*at].state {
            State::Free => 0,
            State::Fading { left } => left,
            _ => usize::MAX,
        };
        let at = (0..self.voices.len()).min_by_key(left).unwrap_or(0);
        if self.voices[at].state != State::Free {
            self.dsp.reset(at);
        }
        at
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
