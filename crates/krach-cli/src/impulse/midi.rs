//! What the official test program plays on the MIDI input before its runs.
//!
//! For n = 0 … 126: controller n at 100, key pressure n at 75, note n on and off with 75, pitch bend at 4000; then
//! program 10 and channel pressure 10. Only what a widget hears last bears on it.

use krach_ir::Face;

/// Where the widget stands afterwards, if one of its `[midi:…]` listens on all channels to what is played.
pub(super) fn prelude(face: &Face, range: [f64; 2]) -> Option<f64> {
    let heard = |value: &str| {
        let words: Vec<&str> = value.split_whitespace().collect();
        let number = |text: &&str| text.parse::<u8>().is_ok_and(|number| number <= 126);
        Some(match words[..] {
            ["ctrl", ref n] if number(n) => scaled(face, range, 100.0 / 127.0),
            ["keyon" | "keyoff" | "keypress", ref n] if number(n) => scaled(face, range, 75.0 / 127.0),
            ["key", ref n] if number(n) => scaled(face, range, 0.0),
            ["chanpress"] => scaled(face, range, 10.0 / 127.0),
            ["pitchwheel" | "pitchbend"] => bent(range, 4000.0),
            _ => return None,
        })
    };
    face.values("midi").filter_map(heard).next_back()
}

/// A part of the widget's range, on its scale.
fn scaled(face: &Face, [lo, hi]: [f64; 2], part: f64) -> f64 {
    let between = |lo: f64, hi: f64| lo + part * (hi - lo);
    match face.values("scale").next() {
        Some("log") => {
            let ln = |x: f64| x.max(f64::MIN_POSITIVE).ln();
            between(ln(lo), ln(hi)).exp()
        }
        // ln(e^lo + part (e^hi - e^lo)), which e^hi would overflow.
        Some("exp") => hi + between((lo - hi).exp(), 1.0).ln(),
        _ => between(lo, hi),
    }
}

/// A pitch wheel of 0 … 16383, whose middle is 0 if the range holds it.
fn bent([lo, hi]: [f64; 2], wheel: f64) -> f64 {
    let middle = if lo < 0.0 && hi > 0.0 { 0.0 } else { lo.midpoint(hi) };
    if wheel <= 8191.0 {
        lo + wheel / 8191.0 * (middle - lo)
    } else {
        middle + (wheel - 8191.0) / 8192.0 * (hi - middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(midi: &[&str], scale: &str, range: [f64; 2]) -> Option<f64> {
        let midi = midi.iter().map(|&value| ("midi".into(), value.into()));
        let metadata = midi.chain([("scale".into(), scale.into())]).collect();
        prelude(&Face { address: "/x".into(), metadata }, range)
    }

    #[test]
    fn widgets_stand_where_the_last_message_left_them() {
        assert_eq!(heard(&["ctrl 7"], "", [0.0, 127.0]), Some(100.0));
        assert_eq!(heard(&["keyon 60"], "", [0.0, 127.0]), Some(75.0));
        assert_eq!(heard(&["key 60"], "", [-1.0, 1.0]), Some(-1.0));
        assert_eq!(heard(&["pitchwheel"], "", [-8191.0, 8192.0]), Some(-4191.0));
        assert_eq!(heard(&["ctrl 127"], "", [0.0, 1.0]), None);
        assert_eq!(heard(&["start"], "", [0.0, 1.0]), None);
        let log = heard(&["ctrl 7"], "log", [1.0, 2.0_f64.powi(127)]).expect("it listens");
        assert!((log.log2() - 100.0).abs() < 1e-9, "{log}");
        let exp = heard(&["ctrl 7"], "exp", [1.0, 1000.0]).expect("it listens");
        assert!((exp - (1000.0 + (100.0_f64 / 127.0).ln())).abs() < 1e-9, "{exp}");
    }
}
