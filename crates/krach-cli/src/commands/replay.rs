//! `krach replay`: what a journal holds, rendered as it was heard.

use super::mixdown::{Written, write};
use super::render::bar;
use crate::{Failure, Shell};
use clap::Args;
use krach_diag::{Code, Diagnostic};
use krach_session::Journal;
use krach_store::{Progress, WavSamples, wav_target};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// A journal; without one, that of the session that played last
    #[arg(value_name = "FILE.journal")]
    pub journal: Option<PathBuf>,
    /// The WAV file to write; `-` writes it to standard output
    #[arg(short, long, value_name = "FILE.wav|-", default_value = "replay.wav")]
    pub output: PathBuf,
    /// Also write each node to a file of its own: `out.bass.wav` beside `out.wav`
    #[arg(long)]
    pub stems: bool,
    /// Another sample rate than that of the journal, in Hz
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8000..=768_000))]
    pub rate: Option<u32>,
    /// Samples of the file: whole numbers of 16 or 24 bits, or 32-bit floats
    #[arg(long, value_name = "16|24|float", default_value = "float")]
    pub bits: WavSamples,
    /// Print length, peak and loudness as JSON
    #[arg(long)]
    pub json: bool,
}

/// Frames computed at once: the samples do not depend on it.
const BLOCK: usize = 512;

pub(crate) fn replay(shell: &mut Shell<'_>, what: &Replay) -> Result<i32, Failure> {
    let written = Written { output: &what.output, bits: what.bits, json: what.json };
    if !written.to_stdout() {
        wav_target(&what.output)?;
    }
    let path = what.journal.clone().or_else(|| Journal::before(None)).ok_or_else(|| {
        let report = Diagnostic::error(Code::Unreadable, "there is no journal of an earlier session");
        report.help("krach writes one while a device plays; `KRACH_JOURNAL=off` keeps none")
    })?;
    let journal = Journal::read(&path)?;
    if !journal.is_whole {
        shell.remark(&format!("{} ends in the middle of a record: it is played to there", path.display()));
    }
    let journal = match what.rate {
        Some(rate) if rate != journal.rate => journal.at_rate(rate),
        _ => journal,
    };
    let (own, stems, rate) = (shell.session.clone(), what.stems, journal.rate);
    #[allow(clippy::cast_precision_loss)]
    let bar = bar(journal.frames as f64);
    let work = move |progress: &Progress| {
        own.replay_journal(&journal, (BLOCK, stems), &mut |done| progress.advance(done))
    };
    let heard = shell.work(work, |progress| bar.set_position(progress.done() as u64));
    bar.finish_and_clear();
    write(shell, &written, &heard??, rate)
}
