//! Pictures of programs: what is on them, and that there is an end to them.

use expect_test::expect;
use krach_diag::Source;
use krach_faust::{NoFiles, Options, draw, elaborate};
use krach_ir::{Fun, Program, ProgramBuilder};
use std::path::Path;

fn program(name: &str, text: &str) -> Program {
    let (program, reports) = elaborate(&Source::new(name, text), &NoFiles, &Options::default());
    program.unwrap_or_else(|| panic!("{reports:?}"))
}

#[test]
fn a_picture_can_be_read_as_a_list() {
    let leak = program(
        "leak.dsp",
        "process(x) = y letrec { 'y = x * hslider(\"drive\", 1, 0, 4, 0.1) + 0.5 * y; };",
    );
    expect![[r#"
        leak
          0 input `in0`
          1 memory `z⁻¹` from 5 (back)
          2 control `drive`
          3 operation `×` from 0, 2
          4 operation `× 0.5` from 1
          5 operation `+` from 3, 4
          6 output `out0` from 5
    "#]]
    .assert_eq(&draw(&leak).to_string());
}

#[test]
fn pictures_are_one_well_formed_element() {
    let odd =
        program("odd.dsp", "declare name \"a <&> \\ b\"; process = _ + hslider(\"<gain>\", 1, 0, 4, 0.1);");
    let svg = draw(&odd).svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("&lt;&amp;&gt;") && !svg.contains("<&"));
    for tag in ["g", "svg", "text", "title"] {
        let opened = svg.matches(&format!("<{tag} ")).count() + svg.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn every_fixture_can_be_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/faust");
    let mut count = 0;
    for entry in folder.read_dir().expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "program") {
            let text = std::fs::read_to_string(&path).expect("a text");
            let source = Source::new(path.display().to_string(), text);
            let drawing = draw(&krach_ir::parse(&source).expect("a valid program"));
            assert!(!drawing.svg().contains("NaN"), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 9, "{count} programs");
}

/// Many blocks become a tree of small pictures: a chain, and a tangle in which everything hears everything.
#[test]
fn large_programs_are_folded() {
    for tangled in [false, true] {
        let mut b = ProgramBuilder::new("large");
        let x = b.input("x");
        let mut all = vec![x];
        for at in 0..50_000_usize {
            let last = *all.last().expect("it begins with one");
            let other = if tangled { all[at * 7919 % all.len()] } else { last };
            all.push(b.apply(Fun::Hypot, &[last, other]).expect("two reals"));
        }
        b.output("out", *all.last().expect("it begins with one")).expect("a signal");
        let svg = draw(&b.finish().expect("a valid program")).svg();
        assert!(svg.len() < 30_000_000, "{} bytes", svg.len());
        assert_eq!(svg.contains("more parts"), tangled, "what looks alike is shown once");
    }
}
