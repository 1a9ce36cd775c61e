//! Effective weights of scaled or turned blocks, the components of their fibre, and the balanced point from them.

use super::{Balance, Torus};
use crate::formula::Script;
use crate::metric::Monomial;
use crate::structure::listed::{Entries, LARGEST, hermitian};
use crate::structure::{Branches, Listed};
use std::f64::consts::FRAC_1_SQRT_2;
use symbias_model::expression::Model;

/// The weights of each item: ⊗ a_k^{⊗m_k}, or a a* of a phase.
pub(super) fn listed(torus: &Torus, model: &Model) -> Option<Listed> {
    let script = Script::Plain;
    let plain = |k: usize| torus.norm(k, model, script).replace('|', "");
    if torus.phase {
        let [group] = torus.groups.as_slice() else {
            return None;
        };
        let hermitian = |places: Vec<usize>| {
            let rows: Vec<Vec<usize>> = vec![places.iter().step_by(2).copied().collect()];
            hermitian(&rows)
        };
        let name = plain(0);
        return Some(Listed {
            entries: group.places.iter().flat_map(hermitian).collect(),
            name: Some(format!("{name} conj({name})'")),
        });
    }
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    let name = |(k, m): (usize, &f64)| match *m {
        1.0 => plain(k),
        m => format!("{}^{m}", plain(k)),
    };
    let names: Vec<String> = m.iter().enumerate().map(name).collect();
    Some(Listed {
        entries: products(torus, &m)?,
        name: Some(names.join(" ")),
    })
}

/// ⊗_k a_k^{⊗m_k} for each item.
fn products(torus: &Torus, m: &[f64]) -> Option<Entries> {
    let mut entries = Vec::new();
    for item in 0..torus.items() {
        let mut own = vec![Monomial {
            coefficient: 1.0,
            places: Vec::new(),
        }];
        for (group, m) in torus.groups.iter().zip(m) {
            let places = group.places.of(item);
            let power = (m.fract() == 0.0 && *m <= 4.0).then_some(*m as usize)?;
            for _ in 0..power {
                let next = |e: &Monomial| {
                    let e = e.clone();
                    places.iter().map(move |p| Monomial {
                        coefficient: e.coefficient,
                        places: e.places.iter().copied().chain([*p]).collect(),
                    })
                };
                own = own.iter().flat_map(next).collect();
                if own.len() > LARGEST {
                    return None;
                }
            }
        }
        entries.extend(own.into_iter().map(|e| vec![e]));
        if entries.len() > LARGEST {
            return None;
        }
    }
    Some(entries)
}

/// Signs of which an even number belongs to odd powers.
pub(super) fn branches(torus: &Torus) -> Option<Branches> {
    if torus.phase {
        return Some(Branches::one());
    }
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    if m.iter().any(|m| m.fract() != 0.0) {
        return None;
    }
    let (odd, even): (Vec<usize>, Vec<usize>) = (0..m.len()).partition(|k| m[*k] % 2.0 == 1.0);
    let places = |k: &usize| torus.groups[*k].places.of(0);
    let mut flips: Vec<Vec<usize>> = even.iter().map(places).collect();
    if let Some((first, others)) = odd.split_first() {
        flips.extend(others.iter().map(|k| [places(first), places(k)].concat()));
    }
    Some(Branches {
        doublings: flips.len() * torus.items(),
        flips,
    })
}

/// Writes the balanced point with weights w into θ, on the branch of the start.
pub(super) fn lift(torus: &Torus, w: &[f64], start: &[f64], theta: &mut [f64]) {
    if torus.phase {
        of_phase(torus, w, theta);
    } else {
        of_scales(torus, w, start, theta);
    }
}

/// m_k, where they are whole numbers.
fn powers(torus: &Torus) -> Option<Vec<usize>> {
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    let whole = m.iter().all(|m| m.fract() == 0.0);
    whole.then(|| m.iter().map(|m| *m as usize).collect())
}

fn of_scales(torus: &Torus, w: &[f64], start: &[f64], theta: &mut [f64]) {
    let powers = powers(torus).unwrap_or_default();
    let mut first = 0;
    for item in 0..torus.items() {
        let places: Vec<Vec<usize>> = torus.groups.iter().map(|g| g.places.of(item)).collect();
        let count: usize = places
            .iter()
            .zip(&powers)
            .map(|(p, m)| p.len().pow(*m as u32))
            .product();
        of_item(&places, &powers, &w[first..first + count], start, theta);
        first += count;
    }
}

/// z = ⊗ a_k^{⊗m_k}: every fibre of z is a multiple of a block, and the one through the largest entry
/// loses no digits. Norms are ‖a_k‖² = m_k c with c^M Π m_k^{m_k} = ‖z‖². Signs: those of the start,
/// and where z asks for the other one, a block of odd power is turned, the largest (of equal ones the
/// last), so that the signs of numbers stay where there is a vector.
fn of_item(places: &[Vec<usize>], powers: &[usize], z: &[f64], start: &[f64], theta: &mut [f64]) {
    let pivot = (0..z.len())
        .max_by(|a, b| z[*a].abs().total_cmp(&z[*b].abs()))
        .unwrap_or(0);
    let top = z.get(pivot).copied().unwrap_or(0.0);
    if top == 0.0 {
        return;
    }
    let size = top.abs() * z.iter().map(|x| (x / top).powi(2)).sum::<f64>().sqrt();
    let whole: f64 = powers.iter().map(|m| *m as f64).sum();
    let weights: f64 = powers.iter().map(|m| *m as f64 * (*m as f64).ln()).sum();
    let c = ((2.0 * size.ln() - weights) / whole).exp();
    let (mut stride, mut sign) = (z.len(), top.signum());
    for (own, m) in places.iter().zip(powers) {
        let n = own.len();
        for power in 0..*m {
            stride /= n;
            let at = pivot / stride % n;
            // Relative to the largest entry: squares of small weights would vanish.
            let fibre = |j: usize| z[pivot - at * stride + j * stride] / top.abs();
            if power == 0 {
                let along: f64 = own
                    .iter()
                    .enumerate()
                    .map(|(j, p)| fibre(j) * start[*p])
                    .sum();
                let turn = if along < 0.0 { -1.0 } else { 1.0 };
                let norm = (0..n).map(|j| fibre(j).powi(2)).sum::<f64>().sqrt();
                let length = turn * (*m as f64 * c).sqrt() / norm;
                own.iter()
                    .enumerate()
                    .for_each(|(j, p)| theta[*p] = length * fibre(j));
            }
            sign *= theta[own[at]].signum();
        }
    }
    let odd = (0..places.len()).filter(|k| powers[*k] % 2 == 1);
    if let (true, Some(k)) = (sign < 0.0, odd.max_by_key(|k| places[*k].len())) {
        places[k].iter().for_each(|p| theta[*p] = -theta[*p]);
    }
}

/// z z*, entries i ≤ j of z̄_i z_j, real and imaginary parts: the phase that makes the largest entry of
/// z real.
fn of_phase(torus: &Torus, w: &[f64], theta: &mut [f64]) {
    let mut rest = w;
    for places in torus.groups[0].places.iter() {
        let n = places.len() / 2;
        // Where row i begins: n² − (n−i)² numbers come before.
        let row = |i: usize| n * n - (n - i) * (n - i);
        let (own, after) = rest.split_at(n * n);
        rest = after;
        let diagonal = |i: usize| own[row(i)];
        let pivot = (0..n)
            .max_by(|a, b| diagonal(*a).total_cmp(&diagonal(*b)))
            .unwrap_or(0);
        let root = diagonal(pivot).max(0.0).sqrt();
        for j in 0..n {
            let (i, k) = (pivot.min(j), pivot.max(j));
            let at = row(i) + if k == i { 0 } else { 2 * (k - i) - 1 };
            let (re, im) = match pivot.cmp(&j) {
                std::cmp::Ordering::Equal => (own[at], 0.0),
                // z̄_pivot z_j, or its conjugate.
                std::cmp::Ordering::Less => (own[at] * FRAC_1_SQRT_2, own[at + 1] * FRAC_1_SQRT_2),
                std::cmp::Ordering::Greater => {
                    (own[at] * FRAC_1_SQRT_2, -own[at + 1] * FRAC_1_SQRT_2)
                }
            };
            let share = |x: f64| if root > 0.0 { x / root } else { 0.0 };
            theta[places[2 * j]] = share(re);
            theta[places[2 * j + 1]] = share(im);
        }
    }
}
