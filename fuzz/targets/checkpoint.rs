//! A checkpoint that was edited, with the length and checksum of what it then is (odd inputs: of what it was): training goes on from it, or
//! refuses.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;
use symbias_fuzz::{edited, folder, read};
use symbias_model::error::Result;
use symbias_model::expression::Law;
use symbias_model::language::ModelBuilder;
use symbias_model::scalar::Arrays;
use symbias_simulate::ensemble::{Ensemble, Monitor, Samples, Schedule};
use symbias_simulate::observe::{Loss, Observable};
use symbias_simulate::training::{Descent, Feed, Setting, Settings, Training};

const NAME: &str = "replicas-0-1";

struct Start;

impl Settings for Start {
    fn of(&self, replica: u64) -> Result<Setting> {
        Ok(Setting {
            theta: vec![0.5, 0.1 * replica as f64],
            teacher: vec![1.0, 1.0],
            fixed: Vec::new(),
        })
    }
}

/// A pair that learns from a teacher, its state kept at every block of steps.
fn train(folder: &Path) -> Result<Samples> {
    let model = ModelBuilder::new("pair")
        .parameter("u", &[])
        .parameter("v", &[])
        .input("x", &[])
        .statement("y = u * v * x")
        .output("y")
        .loss("mse", "y")
        .build()?;
    let training = Training {
        feeds: vec![Feed::Drawn(Law::Normal), Feed::Teacher(0.1)],
        samples: 2,
        refresh: true,
        batch: None,
        descent: Descent::plain(0.01),
        orbit: None,
        seed: 7,
        arrays: Arrays::new(&model, &Default::default())?,
        model,
    };
    let loss: Box<dyn Observable> = Box::new(Loss::apart("loss", &training, 4, Vec::new())?);
    let monitor = Monitor {
        pause: Some(Duration::ZERO),
        ..Monitor::default()
    };
    Ensemble {
        process: &training,
        settings: &Start,
        replicas: 0..2,
        schedule: &Schedule::at(vec![0, 256, 600])?,
        observables: &[loss],
        threads: 1,
        keep: Some((folder, 11)),
    }
    .run::<f64>(&monitor)
}

/// What a finished run leaves: its checkpoint without the first line, that line, and its frames.
static KEPT: LazyLock<(Vec<u8>, String, Vec<u8>)> = LazyLock::new(|| {
    let folder = folder().join("whole");
    std::fs::create_dir_all(&folder).expect("a folder");
    train(&folder).expect("a run");
    let bytes = |kind: &str| std::fs::read(folder.join(format!("{NAME}.{kind}"))).expect("kept");
    let checkpoint = bytes("checkpoint");
    let end = checkpoint.iter().position(|b| *b == b'\n').expect("a line");
    let line = String::from_utf8_lossy(&checkpoint[..end]).into_owned();
    (checkpoint[end + 1..].to_vec(), line, bytes("frames"))
});

libfuzzer_sys::fuzz_target!(|edits: &[u8]| {
    let Some((first, edits)) = edits.split_first() else {
        return;
    };
    let (checkpoint, line, frames) = &*KEPT;
    let bytes = edited(checkpoint, edits);
    let version = line.rsplitn(3, ' ').last().unwrap_or_default();
    let line = match first % 2 {
        0 => format!(
            "{version} {:016x} {:08x}",
            bytes.len(),
            crc32fast::hash(&bytes)
        ),
        _ => line.clone(),
    };
    let folder = folder().join("edited");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = [line.as_bytes(), b"\n", &bytes].concat();
    std::fs::write(folder.join(format!("{NAME}.checkpoint")), file).expect("written");
    std::fs::write(folder.join(format!("{NAME}.frames")), frames).expect("written");
    if let Some(samples) = read(train(&folder)) {
        assert_eq!(samples.numbers.len(), 6 * samples.width);
    }
});
