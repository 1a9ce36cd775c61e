//! Models and settings of the tests.

use symbias_geometry::noise::Noise;
use symbias_model::Model;
use symbias_model::error::Result;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_numerics::lanes::Real;
use symbias_simulate::diffusion::Diffusion;
use symbias_simulate::ensemble::{Ensemble, Monitor, Process, Samples, Schedule};
use symbias_simulate::observe::Observable;
use symbias_simulate::training::{Setting, Settings};

/// The same start and data for all replicas.
pub struct Same(pub Vec<f64>, pub Vec<f64>);

impl Settings for Same {
    fn of(&self, _: u64) -> Result<Setting> {
        Ok(Setting {
            theta: self.0.clone(),
            teacher: Vec::new(),
            fixed: self.1.clone(),
        })
    }
}

pub fn parsed(text: &str) -> Model {
    SourceFile::parse(text, None)
        .unwrap()
        .check(Copies::All)
        .unwrap()
}

/// w = uv, L = (uv − 1)²/2.
pub fn pair() -> Model {
    parsed(
        r#"
symbias = 1
outputs = ["w"]
axes = {}
program = "w = u * v"
parameters = { u = [], v = [] }
loss = { kind = "expression", expr = "0.5 * (w - 1)^2", reduce = "sum" }
"#,
    )
}

/// W = PQ of 2×2 by 2×3, and a bilinear readout of samples: no symmetry but gl(2).
pub fn product() -> Model {
    parsed(
        r#"
symbias = 1
outputs = ["y"]
axes = { m = 2, r = 2, n = 3 }
program = "y[m] = P[m,r] * Q[r,n] * x[n]"
parameters = { P = ["m", "r"], Q = ["r", "n"] }
inputs = { x = ["n"] }
loss = { kind = "mse", of = "y" }
"#,
    )
}

pub fn diffusion(model: &Model, samples: usize, noise: Noise, step: f64) -> Diffusion {
    let arrays = Arrays::new(model, &Default::default()).unwrap();
    Diffusion::new(model, &arrays, samples, noise, step)
}

pub fn run<T: Real, P: Process>(
    process: &P,
    settings: &dyn Settings,
    replicas: u64,
    schedule: &Schedule,
    observables: &[Box<dyn Observable>],
) -> Samples {
    Ensemble {
        process,
        settings,
        replicas: 0..replicas,
        schedule,
        observables,
        threads: 1,
        keep: None,
        values: None,
    }
    .run::<T>(&Monitor::default())
    .unwrap()
}
