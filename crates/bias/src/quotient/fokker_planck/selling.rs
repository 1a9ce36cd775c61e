//! A symmetric positive 2×2 matrix as Σ_k λ_k v_k v_kᵀ with integer vectors and λ_k ≥ 0: the directions in
//! which a diffusion with cross terms jumps between cells, so that every rate is a rate.
//!
//! Selling's reduction: a superbase e_0 + e_1 + e_2 = 0 of ℤ² that is obtuse for D has
//! D = −Σ_{i<j} ⟨e_i, D e_j⟩ v_k v_kᵀ, v_k the vector at right angles to e_k.
//!
//! Source: Conway, Sloane, *Low-dimensional lattices VI*, 1992; for diffusions Bonnans, Ottenwaelter,
//! Zidani, *A fast algorithm for the two dimensional HJB equation of stochastic control*, 2004.

/// A direction and its weight.
pub(super) type Direction = ([i64; 2], f64);

/// Cells that a direction may reach over, at most.
const REACH: i64 = 3;
/// Shares of the cross term that are given up, one after another, until the directions are near.
const GIVEN_UP: [f64; 8] = [0.0, 1e-3, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0];
/// Steps of the reduction, at most: each makes the vectors longer.
const STEPS: usize = 64;
/// Products of this size relative to the diagonal are zero.
const ZERO: f64 = 1e-14;

/// The directions of [[a, b], [b, c]], and the share of b that was given up because they would reach
/// further than three cells: noise that is almost one-dimensional, across the grid.
pub(super) fn directions(a: f64, b: f64, c: f64) -> ([Direction; 3], f64) {
    for share in GIVEN_UP {
        if let Some(found) = reduced(a, b * (1.0 - share), c) {
            return (found, share);
        }
    }
    ([([1, 0], a), ([0, 1], c), ([1, 1], 0.0)], 1.0)
}

fn reduced(a: f64, b: f64, c: f64) -> Option<[Direction; 3]> {
    let product = |p: [i64; 2], q: [i64; 2]| {
        let [p0, p1] = p.map(|x| x as f64);
        let [q0, q1] = q.map(|x| x as f64);
        a * p0 * q0 + b * (p0 * q1 + p1 * q0) + c * p1 * q1
    };
    let zero = ZERO * (a.abs() + c.abs());
    let mut e = [[1, 0], [0, 1], [-1, -1]];
    for _ in 0..STEPS {
        let acute = (0..3).find(|k| product(e[(k + 1) % 3], e[(k + 2) % 3]) > zero);
        let Some(k) = acute else {
            let weight = |k: usize| (-product(e[(k + 1) % 3], e[(k + 2) % 3])).max(0.0);
            let across = |k: usize| [-e[k][1], e[k][0]];
            let found = [0, 1, 2].map(|k| (across(k), weight(k)));
            let near = |d: &Direction| d.1 == 0.0 || d.0.iter().all(|x| x.abs() <= REACH);
            return found.iter().all(near).then_some(found);
        };
        let (p, q) = (e[(k + 1) % 3], e[(k + 2) % 3]);
        e = [[-p[0], -p[1]], q, [p[0] - q[0], p[1] - q[1]]];
        if e.iter().flatten().any(|x| x.abs() > 4 * REACH) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(found: &[Direction]) -> [f64; 3] {
        let term = |i: usize, j: usize| {
            let each = found.iter().map(|(v, l)| l * (v[i] * v[j]) as f64);
            each.sum::<f64>()
        };
        [term(0, 0), term(0, 1), term(1, 1)]
    }

    /// The decomposition adds up, for matrices of every anisotropy that three cells reach.
    #[test]
    fn directions_add_up() {
        let cases = [
            [1.0, 0.0, 1.0],
            [1.0, 0.4, 1.0],
            [1.0, -0.4, 2.0],
            [1.0, 0.9, 1.0],
            [4.0, 1.9, 1.0],
            [1.0, -1.5, 3.0],
            [0.0, 0.0, 2.0],
            [4.0, 2.0, 1.0],
        ];
        for [a, b, c] in cases {
            let (found, share) = directions(a, b, c);
            assert!(
                share == 0.0 && found.iter().all(|d| d.1 >= 0.0),
                "{found:?}"
            );
            let [x, y, z] = sum(&found);
            let error = (x - a).abs() + (y - b).abs() + (z - c).abs();
            assert!(error < 1e-12, "{a} {b} {c}: {found:?}");
        }
    }

    /// The twin: the nine-point stencil with the axes alone has a negative weight there.
    #[test]
    fn the_simple_stencil_would_not_do() {
        let (a, b, c) = (4.0_f64, 1.9_f64, 1.0_f64);
        assert!(c - b.abs() < 0.0 && a - b.abs() > 0.0);
    }

    /// Noise along (1, √2/10 …) reaches too far, and is made rounder, which is said.
    #[test]
    fn what_reaches_too_far_is_made_rounder() {
        let (x, y) = (1.0, 0.0931);
        let (found, share) = directions(x * x, x * y, y * y);
        assert!(
            share > 0.0 && found.iter().all(|d| d.1 >= 0.0),
            "{found:?} {share}"
        );
        let [a, b, c] = sum(&found);
        assert!((a - x * x).abs() < 1e-12 && (c - y * y).abs() < 1e-12);
        assert!((b - x * y * (1.0 - share)).abs() < 1e-12);
    }
}
