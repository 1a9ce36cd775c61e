//! Dense linear algebra on rows of numbers: products, Jacobi's eigenvalue method, Gauss's
//! elimination, exponentials.

/// A matrix, row by row.
pub type Rows = Vec<Vec<f64>>;

pub fn zeros(n: usize, m: usize) -> Rows {
    vec![vec![0.0; m]; n]
}

pub fn identity(n: usize) -> Rows {
    let mut a = zeros(n, n);
    (0..n).for_each(|i| a[i][i] = 1.0);
    a
}

pub fn transposed(a: &Rows) -> Rows {
    (0..a.first().map_or(0, Vec::len))
        .map(|j| a.iter().map(|r| r[j]).collect())
        .collect()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub fn product(a: &Rows, b: &Rows) -> Rows {
    let b = transposed(b);
    a.iter()
        .map(|r| b.iter().map(|c| dot(r, c)).collect())
        .collect()
}

pub fn apply(a: &Rows, x: &[f64]) -> Vec<f64> {
    a.iter().map(|r| dot(r, x)).collect()
}

/// a + c b.
pub fn sum(a: &Rows, c: f64, b: &Rows) -> Rows {
    let row = |(x, y): (&Vec<f64>, &Vec<f64>)| x.iter().zip(y).map(|(x, y)| x + c * y).collect();
    a.iter().zip(b).map(row).collect()
}

pub fn scaled(a: &Rows, c: f64) -> Rows {
    a.iter()
        .map(|r| r.iter().map(|x| c * x).collect())
        .collect()
}

/// tr(aᵀb).
pub fn inner(a: &Rows, b: &Rows) -> f64 {
    a.iter().zip(b).map(|(x, y)| dot(x, y)).sum()
}

/// Eigenvalues of a symmetric matrix, largest first, with eigenvectors as rows: Jacobi's rotations.
pub fn eigen(a: &Rows) -> (Vec<f64>, Rows) {
    let n = a.len();
    let (mut a, mut v) = (a.clone(), identity(n));
    for _ in 0..60 {
        let mut off = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p][q];
                off += apq.abs();
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * apq);
                let sign = if theta < 0.0 { -1.0 } else { 1.0 };
                let t = sign / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
                for m in [&mut a, &mut v] {
                    let (first, second) = m.split_at_mut(q);
                    for (x, y) in first[p].iter_mut().zip(&mut second[0]) {
                        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                    }
                }
            }
        }
        if off == 0.0 {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| a[*j][*j].total_cmp(&a[*i][*i]));
    (
        order.iter().map(|i| a[*i][*i]).collect(),
        order.iter().map(|i| v[*i].clone()).collect(),
    )
}

/// f of a symmetric matrix.
pub fn function(a: &Rows, f: impl Fn(f64) -> f64) -> Rows {
    let (values, vectors) = eigen(a);
    let n = a.len();
    let entry = |i: usize, j: usize| {
        let terms = values.iter().zip(&vectors);
        terms.map(|(x, v)| f(*x) * v[i] * v[j]).sum()
    };
    (0..n)
        .map(|i| (0..n).map(|j| entry(i, j)).collect())
        .collect()
}

/// Relative size below which an eigenvalue of a Gram matrix is rounding.
const ZERO: f64 = 1e-11;

/// log of the product of the eigenvalues of a Gram matrix that do not vanish.
pub fn log_pdet(a: &Rows) -> f64 {
    let (values, _) = eigen(a);
    let least = ZERO * values.first().copied().unwrap_or(0.0);
    values.iter().filter(|x| **x > least).map(|x| x.ln()).sum()
}

/// The pseudo-inverse of a Gram matrix.
pub fn pseudo_inverse(a: &Rows) -> Rows {
    let least = ZERO * eigen(a).0.first().copied().unwrap_or(0.0);
    function(a, |x| if x > least { 1.0 / x } else { 0.0 })
}

/// Singular values, largest first, all min(n, m) of them.
pub fn singular(a: &Rows) -> Vec<f64> {
    let small = if a.len() <= a[0].len() {
        product(a, &transposed(a))
    } else {
        product(&transposed(a), a)
    };
    eigen(&small).0.iter().map(|x| x.max(0.0).sqrt()).collect()
}

/// |det a| and the solution of a x = b, by elimination with pivots.
pub fn eliminate(a: &Rows, b: &[f64]) -> (f64, Vec<f64>) {
    let n = a.len();
    let mut rows: Rows = a
        .iter()
        .zip(b)
        .map(|(r, b)| r.iter().copied().chain([*b]).collect())
        .collect();
    let mut det = 1.0;
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|i, j| rows[*i][k].abs().total_cmp(&rows[*j][k].abs()))
            .expect("a row");
        rows.swap(k, pivot);
        det *= rows[k][k].abs();
        let head = rows[k].clone();
        for row in rows.iter_mut().skip(k + 1) {
            let c = row[k] / head[k];
            row.iter_mut().zip(&head).for_each(|(x, y)| *x -= c * y);
        }
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * x[j]).sum();
        x[k] = (rows[k][n] - known) / rows[k][k];
    }
    (det, x)
}

pub fn determinant(a: &Rows) -> f64 {
    eliminate(a, &vec![0.0; a.len()]).0
}

/// e^a, by squaring of Taylor's series.
pub fn exponential(a: &Rows) -> Rows {
    let size = inner(a, a).sqrt();
    let halvings = (size.max(1e-3).log2().ceil() as i32 + 4).max(0);
    let small = scaled(a, 0.5_f64.powi(halvings));
    let (mut whole, mut term) = (identity(a.len()), identity(a.len()));
    for k in 1..18 {
        term = scaled(&product(&term, &small), 1.0 / f64::from(k));
        whole = sum(&whole, 1.0, &term);
    }
    for _ in 0..halvings {
        whole = product(&whole, &whole);
    }
    whole
}

/// Rank of vectors, by orthogonalisation with pivots.
pub fn rank(vectors: &Rows) -> usize {
    let mut rest = vectors.clone();
    let largest = |v: &Rows| v.iter().map(|x| dot(x, x)).fold(0.0, f64::max);
    let first = largest(&rest);
    let mut found = 0;
    while largest(&rest) > 1e-18 * first {
        let size = largest(&rest);
        let at = rest.iter().position(|x| dot(x, x) == size).expect("it");
        let e: Vec<f64> = rest[at].iter().map(|x| x / size.sqrt()).collect();
        for v in &mut rest {
            for _ in 0..2 {
                let c = dot(v, &e);
                v.iter_mut().zip(&e).for_each(|(x, y)| *x -= c * y);
            }
        }
        found += 1;
    }
    found
}
