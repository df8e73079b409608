//! From cycles to frames, exactly.
//!
//! A cycle is a number of beats, the meter; a beat lasts 60 / tempo seconds. Every frame is computed from the last change
//! of tempo or meter, never by adding up frames: after a thousand bars an event is as exact as in the first.

use krach_abi::Frame;
use krach_pattern::{Overflow, Time};

/// Parts of a frame where a moment has no exact fraction: behind a ramp, and after many changes of tempo.
const GRAIN: i128 = 1 << 32;

/// A moment in frames: a fraction.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment {
    numerator: i128,
    denominator: i128,
}

/// The course of a tempo.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Course {
    /// Frames per beat, as a fraction.
    Steady(Moment),
    /// Beats per minute that change in a straight line over a number of beats.
    Ramp { from: f64, to: f64, beats: f64 },
}

/// From a beat on, a course.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    beat: Time,
    at: Moment,
    course: Course,
}

/// From a bar line on, a meter.
#[derive(Clone, Copy, Debug)]
struct Bars {
    cycle: i64,
    beat: Time,
    meter: Time,
}

/// When each cycle happens: tempo and meter from the first frame on.
#[derive(Clone, Debug)]
pub struct Timeline {
    rate: u32,
    stretches: Vec<Stretch>,
    bars: Vec<Bars>,
}

impl Timeline {
    /// A steady tempo in beats per minute from cycle 0 at frame 0; `rate` frames a second.
    ///
    /// # Errors
    /// The tempo needs more than 64 bits.
    pub fn new(rate: u32, tempo: f64, meter: Time) -> Result<Self, Overflow> {
        Self::starting(rate, tempo, meter, (Time::ZERO, Frame(0)))
    }

    /// A steady tempo, so that a cycle falls on a frame.
    ///
    /// # Errors
    /// The tempo or the cycle needs more than 64 bits.
    pub fn starting(
        rate: u32,
        tempo: f64,
        meter: Time,
        (cycle, frame): (Time, Frame),
    ) -> Result<Self, Overflow> {
        let at = Moment { numerator: frame.0.into(), denominator: 1 };
        let stretch = Stretch { beat: cycle.times(meter)?, at, course: steady(rate, tempo)? };
        Ok(Self { rate, stretches: vec![stretch], bars: vec![Bars { cycle: 0, beat: Time::ZERO, meter }] })
    }

    /// The frame nearest to a cycle; half-way between two it is the later one.
    ///
    /// # Errors
    /// The moment needs more than 64 bits.
    pub fn frame(&self, cycle: Time) -> Result<Frame, Overflow> {
        let moment = self.moment(self.beat(cycle)?)?.bounded();
        let twice = moment.denominator.checked_mul(2).ok_or(Overflow)?;
        let doubled = moment.numerator.checked_mul(2).and_then(|twice| twice.checked_add(moment.denominator));
        let frame = doubled.ok_or(Overflow)?.div_euclid(twice);
        u64::try_from(frame.max(0)).map(Frame).map_err(|_| Overflow)
    }

    /// The beat of a cycle.
    ///
    /// # Errors
    /// The beat needs more than 64 bits.
    pub fn beat(&self, cycle: Time) -> Result<Time, Overflow> {
        let after = self.bars.partition_point(|bars| Time::whole(bars.cycle) <= cycle);
        let bars = self.bars[after.saturating_sub(1)];
        let exact = || bars.beat.plus(cycle.minus(Time::whole(bars.cycle))?.times(bars.meter)?);
        exact().or_else(|_| {
            let passed = cycle.approximately() - Time::whole(bars.cycle).approximately();
            near(bars.beat.approximately() + passed * bars.meter.approximately())
        })
    }

    /// The cycle of a beat.
    ///
    /// # Errors
    /// The cycle needs more than 64 bits.
    pub fn cycle_of(&self, beat: Time) -> Result<Time, Overflow> {
        let after = self.bars.partition_point(|bars| bars.beat <= beat);
        let bars = self.bars[after.saturating_sub(1)];
        Time::whole(bars.cycle).plus(beat.minus(bars.beat)?.over(bars.meter)?)
    }

    /// The cycle that a frame lies in: exact while the tempo is steady and 64 bits hold the fraction, else to a billionth.
    ///
    /// # Errors
    /// The cycle needs more than 64 bits.
    pub fn cycle(&self, frame: Frame) -> Result<Time, Overflow> {
        let beat = self.beat_at(frame)?;
        self.cycle_of(beat).or_else(|_| {
            let after = self.bars.partition_point(|bars| bars.beat <= beat);
            let bars = self.bars[after.saturating_sub(1)];
            let passed = (beat.approximately() - bars.beat.approximately()) / bars.meter.approximately();
            Time::whole(bars.cycle).plus(Time::approximate(passed).ok_or(Overflow)?)
        })
    }

    /// A cycle that falls on a frame as a simple fraction, from which another tempo can go on for ever.
    ///
    /// # Errors
    /// The cycle needs more than 64 bits.
    pub fn simple_cycle(&self, frame: Frame) -> Result<Time, Overflow> {
        /// Denominators of music are smaller.
        const SIMPLE: i64 = 1 << 20;
        let cycle = self.cycle(frame)?;
        if cycle.denominator() <= SIMPLE {
            return Ok(cycle);
        }
        Time::approximate(cycle.approximately()).ok_or(Overflow)
    }

    fn beat_at(&self, frame: Frame) -> Result<Time, Overflow> {
        let frame = i128::from(frame.0);
        let after =
            self.stretches.partition_point(|stretch| stretch.at.numerator <= frame * stretch.at.denominator);
        let Stretch { beat, at, course } = self.stretches[after.saturating_sub(1)];
        let passed = Moment { numerator: frame, denominator: 1 }.minus(at).ok_or(Overflow)?;
        let beats = match course {
            Course::Steady(per_beat) => passed
                .over(per_beat)
                .and_then(Moment::time)
                .or_else(|| Time::approximate(passed.approximately() / per_beat.approximately()))
                .ok_or(Overflow)?,
            Course::Ramp { from, to, beats } => {
                let minutes = passed.approximately() / (60.0 * f64::from(self.rate));
                let slope = (to - from) / beats;
                Time::approximate(from / slope * (slope * minutes).exp_m1()).ok_or(Overflow)?
            }
        };
        beat.plus(beats).or_else(|_| near(beat.approximately() + beats.approximately()))
    }

    fn moment(&self, beat: Time) -> Result<Moment, Overflow> {
        let after = self.stretches.partition_point(|stretch| stretch.beat <= beat);
        let stretch = self.stretches[after.saturating_sub(1)];
        let passed = since(beat, stretch.beat)?;
        let frames = match stretch.course {
            Course::Steady(per_beat) => per_beat.times(passed).ok_or(Overflow)?,
            Course::Ramp { from, to, beats } => {
                // dt = db / tempo(b): the integral is a logarithm.
                let slope = (to - from) / beats;
                let minutes = (slope * passed.approximately() / from).ln_1p() / slope;
                Moment::grained(minutes * 60.0 * f64::from(self.rate))
            }
        };
        Ok(stretch.at.plus(frames))
    }

    /// Another tempo from a cycle on. What lies before it stays where it is.
    ///
    /// # Errors
    /// The tempo or the moment needs more than 64 bits.
    pub fn set_tempo(&mut self, from: Time, tempo: f64) -> Result<(), Overflow> {
        let beat = self.beat(from)?;
        let stretch = Stretch { beat, at: self.moment(beat)?.bounded(), course: steady(self.rate, tempo)? };
        self.stretches.retain(|stretch| stretch.beat < beat);
        self.stretches.push(stretch);
        Ok(())
    }

    /// From a cycle on, the tempo goes to another in a straight line over a number of cycles, and stays there.
    ///
    /// # Errors
    /// As for [`Timeline::set_tempo`].
    pub fn ramp_tempo(&mut self, from: Time, cycles: Time, to: f64) -> Result<(), Overflow> {
        let (start, end) = (self.beat(from)?, self.beat(from.plus(cycles)?)?);
        let (before, length) = (self.tempo_at(start)?, since(end, start)?);
        if !length.is_positive() || before == to {
            return self.set_tempo(from, to);
        }
        let (after, at) = (steady(self.rate, to)?, self.moment(start)?.bounded());
        let course = Course::Ramp { from: before, to, beats: length.approximately() };
        self.stretches.retain(|stretch| stretch.beat < start);
        self.stretches.push(Stretch { beat: start, at, course });
        let at = self.moment(end)?;
        self.stretches.push(Stretch { beat: end, at, course: after });
        Ok(())
    }

    /// Keeps the tempo of a cycle from there on: what was to change later is taken back.
    ///
    /// # Errors
    /// As for [`Timeline::set_tempo`].
    pub fn hold_tempo(&mut self, from: Time) -> Result<(), Overflow> {
        let beat = self.beat(from)?;
        let after = self.stretches.partition_point(|stretch| stretch.beat <= beat);
        match self.stretches[after.saturating_sub(1)].course {
            Course::Steady(_) => self.stretches.truncate(after.max(1)),
            Course::Ramp { .. } => self.set_tempo(from, self.tempo_at(beat)?)?,
        }
        Ok(())
    }

    /// The frames from one cycle to a later one if the tempo of the first goes on as it is known there: a ramp to its
    /// end, and then that.
    ///
    /// # Errors
    /// The moment needs more than 64 bits.
    pub fn frames_ahead(&self, from: Time, to: Time) -> Result<usize, Overflow> {
        let beat = self.beat(from)?;
        let after = self.stretches.partition_point(|stretch| stretch.beat <= beat).max(1);
        let ramps = matches!(self.stretches[after - 1].course, Course::Ramp { .. });
        let known = (after + usize::from(ramps)).min(self.stretches.len());
        let known = Self { stretches: self.stretches[..known].to_vec(), ..self.clone() };
        Ok(known.frame(to)?.since(known.frame(from)?))
    }

    /// Forgets the changes before a cycle, which is not asked for any more.
    pub fn forget(&mut self, before: Time) {
        let Ok(beat) = self.beat(before) else { return };
        let old = self.stretches.partition_point(|stretch| stretch.beat <= beat).saturating_sub(1);
        self.stretches.drain(..old);
        let old = self.bars.partition_point(|bars| Time::whole(bars.cycle) <= before).saturating_sub(1);
        self.bars.drain(..old);
    }

    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Beats per minute at a cycle.
    ///
    /// # Errors
    /// The beat needs more than 64 bits.
    pub fn tempo(&self, cycle: Time) -> Result<f64, Overflow> {
        self.tempo_at(self.beat(cycle)?)
    }

    fn tempo_at(&self, beat: Time) -> Result<f64, Overflow> {
        let after = self.stretches.partition_point(|stretch| stretch.beat <= beat);
        let stretch = self.stretches[after.saturating_sub(1)];
        Ok(match stretch.course {
            Course::Steady(per_beat) => 60.0 * f64::from(self.rate) / per_beat.approximately(),
            Course::Ramp { from, to, beats } => {
                from + (to - from) * (beat.approximately() - stretch.beat.approximately()) / beats
            }
        })
    }

    /// Another meter from the first bar line that is not before a cycle.
    ///
    /// # Errors
    /// The beat of the bar line needs more than 64 bits.
    pub fn set_meter(&mut self, from: Time, meter: Time) -> Result<(), Overflow> {
        let cycle = from.ceil();
        let beat = self.beat(Time::whole(cycle))?;
        self.bars.retain(|bars| bars.cycle < cycle);
        self.bars.push(Bars { cycle, beat, meter });
        Ok(())
    }
}

/// A beat to a billionth, far below a frame: after many changes of tempo, 64 bits hold no exact one.
fn near(beat: f64) -> Result<Time, Overflow> {
    Time::approximate(beat).ok_or(Overflow)
}

/// The beats from one to another, exact where 64 bits hold them.
fn since(beat: Time, start: Time) -> Result<Time, Overflow> {
    beat.minus(start).or_else(|_| near(beat.approximately() - start.approximately()))
}

/// Frames per beat: `60 · rate / tempo`.
fn steady(rate: u32, tempo: f64) -> Result<Course, Overflow> {
    let tempo = Time::approximate(tempo).filter(|tempo| tempo.is_positive()).ok_or(Overflow)?;
    let numerator = 60 * i128::from(rate) * i128::from(tempo.denominator());
    let per_beat = Moment { numerator, denominator: i128::from(tempo.numerator()) };
    Ok(Course::Steady(per_beat.reduced()))
}

impl Moment {
    fn reduced(self) -> Self {
        let (mut a, mut b) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = i128::try_from(a).unwrap_or(1).max(1);
        Self { numerator: self.numerator / common, denominator: self.denominator / common }
    }

    /// The nearest fraction of grains.
    fn grained(frames: f64) -> Self {
        // Beyond 2^95 frames there is no music.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let numerator = (frames * GRAIN as f64).round() as i128;
        Self { numerator, denominator: GRAIN }.reduced()
    }

    #[allow(clippy::cast_precision_loss)]
    fn approximately(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// To the nearest grain where the fraction has grown, so that all later ones fit.
    fn bounded(self) -> Self {
        if self.denominator <= 1 << 64 {
            return self;
        }
        Self { numerator: self.grains(), denominator: GRAIN }.reduced()
    }

    /// Whole grains.
    fn grains(self) -> i128 {
        let whole = self.numerator.div_euclid(self.denominator);
        let rest = self.numerator.rem_euclid(self.denominator);
        let grains = if self.denominator <= i128::MAX / GRAIN {
            rest * GRAIN / self.denominator
        } else {
            rest / (self.denominator / GRAIN)
        };
        whole.saturating_mul(GRAIN).saturating_add(grains)
    }

    /// Exact if it fits, else to the nearest grain.
    fn plus(self, other: Self) -> Self {
        let exact = || {
            let left = self.numerator.checked_mul(other.denominator)?;
            let right = other.numerator.checked_mul(self.denominator)?;
            let denominator = self.denominator.checked_mul(other.denominator)?;
            Some(Self { numerator: left.checked_add(right)?, denominator }.reduced())
        };
        exact().unwrap_or_else(|| {
            Self { numerator: self.grains().saturating_add(other.grains()), denominator: GRAIN }.reduced()
        })
    }

    fn minus(self, other: Self) -> Option<Self> {
        Some(self.plus(Self { numerator: other.numerator.checked_neg()?, ..other }))
    }

    fn times(self, time: Time) -> Option<Self> {
        let numerator = self.numerator.checked_mul(time.numerator().into())?;
        let denominator = self.denominator.checked_mul(time.denominator().into())?;
        Some(Self { numerator, denominator }.reduced())
    }

    fn over(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.denominator)?;
        let denominator = self.denominator.checked_mul(other.numerator)?;
        Some(Self { numerator, denominator }.reduced())
    }

    fn time(self) -> Option<Time> {
        let (numerator, denominator) = (i64::try_from(self.numerator), i64::try_from(self.denominator));
        match (numerator, denominator) {
            (Ok(numerator), Ok(denominator)) => Time::new(numerator, denominator).ok(),
            _ => Time::approximate(self.approximately()),
        }
    }
}
