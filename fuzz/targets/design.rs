//! A design file: read, written again, and, if it is small, designed.

#![no_main]

use symbias::design::file::DesignSpec;
use symbias::design::{Options, design};
use symbias::watch::Watch;
use symbias_fuzz::{read, repository};

/// The largest axis of a design that is made.
const SMALL: i64 = 4;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some(spec) = read(DesignSpec::parse(text)) else {
        return;
    };
    if let Some(written) = read(spec.written()) {
        assert_eq!(
            DesignSpec::parse(&written).ok().as_ref(),
            Some(&spec),
            "{written}"
        );
    }
    let small = |size: &toml::Value| size.as_integer().is_some_and(|n| n <= SMALL);
    if spec.axes.iter().all(|(_, size)| small(size)) && spec.model.is_none() {
        let folder = repository().join("designs");
        read(design(
            &spec,
            &folder.into(),
            &Options::default(),
            &Watch::default(),
        ));
    }
});
