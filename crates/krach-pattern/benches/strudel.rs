//! The same queries by `@strudel/core`, in turn: prints medians and ratios.
//!
//! `KRACH_STRUDEL` is a folder with `strudel.mjs` and the packages that it imports (`scripts/bench.sh` makes it). Without
//! it, or without Node.js, the table has no peer.

mod patterns;

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 9;

/// A process of Node.js that answers the number of a pattern by milliseconds and a count of events.
struct Strudel {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Strudel {
    fn start() -> Option<Self> {
        let folder = std::env::var_os("KRACH_STRUDEL")?;
        let mut command = Command::new("node");
        command.arg("strudel.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).spawn().ok()?;
        let (ask, answers) = (process.stdin.take()?, BufReader::new(process.stdout.take()?));
        Some(Self { process, ask, answers })
    }

    fn query(&mut self, number: usize) -> io::Result<(f64, usize)> {
        writeln!(self.ask, "{number}")?;
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                return Err(io::Error::other("Node.js ended"));
            }
            // The package prints greetings of its own.
            let mut words = line.split_whitespace();
            if words.next() == Some("answer")
                && let (Some(Ok(ms)), Some(Ok(events))) =
                    (words.next().map(str::parse), words.next().map(str::parse))
            {
                return Ok((ms, events));
            }
        }
    }
}

impl Drop for Strudel {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let mut strudel = Strudel::start();
    println!("| query | events | ms | @strudel/core events | ms | ratio |\n|---|---:|---:|---:|---:|---:|");
    for (number, work) in patterns::all().iter().enumerate() {
        let (mut ours, mut theirs, mut counted) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            black_box(black_box(work).events());
            ours.push(begun.elapsed().as_secs_f64() * 1e3);
            if let Some((ms, events)) = strudel.as_mut().and_then(|peer| peer.query(number).ok()) {
                theirs.push(ms);
                counted = events;
            }
        }
        let ours = median(ours);
        print!("| {} | {} | {ours:.2} |", work.name, work.events());
        if theirs.is_empty() {
            println!(" | | |");
        } else {
            let theirs = median(theirs);
            println!(" {counted} | {theirs:.1} | {:.0} |", theirs / ours);
        }
    }
}
