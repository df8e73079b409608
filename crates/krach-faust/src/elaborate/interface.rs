//! Widgets as controls: labels, metadata, paths, names.

use crate::elaborate::Face;
use crate::elaborate::signal::{SigId, Signal, Signals, Widget, WidgetId, WidgetKind};
use crate::elaborate::text::Texts;
use crate::syntax::Group;
use krach_ir::{Control, ControlKind};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A label without its metadata, trimmed.
pub(crate) fn name_of(label: &str) -> String {
    parse(label).0
}

/// The names that a label goes through: groups of its path, then its own.
pub(crate) fn steps_of(label: &str) -> Vec<String> {
    let name = parse(label).0;
    name.split('/').map(|part| split_kind(part).1.to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The text of a label, and its `[key:value]` pairs.
pub(crate) fn parse(label: &str) -> (String, Vec<(String, String)>) {
    let mut name = String::new();
    let mut metadata = Vec::new();
    let mut chars = label.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.extend(chars.next()),
            '[' => {
                let (mut depth, mut inside) = (1, String::new());
                while depth > 0 {
                    match chars.next() {
                        Some('\\') => inside.extend(chars.next()),
                        Some(c) => {
                            depth += i32::from(c == '[') - i32::from(c == ']');
                            if depth > 0 {
                                inside.push(c);
                            }
                        }
                        None => break,
                    }
                }
                let (key, value) = inside.split_once(':').unwrap_or((&inside, ""));
                metadata.push((key.trim().to_owned(), value.trim().to_owned()));
            }
            c => name.push(c),
        }
    }
    (name.trim().to_owned(), metadata)
}

/// `h:name` opens a horizontal group, and so on; anything else before a colon a vertical one.
fn split_kind(part: &str) -> (Option<Group>, &str) {
    match part.split_once(':') {
        Some(("h" | "H", name)) => (Some(Group::Horizontal), name),
        Some(("t" | "T", name)) => (Some(Group::Tab), name),
        Some((_, name)) => (Some(Group::Vertical), name),
        None => (None, part),
    }
}

/// The groups around a widget and its label, after the paths in labels have been followed.
pub(crate) fn resolve(widget: &Widget, texts: &Texts) -> (Vec<String>, String) {
    let mut groups: Vec<String> = Vec::new();
    for &(_, label) in widget.path.iter() {
        follow(&mut groups, &name_of(texts.get(label)), false);
    }
    let name = name_of(texts.get(widget.label));
    let own = follow(&mut groups, &name, true);
    (groups, own)
}

/// Walks the path in a label; the last part of a widget's label is its own.
fn follow(groups: &mut Vec<String>, label: &str, widget: bool) -> String {
    let rooted = label.starts_with('/');
    if rooted {
        groups.clear();
    }
    let mut parts: Vec<&str> = label.split('/').filter(|part| !part.is_empty()).collect();
    let own = if widget { parts.pop().unwrap_or("").to_owned() } else { String::new() };
    for part in parts {
        match part {
            ".." => {
                groups.pop();
            }
            "." => {}
            part => groups.push(split_kind(part).1.to_owned()),
        }
    }
    own
}

/// A part of an address: characters that would mean something there become `_`.
fn clean(part: &str) -> String {
    part.chars().map(|c| if " #*,?[]{}()/".contains(c) || c.is_control() { '_' } else { c }).collect()
}

/// The controls of the widgets that a program uses, each with a name of its own: the last part of its address,
/// extended to the left until it is unique.
pub(crate) fn controls(signals: &Signals, used: &[WidgetId], texts: &Texts) -> Vec<Control> {
    let paths: Vec<Vec<String>> = used
        .iter()
        .map(|&id| {
            let (groups, own) = resolve(signals.widget_of(id), texts);
            groups.iter().chain(std::iter::once(&own)).map(|part| clean(part)).collect()
        })
        .collect();
    let mut lengths = vec![1; paths.len()];
    let name = |path: &[String], length: usize| path[path.len().saturating_sub(length)..].join("_");
    loop {
        let mut count: FxHashMap<String, usize> = FxHashMap::default();
        for (path, &length) in paths.iter().zip(&lengths) {
            *count.entry(name(path, length)).or_default() += 1;
        }
        let mut grown = false;
        for (path, length) in paths.iter().zip(&mut lengths) {
            if count[&name(path, *length)] > 1 && *length < path.len() {
                *length += 1;
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    let mut taken: FxHashMap<String, usize> = FxHashMap::default();
    used.iter()
        .zip(paths.iter().zip(&lengths))
        .map(|(&id, (path, &length))| {
            let mut name = name(path, length);
            if name.trim().is_empty() {
                name = "0x00".to_owned();
            }
            let again = taken.entry(name.clone()).or_default();
            *again += 1;
            if *again > 1 {
                name = format!("{name}_{again}");
            }
            control(signals.widget_of(id), name.into())
        })
        .collect()
}

/// How people reach each of the widgets used: its address, and what its label says besides.
pub(crate) fn faces(
    signals: &Signals,
    order: &[SigId],
    used: &[WidgetId],
    texts: &Texts,
    name: &str,
) -> Vec<Face> {
    let shown = |&id: &SigId| match signals.get(id) {
        Signal::Widget(id) | Signal::Shown(id, _) => Some(signals.widget_of(id)),
        _ => None,
    };
    let visible = order.iter().filter_map(shown).filter(|widget| widget.kind != WidgetKind::Count);
    let mut tops = visible.map(|widget| resolve(widget, texts).0.into_iter().next());
    let first = tops.next().flatten();
    // An interface in one group has it as its root; any other gets one.
    let rooted = first.is_some() && tops.all(|top| top == first);
    let face = |&id: &WidgetId| {
        let widget = signals.widget_of(id);
        let (groups, own) = resolve(widget, texts);
        let root = (!rooted).then(|| name.to_owned());
        let path = root.into_iter().chain(groups).chain([own]);
        let shown = |part: String| if part.is_empty() { "0x00".to_owned() } else { clean(&part) };
        let address: String = path.map(|part| format!("/{}", shown(part))).collect();
        let [_, lo, hi, _] = widget.range.map(f64::from_bits);
        let metadata = parse(texts.get(widget.label)).1;
        Face { address: address.into(), range: [lo, hi], metadata }
    };
    used.iter().map(face).collect()
}

/// What the controls of a voice take, whatever the range of the widget: every MIDI note and velocity.
const NOTES: [(&str, [f64; 2]); 6] = [
    ("freq", [8.0, 12_544.0]),
    ("key", [0.0, 127.0]),
    ("gate", [0.0, 1.0]),
    ("gain", [0.0, 1.0]),
    ("vel", [0.0, 127.0]),
    ("velocity", [0.0, 127.0]),
];

/// Lets the controls of a voice take every note.
pub(crate) fn accept_notes(controls: &mut [Control], faces: &[Face]) {
    for (control, face) in controls.iter_mut().zip(faces) {
        if let Some((_, [lo, hi])) = NOTES.iter().find(|(name, _)| face.is_called(name)) {
            (control.lo, control.hi) = (control.lo.min(*lo), control.hi.max(*hi));
        }
    }
}

fn control(widget: &Widget, name: Arc<str>) -> Control {
    let [init, lo, hi, step] = widget.range.map(f64::from_bits);
    let kind = match widget.kind {
        WidgetKind::Button => ControlKind::Button,
        WidgetKind::Checkbox => ControlKind::Checkbox,
        WidgetKind::Slider(crate::syntax::Slider::Entry) | WidgetKind::Count => ControlKind::Number,
        WidgetKind::Slider(_) | WidgetKind::Bargraph => ControlKind::Slider,
    };
    // Faust does not look at the step; ours is advice and positive.
    let step = if step.is_finite() && step > 0.0 { step } else { 0.001 };
    let finite = |value: f64| value.clamp(f64::MIN, f64::MAX);
    Control { name, kind, init: finite(init), lo: finite(lo), hi: finite(hi), step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let (name, metadata) = parse("freq [unit:Hz] [style:menu{'a':0;'b':1}][1]");
        assert_eq!(name, "freq");
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(metadata, [pair("unit", "Hz"), pair("style", "menu{'a':0;'b':1}"), pair("1", "")]);
        assert_eq!(parse("a\\[b"), ("a[b".to_owned(), vec![]));
        assert_eq!(parse("x [t:[n]").0, "x", "a bracket that is never closed");
    }

    #[test]
    fn paths() {
        let mut groups = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(follow(&mut groups, "../h:c/gain", true), "gain");
        assert_eq!(groups, ["a", "c"]);
        assert_eq!(follow(&mut groups, "/top/v:x/level", true), "level");
        assert_eq!(groups, ["top", "x"]);
        assert_eq!(steps_of("h:synth/v:env/attack [unit:s]"), ["synth", "env", "attack"]);
    }
}
