//! The machine that code is compiled for, as people type it.

use clap::Args;
use krach_abi::Precision;
use krach_codegen::Spec;
use krach_store::Playable;

/// Rate and precision.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Machine {
    /// Sample rate in Hz [default: 48000]
    #[arg(long, value_name = "HZ")]
    pub rate: Option<u32>,
    /// Precision: single or double (default: the precision that the sound was made for, else single)
    #[arg(long, value_name = "single|double")]
    pub precision: Option<Precision>,
}

impl Machine {
    pub(crate) fn rate(&self) -> u32 {
        self.rate.unwrap_or(48_000)
    }

    /// The precision, as far as it is known before the file is loaded.
    pub(crate) fn precision(&self) -> Precision {
        self.precision.unwrap_or(Precision::Single)
    }

    /// The rate and precision to compile one sound for.
    pub(crate) fn spec(&self, sound: &Playable) -> Spec {
        let precision = self.precision.or(sound.precision()).unwrap_or(Precision::Single);
        Spec::new(self.rate(), precision)
    }
}
