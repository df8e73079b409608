//! The floors of the house: a crate may use only crates on lower floors.
//!
//! The table below is the plan; the manifests must follow it. See `docs/ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

struct Room {
    name: &'static str,
    floor: u8,
    /// Of our crates. Each lies on a lower floor, but for one named edge.
    imports: &'static [&'static str],
    /// Of other people's crates.
    outside: &'static [&'static str],
    /// Words that its sources must not mention, because they belong to another crate.
    unaware: &'static [&'static str],
}

const FILES_AND_THREADS: &[&str] = &["std::fs", "std::thread", "std::net", "std::process"];
const FILES: &[&str] = &["std::fs", "std::net", "std::process"];

#[rustfmt::skip]
const HOUSE: &[Room] = &[
    Room { name: "diag", floor: 0, imports: &[], outside: &[], unaware: FILES_AND_THREADS },
    Room { name: "abi", floor: 0, imports: &[], outside: &[], unaware: FILES_AND_THREADS },
    Room { name: "alsa", floor: 0, imports: &[], outside: &["libloading"], unaware: FILES_AND_THREADS },
    Room { name: "ir", floor: 1, imports: &["abi", "diag"], outside: &["blake3", "libm", "rustc-hash"], unaware: FILES_AND_THREADS },
    // Time is exact and counts cycles: seconds and clocks are the session's.
    Room {
        name: "pattern", floor: 1, imports: &["diag"], outside: &["logos"],
        unaware: &["std::fs", "std::thread", "std::net", "std::process", "std::time", "seconds: f64", "SystemTime", "Instant"],
    },
    // Evaluating deep Faust takes a thread for its stack.
    Room { name: "faust", floor: 2, imports: &["abi", "diag", "ir"], outside: &["logos", "pretty", "rustc-hash"], unaware: FILES },
    Room {
        name: "codegen", floor: 2, imports: &["abi", "ir"],
        outside: &["cranelift-codegen", "cranelift-frontend", "cranelift-jit", "cranelift-module", "cranelift-native", "memmap2", "rustc-hash", "blake3", "serde", "postcard"],
        unaware: FILES,
    },
    Room { name: "engine", floor: 2, imports: &["abi", "alsa"], outside: &["alsa", "cpal", "libm", "petgraph", "rtrb", "thread-priority"], unaware: FILES },
    Room {
        name: "store", floor: 3, imports: &["abi", "codegen", "diag", "faust", "ir"],
        outside: &["blake3", "dirs", "flac-codec", "getrandom", "hound", "midly", "rawzip", "rubato", "rustc-hash", "serde", "serde_json", "strsim", "symphonia", "tempfile"],
        unaware: &["std::net", "std::process", "krach_engine", "krach_pattern", "krach_session"],
    },
    // Empty without a feature that names a version of LLVM.
    Room { name: "llvm", floor: 3, imports: &["abi", "codegen", "ir"], outside: &["inkwell", "object"], unaware: FILES_AND_THREADS },
    Room {
        name: "session", floor: 4, imports: &["abi", "alsa", "codegen", "diag", "engine", "ir", "pattern", "store"],
        // OSC is the network; no other part of it is known.
        outside: &["alsa", "ebur128", "jack", "midir", "rosc", "rtrb", "serde"], unaware: &["std::fs", "TcpStream", "TcpListener", "std::process", "serde_json", "hound", "midly", "rawzip", "symphonia", "pyo3"],
    },
    Room {
        name: "cli", floor: 5, imports: &["abi", "codegen", "diag", "engine", "faust", "ir", "llvm", "pattern", "session", "store"],
        outside: &["ariadne", "clap", "ctrlc", "indicatif", "serde", "serde_json"], unaware: &["std::net"],
    },
    Room {
        name: "py", floor: 5, imports: &["abi", "cli", "codegen", "diag", "engine", "faust", "ir", "pattern", "session", "store"],
        outside: &["numpy", "pyo3"], unaware: &["std::net"],
    },
];

/// Words that the files of one folder must not mention, though their crate may. A folder may not exist yet.
#[rustfmt::skip]
const NEVERS: &[(&str, &str)] = &[
    // The audio thread knows numbers, never names.
    ("crates/krach-engine/src/audio", "String"),
    ("crates/krach-engine/src/audio", "HashMap"),
    // MIDI and OSC make edits of the session; they do not touch the stage.
    ("crates/krach-session/src/midi", "krach_engine"),
    ("crates/krach-session/src/osc", "krach_engine"),
];

/// The one place where neighbours meet: Python reaches the command line through `run(args, host)`.
const NEIGHBOURS: (&str, &str) = ("py", "cli");

/// Crates that tests and benchmarks may use anywhere.
const FOR_TESTS: &[&str] = &["criterion", "expect-test", "proptest", "serde_json", "tempfile"];

#[test]
fn the_plan_itself_only_goes_down() {
    let floors: BTreeMap<_, _> = HOUSE.iter().map(|room| (room.name, room.floor)).collect();
    for room in HOUSE {
        for &import in room.imports {
            let meets = (room.name, import) == NEIGHBOURS;
            assert!(floors[import] < room.floor || meets, "{} must not import {import}", room.name);
        }
    }
}

#[test]
fn every_crate_keeps_to_the_plan() {
    let planned: BTreeSet<_> = HOUSE.iter().map(|room| format!("krach-{}", room.name)).collect();
    let built: BTreeSet<_> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(built, planned, "crates/ and the plan differ");
    for room in HOUSE {
        let manifest = format!("crates/krach-{}/Cargo.toml", room.name);
        for (section, dependency) in dependencies(&read(&manifest)) {
            let tests = section.contains("dev-dependencies");
            let allowed = match dependency.strip_prefix("krach-") {
                Some(ours) => room.imports.contains(&ours),
                None => {
                    room.outside.contains(&dependency.as_str())
                        || (tests && FOR_TESTS.contains(&dependency.as_str()))
                }
            };
            assert!(allowed, "{manifest}: [{section}] must not have {dependency}");
        }
    }
}

#[test]
fn the_architecture_page_shows_the_plan() {
    let page = read("docs/ARCHITECTURE.md").to_lowercase();
    for room in HOUSE {
        let row = page
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("`krach-{}`", room.name)));
        let row = row.unwrap_or_else(|| panic!("krach-{} has no row", room.name));
        assert!(
            row.starts_with(&format!("| {} ", room.floor)),
            "krach-{} is on floor {}",
            room.name,
            room.floor
        );
        for outside in room.outside {
            // Families are named once: Cranelift, serde.
            let family = ["cranelift", "serde"].into_iter().find(|family| outside.starts_with(family));
            let family = family.unwrap_or(outside);
            assert!(row.contains(family), "the row of krach-{} does not name {outside}", room.name);
        }
    }
}

#[test]
fn crates_do_not_mention_what_is_not_theirs() {
    for room in HOUSE {
        for file in files_under(&format!("crates/krach-{}/src", room.name)) {
            let text = fs::read_to_string(&file).unwrap();
            let product = product(&file, &text);
            for word in room.unaware {
                assert!(!product.contains(word), "{} must not know {word}", file.display());
            }
            for (folder, word) in NEVERS.iter().filter(|(folder, _)| file.starts_with(root().join(folder))) {
                assert!(!product.contains(word), "{}: {folder} must not know {word}", file.display());
            }
            let unsafe_is_allowed = ["abi", "alsa", "codegen"].contains(&room.name);
            assert!(
                unsafe_is_allowed || !text.contains("allow(unsafe_code)"),
                "unsafe in {}",
                file.display()
            );
        }
    }
}

#[test]
fn test_items_are_cut_out_and_nothing_else() {
    let text = "use a;\n#[cfg(test)]\nmod tests;\nfn b() {}\n#[cfg(test)]\n#[rustfmt::skip]\nmod c {\n    \
                fn d() {}\n}\nfn e() {}\nimpl F {\n    #[cfg(test)]\n    fn g() {\n    }\n    fn h() {}\n}\n\
                #[cfg(test)]\nfn i() {}\nfn j() {}\n";
    let cut = product(Path::new("lexer.rs"), text);
    assert_eq!(cut, "use a;\nfn b() {}\nfn e() {}\nimpl F {\n    fn h() {}\n}\nfn j() {}\n");
    assert_eq!(product(Path::new("lex/tests.rs"), text), "");
}

#[test]
fn every_outside_crate_has_its_reason() {
    let manifest = read("Cargo.toml");
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for line in table.lines().filter(|line| line.contains('=') && !line.starts_with("krach-")) {
        let reason = line.split_once(" # ").map(|(_, reason)| reason.trim());
        assert!(reason.is_some_and(|reason| reason.len() > 5), "a line of why is missing: {line}");
    }
    // Versions are in that table and nowhere else.
    for room in HOUSE {
        for line in dependency_lines(&read(&format!("crates/krach-{}/Cargo.toml", room.name))) {
            assert!(line.1.contains("workspace"), "krach-{}: `{}` pins its own version", room.name, line.1);
        }
    }
}

#[test]
fn files_are_short_and_finished() {
    // Written in two halves so that this file does not find itself.
    let unfinished = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[ig", "nore")];
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.display();
        let lines = text.lines().count();
        assert!(lines <= 600, "{name} has {lines} lines: more than anyone reads in one go");
        for mark in unfinished {
            assert!(!text.contains(mark), "{name} has {mark}");
        }
    }
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let homes = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
        concat!("/tm", "p/"),
    ];
    let mut places = sources();
    for folder in ["docs", "faust", "grammar", ".ci", ".cargo", "scripts", "fixtures"] {
        places.extend(files_under(folder));
    }
    places.extend(["Cargo.toml", "Makefile", "README.md", "pyproject.toml"].map(|name| root().join(name)));
    for file in places {
        // Goldens in binary form have no paths to find.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for home in homes {
            assert!(!text.contains(home), "{} names a place under {home}", file.display());
        }
    }
}

/// The text without its test items, which may read fixtures. It is laid out by rustfmt: an item ends at its first line
/// if that ends with `;` or `}`, else at the next brace of its own indent.
fn product(file: &Path, text: &str) -> String {
    if file.ends_with("tests.rs") {
        return String::new();
    }
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let first = lines.find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
        if !first.ends_with([';', '}']) {
            lines.find(|line| line.strip_prefix(indent).is_some_and(|rest| rest.starts_with('}')));
        }
    }
    kept
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Rust and Python that people read and change.
fn sources() -> Vec<PathBuf> {
    let mut found: Vec<_> =
        ["crates", "tests", "python", "examples", "scripts"].into_iter().flat_map(files_under).collect();
    found.retain(|file| file.extension().is_some_and(|end| end == "rs" || end == "py" || end == "pyi"));
    assert!(found.len() > 10, "the sources were not found");
    found
}

fn files_under(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let made =
                name.to_string_lossy().starts_with("__pycache__") || name.to_string_lossy().ends_with(".so");
            match (path.is_dir(), made) {
                (_, true) => {}
                (true, _) => open.push(path),
                (false, _) => found.push(path),
            }
        }
    }
    found.sort();
    found
}

/// `(section, line)` of every dependency of a manifest, as these manifests write them: one a line.
fn dependency_lines(manifest: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if section.ends_with("dependencies") && !line.is_empty() && !line.starts_with('#') {
            found.push((section.clone(), line.to_owned()));
        }
    }
    found
}

fn dependencies(manifest: &str) -> Vec<(String, String)> {
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    dependency_lines(manifest).into_iter().map(|(section, line)| (section, name(&line))).collect()
}
