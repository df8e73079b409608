//! Compiled code, once per meaning.

use crate::{CodeFolder, refusal};
use krach_codegen::{NativeFactory, Spec};
use krach_diag::Diagnostic;
use krach_ir::{ContentKey, Program};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A program that is ready to be instantiated.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub factory: Arc<NativeFactory>,
    pub optimise_ms: f64,
    /// Kernel and native code; what it took when it was compiled, also for a cached one.
    pub codegen_ms: f64,
    /// Nothing was compiled: the same sound was compiled before.
    pub cached: bool,
}

/// A program ready for the code generator, and its content key.
#[derive(Clone, Debug)]
pub struct Optimised {
    program: Arc<Program>,
    key: ContentKey,
    optimise_ms: f64,
}

impl Optimised {
    /// The effect of `program` is left out: it is a unit of its own, and a voice is the same code with any effect.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let begun = Instant::now();
        let program = krach_ir::optimise(program).polyphonic(None);
        let key = program.key();
        let program = Arc::new(program);
        Self { program, key, optimise_ms: milliseconds(begun) }
    }
}

/// What code is compiled for: the optimised program's content, and the machine.
type Key = (ContentKey, Spec);

/// One factory, or the place where its one compiler is at work: others who want the same wait at the lock.
type Slot = Arc<Mutex<Option<(Arc<NativeFactory>, f64)>>>;

/// Keeps the factories that were used last. Programs that differ in nothing but names share one.
#[derive(Debug)]
pub struct Cache {
    shelf: Mutex<Shelf>,
    capacity: usize,
    /// Code that outlives the process.
    folder: Option<CodeFolder>,
}

#[derive(Debug, Default)]
struct Shelf {
    slots: FxHashMap<Key, (u64, Slot)>,
    clock: u64,
    hits: u64,
    misses: u64,
}

/// What a cache holds and how it served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheCounts {
    /// Nothing was compiled: it was here, or on disk.
    pub hits: u64,
    pub misses: u64,
    pub held: usize,
    pub capacity: usize,
}

impl Cache {
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { shelf: Mutex::default(), capacity: capacity.max(1), folder: None }
    }

    /// The same, with a second shelf on disk.
    #[must_use]
    pub fn with_folder(self, folder: Option<CodeFolder>) -> Self {
        Self { folder, ..self }
    }

    /// Compiles a program unless one of the same meaning was compiled before. Threads that ask for the same program at
    /// once compile it once.
    ///
    /// # Errors
    /// `KR0401`, `KR0402`, `KR0403`, `KR0116` or `KR0409`: what the compiler refuses.
    pub fn compile(&self, optimised: &Optimised, spec: Spec) -> Result<Compiled, Diagnostic> {
        let &Optimised { ref program, key, optimise_ms } = optimised;
        let key = (key, spec);
        let slot = self.slot(key);
        let mut held = calm(&slot);
        if let Some((factory, codegen_ms)) = held.as_ref() {
            self.shelf().hits += 1;
            return Ok(Compiled {
                factory: factory.clone(),
                optimise_ms,
                codegen_ms: *codegen_ms,
                cached: true,
            });
        }
        let begun = Instant::now();
        if let Some(factory) = self.folder.as_ref().and_then(|folder| folder.get(key.0, &spec)) {
            self.shelf().hits += 1;
            let program = program.clone();
            factory.remember(move || Some(Program::clone(&program)));
            let codegen_ms = milliseconds(begun);
            *held = Some((factory.clone(), codegen_ms));
            return Ok(Compiled { factory, optimise_ms, codegen_ms, cached: true });
        }
        self.shelf().misses += 1;
        let begun = Instant::now();
        match krach_codegen::compile(program, &spec) {
            Ok(factory) => {
                let codegen_ms = milliseconds(begun);
                *held = Some((factory.clone(), codegen_ms));
                if let Some(folder) = &self.folder {
                    folder.put(program, key.0, &factory);
                }
                Ok(Compiled { factory, optimise_ms, codegen_ms, cached: false })
            }
            Err(reason) => {
                self.shelf().slots.remove(&key);
                Err(refusal(&reason))
            }
        }
    }

    /// Forgets everything, but for what is on disk. Copies that play keep their code.
    pub fn clear(&self) {
        *self.shelf() = Shelf::default();
    }

    #[must_use]
    pub fn counts(&self) -> CacheCounts {
        let shelf = self.shelf();
        CacheCounts {
            hits: shelf.hits,
            misses: shelf.misses,
            held: shelf.slots.len(),
            capacity: self.capacity,
        }
    }

    /// The slot of a key, now the youngest; the oldest makes room for a new one.
    fn slot(&self, key: Key) -> Slot {
        let mut shelf = self.shelf();
        shelf.clock += 1;
        let now = shelf.clock;
        if !shelf.slots.contains_key(&key) && shelf.slots.len() >= self.capacity {
            let oldest = shelf.slots.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key);
            oldest.and_then(|oldest| shelf.slots.remove(&oldest));
        }
        let (used, slot) = shelf.slots.entry(key).or_default();
        *used = now;
        slot.clone()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        calm(&self.shelf)
    }
}

/// A panic of another thread leaves nothing half done here: every change is one assignment.
fn calm<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::Precision;
    use krach_diag::Code;
    use krach_ir::ProgramBuilder;

    fn constant(name: &str, value: f64) -> Optimised {
        Optimised::of(&program(name, value))
    }

    fn program(name: &str, value: f64) -> Program {
        let mut builder = ProgramBuilder::new(name);
        let sig = builder.real(value).unwrap();
        builder.name(sig, name);
        builder.output("out", sig).unwrap();
        builder.finish().unwrap()
    }

    fn spec(sample_rate: u32) -> Spec {
        Spec::new(sample_rate, Precision::Single)
    }

    #[test]
    fn a_sound_with_two_names_is_compiled_once() {
        let cache = Cache::new(8);
        let first = cache.compile(&constant("first", 0.5), spec(48_000)).unwrap();
        let again = cache.compile(&constant("second", 0.5), spec(48_000)).unwrap();
        assert!(!first.cached && again.cached);
        assert!(Arc::ptr_eq(&first.factory, &again.factory));
        for (program, spec) in [
            (constant("first", 0.25), spec(48_000)),
            (constant("first", 0.5), spec(44_100)),
            (constant("first", 0.5), Spec::new(48_000, Precision::Double)),
        ] {
            assert!(!cache.compile(&program, spec).unwrap().cached);
        }
        assert_eq!(cache.counts(), CacheCounts { hits: 1, misses: 4, held: 4, capacity: 8 });
    }

    #[test]
    fn a_voice_with_two_effects_is_compiled_once() {
        let cache = Cache::new(8);
        let effects = [None, Some(program("quiet", 0.1)), Some(program("loud", 0.9))];
        for (at, effect) in effects.into_iter().enumerate() {
            let polyphony = krach_ir::Polyphony { voices: 2, effect: effect.map(Arc::new) };
            let voice = Optimised::of(&program("voice", 0.5).polyphonic(Some(polyphony)));
            assert_eq!(cache.compile(&voice, spec(48_000)).unwrap().cached, at > 0);
        }
    }

    #[test]
    fn threads_that_want_the_same_wait_for_one_compiler() {
        let cache = Cache::new(8);
        let cached: Vec<bool> = std::thread::scope(|scope| {
            let ask = || cache.compile(&constant("sound", 0.5), spec(48_000)).unwrap().cached;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(cached.iter().filter(|&&cached| !cached).count(), 1);
    }

    #[test]
    fn the_least_used_makes_room_and_refusals_take_none() {
        let cache = Cache::new(2);
        let cached = |value, rate| {
            cache.compile(&constant("sound", value), spec(rate)).map(|compiled| compiled.cached)
        };
        assert_eq!(cached(0.1, 48_000), Ok(false));
        assert_eq!(cached(0.2, 48_000), Ok(false));
        assert_eq!(cached(0.1, 48_000), Ok(true));
        assert_eq!(cached(0.3, 48_000), Ok(false));
        assert_eq!(cached(0.1, 48_000), Ok(true));
        assert_eq!(cached(0.2, 48_000), Ok(false));
        assert_eq!(cached(0.2, 0).unwrap_err().code, Code::SampleRate);
        assert!(cache.counts().held <= 2);
        cache.clear();
        assert_eq!(cached(0.2, 48_000), Ok(false));
    }
}
