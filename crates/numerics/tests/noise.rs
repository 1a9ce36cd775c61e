//! Ranks of matrices whose entries have known errors, in 16 and in 31 digits, on planted cases.

use symbias_numerics::Error;
use symbias_numerics::dense::{Matrix, column_pivoted_qr};
use symbias_numerics::extended::Extended;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{
    CLEAR_GAP, Clarity, ExactRowSpace, ExtendedRows, decide_above_noise, measured_nullspace,
    measured_rank,
};

fn random(rows: usize, cols: usize, seed: u64) -> Matrix {
    let mut a = Matrix::zeros(rows, cols);
    Stream::new(seed, 1, 0).normals_at(0, &mut a.data);
    a
}

fn uniform(rows: usize, cols: usize, error: f64) -> Matrix {
    Matrix::from_fn(rows, cols, |_, _| error)
}

/// A matrix with these singular values.
fn with_singular_values(rows: usize, cols: usize, values: &[f64]) -> Matrix {
    let k = values.len();
    let side = |n, seed| column_pivoted_qr(&random(n, k, seed)).expect("finite").q;
    side(rows, 3)
        .matmul(&Matrix::diagonal(values))
        .and_then(|m| m.matmul(&side(cols, 4).transpose()))
        .expect("shapes")
}

fn product(rows: usize, cols: usize, rank: usize) -> Matrix {
    random(rows, rank, 8)
        .matmul(&random(rank, cols, 9))
        .expect("shapes")
}

#[test]
fn clarity_of_given_magnitudes() {
    let judge = |m: &[f64], noise: f64| {
        let decision = decide_above_noise("given", m, 9, 9, noise);
        (decision.rank, decision.clarity)
    };
    assert_eq!(judge(&[], 1e-15), (0, Clarity::Clear));
    assert_eq!(judge(&[0.0, 0.0], 0.0), (0, Clarity::Clear));
    assert_eq!(judge(&[9e-16, 2e-16], 1e-15), (0, Clarity::Clear));
    assert_eq!(judge(&[1.0, 1e-3], 1e-15), (2, Clarity::Clear));
    assert_eq!(judge(&[1.0, 5e-14], 1e-15), (2, Clarity::Weak));
    assert_eq!(judge(&[1.0, 1e-12, 9e-16], 1e-15), (2, Clarity::Weak));
    assert_eq!(judge(&[1.0, 1e-11, 9e-16], 1e-15), (2, Clarity::Clear));
    assert_eq!(judge(&[1.0, 2e-14, 0.0], 1e-15), (2, Clarity::Clear));
    // Beside a zero of the structure any rounding is large.
    assert_eq!(judge(&[1.0, 9e-15, 0.0], 1e-15), (2, Clarity::Weak));
}

/// The same matrix but for the size of its smallest kept singular value: 10³ above what is dropped, and 10⁸.
#[test]
fn a_small_gap_is_weak_and_a_large_one_is_clear() {
    for (rows, cols) in [(40, 30), (30, 40), (12, 90), (330, 310)] {
        for (gap, clarity) in [(1e3, Clarity::Weak), (1e8, Clarity::Clear)] {
            let n = rows.min(cols);
            let dropped = 1e-13;
            let mut values = vec![1.0; n];
            values[n - 3] = gap * dropped;
            values[n - 2..].fill(dropped);
            let a = with_singular_values(rows, cols, &values);
            // The norm of the errors is a few times what is dropped.
            let each = 5.0 * dropped / ((rows * cols) as f64).sqrt();
            let decision = measured_rank("planted", &a, &uniform(rows, cols, each * a.max_abs()))
                .expect("decided");
            assert_eq!(decision.rank, n - 2, "{rows}x{cols}: {decision}");
            assert_eq!(decision.clarity, clarity, "{rows}x{cols}: {decision}");
            assert!(
                decision.gap > gap / 20.0 && decision.gap < gap * 20.0,
                "{decision}"
            );
            assert_eq!(decision.is_clear(CLEAR_GAP), clarity == Clarity::Clear);
        }
    }
}

/// What rounding alone made has rank 0 beside rows of any size; the twin, the same numbers known exactly, has not.
#[test]
fn rounding_has_no_rank() {
    let mut a = random(20, 15, 1);
    let mut errors = a.scaled(1e-16);
    for i in 10..20 {
        for (x, e) in a.row_mut(i).iter_mut().zip(errors.row_mut(i)) {
            (*x, *e) = (*x * 1e-17, 1e-16);
        }
    }
    let decision = measured_rank("half of it rounding", &a, &errors).expect("decided");
    assert_eq!(
        (decision.rank, decision.clarity),
        (10, Clarity::Clear),
        "{decision}"
    );
    let exact = measured_rank("twin", &a, &a.scaled(1e-16)).expect("decided");
    assert_eq!((exact.rank, exact.clarity), (15, Clarity::Clear), "{exact}");
    let rounding = random(20, 15, 2).scaled(1e-17);
    let decision = measured_rank("all rounding", &rounding, &uniform(20, 15, 1e-16));
    let decision = decision.expect("decided");
    assert_eq!(
        (decision.rank, decision.clarity),
        (0, Clarity::Clear),
        "{decision}"
    );
}

/// Units of rows and columns change neither the rank nor the gap much, and the null space follows.
#[test]
fn units_do_not_decide() {
    for (rows, cols, rank) in [(40, 30, 21), (10, 60, 7), (320, 330, 305), (50, 400, 50)] {
        let a = product(rows, cols, rank);
        let scale = |i: usize, seed: u64| {
            2f64.powi(Stream::new(seed, 0, 0).below_at(i as u64, 80) as i32 - 40)
        };
        let scaled = Matrix::from_fn(rows, cols, |i, j| a[(i, j)] * scale(i, 5) * scale(j, 6));
        let top = a.max_abs();
        let errors = |scales: bool| {
            Matrix::from_fn(rows, cols, |i, j| {
                1e-15
                    * top
                    * if scales {
                        scale(i, 5) * scale(j, 6)
                    } else {
                        1.0
                    }
            })
        };
        let (plain, _) = measured_nullspace("plain", &a, &errors(false)).expect("decided");
        let (decision, basis) =
            measured_nullspace("scaled", &scaled, &errors(true)).expect("decided");
        assert_eq!(
            (decision.rank, decision.clarity),
            (rank, Clarity::Clear),
            "{decision}"
        );
        assert_eq!(
            (plain.rank, plain.clarity),
            (rank, Clarity::Clear),
            "{plain}"
        );
        assert_eq!((basis.rows, basis.cols), (cols, cols - rank));
        // Rows of A x are zero to the rounding of their largest term.
        for i in 0..rows {
            let largest = scaled.row(i).iter().fold(0.0f64, |top, a| top.max(a.abs()));
            for j in 0..basis.cols {
                let image: f64 = (0..cols).map(|k| scaled[(i, k)] * basis[(k, j)]).sum();
                assert!(
                    image.abs() < 1e-11 * largest,
                    "{rows}x{cols}: {image:e} of {largest:e}"
                );
            }
        }
        let gram = basis.transpose_matmul(&basis).expect("shapes");
        let identity = Matrix::identity(basis.cols);
        assert!(gram.add_scaled(-1.0, &identity).expect("square").norm() < 1e-11);
    }
}

#[test]
fn a_row_without_bound_says_nothing() {
    let a = Matrix::identity(3);
    let mut errors = uniform(3, 3, 1e-16);
    errors[(1, 0)] = f64::INFINITY;
    let decision = measured_rank("unsure", &a, &errors).expect("decided");
    assert_eq!((decision.rank, decision.clarity), (2, Clarity::Weak));
    let wrong = measured_rank("shapes", &a, &uniform(2, 3, 0.0));
    assert!(matches!(wrong, Err(Error::Shape { .. })));
    let mut bad = a;
    bad[(0, 2)] = f64::NAN;
    let bad = measured_rank("bad", &bad, &uniform(3, 3, 0.0));
    assert!(matches!(bad, Err(Error::NotFinite { row: 0, col: 2, .. })));
}

/// 1/(i + j + 1): singular values fall to 2.6e-17 at n = 12, which 16 digits cannot tell from 0 and 31 can.
#[test]
fn hilbert_needs_more_digits() {
    let n = 12;
    let entry = |i: usize, j: usize| Extended::ONE / Extended::from((i + j + 1) as f64);
    let a = Matrix::from_fn(n, n, |i, j| entry(i, j).high());
    let sixteen = measured_rank("Hilbert", &a, &a.scaled(1e-16)).expect("decided");
    assert!(
        sixteen.rank < n && sixteen.clarity == Clarity::Weak,
        "{sixteen}"
    );
    let mut rows = ExtendedRows::new(n);
    for i in 0..n {
        let row: Vec<Extended> = (0..n).map(|j| entry(i, j)).collect();
        rows.push(&row, None).expect("as many entries");
    }
    let decision = rows.rank("Hilbert").expect("decided");
    assert_eq!(
        (decision.rank, decision.clarity),
        (n, Clarity::Clear),
        "{decision}"
    );
}

/// A rank of products of integers, with one direction that is only 1e-20 strong, in any units.
#[test]
fn extended_ranks_and_null_spaces() {
    for (m, n, r) in [(20, 15, 9), (9, 40, 6), (60, 60, 60), (5, 3, 0)] {
        let (left, right) = (random(m, r, 1), random(r, n, 2));
        let weak = r.saturating_sub(1);
        let mut rows = ExtendedRows::new(n);
        for i in 0..m {
            let entry = |j: usize| {
                (0..r).fold(Extended::ZERO, |sum, k| {
                    let term = Extended::product(left[(i, k)], right[(k, j)]);
                    sum + if k == weak { term * 1e-20 } else { term }
                }) * 2f64.powi((3 * j) as i32 % 40)
            };
            let row: Vec<Extended> = (0..n).map(entry).collect();
            rows.push(&row, None).expect("as many entries");
        }
        let (decision, basis) = rows.nullspace("planted").expect("decided");
        assert_eq!(
            (decision.rank, decision.clarity),
            (r, Clarity::Clear),
            "{decision}"
        );
        assert_eq!((basis.rows, basis.cols), (n, n - r));
        for j in 0..basis.cols {
            let unit: f64 = (0..n).map(|k| basis[(k, j)].powi(2)).sum();
            assert!((unit - 1.0).abs() < 1e-12);
            for k in 0..r {
                let units = |l: usize| 2f64.powi((3 * l) as i32 % 40);
                let terms: Vec<f64> = (0..n)
                    .map(|l| right[(k, l)] * units(l) * basis[(l, j)])
                    .collect();
                let size: f64 = terms.iter().map(|x| x.abs()).sum();
                assert!(
                    terms.iter().sum::<f64>().abs() <= 1e-9 * size,
                    "row {k} of {m}x{n}"
                );
            }
        }
    }
    // The twin: known to 16 digits only, the weak direction is noise.
    let mut rows = ExtendedRows::new(2);
    for row in [[1.0, 1.0], [1.0, 1.0 + 1e-14]] {
        rows.push(&row.map(Extended::from), Some(&[1e-13; 2]))
            .expect("two entries");
    }
    assert_eq!(rows.rank("twin").expect("decided").rank, 1);
    assert!(rows.push(&[Extended::ONE], None).is_err());
}

#[test]
fn exact_rows_in_numbers_are_rows_one_by_one() {
    for (rows, cols, rank) in [(90, 77, 77), (100, 120, 70), (10, 200, 10), (130, 65, 40)] {
        let stream = Stream::new(4, rows as u64, 0);
        let small = |seed: usize, i: usize, j: usize| {
            Fp::from_i64(stream.below_at((seed + i * 500 + j) as u64, 19) as i64 - 9)
        };
        let row = |i: usize| -> Vec<Fp<MERSENNE61>> {
            (0..cols)
                .map(|j| {
                    (0..rank)
                        .map(|k| small(0, i, k) * small(90_000, k, j))
                        .sum()
                })
                .collect()
        };
        let mut single: ExactRowSpace = ExactRowSpace::new(cols);
        for i in 0..rows {
            single.insert(&mut row(i));
        }
        let mut all: ExactRowSpace = ExactRowSpace::new(cols);
        assert_eq!(all.insert_all((0..rows).map(row), cols), rank);
        assert_eq!((all.rank(), all.pivots()), (single.rank(), single.pivots()));
        assert_eq!(all.nullspace(), single.nullspace());
        // A bound that is reached ends the search; one below the rank too, which is the caller's word.
        let mut asked = 0;
        let mut bounded: ExactRowSpace = ExactRowSpace::new(cols);
        let counted = (0..rows).map(|i| {
            asked += 1;
            row(i)
        });
        assert_eq!(bounded.insert_all(counted, rank / 2), rank / 2);
        assert_eq!(bounded.rows_seen(), rank / 2);
        assert_eq!(asked, rank / 2);
    }
    let mut full: ExactRowSpace = ExactRowSpace::new(1);
    assert!(full.insert(&mut [Fp::ONE]) && !full.insert(&mut [Fp::ONE]));
    assert_eq!(full.rows_seen(), 2);
}

/// Rows that say nothing new are told by one product each: among hundreds of them none is taken, and none that is new is missed.
#[test]
fn exact_rows_that_are_rare_are_found_among_many() {
    let cols = 60;
    let stream = Stream::new(9, 0, 0);
    let entry = |row: usize, j: usize| -> Fp<MERSENNE61> {
        Fp::from_i64(stream.below_at((row * 100 + j) as u64, 2001) as i64 - 1000)
    };
    // One of twenty basis vectors is met in every fiftieth row only, and the last in the last.
    let row = |i: usize| -> Vec<Fp<MERSENNE61>> {
        let rare = if i % 50 == 49 { 10 + i / 50 } else { i % 10 };
        let common = Fp::from_i64(i as i64 + 1);
        (0..cols)
            .map(|j| entry(rare, j) + common * entry(i % 7, j))
            .collect()
    };
    for batch in [1, 3, 500] {
        let mut space: ExactRowSpace = ExactRowSpace::new(cols);
        let mut grown = 0;
        for first in (0..500).step_by(batch) {
            grown += space.insert_all((first..500.min(first + batch)).map(row), cols);
        }
        assert_eq!((space.rank(), grown, space.rows_seen()), (20, 20, 500));
        assert!(space.contains(&row(499)));
        let other: Vec<Fp<MERSENNE61>> = (0..cols).map(|j| entry(90, j)).collect();
        assert_eq!(space.insert_all([&other], cols), 1, "the twin is new");
    }
}

/// Rows that repeat have roundings that repeat: the decomposition of 256 rows of six kinds invents no seventh.
#[test]
fn rows_that_repeat_are_no_more_than_they_are() {
    for seed in 0..200 {
        let mut stream = Stream::new(seed, 0, 5);
        // Sizes over three decades, as of a function and its units.
        let kinds: Vec<Vec<f64>> = (0..7)
            .map(|k| {
                let size = 10_f64.powf(-f64::from(k % 3) * 1.5);
                (0..27).map(|_| size * stream.next_normal()).collect()
            })
            .collect();
        let matrix = |last: f64| {
            let row = |i: usize| match i {
                255 => kinds[0]
                    .iter()
                    .zip(&kinds[6])
                    .map(|(a, b)| a + last * b)
                    .collect(),
                _ => kinds[i % 6].clone(),
            };
            Matrix::from_vec(256, 27, (0..256).flat_map(row).collect::<Vec<f64>>())
                .expect("a matrix")
        };
        let none = Matrix::zeros(256, 27);
        let rank = |last: f64| {
            measured_rank("repeated", &matrix(last), &none)
                .expect("decided")
                .rank
        };
        assert_eq!(rank(0.0), 6, "seed {seed}");
        assert_eq!(
            rank(1e-9),
            7,
            "the twin: a row that differs in the ninth digit"
        );
    }
}

/// A magnitude that stands barely above the noise may be rounding, however small what was dropped is.
#[test]
fn a_gap_above_zeros_of_the_structure_is_no_fact() {
    let matrix = |last: f64| {
        let entry = |i: usize, j: usize| match (i, j) {
            (1, 1) => last,
            (1, 0) | (0, 0) => 1.0,
            _ => 0.0,
        };
        Matrix::from_fn(6, 4, entry)
    };
    let error = 1e-9;
    let errors = Matrix::from_fn(6, 4, |i, _| if i < 2 { error } else { 0.0 });
    let decision = |last: f64| measured_rank("barely", &matrix(last), &errors).expect("decided");
    for last in [1e-3, 1e-5] {
        let clear = decision(last);
        assert!(clear.rank == 2 && clear.is_certain(), "the twin: {clear}");
    }
    let noise = decision(0.0);
    assert_eq!(noise.rank, 1);
    let barely = (0..60)
        .map(|k| decision(error * 1.3_f64.powi(k)))
        .find(|d| d.rank == 2)
        .expect("a rank of two");
    assert!(barely.gap >= 1e4 && !barely.is_certain(), "{barely}");
}
