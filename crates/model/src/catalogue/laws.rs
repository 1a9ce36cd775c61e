//! The laws of theory §5 and the balanced Gram determinants of §6 as functions of w, written from
//! their derivation: R = ½ log pdet K + ½ log det Γ_𝔭 − ½ log pdet Γ_𝔨 on the slice, ½ log pdet K for
//! horizontal noise, both at the balanced point.
//!
//! * A weight z = ⊗ a_k^{⊗m_k}, a_k of n_k numbers, M = Σ m_k, t = ‖z‖: balanced at ‖a_k‖² = m_k c with
//!   c^M Π m_k^{m_k} = t². K stretches z by M t²/c along itself and every other direction of its image by t²/c.
//! * W = PQ of rank r with singular values s: Γ = Π_ij (s_i + s_j), and K has s_i + s_j, and s_i for each
//!   of the m + n − 2r directions out of its range.
//! * W = W_D ⋯ W_1 through hidden layers of width r: the same with S_ij = Σ_{k<D} s_i^{2k/D} s_j^{2(D−1−k)/D},
//!   and s_i^{2(D−1)/D} out of the range.

/// The hyperbolic entropy.
pub(super) const ENTROPY: &str =
    "sum [w asinh(2w/c)/2 - sqrt(c^2 + 4w^2)/4 + c/4], c = |u^2 - v^2|";

/// Its value.
pub(super) fn entropy(u: &[f64], v: &[f64]) -> f64 {
    let q = |(u, v): (&f64, &f64)| {
        let (w, c) = (u * v, (u * u - v * v).abs());
        w * (2.0 * w / c).asinh() / 2.0 - (c * c + 4.0 * w * w).sqrt() / 4.0 + c / 4.0
    };
    u.iter().zip(v).map(q).sum()
}

/// A weight that is a product of vectors and their powers.
pub(super) struct Term {
    /// m_k.
    powers: Vec<f64>,
    /// Dimension of the image: 1 + Σ (n_k − 1).
    dimension: f64,
    /// ‖a_k‖².
    squares: Vec<f64>,
}

impl Term {
    /// From m_k, n_k and ‖a_k‖².
    pub fn new(powers: &[f64], sizes: &[f64], squares: Vec<f64>) -> Term {
        Term {
            powers: powers.to_vec(),
            dimension: 1.0 + sizes.iter().map(|n| n - 1.0).sum::<f64>(),
            squares,
        }
    }

    /// log t² and log c.
    fn sizes(&self) -> (f64, f64) {
        let pairs = || self.powers.iter().zip(&self.squares);
        let square: f64 = pairs().map(|(m, a)| m * a.ln()).sum();
        let weights: f64 = self.powers.iter().map(|m| m * m.ln()).sum();
        (square, (square - weights) / self.powers.iter().sum::<f64>())
    }

    /// log pdet K.
    fn metric(&self) -> f64 {
        let (square, c) = self.sizes();
        self.powers.iter().sum::<f64>().ln() + self.dimension * (square - c)
    }

    /// log det Γ. With all m_k = 1, Σ_jΠ_{i≠j}A_i = N c^{N−1}; for (1, m) the generator that scales the
    /// second by a and the first by a^{−m} has A_2 + m²A_1 = (m + m²)c.
    fn gram(&self) -> f64 {
        let c = self.sizes().1;
        match self.powers.as_slice() {
            [1.0, m] if *m != 1.0 => (m + m * m).ln() + c,
            all => (all.len() as f64).ln() + (all.len() as f64 - 1.0) * c,
        }
    }
}

pub(super) fn balanced(terms: &[Term]) -> f64 {
    terms.iter().map(Term::gram).sum()
}

pub(super) fn slice(terms: &[Term]) -> f64 {
    horizontal(terms) + balanced(terms) / 2.0
}

pub(super) fn horizontal(terms: &[Term]) -> f64 {
    terms.iter().map(Term::metric).sum::<f64>() / 2.0
}

/// Σ_{i<j} log(s_i + s_j).
fn sums(s: &[f64]) -> f64 {
    (0..s.len())
        .flat_map(|i| s[i + 1..].iter().map(move |y| (s[i] + y).ln()))
        .sum()
}

fn logs(s: &[f64], factor: f64) -> f64 {
    s.iter().map(|s| (factor * s).ln()).sum()
}

pub(super) fn pair_balanced(s: &[f64]) -> f64 {
    logs(s, 2.0) + 2.0 * sums(s)
}

/// `rest` is m + n − 2r.
pub(super) fn pair_slice(s: &[f64], rest: f64) -> f64 {
    rest / 2.0 * logs(s, 1.0) + logs(s, 2.0) + sums(s)
}

pub(super) fn pair_horizontal(s: &[f64], rest: f64) -> f64 {
    rest / 2.0 * logs(s, 1.0) + logs(s, 2.0) / 2.0 + sums(s)
}

/// ½ log det Γ_𝔭 − ½ log det Γ_𝔨, the slice law with respect to the volume of the quotient.
pub(super) fn pair_quotient(s: &[f64]) -> f64 {
    logs(s, 2.0) / 2.0
}

/// log S_ij for one pair.
fn link(x: f64, y: f64, depth: f64) -> f64 {
    let term = |k: u32| {
        let k = f64::from(k);
        x.powf(2.0 * k / depth) * y.powf(2.0 * (depth - 1.0 - k) / depth)
    };
    (0..depth as u32).map(term).sum::<f64>().ln()
}

pub(super) fn chain_balanced(s: &[f64], depth: f64) -> f64 {
    s.iter()
        .flat_map(|x| s.iter().map(move |y| link(*x, *y, depth)))
        .sum()
}

/// `rest` is m + n − 2r.
pub(super) fn chain_slice(s: &[f64], depth: f64, rest: f64) -> f64 {
    let own: f64 = s.iter().map(|x| link(*x, *x, depth)).sum();
    let out = 2.0 * (depth - 1.0) / depth * rest * logs(s, 1.0);
    (chain_balanced(s, depth) + own + out) / 2.0
}

/// ½ log pdet K of S = XXᵀ (n × n of rank at most r) and ½ log pdet Γ of so(r), x the squared singular
/// values of X, all min(n, r): Π_{i≤j} 2(x_i + x_j) and Π_{i<j} (x_i + x_j)/2, pairs of zeros left out.
pub(super) fn square_volumes(x: &[f64], n: usize, r: usize) -> [f64; 2] {
    let zeros = |all: usize| (all - x.len()) as f64;
    let (mut metric, mut orbit) = (0.0, 0.0);
    for (i, a) in x.iter().enumerate() {
        metric += (4.0 * a).ln() + zeros(n) * (2.0 * a).ln();
        orbit += zeros(r) * (a / 2.0).ln();
        for b in &x[i + 1..] {
            metric += (2.0 * (a + b)).ln();
            orbit += ((a + b) / 2.0).ln();
        }
    }
    [metric / 2.0, orbit / 2.0]
}
