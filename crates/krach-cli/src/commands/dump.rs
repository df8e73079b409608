//! `krach dump`: every stage can be printed.

use crate::machine::Machine;
use crate::shell::WELL;
use crate::target::Only;
use crate::{Failure, Shell};
use clap::CommandFactory;
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use krach_codegen::{Kernel, Refusal, Spec};
use krach_diag::{Code, Diagnostic, Source};
use krach_ir::Program;

#[derive(Debug, Args)]
pub(crate) struct Dump {
    #[command(flatten)]
    pub only: Only,
    /// Which form to print
    #[arg(long, value_enum, default_value_t = Stage::Program)]
    pub stage: Stage,
    /// How to write the diagram
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub machine: Machine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// The Faust text as it was read, in one style
    Ast,
    /// The signals as traced, in the text form that can be read back
    Program,
    /// The blocks and wires, as a list or, with `--format svg`, as a picture
    Diagram,
    /// Faust, as a Faust user would write it
    Faust,
    /// The sections of the code, their sizes, and the values that rest while no control moves
    Plan,
    /// The schedule: sections, instructions, layout of the state
    Kernel,
    /// The input of the code generator, Cranelift
    Clif,
    /// Machine code
    Asm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    /// A picture for browsers and notebooks, of `--stage diagram` only
    Svg,
}

pub(crate) fn dump(shell: &mut Shell<'_>, what: &Dump) -> Result<i32, Failure> {
    match (what.stage, what.format) {
        (stage, Format::Text) => print(shell, &what.only, stage, what.machine),
        (Stage::Diagram, Format::Svg) => draw(shell, &what.only, what.machine),
        (_, Format::Svg) => {
            let message = "`--format svg` is a picture of `--stage diagram`";
            let usage = super::Arguments::command().error(ErrorKind::ArgumentConflict, message);
            // Standard error may be closed; then there is no place to report it.
            let _ = usage.print();
            Ok(usage.exit_code())
        }
    }
}

pub(crate) fn dump_faust(shell: &mut Shell<'_>, only: &Only) -> Result<i32, Failure> {
    // Faust text knows neither rate nor precision.
    print(shell, only, Stage::Faust, Machine { rate: None, precision: None })
}

fn draw(shell: &mut Shell<'_>, only: &Only, machine: Machine) -> Result<i32, Failure> {
    let script = only.load(shell, machine.precision())?;
    let (sound, _) = script.playable(only.target.one(&*script)?)?;
    let svg = shell.work(move |_| krach_faust::draw(sound.program()).svg(), |_| {})?;
    shell.say(&svg)?;
    Ok(WELL)
}

fn print(shell: &mut Shell<'_>, only: &Only, stage: Stage, machine: Machine) -> Result<i32, Failure> {
    let script = only.load(shell, machine.precision())?;
    let at = only.target.one(&*script)?;
    if stage == Stage::Ast {
        let source = script.faust(at)?;
        shell.sources.remember(source.clone());
        let text = shell.work(move |_| syntax(&source), |_| {})??;
        shell.say(&text)?;
        return Ok(WELL);
    }
    let (sound, _) = script.playable(at)?;
    let spec = machine.spec(&sound);
    let text = shell.work(move |_| text(sound.program(), stage, &spec), |_| {})?;
    let mut text = text.map_err(|reason| krach_store::refusal(&reason))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    shell.say(&text)?;
    Ok(WELL)
}

/// The Faust text as it was read, in one style.
fn syntax(source: &Source) -> Result<String, Failure> {
    let (syntax, reports) = krach_faust::parse(source);
    if !reports.is_empty() {
        return Err(reports.into());
    }
    let ast = syntax.to_ast().ok_or_else(|| {
        let message = format!("`{}` nests too deep to be written out", source.name());
        Diagnostic::error(Code::FaustSize, message).help("name inner parts in definitions of their own")
    })?;
    Ok(ast.to_string())
}

fn text(program: &Program, stage: Stage, spec: &Spec) -> Result<String, Refusal> {
    let kernel = || Kernel::build(&krach_ir::optimise(program), spec);
    Ok(match stage {
        Stage::Ast | Stage::Faust => krach_faust::print(program),
        Stage::Diagram => krach_faust::draw(program).to_string(),
        Stage::Program => program.to_string(),
        Stage::Plan => kernel()?.plan(),
        Stage::Kernel => kernel()?.to_string(),
        Stage::Clif => krach_codegen::clif(&kernel()?)?,
        Stage::Asm => krach_codegen::asm(&kernel()?)?,
    })
}
