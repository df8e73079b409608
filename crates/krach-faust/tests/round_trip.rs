//! parse ∘ print = id: what is printed reads back as the same tree, for every fixture and, where the standard
//! libraries are installed, for every one of their files and examples.

use krach_diag::Source;
use krach_faust::parse;
use krach_faust::syntax::ast::{Ast, Statement};
use std::path::{Path, PathBuf};

fn tree(name: &str, text: &str) -> Option<Ast> {
    let (syntax, reports) = parse(&Source::new(name, text));
    if reports.is_empty() { syntax.to_ast() } else { None }
}

/// Whether the text could be read; the law is asserted if so.
fn holds(name: &str, text: &str) -> bool {
    let Some(first) = tree(name, text) else { return false };
    let printed = first.to_string();
    let again = tree(name, &printed);
    assert_eq!(again.as_ref(), Some(&first), "{name}\n{printed}");
    assert_eq!(again.expect("asserted above").to_string(), printed, "{name}");
    true
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder with one of these endings.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "lib" || ending == "dsp") {
            found.push(path);
        }
    }
}

#[test]
fn fixtures_read_back_as_they_were_printed() {
    let mut count = 0;
    for name in ["language.txt", "wrong.txt"] {
        let fixture =
            std::fs::read_to_string(root().join("fixtures/faust").join(name)).expect("fixtures are there");
        for entry in fixture.split("\n\n") {
            let lines = entry.lines().filter(|line| !line.starts_with("--- "));
            let program: Vec<&str> = lines.take_while(|line| !line.starts_with("    ")).collect();
            count += usize::from(holds(name, &program.join("\n")));
        }
    }
    assert!(count >= 180, "{count} programs");
}

#[test]
fn corners_read_back_as_they_were_printed() {
    for text in [
        "x = ((1, 2), 3), (4 : (5 : 6)), ((1 : 2) : 3);",
        "x = 1 <: 2 :> 3, (4 <: 5) :> 6;",
        "x = (a ~ b) ~ c, a ~ (b ~ c);",
        "x = (-1)', -1 @ 2, (-a)(3), 5 - -3, (2 ^ 3) ^ 4, 2 ^ (3 ^ 4), (a @ b)';",
        "doubleprecision x = 1e400; singleprecision quadprecision x = -2147483648;",
        "f((x, xs), 0, 1.5) = xs; f(x, _ : y, z) = (x with { a = 1; }, y letrec { 'b = b; where c = 1; });",
        "x = [\"a\": *(2), \"b\" -> hslider(\"a\", 0, 0, 1, 0.1)], e[a = 1; b = 2;].c(\\(x, y).(x, y)(1));",
        "x = case { (0, (a, b)) => a : b; (n, m) => m; } with { import = 1; };",
        "x = environment { declare f a \"b\"; import(\"c\"); d = (+), (*)(1, (2, 3)), (with_ : xor); };",
        "x = ffunction(float f | g | h(int, any), <math.h>, \"\"), fconstant(int a, \"b.h\"), waveform{1, -2.5};",
        "x = par(i, (1, 2) : +, i, 2), route(1, 2, 1, 2, (3, 4)), soundfile(\"s\", 2), vslider(\"v\", 0, 0, 1, 1);",
    ] {
        assert!(holds("corner", text) || text.contains("import = 1"), "{text}");
    }
}

#[test]
fn libraries_read_back_as_they_were_printed() {
    let mut found = Vec::new();
    for python in root().join(".venv/lib").read_dir().into_iter().flatten().flatten() {
        files(&python.path().join("site-packages/cyfaust/resources/libraries"), &mut found);
    }
    let read =
        |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).expect("a readable file")).into_owned();
    let count = found.iter().filter(|path| holds(&path.to_string_lossy(), &read(path))).count();
    assert_eq!(count, found.len());
    println!("{count} library files");
}

#[test]
fn printed_programs_read_back_as_they_were_printed() {
    let mut count = 0;
    for entry in root().join("fixtures/faust").read_dir().expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "program") {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path).expect("a text");
            let program = krach_ir::parse(&Source::new(&*name, text)).expect("a valid program");
            let mut made = krach_faust::to_ast(&program);
            let printed = made.to_string();
            // Comments are for people: the parser passes over them.
            for statement in &mut made.statements {
                if let Statement::Definition(definition) = statement {
                    definition.comment = None;
                }
            }
            assert_eq!(tree(&name, &printed), Some(made), "{name}");
            count += 1;
        }
    }
    assert!(count >= 9, "{count} programs");
}
