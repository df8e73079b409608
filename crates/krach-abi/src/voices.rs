//! Several voices as copies that are played one after the other: how a back end without packed code keeps the
//! contract.

use crate::{Audio, AudioMut, Block, Converter, Dsp, Frame, Ports, Sample, Status, audio::louder};
use std::fmt;

/// One running copy of a program, in the format it computes in.
pub trait Voice: Send + 'static {
    type Sample: Sample;

    /// Sets a control, if there is one of that number.
    fn set(&mut self, control: usize, value: f64);

    /// Back to birth; controls keep their values.
    fn reset(&mut self);

    /// See [`Dsp::touch`].
    fn touch(&mut self) {}

    /// Computes as many frames as the outputs hold. There is one channel per port.
    fn process(&mut self, start: Frame, inputs: Audio<'_, Self::Sample>, outputs: AudioMut<'_, Self::Sample>);
}

/// Voices of one program.
pub struct Voices<V: Voice> {
    voices: Box<[V]>,
    inputs: usize,
    outputs: usize,
    converter: Converter<V::Sample>,
}

impl<V: Voice> fmt::Debug for Voices<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voices").field("voices", &self.voices.len()).finish_non_exhaustive()
    }
}

impl<V: Voice> Voices<V> {
    #[must_use]
    pub fn new(ports: &Ports, voices: impl IntoIterator<Item = V>) -> Self {
        Self {
            voices: voices.into_iter().collect(),
            inputs: ports.inputs,
            outputs: ports.outputs,
            converter: Converter::new(ports),
        }
    }

    #[must_use]
    pub fn all(&self) -> &[V] {
        &self.voices
    }

    pub fn all_mut(&mut self) -> &mut [V] {
        &mut self.voices
    }

    fn each<S: Sample>(
        &mut self,
        block: &mut Block<'_, S>,
        play: fn(&mut V, &mut Converter<V::Sample>, Frame, Audio<'_, S>, AudioMut<'_, S>),
    ) -> Status {
        let ports = self.outputs;
        let fits = block.inputs.channels() == self.inputs
            && block.inputs.frames() == block.outputs.frames()
            && block.outputs.channels() == ports * self.voices.len()
            && block.voices.len() == self.voices.len();
        if !fits {
            block.outputs.silence();
            return Status::Silent;
        }
        let mut loudest = 0.0;
        for (at, (voice, io)) in self.voices.iter_mut().zip(&mut *block.voices).enumerate() {
            io.peak = 0.0;
            if io.busy {
                let mut own = block.outputs.some(at * ports..(at + 1) * ports);
                let frames = own.frames();
                play(voice, &mut self.converter, block.start, block.inputs, own.part(0..frames));
                io.peak = own.peak();
                loudest = louder(io.peak, loudest);
            }
        }
        Status::of(loudest)
    }
}

impl<V: Voice> Dsp for Voices<V> {
    fn voices(&self) -> usize {
        self.voices.len()
    }

    fn set(&mut self, voice: usize, control: usize, value: f64) {
        if let Some(voice) = self.voices.get_mut(voice) {
            voice.set(control, value);
        }
    }

    fn reset(&mut self, voice: usize) {
        if let Some(voice) = self.voices.get_mut(voice) {
            voice.reset();
        }
    }

    fn touch(&mut self) {
        self.voices.iter_mut().for_each(V::touch);
    }

    fn process_f32(&mut self, block: &mut Block<'_, f32>) -> Status {
        self.each(block, V::Sample::voice_f32::<V>)
    }

    fn process_f64(&mut self, block: &mut Block<'_, f64>) -> Status {
        self.each(block, V::Sample::voice_f64::<V>)
    }
}
