//! The discrete process against recursions written out here, in f64; batches against their laws; events.

use crate::common::{Normal, relu, stream};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_model::Model;
use symbias_model::error::Result;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_simulate::ensemble::{Ensemble, Monitor, Samples, Schedule, StopReason};
use symbias_simulate::observe::{Charges, Drift, Observable};
use symbias_simulate::training::{Batch, Descent, Draw, Feed, Setting, Settings, Training};

struct Given(Vec<Vec<f64>>, Vec<f64>);

impl Settings for Given {
    fn of(&self, replica: u64) -> Result<Setting> {
        Ok(Setting {
            theta: self.0[replica as usize % self.0.len()].clone(),
            teacher: Vec::new(),
            fixed: self.1.clone(),
        })
    }
}

fn run(
    training: &Training,
    settings: &dyn Settings,
    replicas: u64,
    steps: Vec<u64>,
    observables: &[Box<dyn Observable>],
) -> Samples {
    Ensemble {
        process: training,
        settings,
        replicas: 0..replicas,
        schedule: &Schedule::at(steps).unwrap(),
        observables,
        threads: 1,
        keep: None,
        values: None,
    }
    .run::<f64>(&Monitor::default())
    .unwrap()
}

fn parsed(text: &str) -> Model {
    SourceFile::parse(text, None)
        .unwrap()
        .check(Copies::All)
        .unwrap()
}

/// L = (uv − 1)².
fn pair(descent: Descent) -> Training {
    let model = parsed(
        r#"
symbias = 1
outputs = ["w"]
axes = {}
program = "w = u * v - 1"
parameters = { u = [], v = [] }
loss = { kind = "expression", expr = "w^2", reduce = "sum" }
"#,
    );
    Training {
        arrays: Arrays::new(&model, &Default::default()).unwrap(),
        model,
        feeds: Vec::new(),
        samples: 1,
        refresh: true,
        batch: None,
        descent,
        orbit: None,
        seed: 1,
    }
}

#[test]
fn momentum_decay_and_l1_are_the_recursion() {
    let (rate, momentum, decay, l1) = (0.03, 0.8, 0.2, 0.05);
    let descent = Descent {
        rate,
        momentum,
        decay,
        l1: vec![l1, 0.0],
    };
    let samples = run(
        &pair(descent),
        &Given(vec![vec![0.7, -0.3]], vec![]),
        1,
        vec![1000],
        &[],
    );
    let step = |momentum: f64, decay: f64, l1: f64| {
        let (mut t, mut v) = ([0.7_f64, -0.3], [0.0_f64; 2]);
        for _ in 0..1000 {
            let r = 2.0 * (t[0] * t[1] - 1.0);
            let g = [r * t[1] + l1 * t[0].signum(), r * t[0]];
            for i in 0..2 {
                v[i] = momentum * v[i] + g[i];
                t[i] = (1.0 - rate * decay) * t[i] - rate * v[i];
            }
        }
        t
    };
    let far = |t: [f64; 2]| (samples.theta[0] - t[0]).abs() + (samples.theta[1] - t[1]).abs();
    assert!(far(step(momentum, decay, l1)) < 1e-12);
    // Twins: each term matters.
    assert!(far(step(0.0, decay, l1)) > 1e-6 || momentum == 0.0);
    assert!(far(step(momentum, 0.0, l1)) > 1e-3);
    assert!(far(step(momentum, decay, 0.0)) > 1e-3);
}

#[test]
fn a_divergent_replica_is_an_event_and_the_others_go_on() {
    // From large products the step 0.2 diverges.
    let starts = vec![vec![0.5, 0.5], vec![9.0, 9.0], vec![0.3, 0.9]];
    let training = pair(Descent::plain(0.2));
    let samples = run(
        &training,
        &Given(starts.clone(), vec![]),
        3,
        vec![0, 3, 400],
        &[],
    );
    // By the recursion: when is the second first not finite?
    let (mut u, mut v, mut step) = (9.0_f64, 9.0_f64, 0);
    while u.is_finite() && v.is_finite() {
        let r = 2.0 * (u * v - 1.0);
        (u, v) = (u - 0.2 * r * v, v - 0.2 * r * u);
        step += 1;
    }
    let events: Vec<(u64, u64)> = samples
        .diverged
        .iter()
        .map(|d| (d.replica, d.step))
        .collect();
    assert_eq!(events, [(1, step)]);
    assert_eq!(samples.stop, StopReason::Finished);
    assert!((samples.theta[0] * samples.theta[1] - 1.0).abs() < 1e-9);
    assert!((samples.theta[4] * samples.theta[5] - 1.0).abs() < 1e-9);
    assert!(samples.theta[2].is_nan());
    // All diverge: a reason, and an end.
    let all = run(
        &training,
        &Given(vec![starts[1].clone()], vec![]),
        9,
        vec![1 << 40],
        &[],
    );
    assert_eq!(all.stop, StopReason::AllDiverged);
    assert_eq!(all.diverged.len(), 9);
}

fn diagonal_charges(training: &Training) -> Vec<AffineField> {
    factors(&training.model)
        .iter()
        .flat_map(|f| f.split(&training.model).symmetric)
        .collect()
}

#[test]
fn the_drift_of_charges_is_accounted_for_exactly() {
    let mut training = stream(relu(), 2e-2);
    training.descent.decay = 0.01;
    let fields = diagonal_charges(&training);
    assert_eq!(fields.len(), 5);
    let steps = 777;
    let error = |rate: f64| {
        let observables: Vec<Box<dyn Observable>> = vec![
            Box::new(Charges::new("charges", fields.clone())),
            Box::new(Drift::new("drift", rate, &fields).unwrap()),
        ];
        let settings = Normal {
            d: 20,
            scale: 0.5,
            fixed: Vec::new(),
        };
        let samples = run(&training, &settings, 9, vec![0, steps], &observables);
        let keep = (1.0 - 2e-2 * 0.01_f64).powi(2 * steps as i32);
        let mut worst: f64 = 0.0;
        for r in 0..9 {
            let (start, end) = (r * 20, r * 20 + 10);
            for k in 0..5 {
                let (then, now) = (samples.numbers[start + k], samples.numbers[end + k]);
                let drift = samples.numbers[end + 5 + k];
                assert!(drift.abs() > 1e-5, "nothing to account for");
                worst = worst.max((now - keep * then - drift).abs());
            }
        }
        worst
    };
    assert!(error(2e-2) < 1e-13, "{}", error(2e-2));
    // The twin: another learning rate in the account.
    assert!(error(1.9e-2) > 1e-6);
}

/// L = Σ_n mean over the batch of (w − x_n)²: w averages what the batches hold.
fn averaging(batch: Option<Batch>, samples: usize, feed: Feed) -> Training {
    let model = parsed(
        r#"
symbias = 1
outputs = ["y"]
axes = { n = 12 }
program = "y[n] = w[n]"
parameters = { w = ["n"] }
inputs = { x = ["n"] }
loss = { kind = "expression", expr = "sum[n]((y[n] - x[n])^2)", reduce = "sum" }
"#,
    );
    Training {
        arrays: Arrays::new(&model, &Default::default()).unwrap(),
        model,
        feeds: vec![feed],
        samples,
        refresh: true,
        batch,
        descent: Descent::plain(0.5),
        orbit: None,
        seed: 3,
    }
}

/// With rate ½ and a sum of one sample, w is the last sample: each step shows what was drawn.
fn draws(training: &Training, fixed: Vec<f64>, steps: u64) -> Vec<Vec<f64>> {
    let settings = Given(vec![vec![0.0; 12]], fixed);
    (1..=steps)
        .map(|s| run(training, &settings, 1, vec![s], &[]).theta)
        .collect()
}

#[test]
fn subsets_have_their_size_and_are_equally_likely() {
    let training = averaging(None, 1, Feed::Subset(5));
    let (steps, mut counts, mut together) = (600, [0.0; 12], 0.0);
    for mask in draws(&training, Vec::new(), steps) {
        let ones: Vec<usize> = (0..12).filter(|i| mask[*i] == 1.0).collect();
        assert!(ones.len() == 5 && mask.iter().all(|x| *x == 0.0 || *x == 1.0));
        ones.iter().for_each(|i| counts[*i] += 1.0);
        together += f64::from(u8::from(mask[0] == 1.0 && mask[11] == 1.0));
    }
    let n = steps as f64;
    let close = |count: f64, p: f64| (count - n * p).abs() < 4.5 * (n * p * (1.0 - p)).sqrt();
    assert!(counts.iter().all(|c| close(*c, 5.0 / 12.0)), "{counts:?}");
    // Without replacement: pairs are rarer than (5/12)².
    assert!(close(together, 5.0 / 12.0 * 4.0 / 11.0), "{together}");
}

#[test]
fn batches_are_drawn_by_their_laws() {
    // 10 samples, told apart by their first entry.
    let data: Vec<f64> = (0..10)
        .flat_map(|k| (0..12).map(move |i| if i == 0 { f64::from(k) } else { 0.0 }))
        .collect();
    let single = |draw| averaging(Some(Batch { of: 10, draw }), 1, Feed::Fixed);
    let first = |draw, steps| -> Vec<usize> {
        draws(&single(draw), data.clone(), steps)
            .iter()
            .map(|w| w[0] as usize)
            .collect()
    };
    // Each epoch of 10 steps visits every sample once, in orders that differ.
    let epochs = first(Draw::Epochs, 40);
    for epoch in epochs.chunks(10) {
        let mut sorted = epoch.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    }
    assert_ne!(epochs[..10], epochs[10..20]);
    for draw in [Draw::Replacement, Draw::Subset] {
        let seen = first(draw, 1000);
        for k in 0..10 {
            let count = seen.iter().filter(|s| **s == k).count() as f64;
            assert!(
                (count - 100.0).abs() < 4.5 * 90.0_f64.sqrt(),
                "{draw:?} {k}: {count}"
            );
        }
    }
    // A subset of all is the full batch, in some order: the mean is exact.
    let mut full = averaging(
        Some(Batch {
            of: 10,
            draw: Draw::Subset,
        }),
        10,
        Feed::Fixed,
    );
    full.descent.rate = 0.05;
    let theta = run(
        &full,
        &Given(vec![vec![0.0; 12]], data.clone()),
        1,
        vec![1],
        &[],
    )
    .theta;
    assert!((theta[0] - 4.5).abs() < 1e-12, "{}", theta[0]);
    // With replacement it is not, for almost all draws.
    full.batch = Some(Batch {
        of: 10,
        draw: Draw::Replacement,
    });
    let theta = run(&full, &Given(vec![vec![0.0; 12]], data), 1, vec![1], &[]).theta;
    assert!((theta[0] - 4.5).abs() > 1e-3);
}

#[test]
fn mistakes_are_named() {
    let refused = |change: &dyn Fn(&mut Training)| {
        let mut training = stream(relu(), 1e-2);
        change(&mut training);
        training.validate().unwrap_err().to_string()
    };
    assert!(refused(&|t| t.samples = 0).contains("empty"));
    assert!(refused(&|t| t.descent.rate = f64::NAN).contains("learning rate"));
    assert!(refused(&|t| t.descent.momentum = 1.0).contains("momentum"));
    assert!(refused(&|t| t.descent.decay = 1e3).contains("decay"));
    assert!(refused(&|t| t.feeds.clear()).contains("feeds"));
    assert!(
        refused(&|t| t.batch = Some(Batch {
            of: 3,
            draw: Draw::Subset
        }))
        .contains("batch")
    );
    assert!(refused(&|t| t.feeds[0] = Feed::Subset(4)).contains("cannot be chosen"));
}

#[test]
fn batches_and_subsets_do_not_depend_on_lanes() {
    let data: Vec<f64> = (0..120).map(|k| f64::from(k) * 0.37 % 1.0).collect();
    let mut trainings = vec![(averaging(None, 1, Feed::Subset(5)), Vec::new())];
    for draw in [Draw::Replacement, Draw::Subset, Draw::Epochs] {
        let batch = Some(Batch { of: 10, draw });
        trainings.push((averaging(batch, 3, Feed::Fixed), data.clone()));
    }
    for (mut training, fixed) in trainings {
        training.descent.rate = 0.01;
        let settings = Given(vec![vec![0.0; 12]], fixed);
        // Whole vectors, a part of one, and single replicas.
        let all = run(&training, &settings, 19, vec![300], &[]).theta;
        for replica in [0, 7, 8, 15, 16, 18] {
            let alone = Ensemble {
                process: &training,
                settings: &settings,
                replicas: replica..replica + 1,
                schedule: &Schedule::at(vec![300]).unwrap(),
                observables: &[],
                threads: 1,
                keep: None,
                values: None,
            }
            .run::<f64>(&Monitor::default())
            .unwrap();
            let at = replica as usize * 12;
            assert_eq!(all[at..at + 12], alone.theta[..], "replica {replica}");
        }
    }
}
