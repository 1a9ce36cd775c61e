//! Networks of homogeneous units: one scaling per hidden unit or channel.

use super::point::{Point, columns, log_product, rows};
use super::{Known, known};
use symbias_numerics::dense::Matrix;

pub(super) const MODELS: &[Known] = &[
    known!("shallow_relu", [
        Charges: "(||W_h||^2 - v_h^2)/2", "theory §6; Kunin et al. 2021", |p| shallow(p, |v, w| (w - v) / 2.0);
        LogDetGram: "sum_h log(||W_h||^2 + v_h^2)", "theory §6", |p| vec![log_product(shallow(p, |v, w| v + w))];
        Decay: "sum_h |v_h| ||W_h||", "theory §6", |p| vec![shallow(p, |v, w| (v * w).sqrt()).iter().sum()];
    ]),
    known!("shallow_relu_bias", [
        Charges: "(||(W_h, b_h)||^2 - v_h^2)/2", "theory §6", |p| biased(p, |v, w| (w - v) / 2.0);
        LogDetGram: "sum_h log(||(W_h, b_h)||^2 + v_h^2)", "theory §6", |p| vec![log_product(biased(p, |v, w| v + w))];
        Decay: "sum_h |v_h| ||(W_h, b_h)|| + c^2/2", "theory §6", |p| {
            let c: f64 = p.entries("c").iter().map(|c| c * c).sum();
            vec![biased(p, |v, w| (v * w).sqrt()).iter().sum::<f64>() + c / 2.0]
        };
    ]),
    known!("leaky_relu", [
        Charges: "(||V_h||^2 - ||W_h||^2)/2 or its opposite", "theory §6", |p| two_layers(p, |v, w| (v - w) / 2.0);
        LogDetGram: "sum_h log(||W_h||^2 + ||V_h||^2)", "theory §6", |p| vec![log_product(two_layers(p, |v, w| v + w))];
        Decay: "sum_h ||V_h|| ||W_h||", "theory §6", |p| vec![two_layers(p, |v, w| (v * w).sqrt()).iter().sum()];
    ]),
    known!("homogeneous_unit", [
        Charges: "(||W_h||^2 - 2 v_h^2)/2", "theory §6", |p| shallow(p, |v, w| (w - 2.0 * v) / 2.0);
        LogDetGram: "sum_h log(||W_h||^2 + 4 v_h^2)", "theory §6 (||w||^2 + k^2 v^2, k = 2)", |p| vec![log_product(shallow(p, |v, w| 4.0 * v + w))];
    ]),
    known!("deep_relu", [
        LogDetGram: "block tridiagonal: ||in||^2 + ||out||^2, -W_{l+1}[j,i]^2", "theory §6", |p| vec![deep_gram(p, &["W1", "W2", "W3", "W4"], &[])];
    ]),
    known!("deep_relu_bias", [
        LogDetGram: "block tridiagonal: ||in||^2 + b^2 + ||out||^2, -W_{l+1}[j,i]^2", "theory §6", |p| vec![deep_gram(p, &["W1", "W2", "W3"], &["b1", "b2"])];
    ]),
    known!("conv_channels", [
        Decay: "sum_p ||V_p|| ||W_p||", "theory §6, channel by channel", |p| {
            let incoming = rows(&p.matrix("W", 1));
            let v = p.entries("V");
            let (outputs, channels, taps) = (2, incoming.len(), v.len() / 2 / incoming.len());
            let outgoing = |c: usize| (0..outputs).flat_map(|o| &v[(o * channels + c) * taps..][..taps]).map(|x| x * x).sum::<f64>();
            vec![incoming.iter().enumerate().map(|(c, w)| (w * outgoing(c)).sqrt()).sum()]
        };
    ]),
    known!("swiglu", [
        Charges: "(||D_f||^2 - ||U_f||^2)/2", "theory §6", |p| gated(p, |u, d| (d - u) / 2.0);
        LogDetGram: "sum_f log(||U_f||^2 + ||D_f||^2)", "theory §6", |p| vec![log_product(gated(p, |u, d| u + d))];
    ]),
    known!("gelu_mlp", []),
];

fn shallow(p: &Point<'_>, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    p.entries("v")
        .iter()
        .zip(rows(&p.matrix("W", 1)))
        .map(|(v, w)| f(v * v, w))
        .collect()
}

fn biased(p: &Point<'_>, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let incoming = rows(&p.matrix("W", 1))
        .into_iter()
        .zip(p.entries("b"))
        .map(|(w, b)| w + b * b);
    p.entries("v")
        .iter()
        .zip(incoming)
        .map(|(v, w)| f(v * v, w))
        .collect()
}

fn two_layers(p: &Point<'_>, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    columns(&p.matrix("V", 1))
        .into_iter()
        .zip(rows(&p.matrix("W", 1)))
        .map(|(v, w)| f(v, w))
        .collect()
}

fn gated(p: &Point<'_>, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    rows(&p.matrix("U", 1))
        .into_iter()
        .zip(columns(&p.matrix("D", 1)))
        .map(|(u, d)| f(u, d))
        .collect()
}

/// log det of the block tridiagonal Gram matrix of a deep network: units of all hidden layers.
fn deep_gram(p: &Point<'_>, weights: &[&str], biases: &[&str]) -> f64 {
    let w: Vec<Matrix> = weights.iter().map(|n| p.matrix(n, 1)).collect();
    let sizes: Vec<usize> = w[..w.len() - 1].iter().map(|m| m.rows).collect();
    let starts: Vec<usize> = sizes
        .iter()
        .scan(0, |sum, n| Some(std::mem::replace(sum, *sum + n)))
        .collect();
    let n: usize = sizes.iter().sum();
    let mut gram = Matrix::zeros(n, n);
    for (l, size) in sizes.iter().enumerate() {
        let (incoming, outgoing) = (rows(&w[l]), columns(&w[l + 1]));
        let bias = biases.get(l).map(|b| p.entries(b));
        for i in 0..*size {
            let b = bias.map_or(0.0, |b| b[i]);
            gram.row_mut(starts[l] + i)[starts[l] + i] = incoming[i] + b * b + outgoing[i];
            for j in 0..sizes.get(l + 1).copied().unwrap_or(0) {
                let coupling = -w[l + 1].row(j)[i].powi(2);
                gram.row_mut(starts[l] + i)[starts[l + 1] + j] = coupling;
                gram.row_mut(starts[l + 1] + j)[starts[l] + i] = coupling;
            }
        }
    }
    log_product(super::point::eigenvalues(&gram))
}
