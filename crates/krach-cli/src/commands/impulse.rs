//! `krach impulse`: the official impulse responses of a Faust program, as text.

use crate::impulse::{IMPULSE_RATE, Run, elaborate_impulse, respond};
use crate::shell::WELL;
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::Precision;
use krach_codegen::Spec;
use krach_diag::{Code, Diagnostic, Place};
use krach_faust::Elaborated;
use krach_session::Session;
use krach_store::{FaustFolders, Optimised, Progress};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Impulse {
    /// The Faust program
    #[arg(value_name = "FILE.dsp")]
    pub file: PathBuf,
    /// Folder with Faust libraries, searched before the others; if repeated, the last is searched first
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    pub include: Vec<PathBuf>,
    /// Only the first of the four runs, as long as all of them; values that are not finite are printed too
    #[arg(long)]
    pub mono: bool,
    /// Frames of all runs together
    #[arg(short = 'n', long = "frames", value_name = "FRAMES", default_value_t = 60_000)]
    pub frames: usize,
    /// Number of significant digits to print
    #[arg(long, value_name = "N", value_parser = digits)]
    pub digits: Option<usize>,
}

/// Doubles have no more than 767 of them.
fn digits(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&digits| digits <= 767).ok_or_else(|| "a number from 0 to 767".to_owned())
}

pub(crate) fn impulse(shell: &mut Shell<'_>, what: &Impulse) -> Result<i32, Failure> {
    let path = what.file.clone();
    let source = shell.work(move |_| krach_store::read_bytes(&path), |_| {})??;
    shell.sources.remember(source.clone());
    let file = source.name().clone();
    let libraries = FaustFolders::new(&what.include, &shell.host.libraries()).beside(&what.file);
    let (whole, reports) = shell.work(move |_| elaborate_impulse(&source, &libraries), |_| {})?;
    let Some(whole) = whole else { return Err(reports.into()) };
    shell.draw(&reports);
    let style = Style { digits: what.digits, finite: !what.mono };
    let (runs, frames) = match what.mono {
        true => (vec![Run::Mono], what.frames),
        false => (Run::ALL.to_vec(), what.frames / Run::ALL.len()),
    };
    let session = shell.session.clone();
    let ended =
        shell.work(move |progress| print(&session, &whole, &runs, frames, style, progress), |_| {})??;
    match ended {
        ControlFlow::Continue(()) => Ok(WELL),
        ControlFlow::Break(End::Cancelled) => Err(Failure::Interrupted),
        ControlFlow::Break(End::Unwritten(error)) => Err(Failure::of_stdout(&error)),
        ControlFlow::Break(End::Strange { run, frame, output, value }) => {
            let message = format!("output {output} is {value} in frame {frame} of run {run}");
            let report = Diagnostic::error(Code::NotANumber, message).at(Place::line(file, 1));
            Err(report.help("`--mono` prints every sample, also infinity and NaN").into())
        }
    }
}

/// Why printing ended early.
enum End {
    Cancelled,
    Unwritten(io::Error),
    /// A sample that is no number; runs and outputs are counted from 1.
    Strange {
        run: usize,
        frame: usize,
        output: usize,
        value: f64,
    },
}

/// How samples are printed.
#[derive(Clone, Copy)]
struct Style {
    /// Significant digits; otherwise six behind the point.
    digits: Option<usize>,
    /// Whether a sample that is no number ends everything.
    finite: bool,
}

/// The header, then line by line what each run gives.
fn print(
    session: &Session,
    whole: &Elaborated,
    runs: &[Run],
    frames: usize,
    style: Style,
    progress: &Progress,
) -> Result<ControlFlow<End>, Diagnostic> {
    let program = &whole.program;
    let factory =
        session.cache().compile(&Optimised::of(program), Spec::new(IMPULSE_RATE, Precision::Double))?.factory;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (inputs, outputs, all) = (program.inputs().len(), program.outputs().len(), frames * runs.len());
    let mut text = format!(
        "number_of_inputs  : {inputs:3}\nnumber_of_outputs : {outputs:3}\nnumber_of_frames  : {all:6}\n"
    );
    let mut line = 0;
    for (run, &how) in runs.iter().enumerate() {
        let mut end = None;
        let heard = respond(&*factory, whole, how, frames, &mut |channels| {
            let mut written = Ok(());
            for frame in 0..channels[0].len() {
                if let Some((output, value)) = strange(channels, frame).filter(|_| style.finite) {
                    end = Some(End::Strange { run: run + 1, frame: line - run * frames, output, value });
                    break;
                }
                append_line(&mut text, line, channels.iter().map(|channel| channel[frame]), style);
                line += 1;
            }
            written = written.and_then(|()| out.write_all(text.as_bytes()));
            text.clear();
            match (written, &end) {
                (Err(error), _) => end = Some(End::Unwritten(error)),
                (Ok(()), None) if progress.advance(line).is_break() => end = Some(End::Cancelled),
                _ => {}
            }
            if end.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let (ControlFlow::Break(()), Some(end)) = (heard, end) {
            return Ok(ControlFlow::Break(end));
        }
    }
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(written.map_or_else(|error| ControlFlow::Break(End::Unwritten(error)), ControlFlow::Continue))
}

/// The first output, from 1, whose sample is no number.
fn strange(channels: &[&[f64]], frame: usize) -> Option<(usize, f64)> {
    let mut samples = (1..).zip(channels.iter().map(|channel| channel[frame]));
    samples.find(|(_, sample)| !sample.is_finite())
}

fn append_line(text: &mut String, line: usize, samples: impl Iterator<Item = f64>, style: Style) {
    let _ = write!(text, "{line:6} : ");
    for sample in samples {
        let number = match style.digits {
            Some(digits) => general(sample, digits),
            None => fixed(sample),
        };
        text.push(' ');
        text.push_str(&number);
    }
    text.push('\n');
}

/// C's `%8.6f`; what is below a millionth is 0.
fn fixed(x: f64) -> String {
    match name(x) {
        Some(name) => format!("{name:>8}"),
        None if x.abs() < 1e-6 => format!("{:8.6}", 0.0),
        None => format!("{x:8.6}"),
    }
}

/// C's `%.Ng`: N significant digits, without zeros at the end.
fn general(x: f64, digits: usize) -> String {
    if let Some(name) = name(x) {
        return name.to_owned();
    }
    let digits = digits.max(1);
    let scientific = format!("{x:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent of a double");
    let without_zeros = |number: &str| match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => number.to_owned(),
    };
    let places = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    match usize::try_from(places) {
        Ok(places) if exponent >= -4 => without_zeros(&format!("{x:.places$}")),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
        }
    }
}

/// What C calls a value that is no finite number.
fn name(x: f64) -> Option<&'static str> {
    match (x.is_nan(), x.is_infinite(), x.is_sign_negative()) {
        (true, _, false) => Some("nan"),
        (true, _, true) => Some("-nan"),
        (_, true, false) => Some("inf"),
        (_, true, true) => Some("-inf"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_numbers_are_those_of_c() {
        for (x, text) in [
            (0.0, "0.000000"),
            (-0.0, "0.000000"),
            (9.99e-7, "0.000000"),
            (1e-6, "0.000001"),
            (-0.123_456_7, "-0.123457"),
            (12345.0, "12345.000000"),
            (f64::INFINITY, "     inf"),
            (f64::NAN, "     nan"),
        ] {
            assert_eq!(fixed(x), text, "{x}");
        }
    }

    #[test]
    fn general_numbers_are_those_of_c() {
        for (x, digits, text) in [
            (0.0, 6, "0"),
            (-0.0, 6, "-0"),
            (1.0, 6, "1"),
            (0.1, 17, "0.10000000000000001"),
            (123_456.0, 3, "1.23e+05"),
            (999.9, 3, "1e+03"),
            (999_999.5, 6, "1e+06"),
            (100_000.0, 6, "100000"),
            (0.0001, 6, "0.0001"),
            (0.000_012_5, 6, "1.25e-05"),
            (-1.5e-300, 4, "-1.5e-300"),
            (2.5, 0, "2"),
            (f64::NEG_INFINITY, 6, "-inf"),
        ] {
            assert_eq!(general(x, digits), text, "{x} {digits}");
        }
    }
}
