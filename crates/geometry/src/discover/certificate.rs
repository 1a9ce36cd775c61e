//! The certificate: finite group elements at fresh points (theory §1), in code that shares
//! nothing with the search: its own exponential of a field, plain values of F.
//!
//! F must stay when a group element moves θ, and it must move when the same coordinates are moved by
//! as much in other combinations: a function that is saturated, or vanishes, certifies nothing.

use crate::field::AffineField;
use crate::probe::{Probes, normals};
use std::collections::BTreeSet;
use symbias_model::error::Result;
use symbias_model::scalar::Measured;
use symbias_numerics::random::Stream;

/// Relative change of F up to which invariance is accepted: some 10⁴ roundings of a Taylor sum
/// and of a forward pass.
pub const THRESHOLD: f64 = 1e-9;
/// Change of F off the orbit from which a point can tell; it must exceed that along the orbit by as
/// much as rounding allows.
pub const POWER: f64 = 1e-4;
/// How far a group element moves θ, relative to its norm.
const STEP: f64 = 0.3;
/// Points start here, so that they are those of no search.
const FIRST_POINT: u64 = 1 << 40;
/// Factors of θ and of the inputs that are tried where F hardly moves off the orbit: a saturated
/// function is looked at where it is not.
const SCALES: [(f64, f64); 10] = [
    (1.0, 1.0),
    (1.0, -1.0),
    (-1.0, 1.0),
    (0.3, 1.0),
    (0.3, 0.3),
    (0.1, 0.1),
    (3.0, 1.0),
    (1.0, 10.0),
    (0.03, 0.03),
    (10.0, 10.0),
];
/// Roundings of a parameter, of the size of θ, that a group element may make: of its generators' entries and of
/// Taylor's sums.
const ROUNDINGS: f64 = 64.0;
/// Relative error of F from which a point is no witness: a false field would change F by more than that.
const BLURRED: f64 = 1e-6;
/// Moves off the orbit that are tried for each group element.
const TWINS: u64 = 3;

/// What the re-check measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// Largest change of F relative to its size; beyond what rounding explains, where F cancels.
    pub residual: f64,
    /// Smallest motion of θ relative to its size: a certificate that moves nothing says nothing.
    pub moved: f64,
    /// The change of F when the same points are moved by as much off the orbit: the median over
    /// the points.
    pub power: f64,
    /// Points.
    pub points: u64,
}

impl Certificate {
    /// Whether F stayed and θ moved.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.residual <= THRESHOLD && self.moved >= STEP / 10.0
    }

    /// Whether a false field would have been seen.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.power >= POWER
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
    let all: Vec<&AffineField> = families.iter().flatten().collect();
    if all.is_empty() {
        return Ok(None);
    }
    let mut certificate = Certificate {
        residual: 0.0,
        moved: f64::INFINITY,
        power: 0.0,
        points,
    };
    let mut powers = Vec::new();
    for point in 0..points {
        // One family is all of them.
        let single = families
            .get(point as usize % families.len())
            .filter(|_| families.len() > 1)
            .map(|f| f.iter().collect());
        for fields in [Some(all.clone()), single].into_iter().flatten() {
            // Where F vanishes at every scale the point says nothing.
            let Some(seen) = best_scale(probes, &fields, point)? else {
                powers.push(0.0);
                continue;
            };
            certificate.residual = certificate.residual.max(seen.change);
            certificate.moved = certificate.moved.min(seen.moved);
            powers.push(seen.power);
        }
    }
    powers.sort_by(f64::total_cmp);
    certificate.power = powers.get(powers.len() / 2).copied().unwrap_or(0.0);
    Ok(Some(certificate))
}

/// What one group element did at one point.
struct Seen {
    change: f64,
    moved: f64,
    power: f64,
}

/// The first scale at which F moves off the orbit, or the one where it moves most; `None` if F was
/// finite nowhere.
fn best_scale(probes: &Probes<'_>, fields: &[&AffineField], point: u64) -> Result<Option<Seen>> {
    let mut best: Option<Seen> = None;
    for (number, scale) in SCALES.into_iter().enumerate() {
        let Some(seen) = moved(probes, fields, point, scale)? else {
            continue;
        };
        let worst = best.as_ref().map_or(0.0, |b| b.change);
        if best.as_ref().is_none_or(|b| seen.power > b.power) {
            best = Some(seen);
        }
        // A change at any scale refutes.
        if let Some(best) = &mut best {
            best.change = best.change.max(worst);
            if best.power >= POWER && number == 0 || best.power >= 10.0 * POWER {
                break;
            }
        }
    }
    if let Some(seen) = best.as_mut().filter(|b| b.power < POWER)
        && is_free(probes, fields, point)?
    {
        seen.power = 1.0;
    }
    Ok(best)
}

/// Whether F does not depend on the coordinates that these fields move: then there is nothing off
/// the orbit that could move it (a parameter that no output reads).
fn is_free(probes: &Probes<'_>, fields: &[&AffineField], point: u64) -> Result<bool> {
    let linear = fields.iter().flat_map(|f| f.linear.iter().map(|e| e.0));
    let constant = fields.iter().flat_map(|f| f.constant.iter().map(|e| e.0));
    let places: BTreeSet<usize> = linear.chain(constant).collect();
    let mut stream = Stream::new(3, point, ROWS);
    for (of_theta, _) in SCALES {
        let mut theta = probes.point(FIRST_POINT + point);
        theta.iter_mut().for_each(|x| *x *= of_theta);
        let row = probes.measured_row(&theta, probes.cheap(point), &mut stream)?;
        let depends =
            |j: &Vec<Measured>| places.iter().any(|i| j[*i].value().abs() > j[*i].error());
        if row.as_ref().is_some_and(depends) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn moved(
    probes: &Probes<'_>,
    fields: &[&AffineField],
    point: u64,
    (of_theta, of_inputs): (f64, f64),
) -> Result<Option<Seen>> {
    let mut theta = probes.point(FIRST_POINT + point);
    theta.iter_mut().for_each(|x| *x *= of_theta);
    // Samples of integer inputs cost a compilation each.
    let probe = probes.cheap(point + 5);
    let value = |theta: &[f64]| probes.value_scaled(theta, probe, of_inputs);
    let before = value(&theta)?;
    let mut stream = Stream::new(3, point, ELEMENTS);
    let weights = normals(&mut stream, fields.len());
    let after_theta = element(fields, &weights, &theta);
    let after = value(&after_theta)?;
    let size = norm(&before).max(norm(&after));
    let mut change = distance(&before, &after) / size;
    if change > THRESHOLD {
        // Where F cancels, a rounding of θ changes it by more than that: such a point says less, or nothing.
        let error = ROUNDINGS * f64::EPSILON * norm(&theta).max(norm(&after_theta));
        let known = probes.value_error(&theta, 0.0, probe, of_inputs)?
            + probes.value_error(&after_theta, error, probe, of_inputs)?;
        if known > BLURRED * size {
            return Ok(None);
        }
        change = (change - known / size).max(0.0);
    }
    // Dead units make F vanish, and then anything leaves it alone.
    if size == 0.0 || !change.is_finite() {
        return Ok(None);
    }
    let mut power = 0.0_f64;
    for _ in 0..TWINS {
        let by = normals(&mut stream, theta.len());
        let twin: Vec<f64> = theta
            .iter()
            .zip(&after_theta)
            .zip(by)
            .map(|((x, y), by)| x + (y - x) * by)
            .collect();
        let there = value(&twin)?;
        let off = distance(&before, &there) / norm(&there).max(size);
        if off.is_finite() {
            power = power.max(off);
        }
    }
    Ok(Some(Seen {
        change,
        moved: distance(&theta, &after_theta) / norm(&theta),
        power,
    }))
}

/// ξ = Σ w_a ξ_a: its entries one after the other, since the series reads them a hundred times.
struct Sum {
    linear: Vec<(usize, usize, f64)>,
    constant: Vec<(usize, f64)>,
}

impl Sum {
    fn new(fields: &[&AffineField], weights: &[f64]) -> Sum {
        let mut sum = Sum {
            linear: Vec::with_capacity(fields.iter().map(|f| f.linear.len()).sum()),
            constant: Vec::new(),
        };
        for (field, w) in fields.iter().zip(weights) {
            let linear = field.linear.iter().map(|(i, j, x)| (*i, *j, w * x));
            sum.linear.extend(linear);
            let constant = field.constant.iter().map(|(i, x)| (*i, w * x));
            sum.constant.extend(constant);
        }
        sum
    }

    /// Ax.
    fn linear(&self, x: &[f64]) -> Vec<f64> {
        let mut v = vec![0.0; x.len()];
        for (i, j, a) in &self.linear {
            v[*i] += a * x[*j];
        }
        v
    }

    /// Ax + b.
    fn at(&self, x: &[f64]) -> Vec<f64> {
        let mut v = self.linear(x);
        for (i, b) in &self.constant {
            v[*i] += b;
        }
        v
    }
}

/// exp(ξ)θ for ξ = Σ w_a ξ_a, scaled to move θ by about [`STEP`]: Taylor's series of the affine
/// flow, in steps short enough for it to converge at once.
fn element(fields: &[&AffineField], weights: &[f64], theta: &[f64]) -> Vec<f64> {
    let field = Sum::new(fields, weights);
    let speed = norm(&field.at(theta)).max(f64::MIN_POSITIVE);
    let time = STEP * norm(theta) / speed;
    let steps = 8;
    let dt = time / f64::from(steps);
    let mut x = theta.to_vec();
    for _ in 0..steps {
        // x(t + dt) = x + dt ξ(x) + dt²/2 A ξ(x) + …
        let mut term = field.at(&x);
        let mut factor = dt;
        let mut next = x.clone();
        for k in 2..40 {
            next.iter_mut()
                .zip(&term)
                .for_each(|(n, t)| *n += factor * t);
            if factor.abs() * norm(&term) <= f64::EPSILON * 1e-3 * norm(&next) {
                break;
            }
            term = field.linear(&term);
            factor *= dt / f64::from(k);
        }
        x = next;
    }
    x
}

/// Streams of the group elements and of rows of J.
const ELEMENTS: u64 = 31;
const ROWS: u64 = 32;

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
