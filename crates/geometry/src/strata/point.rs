//! Ranks at a balanced point of a flat: of 𝔭 and 𝔨 there, and of the stratum through it.

use super::flats::{Flat, add};
use crate::field::AffineField;
use crate::gauge::{StopReason, balance};
use crate::rank::numerical;
use std::collections::HashMap;
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{RankDecision, RankOptions, nullspace_with, rank_with};

/// Relative error of a balanced point whose orbit is not closed: charges are squares, and vanish to 1e-10 where the
/// point is a root of that from its limit.
const BALANCED: f64 = 2e-6;
/// Relative charge of a point that tends to a balanced one slowly, from an orbit that is not closed; the ranks there are those
/// of its limit, if they are clear.
const NEAR: f64 = 1e-8;
/// A point is at the apex if its norm falls to this share of that it was found from.
const APEX: f64 = 1e-6;
/// Stream of the points.
const POINTS: u64 = 93;

/// One connected part of the algebra: matrices on its own coordinates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Action {
    pub size: usize,
    pub symmetric: Vec<Matrix>,
    pub antisymmetric: Vec<Matrix>,
}

/// What is known of one point.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    pub symmetric: usize,
    pub antisymmetric: usize,
    /// Dimension of the stratum of M₀ through the point.
    pub stratum: usize,
}

/// What a random point of a flat says.
pub(super) enum Found {
    Ranks(Ranks),
    /// Its orbit has no balanced point: its limits belong to other flats.
    NotClosed,
    /// No balanced point was reached, or a rank has no gap.
    Unclear,
}

impl Action {
    pub fn new(coords: &[usize], p: &[&AffineField], k: &[&AffineField]) -> Action {
        let n = coords.len();
        let place: HashMap<usize, usize> = coords.iter().copied().zip(0..).collect();
        let dense = |field: &&AffineField| {
            let mut matrix = Matrix::zeros(n, n);
            for (i, j, x) in &field.linear {
                matrix[(place[i], place[j])] += x;
            }
            matrix
        };
        Action {
            size: n,
            symmetric: p.iter().map(dense).collect(),
            antisymmetric: k.iter().map(dense).collect(),
        }
    }

    /// Multiplications that the ranks at one point cost, about: steps to balance it, and combinations of generators.
    pub fn cost(&self) -> f64 {
        let (n, fields) = (self.size, self.symmetric.len() + self.antisymmetric.len());
        40.0 * (n * n * fields) as f64
    }
}

/// The ranks at a random balanced point of a flat.
pub(super) fn ranks(action: &Action, flat: &Flat, number: u64) -> Result<Found> {
    let n = action.size;
    let mut stream = Stream::new(number, flat.basis.cols as u64, POINTS);
    let mut theta = vec![0.0; n];
    for j in 0..flat.basis.cols {
        let x = stream.next_normal();
        theta
            .iter_mut()
            .enumerate()
            .for_each(|(i, t)| *t += x * flat.basis[(i, j)]);
    }
    let size = norm(&theta);
    // A flat that is fixed up to rounding is balanced.
    let mut moves = false;
    for a in &action.symmetric {
        moves |= norm(&a.apply(&theta).map_err(numerical)?) > BALANCED * size;
    }
    if moves {
        let fields: Vec<AffineField> = action.symmetric.iter().map(field).collect();
        let fixed = balance(&fields, &theta)?;
        // What tends to the origin is not closed, however slowly.
        if fixed.stop == StopReason::Degenerate || norm(&fixed.theta) < APEX * size {
            return Ok(Found::NotClosed);
        }
        if fixed.residual > NEAR {
            return Ok(Found::Unclear);
        }
        theta = fixed.theta;
    }
    // In one unit: a rank is a share of the largest.
    let unit = norm(&theta);
    if unit > 0.0 {
        theta.iter_mut().for_each(|x| *x /= unit);
    }
    let mut p = moved(&action.symmetric, &theta)?;
    if !moves {
        p.data.fill(0.0);
    }
    let k = moved(&action.antisymmetric, &theta)?;
    let options = RankOptions {
        entry_error: BALANCED,
        // θ has norm 1 and generators are orthonormal: where all of them fix it only rounding is left.
        noise: BALANCED,
        ..RankOptions::default()
    };
    let rank = |what, rows: &Matrix| rank_with(what, rows, options).map_err(numerical);
    let (of_p, of_k) = (
        rank("p at a balanced point", &p)?,
        rank("k at a balanced point", &k)?,
    );
    let (stratum, decided) = stratum(action, &p, &k, options)?;
    let clear = |d: &RankDecision| d.is_certain();
    if !(clear(&of_p) && clear(&of_k) && decided) {
        return Ok(Found::Unclear);
    }
    Ok(Found::Ranks(Ranks {
        symmetric: of_p.rank,
        antisymmetric: of_k.rank,
        stratum,
    }))
}

/// Dimension of the stratum: 𝔨θ, and the directions orthogonal to 𝔭θ that all that fixes θ fixes.
fn stratum(action: &Action, p: &Matrix, k: &Matrix, options: RankOptions) -> Result<(usize, bool)> {
    let n = action.size;
    // Coefficients of elements of 𝔭, and of 𝔨, that vanish at θ: the stabiliser of a balanced point is closed
    // under transposition.
    let mut conditions: Vec<f64> = Vec::new();
    let mut clear = true;
    for (matrices, values) in [(&action.symmetric, p), (&action.antisymmetric, k)] {
        let (decision, fixing) =
            nullspace_with("stabiliser", &values.transpose(), options).map_err(numerical)?;
        clear &= decision.is_certain();
        let mut square = Matrix::zeros(n, n);
        for j in 0..fixing.cols {
            let mut element = Matrix::zeros(n, n);
            for (a, matrix) in matrices.iter().enumerate() {
                add(&mut element, fixing[(a, j)], matrix);
            }
            let own = element.transpose_matmul(&element).map_err(numerical)?;
            add(&mut square, 1.0, &own);
        }
        conditions.extend(&square.data);
    }
    conditions.extend(&p.data);
    let rows = conditions.len() / n.max(1);
    let rows = Matrix::from_vec(rows, n, conditions).map_err(numerical)?;
    let (decision, fixed) =
        nullspace_with("fixed directions", &rows, options).map_err(numerical)?;
    clear &= decision.is_certain();
    let mut tangent = fixed.transpose().data;
    tangent.extend(&k.data);
    let rows = tangent.len() / n.max(1);
    let rows = Matrix::from_vec(rows, n, tangent).map_err(numerical)?;
    let decision = rank_with("stratum", &rows, options).map_err(numerical)?;
    Ok((decision.rank, clear && decision.is_certain()))
}

/// A θ for each matrix, one row each.
fn moved(matrices: &[Matrix], theta: &[f64]) -> Result<Matrix> {
    let mut rows = Matrix::zeros(matrices.len(), theta.len());
    for (a, matrix) in matrices.iter().enumerate() {
        let value = matrix.apply(theta).map_err(numerical)?;
        rows.row_mut(a).copy_from_slice(&value);
    }
    Ok(rows)
}

fn field(matrix: &Matrix) -> AffineField {
    let n = matrix.cols;
    let entries = matrix.data.iter().enumerate().filter(|(_, x)| **x != 0.0);
    AffineField {
        linear: entries.map(|(k, x)| (k / n, k % n, *x)).collect(),
        constant: Vec::new(),
    }
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}
