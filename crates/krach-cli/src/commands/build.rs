//! `krach build`: many instruments into one file.

use crate::script::Script;
use crate::shell::{WELL, WRONG, counted};
use crate::target::{Kind, Target, spare};
use crate::{Failure, Shell};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use krach_abi::Precision;
use krach_codegen::Spec;
use krach_diag::{Code, Diagnostic, Place};
use krach_store::krlib::{self, Built, Compiler, Draft};
use krach_store::{file_target, nearest, refusal};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Python files, Faust files, text forms of programs, or folders of such files
    #[arg(value_name = "FILE|FOLDER", required = true)]
    pub inputs: Vec<PathBuf>,
    /// Folder with Faust libraries, searched before the others; if repeated, the last is searched first
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    pub include: Vec<PathBuf>,
    /// The library to write
    #[arg(short, long, value_name = "FILE.krlib", required_unless_present = "list")]
    pub output: Option<PathBuf>,
    /// Sample rates in Hz
    #[arg(long, value_name = "HZ", num_args = 1.., value_delimiter = ',', default_value = "48000")]
    pub rate: Vec<u32>,
    /// host: this processor with all its features; baseline: any processor of its kind
    #[arg(long, value_name = "host|baseline", default_value = "host")]
    pub target: krach_codegen::Target,
    /// The compiler: cranelift takes milliseconds for each sound; llvm takes longer, and is part of special builds only
    #[arg(long, value_enum, default_value_t = Backend::Cranelift)]
    pub backend: Backend,
    /// Precision: single or double (default: the precision that each sound was made for, else single)
    #[arg(long, value_name = "single|double")]
    pub precision: Option<Precision>,
    /// Build only this instrument; may be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// List the instruments that would be built, and build nothing
    #[arg(long)]
    pub list: bool,
    /// Exit with 0 though some instruments failed
    #[arg(long)]
    pub keep_going: bool,
}

/// Who makes machine code of programs. The samples are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    Cranelift,
    Llvm,
}

impl Backend {
    #[cfg(any(feature = "llvm14", feature = "llvm15", feature = "llvm16", feature = "llvm19"))]
    fn compiler(self) -> Result<Compiler, Diagnostic> {
        Ok(match self {
            Self::Cranelift => krach_codegen::compile,
            Self::Llvm => |program, spec| krach_codegen::compile_by(&krach_llvm::Llvm, program, spec),
        })
    }

    #[cfg(not(any(feature = "llvm14", feature = "llvm15", feature = "llvm16", feature = "llvm19")))]
    fn compiler(self) -> Result<Compiler, Diagnostic> {
        match self {
            Self::Cranelift => Ok(krach_codegen::compile),
            Self::Llvm => Err(Diagnostic::error(Code::Compiler, "this krach was built without LLVM")
                .help("leave out `--backend llvm`: the samples are the same")
                .help("or build krach with the Cargo feature `llvm14`, `llvm15`, `llvm16` or `llvm19`")),
        }
    }
}

/// Something to be built: a function of one of the files.
struct Candidate<'s> {
    script: &'s dyn Script,
    at: usize,
    name: &'s str,
    place: Place,
}

pub(crate) fn build(shell: &mut Shell<'_>, what: &Build) -> Result<i32, Failure> {
    if let Some(output) = &what.output {
        // Before any work: it would be a pity to learn at the end that there is no place for the result.
        file_target(output)?;
    }
    let specs = specs(what)?;
    let compiler = what.backend.compiler()?;
    let mut reports = Vec::new();
    let mut scripts = Vec::new();
    let files = files(&what.inputs)?;
    if let Some(output) = &what.output {
        let kept = files.iter().filter(|file| Kind::of(file) != Some(Kind::Library));
        spare(output, kept)?;
    }
    for file in files {
        let target = Target { file, function: None };
        match target.load(shell, &what.include, what.precision.unwrap_or(Precision::Single)) {
            Ok(script) => scripts.push((target.file, script)),
            Err(Failure::Wrong(wrong)) => reports.extend(wrong),
            Err(other) => return Err(other),
        }
    }
    let candidates = chosen(candidates(&scripts, &what.only), &what.only)?;
    if what.list {
        let line = |one: &Candidate<'_>| format!("{:<24} {}:{}\n", one.name, one.place.file, one.place.line);
        shell.say(&candidates.iter().map(line).collect::<String>())?;
        shell.draw(&reports);
        return Ok(i32::from(!reports.is_empty()));
    }
    let bar = bar(candidates.len());
    let built = compiled(shell, (specs, compiler), what.precision.is_some(), &candidates, &bar, &mut reports);
    bar.finish_and_clear();
    let built = built?;
    shell.draw(&reports);
    let output = what.output.as_deref().expect("required unless there is only a list");
    if built.is_empty() {
        shell.remark(&format!("{} is not written: there is nothing to put into it", output.display()));
        return Ok(WRONG);
    }
    let summary = summary(output, &built, what, reports.len());
    krlib::write(output, built)?;
    shell.remark(&summary);
    if let Some(why) = krach_store::unvouched() {
        shell.remark(&format!(
            "warning: this code has no proof of its origin, so the programs will be compiled again: {why}"
        ));
    }
    Ok(if reports.is_empty() || what.keep_going { WELL } else { WRONG })
}

/// What every instrument is compiled for.
fn specs(what: &Build) -> Result<Vec<Spec>, Diagnostic> {
    let spec = |&rate: &u32| {
        let spec =
            Spec { target: what.target, ..Spec::new(rate, what.precision.unwrap_or(Precision::Single)) };
        spec.check().map(|()| spec).map_err(|reason| refusal(&reason))
    };
    what.rate.iter().map(spec).collect()
}

/// The files meant, each once, those of folders in the order of their names. A file's name that begins with `_` or `.`
/// is its owner's.
fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            files.push(input.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| {
            Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {error}", input.display()))
        };
        let mut inside = Vec::new();
        for entry in input.read_dir().map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['_', '.']));
            if !hidden
                && path.is_file()
                && matches!(Kind::of(&path), Some(Kind::Python | Kind::Faust | Kind::Program))
            {
                inside.push(path);
            }
        }
        if inside.is_empty() {
            let message = format!("`{}` has no file to build", input.display());
            return Err(Diagnostic::error(Code::UnknownFile, message)
                .help("Python files (`.py`), Faust files (`.dsp`) and text forms of programs (`.program`) can be built"));
        }
        inside.sort();
        files.append(&mut inside);
    }
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// Everything that is listed, or asked for by name.
fn candidates<'s>(scripts: &'s [(PathBuf, Box<dyn Script + 's>)], only: &[String]) -> Vec<Candidate<'s>> {
    let mut found = Vec::new();
    for (file, script) in scripts {
        let functions = script.functions().iter().enumerate();
        for (at, function) in
            functions.filter(|(_, function)| function.listed || only.contains(&function.name))
        {
            let place = Place::line(file.display().to_string(), function.line);
            found.push(Candidate { script: &**script, at, name: &function.name, place });
        }
    }
    found
}

/// Those of the names asked for, or all; and no name twice.
fn chosen<'s>(candidates: Vec<Candidate<'s>>, only: &[String]) -> Result<Vec<Candidate<'s>>, Diagnostic> {
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name).collect();
    for name in only {
        if !names.contains(&name.as_str()) {
            let message = format!("there is no DSP function `{name}` in these files");
            let report = Diagnostic::error(Code::NoSuchFunction, message);
            return Err(match nearest(name, names.iter().copied()) {
                Some(near) => report.help(format!("did you mean `{near}`?")),
                None => report.help("`krach build … --list` names them all"),
            });
        }
    }
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    let mut chosen = Vec::new();
    for candidate in candidates {
        if !only.is_empty() && !only.iter().any(|name| name == candidate.name) {
            continue;
        }
        if let Some(first) = seen.insert(candidate.name, candidate.place.clone()) {
            let Place { file, line, .. } = &first;
            let message =
                format!("`{}` is the name of two instruments; the first is {file}:{line}", candidate.name);
            return Err(Diagnostic::error(Code::NameTaken, message)
                .at(candidate.place)
                .label(first, "the first is here")
                .help("rename one, or build them into two libraries"));
        }
        chosen.push(candidate);
    }
    Ok(chosen)
}

/// Traces one after the other (Python does no two things at once), then compiles on all processors.
fn compiled(
    shell: &Shell<'_>,
    (specs, compiler): (Vec<Spec>, Compiler),
    asked: bool,
    candidates: &[Candidate<'_>],
    bar: &ProgressBar,
    reports: &mut Vec<Diagnostic>,
) -> Result<Vec<Built>, Failure> {
    let mut drafts = Vec::new();
    for candidate in candidates {
        bar.set_message(format!("tracing {}", candidate.name));
        match draft(candidate, asked) {
            Ok(draft) => drafts.push(draft),
            Err(Failure::Wrong(wrong)) => {
                let placed = |report: Diagnostic| match report.place {
                    Some(_) => report,
                    None => report.at(candidate.place.clone()),
                };
                reports.extend(wrong.into_iter().map(placed));
            }
            Err(other) => return Err(other),
        }
    }
    bar.set_message("compiling");
    let work = move |progress: &_| krlib::build(&drafts, &specs, compiler, progress);
    let mut built = Vec::new();
    for result in shell.work(work, |progress| bar.set_position(progress.done() as u64))? {
        match result {
            Ok(instrument) => built.push(instrument),
            Err(report) => reports.push(report),
        }
    }
    Ok(built)
}

/// `asked`: whether the user names the precision.
fn draft(candidate: &Candidate<'_>, asked: bool) -> Result<Draft, Failure> {
    let (sound, _) = candidate.script.playable(candidate.at)?;
    let about = candidate.script.about(candidate.at)?;
    Ok(Draft {
        name: candidate.name.to_owned(),
        doc: about.doc,
        source: about.source,
        file: candidate.place.file.to_string(),
        line: candidate.place.line,
        program: sound.program().clone(),
        faust: true,
        precision: if asked { None } else { sound.precision() },
    })
}

/// Hidden where standard error is not a terminal.
fn bar(instruments: usize) -> ProgressBar {
    let bar = ProgressBar::new(instruments as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}");
    bar.set_style(style.expect("the template is well formed"));
    bar
}

fn summary(output: &Path, built: &[Built], what: &Build, failed: usize) -> String {
    let instruments = counted(built.len(), "instrument");
    let rates: Vec<String> = built[0].record().targets.iter().map(|target| target.rate.to_string()).collect();
    let code: usize =
        built.iter().flat_map(|one| one.record().all_codes()).map(|target| target.code_bytes).sum();
    let precisions = built.iter().map(|one| one.record().precision().to_string());
    let precisions: Vec<String> = precisions.collect::<BTreeSet<_>>().into_iter().collect();
    let failed = if failed > 0 { format!("; {failed} failed") } else { String::new() };
    format!(
        "wrote {}: {instruments}, {} KB of code for {} in {} precision at {} Hz{failed}",
        output.display(),
        code.div_ceil(1024),
        match what.target {
            krach_codegen::Target::Host => "this processor",
            krach_codegen::Target::Baseline => "any processor of this kind",
        },
        precisions.join(" and "),
        rates.join(", "),
    )
}
