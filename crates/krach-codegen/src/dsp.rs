//! One running voice: its state, its controls, and the calls into the code.
#![allow(unsafe_code)]

use crate::factory::Shared;
use crate::lanes::LANES;
use crate::layout::HEADER;
use crate::state::{Spare, State};
use krach_abi::{Audio, AudioMut, FlushGuard, Frame, Sample, Seed, Voice};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// A block with fewer bytes of arrays than this is cleared at once.
const SMALL: u32 = 4096;
/// Bytes of a used block that are cleared for every frame that is computed, and for every call. A long delay line is
/// ready again after a few hundredths of a second.
const CLEARED: usize = 512;

/// See the module's essay. `S` is the format that the code computes in.
pub(crate) struct NativeDsp<S> {
    state: ManuallyDrop<State>,
    /// Ready for the next birth, where clearing takes long.
    spare: Option<Spare>,
    shared: Arc<Shared>,
    seed: Seed,
    /// How often it was born again.
    lives: u32,
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

impl Pointers {
    /// Moves on by that many frames, which the ports have.
    fn advance<S>(&mut self, frames: usize) {
        let bytes = frames * size_of::<S>();
        self.inputs.iter_mut().for_each(|pointer| *pointer = pointer.wrapping_add(bytes));
        self.outputs.iter_mut().for_each(|pointer| *pointer = pointer.wrapping_add(bytes));
    }
}

// SAFETY: only the compiled code reads through the pointers, and only during the call that wrote them.
unsafe impl Send for Pointers {}

impl<S: Sample> NativeDsp<S> {
    pub fn new(shared: Arc<Shared>, seed: Seed) -> Self {
        let ports = &shared.parts.ports;
        let layout = &shared.parts.layout;
        let arrays = layout.arrays().iter().map(|array| array.bytes()).sum::<u64>();
        let mut dsp = Self {
            state: ManuallyDrop::new(State::new(&shared)),
            spare: (arrays > u64::from(SMALL)).then(|| Spare::new(&shared)),
            seed,
            lives: 0,
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

    pub fn lives(&self) -> u32 {
        self.lives
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

impl<S> Drop for NativeDsp<S> {
    fn drop(&mut self) {
        // SAFETY: the state is not used again.
        unsafe { ManuallyDrop::take(&mut self.state) }.retire(&self.shared);
        if let Some(spare) = self.spare.take() {
            spare.retire(&self.shared);
        }
    }
}

impl<S: Sample> NativeDsp<S> {
    /// How many of the frames come before whole steps of four, and how many are in them: a step begins where four divides
    /// the common position of lines.
    fn steps(&self, resting: bool, frames: usize) -> (usize, usize) {
        if !self.shared.code.has_steps(resting) {
            return (frames, 0);
        }
        let position = self.shared.parts.position.map_or(0, |offset| self.state.int(offset));
        let lead = (position.wrapping_neg() as usize % LANES).min(frames);
        (lead, (frames - lead) / LANES * LANES)
    }

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

    fn touch(&mut self) {
        self.state.touch();
        if let Some(spare) = &mut self.spare {
            spare.touch();
        }
    }

    fn reset(&mut self) {
        match &mut self.spare {
            Some(spare) => spare.renew(&self.shared, &mut self.state),
            None => {
                let slots = HEADER + self.shared.parts.layout.slot_bytes();
                let rest = self.shared.parts.layout.bytes() - slots;
                self.state.bytes_mut(slots, rest as usize).fill(0);
                self.state.fill_tables(&self.shared);
            }
        }
        self.lives = self.lives.wrapping_add(1);
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
        let stale = std::mem::take(&mut self.stale);
        let resting = self.comes_to_rest(stale);
        let (lead, whole) = self.steps(resting, frames);
        let (code, state) = (&self.shared.code, self.state.start());
        for (count, steps) in [(lead, false), (whole, true), (frames - lead - whole, false)] {
            let (inputs, outputs) = (self.ports.inputs.as_ptr(), self.ports.outputs.as_ptr());
            // SAFETY: the block has the layout of this code and its header is written. There is a pointer for every
            // port, to `count` samples of the format of the code; channels lent exclusively do not overlap.
            unsafe {
                match (count, steps, resting) {
                    (0, ..) => {}
                    (_, true, _) => code.process_steps(resting, state, inputs, outputs, count),
                    (_, _, true) => code.process_at_rest(state, inputs, outputs, count),
                    (_, _, false) => code.process(state, inputs, outputs, count),
                }
            }
            self.ports.advance::<S>(count);
        }
        self.state.frames = self.state.frames.saturating_add(frames as u64);
        if let Some(spare) = &mut self.spare {
            spare.clear(&self.shared, (frames + 1).saturating_mul(CLEARED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Spec, compile};
    use krach_abi::{Buffer, Precision};
    use krach_ir::{Fun, Program, ProgramBuilder, TableInit};

    const BLOCK: usize = 64;

    /// The input, late by up to ten seconds, plus a read-write table of a million entries if `table`.
    fn long(table: bool) -> Program {
        let mut b = ProgramBuilder::new("long");
        let x = b.input("x");
        let late = b.int(480_000);
        let mut out = b.delay(x, late, None).unwrap();
        if table {
            let at = b.int(7);
            let ram = b.ram(TableInit::Reals(vec![0.25; 1 << 20].into()), 1 << 20, at, x).unwrap();
            let read = b.recall(ram, at).unwrap();
            out = b.apply(Fun::Add, &[out, read]).unwrap();
        }
        b.output("out", out).unwrap();
        b.finish().unwrap()
    }

    fn voice(program: &Program) -> NativeDsp<f32> {
        let factory = compile(program, &Spec::new(48_000, Precision::Single)).unwrap();
        NativeDsp::new(factory.shared.clone(), Seed::default())
    }

    fn play(dsp: &mut NativeDsp<f32>, frames: usize) {
        let (mut input, mut output) = (Buffer::new(1, BLOCK), Buffer::new(1, BLOCK));
        input.channel_mut(0).fill(1.0);
        for _ in 0..frames / BLOCK {
            dsp.process(Frame::default(), input.head(BLOCK), output.head_mut(BLOCK));
        }
    }

    fn arrays(dsp: &NativeDsp<f32>) -> Vec<Vec<u8>> {
        let layout = &dsp.shared.parts.layout;
        layout
            .arrays()
            .iter()
            .map(|array| dsp.state.bytes(array.offset, array.bytes() as usize).to_vec())
            .collect()
    }

    fn left(dsp: &NativeDsp<f32>) -> usize {
        dsp.spare.as_ref().expect("long").left(&dsp.shared)
    }

    /// Bytes of this process that are in memory.
    #[cfg(target_os = "linux")]
    fn resident() -> u64 {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        4096 * pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_minute_of_delay_takes_no_memory_until_it_is_touched() {
        let mut b = ProgramBuilder::new("minute");
        let (x, late) = (b.input("x"), b.int(60 * 48_000));
        let out = b.delay(x, late, None).unwrap();
        b.output("out", out).unwrap();
        let factory = compile(&b.finish().unwrap(), &Spec::new(48_000, Precision::Double)).unwrap();
        let (all, before) = (u64::from(factory.shared.parts.layout.bytes()), resident());
        let mut dsp = NativeDsp::<f64>::new(factory.shared.clone(), Seed::default());
        let (born, quarter) = (resident(), all / 4);
        dsp.touch();
        // Other tests of this process run at the same time: they take a few megabytes.
        assert!(all > 20 << 20 && born < before + quarter, "{all}: {before}, then {born}");
        assert!(resident() > born + all, "both blocks: {all}, {born}, {}", resident());
    }

    #[test]
    fn a_copy_in_the_memory_of_another_is_born_like_the_first() {
        for table in [false, true] {
            let factory = compile(&long(table), &Spec::new(48_000, Precision::Single)).unwrap();
            let born = || NativeDsp::<f32>::new(factory.shared.clone(), Seed::default());
            let first = arrays(&born());
            for frames in [0, BLOCK, 4800, 480_000] {
                let mut dsp = born();
                play(&mut dsp, frames);
                dsp.reset();
                play(&mut dsp, frames);
                drop(dsp);
                assert!(arrays(&born()) == first, "after {frames} frames");
                assert!(factory.shared.idle.lock().unwrap().len() <= 2);
            }
        }
    }

    #[test]
    fn a_voice_that_is_reset_twice_at_once_clears_no_whole_block() {
        for table in [false, true] {
            let mut dsp = voice(&long(table));
            let born = arrays(&dsp);
            play(&mut dsp, 480_000);
            dsp.reset();
            let used = left(&dsp);
            assert!(used >= 480_000 * 4, "{used} bytes to clear");
            dsp.reset();
            assert_eq!(left(&dsp), used, "the second reset clears nothing");
            assert!(arrays(&dsp) == born);
        }
    }

    #[test]
    fn a_voice_that_is_reset_a_moment_later_clears_only_the_frames_since() {
        let mut dsp = voice(&long(false));
        let born = arrays(&dsp);
        play(&mut dsp, 480_000);
        dsp.reset();
        play(&mut dsp, BLOCK);
        let used = left(&dsp);
        dsp.reset();
        assert_eq!(left(&dsp), used, "the used block is still cleared a little at a time");
        assert!(arrays(&dsp) == born);
        play(&mut dsp, 480_000);
        assert_eq!(left(&dsp), 0);
    }
}
