//! Numbers that Python and Rust draw alike, and shorthands.

use symbias_numerics::random::Stream;

/// A linear congruence of 64 bits, the upper 53 as a fraction: `x = (6364136223846793005*x + 1442695040888963407) % 2**64`.
pub fn congruential(seed: u64, n: usize) -> Vec<f64> {
    let mut x = seed;
    (0..n)
        .map(|_| {
            x = x
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (x >> 11) as f64 / 2.0_f64.powi(53)
        })
        .collect()
}

pub fn mapped(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|x| f(*x)).collect()
}

/// n uniforms of (seed, replica).
pub fn uniforms(seed: u64, replica: u64, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n];
    Stream::new(seed, replica, 7).uniforms_at(0, &mut out);
    out
}

pub fn normals(seed: u64, replica: u64, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n];
    Stream::new(seed, replica, 8).normals_at(0, &mut out);
    out
}

/// The stationary AR(1) chain x' = ρx + √(1 − ρ²) z.
pub fn autoregressive(seed: u64, replica: u64, n: usize, rho: f64) -> Vec<f64> {
    let z = normals(seed, replica, n);
    let mut x = z[0];
    let step = (1.0 - rho * rho).sqrt();
    let mut out = vec![x];
    for z in &z[1..] {
        x = rho * x + step * z;
        out.push(x);
    }
    out
}

/// The distribution function of the uniform law.
pub fn uniform(x: f64) -> f64 {
    x.clamp(0.0, 1.0)
}

#[track_caller]
pub fn near(x: f64, expected: f64, relative: f64) {
    assert!(
        (x - expected).abs() <= relative * expected.abs(),
        "{x:e} against {expected:e}: {:e}",
        (x / expected - 1.0).abs()
    );
}
