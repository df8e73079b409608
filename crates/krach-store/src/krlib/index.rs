//! What is in a library: the entry `index.json`, the only one whose shape decides about the version.

use crate::Unit;
use krach_abi::Precision;
use krach_codegen::{Machine, Spec, Target};
use krach_ir::{ContentKey, Control, ControlKind, Credit, Face, Meter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The version of the shape. Additions that a reader may ignore do not change it.
pub const SCHEMA: u32 = 2;

/// The longest name of an instrument, in bytes.
const LONGEST_NAME: usize = 100;

/// A BLAKE3 hash, written as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "&str")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).into())
    }
}

impl From<ContentKey> for Digest {
    fn from(key: ContentKey) -> Self {
        Self(*key.bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Borrowed: an index has thousands of them.
impl TryFrom<&str> for Digest {
    type Error = &'static str;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| "a hash has 64 hexadecimal digits")?;
        Ok(Self(hash.into()))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    pub schema: u32,
    /// Of the krach that built it.
    pub krach_version: String,
    /// Which tool, and with which code generator.
    pub created_by: String,
    /// The processors that there is code for.
    pub machines: Vec<Machine>,
    pub instruments: Vec<Record>,
}

/// An instrument: what one can know without reading further, and where the rest is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub doc: String,
    /// Where it was written: a path as the builder was given it, and a line from 1.
    pub file: String,
    pub line: u32,
    /// Of the optimised program: equal sounds have equal keys.
    pub key: Digest,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub controls: Vec<ControlRecord>,
    /// The precision that it was made for, if its program says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    #[serde(default)]
    pub meters: Vec<MeterRecord>,
    /// Whose work it is made with.
    pub licences: Vec<CreditRecord>,
    /// The text form.
    pub program: Part,
    /// The sounds that the program names, by digest. Instruments may share them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sounds: Vec<Part>,
    pub faust: Option<Part>,
    pub source: Option<Part>,
    pub targets: Vec<TargetRecord>,
    /// The same for what the voices go through, if anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effect: Vec<TargetRecord>,
}

impl Record {
    /// The precision that it was made for, else that of its code, else single.
    #[must_use]
    pub fn precision(&self) -> Precision {
        let first = self.targets.first().map(|target| &target.precision);
        self.precision.as_ref().or(first).and_then(|name| name.parse().ok()).unwrap_or_default()
    }

    /// The code of one unit of the program.
    #[must_use]
    pub fn codes(&self, unit: Unit) -> &[TargetRecord] {
        match unit {
            Unit::Voice => &self.targets,
            Unit::Effect => &self.effect,
        }
    }

    /// The code of all its stages.
    pub fn all_codes(&self) -> impl Iterator<Item = &TargetRecord> {
        self.targets.iter().chain(&self.effect)
    }

    /// What the code of a unit is vouched for as: no code of one unit is that of another.
    #[must_use]
    pub fn identity(&self, unit: Unit) -> Digest {
        match unit {
            Unit::Voice => self.program.blake3,
            Unit::Effect => Digest::of(&[&self.program.blake3.0[..], b"effect"].concat()),
        }
    }

    /// All that the archive has of it.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        let texts = [Some(&self.program), self.faust.as_ref(), self.source.as_ref()];
        texts.into_iter().flatten().chain(&self.sounds).chain(self.all_codes().map(|target| &target.code))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlRecord {
    pub name: String,
    pub kind: String,
    pub init: f64,
    pub lo: f64,
    pub hi: f64,
    pub step: f64,
    /// Its path through groups, "" if it stands in none.
    #[serde(default)]
    pub address: String,
    /// What its author says of it, such as `unit`: the values of each key.
    #[serde(default)]
    pub metadata: BTreeMap<String, Vec<String>>,
}

impl From<&Control> for ControlRecord {
    fn from(control: &Control) -> Self {
        let kind = match control.kind {
            ControlKind::Slider => "slider",
            ControlKind::Number => "number",
            ControlKind::Button => "button",
            ControlKind::Checkbox => "checkbox",
        };
        // Destructured without `..`, so that a new field of `Control` fails to compile until it is saved here.
        let Control { ref name, kind: _, init, lo, hi, step, ref face } = *control;
        let (name, kind, address) = (name.to_string(), kind.to_owned(), face.address.to_string());
        Self { name, kind, init, lo, hi, step, address, metadata: metadata(face) }
    }
}

fn metadata(face: &Face) -> BTreeMap<String, Vec<String>> {
    let mut metadata: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in &face.metadata {
        metadata.entry(key.to_string()).or_default().push(value.to_string());
    }
    metadata
}

/// What can be looked at: see [`ControlRecord`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterRecord {
    pub name: String,
    pub lo: f64,
    pub hi: f64,
    pub address: String,
    pub metadata: BTreeMap<String, Vec<String>>,
}

impl From<&Meter> for MeterRecord {
    fn from(meter: &Meter) -> Self {
        let Meter { ref name, lo, hi, ref face, sig: _ } = *meter;
        let (name, address) = (name.to_string(), face.address.to_string());
        Self { name, lo, hi, address, metadata: metadata(face) }
    }
}

/// A definition of a library that the instrument is made with, and the licence of its author.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CreditRecord {
    pub library: String,
    pub function: String,
    /// None if neither the definition nor its file declares one.
    pub licence: Option<String>,
    /// `function` or `file`: what the licence is declared of.
    pub declared: Option<String>,
}

impl From<&Credit> for CreditRecord {
    fn from(credit: &Credit) -> Self {
        let (declared, licence) = credit.licence.declared().unzip();
        Self {
            library: credit.library.to_string(),
            function: credit.function.to_string(),
            licence: licence.map(str::to_owned),
            declared: declared.map(str::to_owned),
        }
    }
}

/// An entry of the archive, and what it must contain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub entry: String,
    pub bytes: u64,
    pub blake3: Digest,
}

/// Compiled code for one kind of machine, rate and precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// By its place among the machines of the index.
    pub machine: usize,
    /// `host` or `baseline`, as it was asked for.
    pub target: String,
    pub rate: u32,
    pub precision: String,
    pub voices: u32,
    pub code_bytes: usize,
    pub state_bytes: usize,
    pub code: Part,
    /// Of the code, as that of `program`, by the builder's secret; none if there was none to be had.
    pub tag: Option<Digest>,
}

impl TargetRecord {
    /// Whether it is what `spec` asks for, of any machine: code for the baseline serves a host as well.
    #[must_use]
    pub fn serves(&self, spec: &Spec) -> bool {
        self.spec().is_some_and(|own| {
            own == *spec || spec.target == Target::Host && Spec { target: Target::Host, ..own } == *spec
        })
    }

    /// `None` for a target or a precision that this krach does not know.
    #[must_use]
    pub fn spec(&self) -> Option<Spec> {
        let (precision, target) = (self.precision.parse().ok()?, self.target.parse().ok()?);
        Some(Spec { voices: self.voices, target, ..Spec::new(self.rate, precision) })
    }
}

/// Why a text cannot name an instrument. Names become parts of entries' names, which other tools unpack.
#[must_use]
pub fn bad_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > LONGEST_NAME {
        Some("it is too long")
    } else if name.chars().any(|c| c.is_control() || "/\\:*?\"<>|\u{2028}\u{2029}".contains(c)) {
        Some("it contains a character that files cannot have")
    } else if name.starts_with(['.', ' ', '-']) || name.ends_with(['.', ' ']) {
        Some("it begins or ends with a dot, a dash or a space")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_folder() {
        for name in ["", ".", "..", "../a", "a/b", "a\\b", "C:", "a\0b", "a\n", " a", "-rf", "a."] {
            assert!(bad_name(name).is_some(), "{name:?}");
        }
        assert!(bad_name(&"x".repeat(100_000_000)).is_some());
        for name in ["acid", "bäss", "64 partials", "pad_2", "kick.v2", "音"] {
            assert_eq!(bad_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn digests_are_read_back() {
        let digest = Digest::of(b"krach");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json.len(), 66);
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>("\"12\"").is_err());
    }
}
