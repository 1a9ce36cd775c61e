//! The matrix exponential by scaling and squaring with the [13/13] Padé approximant.
//!
//! exp(A) = (r₁₃(A / 2^s))^(2^s), s = max(0, ⌈log₂(‖A‖₁ / θ₁₃)⌉), θ₁₃ = 5.371920351148152 (Higham, "The scaling and
//! squaring method for the matrix exponential revisited", SIAM J. Matrix Anal. Appl. 26 (2005), table 2.3).

use super::Matrix;
use crate::Error;
use faer::linalg::solvers::Solve;

const THETA: f64 = 5.371920351148152;

const PADE: [f64; 14] = [
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
];

/// exp(A) = Σ Aᵏ/k!. The backward error is of the order of rounding; the forward error grows with the conditioning
/// of the exponential, as it must.
///
/// # Errors
/// [`Error::Shape`] unless A is square; [`Error::NotFinite`] if A has, or the result would have, such an entry.
pub fn exponential(a: &Matrix) -> Result<Matrix, Error> {
    const WHAT: &str = "matrix exponential";
    a.require_square(WHAT)?;
    a.require_finite(WHAT)?;
    let n = a.rows;
    let norm = one_norm(a);
    let squarings = if norm > THETA {
        (norm / THETA).log2().ceil() as i32
    } else {
        0
    };
    let a = a.scaled(0.5f64.powi(squarings));
    let a2 = a.matmul(&a)?;
    let a4 = a2.matmul(&a2)?;
    let a6 = a4.matmul(&a2)?;
    let one = Matrix::identity(n);
    let sum = |c6: f64, c4: f64, c2: f64, c0: f64| -> Result<Matrix, Error> {
        a6.scaled(c6)
            .add_scaled(c4, &a4)?
            .add_scaled(c2, &a2)?
            .add_scaled(c0, &one)
    };
    let odd = a6
        .matmul(&sum(PADE[13], PADE[11], PADE[9], 0.0)?)?
        .add_scaled(1.0, &sum(PADE[7], PADE[5], PADE[3], PADE[1])?)?;
    let u = a.matmul(&odd)?;
    let v = a6
        .matmul(&sum(PADE[12], PADE[10], PADE[8], 0.0)?)?
        .add_scaled(1.0, &sum(PADE[6], PADE[4], PADE[2], PADE[0])?)?;
    let denominator = v.add_scaled(-1.0, &u)?;
    let numerator = v.add_scaled(1.0, &u)?;
    let lu = denominator.faer().partial_piv_lu();
    let mut result = Matrix::from_faer(lu.solve(numerator.faer()).as_ref());
    for _ in 0..squarings {
        result = result.matmul(&result)?;
    }
    result.require_finite(WHAT)?;
    Ok(result)
}

fn one_norm(a: &Matrix) -> f64 {
    let mut sums = vec![0.0; a.cols];
    for i in 0..a.rows {
        for (sum, x) in sums.iter_mut().zip(a.row(i)) {
            *sum += x.abs();
        }
    }
    sums.into_iter().fold(0.0, f64::max)
}
