//! Norms of a component as a whole, by factors that its entries share (theory §7.1): w_i = u_i η_i(t)^{−1/2}, t_g = s_g², whose least
//! ½(‖u‖² + ‖s‖²) is min_{t ≥ 0} ½ Σ w_i² η_i(t) + ½ Σ t_g.
//!
//! η_i = 1/(Mt)_i, M ≥ 0: the latent group norm min{Σ_g ‖v_g‖_{M_g} : Σ_g v_g = w}, ‖v‖²_{M_g} = Σ_i v_i²/M_ig (Obozinski, Jacob and Vert,
//! 2011; the quadratic form is that of Micchelli, Morales and Pontil, 2013). η_i = Σ_g B_ig²/t_g: the sum of overlapping norms
//! Σ_g ‖B_g w‖, each ½(‖B_g w‖²/t_g + t_g) at its least.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_numerics::minimise::{Stop, minimise};

/// How entries share factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// An entry is a sum over its groups: w_i = u_i √(Σ_g M_ig s_g²).
    Latent,
    /// An entry is penalised in each of its groups: w_i = u_i (Σ_g B_ig² s_g^{−2})^{−1/2}.
    Overlapping,
}

/// A norm of this kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Structured {
    /// How.
    pub sharing: Sharing,
    /// Groups.
    pub groups: usize,
    /// √M, or B: a row of groups for each entry.
    pub factors: Vec<f64>,
}

/// Entries below this part of the largest have no share in a norm.
const NONE: f64 = 1e-14;
/// Shares below this part of the largest are those of groups that are 0, where entries below 1e-9 of the largest are.
const IDLE: f64 = 1e-11;
/// The least t_g of a lift, over the largest: overlapping groups divide by s_g.
const FLOOR: f64 = 1e-18;
/// Steps of the search for shares, and for the nearest subgradient.
const STEPS: usize = 20_000;

fn squared(x: f64) -> f64 {
    x * x
}

/// The entries that are not 0 beside the largest.
fn significant(w: &[f64]) -> Vec<f64> {
    let top = w.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let kept = |x: &f64| if x.abs() > NONE * top { *x } else { 0.0 };
    w.iter().map(kept).collect()
}

impl Structured {
    /// Entries of the component.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.factors.len() / self.groups.max(1)
    }

    /// M_ig, or B_ig².
    fn weight(&self, i: usize, g: usize) -> f64 {
        squared(self.factors[i * self.groups + g])
    }

    /// The norm of some entries, where all others are 0, by the groups that these have.
    #[must_use]
    pub fn restricted(&self, entries: &[usize]) -> Structured {
        let touched = |g: &usize| entries.iter().any(|i| self.weight(*i, *g) > 0.0);
        let kept: Vec<usize> = (0..self.groups).filter(touched).collect();
        Structured {
            sharing: self.sharing,
            groups: kept.len(),
            factors: entries
                .iter()
                .flat_map(|i| kept.iter().map(move |g| self.factors[i * self.groups + g]))
                .collect(),
        }
    }

    /// η_i(t); 0 for entries that are 0, whatever t.
    fn scales(&self, w: &[f64], t: &[f64]) -> Vec<f64> {
        let one = |(i, w): (usize, &f64)| {
            let weights = (0..self.groups).map(|g| self.weight(i, g));
            let pairs = weights.zip(t).filter(|(m, _)| *m > 0.0);
            match self.sharing {
                _ if *w == 0.0 => 0.0,
                Sharing::Latent => 1.0 / pairs.map(|(m, t)| m * t).sum::<f64>(),
                Sharing::Overlapping => pairs.map(|(m, t)| m / t).sum(),
            }
        };
        w.iter().enumerate().map(one).collect()
    }

    /// t at the least of ½ Σ w_i² η_i(t) + ½ Σ t_g: ‖B_g w‖, or by descent in s = √t.
    #[must_use]
    pub fn shares(&self, w: &[f64]) -> Vec<f64> {
        let own = |g: usize| {
            let squares = w.iter().enumerate();
            squares
                .map(|(i, w)| self.weight(i, g) * w * w)
                .sum::<f64>()
                .sqrt()
        };
        let norms: Vec<f64> = (0..self.groups).map(own).collect();
        let top = norms.iter().fold(0.0_f64, |m, x| m.max(*x));
        if self.sharing == Sharing::Overlapping || top == 0.0 {
            return norms;
        }
        // In units in which the largest is 1; groups without an entry stay at 0.
        let size = w.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let w: Vec<f64> = significant(w).iter().map(|x| x / size).collect();
        let touched = |g: &usize| (0..w.len()).any(|i| w[i] != 0.0 && self.weight(i, *g) > 0.0);
        let used: Vec<usize> = (0..self.groups).filter(touched).collect();
        let shares = |s: &[f64]| {
            let mut t = vec![0.0; self.groups];
            used.iter().zip(s).for_each(|(g, s)| t[*g] = s * s);
            t
        };
        let mut f = |s: &[f64], slope: &mut [f64]| {
            let eta = self.scales(&w, &shares(s));
            let scaled: Vec<f64> = w.iter().zip(&eta).map(|(w, e)| squared(w * e)).collect();
            for ((g, s), d) in used.iter().zip(s).zip(slope) {
                let gain: f64 = scaled
                    .iter()
                    .enumerate()
                    .map(|(i, x)| self.weight(i, *g) * x)
                    .sum();
                *d = s * (1.0 - gain);
            }
            let first: f64 = w.iter().zip(&eta).map(|(w, e)| w * w * e).sum();
            (first + s.iter().map(|s| s * s).sum::<f64>()) / 2.0
        };
        let mut s: Vec<f64> = used.iter().map(|g| (norms[*g] / top).sqrt()).collect();
        let stop = Stop {
            gradient: 1e-13,
            decrease: 0.0,
            steps: STEPS,
        };
        minimise(&mut f, &mut s, stop);
        let mut t = shares(&s);
        t.iter_mut().for_each(|t| *t *= size);
        t
    }

    /// R(w).
    #[must_use]
    pub fn norm(&self, w: &[f64]) -> f64 {
        let t = self.shares(w);
        let eta = match self.sharing {
            Sharing::Overlapping => return t.iter().sum(),
            Sharing::Latent => self.scales(&significant(w), &t),
        };
        let first: f64 = w.iter().zip(&eta).map(|(w, e)| w * w * e).sum();
        (first + t.iter().sum::<f64>()) / 2.0
    }

    /// The dual norm: max_g √(Σ_i M_ig d_i²); of overlapping norms an upper bound, with each entry dealt to its groups by weight.
    #[must_use]
    pub fn dual(&self, d: &[f64]) -> f64 {
        let dealt: Vec<f64> = (0..d.len())
            .map(|i| (0..self.groups).map(|g| self.weight(i, g)).sum::<f64>())
            .collect();
        let one = |g: usize| {
            let each = d.iter().enumerate().map(|(i, d)| match self.sharing {
                Sharing::Latent => self.weight(i, g) * d * d,
                Sharing::Overlapping => self.weight(i, g) * squared(d / dealt[i]),
            });
            each.sum::<f64>().sqrt()
        };
        (0..self.groups).map(one).fold(0.0, f64::max)
    }

    /// s_g and u_i of w, with s_g² = t_g + 2C; the first are never 0.
    #[must_use]
    pub fn lift(&self, w: &[f64], charge: f64) -> [Vec<f64>; 2] {
        let t = self.shares(w);
        let top = t.iter().fold(0.0_f64, |m, x| m.max(*x));
        let floor = FLOOR * if top > 0.0 { top } else { 1.0 };
        let t: Vec<f64> = t.iter().map(|t| (t + 2.0 * charge).max(floor)).collect();
        let eta = self.scales(w, &t);
        let u = w.iter().zip(&eta).map(|(w, e)| w * e.sqrt()).collect();
        [u, t.iter().map(|t| t.sqrt()).collect()]
    }

    /// The element of −λ∂R(w) next to g. Where w is not 0 there is one; where no group of an entry has a share, the entries of g are
    /// taken back to where the dual norm allows (latent; at most as far as the nearest), or projected (overlapping).
    #[must_use]
    pub fn nearest(&self, w: &[f64], g: &[f64], lambda: f64) -> Vec<f64> {
        let mut t = self.shares(w);
        let top = t.iter().fold(0.0_f64, |m, x| m.max(*x));
        let fixed: Vec<f64> = w
            .iter()
            .zip(self.scales(w, &t))
            .map(|(w, e)| -lambda * w * e)
            .collect();
        t.iter_mut()
            .filter(|t| **t < IDLE * top)
            .for_each(|t| *t = 0.0);
        let active = |i: usize| (0..self.groups).any(|k| self.weight(i, k) > 0.0 && t[k] > 0.0);
        match self.sharing {
            Sharing::Latent => {
                let free: Vec<bool> = (0..w.len()).map(|i| !active(i)).collect();
                let share = (0..self.groups).filter(|k| t[*k] == 0.0).map(|k| {
                    let sum = |v: &[f64], of: bool| -> f64 {
                        let own = (0..w.len()).filter(|i| free[*i] == of);
                        own.map(|i| self.weight(i, k) * v[i] * v[i]).sum()
                    };
                    let asked = sum(g, true);
                    match asked > 0.0 {
                        true => ((lambda * lambda - sum(&fixed, false)).max(0.0) / asked).sqrt(),
                        false => 1.0,
                    }
                });
                let share = share.fold(1.0, f64::min);
                let each = (0..w.len()).map(|i| if free[i] { share * g[i] } else { fixed[i] });
                each.collect()
            }
            Sharing::Overlapping => self.projected(w, g, (&t, &fixed), lambda),
        }
    }

    /// −λ Σ_g B_g ξ_g next to g over ‖ξ_g‖ ≤ 1 of the groups that are 0, by the accelerated projected gradient of Beck and Teboulle (2009).
    fn projected(
        &self,
        w: &[f64],
        d: &[f64],
        (t, fixed): (&[f64], &[f64]),
        lambda: f64,
    ) -> Vec<f64> {
        let zero: Vec<usize> = (0..self.groups).filter(|g| t[*g] == 0.0).collect();
        let n = w.len();
        let factor = |i: usize, g: usize| self.factors[i * self.groups + g];
        let made = |xi: &[f64]| -> Vec<f64> {
            let sum = |i: usize| -> f64 {
                let each = zero.iter().enumerate();
                each.map(|(k, g)| factor(i, *g) * xi[k * n + i]).sum()
            };
            (0..n).map(|i| -lambda * sum(i)).collect()
        };
        let row = |i: usize| zero.iter().map(|g| self.weight(i, *g)).sum::<f64>();
        let steep = squared(lambda) * (0..n).map(row).fold(0.0, f64::max);
        let mut xi = vec![0.0; zero.len() * n];
        if steep == 0.0 {
            return fixed.to_vec();
        }
        let (mut ahead, mut pace) = (xi.clone(), 1.0_f64);
        for _ in 0..STEPS / 10 {
            let off: Vec<f64> = made(&ahead).iter().zip(d).map(|(m, d)| m - d).collect();
            let mut next = ahead.clone();
            for (k, g) in zero.iter().enumerate() {
                let own = &mut next[k * n..(k + 1) * n];
                for (i, x) in own.iter_mut().enumerate() {
                    *x += lambda * factor(i, *g) * off[i] / steep;
                }
                let size = own.iter().map(|x| x * x).sum::<f64>().sqrt();
                own.iter_mut().for_each(|x| *x /= size.max(1.0));
            }
            let faster = (1.0 + (1.0 + 4.0 * pace * pace).sqrt()) / 2.0;
            let push = (pace - 1.0) / faster;
            ahead = next
                .iter()
                .zip(&xi)
                .map(|(a, b)| a + push * (a - b))
                .collect();
            (xi, pace) = (next, faster);
        }
        let beside = made(&xi);
        (0..n)
            .map(|i| if w[i] == 0.0 { beside[i] } else { fixed[i] })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_group_is_a_norm_and_one_group_per_entry_is_a_sum() {
        let of = |sharing, groups, factors: &[f64]| Structured {
            sharing,
            groups,
            factors: factors.to_vec(),
        };
        let w = [3.0, -4.0];
        for sharing in [Sharing::Latent, Sharing::Overlapping] {
            assert!((of(sharing, 1, &[1.0, 1.0]).norm(&w) - 5.0).abs() < 1e-12);
            assert!((of(sharing, 2, &[1.0, 0.0, 0.0, 1.0]).norm(&w) - 7.0).abs() < 1e-12);
        }
        // A weight of 2 halves the entry of a latent group, and doubles it in one that overlaps.
        assert!((of(Sharing::Latent, 1, &[2.0, 1.0]).norm(&w) - 18.25_f64.sqrt()).abs() < 1e-12);
        assert!((of(Sharing::Overlapping, 1, &[2.0, 1.0]).norm(&w) - 52_f64.sqrt()).abs() < 1e-12);
        // Both at once: the pair or each alone, the cheaper; and the sum of all.
        let both = [1.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        assert!((of(Sharing::Latent, 3, &both).norm(&w) - 5.0).abs() < 1e-9);
        assert!((of(Sharing::Overlapping, 3, &both).norm(&w) - 12.0).abs() < 1e-12);
    }

    #[test]
    fn subgradients_are_found_and_others_are_not() {
        // R = ‖(w₀, w₁)‖ + ‖(w₁, w₂)‖ at (1, 0, 0): ∂R = {(1, ξ₁, ξ₂) : ‖ξ‖ ≤ 1}.
        let r = Structured {
            sharing: Sharing::Overlapping,
            groups: 2,
            factors: vec![1.0, 0.0, 1.0, 1.0, 0.0, 1.0],
        };
        let off = |g: [f64; 3]| {
            let near = r.nearest(&[1.0, 0.0, 0.0], &g, 2.0);
            near.iter()
                .zip(g)
                .map(|(n, g)| (n - g).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        assert!(off([-2.0, 1.2, -1.6]) < 1e-9);
        assert!((off([-2.0, 3.0, 0.0]) - 1.0).abs() < 1e-9);
        assert!((off([-1.0, 0.0, 0.0]) - 1.0).abs() < 1e-9);
    }
}
