//! Models, and the comparison of a correlated series with a law.

use symbias_bias::law::Density;
use symbias_bias::law::sampler::Chain;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};

pub fn written(text: &str) -> Model {
    SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .expect("a model")
}

/// w = u v, one number.
pub const PRODUCT: &str = r#"
symbias = 1
name = "product"
outputs = ["y"]
axes = { i = 1 }
program = "y[i] = u[i] * v[i]"
parameters = { u = ["i"], v = ["i"] }
"#;

/// w = s v, a group of two.
pub const GROUP: &str = r#"
symbias = 1
name = "group"
outputs = ["w"]
axes = { g = 1, i = 2 }
program = "w[g,i] = s[g] * v[g,i]"
parameters = { s = ["g"], v = ["g","i"] }
"#;

/// S = X X', n x r.
pub fn gram(n: usize, r: usize) -> String {
    format!(
        r#"
symbias = 1
name = "gram"
outputs = ["S"]
axes = {{ i = {n}, j = "i", r = {r} }}
program = "S[i,j] = X[i,r] * X[j,r]"
parameters = {{ X = ["i","r"] }}
"#
    )
}

/// W = U V', U n x 2, V m x 2.
pub fn pair(n: usize, m: usize) -> String {
    format!(
        r#"
symbias = 1
name = "pair"
outputs = ["W"]
axes = {{ i = {n}, j = {m}, k = 2 }}
program = "W[i,j] = U[i,k] * V[j,k]"
parameters = {{ U = ["i","k"], V = ["j","k"] }}
"#
    )
}

/// Length of a series over the time in which it forgets: Σ of autocorrelations over pairs of neighbours while these are
/// positive and fall (Geyer's initial monotone sequence).
pub fn effective(series: &[f64]) -> f64 {
    let n = series.len();
    let mean = series.iter().sum::<f64>() / n as f64;
    let x: Vec<f64> = series.iter().map(|v| v - mean).collect();
    let at = |lag: usize| x[lag..].iter().zip(&x).map(|(a, b)| a * b).sum::<f64>();
    let variance = at(0);
    let (mut sum, mut last, mut lag) = (-1.0, f64::INFINITY, 0);
    while lag + 1 < n / 2 {
        let pair = ((at(lag) + at(lag + 1)) / variance).min(last);
        if pair <= 0.0 {
            break;
        }
        sum += 2.0 * pair;
        last = pair;
        lag += 2;
    }
    n as f64 / sum.max(1.0)
}

/// √n_eff sup|F_n − F| over all chains of one observable, and n_eff, that of the series F(x). For samples of the law it
/// exceeds 1.95 once in 1000 times.
pub fn distance(law: &Density, chains: &[Chain], observable: usize) -> (f64, f64) {
    let series: Vec<Vec<f64>> = chains.iter().map(|c| c.series(observable)).collect();
    let size: f64 = series
        .iter()
        .map(|s| effective(&s.iter().map(|x| law.cdf(*x)).collect::<Vec<_>>()))
        .sum();
    let all: Vec<f64> = series.concat();
    (size.sqrt() * law.kolmogorov(&all), size)
}

/// The largest such value that passes.
pub const LEVEL: f64 = 1.95;
