//! The session: it owns the patch, what plays it, and the cache of compiled code.

use crate::audition::perform;
use crate::desk::Desk;
use crate::device::no_device;
use crate::live::{HandClock, Live, LiveStats, News, Position};
use crate::{Audition, Edit, Mixdown, Patch, Scenes, Step, Stop};
use krach_abi::Sample;
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_engine::{DeviceFormat, DeviceRequest, Offer};
use krach_pattern::Time;
use krach_store::{Cache, CodeFolder, Compiled, Playable, Unit};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Compiled programs in memory. A program of usual size takes some tens of kilobytes.
const CAPACITY: usize = 256;

/// Everything that sounds together, and the code that it needs. Each door owns one.
#[derive(Debug)]
pub struct Session {
    cache: Cache,
    desk: Mutex<Desk>,
    /// What plays; none before the first [`Session::play`].
    live: Mutex<Option<Live>>,
}

impl Session {
    /// A session with an empty patch.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache, desk: Mutex::default(), live: Mutex::default() }
    }

    /// A session that keeps compiled code in the user's cache folder.
    #[must_use]
    pub fn of_user() -> Self {
        Self::new(Cache::new(CAPACITY).with_folder(CodeFolder::of_user()))
    }

    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The code of one unit of a sound; none if it has no such unit.
    ///
    /// # Errors
    /// Those of [`Playable::compile`].
    pub fn compile(&self, sound: &Playable, unit: Unit, spec: Spec) -> Result<Option<Compiled>, Diagnostic> {
        sound.compile(&self.cache, unit, spec)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what sounds follow a step. An error refuses the step, and nothing changes.
    fn follow(&self, edits: &[Edit], after: &Patch) -> Result<(), Diagnostic> {
        let stage = self.live().as_ref().map(|live| live.on_stage().clone());
        stage.map_or(Ok(()), |stage| stage.follow(&self.cache, edits, after))
    }

    /// Plays the session on a device, or moves it there. At the same rate everything sounds on; with another rate all
    /// programs are compiled anew, and the music goes on from the same position.
    ///
    /// # Errors
    /// `KR0503`: there is no such device, or it does not play; and those of compiling. Then nothing has changed.
    pub fn play(&self, request: &DeviceRequest) -> Result<DeviceFormat, Diagnostic> {
        let offer = Offer::of(request).map_err(|error| no_device(&error))?;
        let desk = self.desk();
        let mut live = self.live();
        let cycle = match &*live {
            Some(playing) if playing.moves_to(&offer)? => return Ok(offer.format().clone()),
            Some(playing) => playing.on_stage().now().cycle,
            None => Time::ZERO,
        };
        let format = offer.format().clone();
        *live = Some(Live::play(&self.cache, desk.sounding(), offer, cycle)?);
        Ok(format)
    }

    /// Plays the session on a clock that the caller turns.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn play_by_hand(&self, rate: u32, block: usize) -> Result<HandClock, Diagnostic> {
        let desk = self.desk();
        let (live, clock) = Live::by_hand(&self.cache, desk.sounding(), rate, block)?;
        *self.live() = Some(live);
        Ok(clock)
    }

    /// Ends the sound; the patch stays. Whether something played.
    pub fn stop_device(&self) -> bool {
        let live = self.live().take();
        live.is_some()
    }

    /// What the device agreed to; none while nothing plays.
    #[must_use]
    pub fn device(&self) -> Option<DeviceFormat> {
        self.live().as_ref().and_then(Live::format)
    }

    /// Where the music is; none while nothing plays.
    #[must_use]
    pub fn now(&self) -> Option<Position> {
        self.live().as_ref().map(|live| live.on_stage().now())
    }

    /// Counters of what plays; none while nothing plays.
    #[must_use]
    pub fn stats(&self) -> Option<LiveStats> {
        self.live().as_ref().map(Live::stats)
    }

    /// What happened since the last call, the oldest first. Only the last thousand are kept.
    #[must_use]
    pub fn news(&self) -> Vec<News> {
        self.live().as_ref().map(Live::news).unwrap_or_default()
    }

    /// The value of a path that sounds now: what moves it is counted in. While nothing plays, the value that was set last.
    /// A node is its gain.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so; `KR0904` for a group, which has no one value.
    pub fn value(&self, path: &str) -> Result<f64, Diagnostic> {
        let knob = self.desk().patch().readable(path)?;
        let sounding = self.live().as_ref().and_then(|live| live.on_stage().value(&knob));
        sounding.map_or_else(
            || self.desk().patch().value(&knob).ok_or_else(|| self.desk().patch().unknown(path)),
            Ok,
        )
    }

    /// The last steps that were taken while it played, with the frames on which they were heard. The first of all is the
    /// patch at the start.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.live().as_ref().map(|live| live.on_stage().steps()).unwrap_or_default()
    }

    /// Renders steps as they were heard live: the same frames, the same samples.
    ///
    /// # Errors
    /// As [`Session::mixdown`], and those of the edits.
    pub fn replay(
        &self,
        steps: &[Step],
        how: Mixdown,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<f32>>, Stop> {
        crate::mixdown::mixdown(&self.cache, steps, how, progress)
    }

    /// The patch as the next edit finds it: inside a transaction, the one in work.
    #[must_use]
    pub fn patch(&self) -> Patch {
        self.desk().patch().clone()
    }

    /// The patch that is heard.
    #[must_use]
    pub fn sounding(&self) -> Patch {
        self.desk().sounding().clone()
    }

    /// Applies the edits that `plan` makes of the patch: all or none. Inside a transaction they wait for its end, outside
    /// they are one step of the history. The edits are the answer.
    ///
    /// # Errors
    /// Those of `plan`, of [`Patch::apply_all`] and of the sound that follows. Then nothing has changed.
    pub fn edit(
        &self,
        plan: impl FnOnce(&Patch) -> Result<Vec<Edit>, Diagnostic>,
    ) -> Result<Vec<Edit>, Diagnostic> {
        let mut desk = self.desk();
        let edits = plan(desk.patch())?;
        desk.apply(edits.clone(), |edits, after| self.follow(edits, after))?;
        Ok(edits)
    }

    /// Opens a transaction inside the one that is open. With `over`, knobs that it turns move there in as many cycles.
    pub fn begin(&self, over: Option<Time>) {
        self.desk().begin(over);
    }

    /// Ends the innermost transaction: its edits are one step, or belong to the transaction around it.
    ///
    /// # Errors
    /// As [`Session::edit`]; the transaction is given up.
    pub fn finish(&self) -> Result<(), Diagnostic> {
        self.desk().finish(|edits, after| self.follow(edits, after))
    }

    /// Gives up the innermost transaction; it has changed nothing.
    pub fn cancel(&self) {
        self.desk().cancel();
    }

    /// Takes the last step back. Whether there was one.
    ///
    /// # Errors
    /// As [`Session::edit`], and inside a transaction.
    pub fn undo(&self) -> Result<bool, Diagnostic> {
        self.desk().turn_back(false, |edits, after| self.follow(edits, after))
    }

    /// Does again the step that was undone last. Whether there was one.
    ///
    /// # Errors
    /// As [`Session::undo`].
    pub fn redo(&self) -> Result<bool, Diagnostic> {
        self.desk().turn_back(true, |edits, after| self.follow(edits, after))
    }

    /// The steps that can be undone, the oldest first, each with its edits.
    #[must_use]
    pub fn history(&self) -> Vec<Vec<Edit>> {
        self.desk().history().entries().map(|entry| entry.edits.clone()).collect()
    }

    /// The edits of the open transaction, else of the last step.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        self.desk().edits().to_vec()
    }

    /// Works on the saved scenes.
    pub fn scenes<T>(&self, work: impl FnOnce(&mut Scenes, &Patch) -> T) -> T {
        let desk = &mut *self.desk();
        let patch = desk.patch().clone();
        work(&mut desk.scenes, &patch)
    }

    /// Compiles the nodes of a patch, and renders it from cycle 0 into two channels, by the processor and the conductor of
    /// live sound. `progress` is called many times a second with the number of frames done, and may stop the render.
    ///
    /// # Errors
    /// Those of [`Playable::compile`], and `KR0803` and `KR0804` for a pattern that cannot be asked, with its path.
    pub fn mixdown(
        &self,
        patch: &Patch,
        how: Mixdown,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<f32>>, Stop> {
        crate::mixdown::mixdown(&self.cache, &[Step::whole(patch)], how, progress)
    }

    /// Compiles a sound if it is not compiled yet, and renders it: one vector of samples per output. `progress` is
    /// called many times a second with the number of frames done, and may stop the render.
    ///
    /// # Errors
    /// Those of [`Playable::compile`], and `KR0404` no such control, `KR0405` a value that is not finite, `KR0406` an
    /// event that cannot be played, `KR0407` input of the wrong shape, `KR0408` a duration that cannot be rendered.
    pub fn render<S: Sample>(
        &self,
        sound: &Playable,
        audition: &Audition<S>,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<S>>, Stop> {
        let spec = Spec::new(audition.sample_rate, audition.precision);
        let compile = |unit| Ok(self.compile(sound, unit, spec)?.map(|compiled| compiled.factory));
        perform(sound, audition, compile, progress)
    }
}
