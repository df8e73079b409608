//! Several copies of one voice, played by notes, and what their sum goes through.

use crate::render::Sample;
use krach_abi::{Dsp, DspFactory, Role, Seed};

/// A key that is pressed and let go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// The frame of its onset, counted from the first frame rendered.
    pub frame: usize,
    /// For so many frames it is held.
    pub frames: usize,
    /// In semitones, 69 being a' of 440 Hz; fractions are between the keys.
    pub key: f64,
    /// 0..1
    pub velocity: f64,
}

/// How a program is played by notes: so many voices, and what each of their controls is told. Controls without a role
/// are shared by all voices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyboard {
    pub voices: usize,
    /// By number of the control.
    pub roles: Vec<(usize, Role)>,
}

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
    /// A note is held until that frame; it began as the `age`-th.
    Held { until: usize, age: u64 },
    /// A note was let go as the `age`-th, and has been silent for so many frames.
    Released { silent: usize, age: u64 },
    /// It gave way, and has so many frames left.
    Fading { left: usize },
}

struct Voice {
    dsp: Box<dyn Dsp>,
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
    voices: Vec<Voice>,
    /// How many notes sound at once; the other voices are spare.
    count: usize,
    keyboard: Keyboard,
    ranges: Vec<krach_abi::ControlRange>,
    /// How long a voice must be silent to be free, and how long one fades, in frames.
    patience: usize,
    fade: usize,
    /// Notes started or let go so far.
    age: u64,
    mix: Vec<Vec<S>>,
}

impl<S: Sample> Ensemble<S> {
    /// Copies of the voice, one of them spare for each note. `block` is the most frames computed at once.
    pub fn new(voice: &dyn DspFactory, keyboard: &Keyboard, seed: Seed, block: usize) -> Self {
        let ports = voice.ports();
        let count = keyboard.voices.max(1);
        let rate = f64::from(voice.sample_rate());
        // Positive and small.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames = |seconds: f64| (seconds * rate).ceil().max(1.0) as usize;
        let copy = |at: u32| Voice {
            dsp: voice.instantiate(Seed { voice: seed.voice + at, ..seed }),
            state: State::Free,
            level: 1.0,
        };
        Self {
            voices: (0..).take(2 * count).map(copy).collect(),
            count,
            keyboard: keyboard.clone(),
            ranges: ports.controls.clone(),
            patience: frames(SILENT_FOR),
            fade: frames(FADE),
            age: 0,
            mix: vec![vec![S::default(); block]; ports.outputs],
        }
    }

    /// Turns a control of all voices. Values are within its range.
    pub fn turn(&mut self, control: usize, value: f64) {
        self.voices.iter_mut().for_each(|voice| voice.dsp.set(control, value));
    }

    /// Starts a note on the frame that is computed next.
    pub fn start(&mut self, note: &Note) {
        let at = self.room();
        self.age += 1;
        self.voices[at].state = State::Held { until: note.frame.saturating_add(note.frames), age: self.age };
        let knows = |role| self.keyboard.roles.iter().any(|&(_, known)| known == role);
        let dynamic = knows(Role::Velocity) || knows(Role::MidiVelocity);
        self.voices[at].level = if dynamic { 1.0 } else { note.velocity };
        for role in Role::ALL {
            self.tell(at, role, role.value(note.key, note.velocity));
        }
    }

    /// Lets go of the notes that end at `frame`, or have ended.
    pub fn release(&mut self, frame: usize) {
        for at in 0..self.voices.len() {
            if matches!(self.voices[at].state, State::Held { until, .. } if until <= frame) {
                self.age += 1;
                self.voices[at].state = State::Released { silent: 0, age: self.age };
                self.tell(at, Role::Gate, 0.0);
            }
        }
    }

    /// When the next of the notes held ends.
    pub fn next_release(&self) -> Option<usize> {
        let until = |voice: &Voice| match voice.state {
            State::Held { until, .. } => Some(until),
            _ => None,
        };
        self.voices.iter().filter_map(until).min()
    }

    /// Adds up what the voices do.
    pub fn compute(&mut self, inputs: &[&[S]], outputs: &mut [&mut [S]]) {
        let frames = outputs.first().map_or(0, |port| port.len());
        outputs.iter_mut().for_each(|port| port.fill(S::default()));
        for voice in &mut self.voices {
            if voice.state == State::Free {
                continue;
            }
            let mut heard: Vec<&mut [S]> = self.mix.iter_mut().map(|port| &mut port[..frames]).collect();
            S::process(voice.dsp.as_mut(), inputs, &mut heard);
            for frame in 0..frames {
                let peak = heard.iter().map(|port| port[frame].wide().abs()).fold(0.0, f64::max);
                let Some(level) = voice.pass(peak, self.patience, self.fade) else {
                    voice.dsp.reset();
                    break;
                };
                for (to, from) in outputs.iter_mut().zip(&heard) {
                    to[frame] = to[frame].plus(from[frame], level);
                }
            }
        }
    }

    fn tell(&mut self, at: usize, role: Role, value: f64) {
        for &(control, _) in self.keyboard.roles.iter().filter(|&&(_, known)| known == role) {
            // The range is for people; notes reach every key.
            let (range, [lo, hi]) = (self.ranges[control], role.range());
            self.voices[at].dsp.set(control, value.max(range.lo.min(lo)).min(range.hi.max(hi)));
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
            self.voices[at].dsp.reset();
        }
        at
    }
}

impl Voice {
    /// The level of the frame that is this loud; none if the voice has ended before.
    fn pass(&mut self, peak: f64, patience: usize, fade: usize) -> Option<f64> {
        let (state, level) = match self.state {
            State::Free => return None,
            State::Released { silent, .. } if silent >= patience => (State::Free, None),
            State::Released { silent, age } => {
                let silent = if peak < SILENCE { silent + 1 } else { 0 };
                (State::Released { silent, age }, Some(self.level))
            }
            State::Fading { left: 0 } => (State::Free, None),
            State::Fading { left } => {
                (State::Fading { left: left - 1 }, Some(self.level * ratio(left, fade)))
            }
            State::Held { .. } => (self.state, Some(self.level)),
        };
        self.state = state;
        level
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
