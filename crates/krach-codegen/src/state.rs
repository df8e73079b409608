//! The memory of one running voice: an aligned block, laid out by the kernel's [`StateLayout`].
#![allow(unsafe_code)]

use crate::factory::Shared;
use crate::layout::{ADDRESSES, ALIGNMENT, Array, HEADER, Keeps};
use crate::tables::Contents;
use memmap2::MmapMut;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// From this size on a block is mapped: the system gives each page when it is touched first, so that making a long
/// delay line takes no longer than making a short one. An allocator would clear all of it.
const MAPPED: usize = 64 << 10;
/// No system has smaller pages.
const PAGE: usize = 4096;
/// How many mapped blocks of copies that are gone wait for the next copy: those of one. A system maps in microseconds.
const IDLE: usize = 2;
/// A block with more bytes to clear than this goes back to the system instead.
const WORTH_CLEARING: usize = 64 << 10;

/// A zeroed, aligned block.
pub(crate) struct State {
    start: NonNull<u8>,
    layout: Layout,
    /// The memory of a large block; a small one is of the allocator.
    map: Option<MmapMut>,
    touched: bool,
    /// Frames computed in it since birth: no ring holds more.
    pub frames: u64,
}

// SAFETY: the block is owned memory, reached only through its owner.
unsafe impl Send for State {}

impl State {
    /// A block whose header is written and whose tables are filled: that of a copy that is gone, or a new one.
    pub fn new(shared: &Shared) -> Self {
        let idle = shared.idle.try_lock().ok().and_then(|mut idle| idle.pop());
        idle.unwrap_or_else(|| Self::fresh(shared))
    }

    fn fresh(shared: &Shared) -> Self {
        let bytes = shared.parts.layout.bytes() as usize;
        // Never empty: the header is part of every layout.
        let layout = Layout::from_size_align(bytes, ALIGNMENT as usize).expect("far below the limit");
        let mut map = (bytes >= MAPPED)
            .then(|| MmapMut::map_anon(bytes).unwrap_or_else(|_| handle_alloc_error(layout)));
        let start = match &mut map {
            // Pages are aligned to more than the block.
            Some(map) => map.as_mut_ptr(),
            // SAFETY: the layout is not of size zero.
            None => unsafe { alloc_zeroed(layout) },
        };
        let start = NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout));
        let mut state = Self { start, layout, map, touched: false, frames: 0 };
        state.write(ADDRESSES, shared.addresses.as_ptr());
        state.fill_tables(shared);
        state
    }

    /// Keeps the block for the next copy, as it was born, if it is mapped and soon cleared.
    pub fn retire(mut self, shared: &Shared) {
        if self.map.is_none() || self.touched || dirty_bytes(shared, &self) > WORTH_CLEARING {
            return;
        }
        self.clear(shared);
        if let Ok(mut idle) = shared.idle.try_lock()
            && idle.len() < IDLE
        {
            idle.push(self);
        }
    }

    /// Makes all arrays as they were born.
    fn clear(&mut self, shared: &Shared) {
        let frames = std::mem::take(&mut self.frames);
        for array in shared.parts.layout.arrays() {
            self.renew(shared, array, 0, dirty(array, frames));
        }
    }

    /// Writes what read-write tables hold at birth.
    pub fn fill_tables(&mut self, shared: &Shared) {
        for (offset, contents) in &shared.parts.rams {
            self.fill(*offset, contents, 0, contents.bytes());
        }
    }

    pub fn start(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Touches every page, so that none is asked of the system while the voice plays.
    pub fn touch(&mut self) {
        let Some(map) = &mut self.map else { return };
        self.touched = true;
        for page in map.chunks_mut(PAGE) {
            let first = &raw mut page[0];
            // SAFETY: the byte is borrowed mutably; it is written as it was.
            unsafe { first.write_volatile(first.read_volatile()) };
        }
    }

    /// The bytes of a place of the layout.
    pub fn bytes(&self, offset: u32, len: usize) -> &[u8] {
        assert!(offset as usize + len <= self.layout.size(), "the layout is inside the block");
        // SAFETY: just checked, and every byte was written when the block was made.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset as usize), len) }
    }

    /// The bytes of a place of the layout, behind the header.
    pub fn bytes_mut(&mut self, offset: u32, len: usize) -> &mut [u8] {
        assert!(offset >= HEADER && offset as usize + len <= self.layout.size(), "inside the block");
        // SAFETY: just checked; every pattern of bytes is a value of what lies behind the header.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().add(offset as usize), len) }
    }

    pub fn write<T: Copy>(&mut self, offset: u32, value: T) {
        assert!(offset as usize + size_of::<T>() <= self.layout.size(), "the layout is inside the block");
        // SAFETY: just checked; `StateLayout::place` aligns every slot to its size, the block more so.
        unsafe { self.start.as_ptr().add(offset as usize).cast::<T>().write(value) };
    }

    /// The int in a slot.
    pub fn int(&self, offset: u32) -> i32 {
        i32::from_ne_bytes(self.bytes(offset, 4).try_into().expect("four bytes"))
    }

    /// Copies the bytes `from..to` of a table to the table's place.
    fn fill(&mut self, offset: u32, contents: &Contents, from: usize, to: usize) {
        debug_assert!(from <= to && to <= contents.bytes());
        let target = self.bytes_mut(offset, contents.bytes());
        // SAFETY: contents hold that many bytes, outside of the block.
        unsafe {
            target.as_mut_ptr().add(from).copy_from_nonoverlapping(contents.start().add(from), to - from);
        };
    }
}

impl State {
    /// Makes the bytes `from..to` of an array as they were born.
    fn renew(&mut self, shared: &Shared, array: &Array, from: usize, to: usize) {
        match array.keeps {
            Keeps::Ring(_) => self.bytes_mut(array.offset, to)[from..].fill(0),
            Keeps::Ram(_) => {
                let contents = shared.parts.rams.iter().find(|(offset, _)| *offset == array.offset);
                if let Some((offset, contents)) = contents {
                    self.fill(*offset, contents, from, to.min(contents.bytes()));
                }
            }
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.map.is_none() {
            // SAFETY: allocated in `new` with this layout.
            unsafe { dealloc(self.start.as_ptr(), self.layout) };
        }
    }
}

/// A second block, for a voice that goes back to birth: the two change places, and the used block is cleared a little at
/// a time while the other plays.
pub(crate) struct Spare {
    state: State,
    /// The array that is cleared next, and how many of its bytes are clear.
    array: usize,
    done: usize,
}

impl Spare {
    pub fn new(shared: &Shared) -> Self {
        Self { state: State::new(shared), array: shared.parts.layout.arrays().len(), done: 0 }
    }

    pub fn touch(&mut self) {
        self.state.touch();
    }

    /// See [`State::retire`].
    pub fn retire(mut self, shared: &Shared) {
        if self.left(shared) <= WORTH_CLEARING {
            self.clear(shared, usize::MAX);
            self.state.retire(shared);
        }
    }

    /// The memory of a voice that goes back to birth. The block with fewer bytes to clear is cleared: a voice that is
    /// reset twice at once clears nothing the second time, and one that is reset a moment later clears about as many bytes
    /// of delay lines as were written since.
    pub fn renew(&mut self, shared: &Shared, used: &mut State) {
        if dirty_bytes(shared, used) <= self.left(shared) {
            used.clear(shared);
        } else {
            self.clear(shared, usize::MAX);
            std::mem::swap(&mut self.state, used);
            (self.array, self.done) = (0, 0);
        }
    }

    /// Bytes of this block that are not clear yet.
    pub fn left(&self, shared: &Shared) -> usize {
        let rest = shared.parts.layout.arrays().iter().skip(self.array);
        rest.map(|array| dirty(array, self.state.frames)).sum::<usize>().saturating_sub(self.done)
    }

    /// Clears about `bytes` bytes more, at most.
    pub fn clear(&mut self, shared: &Shared, mut bytes: usize) {
        let layout = &shared.parts.layout;
        while let Some(array) = layout.arrays().get(self.array) {
            if bytes == 0 {
                return;
            }
            let dirty = dirty(array, self.state.frames);
            let to = dirty.min(self.done.saturating_add(bytes));
            if self.done < to {
                self.state.renew(shared, array, self.done, to);
            }
            bytes -= to.saturating_sub(self.done).min(bytes);
            self.done = to;
            if to >= dirty {
                (self.array, self.done) = (self.array + 1, 0);
            }
        }
        self.state.frames = 0;
    }
}

/// Bytes of an array that may not be as they were born, after a number of frames. A ring is written from its start on,
/// a read-write table anywhere.
fn dirty(array: &Array, frames: u64) -> usize {
    let all = u64::from(array.len);
    let entries = match array.keeps {
        Keeps::Ring(_) => all.min(frames),
        Keeps::Ram(_) if frames == 0 => 0,
        Keeps::Ram(_) => all,
    };
    let lanes = array.lanes.len();
    usize::try_from(entries).unwrap_or(usize::MAX) * array.element.bytes() as usize * lanes
}

/// The same of all arrays of a block.
fn dirty_bytes(shared: &Shared, state: &State) -> usize {
    shared.parts.layout.arrays().iter().map(|array| dirty(array, state.frames)).sum()
}
