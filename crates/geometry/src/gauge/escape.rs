//! Degenerate orbits: directions along which the vectors shrink and nothing grows.
//!
//! If the infimum of ½ Σ ‖e^X v_k‖² is not attained there is an X ∈ 𝔭 such that no v_k has a
//! component in a positive eigenspace of X and some have one in a negative eigenspace (Hilbert,
//! Mumford; \[KN79\]): along e^{tX} the latter shrink to zero. The search proposes such an X, from
//! where Newton's method runs to; what is reported has been verified on the vectors themselves.

use super::local::Local;
use super::solve::{Rows, solve};
use super::torus::Torus;

/// A verified direction without a minimum.
#[derive(Clone, Debug, PartialEq)]
pub struct Escape {
    /// X = Σ x_a A_a: field numbers and coefficients, the largest of them ±1.
    pub direction: Vec<(usize, f64)>,
    /// Coordinates of the vectors with a part that shrinks to zero along X.
    pub shrinking: Vec<usize>,
    /// The largest share of a vector, on one block of coordinates that X connects, in the positive
    /// eigenspaces of X: at most [`AGAINST`], and exactly 0 for diagonal X.
    pub against: f64,
    /// Norm of the part that shrinks.
    pub along: f64,
    /// The limit of ½ Σ ‖e^{tX} v_k‖² for t → ∞, all coordinates counted.
    pub infimum: f64,
}

/// Share in positive eigenspaces that counts as none: the proposal is exact to some 1e-8.
pub const AGAINST: f64 = 1e-7;
/// A logarithm of a square that fell by more is suspected of falling for ever (e⁻³ in the entry): a
/// suspicion costs a projection, and what it leads to is verified.
const SUSPECT: f64 = 6.0;
/// Magnitude of an exponent that counts as zero, the largest being 1.
const FLAT: f64 = 1e-8;
/// The same for eigenvalues of a proposed X, which carry its error.
pub(super) const FLAT_EIGENVALUE: f64 = 1e-3;

pub(super) fn half(v: impl Iterator<Item = f64>) -> f64 {
    v.map(|x| x * x).sum::<f64>() / 2.0
}

/// A field that only shrinks what it moves, with the sign that does so.
pub(super) fn single(local: &Local, vectors: &[Vec<f64>], a: usize, sign: f64) -> Escape {
    of_diagonal(local, vectors, vec![(a, sign)], |i| {
        local.entries(a).any(|(row, _, e)| row == i && e != 0.0)
    })
}

fn of_diagonal(
    local: &Local,
    vectors: &[Vec<f64>],
    direction: Vec<(usize, f64)>,
    shrinks: impl Fn(usize) -> bool,
) -> Escape {
    let nonzero = |i: &usize| vectors.iter().any(|v| v[*i] != 0.0);
    let (shrinking, rest): (Vec<usize>, Vec<usize>) = (0..local.coords.len())
        .filter(nonzero)
        .partition(|i| shrinks(*i));
    let over = |places: &[usize]| {
        vectors
            .iter()
            .map(|v| half(places.iter().map(|i| v[*i])))
            .sum::<f64>()
    };
    Escape {
        direction: direction
            .into_iter()
            .map(|(a, x)| (local.fields[a], x))
            .collect(),
        along: (2.0 * over(&shrinking)).sqrt(),
        infimum: over(&rest),
        shrinking: shrinking.into_iter().map(|i| local.coords[i]).collect(),
        against: 0.0,
    }
}

/// Where the solution x of a torus ran away, the direction it did along, and the field with the
/// largest part in it. The classes that did not shrink must be fixed by X exactly: x is projected
/// onto the null space of their exponents, and the others must then all shrink.
pub(super) fn of_torus(
    local: &Local,
    torus: &Torus,
    vectors: &[Vec<f64>],
    x: &[f64],
    free: &[bool],
) -> Option<(Escape, usize)> {
    let count = torus.classes.count();
    let mut fell: Vec<bool> = (0..count)
        .map(|c| 2.0 * torus.classes.dot(c, x) < -SUSPECT)
        .collect();
    let mut rows = torus.classes.clone();
    rows.unknown.iter().zip(&mut rows.value).for_each(|(a, e)| {
        if !free[*a as usize] {
            *e = 0.0;
        }
    });
    while fell.iter().any(|f| *f) {
        let direction = projected(&rows, &fell, x)?;
        let along = |c: usize| rows.dot(c, &direction);
        let wrong: Vec<usize> = (0..count).filter(|c| along(*c) > FLAT).collect();
        if wrong.is_empty() && (0..count).any(|c| along(c) < -FLAT) {
            let largest =
                (0..x.len()).max_by(|a, b| direction[*a].abs().total_cmp(&direction[*b].abs()))?;
            let coefficients = direction
                .iter()
                .enumerate()
                .filter(|(_, x)| x.abs() > FLAT)
                .map(|(a, x)| (a, *x))
                .collect();
            let shrinks = |i: usize| {
                let class = torus.class[i];
                class != usize::MAX && along(class) < -FLAT
            };
            return Some((of_diagonal(local, vectors, coefficients, shrinks), largest));
        }
        let still: Vec<usize> = wrong.into_iter().filter(|c| fell[*c]).collect();
        if still.is_empty() {
            return None;
        }
        still.into_iter().for_each(|c| fell[c] = false);
    }
    None
}

/// x without its part in the span of the rows that did not fall, largest entry 1; `None` where
/// nothing is left.
fn projected(rows: &Rows, fell: &[bool], x: &[f64]) -> Option<Vec<f64>> {
    let weight: Vec<f64> = fell.iter().map(|f| if *f { 0.0 } else { 1.0 }).collect();
    let size = x.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let mut left = x.to_vec();
    // Once more takes away what rounding left.
    for _ in 0..2 {
        let mut right = vec![0.0; x.len()];
        for (c, w) in weight.iter().enumerate() {
            let along = w * rows.dot(c, &left);
            rows.row(c).for_each(|(a, e)| right[a] += e * along);
        }
        let part = solve(rows, &weight, &right, 0.0).ok()?;
        left.iter_mut().zip(&part).for_each(|(l, p)| *l -= p);
    }
    let largest = left.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if largest <= FLAT_EIGENVALUE * size {
        return None;
    }
    left.iter_mut().for_each(|l| *l /= largest);
    Some(left)
}

/// Diagonal fields of a component of matrices that commute with all others and only shrink what
/// they move: they escape, and the others, an ideal beside them, keep their problem. Returns the
/// fields that stay.
pub(super) fn central(local: &Local, vectors: &[Vec<f64>]) -> (Vec<usize>, Vec<Escape>) {
    let all: Vec<usize> = (0..local.fields.len()).collect();
    let every = local.combination(&vec![1.0; all.len()]);
    let bonds: Vec<(usize, usize)> = every.positions().filter(|(i, j)| i != j).collect();
    let (mut keep, mut escapes) = (Vec::new(), Vec::new());
    let mut exponent = vec![0.0; local.coords.len()];
    for a in all {
        let diagonal = local.entries(a).all(|(i, j, _)| i == j);
        let mut sign = None;
        if diagonal {
            local.entries(a).for_each(|(i, _, e)| exponent[i] = e);
            let mut signs = local
                .entries(a)
                .filter(|(i, _, e)| *e != 0.0 && vectors.iter().any(|v| v[*i] != 0.0))
                .map(|e| e.2.signum());
            let first = signs.next();
            sign = first.filter(|f| signs.all(|s| s == *f));
            if bonds.iter().any(|(i, j)| exponent[*i] != exponent[*j]) {
                sign = None;
            }
            local.entries(a).for_each(|(i, ..)| exponent[i] = 0.0);
        }
        match sign {
            Some(sign) => escapes.push(single(local, vectors, a, -sign)),
            None => keep.push(a),
        }
    }
    (keep, escapes)
}
