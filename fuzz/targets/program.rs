//! Any bytes to the text form of a program.

#![no_main]

use krach_tests::torture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    torture::programs(data);
});
