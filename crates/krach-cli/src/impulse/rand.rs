//! The numbers of the C library's `rand()`, which the official test program splits its blocks by.

/// The additive feedback generator that `rand()` of glibc is by default: x(n) = x(n−3) + x(n−31) in 32 bits, of
/// which the lowest is dropped (Knuth, The Art of Computer Programming, vol. 2, §3.2.2).
#[derive(Clone, Debug)]
pub(super) struct Rand {
    last: [u32; DEGREE],
    at: usize,
}

const DEGREE: usize = 31;
const SEPARATION: usize = 3;
/// As many numbers are thrown away at first.
const WARM_UP: usize = 10 * DEGREE;

impl Rand {
    /// As in a program that does not call `srand`: seeded with 1.
    #[must_use]
    pub(super) fn new() -> Self {
        // The seeds are those of Park and Miller's generator: 16807 x modulo 2³¹ − 1.
        let mut seed = 1_u64;
        let last = std::array::from_fn(|_| {
            let now = seed;
            seed = seed * 16_807 % 2_147_483_647;
            u32::try_from(now).expect("below 2^31")
        });
        let mut rand = Self { last, at: SEPARATION };
        for _ in 0..WARM_UP {
            rand.below_2_31();
        }
        rand
    }

    /// The next number, below 2³¹.
    pub(super) fn below_2_31(&mut self) -> u32 {
        let before = self.last[(self.at + DEGREE - SEPARATION) % DEGREE];
        let sum = self.last[self.at].wrapping_add(before);
        self.last[self.at] = sum;
        self.at = (self.at + 1) % DEGREE;
        sum >> 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_glibc() {
        let mut rand = Rand::new();
        let first: Vec<u32> = (0..6).map(|_| rand.below_2_31()).collect();
        assert_eq!(
            first,
            [1_804_289_383, 846_930_886, 1_681_692_777, 1_714_636_915, 1_957_747_793, 424_238_335]
        );
        let thousandth = (6..1000).map(|_| rand.below_2_31()).last();
        assert_eq!(thousandth, Some(1_143_565_421));
    }
}
