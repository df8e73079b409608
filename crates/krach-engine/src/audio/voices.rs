//! Several voices of one program, played by notes.

use super::sum::Sum;
use crate::Keyboard;
use crate::note::NoteId;
use crate::ramp::Ramp;
use krach_abi::{
    Audio, AudioMut, Block, Buffer, ControlRange, Dsp, DspFactory, Frame, Role, Sample, Seed, Status, VoiceIo,
};

/// Voices are silent below this level, −90 dBFS, …
const SILENCE: f64 = 3.16e-5;
/// … and free after this time of silence, in seconds.
const SILENT_FOR: f64 = 0.1;
/// The fade of a note that gives way to another, in seconds.
const FADE: f64 = 0.005;

/// What a voice is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// Nothing: it may take a note. (It is not computed.)
    Free,
    /// It sounds without a note.
    Open,
    /// It holds a note, which began as the `age`-th. `leaving`: it is let go on this frame.
    Held { id: NoteId, age: u64, leaving: bool },
    /// Its note was let go as the `age`-th, and has been silent for that many frames.
    Released { silent: usize, age: u64 },
    /// It gave way, and has that many frames left.
    Fading { left: usize },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub state: State,
    /// Its own, where the program does not know of velocity.
    level: Ramp,
    /// A control of it has a value of its own.
    own: bool,
    /// The frame on which its gate opened.
    opened: Frame,
    /// The frame of its last rebirth, from which it fades in.
    pub reborn: Option<Frame>,
}

/// How notes share the voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// One voice that always sounds and plays the last note.
    Mono,
    /// Many notes at once, each from birth.
    Poly,
}

/// Running voices, which between them are one instrument.
///
/// A note takes a free voice, else that of the oldest released note, else that of the oldest held one: the new note
/// starts in a spare voice while the old one fades. Every note begins at birth, so what it sounds like does not
/// depend on the notes before, apart from its noise, which is that of the voice it takes. With one voice for the last
/// note ([`Manner::Mono`]) nothing is born: the note moves the pitch and opens the gate again.
pub(crate) struct Ensemble<S> {
    pub dsp: Box<dyn Dsp>,
    pub(super) lanes: Box<[Lane]>,
    pub(super) io: Box<[VoiceIo]>,
    /// One block of all outputs of all voices.
    pub(super) heard: Buffer<S>,
    sum: Sum<S>,
    pub(super) ports: usize,
    /// The number of notes that sound at once; the other voices are spare.
    count: usize,
    manner: Manner,
    keyboard: Keyboard,
    /// A control takes the velocity of notes; one is the gate.
    dynamic: bool,
    gate: Option<usize>,
    /// A voice that is let go and silent may rest: it has no inputs that may sound later.
    rests: bool,
    ranges: Vec<ControlRange>,
    /// The value of each control of the whole, and of each control of each voice.
    shared: Box<[f64]>,
    values: Box<[f64]>,
    /// How long a voice must be silent to be free, and how long one fades, in frames.
    patience: usize,
    pub(super) fade: usize,
    /// Notes started or let go so far.
    age: u64,
}

impl<S: Sample> Ensemble<S> {
    /// Voices; for [`Manner::Poly`], one of them spare for each note. `block` is the most frames computed at once.
    pub fn new(
        factory: &dyn DspFactory,
        keyboard: &Keyboard,
        manner: Manner,
        seed: Seed,
        block: usize,
    ) -> Self {
        let ports = factory.ports();
        let count = keyboard.voices.max(1);
        let (lanes, state) = match manner {
            Manner::Mono => (1, State::Open),
            Manner::Poly => (2 * count, State::Free),
        };
        let rate = f64::from(factory.sample_rate());
        // Positive and small.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames = |seconds: f64| (seconds * rate).ceil().max(1.0) as usize;
        let takes = |role| keyboard.roles.iter().find(|&&(_, known)| known == role).map(|&(at, _)| at);
        let shared: Box<[f64]> = ports.controls.iter().map(|range| range.init).collect();
        let (level, opened) = (Ramp::still(1.0), Frame(0));
        Self {
            dsp: factory.voices(lanes, seed),
            lanes: vec![Lane { state, level, own: false, opened, reborn: None }; lanes].into(),
            io: vec![VoiceIo::default(); lanes].into(),
            heard: Buffer::new(lanes * ports.outputs, block),
            sum: Sum::new(ports.outputs, if lanes > 1 { block } else { 0 }),
            ports: ports.outputs,
            count,
            manner,
            keyboard: keyboard.clone(),
            dynamic: takes(Role::Velocity).or(takes(Role::MidiVelocity)).is_some(),
            gate: takes(Role::Gate),
            rests: ports.inputs == 0 || manner == Manner::Poly,
            ranges: ports.controls.clone(),
            values: shared.repeat(lanes).into(),
            shared,
            patience: frames(SILENT_FOR),
            fade: frames(FADE),
            age: 0,
        }
    }

    /// Fetches all memory of the voices from the system: before they play in real time.
    pub fn touch(&mut self) {
        self.dsp.touch();
    }

    /// Sets a control of all voices, within its range.
    pub fn turn(&mut self, control: usize, value: f64, at: Frame) {
        let range = self.ranges[control];
        let value = value.max(range.lo).min(range.hi);
        self.shared[control] = value;
        for lane in 0..self.lanes.len() {
            if self.manner == Manner::Mono && self.lanes[lane].state == State::Free {
                self.lanes[lane].state = State::Open;
            }
            self.put(lane, control, value, at);
        }
    }

    /// Sets a control of the voice that plays a note, until that voice takes another.
    pub fn turn_note(&mut self, note: NoteId, control: usize, value: f64, at: Frame) {
        let range = self.ranges[control];
        let holds = |lane: &Lane| matches!(lane.state, State::Held { id, .. } if id == note);
        if let Some(lane) = self.lanes.iter().position(holds) {
            self.lanes[lane].own = true;
            self.put(lane, control, value.max(range.lo).min(range.hi), at);
        }
    }

    /// Starts a note on the frame that is computed next: its key and velocity.
    pub fn press(&mut self, id: NoteId, [key, velocity]: [f64; 2], at: Frame) {
        self.let_go(at);
        let lane = self.room();
        self.age += 1;
        self.forget(lane, at);
        let level = if self.dynamic { 1.0 } else { velocity };
        let held = State::Held { id, age: self.age, leaving: false };
        match self.manner {
            Manner::Poly => {
                self.lanes[lane].level = Ramp::still(level);
                self.lanes[lane].reborn = None;
                self.lanes[lane].state = held;
            }
            Manner::Mono => {
                let frames = if self.lanes[lane].state == State::Free { 0 } else { frames(self.fade) };
                self.lanes[lane].level.turn(level, at, frames);
                self.lanes[lane].state = if self.gate.is_some() { held } else { State::Open };
            }
        }
        for role in Role::ALL {
            self.tell(lane, role, role.value(key, velocity), at);
        }
    }

    /// The gate of the last note is open, and has been so for a frame: before it can open again it must close for one.
    pub fn must_close(&self, at: Frame) -> bool {
        self.manner == Manner::Mono && self.is_open(0) && self.lanes[0].opened < at
    }

    /// Closes the gate of the last note for the frame before the next.
    pub fn close(&mut self, at: Frame) {
        if self.must_close(at) {
            self.tell(0, Role::Gate, 0.0, at);
        }
    }

    /// Opens the gate again for a note that is still held, if the note for which it closed did not come.
    pub fn reopen(&mut self, at: Frame) {
        let held = self.manner == Manner::Mono && matches!(self.lanes[0].state, State::Held { .. });
        if held && !self.is_open(0) {
            self.tell(0, Role::Gate, 1.0, at);
        }
    }

    /// Lets go of a note; false if no voice plays it, since it has given way to another or has not begun.
    pub fn release(&mut self, note: NoteId) -> bool {
        let mut found = false;
        for lane in &mut self.lanes {
            if let State::Held { id, leaving, .. } = &mut lane.state
                && *id == note
            {
                (*leaving, found) = (true, true);
            }
        }
        found
    }

    /// Closes the gates of the notes that leave: those of one frame in the order of their voices.
    pub fn let_go(&mut self, frame: Frame) {
        for at in 0..self.lanes.len() {
            if matches!(self.lanes[at].state, State::Held { leaving: true, .. }) {
                self.age += 1;
                self.lanes[at].state = State::Released { silent: 0, age: self.age };
                self.tell(at, Role::Gate, 0.0, frame);
            }
        }
    }

    /// Puts all voices back to birth and closes their gates.
    pub fn reset(&mut self, at: Frame) {
        for lane in 0..self.lanes.len() {
            self.tell(lane, Role::Gate, 0.0, at);
            self.dsp.reset(lane);
            self.lanes[lane].state = match self.manner {
                Manner::Mono => State::Open,
                Manner::Poly => State::Free,
            };
        }
    }

    /// Computes all voices into their own buffers: the worst that happened.
    pub fn run(&mut self, start: Frame, inputs: Audio<'_, S>, frames: usize) -> Status {
        for (io, lane) in self.io.iter_mut().zip(&self.lanes) {
            io.busy = lane.state != State::Free;
        }
        let heard = self.heard.head_mut(frames);
        let mut block = Block { start, inputs, outputs: heard, voices: &mut self.io };
        S::process(self.dsp.as_mut(), &mut block)
    }

    /// Computes the only voice into the outputs, if it can be heard as it is; `None` if it cannot.
    pub fn run_alone(
        &mut self,
        start: Frame,
        inputs: Audio<'_, S>,
        outputs: &mut AudioMut<'_, S>,
    ) -> Option<Status> {
        let [lane] = &*self.lanes else { return None };
        let sounds = match lane.state {
            State::Open | State::Held { .. } => true,
            State::Released { .. } => !self.rests,
            State::Free | State::Fading { .. } => false,
        };
        if !sounds || !self.whole(lane, start) {
            return None;
        }
        let level = S::near(lane.level.target());
        let frames = outputs.frames();
        let block = Block { start, inputs, outputs: outputs.part(0..frames), voices: &mut [VoiceIo::BUSY] };
        let status = S::process(self.dsp.as_mut(), &mut { block });
        if status == Status::NotFinite {
            for port in 0..self.ports {
                self.heard.channel_mut(port)[..frames].copy_from_slice(outputs.channel(port));
            }
        } else if level != S::near(1.0) {
            for port in 0..self.ports {
                outputs.channel_mut(port).iter_mut().for_each(|sample| *sample = *sample * level);
            }
        }
        Some(status)
    }

    /// Adds up what the voices did.
    pub fn mix(&mut self, start: Frame, outputs: &mut AudioMut<'_, S>) {
        let alone = self.lanes.len() == 1;
        if alone {
            outputs.silence();
        } else {
            self.sum.clear(outputs.frames());
        }
        for at in 0..self.lanes.len() {
            if self.lanes[at].state != State::Free {
                self.add(at, start, outputs);
            }
        }
        if !alone {
            self.sum.finish(outputs);
        }
    }

    /// Computes and adds up what the voices do.
    pub fn compute(&mut self, start: Frame, inputs: Audio<'_, S>, outputs: &mut AudioMut<'_, S>) {
        self.run(start, inputs, outputs.frames());
        self.mix(start, outputs);
    }

    /// Adds a voice for as many frames as it lasts.
    fn add(&mut self, at: usize, start: Frame, outputs: &mut AudioMut<'_, S>) {
        let (state, played) = self.pass(at, outputs.frames());
        let lane = self.lanes[at];
        let fading = match lane.state {
            State::Fading { left } => Some(left),
            _ => None,
        };
        let still = fading.is_none() && self.whole(&lane, start);
        for port in 0..self.ports {
            let from = &self.heard.channel(at * self.ports + port)[..played];
            let to = match self.lanes.len() {
                1 => &mut outputs.channel_mut(port)[..played],
                _ => &mut self.sum.part(at as u64, port)[..played],
            };
            if still {
                let level = S::near(lane.level.target());
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = *to + from * level);
                continue;
            }
            for (frame, (to, &from)) in to.iter_mut().zip(from).enumerate() {
                let fade = fading.map_or(1.0, |left| ratio(left - frame, self.fade));
                let birth = lane.reborn.map_or(1.0, |reborn| fade_in(reborn, start.after(frame), self.fade));
                *to = *to + from * S::near(lane.level.at(start.after(frame)) * fade * birth);
            }
        }
        self.lanes[at].state = state;
        if state == State::Free {
            self.dsp.reset(at);
        }
    }

    /// Nothing moves the level of a voice from this frame on.
    fn whole(&self, lane: &Lane, frame: Frame) -> bool {
        lane.level.settled(frame).is_some()
            && lane.reborn.is_none_or(|reborn| frame >= reborn.after(self.fade))
    }

    /// What a voice does after a block, and the number of frames of it that are heard.
    fn pass(&self, at: usize, frames: usize) -> (State, usize) {
        match self.lanes[at].state {
            State::Fading { left } if left < frames => (State::Free, left),
            State::Fading { left } => (State::Fading { left: left - frames }, frames),
            State::Released { .. } if !self.rests => (self.lanes[at].state, frames),
            State::Released { mut silent, age } => {
                let voice = at * self.ports..(at + 1) * self.ports;
                if self.io[at].peak < SILENCE && silent + frames <= self.patience {
                    return (State::Released { silent: silent + frames, age }, frames);
                }
                for frame in 0..frames {
                    if silent >= self.patience {
                        return (State::Free, frame);
                    }
                    let quiet = |port| self.heard.channel(port)[frame].wide().abs() < SILENCE;
                    silent = if voice.clone().all(quiet) { silent + 1 } else { 0 };
                }
                (State::Released { silent, age }, frames)
            }
            state => (state, frames),
        }
    }

    fn tell(&mut self, lane: usize, role: Role, value: f64, at: Frame) {
        for index in 0..self.keyboard.roles.len() {
            let (control, known) = self.keyboard.roles[index];
            if known == role {
                // The range is for people; notes reach every key.
                let (range, [lo, hi]) = (self.ranges[control], role.range());
                let value = value.max(range.lo.min(lo)).min(range.hi.max(hi));
                self.put(lane, control, value, at);
            }
        }
    }

    fn put(&mut self, lane: usize, control: usize, value: f64, at: Frame) {
        if self.gate == Some(control) && value > 0.0 && !self.is_open(lane) {
            self.lanes[lane].opened = at;
        }
        self.values[lane * self.ranges.len() + control] = value;
        self.dsp.set(lane, control, value);
    }

    fn is_open(&self, lane: usize) -> bool {
        self.gate.is_some_and(|gate| self.values[lane * self.ranges.len() + gate] > 0.0)
    }

    /// A voice has the values of the whole again.
    fn forget(&mut self, lane: usize, at: Frame) {
        if std::mem::take(&mut self.lanes[lane].own) {
            for control in 0..self.ranges.len() {
                if self.keyboard.roles.iter().all(|&(played, _)| played != control) {
                    self.put(lane, control, self.shared[control], at);
                }
            }
        }
    }

    /// A voice for a new note; if all are taken, another gives way.
    fn room(&mut self) -> usize {
        if self.manner == Manner::Mono {
            return 0;
        }
        let busy =
            |lane: &&Lane| matches!(lane.state, State::Held { .. } | State::Released { .. } | State::Open);
        if self.lanes.iter().filter(busy).count() >= self.count {
            let order = |lane: &Lane| match lane.state {
                State::Open => (0, 0),
                State::Released { age, .. } => (0, age),
                State::Held { age, .. } => (1, age),
                _ => (2, 0),
            };
            if let Some(oldest) = self.lanes.iter_mut().min_by_key(|lane| order(lane)) {
                oldest.state = State::Fading { left: self.fade };
            }
        }
        // Of those that fade, the one that is nearest to its end. (Half of the voices are not busy.)
        let left = |at: &usize| match self.lanes[*at].state {
            State::Free => 0,
            State::Fading { left } => left,
            _ => usize::MAX,
        };
        let at = (0..self.lanes.len()).min_by_key(left).unwrap_or(0);
        if self.lanes[at].state != State::Free {
            self.dsp.reset(at);
        }
        at
    }

    /// Takes over the notes of another ensemble, whose state this one has been given. `inherits` says for each control
    /// which control of the other it goes on from.
    pub fn adopt(&mut self, other: &Self, inherits: &[Option<u16>], at: Frame) {
        for control in 0..self.ranges.len() {
            let Some(from) = inherits.get(control).copied().flatten().map(usize::from) else { continue };
            self.turn(control, other.shared[from], at);
            for lane in 0..self.lanes.len().min(other.lanes.len()) {
                self.put(lane, control, other.values[lane * other.ranges.len() + from], at);
            }
        }
        for (lane, old) in self.lanes.iter_mut().zip(&other.lanes) {
            *lane = *old;
            if self.manner == Manner::Poly && old.state == State::Open {
                lane.state = State::Released { silent: 0, age: 0 };
            }
            if self.manner == Manner::Mono && old.state == State::Free {
                lane.state = State::Open;
            }
        }
        self.age = other.age;
    }
}

/// From 0 on the frame of birth to 1 after that many frames; 1 before.
fn fade_in(reborn: Frame, frame: Frame, frames: usize) -> f64 {
    if frame < reborn { 1.0 } else { ratio(frame.since(reborn).min(frames), frames) }
}

fn frames(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
