//! `krach render`.

use crate::loudness::{Loudness, why_silent};
use crate::machine::Machine;
use crate::note::Note;
use crate::setting::setting;
use crate::shell::{WELL, counted};
use crate::target::Only;
use crate::target::spare;
use crate::{Failure, Shell};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use krach_session::Audition;
use krach_store::{Progress, wav_target, write_wav};
use std::path::PathBuf;
use std::time::Duration;

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

pub(crate) fn render(shell: &mut Shell<'_>, what: &Render) -> Result<i32, Failure> {
    // Before any work: it would be a pity to learn at the end that there is no place for the result.
    wav_target(&what.output)?;
    spare(&what.output, std::slice::from_ref(&what.only.target.file))?;
    let machine = what.machine;
    let script = what.only.load(shell, machine.precision())?;
    let function = what.only.target.one(&*script)?;
    let (sound, _) = script.playable(function)?;
    let audition = Audition {
        values: what.set.clone(),
        notes: what.note.iter().map(|note| note.at(machine.rate)).collect(),
        precision: machine.spec(&sound).precision,
        ..Audition::<f32>::new(what.seconds(), machine.rate)
    };
    let bar = bar(audition.frames());
    let (program, session) = (sound.program().clone(), shell.session.clone());
    let work =
        move |progress: &Progress| session.render(&sound, &audition, &mut |done| progress.advance(done));
    let channels = shell.work(work, |progress| bar.set_position(progress.done() as u64));
    bar.finish_and_clear();
    let channels = channels??;
    write_wav(&what.output, &channels, machine.rate)?;
    let loudness = Loudness::of(&channels);
    let frames = counted(channels.first().map_or(0, Vec::len), "frame");
    let (name, channels) = (what.output.display(), counted(channels.len(), "channel"));
    shell.remark(&format!("wrote {name}: {channels}, {frames} at {} Hz, {loudness}", machine.rate));
    let silent = loudness.is_silent().then(|| why_silent(&program, &what.set, &what.note)).flatten();
    for help in loudness.helps().chain(silent) {
        shell.remark(&format!("help: {help}"));
    }
    Ok(WELL)
}

/// Hidden where standard error is not a terminal.
fn bar(frames: f64) -> ProgressBar {
    // Durations that cannot be rendered are refused later: here they only scale a picture.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bar = ProgressBar::new(frames as u64);
    let style = "{bar:40} {percent:>3} %  {elapsed} of about {duration}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
