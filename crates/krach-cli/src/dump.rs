//! `krach dump`: every stage can be printed.

use crate::arguments::{Dump, Format, Only, Stage};
use crate::shell::WELL;
use crate::{Failure, Shell};
use krach_abi::Precision;
use krach_codegen::{Kernel, Refusal, Spec};
use krach_ir::Program;

pub(crate) fn dump(shell: &mut Shell<'_>, what: &Dump) -> Result<i32, Failure> {
    let spec = Spec::new(what.machine.rate, what.machine.precision);
    print(shell, &what.only, what.stage, what.format, spec)
}

pub(crate) fn dump_faust(shell: &mut Shell<'_>, only: &Only) -> Result<i32, Failure> {
    // Faust text knows neither rate nor precision.
    print(shell, only, Stage::Faust, Format::Text, Spec::new(48_000, Precision::Single))
}

fn print(shell: &mut Shell<'_>, only: &Only, stage: Stage, format: Format, spec: Spec) -> Result<i32, Failure> {
    let script = only.target.load(shell)?;
    let program = script.trace(only.target.one(&*script)?)?;
    let text = shell.work(move |_| text(&program, stage, format, &spec), |_| {})?;
    let mut text = text.map_err(|refusal| krach_session::report(&refusal))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    shell.say(&text)?;
    Ok(WELL)
}

fn text(program: &Program, stage: Stage, format: Format, spec: &Spec) -> Result<String, Refusal> {
    let kernel = || Kernel::build(&krach_ir::optimise(program), spec);
    Ok(match stage {
        Stage::Program => program.to_string(),
        Stage::Diagram => match format {
            Format::Text => krach_faust::draw(program).to_string(),
            Format::Svg => krach_faust::draw(program).svg(),
        },
        Stage::Faust => krach_faust::print(program),
        Stage::Kernel => kernel()?.to_string(),
        Stage::Clif => krach_codegen::clif(&kernel()?)?,
        Stage::Asm => krach_codegen::asm(&kernel()?)?,
    })
}
