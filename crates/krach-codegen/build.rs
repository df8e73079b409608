//! Hashes the sources that decide what compiled code looks like, so that code saved by one build is never run by
//! another: a version number does not change with every edit.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for folder in ["src", "../krach-abi/src", "../krach-ir/src", "../../Cargo.lock"] {
        println!("cargo::rerun-if-changed={folder}");
        hash(Path::new(folder), &mut hasher)?;
    }
    println!("cargo::rustc-env=KRACH_SOURCES={:016x}", hasher.finish());
    Ok(())
}

/// A file, or all files of a folder in the order of their names.
fn hash(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        return entries.iter().try_for_each(|entry| hash(&entry.path(), hasher));
    }
    if path.exists() {
        hasher.write(&fs::read(path)?);
    }
    Ok(())
}
