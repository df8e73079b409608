//! A performance on a device: a thread keeps the score a little ahead of the sound.
//!
//! The audio thread owns the processor and waits for no one. The conductor's thread looks at the clock many times in the
//! time that it is ahead, so the music goes on while every other thread is busy. Edits come from any thread; each gets the
//! first frame that the audio thread cannot have begun.

mod hand;
mod on_stage;
mod outlets;
mod position;
mod preview;
mod readings;
mod recording;
mod scope;
mod tap;

pub use hand::HandClock;
pub use on_stage::Pending;
pub use position::Position;
pub use preview::{Offence, OffenceKind, Preview};
pub use recording::Recording;

use crate::device::no_device;
use crate::midi::PortChange;
use crate::patch::{Name, Patch};
use krach_diag::Diagnostic;
use krach_engine::{Device, DeviceError, DeviceFormat, DeviceStats, Notice, Offer, Receipt, Settings};
use krach_pattern::Time;
use krach_store::Cache;
pub(crate) use on_stage::OnStage;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tap::Tapped;

/// A patch that plays.
#[derive(Debug)]
pub(crate) struct Live {
    stage: Arc<OnStage>,
    /// None where a hand turns the clock.
    device: Option<Device<Tapped>>,
    thread: Option<JoinHandle<()>>,
}

/// Something that happened while the music plays.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A device began to play, or was lost.
    Device(Notice),
    /// A MIDI port was unplugged, or is back.
    Midi(PortChange),
    /// What the stage did, with the name of the node that it concerns.
    Stage(Receipt, Option<Name>),
    /// The score could not go on as it was.
    Fault(Diagnostic),
}

/// Counters of what plays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LiveStats {
    pub device: DeviceStats,
    pub stage: krach_engine::Stats,
    /// Messages of patterns that had no receiver.
    pub unsent: u64,
    /// Recordings that run.
    pub takes: usize,
}

impl Live {
    /// Plays a patch on a device, from a cycle on.
    ///
    /// # Errors
    /// `KR0503`: there is no such device, or it does not play; and those of compiling.
    pub fn play(
        cache: &Cache,
        (patch, cycle): (&Patch, Time),
        (offer, settings): (Offer, Settings),
        journals: Option<&Path>,
    ) -> Result<Self, Diagnostic> {
        let sizes = (settings, offer.format().block);
        let (stage, tapped) = OnStage::begin(cache, (patch, cycle), sizes, journals)?;
        let device = Device::play(offer, tapped).map_err(|(error, _)| no_device(&error))?;
        let on_stage = stage.clone();
        let thread = std::thread::Builder::new().name("krach-conductor".into());
        let thread = thread.spawn(move || on_stage.conduct()).map_err(|error| {
            no_device(&DeviceError::Failed(format!("no thread for the conductor: {error}")))
        })?;
        Ok(Self { stage, device: Some(device), thread: Some(thread) })
    }

    /// Plays a patch whenever the clock is turned.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn by_hand(
        cache: &Cache,
        patch: &Patch,
        (settings, block): (Settings, usize),
        journals: Option<&Path>,
    ) -> Result<(Self, HandClock), Diagnostic> {
        let block = block.clamp(1, HandClock::LONGEST);
        let (stage, tapped) = OnStage::begin(cache, (patch, Time::ZERO), (settings, block), journals)?;
        let clock = HandClock::new(stage.clone(), tapped, block);
        Ok((Self { stage, device: None, thread: None }, clock))
    }

    /// Moves to another device, or to another block of this one, at the same rate: all that sounds goes on. False if the
    /// rate is another, and nothing has changed.
    ///
    /// # Errors
    /// `KR0503`: the device does not open, and the old one plays on.
    pub fn moves_to(&self, offer: &Offer) -> Result<bool, Diagnostic> {
        let (Some(device), format) = (&self.device, offer.format()) else { return Ok(false) };
        if format.rate != device.format().rate {
            return Ok(false);
        }
        device.change(offer.clone(), |tapped| tapped).map_err(|error| no_device(&error))?;
        self.stage.state().resize(format.block);
        Ok(true)
    }

    pub fn on_stage(&self) -> &Arc<OnStage> {
        &self.stage
    }

    /// What the device agreed to; none where a hand turns the clock.
    pub fn format(&self) -> Option<DeviceFormat> {
        self.device.as_ref().map(Device::format)
    }

    pub fn stats(&self) -> LiveStats {
        let state = self.stage.state();
        let device = self.device.as_ref().map(Device::stats).unwrap_or_default();
        let (stage, unsent) = (state.performance.stage().stats(), state.outlets.unsent);
        LiveStats { device, stage, unsent, takes: state.taps.running() }
    }

    /// What happened since the last call, oldest first.
    pub fn news(&self) -> Vec<News> {
        let mut state = self.stage.state();
        let notices = self.device.as_ref().map(Device::notices).unwrap_or_default();
        notices.into_iter().for_each(|notice| state.tell(News::Device(notice)));
        state.news()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stage.end();
        if let Some(thread) = self.thread.take() {
            // A panic was printed where it happened.
            let _ = thread.join();
        }
    }
}
