//! The two formats of samples.

use crate::{Audio, AudioMut, Block, Converter, Dsp, Frame, Precision, Status, Voice};
use std::fmt;
use std::ops::{Add, Mul};

/// A format of samples: `f32` or `f64`.
pub trait Sample:
    Copy + Default + PartialOrd + Send + Sync + fmt::Debug + Add<Output = Self> + Mul<Output = Self> + 'static
{
    const PRECISION: Precision;

    #[must_use]
    fn wide(self) -> f64;

    /// The nearest sample.
    #[must_use]
    fn near(value: f64) -> Self;

    /// The nearest sample in single precision, and the sample of one; of single precision, the same bits.
    #[must_use]
    fn single(self) -> f32;

    #[must_use]
    fn of_single(value: f32) -> Self;

    /// The largest size of a sample, NaN if one is NaN.
    #[must_use]
    fn peak(samples: &[Self]) -> f64;

    /// Calls the method of a [`Dsp`] for this format.
    fn process(dsp: &mut dyn Dsp, block: &mut Block<'_, Self>) -> Status;

    /// Plays a voice that computes in this format in `f32` buffers.
    fn voice_f32<V: Voice<Sample = Self>>(
        voice: &mut V,
        converter: &mut Converter<Self>,
        start: Frame,
        inputs: Audio<'_, f32>,
        outputs: AudioMut<'_, f32>,
    );

    /// Plays a voice that computes in this format in `f64` buffers.
    fn voice_f64<V: Voice<Sample = Self>>(
        voice: &mut V,
        converter: &mut Converter<Self>,
        start: Frame,
        inputs: Audio<'_, f64>,
        outputs: AudioMut<'_, f64>,
    );
}

macro_rules! samples {
    ($float:ident $bits:ident $precision:ident $process:ident $own:ident $other:ident $other_float:ident) => {
        impl Sample for $float {
            const PRECISION: Precision = Precision::$precision;

            #[inline]
            fn wide(self) -> f64 {
                self.into()
            }

            #[inline]
            #[allow(clippy::cast_possible_truncation)]
            fn near(value: f64) -> Self {
                value as Self
            }

            #[inline]
            #[allow(clippy::cast_possible_truncation)]
            fn single(self) -> f32 {
                self as f32
            }

            #[inline]
            fn of_single(value: f32) -> Self {
                value.into()
            }

            #[inline]
            fn peak(samples: &[Self]) -> f64 {
                // Without their signs, floats are in the order of their bits, NaN above all.
                let size = |sample: &Self| sample.abs().to_bits().cast_signed();
                let most = samples.iter().fold(0, |most: $bits, sample| most.max(size(sample)));
                Self::from_bits(most.cast_unsigned()).into()
            }

            #[inline]
            fn process(dsp: &mut dyn Dsp, block: &mut Block<'_, Self>) -> Status {
                dsp.$process(block)
            }

            fn $own<V: Voice<Sample = Self>>(
                voice: &mut V,
                _: &mut Converter<Self>,
                start: Frame,
                inputs: Audio<'_, $float>,
                outputs: AudioMut<'_, $float>,
            ) {
                voice.process(start, inputs, outputs);
            }

            fn $other<V: Voice<Sample = Self>>(
                voice: &mut V,
                converter: &mut Converter<Self>,
                start: Frame,
                inputs: Audio<'_, $other_float>,
                outputs: AudioMut<'_, $other_float>,
            ) {
                converter.through(inputs, outputs, |done, inputs, outputs| {
                    voice.process(start.after(done), inputs, outputs);
                });
            }
        }
    };
}

samples! { f32 i32 Single process_f32 voice_f32 voice_f64 f64 }
samples! { f64 i64 Double process_f64 voice_f64 voice_f32 f32 }
