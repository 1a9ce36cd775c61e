//! Tells the root systems B_r and C_r apart by traces of powers of ad(x).
//!
//! With the roots ±e_i ± e_j and ±e_i (B) or ±2e_i (C) at x = (x_1, …, x_r) and S_k = Σ x_i^k,
//!
//! tr ad(x)^{2m} = 2 Σ_{k even} C(2m, k) S_k S_{2m−k} − 4^m S_{2m} + {2 (B) or 2·4^m (C)} S_{2m}.
//!
//! The first r traces determine S_2, …, S_{2r} under either hypothesis, Newton's identities give
//! S_{2r+2}, and the next trace decides. This holds for every real form.

use super::name::Lacing;
use symbias_numerics::Error;
use symbias_numerics::dense::Matrix;

/// The root system of a simple ideal of rank r ≥ 3 and dimension r(2r+1) from ad(x) on it.
pub(crate) fn of(ad: &Matrix, r: usize) -> Result<Lacing, Error> {
    // Scale to tr ad² = ±dimension, so that all power sums have the size of their number.
    let square = ad.matmul(ad)?;
    let trace = |m: &Matrix| (0..m.rows).map(|i| m[(i, i)]).sum::<f64>();
    let size = trace(&square).abs() / (r * (2 * r + 1)) as f64;
    if size == 0.0 {
        return Ok(Lacing::Neither);
    }
    let square = square.scaled(1.0 / size);
    let mut power = square.clone();
    let mut traces = vec![trace(&power)];
    for _ in 0..r {
        power = power.matmul(&square)?;
        traces.push(trace(&power));
    }
    let misfit = |double: bool| misfit(&traces, r, double);
    let (orthogonal, symplectic) = (misfit(false), misfit(true));
    Ok(if orthogonal.min(symplectic) > 1e-5 {
        Lacing::Neither
    } else if orthogonal <= symplectic {
        Lacing::Orthogonal
    } else {
        Lacing::Symplectic
    })
}

/// Relative error of the prediction of tr ad^{2r+2}; traces[m − 1] = tr ad^{2m}.
fn misfit(traces: &[f64], r: usize, double: bool) -> f64 {
    // s[m] = S_{2m}
    let mut s = vec![r as f64];
    let own = |m: usize| {
        let four = 4f64.powi(m as i32);
        4.0 * r as f64 - four + if double { 2.0 * four } else { 2.0 }
    };
    let cross = |s: &[f64], m: usize| -> f64 {
        (1..m)
            .map(|k| 2.0 * binomial(2 * m, 2 * k) * s[k] * s[m - k])
            .sum()
    };
    for m in 1..=r {
        s.push((traces[m - 1] - cross(&s, m)) / own(m));
    }
    // Elementary symmetric polynomials of the x_i², then S_{2r+2}.
    let mut e = vec![1.0];
    for m in 1..=r {
        let sum: f64 = (1..=m).map(|k| sign(k) * e[m - k] * s[k]).sum();
        e.push(sum / m as f64);
    }
    s.push((1..=r).map(|k| sign(k) * e[k] * s[r + 1 - k]).sum());
    let predicted = cross(&s, r + 1) + own(r + 1) * s[r + 1];
    let scale = (1..=r)
        .map(|k| (2.0 * binomial(2 * r + 2, 2 * k) * s[k] * s[r + 1 - k]).abs())
        .sum::<f64>()
        + (own(r + 1) * s[r + 1]).abs();
    (predicted - traces[r]).abs() / (scale + traces[r].abs())
}

/// (−1)^{k−1}
fn sign(k: usize) -> f64 {
    if k % 2 == 1 { 1.0 } else { -1.0 }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}
