//! The law of the normals: moments to the eighth, the distribution as a whole, tails, pairs. Seeds are fixed.
//!
//! Every statistic is reported as a standard normal deviate of its null, "the numbers are independent standard normals",
//! and refused beyond five: with about 150 of them a correct generator fails at a chance of 1e-4. Each has a twin, numbers
//! that are nearly right, which it must refuse.

use symbias_numerics::lanes::Real;
use symbias_numerics::random::Stream;

const N: usize = 1 << 20;
const SIGMAS: f64 = 5.0;

/// Normals of one stream.
fn draw<T: Real>(seed: u64, n: usize) -> Vec<f64> {
    let mut z = vec![T::ZERO; n];
    Stream::new(seed, 1, 2).normals_at(0, &mut z);
    z.into_iter().map(T::to_f64).collect()
}

/// Φ(x), by Φ(x) = ½ + φ(x) Σ x^(2k+1) / (2k+1)!! (Marsaglia 2004, eq. 3), and by symmetry where that cancels.
fn cumulative(x: f64) -> f64 {
    let a = x.abs().min(8.0);
    let (mut term, mut sum, mut k) = (a, a, 1.0);
    while term > 1e-18 * sum {
        k += 2.0;
        term *= a * a / k;
        sum += term;
    }
    let half = sum * (-0.5 * a * a).exp() / std::f64::consts::TAU.sqrt();
    if x < 0.0 { 0.5 - half } else { 0.5 + half }
}

/// (2k − 1)!! = E z^(2k).
fn double_factorial(k: i32) -> f64 {
    (1..=k).map(|i| (2 * i - 1) as f64).product()
}

/// Deviate of the mean of z^p from E z^p, with the exact variance E z^2p − (E z^p)². At N = 2^20 the second moment sees
/// a wrong scale of 0.35 %, the fourth an excess of 0.048, the eighth one of 8 %.
fn moment(z: &[f64], p: i32) -> f64 {
    let expected = if p % 2 == 0 {
        double_factorial(p / 2)
    } else {
        0.0
    };
    let variance = double_factorial(p) - expected * expected;
    let mean = z.iter().map(|z| z.powi(p)).sum::<f64>() / z.len() as f64;
    (mean - expected) / (variance / z.len() as f64).sqrt()
}

/// √n times the largest distance of the empirical distribution from Φ; beyond 2.85 at a chance of 2 exp(−2 · 2.85²) =
/// 1.8e-7, less than that of five deviations. Sees a wrong probability of 0.28 % anywhere.
fn kolmogorov(z: &[f64]) -> f64 {
    let mut z = z.to_vec();
    z.sort_by(f64::total_cmp);
    let n = z.len() as f64;
    let distance = z.iter().enumerate().fold(0.0, |d: f64, (i, &z)| {
        let p = cumulative(z);
        d.max(p - i as f64 / n).max((i + 1) as f64 / n - p)
    });
    distance * n.sqrt()
}

/// Deviate of a count from n p, by the binomial variance.
fn count(found: usize, n: usize, p: f64) -> f64 {
    let n = n as f64;
    (found as f64 - n * p) / (n * p * (1.0 - p)).sqrt()
}

/// Pearson's statistic of equally likely cells as a normal deviate, (χ² − ν) / √(2ν). At 2^18 pairs in 1024 cells it
/// sees, five deviations off, cells that are wrong by 3 % each.
fn pearson(cells: &[usize]) -> f64 {
    let expected = cells.iter().sum::<usize>() as f64 / cells.len() as f64;
    let statistic: f64 = cells
        .iter()
        .map(|&c| (c as f64 - expected).powi(2) / expected)
        .sum();
    let freedom = cells.len() as f64 - 1.0;
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

/// Number of the cell, of `n`, that a uniform falls into.
fn cell(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n - 1)
}

/// Pairs at a distance in a 32 × 32 grid of equal probability.
fn grid(z: &[f64], offset: usize, lag: usize, stride: usize) -> f64 {
    let mut cells = vec![0; 1024];
    for i in (offset..z.len() - lag).step_by(stride) {
        cells[32 * cell(cumulative(z[i]), 32) + cell(cumulative(z[i + lag]), 32)] += 1;
    }
    pearson(&cells)
}

/// Pairs by exp(−r²/2), which is uniform, and the angle, in 16 × 64 cells.
fn polar(z: &[f64]) -> f64 {
    let mut cells = vec![0; 1024];
    for pair in z.chunks_exact(2) {
        let u = (-0.5 * (pair[0] * pair[0] + pair[1] * pair[1])).exp();
        let turn = 0.5 + pair[1].atan2(pair[0]) / std::f64::consts::TAU;
        cells[64 * cell(u, 16) + cell(turn, 64)] += 1;
    }
    pearson(&cells)
}

/// Deviate of the mean of f(zᵢ) g(zᵢ₊ₗ) for functions of mean 0 and variances whose product is given: sees correlations
/// of 0.5 %.
fn cross(z: &[f64], lag: usize, f: fn(f64) -> f64, g: fn(f64) -> f64, variance: f64) -> f64 {
    let n = z.len() - lag;
    let sum: f64 = (0..n).map(|i| f(z[i]) * g(z[i + lag])).sum();
    sum / (n as f64 * variance).sqrt()
}

fn law<T: Real>() {
    let z = draw::<T>(2026, N);
    for p in 1..=8 {
        let off = moment(&z, p);
        assert!(off.abs() < SIGMAS, "moment {p} of {}: {off}", T::NAME);
        // In each place of a block separately.
        for place in 0..4 {
            let own: Vec<f64> = z.iter().skip(place).step_by(4).copied().collect();
            let off = moment(&own, p);
            assert!(
                off.abs() < SIGMAS,
                "moment {p} at {place} of {}: {off}",
                T::NAME
            );
        }
    }
    let off = kolmogorov(&z);
    assert!(off < 2.85, "Kolmogorov, {}: {off}", T::NAME);
    // Neighbours in a block, across words and across blocks; the mean of z⁴ − 2z² + 1 is 2.
    for lag in [1, 2, 3, 4, 5, 8, 31, 32, 33, 128] {
        let offs = [
            cross(&z, lag, |z| z, |z| z, 1.0),
            cross(&z, lag, |z| z * z - 1.0, |z| z * z - 1.0, 4.0),
            cross(&z, lag, |z| z, |z| z * z - 1.0, 2.0),
            cross(&z, lag, |z| z * z - 1.0, |z| z, 2.0),
        ];
        assert!(
            offs.iter().all(|off| off.abs() < SIGMAS),
            "lag {lag} of {}: {offs:?}",
            T::NAME
        );
    }
    // Pairs of one word of f32 or one block of f64; across the words; across blocks.
    for (offset, lag) in [(0, 1), (2, 1), (1, 1), (3, 1), (0, 2), (0, 4)] {
        let off = grid(&z, offset, lag, 4);
        assert!(
            off.abs() < SIGMAS,
            "pairs {offset}, {lag} of {}: {off}",
            T::NAME
        );
    }
    let off = polar(&z);
    assert!(off.abs() < SIGMAS, "polar, {}: {off}", T::NAME);
}

#[test]
fn normals_have_their_law() {
    law::<f32>();
    law::<f64>();
}

/// P(|z| > 4) = 6.334248e-5 and P(|z| > 5) = 5.733031e-7 (SciPy 1.17, 2 norm.sf): of 2^24 numbers 1063 and 9.6, so that
/// a tail is seen that is wrong by 16 % beyond 4. The largest of n numbers has the distribution function (2Φ − 1)ⁿ.
#[test]
fn tails_have_their_weight() {
    let n = 1 << 24;
    let mut z = vec![0.0f32; n];
    Stream::new(7, 1, 2).normals_at(0, &mut z);
    let beyond = |bound: f32| z.iter().filter(|z| z.abs() > bound).count();
    let (four, five) = (beyond(4.0), beyond(5.0));
    assert!(count(four, n, 6.334248e-5).abs() < SIGMAS, "{four}");
    // Poisson of mean 9.6: beyond 30, or 0, at a chance below 1e-4.
    assert!((1..30).contains(&five), "{five}");
    let above = z.iter().filter(|&&z| z > 4.0).count();
    assert!(count(above, n, 0.5 * 6.334248e-5).abs() < SIGMAS, "{above}");
    assert!(beyond(6.765) == 0);
    // The twin: a scale of 1.05 in the tail.
    let wide = z.iter().filter(|z| z.abs() * 1.05 > 4.0).count();
    assert!(count(wide, n, 6.334248e-5).abs() > SIGMAS, "{wide}");
}

#[test]
fn nearly_normal_numbers_are_refused() {
    let z = draw::<f32>(2026, N);
    let changed = |f: fn(usize, &[f64]) -> f64| -> Vec<f64> { (0..N).map(|i| f(i, &z)).collect() };
    // A scale of 1 %, and a shift of 1 %.
    let scaled = changed(|i, z| 1.01 * z[i]);
    assert!(moment(&scaled, 2) > SIGMAS && moment(&scaled, 8) > SIGMAS);
    let shifted = changed(|i, z| z[i] + 0.01);
    assert!(moment(&shifted, 1) > SIGMAS && kolmogorov(&shifted) > 2.85);
    // Sums of twelve uniforms: two moments are right, the fourth and the eighth are not.
    let mut u = vec![0.0f64; 12 * N / 4];
    Stream::new(1, 1, 1).uniforms_at(0, &mut u);
    let sums: Vec<f64> = u
        .chunks_exact(12)
        .map(|u| u.iter().sum::<f64>() - 6.0)
        .collect();
    assert!(moment(&sums, 2).abs() < SIGMAS);
    assert!(moment(&sums, 4) < -SIGMAS && moment(&sums, 8) < -SIGMAS);
    // Box and Muller without the exchange of the axes: the first is always the larger.
    let sorted = changed(|i, z| {
        let (a, b) = (z[i & !1], z[i | 1]);
        let first = a.abs() > b.abs();
        if first == (i & 1 == 0) { a } else { b }
    });
    assert!(grid(&sorted, 0, 1, 4) > SIGMAS && polar(&sorted) > SIGMAS);
    // Without the side of the axis, in one pair of a hundred.
    let folded = changed(|i, z| if i % 200 < 4 { z[i].abs() } else { z[i] });
    assert!(moment(&folded, 1) > SIGMAS && polar(&folded) > SIGMAS);
    // A number that knows the last one, in mean or in spread.
    let linear = changed(|i, z| {
        if i == 0 {
            z[0]
        } else {
            0.9999 * z[i] + 0.0141 * z[i - 1]
        }
    });
    assert!(cross(&linear, 1, |z| z, |z| z, 1.0) > SIGMAS);
    let spread = changed(|i, z| {
        if i == 0 {
            z[0]
        } else {
            z[i] * (1.0 + 0.01 * (z[i - 1].powi(2) - 1.0))
        }
    });
    assert!(cross(&spread, 1, |z| z * z - 1.0, |z| z * z - 1.0, 4.0) > SIGMAS);
    let dependent = changed(|i, z| {
        z[i].abs()
            * if i == 0 || (z[i] + 4.0 * z[i - 1]) > 0.0 {
                1.0
            } else {
                -1.0
            }
    });
    assert!(grid(&dependent, 1, 1, 4) > SIGMAS);
}
