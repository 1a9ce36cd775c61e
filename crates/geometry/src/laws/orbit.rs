//! Orbits: the horizontal projector, the gradient of the volume, the curvature.

use super::{Check, DIRECTIONS, difference, dot, norm, slope};
use crate::field::AffineField;
use crate::orbit::OrbitFrame;
use symbias_numerics::random::Stream;

/// Relative error of a projection, and of the sign law: a pseudo-inverse of Γ.
const PROJECTED: f64 = 1e-8;

/// P_H² = P_H = P_Hᵀ, and P_H kills the generators' values at the point (theory §1).
#[must_use]
pub fn projector(
    project: &dyn Fn(&[f64]) -> Vec<f64>,
    generators: &[Vec<f64>],
    d: usize,
) -> [Check; 3] {
    let mut stream = Stream::new(5, 0, DIRECTIONS);
    let mut random = || -> Vec<f64> { (0..d).map(|_| stream.next_normal()).collect() };
    let (x, y) = (random(), random());
    let (px, py) = (project(&x), project(&y));
    let twice = difference(&project(&px), &px);
    let symmetric = (dot(&px, &y) - dot(&x, &py)).abs() / (norm(&x) * norm(&y));
    let killed = generators
        .iter()
        .filter(|g| norm(g) > 0.0)
        .map(|g| norm(&project(g)) / norm(g))
        .fold(0.0, f64::max);
    [
        Check::new("P_H P_H = P_H", twice, PROJECTED),
        Check::new("P_H symmetric", symmetric, PROJECTED),
        Check::new("P_H kills the generators", killed, PROJECTED),
    ]
}

/// ∇½ log pdet Γ by the generators' matrices against slopes of ½ log pdet Γ.
#[must_use]
pub fn volume_gradient(fields: &[AffineField], points: &[Vec<f64>]) -> Option<Check> {
    let frame = |theta: &[f64]| OrbitFrame::new(fields, theta).ok();
    slope(
        "gradient of the log volume",
        points,
        &|_, v| v.to_vec(),
        &|theta, _, v| Some(vec![dot(&frame(theta)?.log_volume_gradient(), v)]),
        &|theta, _| Some(vec![frame(theta)?.log_volume()]),
    )
}

/// The mean curvature against what the law of its class says of it (theory §1): −∇_H log vol for
/// 𝔨, +∇_H log vol for 𝔭, their difference where μ vanishes on [𝔨, 𝔭], at balanced points above all.
#[must_use]
pub fn curvature(what: &str, mean_curvature: &[f64], law: &[f64]) -> Check {
    Check::new(
        format!("mean curvature: {what}"),
        difference(mean_curvature, law),
        PROJECTED,
    )
}
