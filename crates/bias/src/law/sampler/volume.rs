//! ½ log pdet Γ of fields at a point, in one workspace: what a step of a chain can afford.
//!
//! With the rank r known, Γ = LLᵀ by r pivots (L n×r), and pdet Γ = det LᵀL. The rank itself is decided once, by the
//! orbit's frame at the start.

use symbias_geometry::field::AffineField;

/// Room for n fields in d dimensions whose values span r directions.
#[derive(Clone, Debug)]
pub(super) struct Volume {
    n: usize,
    rank: usize,
    /// ξ_a(θ), n rows of d numbers.
    values: Vec<f64>,
    gram: Vec<f64>,
    /// Columns of L, r rows of n numbers.
    factor: Vec<f64>,
    inner: Vec<f64>,
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// ξ_a(θ), one row of d numbers each.
pub(super) fn values(fields: &[AffineField], theta: &[f64], into: &mut [f64]) {
    into.fill(0.0);
    for (field, row) in fields.iter().zip(into.chunks_exact_mut(theta.len())) {
        field.add_at(theta, 1.0, row);
    }
}

/// ⟨row_a, row_b⟩ of two sets of n rows of d numbers.
pub(super) fn products(a: &[f64], b: &[f64], d: usize, into: &mut [f64]) {
    let n = a.len() / d;
    for (i, x) in a.chunks_exact(d).enumerate() {
        for (j, y) in b.chunks_exact(d).enumerate() {
            into[i * n + j] = dot(x, y);
        }
    }
}

/// A = LLᵀ in place, lower triangle, n × n; ½ log det A, or `None` where a pivot is not positive.
pub(super) fn cholesky(a: &mut [f64], n: usize) -> Option<f64> {
    let mut log = 0.0;
    for j in 0..n {
        for i in j..n {
            let sum = dot(&a[i * n..i * n + j], &a[j * n..j * n + j]);
            a[i * n + j] -= sum;
        }
        let pivot = a[j * n + j];
        // Written so that NaN fails.
        if !(pivot > 0.0 && pivot.is_finite()) {
            return None;
        }
        let root = pivot.sqrt();
        (j..n).for_each(|i| a[i * n + j] /= root);
        log += root.ln();
    }
    Some(log)
}

/// Solves LLᵀ x = b in place.
pub(super) fn solve_cholesky(l: &[f64], x: &mut [f64]) {
    let n = x.len();
    for i in 0..n {
        let sum = dot(&l[i * n..i * n + i], &x[..i]);
        x[i] = (x[i] - sum) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
}

/// Solves A x = b in place by elimination with row pivots, destroying A; whether A is regular.
pub(super) fn solve(a: &mut [f64], x: &mut [f64]) -> bool {
    let n = x.len();
    for k in 0..n {
        let size = |i: usize, a: &[f64]| a[i * n + k].abs();
        let pivot = (k..n).fold(k, |p, i| if size(i, a) > size(p, a) { i } else { p });
        if size(pivot, a) == 0.0 || size(pivot, a).is_nan() {
            return false;
        }
        if pivot != k {
            (0..n).for_each(|j| a.swap(pivot * n + j, k * n + j));
            x.swap(pivot, k);
        }
        for i in k + 1..n {
            let share = a[i * n + k] / a[k * n + k];
            (k..n).for_each(|j| a[i * n + j] -= share * a[k * n + j]);
            x[i] -= share * x[k];
        }
    }
    for i in (0..n).rev() {
        let sum = dot(&a[i * n + i + 1..(i + 1) * n], &x[i + 1..]);
        x[i] = (x[i] - sum) / a[i * n + i];
    }
    x.iter().all(|x| x.is_finite())
}

impl Volume {
    pub(super) fn new(n: usize, d: usize, rank: usize) -> Volume {
        Volume {
            n,
            rank,
            values: vec![0.0; n * d],
            gram: vec![0.0; n * n],
            factor: vec![0.0; rank * n],
            inner: vec![0.0; rank * rank],
        }
    }

    /// ½ log pdet Γ(θ); `None` where the rank is lower. O(n²(d + r)).
    pub(super) fn log(&mut self, fields: &[AffineField], theta: &[f64]) -> Option<f64> {
        let (n, r) = (self.n, self.rank);
        if r == 0 {
            return Some(0.0);
        }
        values(fields, theta, &mut self.values);
        products(&self.values, &self.values, theta.len(), &mut self.gram);
        if r == n {
            return cholesky(&mut self.gram, n);
        }
        for column in self.factor.chunks_exact_mut(n) {
            let diagonal = |i: usize| self.gram[i * n + i];
            let p = (0..n).fold(0, |p, i| if diagonal(i) > diagonal(p) { i } else { p });
            let pivot = diagonal(p);
            if !(pivot > 0.0 && pivot.is_finite()) {
                return None;
            }
            let root = pivot.sqrt();
            for (i, x) in column.iter_mut().enumerate() {
                *x = self.gram[i * n + p] / root;
            }
            for i in 0..n {
                for j in 0..n {
                    self.gram[i * n + j] -= column[i] * column[j];
                }
            }
        }
        products(&self.factor, &self.factor, n, &mut self.inner);
        cholesky(&mut self.inner, r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use symbias_geometry::orbit::OrbitFrame;
    use symbias_numerics::random::Stream;

    /// so(4) on X' (4 × 2), rank 5 of 6, and so(3) on 3 × 3: against eigenvalues of Γ.
    #[test]
    fn pseudo_determinants_are_those_of_the_frame() {
        for (r, columns, rank) in [(4, 2, 5), (3, 3, 3), (5, 2, 7)] {
            let mut fields = Vec::new();
            for i in 0..r {
                for j in i + 1..r {
                    let mut field = AffineField::default();
                    for c in 0..columns {
                        field.linear.push((i * columns + c, j * columns + c, 0.6));
                        field.linear.push((j * columns + c, i * columns + c, -0.6));
                    }
                    fields.push(field);
                }
            }
            let mut theta = vec![0.0; r * columns];
            Stream::new(3, 0, 0).normals_at(0, &mut theta);
            let frame = OrbitFrame::new(&fields, &theta).unwrap();
            assert_eq!(frame.dimension(), rank);
            let mut volume = Volume::new(fields.len(), theta.len(), rank);
            let found = volume.log(&fields, &theta).unwrap();
            assert!((found - frame.log_volume()).abs() < 1e-10, "{found}");
            // The twin: another rank is another number.
            let mut twin = Volume::new(fields.len(), theta.len(), rank - 1);
            let other = twin.log(&fields, &theta).unwrap();
            assert!((other - frame.log_volume()).abs() > 1e-2);
        }
    }

    #[test]
    fn elimination_solves() {
        let a = [0.0, 2.0, 1.0, 1.0, -1.0, 3.0, 4.0, 0.5, 0.0];
        let x = [1.0, -2.0, 0.5];
        let mut b: Vec<f64> = a.chunks_exact(3).map(|row| dot(row, &x)).collect();
        assert!(solve(&mut a.clone(), &mut b));
        assert!(b.iter().zip(&x).all(|(b, x)| (b - x).abs() < 1e-14));
        assert!(!solve(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 1.0]));
    }
}
