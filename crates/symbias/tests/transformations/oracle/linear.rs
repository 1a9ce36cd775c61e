//! The linear algebra of the oracle: singular values in float64, elimination with full pivoting in twice the digits.

use super::double::Double;
use faer::Mat;

/// Vectors over one space.
pub type Rows = Vec<Vec<f64>>;

/// Right singular vectors with their values, falling, as many as columns.
pub struct Spectrum {
    pub values: Vec<f64>,
    pub vectors: Rows,
}

impl Spectrum {
    /// Values above the part `tolerance` of the largest.
    pub fn rank(&self, tolerance: f64) -> usize {
        let top = self.values.first().copied().unwrap_or(0.0);
        self.values
            .iter()
            .filter(|s| top > 0.0 && **s > tolerance * top)
            .count()
    }

    /// The last value kept over the first that is not, roundings below 1e-16 of the largest taken as that.
    pub fn gap(&self, rank: usize) -> f64 {
        let top = self.values.first().copied().unwrap_or(0.0).max(1e-300);
        let last = if rank == 0 {
            1.0
        } else {
            self.values[rank - 1] / top
        };
        let next = self
            .values
            .get(rank)
            .map_or(1e-16, |s| (s / top).max(1e-16));
        last / next
    }
}

/// The spectrum of a matrix of `columns` columns, first brought to square form by reflections.
pub fn spectrum(rows: &[Vec<f64>], columns: usize) -> Option<Spectrum> {
    if columns == 0 {
        return Some(Spectrum {
            values: vec![],
            vectors: vec![],
        });
    }
    let height = rows.len().max(columns);
    let entry = |i: usize, j: usize| rows.get(i).map_or(0.0, |r| r[j]);
    let matrix = Mat::from_fn(height, columns, entry);
    let triangle = matrix.qr().thin_R().to_owned();
    let found = triangle.svd().ok()?;
    let values = (0..columns).map(|k| found.S()[k]).collect();
    let vectors = (0..columns)
        .map(|k| (0..columns).map(|i| found.V()[(i, k)]).collect())
        .collect();
    Some(Spectrum { values, vectors })
}

pub fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// An orthonormal basis of the span of independent rows.
pub fn orthonormal(rows: Rows) -> Rows {
    let mut basis: Rows = Vec::new();
    for mut row in rows {
        for _ in 0..2 {
            for b in &basis {
                let c = dot(&row, b);
                row.iter_mut().zip(b).for_each(|(x, y)| *x -= c * y);
            }
        }
        let size = norm(&row);
        if size > 0.0 {
            row.iter_mut().for_each(|x| *x /= size);
            basis.push(row);
        }
    }
    basis
}

/// What elimination found.
pub struct Eliminated {
    pub rank: usize,
    /// The last pivot over the largest entry left.
    pub gap: f64,
    /// The rows that span, reduced.
    pub rows: Rows,
}

/// Rows below this are the roundings of what cancels.
const SMALLEST_ROW: f64 = 1e-12;
/// Pivots below this are zero: rows are normed to 1.
const SMALLEST_PIVOT: f64 = 1e-17;

/// Gauss and Jordan with full pivoting.
pub fn eliminate(rows: Vec<Vec<Double>>, columns: usize) -> Eliminated {
    let mut rows: Vec<Vec<Double>> = rows
        .into_iter()
        .filter_map(|row| {
            let size = row.iter().map(|x| x.value().abs()).fold(0.0, f64::max);
            let by = Double::of(1.0).divide(Double::of(size));
            (size > SMALLEST_ROW).then(|| row.iter().map(|x| x.multiply(by)).collect())
        })
        .collect();
    let (mut free, mut last, mut left) = (vec![true; columns], 1.0, 0.0);
    let mut rank = 0;
    while rank < rows.len().min(columns) {
        let (mut best, mut at) = (0.0, (0, 0));
        for (i, row) in rows.iter().enumerate().skip(rank) {
            for (j, x) in row.iter().enumerate().filter(|(j, _)| free[*j]) {
                if x.value().abs() > best {
                    (best, at) = (x.value().abs(), (i, j));
                }
            }
        }
        left = best;
        if best < SMALLEST_PIVOT {
            break;
        }
        (last, left) = (best, 0.0);
        rows.swap(rank, at.0);
        free[at.1] = false;
        let by = Double::of(1.0).divide(rows[rank][at.1]);
        let pivot: Vec<Double> = rows[rank].iter().map(|x| x.multiply(by)).collect();
        for (i, row) in rows.iter_mut().enumerate() {
            let factor = row[at.1];
            if i != rank && factor.value() != 0.0 {
                row.iter_mut()
                    .zip(&pivot)
                    .for_each(|(x, p)| *x = x.subtract(factor.multiply(*p)));
                row[at.1] = Double::ZERO;
            }
        }
        rows[rank] = pivot;
        rank += 1;
    }
    rows.truncate(rank);
    Eliminated {
        rank,
        gap: last / left.max(1e-30),
        rows: rows
            .iter()
            .map(|r| r.iter().map(|x| x.value()).collect())
            .collect(),
    }
}
