//! `krach render`.

use crate::arguments::Render;
use crate::shell::WELL;
use crate::{Failure, Shell};
use indicatif::{ProgressBar, ProgressStyle};
use krach_session::{Patch, Take, Token, wav_target, write_wav};
use std::time::Duration;

pub(crate) fn render(shell: &mut Shell<'_>, what: &Render) -> Result<i32, Failure> {
    // Before any work: it would be a pity to learn at the end that there is no place for the result.
    wav_target(&what.output)?;
    let machine = what.machine;
    let script = what.only.load(shell, machine.precision)?;
    let function = what.only.target.one(&*script)?;
    let patch = match script.instrument(function) {
        Some(instrument) => Patch::try_from(instrument)?,
        None => script.trace(function)?.into(),
    };
    let take = Take {
        values: what.set.clone(),
        notes: what.note.iter().map(|note| note.at(machine.rate)).collect(),
        precision: machine.precision,
        ..Take::<f32>::new(what.seconds, machine.rate)
    };
    let bar = bar(take.frames());
    let work = move |token: &Token| krach_session::render(&patch, &take, &mut |done| token.advance(done));
    let channels = shell.work(work, |token| bar.set_position(token.done() as u64));
    bar.finish_and_clear();
    let channels = channels??;
    write_wav(&what.output, &channels, machine.rate)?;
    shell.remark(&summary(&what.output.display().to_string(), &channels, machine.rate));
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

/// What was written, and how loud it is.
fn summary(name: &str, channels: &[Vec<f32>], rate: u32) -> String {
    let frames = channels.first().map_or(0, Vec::len);
    let (mut peak, mut strange) = (0.0_f32, 0_usize);
    for sample in channels.iter().flatten() {
        if sample.is_finite() {
            peak = peak.max(sample.abs());
        } else {
            strange += 1;
        }
    }
    let level =
        if peak > 0.0 { format!("peak {:.1} dBFS", 20.0 * peak.log10()) } else { "silence".to_owned() };
    let count = channels.len();
    let channels = if count == 1 { "1 channel".to_owned() } else { format!("{count} channels") };
    let warning = if strange > 0 { format!(", {strange} samples are not finite") } else { String::new() };
    format!("wrote {name}: {channels}, {frames} frames at {rate} Hz, {level}{warning}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_tells_shape_and_level() {
        let text = summary("a.wav", &[vec![0.5, -1.0], vec![0.0, f32::NAN]], 48_000);
        assert_eq!(
            text,
            "wrote a.wav: 2 channels, 2 frames at 48000 Hz, peak 0.0 dBFS, 1 samples are not finite"
        );
        assert!(summary("b.wav", &[vec![0.0]], 8_000).ends_with("1 channel, 1 frames at 8000 Hz, silence"));
    }
}
