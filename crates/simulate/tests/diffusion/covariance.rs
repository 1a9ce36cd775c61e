//! Empirical covariances of σ dW over many replicas against C, built densely by other means.

use super::common::{Same, diffusion, product, run};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::{Labels, Minibatch, Noise};
use symbias_geometry::orbit::OrbitFrame;
use symbias_model::Model;
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::Stream;
use symbias_simulate::ensemble::Schedule;

const REPLICAS: u64 = 20_000;
const SAMPLES: usize = 5;
const STEP: f64 = 0.01;

fn normal(seed: u64, n: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed, 1, 2);
    (0..n).map(|_| stream.next_normal()).collect()
}

/// θ and data: x and y of each sample.
fn point() -> (Vec<f64>, Vec<f64>) {
    (normal(1, 10), normal(2, SAMPLES * 5))
}

fn scalar(model: &Model) -> ScalarProgram {
    ScalarProgram::lower(model, &Arrays::new(model, &Default::default()).unwrap()).unwrap()
}

/// Whether the covariance of one step over replicas is h·C: all entries within 5.5 standard errors of a Wishart matrix.
fn agrees(noise: Noise, c: &[Vec<f64>]) -> bool {
    agrees_with(noise, &[], c)
}

/// The same for noise that is projected off orbits.
fn agrees_with(noise: Noise, fields: &[AffineField], c: &[Vec<f64>]) -> bool {
    let (theta, data) = point();
    let mut process = diffusion(&product(), SAMPLES, noise, STEP);
    process.fields = fields.to_vec();
    let settings = Same(theta.clone(), data);
    let samples = run::<f64, _>(
        &process,
        &settings,
        REPLICAS,
        &Schedule::at(vec![1]).unwrap(),
        &[],
    );
    let d = theta.len();
    let rows: Vec<&[f64]> = samples.theta.chunks_exact(d).collect();
    let n = rows.len() as f64;
    let mean: Vec<f64> = (0..d)
        .map(|i| rows.iter().map(|r| r[i]).sum::<f64>() / n)
        .collect();
    let mut good = true;
    for i in 0..d {
        for j in 0..=i {
            let sum: f64 = rows
                .iter()
                .map(|r| (r[i] - mean[i]) * (r[j] - mean[j]))
                .sum();
            let found = sum / n / STEP;
            // 55 entries: a bound of 5.5 is exceeded by chance less than once in 10⁵ runs.
            let error = ((c[i][j].powi(2) + c[i][i] * c[j][j]) / n).sqrt();
            good &= (found - c[i][j]).abs() <= 5.5 * error + 1e-12;
        }
    }
    good
}

fn dense(d: usize, entry: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    (0..d)
        .map(|i| (0..d).map(|j| entry(i, j)).collect())
        .collect()
}

fn generators(model: &Model) -> Vec<AffineField> {
    factors(model)
        .iter()
        .flat_map(|f| {
            let split = f.split(model);
            split.symmetric.into_iter().chain(split.antisymmetric)
        })
        .collect()
}

#[test]
fn isotropic_and_horizontal() {
    let (theta, _) = point();
    let temperature = 0.7;
    let isotropic = dense(10, |i, j| f64::from(u8::from(i == j)) * 2.0 * temperature);
    assert!(agrees(Noise::Isotropic(temperature), &isotropic));
    // P_H by eigenvectors of Γ and a decided rank, where the noise uses a Cholesky factor. A field twice is a stabiliser.
    let model = product();
    let mut fields = generators(&model);
    assert_eq!(fields.len(), 4);
    let frame = OrbitFrame::new(&fields, &theta).unwrap();
    let columns: Vec<Vec<f64>> = (0..10)
        .map(|k| {
            let unit: Vec<f64> = (0..10).map(|i| f64::from(u8::from(i == k))).collect();
            frame.horizontal(&unit)
        })
        .collect();
    let c = dense(10, |i, j| 2.0 * temperature * columns[j][i]);
    let noise = Noise::Horizontal(temperature);
    assert!(agrees_with(noise, &fields, &c));
    assert!(
        !agrees_with(noise, &fields[..3], &c),
        "the twin: a field less"
    );
    assert!(
        !agrees_with(noise, &fields, &isotropic),
        "the twin: isotropic"
    );
    fields.push(fields[1].scaled(2.0));
    assert!(agrees_with(noise, &fields, &c));
}

#[test]
fn predictor() {
    let (theta, data) = point();
    let model = product();
    let (rate, deviation) = (0.1, 0.6);
    let labels = |deviation: f64| Noise::Labels(Labels { rate, deviation });
    // The covariance of η⁻¹ × (one step of descent with noise on its labels), from Jacobians of the scalar program:
    // gradients move by −(2σ/(2·N)) Jᵀε for 2 outputs and N samples.
    let program = scalar(&model);
    let rows: Vec<Vec<f64>> = data
        .chunks_exact(5)
        .flat_map(|x| program.jacobian(&theta, x).unwrap())
        .collect();
    let each = (2.0 * deviation / (2.0 * SAMPLES as f64)).powi(2) * rate;
    let c = dense(10, |i, j| {
        each * rows.iter().map(|r| r[i] * r[j]).sum::<f64>()
    });
    assert!(agrees(labels(deviation), &c));
    assert!(agrees(Noise::Predictor(each.sqrt()), &c));
    assert!(!agrees(labels(deviation * 1.1), &c));
}

#[test]
fn minibatch() {
    let (theta, data) = point();
    let model = product();
    let (rate, batch) = (0.2, 2);
    let program = scalar(&model);
    // Gradients of each sample alone, mean over its two outputs.
    let gradients: Vec<Vec<f64>> = data
        .chunks_exact(5)
        .map(|x| program.loss_gradient(&theta, x).unwrap())
        .map(|g| g.iter().map(|x| x / 2.0).collect())
        .collect();
    let n = gradients.len() as f64;
    let mean: Vec<f64> = (0..10)
        .map(|i| gradients.iter().map(|g| g[i]).sum::<f64>() / n)
        .collect();
    let covariance = |centre: f64| {
        dense(10, |i, j| {
            let own = gradients
                .iter()
                .map(|g| (g[i] - centre * mean[i]) * (g[j] - centre * mean[j]));
            rate / batch as f64 * own.sum::<f64>() / n
        })
    };
    let noise = Noise::Minibatch(Minibatch { rate, size: batch });
    assert!(agrees(noise, &covariance(1.0)));
    assert!(
        !agrees(noise, &covariance(0.0)),
        "the twin: gradients that are not centred"
    );
}
