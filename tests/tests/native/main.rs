//! Native code is the interpreter, bit for bit: every function, every operation, random programs, both precisions,
//! any block size, events on odd frames.

mod copies;
mod engines;
mod followers;
mod functions;
mod machines;
mod state;

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs(program in krach_tests::random::programs()) {
        engines::check(&program, false);
    }
}
