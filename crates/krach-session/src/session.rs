//! The session: it owns the cache of compiled code.

use crate::audition::perform;
use crate::{Audition, Mixdown, Patch, Stop};
use krach_abi::Sample;
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_store::{Cache, CodeFolder, Compiled, Playable, Unit};
use std::ops::ControlFlow;

/// Compiled programs in memory. A program of usual size takes some tens of kilobytes.
const CAPACITY: usize = 256;

/// Everything that sounds together, and the code that it needs. Each door owns one.
#[derive(Debug)]
pub struct Session {
    cache: Cache,
}

impl Session {
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache }
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
        crate::mixdown::mixdown(&self.cache, patch, how, progress)
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
