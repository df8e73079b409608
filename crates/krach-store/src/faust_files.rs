//! Faust's files: where `import`, `library`, `component` and `soundfile` look, and what was read already.

use crate::{SoundFile, nearest, read_bytes};
use krach_diag::Source;
use krach_faust::{Decoded, File, Files, Missing};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

/// The folders that are searched for every import: first those of the caller, then those of the machine.
///
/// A name is looked for as it is (absolute, or below the current folder), in the caller's folders (`-I`) from the last
/// to the first, in the folder of the main file, in that of the file which asks, in those of `FAUST_LIB_PATH`, in the
/// libraries that are installed with krach, and in the usual folders of the system.
#[derive(Clone, Debug, Default)]
pub struct FaustFolders {
    /// Of the caller, and of the main file.
    own: Vec<PathBuf>,
    /// Of the machine.
    shared: Vec<PathBuf>,
}

/// Where packages of Faust put its folders.
const SYSTEM: [&str; 4] =
    ["/usr/local/share/faust", "/usr/share/faust", "/opt/homebrew/share/faust", "/opt/local/share/faust"];

impl FaustFolders {
    /// `include` are the caller's folders, of which the last is searched first, as by the official compiler; `installed` those of libraries that came with krach.
    #[must_use]
    pub fn new(include: &[PathBuf], installed: &[PathBuf]) -> Self {
        let path = std::env::var_os("FAUST_LIB_PATH").unwrap_or_default();
        let shared = std::env::split_paths(&path)
            .filter(|folder| !folder.as_os_str().is_empty())
            .chain(installed.iter().cloned())
            .chain(SYSTEM.map(PathBuf::from));
        let own = include.iter().rev().cloned().collect();
        Self { own, shared: shared.collect() }
    }

    /// The same, and the folder of the main file.
    #[must_use]
    pub fn beside(mut self, main: &Path) -> Self {
        self.own.extend(main.parent().map(Path::to_path_buf));
        self
    }

    /// Where a file at `from` looks for others; the first is where we are.
    fn folders<'a>(&'a self, from: &'a str) -> impl Iterator<Item = &'a Path> {
        // `<string>` and its like are no files.
        let asker = Path::new(from).parent().filter(|_| !from.starts_with('<'));
        let own = self.own.iter().map(PathBuf::as_path);
        std::iter::once(Path::new("")).chain(own).chain(asker).chain(self.shared.iter().map(PathBuf::as_path))
    }

    /// The file of that name which a file at `from` means.
    ///
    /// # Errors
    /// It is in none of the places searched.
    pub fn find(&self, name: &str, from: &str) -> Result<PathBuf, Missing> {
        let mut searched: Vec<String> = Vec::new();
        for folder in self.folders(from) {
            let file = folder.join(name);
            if file.is_file() {
                return Ok(file);
            }
            let place = if folder == Path::new("") { ".".to_owned() } else { folder.display().to_string() };
            if !searched.contains(&place) {
                searched.push(place);
            }
        }
        if Path::new(name).is_absolute() {
            searched = vec![name.to_owned()];
        }
        Err(Missing::Nowhere(searched))
    }
}

impl Files for FaustFolders {
    fn open(&self, name: &str, from: &str) -> Result<Arc<File>, Missing> {
        let path = self.find(name, from)?;
        parsed(&path).map_err(Missing::Unusable)
    }

    fn near(&self, name: &str, from: &str) -> Option<String> {
        /// No long wait in folders that are no folders.
        const ENTRIES: usize = 2_000;
        let here = |folder: &Path| if folder == Path::new("") { ".".into() } else { folder.to_owned() };
        let entries = self.folders(from).filter_map(|folder| here(folder).read_dir().ok());
        let files = entries.flat_map(|entries| entries.take(ENTRIES).flatten());
        let names: Vec<String> = files.filter_map(|file| file.file_name().into_string().ok()).collect();
        let faust =
            names.iter().map(String::as_str).filter(|name| name.ends_with(".lib") || name.ends_with(".dsp"));
        nearest(name, faust).map(str::to_owned)
    }

    fn sounds(&self, names: &[String], from: &str) -> Vec<Result<Arc<Decoded>, Missing>> {
        names.iter().map(|name| sound(&self.find(name, from)?)).collect()
    }
}

/// A sound file as Faust takes it.
fn sound(path: &Path) -> Result<Arc<Decoded>, Missing> {
    let SoundFile { rate, channels } =
        SoundFile::read(path).map_err(|report| Missing::Unusable(report.message))?;
    Ok(Arc::new(Decoded { rate, channels: channels.into_iter().map(Arc::from).collect() }))
}

/// What tells that a file is still what was read.
type Stamp = (u64, Option<SystemTime>);

/// The file's syntax, read once per process as long as the file stays the same.
fn parsed(path: &Path) -> Result<Arc<File>, String> {
    static READ: LazyLock<Mutex<FxHashMap<PathBuf, (Stamp, Arc<File>)>>> = LazyLock::new(Mutex::default);
    let read_already = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    let about = |error: std::io::Error| format!("{}: {error}", path.display());
    let known_as = std::path::absolute(path).map_err(about)?;
    let metadata = path.metadata().map_err(about)?;
    let stamp = (metadata.len(), metadata.modified().ok());
    if let Some((known, file)) = read_already().get(&known_as)
        && *known == stamp
        && **file.path() == *path.display().to_string()
    {
        return Ok(file.clone());
    }
    let source: Arc<Source> = read_bytes(path).map_err(|report| report.message)?;
    let file = Arc::new(File::parse(&source));
    read_already().insert(known_as, (stamp, file.clone()));
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let (near, far) = (root.path().join("near"), root.path().join("far"));
        for folder in [&near, &far] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("both.lib"), "x = 1;").unwrap();
        }
        std::fs::write(far.join("one.lib"), "x = 2;").unwrap();
        (root, near, far)
    }

    #[test]
    fn the_first_folder_that_has_it_wins() {
        let (_root, near, far) = folders();
        let folders = FaustFolders::new(&[], std::slice::from_ref(&far)).beside(&near.join("main.dsp"));
        assert_eq!(folders.find("both.lib", "main.dsp"), Ok(near.join("both.lib")));
        assert_eq!(folders.find("one.lib", "main.dsp"), Ok(far.join("one.lib")));
        let include = FaustFolders::new(std::slice::from_ref(&far), &[]).beside(&near.join("main.dsp"));
        assert_eq!(include.find("both.lib", "main.dsp"), Ok(far.join("both.lib")));
        let asker = far.join("asker.lib").display().to_string();
        assert_eq!(FaustFolders::default().find("one.lib", &asker), Ok(far.join("one.lib")), "its neighbour");
    }

    /// As by the official compiler.
    #[test]
    fn of_the_callers_folders_the_last_one_wins() {
        let (_root, near, far) = folders();
        let both = FaustFolders::new(&[near, far.clone()], &[]);
        assert_eq!(both.find("both.lib", "main.dsp"), Ok(far.join("both.lib")));
    }

    #[test]
    fn what_is_nowhere_names_every_place_once() {
        let (_root, near, far) = folders();
        let folders = FaustFolders::new(&[near.clone(), near.clone()], std::slice::from_ref(&far));
        let Err(Missing::Nowhere(searched)) = folders.find("none.lib", "main.dsp") else {
            unreachable!("it is nowhere");
        };
        assert_eq!(searched[..2], [".".to_owned(), near.display().to_string()]);
        assert!(searched.contains(&far.display().to_string()));
        assert!(searched.iter().any(|place| place == "/usr/share/faust"));
        assert_eq!(folders.near("ono.lib", "main.dsp"), Some("one.lib".to_owned()));
        assert_eq!(folders.near("none.lib", "main.dsp"), Some("one.lib".to_owned()));
        let absolute = folders.find("/none.lib", "main.dsp");
        assert_eq!(absolute, Err(Missing::Nowhere(vec!["/none.lib".to_owned()])));
    }

    #[test]
    fn a_file_is_parsed_once_until_it_changes() {
        let (_root, near, _) = folders();
        let folders = FaustFolders::new(std::slice::from_ref(&near), &[]);
        let first = folders.open("both.lib", "").unwrap();
        assert!(Arc::ptr_eq(&first, &folders.open("both.lib", "").unwrap()));
        std::fs::write(near.join("both.lib"), "x = 1; y = 2;").unwrap();
        assert!(folders.open("both.lib", "").unwrap().syntax().find("y").is_some());
        std::fs::write(near.join("both.lib"), b"x = \0;").unwrap();
        let why = folders.open("both.lib", "").unwrap_err().to_string();
        assert!(why.starts_with("cannot read") && why.contains("is not text"), "{why}");
    }
}
