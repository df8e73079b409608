fn main() {
    let start = std::time::Instant::now();
    let mut n = 0;
    for path in std::env::args().skip(1) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let (_, reports) = krach_faust::parse(&krach_diag::Source::new(path, text));
        n += 1;
        for report in reports {
            println!("{report} {:?}", report.helps);
        }
    }
    println!("{n} files {:?}", start.elapsed());
}
