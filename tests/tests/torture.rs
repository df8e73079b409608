//! A short version of what `fuzz/` does at length: its corpora once more, then random programs and damaged texts.

use krach_tests::corpus;
use krach_tests::dice::Dice;
use krach_tests::faust_text;
use krach_tests::torture::{self, Reached, TARGETS};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Every file of a folder, in order of their names.
fn files(name: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder(name)).expect(name).flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).expect(name)).collect()
}

fn rounds(short: u64) -> u64 {
    if std::env::var_os("KRACH_FULL").is_some() { short * 30 } else { short }
}

#[test]
fn every_fuzz_target_replays_its_corpus() {
    let mut files: Vec<_> = fs::read_dir(folder("fuzz/targets"))
        .expect("fuzz/targets")
        .flatten()
        .filter_map(|entry| entry.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    files.sort();
    assert_eq!(files, TARGETS.map(|(name, _)| name), "torture::TARGETS and fuzz/targets differ");
    for (name, target) in TARGETS {
        let mut reached = BTreeMap::new();
        for data in &corpus::of(name) {
            *reached.entry(target(data)).or_insert(0) += 1;
        }
        println!("{name}: {reached:?}");
        // A corpus that is refused as a whole would test only the first check.
        let only_refused = reached.keys().all(|&end| end == Reached::Refused);
        assert!(!only_refused, "{name}: {reached:?}");
    }
}

#[test]
fn right_programs_sound_alike_in_every_engine() {
    let mut reached = BTreeMap::new();
    for seed in 0..rounds(400) {
        *reached.entry(torture::sound(&seed.to_le_bytes())).or_insert(0_u64) += 1;
    }
    println!("{reached:?}");
    assert!(reached[&Reached::Sound] * 10 > reached.values().sum::<u64>() * 9, "{reached:?}");
}

#[test]
fn damaged_texts_are_refused_or_heard() {
    let mut seeds: Vec<String> = [files("fixtures/faust"), corpus::of("evaluator")]
        .into_iter()
        .flatten()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .filter(|text| text.contains("process") && !text.contains("\n\n") && text.len() < 4000)
        .collect();
    seeds.extend((0..40).map(|seed| faust_text::program(&mut Dice::seeded(seed))));
    let mut reached = BTreeMap::new();
    for round in 0..rounds(2000) {
        let seed = &seeds[usize::try_from(round).expect("few") % seeds.len()];
        *reached.entry(torture::damaged(seed, &round.to_le_bytes())).or_insert(0) += 1;
    }
    println!("{reached:?}");
    assert!(reached.keys().len() > 1, "{reached:?}");
}
