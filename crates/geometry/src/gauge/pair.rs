//! The balanced point of a pair of stacks in closed form: A → e^X A, B → e^{−X} B, A (r×N) and B (r×M) of full
//! rank r. The charges AAᵀ − BBᵀ vanish where e^{2X} is the geometric mean of (AAᵀ)⁻¹ and BBᵀ. With Aᵀ = Q_A R_A,
//! Bᵀ = Q_B R_B and R_A R_Bᵀ = U S Vᵀ, g = S^{1/2} Uᵀ R_A⁻ᵀ takes A to S^{1/2} Uᵀ Q_Aᵀ and B to S^{1/2} Vᵀ Q_Bᵀ: both have
//! the square S, and only the factors' own condition enters. g = k e^X with k orthogonal and X symmetric: kᵀ of
//! that point is the balanced one that X leads to, so that a balanced point stays where it is. No
//! generator is written out, and nothing is iterated for.

use super::TARGET;
use super::element::{Element, Stacks};
use crate::factor::Factor;
use crate::rank::numerical;
use crate::structure::{Pair, components, recognise};
use std::sync::Arc;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_numerics::dense::{Matrix, qr, svd};

/// Pairs of stacks that share their parameters with no other non-compact group.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// Number of the factor, and what it acts on.
    pairs: Vec<(usize, Pair)>,
}

/// What is left of a row beside the others, in units of the stack's norm, below which the stack has not
/// full rank for a closed form: some hundred roundings.
const INDEPENDENT: f64 = 1e-13;
/// Numbers of the stacks of one copy and what is computed from them, at most: 2 GiB.
const NUMBERS: f64 = (1_u64 << 28) as f64;
/// Passes over a pair, at most: the second takes away what a bad condition left of the first.
const PASSES: usize = 3;

impl Pairs {
    /// The pairs of a model; translations may move their parameters too.
    #[must_use]
    pub fn of(model: &Model, factors: &[Factor]) -> Pairs {
        let mut pairs = Vec::new();
        for component in components(factors, |f| !f.is_compact()) {
            // Translations are projected out before; other groups are coupled.
            let mut groups = component.factors.iter().filter(|f| f.moved().len() > 1);
            let (Some(factor), None) = (groups.next(), groups.next()) else {
                continue;
            };
            let number = factors.iter().position(|f| std::ptr::eq(f, *factor));
            let structure = recognise(model, &[factor]);
            let pair = structure.as_ref().and_then(|s| s.as_pair());
            if let (Some(number), Some(pair)) = (number, pair) {
                pairs.push((number, pair.clone()));
            }
        }
        Pairs { pairs }
    }

    /// Whether a factor is one of them.
    #[must_use]
    pub fn has(&self, factor: usize) -> bool {
        self.pairs.iter().any(|p| p.0 == factor)
    }

    /// Number of symmetric generators.
    #[must_use]
    pub fn generators(&self) -> usize {
        let own = |p: &Pair| p.copies() * p.size() * (p.size() + 1) / 2;
        self.pairs.iter().map(|p| own(&p.1)).sum()
    }

    /// Keeps the pairs whose stacks have full rank in all copies at θ, and returns the factors of the
    /// others, which have no closed form.
    ///
    /// # Errors
    /// Stacks that no memory holds, or that are not finite.
    pub fn regular(&mut self, theta: &[f64]) -> Result<Vec<usize>> {
        let mut others = Vec::new();
        for (number, pair) in std::mem::take(&mut self.pairs) {
            bounded(&pair)?;
            let mut regular = true;
            for copy in 0..pair.copies() {
                regular = regular && Squared::of(&pair.stacks(copy, theta))?.is_some();
            }
            if regular {
                self.pairs.push((number, pair));
            } else {
                others.push(number);
            }
        }
        Ok(others)
    }

    /// The coordinates that they move.
    pub(super) fn mark(&self, moved: &mut [bool]) {
        for (_, pair) in &self.pairs {
            for copy in 0..pair.copies() {
                let places = pair.places(copy);
                places
                    .iter()
                    .flatten()
                    .flatten()
                    .for_each(|p| moved[*p] = true);
            }
        }
    }

    /// The largest charge relative to what its generator moves.
    ///
    /// # Errors
    /// Those of products of matrices, which do not occur.
    pub fn imbalance(&self, theta: &[f64]) -> Result<f64> {
        let mut largest = 0.0_f64;
        for (_, pair) in &self.pairs {
            for copy in 0..pair.copies() {
                largest = largest.max(imbalance(&pair.stacks(copy, theta))?);
            }
        }
        Ok(largest)
    }

    /// Moves θ to where the charges of all of them vanish; what was applied goes to the element.
    pub(super) fn balance(&self, theta: &mut [f64], element: &mut Element) -> Result<()> {
        for (_, pair) in &self.pairs {
            for copy in 0..pair.copies() {
                let places = Arc::new(pair.places(copy));
                let mut stacks = read(&places, theta);
                let mut left = imbalance(&stacks)?;
                for _ in 0..PASSES {
                    if left <= TARGET {
                        break;
                    }
                    let Some((moved, g)) = balanced(&stacks)? else {
                        break;
                    };
                    let found = imbalance(&moved)?;
                    if found >= left {
                        break;
                    }
                    (stacks, left) = (moved, found);
                    element.stacks(Stacks::new(&places, g));
                }
                write(&places, &stacks, theta);
            }
        }
        Ok(())
    }
}

fn bounded(pair: &Pair) -> Result<()> {
    let Some((r, n, m)) = pair.shape() else {
        return Ok(());
    };
    let numbers = 4.0 * r as f64 * (n as f64 + m as f64) + 8.0 * (r as f64).powi(2);
    if numbers <= NUMBERS {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!(
            "the gauge of gl({r}) on stacks of {r} x {n} and {r} x {m} would take {numbers:.0e} numbers, more than {NUMBERS:.0e}"
        ),
    )
    .remedy("smaller axes have the same symmetries"))
}

pub(super) type Rows = [Vec<Vec<usize>>; 2];

pub(super) fn read(places: &Rows, theta: &[f64]) -> [Matrix; 2] {
    places.each_ref().map(|rows| {
        let width = rows.first().map_or(0, Vec::len);
        Matrix::from_fn(rows.len(), width, |i, j| theta[rows[i][j]])
    })
}

pub(super) fn write(places: &Rows, stacks: &[Matrix; 2], theta: &mut [f64]) {
    for (rows, stack) in places.iter().zip(stacks) {
        for (i, row) in rows.iter().enumerate() {
            let own = row.iter().zip(stack.row(i));
            own.for_each(|(p, x)| theta[*p] = *x);
        }
    }
}

/// The largest |⟨E, AAᵀ − BBᵀ⟩| over the generators E_ii and (E_ij + E_ji)/√2, relative to the squares
/// that they move.
fn imbalance(stacks: &[Matrix; 2]) -> Result<f64> {
    let entries = stacks.iter().flat_map(|m| &m.data);
    let largest = entries.fold(0.0_f64, |m, x| m.max(x.abs()));
    if largest == 0.0 {
        return Ok(0.0);
    }
    let square = |m: &Matrix| -> Result<Matrix> {
        let m = m.scaled(1.0 / largest);
        m.matmul(&m.transpose()).map_err(numerical)
    };
    let (p, q) = (square(&stacks[0])?, square(&stacks[1])?);
    let moved: Vec<f64> = (0..p.rows).map(|i| p[(i, i)] + q[(i, i)]).collect();
    let mut found = 0.0_f64;
    for i in 0..p.rows {
        for j in 0..=i {
            let size = (moved[i] + moved[j]) / 2.0;
            if size > 0.0 {
                found = found.max((p[(i, j)] - q[(i, j)]).abs() / size);
            }
        }
    }
    Ok(found)
}

/// Aᵀ = QR for both stacks, each in its own unit.
struct Squared {
    sizes: [f64; 2],
    q: [Matrix; 2],
    r: [Matrix; 2],
}

impl Squared {
    /// `None` where a stack has not full rank.
    fn of([a, b]: &[Matrix; 2]) -> Result<Option<Squared>> {
        let sizes = [a.norm(), b.norm()];
        let wide = a.cols >= a.rows && b.cols >= b.rows;
        if !wide || sizes.contains(&0.0) {
            return Ok(None);
        }
        let of = |m: &Matrix, size: f64| qr(&m.scaled(1.0 / size).transpose()).map_err(numerical);
        let ((qa, ra), (qb, rb)) = (of(a, sizes[0])?, of(b, sizes[1])?);
        let full = |r: &Matrix| (0..r.rows).all(|i| r[(i, i)].abs() > INDEPENDENT);
        Ok((full(&ra) && full(&rb)).then_some(Squared {
            sizes,
            q: [qa, qb],
            r: [ra, rb],
        }))
    }
}

/// The balanced stacks, with e^X and e^{−X}.
fn balanced(stacks: &[Matrix; 2]) -> Result<Option<([Matrix; 2], [Matrix; 2])>> {
    let Some(found) = Squared::of(stacks)? else {
        return Ok(None);
    };
    let product = |a: &Matrix, b: &Matrix| a.matmul(b).map_err(numerical);
    let core = svd(&product(&found.r[0], &found.r[1].transpose())?).map_err(numerical)?;
    let n = core.s.len();
    let roots: Vec<f64> = core.s.iter().map(|s| s.sqrt()).collect();
    // gᵀ = R_A⁻¹ U S^{1/2}.
    let y = solve_upper(&found.r[0], &core.u);
    let g = Matrix::from_fn(n, n, |i, j| y[(j, i)] * roots[i]);
    if roots.contains(&0.0) || g.data.iter().any(|x| !x.is_finite()) {
        return Ok(None);
    }
    let polar = svd(&g).map_err(numerical)?;
    let [a, b] = found.sizes;
    let (size, ratio) = ((a * b).sqrt(), (b / a).sqrt());
    let k = product(&polar.u, &polar.v.transpose())?;
    let stack = |u: &Matrix, q: &Matrix| -> Result<Matrix> {
        // kᵀ S^{1/2} Uᵀ Qᵀ.
        let half = Matrix::from_fn(n, n, |i, j| size * roots[i] * u[(j, i)]);
        let turned = k.transpose_matmul(&half).map_err(numerical)?;
        product(&turned, &q.transpose())
    };
    let power = |by: &dyn Fn(f64) -> f64| -> Result<Matrix> {
        let scaled = Matrix::from_fn(n, n, |i, j| polar.v[(i, j)] * by(polar.s[j]));
        product(&scaled, &polar.v.transpose())
    };
    let moved = [stack(&core.u, &found.q[0])?, stack(&core.v, &found.q[1])?];
    let element = [power(&|s| ratio * s)?, power(&|s| 1.0 / (ratio * s))?];
    let finite = |m: &Matrix| m.data.iter().all(|x| x.is_finite());
    Ok((moved.iter().all(finite) && element.iter().all(finite)).then_some((moved, element)))
}

/// R⁻¹ B for an upper triangle R, row by row from the last.
fn solve_upper(triangle: &Matrix, b: &Matrix) -> Matrix {
    let (n, m) = (b.rows, b.cols);
    let mut x = b.clone();
    for i in (0..n).rev() {
        let (above, below) = x.data.split_at_mut((i + 1) * m);
        let row = &mut above[i * m..];
        for (k, later) in below.chunks(m.max(1)).enumerate() {
            let c = triangle[(i, i + 1 + k)];
            row.iter_mut().zip(later).for_each(|(x, y)| *x -= c * y);
        }
        let unit = triangle[(i, i)];
        row.iter_mut().for_each(|x| *x /= unit);
    }
    x
}
