//! From programs to a library.

use super::archive;
use super::index::{
    ControlRecord, CreditRecord, Digest, Index, MeterRecord, Part, Record, SCHEMA, TargetRecord, bad_name,
};
use crate::{Progress, Unit, refusal, secret, whole};
use krach_abi::{DspFactory, Precision};
use krach_codegen::{Machine, NativeFactory, Refusal, Secret, Spec};
use krach_diag::{Code, Diagnostic, Place};
use krach_ir::Program;
use rustc_hash::FxHashSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the entries of programs are called, around the instrument's name.
pub(super) const PROGRAMS: (&str, &str) = ("programs/", ".program");

/// The first line of texts of programs for double precision: a comment, so that the text alone says it.
const DOUBLE: &str = "# precision double\n";

/// The precision that the text of a program was written for, if it says so.
#[must_use]
pub fn made_for(text: &str) -> Option<Precision> {
    text.starts_with(DOUBLE).then_some(Precision::Double)
}

/// An instrument to be built.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub doc: String,
    /// Its text, if there is one.
    pub source: Option<Source>,
    /// Where it is written: a path that is fit to be published, and a line from 1.
    pub file: String,
    pub line: u32,
    pub program: Arc<Program>,
    /// Whether the library keeps the program as Faust too.
    pub faust: bool,
    /// The precision that it is made for, if that is not the one asked for.
    pub precision: Option<Precision>,
}

/// What an instrument was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub text: String,
    pub language: Language,
}

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Python,
    Faust,
}

impl Language {
    /// The ending of files of such texts.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::Faust => "dsp",
        }
    }
}

/// An instrument that can be written.
#[derive(Clone, Debug)]
pub struct Built {
    record: Record,
    /// Those that the record's targets count in.
    machines: Vec<Machine>,
    parts: Vec<(String, Vec<u8>)>,
}

impl Built {
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }
}

/// From a program to code: `krach_codegen::compile`, or another way to the same samples.
pub type Compiler = fn(&Program, &Spec) -> Result<Arc<NativeFactory>, Refusal>;

/// Compiles every draft for every spec (once, if it is named twice), on all processors, in the order given. `progress`
/// hears how many are done, and may break off: what was not begun is not in the result.
///
/// # Errors
/// Per draft, what the compiler refuses, and `KR0706` a name that cannot be one.
#[must_use]
pub fn build(
    drafts: &[Draft],
    specs: &[Spec],
    compiler: Compiler,
    progress: &Progress,
) -> Vec<Result<Built, Diagnostic>> {
    let mut seen = FxHashSet::default();
    let specs: Vec<Spec> = specs.iter().copied().filter(|spec| seen.insert(*spec)).collect();
    // Without a secret the code is kept, but it runs only where all code is trusted.
    let secret = secret::own().ok();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Vec<Mutex<Option<Result<Built, Diagnostic>>>> =
        drafts.iter().map(|_| Mutex::default()).collect();
    let work = || {
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(draft) = drafts.get(at)
            && !progress.cancelled()
        {
            let result = instrument(draft, &specs, compiler, secret.as_ref());
            *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            let _ = progress.advance(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(drafts.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let worker = std::thread::Builder::new()
                .name("krach-build".to_owned())
                .stack_size(krach_abi::WORKER_STACK);
            // A thread less is only slower; without any, the caller's does the work below.
            let _ = worker.spawn_scoped(scope, work);
        }
        if workers == 0 {
            work();
        }
    });
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

fn instrument(
    draft: &Draft,
    specs: &[Spec],
    compiler: Compiler,
    secret: Option<&Secret>,
) -> Result<Built, Diagnostic> {
    let place = || Place::line(draft.file.clone(), draft.line);
    if let Some(why) = bad_name(&draft.name) {
        let name: String = draft.name.chars().take(40).collect();
        let message = format!("{name:?} cannot name an instrument: {why}");
        let report = Diagnostic::error(Code::InstrumentName, message).at(place());
        return Err(report.help("give it a short name of letters, digits and `_`"));
    }
    let program = &draft.program;
    let voice = krach_ir::optimise(program);
    let effect = Unit::Effect.of(program).map(|effect| krach_ir::optimise(effect));
    let specs =
        specs.iter().map(|spec| Spec { precision: draft.precision.unwrap_or(spec.precision), ..*spec });
    let specs: Vec<Spec> = specs.collect();
    let double = specs.first().is_some_and(|spec| spec.precision == Precision::Double);
    let text = format!("{}{program}", if double { DOUBLE } else { "" });
    let mut built = Built::new(&draft.name, program, text, Digest::from(voice.key()));
    for spec in &specs {
        for (unit, program) in Unit::ALL.into_iter().zip([Some(&voice), effect.as_ref()]) {
            let factory = program.map(|program| compiler(program, spec)).transpose();
            if let Some(factory) = factory.map_err(|reason| refusal(&reason).at(place()))? {
                built.add(unit, &factory, secret);
            }
        }
    }
    let record = &mut built.record;
    record.doc = draft.doc.clone();
    record.file = draft.file.clone();
    record.line = draft.line;
    for sound in draft.program.sounds() {
        let bytes = sound.to_bytes();
        let part = part(format!("sounds/{}", sound.digest()), &bytes);
        record.sounds.push(part.clone());
        built.parts.push((part.entry, bytes));
    }
    let mut keep = |folder: &str, kind: &str, bytes: Vec<u8>| {
        let part = part(format!("{folder}/{}.{kind}", draft.name), &bytes);
        built.parts.push((part.entry.clone(), bytes));
        part
    };
    let faust = draft.faust.then(|| krach_faust::print(&draft.program).into_bytes());
    record.faust = faust.map(|faust| keep("faust", "dsp", faust));
    let source = draft.source.as_ref();
    let source =
        source.map(|source| keep("sources", source.language.ending(), source.text.clone().into_bytes()));
    record.source = source;
    Ok(built)
}

impl Built {
    /// The least that a library needs of an instrument: its program, in one of its text forms.
    pub(crate) fn new(name: &str, program: &Program, text: String, key: Digest) -> Self {
        // A folder for each kind of thing: unpacked, `programs` is one that can be built again.
        let precision = made_for(&text).map(|precision| precision.to_string());
        let text = text.into_bytes();
        let text_part = part(format!("{}{name}{}", PROGRAMS.0, PROGRAMS.1), &text);
        let record = Record {
            name: name.to_owned(),
            doc: String::new(),
            file: String::new(),
            line: 0,
            key,
            inputs: program.inputs().iter().map(ToString::to_string).collect(),
            outputs: program.heard().iter().map(|output| output.name.to_string()).collect(),
            controls: program.all_controls().map(ControlRecord::from).collect(),
            precision,
            meters: program.all_meters().map(MeterRecord::from).collect(),
            licences: program.credits().iter().map(CreditRecord::from).collect(),
            targets: Vec::new(),
            effect: Vec::new(),
            program: text_part.clone(),
            sounds: Vec::new(),
            faust: None,
            source: None,
        };
        Self { record, machines: Vec::new(), parts: vec![(text_part.entry, text)] }
    }

    /// Its code for one unit and target.
    pub(crate) fn add(&mut self, unit: Unit, factory: &NativeFactory, secret: Option<&Secret>) {
        let (code, spec) = (factory.save(), factory.spec());
        let folder = match unit {
            Unit::Voice => "code",
            Unit::Effect => "effects",
        };
        let (target, rate, precision) = (spec.target, spec.sample_rate, spec.precision);
        let entry = format!("{folder}/{target}-{rate}-{precision}/{}.code", self.record.name);
        let target = TargetRecord {
            machine: place(&mut self.machines, factory.machine().clone()),
            target: target.to_string(),
            rate,
            precision: precision.to_string(),
            voices: spec.voices,
            code_bytes: factory.timing().code_bytes,
            state_bytes: factory.state_bytes(),
            code: part(entry, &code),
            tag: secret.map(|secret| Digest(secret.tag(&self.record.identity(unit).0, &code))),
        };
        self.parts.push((target.code.entry.clone(), code));
        match unit {
            Unit::Voice => self.record.targets.push(target),
            Unit::Effect => self.record.effect.push(target),
        }
    }
}

/// Where a machine is in a list that it is in.
fn place(machines: &mut Vec<Machine>, machine: Machine) -> usize {
    machines.iter().position(|known| *known == machine).unwrap_or_else(|| {
        machines.push(machine);
        machines.len() - 1
    })
}

fn part(entry: String, bytes: &[u8]) -> Part {
    Part { entry, bytes: bytes.len() as u64, blake3: Digest::of(bytes) }
}

/// Writes a library: whole, or not at all. The same instruments give the same bytes.
///
/// # Errors
/// `KR0502` if the file cannot be written, `KR0705` if two instruments have one name.
pub fn write(path: &Path, built: Vec<Built>) -> Result<(), Diagnostic> {
    let mut names = FxHashSet::default();
    if let Some(twice) = built.iter().find(|built| !names.insert(&built.record.name)) {
        let message = format!("`{}` is the name of two instruments", twice.record.name);
        let report = Diagnostic::error(Code::NameTaken, message);
        return Err(report.at(Place::line(twice.record.file.clone(), twice.record.line)).help("rename one"));
    }
    let target = whole::target(path)?;
    store(&target, true, built, "krach build").map_err(|error| whole::refusal(path, &error.to_string()))
}

/// The same with an error of the file system.
pub(crate) fn store(path: &Path, lasting: bool, built: Vec<Built>, by: &str) -> std::io::Result<()> {
    let (index, parts) = bound(built, by);
    archive::write(path, lasting, &index, &parts)
}

/// Everything that goes into one file.
pub(super) fn bound(built: Vec<Built>, by: &str) -> (Index, Vec<(String, Vec<u8>)>) {
    let (mut machines, mut instruments, mut parts): (Vec<Machine>, _, _) =
        (Vec::new(), Vec::new(), Vec::new());
    let mut entries = FxHashSet::default();
    for mut built in built {
        let places = built.machines.into_iter().map(|machine| place(&mut machines, machine));
        let places: Vec<usize> = places.collect();
        let Record { targets, effect, .. } = &mut built.record;
        for target in targets.iter_mut().chain(effect) {
            target.machine = places[target.machine];
        }
        instruments.push(built.record);
        // A sound is kept once, however many instruments play it.
        parts.extend(built.parts.into_iter().filter(|(entry, _)| entries.insert(entry.clone())));
    }
    let krach_version = env!("CARGO_PKG_VERSION").to_owned();
    let created_by = format!("{by}, code by {}", NativeFactory::maker());
    (Index { schema: SCHEMA, krach_version, created_by, machines, instruments }, parts)
}
