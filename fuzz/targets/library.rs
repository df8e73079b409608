//! Any bytes to an instrument library, an index or saved code.

#![no_main]

use krach_tests::torture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    torture::library(data);
});
