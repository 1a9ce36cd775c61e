//! The balanced point of a pair of stacks in closed form: A → e^X A, B → e^{−X} B, A (r×N) and B (r×M) of full
//! rank r. The charges vanish where G P G = Q for G = e^{2X}, P = AAᵀ, Q = BBᵀ: the geometric mean
//! G = P⁻¹ # Q. With Aᵀ = Q_A R_A, Bᵀ = Q_B R_B and R_A R_Bᵀ = U S Vᵀ it is G = Y S Yᵀ, Y = R_A⁻¹ U, and only the
//! factors' own condition enters. X is symmetric, so that a balanced point stays where it is.

use crate::component::{Structure, components, structure};
use crate::discover::structural::Factor;
use crate::field::AffineField;
use symbias_model::expression::Model;
use symbias_numerics::dense::{Matrix, svd, symmetric_eigen};

/// Generators ξ with e^ξθ balanced, one for each pair of stacks that shares its parameters with no
/// other non-compact group; none where a stack has not full rank, as far as it can be told.
pub(super) fn pairs(model: &Model, factors: &[Factor], theta: &[f64]) -> Vec<AffineField> {
    let mut found = Vec::new();
    for component in components(factors, |f| !f.is_compact()) {
        // Translations have been projected out; other groups are coupled.
        let mut groups = component.factors.iter().filter(|f| f.moved().len() > 1);
        let (Some(factor), None) = (groups.next(), groups.next()) else {
            continue;
        };
        let Structure::Pair(pair) = structure(model, &[factor]) else {
            continue;
        };
        let generators = factor.split(model).symmetric;
        let each = generators.len() / pair.copies().max(1);
        for copy in 0..pair.copies() {
            let [a, b] = pair.stacks(copy, theta);
            let Some(x) = generator(&a, &b) else { continue };
            let own = &generators[copy * each..(copy + 1) * each];
            found.push(combined(own, &x));
        }
    }
    found
}

/// Σ X_ii E_ii + √2 Σ_{i<j} X_ij (E_ij + E_ji)/√2, in the order of the generators.
fn combined(generators: &[AffineField], x: &Matrix) -> AffineField {
    let n = x.rows;
    let diagonal = (0..n).map(|i| x.row(i)[i]);
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let swaps = pairs.map(|(i, j)| std::f64::consts::SQRT_2 * x.row(i)[j]);
    let mut sum = AffineField::default();
    for (field, c) in generators.iter().zip(diagonal.chain(swaps)) {
        sum.linear.extend(field.scaled(c).linear);
    }
    sum
}

/// X = ½ log G.
fn generator(a: &Matrix, b: &Matrix) -> Option<Matrix> {
    let r = a.rows;
    (r <= a.cols && r <= b.cols).then_some(())?;
    // In units in which both have norm 1: the ratio is a multiple of the identity.
    let (size_a, size_b) = (a.norm(), b.norm());
    (size_a > 0.0 && size_b > 0.0).then_some(())?;
    let (left, right) = (
        triangle(&a.scaled(1.0 / size_a))?,
        triangle(&b.scaled(1.0 / size_b))?,
    );
    let middle = svd(&left.matmul(&right.transpose()).ok()?).ok()?;
    let y = solve_upper(&left, &middle.u)?;
    let scaled = Matrix::from_fn(r, r, |i, j| y.row(i)[j] * middle.s[j]);
    let g = scaled.matmul(&y.transpose()).ok()?;
    let g = Matrix::from_fn(r, r, |i, j| (g.row(i)[j] + g.row(j)[i]) / 2.0);
    let eigen = symmetric_eigen(&g).ok()?;
    let ratio = (size_b / size_a).ln() / 2.0;
    let logs: Vec<f64> = eigen.values.iter().map(|l| l.ln() / 2.0 + ratio).collect();
    logs.iter().all(|l| l.is_finite()).then(|| {
        Matrix::from_fn(r, r, |i, j| {
            let (u, v) = (eigen.vectors.row(i), eigen.vectors.row(j));
            (0..r).map(|k| u[k] * logs[k] * v[k]).sum()
        })
    })
}

/// What is left of a row beside the others, in units of the stack's norm, below which the stack has not
/// full rank for a closed form: some hundred roundings.
const INDEPENDENT: f64 = 1e-13;

/// R of mᵀ = QR, r×r, from m mᵀ = RᵀR by orthogonalising the rows of m twice.
fn triangle(m: &Matrix) -> Option<Matrix> {
    let r = m.rows;
    let mut triangle = Matrix::zeros(r, r);
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for i in 0..r {
        let mut v = m.row(i).to_vec();
        for _ in 0..2 {
            for (k, q) in basis.iter().enumerate() {
                let c: f64 = q.iter().zip(&v).map(|(x, y)| x * y).sum();
                triangle.row_mut(k)[i] += c;
                v.iter_mut().zip(q).for_each(|(v, q)| *v -= c * q);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        (norm > INDEPENDENT).then_some(())?;
        triangle.row_mut(i)[i] = norm;
        v.iter_mut().for_each(|x| *x /= norm);
        basis.push(v);
    }
    Some(triangle)
}

/// R⁻¹ B for an upper triangle R.
fn solve_upper(triangle: &Matrix, b: &Matrix) -> Option<Matrix> {
    let (n, m) = (b.rows, b.cols);
    let mut x = b.clone();
    for i in (0..n).rev() {
        for j in 0..m {
            let later: f64 = (i + 1..n).map(|k| triangle.row(i)[k] * x.row(k)[j]).sum();
            let value = (x.row(i)[j] - later) / triangle.row(i)[i];
            value.is_finite().then_some(())?;
            x.row_mut(i)[j] = value;
        }
    }
    Some(x)
}
