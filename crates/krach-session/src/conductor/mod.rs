//! The conductor: patterns in cycles become acts on frames.
//!
//! It follows what drives a patch and knows the time of each cycle. Asked for the acts up to a frame it gives all that
//! it has not given yet, in order: at one frame releases first, then values, then onsets. The pieces in which it is
//! asked have no bearing on the acts. It owns no clock and no thread: live, a thread asks it a little ahead of the
//! sound; off-line, the render asks it as it goes. Both hear the same.

mod act;
mod glide;
mod notes;
mod player;
mod tempo;

pub use act::Act;
pub use tempo::Timeline;

use crate::patch::check::HIGHEST_TEMPO;
use crate::patch::{Driver, Fade, Modulation, Name, Playing, Settings};
use glide::Glide;
use krach_abi::Frame;
use krach_pattern::{Overflow, QueryError, Time};
use notes::NoteIds;
use player::{Player, Scale};
use std::collections::BTreeMap;

/// An act, when it happens, and what it happens to.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    pub frame: Frame,
    /// The path whose driver gives it.
    pub path: Name,
    pub act: Act,
}

/// A fade on its way. It is given anew where the tempo changes.
#[derive(Clone, Copy, Debug)]
struct Way {
    to: f64,
    begun: Frame,
    start: Time,
    end: Time,
}

/// Plays what drives a patch.
#[derive(Clone, Debug)]
pub struct Conductor {
    timeline: Timeline,
    scale: Scale,
    players: BTreeMap<Name, Player>,
    /// Patterns that were replaced, for the notes that sound until their own release.
    leaving: Vec<(Name, Player)>,
    /// Modulations, and fades along a shape.
    glides: BTreeMap<Name, Glide>,
    fades: BTreeMap<Name, Way>,
    /// Curves of events, in the order of their onsets.
    curves: Vec<(Name, Glide)>,
    /// Moves the tempo, apart from the rest: all frames depend on it.
    tempo: Option<Tempo>,
    /// Where the tempo changed lately.
    changes: Vec<(Frame, Time)>,
    ids: NoteIds,
    /// Everything before this frame was given; and of the tempo, everything before this cycle.
    given: Frame,
    tempo_given: Time,
}

/// What moves the tempo.
#[derive(Clone, Debug)]
enum Tempo {
    Playing(Player),
    Moving(Glide),
}

/// The path of the tempo.
const TEMPO: &str = "tempo";
/// Frames for which the tempo is known ahead of everything else: the longest line of a glide.
const AHEAD: usize = 512;
/// Parts of a cycle in which a modulation of the tempo is a straight line.
const TEMPO_STEPS: i64 = 16;
/// Times that a window is measured anew because the tempo changed in it.
const MOST_ROUNDS: usize = 64;

/// A pattern that could not be asked, and its path. It has ended.
pub type Fallen = (Name, QueryError);

impl Conductor {
    /// Nothing plays; a cycle falls on a frame.
    ///
    /// # Errors
    /// The tempo is beyond exact arithmetic.
    pub fn new(settings: &Settings, rate: u32, at: (Time, Frame)) -> Result<Self, Overflow> {
        let timeline = Timeline::starting(rate, settings.tempo, settings.meter, at)?;
        Ok(Self {
            timeline,
            scale: Scale { seed: settings.seed, tuning: settings.tuning },
            players: BTreeMap::new(),
            leaving: Vec::new(),
            glides: BTreeMap::new(),
            fades: BTreeMap::new(),
            curves: Vec::new(),
            tempo: None,
            changes: Vec::new(),
            ids: NoteIds::default(),
            given: at.1,
            tempo_given: at.0,
        })
    }

    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Whether a pattern can be asked for its next cycles.
    ///
    /// # Errors
    /// It cannot, and why.
    pub fn check(&self, playing: &Playing, plays_notes: bool, from: Time) -> Result<(), QueryError> {
        /// More than a player reads ahead.
        const CYCLES: i64 = 3;
        let first = from.floor();
        player::check(playing, plays_notes, self.scale, first..first.saturating_add(CYCLES))
    }

    /// Begins to count cycles anew: cycle 0 is on a frame. Nothing plays yet; fades go on.
    ///
    /// # Errors
    /// The tempo is beyond exact arithmetic.
    pub fn restart(&mut self, settings: &Settings, at: Frame) -> Result<(), Overflow> {
        if !self.leaving.is_empty() {
            return Ok(());
        }
        let (rate, here) = (self.timeline.rate(), self.timeline.simple_cycle(at)?);
        for way in self.fades.values_mut() {
            (way.start, way.end) = (way.start.minus(here)?, way.end.minus(here)?);
        }
        for glide in self.glides.values_mut() {
            glide.shift(here)?;
        }
        self.timeline = Timeline::starting(rate, settings.tempo, settings.meter, (Time::ZERO, at))?;
        (self.given, self.tempo_given) = (at, Time::ZERO);
        self.changes.clear();
        Ok(())
    }

    /// Another seed or tuning, for all that is read from now on.
    pub fn rescale(&mut self, settings: &Settings) {
        self.scale = Scale { seed: settings.seed, tuning: settings.tuning };
    }

    /// Another tempo from a frame on; the position stays.
    ///
    /// # Errors
    /// The tempo is beyond exact arithmetic.
    pub fn set_tempo(&mut self, at: Frame, tempo: f64) -> Result<(), Overflow> {
        let cycle = self.timeline.simple_cycle(at)?;
        self.timeline.set_tempo(cycle, tempo)?;
        self.note_change(at, cycle);
        Ok(())
    }

    /// Another meter from the next bar line on.
    ///
    /// # Errors
    /// The bar line is beyond exact arithmetic.
    pub fn set_meter(&mut self, at: Frame, meter: Time) -> Result<(), Overflow> {
        let cycle = self.timeline.cycle(at)?;
        self.timeline.set_meter(cycle, meter)?;
        self.note_change(at, cycle);
        Ok(())
    }

    /// Lets a driver move a path: what begins from a frame and a cycle on. Notes of the pattern before keep their
    /// release. `present` is the value that the path has now.
    ///
    /// # Errors
    /// A moment is beyond exact arithmetic.
    pub fn drive(
        &mut self,
        path: &Name,
        (driver, plays_notes): (&Driver, bool),
        (from, first): (Time, Frame),
        present: f64,
    ) -> Result<(), Overflow> {
        self.leave(path, first)?;
        let here = self.timeline.simple_cycle(first)?;
        if **path == *TEMPO {
            return self.drive_tempo(driver, (from, first, here));
        }
        match driver {
            Driver::Playing(playing) => {
                self.players.insert(path.clone(), Player::new(playing.clone(), plays_notes, from, first));
            }
            Driver::Modulation(Modulation { shape, lo, hi, bars }) => {
                let glide = Glide::repeating(*shape, [*lo, *hi], *bars, first).on_grid(&self.timeline)?;
                self.glides.insert(path.clone(), glide);
            }
            // Between left and right the power stays the same, so the way is not a straight line.
            Driver::Fade(Fade { to, bars }) if path.ends_with("/pan") => {
                let ramp = krach_pattern::Shape::Ramp;
                let glide = Glide::once(ramp, [present, *to], false, [here, *bars], first);
                self.glides.insert(path.clone(), glide);
            }
            Driver::Fade(Fade { to, bars }) => {
                let way = Way { to: *to, begun: first, start: here, end: here.plus(*bars)? };
                self.fades.insert(path.clone(), way);
            }
        }
        Ok(())
    }

    fn drive_tempo(
        &mut self,
        driver: &Driver,
        (from, first, here): (Time, Frame, Time),
    ) -> Result<(), Overflow> {
        self.tempo_given = here;
        match driver {
            Driver::Playing(playing) => {
                self.tempo = Some(Tempo::Playing(Player::new(playing.clone(), false, from, first)));
            }
            Driver::Modulation(Modulation { shape, lo, hi, bars }) => {
                self.tempo = Some(Tempo::Moving(Glide::repeating(*shape, [*lo, *hi], *bars, first)));
            }
            Driver::Fade(Fade { to, bars }) => {
                self.timeline.ramp_tempo(here, *bars, *to)?;
                self.note_change(first, here);
            }
        }
        Ok(())
    }

    /// Ends what drives a path, but for the notes that sound.
    fn leave(&mut self, path: &Name, from: Frame) -> Result<(), Overflow> {
        if **path == *TEMPO {
            self.tempo = None;
            let cycle = self.timeline.simple_cycle(from)?;
            self.timeline.hold_tempo(cycle)?;
            self.note_change(from, cycle);
        }
        if let Some(mut before) = self.players.remove(path) {
            before.end(from, &self.timeline)?;
            self.leaving.push((path.clone(), before));
        }
        self.glides.remove(path);
        self.fades.remove(path);
        self.curves.iter_mut().filter(|(curved, _)| curved == path).for_each(|(_, curve)| {
            curve.ended = curve.ended.min(from);
        });
        Ok(())
    }

    /// Ends what drives a path and lets go of its notes: a hush. The answer are the releases.
    ///
    /// # Errors
    /// A moment is beyond exact arithmetic.
    pub fn silence(&mut self, path: &Name, now: Frame) -> Result<Vec<Cue>, Overflow> {
        self.leave(path, now)?;
        let mut cues = Vec::new();
        for (_, player) in self.leaving.iter().filter(|(left, _)| left == path) {
            for act in player.releases(now, &self.timeline)? {
                cues.push(Cue { frame: now, path: path.clone(), act });
            }
        }
        self.leaving.retain(|(left, _)| left != path);
        Ok(cues)
    }

    /// Takes back what was given from a frame on: it will be given again, by what plays then.
    ///
    /// # Errors
    /// A moment is beyond exact arithmetic.
    pub fn revoke(&mut self, from: Frame) -> Result<(), Overflow> {
        if from >= self.given {
            return Ok(());
        }
        self.given = from;
        let leaving = self.leaving.iter_mut().map(|(_, player)| player);
        for player in self.players.values_mut().chain(leaving) {
            player.rewind(from, &self.timeline)?;
        }
        if let Some(Tempo::Playing(player)) = &mut self.tempo {
            player.rewind(from, &self.timeline)?;
            self.tempo_given = self.tempo_given.min(self.timeline.cycle(from)?);
        }
        self.curves.retain(|(_, curve)| curve.begun < from);
        for (_, curve) in &mut self.curves {
            curve.ended = if curve.ended >= from { Frame::NEVER } else { curve.ended };
        }
        Ok(())
    }

    /// All acts before a frame that were not given yet, in order, and the patterns that could not be asked.
    ///
    /// # Errors
    /// A moment is beyond exact arithmetic.
    pub fn advance(&mut self, until: Frame) -> Result<(Vec<Cue>, Vec<Fallen>), Overflow> {
        let mut fallen = Vec::new();
        if until <= self.given {
            return Ok((Vec::new(), fallen));
        }
        self.advance_tempo(until.after(AHEAD), &mut fallen)?;
        let window = self.given..until;
        let mut cues = self.read(until, &mut fallen);
        for (path, way) in &self.fades {
            let changes = self.changes.iter().filter(|(at, cycle)| *at > way.begun && *cycle < way.end);
            for &(at, cycle) in [(way.begun, way.start)].iter().chain(changes) {
                if window.contains(&at) {
                    let frames = self.timeline.frames_ahead(cycle, way.end)?;
                    let act = Act::Slide { to: way.to, frames };
                    cues.push(Cue { frame: at, path: path.clone(), act });
                }
            }
        }
        let mut acts = Vec::new();
        let curves = self.curves.iter().map(|(path, curve)| (path, curve));
        for (path, glide) in self.glides.iter().chain(curves) {
            glide.acts(&self.timeline, window.clone(), &mut acts)?;
            cues.extend(acts.drain(..).map(|(frame, act)| Cue { frame, path: path.clone(), act }));
        }
        self.given = until;
        self.forget();
        cues.sort_by_key(|cue| (cue.frame, cue.act.rank()));
        Ok((cues, fallen))
    }

    /// The acts of patterns before a frame. Curves are put aside.
    fn read(&mut self, until: Frame, fallen: &mut Vec<Fallen>) -> Vec<Cue> {
        let mut cues = Vec::new();
        let (timeline, scale, ids) = (&self.timeline, self.scale, &mut self.ids);
        let leaving = self.leaving.iter_mut().map(|(path, player)| (&*path, player));
        for (path, player) in self.players.iter_mut().chain(leaving) {
            let mut found = Vec::new();
            if let Err(error) = player.advance(until, timeline, scale, ids, &mut found) {
                fallen.push((path.clone(), error));
            }
            for (frame, at, act) in found {
                if let Act::Set { control: None, .. } | Act::Follow { .. } = act {
                    let curves = self.curves.iter_mut().filter(|(curved, _)| curved == path);
                    curves.for_each(|(_, curve)| curve.ended = curve.ended.min(frame));
                }
                match act {
                    Act::Follow { curve, backwards, cycles } => {
                        let ends = [curve.lo.get(), curve.hi.get()];
                        let glide = Glide::once(curve.shape, ends, backwards, [at, cycles], frame);
                        match glide.on_grid(timeline) {
                            Ok(glide) => self.curves.push((path.clone(), glide)),
                            Err(overflow) => fallen.push((path.clone(), overflow.into())),
                        }
                    }
                    act => cues.push(Cue { frame, path: path.clone(), act }),
                }
            }
        }
        cues
    }

    /// Forgets what is over and cannot come back.
    fn forget(&mut self) {
        let kept = Frame(self.given.0.saturating_sub(8 * u64::from(self.timeline.rate())));
        self.leaving.retain(|(_, player)| !player.is_over());
        self.curves.retain(|(_, curve)| !curve.is_over(kept, &self.timeline));
        self.fades.retain(|_, way| self.timeline.frame(way.end).is_ok_and(|end| end > kept));
        self.changes.retain(|(at, _)| *at > kept);
        if let Ok(cycle) = self.timeline.cycle(kept) {
            self.timeline.forget(cycle);
        }
    }

    /// Lets the tempo follow its driver up to a frame.
    fn advance_tempo(&mut self, until: Frame, fallen: &mut Vec<Fallen>) -> Result<(), Overflow> {
        for _ in 0..MOST_ROUNDS {
            let target = self.timeline.cycle(until)?;
            if self.tempo.is_none() || target <= self.tempo_given {
                return Ok(());
            }
            match self.tempo.as_mut().expect("it was looked at above") {
                Tempo::Playing(player) => {
                    let mut found = Vec::new();
                    let (timeline, ids) = (&self.timeline, &mut self.ids);
                    if let Err(error) = player.advance(until, timeline, self.scale, ids, &mut found) {
                        fallen.push((TEMPO.into(), error));
                    }
                    for (_, at, act) in found {
                        self.turn_tempo(at, &act)?;
                    }
                }
                Tempo::Moving(glide) => {
                    let glide = *glide;
                    let step = Time::new(1, TEMPO_STEPS)?;
                    let number = self.tempo_given.times(Time::whole(TEMPO_STEPS))?.floor();
                    let mut at = self.tempo_given;
                    let mut next = Time::new(number.saturating_add(1), TEMPO_STEPS)?;
                    while at < target {
                        let to = glide.value(next).clamp(LOWEST_TEMPO, HIGHEST_TEMPO);
                        self.timeline.ramp_tempo(at, next.minus(at)?, to)?;
                        self.note_change(self.timeline.frame(at)?, at);
                        (at, next) = (next, next.plus(step)?);
                    }
                    self.tempo_given = at;
                    continue;
                }
            }
            self.tempo_given = target;
        }
        Ok(())
    }

    fn note_change(&mut self, at: Frame, cycle: Time) {
        if !self.changes.contains(&(at, cycle)) {
            self.changes.push((at, cycle));
        }
    }

    fn turn_tempo(&mut self, at: Time, act: &Act) -> Result<(), Overflow> {
        match act {
            Act::Set { value, .. } => {
                self.timeline.set_tempo(at, value.clamp(LOWEST_TEMPO, HIGHEST_TEMPO))?;
            }
            Act::Follow { curve, backwards, cycles } => {
                let shape = curve.shape;
                let ends = [curve.lo.get(), curve.hi.get()];
                let glide = Glide::once(shape, ends, *backwards, [at, *cycles], Frame(0));
                let step = cycles.over(Time::whole(TEMPO_STEPS))?;
                self.timeline.set_tempo(at, glide.value(at).clamp(LOWEST_TEMPO, HIGHEST_TEMPO))?;
                let mut from = at;
                for number in 1..=TEMPO_STEPS {
                    let next = at.plus(step.times(Time::whole(number))?)?;
                    self.timeline.ramp_tempo(
                        from,
                        step,
                        glide.value(next).clamp(LOWEST_TEMPO, HIGHEST_TEMPO),
                    )?;
                    self.note_change(self.timeline.frame(from)?, from);
                    from = next;
                }
            }
            _ => return Ok(()),
        }
        self.note_change(self.timeline.frame(at)?, at);
        Ok(())
    }
}

/// Beats per minute. A pattern or a shape that goes lower stops here, since a bar has to end; one that goes higher stops at
/// [`HIGHEST_TEMPO`].
const LOWEST_TEMPO: f64 = 1.0;
