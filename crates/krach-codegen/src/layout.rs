//! The state of one running copy: an aligned block of bytes, and what lies where in it.

use crate::Refusal;
use crate::kernel::types::Element;
use krach_abi::MAX_STATE_BYTES;
use krach_ir::{ControlId, LineId, NoiseId, RamId, RegisterId, Sig};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the header holds the address of the table of addresses.
pub const ADDRESSES: u32 = 0;
/// Bytes of the header.
pub const HEADER: u32 = 8;
/// Of the whole block, and of every array in it: a cache line.
pub const ALIGNMENT: u32 = 64;

/// Bytes of a vector of the machine, and the alignment of what lies in lanes.
pub const VECTOR: u32 = 16;

/// Rings of a power of two bytes would meet in the same lines of the cache at every frame: large arrays start a few
/// lines apart.
const SKEW: u64 = 5 * ALIGNMENT as u64;
const PAGE: u64 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub u32);

/// What a slot remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Numbered", try_from = "Numbered")]
pub enum Holds {
    /// What the stage has set.
    Control(ControlId),
    /// A node of a slower section, for a faster one.
    Value(Sig),
    Register(RegisterId),
    /// A line that is only tapped one frame ago.
    Cell(LineId),
    /// Where lines write next: the common position, or a gated line's own.
    Position(Option<LineId>),
    Noise(NoiseId),
    /// Whether anything that follows controls moves.
    Moving,
    /// Frames since the birth of each voice of a packed kernel: a ring holds nothing older.
    Age,
    /// As [`Holds::Value`], of a node of the program at rest.
    AtRest(Sig),
}

/// One of several equal pieces of state that lie side by side.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Lane {
    /// Names of this state that outlive an edit; none for what is computed anew and for lanes that only fill a vector.
    pub keys: Vec<Arc<str>>,
}

/// A place for one value, or one per lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    pub holds: Holds,
    /// Whose values they are, lane by lane.
    pub lanes: Vec<Lane>,
    pub element: Element,
    /// Bytes from lane to lane.
    pub stride: u32,
    pub offset: u32,
}

impl Slot {
    /// Of all lanes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.stride as usize * self.lanes.len()
    }

    fn alignment(&self) -> u32 {
        if self.lanes.len() > 1 { VECTOR } else { self.element.bytes() }
    }
}

/// What an array remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Numbered", try_from = "Numbered")]
pub enum Keeps {
    /// A delay line: a ring of a power of two frames.
    Ring(LineId),
    /// A read-write table.
    Ram(RamId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Array {
    pub keeps: Keeps,
    /// Whose entries they are: those of all lanes for one index lie side by side.
    pub lanes: Vec<Lane>,
    pub element: Element,
    /// Entries of each lane.
    pub len: u32,
    pub offset: u32,
}

impl Array {
    #[must_use]
    pub fn bytes(&self) -> u64 {
        u64::from(self.len) * self.entry() as u64
    }

    /// Bytes of the entries of all lanes for one index.
    #[must_use]
    pub fn entry(&self) -> usize {
        self.element.bytes() as usize * self.lanes.len()
    }
}

/// Everything a copy owns.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct StateLayout {
    /// The voices side by side in it.
    voices: u32,
    slots: Vec<Slot>,
    arrays: Vec<Array>,
    slot_bytes: u32,
    bytes: u32,
}

impl StateLayout {
    pub(crate) fn of(voices: u32) -> Self {
        Self { voices, ..Self::default() }
    }

    /// The voices side by side in it.
    #[must_use]
    pub fn voices(&self) -> usize {
        self.voices as usize
    }

    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    #[must_use]
    pub fn slot(&self, id: SlotId) -> &Slot {
        &self.slots[id.0 as usize]
    }

    #[must_use]
    pub fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    #[must_use]
    pub fn array(&self, id: ArrayId) -> &Array {
        &self.arrays[id.0 as usize]
    }

    /// Of all slots, which lie between the header and the arrays.
    #[must_use]
    pub fn slot_bytes(&self) -> u32 {
        self.slot_bytes
    }

    /// Whether a line stands still while its gate is closed, and so has a position of its own.
    #[must_use]
    pub fn is_gated(&self, line: LineId) -> bool {
        self.slots.iter().any(|slot| slot.holds == Holds::Position(Some(line)))
    }

    /// Of the whole block, a multiple of [`ALIGNMENT`].
    #[must_use]
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    pub(crate) fn add_slot(&mut self, holds: Holds, element: Element, keys: Vec<Arc<str>>) -> SlotId {
        // All voices write their rings at one place.
        let count = if matches!(holds, Holds::Position(_)) { 1 } else { self.voices as usize };
        let lanes = vec![Lane { keys }; count];
        self.slots.push(Slot { holds, lanes, element, stride: element.bytes(), offset: 0 });
        SlotId(u32::try_from(self.slots.len() - 1).expect("fewer slots than nodes"))
    }

    pub(crate) fn add_array(
        &mut self,
        keeps: Keeps,
        element: Element,
        len: u32,
        keys: Vec<Arc<str>>,
    ) -> ArrayId {
        let lanes = vec![Lane { keys }; self.voices as usize];
        self.arrays.push(Array { keeps, lanes, element, len, offset: 0 });
        ArrayId(u32::try_from(self.arrays.len() - 1).expect("fewer arrays than nodes"))
    }

    /// Gives everything its place: slots first, wide before narrow so that none needs padding, then arrays.
    pub(crate) fn place(&mut self) -> Result<(), Refusal> {
        let mut end = u64::from(HEADER);
        for width in [VECTOR, 8, 4] {
            for slot in self.slots.iter_mut().filter(|slot| slot.alignment() == width) {
                end = end.next_multiple_of(u64::from(width));
                slot.offset = clip(end);
                end += slot.bytes() as u64;
            }
        }
        self.slot_bytes = clip(end) - HEADER;
        for array in &mut self.arrays {
            end = end.next_multiple_of(u64::from(ALIGNMENT));
            array.offset = clip(end);
            let bytes = array.bytes();
            end += bytes + if bytes < PAGE { 0 } else { SKEW };
        }
        end = end.next_multiple_of(u64::from(ALIGNMENT));
        let limit = MAX_STATE_BYTES as u64;
        if end > limit {
            return Err(Refusal::StateTooLarge { bytes: end, limit });
        }
        self.bytes = clip(end);
        Ok(())
    }
}

/// A kind and a part of the program, as saved layouts spell what a place is for: ids of programs have no form of
/// their own outside of one.
type Numbered = (u8, u32);

fn numbered(kind: u8, part: usize) -> Numbered {
    (kind, u32::try_from(part).expect("a program has fewer than 2^32 parts"))
}

impl From<Holds> for Numbered {
    fn from(holds: Holds) -> Self {
        match holds {
            Holds::Control(id) => numbered(0, id.index()),
            Holds::Value(sig) => numbered(1, sig.index()),
            Holds::Register(id) => numbered(2, id.index()),
            Holds::Cell(id) => numbered(3, id.index()),
            Holds::Position(None) => numbered(4, 0),
            Holds::Position(Some(id)) => numbered(5, id.index()),
            Holds::Noise(id) => numbered(6, id.index()),
            Holds::Moving => numbered(7, 0),
            Holds::AtRest(sig) => numbered(8, sig.index()),
            Holds::Age => numbered(9, 0),
        }
    }
}

impl TryFrom<Numbered> for Holds {
    type Error = String;

    fn try_from((kind, part): Numbered) -> Result<Self, String> {
        let part = part as usize;
        Ok(match kind {
            0 => Self::Control(ControlId::new(part)),
            1 => Self::Value(Sig::new(part)),
            2 => Self::Register(RegisterId::new(part)),
            3 => Self::Cell(LineId::new(part)),
            4 => Self::Position(None),
            5 => Self::Position(Some(LineId::new(part))),
            6 => Self::Noise(NoiseId::new(part)),
            7 => Self::Moving,
            8 => Self::AtRest(Sig::new(part)),
            9 => Self::Age,
            _ => return Err(format!("no slot holds kind {kind}")),
        })
    }
}

impl From<Keeps> for Numbered {
    fn from(keeps: Keeps) -> Self {
        match keeps {
            Keeps::Ring(id) => numbered(0, id.index()),
            Keeps::Ram(id) => numbered(1, id.index()),
        }
    }
}

impl TryFrom<Numbered> for Keeps {
    type Error = String;

    fn try_from((kind, part): Numbered) -> Result<Self, String> {
        match kind {
            0 => Ok(Self::Ring(LineId::new(part as usize))),
            1 => Ok(Self::Ram(RamId::new(part as usize))),
            _ => Err(format!("no array keeps kind {kind}")),
        }
    }
}

/// Offsets past the limit are refused before they are used.
fn clip(offset: u64) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
