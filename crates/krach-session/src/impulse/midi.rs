//! What the official test program plays on the MIDI input before its runs.
//!
//! For n = 0 … 126: controller n at 100, key pressure n at 75, note n on and off with 75, pitch bend at 4000; then
//! program 10 and channel pressure 10. Only what a widget hears last bears on it.

use krach_faust::Face;

/// Where the widget stands afterwards, if one of its `[midi:…]` listens on all channels to what is played.
pub(super) fn prelude(face: &Face) -> Option<f64> {
    let heard = |value: &str| {
        let words: Vec<&str> = value.split_whitespace().collect();
        let number = |text: &&str| text.parse::<u8>().is_ok_and(|number| number <= 126);
        Some(match words[..] {
            ["ctrl", ref n] if number(n) => scaled(face, 100.0 / 127.0),
            ["keyon" | "keyoff" | "keypress", ref n] if number(n) => scaled(face, 75.0 / 127.0),
            ["key", ref n] if number(n) => scaled(face, 0.0),
            ["chanpress"] => scaled(face, 10.0 / 127.0),
            ["pitchwheel" | "pitchbend"] => bent(face, 4000.0),
            _ => return None,
        })
    };
    face.metadata.iter().filter(|(key, _)| key == "midi").filter_map(|(_, value)| heard(value)).next_back()
}

/// A part of the widget's range, on its scale.
fn scaled(face: &Face, part: f64) -> f64 {
    let [lo, hi] = face.range;
    let between = |lo: f64, hi: f64| lo + part * (hi - lo);
    match face.metadata.iter().find(|(key, _)| key == "scale").map(|(_, scale)| scale.as_str()) {
        Some("log") => {
            let ln = |x: f64| x.max(f64::MIN_POSITIVE).ln();
            between(ln(lo), ln(hi)).exp()
        }
        Some("exp") => between(lo.exp(), hi.exp()).ln(),
        _ => between(lo, hi),
    }
}

/// A pitch wheel of 0 … 16383, whose middle is 0 if the range holds it.
fn bent(face: &Face, wheel: f64) -> f64 {
    let [lo, hi] = face.range;
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

    fn face(midi: &[&str], scale: &str, range: [f64; 2]) -> Face {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let metadata = midi.iter().map(|value| pair("midi", value)).chain([pair("scale", scale)]);
        Face { address: "/x".into(), range, metadata: metadata.collect() }
    }

    #[test]
    fn widgets_stand_where_the_last_message_left_them() {
        assert_eq!(prelude(&face(&["ctrl 7"], "", [0.0, 127.0])), Some(100.0));
        assert_eq!(prelude(&face(&["keyon 60"], "", [0.0, 127.0])), Some(75.0));
        assert_eq!(prelude(&face(&["key 60"], "", [-1.0, 1.0])), Some(-1.0));
        assert_eq!(prelude(&face(&["pitchwheel"], "", [-8191.0, 8192.0])), Some(-4191.0));
        assert_eq!(prelude(&face(&["ctrl 127"], "", [0.0, 1.0])), None);
        assert_eq!(prelude(&face(&["start"], "", [0.0, 1.0])), None);
        let log = prelude(&face(&["ctrl 7"], "log", [1.0, 2.0_f64.powi(127)])).expect("it listens");
        assert!((log.log2() - 100.0).abs() < 1e-9, "{log}");
    }
}
