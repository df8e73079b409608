//! Swing: the first half of each pair of steps takes more of the pair's time.

use crate::{Overflow, Refusal, Time};

/// Of each pair of `grid` steps per cycle, the first takes `amount` of the time: ½ is straight, ⅔ a triplet feel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Swing {
    amount: Time,
    grid: u32,
}

impl Swing {
    /// The amount lies between 0 and 1, both excluded; the grid is even.
    pub fn new(amount: Time, grid: i64) -> Result<Self, Refusal> {
        if !amount.is_positive() || amount >= Time::ONE {
            return Err(Refusal::SwingAmount(amount));
        }
        match u32::try_from(grid) {
            Ok(grid) if grid > 0 && grid % 2 == 0 && grid <= 4096 => Ok(Self { amount, grid }),
            _ => Err(Refusal::SwingGrid(grid)),
        }
    }

    #[must_use]
    pub fn amount(self) -> Time {
        self.amount
    }

    #[must_use]
    pub fn grid(self) -> u32 {
        self.grid
    }

    /// Where a straight moment falls.
    pub fn swung(self, moment: Time) -> Result<Time, Overflow> {
        self.bent(moment, Time::HALF, self.amount)
    }

    /// The straight moment that falls there.
    pub fn straight(self, moment: Time) -> Result<Time, Overflow> {
        self.bent(moment, self.amount, Time::HALF)
    }

    /// In each pair, stretches what lies before `knee` to end at `to`, and what lies behind it to start there.
    fn bent(self, moment: Time, knee: Time, to: Time) -> Result<Time, Overflow> {
        let pairs = Time::whole(i64::from(self.grid / 2));
        let position = moment.times(pairs)?;
        let (pair, within) = (Time::whole(position.floor()), position.fraction());
        let bent = if within < knee {
            within.times(to)?.over(knee)?
        } else {
            let behind = within.minus(knee)?.times(Time::ONE.minus(to)?)?.over(Time::ONE.minus(knee)?)?;
            to.plus(behind)?
        };
        pair.plus(bent)?.over(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(numerator: i64, denominator: i64) -> Time {
        Time::new(numerator, denominator).expect("small")
    }

    proptest! {
        #[test]
        fn straight_undoes_swung(n in -400_i64..400, d in 1_i64..60, amount in 1_i64..100, pairs in 1_i64..9) {
            let swing = Swing::new(time(amount, 100), 2 * pairs).unwrap();
            let moment = time(n, d);
            prop_assert_eq!(swing.straight(swing.swung(moment)?), Ok(moment));
            prop_assert_eq!(swing.swung(moment)?.floor(), moment.floor());
            prop_assert_eq!(Swing::new(Time::HALF, 2 * pairs).unwrap().swung(moment), Ok(moment));
        }
    }

    #[test]
    fn two_thirds_is_a_triplet() {
        let swing = Swing::new(time(67, 100), 8).unwrap();
        let swung = |n, d| swing.swung(time(n, d)).unwrap();
        assert_eq!(swung(0, 1), Time::ZERO);
        assert_eq!(swung(1, 8), time(67, 400));
        assert_eq!(swung(1, 16), time(67, 800));
        assert_eq!(swung(3, 16), time(167, 800));
        assert_eq!(swung(1, 4), time(1, 4));
        assert_eq!(swung(3, 8), time(167, 400));
        assert!(Swing::new(Time::ONE, 8).is_err() && Swing::new(Time::HALF, 7).is_err());
    }
}
