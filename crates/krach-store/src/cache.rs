//! Compiled code, once per meaning.

use crate::Store;
use krach_codegen::{NativeFactory, Refusal, Spec};
use krach_diag::{Code, Diagnostic};
use krach_ir::{ContentKey, Program};
use rustc_hash::FxHashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
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

/// What code is compiled for: the optimised program's content, and the machine.
type Key = (ContentKey, Spec);

/// One factory, or the place where its one compiler is at work: others who want the same wait at the lock.
type Slot = Arc<Mutex<Option<(Arc<NativeFactory>, f64)>>>;

/// Keeps the factories that were used last. Programs that differ in nothing but names share one.
#[derive(Debug)]
pub struct Cache {
    shelf: Mutex<Shelf>,
    capacity: usize,
    /// What outlives the process.
    store: Option<Store>,
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
        Self { shelf: Mutex::default(), capacity: capacity.max(1), store: None }
    }

    /// The same, with a second shelf on disk.
    #[must_use]
    pub fn with_store(self, store: Option<Store>) -> Self {
        Self { store, ..self }
    }

    /// The one that all doors of this process share.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Cache> = LazyLock::new(|| Cache::new(256).with_store(Store::of_user()));
        &SHARED
    }

    /// Optimises the program, and compiles it unless its like was compiled before. Several threads that want the
    /// same at once compile it once.
    ///
    /// # Errors
    /// `KR0401`, `KR0402`, `KR0403`, `KR0116` or `KR0409`: what the compiler refuses.
    pub fn compile(&self, program: &Program, spec: Spec) -> Result<Compiled, Diagnostic> {
        let begun = Instant::now();
        // A voice is the same code whatever its sum goes through.
        let program = krach_ir::optimise(program).polyphonic(None);
        let key = (program.key(), spec);
        let optimise_ms = milliseconds(begun);
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
        if let Some(factory) = self.store.as_ref().and_then(|store| store.get(key.0, &spec)) {
            self.shelf().hits += 1;
            let codegen_ms = milliseconds(begun);
            *held = Some((factory.clone(), codegen_ms));
            return Ok(Compiled { factory, optimise_ms, codegen_ms, cached: true });
        }
        self.shelf().misses += 1;
        let begun = Instant::now();
        match krach_codegen::compile(&program, &spec) {
            Ok(factory) => {
                let codegen_ms = milliseconds(begun);
                *held = Some((factory.clone(), codegen_ms));
                if let Some(store) = &self.store {
                    store.put(&program, key.0, &factory);
                }
                Ok(Compiled { factory, optimise_ms, codegen_ms, cached: false })
            }
            Err(refusal) => {
                self.shelf().slots.remove(&key);
                Err(report(&refusal))
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

/// A refusal in the words people see.
#[must_use]
pub fn report(refusal: &Refusal) -> Diagnostic {
    let (code, help) = match refusal {
        Refusal::TooLarge { .. } => {
            (Code::TooLarge, "split it into several DSP functions, or build it with fewer repetitions")
        }
        Refusal::StateTooLarge { .. } => {
            (Code::StateTooLarge, "shorten its delays (`max_delay=`, in samples) or its tables")
        }
        Refusal::SampleRate(_) => (Code::SampleRate, "44100, 48000 and 96000 are usual"),
        Refusal::Voices(_) => (Code::Compiler, "leave `voices` at 1"),
        Refusal::Table(_) => (Code::TableContents, "give the table its values as a list"),
        Refusal::Backend(_) => (Code::Compiler, "please report this program: it should compile"),
    };
    Diagnostic::error(code, refusal.to_string()).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::Precision;
    use krach_ir::ProgramBuilder;

    fn constant(name: &str, value: f64) -> Program {
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
    fn the_same_sound_is_compiled_once_whatever_it_is_called() {
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
    fn a_voice_is_compiled_once_whatever_its_sum_goes_through() {
        let cache = Cache::new(8);
        let effects = [None, Some(constant("quiet", 0.1)), Some(constant("loud", 0.9))];
        for (at, effect) in effects.into_iter().enumerate() {
            let polyphony = krach_ir::Polyphony { voices: 2, effect: effect.map(Arc::new) };
            let voice = constant("voice", 0.5).polyphonic(Some(polyphony));
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
