//! krach-session

mod nearest;
mod sources;
mod wav;
mod work;

pub use nearest::nearest;
pub use sources::Sources;
pub use wav::write_wav;
pub use work::{Token, on_worker};
