//! An experiment file beside those of the repository: read, and planned with their models and data. Nothing is trained.

#![no_main]

use symbias::experiment::plan::plan;
use symbias::experiment::spec::{ExperimentFile, parse};
use symbias_fuzz::{read, repository};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some(spec) = read(parse(text)) else {
        return;
    };
    let folder = repository().join("experiments");
    read(plan(&ExperimentFile {
        folder: folder.into(),
        text: text.to_owned(),
        spec,
    }));
});
