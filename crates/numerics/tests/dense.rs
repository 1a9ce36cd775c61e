//! Dense algebra against definitions and closed forms.

use proptest::prelude::*;
use symbias_numerics::Error;
use symbias_numerics::dense::jacobi::{small_svd, small_svd_batch};
use symbias_numerics::dense::{
    Matrix, column_pivoted_qr, exponential, least_squares, singular_values, solve_positive, svd,
    symmetric_eigen,
};
use symbias_numerics::random::Stream;

fn random(rows: usize, cols: usize, seed: u64) -> Matrix {
    let mut a = Matrix::zeros(rows, cols);
    Stream::new(seed, 0, 0).normals_at(0, &mut a.data);
    a
}

fn assert_close(a: &Matrix, b: &Matrix, tolerance: f64) {
    let off = a.add_scaled(-1.0, b).expect("same shape").norm();
    assert!(
        off <= tolerance * b.norm().max(1.0),
        "off by {off:e}\n{a:?}\n{b:?}"
    );
}

fn assert_orthonormal(q: &Matrix) {
    assert_close(
        &q.transpose_matmul(q).expect("shapes"),
        &Matrix::identity(q.cols),
        1e-13 * q.cols as f64,
    );
}

#[test]
fn products_follow_the_definition() {
    let (a, b) = (random(5, 7, 1), random(7, 3, 2));
    let by_hand = Matrix::from_fn(5, 3, |i, j| (0..7).map(|k| a[(i, k)] * b[(k, j)]).sum());
    assert_close(&a.matmul(&b).expect("shapes"), &by_hand, 1e-15);
    assert_close(
        &a.transpose().transpose_matmul(&b).expect("shapes"),
        &by_hand,
        1e-15,
    );
    let column = a.apply(&b.column(1)).expect("shapes");
    assert!((column[4] - by_hand[(4, 1)]).abs() < 1e-14);
    assert!(matches!(b.matmul(&a), Err(Error::Shape { .. })));
    assert!(matches!(a.transpose_matmul(&b), Err(Error::Shape { .. })));
    assert!(matches!(
        Matrix::from_vec(2, 2, vec![1.0]),
        Err(Error::Shape { .. })
    ));
    // Squares would overflow; two roundings are allowed.
    let norm = Matrix::from_vec(1, 2, vec![3e200, 4e200])
        .expect("shape")
        .norm();
    assert!((norm / 5e200 - 1.0).abs() <= 2.0 * f64::EPSILON);
}

#[test]
fn decompositions_multiply_back() {
    for (m, n) in [(1, 1), (6, 4), (4, 6), (30, 30), (0, 3), (3, 0)] {
        let a = random(m, n, (10 * m + n) as u64);
        let s = svd(&a).expect("converges");
        assert_close(
            &s.u.matmul(&Matrix::diagonal(&s.s))
                .and_then(|us| us.matmul(&s.v.transpose()))
                .expect("shapes"),
            &a,
            1e-13,
        );
        assert_orthonormal(&s.u);
        assert_orthonormal(&s.v);
        assert!(s.s.windows(2).all(|w| w[0] >= w[1]));
        let values = singular_values(&a).expect("converges");
        assert!(values.iter().zip(&s.s).all(|(a, b)| (a - b).abs() < 1e-12));
        if m > 0 && n > 0 {
            let qr = column_pivoted_qr(&a).expect("finite");
            let permuted = Matrix::from_fn(m, n, |i, j| a[(i, qr.permutation[j])]);
            assert_close(&qr.q.matmul(&qr.r).expect("shapes"), &permuted, 1e-13);
            assert_orthonormal(&qr.q);
        }
    }
    let a = random(12, 12, 3);
    let symmetric = a.add_scaled(1.0, &a.transpose()).expect("square");
    let e = symmetric_eigen(&symmetric).expect("converges");
    let scaled = e
        .vectors
        .matmul(&Matrix::diagonal(&e.values))
        .expect("shapes");
    assert_close(
        &scaled,
        &symmetric.matmul(&e.vectors).expect("shapes"),
        1e-13,
    );
    assert!(e.values.windows(2).all(|w| w[0] <= w[1]));
    assert_orthonormal(&e.vectors);
}

#[test]
fn least_squares_residual_is_orthogonal() {
    let (a, b) = (random(20, 6, 4), random(20, 2, 5));
    let x = least_squares(&a, &b).expect("full rank");
    let residual = a
        .matmul(&x)
        .and_then(|ax| ax.add_scaled(-1.0, &b))
        .expect("shapes");
    assert!(residual.norm() > 1.0, "otherwise nothing is shown");
    assert!(a.transpose_matmul(&residual).expect("shapes").norm() < 1e-12);
    assert!(matches!(
        least_squares(&a.transpose(), &b),
        Err(Error::Shape { .. })
    ));
}

#[test]
fn failures_are_values() {
    let mut a = random(4, 4, 6);
    a[(2, 3)] = f64::NAN;
    for error in [
        svd(&a).err(),
        singular_values(&a).err(),
        symmetric_eigen(&a).err(),
        column_pivoted_qr(&a).err(),
        exponential(&a).err(),
    ] {
        assert!(
            matches!(error, Some(Error::NotFinite { row: 2, col: 3, .. })),
            "{error:?}"
        );
    }
    assert!(matches!(
        exponential(&random(2, 3, 1)),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(
        exponential(&Matrix::diagonal(&[1e3])),
        Err(Error::NotFinite { .. })
    ));
}

#[test]
fn exponential_closed_forms() {
    for angle in [1e-8, 0.3, 2.0, 50.0] {
        let a = Matrix::from_vec(2, 2, vec![0.0, -angle, angle, 0.0]).expect("shape");
        let (s, c) = angle.sin_cos();
        let rotation = Matrix::from_vec(2, 2, vec![c, -s, s, c]).expect("shape");
        assert_close(
            &exponential(&a).expect("finite"),
            &rotation,
            1e-14 * (1.0 + angle),
        );
    }
    // Nilpotent: 1 + N + N²/2.
    let n =
        Matrix::from_vec(3, 3, vec![0.0, 2.0, 5.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0]).expect("shape");
    let e =
        Matrix::from_vec(3, 3, vec![1.0, 2.0, 8.0, 0.0, 1.0, 3.0, 0.0, 0.0, 1.0]).expect("shape");
    assert_close(&exponential(&n).expect("finite"), &e, 1e-15);
    assert_close(
        &exponential(&Matrix::diagonal(&[-700.0, 0.0, 1.0, 20.0])).expect("finite"),
        &Matrix::diagonal(&[(-700f64).exp(), 1.0, 1f64.exp(), 20f64.exp()]),
        1e-14,
    );
    // Similarity: exp(S D S⁻¹) = S exp(D) S⁻¹ with an orthogonal S; and exp(A) exp(−A) = 1.
    let s = column_pivoted_qr(&random(7, 7, 8)).expect("finite").q;
    let d = [-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 4.0];
    let conjugate = |d: &[f64]| {
        s.matmul(&Matrix::diagonal(d))
            .and_then(|m| m.matmul(&s.transpose()))
            .expect("shapes")
    };
    assert_close(
        &exponential(&conjugate(&d)).expect("finite"),
        &conjugate(&d.map(f64::exp)),
        1e-13,
    );
    let a = random(9, 9, 9);
    let product = exponential(&a)
        .expect("finite")
        .matmul(&exponential(&a.scaled(-1.0)).expect("finite"));
    assert_close(&product.expect("shapes"), &Matrix::identity(9), 1e-11);
}

#[allow(clippy::needless_range_loop)] // Indices of a matrix formula.
fn check_small<const N: usize>(a: [[f64; N]; N]) -> Result<(), TestCaseError> {
    let found = small_svd(&a).expect("converges");
    let scale = found.s[0];
    let dense = Matrix::from_fn(N, N, |i, j| a[i][j]);
    let reference = singular_values(&dense).expect("converges");
    for k in 0..N {
        prop_assert!((found.s[k] - reference[k]).abs() <= 1e-13 * scale);
        for l in 0..N {
            let back: f64 = (0..N)
                .map(|m| found.u[k][m] * found.s[m] * found.v[l][m])
                .sum();
            prop_assert!((back - a[k][l]).abs() <= 1e-13 * scale);
            let vv: f64 = (0..N).map(|i| found.v[i][k] * found.v[i][l]).sum();
            prop_assert!((vv - f64::from(k == l)).abs() <= 1e-13);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn jacobi_agrees_with_faer(a in prop::array::uniform5(prop::array::uniform5(-1.0f64..1.0)), power in -100i32..100) {
        check_small(a)?;
        check_small(a.map(|row| row.map(|x| x * 2f64.powi(power))))?;
        let mut deficient = a;
        deficient[4] = deficient[1];
        check_small(deficient)?;
    }

    #[test]
    fn jacobi_in_two_dimensions(a in prop::array::uniform2(prop::array::uniform2(-1.0f64..1.0))) {
        check_small(a)?;
        let s = small_svd(&a).expect("converges").s;
        let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
        prop_assert!((s[0] * s[1] - determinant.abs()).abs() < 1e-15);
    }
}

/// Graded columns: the small singular values keep their digits, which a bidiagonalisation need not grant.
#[test]
fn jacobi_keeps_relative_accuracy_of_graded_matrices() {
    // An orthogonal matrix times diag(1, 1e-9, 1e-18): the singular values are the diagonal.
    let q = column_pivoted_qr(&random(3, 3, 12)).expect("finite").q;
    let d = [1.0, 1e-9, 1e-18];
    let a: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| q[(i, j)] * d[j]));
    let found = small_svd(&a).expect("converges");
    for (s, d) in found.s.iter().zip(d) {
        assert!((s / d - 1.0).abs() < 1e-14, "{s} for {d}");
    }
    assert_eq!(small_svd(&[[0.0; 4]; 4]).expect("zero").s, [0.0; 4]);
    assert!(matches!(
        small_svd(&[[f64::INFINITY]]),
        Err(Error::NotFinite { .. })
    ));
    assert_eq!(
        small_svd_batch(&[[[2.0]], [[-3.0]]]).expect("finite")[1].s,
        [3.0]
    );
}

#[test]
fn positive_definite_systems_are_solved_and_others_refused() {
    let b = random(7, 5, 21);
    let a = b.transpose_matmul(&b).expect("shapes");
    let x: Vec<f64> = (0..5).map(|i| 1.0 + i as f64).collect();
    let right = a.apply(&x).expect("shapes");
    // Only the lower triangle is read.
    let lower = Matrix::from_fn(5, 5, |i, j| if j <= i { a[(i, j)] } else { 7.0 });
    let found = solve_positive(&lower, &right)
        .expect("numbers")
        .expect("positive");
    let error = found
        .iter()
        .zip(&x)
        .map(|(f, x)| (f - x).abs())
        .fold(0.0, f64::max);
    assert!(error <= 1e-10, "{error:e}");
    // The twins: indefinite, and of another size.
    let indefinite = Matrix::diagonal(&[1.0, -1.0]);
    assert_eq!(
        solve_positive(&indefinite, &[1.0, 1.0]).expect("numbers"),
        None
    );
    assert!(solve_positive(&a, &[1.0]).is_err());
}

/// Squares of these entries are no numbers; the singular values are those of the matrix in another unit.
#[test]
fn singular_values_have_any_size() {
    let a = random(3, 2, 5);
    let expected = svd(&a).expect("numbers");
    for unit in [1e200, 1e-200] {
        let large = a.scaled(unit);
        let found = svd(&large).expect("numbers");
        let values = singular_values(&large).expect("numbers");
        for (s, known) in found.s.iter().chain(&values).zip(expected.s.repeat(2)) {
            assert!((s / unit - known).abs() < 1e-13);
        }
        assert_orthonormal(&found.v);
    }
    // The twin: what is no number has none.
    let broken = a.scaled(f64::INFINITY);
    assert!(matches!(svd(&broken), Err(Error::NotFinite { .. })));
}
