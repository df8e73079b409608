//! What was played is kept on disk, and played again it is the same.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_diag::Source;
use krach_engine::DeviceRequest;
use krach_pattern::{Manner, Pattern, Time, notation};
use krach_session::{
    Driver, Edit, HandClock, Journal, Modulation, News, Node, Patch, Playing, Session, Step, Voicing,
};
use krach_store::{Cache, JournalFile, SoundFile, WavSamples};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;

fn session(folder: &Path) -> Session {
    Session::new(Cache::new(32)).with_journals(Some(folder.to_owned()))
}

fn edit(session: &Session, edits: Vec<Edit>) {
    session.edit(|_| Ok(edits)).unwrap();
}

fn pattern(text: &str) -> Pattern {
    let (pattern, reports) = notation::krach(&Source::new("", text), &Manner::default());
    assert!(reports.is_empty(), "{text}");
    pattern
}

fn play(path: &str, pattern: Pattern) -> Edit {
    Edit::Drive(path.into(), Some(Driver::Playing(Playing { pattern, offset: 0 })))
}

fn node(controls: &[&str]) -> Node {
    Node { gain: 1.0, ..Node::new(Voicing::Program(toys::program(&[], controls))) }
}

fn run(clock: &mut HandClock, frames: usize, heard: &mut [Vec<f32>; 2]) {
    for (heard, new) in heard.iter_mut().zip(clock.run(frames)) {
        heard.extend(new);
    }
}

/// The journal of a folder replays to what was heard.
fn holds(session: &Session, folder: &Path, heard: &[Vec<f32>; 2]) -> Journal {
    let journal = Journal::read(&JournalFile::latest(folder, None).unwrap()).unwrap();
    assert!(journal.is_whole && journal.frames == heard[0].len(), "{} frames", journal.frames);
    for block in [512, 77] {
        let again = session.replay_journal(&journal, (block, false), &mut |_| ControlFlow::Continue(()));
        assert!(again.unwrap().master == heard, "in blocks of {block}");
    }
    journal
}

/// A session of every kind of deed; what was heard of it.
fn all_deeds(session: &Session) -> [Vec<f32>; 2] {
    edit(session, vec![Edit::Master(0.05), Edit::Seed(u64::MAX), Edit::Tempo(133.7)]);
    edit(session, vec![Edit::Node("a".into(), Some(node(&["freq", "gate", "cutoff"]).into()))]);
    let mut heard = [Vec::new(), Vec::new()];
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    run(&mut clock, 3_000, &mut heard);
    let chance = pattern("[C4 E4] C5? <G4 A4:0.3> C4(3,8)").swing(Time::new(2, 3).unwrap(), 8).unwrap();
    edit(session, vec![play("a", chance), Edit::Meter(Time::new(7, 2).unwrap())]);
    run(&mut clock, 40_000, &mut heard);
    let wave =
        Modulation { shape: krach_pattern::Shape::Sine, lo: 0.1, hi: 3.0, bars: Time::new(1, 3).unwrap() };
    edit(session, vec![Edit::Drive("a/cutoff".into(), Some(Driver::Modulation(wave)))]);
    session.begin(None);
    session.save_scene("given up");
    session.cancel();
    session.begin(None);
    session.save_scene("verse");
    session.finish().unwrap();
    let note = session.press("a", 69.5, 0.7).unwrap().unwrap();
    run(&mut clock, 9_000, &mut heard);
    session.release("a", note).unwrap();
    session.revive("a").unwrap();
    run(&mut clock, 5_001, &mut heard);
    session.panic().unwrap();
    run(&mut clock, 2_000, &mut heard);
    assert!(session.undo().unwrap());
    run(&mut clock, 20_000, &mut heard);
    heard
}

#[test]
fn what_was_played_is_written_and_replays_to_the_same_samples() {
    let folder = tempfile::tempdir().unwrap();
    let played = session(folder.path());
    let heard = all_deeds(&played);
    assert_eq!(played.journal().as_deref(), JournalFile::latest(folder.path(), None).as_deref());
    let (steps, patch) = (played.steps(), played.sounding());
    assert!(played.stop_device());
    let journal = holds(&played, folder.path(), &heard);
    assert_eq!((&journal.steps, journal.patch().unwrap()), (&steps, patch.clone()));
    let recovered = Session::new(Cache::new(32));
    recovered.recover(&journal).unwrap();
    assert_eq!(recovered.sounding(), patch);
    assert!(recovered.scenes(|scenes, _| scenes.get("verse").is_ok()));
    assert!(recovered.undo().unwrap() && recovered.sounding() == Patch::default());
    let stems = played.replay_journal(&journal, (512, true), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(stems.master == heard && stems.nodes.keys().map(|name| &**name).eq(["a"]));
}

#[test]
fn a_journal_that_is_cut_at_any_byte_replays_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let played = session(folder.path());
    let heard = all_deeds(&played);
    played.stop_device();
    let path = JournalFile::latest(folder.path(), None).unwrap();
    let whole = Journal::read(&path).unwrap();
    let (bytes, cut) = (std::fs::read(&path).unwrap(), folder.path().join("cut"));
    let mut lengths = Vec::new();
    for length in 0..bytes.len() {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        match Journal::read(&cut) {
            Ok(journal) => {
                assert_eq!(journal.steps, whole.steps[..journal.steps.len()]);
                if lengths.last().is_none_or(|(frames, _)| *frames < journal.frames) {
                    lengths.push((journal.frames, journal));
                }
            }
            Err(report) => assert!(report.code.id() == "KR0501" && length < bytes.len() / 2, "{report}"),
        }
    }
    assert!(lengths.len() > 4, "{} different lengths", lengths.len());
    for (frames, journal) in lengths {
        let again = played.replay_journal(&journal, (512, false), &mut |_| ControlFlow::Continue(()));
        let again = again.unwrap().master;
        // A key that is pressed on the frame after the end closes the gate on the last one.
        let frames = frames.saturating_sub(1);
        let again = [&again[0][..frames], &again[1][..frames]];
        assert!(again[0] == &heard[0][..frames] && again[1] == &heard[1][..frames], "{frames} frames");
    }
}

#[test]
fn the_null_device_is_written_too_and_another_rate_goes_on_from_its_cycle() {
    let folder = tempfile::tempdir().unwrap();
    let played = session(folder.path());
    edit(&played, vec![Edit::Node("a".into(), Some(node(&["gate"]).into())), play("a", pattern("x*16"))]);
    let request = |rate| DeviceRequest {
        device: Some("null".into()),
        block: Some(256),
        rate: Some(rate),
        ..DeviceRequest::default()
    };
    played.play(&request(RATE)).unwrap();
    assert!(played.wait(Time::new(1, 8).unwrap(), Duration::from_secs(30)), "the clock stands still");
    played.play(&request(44_100)).unwrap();
    assert!(played.wait(Time::new(1, 4).unwrap(), Duration::from_secs(30)), "the clock stands still");
    played.stop_device();
    let journal = Journal::read(&JournalFile::latest(folder.path(), None).unwrap()).unwrap();
    assert_eq!((journal.rate, journal.steps.len()), (44_100, 1));
    assert!(journal.cycle >= Time::new(1, 8).unwrap() && journal.frames > 0);
    let sound = played.replay_journal(&journal, (256, false), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(sound.master[0].iter().any(|&sample| sample > 0.1));
    let slower = journal.clone().at_rate(22_050);
    assert_eq!((slower.rate, slower.frames), (22_050, journal.frames.div_ceil(2)));
}

#[test]
fn a_folder_that_cannot_be_written_is_news_and_the_music_plays() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let played = session(&file.path().join("below"));
    edit(&played, vec![Edit::Node("a".into(), Some(node(&["gate"]).into())), play("a", pattern("x*16"))]);
    let mut clock = played.play_by_hand(RATE, 128).unwrap();
    assert!(clock.run(5_000)[0].iter().any(|&sample| sample > 0.1));
    assert_eq!(played.journal(), None);
    let news = format!("{:?}", played.news());
    assert!(news.contains("there is no journal of this session"), "{news}");
}

/// Random edits on the null device for a time: what was recorded, its journal, and how many events came late.
fn random_session(folder: &Path, seconds: u64) -> ([Vec<f32>; 2], Journal, u64) {
    let played = session(folder);
    edit(
        &played,
        vec![Edit::Node("a".into(), Some(node(&["freq", "gate", "cutoff"]).into())), Edit::Master(0.1)],
    );
    edit(&played, vec![play("a", pattern("C4 [E4 G4]? <A4 B3> C5(3,8)"))]);
    // A long block at a low rate: a thread that the system keeps waiting for 100 ms is not late.
    let request = DeviceRequest {
        device: Some("null".into()),
        block: Some(1024),
        rate: Some(8_000),
        ..DeviceRequest::default()
    };
    played.play(&request).unwrap();
    let take = played.record(&folder.join("take.wav"), WavSamples::Float, false).unwrap();
    let mut runner = TestRunner::deterministic();
    let (edits, end) = (toys::edits(), Instant::now() + Duration::from_secs(seconds));
    let mut taken = 0;
    while Instant::now() < end {
        let any = edits.new_tree(&mut runner).unwrap().current();
        taken += u32::from(played.edit(|_| Ok(vec![any])).is_ok());
        std::thread::sleep(Duration::from_millis(u64::from(taken % 13)));
    }
    let late = played.stats().unwrap().stage.late;
    let files = take.stop().unwrap();
    played.stop_device();
    assert!(taken > 20, "{taken} edits");
    let sound = SoundFile::read(&files[0]).unwrap();
    #[allow(clippy::cast_possible_truncation)]
    let heard = [0, 1].map(|channel| sound.channels[channel].iter().map(|&sample| sample as f32).collect());
    (heard, Journal::read(&JournalFile::latest(folder, None).unwrap()).unwrap(), late)
}

#[test]
fn random_edits_on_the_null_device_replay_to_the_same_bits() {
    // The long version plays for ten minutes.
    let seconds = if std::env::var_os("KRACH_FULL").is_some() { 600 } else { 1 };
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let (heard, journal, late) = random_session(folder.path(), seconds);
        if late > 0 {
            // The machine did something else for too long: such events are counted, and fall on another frame.
            continue;
        }
        let replayed = session(folder.path());
        let again = replayed.replay_journal(&journal, (512, false), &mut |_| ControlFlow::Continue(()));
        let again = again.unwrap().master;
        // The take began some blocks after the journal.
        let least = journal.frames - heard[0].len();
        let begins =
            |at: &usize| again.iter().zip(&heard).all(|(again, heard)| again[*at..].starts_with(heard));
        let start = (0..=least).find(begins);
        assert!(start.is_some(), "{} frames of {} are elsewhere", heard[0].len(), journal.frames);
        assert!(heard[0].windows(2).any(|pair| pair[0] != pair[1]), "nothing was heard");
        return;
    }
    panic!("events were late in five runs");
}

#[test]
fn two_sessions_at_once_keep_a_journal_each() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = [(); 2].map(|()| session(folder.path()));
    let mut clocks = sessions.each_ref().map(|session| session.play_by_hand(RATE, 128).unwrap());
    for (at, (session, clock)) in sessions.iter().zip(&mut clocks).enumerate() {
        clock.run(500);
        edit(session, vec![Edit::Tempo([90.0, 140.0][at])]);
    }
    let paths = sessions.each_ref().map(|session| session.journal().unwrap());
    assert_ne!(paths[0], paths[1]);
    assert!(sessions.iter().all(Session::stop_device));
    let tempos = paths.map(|path| Journal::read(&path).unwrap().patch().unwrap().settings().tempo);
    assert_eq!(tempos, [90.0, 140.0]);
}

/// The variable that leads the child of the next test to its folder.
const LIMITED: &str = "KRACH_LIMITED_FOLDER";

#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_journal_with_one_news_and_the_music_plays() {
    let Some(folder) = std::env::var_os(LIMITED) else {
        // The system lets this child write files of 16 kB: a disk that is full there.
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("sh");
        child
            .args(["-c", "trap '' XFSZ; ulimit -f 32; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "a_full_disk_ends_the_journal_with_one_news_and_the_music_plays",
            "--nocapture",
        ]);
        let output = child.env(LIMITED, folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        let journal = Journal::read(&JournalFile::latest(folder.path(), None).unwrap()).unwrap();
        assert!(!journal.is_whole && journal.steps.len() > 10, "it is read up to there");
        return;
    };
    let played = session(Path::new(&folder));
    edit(&played, vec![Edit::Node("a".into(), Some(node(&["gate"]).into())), play("a", pattern("x*16"))]);
    let mut clock = played.play_by_hand(RATE, 128).unwrap();
    let (mut news, begun) = (Vec::new(), Instant::now());
    for at in 0_u32.. {
        edit(&played, vec![Edit::Tempo(120.0 + f64::from(at % 7))]);
        clock.run(500);
        news.extend(played.news().into_iter().filter(|news| matches!(news, News::Fault(_))));
        if !news.is_empty() || begun.elapsed() > Duration::from_secs(30) {
            break;
        }
    }
    // Further steps have nowhere to go, and nothing more is said.
    (0..20).for_each(|at| edit(&played, vec![Edit::Tempo(140.0 + f64::from(at))]));
    assert!(clock.run(5_000)[0].iter().any(|&sample| sample > 0.1), "the music plays on");
    news.extend(played.news().into_iter().filter(|news| matches!(news, News::Fault(_))));
    let [News::Fault(report)] = &news[..] else { panic!("{news:?}") };
    assert!(report.message.contains("the journal of this session ends here"), "{report}");
}

#[test]
fn a_prompt_that_was_only_opened_does_not_hide_the_last_session() {
    let folder = tempfile::tempdir().unwrap();
    let opened = |edits: Vec<Edit>| {
        let played = session(folder.path());
        played.play_by_hand(RATE, 128).unwrap().run(500);
        if !edits.is_empty() {
            edit(&played, edits);
        }
        let path = played.journal().unwrap();
        played.stop_device();
        path
    };
    let first = opened(vec![Edit::Tempo(99.0)]);
    let (second, third) = (opened(Vec::new()), opened(Vec::new()));
    assert!(first < second && second < third);
    assert_eq!(Journal::last_of(folder.path(), None).as_ref(), Some(&first));
    // One that crashed before its first line hides nothing, and one of another version says so.
    let crashed = JournalFile::create(folder.path()).unwrap().path().to_owned();
    assert_eq!(Journal::last_of(folder.path(), None).as_ref(), Some(&first));
    let mut other = JournalFile::create(folder.path()).unwrap();
    other.write(&serde_json::json!({"Other": 1})).unwrap();
    assert_eq!(Journal::last_of(folder.path(), None).as_deref(), Some(other.path()));
    assert_eq!(Journal::last_of(folder.path(), Some(&crashed)).as_ref(), Some(&first));
    assert_eq!(Journal::last_of(folder.path(), Some(&first)), None);
}

#[test]
fn steps_of_a_changed_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |records: &[serde_json::Value]| {
        let mut file = JournalFile::create(folder.path()).unwrap();
        records.iter().for_each(|record| file.write(record).unwrap());
        Journal::read(file.path())
    };
    let begin = |schema: u32| {
        serde_json::json!({"Begin": {
            "schema": schema, "version": "0", "rate": 48000, "frame": 0, "cycle": [0, 1]
        }})
    };
    let step = |frame: u64| serde_json::json!({"Step": {"step": Step::of(krach_abi::Frame(frame), vec![]), "cycle": [0, 1]}});
    assert_eq!(write(&[begin(1), step(4), step(9)]).unwrap().frames, 9);
    for wrong in [
        vec![begin(2)],
        vec![step(0)],
        vec![begin(1), begin(1)],
        vec![begin(1), step(9), step(4)],
        vec![begin(1), serde_json::json!({"Heard": -1})],
        vec![begin(1), serde_json::json!({"Scene": ["a", [{"Tempo": null}]]})],
        vec![begin(1), serde_json::json!({"Scene": ["a", [{"Meter": [1, 0]}]]})],
    ] {
        let report = write(&wrong).unwrap_err();
        assert_eq!(report.code.id(), "KR0501", "{wrong:?}: {report}");
    }
    let odd = serde_json::json!({"Scene": ["a", [{"Gain": ["gone", 1.0]}]]});
    assert_eq!(write(&[begin(1), odd]).unwrap_err().code.id(), "KR0901");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Of any edits, those that were accepted are in the journal, on their frames.
    #[test]
    fn any_edits_are_written_as_they_were_taken(
        all in prop::collection::vec((toys::edits(), 1_usize..300), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let played = session(folder.path());
        let mut clock = played.play_by_hand(RATE, 128).unwrap();
        for (edit, frames) in all {
            let _ = played.edit(|_| Ok(vec![edit]));
            clock.run(frames);
        }
        let (steps, patch) = (played.steps(), played.sounding());
        played.stop_device();
        let journal = Journal::read(&JournalFile::latest(folder.path(), None).unwrap()).unwrap();
        prop_assert_eq!(&journal.steps, &steps);
        prop_assert_eq!(journal.patch().unwrap(), patch);
    }
}
