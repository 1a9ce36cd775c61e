//! Escapes of groups of matrices: where Newton's method runs away, the direction that it does along,
//! seen from the start, and its verification on the vectors.

use super::element::Element;
use super::escape::{AGAINST, Escape, FLAT_EIGENVALUE, half};
use super::local::Local;
use super::solve::{Rows, solve};
use crate::connected::Connected;
use crate::rank::numerical;
use std::collections::HashMap;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, SymmetricEigen, exponential, svd, symmetric_eigen};

/// Motion (in sums of norms of X) from which on a group element is suspected.
const FAR: f64 = 8.0;
/// Largest blocks and number of fields for which X is proposed: dense decompositions.
const BLOCK: usize = 256;
const FIELDS: usize = 1200;
/// Share in negative eigenspaces that counts as some: far above [`AGAINST`].
const ALONG: f64 = 1e-4;

/// Coordinates that all fields together connect, and what distinguishes one such block from
/// another: the fields' entries on it.
struct Blocks {
    /// Coordinates of each block.
    members: Vec<Vec<usize>>,
    /// Number of its kind.
    kind: Vec<usize>,
    /// Of each kind (field, row, column, value) within the block.
    kinds: Vec<Vec<(usize, usize, usize, f64)>>,
}

impl Blocks {
    fn new(local: &Local) -> Blocks {
        let n = local.coords.len();
        let mut connected = Connected::new(n);
        let every = local.combination(&vec![0.0; local.fields.len()]);
        for (i, j) in every.positions() {
            connected.join(i, j);
        }
        let (mut members, mut number, mut place) =
            (Vec::<Vec<usize>>::new(), vec![usize::MAX; n], vec![0; n]);
        for (i, place) in place.iter_mut().enumerate() {
            let at = connected.root(i);
            if number[at] == usize::MAX {
                number[at] = members.len();
                members.push(Vec::new());
            }
            number[i] = number[at];
            *place = members[number[i]].len();
            members[number[i]].push(i);
        }
        let mut entries: Vec<Vec<(usize, usize, usize, f64)>> = vec![Vec::new(); members.len()];
        for a in 0..local.fields.len() {
            for (i, j, x) in local.entries(a) {
                entries[number[i]].push((a, place[i], place[j], x));
            }
        }
        let mut known: HashMap<Vec<(usize, usize, usize, u64)>, usize> = HashMap::new();
        let mut kinds = Vec::new();
        let kind = entries
            .into_iter()
            .map(|own| {
                let key = own.iter().map(|e| (e.0, e.1, e.2, e.3.to_bits())).collect();
                *known.entry(key).or_insert_with(|| {
                    kinds.push(own);
                    kinds.len() - 1
                })
            })
            .collect();
        Blocks {
            members,
            kind,
            kinds,
        }
    }

    fn size(&self, kind: usize) -> usize {
        let last = self.kinds[kind].iter().map(|e| e.1.max(e.2)).max();
        last.map_or(0, |last| last + 1)
    }

    /// Σ x_a A_a on a block of a kind.
    fn matrix(&self, kind: usize, x: &[f64]) -> Matrix {
        let n = self.size(kind);
        let mut matrix = Matrix::zeros(n, n);
        for (a, i, j, value) in &self.kinds[kind] {
            matrix.row_mut(*i)[*j] += x[*a] * value;
        }
        matrix
    }

    /// S with e^{2S} = gᵀg for the product of the steps, on a block of a kind.
    fn logarithm(&self, kind: usize, steps: &[&[f64]]) -> Result<Matrix> {
        let mut g = Matrix::identity(self.size(kind));
        for x in steps {
            let factor = exponential(&self.matrix(kind, x)).map_err(numerical)?;
            g = factor.matmul(&g).map_err(numerical)?;
        }
        let found = svd(&g).map_err(numerical)?;
        let n = g.rows;
        let logs: Vec<f64> = found
            .s
            .iter()
            .map(|s| s.max(f64::MIN_POSITIVE).ln())
            .collect();
        Ok(Matrix::from_fn(n, n, |i, j| {
            (0..n)
                .map(|k| found.v[(i, k)] * logs[k] * found.v[(j, k)])
                .sum()
        }))
    }

    /// Σ x_a A_a on each kind of block, with the small eigenvalues set to zero: errors of the
    /// proposal in directions that X leaves alone.
    fn flattened(&self, x: &[f64]) -> Result<Vec<Matrix>> {
        let mut eigen = Vec::new();
        for kind in 0..self.kinds.len() {
            eigen.push(symmetric_eigen(&self.matrix(kind, x)).map_err(numerical)?);
        }
        let values = eigen.iter().flat_map(|e| &e.values);
        let top = values.fold(0.0_f64, |top, v| top.max(v.abs()));
        let rebuilt = |e: &SymmetricEigen| {
            let n = e.values.len();
            let clear = |k: &usize| e.values[*k].abs() > FLAT_EIGENVALUE * top;
            let clear: Vec<usize> = (0..n).filter(clear).collect();
            Matrix::from_fn(n, n, |i, j| {
                let term = |k: &usize| e.vectors[(i, *k)] * e.values[*k] * e.vectors[(j, *k)];
                clear.iter().map(term).sum()
            })
        };
        Ok(eigen.iter().map(rebuilt).collect())
    }

    /// Coefficients x with Σ x_a A_a nearest to given matrices, one of each kind.
    fn coefficients(&self, fields: usize, given: &[Matrix]) -> Result<Vec<f64>> {
        let mut entries: Vec<((usize, usize, usize), usize, f64)> = Vec::new();
        for (kind, own) in self.kinds.iter().enumerate() {
            entries.extend(own.iter().map(|(a, i, j, x)| ((kind, *i, *j), *a, *x)));
        }
        entries.sort_by_key(|e| (e.0, e.1));
        let mut rows = Rows {
            start: vec![0],
            unknown: Vec::new(),
            value: Vec::new(),
        };
        let mut right = vec![0.0; fields];
        for group in entries.chunk_by(|a, b| a.0 == b.0) {
            let (kind, i, j) = group[0].0;
            for (_, a, x) in group {
                rows.unknown.push(*a as u32);
                rows.value.push(*x);
                right[*a] += x * given[kind][(i, j)];
            }
            rows.start.push(rows.unknown.len());
        }
        let weight = vec![1.0; rows.count()];
        solve(&rows, &weight, &right, 0.0)
    }
}

/// Where the steps of Newton's method ran away, the direction they did along, seen from the start:
/// g_n = e^{X_n} … e^{X_1} has gᵀg = e^{2S}, ‖g v‖ = ‖e^S v‖, and the differences of S between late
/// steps tend to a multiple of X. The eigenspaces of S tend to those of X exponentially fast.
pub(super) fn of_group(
    local: &Local,
    start: &[Vec<f64>],
    element: &Element,
) -> Result<Option<Escape>> {
    let steps = element.coefficients();
    let moved: f64 = steps.iter().map(|x| local.combination(x).norm()).sum();
    if moved.is_nan() || moved < FAR || local.fields.len() > FIELDS {
        return Ok(None);
    }
    let blocks = Blocks::new(local);
    if (0..blocks.kinds.len()).any(|k| blocks.size(k) > BLOCK) {
        return Ok(None);
    }
    let logarithms = |count: usize| -> Result<Vec<Matrix>> {
        (0..blocks.kinds.len())
            .map(|k| blocks.logarithm(k, &steps[..count]))
            .collect()
    };
    // Late steps are nearer to the limit, and early ones keep the digits of the logarithm: the pair
    // that the vectors confirm best.
    let mut best: Option<Escape> = None;
    let n = steps.len();
    for (from, to) in [
        (n / 4, n / 2),
        (n / 2, 3 * n / 4),
        (n / 2, n),
        (3 * n / 4, n),
        (7 * n / 8, n),
    ] {
        let (early, late) = (logarithms(from)?, logarithms(to)?);
        let difference: Vec<Matrix> = early
            .iter()
            .zip(&late)
            .map(|(e, l)| l.add_scaled(-1.0, e).map_err(numerical))
            .collect::<Result<_>>()?;
        let x = blocks.coefficients(local.fields.len(), &difference)?;
        let x = blocks.coefficients(local.fields.len(), &blocks.flattened(&x)?)?;
        let better = |e: &Escape| best.as_ref().is_none_or(|b| e.against < b.against);
        best = verified(local, &blocks, start, &x)?.filter(better).or(best);
    }
    Ok(best)
}

/// The escape along X = Σ x_a A_a, if the vectors say so.
fn verified(
    local: &Local,
    blocks: &Blocks,
    vectors: &[Vec<f64>],
    x: &[f64],
) -> Result<Option<Escape>> {
    let mut eigen = Vec::new();
    for kind in 0..blocks.kinds.len() {
        eigen.push(symmetric_eigen(&blocks.matrix(kind, x)).map_err(numerical)?);
    }
    let values = eigen.iter().flat_map(|e| &e.values);
    let top = values.fold(0.0_f64, |top, v| top.max(v.abs()));
    if top == 0.0 || !top.is_finite() {
        return Ok(None);
    }
    let (mut against, mut along, mut rest, mut share) = (0.0_f64, 0.0, 0.0, 0.0_f64);
    let mut shrinking = Vec::new();
    for (members, kind) in blocks.members.iter().zip(&blocks.kind) {
        let eigen = &eigen[*kind];
        let mut shrinks = vec![0.0_f64; members.len()];
        let size = vectors
            .iter()
            .map(|v| 2.0 * half(members.iter().map(|i| v[*i])))
            .sum::<f64>();
        let (mut up, mut down) = (0.0, 0.0);
        for v in vectors {
            for (k, value) in eigen.values.iter().enumerate() {
                let column = (0..members.len()).map(|i| eigen.vectors[(i, k)]);
                let part: f64 = column.zip(members).map(|(u, i)| u * v[*i]).sum();
                if *value > FLAT_EIGENVALUE * top {
                    up += part * part;
                } else if *value < -FLAT_EIGENVALUE * top {
                    down += part * part;
                    for (i, s) in shrinks.iter_mut().enumerate() {
                        *s = s.max((part * eigen.vectors[(i, k)]).abs());
                    }
                }
            }
        }
        if size > 0.0 {
            against = against.max((up / size).sqrt());
            share = share.max((down / size).sqrt());
        }
        along += down;
        rest += size - up - down;
        let visible = |i: &usize| shrinks[*i] > ALONG * size.sqrt();
        shrinking.extend(
            (0..members.len())
                .filter(visible)
                .map(|i| local.coords[members[i]]),
        );
    }
    if against > AGAINST || share < ALONG {
        return Ok(None);
    }
    let largest = x.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    shrinking.sort_unstable();
    Ok(Some(Escape {
        direction: x
            .iter()
            .enumerate()
            .filter(|(_, x)| x.abs() > FLAT_EIGENVALUE * largest)
            .map(|(a, x)| (local.fields[a], x / largest))
            .collect(),
        shrinking,
        against,
        along: along.sqrt(),
        infimum: rest.max(0.0) / 2.0,
    }))
}
