//! Choices drawn from bytes, so that a fuzzer can steer them; when the bytes are used up, from a generator.

/// Chooses.
#[derive(Clone, Debug)]
pub struct Dice<'d> {
    data: &'d [u8],
    state: u64,
}

impl<'d> Dice<'d> {
    /// Choices that follow these bytes first.
    #[must_use]
    pub fn new(data: &'d [u8]) -> Self {
        let state = data.iter().fold(0x6B72_6163, |state: u64, &byte| {
            state.wrapping_mul(0x0000_0100_0000_01B3) ^ u64::from(byte)
        });
        Self { data, state }
    }

    /// Choices that follow a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Dice<'static> {
        Dice { data: &[], state: seed }
    }

    /// Whether there are bytes left to follow.
    #[must_use]
    pub fn steered(&self) -> bool {
        !self.data.is_empty()
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: usize) -> usize {
        if let Some((&byte, rest)) = self.data.split_first() {
            self.data = rest;
            return usize::from(byte) % limit;
        }
        // SplitMix64 (Steele, Lea and Flood 2014).
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % limit as u64).expect("below a usize")
    }

    /// One of them.
    pub fn pick<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }
}
