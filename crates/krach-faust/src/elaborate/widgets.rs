//! Widgets as controls: labels, metadata, paths, names.

use crate::elaborate::eval::Evaluator;
use crate::elaborate::interner::{Text, Texts};
use crate::elaborate::signal::{SigId, Signal, Signals, Widget, WidgetId, WidgetKind};
use crate::syntax::Group;
use krach_abi::Role;
use krach_ir::{Control, ControlKind, Face, Program, Unique};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A label without its metadata, trimmed.
pub(crate) fn name_of(label: &str) -> String {
    parse(label).0
}

/// The names that a label goes through: groups of its path, then its own.
pub(crate) fn steps_of(label: &str) -> Vec<String> {
    let name = parse(label).0;
    let plain = |part: &str| group(part).map_or(part, |(name, _)| name).to_owned();
    name.split('/').map(plain).filter(|part| !part.is_empty()).collect()
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

/// What opens a group at the head of a widget's label, and what follows: `h:name/`, with any letter.
fn group(label: &str) -> Option<(&str, &str)> {
    let mut chars = label.chars();
    let (_, ':') = (chars.next()?, chars.next()?) else { return None };
    let rest = chars.as_str();
    // Brackets may hold anything.
    let mut depth = 0_i32;
    let end = rest.find(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == '/' && depth <= 0
    });
    Some(end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..])))
}

/// A widget with this label inside these groups, after the path at the head of the label has been followed. The
/// labels of groups are no paths.
pub(crate) fn resolve(
    path: &[(Group, Text)],
    label: Text,
    texts: &mut Texts,
    (kind, range): (WidgetKind, [u64; 4]),
) -> Widget {
    let mut groups: Vec<(Group, String)> =
        path.iter().map(|&(group, label)| (group, texts.get(label).trim().to_string())).collect();
    let (name, metadata) = parse(follow(&mut groups, texts.get(label).trim()));
    let mut text = |text: String| texts.intern(&text.into());
    let top = groups.first().map(|(group, label)| (*group, text(label.clone())));
    let metadata = metadata.into_iter().map(|(key, value)| (text(key), text(value))).collect();
    let groups = groups.into_iter().map(|(_, label)| text(name_of(&label))).collect();
    Widget { kind, groups, top, name: text(name), metadata, range }
}

/// Walks the path at the head of a label; what is left is the label itself.
fn follow<'a>(groups: &mut Vec<(Group, String)>, mut label: &'a str) -> &'a str {
    loop {
        if let Some(rest) = label.strip_prefix('/') {
            groups.clear();
            label = rest;
        } else if let Some(rest) = label.strip_prefix("./") {
            label = rest;
        } else if let Some(rest) = label.strip_prefix("../") {
            groups.pop();
            label = rest;
        } else if let Some((name, rest)) = group(label) {
            groups.push((sort_of(label), name.trim().to_owned()));
            label = rest;
        } else {
            return label;
        }
    }
}

/// The sort of group that a path opens: `h:` and `t:` by their letters, any other letter a vertical one.
fn sort_of(label: &str) -> Group {
    match label.chars().next() {
        Some('h' | 'H') => Group::Horizontal,
        Some('t' | 'T') => Group::Tab,
        _ => Group::Vertical,
    }
}

/// A part of an address: characters that would mean something there become `_`.
fn clean(part: &str) -> String {
    part.chars().map(|c| if " #*,?[]{}()/".contains(c) || c.is_control() { '_' } else { c }).collect()
}

/// Names that are not to be had.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    pub controls: Vec<Arc<str>>,
    pub meters: Vec<Arc<str>>,
}

impl Taken {
    /// By a program, for the effect that follows it.
    pub fn by(program: &Program) -> Self {
        Self {
            controls: program.controls().iter().map(|control| control.name.clone()).collect(),
            meters: program.meters().iter().map(|meter| meter.name.clone()).collect(),
        }
    }
}

/// The controls of the widgets that a program uses. `root` is that of an interface that is not all in one group.
pub(crate) fn controls(
    evaluator: &Evaluator<'_>,
    order: &[SigId],
    used: &[WidgetId],
    root: Option<&str>,
) -> Vec<Control> {
    let faces = faces(evaluator, order, used, root, &evaluator.taken.controls);
    let controls = used.iter().zip(faces);
    controls.map(|(&id, (name, face))| control(evaluator.signals.widget_of(id), name, face)).collect()
}

/// A bargraph that is to become a meter.
#[derive(Clone, Debug)]
pub(crate) struct Bargraph {
    /// The signal as it is shown.
    pub shown: SigId,
    pub name: Arc<str>,
    pub range: [f64; 2],
    pub face: Face,
}

/// The bargraphs that the outputs pass through or have attached, in the order in which they are met.
pub(crate) fn bargraphs(
    evaluator: &Evaluator<'_>,
    order: &[SigId],
    outputs: &[SigId],
    root: Option<&str>,
) -> Vec<Bargraph> {
    let signals = &evaluator.signals;
    let shown = |id: SigId| match signals.get(id) {
        Signal::Shown(widget, _) => Some((id, widget)),
        _ => None,
    };
    // The contents of a table are computed before the first frame.
    let reached = signals.reachable(outputs, false);
    let (shown, used): (Vec<SigId>, Vec<WidgetId>) = reached.into_iter().filter_map(shown).unzip();
    let faces = faces(evaluator, order, &used, root, &evaluator.taken.meters);
    let bargraph = |((shown, id), (name, face))| {
        let [_, lo, hi, _] = signals.widget_of(id).range.map(|bits| finite(f64::from_bits(bits)));
        Bargraph { shown, name, range: [lo, hi], face }
    };
    shown.into_iter().zip(used).zip(faces).map(bargraph).collect()
}

/// For each widget a name of its own, the last part of its address, extended to the left until it is unique; and
/// its face.
fn faces(
    evaluator: &Evaluator<'_>,
    order: &[SigId],
    used: &[WidgetId],
    root: Option<&str>,
    taken: &[Arc<str>],
) -> Vec<(Arc<str>, Face)> {
    let (signals, texts) = (&evaluator.signals, &evaluator.texts);
    let numbered = numbered_bargraphs(evaluator, used);
    let paths: Vec<Vec<String>> = used
        .iter()
        .map(|id| {
            let widget = signals.widget_of(*id);
            let own = numbered.get(id).cloned().unwrap_or_else(|| clean(texts.get(widget.name)));
            widget.groups.iter().map(|&group| clean(texts.get(group))).chain([own]).collect()
        })
        .collect();
    let rooted = is_rooted(signals, order);
    // A root group without a name is called like the program.
    let names_root = rooted && paths.iter().any(|path| path.len() > 1 && path[0].is_empty());
    let root = root.map(clean);
    let (before, skipped) = match &root {
        Some(_) if names_root => (root.as_slice(), 1),
        Some(_) if !rooted => (root.as_slice(), 0),
        _ => (&[][..], 0),
    };
    let names = unique_names(&paths, taken);
    let named = used.iter().zip(paths.iter().zip(names));
    named
        .map(|(&id, (path, name))| {
            let parts = before.iter().chain(&path[skipped..]);
            let shown = |part: &String| if part.is_empty() { NAMELESS.to_owned() } else { part.clone() };
            let address: String = parts.map(|part| format!("/{}", shown(part))).collect();
            let widget = signals.widget_of(id);
            let text = |text: Text| texts.get(text).clone();
            let metadata = widget.metadata.iter().map(|&(key, value)| (text(key), text(value))).collect();
            (name, Face { address: address.into(), metadata })
        })
        .collect()
}

/// Bargraphs without a name are called `vbargraph0`, `hbargraph0`, `vbargraph1`, …, in the order of the interface:
/// its groups and widgets sorted by their labels.
fn numbered_bargraphs(evaluator: &Evaluator<'_>, used: &[WidgetId]) -> FxHashMap<WidgetId, String> {
    let (signals, texts) = (&evaluator.signals, &evaluator.texts);
    let mut nameless: Vec<(Vec<&str>, Vec<(&str, &str)>, bool, WidgetId)> = used
        .iter()
        .filter_map(|&id| {
            let widget = signals.widget_of(id);
            let WidgetKind::Bargraph { vertical } = widget.kind else { return None };
            let text = |text: Text| &**texts.get(text);
            let groups = widget.groups.iter().map(|&group| text(group)).chain([text(widget.name)]);
            let metadata = widget.metadata.iter().map(|&(key, value)| (text(key), text(value)));
            text(widget.name).is_empty().then(|| (groups.collect(), metadata.collect(), vertical, id))
        })
        .collect();
    nameless.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let mut counts = [0_usize; 2];
    let numbered = nameless.into_iter().map(|(_, _, vertical, id)| {
        let count = &mut counts[usize::from(vertical)];
        let name = format!("{}bargraph{count}", if vertical { 'v' } else { 'h' });
        *count += 1;
        (id, name)
    });
    numbered.collect()
}

/// What has no label is called this.
const NAMELESS: &str = "0x00";

/// For each path its last part, with as many before it as make it unique, joined by `_`; none is one of those taken.
fn unique_names(paths: &[Vec<String>], taken: &[Arc<str>]) -> Vec<Arc<str>> {
    let mut lengths = vec![1; paths.len()];
    let name = |path: &[String], length: usize| path[path.len().saturating_sub(length)..].join("_");
    loop {
        let mut count: FxHashMap<String, usize> = taken.iter().map(|name| (name.to_string(), 1)).collect();
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
    let mut unique = Unique::default();
    taken.iter().for_each(|name| unique.take(name.clone()));
    let named = paths.iter().zip(&lengths).map(|(path, &length)| {
        let name = name(path, length);
        unique.give(if name.trim().is_empty() { NAMELESS } else { &name }, "_", 2)
    });
    named.collect()
}

/// Whether the whole interface is in one group, which then is its root.
fn is_rooted(signals: &Signals, order: &[SigId]) -> bool {
    let shown = |&id: &SigId| match signals.get(id) {
        Signal::Widget(id) | Signal::Shown(id, _) => Some(signals.widget_of(id)),
        _ => None,
    };
    let visible = order.iter().filter_map(shown).filter(|widget| widget.kind != WidgetKind::Count);
    let mut tops = visible.map(|widget| widget.top);
    let first = tops.next().flatten();
    first.is_some() && tops.all(|top| top == first)
}

/// Lets the controls of a voice take every MIDI note and velocity, also beyond the range of the widget.
pub(crate) fn accept_notes(controls: &mut [Control]) {
    for control in controls {
        if let Some([lo, hi]) = Control::role_of(control.label(), f64::INFINITY).map(Role::range) {
            (control.lo, control.hi) = (control.lo.min(lo), control.hi.max(hi));
        }
    }
}

fn finite(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

fn control(widget: &Widget, name: Arc<str>, face: Face) -> Control {
    let [init, lo, hi, step] = widget.range.map(f64::from_bits);
    let kind = match widget.kind {
        WidgetKind::Button => ControlKind::Button,
        WidgetKind::Checkbox => ControlKind::Checkbox,
        WidgetKind::Slider(crate::syntax::Slider::Entry) | WidgetKind::Count => ControlKind::Number,
        WidgetKind::Slider(_) | WidgetKind::Bargraph { .. } => ControlKind::Slider,
    };
    // Faust does not look at the step; ours is advice and positive.
    let step = if step.is_finite() && step > 0.0 { step } else { 0.001 };
    Control { name, kind, init: finite(init), lo: finite(lo), hi: finite(hi), step, face }
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
        let walk = |label: &str| {
            let mut groups = ["a", "b"].map(|name| (Group::Vertical, name.to_owned())).to_vec();
            let own = follow(&mut groups, label).to_owned();
            let names: Vec<String> = groups.into_iter().map(|(_, label)| name_of(&label)).collect();
            (names.join(" "), own)
        };
        let to = |groups: &str, own: &str| (groups.to_owned(), own.to_owned());
        assert_eq!(walk("../h:c/gain"), to("a c", "gain"));
        assert_eq!(walk("/V:top/v:x/level"), to("top x", "level"));
        assert_eq!(walk("./z:c d/x"), to("a b c d", "x"));
        // Groups are opened at the head only.
        assert_eq!(walk("x/v:c/y"), to("a b", "x/v:c/y"));
        assert_eq!(walk("vv:c/y"), to("a b", "vv:c/y"));
        assert_eq!(walk("v:c//x"), to("", "x"));
        assert_eq!(walk("v:c:d/"), to("a b c:d", ""));
        assert_eq!(walk("v: c [url:x/y] / d [1]"), to("a b c", " d [1]"));
        assert_eq!(walk("a:b"), to("a b b", ""));
        assert_eq!(steps_of("h:synth/v:env/attack [unit:s]"), ["synth", "env", "attack"]);
    }
}
