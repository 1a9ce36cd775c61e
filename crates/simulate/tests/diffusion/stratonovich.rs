//! Noise that a program pulls back, in the Stratonovich sense: its correction, Heun and Milstein.

use super::common::{Same, diffusion, pair, parsed, product, run};
use symbias_geometry::noise::{Minibatch, Noise};
use symbias_geometry::sde::NoiseKind;
use symbias_model::Model;
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::{Stream, ensemble_normals};
use symbias_simulate::diffusion::Diffusion;
use symbias_simulate::ensemble::{Process, Schedule};
use symbias_simulate::scheme::{Room, Scheme, Sense, System};
use symbias_simulate::training::Setting;

const LANES: usize = 8;

fn predictor(amplitude: f64) -> Noise {
    Noise::Predictor(amplitude)
}

fn with(model: &Model, samples: usize, noise: Noise, scheme: Scheme) -> Diffusion {
    let mut process = diffusion(model, samples, noise, 0.01);
    process.scheme = scheme;
    process
}

/// What the system of a tile gives, replica 0, with so many replicas side by side.
fn ask(
    process: &Diffusion,
    lanes: usize,
    (theta, data): (&[f64], &[f64]),
    what: impl Fn(&mut dyn FnMut(&[f64], &mut [f64], bool)) -> Vec<f64>,
) -> Vec<f64> {
    let compiled = process.compile::<f64>(lanes).unwrap();
    let setting = Setting {
        theta: theta.to_vec(),
        teacher: Vec::new(),
        fixed: data.to_vec(),
    };
    let mut tile = process.tile(&compiled, 0, &vec![setting; lanes], false);
    let system = tile.system();
    let spread = |v: &[f64]| v.iter().flat_map(|x| vec![*x; lanes]).collect::<Vec<f64>>();
    what(&mut |z: &[f64], into: &mut [f64], noise: bool| {
        let mut all = vec![0.0; theta.len() * lanes];
        if noise {
            system.noise(&spread(theta), &spread(z), &mut all);
        } else {
            system.correction(&spread(theta), &mut all);
        }
        for (k, x) in into.iter_mut().enumerate() {
            *x = all[k * lanes + lanes - 1];
        }
    })
}

fn correction(process: &Diffusion, lanes: usize, theta: &[f64], data: &[f64]) -> Vec<f64> {
    let d = theta.len();
    ask(process, lanes, (theta, data), |system| {
        let mut found = vec![0.0; d];
        system(&[], &mut found, false);
        found
    })
}

fn close(a: &[f64], b: &[f64], accepted: f64) -> bool {
    let size = b.iter().fold(1e-3_f64, |s, x| s.max(x.abs()));
    a.iter()
        .zip(b)
        .all(|(a, b)| (a - b).abs() <= accepted * size)
}

fn normal(seed: u64, n: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed, 1, 2);
    (0..n).map(|_| stream.next_normal()).collect()
}

fn scalar(model: &Model) -> ScalarProgram {
    ScalarProgram::lower(model, &Arrays::new(model, &Default::default()).unwrap()).unwrap()
}

/// w = uv: ∇w = (v, u) and ∇²w swaps, so that ½s²∇²w∇w = ½s²(u, v).
#[test]
fn the_correction_of_a_pair() {
    let process = with(&pair(), 1, predictor(0.6), Scheme::Heun);
    for lanes in [8, 16, 48] {
        let found = correction(&process, lanes, &[1.3, -0.4], &[]);
        assert!(
            close(&found, &[0.18 * 1.3, -0.18 * 0.4], 1e-14),
            "{found:?}"
        );
        assert!(
            !close(&found, &[0.18 * -0.4, 0.18 * 1.3], 0.1),
            "the twin: ∇w"
        );
    }
}

/// ½ Σ_k Dσ_k[σ_k] by central differences of columns from gradients of the scalar program: gradients are cubic at most, so
/// that the differences are off by h² times a constant, 1e-8, and by rounding, 1e-12.
fn by_differences(theta: &[f64], columns: &dyn Fn(&[f64]) -> Vec<Vec<f64>>) -> Vec<f64> {
    let h = 1e-4;
    let mut sum = vec![0.0; theta.len()];
    for (k, column) in columns(theta).iter().enumerate() {
        let at = |s: f64| {
            let moved: Vec<f64> = theta.iter().zip(column).map(|(t, c)| t + s * c).collect();
            columns(&moved).swap_remove(k)
        };
        for (sum, (a, b)) in sum.iter_mut().zip(at(h).iter().zip(at(-h))) {
            *sum += (a - b) / (4.0 * h);
        }
    }
    sum
}

#[test]
fn corrections_of_predictor_and_minibatch_noise() {
    const SAMPLES: usize = 5;
    let (theta, data) = (normal(1, 10), normal(2, SAMPLES * 5));
    let model = product();
    let program = scalar(&model);
    let s = 0.4;
    let rows = |theta: &[f64]| -> Vec<Vec<f64>> {
        data.chunks_exact(5)
            .flat_map(|x| program.jacobian(theta, x).unwrap())
            .map(|row| row.iter().map(|x| s * x).collect())
            .collect()
    };
    let process = with(&model, SAMPLES, predictor(s), Scheme::Heun);
    let found = correction(&process, LANES, &theta, &data);
    let expected = by_differences(&theta, &rows);
    assert!(close(&found, &expected, 1e-6), "{found:?} {expected:?}");
    // The other derivation: ¼ ∇ tr C, C = s²JᵀJ.
    let trace = |theta: &[f64]| rows(theta).iter().flatten().map(|x| x * x).sum::<f64>();
    let slope = |i: usize| {
        let at = |h: f64| {
            let mut moved = theta.clone();
            moved[i] += h;
            trace(&moved)
        };
        (at(1e-4) - at(-1e-4)) / (4.0 * 2e-4)
    };
    let quarter: Vec<f64> = (0..10).map(slope).collect();
    assert!(close(&found, &quarter, 1e-6));
    let halved: Vec<f64> = quarter.iter().map(|x| 2.0 * x).collect();
    assert!(!close(&found, &halved, 0.1), "the twin: ½ ∇ tr C");

    // Columns of minibatch noise: gradients of samples, the mean of two outputs each, about their mean.
    let (rate, batch) = (0.2, 2);
    let columns = |centre: f64, theta: &[f64]| -> Vec<Vec<f64>> {
        let own: Vec<Vec<f64>> = data
            .chunks_exact(5)
            .map(|x| program.loss_gradient(theta, x).unwrap())
            .collect();
        let scale = (rate / (batch as f64 * SAMPLES as f64)).sqrt() / 2.0;
        let mean = |i: usize| own.iter().map(|g| g[i]).sum::<f64>() / SAMPLES as f64;
        let means: Vec<f64> = (0..10).map(mean).collect();
        own.iter()
            .map(|g| {
                g.iter()
                    .zip(&means)
                    .map(|(g, m)| scale * (g - centre * m))
                    .collect()
            })
            .collect()
    };
    let noise = Noise::Minibatch(Minibatch { rate, size: batch });
    let process = with(&model, SAMPLES, noise, Scheme::Heun);
    let found = correction(&process, LANES, &theta, &data);
    let expected = by_differences(&theta, &|t| columns(1.0, t));
    assert!(close(&found, &expected, 1e-6), "{found:?} {expected:?}");
    let twin = by_differences(&theta, &|t| columns(0.0, t));
    assert!(
        !close(&found, &twin, 0.02),
        "the twin: gradients that are not centred"
    );
}

/// A pair without a loss: d(u, v) = s(v, u) dW has the solution u ± v = (u₀ ± v₀) e^{±sW − s²t/2}.
fn free() -> Model {
    parsed(
        r#"
symbias = 1
outputs = ["w"]
axes = {}
program = "w = u * v"
parameters = { u = [], v = [] }
loss = { kind = "expression", expr = "0 * w", reduce = "sum" }
"#,
    )
}

/// Leaves the correction out.
struct Uncorrected<'s, S>(&'s mut S);

impl<S: System<f64>> System<f64> for Uncorrected<'_, S> {
    fn entries(&self) -> usize {
        self.0.entries()
    }
    fn noises(&self) -> usize {
        self.0.noises()
    }
    fn lanes(&self) -> usize {
        self.0.lanes()
    }
    fn kind(&self) -> NoiseKind {
        self.0.kind()
    }
    fn sense(&self) -> Sense {
        self.0.sense()
    }
    fn knows(&self) -> (bool, bool) {
        self.0.knows()
    }
    fn drift(&mut self, x: &[f64], into: &mut [f64]) {
        self.0.drift(x, into);
    }
    fn noise(&mut self, x: &[f64], z: &[f64], into: &mut [f64]) {
        self.0.noise(x, z, into);
    }
    fn correction(&mut self, _: &[f64], into: &mut [f64]) {
        into.fill(0.0);
    }
    fn along(&mut self, x: &[f64], v: &[f64], z: &[f64], into: &mut [f64]) {
        self.0.along(x, v, z, into);
    }
}

/// The mean distance from the exact solution at time 1, with 2^level steps for each level, paths shared.
fn distances(scheme: Scheme, corrected: bool) -> Vec<f64> {
    const LEVELS: [u32; 3] = [4, 6, 8];
    const VECTORS: u64 = 40;
    let s = 0.7;
    let start = [1.2, 0.5];
    let process = with(&free(), 1, predictor(s), scheme);
    process.validate().unwrap();
    let compiled = process.compile::<f64>(LANES).unwrap();
    let setting = Setting {
        theta: start.to_vec(),
        ..Setting::default()
    };
    let mut tile = process.tile(&compiled, 0, &vec![setting; LANES], false);
    let system = tile.system();
    let mut room = Room::<f64>::new(system);
    let mut sums = vec![0.0; LEVELS.len()];
    for v in 0..VECTORS {
        let finest = 1_usize << LEVELS[2];
        let mut path = vec![vec![0.0; LANES]; finest];
        for (step, z) in path.iter_mut().enumerate() {
            ensemble_normals(5, v * LANES as u64, step as u64, 0, LANES, z);
        }
        let scale = (1.0 / finest as f64).sqrt();
        let whole = |r: usize| path.iter().map(|z| z[r]).sum::<f64>() * scale;
        for (sum, level) in sums.iter_mut().zip(LEVELS) {
            let (steps, joined) = (1_usize << level, finest >> level);
            let mut x: Vec<f64> = start.iter().flat_map(|x| [*x; LANES]).collect();
            for part in path.chunks_exact(joined) {
                let z: Vec<f64> = (0..LANES)
                    .map(|r| part.iter().map(|z| z[r]).sum::<f64>() / (joined as f64).sqrt())
                    .collect();
                let h = 1.0 / steps as f64;
                if corrected {
                    scheme.step(system, &mut x, h, (&z, &[]), &mut room);
                } else {
                    scheme.step(
                        &mut Uncorrected(&mut *system),
                        &mut x,
                        h,
                        (&z, &[]),
                        &mut room,
                    );
                }
            }
            for r in 0..LANES {
                let w = whole(r);
                let plus = (start[0] + start[1]) * (s * w - s * s / 2.0).exp();
                let minus = (start[0] - start[1]) * (-s * w - s * s / 2.0).exp();
                let (u, v) = ((plus + minus) / 2.0, (plus - minus) / 2.0);
                *sum += (x[r] - u).hypot(x[LANES + r] - v);
            }
        }
    }
    sums.iter()
        .map(|s| s / (VECTORS as f64 * LANES as f64))
        .collect()
}

/// log₄ of the ratios of neighbouring distances: the order twice.
fn orders(distances: &[f64]) -> Vec<f64> {
    distances
        .windows(2)
        .map(|d| (d[0] / d[1]).log2() / 2.0)
        .collect()
}

#[test]
fn strong_orders_for_predictor_noise() {
    // 320 paths: a mean distance is good to 5 %, an order to 0.04, and higher terms are as large.
    let is = |found: &[f64], order: f64| found.iter().all(|o| (o - order).abs() < 0.15);
    for scheme in [Scheme::Milstein, Scheme::Heun] {
        let found = orders(&distances(scheme, true));
        assert!(is(&found, 1.0), "{scheme:?} {found:?}");
        // The twin goes to another process, at a distance that stays.
        let twin = orders(&distances(scheme, false));
        assert!(
            is(&twin, 0.0),
            "without the correction, {scheme:?} {twin:?}"
        );
    }
    let found = orders(&distances(Scheme::EulerMaruyama, true));
    assert!(is(&found, 0.5), "Euler-Maruyama {found:?}");
    assert!(!is(&found, 1.0), "the twin: no term of second order");
}

/// The Gamma law of w = uv, L = (w − 1)²/2: mean 1 − s²/2; of the equation read in the other sense the mean is 1
/// (theory §5.4, and its drift with s²w more).
#[test]
fn the_mean_of_the_gamma_law() {
    let s2 = 0.25;
    let settings = Same(vec![1.0, 1.0], Vec::new());
    for scheme in [Scheme::Heun, Scheme::Milstein] {
        let mut process = with(&pair(), 1, predictor(f64::sqrt(s2)), scheme);
        process.seed = 9;
        let samples = run::<f64, _>(
            &process,
            &settings,
            8192,
            &Schedule::at(vec![800]).unwrap(),
            &[],
        );
        let w: Vec<f64> = samples.theta.chunks_exact(2).map(|t| t[0] * t[1]).collect();
        let mean = w.iter().sum::<f64>() / w.len() as f64;
        // Variance of the law: shape · scale², 3.5/16; four standard errors, and the step's bias, below 0.004.
        let error = (3.5 / 16.0 / w.len() as f64).sqrt();
        let near = |m: f64| (mean - m).abs() < 4.0 * error + 0.004;
        assert!(near(1.0 - s2 / 2.0), "{scheme:?} {mean}");
        assert!(!near(1.0), "the twin: the other sense");
    }
}

#[test]
fn milstein_wants_noise_that_commutes() {
    let tried = |model: &Model, samples: usize, noise: Noise| {
        with(model, samples, noise, Scheme::Milstein).validate()
    };
    let refused =
        |model: &Model, samples, noise| tried(model, samples, noise).unwrap_err().to_string();
    assert!(tried(&pair(), 1, predictor(0.3)).is_ok());
    // Pairs side by side move different parameters.
    let apart = parsed(
        r#"
symbias = 1
outputs = ["w"]
axes = { i = 3 }
program = "w[i] = u[i] * v[i]"
parameters = { u = ["i"], v = ["i"] }
loss = { kind = "expression", expr = "sum[i](w[i]^2)", reduce = "sum" }
"#,
    );
    assert!(tried(&apart, 1, predictor(0.3)).is_ok());
    // The twin: one factor in common.
    let shared = parsed(
        r#"
symbias = 1
outputs = ["w"]
axes = { i = 3 }
program = "w[i] = u * v[i]"
parameters = { u = [], v = ["i"] }
loss = { kind = "expression", expr = "sum[i](w[i]^2)", reduce = "sum" }
"#,
    );
    let text = refused(&shared, 1, predictor(0.3));
    assert!(text.contains("do not commute"), "{text}");
    let text = refused(&product(), 3, predictor(0.3));
    assert!(text.contains("do not commute"), "{text}");
    let text = refused(&product(), 20, predictor(0.3));
    assert!(text.contains("has 40"), "{text}");
    // Two samples are one noise, (z₁ − z₂)(∇L₁ − ∇L₂)/2; three are two.
    let minibatch = Noise::Minibatch(Minibatch { rate: 0.1, size: 1 });
    assert!(tried(&product(), 2, minibatch).is_ok());
    let text = refused(&product(), 3, minibatch);
    assert!(text.contains("do not commute"), "{text}");
}
