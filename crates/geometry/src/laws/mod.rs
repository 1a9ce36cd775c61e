//! The public conformance suite: what every group, orbit, gauge and potential obeys, ours or a
//! user's. Each law is a function of what it judges, so that a wrong one can be shown to fail, and
//! returns a [`Check`]: what was measured, and what is accepted.
//!
//! | law | of | source |
//! |---|---|---|
//! | [`invariance`], [`closure`] | groups | theory §1 |
//! | [`projector`], [`volume_gradient`], [`curvature`] | orbits | theory §1 |
//! | [`gauge`] | gauges | theory §3 |
//! | [`slope`], [`constant_on_orbits`], [`closed_form`] | potentials | theory §4, §5 |
//!
//! ```
//! use symbias_geometry::laws::slope;
//! let anywhere = |_: &[f64], v: &[f64]| v.to_vec();
//! let square = |x: &[f64], _: usize| Some(vec![x[0] * x[0]]);
//! let right = |x: &[f64], _: usize, v: &[f64]| Some(vec![2.0 * x[0] * v[0]]);
//! let wrong = |x: &[f64], _: usize, v: &[f64]| Some(vec![x[0] * v[0]]);
//! let points = [vec![0.7], vec![-1.3]];
//! assert!(slope("(x^2)'", &points, &anywhere, &right, &square).expect("values").holds());
//! assert!(!slope("(x^2)'", &points, &anywhere, &wrong, &square).expect("values").holds());
//! ```

mod check;
mod gauge;
mod group;
mod orbit;
mod potential;

pub use check::{Check, DERIVATIVE, Derivative, Direction, Function, Numbered, slope};
pub use gauge::gauge;
pub use group::{closure, invariance};
pub use orbit::{curvature, projector, volume_gradient};
pub use potential::{FORMULA, closed_form, constant_on_orbits};

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// ‖a − b‖ over the larger of the norms; 0 for two zeros, infinite where lengths differ.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let gap: f64 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
    let size = norm(a).max(norm(b));
    match (gap.sqrt(), size) {
        (gap, _) if gap.is_nan() => f64::INFINITY,
        (0.0, _) => 0.0,
        (gap, size) => gap / size,
    }
}

/// A number between points of one law that must not be those of another.
const DIRECTIONS: u64 = 51;
