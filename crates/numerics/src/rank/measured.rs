//! Ranks and null spaces of matrices whose entries have known absolute errors.
//!
//! With E the errors, ‖E‖ bounds how far a singular value of the computed matrix can be from one of the true matrix (Weyl).
//! What stands above is certainly not zero, whatever the spelling of the function that the entries came from; what rounding
//! alone made cannot stand above. Rows and columns are equilibrated before, so that units do not decide.

use super::equilibrate::{Scaling, norm_bound};
use super::thin::Thin;
use super::{Clarity, RankDecision, decide_above_noise};
use crate::Error;
use crate::dense::Matrix;
use std::cmp::Ordering;

/// Unit roundoff, 2^-53.
const UNIT: f64 = 0.5 * f64::EPSILON;

/// Backward error of a QR and a singular value decomposition, in units of ε ‖A‖_F √(1 + steps): each reflection adds its own
/// roundings, and in rows that are alike, as those of inputs that repeat, they are alike too and add up (measured up to 17 ε
/// for 256 rows of six kinds and 27 columns).
const DECOMPOSITION: f64 = 4.0;

/// The rank of a matrix whose entries are off by at most `errors`, entry by entry.
///
/// A row in which an error is infinite says nothing: it is left out, and the decision is then clear only if the rank is full.
///
/// # Errors
/// [`Error::Shape`] if the two have different shapes; [`Error::NotFinite`] for values; [`Error::NoConvergence`].
pub fn measured_rank(what: &str, values: &Matrix, errors: &Matrix) -> Result<RankDecision, Error> {
    let prepared = Prepared::new(values, errors)?;
    let thin = Thin::new(prepared.scaled.faer());
    Ok(prepared.decide(what, &thin.magnitudes()?, thin.amplification()))
}

/// An orthonormal basis of the null space, one vector per column, of a matrix whose entries are off by at most `errors`.
///
/// # Errors
/// Those of [`measured_rank`].
pub fn measured_nullspace(
    what: &str,
    values: &Matrix,
    errors: &Matrix,
) -> Result<(RankDecision, Matrix), Error> {
    let prepared = Prepared::new(values, errors)?;
    if values.rows.min(values.cols) == 0 {
        return Ok((
            prepared.decide(what, &[], 1.0),
            Matrix::identity(values.cols),
        ));
    }
    let thin = Thin::new(prepared.scaled.faer());
    let spectrum = thin.spectrum()?;
    let decision = prepared.decide(what, &spectrum.magnitudes, thin.amplification());
    // A x = 0 if (R A C) (C⁻¹ x) = 0.
    let basis = thin.basis(&spectrum, decision.rank, &prepared.scaling.cols);
    Ok((decision, basis))
}

/// The same for a matrix whose rank is known otherwise, and the gap there.
///
/// # Errors
/// Those of [`measured_rank`].
pub fn measured_nullspace_of_rank(
    values: &Matrix,
    errors: &Matrix,
    rank: usize,
) -> Result<(f64, Matrix), Error> {
    let prepared = Prepared::new(values, errors)?;
    let thin = Thin::new(prepared.scaled.faer());
    let spectrum = thin.spectrum()?;
    let at = |k: usize| spectrum.magnitudes.get(k).copied().unwrap_or(0.0);
    let gap = match rank {
        0 => f64::INFINITY,
        _ if at(rank) == 0.0 => f64::INFINITY,
        _ => at(rank - 1) / at(rank),
    };
    let basis = thin.basis(&spectrum, rank, &prepared.scaling.cols);
    Ok((gap, basis))
}

/// The equilibrated matrix and its noise.
struct Prepared {
    scaled: Matrix,
    /// Rows that were given.
    rows: usize,
    scaling: Scaling,
    noise: f64,
    /// Whether a row was left out.
    incomplete: bool,
}

impl Prepared {
    fn new(values: &Matrix, errors: &Matrix) -> Result<Prepared, Error> {
        let (mut scaled, mut errors) = (values.clone(), matching(values, errors)?);
        let incomplete = leave_out_unbounded(&mut scaled, &mut errors);
        if scaled.rows > scaled.cols {
            (scaled, errors) = without_repetitions(scaled, errors);
        }
        scaled.require_finite("rank of measured entries")?;
        let scaling = Scaling::new(&scaled, &errors, UNIT);
        scaling.apply(&mut scaled);
        scaling.apply(&mut errors);
        let steps = scaled.rows.min(scaled.cols) as f64;
        let rounding = DECOMPOSITION * (1.0 + steps).sqrt() * f64::EPSILON * scaled.norm();
        let noise = norm_bound(&errors) + rounding;
        Ok(Prepared {
            rows: values.rows,
            scaled,
            scaling,
            noise,
            incomplete,
        })
    }

    fn decide(&self, what: &str, magnitudes: &[f64], amplification: f64) -> RankDecision {
        let (rows, cols) = (self.rows, self.scaled.cols);
        let noise = amplification * self.noise;
        let mut decision = decide_above_noise(what, magnitudes, rows, cols, noise);
        if self.incomplete && decision.rank < cols {
            decision.clarity = Clarity::Weak;
        }
        decision
    }
}

/// Without the rows that repeat earlier ones: they say nothing, and where most rows do, as those of inputs of few kinds, the
/// roundings of a decomposition are alike in them and add up instead of cancelling.
fn without_repetitions(values: Matrix, errors: Matrix) -> (Matrix, Matrix) {
    let row = |i: usize| values.row(i).iter().chain(errors.row(i));
    let compared = |a: usize, b: usize| {
        // The two zeros are one.
        let mut pairs = row(a)
            .zip(row(b))
            .map(|(x, y)| (x + 0.0).total_cmp(&(y + 0.0)));
        pairs.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut order: Vec<usize> = (0..values.rows).collect();
    order.sort_by(|a, b| compared(*a, *b));
    order.dedup_by(|a, b| compared(*a, *b).is_eq());
    if order.len() == values.rows {
        return (values, errors);
    }
    // The first of equals, in the order that they came in.
    order.sort_unstable();
    let kept = |m: &Matrix| Matrix::from_fn(order.len(), m.cols, |i, j| m[(order[i], j)]);
    (kept(&values), kept(&errors))
}

/// |errors|, of the shape of the values.
pub(super) fn matching(values: &Matrix, errors: &Matrix) -> Result<Matrix, Error> {
    if (values.rows, values.cols) != (errors.rows, errors.cols) {
        return Err(Error::Shape {
            what: "errors of the entries of a matrix",
            expected: format!("{}x{}", values.rows, values.cols),
            found: format!("{}x{}", errors.rows, errors.cols),
        });
    }
    let mut errors = errors.clone();
    for e in &mut errors.data {
        *e = e.abs();
    }
    Ok(errors)
}

/// Sets rows with an unbounded error to zero; whether there were any.
pub(super) fn leave_out_unbounded(values: &mut Matrix, errors: &mut Matrix) -> bool {
    let mut any = false;
    for i in 0..values.rows {
        if errors.row(i).iter().any(|e| !e.is_finite()) {
            values.row_mut(i).fill(0.0);
            errors.row_mut(i).fill(0.0);
            any = true;
        }
    }
    any
}
