//! Devices: where sound goes to, and comes from.

mod callback;
mod finished;

pub use callback::Callback;
pub use finished::{DeviceError, play};
