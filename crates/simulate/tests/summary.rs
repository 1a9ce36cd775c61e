//! A summary is of the numbers that a run with all values has, and its bits depend on the replicas alone.

use crate::common::{Normal, relu, stream};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use symbias_simulate::ensemble::{Ensemble, Monitor, Samples, Schedule, StopReason, Summary};
use symbias_simulate::observe::{Loss, Observable};
use symbias_simulate::training::{Setting, Settings, Training};

const REPLICAS: u64 = 150;

/// One replica of seven starts so far out that it runs away.
struct Far(Normal);

impl Settings for Far {
    fn of(&self, replica: u64) -> symbias_model::error::Result<Setting> {
        let mut setting = self.0.of(replica)?;
        let scale = if replica.is_multiple_of(7) { 1e4 } else { 1.0 };
        setting.theta.iter_mut().for_each(|x| *x *= scale);
        Ok(setting)
    }
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

fn run(
    training: &Training,
    replicas: Range<u64>,
    threads: usize,
    values: Option<u64>,
    keep: Option<&Path>,
    monitor: &Monitor,
) -> symbias_model::error::Result<Samples> {
    let settings = Far(Normal {
        d: 20,
        scale: 0.5,
        fixed: Vec::new(),
    });
    let loss = Loss::apart("loss", training, 48, Vec::new())?;
    Ensemble {
        process: training,
        settings: &settings,
        replicas,
        schedule: &Schedule::logarithmic(9, 1500)?,
        observables: &[Box::new(loss) as Box<dyn Observable>],
        threads,
        keep: keep.map(|k| (k, 5)),
        values,
    }
    .run::<f32>(monitor)
}

fn summary(training: &Training, replicas: Range<u64>, threads: usize) -> Summary {
    let monitor = Monitor::default();
    let samples = run(training, replicas, threads, Some(3), None, &monitor).unwrap();
    samples.summary.unwrap()
}

#[test]
fn it_is_of_the_values() {
    let training = stream(relu(), 1e-2);
    let all = run(&training, 0..REPLICAS, 1, None, None, &Monitor::default()).unwrap();
    let some = run(
        &training,
        0..REPLICAS,
        2,
        Some(3),
        None,
        &Monitor::default(),
    )
    .unwrap();
    let looks = all.steps.len();
    assert_eq!(some.replicas, 0..3);
    assert_eq!(bits(&some.numbers), bits(&all.numbers[..3 * looks]));
    assert_eq!(bits(&some.theta), bits(&all.theta[..3 * 20]));
    let summary = some.summary.unwrap();
    assert_eq!(summary.replicas(), 0..REPLICAS);
    assert_eq!(summary.diverged(), all.diverged.len() as u64);
    assert!(summary.diverged() > 0 && summary.diverged() < REPLICAS);
    for look in 0..looks {
        let mut own: Vec<f64> = all
            .numbers
            .iter()
            .skip(look)
            .step_by(looks)
            .copied()
            .collect();
        own.retain(|x| x.is_finite());
        own.sort_by(f64::total_cmp);
        let n = own.len() as f64;
        let mean = own.iter().sum::<f64>() / n;
        let variance = own.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let found = summary.moments(look);
        assert_eq!(found.count, n);
        let far = |a: f64, b: f64| (a - b).abs() / b.abs();
        // Sums of 150 numbers in two orders.
        assert!(far(found.mean, mean) < 1e-13, "{} {mean}", found.mean);
        // Of those who run away it may be beyond a double.
        assert!(far(found.variance(), variance) < 1e-12 || !variance.is_finite());
        assert_eq!(summary.extremes(look), (own[0], own[own.len() - 1]));
        for q in [0.0, 0.05, 0.5, 0.95, 1.0] {
            let exact = own[(q * (n - 1.0)).round() as usize];
            let bound = if q == 0.0 || q == 1.0 {
                0.0
            } else {
                2_f64.powi(-7)
            };
            let quantile = summary.quantile(&[look], q);
            assert!(far(quantile, exact) <= bound, "{quantile} {exact} at {q}");
        }
    }
}

#[test]
fn threads_shards_and_files_do_not_matter() {
    let training = stream(relu(), 1e-2);
    let whole = summary(&training, 0..REPLICAS, 1);
    assert_eq!(whole, summary(&training, 0..REPLICAS, 3));
    for cut in [1, 13, 64, 149] {
        // In either order.
        let mut joined = summary(&training, cut..REPLICAS, 2);
        joined.extend(summary(&training, 0..cut, 1));
        assert_eq!(whole, joined, "cut at {cut}");
    }
    let arrays = whole.arrays();
    let array = |name: &str| {
        let found = arrays.iter().find(|a| a.0 == name)?;
        Some(symbias_model::data::Array {
            shape: found.1.clone(),
            entries: found.2.clone(),
        })
    };
    let read: Vec<_> = arrays
        .iter()
        .filter_map(|a| Some((a.0.clone(), array(&a.0)?)))
        .collect();
    let find = |name: &str| read.iter().find(|a| a.0 == name).map(|a| &a.1);
    assert_eq!(Summary::read(whole.numbers(), find).unwrap(), whole);
    assert!(Summary::read(whole.numbers() + 1, find).is_err());
    // What must differ differs.
    let mut other = training;
    other.seed += 1;
    assert_ne!(whole, summary(&other, 0..REPLICAS, 1));
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let training = stream(relu(), 1e-2);
    let whole = run(&training, 0..1500, 1, Some(40), None, &Monitor::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut interruptions = 0;
    let finished = loop {
        let monitor = Monitor {
            pause: Some(Duration::from_millis(2)),
            ..Monitor::default()
        };
        let samples = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(40));
                monitor.stop.store(true, Ordering::Relaxed);
            });
            let threads = 1 + interruptions % 3;
            run(
                &training,
                0..1500,
                threads,
                Some(40),
                Some(folder.path()),
                &monitor,
            )
            .unwrap()
        });
        if samples.stop == StopReason::Finished {
            break samples;
        }
        interruptions += 1;
    };
    assert!(interruptions > 0, "the run was never interrupted");
    assert_eq!(whole.summary, finished.summary);
    assert_eq!(bits(&whole.numbers), bits(&finished.numbers));
    assert_eq!(bits(&whole.theta), bits(&finished.theta));
    assert_eq!(whole.diverged, finished.diverged);
    // Any byte of the checkpoint that changes is seen.
    let path = folder.path().join("summary.checkpoint");
    let bytes = std::fs::read(&path).unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut broken = bytes.clone();
        broken[at] ^= 4;
        std::fs::write(&path, broken).unwrap();
        let monitor = Monitor::default();
        let again = run(
            &training,
            0..1500,
            1,
            Some(40),
            Some(folder.path()),
            &monitor,
        );
        assert!(again.is_err(), "byte {at}");
    }
}
