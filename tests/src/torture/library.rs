//! The reader of instrument libraries, given any bytes.

use super::Reached;
use krach_codegen::{NativeFactory, Trust};
use krach_store::Unit;
use krach_store::krlib::{Library, Policy};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Each run of the process writes to one file, which is read at once.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder").keep();
    folder.join("fuzzed.krlib")
});

/// The first byte says what the others are: a whole file (`f`), an index whose checksum is made right (`i`), or saved
/// code that is trusted (`c`; it is mapped into memory and never run).
pub fn library(bytes: &[u8]) -> Reached {
    match bytes.split_first() {
        Some((b'f', file)) => read(file),
        Some((b'i', index)) => read(&with_index(index)),
        Some((b'c', code)) => match NativeFactory::load(code, &[0; 32], Trust::Promised) {
            Ok(_) => Reached::Program,
            Err(_) => Reached::Refused,
        },
        _ => Reached::Refused,
    }
}

fn read(bytes: &[u8]) -> Reached {
    std::fs::write(&*FILE, bytes).expect("a file can be written");
    let Ok(library) = Library::open(&FILE, Policy::Tag) else { return Reached::Refused };
    let _ = library.unknown();
    let _ = library.verify();
    let mut reached = Reached::Parsed;
    for at in 0..library.index().instruments.len().min(8) {
        let instrument = library.at(at);
        if instrument.program().is_ok() {
            reached = Reached::Program;
        }
        let _ = instrument.source();
        for unit in Unit::ALL {
            for target in instrument.record().codes(unit).iter().take(4) {
                let _ = instrument.examine(unit, target);
            }
        }
    }
    reached
}

/// A library with this index and one program.
fn with_index(index: &[u8]) -> Vec<u8> {
    let mut zip = ZipArchiveWriter::new(Vec::new());
    zip.set_comment(format!("krlib {}", blake3::hash(index).to_hex()));
    for (name, bytes) in [("programs/a.program", &b"program \"a\"\n"[..]), ("index.json", index)] {
        let file = zip.new_file(name).compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().expect("memory takes all");
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes).expect("memory takes all");
        let (_, descriptor) = writer.finish().expect("memory takes all");
        entry.finish(descriptor).expect("memory takes all");
    }
    zip.finish().expect("memory takes all")
}
