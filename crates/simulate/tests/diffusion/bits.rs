//! The bits of a replica depend on (seed, replica) alone, for diffusions too.

use super::common::{Same, diffusion, pair};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::Noise;
use symbias_numerics::lanes::Real;
use symbias_simulate::diffusion::{Diffusion, Watch};
use symbias_simulate::ensemble::{Ensemble, Monitor, Samples, Schedule, StopReason};
use symbias_simulate::observe::{Charges, Observable};

pub fn scaling() -> AffineField {
    AffineField {
        linear: vec![(0, 0, 1.0), (1, 1, -1.0)],
        constant: Vec::new(),
    }
}

fn part<T: Real>(
    process: &Diffusion,
    replicas: Range<u64>,
    threads: usize,
    keep: Option<(&Path, u64)>,
    monitor: &Monitor,
) -> Samples {
    let observables: Vec<Box<dyn Observable>> =
        vec![Box::new(Charges::new("charges", vec![scaling()]))];
    Ensemble {
        process,
        settings: &Same(vec![0.6, 0.4], Vec::new()),
        replicas,
        schedule: &Schedule::every(170, 1900).unwrap(),
        observables: &observables,
        threads,
        keep,
        values: None,
    }
    .run::<T>(monitor)
    .unwrap()
}

fn kinds() -> Vec<Diffusion> {
    let noises = [
        Noise::Isotropic(0.2),
        Noise::Horizontal(0.2),
        Noise::Predictor(0.3),
    ];
    let make = |noise| {
        let model = pair();
        let mut process = diffusion(&model, 1, noise, 1e-2);
        process.potential.decay = 0.1;
        process.fields = vec![scaling()];
        process.seed = 5;
        process.watch = Some(Watch {
            arrays: symbias_model::scalar::Arrays::new(&model, &Default::default()).unwrap(),
            model,
            entry: 0,
        });
        process
    };
    noises.map(make).into()
}

fn same<T: Real>() {
    for process in kinds() {
        // In f32 two vectors run side by side from 512 replicas on, in f64 four.
        let none = Monitor::default();
        let whole = part::<T>(&process, 0..600, 1, None, &none);
        assert!(whole.numbers.iter().all(|x| x.is_finite()));
        if matches!(process.noise, Noise::Isotropic(_)) {
            assert!(whole.crossings.iter().any(|c| c.count > 0));
        }
        assert!(whole == part::<T>(&process, 0..600, 2, None, &none));
        let mut joined = (Vec::new(), Vec::new());
        for own in [0..1, 1..18, 18..310, 310..600] {
            let own = part::<T>(&process, own, 1, None, &none);
            joined.0.extend(own.numbers);
            joined.1.extend(own.crossings);
        }
        assert!(whole.numbers == joined.0 && whole.crossings == joined.1);
        // The twin: another seed gives other numbers.
        let mut other = process.clone();
        other.seed += 1;
        assert!(whole.numbers != part::<T>(&other, 0..600, 1, None, &none).numbers);
    }
}

#[test]
fn threads_shards_and_widths_do_not_matter() {
    same::<f32>();
    same::<f64>();
}

#[test]
fn an_interrupted_diffusion_goes_on_to_the_same_bits() {
    let process = &kinds()[1];
    let whole = part::<f32>(process, 0..40, 1, None, &Monitor::default());
    let folder = tempfile::tempdir().unwrap();
    let keep = Some((folder.path(), 11));
    let mut interruptions = 0;
    let finished = loop {
        // Stops after each second tile-block: the flag is set before it starts, and taken back by another thread.
        let monitor = Monitor::default();
        let samples = std::thread::scope(|scope| {
            scope.spawn(|| {
                while monitor.done.load(Ordering::Relaxed) < 700 * (interruptions + 1) {
                    std::thread::yield_now();
                }
                monitor.stop.store(true, Ordering::Relaxed);
            });
            let samples = part::<f32>(process, 0..40, 1, keep, &monitor);
            monitor.done.store(u64::MAX, Ordering::Relaxed);
            samples
        });
        if samples.stop == StopReason::Finished {
            break samples;
        }
        interruptions += 1;
    };
    assert!(interruptions > 0, "the run was never interrupted");
    assert!(whole == finished);
}
