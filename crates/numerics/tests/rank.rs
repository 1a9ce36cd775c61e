//! Ranks: decisions on planted cases, floating against exact, null spaces by their definition.

use proptest::prelude::*;
use symbias_numerics::Error;
use symbias_numerics::dense::{Matrix, column_pivoted_qr};
use symbias_numerics::field::{Fp, SECOND61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{
    ExactRowSpace, RankOptions, RowSpace, decide, nullspace, rank, reconstruct, schwartz_zippel,
};

fn random(rows: usize, cols: usize, seed: u64) -> Matrix {
    let mut a = Matrix::zeros(rows, cols);
    Stream::new(seed, 1, 0).normals_at(0, &mut a.data);
    a
}

/// rows × cols of rank r, as a product of random factors.
fn planted(rows: usize, cols: usize, r: usize, seed: u64) -> Matrix {
    random(rows, r, seed)
        .matmul(&random(r, cols, seed + 1))
        .expect("shapes")
}

#[test]
fn decisions_on_given_magnitudes() {
    let options = RankOptions::default();
    let rank_of = |m: &[f64]| decide("magnitudes", m, 10, 10, options).rank;
    assert_eq!(rank_of(&[]), 0);
    assert_eq!(rank_of(&[0.0, 0.0]), 0);
    assert_eq!(rank_of(&[3.0, 2.0, 1.0]), 3);
    assert_eq!(rank_of(&[3.0, 1e-3, 0.0]), 2);
    assert_eq!(rank_of(&[1.0, 1e-10, 1e-17]), 2);
    let plain = decide("one dropped", &[1.0, 0.5, 1e-16], 10, 10, options);
    assert_eq!((plain.rank, plain.gap), (2, 0.5 / 1e-16));
    assert!(plain.tolerance > 1e-16 && plain.tolerance < 1e-13);
    assert_eq!(
        decide("nothing dropped", &[1.0, 0.5], 2, 2, options).gap,
        f64::INFINITY
    );
    assert_eq!(
        decide("exact zeros", &[1.0, 0.0], 2, 2, options).gap,
        f64::INFINITY
    );
    // Threshold 1.8e-14. A cluster of noise that straddles it is dropped as one, at the gap above it …
    let noise = decide(
        "noise",
        &[1.0, 0.9, 3e-14, 2e-14, 1e-14, 5e-15],
        10,
        10,
        options,
    );
    assert_eq!(
        noise.rank, 4,
        "the gap above the cluster lies outside of the window: the threshold stands"
    );
    let near = decide(
        "noise",
        &[1.0, 5e-12, 3e-14, 2.5e-14, 1e-14],
        10,
        10,
        options,
    );
    assert_eq!(near.rank, 2);
    assert!(near.gap > 100.0 && near.tolerance > 3e-14);
    // … and a small true value below the threshold is kept when noise is far below.
    assert_eq!(rank_of(&[1.0, 1.5e-13, 1.5e-14, 2e-17]), 3);
    // A clearer gap above it is the cut, however far the noise below.
    assert_eq!(rank_of(&[1.0, 1e-2, 1.5e-14, 2e-17]), 2);
}

#[test]
fn a_cluster_across_the_threshold_is_marked_by_its_gap() {
    let cut = decide(
        "noise",
        &[1.0, 0.9, 3e-14, 2e-14, 1e-14, 5e-15],
        10,
        10,
        RankOptions::default(),
    );
    assert!(cut.gap < 10.0 && !cut.is_clear(1e3));
}

#[test]
fn planted_ranks_and_null_spaces() {
    let shapes = [
        (1, 1, 1),
        (5, 8, 3),
        (40, 30, 25),
        (30, 40, 30),
        (200, 50, 50),
        (350, 310, 290),
        (320, 400, 300),
    ];
    for (m, n, r) in shapes {
        let a = planted(m, n, r, (m + n) as u64);
        let (decision, basis) = nullspace("planted", &a).expect("decided");
        assert_eq!(
            (decision.rank, decision.nullity()),
            (r, n - r),
            "{decision}"
        );
        assert_eq!(rank("planted", &a).expect("decided").rank, r);
        assert!(decision.is_clear(1e6), "{decision}");
        assert_eq!((basis.rows, basis.cols), (n, n - r));
        let image = a.matmul(&basis).expect("shapes");
        assert!(
            image.norm() <= 1e-13 * a.norm() * (1.0 + n as f64).sqrt(),
            "{m}x{n}: {:e}",
            image.norm()
        );
        let gram = basis.transpose_matmul(&basis).expect("shapes");
        assert!(
            gram.add_scaled(-1.0, &Matrix::identity(n - r))
                .expect("square")
                .norm()
                < 1e-12
        );
    }
}

#[test]
fn degenerate_shapes() {
    for n in [0, 3, 400] {
        let (decision, basis) = nullspace("no rows", &Matrix::zeros(0, n)).expect("decided");
        assert_eq!((decision.rank, basis.cols), (0, n));
        let (decision, basis) = nullspace("zeros", &Matrix::zeros(5, n)).expect("decided");
        assert_eq!((decision.rank, basis.cols), (0, n));
        assert_eq!(
            rank("zeros", &Matrix::zeros(5, n)).expect("decided").rank,
            0
        );
    }
    let mut a = random(3, 3, 1);
    a[(1, 2)] = f64::INFINITY;
    assert!(matches!(
        rank("bad", &a),
        Err(Error::NotFinite { row: 1, col: 2, .. })
    ));
    assert!(matches!(nullspace("bad", &a), Err(Error::NotFinite { .. })));
}

/// Small columns and hidden dependence: a graded spectrum down to 1e-9 is kept, noise at 1e-16 is not.
#[test]
fn graded_spectrum() {
    for n in [20, 330] {
        let (u, v) = (
            column_pivoted_qr(&random(n, n, 3)).expect("q").q,
            column_pivoted_qr(&random(n, n, 4)).expect("q").q,
        );
        let s: Vec<f64> = (0..n)
            .map(|i| {
                if i < n - 5 {
                    10f64.powf(-9.0 * i as f64 / n as f64)
                } else {
                    0.0
                }
            })
            .collect();
        let a = u
            .matmul(&Matrix::diagonal(&s))
            .and_then(|m| m.matmul(&v.transpose()))
            .expect("shapes");
        let decision = rank("graded", &a).expect("decided");
        assert_eq!(decision.rank, n - 5, "{decision}");
    }
}

#[test]
fn rows_added_until_the_rank_stops() {
    let (cols, true_rank) = (24, 17);
    let mut space = RowSpace::new(cols);
    let right = random(true_rank, cols, 5);
    let mut ranks = Vec::new();
    for block in 0..30 {
        let left = random(5, true_rank, 100 + block);
        space
            .push_rows(&left.matmul(&right).expect("shapes"))
            .expect("finite");
        ranks.push(space.rank("growing").expect("decided").rank);
    }
    assert_eq!(ranks[..5], [5, 10, 15, 17, 17]);
    assert!(ranks[4..].iter().all(|&r| r == true_rank));
    assert_eq!(space.rows_seen(), 150);
    let (decision, basis) = space.nullspace("grown").expect("decided");
    assert_eq!((decision.rows, basis.cols), (150, 7));
    assert!(right.matmul(&basis).expect("shapes").norm() < 1e-12);
    assert!(matches!(
        space.push_rows(&random(2, 23, 1)),
        Err(Error::Shape { .. })
    ));
}

/// Rank over the rationals by fraction-free elimination in i128, for tiny matrices.
fn rank_by_bareiss(a: &[Vec<i64>]) -> usize {
    let mut m: Vec<Vec<i128>> = a
        .iter()
        .map(|row| row.iter().map(|&x| x as i128).collect())
        .collect();
    let (rows, cols) = (m.len(), m[0].len());
    let (mut rank, mut previous) = (0, 1);
    for col in 0..cols {
        let Some(pivot) = (rank..rows).find(|&i| m[i][col] != 0) else {
            continue;
        };
        m.swap(rank, pivot);
        for i in rank + 1..rows {
            for j in col + 1..cols {
                m[i][j] = (m[i][j] * m[rank][col] - m[i][col] * m[rank][j]) / previous;
            }
            m[i][col] = 0;
        }
        previous = m[rank][col];
        rank += 1;
        if rank == rows {
            break;
        }
    }
    rank
}

fn exact_agrees<const P: u64>(a: &[Vec<i64>]) -> Result<(), TestCaseError> {
    let cols = a[0].len();
    let mut space = ExactRowSpace::<P>::new(cols);
    let mut grown = 0;
    for row in a {
        let original: Vec<Fp<P>> = row.iter().map(|&x| Fp::from_i64(x)).collect();
        let mut rest = original.clone();
        grown += usize::from(space.insert(&mut rest));
        prop_assert!(space.contains(&original));
    }
    prop_assert_eq!(space.rank(), rank_by_bareiss(a));
    prop_assert_eq!(space.rank(), grown);
    let basis = space.nullspace();
    prop_assert_eq!(basis.len(), cols - space.rank());
    let pivots = space.pivots();
    let free: Vec<usize> = (0..cols).filter(|col| !pivots.contains(col)).collect();
    for (k, x) in basis.iter().enumerate() {
        for row in a {
            let image: Fp<P> = row.iter().zip(x).map(|(&a, &x)| Fp::from_i64(a) * x).sum();
            prop_assert!(image.is_zero());
        }
        for (l, &col) in free.iter().enumerate() {
            prop_assert_eq!(x[col], Fp::from_i64(i64::from(k == l)));
        }
    }
    Ok(())
}

proptest! {
    /// Entries in −2..2 and rows repeated, so that deficient ranks are common.
    #[test]
    fn exact_ranks_agree_with_bareiss(
        base in prop::collection::vec(prop::collection::vec(-2i64..3, 7), 1..6),
        picks in prop::collection::vec((0usize..6, 0usize..6, -2i64..3), 1..10),
    ) {
        let rows: Vec<Vec<i64>> = picks
            .iter()
            .map(|&(i, j, c)| {
                let (a, b) = (&base[i % base.len()], &base[j % base.len()]);
                a.iter().zip(b).map(|(a, b)| a + c * b).collect()
            })
            .collect();
        exact_agrees::<{ symbias_numerics::field::MERSENNE61 }>(&rows)?;
        exact_agrees::<SECOND61>(&rows)?;
    }
}

/// Several blocks of pivots and sparse rows whose pivots come in a shuffled order; exact against floating.
#[test]
fn exact_agrees_with_floating_on_larger_matrices() {
    let (rows, cols) = (150, 131);
    for (seed, density, rank_bound) in [(1, 1.0, 97), (2, 0.1, 120), (3, 0.03, 131)] {
        let stream = Stream::new(seed, 0, 0);
        let base = Matrix::from_fn(rank_bound, cols, |i, j| {
            let at = (i * cols + j) as u64;
            if stream.uniform_at(2 * at) < density {
                stream.below_at(2 * at + 1, 19) as f64 - 9.0
            } else {
                0.0
            }
        });
        let mix = Matrix::from_fn(rows, rank_bound, |i, j| {
            let offset = (j + rank_bound - i % rank_bound) % rank_bound;
            if offset < 2 { 1.0 + offset as f64 } else { 0.0 }
        });
        let a = mix.matmul(&base).expect("shapes");
        let mut space: ExactRowSpace = ExactRowSpace::new(cols);
        for i in 0..rows {
            space.insert(
                &mut a
                    .row(i)
                    .iter()
                    .map(|&x| Fp::from_i64(x as i64))
                    .collect::<Vec<_>>(),
            );
        }
        let floating = rank("mixed", &a).expect("decided");
        assert_eq!(space.rank(), floating.rank, "{floating}");
        for x in space.nullspace() {
            for i in 0..rows {
                let image: Fp = a
                    .row(i)
                    .iter()
                    .zip(&x)
                    .map(|(&a, &x)| Fp::from_i64(a as i64) * x)
                    .sum();
                assert!(image.is_zero());
            }
        }
    }
}

#[test]
fn null_vectors_become_rationals() {
    // x + 2y + 3z = 0, 4x − y + z = 0: null vector (−5, −11, 9)/9 with z = 1.
    let mut space: ExactRowSpace = ExactRowSpace::new(3);
    for row in [[1, 2, 3], [4, -1, 1]] {
        space.insert(&mut row.map(Fp::from_i64));
    }
    let fractions: Vec<_> = space.nullspace()[0]
        .iter()
        .map(|&x| reconstruct(x))
        .collect();
    assert_eq!(fractions, [Some((-5, 9)), Some((-11, 9)), Some((1, 1))]);
    let decision = space.decision("two planes", Some(schwartz_zippel(2, 61, 1)));
    assert!(decision.exact && decision.rank == 2 && decision.is_clear(1e9));
    assert!(decision.to_string().contains("rank 2 of 2x3"), "{decision}");
}

#[test]
fn schwartz_zippel_bound() {
    assert_eq!(schwartz_zippel(8, 10, 1), 8.0 / 1024.0);
    assert_eq!(schwartz_zippel(8, 10, 2), (8.0f64 / 1024.0).powi(2));
    assert_eq!(schwartz_zippel(5000, 10, 3), 1.0);
    assert!(schwartz_zippel(1000, 61, 1) < 1e-15);
}
