//! Models, points and what is measured of them.

use std::path::Path;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::gauge::{BALANCED, Fixed, StopReason, imbalance};
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::dense::Matrix;
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

pub fn parsed(text: &str) -> Model {
    SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .expect("a model")
}

pub fn symmetric(model: &Model) -> Vec<AffineField> {
    let mut fields = Vec::new();
    for factor in factors(model) {
        fields.extend(factor.split(model).symmetric);
    }
    fields
}

pub fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut x = vec![0.0; n];
    Stream::new(seed, 0, 77).fill_normal(&mut x);
    x
}

pub fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub fn distance(x: &[f64], y: &[f64]) -> f64 {
    norm(&x.iter().zip(y).map(|(a, b)| a - b).collect::<Vec<_>>())
}

pub fn product(m: usize, r: usize, n: usize, theta: &[f64]) -> Matrix {
    let (p, q) = theta.split_at(m * r);
    Matrix::from_fn(m, n, |i, j| {
        (0..r).map(|k| p[i * r + k] * q[k * n + j]).sum()
    })
}

/// P Q with P m × r and Q r × n.
pub fn factorization(m: usize, r: usize, n: usize) -> Model {
    parsed(&format!(
        "symbias = 1\noutputs = [\"W\"]\naxes = {{ m = {m}, n = {n}, k = {r} }}\nprogram = \"W[m,n] = P[m,k] * Q[k,n]\"\n\
         parameters = {{ P = [\"m\",\"k\"], Q = [\"k\",\"n\"] }}\n"
    ))
}

pub fn layers(widths: [usize; 5]) -> Model {
    let [d, p, q, r, o] = widths;
    parsed(&format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ d = {d}, p = {p}, q = {q}, r = {r}, o = {o} }}\n\
         program = \"\"\"\na[p] = relu(W1[p,d] * x[d])\nb[q] = relu(W2[q,p] * a[p])\nc[r] = relu(W3[r,q] * b[q])\n\
         y[o] = W4[o,r] * c[r]\"\"\"\nparameters = {{ W1 = [\"p\",\"d\"], W2 = [\"q\",\"p\"], W3 = [\"r\",\"q\"], W4 = [\"o\",\"r\"] }}\n\
         inputs = {{ x = [\"d\"] }}\n"
    ))
}

/// One unit after the other is balanced by hand, for ever: knows neither fields nor Newton.
pub fn by_hand(widths: [usize; 5], theta: &[f64]) -> Vec<f64> {
    let mut w = theta.to_vec();
    let mut offset = [0; 4];
    for l in 1..4 {
        offset[l] = offset[l - 1] + widths[l] * widths[l - 1];
    }
    for _ in 0..4000 {
        for layer in 0..3 {
            let (before, own, after) = (widths[layer], widths[layer + 1], widths[layer + 2]);
            for unit in 0..own {
                let into = offset[layer] + unit * before..offset[layer] + (unit + 1) * before;
                let out: Vec<usize> = (0..after)
                    .map(|k| offset[layer + 1] + k * own + unit)
                    .collect();
                let a: f64 = w[into.clone()].iter().map(|x| x * x).sum();
                let b: f64 = out.iter().map(|i| w[*i] * w[*i]).sum();
                let scale = (b / a).powf(0.25);
                w[into].iter_mut().for_each(|x| *x *= scale);
                out.iter().for_each(|i| w[*i] /= scale);
            }
        }
    }
    w
}

pub fn is_balanced(fixed: &Fixed, fields: &[AffineField]) {
    assert_eq!(fixed.stop, StopReason::Balanced, "{:?}", fixed.escapes);
    let left = imbalance(fields, &fixed.theta).expect("a number");
    // The same number, of pairs by other sums.
    let same = (fixed.residual - left).abs() <= 1e-14;
    assert!(
        left <= BALANCED && same,
        "{left:e} and {:e}",
        fixed.residual
    );
}
