//! Errors that show only in the finished signals: a division by the constant 0, a delay without bound, a table that
//! depends on an input.

use super::diagram::BoxId;
use super::emit::Refused;
use super::eval::Evaluator;
use super::propagate::MAX_TABLE;
use super::range::Ranges;
use super::signal::{Origin, SigId, Signal, Wrong};
use super::soundfile;
use super::table::{self, Unfillable};
use krach_diag::Code;
use krach_ir::{BuildError, Fun, Limits};

/// What the program needs but cannot mean.
pub(super) fn check(evaluator: &mut Evaluator<'_>, ranges: &Ranges, id: SigId) {
    let origin = evaluator.signals.origin_of(id);
    let constant = |id| evaluator.signals.constant(id);
    let (code, message) = match evaluator.signals.get(id) {
        Signal::Wrong(Wrong::TableSize) => (
            Code::FaustTable,
            format!(
                "the size of a table must be a number from 1 to {MAX_TABLE} that is known while compiling"
            ),
        ),
        Signal::Wrong(Wrong::Foreign(name)) => {
            (Code::FaustForeign, format!("the foreign name `{}` is not known", evaluator.texts.get(name)))
        }
        Signal::Apply(fun @ (Fun::Div | Fun::Rem | Fun::Remainder), [_, b, _])
            if constant(b).is_some_and(|divisor| divisor.real() == 0.0) =>
        {
            let symbol = match fun {
                Fun::Div => "/",
                Fun::Rem => "%",
                _ => "remainder",
            };
            (Code::FaustMaths, format!("`{symbol}` by the constant 0"))
        }
        Signal::Apply(fun @ (Fun::Sqrt | Fun::Log | Fun::Log10 | Fun::Asin | Fun::Acos), [x, ..]) => {
            match constant(x) {
                Some(value) => (Code::FaustMaths, format!("`{fun}` of {} is not a number", value.real())),
                None => return,
            }
        }
        Signal::Delay(_, samples) => {
            let range = ranges.get(samples);
            if range.lo <= -1.0 {
                let bounds = format!("{}..{}", range.lo, range.hi);
                let amount = evaluator.amount(origin).unwrap_or_else(|| "this one".to_owned());
                (Code::FaustDelay, format!("a delay must not be negative, but {amount} lies in {bounds}"))
            } else if range.hi > f64::from(i32::MAX) || range.hi.is_nan() {
                let amount =
                    evaluator.amount(origin).map_or_else(String::new, |amount| format!(" by {amount}"));
                let message = if range.hi.is_finite() {
                    let most = Limits::DEFAULT.delay_frames;
                    format!(
                        "this delay{amount} may become {:.3e} frames long, but {most} is the most",
                        range.hi
                    )
                } else {
                    format!("no upper bound of this delay{amount} can be proved")
                };
                (Code::FaustDelay, message)
            } else {
                return;
            }
        }
        _ => return,
    };
    evaluator.trouble_at(code, message, origin);
    if code == Code::FaustDelay {
        evaluator.help("bound it: x @ max(0, min(48000, n))");
    }
}

/// Tables are filled before anything sounds.
pub(super) fn check_tables(evaluator: &mut Evaluator<'_>, order: &[SigId]) {
    for (table, why) in table::unfillable(&evaluator.signals, order) {
        let origin = evaluator.signals.origin_of(table);
        let (code, message, help) = match why {
            Unfillable::Outside => (
                Code::FaustTable,
                "the contents of a table must not depend on inputs or widgets".to_owned(),
                None,
            ),
            Unfillable::Itself => (
                Code::FaustTable,
                "the contents of a table must not depend on the table itself".to_owned(),
                Some("a table is filled before the first frame; later values are written by `rwtable`"),
            ),
            Unfillable::Nested => (
                Code::FaustSize,
                format!("tables that fill tables, more than {} in each other", Limits::NESTING),
                Some("fill the table by a formula, or read the other table beside it"),
            ),
        };
        evaluator.trouble_at(code, message, origin);
        if let Some(help) = help {
            evaluator.help(help);
        }
    }
}

/// Sound files have at most [`soundfile::MAX_PARTS`] parts.
pub(super) fn check_parts(evaluator: &mut Evaluator<'_>, ranges: &Ranges, parts: &[(SigId, Origin)]) {
    for &(part, origin) in parts {
        let range = ranges.get(part);
        if !(range.lo > -1.0 && range.hi < f64::from(soundfile::MAX_PARTS)) {
            let message = "a part of a sound file must be a number from 0 to 255".to_owned();
            evaluator.trouble_at(Code::FaustSound, message, origin);
        }
    }
}

pub(super) fn report_refusal(evaluator: &mut Evaluator<'_>, process: BoxId, refused: &Refused) {
    let code = match refused.error {
        BuildError::TooLarge { .. } => Code::FaustSize,
        BuildError::DelayNegative(_) | BuildError::DelayUnbounded => Code::FaustDelay,
        BuildError::TableLength(_) | BuildError::NotFinite(_) => Code::FaustTable,
        BuildError::ControlRange { .. } | BuildError::ControlName(_) | BuildError::ControlConflict { .. } => {
            Code::FaustWidget
        }
        _ => Code::InvalidProgram,
    };
    let message = refused.error.to_string();
    let origin = match refused.signal {
        Some(signal) => evaluator.signals.origin_of(signal),
        None => evaluator.boxes.facts(process).origin,
    };
    evaluator.trouble_at(code, message, origin);
    if let BuildError::TooLarge { what, .. } = refused.error {
        evaluator.help(match what {
            "inputs" | "outputs" => "mix some of the channels, or split the program into several",
            _ => "share equal parts: split one signal instead of building it twice",
        });
    }
}
