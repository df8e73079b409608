//! `FILE.py:function`, as people type it.

use crate::script::{FaustText, LibraryScript, ProgramText, Script};
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::Precision;
use krach_diag::{Code, Diagnostic, Place, Source};
use krach_store::krlib::{Library, Policy};
use krach_store::{declared_encoding, nearest};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// A file, and the function in it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub file: PathBuf,
    pub function: Option<String>,
}

/// What a file holds, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Python,
    Faust,
    /// The text form of a program.
    Program,
    /// Instruments, compiled.
    Library,
    /// Standard input, or a pipe that the shell made of `<(…)`: Faust or the text form of a program.
    Stream,
}

impl Kind {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        if path == Path::new("-") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") {
            return Some(Self::Stream);
        }
        match path.extension()?.to_str()? {
            "py" => Some(Self::Python),
            "dsp" => Some(Self::Faust),
            "program" => Some(Self::Program),
            "krlib" => Some(Self::Library),
            _ => None,
        }
    }
}

impl FromStr for Target {
    type Err = Infallible;

    /// The last colon divides, unless a path separator follows it (`C:\jam.py`) or what follows is a file of ours
    /// and what precedes is not (`odd:name.py`).
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let whole = || Self { file: PathBuf::from(text), function: None };
        let Some((file, function)) = text.rsplit_once(':') else { return Ok(whole()) };
        let known = |part: &str| Kind::of(Path::new(part)).is_some();
        let drive = function.contains(['/', '\\']) || file.is_empty();
        if drive || (known(text) && !known(file)) {
            return Ok(whole());
        }
        let function = Some(function).filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Self { file: PathBuf::from(file), function })
    }
}

#[derive(Debug, Args)]
pub(crate) struct Only {
    /// Python (`jam.py:bass`), Faust (`echo.dsp`), a library (`kit.krlib:acid`) or a text form (`.program`); `-` is
    /// standard input, Faust or a text form; without a name, the only function in it
    #[arg(value_name = "FILE[:FUNCTION]")]
    pub target: Target,
    /// Folder with Faust libraries, searched before the others; if repeated, the last is searched first
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    pub include: Vec<PathBuf>,
}

impl Only {
    /// Loads the file; `precision` is what it will be compiled for.
    pub(crate) fn load<'h>(
        &self,
        shell: &mut Shell<'h>,
        precision: Precision,
    ) -> Result<Box<dyn Script + 'h>, Failure> {
        self.target.load(shell, &self.include, precision)
    }
}

/// Refuses to write over something that is read.
pub(crate) fn spare<'f>(
    output: &Path,
    read: impl IntoIterator<Item = &'f PathBuf>,
) -> Result<(), Diagnostic> {
    let Ok(place) = output.canonicalize() else { return Ok(()) };
    if !read.into_iter().any(|file| file.canonicalize().is_ok_and(|file| file == place)) {
        return Ok(());
    }
    let message = format!("cannot write `{}`: it is one of the files that are read", output.display());
    Err(Diagnostic::error(Code::Unwritable, message).help("give the result a name of its own"))
}

/// Reads a Python file in UTF-8, or in the encoding that it declares.
fn python(shell: &Shell<'_>, file: PathBuf) -> Result<Arc<Source>, Failure> {
    let (name, bytes) = shell.work(move |_| krach_store::read_raw(&file), |_| {})??;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let encoding = declared_encoding(&bytes);
            let text = encoding.as_ref().and_then(|encoding| shell.host.decode(&bytes, encoding));
            text.ok_or_else(|| {
                let message = format!("cannot read `{name}`: byte {at} is not UTF-8");
                Diagnostic::error(Code::Unreadable, message)
                    .help("save it as UTF-8, or declare its encoding in line 1: # coding: latin-1")
            })?
        }
    };
    Ok(Arc::new(Source::new(name, text)))
}

/// Whether a text without a name is the text form of a program: it begins with `program` or a comment.
fn is_text_form(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("program") || text.starts_with('#')
}

/// Opens a library, and says so if it is damaged.
pub(crate) fn library(shell: &mut Shell<'_>, file: &Path) -> Result<Library, Failure> {
    let library = Library::open(file, Policy::Tag)?;
    shell.draw(library.damage().map_or(&[], std::slice::from_ref));
    Ok(library)
}

impl Target {
    /// Loads the file.
    pub(crate) fn load<'h>(
        &self,
        shell: &mut Shell<'h>,
        include: &[PathBuf],
        precision: Precision,
    ) -> Result<Box<dyn Script + 'h>, Failure> {
        let Some(kind) = Kind::of(&self.file) else { return Err(self.no_kind().into()) };
        if kind == Kind::Library {
            return Ok(Box::new(LibraryScript::new(library(shell, &self.file)?)));
        }
        // A pipe may have nothing to say for long.
        let file = self.file.clone();
        if kind == Kind::Python {
            let source = python(shell, file)?;
            shell.sources.remember(source.clone());
            return shell.host.load(&source);
        }
        let read = if kind == Kind::Program { krach_store::read } else { krach_store::read_bytes };
        let source = shell.work(move |_| read(&file), |_| {})??;
        shell.sources.remember(source.clone());
        let is_faust = match kind {
            Kind::Stream => !is_text_form(source.text()),
            _ => kind == Kind::Faust,
        };
        if is_faust {
            return Ok(Box::new(FaustText::new(shell.host, source, include, precision)));
        }
        Ok(Box::new(ProgramText::new(source)?))
    }

    /// Why the file cannot be loaded, having no ending that is known.
    fn no_kind(&self) -> Diagnostic {
        let folder = self.file.is_dir() || (!self.file.exists() && self.file.extension().is_none());
        if folder && let Err(report) = krach_store::read(&self.file) {
            return report;
        }
        let name = self.file.display();
        let message = format!(
            "`{name}` is neither Python (`.py`), Faust (`.dsp`), a library (`.krlib`) nor the text form of a program \
             (`.program`)"
        );
        Diagnostic::error(Code::UnknownFile, message).at(Place::line(name.to_string(), 1))
    }

    /// The functions to check: the one named, or else all that can be meant.
    pub(crate) fn all(&self, script: &dyn Script) -> Result<Vec<usize>, Failure> {
        if self.function.is_some() {
            return Ok(vec![self.one(script)?]);
        }
        Ok(script.functions().iter().enumerate().filter(|(_, f)| f.checked).map(|(at, _)| at).collect())
    }

    /// The one function meant: the one named, or else the only one that is listed.
    pub(crate) fn one(&self, script: &dyn Script) -> Result<usize, Failure> {
        let functions = script.functions();
        let mut listed = functions.iter().enumerate().filter(|(_, function)| function.listed);
        match &self.function {
            Some(name) => match functions.iter().position(|function| function.name == *name) {
                Some(at) => Ok(at),
                None => Err(self.missing(script, name).into()),
            },
            None => match (listed.next(), listed.next()) {
                (Some((at, _)), None) => Ok(at),
                _ => Err(self.undecided(script).into()),
            },
        }
    }

    fn missing(&self, script: &dyn Script, name: &str) -> Diagnostic {
        let message = format!("`{}` has no DSP function `{name}`", self.file.display());
        let report = self.report(message);
        let names = script.functions().iter().map(|function| function.name.as_str());
        let report = match nearest(name, names) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report,
        };
        choices(report, script)
    }

    fn undecided(&self, script: &dyn Script) -> Diagnostic {
        let file = self.file.display();
        match script.functions().iter().find(|function| function.listed) {
            Some(first) => {
                let report = self.report(format!("`{file}` has several DSP functions: say which"));
                choices(report.help(format!("for example `{file}:{}`", first.name)), script)
            }
            None => self
                .report(format!("`{file}` has no DSP function"))
                .help("define a function that returns Signals, at the top level of the file"),
        }
    }

    fn report(&self, message: String) -> Diagnostic {
        Diagnostic::error(Code::NoSuchFunction, message).at(Place::line(self.file.display().to_string(), 1))
    }
}

fn choices(report: Diagnostic, script: &dyn Script) -> Diagnostic {
    let names: Vec<_> = (script.functions().iter())
        .filter(|function| function.listed)
        .map(|function| format!("`{}`", function.name))
        .collect();
    if names.is_empty() { report } else { report.help(format!("its DSP functions are {}", names.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (String, Option<String>) {
        let Target { file, function } = text.parse().unwrap();
        (file.display().to_string(), function)
    }

    #[test]
    fn the_last_colon_divides_unless_it_belongs_to_the_path() {
        let named = |file: &str, function: &str| (file.to_owned(), Some(function.to_owned()));
        let whole = |file: &str| (file.to_owned(), None);
        assert_eq!(split("jam.py:acid"), named("jam.py", "acid"));
        assert_eq!(split("jam.py"), whole("jam.py"));
        assert_eq!(split("jam.py:"), whole("jam.py"));
        assert_eq!(split(r"C:\music\jam.py"), whole(r"C:\music\jam.py"));
        assert_eq!(split(r"C:\music\jam.py:acid"), named(r"C:\music\jam.py", "acid"));
        assert_eq!(split("C:/jam.py"), whole("C:/jam.py"));
        assert_eq!(split("takes:2/jam.py"), whole("takes:2/jam.py"));
        assert_eq!(split("take:2.py"), whole("take:2.py"));
        assert_eq!(split("take:2.py:acid"), named("take:2.py", "acid"));
        assert_eq!(split("-:acid"), named("-", "acid"));
    }
}
