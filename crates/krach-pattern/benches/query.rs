//! Querying patterns: many events in one cycle, a deep pattern over many cycles, and a window as playing asks for it.

mod patterns;

use criterion::{Criterion, criterion_group, criterion_main};
use krach_pattern::{Time, TimeSpan};
use patterns::Work;
use std::hint::black_box;

fn query(criterion: &mut Criterion) {
    let window = TimeSpan::new(Time::whole(57), Time::new(2281, 40).expect("small"));
    let pattern = patterns::deep().expect("arguments in range");
    let window = Work { name: "a window of 1/40 cycle", pattern, span: window };
    for work in patterns::all().into_iter().chain([window]) {
        let name = format!("pattern: {}, {} events", work.name, work.events());
        criterion.bench_function(&name, |b| b.iter(|| black_box(&work).events()));
    }
}

criterion_group!(benches, query);
criterion_main!(benches);
