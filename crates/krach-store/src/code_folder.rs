//! Compiled code on disk: what was compiled once is not compiled again by the next start.
//!
//! A folder of libraries with one instrument each, named by what decides about their code. Nothing in it is missed:
//! what is damaged, foreign or of another version is compiled anew and replaced; what was not used for longest goes
//! when there is too much. Any number of processes may use it at once: files appear whole, by renaming.

use crate::krlib::{self, Library, Policy};
use crate::whole::TEMPORARY;
use crate::{Unit, secret};
use krach_codegen::{Machine, NativeFactory, Spec};
use krach_ir::{ContentKey, Program};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// Bytes kept on disk.
const LIMIT: u64 = 256 << 20;
/// New files between two searches for files to delete.
const SWEEP: u32 = 64;
/// Temporary files of processes that were killed are older.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// The one instrument of each file.
const NAME: &str = "code";

/// See the module's essay.
#[derive(Debug)]
pub struct CodeFolder {
    folder: PathBuf,
    limit: u64,
    written: AtomicU32,
}

/// What is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFolderCounts {
    pub folder: PathBuf,
    pub files: usize,
    pub bytes: u64,
    pub limit: u64,
}

impl CodeFolder {
    #[must_use]
    pub fn new(folder: PathBuf, limit: u64) -> Self {
        Self { folder, limit, written: AtomicU32::new(0) }
    }

    /// The user's: `krach/code` in the cache folder (`$XDG_CACHE_HOME`, or what the system has for it). None if
    /// `KRACH_CACHE` is `off`, or there is no such folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        if std::env::var_os("KRACH_CACHE").is_some_and(|value| value == "off") {
            return None;
        }
        Some(Self::new(dirs::cache_dir()?.join("krach").join("code"), LIMIT))
    }

    /// Code of an optimised program, if it is there and can be trusted.
    pub(crate) fn get(&self, key: ContentKey, spec: &Spec) -> Option<Arc<NativeFactory>> {
        let path = self.place(key, spec)?;
        let library = Library::open(&path, Policy::Tag).ok()?;
        let instrument = library.get(NAME).ok()?;
        // The key is the digest of the bare text, and the code's tag is for the program of that digest.
        let mine = instrument.record().program.blake3.0 == *key.bytes();
        let factory = if mine { instrument.mapped(Unit::Voice, spec)? } else { return None };
        // Used now: the files unused for longest are deleted first. A failure to note it does no harm.
        let _ =
            File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(factory)
    }

    /// Keeps code of an optimised program. What cannot be kept is compiled again next time.
    pub(crate) fn put(&self, program: &Program, key: ContentKey, factory: &Arc<NativeFactory>) {
        let (Ok(secret), Some(path)) = (secret::own(), self.place(key, factory.spec())) else { return };
        let mut built = krlib::Built::new(NAME, program, format!("{program:#}"), key.into());
        built.add(Unit::Voice, factory, Some(&secret));
        let folder = path.parent().expect("it is in a folder of ours");
        if fs::create_dir_all(folder).is_err() || krlib::store(&path, false, vec![built], "cache").is_err() {
            return;
        }
        if self.written.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP) {
            self.sweep();
        }
    }

    /// The name of a file: what decides about the code.
    fn place(&self, key: ContentKey, spec: &Spec) -> Option<PathBuf> {
        let machine = Machine::host().ok()?;
        let what = format!("{key} {spec:?} {machine:?} {}", NativeFactory::maker());
        let name = blake3::hash(what.as_bytes()).to_hex();
        Some(self.folder.join(&name[..2]).join(format!("{name}.krlib")))
    }

    /// Every file of ours: when it was used, its length, its place.
    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let entries = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
        let ours = entries.filter_map(|entry| {
            let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((about.modified().ok()?, about.len(), entry.path()))
        });
        ours.collect()
    }

    /// Removes what was used least lately, down to three quarters of the limit, if there is more than the limit;
    /// and what killed processes left. Another process may do the same at once.
    fn sweep(&self) {
        let mut files = self.files();
        files.sort();
        let mut bytes: u64 = files.iter().map(|&(_, length, _)| length).sum();
        let over = bytes > self.limit;
        for (used, length, path) in files {
            let temporary = path.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
            });
            let forgotten = temporary && used.elapsed().is_ok_and(|age| age > FORGOTTEN);
            let unused = !temporary && over && bytes > self.limit / 4 * 3;
            if (forgotten || unused) && fs::remove_file(&path).is_ok() {
                bytes -= length;
            }
        }
    }

    #[must_use]
    pub fn counts(&self) -> CodeFolderCounts {
        let files = self.files();
        let bytes = files.iter().map(|&(_, length, _)| length).sum();
        CodeFolderCounts { folder: self.folder.clone(), files: files.len(), bytes, limit: self.limit }
    }

    /// Removes everything.
    ///
    /// # Errors
    /// What the file system says.
    pub fn clear(&self) -> std::io::Result<()> {
        use std::io::ErrorKind::{DirectoryNotEmpty, NotFound};
        // Another process may write meanwhile: in the end, what comes later may stay.
        for _ in 0..16 {
            match fs::remove_dir_all(&self.folder) {
                Err(error) if error.kind() == DirectoryNotEmpty => {}
                Err(error) if error.kind() != NotFound => return Err(error),
                _ => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::{DspFactory, Precision, Seed};
    use krach_ir::ProgramBuilder;

    fn constant(value: f64) -> Program {
        let mut builder = ProgramBuilder::new("constant");
        let sig = builder.real(value).unwrap();
        builder.output("out", sig).unwrap();
        krach_ir::optimise(&builder.finish().unwrap())
    }

    fn spec() -> Spec {
        Spec::new(48_000, Precision::Single)
    }

    fn keep(store: &CodeFolder, value: f64) -> ContentKey {
        let program = constant(value);
        store.put(&program, program.key(), &krach_codegen::compile(&program, &spec()).unwrap());
        program.key()
    }

    #[test]
    fn code_is_found_again_and_damage_is_not_code() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeFolder::new(folder.path().join("code"), LIMIT);
        let key = constant(0.5).key();
        assert!(store.get(key, &spec()).is_none());
        keep(&store, 0.5);
        assert!(store.get(key, &spec()).is_some());
        assert!(store.get(key, &Spec::new(44_100, Precision::Single)).is_none());
        assert!(store.get(constant(0.25).key(), &spec()).is_none());
        let path = store.place(key, &spec()).unwrap();
        let whole = fs::read(&path).unwrap();
        let other = store.place(constant(0.25).key(), &spec()).unwrap();
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::write(&other, &whole).unwrap();
        assert!(store.get(constant(0.25).key(), &spec()).is_none(), "another sound under its name");
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(store.get(key, &spec()).is_none());
        keep(&store, 0.5);
        assert!(store.get(key, &spec()).is_some());
        store.clear().unwrap();
        assert_eq!(store.counts().files, 0);
        store.clear().unwrap();
    }

    #[test]
    fn what_is_used_least_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = CodeFolder::new(folder.path().to_owned(), LIMIT);
        let keys: Vec<_> = (0..8).map(|at| keep(&store, f64::from(at))).collect();
        let all = store.counts();
        assert_eq!(all.files, 8);
        let old = SystemTime::now() - 2 * FORGOTTEN;
        for key in &keys[1..] {
            let path = store.place(*key, &spec()).unwrap();
            File::options().append(true).open(path).unwrap().set_modified(old).unwrap();
        }
        let forgotten = folder.path().join("00").join(".krach-x.part");
        fs::create_dir_all(forgotten.parent().unwrap()).unwrap();
        File::create(&forgotten).unwrap().set_modified(old).unwrap();
        let small = CodeFolder::new(folder.path().to_owned(), all.bytes / 2);
        small.sweep();
        assert!(small.counts().bytes <= small.limit / 4 * 3 && small.counts().files > 0);
        assert!(small.get(keys[0], &spec()).is_some(), "the one used last stays");
        assert!(!forgotten.exists());
    }

    #[test]
    fn many_may_write_and_read_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let store = CodeFolder::new(path.clone(), 20_000);
                    for at in 0..40_u8 {
                        let value = f32::from(at % 5);
                        let key = keep(&store, value.into());
                        // Another thread's sweep may have deleted it. Code that is there is the right code.
                        if let Some(factory) = store.get(key, &spec()) {
                            let mut heard = [f32::NAN; 3];
                            let mut dsp = factory.instantiate(Seed::default());
                            dsp.play::<f32>(&[], &mut [&mut heard]);
                            assert_eq!(heard, [value; 3]);
                        }
                        store.sweep();
                    }
                });
            }
        });
    }
}
