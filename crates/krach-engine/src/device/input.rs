//! Audio that comes in: it is recorded on a thread of the sound system and read by the thread that plays.

use super::hosts::Found;
use super::{DeviceError, PATIENCE};
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{FromSample, Sample, SizedSample};
use krach_abi::Buffer;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::mpsc::Sender;

/// Seconds of sound that wait at most, before the oldest is dropped.
const LONGEST_WAIT: f64 = 0.25;

/// The end of the ring that the playing thread reads: frames of `channels` samples.
pub(super) struct Intake {
    ring: Consumer<f32>,
    channels: usize,
    /// Frames that should wait in the ring: as many as the two clocks may be apart.
    reserve: usize,
    /// Reading waits until the reserve is there.
    waiting: bool,
}

impl Intake {
    fn new(ring: Consumer<f32>, channels: usize, reserve: usize) -> Self {
        Self { ring, channels, reserve, waiting: true }
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Fills the first `frames` frames and returns how many of them had not arrived: these are silent. Where sound piles
    /// up, because the clock of the input is faster, the oldest is dropped.
    pub fn read(&mut self, into: &mut Buffer<f32>, frames: usize) -> u64 {
        let mut there = self.ring.slots() / self.channels;
        if self.waiting && there < self.reserve + frames {
            there = 0;
        } else {
            self.waiting = false;
            if there > frames + 4 * self.reserve.max(frames) {
                self.skip(there - frames - self.reserve);
                there = frames + self.reserve;
            }
        }
        let count = there.min(frames);
        // Starting is no loss: the reserve fills once.
        let missing = if self.waiting { 0 } else { frames - count };
        self.waiting |= missing > 0;
        let chunk = self.ring.read_chunk(count * self.channels).expect("as many samples are there");
        let (first, second) = chunk.as_slices();
        let samples = || first.iter().chain(second).copied();
        for channel in 0..self.channels {
            let row = &mut into.channel_mut(channel)[..frames];
            let (played, silent) = row.split_at_mut(count);
            played
                .iter_mut()
                .zip(samples().skip(channel).step_by(self.channels))
                .for_each(|(to, from)| *to = from);
            silent.fill(0.0);
        }
        chunk.commit_all();
        missing as u64
    }

    fn skip(&mut self, frames: usize) {
        if let Ok(chunk) = self.ring.read_chunk(frames * self.channels) {
            chunk.commit_all();
        }
    }
}

/// Opens an input and returns the stream and the end to read. `block` is in frames.
///
/// # Errors
/// The device is gone, or does not record in a format that is known.
pub(super) fn open(
    found: &Found,
    rate: u32,
    channels: usize,
    block: usize,
    errors: Sender<cpal::Error>,
) -> Result<(cpal::Stream, Intake), DeviceError> {
    let (config, sample_format) = found.input_config(rate, channels, block)?;
    let channels = usize::from(config.channels);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let longest = (f64::from(rate) * LONGEST_WAIT) as usize + 8 * block;
    let (producer, consumer) = RingBuffer::new(longest * channels);
    let stream = match sample_format {
        cpal::SampleFormat::F32 => stream::<f32>(found, config, producer, errors),
        cpal::SampleFormat::I32 => stream::<i32>(found, config, producer, errors),
        cpal::SampleFormat::I16 => stream::<i16>(found, config, producer, errors),
        other => return Err(DeviceError::Failed(format!("it records {other}, which krach does not read"))),
    }?;
    stream.play()?;
    Ok((stream, Intake::new(consumer, channels, block)))
}

fn stream<T: SizedSample + Sample>(
    found: &Found,
    config: cpal::StreamConfig,
    mut ring: Producer<f32>,
    errors: Sender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let record = move |data: &[T], _: &cpal::InputCallbackInfo| {
        // A full ring: the playing side stands still, and the newest frames are dropped, whole.
        let width = usize::from(config.channels);
        let room = ring.slots() / width * width;
        if let Ok(chunk) = ring.write_chunk_uninit(room.min(data.len())) {
            chunk.fill_from_iter(data.iter().map(|&sample| f32::from_sample(sample)));
        }
    };
    let report = move |error| {
        // Without a listener the device is closed already.
        let _ = errors.send(error);
    };
    found.device.build_input_stream(config, record, report, Some(PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake(reserve: usize) -> (Producer<f32>, Intake) {
        let (producer, consumer) = RingBuffer::new(2000);
        (producer, Intake::new(consumer, 2, reserve))
    }

    fn push(to: &mut Producer<f32>, frames: std::ops::Range<u16>) {
        for frame in frames {
            to.push(frame.into()).unwrap();
            to.push(-f32::from(frame)).unwrap();
        }
    }

    #[test]
    fn frames_arrive_in_order_after_the_reserve() {
        let (mut to, mut from) = intake(4);
        let mut block = Buffer::new(2, 16);
        push(&mut to, 1..5);
        assert_eq!(from.read(&mut block, 4), 0, "the reserve fills");
        assert_eq!(block.channel(0)[..4], [0.0; 4]);
        push(&mut to, 5..9);
        assert_eq!(from.read(&mut block, 4), 0);
        assert_eq!(block.channel(0)[..4], [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(block.channel(1)[..4], [-1.0, -2.0, -3.0, -4.0]);
    }

    #[test]
    fn frames_that_are_missing_are_silent_and_counted() {
        let (mut to, mut from) = intake(0);
        let mut block = Buffer::new(2, 16);
        push(&mut to, 1..9);
        assert_eq!(from.read(&mut block, 6), 0);
        assert_eq!(from.read(&mut block, 6), 4);
        assert_eq!(block.channel(0)[..6], [7.0, 8.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_faster_input_drops_its_oldest_frames() {
        let (mut to, mut from) = intake(8);
        let mut block = Buffer::new(2, 16);
        push(&mut to, 0..900);
        from.read(&mut block, 8);
        let first = block.channel(0)[0];
        assert!(first > 700.0, "it begins with frame {first}");
        let waiting = from.ring.slots() / 2;
        assert!((8..=40).contains(&waiting), "{waiting} frames wait");
    }
}
