//! MIDI files: what is written is read, and any bytes are an answer.
#![allow(clippy::unwrap_used)]

use krach_store::{MidiFile, MidiPart, WrittenNote};
use proptest::prelude::*;
use std::collections::HashMap;

/// Notes of which those of one key do not overlap, so that each release is that of its press.
fn notes() -> impl Strategy<Value = Vec<WrittenNote>> {
    let note = (0..128_u8, 1..128_u8, 0..5000_u64, 1..5000_u64);
    prop::collection::vec(note, 1..60).prop_map(|drawn| {
        let mut free = HashMap::new();
        let mut notes: Vec<_> = drawn
            .into_iter()
            .map(|(key, velocity, pause, length)| {
                let free = free.entry(key).or_insert(0);
                let start = *free + pause;
                *free = start + length;
                WrittenNote { start, length, channel: 3, key, velocity }
            })
            .collect();
        notes.sort_by_key(|note| (note.start, note.key));
        notes
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        parts in prop::collection::vec(notes(), 0..4),
        ticks in 1..=32_767_u16,
        tempo in 20.0..400.0,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tune.mid");
        let named = |(at, notes)| MidiPart { name: format!("part {at}"), notes };
        let parts: Vec<_> = parts.into_iter().enumerate().map(named).collect();
        let file = MidiFile { ticks, tempo, meter: (7, 8), parts };
        file.write(&path).unwrap();
        let mut read = MidiFile::read(&path).unwrap();
        for part in &mut read.parts {
            part.notes.sort_by_key(|note| (note.start, note.key));
        }
        prop_assert!((read.tempo - tempo).abs() < 0.01);
        prop_assert_eq!(MidiFile { tempo, ..read }, file);
    }

    #[test]
    fn any_bytes_are_a_file_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), headed in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.mid");
        let head = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\xff";
        let all = if headed { [&head[..], &bytes].concat() } else { bytes };
        std::fs::write(&path, all).unwrap();
        match MidiFile::read(&path) {
            Ok(file) => prop_assert!(file.parts.iter().flat_map(|part| &part.notes).all(|note| note.length > 0)),
            Err(report) => prop_assert_eq!(report.code.id(), "KR0501"),
        }
    }
}

#[test]
fn what_is_no_midi_file_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing.mid")] {
        let report = MidiFile::read(&path).unwrap_err();
        assert_eq!(report.code.id(), "KR0501");
        assert!(report.message.contains(&*path.to_string_lossy()), "{}", report.message);
    }
    let report = MidiFile::default().write(folder.path()).unwrap_err();
    assert_eq!(report.code.id(), "KR0502");
}
