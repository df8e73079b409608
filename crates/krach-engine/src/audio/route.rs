//! Ways from the output of a node to an input, the master or the device.

use super::sum::Sum;
use super::tap::Tap;
use crate::DeviceChannels;
use crate::ramp::{Ramp, add_level, add_scaled, level};
use krach_abi::{Adapting, Frame};

/// Where a route leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All inputs of a node, or one of them.
    Node {
        node: u32,
        port: Option<u16>,
    },
    Master,
    Device(DeviceChannels),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Route {
    pub source: u32,
    pub end: End,
    /// Before the gain and pan of the source.
    pub pre: bool,
    pub level: Ramp,
    /// 0 where soloed nodes silence it.
    pub heard: Ramp,
    /// The number of routes that were made before it.
    pub order: u64,
}

impl Route {
    /// Adds what the source plays to the channels of the end.
    pub fn add(&self, tap: &Tap<'_>, start: Frame, sum: &mut Sum<f32>, channels: usize) {
        let ramps = [self.level, self.heard];
        let still = level(1.0, &ramps, start);
        let mut bring = |source, channel, share| {
            let to = &mut sum.part(self.order, channel)[..tap.frames];
            let from = (tap.channel(source), tap.level(source));
            match still.filter(|_| share == 1.0) {
                Some(level) => add_level(to, from, level),
                None => add_scaled(to, from, start, share, &ramps),
            }
        };
        let given = tap.channels;
        match self.end {
            // A route that fades out may lead to an input that the new program does not have.
            End::Node { port: Some(port), .. } if usize::from(port) >= channels => {}
            End::Node { port: Some(port), .. } => {
                let share = Adapting::Stage.level(given, 1, 0);
                Adapting::Stage.sources(given, 1, 0).for_each(|source| bring(source, port.into(), share));
            }
            // The common case, without the table.
            End::Node { port: None, .. } | End::Master if given == channels => {
                (0..channels).for_each(|channel| bring(channel, channel, 1.0));
            }
            End::Node { port: None, .. } | End::Master => {
                let rule = if self.end == End::Master { Adapting::Device } else { Adapting::Stage };
                for channel in 0..channels {
                    let share = rule.level(given, channels, channel);
                    rule.sources(given, channels, channel).for_each(|source| bring(source, channel, share));
                }
            }
            End::Device(to) => {
                let (rule, taken) = (Adapting::Device, to.list().len());
                for (at, &channel) in to.list().iter().enumerate() {
                    let share = rule.level(given, taken, at);
                    rule.sources(given, taken, at).for_each(|source| bring(source, channel.into(), share));
                }
            }
        }
    }
}
