//! Constant symmetries V = {b : J(θ)b = 0 everywhere}, and coordinates of Θ/V.
//!
//! b·ℓ(θ), b in V and ℓ affine, is an affine field with Jξ = 0 that moves nothing new. The function
//! depends on θ modulo V only, and such fields vanish there: symmetries are searched on the slice
//! where as many coordinates as V has dimensions are 0, and carried back to V's orthogonal complement.

use super::blocks::Kernel;
use super::constants::{exact, floating, within};
use super::echelon::Echelon;
use super::kernel::rows_at;
use super::search::KNOWN;
use crate::field::AffineField;
use crate::probe::Probes;
use crate::rank::{GenericRank, numerical};
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_model::scalar::Exact as Number;
use symbias_numerics::dense::{Matrix, column_pivoted_qr};
use symbias_numerics::field::{Fp, MERSENNE61, reconstruct};

/// The part of a constant symmetry outside of ker J that is none of rounding.
const OUTSIDE: f64 = 1e-6;

/// V and the slice across it.
#[derive(Clone, Debug)]
pub struct Quotient {
    /// A basis of V in reduced echelon form.
    pub translations: Vec<Vec<f64>>,
    /// The coordinates that are 0 on the slice, one for each of these.
    pivots: Vec<usize>,
    /// The other coordinates.
    pub kept: Vec<usize>,
    /// Orthonormal basis of V, one vector a row, for the part that is not along coordinates.
    orthonormal: Vec<Vec<f64>>,
    /// Whether the basis is one of small fractions, known in exact arithmetic.
    pub rational: bool,
}

impl Quotient {
    /// V from gradients at many points, exactly where the function can be evaluated so. V lies in `kernel`, ker J at the point
    /// of its rank: where most points say little, as those of a saturated function or of rare pieces do, all that this one
    /// says is taken too.
    ///
    /// # Errors
    /// Those of the program; floating linear algebra that does not converge.
    pub fn find(probes: &Probes<'_>, kernel: &Kernel, rank: &GenericRank) -> Result<Quotient> {
        let d = probes.parameters();
        let exactly = probes.arithmetic().degree().is_some();
        let first = if exactly { exact(probes, None)? } else { None };
        let rational = first.is_some();
        let first = match first {
            Some(basis) => basis,
            None => floating(probes)?,
        };
        let found = Quotient::new(d, first, rational)?;
        // A basis of ker J is in units of its columns, which differ by many orders where the function is saturated: what seems to be
        // outside is held against J itself.
        let outside: Vec<&Vec<f64>> = found
            .translations
            .iter()
            .filter(|v| !inside(v, &kernel.vectors))
            .collect();
        if outside.is_empty() || vanish(probes, &kernel.theta, rank, &outside)? {
            return Ok(found);
        }
        let again = if exactly {
            exact(probes, Some(rank))?
        } else {
            None
        };
        let rational = again.is_some();
        let again = match again {
            Some(basis) => basis,
            None => within(probes, &kernel.vectors)?,
        };
        Quotient::new(d, again, rational)
    }

    fn new(d: usize, basis: Vec<Vec<f64>>, rational: bool) -> Result<Quotient> {
        let found = Echelon::of(basis).cleaned();
        let kept = (0..d).filter(|i| !found.pivots.contains(i)).collect();
        let orthonormal = if found.rows.is_empty() {
            Vec::new()
        } else {
            let columns = Matrix::from_fn(d, found.rows.len(), |i, j| found.rows[j][i]);
            let q = column_pivoted_qr(&columns).map_err(numerical)?.q;
            (0..q.cols).map(|j| q.column(j)).collect()
        };
        Ok(Quotient {
            translations: found.rows,
            pivots: found.pivots,
            kept,
            orthonormal,
            rational,
        })
    }

    /// dim V.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.translations.len()
    }

    /// The constant fields.
    #[must_use]
    pub fn constants(&self) -> Vec<AffineField> {
        let field = |v: &Vec<f64>| AffineField {
            linear: Vec::new(),
            constant: nonzero(v),
        };
        self.translations.iter().map(field).collect()
    }

    /// The point of the slice that differs from θ by an element of V.
    #[must_use]
    pub fn slide(&self, theta: &[f64]) -> Vec<f64> {
        let mut on = theta.to_vec();
        for (v, pivot) in self.translations.iter().zip(&self.pivots) {
            let c = theta[*pivot];
            on.iter_mut().zip(v).for_each(|(x, v)| *x -= c * v);
            on[*pivot] = 0.0;
        }
        on
    }

    /// The same for a vector with few entries.
    #[must_use]
    pub fn slide_sparse(&self, vector: &[(usize, f64)]) -> Vec<(usize, f64)> {
        let mut on: BTreeMap<usize, f64> = BTreeMap::new();
        for &(i, x) in vector {
            *on.entry(i).or_default() += x;
        }
        for (v, pivot) in self.translations.iter().zip(&self.pivots) {
            if let Some(c) = on.remove(pivot).filter(|c| *c != 0.0) {
                for (i, x) in v
                    .iter()
                    .enumerate()
                    .filter(|(i, x)| i != pivot && **x != 0.0)
                {
                    *on.entry(i).or_default() -= c * x;
                }
            }
        }
        on.into_iter().filter(|(_, x)| *x != 0.0).collect()
    }

    /// The same for a point of a prime field, where V's basis is of small fractions.
    #[must_use]
    pub fn slide_exact(&self, theta: &[Number]) -> Vec<Fp<MERSENNE61>> {
        let mut on: Vec<Fp<MERSENNE61>> = theta.iter().map(|x| x.residue).collect();
        for (v, pivot) in self.translations.iter().zip(&self.pivots) {
            let c = theta[*pivot].residue;
            for (x, v) in on.iter_mut().zip(v).filter(|(_, v)| **v != 0.0) {
                *x -= c * fraction(*v);
            }
            on[*pivot] = Fp::ZERO;
        }
        on
    }

    /// A field on the slice, whose rows and columns are kept coordinates, as one of Θ that is
    /// orthogonal to V and does not depend on it.
    #[must_use]
    pub fn lift(&self, field: &AffineField) -> AffineField {
        if self.translations.is_empty() {
            return field.clone();
        }
        // ξ ∘ slide, then the orthogonal projection of values and arguments.
        let mut linear: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for &(i, j, x) in &field.linear {
            *linear.entry((i, j)).or_default() += x;
            for (v, pivot) in self.translations.iter().zip(&self.pivots) {
                if v[j] != 0.0 {
                    *linear.entry((i, *pivot)).or_default() -= x * v[j];
                }
            }
        }
        let rows = |entries: &BTreeMap<(usize, usize), f64>, flip: bool| {
            let mut by: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
            for (&(i, j), &x) in entries {
                let (outer, inner) = if flip { (i, j) } else { (j, i) };
                by.entry(outer).or_default().push((inner, x));
            }
            by
        };
        for flip in [false, true] {
            let mut next: BTreeMap<(usize, usize), f64> = BTreeMap::new();
            for (outer, entries) in rows(&linear, flip) {
                for (inner, x) in self.project(&entries) {
                    let key = if flip { (outer, inner) } else { (inner, outer) };
                    next.insert(key, x);
                }
            }
            linear = next;
        }
        AffineField {
            linear: linear.into_iter().map(|((i, j), x)| (i, j, x)).collect(),
            constant: self.project(&field.constant),
        }
    }

    /// The part of a field whose values are orthogonal to V: nothing is left of functions times translations.
    #[must_use]
    pub fn across(&self, field: &AffineField) -> AffineField {
        let mut columns: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for &(i, j, x) in &field.linear {
            columns.entry(j).or_default().push((i, x));
        }
        let projected = columns.into_iter().flat_map(|(j, column)| {
            let across = self.project(&column).into_iter();
            across.map(move |(i, x)| (i, j, x))
        });
        AffineField {
            linear: projected.collect(),
            constant: self.project(&field.constant),
        }
    }

    /// The part of a sparse vector that is orthogonal to V.
    fn project(&self, vector: &[(usize, f64)]) -> Vec<(usize, f64)> {
        let mut dense: BTreeMap<usize, f64> = BTreeMap::new();
        for &(i, x) in vector {
            *dense.entry(i).or_default() += x;
        }
        for q in &self.orthonormal {
            let along: f64 = vector.iter().map(|(i, x)| x * q[*i]).sum();
            if along != 0.0 {
                for (i, x) in q.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                    *dense.entry(i).or_default() -= along * x;
                }
            }
        }
        let size = vector.iter().fold(0.0_f64, |m, e| m.max(e.1.abs()));
        dense
            .into_iter()
            .filter(|(_, x)| x.abs() > 1e-12 * size)
            .collect()
    }
}

/// Whether J has no product with these vectors that stands above its rounding, at a point.
fn vanish(
    probes: &Probes<'_>,
    theta: &[f64],
    rank: &GenericRank,
    vectors: &[&Vec<f64>],
) -> Result<bool> {
    let (values, errors) = rows_at(probes, theta, (rank.decision.rank, rank.probes))?;
    let seen = |i: usize, v: &[f64]| {
        let product: f64 = values.row(i).iter().zip(v).map(|(x, v)| x * v).sum();
        let terms = errors.row(i).iter().zip(values.row(i)).zip(v);
        let error: f64 = terms
            .map(|((e, x), v)| (e + f64::EPSILON * x.abs()) * v.abs())
            .sum();
        product.abs() > KNOWN * error
    };
    Ok((0..values.rows).all(|i| vectors.iter().all(|v| !seen(i, v))))
}

/// Whether a vector is in the span of orthonormal ones.
fn inside(v: &[f64], basis: &[Vec<f64>]) -> bool {
    let square = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
    let mut rest = v.to_vec();
    for b in basis {
        let along: f64 = b.iter().zip(&rest).map(|(b, x)| b * x).sum();
        rest.iter_mut().zip(b).for_each(|(x, b)| *x -= along * b);
    }
    square(&rest) <= OUTSIDE * OUTSIDE * square(v)
}

fn nonzero(v: &[f64]) -> Vec<(usize, f64)> {
    let entries = v.iter().copied().enumerate();
    entries.filter(|(_, x)| *x != 0.0).collect()
}

/// The largest numerator and denominator of a fraction that is believed: most residues are fractions of
/// numbers up to 2³⁰, one in 10⁶ is one of numbers up to this.
const SMALL: u64 = 1_000_000;

/// The small fraction that a residue is, if it is one.
pub(super) fn small_fraction(x: Fp<MERSENNE61>) -> Option<f64> {
    let (p, q) = reconstruct(x)?;
    (p.unsigned_abs() <= SMALL && q.unsigned_abs() <= SMALL).then_some(p as f64 / q as f64)
}

/// A small fraction as a residue.
fn fraction(x: f64) -> Fp<MERSENNE61> {
    for q in 1..=60_u32 {
        let p = x * f64::from(q);
        if (p - p.round()).abs() < 1e-9 {
            let over = Number::of(f64::from(q)).residue.inverse();
            return Number::of(p.round()).residue * over.unwrap_or(Fp::ONE);
        }
    }
    Number::of(x).residue
}
