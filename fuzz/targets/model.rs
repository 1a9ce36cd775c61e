//! A model file: read, checked, and, if it is small, written out and evaluated.

#![no_main]

use symbias_fuzz::read;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};

/// Parameters up to which a model is written out.
const SMALL: usize = 400;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let checked = SourceFile::parse(text, None).and_then(|s| s.check(Copies::AtMost(2)));
    let Some(model) = read(checked) else { return };
    if model.parameter_count() as usize > SMALL || !model.is_complete() {
        return;
    }
    // Constants of files are not there.
    let arrays = Arrays::new(&model, &Default::default());
    let Some(program) = read(arrays.and_then(|a| ScalarProgram::lower(&model, &a))) else {
        return;
    };
    let theta = vec![0.5; program.parameters()];
    let _ = program.value(&theta, &vec![0.25; program.inputs()]);
});
