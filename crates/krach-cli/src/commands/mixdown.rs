//! `krach render` of a file that builds a session: its nodes, patterns and routes, from bar 1.

use super::render::{Render, bar};
use crate::loudness::Loudness;
use crate::shell::{WELL, counted};
use crate::{Failure, Shell};
use clap::Args;
use krach_diag::{Code, Diagnostic};
use krach_session::{Edit, Mixdown, Patch, Session, Stems, loudness};
use krach_store::{Progress, WavSamples, wav_bytes, write_wav};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The options of a session.
#[derive(Debug, Args)]
pub(crate) struct Bars {
    /// Length of a session in bars [default: 4]
    #[arg(long, value_name = "N", conflicts_with = "seconds", allow_negative_numbers = true)]
    pub bars: Option<f64>,
    /// Also write each node of a session to a file of its own: `out.bass.wav` beside `out.wav`
    #[arg(long)]
    pub stems: bool,
    /// Processor cores that compute a session; the samples do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: Option<u8>,
    /// The seed of all chance in a session
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Print length, peak and loudness as JSON
    #[arg(long)]
    pub json: bool,
}

/// Frames computed at once: the samples do not depend on it.
const BLOCK: usize = 512;

impl Render {
    /// Refuses options that only a single sound has.
    fn check_session(&self) -> Result<(), Diagnostic> {
        let used = [
            ("--set", self.set.is_empty()),
            ("--event", self.event.is_empty()),
            ("--note", self.note.is_empty()),
            ("--input", self.input.is_none()),
            ("--precision", self.machine.precision.is_none()),
        ];
        let Some((option, _)) = used.into_iter().find(|(_, absent)| !absent) else { return Ok(()) };
        let message = format!("`{option}` is for one sound, and this file plays a session");
        Err(Diagnostic::error(Code::ArgumentRange, message)
            .help("name the function: `krach render FILE.py:bass`"))
    }

    /// Refuses options that only a session has.
    pub(super) fn check_sound(&self) -> Result<(), Diagnostic> {
        let used = [
            ("--bars", self.session.bars.is_some()),
            ("--stems", self.session.stems),
            ("--threads", self.session.threads.is_some()),
            ("--seed", self.session.seed.is_some()),
            ("--json", self.session.json),
        ];
        let Some((option, _)) = used.into_iter().find(|(_, given)| *given) else { return Ok(()) };
        let message = format!("`{option}` is for a session, and this file plays none");
        Err(Diagnostic::error(Code::ArgumentRange, message)
            .help("a session has nodes: `kr.node(\"bass\", bass) @ \"A1 C2\"` at the top level of the file"))
    }
}

pub(super) fn mixdown(shell: &mut Shell<'_>, what: &Render, session: Arc<Session>) -> Result<i32, Failure> {
    what.check_session()?;
    let mut patch: Patch = session.patch();
    if let Some(seed) = what.session.seed {
        patch.apply(&Edit::Seed(seed))?;
    }
    let rate = what.machine.rate();
    let frames = match what.seconds {
        Some(seconds) => Mixdown::of_seconds(seconds, rate)?,
        None => Mixdown::of_bars(&patch, what.session.bars.unwrap_or(4.0), rate)?,
    };
    let how = Mixdown { frames, sample_rate: rate, block: BLOCK };
    if let Some(threads) = what.session.threads {
        session.set_threads(threads.into());
    }
    let (stems, own) = (what.session.stems, session);
    #[allow(clippy::cast_precision_loss)]
    let bar = bar(frames as f64);
    let work = move |progress: &Progress| {
        let mut advance = |done| progress.advance(done);
        if stems {
            return own.stems(&patch, how, &mut advance);
        }
        Ok(Stems { master: own.mixdown(&patch, how, &mut advance)?, ..Stems::default() })
    };
    let heard = shell.work(work, |progress| bar.set_position(progress.done() as u64));
    bar.finish_and_clear();
    let written = Written { output: &what.output, bits: what.bits, json: what.session.json };
    write(shell, &written, &heard??, rate)
}

/// The files that a render of several nodes writes.
pub(super) struct Written<'a> {
    pub output: &'a Path,
    pub bits: WavSamples,
    /// Whether facts are printed as JSON.
    pub json: bool,
}

impl Written<'_> {
    pub fn to_stdout(&self) -> bool {
        self.output == Path::new("-")
    }

    fn stem(&self, name: &str) -> PathBuf {
        self.output.with_extension(format!("{}.wav", name.replace('/', ".")))
    }
}

/// Writes the master and each node, and says how long and how loud it became.
pub(super) fn write(
    shell: &Shell<'_>,
    what: &Written<'_>,
    Stems { master, nodes, .. }: &Stems,
    rate: u32,
) -> Result<i32, Failure> {
    if what.to_stdout() {
        shell.write(&wav_bytes(master, rate, what.bits)?)?;
    } else {
        write_wav(what.output, master, rate, what.bits)?;
        for (name, channels) in nodes {
            write_wav(&what.stem(name), channels, rate, what.bits)?;
        }
    }
    report(shell, what, master, nodes.len(), rate)
}

fn report(
    shell: &Shell<'_>,
    what: &Written<'_>,
    master: &[Vec<f32>],
    stems: usize,
    rate: u32,
) -> Result<i32, Failure> {
    let (level, lufs) = (Loudness::of(master), loudness(master, rate));
    let frames = master.first().map_or(0, Vec::len);
    let name = what.output.display().to_string();
    if what.json {
        let facts = serde_json::json!({
            "file": name, "frames": frames, "rate": rate, "stems": stems,
            "peak": level.peak(), "lufs": lufs.is_finite().then_some(lufs),
        });
        shell.say(&format!("{facts}\n"))?;
    }
    let files = if stems > 0 { format!(" and {}", counted(stems, "stem")) } else { String::new() };
    let lufs = if lufs.is_finite() { format!(", {lufs:.1} LUFS") } else { String::new() };
    shell.remark(&format!("wrote {name}{files}: {} at {rate} Hz, {level}{lufs}", counted(frames, "frame")));
    for help in level.helps() {
        shell.remark(&format!("help: {help}"));
    }
    Ok(WELL)
}
