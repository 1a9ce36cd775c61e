//! What a law measured; and derivatives by slope.

use super::{DIRECTIONS, norm};
use symbias_numerics::random::Stream;

/// Step sizes, largest first.
const STEPS: [f64; 11] = [
    1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6,
];
/// Relative error at the best step up to which a derivative is accepted: central differences
/// reach about the 2/3 power of the rounding of the function.
pub const DERIVATIVE: f64 = 1e-7;

/// One law and what it measured.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// The largest error over points, relative.
    pub error: f64,
    /// What is accepted.
    pub accepted: f64,
    /// Observed order of the finite differences, where their error is above the rounding.
    pub order: Option<f64>,
}

impl Check {
    /// A law whose error is not that of finite differences.
    #[must_use]
    pub fn new(what: impl Into<String>, error: f64, accepted: f64) -> Check {
        Check {
            what: what.into(),
            error,
            accepted,
            order: None,
        }
    }

    /// Whether the error is accepted.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.error <= self.accepted
    }
}

/// From a point and a random vector the direction to compare along.
pub type Direction<'a> = dyn Fn(&[f64], &[f64]) -> Vec<f64> + 'a;
/// From a point, its number and a direction the directional derivative; `None` where undefined.
pub type Derivative<'a> = dyn Fn(&[f64], usize, &[f64]) -> Option<Vec<f64>> + 'a;
/// From a point and its number the value; `None` where undefined.
pub type Numbered<'a> = dyn Fn(&[f64], usize) -> Option<Vec<f64>> + 'a;
/// From a point the value, or the point that a gauge chooses; `None` where undefined.
pub type Function<'a> = dyn Fn(&[f64]) -> Option<Vec<f64>> + 'a;

/// Compares a directional derivative with central differences of a function at points, by number;
/// `along` may restrict the random directions (to horizontal ones). At each point the best step
/// counts; steps that cross a kink are not the best. `None` where nothing could be compared.
pub fn slope(
    what: &str,
    points: &[Vec<f64>],
    along: &Direction<'_>,
    derivative: &Derivative<'_>,
    function: &Numbered<'_>,
) -> Option<Check> {
    let (mut error, mut orders) = (0.0_f64, Vec::new());
    let mut compared = 0;
    for (number, theta) in points.iter().enumerate() {
        let mut stream = Stream::new(7, number as u64, DIRECTIONS);
        let v: Vec<f64> = theta.iter().map(|_| stream.next_normal()).collect();
        let v = along(theta, &v);
        let size = norm(&v);
        if size == 0.0 {
            continue;
        }
        let v: Vec<f64> = v.iter().map(|x| x / size).collect();
        let exact = derivative(theta, number, &v)?;
        let errors: Vec<f64> = STEPS
            .iter()
            .filter_map(|h| {
                let at = |sign: f64| -> Vec<f64> {
                    let pairs = theta.iter().zip(&v);
                    pairs.map(|(t, v)| t + sign * h * v).collect()
                };
                let (plus, minus) = (function(&at(1.0), number)?, function(&at(-1.0), number)?);
                let found: Vec<f64> = plus
                    .iter()
                    .zip(&minus)
                    .map(|(p, m)| (p - m) / (2.0 * h))
                    .collect();
                let scale = norm(&exact).max(norm(&found)).max(norm(&plus));
                let difference: Vec<f64> = found.iter().zip(&exact).map(|(f, e)| f - e).collect();
                (scale > 0.0).then(|| norm(&difference) / scale)
            })
            .collect();
        let Some(best) = errors.iter().copied().reduce(f64::min) else {
            continue;
        };
        compared += 1;
        error = if best.is_nan() {
            f64::INFINITY
        } else {
            error.max(best)
        };
        orders.extend(order(&errors));
    }
    orders.sort_by(f64::total_cmp);
    (compared > 0).then(|| Check {
        what: format!("{what} against central differences"),
        error,
        accepted: DERIVATIVE,
        order: orders.get(orders.len() / 2).copied(),
    })
}

/// The slope of log error over log step between the largest steps, where both errors are well
/// above rounding.
fn order(errors: &[f64]) -> Option<f64> {
    let (a, b) = (errors.get(2)?, errors.get(4)?);
    (*b > 1e-11 && *a > 1e-9).then(|| (a / b).ln() / (STEPS[2] / STEPS[4]).ln())
}
