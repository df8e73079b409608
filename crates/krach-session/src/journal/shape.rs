//! Values of other crates as plain data: what a journal writes for a time, a frame, a pattern, a program.

use super::rows::Rows;
use krach_abi::{Frame, Precision};
use krach_diag::Source;
use krach_engine::NoteId;
use krach_ir::Sound;
use krach_pattern::{Pattern, Shape, Time};
use krach_store::Playable;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// A value that is written as another one, and made of it again.
macro_rules! written {
    ($(#[$about:meta])* $module:ident: $value:ty as $plain:ty, $write:expr, $make:expr) => {
        $(#[$about])*
        pub(crate) mod $module {
            #[allow(clippy::wildcard_imports)]
            use super::*;

            pub fn serialize<S: Serializer>(value: &$value, to: S) -> Result<S::Ok, S::Error> {
                let write: fn(&$value) -> $plain = $write;
                write(value).serialize(to)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$value, D::Error> {
                let make: fn($plain) -> Result<$value, String> = $make;
                make(<$plain>::deserialize(from)?).map_err(D::Error::custom)
            }
        }
    };
}

written!(
    /// Numerator and denominator.
    time: Time as (i64, i64),
    |time| (time.numerator(), time.denominator()),
    |(numerator, denominator)| Time::new(numerator, denominator)
        .map_err(|_| format!("{numerator}/{denominator} is no time"))
);

written!(frame: Frame as u64, |frame| frame.0, |frame| Ok(Frame(frame)));

written!(note: NoteId as u64, |note| note.0, |note| Ok(NoteId(note)));

written!(
    /// Its name.
    shape: Shape as String,
    |shape| shape.name().to_owned(),
    |name| Shape::ALL
        .into_iter()
        .find(|shape| shape.name() == name)
        .ok_or_else(|| format!("no shape is called {name:?}"))
);

written!(pattern: Pattern as Rows, Rows::of, |rows| rows.pattern());

/// A program as text, with its precision. Recorded sound is written only if `KRACH_JOURNAL=audio`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Text {
    text: String,
    double: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sounds: Vec<Vec<u8>>,
}

written!(
    /// Its text.
    playable: Playable as Text,
    |playable| {
        let sounds = if keeps_audio() { playable.program().sounds() } else { Vec::new() };
        Text {
            text: playable.program().to_string(),
            double: playable.precision().map(|precision| precision == Precision::Double),
            sounds: sounds.iter().map(|sound| sound.to_bytes()).collect(),
        }
    },
    |Text { text, double, sounds }| {
        let sounds = sounds.iter().map(|bytes| Sound::from_bytes(bytes).map(Arc::new));
        let sounds: Option<Vec<_>> = sounds.collect();
        let sounds = sounds.ok_or_else(|| "a recorded sound is damaged".to_owned())?;
        let program = krach_ir::parse(&Source::new("journal", text)).map_err(|reports| {
            reports.first().map_or_else(String::new, |report| report.message.clone())
        })?;
        let precision =
            double.map(|double| if double { Precision::Double } else { Precision::Single });
        Ok(Playable::made_for(Arc::new(program.with_sounds(&sounds)), precision))
    }
);

fn keeps_audio() -> bool {
    std::env::var("KRACH_JOURNAL").is_ok_and(|choice| choice.trim() == "audio")
}
