//! Networks of homogeneous units: one scaling per hidden unit or channel.

use super::laws::{Term, balanced, horizontal, slice};
use super::point::{Point, columns, log_product, rows};
use super::{Known, known};
use symbias_numerics::dense::Matrix;

pub(super) const MODELS: &[Known] = &[
    known!("shallow_relu", [
        Charges: "(||W_h||^2 - v_h^2)/2", "theory §6; Kunin et al. 2021", |p| shallow(p, |v, w| (w - v) / 2.0);
        LogDetGram: "sum_h log(||W_h||^2 + v_h^2)", "theory §6", |p| vec![log_product(shallow(p, |v, w| v + w))];
        Decay: "sum_h |v_h| ||W_h||", "theory §6", |p| vec![shallow(p, |v, w| (v * w).sqrt()).iter().sum()];
        BalancedLogDetGram: "sum_h log(2 |v_h| ||W_h||)", "theory §6", |p| vec![balanced(&shallow(p, |v, w| unit(v, w, 1.0, 3.0)))];
        Slice: "sum_h log(2 t_h^2), t_h = |v_h| ||W_h||", "theory §5.2", |p| vec![slice(&shallow(p, |v, w| unit(v, w, 1.0, 3.0)))];
    ]),
    known!("shallow_relu_bias", [
        Charges: "(||(W_h, b_h)||^2 - v_h^2)/2", "theory §6", |p| biased(p, |v, w| (w - v) / 2.0);
        LogDetGram: "sum_h log(||(W_h, b_h)||^2 + v_h^2)", "theory §6", |p| vec![log_product(biased(p, |v, w| v + w))];
        Decay: "sum_h |v_h| ||(W_h, b_h)|| + c^2/2", "theory §6", |p| {
            let c: f64 = p.entries("c").iter().map(|c| c * c).sum();
            vec![biased(p, |v, w| (v * w).sqrt()).iter().sum::<f64>() + c / 2.0]
        };
        BalancedLogDetGram: "sum_h log(2 |v_h| ||(W_h, b_h)||)", "theory §6", |p| vec![balanced(&biased(p, |v, w| unit(v, w, 1.0, 4.0)))];
        Slice: "sum_h log(2 t_h^(5/2)), t_h = |v_h| ||(W_h, b_h)||", "theory §5.2", |p| vec![slice(&biased(p, |v, w| unit(v, w, 1.0, 4.0)))];
    ]),
    known!("leaky_relu", [
        Charges: "(||V_h||^2 - ||W_h||^2)/2 or its opposite", "theory §6", |p| two_layers(p, |v, w| (v - w) / 2.0);
        LogDetGram: "sum_h log(||W_h||^2 + ||V_h||^2)", "theory §6", |p| vec![log_product(two_layers(p, |v, w| v + w))];
        Decay: "sum_h ||V_h|| ||W_h||", "theory §6", |p| vec![two_layers(p, |v, w| (v * w).sqrt()).iter().sum()];
        BalancedLogDetGram: "sum_h log(2 ||V_h|| ||W_h||)", "theory §6", |p| vec![balanced(&two_layers(p, |v, w| unit(v, w, 2.0, 3.0)))];
        Slice: "sum_h log(2 t_h^(5/2)), t_h = ||V_h|| ||W_h||", "theory §5.2", |p| vec![slice(&two_layers(p, |v, w| unit(v, w, 2.0, 3.0)))];
    ]),
    known!("homogeneous_unit", [
        Charges: "(||W_h||^2 - 2 v_h^2)/2", "theory §6", |p| shallow(p, |v, w| (w - 2.0 * v) / 2.0);
        LogDetGram: "sum_h log(||W_h||^2 + 4 v_h^2)", "theory §6 (||w||^2 + k^2 v^2, k = 2)", |p| vec![log_product(shallow(p, |v, w| 4.0 * v + w))];
        BalancedLogDetGram: "sum_h log(6 c_h), c_h^3 = v_h^2 ||W_h||^4/4", "theory §6 at ||W||^2 = 2 v^2 = 2c", |p| vec![balanced(&shallow(p, quadratic))];
        Decay: "sum_h (3/2) c_h = (3/4) sum_h (2 v_h^2 ||W_h||^4)^(1/3)", "theory §3.3 at ||W||^2 = 2 v^2", |p| vec![shallow(p, |v, w| 0.75 * (2.0 * v * w * w).cbrt()).iter().sum()];
        Slice: "(1/2) sum_h log(3 (t_h^2/c_h)^3 6 c_h), t_h = |v_h| ||W_h||^2", "theory §5.2, w = v W x W", |p| vec![slice(&shallow(p, quadratic))];
    ]),
    known!("deep_relu", [
        LogDetGram: "block tridiagonal: ||in||^2 + ||out||^2, -W_{l+1}[j,i]^2", "theory §6", |p| vec![deep_gram(p, &["W1", "W2", "W3", "W4"], &[])];
    ]),
    known!("deep_relu_bias", [
        LogDetGram: "block tridiagonal: ||in||^2 + b^2 + ||out||^2, -W_{l+1}[j,i]^2", "theory §6", |p| vec![deep_gram(p, &["W1", "W2", "W3"], &["b1", "b2"])];
    ]),
    known!("conv_channels", [
        Decay: "sum_p ||V_p|| ||W_p||", "theory §6, channel by channel", |p| vec![channels(p, |w, v| (w * v).sqrt()).iter().sum()];
        LogDetGram: "sum_p log(||W_p||^2 + ||V_p||^2)", "theory §6", |p| vec![log_product(channels(p, |w, v| w + v))];
        BalancedLogDetGram: "sum_p log(2 ||W_p|| ||V_p||)", "theory §6", |p| vec![balanced(&channels(p, |w, v| unit(w, v, 6.0, 6.0)))];
        Slice: "sum_p log(2 t_p^6), t_p = ||W_p|| ||V_p||", "theory §5.2", |p| vec![slice(&channels(p, |w, v| unit(w, v, 6.0, 6.0)))];
        Horizontal: "(1/2) sum_p log(2 t_p^11)", "theory §5.3, blocks of equal size", |p| vec![horizontal(&channels(p, |w, v| unit(w, v, 6.0, 6.0)))];
    ]),
    known!("swiglu", [
        Charges: "(||D_f||^2 - ||U_f||^2)/2", "theory §6", |p| gated(p, |u, d| (d - u) / 2.0);
        LogDetGram: "sum_f log(||U_f||^2 + ||D_f||^2)", "theory §6", |p| vec![log_product(gated(p, |u, d| u + d))];
        BalancedLogDetGram: "sum_f log(2 ||U_f|| ||D_f||)", "theory §6", |p| vec![balanced(&gated(p, |u, d| unit(u, d, 4.0, 4.0)))];
        Decay: "sum_f ||U_f|| ||D_f|| + ||G||^2/2", "theory §3.3", |p| {
            let gate: f64 = p.entries("G").iter().map(|x| x * x).sum();
            vec![gated(p, |u, d| (u * d).sqrt()).iter().sum::<f64>() + gate / 2.0]
        };
        Slice: "sum_f log(2 t_f^4), t_f = ||U_f|| ||D_f||", "theory §5.2", |p| vec![slice(&gated(p, |u, d| unit(u, d, 4.0, 4.0)))];
        Horizontal: "(1/2) sum_f log(2 t_f^7)", "theory §5.3, blocks of equal size", |p| vec![horizontal(&gated(p, |u, d| unit(u, d, 4.0, 4.0)))];
    ]),
    known!("gelu_mlp", []),
];

fn shallow<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
    p.entries("v")
        .iter()
        .zip(rows(&p.matrix("W", 1)))
        .map(|(v, w)| f(v * v, w))
        .collect()
}

fn biased<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
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

fn two_layers<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
    columns(&p.matrix("V", 1))
        .into_iter()
        .zip(rows(&p.matrix("W", 1)))
        .map(|(v, w)| f(v, w))
        .collect()
}

fn gated<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
    rows(&p.matrix("U", 1))
        .into_iter()
        .zip(columns(&p.matrix("D", 1)))
        .map(|(u, d)| f(u, d))
        .collect()
}

/// A unit of two blocks with these squared norms and sizes.
fn unit(a: f64, b: f64, m: f64, n: f64) -> Term {
    Term::new(&[1.0, 1.0], &[m, n], vec![a, b])
}

/// v W ⊗ W, three inputs.
fn quadratic(v: f64, w: f64) -> Term {
    Term::new(&[1.0, 2.0], &[1.0, 3.0], vec![v, w])
}

/// Squared norms of the weights into and out of each channel.
fn channels<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
    let incoming = rows(&p.matrix("W", 1));
    let v = p.entries("V");
    let (outputs, channels) = (2, incoming.len());
    let taps = v.len() / outputs / channels;
    let part = |o: usize, c: usize| &v[(o * channels + c) * taps..][..taps];
    let outgoing = |c: usize| (0..outputs).flat_map(|o| part(o, c)).map(|x| x * x).sum();
    (0..channels).map(|c| f(incoming[c], outgoing(c))).collect()
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
