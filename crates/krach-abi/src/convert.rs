//! A voice that computes in one format, played in the other, through small buffers of its own.

use crate::{Audio, AudioMut, Buffer, Ports, Sample};

/// Frames converted at a time: few, since every port has a buffer of them.
const CHUNK: usize = 32;

/// Buffers in the format `I` for every port.
#[derive(Debug)]
pub struct Converter<I> {
    inputs: Buffer<I>,
    outputs: Buffer<I>,
}

impl<I: Sample> Converter<I> {
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self { inputs: Buffer::new(ports.inputs, CHUNK), outputs: Buffer::new(ports.outputs, CHUNK) }
    }

    /// Calls `process(frames done, inputs, outputs)` chunk by chunk.
    pub fn through<O: Sample>(
        &mut self,
        inputs: Audio<'_, O>,
        mut outputs: AudioMut<'_, O>,
        mut process: impl FnMut(usize, Audio<'_, I>, AudioMut<'_, I>),
    ) {
        let frames = outputs.frames();
        for done in (0..frames).step_by(CHUNK) {
            let count = CHUNK.min(frames - done);
            for port in 0..inputs.channels().min(self.inputs.channels()) {
                let from = &inputs.channel(port)[done..done + count];
                for (to, from) in self.inputs.channel_mut(port).iter_mut().zip(from) {
                    *to = I::near(from.wide());
                }
            }
            process(done, self.inputs.head(count), self.outputs.head_mut(count));
            for port in 0..outputs.channels().min(self.outputs.channels()) {
                let to = &mut outputs.channel_mut(port)[done..done + count];
                for (to, from) in to.iter_mut().zip(self.outputs.channel(port)) {
                    *to = O::near(from.wide());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_PORTS;

    #[test]
    fn as_many_ports_as_there_may_be_are_converted() {
        let ports = Ports { inputs: MAX_PORTS, outputs: MAX_PORTS, controls: Vec::new() };
        let (mut input, mut output) = (Buffer::new(MAX_PORTS, 3), Buffer::<f64>::new(MAX_PORTS, 3));
        input.channel_mut(MAX_PORTS - 1).fill(0.5);
        Converter::<f32>::new(&ports).through(input.head(3), output.head_mut(3), |_, ins, mut outs| {
            (0..MAX_PORTS).for_each(|port| outs.channel_mut(port).copy_from_slice(ins.channel(port)));
        });
        assert_eq!(output, input);
    }

    #[test]
    fn every_frame_goes_through_once() {
        let ports = Ports { inputs: 1, outputs: 1, controls: Vec::new() };
        let (mut input, mut output) = (Buffer::<f32>::new(1, 150), Buffer::<f32>::new(1, 150));
        (0_u8..).zip(input.channel_mut(0)).for_each(|(frame, sample)| *sample = f32::from(frame));
        let mut starts = Vec::new();
        Converter::<f64>::new(&ports).through(
            input.head(150),
            output.head_mut(150),
            |done, ins, mut outs| {
                starts.push(done);
                for (to, from) in outs.channel_mut(0).iter_mut().zip(ins.channel(0)) {
                    *to = from * 2.0;
                }
            },
        );
        assert_eq!((output.channel(0)[149], output.channel(0)[64]), (298.0, 128.0));
        assert_eq!(starts, [0, 32, 64, 96, 128]);
    }
}
