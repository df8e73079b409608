//! `krach render`.

use crate::arguments::Render;
use crate::loudness::{Loudness, why_silent};
use crate::shell::{WELL, counted};
use crate::target::spare;
use crate::{Failure, Shell};
use indicatif::{ProgressBar, ProgressStyle};
use krach_session::{Patch, Take, Token, wav_target, write_wav};
use std::time::Duration;

pub(crate) fn render(shell: &mut Shell<'_>, what: &Render) -> Result<i32, Failure> {
    // Before any work: it would be a pity to learn at the end that there is no place for the result.
    wav_target(&what.output)?;
    spare(&what.output, std::slice::from_ref(&what.only.target.file))?;
    let machine = what.machine;
    let script = what.only.load(shell, machine.precision())?;
    let function = what.only.target.one(&*script)?;
    let patch = match script.instrument(function) {
        Some(instrument) => Patch::try_from(instrument)?,
        None => script.trace(function)?.into(),
    };
    let take = Take {
        values: what.set.clone(),
        notes: what.note.iter().map(|note| note.at(machine.rate)).collect(),
        precision: machine.spec(&*script, function)?.precision,
        ..Take::<f32>::new(what.seconds(), machine.rate)
    };
    let bar = bar(take.frames());
    let program = patch.program().clone();
    let work = move |token: &Token| krach_session::render(&patch, &take, &mut |done| token.advance(done));
    let channels = shell.work(work, |token| bar.set_position(token.done() as u64));
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
