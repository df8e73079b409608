//! ALSA, the sound system of Linux, loaded when a device is asked for and not before.
//!
//! The crates below us (`cpal`, `alsa`) call the functions of `libasound.so.2` by name. Linked in the usual way, a
//! program with such calls does not even start where that library is missing: in containers, on cluster workers, on
//! servers. Here every function that they call is defined as a step through a table of addresses, and [`load`] fills
//! the table. So krach imports, renders, builds and checks on every machine, and only playing needs the library.
//! Building needs no ALSA headers either: `.cargo/config.toml` tells Cargo that `alsa` links nothing.
//!
//! A function that a new version of `cpal` calls and the table lacks is an error of the linker that names it: add it to
//! `forwards!` in `functions.rs`. This crate knows no device, no stream and no sample.

#[cfg(target_os = "linux")]
mod functions;

use std::fmt;

/// The ALSA library cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The words of the system's loader.
    pub why: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ALSA library cannot be loaded: {}", self.why)
    }
}

impl std::error::Error for Missing {}

/// Loads the library, once for the process. Call it before any function of `cpal` that touches devices.
///
/// # Errors
/// [`Missing`], every time, where the library or one of its functions is not there.
#[cfg(target_os = "linux")]
pub fn load() -> Result<(), Missing> {
    static LOADED: std::sync::OnceLock<Result<(), Missing>> = std::sync::OnceLock::new();
    LOADED.get_or_init(|| functions::load("libasound.so.2")).clone()
}

/// Nothing to load: only Linux plays through ALSA.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn load() -> Result<(), Missing> {
    Ok(())
}
