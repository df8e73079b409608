//! Names that Faust accepts, each given once.

use crate::prim::is_reserved;
use krach_ir::{Face, Program, Unique};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The libraries that `stdfaust.lib` brings into scope.
const LIBRARIES: &str = "\
    aa sf an ba co db de dm dx en fd fi ho hy it la ma mi mo ef no os pf pl pm qu rm re ro sp si so sy ve vl wa wd";

/// The names taken in one scope of a printed program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Unique);

impl Names {
    /// A name that is still free here: the wanted one, made legal, with a number if it is taken.
    pub fn give(&mut self, wanted: &str) -> Arc<str> {
        let base = identifier(wanted);
        if is_taken(&base) { self.0.number(&format!("{base}_"), 2) } else { self.0.give(&base, "_", 2) }
    }

    /// The next free of `v1`, `v2`, …
    pub fn number(&mut self, base: &str) -> Arc<str> {
        self.0.number(base, 1)
    }

    /// Makes names of another scope unavailable.
    pub fn avoid<'a>(&mut self, others: impl IntoIterator<Item = &'a Arc<str>>) {
        others.into_iter().for_each(|name| self.0.take(name.clone()));
    }
}

/// Names that a printed definition cannot have: Faust's words, the definitions a host looks for, the libraries.
fn is_taken(name: &str) -> bool {
    is_reserved(name)
        || ["process", "effect"].contains(&name)
        || LIBRARIES.split_ascii_whitespace().any(|library| library == name)
}

/// Whether Faust reads it as one word that has no meaning yet.
pub(crate) fn is_word(name: &str) -> bool {
    identifier(name) == name && !is_reserved(name) && !["process", "effect"].contains(&name)
}

/// ASCII letters, digits and `_`, with a letter before any digit.
fn identifier(wanted: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = wanted.chars().map(legal).collect();
    match name.trim_start_matches('_').chars().next() {
        Some(first) if first.is_ascii_alphabetic() => name,
        Some(_) => format!("v{name}"),
        None => "v".to_owned(),
    }
}

/// The widget labels of a program's controls, in order, then those of its meters. No two share an address.
///
/// What has an address gets it again: the path that opens its groups, and what is said of it. Anything else has
/// its name, where Faust would not read metadata, a path or a substitution into it, otherwise something close.
pub(crate) fn labels(program: &Program) -> Vec<Arc<str>> {
    let mut taken: FxHashSet<String> = FxHashSet::default();
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    let root = format!("/{}/", program.name());
    let mut label = |(name, face): (&Arc<str>, &Face)| -> Arc<str> {
        let path = &*face.address;
        let path = path.strip_prefix(&root).or_else(|| path.strip_prefix('/')).unwrap_or(path);
        let base = match path {
            "" => safe_label(name),
            path => path_label(path),
        };
        let mut label = base.clone();
        while !taken.insert(address(&label)) {
            let number = numbers.entry(base.clone()).or_insert(1);
            *number += 1;
            let between = if base.ends_with('%') { ' ' } else { '_' };
            label = format!("{base}{between}{number}");
        }
        label.push_str(&metadata(face));
        label.into()
    };
    let controls = program.controls().iter().map(|control| (&control.name, &control.face));
    controls.chain(program.meters().iter().map(|meter| (&meter.name, &meter.face))).map(&mut label).collect()
}

/// Groups and a label, written as a path. (Of which sort the groups were does not matter to an address.)
fn path_label(path: &str) -> String {
    let mut parts: Vec<String> = path.split('/').map(safe_label).collect();
    let own = parts.pop().unwrap_or_default();
    parts.iter().map(|group| format!("v:{group}/")).chain([own]).collect()
}

/// What stands in brackets behind a label.
fn metadata(face: &Face) -> String {
    let plain = |text: &str| -> String {
        let mut plain = String::new();
        for c in string(text).chars() {
            // A name behind `%` would be replaced by its value.
            if plain.ends_with('%') && is_substituted(c) {
                plain.push(' ');
            }
            plain.extend("[]\\".contains(c).then_some('\\'));
            plain.push(c);
        }
        plain
    };
    let pair = |(key, value): &(Arc<str>, Arc<str>)| match &**value {
        "" => format!(" [{}]", plain(key)),
        value => format!(" [{}:{}]", plain(key), plain(value)),
    };
    face.metadata.iter().map(pair).collect()
}

/// Signs that a label has for what they are.
const PLAIN: &str = " -+.;=<>^~|";

/// Whether this behind a `%` makes it stand for a value.
fn is_substituted(c: char) -> bool {
    c.is_alphanumeric() || "_{".contains(c)
}

/// `/` stays between words; what Faust gives a meaning becomes `_`.
fn safe_label(name: &str) -> String {
    let word = |word: &str| -> String {
        let word = word.trim();
        let safe = |(at, c): (usize, char)| match c {
            // A name behind it would be replaced by its value.
            '%' if word[at + 1..].chars().next().is_none_or(|next| PLAIN.contains(next)) => c,
            c if c.is_alphanumeric() || c == '_' || PLAIN.contains(c) => c,
            _ => '_',
        };
        word.char_indices().map(safe).collect()
    };
    let words: Vec<String> = name
        .split('/')
        .map(word)
        .map(|word| if word.is_empty() || word.trim_matches('.').is_empty() { "_".to_owned() } else { word })
        .collect();
    words.join("/")
}

/// What the host sees of a label.
fn address(label: &str) -> String {
    label.chars().map(|c| if c == ' ' { '_' } else { c }).collect()
}

/// A string literal has no escapes: quotes and control characters are replaced.
pub(crate) fn string(text: &str) -> Arc<str> {
    let plain = |c: char| match c {
        '"' => '\'',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(plain).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_ir::{Control, ControlKind, Fun, ProgramBuilder};

    #[test]
    fn names_are_legal_and_unique() {
        let mut names = Names::default();
        let given: Vec<_> = ["x", "x", "größe", "_", "1st", "min", "fi", "a b", "_x", "x_2", "x"]
            .map(|wanted| names.give(wanted).to_string())
            .to_vec();
        assert_eq!(given, ["x", "x_2", "gr__e", "v", "v1st", "min_2", "fi_2", "a_b", "_x", "x_2_2", "x_3"]);
    }

    fn labels_of(controls: &[(&str, Face)]) -> Vec<String> {
        let mut b = ProgramBuilder::new("p");
        let mut sum = b.real(0.0).unwrap();
        for (name, face) in controls {
            let (kind, face) = (ControlKind::Slider, face.clone());
            let control =
                Control { name: (*name).into(), kind, init: 0.0, lo: 0.0, hi: 1.0, step: 0.1, face };
            let control = b.control(control).unwrap();
            sum = b.apply(Fun::Add, &[sum, control]).unwrap();
        }
        b.output("out", sum).unwrap();
        labels(&b.finish().unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn labels_stay_one_to_one() {
        let controls = [
            "cut[unit:Hz]",
            "cut_unit_Hz_",
            "fx/mix",
            "../x",
            "a b",
            "a_b",
            "100%",
            "100% ",
            "50%x",
            "%[",
            "x;y",
            "\"q\"",
        ];
        let labels = labels_of(&controls.map(|name| (name, Face::default())));
        assert_eq!(
            labels,
            [
                "cut_unit_Hz_",
                "cut_unit_Hz__2",
                "fx/mix",
                "_/x",
                "a b",
                "a_b_2",
                "100%",
                "100% 2",
                "50_x",
                "__",
                "x;y",
                "_q_"
            ]
        );
    }

    #[test]
    fn a_face_is_written_into_the_label() {
        let face = |address: &str, metadata: &[(&str, &str)]| {
            let metadata = metadata.iter().map(|&(key, value)| (key.into(), value.into())).collect();
            Face { address: address.into(), metadata }
        };
        let labels = labels_of(&[
            ("a", face("/p/osc/fine/a", &[("unit", "Hz"), ("1", "")])),
            ("b", face("/p/b", &[("tooltip", "100%x [\"\\]"), ("unit", "%")])),
            ("c", face("/other/c", &[])),
        ]);
        assert_eq!(
            labels,
            ["v:osc/v:fine/a [unit:Hz] [1]", "b [tooltip:100% x \\['\\\\\\]] [unit:%]", "v:other/c"]
        );
    }
}
