//! The cellar: everything on disk, and compiled code kept for its next use.
//!
//! What flows in: paths, [programs](krach_ir::Program), samples. What flows out: texts ([`read`]), sound files
//! ([`SoundFile`], [`write_wav`]), MIDI files ([`MidiFile`]), Faust libraries ([`FaustFolders`]), instrument libraries ([`krlib`]) and compiled
//! code ([`Playable::compile`], which asks the library first, then the [`Cache`]). Every failure is a
//! [`Diagnostic`](krach_diag::Diagnostic) with a stable code. Files are written whole: beside their target, then
//! renamed.
//!
//! What this crate refuses to know: notes, time, the engine, Python and the command line. It holds no global state
//! except the parsed Faust libraries of the process.
//!
//! ```
//! use krach_abi::Precision;
//! use krach_codegen::Spec;
//! use krach_ir::ProgramBuilder;
//! use krach_store::{Cache, Playable, Unit};
//! let mut b = ProgramBuilder::new("half");
//! let half = b.real(0.5)?;
//! b.output("out", half)?;
//! let (cache, sound) = (Cache::new(8), Playable::from(b.finish()?));
//! let spec = Spec::new(48_000, Precision::Single);
//! let first = sound.compile(&cache, Unit::Voice, spec).expect("it compiles").expect("a voice");
//! let again = sound.compile(&cache, Unit::Voice, spec).expect("it compiles").expect("a voice");
//! assert!(!first.cached && again.cached);
//! # Ok::<(), krach_ir::BuildError>(())
//! ```

mod cache;
mod code_folder;
mod control_names;
mod dataset;
mod faust_files;
mod journal;
pub mod krlib;
mod midi_file;
mod nearest;
mod playable;
mod refusal;
mod secret;
mod sound_file;
mod take;
mod texts;
mod unit;
mod wav;
mod whole;
mod work;

pub use cache::{Cache, CacheCounts, Compiled, Optimised};
pub use code_folder::{CodeFolder, CodeFolderCounts};
pub use control_names::{ControlNames, listed};
pub use dataset::{Dataset, DatasetFormat, Example};
pub use faust_files::FaustFolders;
pub use journal::JournalFile;
pub use midi_file::{MidiFile, MidiPart, WrittenNote};
pub use nearest::nearest;
pub use playable::Playable;
pub use refusal::refusal;
pub use secret::unvouched;
pub use sound_file::SoundFile;
pub use take::{TakeFormat, TakeWriter};
pub use texts::{Sources, declared_encoding, read, read_bytes, read_raw};
pub use unit::Unit;
pub use wav::{WavSamples, wav_bytes, wav_channels, wav_target, write_wav};
pub use whole::target as file_target;
pub use work::{Progress, on_worker};
