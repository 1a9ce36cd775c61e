//! Models, draws and processes.

use std::path::Path;
use symbias_bias::quotient::{Gradient, Quotient, Section};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::noise::Noise;
use symbias_geometry::sde::Sde;
use symbias_model::Model;
use symbias_model::error::Result;
use symbias_model::language::{Copies, SourceFile};
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

/// y = θ_1 ⋯ θ_D x for one entry.
pub fn product(depth: usize) -> Model {
    let names: Vec<String> = (0..depth).map(|k| format!("t{k}")).collect();
    let factors: Vec<String> = names.iter().map(|n| format!("{n}[i]")).collect();
    let parameters: Vec<String> = names.iter().map(|n| format!("{n} = [\"i\"]")).collect();
    written(&format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ i = 1 }}\nprogram = \"y = {} * x[i]\"\nparameters = {{ {} }}\n\
         inputs = {{ x = [\"i\"] }}\n",
        factors.join(" * "),
        parameters.join(", ")
    ))
}

/// S = XXᵀ, X n×r.
pub fn gram(n: usize, r: usize) -> Model {
    written(&format!(
        "symbias = 1\noutputs = [\"S\"]\naxes = {{ i = {n}, j = \"i\", r = {r} }}\n\
         program = \"S[i,j] = X[i,r] * X[j,r]\"\nparameters = {{ X = [\"i\",\"r\"] }}\n"
    ))
}

pub fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed, 0, 0);
    (0..count).map(|_| stream.next_normal()).collect()
}

/// The balanced section through random parameters.
pub fn section(model: &Model, seed: u64) -> Section {
    let start = normals(seed, model.space().dim());
    Section::balanced(model, &factors(model), &start).expect("a section")
}

/// A section through parameters that are all positive.
pub fn positive(model: &Model) -> Section {
    let start = vec![1.0; model.space().dim()];
    Section::balanced(model, &factors(model), &start).expect("a section")
}

/// The process on a balanced section with a loss given by ∇_θ L.
pub fn process<'a>(
    model: &Model,
    section: Section,
    noise: Noise,
    gradient: impl Fn(&[f64], &mut [f64]) + Send + Sync + 'a,
) -> Result<Quotient<'a>> {
    let gradient: Gradient<'a> = Box::new(gradient);
    Quotient::new(model, &factors(model), section, noise, gradient)
}

/// No loss.
pub fn flat(_: &[f64], into: &mut [f64]) {
    into.fill(0.0);
}

pub fn drift<S: Sde + ?Sized>(sde: &S, w: &[f64]) -> Vec<f64> {
    let mut into = vec![0.0; sde.dimension()];
    sde.drift(w, &mut into);
    into
}

pub fn diffusion<S: Sde + ?Sized>(sde: &S, w: &[f64]) -> Vec<f64> {
    let mut into = vec![0.0; sde.dimension() * sde.noises()];
    sde.diffusion(w, &mut into);
    into
}

pub fn close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1.0);
    assert!(
        error <= tolerance,
        "{found}, expected {expected}: {error:.1e}"
    );
}

/// The largest difference, relative to the largest entry.
pub fn distance(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let size = expected
        .iter()
        .fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
    let each = found
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs() / size);
    each.fold(0.0, |m, x| if x.is_nan() { x } else { m.max(x) })
}
