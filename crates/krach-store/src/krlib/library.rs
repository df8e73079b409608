//! A library that is open: names now, programs and code when they are wanted.

use super::Language;
use super::archive::Archive;
use super::index::{Index, Part, Record, TargetRecord};
use super::salvage::salvage;
use crate::{Unit, nearest, secret};
use krach_abi::DspFactory;
use krach_codegen::{NativeFactory, Secret, Spec, Trust};
use krach_diag::{Code, Diagnostic, Source};
use krach_ir::{Program, Sound};
use rustc_hash::FxHashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Whose machine code is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Policy {
    /// The user's own: what carries a tag made with the user's secret. All else is compiled from its program.
    #[default]
    Tag,
    /// No code is trusted: programs are compiled.
    Program,
    /// Everybody's, as it is: the user promises that the file is harmless. It runs with all rights of the process.
    Code,
}

/// An open file of instruments.
#[derive(Clone, Debug)]
pub struct Library {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    archive: Archive,
    index: Index,
    /// Why only programs are left of the file, if so.
    damage: Option<Diagnostic>,
    names: FxHashMap<String, usize>,
    policy: Policy,
    /// None if there is no trustworthy one, or none is needed.
    secret: Option<Secret>,
}

impl Library {
    /// Reads what is in a file, and nothing more. Of a file that has lost its index or its end, the programs that are
    /// whole are read: see [`Self::damage`].
    ///
    /// # Errors
    /// `KR0501` it cannot be read, `KR0701` it is not a library, `KR0702` it is one of another version, `KR0703` its
    /// index is damaged and there is no whole program.
    pub fn open(path: &Path, policy: Policy) -> Result<Self, Diagnostic> {
        let (archive, index, damage) = match Archive::open(path) {
            Ok((archive, index)) => (archive, index, None),
            Err(report) if matches!(report.code, Code::NotALibrary | Code::Damaged) => {
                let (archive, index, damage) = salvage(path, &report).ok_or(report)?;
                (archive, index, Some(damage))
            }
            Err(report) => return Err(report),
        };
        let names = index.instruments.iter().enumerate().map(|(at, record)| (record.name.clone(), at));
        let names = names.collect();
        let secret = if policy == Policy::Tag { secret::own().ok() } else { None };
        Ok(Self {
            shared: Arc::new(Shared { path: path.to_owned(), archive, index, damage, names, policy, secret }),
        })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// A warning, if only the programs could be saved from a damaged file.
    #[must_use]
    pub fn damage(&self) -> Option<&Diagnostic> {
        self.shared.damage.as_ref()
    }

    #[must_use]
    pub fn index(&self) -> &Index {
        &self.shared.index
    }

    /// Entries that this version knows nothing about.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        self.shared.archive.unknown(self.index())
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every part that is damaged.
    pub fn verify(&self) -> Result<(), Vec<Diagnostic>> {
        let mut reports = Vec::new();
        for at in 0..self.index().instruments.len() {
            let instrument = self.at(at);
            let record = instrument.record();
            reports.extend(match instrument.program() {
                Ok(program) => instrument.lie(&program),
                Err(report) => Some(report),
            });
            for part in record.parts().filter(|part| **part != record.program) {
                reports.extend(self.shared.archive.part(part, &format!("`{}`", part.entry)).err());
            }
        }
        if reports.is_empty() { Ok(()) } else { Err(reports) }
    }

    /// The instrument of that name.
    ///
    /// # Errors
    /// `KR0704` with the nearest name.
    pub fn get(&self, name: &str) -> Result<Arc<Instrument>, Diagnostic> {
        if let Some(&at) = self.shared.names.get(name) {
            return Ok(self.at(at));
        }
        let message = format!("`{}` has no instrument `{name}`", self.shared.path.display());
        let report = Diagnostic::error(Code::NoInstrument, message);
        let names = self.index().instruments.iter().map(|record| record.name.as_str());
        Err(match nearest(name, names) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None if self.shared.names.is_empty() => report.help("the library is empty"),
            None => report.help(format!("`krach inspect {}` lists them", self.shared.path.display())),
        })
    }

    /// The instrument at that place of the index.
    ///
    /// # Panics
    /// If there are fewer instruments.
    #[must_use]
    pub fn at(&self, at: usize) -> Arc<Instrument> {
        assert!(at < self.index().instruments.len(), "places are of the index");
        Arc::new(Instrument { library: self.shared.clone(), at, program: Mutex::default() })
    }
}

/// One instrument of a library. What was read is kept.
#[derive(Debug)]
pub struct Instrument {
    library: Arc<Shared>,
    at: usize,
    program: Mutex<Option<Arc<Program>>>,
}

impl Instrument {
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.library.index.instruments[self.at]
    }

    /// Reads and validates the program.
    ///
    /// # Errors
    /// `KR0703` it is damaged, or not a program (which no build writes).
    pub fn program(&self) -> Result<Arc<Program>, Diagnostic> {
        let mut held = self.program.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = held.as_ref() {
            return Ok(program.clone());
        }
        let record = self.record();
        let name = format!("{}:{}", self.library.path.display(), record.name);
        let text = self.text(Some(&record.program), "the program")?.unwrap_or_default();
        let odd = |reports: Vec<Diagnostic>| {
            let why = reports.first().map_or("it breaks a rule", |report| report.message.as_str());
            let message = format!("`{name}` is damaged: its program cannot be used: {why}");
            Diagnostic::error(Code::Damaged, message).help("fetch or build the file again")
        };
        let program = krach_ir::parse(&Source::new(name.as_str(), text)).map_err(odd)?;
        let program = Arc::new(program.with_sounds(&self.sounds()?));
        *held = Some(program.clone());
        Ok(program)
    }

    /// The sounds that its program names.
    fn sounds(&self) -> Result<Vec<Arc<Sound>>, Diagnostic> {
        let read = |part: &Part| {
            let what = format!("a sound of `{}`", self.record().name);
            let bytes = self.library.archive.part(part, &what)?;
            Sound::from_bytes(&bytes).map(Arc::new).ok_or_else(|| {
                let message = format!("`{}` is damaged: {what} has no samples", self.library.path.display());
                Diagnostic::error(Code::Damaged, message).help("fetch or build the file again")
            })
        };
        self.record().sounds.iter().map(read).collect()
    }

    /// That its index says what its program does not, if so.
    fn lie(&self, program: &Program) -> Option<Diagnostic> {
        let record = self.record();
        let built = super::Built::new(&record.name, program, String::new(), record.key);
        let built = built.record();
        let same = (&built.inputs, &built.outputs, &built.controls, &built.meters)
            == (&record.inputs, &record.outputs, &record.controls, &record.meters);
        let message =
            format!("the index of `{}` is wrong about `{}`", self.library.path.display(), record.name);
        (!same).then(|| {
            Diagnostic::error(Code::Damaged, message).help("its program counts; build the file again")
        })
    }

    /// The instrument as Faust text.
    ///
    /// # Errors
    /// `KR0703`.
    pub fn faust(&self) -> Result<String, Diagnostic> {
        match self.text(self.record().faust.as_ref(), "the Faust text")? {
            Some(text) => Ok(text),
            None => Ok(krach_faust::print(&*self.program()?)),
        }
    }

    /// What it was made of, if that was kept.
    ///
    /// # Errors
    /// `KR0703`.
    pub fn source(&self) -> Result<Option<super::Source>, Diagnostic> {
        let text = self.text(self.record().source.as_ref(), "the source")?;
        Ok(text.map(|text| super::Source { text, language: self.language() }))
    }

    /// What it was written in.
    #[must_use]
    pub fn language(&self) -> Language {
        let faust =
            |part: &Part| Path::new(&part.entry).extension() == Some(OsStr::new(Language::Faust.ending()));
        if self.record().source.as_ref().is_some_and(faust) { Language::Faust } else { Language::Python }
    }

    fn text(&self, part: Option<&Part>, what: &str) -> Result<Option<String>, Diagnostic> {
        let Some(part) = part else { return Ok(None) };
        let what = format!("{what} of `{}`", self.record().name);
        let bytes = self.library.archive.part(part, &what)?;
        String::from_utf8(bytes).map(Some).map_err(|_| {
            let message = format!("`{}` is damaged: {what} is not text", self.library.path.display());
            Diagnostic::error(Code::Damaged, message)
        })
    }

    /// The code of the library itself, if there is some for that spec which may be run here.
    pub(crate) fn mapped(&self, unit: Unit, spec: &Spec) -> Option<Arc<NativeFactory>> {
        let candidates = self.record().codes(unit).iter().filter(|target| target.serves(spec));
        candidates.filter(|target| self.obstacle(target).is_none()).find_map(|target| {
            let code = self.library.archive.part(&target.code, "code").ok()?;
            let trust = self.trust(target)?;
            let loaded = NativeFactory::load(&code, &self.record().identity(unit).0, trust).ok()?;
            let fits = target.spec().as_ref() == Some(loaded.spec())
                && (trust.is_proof() || self.promise_holds(unit, &loaded));
            fits.then_some(loaded)
        })
    }

    /// Whether code that is not vouched for has at least the ports of the program.
    fn promise_holds(&self, unit: Unit, code: &NativeFactory) -> bool {
        let (program, ports) = (self.program(), code.ports());
        program.is_ok_and(|program| {
            unit.of(&program).is_some_and(|program| {
                (ports.inputs, ports.outputs, ports.controls.len())
                    == (program.inputs().len(), program.outputs().len(), program.controls().len())
            })
        })
    }

    fn trust<'a>(&'a self, target: &'a TargetRecord) -> Option<Trust<'a>> {
        match self.library.policy {
            Policy::Program => None,
            Policy::Tag => {
                let (secret, tag) = (self.library.secret.as_ref()?, &target.tag.as_ref()?.0);
                Some(Trust::Tag { secret, tag })
            }
            Policy::Code => Some(Trust::Promised),
        }
    }

    /// Why code of this instrument is not run here, as far as the index tells.
    #[must_use]
    pub fn obstacle(&self, target: &TargetRecord) -> Option<String> {
        if let Some(lack) = self.library.index.machines[target.machine].lack() {
            return Some(lack);
        }
        self.trust(target).is_none().then(|| "it was not compiled by this user".to_owned())
    }

    /// Reads code and says why it is not run here, if so.
    #[must_use]
    pub fn examine(&self, unit: Unit, target: &TargetRecord) -> Option<String> {
        if let Some(obstacle) = self.obstacle(target) {
            return Some(obstacle);
        }
        let code = match self.library.archive.part(&target.code, "the code") {
            Ok(code) => code,
            Err(_) => return Some("it is damaged".to_owned()),
        };
        let trust = self.trust(target).expect("else there is an obstacle");
        NativeFactory::load(&code, &self.record().identity(unit).0, trust)
            .err()
            .map(|misfit| misfit.to_string())
    }
}
