//! `krach inspect`: what is in a library, for people and for programs.

use crate::arguments::Inspect;
use crate::shell::{WELL, WRONG, code_of};
use crate::target::library;
use crate::{Failure, Shell, licences};
use krach_session::krlib::{
    ControlRecord, CreditRecord, Index, Instrument, MeterRecord, Record, TargetRecord,
};
use serde::Serialize;
use std::collections::BTreeMap;

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
    meters: &'a [MeterRecord],
    targets: Vec<Code<'a>>,
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
    fn new(index: &'a Index, records: &[&'a Record]) -> Self {
        let code = |target: &'a TargetRecord| Code {
            arch: &index.machines[target.machine].arch,
            features: &index.machines[target.machine].features,
            rate: target.rate,
            precision: &target.precision,
            voices: target.voices,
            code_bytes: target.code_bytes,
            state_bytes: target.state_bytes,
        };
        let finding = |record: &&'a Record| Finding {
            name: &record.name,
            doc: &record.doc,
            key: record.key.to_string(),
            inputs: &record.inputs,
            outputs: &record.outputs,
            controls: &record.controls,
            meters: &record.meters,
            targets: record.targets.iter().map(code).collect(),
        };
        Self {
            schema: index.schema,
            krach_version: &index.krach_version,
            created_by: &index.created_by,
            instruments: records.iter().map(finding).collect(),
        }
    }
}

pub(crate) fn inspect(shell: &mut Shell<'_>, what: &Inspect) -> Result<i32, Failure> {
    let library = library(shell, &what.file)?;
    let well = if library.damage().is_some() { WRONG } else { WELL };
    let index = library.index();
    let one = what.name.as_ref().map(|name| library.get(name)).transpose()?;
    let records: Vec<&Record> = match &one {
        Some(instrument) => vec![instrument.record()],
        None => index.instruments.iter().collect(),
    };
    if what.licences {
        licences::tell(shell, &credits(&records), what.json)?;
    } else if what.json {
        let json = serde_json::to_string_pretty(&Findings::new(index, &records));
        shell.say(&(json.expect("strings and finite numbers are JSON") + "\n"))?;
    } else if let Some(instrument) = &one {
        let text = if what.faust {
            instrument.faust()?
        } else if what.program {
            instrument.program()?.to_string()
        } else if what.controls {
            controls(instrument.record())
        } else {
            everything(index, instrument)
        };
        shell.say(&text)?;
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
    // Everything is read once, so that a damaged part is found before somebody misses it.
    let verified = shell.work(move |_| library.verify(), |_| {})?;
    let reports = verified.err().unwrap_or_default();
    shell.draw(&reports);
    Ok(well.max(code_of(&reports)))
}

/// Whose work the instruments are made with, each once.
fn credits(records: &[&Record]) -> Vec<CreditRecord> {
    let mut credits: Vec<CreditRecord> =
        records.iter().flat_map(|record| &record.licences).cloned().collect();
    credits.sort();
    credits.dedup();
    credits
}

fn table(file: &str, index: &Index) -> String {
    let count = index.instruments.len();
    let instruments = if count == 1 { "instrument" } else { "instruments" };
    let mut text = format!("{file}: {count} {instruments}, built by krach {}\n", index.krach_version);
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
        let ControlRecord { name, init, lo, hi, step, metadata, .. } = control;
        let unit = unit(metadata);
        text.push_str(&format!("{name:<24}{init:>12}{lo:>12}{hi:>12}{step:>12}{unit}\n"));
    }
    text
}

fn meters(record: &Record) -> String {
    let mut text = format!("{:<24}{:>12}{:>12}  unit\n", "meter", "lowest", "highest");
    for MeterRecord { name, lo, hi, metadata, .. } in &record.meters {
        text.push_str(&format!("{name:<24}{lo:>12}{hi:>12}{}\n", unit(metadata)));
    }
    text
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
    for target in &record.targets {
        let (code, state) = (target.code_bytes, target.state_bytes);
        text.push_str(&format!("{}: {code} bytes of code, {state} of state; ", brief(index, target)));
        text.push_str(&match instrument.examine(target) {
            None => "runs here\n".to_owned(),
            Some(why) => format!("not run, but compiled from the program: {why}\n"),
        });
    }
    if !record.licences.is_empty() {
        text.push_str(&format!("\n{}", licences::table(&record.licences)));
    }
    text
}
