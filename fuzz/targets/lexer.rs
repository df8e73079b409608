//! Any bytes to tokens.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    krach_tests::torture::lexer(data);
});
