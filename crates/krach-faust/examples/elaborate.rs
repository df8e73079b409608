//! Elaborates Faust files and says how long it took and what came out.
use krach_diag::Source;
use krach_faust::{File, Files, Missing, Options, elaborate};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

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
            if let Some(file) = self.known.lock().unwrap().get(&path) {
                return Ok(file.clone());
            }
            if let Ok(bytes) = std::fs::read(&path) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let file = Arc::new(File::parse(&Source::new(path.to_string_lossy().into_owned(), text)));
                self.known.lock().unwrap().insert(path, file.clone());
                return Ok(file);
            }
            searched.push(place.display().to_string());
        }
        Err(Missing { searched })
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let lib = args.next().unwrap();
    let files = Folders { places: vec![lib.into()], known: Mutex::default() };
    for path in args {
        let text =
            if Path::new(&path).exists() { std::fs::read_to_string(&path).unwrap() } else { path.clone() };
        let start = std::time::Instant::now();
        let (program, reports) = elaborate(&Source::new(path.as_str(), text), &files, &Options::default());
        let took = start.elapsed();
        for report in &reports {
            println!(
                "{report} {:?} {:?}",
                report.labels.iter().map(|l| (l.place.to_string(), &l.text)).collect::<Vec<_>>(),
                report.helps
            );
        }
        match program {
            Some(p) => println!(
                "{path}: {} nodes {} registers {} lines in {took:?}",
                p.nodes().len(),
                p.registers().len(),
                p.lines().len()
            ),
            None => println!("{path}: none in {took:?}"),
        }
    }
}
