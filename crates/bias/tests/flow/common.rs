//! Models, draws and norms.

use std::collections::BTreeMap;
use std::path::Path;
use symbias_bias::flow::{Leaf, Regression};
use symbias_geometry::discover::structural::factors;
use symbias_model::Model;
use symbias_model::data;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Inputs;
use symbias_numerics::random::Stream;

pub fn model(name: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models")
        .join(name)
        .with_extension("toml");
    SourceFile::read(&path)
        .and_then(|s| s.check(Copies::All))
        .expect("a model")
}

pub fn written(text: &str) -> Model {
    SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .expect("a model")
}

pub fn normals(seed: u64, count: usize, std: f64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 0, 0);
    (0..count).map(|_| std * stream.next_normal()).collect()
}

/// Samples of random inputs.
pub fn samples(model: &Model, count: u64) -> Vec<Inputs> {
    (0..count).map(|k| Inputs::random(model, 3, k)).collect()
}

pub fn leaf(model: &Model, theta: &[f64]) -> Leaf {
    Leaf::of(model, &factors(model), theta).expect("a leaf")
}

/// The leaf of a model and its loss.
pub fn task(model: &Model, theta: &[f64], data: &[Inputs]) -> (Leaf, Regression) {
    let leaf = leaf(model, theta);
    let files = data::constants(model).unwrap_or_else(|_| BTreeMap::new());
    let loss = Regression::of(model, &leaf, &files, data).expect("a loss");
    (leaf, loss)
}

pub fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// ‖a − b‖/‖b‖.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    norm(&difference) / norm(b)
}

pub fn close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(
        error <= tolerance,
        "{found}, expected {expected}: {error:.1e}"
    );
}
