//! `cutoff=800@0.5s`: a control set at a later time, as people type it.

use crate::setting::setting;
use std::str::FromStr;

/// A control, its new value, and the time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub name: String,
    value: f64,
    time: Time,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Time {
    Frame(u64),
    Seconds(f64),
}

impl Event {
    /// Frame, name and value at a sample rate.
    pub(crate) fn at(&self, rate: u32) -> (u64, String, f64) {
        // Not negative, and a time beyond every end saturates.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frame = match self.time {
            Time::Frame(frame) => frame,
            Time::Seconds(seconds) => (seconds * f64::from(rate)).round() as u64,
        };
        (frame, self.name.clone(), self.value)
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write NAME=VALUE@TIME: cutoff=800@0.5s (seconds) or cutoff=800@24000 (a frame)";
        let (value, time) = text.rsplit_once('@').ok_or(form)?;
        let (name, value) = setting(value)?;
        let time = time.trim();
        let time = match time.strip_suffix('s') {
            Some(seconds) => {
                let seconds =
                    seconds.trim().parse().map_err(|_| format!("`{time}` is not a time: {form}"))?;
                if !(0.0..=1e9).contains(&seconds) {
                    return Err("a time is 0 s or later".to_owned());
                }
                Time::Seconds(seconds)
            }
            None => Time::Frame(time.parse().map_err(|_| format!("`{time}` is not a frame: {form}"))?),
        };
        Ok(Self { name, value, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_settings_at_a_frame_or_a_time() {
        let event = |text: &str| text.parse().map(|event: Event| event.at(1000));
        assert_eq!(event("cutoff=800@24000"), Ok((24_000, "cutoff".to_owned(), 800.0)));
        assert_eq!(event("filter/cutoff=-1 @ 0.5s"), Ok((500, "filter/cutoff".to_owned(), -1.0)));
        for wrong in
            ["cutoff=800", "cutoff@1", "cutoff=1@", "cutoff=1@-1", "cutoff=1@-1s", "cutoff=1@xs", "a=1@1.5"]
        {
            assert!(event(wrong).is_err(), "{wrong}");
        }
    }
}
