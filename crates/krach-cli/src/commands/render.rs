//! `krach render`.

use super::mixdown::{Bars, mixdown};
use crate::event::Event;
use crate::loudness::{Loudness, why_silent};
use crate::machine::Machine;
use crate::note::Note;
use crate::setting::setting;
use crate::shell::{WELL, counted};
use crate::target::{Only, spare};
use crate::{Failure, Shell};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use krach_diag::{Code, Diagnostic};
use krach_ir::Program;
use krach_session::{Audition, warnings};
use krach_store::{Progress, SoundFile, WavSamples, wav_bytes, wav_channels, wav_target, write_wav};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Render {
    #[command(flatten)]
    pub only: Only,
    /// The WAV file to write; `-` writes it to standard output
    #[arg(short, long, value_name = "FILE.wav|-")]
    pub output: PathBuf,
    /// Sound for the audio inputs: a WAV, FLAC, MP3 or Ogg Vorbis file; its rate is that of the render. A mono file
    /// feeds every input
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Length in seconds (default: the length of --input, else 4, and at least 1 s after the last note)
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub seconds: Option<f64>,
    /// Set a control before the first frame, such as cutoff=1200; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, f64)>,
    /// Set a control later, such as cutoff=800@0.5s or cutoff=800@24000 (a frame); may be repeated
    #[arg(long, value_name = "NAME=VALUE@TIME")]
    pub event: Vec<Event>,
    /// Play a note: a key (60) or a name (C4), start and length in seconds, velocity 0..1; may be repeated
    #[arg(long, value_name = "KEY[@START][+LENGTH][*VELOCITY]", allow_negative_numbers = true)]
    pub note: Vec<Note>,
    /// Samples of the file: whole numbers of 16 or 24 bits, or 32-bit floats
    #[arg(long, value_name = "16|24|float", default_value = "float")]
    pub bits: WavSamples,
    #[command(flatten)]
    pub session: Bars,
    #[command(flatten)]
    pub machine: Machine,
}

impl Render {
    fn seconds(&self, input: Option<&SoundFile>) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let length = input.map_or(4.0, |input| input.frames() as f64 / f64::from(input.rate));
        let ends = self.note.iter().map(|note| note.end() + 1.0);
        self.seconds.unwrap_or_else(|| ends.fold(length, f64::max))
    }

    /// The controls that are set, at the start or later.
    fn touched(&self) -> Vec<&str> {
        let later = self.event.iter().map(|event| event.name.as_str());
        self.set.iter().map(|(name, _)| name.as_str()).chain(later).collect()
    }

    fn to_stdout(&self) -> bool {
        self.output == Path::new("-")
    }

    /// Refuses an output that cannot be written before any work is done.
    fn check_output(&self) -> Result<(), Diagnostic> {
        if self.to_stdout() {
            return Ok(());
        }
        spare(&self.output, std::iter::once(&self.only.target.file).chain(&self.input))?;
        let target = wav_target(&self.output)?;
        let wav = self.output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav"));
        let device = target.exists() && !target.is_file();
        if !wav && !device {
            let message = format!("cannot write `{}`: krach writes WAV files only", self.output.display());
            return Err(Diagnostic::error(Code::Unwritable, message)
                .help("end its name with `.wav`, or write to standard output with `-o -`"));
        }
        Ok(())
    }

    fn audition(&self, program: &Program, input: Option<SoundFile>) -> Result<Audition, Diagnostic> {
        let rate = match (&input, self.machine.rate) {
            (Some(file), Some(rate)) if file.rate != rate => {
                let name = self.input.as_ref().map_or_else(String::new, |path| path.display().to_string());
                let message = format!("`{name}` has a sample rate of {} Hz, not {rate} Hz", file.rate);
                let report = Diagnostic::error(Code::BadInput, message);
                return Err(report.help(format!("render at its rate: --rate {}", file.rate)));
            }
            (Some(file), _) => file.rate,
            (None, _) => self.machine.rate(),
        };
        let mut audition = Audition::new(self.seconds(input.as_ref()), rate);
        audition.values = self.set.clone();
        audition.events = self.event.iter().map(|event| event.at(rate)).collect();
        audition.notes = self.note.iter().map(|note| note.at(rate)).collect();
        // Programs compute in 32 bits or hear 32 bits: files of 16 and 24 bits lose nothing.
        #[allow(clippy::cast_possible_truncation)]
        let single = |channel: Vec<f64>| channel.into_iter().map(|sample| sample as f32).collect();
        audition.inputs = input.map_or_else(Vec::new, |file| file.channels.into_iter().map(single).collect());
        if let ([mono], wanted @ 2..) = (&*audition.inputs, program.inputs().len()) {
            audition.inputs = vec![mono.clone(); wanted];
        }
        Ok(audition)
    }
}

pub(crate) fn render(shell: &mut Shell<'_>, what: &Render) -> Result<i32, Failure> {
    what.check_output()?;
    let script = what.only.load(shell, what.machine.precision())?;
    if let Some(session) = script.session().filter(|_| what.only.target.function.is_none()) {
        return mixdown(shell, what, session);
    }
    what.check_sound()?;
    let (sound, _) = script.playable(what.only.target.one(&*script)?)?;
    wav_channels(sound.program().heard().len())?;
    let input = match what.input.clone() {
        Some(path) => Some(shell.work(move |_| SoundFile::read(&path), |_| {})??),
        None => None,
    };
    let program = sound.program().clone();
    let mut audition = what.audition(&program, input)?;
    audition.precision = what.machine.spec(&sound).precision;
    shell.draw(&warnings(&sound, &audition));
    let (bar, rate, session) = (bar(audition.frames()), audition.sample_rate, shell.session.clone());
    let work =
        move |progress: &Progress| session.render(&sound, &audition, &mut |done| progress.advance(done));
    let channels = shell.work(work, |progress| bar.set_position(progress.done() as u64));
    bar.finish_and_clear();
    let channels = channels??;
    if what.to_stdout() {
        shell.write(&wav_bytes(&channels, rate, what.bits)?)?;
    } else {
        write_wav(&what.output, &channels, rate, what.bits)?;
    }
    report(shell, what, &program, &channels, rate);
    Ok(WELL)
}

/// Says on standard error how loud the sound became.
fn report(shell: &Shell<'_>, what: &Render, program: &Program, channels: &[Vec<f32>], rate: u32) {
    let loudness = Loudness::of(channels);
    let frames = counted(channels.first().map_or(0, Vec::len), "frame");
    let name = if what.to_stdout() { "standard output".into() } else { what.output.display().to_string() };
    let channels = counted(channels.len(), "channel");
    shell.remark(&format!("wrote {name}: {channels}, {frames} at {rate} Hz, {loudness}"));
    let silent = loudness.is_silent().then(|| why_silent(program, &what.touched(), &what.note)).flatten();
    for help in loudness.helps().chain(silent) {
        shell.remark(&format!("help: {help}"));
    }
}

/// Hidden where standard error is not a terminal.
pub(super) fn bar(frames: f64) -> ProgressBar {
    // Durations that cannot be rendered are refused later: here they only scale a picture.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bar = ProgressBar::new(frames as u64);
    let style = "{bar:40} {percent:>3} %  {elapsed} of about {duration}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
