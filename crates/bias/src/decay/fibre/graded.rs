//! A lower bound of ½‖θ‖² over {F = w} for F homogeneous in several groups of coordinates, of degree d_g in group g, D = Σd_g:
//! ⟨λ, F(θ)⟩ ≤ σ Π‖θ_g‖^{d_g} gives ½‖θ‖² ≥ (D/2) (⟨λ, w⟩/σ)^{2/D} Π d_g^{−d_g/D} by the inequality of arithmetic and geometric mean.
//! σ is the spectral norm of the coefficients of ⟨λ, F⟩ as a matrix, one group against the others: exact for s·t·v, for
//! sPQ and for one rank-one tensor (theory §7.1).

use super::system::dot;
use std::collections::BTreeMap;
use symbias_geometry::metric::{Monomial, Polynomial};
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, singular_values};

/// The grades of a map.
pub(super) struct Graded {
    /// The group of each coordinate.
    group: Vec<usize>,
    /// d_g.
    degrees: Vec<f64>,
}

/// Entries of a matrix of coefficients, at most.
const LARGEST: usize = 1_000_000;

impl Graded {
    /// Groups of which every monomial has the same degrees; `None` where none are found, or fewer than two.
    pub fn of(map: &Polynomial, d: usize) -> Result<Option<Graded>> {
        let exponents = |m: &Monomial| {
            let mut e = vec![0.0; d];
            m.places.iter().for_each(|p| e[*p] += 1.0);
            e
        };
        let monomials: Vec<Vec<f64>> = map.entries.iter().flatten().map(exponents).collect();
        let Some(first) = monomials.first() else {
            return Ok(None);
        };
        if d * monomials.len() > LARGEST {
            return Ok(None);
        }
        // The coordinates of one monomial are in groups of their own; each further monomial has its open coordinates in the
        // groups that it lacks, in the order of the coordinates. Any choice that fits all of them is a grading.
        let mut group = vec![usize::MAX; d];
        let places = |e: &[f64]| -> Vec<usize> { (0..d).filter(|i| e[*i] > 0.0).collect() };
        let powers: Vec<f64> = places(first).iter().map(|i| first[*i]).collect();
        let mut open: Vec<&Vec<f64>> = monomials.iter().collect();
        places(first)
            .iter()
            .enumerate()
            .for_each(|(g, i)| group[*i] = g);
        while !open.is_empty() {
            // Those of which most is known come first.
            let unknown = |e: &Vec<f64>| {
                places(e)
                    .iter()
                    .filter(|i| group[**i] == usize::MAX)
                    .count()
            };
            let Some(least) = open.iter().map(|e| unknown(e)).min() else {
                break;
            };
            let (now, later): (Vec<&Vec<f64>>, Vec<&Vec<f64>>) =
                open.iter().partition(|e| unknown(e) == least);
            open = later;
            for e in now {
                for i in places(e) {
                    if group[i] != usize::MAX {
                        continue;
                    }
                    let lacks = |g: &usize| {
                        let has: f64 = places(e)
                            .iter()
                            .filter(|j| group[**j] == *g)
                            .map(|j| e[*j])
                            .sum();
                        has + e[i] <= powers[*g]
                    };
                    match (0..powers.len()).find(lacks) {
                        Some(g) => group[i] = g,
                        None => return Ok(None),
                    }
                }
            }
        }
        if group.contains(&usize::MAX) {
            return Ok(None);
        }
        let degree = |e: &[f64], g: usize| -> f64 {
            e.iter()
                .zip(&group)
                .filter(|(_, h)| **h == g)
                .map(|(e, _)| e)
                .sum()
        };
        let degrees: Vec<f64> = (0..powers.len()).map(|g| degree(first, g)).collect();
        let graded = |e: &Vec<f64>| (0..degrees.len()).all(|g| degree(e, g) == degrees[g]);
        let holds =
            degrees.len() > 1 && degrees.iter().all(|d| *d > 0.0) && monomials.iter().all(graded);
        Ok(holds.then_some(Graded { group, degrees }))
    }

    /// The bound of λ.
    pub fn bound(&self, map: &Polynomial, target: &[f64], multipliers: &[f64]) -> Result<f64> {
        let reached = dot(multipliers, target);
        if reached <= 0.0 {
            return Ok(0.0);
        }
        let mut sigma = f64::INFINITY;
        for g in 0..self.degrees.len() {
            if let Some(norm) = self.spectral(map, multipliers, g)? {
                sigma = sigma.min(norm);
            }
        }
        let whole: f64 = self.degrees.iter().sum();
        let shares: f64 = self.degrees.iter().map(|d| d.powf(-d / whole)).product();
        let bound = whole / 2.0 * (reached / sigma).powf(2.0 / whole) * shares;
        Ok(if bound.is_finite() { bound } else { 0.0 })
    }

    /// The spectral norm of the coefficients of ⟨λ, F⟩, group g against the others, in products of coordinates that are
    /// weighted so that their squares sum to Π‖θ_h‖^{2d_h}.
    fn spectral(&self, map: &Polynomial, multipliers: &[f64], g: usize) -> Result<Option<f64>> {
        let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
        let mut entries = Vec::new();
        for (entry, c) in map.entries.iter().zip(multipliers) {
            for m in entry {
                let mut places = m.places.clone();
                places.sort_unstable();
                let (own, other): (Vec<usize>, Vec<usize>) =
                    places.iter().partition(|p| self.group[**p] == g);
                let weight = (self.orders(&own) * self.orders(&other)).sqrt();
                let (rows, columns) = (left.len(), right.len());
                let i = *left.entry(own).or_insert(rows);
                let j = *right.entry(other).or_insert(columns);
                entries.push((i, j, c * m.coefficient / weight));
            }
        }
        if left.len() * right.len() > LARGEST {
            return Ok(None);
        }
        let mut table = Matrix::zeros(left.len(), right.len());
        entries.iter().for_each(|(i, j, x)| table[(*i, *j)] += x);
        let sizes = singular_values(&table).map_err(numerical)?;
        Ok(sizes.first().copied())
    }

    /// How many orders of factors, group by group, give this product of coordinates.
    fn orders(&self, places: &[usize]) -> f64 {
        let mut orders = 1.0;
        let mut seen: BTreeMap<usize, f64> = BTreeMap::new();
        let mut repeated: BTreeMap<usize, f64> = BTreeMap::new();
        for p in places {
            let n = seen.entry(self.group[*p]).or_default();
            *n += 1.0;
            let k = repeated.entry(*p).or_default();
            *k += 1.0;
            orders *= *n / *k;
        }
        orders
    }
}

/// A lower bound for any polynomial: on the sphere of radius r a monomial of exponents e and degree n is at most
/// rⁿ Π(e_i/n)^{e_i/2}, and w has to be reached.
pub(super) fn coarse(map: &Polynomial, target: &[f64]) -> f64 {
    let one = |(entry, w): (&Vec<Monomial>, &f64)| -> f64 {
        let constant: f64 = entry
            .iter()
            .filter(|m| m.places.is_empty())
            .map(|m| m.coefficient)
            .sum();
        let terms: Vec<(f64, i32)> = entry
            .iter()
            .filter(|m| !m.places.is_empty())
            .map(|m| {
                let n = m.places.len() as f64;
                let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
                m.places
                    .iter()
                    .for_each(|p| *counts.entry(*p).or_default() += 1.0);
                let share: f64 = counts.values().map(|e| (e / n).powf(e / 2.0)).product();
                (m.coefficient.abs() * share, m.places.len() as i32)
            })
            .collect();
        let reach = |r: f64| -> f64 { terms.iter().map(|(c, n)| c * r.powi(*n)).sum() };
        let needed = (w - constant).abs();
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        while reach(high) < needed && high < 1e100 {
            low = high;
            high *= 2.0;
        }
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if reach(middle) < needed {
                low = middle;
            } else {
                high = middle;
            }
        }
        low * low / 2.0
    };
    map.entries.iter().zip(target).map(one).fold(0.0, f64::max)
}
