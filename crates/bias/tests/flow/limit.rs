//! Selected solutions: the conditions of the minimum in extended precision, flows to long times,
//! pseudo-inverses, and vertices by enumeration.

use super::common::{close, distance, model, norm, normals, samples, task};
use symbias_bias::flow::{Claim, Mirror, Readout, Regression, Stop, When, predictions, sparsest};
use symbias_numerics::dense::{Matrix, least_squares};

fn problem(seed: u64, rows: usize, cols: usize) -> (Matrix, Vec<f64>) {
    let x = normals(seed, rows * cols, 1.0);
    let matrix = Matrix::from_fn(rows, cols, |i, j| x[i * cols + j]);
    (matrix, normals(seed + 100, rows, 1.0))
}

fn regression(matrix: &Matrix, y: &[f64]) -> Regression {
    let readout = Readout {
        matrix: matrix.clone(),
        offset: vec![0.0; matrix.rows],
    };
    Regression::new(readout, y.to_vec(), matrix.rows as f64).expect("a loss")
}

fn start(seed: u64, n: usize, depth: usize, std: f64) -> Mirror {
    let theta = normals(seed, n * depth, std);
    let factors: Vec<Vec<f64>> = theta.chunks(depth).map(<[f64]>::to_vec).collect();
    Mirror::of(&factors)
}

/// Σ a_i b_i − c in twice the working precision (Ogita, Rump, Oishi 2005).
#[allow(clippy::disallowed_methods)]
fn exact_dot(a: &[f64], b: &[f64], c: f64) -> f64 {
    let (mut sum, mut rest) = (-c, 0.0);
    for (a, b) in a.iter().zip(b) {
        let product = a * b;
        rest += a.mul_add(*b, -product);
        let next = sum + product;
        let back = next - sum;
        rest += (sum - (next - back)) + (product - back);
        sum = next;
    }
    sum + rest
}

/// Largest errors of Xw = y, and of ∇Q(w) − ∇Q(w₀) = Xᵀλ for the best λ.
fn conditions(mirror: &Mirror, x: &Matrix, y: &[f64], w: &[f64]) -> (f64, f64) {
    let fit = (0..x.rows).map(|m| exact_dot(x.row(m), w, y[m]).abs());
    let (z, z0) = (
        mirror.dual(w).expect("a dual"),
        mirror.dual(&mirror.start()).expect("a dual"),
    );
    let change: Vec<f64> = z.iter().zip(&z0).map(|(a, b)| a - b).collect();
    let b = Matrix::from_fn(change.len(), 1, |i, _| change[i]);
    let lambda = least_squares(&x.transpose(), &b)
        .expect("multipliers")
        .column(0);
    let off = (0..x.cols).map(|i| exact_dot(&x.column(i), &lambda, change[i]).abs());
    (fit.fold(0.0, f64::max), off.fold(0.0, f64::max))
}

#[test]
fn the_conditions_of_the_minimum_hold() {
    for (depth, std) in [
        (1, 1.0),
        (2, 0.5),
        (2, 1e-2),
        (2, 1e-5),
        (3, 0.5),
        (3, 0.05),
        (4, 0.4),
    ] {
        let (x, y) = problem(7, 6, 15);
        let mirror = start(9, 15, depth, std);
        let loss = regression(&x, &y);
        let found = mirror.selected(&loss).expect("a solution");
        assert_eq!(found.stop, Stop::Reached, "{depth} {std}: {found:?}");
        let (fit, off) = conditions(&mirror, &x, &y, &found.weights);
        let size = norm(&mirror.dual(&found.weights).expect("a dual"));
        assert!(fit < 1e-12, "{depth} {std}: fit {fit:.1e}");
        assert!(
            off < 1e-11 * size.max(1.0),
            "{depth} {std}: {off:.1e} of {size:.1e}"
        );
        // The multipliers are those of the rows of X.
        let z = mirror.dual(&found.weights).expect("a dual");
        let z0 = mirror.dual(&mirror.start()).expect("a dual");
        for i in 0..15 {
            let expected = z[i] - z0[i];
            assert!(
                exact_dot(&x.column(i), &found.multipliers, expected).abs() < 1e-10 * size.max(1.0)
            );
        }
        // Twins: the fits of other norms do not satisfy the second condition.
        let least = mirror
            .euclidean()
            .selected(&loss)
            .expect("a solution")
            .weights;
        if depth > 1 {
            assert!(
                conditions(&mirror, &x, &y, &least).1 > 1e-3 * size,
                "{depth} {std}"
            );
            let divergence = |w: &[f64]| mirror.divergence(w).expect("a divergence");
            assert!(divergence(&found.weights) < divergence(&least));
        }
    }
}

#[test]
fn the_flow_ends_at_the_selected_solution() {
    for (depth, std) in [(1, 1.0), (2, 0.5), (2, 1e-2), (3, 0.5)] {
        let (x, y) = problem(11, 5, 12);
        let (mirror, loss) = (start(3, 12, depth, std), regression(&x, &y));
        let selected = mirror.selected(&loss).expect("a solution").weights;
        let path = mirror.flow_of(&loss, &[1e2, 1e9], 1e-11).expect("a path");
        assert!(path.is_complete(), "{path:?}");
        let error = distance(&path.weights[1], &selected);
        assert!(error < 1e-9, "depth {depth}, std {std}: {error:.1e}");
        if depth == 2 {
            let other = mirror.with_charges_times(10.0).expect("a leaf");
            let other = other.selected(&loss).expect("a solution").weights;
            assert!(distance(&other, &selected) > 1e-4);
        }
    }
}

#[test]
fn without_charges_and_products_it_is_the_pseudo_inverse() {
    let (x, y) = problem(21, 4, 9);
    let (mirror, loss) = (start(2, 9, 2, 0.7), regression(&x, &y));
    let found = mirror.euclidean().selected(&loss).expect("a solution");
    // w₀ + Xᵀ(XXᵀ)⁻¹(y − Xw₀).
    let w0 = mirror.start();
    let rest: Vec<f64> = (0..4)
        .map(|m| y[m] - exact_dot(x.row(m), &w0, 0.0))
        .collect();
    let gram = x.matmul(&x.transpose()).expect("a Gram matrix");
    let b = Matrix::from_fn(4, 1, |i, _| rest[i]);
    let lambda = least_squares(&gram, &b).expect("multipliers").column(0);
    let expected: Vec<f64> = (0..9)
        .map(|i| w0[i] + exact_dot(&x.column(i), &lambda, 0.0))
        .collect();
    assert!(distance(&found.weights, &expected) < 1e-12);
    assert!(found.iterations <= 2);
    let leaf = mirror.selected(&loss).expect("a solution");
    assert!(distance(&leaf.weights, &expected) > 1e-2);
}

#[test]
fn dependent_and_inconsistent_equations_have_a_least_squares_fit() {
    // Row 3 is the sum of the first two: consistent, and then not.
    let (mut x, mut y) = problem(31, 4, 8);
    for j in 0..8 {
        x.row_mut(3)[j] = x.row(0)[j] + x.row(1)[j];
    }
    y[3] = y[0] + y[1];
    let mirror = start(5, 8, 2, 0.3);
    let consistent = mirror.selected(&regression(&x, &y)).expect("a solution");
    assert_eq!(regression(&x, &y).rank().rank, 3);
    assert_eq!(consistent.stop, Stop::Reached);
    let three = Matrix::from_fn(3, 8, |i, j| x.row(i)[j]);
    let same = mirror
        .selected(&regression(&three, &y[..3]))
        .expect("a solution");
    assert!(distance(&consistent.weights, &same.weights) < 1e-11);
    // More equations than weights: the normal equations, and no freedom.
    let (x, y) = problem(33, 12, 5);
    for depth in [1, 2, 3] {
        let mirror = start(6, 5, depth, 0.8);
        let found = mirror.selected(&regression(&x, &y)).expect("a fit");
        let b = Matrix::from_fn(12, 1, |i, _| y[i]);
        let expected = least_squares(&x, &b).expect("a fit").column(0);
        assert_eq!(found.stop, Stop::Reached, "{found:?}");
        assert!(distance(&found.weights, &expected) < 1e-11);
    }
}

#[test]
fn an_infimum_that_is_not_attained_is_reported() {
    // Two balanced factors keep w > 0, and the data ask for w < 0.
    let mirror = Mirror::of(&[vec![0.5, 0.5]]);
    let x = Matrix::from_vec(1, 1, vec![1.0]).expect("a matrix");
    let found = mirror
        .selected(&regression(&x, &[-1.0]))
        .expect("an attempt");
    assert_ne!(found.stop, Stop::Reached);
    assert!(found.residual > 0.5);
    let twin = Mirror::of(&[vec![0.5, 0.6]]);
    let found = twin.selected(&regression(&x, &[-1.0])).expect("a solution");
    close(found.weights[0], -1.0, 1e-12);
}

/// The least ‖w‖₁ over all basic solutions.
fn least_vertex(x: &Matrix, y: &[f64]) -> Vec<f64> {
    let (m, n) = (x.rows, x.cols);
    let mut best: Option<Vec<f64>> = None;
    for subset in 0_u32..1 << n {
        if subset.count_ones() as usize != m {
            continue;
        }
        let chosen: Vec<usize> = (0..n).filter(|i| subset >> i & 1 == 1).collect();
        let basis = Matrix::from_fn(m, m, |i, k| x.row(i)[chosen[k]]);
        let b = Matrix::from_fn(m, 1, |i, _| y[i]);
        let Ok(solution) = least_squares(&basis, &b) else {
            continue;
        };
        let mut w = vec![0.0; n];
        chosen
            .iter()
            .enumerate()
            .for_each(|(k, i)| w[*i] = solution.row(k)[0]);
        let size = |w: &[f64]| w.iter().map(|x| x.abs()).sum::<f64>();
        if best.as_ref().is_none_or(|b| size(&w) < size(b)) {
            best = Some(w);
        }
    }
    best.expect("a basis")
}

#[test]
fn the_sparsest_fit_is_the_best_vertex() {
    for seed in 41..49 {
        let (x, y) = problem(seed, 3, 9);
        let found = sparsest(&regression(&x, &y)).expect("a fit");
        let expected = least_vertex(&x, &y);
        assert_eq!(found.stop, Stop::Reached, "{found:?}");
        let error = distance(&found.weights, &expected);
        assert!(error < 1e-9, "seed {seed}: {error:.1e}");
        assert!(found.residual < 1e-11);
        // The dual certificate, and the twin: least squares is not sparse.
        for i in 0..9 {
            assert!(exact_dot(&x.column(i), &found.multipliers, 0.0).abs() < 1.0 + 1e-9);
        }
        let dual: f64 = y.iter().zip(&found.multipliers).map(|(a, b)| a * b).sum();
        close(dual, expected.iter().map(|w| w.abs()).sum(), 1e-9);
        let plain = start(1, 9, 1, 0.0)
            .selected(&regression(&x, &y))
            .expect("a fit");
        assert!(distance(&plain.weights, &expected) > 1e-2);
    }
}

/// \[W20\]: small starts select the least ‖w‖₁, large ones the least distance.
#[test]
fn the_limits_of_the_charges_are_the_norms() {
    let (x, y) = problem(51, 4, 10);
    let loss = regression(&x, &y);
    let l1 = sparsest(&loss).expect("a fit").weights;
    let mut before = f64::INFINITY;
    for scale in [1e-1, 1e-3, 1e-6, 1e-12] {
        // w₀ = 0 with c = scale.
        let mirror = Mirror::of(&vec![vec![0.0, scale]; 10]);
        let found = mirror.selected(&loss).expect("a fit");
        assert_eq!(found.stop, Stop::Reached, "{scale}: {found:?}");
        let now = distance(&found.weights, &l1);
        assert!(now < before, "{scale}: {now}");
        before = now;
    }
    assert!(before < 2e-2, "{before}");
    let mirror = Mirror::of(&vec![vec![0.0, 1e3]; 10]);
    let found = mirror.selected(&loss).expect("a fit").weights;
    let l2 = mirror.euclidean().selected(&loss).expect("a fit").weights;
    assert!(distance(&found, &l2) < 1e-6);
    assert!(distance(&found, &l1) > 1e-2);
}

#[test]
fn predictions_come_by_name_and_time() {
    let hadamard = model("hadamard");
    let theta = normals(1, 32, 0.2);
    let (leaf, loss) = task(&hadamard, &theta, &samples(&hadamard, 6));
    let all = predictions(&leaf.mirror, &loss, &[1.0, 10.0]).expect("predictions");
    let names: Vec<String> = all
        .iter()
        .filter(|p| p.when == When::Limit)
        .map(|p| p.claim.name())
        .collect();
    assert_eq!(names, ["leaf", "charges x 10", "charges x 0.1", "l2", "l1"]);
    assert_eq!(all.len(), 4 * 3 + 1);
    assert!(all.iter().all(|p| p.stop == Stop::Reached), "{all:?}");
    let leaf_at_ten = all
        .iter()
        .find(|p| p.claim == Claim::Leaf && p.when == When::Time(10.0))
        .expect("a prediction");
    assert!(leaf_at_ten.distance(&leaf_at_ten.weights) == 0.0);
    assert!(leaf_at_ten.distance(&[]).is_infinite());
    // A plain linear model has no charges to change.
    let plain = start(1, 16, 1, 0.5);
    let all = predictions(&plain, &loss, &[1.0]).expect("predictions");
    assert!(
        all.iter()
            .all(|p| !matches!(p.claim, Claim::ChargesTimes(_)))
    );
}
