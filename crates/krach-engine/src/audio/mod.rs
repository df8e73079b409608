//! The audio half: nothing in here waits, allocates or frees once it runs.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod master;
mod outbox;
mod player;
mod processor;
mod queue;
mod route;
mod slot;
mod sum;
mod swap;
mod tap;
mod twin;
mod voices;
mod watch;

pub(crate) use outbox::Outbox;
pub(crate) use player::{Player, Source, table};
pub use processor::Processor;
pub(crate) use route::{End, Route};
pub(crate) use slot::Slot;
pub(crate) use swap::{Phase, Swap};
pub(crate) use twin::{Copier, Twin};
pub(crate) use voices::{Ensemble, Manner};
