//! Every public type of the crates is a noun of `docs/GLOSSARY.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The names in the first column: `**Signal**, `Sig``.
fn nouns(page: &str) -> BTreeSet<&str> {
    let rows = page.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split(['*', '`']).map(str::trim).filter(|word| is_type_name(word))).collect()
}

fn is_type_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase()) && word.chars().all(char::is_alphanumeric)
}

/// The names that the file of a module makes public: its own types and those it re-exports.
fn public_names(lib: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for item in lib.split("\npub ").skip(1) {
        if let Some(list) = item.strip_prefix("use ") {
            let list = list.split(';').next().unwrap_or_default();
            names.extend(list.split([' ', ',', '{', '}', ':', '\n']).filter(|word| is_type_name(word)));
        } else {
            names.extend(type_name(item));
        }
    }
    names
}

/// The names that a crate makes public: those of the module `file` and of its `pub mod`s, whose files are in `folder`.
fn names_of(file: &Path, folder: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
    let mut names: BTreeSet<String> = public_names(&text).into_iter().map(str::to_owned).collect();
    let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules {
        let inner = folder.join(module);
        let beside = folder.join(format!("{module}.rs"));
        let file = if beside.exists() { beside } else { inner.join("mod.rs") };
        names.extend(names_of(&file, &inner));
    }
    names
}

/// `struct Note {` declares `Note`.
fn type_name(item: &str) -> Option<&str> {
    let rest = ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| item.strip_prefix(kind))?;
    rest.split(|letter: char| !letter.is_alphanumeric()).next()
}

/// The types that the sources declare. Public names that are not among them are functions or constants.
fn declared_types(folder: &Path) -> BTreeSet<String> {
    let mut open = vec![folder.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let items = text.lines().filter_map(|line| line.trim_start().strip_prefix("pub "));
                found.extend(items.filter_map(type_name).map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn every_public_type_has_a_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/GLOSSARY.md")).expect("docs/GLOSSARY.md");
    let nouns = nouns(&page);
    let crates: Vec<PathBuf> =
        fs::read_dir(root.join("crates")).expect("crates").flatten().map(|entry| entry.path()).collect();
    assert!(!crates.is_empty());
    let mut missing = Vec::new();
    for folder in crates {
        let lib = folder.join("src/lib.rs");
        if !lib.exists() {
            continue;
        }
        let declared = declared_types(&folder.join("src"));
        let public = names_of(&lib, &folder.join("src"));
        let mut without =
            public.iter().filter(|name| declared.contains(*name) && !nouns.contains(name.as_str()));
        missing.extend(without.by_ref().map(|name| format!("{}: {name}", folder.display())));
    }
    assert!(missing.is_empty(), "docs/GLOSSARY.md has no row for:\n{}", missing.join("\n"));
}

#[test]
fn names_are_read_from_rows_and_exports() {
    let page =
        "| **Line**, **Tap** | a delay line; one reading of it | ir |\n| **Sig**, `SigId` | x | ir |\n";
    assert_eq!(nouns(page), ["Line", "Sig", "SigId", "Tap"].into());
    let lib = "mod a;\npub use a::{Line, lex};\npub use b::Tap;\nuse c::Hidden;\npub struct Own<T> {}\npub fn f() {}\n";
    assert_eq!(public_names(lib), ["Line", "Own", "Tap"].into());
}
