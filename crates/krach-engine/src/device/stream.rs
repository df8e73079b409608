//! A device that agreed to play, and the stream that it becomes.

use super::filler::Filler;
use super::hosts::{self, Found};
use super::null::NullClock;
use super::seat::{Counts, Seat};
use super::{Callback, DEFAULT_BLOCK, DeviceError, DeviceFormat, DeviceRequest, PATIENCE, input};
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{FromSample, SampleFormat, SizedSample};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Receiver, Sender};

/// A device that was found and asked, and does not play yet. Its format is known, so a callback can be made for it.
#[derive(Clone)]
pub struct Offer {
    /// None is the null device.
    output: Option<(Found, cpal::StreamConfig, SampleFormat)>,
    input: Option<Found>,
    format: DeviceFormat,
    request: DeviceRequest,
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Offer").field(&self.format).finish()
    }
}

impl Offer {
    /// Finds a device for a request.
    ///
    /// # Errors
    /// No device, no device of that name, or one that does not run at the rate.
    pub fn of(request: &DeviceRequest) -> Result<Self, DeviceError> {
        let request = request.clone();
        hosts::within(move || Self::find(&request))
    }

    fn find(request: &DeviceRequest) -> Result<Self, DeviceError> {
        let Some(found) = hosts::find_output(request.device.as_deref())? else {
            let format = DeviceFormat::null(
                request.rate.unwrap_or(48_000).max(1),
                request.block.unwrap_or(DEFAULT_BLOCK),
            );
            let format = DeviceFormat { outputs: request.outputs.unwrap_or(2), ..format };
            return Ok(Self { output: None, input: None, format, request: request.clone() });
        };
        let (config, sample_format, mut format) = found.output_config(request)?;
        let mut input = None;
        if request.inputs > 0 {
            let device = hosts::find_input(request.input_device.as_deref(), &found)?;
            let (config, _) = device.input_config(format.rate, request.inputs, format.block)?;
            format.inputs = config.channels.into();
            input = Some(device);
        }
        let output = Some((found, config, sample_format));
        Ok(Self { output, input, format, request: request.clone() })
    }

    /// The null device with the format of another one.
    pub(super) fn null_instead(of: &DeviceFormat) -> Self {
        let format = DeviceFormat { device: "null".into(), inputs: 0, ..of.clone() };
        Self { output: None, input: None, format, request: DeviceRequest::default() }
    }

    /// The request for this very device at this rate, if it has to be found once more: while its sound server starts
    /// again, no other device is taken.
    pub(super) fn into_request(self) -> DeviceRequest {
        DeviceRequest { device: Some(self.format.device), rate: Some(self.format.rate), ..self.request }
    }

    #[must_use]
    pub fn format(&self) -> &DeviceFormat {
        &self.format
    }
}

/// A stream that plays the callback of a seat until it is dropped.
pub(super) struct Stream<C> {
    pub seat: Arc<Seat<C>>,
    pub format: DeviceFormat,
    errors: Receiver<cpal::Error>,
    running: Option<Running>,
}

enum Running {
    Clock {
        _clock: NullClock,
    },
    /// Streams of the sound system, the input first: it must not outlive the ring that it fills.
    System {
        _input: Option<cpal::Stream>,
        _output: cpal::Stream,
    },
}

impl<C: Callback + 'static> Stream<C> {
    /// Opens the stream; it is silent until a callback takes the seat.
    pub fn open(offer: &Offer, counts: Arc<Counts>) -> Result<Self, DeviceError> {
        let _quiet = hosts::quiet_alsa();
        let seat = Arc::new(Seat::new(None, counts));
        let (sender, errors) = mpsc::channel();
        let mut format = offer.format.clone();
        let running = match &offer.output {
            None => {
                let clock = NullClock::start(seat.clone(), &format);
                Running::Clock { _clock: clock.map_err(|error| DeviceError::Failed(error.to_string()))? }
            }
            Some((found, config, sample_format)) => {
                let (input, intake) = match &offer.input {
                    None => (None, None),
                    Some(device) => {
                        let opened =
                            input::open(device, format.rate, format.inputs, format.block, sender.clone())?;
                        (Some(opened.0), Some(opened.1))
                    }
                };
                let filler = Filler::new(seat.clone(), &format, intake);
                let output = match sample_format {
                    SampleFormat::F32 => output::<f32, C>(found, *config, filler, seat.clone(), sender),
                    SampleFormat::I32 => output::<i32, C>(found, *config, filler, seat.clone(), sender),
                    _ => output::<i16, C>(found, *config, filler, seat.clone(), sender),
                }?;
                output.play()?;
                // The block that was agreed on, not the one that was asked for.
                format.block = output.buffer_size().map_or(format.block, |frames| frames as usize);
                Running::System { _input: input, _output: output }
            }
        };
        Ok(Self { seat, format, errors, running: Some(running) })
    }

    pub fn is_null(&self) -> bool {
        matches!(self.running, Some(Running::Clock { .. }))
    }

    /// Why the stream has ended, if it has. Lesser reports are counted.
    pub fn ended(&self) -> Option<DeviceError> {
        use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
        for error in self.errors.try_iter() {
            match error.kind() {
                Xrun => {
                    self.seat.counts.xruns.fetch_add(1, Relaxed);
                }
                RealtimeDenied => self.seat.counts.set_priority(false),
                DeviceChanged => {}
                _ => return Some(error.into()),
            }
        }
        None
    }
}

impl<C> Drop for Stream<C> {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        match running {
            Running::Clock { .. } => drop(running),
            // A sound server that hangs would keep us until it is well again.
            Running::System { .. } => {
                let closing = std::thread::Builder::new().name("krach-close".into());
                let _ = closing.spawn(move || drop(running));
            }
        }
    }
}

fn output<T: SizedSample + FromSample<f32>, C: Callback + 'static>(
    found: &Found,
    config: cpal::StreamConfig,
    mut filler: Filler<C>,
    seat: Arc<Seat<C>>,
    errors: Sender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error> {
    let fill = move |data: &mut [T], info: &cpal::OutputCallbackInfo| {
        let time = info.timestamp();
        if let Some(latency) = time.playback.checked_duration_since(time.callback) {
            #[allow(clippy::cast_possible_truncation)]
            seat.counts.latency_ns.store(latency.as_nanos() as u64, Relaxed);
        }
        filler.fill(data);
    };
    let report = move |error| {
        // Without a listener the stream is closed already.
        let _ = errors.send(error);
    };
    found.device.build_output_stream(config, fill, report, Some(PATIENCE))
}
