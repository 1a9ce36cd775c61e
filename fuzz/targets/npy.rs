//! A file of arrays.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    symbias_fuzz::array("npy", bytes);
});
