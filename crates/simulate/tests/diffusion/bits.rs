//! The bits of a replica depend on (seed, replica) alone, for diffusions too.

use super::common::{Same, diffusion, pair};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::Noise;
use symbias_numerics::lanes::Real;
use symbias_simulate::diffusion::{Diffusion, Watch};
use symbias_simulate::ensemble::{Ensemble, Monitor, Samples, Schedule, StopReason};
use symbias_simulate::observe::{Charges, Moment, Observable, Worker};

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
    let charges = Box::new(Charges::new("charges", vec![scaling()]));
    observed::<T>(process, replicas, threads, keep, (charges, monitor))
}

fn observed<T: Real>(
    process: &Diffusion,
    replicas: Range<u64>,
    threads: usize,
    keep: Option<(&Path, u64)>,
    (observable, monitor): (Box<dyn Observable>, &Monitor),
) -> Samples {
    let observables = vec![observable];
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

/// Charges that stop the run after so many looks.
struct Stopping {
    charges: Charges,
    monitor: Arc<Monitor>,
    left: AtomicI64,
}

impl Observable for Stopping {
    fn name(&self) -> &str {
        self.charges.name()
    }
    fn shape(&self) -> Vec<usize> {
        self.charges.shape()
    }
    fn axes(&self) -> Vec<String> {
        self.charges.axes()
    }
    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(StoppingWorker(self, self.charges.worker()))
    }
}

struct StoppingWorker<'a>(&'a Stopping, Box<dyn Worker + 'a>);

impl Worker for StoppingWorker<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> symbias_model::Result<()> {
        if self.0.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.monitor.stop.store(true, Ordering::Relaxed);
        }
        self.1.observe(moment, into)
    }
}

#[test]
fn an_interrupted_diffusion_goes_on_to_the_same_bits() {
    let process = &kinds()[1];
    let whole = part::<f32>(process, 0..40, 1, None, &Monitor::default());
    let folder = tempfile::tempdir().unwrap();
    let keep = Some((folder.path(), 11));
    let mut interruptions = 0;
    let finished = loop {
        // Stops after some looks, later each time.
        let monitor = Arc::new(Monitor::default());
        let stopping = Stopping {
            charges: Charges::new("charges", vec![scaling()]),
            monitor: monitor.clone(),
            left: AtomicI64::new(60 * (interruptions + 1)),
        };
        let seen = (Box::new(stopping) as Box<dyn Observable>, &*monitor);
        let samples = observed::<f32>(process, 0..40, 1, keep, seen);
        if samples.stop == StopReason::Finished {
            break samples;
        }
        interruptions += 1;
    };
    assert!(interruptions > 0, "the run was never interrupted");
    assert!(whole == finished);
}
