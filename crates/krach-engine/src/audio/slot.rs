//! One node: its program, the one before it, and its levels.

use super::outbox::Outbox;
use super::player::{Player, Source};
use super::swap::{Levels, Phase, Swap};
use super::tap::{Post, Tap};
use crate::command::{Act, Event};
use crate::loan::Loan;
use crate::note::NoteId;
use crate::ramp::{Ramp, level, scale, scaled};
use crate::receipt::{Notice, Return};
use crate::shape::{Automation, Motion};
use krach_abi::{Audio, Frame};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Moving controls are set once in this number of frames, counted from frame 0.
const GRID: u64 = 32;

/// Notes of a node that may be let go on the frame on which they begin.
const EARLY: usize = 256;

/// A node as the audio half knows it.
#[derive(Debug)]
pub(crate) struct Slot {
    pub node: u32,
    pub player: Player,
    pub swap: Option<Loan<Swap>>,
    pub gain: Ramp,
    pub mute: Ramp,
    /// 0 at the end of a node that was removed.
    leave: Ramp,
    pub sides: [Ramp; 2],
    /// The value of each control, by its number; NaN where there is none.
    pub values: Box<[f64]>,
    pub motions: Box<[Option<Motion>]>,
    moving: usize,
    /// A note that waits until its gate has been closed for a frame.
    waiting: Option<(Frame, Act)>,
    /// The gate of a held note has been closed until this frame, for a note that should begin then.
    reopens: Option<Frame>,
    /// Notes that were let go before they began, and the frame on which they are let go for good: of one frame,
    /// releases come first.
    early: Vec<(Frame, NoteId)>,
    /// Whether its channels after gain and pan are made for this block.
    post: Post,
    /// Levels that do not move: of mute, left and right. None: one moves, or they were not looked at since one moved.
    still: Option<[f32; 3]>,
    /// The time that it took for the last frames that were timed, and in this callback.
    pub spent: Duration,
    pub took: Duration,
    /// The first event of this block, and where the next one is noted.
    pub due: [u32; 2],
}

pub(crate) const NO_EVENT: u32 = u32::MAX;

impl Slot {
    pub fn new(node: u32, player: Player, values: Box<[f64]>) -> Self {
        Self {
            node,
            player,
            swap: None,
            gain: Ramp::still(1.0),
            mute: Ramp::still(1.0),
            leave: Ramp::still(1.0),
            sides: [Ramp::still(1.0); 2],
            motions: vec![None; values.len()].into(),
            values,
            moving: 0,
            waiting: None,
            reopens: None,
            early: Vec::with_capacity(EARLY),
            post: Post::Made,
            still: None,
            spent: Duration::ZERO,
            took: Duration::ZERO,
            due: [NO_EVENT; 2],
        }
    }

    /// Becomes a copy of a slot of the same program whose state it has been given. Neither is being replaced.
    pub fn copy(&mut self, from: &Self, same: &[Option<u16>], frame: Frame) {
        self.player.copy(&from.player, same, frame);
        (self.gain, self.mute, self.leave, self.sides) = (from.gain, from.mute, from.leave, from.sides);
        self.values.iter_mut().zip(&from.values).for_each(|(to, &from)| *to = from);
        self.motions.iter_mut().zip(&from.motions).for_each(|(to, &from)| *to = from);
        (self.moving, self.waiting, self.reopens) = (from.moving, from.waiting, from.reopens);
        self.early.clone_from(&from.early);
        self.still = None;
    }

    /// Where its levels will come to rest.
    pub fn levels(&self) -> Levels {
        let sides = self.sides.map(|side| side.target());
        Levels { gain: self.gain.target(), mute: self.mute.target(), sides }
    }

    /// It was removed.
    pub fn go(&mut self, frame: Frame, frames: u32) {
        self.leave.turn(0.0, frame, frames);
        self.still = None;
    }

    /// Channels of what it plays.
    fn width(&self) -> usize {
        match &self.swap {
            Some(swap) if matches!(swap.phase, Phase::Fading(_)) => {
                self.player.outputs.max(swap.player.outputs)
            }
            _ => self.player.outputs,
        }
    }

    pub fn tap(&self, pre: bool, frames: usize) -> Tap<'_> {
        let width = self.width();
        let (heard, levels) = (&self.player.heard, [1.0; 2]);
        // One channel has a place between left and right.
        let placed = if width == 1 { 2 } else { width };
        match self.post {
            _ if pre => Tap { buffer: heard, channels: width, alike: false, levels, frames },
            Post::Made => Tap { buffer: &self.player.post, channels: placed, alike: false, levels, frames },
            Post::Scaled(levels) => {
                Tap { buffer: heard, channels: placed, alike: width == 1, levels, frames }
            }
        }
    }

    /// What this block needs after gain and pan. In a quiet block nothing of its own happens.
    fn plan_post(&mut self, frame: Frame, quiet: bool, stems: bool) {
        let width = self.width();
        if !quiet || self.swap.is_some() || width > 2 {
            (self.post, self.still) = (Post::Made, None);
            return;
        }
        if self.still.is_none() {
            let sides = self.sides.map(|side| level(1.0, &[self.gain, side], frame));
            self.still = match (level(1.0, &[self.mute, self.leave], frame), sides) {
                (Some(mute), [Some(left), Some(right)]) => Some([mute, left, right]),
                _ => None,
            };
        }
        self.post = match self.still {
            Some([_, left, right]) if !stems => Post::Scaled([left, right]),
            _ => Post::Made,
        };
    }

    /// It was removed, and has faded out.
    pub fn is_gone(&self, frame: Frame) -> bool {
        self.leave.settled(frame) == Some(0.0)
    }

    /// The programs that sound.
    pub fn players(&mut self) -> impl Iterator<Item = &mut Player> {
        let before = self.swap.as_deref_mut().filter(|swap| matches!(swap.phase, Phase::Fading(_)));
        std::iter::once(&mut self.player).chain(before.map(|swap| &mut swap.player))
    }

    /// No event of this block and no input of the device concerns it: any thread may compute it.
    pub fn is_alone(&self) -> bool {
        self.due[0] == NO_EVENT && matches!(self.player.source, Source::Notes(_))
    }

    /// Computes a block, within which no swap begins or ends: then it has one number of channels. `events` are those of
    /// this block, linked from `due` on.
    pub fn play(
        &mut self,
        start: Frame,
        frames: usize,
        heard: (Audio<'_, f32>, bool),
        events: &[(Event, u32)],
        timed: bool,
    ) {
        let begun = timed.then(Instant::now);
        self.play_events(start, frames, heard, events);
        if let Some(begun) = begun {
            self.spent = begun.elapsed();
        }
    }

    fn play_events(
        &mut self,
        start: Frame,
        frames: usize,
        (device, stems): (Audio<'_, f32>, bool),
        events: &[(Event, u32)],
    ) {
        let mut at = 0;
        let mut next = std::mem::replace(&mut self.due, [NO_EVENT; 2])[0];
        let quiet = next == NO_EVENT
            && self.moving == 0
            && self.waiting.is_none()
            && self.reopens.is_none()
            && self.early.is_empty();
        self.plan_post(start, quiet, stems);
        if quiet {
            return self.compute(start, 0..frames, device);
        }
        while at < frames {
            let frame = start.after(at);
            self.move_controls(frame);
            self.let_go_early(frame);
            while let Some(&(event, after)) = events.get(next as usize).filter(|(event, _)| event.at <= frame)
            {
                self.happen(event.act, frame);
                next = after;
            }
            if let Some((_, act)) = self.waiting.take_if(|(due, _)| *due <= frame) {
                self.happen(act, frame);
            }
            if self.reopens.take_if(|due| *due <= frame).is_some() {
                self.players().filter_map(Player::ensemble).for_each(|ensemble| ensemble.reopen(frame));
            }
            self.players().filter_map(Player::ensemble).for_each(|ensemble| ensemble.let_go(frame));
            let event = events.get(next as usize).map_or(Frame::NEVER, |(event, _)| event.at);
            let end = event.min(self.edge(frame)).since(start).clamp(at + 1, frames);
            self.compute(start, at..end, device);
            at = end;
        }
    }

    /// The next frame on which something of its own happens.
    fn edge(&self, frame: Frame) -> Frame {
        let own = self.waiting.map(|(due, _)| due).into_iter().chain(self.reopens);
        let mut edge = own.chain(self.early.iter().map(|(due, _)| *due)).min().unwrap_or(Frame::NEVER);
        if self.moving > 0 {
            edge = edge.min(Frame((frame.0 / GRID + 1) * GRID));
            let ends = self.motions.iter().flatten().map(Motion::end);
            edge = ends.filter(|end| *end > frame).fold(edge, Frame::min);
        }
        edge
    }

    /// Carries state, begins or ends a crossfade, if that is due.
    pub fn turn_swap(&mut self, frame: Frame, out: &mut Outbox) {
        let Some(swap) = self.swap.as_mut().filter(|swap| swap.edge() <= frame) else { return };
        match swap.phase {
            Phase::Carrying(_) => {
                if swap.carry(&mut self.player, frame) {
                    self.begin(frame);
                }
            }
            Phase::Fading(_) => {
                if let Some(swap) = self.swap.take() {
                    out.send(Return::Swap { node: self.node, swap, end: frame });
                }
            }
        }
    }

    /// The new program begins to sound.
    fn begin(&mut self, frame: Frame) {
        let Some(swap) = self.swap.as_deref_mut() else { return };
        std::mem::swap(&mut self.player, &mut swap.player);
        std::mem::swap(&mut self.values, &mut swap.values);
        std::mem::swap(&mut self.motions, &mut swap.motions);
        if let Some(Levels { gain, mute, sides }) = swap.restored {
            self.gain.turn(gain, frame, swap.frames);
            self.mute.turn(mute, frame, swap.frames);
            for (side, to) in self.sides.iter_mut().zip(sides) {
                side.turn(to, frame, swap.frames);
            }
            self.moving = self.motions.iter().flatten().count();
            (self.waiting, self.reopens) = (None, None);
            self.early.clear();
            swap.phase = Phase::Fading(frame);
            return;
        }
        for (number, &value) in swap.values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            self.values[number] = value;
            self.motions[number] = swap.motions[number].take();
            // A control that the old program did not have may have been set before.
            let known = self.player.controls.get(number).copied().flatten();
            if let Some(control) = known
                && swap.inherits[usize::from(control)].is_none()
                && let Ok(number) = u16::try_from(number)
            {
                self.player.turn(number, value, frame);
            }
        }
        for (side, &to) in self.sides.iter_mut().zip(swap.sides.iter().flatten()) {
            side.turn(to.into(), frame, swap.frames);
        }
        swap.phase = Phase::Fading(frame);
    }

    /// Sets the controls that move, on the frames of the grid and where a motion ends.
    fn move_controls(&mut self, frame: Frame) {
        if self.moving == 0 {
            return;
        }
        for at in 0..self.motions.len() {
            let Some(motion) = self.motions[at] else { continue };
            let ends = frame >= motion.end();
            if ends || frame.0.is_multiple_of(GRID) {
                self.put(at, motion.value(frame), frame);
            }
            if ends {
                self.rest(at);
            }
        }
    }

    fn put(&mut self, number: usize, value: f64, frame: Frame) {
        if let (Some(known), Ok(short)) = (self.values.get_mut(number), u16::try_from(number)) {
            *known = value;
            self.players().for_each(|player| player.turn(short, value, frame));
        }
    }

    /// A control does not move any more.
    fn rest(&mut self, number: usize) {
        if let Some(motion) = self.motions.get_mut(number)
            && motion.take().is_some()
        {
            self.moving -= 1;
        }
    }

    fn set_off(&mut self, number: u16, motion: Motion) {
        self.rest(number.into());
        if let Some(place) = self.motions.get_mut(usize::from(number)) {
            *place = Some(motion);
            self.moving += 1;
        }
    }

    pub fn automate(&mut self, number: u16, automation: Option<Automation>, frames: u32, frame: Frame) {
        let Some(automation) = automation else { return self.rest(number.into()) };
        let Some(&before) = self.values.get(usize::from(number)) else { return };
        let entry = Ramp::new(0.0, 1.0, frame, frames);
        self.set_off(number, Motion::Shape { automation, before, entry });
        self.put(number.into(), if frames > 0 { before } else { automation.value(frame) }, frame);
    }

    pub fn happen(&mut self, act: Act, frame: Frame) {
        self.still = None;
        match act {
            Act::Set { control, value } => {
                self.rest(control.into());
                self.put(control.into(), value, frame);
            }
            Act::Fade { control, frames, to } => {
                if let Some(&from) = self.values.get(usize::from(control)) {
                    self.set_off(control, Motion::Fade(Ramp::new(from, to, frame, frames)));
                    self.move_controls_of(control, frame);
                }
            }
            Act::Gain { frames, to } => self.gain.turn(to, frame, frames),
            Act::Pan { frames, sides } => {
                for (side, to) in self.sides.iter_mut().zip(sides) {
                    side.turn(to.into(), frame, frames);
                }
            }
            Act::Mute { frames, to } => self.mute.turn(to, frame, frames),
            Act::Reset => self.reset(frame),
            Act::SetNote { note, control, value } => {
                self.players().for_each(|player| player.turn_note(note, control, value, frame));
            }
            Act::Press { note, key, velocity, tied } => self.press(act, tied, frame, |player| {
                player.press(note, [key, velocity.into()], frame);
            }),
            Act::Release(note) => self.release(note, frame),
            Act::Close => {
                if self.player.must_close(frame) {
                    self.players().filter_map(Player::ensemble).for_each(|ensemble| ensemble.close(frame));
                    self.reopens = Some(frame.after(1));
                }
            }
            Act::Level { .. } | Act::Heard { .. } | Act::Master { .. } | Act::Limiter { .. } => {}
        }
    }

    /// A fade of no length is at its end.
    fn move_controls_of(&mut self, control: u16, frame: Frame) {
        let at = usize::from(control);
        if let Some(motion) = self.motions[at].filter(|motion| frame >= motion.end()) {
            self.put(at, motion.value(frame), frame);
            self.rest(at);
        }
    }

    fn press(
        &mut self,
        act: Act,
        tied: bool,
        frame: Frame,
        mut press: impl FnMut(&mut super::voices::Ensemble<f32>),
    ) {
        if !tied && (self.waiting.is_some() || self.player.must_close(frame)) {
            self.players().filter_map(Player::ensemble).for_each(|ensemble| ensemble.close(frame));
            self.waiting = Some((frame.after(1), act));
        } else {
            self.players().filter_map(Player::ensemble).for_each(&mut press);
        }
    }

    fn release(&mut self, note: NoteId, frame: Frame) {
        let ensembles = self.players().filter_map(Player::ensemble);
        let found = ensembles.fold(false, |found, ensemble| ensemble.release(note) | found);
        if !found && self.early.len() < self.early.capacity() {
            // Its onset may be of this frame.
            self.early.push((frame.after(1), note));
        }
    }

    fn let_go_early(&mut self, frame: Frame) {
        while let Some(at) = self.early.iter().position(|(due, _)| *due <= frame) {
            let (_, note) = self.early.swap_remove(at);
            if let Some((due, Act::Press { note: waits, .. })) = self.waiting
                && waits == note
            {
                self.early.push((due.max(frame).after(1), note));
                continue;
            }
            for ensemble in self.players().filter_map(Player::ensemble) {
                ensemble.release(note);
            }
        }
    }

    fn reset(&mut self, frame: Frame) {
        (self.waiting, self.reopens) = (None, None);
        self.early.clear();
        (0..self.motions.len()).for_each(|at| self.rest(at));
        for player in self.players() {
            player.watch.forgive();
            if let Some(ensemble) = player.ensemble() {
                ensemble.reset(frame);
            }
        }
    }

    /// Computes some frames of a block that begins at `start`.
    fn compute(&mut self, start: Frame, frames: Range<usize>, device: Audio<'_, f32>) {
        let width = self.width();
        self.player.play(start, frames.clone(), device);
        if let Some(swap) = self.swap.as_deref_mut().filter(|swap| matches!(swap.phase, Phase::Fading(_))) {
            swap.player.play(start, frames.clone(), device);
            swap.crossfade(&mut self.player, width, start, frames.clone());
        }
        if self.still.is_none_or(|[mute, ..]| mute != 1.0) {
            let first = start.after(frames.start);
            for channel in 0..width {
                let heard = &mut self.player.heard.channel_mut(channel)[frames.clone()];
                scale(heard, first, &[self.mute, self.leave]);
            }
        }
        self.place(width, start, frames);
    }

    /// Makes its channels after gain and pan, where they need a buffer.
    fn place(&mut self, width: usize, start: Frame, frames: Range<usize>) {
        let first = start.after(frames.start);
        let made = match self.post {
            Post::Scaled(_) => 0,
            Post::Made if width == 1 => 2,
            Post::Made => width,
        };
        for channel in 0..made {
            let from = &self.player.heard.channel(if width == 1 { 0 } else { channel })[frames.clone()];
            let to = &mut self.player.post.channel_mut(channel)[frames.clone()];
            match self.sides.get(channel).filter(|_| width <= 2) {
                Some(&side) => scaled(to, from, first, &[self.gain, side]),
                None => scaled(to, from, first, &[self.gain]),
            }
        }
    }

    /// Says what went wrong in a block.
    pub fn report(&mut self, out: &mut Outbox) {
        let node = self.node;
        let watch = &mut self.player.watch;
        if let Some(at) = watch.struck.take() {
            let overran = std::mem::take(&mut watch.overran);
            out.notice(Notice { node, at, muted: watch.failed.is_some(), overran });
        }
    }
}
