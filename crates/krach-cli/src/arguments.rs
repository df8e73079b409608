//! The command line: every sub-command and flag, and the texts of `--help`.

use crate::Failure;
use crate::host::Script;
use crate::note::Note;
use crate::target::Target;
use clap::{Args, Parser, Subcommand, ValueEnum};
use krach_abi::Precision;
use krach_codegen::Spec;
use std::path::PathBuf;

/// Hear, read and measure the sound of a Python function.
///
/// A target is FILE.py:function, or FILE.py where the file has one DSP function, or FILE.dsp, a Faust program, or
/// FILE.krlib:name, or FILE.program, the text form that `krach dump --stage program` writes (`-` reads it from standard
/// input).
#[derive(Debug, Parser)]
#[command(name = "krach", bin_name = "krach", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a program at one stage of its way to native code
    Dump(Dump),
    /// Print a program as Faust text (short for `dump --stage faust`)
    DumpFaust(Only),
    /// Render a program to a WAV file, 32-bit float
    Render(Render),
    /// Trace and compile the DSP functions of a file and report everything that is wrong
    Check(Check),
    /// Measure how long a program takes to compile and to run
    Bench(Bench),
    /// List what a program uses of the Faust libraries
    Faust(Faust),
    /// Print the impulse responses of a Faust program, in the official format
    Impulse(Impulse),
    /// Compile many instruments into one library, a `.krlib` file
    Build(Build),
    /// Show what is in a library, and whether it is whole
    Inspect(Inspect),
    /// Show or clear the compiled code kept on disk (`KRACH_CACHE=off` does without)
    Cache(CacheOf),
    /// Explain the code of an error
    Explain {
        /// Such as KR0102
        code: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Only {
    /// Python (`jam.py:bass`), Faust (`echo.dsp`), a library (`kit.krlib:acid`) or a text form (`.program`, `-` for
    /// standard input); without a name, the only function in it
    #[arg(value_name = "FILE[:FUNCTION]")]
    pub target: Target,
    /// Look for the libraries of a Faust program here first; may be repeated
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    pub include: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Dump {
    #[command(flatten)]
    pub only: Only,
    /// Which form to print
    #[arg(long, value_enum, default_value_t = Stage::Program)]
    pub stage: Stage,
    /// How to write the diagram
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub machine: Machine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// The syntax of the Faust text, written out evenly
    Ast,
    /// The signals as traced, in the text form that can be read back
    Program,
    /// The blocks and wires, as a list or, with `--format svg`, as a picture
    Diagram,
    /// Faust, as a Faust user would write it
    Faust,
    /// The schedule: sections, instructions, layout of the state
    Kernel,
    /// The code generator's input
    Clif,
    /// Machine code
    Asm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    /// A picture for browsers and notebooks, of `--stage diagram` only
    Svg,
}

/// What code is compiled for.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Machine {
    /// Sample rate in Hz
    #[arg(long, value_name = "HZ", default_value_t = 48_000)]
    pub rate: u32,
    /// Arithmetic to compute in; if it is not said, that which it was made for, or else single
    #[arg(long, value_parser = precision, value_name = "single|double")]
    pub precision: Option<Precision>,
}

impl Machine {
    /// The arithmetic, as far as it is known before the file is loaded.
    pub(crate) fn precision(&self) -> Precision {
        self.precision.unwrap_or(Precision::Single)
    }

    /// What one of a script's functions is compiled for.
    pub(crate) fn spec(&self, script: &dyn Script, function: usize) -> Result<Spec, Failure> {
        let made_for = if self.precision.is_some() { None } else { script.precision(function)? };
        Ok(Spec::new(self.rate, made_for.unwrap_or(self.precision())))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    #[command(flatten)]
    pub only: Only,
    /// The WAV file to write
    #[arg(short, long, value_name = "FILE.wav")]
    pub output: PathBuf,
    /// How much to render; if it is not said, 4 s, or a second more than the last note
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub seconds: Option<f64>,
    /// Set a control before the first frame; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, f64)>,
    /// Play a note, 60 being c' (start and length in seconds, velocity 0..1); may be repeated
    #[arg(long, value_name = "KEY[@START][+LENGTH][*VELOCITY]", allow_negative_numbers = true)]
    pub note: Vec<Note>,
    #[command(flatten)]
    pub machine: Machine,
}

impl Render {
    pub(crate) fn seconds(&self) -> f64 {
        let ends = self.note.iter().map(|note| note.end() + 1.0);
        self.seconds.unwrap_or_else(|| ends.fold(4.0, f64::max))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub only: Only,
    /// Print one JSON object: {schema, ok, diagnostics}
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub only: Only,
    /// Copies that run side by side
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub voices: u32,
    /// Frames computed at once
    #[arg(long, value_name = "FRAMES", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub block: u32,
    #[command(flatten)]
    pub machine: Machine,
    /// Print one JSON object: {schema, front_ms, codegen_ms, total_ms, ns_per_frame, voices, block, precision, cold}
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Faust {
    #[command(flatten)]
    pub only: Only,
    /// The licence of each library function that the program uses
    #[arg(long, required = true)]
    pub licences: bool,
    /// Print one JSON object: {schema, functions}
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Python files, Faust files, text forms of programs, or folders of such files
    #[arg(value_name = "FILE|FOLDER", required = true)]
    pub inputs: Vec<PathBuf>,
    /// Look for Faust libraries here first; may be repeated
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    pub include: Vec<PathBuf>,
    /// The library to write
    #[arg(short, long, value_name = "FILE.krlib", required_unless_present = "list")]
    pub output: Option<PathBuf>,
    /// Sample rates in Hz
    #[arg(long, value_name = "HZ", num_args = 1.., value_delimiter = ',', default_value = "48000")]
    pub rate: Vec<u32>,
    /// This processor with all it has, or any of its kind
    #[arg(long, value_parser = processor, value_name = "host|baseline", default_value = "host")]
    pub target: krach_codegen::Target,
    /// Arithmetic to compute in; if it is not said, that which it was made for, or else single
    #[arg(long, value_parser = precision, value_name = "single|double")]
    pub precision: Option<Precision>,
    /// Build only this instrument; may be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Print what would be built, and build nothing
    #[arg(long)]
    pub list: bool,
    /// Exit with 0 though some instruments failed
    #[arg(long)]
    pub keep_going: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The library
    #[arg(value_name = "FILE.krlib")]
    pub file: PathBuf,
    /// Only this instrument, with everything about it
    pub name: Option<String>,
    /// Print its Faust text, or that of each instrument
    #[arg(long, group = "what")]
    pub faust: bool,
    /// Print its program in text form, or that of each
    #[arg(long, group = "what")]
    pub program: bool,
    /// Print a table of its controls, or of those of each
    #[arg(long, group = "what")]
    pub controls: bool,
    /// Print the licence of each library function that it, or anything in the file, is made with
    #[arg(long, group = "what")]
    pub licences: bool,
    /// Print one JSON object: {schema, krach_version, created_by, instruments}, these with the text asked for, or
    /// {schema, functions} of licences
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Impulse {
    #[arg(value_name = "FILE.dsp")]
    pub file: PathBuf,
    /// Look for libraries here first; may be repeated
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    pub include: Vec<PathBuf>,
    /// Only the first of the four runs, as long as all of them; prints also what is no number
    #[arg(long)]
    pub mono: bool,
    /// Frames of all runs together
    #[arg(short = 'n', long = "frames", value_name = "FRAMES", default_value_t = 60_000)]
    pub frames: usize,
    /// Print so many significant digits
    #[arg(long, value_name = "N", value_parser = digits)]
    pub digits: Option<usize>,
}

/// Doubles have no more than 767 of them.
fn digits(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&digits| digits <= 767).ok_or_else(|| "a number from 0 to 767".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct CacheOf {
    /// Remove all of it
    #[arg(long)]
    pub clear: bool,
    /// Print one JSON object: {schema, enabled, folder, files, bytes, limit_bytes}
    #[arg(long)]
    pub json: bool,
}

fn processor(text: &str) -> Result<krach_codegen::Target, String> {
    use krach_codegen::Target::{Baseline, Host};
    [Host, Baseline]
        .into_iter()
        .find(|target| target.to_string() == text)
        .ok_or("host or baseline".to_owned())
}

fn precision(text: &str) -> Result<Precision, String> {
    match text {
        "single" => Ok(Precision::Single),
        "double" => Ok(Precision::Double),
        _ => Err("single or double".to_owned()),
    }
}

/// The last `=` divides: a value has none, a name may.
fn setting(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.rsplit_once('=').ok_or("write NAME=VALUE, such as cutoff=1200")?;
    let value = value.trim().parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok((name.trim().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn settings_are_names_and_numbers() {
        assert_eq!(setting("filter/cutoff = 1e3"), Ok(("filter/cutoff".to_owned(), 1000.0)));
        assert_eq!(setting("a=b=-2"), Ok(("a=b".to_owned(), -2.0)));
        assert!(setting("cutoff").is_err() && setting("cutoff=high").is_err());
    }
}
