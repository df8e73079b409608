//! Which processors can run a piece of code.

use crate::{Refusal, backend};
use cranelift_codegen::isa::TargetIsa;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// An architecture, a way of calling functions, and the features that code makes use of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Such as `x86_64`.
    pub arch: String,
    /// Such as `system_v`.
    pub convention: String,
    /// Of the processor, as Cranelift calls them, in its order.
    pub features: Vec<String>,
}

impl Machine {
    /// This one.
    ///
    /// # Errors
    /// A machine that cannot be compiled for.
    pub fn host() -> Result<&'static Self, Refusal> {
        static HOST: OnceLock<Result<Machine, Refusal>> = OnceLock::new();
        let host = HOST.get_or_init(|| backend::host().map(|isa| Self::of(isa.as_ref())));
        host.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn of(isa: &dyn TargetIsa) -> Self {
        let features = isa.isa_flags().into_iter().filter(|flag| flag.as_bool() == Some(true));
        Self {
            arch: isa.triple().architecture.to_string(),
            convention: isa.default_call_conv().to_string(),
            features: features.map(|flag| flag.name.to_owned()).collect(),
        }
    }

    /// What this machine lacks to run code for that one.
    #[must_use]
    pub fn lack(&self) -> Option<String> {
        let host = match Self::host() {
            Ok(host) => host,
            Err(refusal) => return Some(refusal.to_string()),
        };
        if (&self.arch, &self.convention) != (&host.arch, &host.convention) {
            return Some(format!(
                "it is for {} ({}), this is {} ({})",
                self.arch, self.convention, host.arch, host.convention
            ));
        }
        let missing = self.features.iter().find(|feature| !host.features.contains(feature));
        missing.map(|feature| format!("it needs a processor with `{}`", feature.trim_start_matches("has_")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_lacks_nothing_of_its_own() {
        let host = Machine::host().unwrap();
        assert_eq!(host.lack(), None);
        let other = Machine { arch: "z80".to_owned(), ..host.clone() };
        assert!(other.lack().unwrap().contains("z80"));
        let newer = Machine { features: vec!["has_warp".to_owned()], ..host.clone() };
        assert_eq!(newer.lack().unwrap(), "it needs a processor with `warp`");
    }
}
