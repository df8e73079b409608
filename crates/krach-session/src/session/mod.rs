//! The session: it owns the patch, what plays it, and the cache of compiled code.

mod hands;
mod leader;
mod playing;
mod sounding;
mod swaps;

use crate::audition::perform;
use crate::desk::Desk;
use crate::journal::Record;
use crate::live::{Live, OnStage};
use crate::patch::Name;
use crate::{Audition, Edit, Journal, Mixdown, Patch, Scenes, Stems, Step, Stop};
use hands::{Hands, Listening};
use krach_abi::Sample;
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_pattern::Time;
use krach_store::{Cache, CodeFolder, Compiled, JournalFile, Playable, Unit};
pub use sounding::Sounding;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Compiled programs in memory. A program of usual size takes some tens of kilobytes.
const CAPACITY: usize = 256;

/// Everything that sounds together, and the code that it needs. Each door owns one.
#[derive(Debug)]
pub struct Session {
    cache: Cache,
    state: Arc<State>,
    /// Controllers and other machines that play along.
    hands: Arc<Mutex<Hands>>,
    listening: Mutex<Option<Listening>>,
    /// The folder of the journals; none keeps none.
    journals: Mutex<Option<PathBuf>>,
    /// Threads that compute the sound.
    threads: AtomicUsize,
}

/// What every thread of a session shares. The desk is locked first.
#[derive(Debug, Default)]
struct State {
    desk: Mutex<Desk>,
    /// What plays; none before the first [`Session::play`].
    live: Mutex<Option<Live>>,
}

impl State {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What plays, if anything does.
    fn on_stage(&self) -> Option<Arc<OnStage>> {
        self.live().as_ref().map(|live| live.on_stage().clone())
    }
}

/// When an edit is heard.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum At {
    /// At once; a new pattern with the next bar, and the first of all at once, as bar 1.
    #[default]
    Usual,
    /// At once, patterns too.
    Now,
    /// On the next beat, or on the next bar line.
    Beat,
    Bar,
    /// On a cycle; at once if it is over.
    Cycle(Time),
}

impl Session {
    /// A session with an empty patch.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        let (state, hands, listening) = (Arc::default(), Arc::default(), Mutex::default());
        Self { cache, state, hands, listening, journals: Mutex::default(), threads: AtomicUsize::new(1) }
    }

    /// The same, with a journal of all that is played in a folder.
    #[must_use]
    pub fn with_journals(self, folder: Option<PathBuf>) -> Self {
        Self { journals: Mutex::new(folder), ..self }
    }

    /// Keeps no journal of what plays from the next [`Session::play`] on.
    pub fn keep_no_journal(&self) {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Computes nodes that do not depend on each other on several threads: renders from now on, and what plays from the next
    /// [`Session::play`] on. The samples are the same.
    pub fn set_threads(&self, threads: usize) {
        self.threads.store(threads.max(1), Ordering::Relaxed);
    }

    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    fn journals(&self) -> Option<PathBuf> {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A session that keeps compiled code in the user's cache folder, and a journal in the state folder.
    #[must_use]
    pub fn of_user() -> Self {
        Self::new(Cache::new(CAPACITY).with_folder(CodeFolder::of_user()))
            .with_journals(JournalFile::folder_of_user())
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
        self.state.desk()
    }

    fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.state.live()
    }

    fn on_stage(&self) -> Option<Arc<OnStage>> {
        self.state.on_stage()
    }

    /// Makes what sounds follow a step. An error refuses the step, and nothing changes.
    fn follow(&self, edits: &[Edit], at: At) -> Result<(), Diagnostic> {
        self.on_stage().map_or(Ok(()), |stage| stage.follow(&self.cache, edits, at))
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
        self.edit_at(At::Usual, plan)
    }

    /// The same, heard at a moment: the patch changes now, the sound then. Until then it can be undone unheard.
    ///
    /// # Errors
    /// As [`Session::edit`].
    pub fn edit_at(
        &self,
        at: At,
        plan: impl FnOnce(&Patch) -> Result<Vec<Edit>, Diagnostic>,
    ) -> Result<Vec<Edit>, Diagnostic> {
        let mut desk = self.desk();
        let edits = plan(desk.patch())?;
        desk.apply(edits.clone(), |edits, _| self.follow(edits, at))?;
        Ok(edits)
    }

    /// Whether changes glide now: a transition is open.
    #[must_use]
    pub fn is_gliding(&self) -> bool {
        self.desk().is_gliding()
    }

    /// Opens a transaction inside the one that is open. With `over`, knobs that it turns move there in as many cycles.
    /// If it fails, the scenes and the MIDI map are as now.
    pub fn begin(&self, over: Option<Time>) {
        let knobs = self.hands().map.clone();
        self.desk().begin(over, knobs);
    }

    /// Ends the innermost transaction: its edits are one step, or belong to the transaction around it.
    ///
    /// # Errors
    /// As [`Session::edit`]; the transaction is given up.
    pub fn finish(&self) -> Result<(), Diagnostic> {
        self.finish_at(At::Usual)
    }

    /// The same, heard at a moment.
    ///
    /// # Errors
    /// As [`Session::finish`].
    pub fn finish_at(&self, at: At) -> Result<(), Diagnostic> {
        let mut desk = self.desk();
        let (open, outcome) = desk.finish(|edits, _| self.follow(edits, at))?;
        if outcome.is_err() {
            // Hands look at the desk while they hold their map.
            drop(desk);
            self.hands().map = open.knobs;
        } else if !desk.is_open() {
            desk.scenes.since(&open.scenes).for_each(|(name, patch)| self.write_scene(name, patch));
        }
        outcome
    }

    /// Gives up the innermost transaction; it has changed nothing.
    pub fn cancel(&self) {
        let knobs = self.desk().cancel();
        if let Some(knobs) = knobs {
            self.hands().map = knobs;
        }
    }

    /// Takes the last step back. Whether there was one.
    ///
    /// # Errors
    /// As [`Session::edit`], and inside a transaction.
    pub fn undo(&self) -> Result<bool, Diagnostic> {
        let mut desk = self.desk();
        let last = desk.history().entries().last().map(|entry| entry.edits.clone()).unwrap_or_default();
        let stage = self.on_stage();
        desk.turn_back(false, |edits, _| match stage {
            // It was never heard.
            Some(stage) if stage.give_up(&last) => Ok(()),
            _ => self.follow(edits, At::Usual),
        })
    }

    /// Does again the step that was undone last. Whether there was one.
    ///
    /// # Errors
    /// As [`Session::undo`].
    pub fn redo(&self) -> Result<bool, Diagnostic> {
        self.desk().turn_back(true, |edits, _| self.follow(edits, At::Usual))
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

    /// Saves the patch as a scene.
    pub fn save_scene(&self, name: &str) {
        let desk = &mut *self.desk();
        let patch = desk.patch().clone();
        // A scene of a transaction is written at its end.
        if !desk.is_open() {
            self.write_scene(&name.into(), &patch);
        }
        desk.scenes.save(name, &patch);
    }

    /// Writes a scene into the journal.
    fn write_scene(&self, name: &Name, patch: &Patch) {
        if let Some(stage) = self.on_stage() {
            stage.write(|| Record::Scene(name.clone(), Patch::default().diff(patch)));
        }
    }

    /// Goes on from a journal: the patch after its last step, as one step of the history, and its scenes.
    ///
    /// # Errors
    /// Those of [`Journal::patch`] and of [`Session::edit`]. Then nothing has changed.
    pub fn recover(&self, journal: &Journal) -> Result<(), Diagnostic> {
        let patch = journal.patch()?;
        self.edit(|present| Ok(present.diff(&patch)))?;
        self.desk().scenes.clone_from(&journal.scenes);
        Ok(())
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
        crate::mixdown::mixdown(
            &self.cache,
            (&[Step::whole(patch)], Time::ZERO),
            (how, self.threads()),
            progress,
        )
    }

    /// Renders a patch as [`Session::mixdown`] does, and each of its nodes on its own.
    ///
    /// # Errors
    /// As [`Session::mixdown`].
    pub fn stems(
        &self,
        patch: &Patch,
        how: Mixdown,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Stems, Stop> {
        crate::mixdown::stems(
            &self.cache,
            (&[Step::whole(patch)], Time::ZERO),
            (how, self.threads()),
            progress,
        )
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
