//! Bytes that steer a generator of well-formed programs, rendered by both engines.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    krach_tests::torture::sound(data);
});
