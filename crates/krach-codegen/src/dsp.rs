//! One running voice: its state, its controls, and the calls into the code.
#![allow(unsafe_code)]

use crate::factory::Shared;
use crate::layout::HEADER;
use crate::state::{Spare, State};
use krach_abi::{Audio, AudioMut, FlushGuard, Frame, Sample, Seed, Voice};
use std::marker::PhantomData;
use std::sync::Arc;

/// A block with fewer bytes of arrays than this is cleared at once.
const SMALL: u32 = 4096;
/// Bytes of a used block that are cleared for every frame that is computed, and for every call. A long delay line is
/// ready again after a few hundredths of a second.
const CLEARED: usize = 512;

/// See the module's essay. `S` is the format that the code computes in.
pub(crate) struct NativeDsp<S> {
    state: State,
    /// Ready for the next birth, where clearing takes long.
    spare: Option<Spare>,
    shared: Arc<Shared>,
    seed: Seed,
    controls: Box<[f64]>,
    /// A control has changed since its section ran.
    stale: bool,
    ports: Pointers,
    format: PhantomData<S>,
}

/// Where the samples of each port are, for the length of one call.
struct Pointers {
    inputs: Box<[*const u8]>,
    outputs: Box<[*mut u8]>,
}

// SAFETY: nobody follows a pointer but the code, during the call for which it was written.
unsafe impl Send for Pointers {}

impl<S: Sample> NativeDsp<S> {
    pub fn new(shared: Arc<Shared>, seed: Seed) -> Self {
        let ports = &shared.parts.ports;
        let layout = &shared.parts.layout;
        let arrays = layout.arrays().iter().map(|array| array.bytes()).sum::<u64>();
        let mut dsp = Self {
            state: State::new(&shared),
            spare: (arrays > u64::from(SMALL)).then(|| Spare::new(&shared)),
            seed,
            controls: ports.controls.iter().map(|control| control.init).collect(),
            stale: true,
            ports: Pointers {
                inputs: vec![std::ptr::null(); ports.inputs].into(),
                outputs: vec![std::ptr::null_mut(); ports.outputs].into(),
            },
            format: PhantomData,
            shared,
        };
        let _flush = FlushGuard::new();
        dsp.birth();
        dsp
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state, to be written from outside: what stood still may move again.
    pub fn state_mut(&mut self) -> &mut State {
        self.stale = true;
        &mut self.state
    }

    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Writes the slots at birth; arrays are as they were born.
    fn birth(&mut self) {
        let Self { state, shared, seed, controls, .. } = self;
        let slots = shared.parts.layout.slot_bytes();
        state.bytes_mut(HEADER, slots as usize).fill(0);
        for &(offset, ordinal) in &shared.parts.noises {
            state.write(offset, seed.noise(ordinal));
        }
        for (&offset, &value) in shared.parts.controls.iter().zip(&*controls) {
            state.write(offset, S::near(value));
        }
        state.frames = 0;
        self.stale = true;
        // SAFETY: the block has the layout of this code and its header is written.
        unsafe { shared.code.init(state.start()) };
    }
}

impl<S: Sample> NativeDsp<S> {
    /// Brings everything that is slower than samples up to date. Whether the followers of controls stand still now.
    fn comes_to_rest(&mut self, stale: bool) -> bool {
        let moving = self.shared.parts.moving;
        let code = &self.shared.code;
        if stale {
            // SAFETY: the block has the layout of this code and its header is written.
            unsafe { code.control(self.state.start()) };
        }
        let Some(moving) = moving.filter(|_| code.can_rest()) else { return false };
        if self.state.int(moving) == 0 {
            return true;
        }
        // SAFETY: as above.
        unsafe { code.settle(self.state.start()) };
        if self.state.int(moving) != 0 {
            return false;
        }
        // SAFETY: as above.
        unsafe { code.hold(self.state.start()) };
        true
    }
}

impl<S: Sample> Voice for NativeDsp<S> {
    type Sample = S;

    fn set(&mut self, control: usize, value: f64) {
        if let Some(held) = self.controls.get_mut(control)
            && held.to_bits() != value.to_bits()
        {
            *held = value;
            self.state.write(self.shared.parts.controls[control], S::near(value));
            self.stale = true;
        }
    }

    fn reset(&mut self) {
        match &mut self.spare {
            Some(spare) => {
                // Only if the voice was reset a moment ago is there anything left to do.
                spare.clear(&self.shared, usize::MAX);
                spare.swap(&mut self.state);
            }
            None => {
                let slots = HEADER + self.shared.parts.layout.slot_bytes();
                let rest = self.shared.parts.layout.bytes() - slots;
                self.state.bytes_mut(slots, rest as usize).fill(0);
                self.state.fill_tables(&self.shared);
            }
        }
        self.birth();
    }

    fn process(&mut self, _: Frame, inputs: Audio<'_, S>, mut outputs: AudioMut<'_, S>) {
        let frames = outputs.frames();
        let ports = &mut self.ports;
        if inputs.channels() != ports.inputs.len()
            || outputs.channels() != ports.outputs.len()
            || inputs.frames() < frames
        {
            return;
        }
        for (at, pointer) in ports.inputs.iter_mut().enumerate() {
            *pointer = inputs.channel(at).as_ptr().cast();
        }
        for (at, pointer) in ports.outputs.iter_mut().enumerate() {
            *pointer = outputs.channel_mut(at).as_mut_ptr().cast();
        }
        let (inputs, outputs) = (ports.inputs.as_ptr(), ports.outputs.as_ptr());
        let stale = std::mem::take(&mut self.stale);
        let resting = self.comes_to_rest(stale);
        let (code, state) = (&self.shared.code, self.state.start());
        // SAFETY: the block has the layout of this code and its header is written. There is a pointer for every port,
        // to `frames` samples of the format of the code; channels lent exclusively do not overlap.
        unsafe {
            if resting {
                code.process_at_rest(state, inputs, outputs, frames);
            } else {
                code.process(state, inputs, outputs, frames);
            }
        }
        self.state.frames = self.state.frames.saturating_add(frames as u64);
        if let Some(spare) = &mut self.spare {
            spare.clear(&self.shared, (frames + 1).saturating_mul(CLEARED));
        }
    }
}
