//! Every stage of a few small programs, word for word: `fixtures/stages/NAME.dsp` and, beside it, its optimised
//! program, kernel and printed Faust. `UPDATE_EXPECT=1` rewrites them; read the difference before it is kept.

use expect_test::expect_file;
use krach_abi::Precision;
use krach_codegen::{Kernel, Spec};
use krach_diag::Source;
use krach_faust::{NoFiles, Options, elaborate};
use krach_ir::Program;
use std::path::PathBuf;

fn fixture(name: &str, ending: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../fixtures/stages", &format!("{name}.{ending}")].iter().collect()
}

fn program(name: &str) -> Program {
    let text = std::fs::read_to_string(fixture(name, "dsp")).expect("the fixtures are there");
    let (program, reports) =
        elaborate(&Source::new(format!("{name}.dsp"), text), &NoFiles, &Options::default());
    program.unwrap_or_else(|| panic!("{name}: {reports:?}"))
}

fn holds(name: &str) {
    let program = program(name);
    let optimised = krach_ir::optimise(&program);
    let kernel = Kernel::build(&optimised, &Spec::new(48_000, Precision::Single)).expect("a small program");
    expect_file![fixture(name, "program")].assert_eq(&optimised.to_string());
    expect_file![fixture(name, "kernel")].assert_eq(&kernel.to_string());
    expect_file![fixture(name, "faust")].assert_eq(&krach_faust::print(&program));
}

macro_rules! stages {
    ($($name:ident)*) => { $(#[test] fn $name() { holds(stringify!($name)); })* };
}

stages! { gain phasor echo table noise sum }
