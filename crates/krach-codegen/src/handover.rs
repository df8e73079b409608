//! Carrying the state of one voice into another, by the names of its pieces.
//!
//! What is copied: registers, cells and noises whole; of a ring its last entries; of a read-write table all. A piece
//! goes from old to new where they share a key, a kind and a type. Rings come first, a slice at a time, each from its
//! oldest entry to its newest; since the old voice plays on, they are caught up with until one call brings all of them
//! up to the same frame. Then, at once, go the slots and the small tables.
//!
//! Eight voices side by side go over as one block. Nothing goes from them into voices one after the other, or back.

use crate::dsp::NativeDsp;
use crate::factory::Shared;
use crate::layout::{Array, Holds, Keeps, Slot, StateLayout};
use crate::packed::{Group, PackedVoices};
use crate::state::State;
use krach_abi::{Dsp, Fate, Handover, Sample, StatePiece, Voice, Voices};
use rustc_hash::FxHashMap;
use std::any::Any;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

/// Once slices of this many times all rows were not enough, the rest is carried at once: the old voice writes faster
/// than the slices follow.
const TIMES: u64 = 8;

/// Read-write tables of at most this many bytes in all voices are carried at once: as many as one slice holds.
const SMALL: u64 = 32 << 10;

/// Bytes that go from one place to another.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: u32,
    to: u32,
    bytes: usize,
}

/// An array that goes from one place to another.
#[derive(Clone, Copy, Debug)]
struct Row {
    from: u32,
    to: u32,
    /// Entries of the old one and of the new one, and bytes of each entry.
    lens: [u32; 2],
    entry: usize,
    /// Where the old ring writes next; none for a table.
    position: Option<u32>,
}

/// A line that one program reads only one frame ago, so that it is a slot, and the other further ago.
#[derive(Clone, Copy, Debug)]
struct Newest {
    slot: u32,
    ring: u32,
    len: u32,
    entry: usize,
    /// Where the ring writes next.
    position: u32,
    /// The slot is the old one.
    grows: bool,
}

impl Newest {
    fn carry(self, old: &State, new: &mut State) {
        let ring = if self.grows { &*new } else { old };
        let newest = ring.int(self.position).cast_unsigned().wrapping_sub(1) & (self.len - 1);
        let place = self.ring + newest * self.entry as u32;
        if self.grows {
            new.bytes_mut(place, self.entry).copy_from_slice(old.bytes(self.slot, self.entry));
            // The entry may lie at the end of the ring.
            new.frames = new.frames.max(self.len.into());
        } else {
            new.bytes_mut(self.slot, self.entry).copy_from_slice(old.bytes(place, self.entry));
        }
    }

    fn piece(self) -> Piece {
        let (from, to) = if self.grows { (self.slot, self.ring) } else { (self.ring, self.slot) };
        Piece { from, to, bytes: self.entry }
    }
}

/// The memory of one voice, or of voices side by side.
trait Memory {
    fn state(&self) -> &State;
    fn state_mut(&mut self) -> &mut State;
    /// How often it was born again as a whole.
    fn lives(&self) -> u32;
    fn reset(&mut self);
}

impl<S: Sample> Memory for NativeDsp<S> {
    fn state(&self) -> &State {
        self.state()
    }

    fn state_mut(&mut self) -> &mut State {
        self.state_mut()
    }

    fn lives(&self) -> u32 {
        self.lives()
    }

    fn reset(&mut self) {
        Voice::reset(self);
    }
}

impl Memory for Group {
    fn state(&self) -> &State {
        self.state()
    }

    fn state_mut(&mut self) -> &mut State {
        self.state_mut()
    }

    /// Its voices know their ages: what is older than one is not heard.
    fn lives(&self) -> u32 {
        0
    }

    fn reset(&mut self) {}
}

/// The state on its way between copies of one form of code: one block of memory for a voice, or for several.
#[derive(Debug)]
struct Way {
    old: Arc<Shared>,
    new: Arc<Shared>,
    blocks: usize,
    /// Slots and small tables.
    pieces: Vec<Piece>,
    newest: Vec<Newest>,
    rows: Vec<Row>,
    /// Of each row of each voice: the entry that is carried next, once it has begun.
    next: Vec<Option<u32>>,
    /// Of each voice: which life of the old one is being carried.
    lives: Vec<u32>,
    at: usize,
    /// Bytes of all rows of all voices, and of all slices so far.
    all: u64,
    spent: u64,
}

impl Way {
    fn new(old: &Arc<Shared>, new: &Arc<Shared>, voices: usize) -> Self {
        let (from, to) = (&old.parts.layout, &new.parts.layout);
        let (rows, mut pieces) = (rows(from, to, voices), slots(from, to));
        pieces.extend(small_tables(from, to, voices));
        let blocks = voices.div_ceil(to.voices());
        Self {
            pieces,
            newest: if to.voices() == 1 { newest(from, to) } else { Vec::new() },
            lives: vec![0; blocks],
            next: vec![None; rows.len() * blocks],
            all: rows.iter().map(|row| u64::from(row.lens[1]) * row.entry as u64).sum::<u64>()
                * blocks as u64,
            rows,
            old: old.clone(),
            new: new.clone(),
            blocks,
            at: 0,
            spent: 0,
        }
    }

    /// As [`Handover::carry`], once the copies are known to be of these programs.
    fn turn<M: Memory>(&mut self, from: &[M], to: &mut [M], budget: &mut usize) -> bool {
        let blocks = self.blocks.min(from.len()).min(to.len());
        for block in 0..blocks {
            self.begin_again(block, &from[block], &mut to[block]);
        }
        let total = self.rows.len() * blocks;
        // The rows that are up to date as of this call, one after the other.
        let mut through = 0;
        while through < total {
            let (row, block) = (self.rows[self.at % self.rows.len()], self.at / self.rows.len());
            let (old, new) = (from[block].state(), to[block].state_mut());
            let left = if self.spent <= TIMES * self.all { *budget } else { usize::MAX };
            let (carried, done) = row.carry(old, new, &mut self.next[self.at], left);
            self.spent = self.spent.saturating_add(carried as u64);
            *budget = budget.saturating_sub(carried);
            new.frames = new.frames.max(old.frames);
            if !done {
                return false;
            }
            through += 1;
            self.at = (self.at + 1) % total;
        }
        for (old, new) in from.iter().zip(to).take(blocks) {
            let (old, new) = (old.state(), new.state_mut());
            for piece in &self.pieces {
                new.bytes_mut(piece.to, piece.bytes).copy_from_slice(old.bytes(piece.from, piece.bytes));
                *budget = budget.saturating_sub(piece.bytes);
            }
            new.frames = old.frames;
            self.newest.iter().for_each(|newest| newest.carry(old, new));
        }
        true
    }

    /// A voice that was born again since the last call is carried from its birth: nothing of its life before may stay
    /// in the delay lines of the new one.
    fn begin_again<M: Memory>(&mut self, voice: usize, old: &M, new: &mut M) {
        if std::mem::replace(&mut self.lives[voice], old.lives()) != old.lives() {
            let rows = self.rows.len();
            let next = &mut self.next[voice * rows..(voice + 1) * rows];
            if next.iter().any(Option::is_some) {
                next.fill(None);
                new.reset();
            }
        }
    }
}

impl Way {
    fn bytes(&self) -> usize {
        let rows = self.rows.iter().map(|row| row.lens[0].min(row.lens[1]) as usize * row.entry);
        let pieces = self.pieces.iter().copied().chain(self.newest.iter().map(|newest| newest.piece()));
        pieces.map(|piece| piece.bytes).sum::<usize>() + rows.sum::<usize>()
    }

    fn pieces(&self) -> Vec<StatePiece> {
        let row = |row: &Row| Piece {
            from: row.from,
            to: row.to,
            bytes: row.lens[0].min(row.lens[1]) as usize * row.entry,
        };
        let newest = self.newest.iter().map(|newest| newest.piece());
        let pieces = self.pieces.iter().copied().chain(newest);
        let carried: Vec<Piece> = pieces.chain(self.rows.iter().map(row)).collect();
        let born = named(&self.new.parts.layout).map(|(key, place, bytes)| {
            let kept = carried.iter().find(|piece| piece.to == place);
            let (bytes, fate) = kept.map_or((bytes, Fate::Begun), |kept| (kept.bytes, Fate::Kept));
            StatePiece { key: key.clone(), bytes, fate }
        });
        let left = named(&self.old.parts.layout)
            .filter(|(_, place, _)| carried.iter().all(|piece| piece.from != *place));
        let dropped = left.map(|(key, _, bytes)| StatePiece { key: key.clone(), bytes, fate: Fate::Dropped });
        born.chain(dropped).collect()
    }
}

/// See the module's essay.
#[derive(Debug)]
pub(crate) struct NativeHandover {
    /// Between voices one after the other.
    single: Way,
    /// Between voices side by side.
    packed: Option<Way>,
}

impl NativeHandover {
    /// `packed` is the code of voices side by side, where both programs have some.
    pub fn new(single: [&Arc<Shared>; 2], packed: Option<[&Arc<Shared>; 2]>, voices: usize) -> Self {
        let way = |[old, new]: [&Arc<Shared>; 2]| Way::new(old, new, voices);
        Self { single: way(single), packed: packed.map(way) }
    }

    fn turn_voices<S: Sample>(
        &mut self,
        from: &mut Voices<NativeDsp<S>>,
        to: &mut Voices<NativeDsp<S>>,
        budget: &mut usize,
    ) -> bool {
        let of = |dsp: &Voices<NativeDsp<S>>, shared: &Arc<Shared>| {
            dsp.all().first().is_some_and(|voice| Arc::ptr_eq(voice.shared(), shared))
        };
        if !of(from, &self.single.old) || !of(to, &self.single.new) {
            return true;
        }
        self.single.turn(from.all(), to.all_mut(), budget)
    }

    fn turn_packed(&mut self, from: &PackedVoices, to: &mut PackedVoices, budget: &mut usize) -> bool {
        match &mut self.packed {
            Some(way) if Arc::ptr_eq(from.shared(), &way.old) && Arc::ptr_eq(to.shared(), &way.new) => {
                way.turn(from.groups(), to.groups_mut(), budget)
            }
            _ => true,
        }
    }
}

impl Handover for NativeHandover {
    fn bytes(&self) -> usize {
        self.single.bytes()
    }

    fn pieces(&self) -> Vec<StatePiece> {
        self.single.pieces()
    }

    fn carry(&mut self, from: &mut dyn Dsp, to: &mut dyn Dsp, budget: &mut usize) -> bool {
        let (from, to): (&mut dyn Any, &mut dyn Any) = (from, to);
        if let (Some(from), Some(to)) = (from.downcast_mut(), to.downcast_mut()) {
            return self.turn_voices::<f32>(from, to, budget);
        }
        if let (Some(from), Some(to)) = (from.downcast_mut(), to.downcast_mut()) {
            return self.turn_packed(from, to, budget);
        }
        match (from.downcast_mut(), to.downcast_mut()) {
            (Some(from), Some(to)) => self.turn_voices::<f64>(from, to, budget),
            _ => true,
        }
    }
}

impl Row {
    /// Carries entries until the row is up to date or about `bytes` are carried: how many bytes went, and whether it
    /// is up to date.
    fn carry(self, old: &State, new: &mut State, next: &mut Option<u32>, bytes: usize) -> (usize, bool) {
        let [reach, len] = self.lens;
        let all = reach.min(len);
        let (first, end) = match self.position {
            None => (next.unwrap_or(0), all),
            Some(position) => {
                let end = old.int(position).cast_unsigned();
                let held = u32::try_from(old.frames).unwrap_or(u32::MAX).min(all);
                let oldest = end.wrapping_sub(held);
                // What the old ring has overwritten meanwhile is no longer wanted.
                let first = next.filter(|next| end.wrapping_sub(*next) <= held).unwrap_or(oldest);
                (first, end)
            }
        };
        // A few entries always go, however small the budget.
        let most = u32::try_from(bytes / self.entry).unwrap_or(u32::MAX).max(16);
        let count = end.wrapping_sub(first).min(most);
        let mut done = 0;
        while done < count {
            let entry = first.wrapping_add(done);
            let (from, to) = (entry & (reach - 1), entry & (len - 1));
            let (from, to) = if self.position.is_some() { (from, to) } else { (entry, entry) };
            let run = (count - done).min(reach - from).min(len - to);
            let place = |base: u32, at: u32| base + at * self.entry as u32;
            let bytes = run as usize * self.entry;
            new.bytes_mut(place(self.to, to), bytes)
                .copy_from_slice(old.bytes(place(self.from, from), bytes));
            done += run;
        }
        *next = Some(first.wrapping_add(count));
        (count as usize * self.entry, first.wrapping_add(count) == end)
    }
}

/// A kind of slot, apart from the part of the program it belongs to. Values of controls and of slower sections are not
/// carried: they are computed anew.
fn kind(holds: Holds) -> Option<Discriminant<Holds>> {
    match holds {
        Holds::Register(_) | Holds::Cell(_) | Holds::Noise(_) => Some(discriminant(&holds)),
        Holds::Control(_)
        | Holds::Value(_)
        | Holds::Position(_)
        | Holds::Moving
        | Holds::Age
        | Holds::AtRest(_) => None,
    }
}

fn slots(old: &StateLayout, new: &StateLayout) -> Vec<Piece> {
    let mut named: FxHashMap<&str, &Slot> = FxHashMap::default();
    for slot in old.slots().iter().filter(|slot| kind(slot.holds).is_some()) {
        named.extend(keys(slot).map(|key| (&**key, slot)));
    }
    let heir = |slot: &Slot| {
        let from = keys(slot).find_map(|key| named.get(&**key))?;
        let alike = kind(from.holds) == kind(slot.holds) && from.element == slot.element;
        alike.then(|| Piece { from: from.offset, to: slot.offset, bytes: slot.bytes() })
    };
    let mut pieces: Vec<Piece> =
        new.slots().iter().filter(|slot| kind(slot.holds).is_some()).filter_map(heir).collect();
    // Rings go on where the old ones write.
    for (from, to) in pairs(old, new) {
        if let (Some(from), Some(to)) = (position(old, from), position(new, to))
            && pieces.iter().all(|piece| piece.to != to)
        {
            pieces.push(Piece { from, to, bytes: 4 });
        }
    }
    let age = |layout: &StateLayout| layout.slots().iter().find(|slot| slot.holds == Holds::Age).cloned();
    if let (Some(from), Some(to)) = (age(old), age(new)) {
        pieces.push(Piece { from: from.offset, to: to.offset, bytes: from.bytes() });
    }
    pieces
}

fn small_tables<'a>(
    old: &'a StateLayout,
    new: &'a StateLayout,
    voices: usize,
) -> impl Iterator<Item = Piece> + 'a {
    let small = pairs(old, new).filter(move |(_, to)| is_small(to, voices));
    small.map(|(from, to)| Piece { from: from.offset, to: to.offset, bytes: from.bytes() as usize })
}

fn is_small(array: &Array, voices: usize) -> bool {
    matches!(array.keeps, Keeps::Ram(_)) && array.bytes() * voices as u64 <= SMALL
}

fn rows(old: &StateLayout, new: &StateLayout, voices: usize) -> Vec<Row> {
    pairs(old, new)
        .filter(|(_, to)| !is_small(to, voices))
        .map(|(from, to)| Row {
            from: from.offset,
            to: to.offset,
            lens: [from.len, to.len],
            entry: from.entry(),
            position: position(old, from),
        })
        .collect()
}

/// Arrays that are the same piece of state.
fn pairs<'a>(old: &'a StateLayout, new: &'a StateLayout) -> impl Iterator<Item = (&'a Array, &'a Array)> {
    let mut named: FxHashMap<&str, &Array> = FxHashMap::default();
    for array in old.arrays() {
        named.extend(own(array).map(|key| (&**key, array)));
    }
    new.arrays().iter().filter_map(move |to| {
        let from = *own(to).find_map(|key| named.get(&**key))?;
        let alike = match (from.keeps, to.keeps) {
            (Keeps::Ring(old_line), Keeps::Ring(new_line)) => {
                old.is_gated(old_line) == new.is_gated(new_line)
            }
            (Keeps::Ram(_), Keeps::Ram(_)) => from.len == to.len,
            _ => false,
        };
        (alike && from.element == to.element).then_some((from, to))
    })
}

/// Lines that are a slot in one program and a ring in the other.
fn newest(old: &StateLayout, new: &StateLayout) -> Vec<Newest> {
    let meet = |slot: &Slot, array: &Array| {
        matches!(array.keeps, Keeps::Ring(_))
            && array.element == slot.element
            && own(array).any(|key| keys(slot).any(|known| known == key))
    };
    let find = |cells: &StateLayout, rings: &StateLayout, grows: bool| {
        let pair = |slot: &Slot| {
            let array = rings.arrays().iter().find(|array| meet(slot, array))?;
            let position = position(rings, array)?;
            let (slot, ring, entry) = (slot.offset, array.offset, array.element.bytes() as usize);
            Some(Newest { slot, ring, len: array.len, entry, position, grows })
        };
        let cells = cells.slots().iter().filter(|slot| matches!(slot.holds, Holds::Cell(_)));
        cells.filter_map(pair).collect::<Vec<_>>()
    };
    [find(old, new, true), find(new, old, false)].concat()
}

/// Where a ring's position lies.
fn position(layout: &StateLayout, array: &Array) -> Option<u32> {
    let Keeps::Ring(line) = array.keeps else { return None };
    let own = Holds::Position(layout.is_gated(line).then_some(line));
    layout.slots().iter().find(|slot| slot.holds == own).map(|slot| slot.offset)
}

/// The first key, the place and the bytes of all state that can be carried.
fn named(layout: &StateLayout) -> impl Iterator<Item = (&Arc<str>, u32, usize)> {
    let slots = layout.slots().iter().filter(|slot| kind(slot.holds).is_some());
    let slots = slots.map(|slot| (keys(slot).next(), slot.offset, slot.element.bytes() as usize));
    let arrays = layout.arrays().iter();
    let arrays = arrays.map(|array| (own(array).next(), array.offset, array.bytes() as usize));
    slots.chain(arrays).filter_map(|(key, place, bytes)| Some((key?, place, bytes)))
}

fn keys(slot: &Slot) -> impl Iterator<Item = &Arc<str>> {
    slot.lanes.iter().flat_map(|lane| &lane.keys)
}

fn own(array: &Array) -> impl Iterator<Item = &Arc<str>> {
    array.lanes.iter().flat_map(|lane| &lane.keys)
}
