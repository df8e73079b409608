//! Any bytes to a tree.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    krach_tests::torture::parser(data);
});
