//! Meters of a program in the making: each once, each under a name of its own.

use super::ProgramBuilder;
use crate::error::BuildError;
use crate::{Meter, Sig, Unique};
use rustc_hash::FxHashMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// By the name that was wanted and the signal.
    meters: FxHashMap<(Arc<str>, Sig), usize>,
    names: Unique,
}

impl ProgramBuilder {
    /// Adds a meter. One that is there already stays one; a name that is taken gets a number.
    ///
    /// # Errors
    /// A signal of another program.
    pub fn meter(&mut self, meter: Meter) -> Result<(), BuildError> {
        self.owns(&[meter.sig])?;
        let key = (meter.name.clone(), meter.sig);
        let name = match self.meters.meters.get(&key) {
            Some(&known) if self.program.meters[known].is_like(&meter) => return Ok(()),
            _ => self.meters.names.give(&meter.name, "_", 2),
        };
        self.meters.meters.insert(key, self.program.meters.len());
        self.program.meters.push(Meter { name, ..meter });
        Ok(())
    }
}
