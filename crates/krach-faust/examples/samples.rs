//! Renders Faust files with the reference interpreter, for comparison with another compiler.
//!
//! `samples LIBRARIES OUT FILE.dsp…` writes `OUT/FILE.f64`: all outputs one after another, double precision,
//! 48 kHz, an impulse on every input; or `OUT/FILE.txt`: what is wrong. One line per file goes to stdout.

use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::{Diagnostic, Severity, Source};
use krach_faust::{File, Files, Missing, Options, elaborate};
use krach_ir::{InterpreterFactory, optimise};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

const FRAMES: usize = 4096;
const RATE: u32 = 48_000;

/// Folders searched in order, and what was read from them.
struct Folders {
    places: Vec<PathBuf>,
    known: Mutex<HashMap<PathBuf, Arc<File>>>,
}

impl Files for Folders {
    fn open(&self, name: &str, from: &str) -> Result<Arc<File>, Missing> {
        let beside = Path::new(from).parent().map(Path::to_path_buf);
        let mut searched = Vec::new();
        for place in beside.iter().chain(&self.places) {
            let path = place.join(name);
            let mut known = self.known.lock().expect("no reader panics");
            if let Some(file) = known.get(&path) {
                return Ok(file.clone());
            }
            if let Ok(bytes) = std::fs::read(&path) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let file = Arc::new(File::parse(&Source::new(path.to_string_lossy().into_owned(), text)));
                known.insert(path, file.clone());
                return Ok(file);
            }
            searched.push(place.display().to_string());
        }
        Err(Missing::Nowhere(searched))
    }
}

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(libraries), Some(out)) = (args.next(), args.next()) else {
        return Err(std::io::Error::other("samples LIBRARIES OUT FILE.dsp…"));
    };
    let files = Folders { places: vec![libraries.into()], known: Mutex::default() };
    for path in args {
        let stem = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let start = Instant::now();
        let options = Options { precision: Precision::Double, ..Options::default() };
        let (program, reports) = elaborate(&Source::new(path.as_str(), text), &files, &options);
        let took = start.elapsed().as_secs_f64() * 1e3;
        let out = Path::new(&out).join(&stem);
        let (data, words) = (out.with_extension("f64"), out.with_extension("txt"));
        let _ = std::fs::remove_file(&data);
        let inputs = program.as_ref().map_or(0, |program| program.inputs().len());
        let result = match program {
            Some(program) => render(&program),
            None => Err(explained(&reports)),
        };
        match result {
            Ok(bytes) => {
                println!("{stem} ok {inputs} inputs {took:.2} ms");
                std::fs::write(data, bytes)?;
            }
            Err(text) => {
                println!("{stem} FAILED {took:.2} ms: {}", text.lines().next().unwrap_or_default());
                std::fs::write(words, text)?;
            }
        }
    }
    Ok(())
}

fn explained(reports: &[Diagnostic]) -> String {
    let errors = reports.iter().filter(|report| report.severity == Severity::Error);
    errors
        .map(|report| {
            let labels: Vec<String> =
                report.labels.iter().map(|label| format!("\n    {}: {}", label.place, label.text)).collect();
            format!("{report}{}\n", labels.concat())
        })
        .collect()
}

fn render(program: &krach_ir::Program) -> Result<Vec<u8>, String> {
    let program = Arc::new(optimise(program));
    let factory =
        InterpreterFactory::new(program, RATE, Precision::Double).map_err(|error| error.to_string())?;
    let mut dsp = factory.instantiate(Seed::default());
    let mut impulse = vec![0.0; FRAMES];
    impulse[0] = 1.0;
    let inputs = vec![impulse.as_slice(); factory.ports().inputs];
    let mut outputs = vec![vec![0.0; FRAMES]; factory.ports().outputs];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    dsp.play::<f64>(&inputs, &mut slices);
    Ok(outputs.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect())
}
