//! Any bytes to a pattern, in krach's notation and in Tidal's.

#![no_main]

use krach_tests::torture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    torture::notations(data);
});
