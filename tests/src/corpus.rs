//! Inputs that fuzzing found and kept: one ZIP file per target in `fuzz/corpus`, its entries not compressed.

use rawzip::{CompressionMethod, ZipArchive};
use std::fs;
use std::path::Path;

/// Every input of a target, in order of their names.
///
/// # Panics
/// If the archive is missing, damaged, compressed or empty.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fuzz/corpus/{target}.zip"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let archive = ZipArchive::from_slice(&bytes).expect("a ZIP file");
    let mut entries = archive.entries();
    let mut inputs = Vec::new();
    while let Some(entry) = entries.next_entry().expect("a whole directory") {
        assert_eq!(entry.compression_method(), CompressionMethod::STORE, "{}", path.display());
        inputs.push(archive.get_entry(entry.wayfinder()).expect("a whole entry").data().to_vec());
    }
    assert!(!inputs.is_empty(), "{} is empty", path.display());
    inputs
}
