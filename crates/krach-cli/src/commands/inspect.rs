//! `krach inspect`: what is in a library, for people and for programs.

use super::licences;
use crate::shell::{WELL, WRONG, code_of, counted};
use crate::target::library;
use crate::{Failure, Shell};
use clap::Args;
use krach_diag::Diagnostic;
use krach_store::Unit;
use krach_store::krlib::{ControlRecord, CreditRecord, Index, Instrument, MeterRecord, Record, TargetRecord};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The library
    #[arg(value_name = "FILE.krlib")]
    pub file: PathBuf,
    /// Only this instrument, with everything about it
    pub name: Option<String>,
    /// Print its Faust text, or the text of each instrument
    #[arg(long, group = "what")]
    pub faust: bool,
    /// Print its program in text form, or the program of each instrument
    #[arg(long, group = "what")]
    pub program: bool,
    /// Print a table of its controls, or of the controls of each instrument
    #[arg(long, group = "what")]
    pub controls: bool,
    /// Print the licence of each library function that the instrument, or the whole file, is made with
    #[arg(long, group = "what")]
    pub licences: bool,
    /// Print one JSON object: {schema, krach_version, created_by, instruments}, these with the text asked for, or
    /// {schema, functions} of licences
    #[arg(long)]
    pub json: bool,
}

/// The shape of `krach inspect --json`, version 1.
#[derive(Serialize)]
struct Findings<'a> {
    schema: u32,
    krach_version: &'a str,
    created_by: &'a str,
    instruments: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    name: &'a str,
    doc: &'a str,
    key: String,
    inputs: &'a [String],
    outputs: &'a [String],
    controls: &'a [ControlRecord],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    meters: &'a [MeterRecord],
    targets: Vec<Code<'a>>,
    /// The texts, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    faust: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<String>,
}

#[derive(Serialize)]
struct Code<'a> {
    arch: &'a str,
    features: &'a [String],
    rate: u32,
    precision: &'a str,
    voices: u32,
    code_bytes: usize,
    state_bytes: usize,
}

impl<'a> Findings<'a> {
    fn new(index: &'a Index, chosen: &'a [Arc<Instrument>], what: &Inspect) -> Result<Self, Diagnostic> {
        let code = |(target, effect): (&'a TargetRecord, Option<&TargetRecord>)| Code {
            arch: &index.machines[target.machine].arch,
            features: &index.machines[target.machine].features,
            rate: target.rate,
            precision: &target.precision,
            voices: target.voices,
            code_bytes: target.code_bytes + effect.map_or(0, |effect| effect.code_bytes),
            state_bytes: target.state_bytes + effect.map_or(0, |effect| effect.state_bytes),
        };
        let wanted = |asked: bool, read: &dyn Fn() -> Result<String, Diagnostic>| match asked.then(read) {
            // One that cannot give what is asked of it is an error; among many it only lacks it.
            Some(Err(_)) if what.name.is_none() => Ok(None),
            text => text.transpose(),
        };
        let finding = |instrument: &'a Arc<Instrument>| {
            let record = instrument.record();
            Ok(Finding {
                name: &record.name,
                doc: &record.doc,
                key: record.key.to_string(),
                inputs: &record.inputs,
                outputs: &record.outputs,
                controls: &record.controls,
                meters: &record.meters,
                targets: pairs(record).map(code).collect(),
                faust: wanted(what.faust, &|| instrument.faust())?,
                program: wanted(what.program, &|| Ok(instrument.program()?.to_string()))?,
            })
        };
        Ok(Self {
            schema: index.schema,
            krach_version: &index.krach_version,
            created_by: &index.created_by,
            instruments: chosen.iter().map(finding).collect::<Result<_, _>>()?,
        })
    }
}

/// The code for each target: of the voice, and of what the voices go through.
fn pairs(record: &Record) -> impl Iterator<Item = (&TargetRecord, Option<&TargetRecord>)> {
    record.targets.iter().enumerate().map(|(at, target)| (target, record.effect.get(at)))
}

pub(crate) fn inspect(shell: &mut Shell<'_>, what: &Inspect) -> Result<i32, Failure> {
    let library = library(shell, &what.file)?;
    let well = if library.damage().is_some() { WRONG } else { WELL };
    let index = library.index();
    let one = what.name.as_ref().map(|name| library.get(name)).transpose()?;
    let chosen = match &one {
        Some(instrument) => vec![instrument.clone()],
        None => (0..index.instruments.len()).map(|at| library.at(at)).collect(),
    };
    if what.licences {
        licences::tell(shell, &credits(&chosen), None, what.json)?;
    } else if what.json {
        let json = serde_json::to_string_pretty(&Findings::new(index, &chosen, what)?);
        shell.say(&(json.expect("strings and finite numbers are JSON") + "\n"))?;
    } else if what.faust || what.program || what.controls {
        for instrument in &chosen {
            match extract(instrument, what, one.is_none()) {
                Ok(text) => shell.say(&text)?,
                Err(report) if one.is_some() => return Err(report.into()),
                Err(_) => {} // reported below; the others are shown all the same
            }
        }
    } else if let Some(instrument) = &one {
        shell.say(&everything(index, instrument))?;
    } else {
        shell.say(&table(&what.file.display().to_string(), index))?;
    }
    for name in library.unknown() {
        shell
            .remark(&format!("`{name}` in {} is unknown to this krach, and left alone", what.file.display()));
    }
    if one.is_some() {
        return Ok(well);
    }
    // Everything is read once, so that a damaged part is found before it is needed.
    let verified = shell.work(move |_| library.verify(), |_| {})?;
    let reports = verified.err().unwrap_or_default();
    shell.draw(&reports);
    Ok(well.max(code_of(&reports)))
}

/// What was asked for of one instrument, under its name if there are several.
fn extract(instrument: &Instrument, what: &Inspect, named: bool) -> Result<String, Diagnostic> {
    let (comment, text) = if what.faust {
        ("// ", instrument.faust()?)
    } else if what.program {
        ("# ", instrument.program()?.to_string())
    } else {
        ("", controls(instrument.record()))
    };
    let name = &instrument.record().name;
    Ok(if named { format!("{comment}{name}\n{text}\n") } else { text })
}

/// Whose work the instruments are made with, each once.
fn credits(chosen: &[Arc<Instrument>]) -> Vec<CreditRecord> {
    let mut credits: Vec<CreditRecord> =
        chosen.iter().flat_map(|instrument| &instrument.record().licences).cloned().collect();
    credits.sort();
    credits.dedup();
    credits
}

fn table(file: &str, index: &Index) -> String {
    let count = index.instruments.len();
    let instruments = counted(count, "instrument");
    let mut text = format!("{file}: {instruments}, built by krach {}\n", index.krach_version);
    if count == 0 {
        return text;
    }
    let longest = index.instruments.iter().map(|record| record.name.chars().count()).max().unwrap_or(0);
    let wide = longest.clamp(4, 32);
    text.push_str(&format!("\n{:<wide$}  in  out  {:<40}  code\n", "name", "controls"));
    for record in &index.instruments {
        let controls = shortened(record.controls.iter().map(|control| control.name.as_str()), 40);
        let code = shortened(record.targets.iter().map(|target| brief(index, target)), 60);
        let (inputs, outputs) = (record.inputs.len(), record.outputs.len());
        text.push_str(&format!(
            "{:<wide$}  {inputs:>2}  {outputs:>3}  {controls:<40}  {code}\n",
            record.name
        ));
    }
    text
}

fn brief(index: &Index, target: &TargetRecord) -> String {
    format!("{} {} {} {}", index.machines[target.machine].arch, target.target, target.rate, target.precision)
}

/// As many items as fit.
fn shortened(items: impl Iterator<Item = impl AsRef<str>>, width: usize) -> String {
    let all = items.map(|item| item.as_ref().to_owned()).collect::<Vec<_>>().join(", ");
    if all.chars().count() <= width {
        return all;
    }
    all.chars().take(width - 1).chain(['…']).collect()
}

fn controls(record: &Record) -> String {
    let mut text =
        format!("{:<24}{:>12}{:>12}{:>12}{:>12}  unit\n", "control", "start", "lowest", "highest", "step");
    for control in &record.controls {
        let ControlRecord { name, metadata, .. } = control;
        let [init, lo, hi, step] = [control.init, control.lo, control.hi, control.step].map(number);
        let unit = unit(metadata);
        text.push_str(&format!("{name:<24}{init:>12}{lo:>12}{hi:>12}{step:>12}{unit}\n"));
    }
    text
}

fn meters(record: &Record) -> String {
    let mut text = format!("{:<24}{:>12}{:>12}  unit\n", "meter", "lowest", "highest");
    for meter in &record.meters {
        let MeterRecord { name, metadata, .. } = meter;
        let [lo, hi] = [meter.lo, meter.hi].map(number);
        text.push_str(&format!("{name:<24}{lo:>12}{hi:>12}{}\n", unit(metadata)));
    }
    text
}

/// A number that fits its column.
fn number(value: f64) -> String {
    if value.abs() < 1e9 { value.to_string() } else { format!("{value:e}") }
}

fn unit(metadata: &BTreeMap<String, Vec<String>>) -> String {
    metadata.get("unit").map_or_else(String::new, |units| format!("  {}", units.join(" ")))
}

fn everything(index: &Index, instrument: &Instrument) -> String {
    let record = instrument.record();
    let mut text = format!("{}  ({}:{})\n", record.name, record.file, record.line);
    if !record.doc.is_empty() {
        text.push_str(&format!("\n{}\n", record.doc));
    }
    let ports = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    text.push_str(&format!("\ninputs   {}\n", ports(&record.inputs)));
    text.push_str(&format!("outputs  {}\n", ports(&record.outputs)));
    text.push_str(&format!("key      {}\n\n", record.key));
    if !record.controls.is_empty() {
        text.push_str(&controls(record));
        text.push('\n');
    }
    if !record.meters.is_empty() {
        text.push_str(&meters(record));
        text.push('\n');
    }
    let named = [(Unit::Voice, ""), (Unit::Effect, "effect, ")];
    for (unit, what) in named {
        for target in record.codes(unit) {
            let (code, state) = (target.code_bytes, target.state_bytes);
            text.push_str(&format!(
                "{what}{}: {code} bytes of code, {state} of state; ",
                brief(index, target)
            ));
            text.push_str(&match instrument.examine(unit, target) {
                None => "runs here\n".to_owned(),
                Some(why) => format!("not run, but compiled from the program: {why}\n"),
            });
        }
    }
    if !record.licences.is_empty() {
        text.push_str(&format!("\n{}", licences::table(&record.licences)));
    }
    text
}
