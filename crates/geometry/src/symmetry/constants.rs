//! The vectors b with J(θ)b = 0 everywhere, from gradients at many points.

use super::quotient::small_fraction;
use super::search::{KNOWN, NEARER};
use crate::probe::{Probes, WHOLE};
use crate::rank::{GenericRank, numerical};
use symbias_model::error::Result;
use symbias_model::scalar::Measured;
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{ExactRowSpace, measured_nullspace};

/// Rows beyond the dimension of the gradients' span.
const SPARE: usize = 16;
/// One row in so many missing dimensions is taken together with others.
const TOGETHER: usize = 16;
/// Relative errors of vectors of ker J.
const ROUNDED: f64 = 1e-11;
/// Points start here, so that they are those of no other search.
const FIRST_POINT: u64 = 1 << 21;

/// `None` where entries are no small fractions.
pub(super) fn exact(
    probes: &Probes<'_>,
    at: Option<&GenericRank>,
) -> Result<Option<Vec<Vec<f64>>>> {
    let d = probes.parameters();
    let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(d);
    // All that one point says is cheap: its rows share the pass forwards, and most of those backwards.
    let first = probes.exact_point(FIRST_POINT);
    let mut rows: Vec<Vec<Fp<MERSENNE61>>> = Vec::new();
    probes.exact_rows_up_to(&first, 0, d, &mut |row| {
        rows.push(row.iter().map(|x| x.residue).collect());
    })?;
    space.insert_all(rows, d);
    if let Some(rank) = at {
        let theta = probes.exact_point(rank.point);
        let most = rank.decision.rank + WHOLE;
        for probe in 0..rank.probes {
            let mut rows: Vec<Vec<Fp<MERSENNE61>>> = Vec::new();
            probes.exact_rows_up_to(&theta, probe, most, &mut |row| {
                rows.push(row.iter().map(|x| x.residue).collect());
            })?;
            space.insert_all(rows, d);
        }
    }
    let (mut idle, mut number) = (0, 1);
    let patience = if probes.is_piecewise() {
        3 * SPARE
    } else {
        SPARE
    };
    while idle < patience && space.rank() < d && number < 4 * d as u64 + 200 {
        // As many at a time as matter little if they turn out to say nothing: they are reduced together.
        let together = ((d - space.rank()) / TOGETHER).max(1) as u64;
        let mut rows: Vec<Vec<Fp<MERSENNE61>>> = Vec::new();
        for number in number..number + together {
            let theta = probes.exact_point(FIRST_POINT + number);
            let mut stream = Stream::new(6, number, ROWS);
            let row = probes.exact_row(&theta, probes.cheap(number), &mut stream)?;
            rows.extend(row.map(|row| row.iter().map(|x| x.residue).collect()));
        }
        let count = rows.len();
        let grew = space.insert_all(rows, d);
        idle = if grew > 0 { 0 } else { idle + count };
        number += together;
    }
    let rational = |v: Vec<Fp<MERSENNE61>>| -> Option<Vec<f64>> {
        v.into_iter().map(small_fraction).collect()
    };
    Ok(space.nullspace().into_iter().map(rational).collect())
}

pub(super) fn floating(probes: &Probes<'_>) -> Result<Vec<Vec<f64>>> {
    let d = probes.parameters();
    let (mut values, mut errors, mut rows) = (Vec::new(), Vec::new(), 0);
    let wanted = d + SPARE + if probes.is_piecewise() { d / 2 } else { 0 };
    for number in 0..2 * wanted as u64 + 100 {
        if rows == wanted {
            break;
        }
        let theta = probes.point(FIRST_POINT + number);
        let mut stream = Stream::new(6, number, ROWS);
        if let Some(row) = probes.measured_row(&theta, probes.cheap(number), &mut stream)? {
            values.extend(row.iter().map(Measured::value));
            errors.extend(row.iter().map(Measured::error));
            rows += 1;
        }
    }
    let matrix = |data| Matrix::from_vec(rows, d, data).map_err(numerical);
    let (_, basis) = measured_nullspace("J at many points", &matrix(values)?, &matrix(errors)?)
        .map_err(numerical)?;
    Ok((0..basis.cols).map(|k| basis.column(k)).collect())
}

/// V among the vectors of ker J at a point, which are few: gradients that say much of others do not hide what they say of these.
pub(super) fn within(probes: &Probes<'_>, kernel: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
    let n = kernel.len();
    let (mut values, mut errors, mut rows) = (Vec::new(), Vec::new(), 0);
    let wanted = n + n / 2 + SPARE;
    for number in 0..16 * wanted as u64 + 100 {
        if rows == wanted || n == 0 {
            break;
        }
        let mut theta = probes.point(FIRST_POINT + number);
        let scale = NEARER[number as usize % NEARER.len()];
        theta.iter_mut().for_each(|x| *x *= scale);
        let mut stream = Stream::new(6, number, ROWS);
        let Some(row) = probes.measured_row(&theta, probes.cheap(number), &mut stream)? else {
            continue;
        };
        let along = |v: &Vec<f64>| row.iter().zip(v).map(|(x, v)| x.value() * v).sum::<f64>();
        let off = |x: &Measured| x.error() + ROUNDED * x.value().abs();
        let error = |v: &Vec<f64>| {
            row.iter()
                .zip(v)
                .map(|(x, v)| off(x) * v.abs())
                .sum::<f64>()
        };
        let value: Vec<f64> = kernel.iter().map(along).collect();
        let error: Vec<f64> = kernel.iter().map(error).collect();
        if value.iter().zip(&error).any(|(x, e)| x.abs() > KNOWN * e) {
            values.extend(value);
            errors.extend(error);
            rows += 1;
        }
    }
    let matrix = |data| Matrix::from_vec(rows, n, data).map_err(numerical);
    let (_, basis) = measured_nullspace("J at many points", &matrix(values)?, &matrix(errors)?)
        .map_err(numerical)?;
    let vector = |c: Vec<f64>| {
        let mut sum = vec![0.0; probes.parameters()];
        for (v, c) in kernel.iter().zip(c) {
            sum.iter_mut().zip(v).for_each(|(s, v)| *s += c * v);
        }
        sum
    };
    Ok((0..basis.cols).map(|k| vector(basis.column(k))).collect())
}

/// Stream of the gradients' combinations.
const ROWS: u64 = 23;
