//! The bits of a replica depend on (seed, replica) alone: not on lanes, threads, shards, interruptions.

use crate::common::{Normal, relu, stream};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use symbias_geometry::discover::structural::factors;
use symbias_numerics::lanes::Real;
use symbias_simulate::ensemble::{Ensemble, Monitor, Samples, Schedule, StopReason};
use symbias_simulate::observe::{Charges, Drift, Loss, Observable};
use symbias_simulate::training::Training;

fn observables(training: &Training) -> Vec<Box<dyn Observable>> {
    let fields: Vec<_> = factors(&training.model)
        .iter()
        .flat_map(|f| f.split(&training.model).symmetric)
        .collect();
    vec![
        Box::new(Drift::new("drift", training.descent.rate, &fields).unwrap()),
        Box::new(Charges::new("charges", fields)),
        Box::new(Loss::apart("loss", training, 10, Vec::new()).unwrap()),
    ]
}

fn run<T: Real>(
    training: &Training,
    replicas: Range<u64>,
    threads: usize,
    keep: Option<(&Path, u64)>,
    monitor: &Monitor,
) -> symbias_model::error::Result<Samples> {
    let settings = Normal {
        d: 20,
        scale: 0.5,
        fixed: Vec::new(),
    };
    Ensemble {
        process: training,
        settings: &settings,
        replicas,
        schedule: &Schedule::logarithmic(12, 30_001).unwrap(),
        observables: &observables(training),
        threads,
        keep,
        values: None,
    }
    .run::<T>(monitor)
}

fn training() -> Training {
    let mut training = stream(relu(), 1e-2);
    training.descent.momentum = 0.5;
    training.descent.decay = 1e-3;
    training
}

fn same<T: Real>() {
    let training = training();
    let whole = run::<T>(&training, 0..37, 1, None, &Monitor::default()).unwrap();
    assert_eq!(whole.stop, StopReason::Finished);
    assert!(whole.numbers.iter().all(|x| x.is_finite()));
    let threads = run::<T>(&training, 0..37, 3, None, &Monitor::default()).unwrap();
    assert_eq!(whole, threads);
    // Shards of any size, down to a replica that runs alone and along its own axes.
    let mut joined = Vec::new();
    for part in [0..1, 1..9, 9..26, 26..37] {
        joined.extend(
            run::<T>(&training, part, 1, None, &Monitor::default())
                .unwrap()
                .numbers,
        );
    }
    assert_eq!(whole.numbers, joined);
    // The twin: another seed gives other numbers.
    let mut other = training;
    other.seed += 1;
    assert_ne!(
        whole.numbers,
        run::<T>(&other, 0..37, 1, None, &Monitor::default())
            .unwrap()
            .numbers
    );
}

#[test]
fn threads_and_shards_do_not_matter() {
    same::<f32>();
    same::<f64>();
}

/// A copy of a folder as a kill would leave it: whatever is on the disk at that moment.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let training = training();
    let whole = run::<f32>(&training, 0..20, 1, None, &Monitor::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keep = Some((folder.path(), 11));
    let mut interruptions = 0;
    let finished = loop {
        let monitor = Monitor::default();
        let samples = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(7));
                monitor.stop.store(true, Ordering::Relaxed);
            });
            run::<f32>(&training, 0..20, 2, keep, &monitor).unwrap()
        });
        if samples.stop == StopReason::Finished {
            break samples;
        }
        interruptions += 1;
        // Frames that were written after the checkpoint, and a torn one, must not matter.
        for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
            if entry.path().extension().is_some_and(|e| e == "frames") {
                use std::io::Write;
                let mut file = std::fs::OpenOptions::new()
                    .append(true)
                    .open(entry.path())
                    .unwrap();
                file.write_all(&[42; 1234]).unwrap();
            }
        }
    };
    assert!(interruptions > 0, "the run was never interrupted");
    assert_eq!(whole, finished);
}

#[test]
fn checkpoints_of_other_runs_are_refused() {
    let training = training();
    let folder = tempfile::tempdir().unwrap();
    let monitor = Monitor {
        pause: Some(std::time::Duration::ZERO),
        ..Monitor::default()
    };
    run::<f32>(&training, 0..2, 1, Some((folder.path(), 11)), &monitor).unwrap();
    let go_on = |folder: &Path, identity| {
        run::<f32>(
            &training,
            0..2,
            1,
            Some((folder, identity)),
            &Monitor::default(),
        )
    };
    let error = go_on(folder.path(), 12).unwrap_err().to_string();
    assert!(error.contains("another experiment"), "{error}");
    // Another element type.
    let error = run::<f64>(
        &training,
        0..2,
        1,
        Some((folder.path(), 11)),
        &Monitor::default(),
    )
    .unwrap_err()
    .to_string();
    assert!(error.contains("another experiment"), "{error}");
    // Truncated anywhere, or of another version: refused, never a panic.
    let name = "replicas-0-1.checkpoint";
    let bytes = std::fs::read(folder.path().join(name)).unwrap();
    for cut in (0..bytes.len()).step_by(7) {
        let broken = tempfile::tempdir().unwrap();
        copy(folder.path(), broken.path());
        std::fs::write(broken.path().join(name), &bytes[..cut]).unwrap();
        assert!(go_on(broken.path(), 11).is_err(), "cut at {cut}");
    }
    // Another version is said to be one, whatever else is in it.
    let version = b"symbias checkpoint ";
    assert!(bytes.starts_with(version));
    let mut older = bytes.clone();
    older[version.len()] = b'1';
    std::fs::write(folder.path().join(name), older).unwrap();
    let error = go_on(folder.path(), 11).unwrap_err().to_string();
    assert!(error.contains("another version"), "{error}");
}

#[test]
fn replicas_that_leave_the_cache_run_one_by_one_to_the_same_bits() {
    let mut training = stream(relu(), 1e-2);
    (training.samples, training.refresh) = (4096, false);
    let settings = Normal {
        d: 20,
        scale: 0.5,
        fixed: Vec::new(),
    };
    let run = |replicas: Range<u64>| {
        Ensemble {
            process: &training,
            settings: &settings,
            replicas,
            schedule: &Schedule::at(vec![0, 300]).unwrap(),
            observables: &observables(&training),
            threads: 1,
            keep: None,
            values: None,
        }
        .run::<f64>(&Monitor::default())
        .unwrap()
    };
    let together = run(0..3);
    let alone: Vec<f64> = (0..3).flat_map(|r| run(r..r + 1).numbers).collect();
    assert_eq!(together.numbers, alone);
    assert!(together.diverged.is_empty());
}
