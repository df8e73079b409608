//! Any bytes to a tree.

#![no_main]

use krach_tests::torture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    torture::parser(data);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    torture::mutated(data, size, seed).unwrap_or_else(|| libfuzzer_sys::fuzzer_mutate(data, size, max_size))
});
