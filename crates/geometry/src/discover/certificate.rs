//! The certificate: finite group elements at fresh points (theory §1), in code that shares
//! nothing with the search: its own exponential of a field, plain values of F.

use crate::field::AffineField;
use crate::probe::Probes;
use symbias_model::error::Result;
use symbias_numerics::random::Stream;

/// Relative change of F up to which invariance is accepted: some 10⁴ roundings of a Taylor sum
/// and of a forward pass.
pub const THRESHOLD: f64 = 1e-9;
/// How far a group element moves θ, relative to its norm.
const STEP: f64 = 0.3;
/// Points start here, so that they are those of no search.
const FIRST_POINT: u64 = 1 << 40;

/// What the re-check measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// Largest change of F relative to its size.
    pub residual: f64,
    /// Smallest motion of θ relative to its size: a certificate that moves nothing says nothing.
    pub moved: f64,
    /// Points.
    pub points: u64,
}

impl Certificate {
    /// Whether F stayed and θ moved.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.residual <= THRESHOLD && self.moved >= STEP / 10.0
    }
}

/// Moves `points` fresh points by random elements of the group, one family of fields at a time
/// and all together, and compares F before and after; `None` without fields.
///
/// # Errors
/// Those of the program.
pub fn certify(
    probes: &Probes<'_>,
    families: &[Vec<AffineField>],
    points: u64,
) -> Result<Option<Certificate>> {
    let mut certificate = Certificate {
        residual: 0.0,
        moved: f64::INFINITY,
        points,
    };
    let all: Vec<&AffineField> = families.iter().flatten().collect();
    if all.is_empty() {
        return Ok(None);
    }
    for point in 0..points {
        let theta = probes.point(FIRST_POINT + point);
        // Samples of integer inputs cost a compilation each.
        let probe = probes.cheap(point + 5);
        let before = probes.value(&theta, probe)?;
        let mut stream = Stream::new(3, point, ELEMENTS);
        let single = families
            .get(point as usize % families.len())
            .map(|f| f.iter().collect());
        for fields in [Some(all.clone()), single].into_iter().flatten() {
            let weights: Vec<f64> = fields.iter().map(|_| stream.next_normal()).collect();
            let after_theta = element(&fields, &weights, &theta);
            let after = probes.value(&after_theta, probe)?;
            let size = norm(&before).max(norm(&after)).max(f64::MIN_POSITIVE);
            let change = distance(&before, &after) / size;
            // Dead units make F vanish, and then anything leaves it alone.
            if change.is_finite() && norm(&before) > 0.0 {
                certificate.residual = certificate.residual.max(change);
                certificate.moved = certificate
                    .moved
                    .min(distance(&theta, &after_theta) / norm(&theta));
            } else if !change.is_finite() {
                certificate.residual = f64::INFINITY;
            }
        }
    }
    Ok(Some(certificate))
}

/// exp(ξ)θ for ξ = Σ w_a ξ_a, scaled to move θ by about [`STEP`]: Taylor's series of the affine
/// flow, in steps short enough for it to converge at once.
fn element(fields: &[&AffineField], weights: &[f64], theta: &[f64]) -> Vec<f64> {
    let velocity = |x: &[f64], affine: bool| {
        let mut v = vec![0.0; x.len()];
        for (field, w) in fields.iter().zip(weights) {
            if affine {
                field.add_at(x, *w, &mut v);
            } else {
                let linear = AffineField {
                    linear: field.linear.clone(),
                    constant: Vec::new(),
                };
                linear.add_at(x, *w, &mut v);
            }
        }
        v
    };
    let speed = norm(&velocity(theta, true)).max(f64::MIN_POSITIVE);
    let time = STEP * norm(theta) / speed;
    let steps = 8;
    let dt = time / f64::from(steps);
    let mut x = theta.to_vec();
    for _ in 0..steps {
        // x(t + dt) = x + dt ξ(x) + dt²/2 A ξ(x) + …
        let mut term = velocity(&x, true);
        let mut factor = dt;
        let mut next = x.clone();
        for k in 2..40 {
            next.iter_mut()
                .zip(&term)
                .for_each(|(n, t)| *n += factor * t);
            if factor.abs() * norm(&term) <= f64::EPSILON * 1e-3 * norm(&next) {
                break;
            }
            term = velocity(&term, false);
            factor *= dt / f64::from(k);
        }
        x = next;
    }
    x
}

/// Stream of the group elements.
const ELEMENTS: u64 = 31;

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter()
        .zip(y)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}
