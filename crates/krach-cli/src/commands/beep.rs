//! `krach beep`: whether sound comes out, with everything that lies between a program and the loudspeaker.

use crate::shell::WELL;
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::{FlushGuard, Precision};
use krach_diag::Source;
use krach_engine::{DeviceError, DeviceRequest, Offer};
use krach_faust::{NoFiles, Options};
use krach_session::{Audition, Stop, chosen_device, no_device};
use krach_store::Playable;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(crate) struct Beep {
    /// Where to play: a part of the name of a device, `pulse`, `jack`, `alsa`, or `null`, which makes no sound
    #[arg(long)]
    pub device: Option<String>,
}

/// A sine with a soft start and end.
const INSTRUMENT: &str = r#"
freq = nentry("freq", 440, 20, 20000, 0.01);
gate = button("gate");
rate = fconstant(int fSamplingFreq, <math.h>);
phase = (+(freq / rate) : wrap) ~ _ with { wrap(x) = x - floor(x); };
envelope = gate * (1 - slow) : + ~ *(slow) with { slow = exp(-1 / (0.03 * rate)); };
process = sin(phase * 6.283185307179586) * envelope * 0.2 <: _, _;
"#;

/// Key, start and length in seconds: a fifth.
const NOTES: [(f64, f64, f64); 2] = [(69.0, 0.05, 0.25), (76.0, 0.35, 0.35)];
const SECONDS: f64 = 1.0;

pub(crate) fn beep(shell: &Shell<'_>, what: &Beep) -> Result<i32, Failure> {
    let request = DeviceRequest {
        device: what.device.clone().or_else(chosen_device),
        outputs: Some(2),
        ..DeviceRequest::default()
    };
    let session = shell.session.clone();
    let work = move |progress: &krach_store::Progress| -> Result<_, Stop> {
        let offer = Offer::of(&request).map_err(|error| no_device(&error))?;
        let channels =
            session.render(&instrument(), &audition(offer.format().rate), &mut |_| progress.advance(0))?;
        krach_engine::play(&channels, offer, &mut |done| progress.advance(done)).map_err(
            |error| match error {
                DeviceError::Cancelled { .. } => Stop::Cancelled,
                error => no_device(&error).into(),
            },
        )
    };
    let (format, stats) = shell.work(work, |_| {})??;
    shell.say(&format!(
        "two notes on {}: {} Hz, blocks of {} frames, latency {:.1} ms\n",
        format.device,
        format.rate,
        format.block,
        stats.latency.as_secs_f64() * 1e3
    ))?;
    Ok(WELL)
}

fn instrument() -> Playable {
    let source = Arc::new(Source::new("beep", INSTRUMENT));
    let _flush = FlushGuard::new();
    let (program, reports) = krach_faust::elaborate(&source, &NoFiles, &Options::default());
    program.unwrap_or_else(|| panic!("the instrument of `krach beep` is a program: {reports:?}")).into()
}

fn audition(rate: u32) -> Audition {
    let mut audition = Audition::new(SECONDS, rate);
    audition.precision = Precision::Single;
    // Positive and below a second.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let frames = |seconds: f64| (seconds * f64::from(rate)) as u64;
    audition.notes =
        NOTES.iter().map(|&(key, start, length)| (frames(start), frames(length), key, 0.8)).collect();
    audition
}
