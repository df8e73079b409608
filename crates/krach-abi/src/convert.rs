//! A copy that computes in one format, played in the other, through a small buffer on the stack.

use crate::MAX_PORTS;

/// Frames converted at a time: few, since every port has a buffer of them on the stack.
const CHUNK: usize = 16;

macro_rules! through {
    ($(#[$doc:meta])* $name:ident, $outer:ty, $inner:ty) => {
        $(#[$doc])*
        #[allow(clippy::cast_possible_truncation, clippy::cast_lossless)]
        pub fn $name(
            inputs: &[&[$outer]],
            outputs: &mut [&mut [$outer]],
            mut process: impl FnMut(&[&[$inner]], &mut [&mut [$inner]]),
        ) {
            assert!(inputs.len() <= MAX_PORTS && outputs.len() <= MAX_PORTS, "a factory has at most {MAX_PORTS} ports");
            let frames = outputs.first().map(|port| port.len()).or(inputs.first().map(|port| port.len())).unwrap_or(0);
            let mut ins = [[0.0 as $inner; CHUNK]; MAX_PORTS];
            let mut outs = [[0.0 as $inner; CHUNK]; MAX_PORTS];
            let mut done = 0;
            while done < frames {
                let count = CHUNK.min(frames - done);
                for (to, from) in ins.iter_mut().zip(inputs) {
                    for (to, from) in to.iter_mut().zip(&from[done..done + count]) {
                        *to = *from as $inner;
                    }
                }
                {
                    let mut in_ports: [&[$inner]; MAX_PORTS] = [&[]; MAX_PORTS];
                    for (port, buffer) in in_ports.iter_mut().zip(&ins) {
                        *port = &buffer[..count];
                    }
                    let mut out_ports = outs.each_mut().map(|buffer| &mut buffer[..count]);
                    process(&in_ports[..inputs.len()], &mut out_ports[..outputs.len()]);
                }
                for (to, from) in outputs.iter_mut().zip(&outs) {
                    for (to, from) in to[done..done + count].iter_mut().zip(from) {
                        *to = *from as $outer;
                    }
                }
                done += count;
            }
        }
    };
}

through! {
    /// Plays a copy that computes in `f32` in `f64` buffers.
    through_f32, f64, f32
}
through! {
    /// Plays a copy that computes in `f64` in `f32` buffers.
    through_f64, f32, f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_ports_as_there_may_be_are_converted() {
        let input = [0.5_f64; 3];
        let mut audio = vec![[0.0_f64; 3]; MAX_PORTS];
        let mut outputs: Vec<&mut [f64]> = audio.iter_mut().map(|port| &mut port[..]).collect();
        through_f32(&vec![&input[..]; MAX_PORTS], &mut outputs, |ins, outs| {
            outs.iter_mut().zip(ins).for_each(|(to, from)| to.copy_from_slice(from));
        });
        assert_eq!(audio[MAX_PORTS - 1], input);
    }

    #[test]
    fn every_frame_goes_through_once() {
        let input: Vec<f32> = (0..150_u8).map(f32::from).collect();
        let mut output = vec![0.0_f32; 150];
        through_f64(&[&input], &mut [&mut output], |ins, outs| {
            for (to, from) in outs[0].iter_mut().zip(ins[0]) {
                *to = from * 2.0;
            }
        });
        assert_eq!(output[149], 298.0);
        assert_eq!(output[64], 128.0);
    }
}
