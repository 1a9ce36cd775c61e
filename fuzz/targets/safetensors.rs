//! A file of arrays.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    symbias_fuzz::array("safetensors", bytes);
    let file = symbias_model::data::File::of("recorded.safetensors", bytes);
    symbias_fuzz::read(symbias_model::data::read_recorded(&file));
});
