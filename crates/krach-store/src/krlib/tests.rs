//! Libraries, whole and broken. A library that was changed in any way is refused, or plays what it played.

use super::index::{Digest, Index};
use super::{Draft, Instrument, Language, Library, Policy, Source, archive, build, write};
use crate::{Cache, Compiled, Optimised, Playable, Progress, Unit};
use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{NativeFactory, Spec};
use krach_diag::{Code, Diagnostic, Severity};
use krach_ir::{Control, ControlKind, Fun, Polyphony, Program, ProgramBuilder, Sound};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A control, times a constant.
fn program(name: &str, factor: f64) -> Arc<Program> {
    let mut b = ProgramBuilder::new(name);
    let kind = ControlKind::Slider;
    let level = Control::new("level", kind, [0.5, 0.0, 1.0, 0.01]);
    let level = b.control(level).unwrap();
    let factor = b.real(factor).unwrap();
    let loud = b.apply(Fun::Exp, &[level]).unwrap();
    let out = b.apply(Fun::Mul, &[loud, factor]).unwrap();
    b.output("out", out).unwrap();
    Arc::new(b.finish().unwrap())
}

fn draft(name: &str, factor: f64) -> Draft {
    let source = Some(Source { text: format!("def {name}(): ...\n"), language: Language::Python });
    let (doc, file, program) = (format!("The {name}."), "kit.py".to_owned(), program(name, factor));
    Draft { name: name.to_owned(), doc, source, file, line: 3, program, faust: true, precision: None }
}

fn spec() -> Spec {
    Spec::new(48_000, Precision::Single)
}

fn samples(factory: &NativeFactory) -> Vec<f32> {
    let mut out = vec![0.0; 8];
    factory.instantiate(Seed::default()).play::<f32>(&[], &mut [&mut out]);
    out
}

#[test]
fn instruments_that_play_one_sound_share_its_samples() {
    let sound = Arc::new(Sound::new(vec![[0.5, 0.25, -1.0].into()]).unwrap());
    let player = |name: &str, at: i32| {
        let mut b = ProgramBuilder::new(name);
        let (table, at) = (b.sound(&sound, 0).unwrap(), b.int(at));
        let out = b.lookup(table, at).unwrap();
        b.output("out", out).unwrap();
        Draft { program: Arc::new(b.finish().unwrap()), ..draft(name, 1.0) }
    };
    let (folder, drafts) = (tempfile::tempdir().unwrap(), [player("first", 0), player("last", 2)]);
    let path = folder.path().join("players.krlib");
    let built = build(&drafts, &[spec()], krach_codegen::compile, &Progress::default())
        .into_iter()
        .map(Result::unwrap)
        .collect();
    write(&path, built).unwrap();
    let library = Library::open(&path, Policy::Program).unwrap();
    let entry = format!("sounds/{}", sound.digest());
    for (name, sample) in [("first", 0.5), ("last", -1.0)] {
        let instrument = library.get(name).unwrap();
        let entries: Vec<&str> = instrument.record().sounds.iter().map(|part| &*part.entry).collect();
        assert_eq!(entries, [&entry]);
        assert!(instrument.program().unwrap().missing_sounds().is_empty());
        let compiled = compile(&instrument, Unit::Voice, spec()).unwrap().unwrap();
        assert_eq!(samples(&compiled.factory), [sample; 8]);
    }
    assert_eq!((library.verify(), library.unknown()), (Ok(()), Vec::new()));
    let whole = fs::read(&path).unwrap();
    let kept = whole.windows(24).filter(|bytes| **bytes == sound.to_bytes()[4..]).count();
    assert_eq!(kept, 1, "in the file once");
}

/// The library's code, or code compiled from its program.
fn compile(instrument: &Arc<Instrument>, unit: Unit, spec: Spec) -> Result<Option<Compiled>, Diagnostic> {
    Playable::try_from(instrument.clone())?.compile(&Cache::new(1), unit, spec)
}

const KIT: [(&str, f64); 2] = [("soft", 0.25), ("loud", 0.75)];

struct Bench {
    folder: tempfile::TempDir,
    path: PathBuf,
}

/// A folder with a library of two instruments.
fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kit.krlib");
    write(&path, built()).unwrap();
    Bench { folder, path }
}

fn built() -> Vec<super::Built> {
    let drafts = KIT.map(|(name, factor)| draft(name, factor));
    build(&drafts, &[spec()], krach_codegen::compile, &Progress::default())
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

impl Bench {
    /// The library with its index changed, in a file of its own, every checksum being right.
    fn forged(&self, change: impl FnOnce(&mut Index, &mut Vec<(String, Vec<u8>)>)) -> PathBuf {
        let (archive, mut index) = archive::Archive::open(&self.path).unwrap();
        let mut parts = Vec::new();
        for record in &index.instruments {
            for part in record.parts() {
                parts.push((part.entry.clone(), archive.part(part, "a part").unwrap()));
            }
        }
        change(&mut index, &mut parts);
        let path = self.folder.path().join("forged.krlib");
        archive::write(&path, true, &index, &parts).unwrap();
        path
    }
}

/// What an instrument says and plays is what was built, or refused. Whether its code was run as it is.
fn is_honest(instrument: &Instrument) -> bool {
    let record = instrument.record();
    let Some((name, factor)) = KIT.into_iter().find(|(name, _)| *name == record.name) else {
        panic!("an instrument from nowhere: {}", record.name)
    };
    let mine = &*program(name, factor);
    match instrument.program() {
        Ok(read) => assert_eq!(read.to_string(), mine.to_string()),
        Err(report) => assert_eq!(report.code, Code::Damaged),
    }
    let Some(mapped) = instrument.mapped(Unit::Voice, &spec()) else { return false };
    static COMPILED: [OnceLock<Vec<f32>>; 2] = [const { OnceLock::new() }; 2];
    let compiled = || samples(&krach_codegen::compile(&krach_ir::optimise(mine), &spec()).unwrap());
    let at = usize::from(name == "loud");
    assert_eq!(&samples(&mapped), COMPILED[at].get_or_init(compiled));
    true
}

fn refusal(path: &Path) -> Diagnostic {
    let report = Library::open(path, Policy::Tag).unwrap_err();
    assert!(report.message.contains(path.file_name().unwrap().to_str().unwrap()), "{}", report.message);
    report
}

#[test]
fn what_was_built_is_read_back() {
    let bench = bench();
    let library = Library::open(&bench.path, Policy::Tag).unwrap();
    assert_eq!(library.verify(), Ok(()));
    assert_eq!(library.unknown(), Vec::<String>::new());
    let names: Vec<_> = library.index().instruments.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["soft", "loud"]);
    let soft = library.get("soft").unwrap();
    assert_eq!((soft.record().doc.as_str(), soft.record().line), ("The soft.", 3));
    assert_eq!(soft.source().unwrap().unwrap().text, "def soft(): ...\n");
    assert_eq!(soft.faust().unwrap(), krach_faust::print(&program("soft", 0.25)));
    assert!(is_honest(&soft) && is_honest(&library.at(1)));
    let (cache, playable) = (Cache::new(1), Playable::try_from(soft.clone()).unwrap());
    let compiled = playable.compile(&cache, Unit::Voice, spec()).unwrap().unwrap();
    assert!(compiled.cached);
    assert!(Arc::ptr_eq(&compiled.factory, &playable.compiled(Unit::Voice, spec()).unwrap().factory));
    let report = library.get("lound").unwrap_err();
    assert_eq!((report.code, report.helps), (Code::NoInstrument, vec!["did you mean `loud`?".to_owned()]));
}

/// Two stages, each with a control; the effect has one output more.
fn organ() -> Draft {
    let mut b = ProgramBuilder::new("effect");
    let x = b.input("x");
    let room = b.control(Control::new("room", ControlKind::Slider, [0.5, 0.0, 1.0, 0.01])).unwrap();
    let wet = b.apply(Fun::Mul, &[x, room]).unwrap();
    b.output("left", x).unwrap();
    b.output("right", wet).unwrap();
    let polyphony = Polyphony { voices: 4, effect: Some(Arc::new(b.finish().unwrap())) };
    let voice = Program::clone(&program("organ", 0.5));
    Draft { program: Arc::new(voice.polyphonic(Some(polyphony))), ..draft("organ", 0.5) }
}

#[test]
fn code_of_an_effect_is_kept_beside_that_of_its_voices() {
    let bench = bench();
    write(
        &bench.path,
        build(&[organ()], &[spec()], krach_codegen::compile, &Progress::default())
            .remove(0)
            .into_iter()
            .collect(),
    )
    .unwrap();
    let library = Library::open(&bench.path, Policy::Tag).unwrap();
    assert_eq!((library.verify(), library.unknown()), (Ok(()), Vec::new()));
    let organ = library.at(0);
    for policy in [Policy::Tag, Policy::Code] {
        let organ = Library::open(&bench.path, policy).unwrap().at(0);
        let ports = Unit::ALL.map(|unit| {
            let ports = organ.mapped(unit, &spec()).unwrap().ports().clone();
            (ports.inputs, ports.outputs, ports.controls.len())
        });
        assert_eq!(ports, [(0, 1, 1), (1, 2, 1)]);
    }
    assert_eq!(organ.examine(Unit::Effect, &organ.record().effect[0]), None);

    let swapped = bench.forged(|index, _| {
        let record = &mut index.instruments[0];
        std::mem::swap(&mut record.targets, &mut record.effect);
    });
    for policy in [Policy::Tag, Policy::Code] {
        let organ = Library::open(&swapped, policy).unwrap().at(0);
        for unit in Unit::ALL {
            assert!(organ.mapped(unit, &spec()).is_none(), "{unit:?} is not the other");
            assert!(compile(&organ, unit, spec()).unwrap().is_some(), "so it is compiled");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bench = bench();
    let before = fs::read(&bench.path).unwrap();
    write(&bench.path, built()).unwrap();
    assert_eq!(fs::read(&bench.path).unwrap(), before);
}

#[test]
fn another_rate_or_precision_is_compiled_from_the_program() {
    let bench = bench();
    let soft = Library::open(&bench.path, Policy::Tag).unwrap().get("soft").unwrap();
    for spec in [Spec::new(44_100, Precision::Single), Spec::new(48_000, Precision::Double)] {
        assert!(soft.mapped(Unit::Voice, &spec).is_none());
        let cache = Cache::new(1);
        let here = compile(&soft, Unit::Voice, spec).unwrap().unwrap();
        assert_eq!(
            samples(&here.factory),
            samples(&cache.compile(&Optimised::of(&program("x", 0.25)), spec).unwrap().factory)
        );
    }
}

#[test]
fn trust_decides_whose_code_is_run() {
    let bench = bench();
    let mapped = |path: &Path, policy| {
        let library = Library::open(path, policy).unwrap();
        (0..2).map(|at| is_honest(&library.at(at))).collect::<Vec<_>>()
    };
    assert_eq!(mapped(&bench.path, Policy::Tag), [true, true]);
    assert_eq!(mapped(&bench.path, Policy::Program), [false, false]);
    assert_eq!(mapped(&bench.path, Policy::Code), [true, true]);
    let foreign = bench.forged(|index, _| {
        index.instruments[0].targets[0].tag = None;
        index.instruments[1].targets[0].tag = Some(Digest([3; 32]));
    });
    assert_eq!(mapped(&foreign, Policy::Tag), [false, false]);
    assert_eq!(mapped(&foreign, Policy::Code), [true, true]);
}

/// Both codes are the user's own, and each is whole: but they are not those of their programs.
#[test]
fn code_of_one_instrument_is_not_that_of_another() {
    let bench = bench();
    let swapped = bench.forged(|index, _| {
        let [soft, loud] = &mut index.instruments[..] else { unreachable!() };
        std::mem::swap(&mut soft.targets, &mut loud.targets);
    });
    let library = Library::open(&swapped, Policy::Tag).unwrap();
    assert!(!is_honest(&library.at(0)) && !is_honest(&library.at(1)));
}

#[test]
fn code_for_other_machines_is_left_alone() {
    let bench = bench();
    let other = bench.forged(|index, _| {
        let mut warp = index.machines[0].clone();
        warp.features.push("has_warp".to_owned());
        index.machines[0].arch = "z80".to_owned();
        index.machines.push(warp);
        index.instruments[1].targets[0].machine = 1;
    });
    for policy in [Policy::Tag, Policy::Code] {
        let library = Library::open(&other, policy).unwrap();
        for at in 0..2 {
            assert!(!is_honest(&library.at(at)));
            assert!(compile(&library.at(at), Unit::Voice, spec()).is_ok(), "compiled from the program");
        }
        let why = library.at(1).examine(Unit::Voice, &library.index().instruments[1].targets[0]).unwrap();
        assert!(why.contains("`warp`"), "{why}");
    }
}

/// What is said about a file whose index is of no use, while all its programs are saved.
fn damage(path: &Path) -> Diagnostic {
    let library = Library::open(path, Policy::Code).unwrap();
    assert_eq!(usable(&library), KIT.len());
    let report = library.damage().unwrap().clone();
    assert_eq!((report.code, report.severity), (Code::Damaged, Severity::Warning), "{}", report.message);
    report
}

/// How many instruments have a usable program, each being what was built.
fn usable(library: &Library) -> usize {
    let instruments = (0..library.index().instruments.len()).map(|at| library.at(at));
    instruments.filter(|instrument| is_honest(instrument) || instrument.program().is_ok()).count()
}

#[test]
fn cut_off_anywhere_its_whole_programs_are_saved() {
    let bench = bench();
    let whole = fs::read(&bench.path).unwrap();
    let short = bench.folder.path().join("short.krlib");
    // An entry ends with 16 bytes that say what it was.
    let ends = KIT.map(|(name, factor)| {
        let text = program(name, factor).to_string();
        let at = whole.windows(text.len()).position(|window| window == text.as_bytes());
        at.unwrap() + text.len() + 16
    });
    for end in 0..whole.len() {
        fs::write(&short, &whole[..end]).unwrap();
        let saved = ends.iter().filter(|&&whole| whole <= end).count();
        if saved == 0 {
            let code = refusal(&short).code;
            assert!(code == Code::NotALibrary || code == Code::Damaged, "{code} at {end}");
            continue;
        }
        let library = Library::open(&short, Policy::Tag).unwrap();
        assert_eq!(usable(&library), saved, "{end}");
        let damage = library.damage().unwrap();
        assert_eq!(damage.severity, Severity::Warning);
        assert!(damage.helps[0].starts_with(&format!("{saved} program")), "{:?}", damage.helps);
    }
}

#[test]
fn what_was_made_for_double_precision_still_is_where_the_index_is_lost() {
    let bench = bench();
    let double = Draft { precision: Some(Precision::Double), ..draft("soft", 0.25) };
    let built =
        build(&[double, draft("loud", 0.75)], &[spec()], krach_codegen::compile, &Progress::default());
    write(&bench.path, built.into_iter().map(Result::unwrap).collect()).unwrap();
    let whole = Library::open(&bench.path, Policy::Tag).unwrap();
    let precisions = |library: &Library| [0, 1].map(|at| library.at(at).record().precision());
    assert_eq!(precisions(&whole), [Precision::Double, Precision::Single]);
    let bytes = fs::read(&bench.path).unwrap();
    fs::write(&bench.path, &bytes[..bytes.len() - 1]).unwrap();
    let saved = Library::open(&bench.path, Policy::Tag).unwrap();
    assert!(saved.damage().is_some());
    assert_eq!(precisions(&saved), precisions(&whole));
    assert_eq!(saved.at(0).program(), whole.at(0).program());
}

/// As libraries were when only their code held the precision.
#[test]
fn code_tells_the_precision_where_the_index_does_not() {
    let bench = bench();
    let old = bench.forged(|index, _| index.instruments[0].targets[0].precision = "double".to_owned());
    assert_eq!(Library::open(&old, Policy::Tag).unwrap().at(0).record().precision(), Precision::Double);
}

#[test]
fn an_unknown_precision_is_damage() {
    let bench = bench();
    for place in [0, 1] {
        let forged = bench.forged(|index, _| match place {
            0 => index.instruments[0].precision = Some("triple".to_owned()),
            _ => index.instruments[1].targets[0].precision = String::new(),
        });
        assert!(damage(&forged).message.contains("precision"));
    }
}

#[test]
fn a_flipped_bit_is_noticed_or_does_no_harm() {
    let bench = bench();
    let whole = fs::read(&bench.path).unwrap();
    let path = bench.folder.path().join("flipped.krlib");
    let flips = 4_000.min(whole.len() * 8);
    for flip in 0..flips {
        // Spread over the file, at bits of all weights: the step is odd.
        let bit = flip * ((whole.len() * 8 / flips) | 1) % (whole.len() * 8);
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &changed).unwrap();
        match Library::open(&path, Policy::Code) {
            Err(report) => panic!("bit {bit}: {}", report.message),
            Ok(library) => {
                assert!(usable(&library) >= KIT.len() - 1, "bit {bit}: one bit is in one program at most");
                if let Err(reports) = library.verify() {
                    assert!(reports.iter().all(|report| report.code == Code::Damaged), "bit {bit}");
                }
            }
        }
    }
}

#[test]
fn other_versions_say_so() {
    let bench = bench();
    for (schema, age) in [(0, "an older"), (1, "an older"), (3, "a newer"), (u32::MAX, "a newer")] {
        let report = refusal(&bench.forged(|index, _| index.schema = schema));
        assert_eq!(report.code, Code::LibraryVersion);
        assert!(report.message.contains(age) && report.message.contains(&schema.to_string()));
    }
}

#[test]
fn odd_names_are_refused() {
    let bench = bench();
    let huge = "x".repeat(100_000_000);
    for name in ["", "..", "../../etc/passwd", "a/b", "a\\b", "a\0b", "loud", &huge] {
        let report = damage(&bench.forged(|index, _| index.instruments[0].name = name.to_owned()));
        assert!(report.message.len() < 400);
    }
}

#[test]
fn entries_that_are_missing_short_or_unknown() {
    let bench = bench();
    let missing = bench.forged(|_, parts| parts.retain(|(name, _)| name != "programs/soft.program"));
    let library = Library::open(&missing, Policy::Tag).unwrap();
    let report = library.get("soft").unwrap().program().unwrap_err();
    assert!(report.code == Code::Damaged && report.message.contains("`soft`"), "{}", report.message);
    assert!(is_honest(&library.get("loud").unwrap()), "the other can be used");
    assert_eq!(library.verify().unwrap_err().len(), 1);

    let long = bench.forged(|index, _| index.instruments[0].program.bytes = 1 << 60);
    assert!(Library::open(&long, Policy::Tag).unwrap().at(0).program().is_err());

    let more = bench.forged(|_, parts| parts.push(("presets/soft".to_owned(), b"warm".to_vec())));
    let library = Library::open(&more, Policy::Tag).unwrap();
    assert_eq!(library.unknown(), ["presets/soft"]);
    assert_eq!(library.verify(), Ok(()));

    let twice = bench.forged(|_, parts| parts.push(parts[0].clone()));
    assert!(damage(&twice).message.contains("is there twice"));
}

#[test]
fn code_for_a_machine_that_is_not_there() {
    let bench = bench();
    let forged = bench.forged(|index, _| index.instruments[1].targets[0].machine = 7);
    assert!(damage(&forged).message.contains("not described"));
}

#[test]
fn a_program_that_breaks_a_rule_is_refused_and_not_played() {
    let bench = bench();
    let bad = bench.forged(|index, parts| {
        let text = b"program \"soft\"\n  output \"out\" %7\n".to_vec();
        let part = &mut index.instruments[0].program;
        (part.bytes, part.blake3) = (text.len() as u64, Digest::of(&text));
        parts.iter_mut().find(|(name, _)| *name == part.entry).unwrap().1 = text;
    });
    let instrument = Library::open(&bad, Policy::Tag).unwrap().at(0);
    assert_eq!(instrument.program().unwrap_err().code, Code::Damaged);
    assert!(instrument.mapped(Unit::Voice, &spec()).is_none(), "the tag was for another program");
    assert_eq!(compile(&instrument, Unit::Voice, spec()).unwrap_err().code, Code::Damaged);
}

#[test]
fn what_is_asked_for_twice_is_there_once_and_no_name_twice() {
    let bench = bench();
    let once = build(&[draft("soft", 0.25)], &[spec(), spec()], krach_codegen::compile, &Progress::default());
    write(&bench.path, once.into_iter().map(Result::unwrap).collect()).unwrap();
    let library = Library::open(&bench.path, Policy::Tag).unwrap();
    assert_eq!((library.damage(), library.index().instruments[0].targets.len()), (None, 1));
    let before = fs::read(&bench.path).unwrap();
    let twice = [built(), built()].concat();
    assert_eq!(write(&bench.path, twice).unwrap_err().code, Code::NameTaken);
    assert_eq!(fs::read(&bench.path).unwrap(), before);
}

/// Looking through it ends: nothing is read twice.
#[test]
fn a_million_beginnings_of_programs_are_none() {
    let bench = bench();
    let mut bytes = fs::read(&bench.path).unwrap();
    let header = bytes.windows(4).rposition(|window| window == b"PK\x03\x04").unwrap();
    let soft = bytes.windows(13).position(|window| window == b"programs/soft").unwrap() - 30;
    let beginning = bytes[soft..soft + 60].to_vec();
    bytes.truncate(header);
    bytes.extend(beginning.repeat(1 << 20));
    fs::write(&bench.path, &bytes).unwrap();
    assert_eq!(usable(&Library::open(&bench.path, Policy::Tag).unwrap()), KIT.len());
}

#[test]
fn an_empty_library_is_one() {
    let bench = bench();
    let empty = bench.forged(|index, parts| {
        index.instruments.clear();
        parts.clear();
    });
    let library = Library::open(&empty, Policy::Tag).unwrap();
    assert_eq!(library.get("soft").unwrap_err().helps, ["the library is empty"]);
}

#[test]
fn other_files_are_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kit.krlib");
    assert_eq!(refusal(&path).code, Code::Unreadable);
    fs::create_dir(&path).unwrap();
    assert_eq!(refusal(&path).code, Code::Unreadable);
    fs::remove_dir(&path).unwrap();
    for bytes in [&b""[..], b"RIFF", b"PK\x05\x06", &[0; 100_000]] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(refusal(&path).code, Code::NotALibrary);
    }
    // A ZIP file of another program.
    let mut zip = rawzip::ZipArchiveWriter::new(Vec::new());
    zip.set_comment("holiday pictures");
    fs::write(&path, zip.finish().unwrap()).unwrap();
    assert_eq!(refusal(&path).code, Code::NotALibrary);
}

#[test]
fn a_name_that_cannot_be_one_is_reported_where_it_is() {
    let results = build(
        &[draft("a/b", 1.0), draft("fine", 1.0)],
        &[spec()],
        krach_codegen::compile,
        &Progress::default(),
    );
    let report = results[0].as_ref().unwrap_err();
    assert_eq!((report.code, report.place.as_ref().unwrap().line), (Code::InstrumentName, 3));
    assert!(results[1].is_ok());
}

#[test]
fn two_who_write_at_once_leave_one_whole_library() {
    let bench = bench();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..20 {
                    write(&bench.path, built()).unwrap();
                }
            });
        }
        for _ in 0..200 {
            let library = Library::open(&bench.path, Policy::Tag).unwrap();
            assert!(is_honest(&library.at(0)));
        }
    });
    assert_eq!(bench.folder.path().read_dir().unwrap().count(), 1, "no temporary stays behind");
}
