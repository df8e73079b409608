//! Voices side by side: several running voices in one state, computed by one loop.
//!
//! The voices of a group share the block of memory, and each has a lane of every slot and of every ring. They write their
//! rings at one common place. A ring is not cleared when a voice goes back to birth: the code hears silence in place of
//! what is older than the voice.

use crate::factory::Shared;
use crate::lanes::CHUNK;
use crate::layout::{Array, HEADER, Holds, Slot};
use crate::state::State;
use krach_abi::{AudioMut, Block, Buffer, Dsp, FlushGuard, Sample, Seed, Status};
use std::sync::Arc;

/// Bytes of a value in single precision: packed kernels have no others.
const WORD: usize = 4;
/// Ages are not counted beyond this: no line is as long.
const OLD: i32 = 1 << 30;

/// See the module's essay.
pub(crate) struct PackedVoices {
    groups: Box<[Group]>,
    count: usize,
    shared: Arc<Shared>,
    input: Buffer<f32>,
    /// Of each output, of each voice of a group: its frames.
    heard: Box<[f32]>,
    pointers: Pointers,
    before: Before,
}

/// Where the samples of each port are, for the length of one call.
struct Pointers {
    inputs: Box<[*const u8]>,
    outputs: Box<[*mut u8]>,
}

// SAFETY: only the compiled code reads through the pointers, and only during the call that wrote them.
#[allow(unsafe_code)]
unsafe impl Send for Pointers {}

/// What a group held before it was computed, for voices that stand still.
struct Before {
    slots: Box<[u8]>,
    /// Of each ring: the entries that are about to be written.
    rows: Vec<Box<[u8]>>,
}

impl PackedVoices {
    pub fn new(shared: Arc<Shared>, seeds: &[Seed]) -> Self {
        let (ports, layout) = (&shared.parts.ports, &shared.parts.layout);
        let lanes = layout.voices();
        let rows = layout.arrays().iter().map(|array| vec![0; rows(array, CHUNK) * array.entry()].into());
        Self {
            groups: seeds.chunks(lanes).map(|seeds| Group::new(&shared, seeds)).collect(),
            count: seeds.len(),
            input: Buffer::new(ports.inputs, CHUNK),
            heard: vec![0.0; ports.outputs * CHUNK * lanes].into(),
            pointers: Pointers {
                inputs: vec![std::ptr::null(); ports.inputs].into(),
                outputs: vec![std::ptr::null_mut(); ports.outputs].into(),
            },
            before: Before { slots: vec![0; layout.slot_bytes() as usize].into(), rows: rows.collect() },
            shared,
        }
    }

    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub fn groups_mut(&mut self) -> &mut [Group] {
        &mut self.groups
    }

    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn lanes(&self) -> usize {
        self.shared.parts.layout.voices()
    }

    fn each<S: Sample>(&mut self, block: &mut Block<'_, S>) -> Status {
        let (frames, lanes) = (block.outputs.frames(), self.lanes());
        let (inputs, outputs) = (self.shared.parts.ports.inputs, self.shared.parts.ports.outputs);
        let fits = block.inputs.channels() == inputs
            && block.inputs.frames() == frames
            && block.outputs.channels() == outputs * self.count
            && block.voices.len() == self.count;
        if !fits {
            block.outputs.silence();
            return Status::Silent;
        }
        for from in (0..frames).step_by(CHUNK) {
            let count = CHUNK.min(frames - from);
            for port in 0..inputs {
                let given = &block.inputs.channel(port)[from..from + count];
                let own = self.input.channel_mut(port);
                own.iter_mut().zip(given).for_each(|(to, from)| *to = from.single());
            }
            for (at, voices) in block.voices.chunks(lanes).enumerate() {
                let busy = (0..).zip(voices).fold(0, |busy, (lane, io)| busy | u32::from(io.busy) << lane);
                if busy != 0 {
                    self.compute(at, busy, count);
                    let first = at * lanes * outputs;
                    let mut own = block.outputs.some(first..first + voices.len() * outputs);
                    self.hand_out(busy, own.part(from..from + count));
                }
            }
        }
        let mut worst = Status::Silent;
        for (voice, io) in block.voices.iter_mut().enumerate() {
            io.peak =
                if io.busy { block.outputs.some(voice * outputs..(voice + 1) * outputs).peak() } else { 0.0 };
            worst = worst.max(Status::of(io.peak));
        }
        worst
    }

    /// Computes some frames of one group into `heard`.
    fn compute(&mut self, group: usize, busy: u32, frames: usize) {
        let lanes = self.lanes();
        let Pointers { inputs, outputs } = &mut self.pointers;
        for (port, pointer) in inputs.iter_mut().enumerate() {
            *pointer = self.input.channel(port).as_ptr().cast();
        }
        for (own, pointer) in self.heard.chunks_mut(CHUNK * lanes).zip(outputs) {
            *pointer = own.as_mut_ptr().cast();
        }
        self.groups[group].run(&self.shared, busy, &self.pointers, frames, &mut self.before);
    }

    /// Gives the voices that were computed their samples.
    fn hand_out<S: Sample>(&self, busy: u32, mut outputs: AudioMut<'_, S>) {
        let (lanes, ports) = (self.lanes(), self.shared.parts.ports.outputs);
        for (at, heard) in self.heard.chunks(CHUNK).enumerate() {
            let (port, lane) = (at / lanes, at % lanes);
            if busy >> lane & 1 == 1 {
                let own = outputs.channel_mut(lane * ports + port);
                own.iter_mut().zip(heard).for_each(|(to, &from)| *to = S::of_single(from));
            }
        }
    }
}

impl Dsp for PackedVoices {
    fn voices(&self) -> usize {
        self.count
    }

    fn set(&mut self, voice: usize, control: usize, value: f64) {
        if voice < self.count {
            let lanes = self.lanes();
            self.groups[voice / lanes].set(&self.shared, voice % lanes, control, value);
        }
    }

    fn reset(&mut self, voice: usize) {
        if voice < self.count {
            let lanes = self.lanes();
            self.groups[voice / lanes].reset(&self.shared, voice % lanes);
        }
    }

    fn touch(&mut self) {
        self.groups.iter_mut().for_each(|group| group.state.touch());
    }

    fn process_f32(&mut self, block: &mut Block<'_, f32>) -> Status {
        self.each(block)
    }

    fn process_f64(&mut self, block: &mut Block<'_, f64>) -> Status {
        self.each(block)
    }
}

/// As many voices as a packed kernel has.
pub(crate) struct Group {
    state: State,
    /// Of each lane; a lane without a voice has the default.
    seeds: Box<[Seed]>,
    /// The controls of the first voice, then those of the second, and so on.
    controls: Box<[f64]>,
    /// A control has changed since its section ran.
    stale: bool,
    /// The voices that were computed last.
    busy: u32,
}

impl Group {
    fn new(shared: &Shared, seeds: &[Seed]) -> Self {
        let (parts, lanes) = (&shared.parts, shared.parts.layout.voices());
        let init: Vec<f64> = parts.ports.controls.iter().map(|control| control.init).collect();
        let (state, controls) = (State::new(shared), init.repeat(lanes).into());
        let mut own = vec![Seed::default(); lanes];
        own[..seeds.len()].copy_from_slice(seeds);
        let mut group = Self { state, seeds: own.into(), controls, stale: true, busy: 0 };
        for (&offset, &value) in parts.controls.iter().zip(&init) {
            (0..lanes).for_each(|lane| group.state.write(lane_of(offset, lane), f32::near(value)));
        }
        (0..lanes).for_each(|lane| group.reset(shared, lane));
        let _flush = FlushGuard::new();
        // SAFETY: the block has the layout of this code and its header is written.
        #[allow(unsafe_code)]
        unsafe {
            shared.code.init(group.state.start());
        }
        group
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state, to be written from outside: what stood still may move again.
    pub fn state_mut(&mut self) -> &mut State {
        self.stale = true;
        &mut self.state
    }

    fn set(&mut self, shared: &Shared, lane: usize, control: usize, value: f64) {
        let offsets = &shared.parts.controls;
        let Some(&offset) = offsets.get(control) else { return };
        let held = &mut self.controls[lane * offsets.len() + control];
        if held.to_bits() != value.to_bits() {
            *held = value;
            self.state.write(lane_of(offset, lane), f32::near(value));
            self.stale = true;
        }
    }

    /// Puts one voice back to birth.
    fn reset(&mut self, shared: &Shared, lane: usize) {
        for slot in shared.parts.layout.slots().iter().filter(|slot| lives(slot)) {
            self.state.write(lane_of(slot.offset, lane), 0_i32);
        }
        let seed = self.seeds[lane];
        for &(offset, ordinal) in &shared.parts.noises {
            self.state.write(lane_of(offset, lane), seed.noise(ordinal));
        }
        self.stale = true;
    }

    /// Computes some frames of the voices that are busy. The others stand still.
    fn run(&mut self, shared: &Shared, busy: u32, ports: &Pointers, frames: usize, before: &mut Before) {
        let layout = &shared.parts.layout;
        let still = (0..layout.voices()).filter(|lane| busy >> lane & 1 == 0);
        let stands = busy.count_ones() < layout.voices() as u32;
        if stands {
            let slots = layout.slot_bytes() as usize;
            before.slots.copy_from_slice(self.state.bytes(HEADER, slots));
        }
        let age = layout.slots().iter().find(|slot| slot.holds == Holds::Age).map(|slot| slot.offset);
        let halted = age.map_or(0, |age| {
            let old = still.clone().filter(|&lane| self.state.int(lane_of(age, lane)) > 0);
            old.fold(0, |halted, lane| halted | 1_u32 << lane)
        });
        let position = self.position(shared);
        if halted != 0 {
            self.save_rows(shared, position, frames, before);
        }
        self.stale |= busy != self.busy;
        self.busy = busy;
        self.call(shared, busy, ports, frames);
        if stands {
            for slot in layout.slots().iter().filter(|slot| lives(slot)) {
                for lane in still.clone() {
                    let at = lane_of(slot.offset, lane);
                    let old = (at - HEADER) as usize;
                    self.state.bytes_mut(at, WORD).copy_from_slice(&before.slots[old..old + WORD]);
                }
            }
        }
        if halted != 0 {
            self.restore_rows(shared, position, frames, before, [halted, busy]);
        }
        if let Some(age) = age {
            for lane in 0..layout.voices() {
                let at = lane_of(age, lane);
                self.state.write(at, self.state.int(at).min(OLD));
            }
        }
        self.state.frames = self.state.frames.saturating_add(frames as u64);
    }

    /// Runs the code.
    #[allow(unsafe_code)]
    fn call(&mut self, shared: &Shared, busy: u32, ports: &Pointers, frames: usize) {
        let resting = self.comes_to_rest(shared, busy);
        let (inputs, outputs, state) = (ports.inputs.as_ptr(), ports.outputs.as_ptr(), self.state.start());
        // SAFETY: the block has the layout of this code and its header is written. There is a pointer for every port, to
        // `frames` samples, of all voices where it is an output, and they do not overlap.
        unsafe {
            if resting {
                shared.code.process_at_rest(state, inputs, outputs, frames);
            } else {
                shared.code.process(state, inputs, outputs, frames);
            }
        }
    }

    /// Brings everything that is slower than samples up to date. Whether the followers of controls stand still now, in all
    /// voices that are busy.
    #[allow(unsafe_code)]
    fn comes_to_rest(&mut self, shared: &Shared, busy: u32) -> bool {
        let code = &shared.code;
        if std::mem::take(&mut self.stale) {
            // SAFETY: the block has the layout of this code and its header is written.
            unsafe { code.control(self.state.start()) };
        }
        let Some(moving) = shared.parts.moving.filter(|_| code.can_rest()) else { return false };
        let lanes = (0..shared.parts.layout.voices()).filter(|lane| busy >> lane & 1 == 1);
        let rests = |state: &State| lanes.clone().all(|lane| state.int(lane_of(moving, lane)) == 0);
        if rests(&self.state) {
            return true;
        }
        // SAFETY: as above.
        unsafe { code.settle(self.state.start()) };
        if !rests(&self.state) {
            return false;
        }
        // SAFETY: as above.
        unsafe { code.hold(self.state.start()) };
        true
    }
}

/// The way of a voice that stands still, though it has begun, while others of its group go on: rare and slow.
impl Group {
    /// Where all rings are written next.
    fn position(&self, shared: &Shared) -> Option<(u32, i32)> {
        let slots = shared.parts.layout.slots();
        let offset = slots.iter().find(|slot| slot.holds == Holds::Position(None))?.offset;
        Some((offset, self.state.int(offset)))
    }

    fn save_rows(&self, shared: &Shared, position: Option<(u32, i32)>, frames: usize, before: &mut Before) {
        let Some((_, position)) = position else { return };
        for (array, saved) in shared.parts.layout.arrays().iter().zip(&mut before.rows) {
            for (row, saved) in saved.chunks_mut(array.entry()).enumerate().take(rows(array, frames)) {
                saved.copy_from_slice(self.state.bytes(row_of(array, position, row), array.entry()));
            }
        }
    }

    /// Gives the voices that stand still (`halted`) their entries back, and makes them fit the place that all voices write
    /// at: either these entries move on, or those of the busy voices move back.
    fn restore_rows(
        &mut self,
        shared: &Shared,
        position: Option<(u32, i32)>,
        frames: usize,
        before: &Before,
        [halted, busy]: [u32; 2],
    ) {
        let Some((offset, position)) = position else { return };
        let back = busy.count_ones() < halted.count_ones();
        let lanes = shared.parts.layout.voices();
        let of = |mask: u32| (0..lanes).filter(move |lane| mask >> lane & 1 == 1);
        for (array, saved) in shared.parts.layout.arrays().iter().zip(&before.rows) {
            for (row, saved) in saved.chunks(array.entry()).enumerate().take(rows(array, frames)) {
                for lane in of(halted) {
                    let at = lane_of(row_of(array, position, row), lane);
                    let own = &saved[lane * WORD..(lane + 1) * WORD];
                    self.state.bytes_mut(at, WORD).copy_from_slice(own);
                }
            }
            let len = array.len as usize;
            let by = if back { len - frames % len } else { frames % len };
            let all = self.state.bytes_mut(array.offset, array.entry() * len);
            of(if back { busy } else { halted }).for_each(|lane| rotate(all, [lane, lanes], by));
        }
        if back {
            self.state.write(offset, position);
        }
    }
}

/// Whether a slot holds what a voice remembers from frame to frame.
fn lives(slot: &Slot) -> bool {
    matches!(slot.holds, Holds::Register(_) | Holds::Cell(_) | Holds::Noise(_) | Holds::Age)
}

fn lane_of(offset: u32, lane: usize) -> u32 {
    offset + (lane * WORD) as u32
}

/// The rows of a ring that a number of frames writes.
fn rows(array: &Array, frames: usize) -> usize {
    frames.min(array.len as usize)
}

/// Where the entries of the `row`-th frame from a position on lie.
fn row_of(array: &Array, position: i32, row: usize) -> u32 {
    let index = position.cast_unsigned().wrapping_add(row as u32) & (array.len - 1);
    array.offset + index * array.entry() as u32
}

/// Moves the entries of one of several lanes on by some places, those at the end to the front.
fn rotate(all: &mut [u8], [lane, lanes]: [usize; 2], by: usize) {
    let len = all.len() / (lanes * WORD);
    let mut reverse = |mut from: usize, mut to: usize| {
        while from + 1 < to {
            to -= 1;
            for byte in 0..WORD {
                let place = |entry: usize| (entry * lanes + lane) * WORD + byte;
                all.swap(place(from), place(to));
            }
            from += 1;
        }
    };
    reverse(0, len);
    reverse(0, by);
    reverse(by, len);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lane_moves_on_and_the_others_stay() {
        let mut all: Vec<u8> = (0..8_u8).flat_map(|entry| [entry, 0, 0, 0, entry + 100, 0, 0, 0]).collect();
        rotate(&mut all, [1, 2], 3);
        let lane = |lane: usize| -> Vec<u8> { all.chunks(8).map(|entry| entry[lane * WORD]).collect() };
        assert_eq!(lane(0), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(lane(1), [105, 106, 107, 100, 101, 102, 103, 104]);
    }
}
