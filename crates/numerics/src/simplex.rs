//! Linear programs min cᵀx, Ax = b, x ≥ 0, by the simplex method in two phases on a dense tableau (Dantzig 1963; Bland's rule where steps
//! have no length, 1977). Its solutions are vertices, with as many entries that are not 0 as there are equations at most, and
//! solve the equations to rounding.

use crate::dense::{Matrix, svd};
use crate::error::Error;

/// What a program has.
#[derive(Clone, Debug, PartialEq)]
pub enum Solved {
    /// A least x, and λ with Aᵀλ ≤ c and bᵀλ = cᵀx.
    Optimal {
        /// x.
        x: Vec<f64>,
        /// λ.
        dual: Vec<f64>,
    },
    /// λ with Aᵀλ ≤ 0 and bᵀλ > 0: no x ≥ 0 has Ax = b (Farkas).
    Infeasible(Vec<f64>),
    /// cᵀx has no bound, or the steps ran out.
    Unbounded,
}

/// What counts as 0 beside rows of size 1.
const ZERO: f64 = 1e-10;
/// Steps without length before Bland's rule.
const STALL: usize = 20;

struct Tableau {
    /// Rows of A and of the artificial variables, scaled; the last column is b.
    rows: Vec<Vec<f64>>,
    /// Reduced costs, and minus the objective.
    cost: Vec<f64>,
    basis: Vec<usize>,
}

impl Tableau {
    fn pivot(&mut self, row: usize, column: usize) {
        let by = self.rows[row][column];
        self.rows[row].iter_mut().for_each(|x| *x /= by);
        let own = std::mem::take(&mut self.rows[row]);
        let clear = |other: &mut Vec<f64>| {
            let by = other[column];
            if by != 0.0 {
                other.iter_mut().zip(&own).for_each(|(x, y)| *x -= by * y);
                other[column] = 0.0;
            }
        };
        self.rows
            .iter_mut()
            .filter(|r| !r.is_empty())
            .for_each(clear);
        clear(&mut self.cost);
        self.rows[row] = own;
        self.basis[row] = column;
    }

    /// Steps until no column below `columns` lowers the cost; whether it has a least value.
    fn descend(&mut self, columns: usize) -> bool {
        let last = self.cost.len() - 1;
        let mut still = 0;
        for _ in 0..50 * (columns + self.rows.len()) {
            let falls = (0..columns).filter(|j| self.cost[*j] < -ZERO);
            let column = match still < STALL {
                true => falls.min_by(|a, b| self.cost[*a].total_cmp(&self.cost[*b])),
                false => falls.min(),
            };
            let Some(column) = column else { return true };
            let mut best: Option<(f64, usize)> = None;
            for (i, row) in self.rows.iter().enumerate() {
                if row[column] > ZERO {
                    let ratio = row[last].max(0.0) / row[column];
                    let first = best.is_none_or(|(r, k)| {
                        ratio < r || ratio == r && self.basis[i] < self.basis[k]
                    });
                    if first {
                        best = Some((ratio, i));
                    }
                }
            }
            let Some((ratio, row)) = best else {
                return false;
            };
            still = if ratio > 0.0 { 0 } else { still + 1 };
            self.pivot(row, column);
        }
        false
    }
}

/// Solves min cᵀx, Ax = b, x ≥ 0.
///
/// # Errors
/// Numbers that are not finite.
pub fn simplex(a: &Matrix, b: &[f64], c: &[f64]) -> Result<Solved, Error> {
    a.require_finite("linear program")?;
    let (n, k) = (a.rows, a.cols);
    // Rows of size 1, right sides that are not negative.
    let scales: Vec<f64> = (0..n)
        .map(|i| {
            let size = (0..k).fold(0.0_f64, |m, j| m.max(a[(i, j)].abs()));
            let size = if size > 0.0 { size } else { 1.0 };
            if b[i] < 0.0 { -1.0 / size } else { 1.0 / size }
        })
        .collect();
    let top = (0..n).fold(0.0_f64, |m, i| m.max((b[i] * scales[i]).abs()));
    let unit = if top > 0.0 { top } else { 1.0 };
    let rows: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let mut row: Vec<f64> = (0..k).map(|j| scales[i] * a[(i, j)]).collect();
            row.extend((0..n).map(|l| f64::from(u8::from(l == i))));
            row.push(scales[i] * b[i] / unit);
            row
        })
        .collect();
    // Phase 1: the sum of the artificial variables.
    let mut cost = vec![0.0; k + n + 1];
    for row in &rows {
        (0..k).for_each(|j| cost[j] -= row[j]);
        cost[k + n] -= row[k + n];
    }
    let mut t = Tableau {
        rows,
        cost,
        basis: (k..k + n).collect(),
    };
    t.descend(k);
    let multipliers = |t: &Tableau, own: f64| -> Vec<f64> {
        (0..n).map(|i| (own - t.cost[k + i]) * scales[i]).collect()
    };
    if -t.cost[k + n] > 1e3 * ZERO {
        return Ok(Solved::Infeasible(multipliers(&t, 1.0)));
    }
    for row in 0..n {
        // Artificial variables that stayed at 0 leave, or their equation says nothing new.
        if t.basis[row] >= k
            && let Some(j) = (0..k).find(|j| t.rows[row][*j].abs() > 1e3 * ZERO)
        {
            t.pivot(row, j);
        }
    }
    t.cost = c.iter().copied().chain(vec![0.0; n + 1]).collect();
    for row in 0..n {
        let by = t.basis.get(row).filter(|j| **j < k).map_or(0.0, |j| c[*j]);
        let own = &t.rows[row];
        t.cost.iter_mut().zip(own).for_each(|(x, y)| *x -= by * y);
    }
    if !t.descend(k) {
        return Ok(Solved::Unbounded);
    }
    let mut x = vec![0.0; k];
    for (row, j) in t.rows.iter().zip(&t.basis) {
        if *j < k {
            x[*j] = (row[k + n] * unit).max(0.0);
        }
    }
    refine(a, b, &mut x)?;
    Ok(Solved::Optimal {
        x,
        dual: multipliers(&t, 0.0),
    })
}

/// Newton steps on the entries that are not 0, whose signs they keep.
fn refine(a: &Matrix, b: &[f64], x: &mut [f64]) -> Result<(), Error> {
    let used: Vec<usize> = (0..x.len()).filter(|j| x[*j] > 0.0).collect();
    let f = svd(&Matrix::from_fn(a.rows, used.len(), |i, j| a[(i, used[j])]))?;
    let top = f.s.first().copied().unwrap_or(0.0);
    for _ in 0..2 {
        let rest = |i: usize| b[i] - used.iter().map(|j| a[(i, *j)] * x[*j]).sum::<f64>();
        let rest: Vec<f64> = (0..a.rows).map(rest).collect();
        for (k, s) in f.s.iter().enumerate().filter(|s| *s.1 > ZERO * top) {
            let along: f64 = (0..a.rows).map(|i| f.u[(i, k)] * rest[i]).sum();
            for (l, j) in used.iter().enumerate() {
                x[*j] = (x[*j] + f.v[(l, k)] * along / s).max(0.0);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertices_and_multipliers_are_those_of_small_programs() {
        // min x₀ + x₁ + x₂ with x₀ + 2x₂ = 4, x₁ + x₂ = 3: x₂ = 2, x₁ = 1.
        let a = Matrix::from_fn(2, 3, |i, j| [[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]][i][j]);
        let Ok(Solved::Optimal { x, dual }) = simplex(&a, &[4.0, 3.0], &[1.0; 3]) else {
            panic!("solved");
        };
        assert!(
            x.iter()
                .zip([0.0, 1.0, 2.0])
                .all(|(x, y)| (x - y).abs() < 1e-14)
        );
        assert!((4.0 * dual[0] + 3.0 * dual[1] - 3.0).abs() < 1e-12);
        assert!((0..3).all(|j| a[(0, j)] * dual[0] + a[(1, j)] * dual[1] < 1.0 + 1e-12));
    }

    #[test]
    fn what_has_no_solution_has_a_direction_that_says_so() {
        let a = Matrix::from_fn(2, 2, |i, j| [[1.0, 1.0], [1.0, 2.0]][i][j]);
        let Ok(Solved::Infeasible(ray)) = simplex(&a, &[1.0, -1.0], &[1.0; 2]) else {
            panic!("infeasible");
        };
        assert!(ray[0] - ray[1] > 0.0);
        assert!((0..2).all(|j| a[(0, j)] * ray[0] + a[(1, j)] * ray[1] < 1e-12));
    }
}
