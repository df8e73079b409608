//! Any bytes to a program or an error.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    krach_tests::torture::evaluator(data);
});
