//! Why the code generator refuses a program, with the remedy for each reason.

use krach_codegen::Refusal;
use krach_diag::{Code, Diagnostic};

/// The diagnostic of a refusal: code, cause and remedy.
#[must_use]
pub fn refusal(refusal: &Refusal) -> Diagnostic {
    let (code, help) = match refusal {
        Refusal::TooLarge { .. } => {
            (Code::TooLarge, "split it into several DSP functions, or build it with fewer repetitions")
        }
        Refusal::StateTooLarge { .. } => {
            (Code::StateTooLarge, "shorten its delays (`max_delay=`, in samples) or its tables")
        }
        Refusal::SampleRate(_) => (Code::SampleRate, "44100, 48000 and 96000 are usual"),
        Refusal::Voices(_) | Refusal::Lanes(_) => (Code::Compiler, "leave `voices` at 1"),
        Refusal::Sound(_) => (
            Code::MissingSound,
            "load the sound from where its samples are: a .dsp file with its sound files, or a .krlib",
        ),
        Refusal::Table(_) => (Code::TableContents, "give the table its values as a list"),
        Refusal::Backend(_) => (Code::Compiler, "please report this program: it should compile"),
    };
    Diagnostic::error(code, refusal.to_string()).help(help)
}
