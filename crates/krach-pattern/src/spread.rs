//! Euclidean rhythms: pulses spread as evenly as steps allow.

use crate::Refusal;

/// `pulses` of `steps`, turned left by `rotation` steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rhythm {
    pub pulses: u32,
    pub steps: u32,
    pub rotation: u32,
    /// Which steps are pulses.
    pub hits: Box<[bool]>,
}

impl Rhythm {
    /// Bjorklund's algorithm ("The Theory of Rep-Rate Pattern Generation", 2003; as a rhythm: Toussaint 2005):
    /// begin with one group per pulse and one per rest, and append the groups of the last kind to the others until at
    /// most one of them is left.
    pub fn new(pulses: i64, steps: i64, rotation: i64) -> Result<Self, Refusal> {
        const MOST: i64 = 4096;
        if steps <= 0 || steps > MOST {
            return Err(Refusal::SpreadSteps(steps));
        }
        if pulses < 0 || pulses > steps {
            return Err(Refusal::SpreadPulses { pulses, steps });
        }
        let count = |number: i64| usize::try_from(number).unwrap_or_default();
        let mut heads = vec![vec![true]; count(pulses)];
        let mut tails = vec![vec![false]; count(steps - pulses)];
        while !heads.is_empty() && tails.len() > 1 {
            let pairs = heads.len().min(tails.len());
            let left = if heads.len() > pairs { heads.split_off(pairs) } else { tails.split_off(pairs) };
            for (head, tail) in heads.iter_mut().zip(tails) {
                head.extend(tail);
            }
            tails = left;
        }
        let mut hits: Vec<bool> = heads.into_iter().chain(tails).flatten().collect();
        let turn = rotation.rem_euclid(steps);
        hits.rotate_left(count(turn));
        let small = |number: i64| u32::try_from(number).unwrap_or_default();
        Ok(Self { pulses: small(pulses), steps: small(steps), rotation: small(turn), hits: hits.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(pulses: i64, steps: i64, rotation: i64) -> String {
        let rhythm = Rhythm::new(pulses, steps, rotation).expect("in range");
        rhythm.hits.iter().map(|&hit| if hit { 'x' } else { '.' }).collect()
    }

    #[test]
    fn rhythms_are_the_published_ones() {
        let known = [
            (3, 8, "x..x..x."),
            (5, 8, "x.xx.xx."),
            (3, 5, "x.x.x"),
            (4, 7, "x.x.x.x"),
            (5, 7, "x.xx.xx"),
            (4, 11, "x..x..x..x."),
            (5, 9, "x.x.x.x.x"),
            (5, 12, "x..x.x..x.x."),
            (5, 13, "x..x.x..x.x.."),
            (5, 16, "x..x..x..x..x..."),
            (7, 12, "x.xx.x.xx.x."),
            (7, 16, "x..x.x.x..x.x.x."),
            (9, 16, "x.xx.x.x.xx.x.x."),
            (2, 5, "x.x.."),
            (3, 7, "x.x.x.."),
            (4, 9, "x.x.x.x.."),
            (5, 11, "x.x.x.x.x.."),
            (3, 4, "xxx."),
            (7, 8, "xxxxxxx."),
            (0, 4, "...."),
            (4, 4, "xxxx"),
        ];
        for (pulses, steps, rhythm) in known {
            assert_eq!(drawn(pulses, steps, 0), rhythm, "{pulses}, {steps}");
        }
        assert_eq!(drawn(3, 8, 1), "..x..x.x");
        assert_eq!(drawn(3, 8, -7), "..x..x.x");
    }

    #[test]
    fn every_rhythm_has_its_pulses_as_even_as_can_be() {
        for steps in 1..=32 {
            for pulses in 1..=steps {
                let hits = Rhythm::new(pulses, steps, 0).expect("in range").hits;
                let places: Vec<usize> = (0..hits.len()).filter(|&at| hits[at]).collect();
                assert_eq!(places.len(), usize::try_from(pulses).unwrap());
                let gaps = (0..places.len()).map(|at| {
                    let next = places.get(at + 1).copied().unwrap_or(places[0] + hits.len());
                    next - places[at]
                });
                let (shortest, longest) = (gaps.clone().min().unwrap(), gaps.max().unwrap());
                assert!(longest - shortest <= 1, "{pulses} of {steps}");
            }
        }
        assert!(
            Rhythm::new(3, 0, 0).is_err() && Rhythm::new(9, 8, 0).is_err() && Rhythm::new(-1, 8, 0).is_err()
        );
        assert!(Rhythm::new(1, i64::MAX, 0).is_err());
    }
}
