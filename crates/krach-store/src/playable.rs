//! A program, and where its code is.

use crate::krlib::Instrument;
use crate::{Cache, Compiled, ControlNames, Optimised, Unit};
use krach_abi::Precision;
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_ir::Program;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// A program that can be compiled and heard. It comes from a text, from Python, or from a library that has its code.
///
/// The optimised program, its content key, the names of its controls and its compiled code are computed on first use
/// and kept, so that a second render of a large program costs no more than one of a small program. Copies share them.
#[derive(Clone, Debug)]
pub struct Playable(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    program: Arc<Program>,
    instrument: Option<Arc<Instrument>>,
    made_for: Option<Precision>,
    /// One per unit, in the order of [`Unit::ALL`].
    optimised: [OnceLock<Optimised>; 2],
    compiled: Mutex<FxHashMap<(Unit, Spec), Compiled>>,
    names: OnceLock<ControlNames>,
}

impl From<Program> for Playable {
    fn from(program: Program) -> Self {
        Arc::new(program).into()
    }
}

impl From<Arc<Program>> for Playable {
    fn from(program: Arc<Program>) -> Self {
        Self::new(program, None, None)
    }
}

impl TryFrom<Arc<Instrument>> for Playable {
    type Error = Diagnostic;

    /// # Errors
    /// `KR0703`: its program is damaged.
    fn try_from(instrument: Arc<Instrument>) -> Result<Self, Diagnostic> {
        let made_for = Some(instrument.record().precision());
        Ok(Self::new(instrument.program()?, Some(instrument), made_for))
    }
}

impl Playable {
    fn new(program: Arc<Program>, instrument: Option<Arc<Instrument>>, made_for: Option<Precision>) -> Self {
        Self(Arc::new(Inner {
            program,
            instrument,
            made_for,
            optimised: Default::default(),
            compiled: Mutex::default(),
            names: OnceLock::new(),
        }))
    }

    /// A program whose author chose a precision.
    #[must_use]
    pub fn made_for(program: Arc<Program>, precision: Option<Precision>) -> Self {
        Self::new(program, None, precision)
    }

    /// The precision that its author chose; none if the author chose none.
    #[must_use]
    pub fn precision(&self) -> Option<Precision> {
        self.0.made_for
    }

    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.0.program
    }

    /// Its place in a library.
    #[must_use]
    pub fn instrument(&self) -> Option<&Arc<Instrument>> {
        self.0.instrument.as_ref()
    }

    /// The names of its controls.
    #[must_use]
    pub fn names(&self) -> &ControlNames {
        self.0.names.get_or_init(|| ControlNames::new(&self.0.program))
    }

    /// The code of one unit: the library's own, or else the cache's, or else fresh. None if it has no such unit.
    ///
    /// Two threads that compile one unit at once may both ask the cache, which compiles it once.
    ///
    /// # Errors
    /// `KR0401`, `KR0402`, `KR0403`, `KR0116` or `KR0409`: the compiler refuses it.
    pub fn compile(&self, cache: &Cache, unit: Unit, spec: Spec) -> Result<Option<Compiled>, Diagnostic> {
        if let Some(compiled) = self.compiled(unit, spec) {
            return Ok(Some(compiled));
        }
        let Some(compiled) = self.fetch(cache, unit, spec)? else { return Ok(None) };
        self.shelf().insert((unit, spec), Compiled { cached: true, ..compiled.clone() });
        Ok(Some(compiled))
    }

    /// The code that this playable keeps already.
    #[must_use]
    pub fn compiled(&self, unit: Unit, spec: Spec) -> Option<Compiled> {
        self.shelf().get(&(unit, spec)).cloned()
    }

    fn fetch(&self, cache: &Cache, unit: Unit, spec: Spec) -> Result<Option<Compiled>, Diagnostic> {
        let begun = Instant::now();
        let mapped = self.0.instrument.as_ref().and_then(|instrument| instrument.mapped(unit, &spec));
        if let Some(factory) = mapped {
            if let Some(program) = unit.of(&self.0.program).cloned() {
                factory.remember(move || Some(krach_ir::optimise(&program).polyphonic(None)));
            }
            let codegen_ms = begun.elapsed().as_secs_f64() * 1e3;
            return Ok(Some(Compiled { factory, optimise_ms: 0.0, codegen_ms, cached: true }));
        }
        let Some(program) = unit.of(&self.0.program) else { return Ok(None) };
        let optimised = self.0.optimised[unit as usize].get_or_init(|| Optimised::of(program));
        cache.compile(optimised, spec).map(Some)
    }

    /// A panic of another thread leaves nothing half done here: every change is one insertion.
    fn shelf(&self) -> std::sync::MutexGuard<'_, FxHashMap<(Unit, Spec), Compiled>> {
        self.0.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_ir::ProgramBuilder;

    #[test]
    fn a_second_render_optimises_and_asks_nothing_again() {
        let mut builder = ProgramBuilder::new("half");
        let half = builder.real(0.5).unwrap();
        builder.output("out", half).unwrap();
        let (cache, sound) = (Cache::new(8), Playable::from(builder.finish().unwrap()));
        let spec = Spec::new(48_000, Precision::Single);
        let first = sound.compile(&cache, Unit::Voice, spec).unwrap().unwrap();
        let counts = cache.counts();
        let optimised: *const Optimised = sound.0.optimised[0].get().unwrap();
        let again = sound.clone().compile(&cache, Unit::Voice, spec).unwrap().unwrap();
        assert!(!first.cached && again.cached && Arc::ptr_eq(&first.factory, &again.factory));
        assert_eq!(cache.counts(), counts, "the cache is not asked, so nothing is hashed");
        let other = Spec::new(44_100, Precision::Single);
        assert!(!sound.compile(&cache, Unit::Voice, other).unwrap().unwrap().cached);
        assert!(std::ptr::eq(optimised, sound.0.optimised[0].get().unwrap()), "optimised once for all rates");
        assert!(sound.compile(&cache, Unit::Effect, spec).unwrap().is_none());
    }
}
