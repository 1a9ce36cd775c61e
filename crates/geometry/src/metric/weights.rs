//! Effective weights: a complete set of functions of θ that the symmetry leaves alone, read off
//! the structure of the action (theory §1, §6): z = ⊗ a_k^{⊗m_k} for scaled blocks, AᵀB for a pair,
//! T_1⋯T_D for a chain, MᵀM for a rotated stack, what is not moved as it is. Symmetric matrices are
//! written in coordinates that keep their norm (off-diagonal entries times √2).

use super::branches::{self, Branches};
use super::map::{Monomial, Polynomial};
use crate::component::{
    Balance, Chain, Pair, Rotation, Structure, Torus, Turn, components, orthonormal, parts,
};
use crate::discover::structural::Factor;
use crate::orbit::OrbitFrame;
use std::collections::BTreeSet;
use symbias_model::expression::{Model, TensorId};
use symbias_model::space::Block;

/// Monomials in a map, at most.
const LARGEST: usize = 400_000;

/// The effective weights of a model.
#[derive(Clone, Debug)]
pub struct Weights {
    /// z(θ).
    pub map: Polynomial,
    /// What they are, ASCII: `v[h] W[h,:]; c`.
    pub text: String,
    /// Components of the fibre of z, where they are known.
    pub branches: Option<Branches>,
}

/// The effective weights that the structure gives; `None` where it gives none, or too many.
#[must_use]
pub fn weights(model: &Model, factors: &[Factor]) -> Option<Weights> {
    let mut map = Polynomial::default();
    let mut names: Vec<String> = Vec::new();
    let mut moved: BTreeSet<TensorId> = BTreeSet::new();
    let mut branches = Some(Branches::one());
    for component in components(factors, |_| true) {
        for part in parts(model, &component)? {
            let (entries, name) = of_part(model, factors, &part)?;
            let size = |e: &[Vec<Monomial>]| e.iter().map(Vec::len).sum::<usize>();
            if size(&map.entries) + size(&entries) > LARGEST {
                return None;
            }
            map.entries.extend(entries);
            names.extend(name);
            branches = branches
                .zip(branches::of_part(&part))
                .map(|(a, b)| a.and(b));
        }
        moved.extend(component.tensors);
    }
    let space = model.space();
    for tensor in model.parameters().filter(|t| !moved.contains(t)) {
        let name = &model.tensor(tensor).name;
        let places = space.block(name).map_or(0..0, Block::range);
        map.entries.extend(places.map(|p| vec![single(p)]));
        names.push(name.clone());
    }
    Some(Weights {
        map,
        text: names.join("; "),
        branches,
    })
}

fn single(place: usize) -> Monomial {
    Monomial {
        coefficient: 1.0,
        places: vec![place],
    }
}

fn pair_of(coefficient: f64, p: usize, q: usize) -> Monomial {
    Monomial {
        coefficient,
        places: vec![p, q],
    }
}

type Entries = Vec<Vec<Monomial>>;

fn of_part(
    model: &Model,
    factors: &[Factor],
    part: &Structure,
) -> Option<(Entries, Option<String>)> {
    let script = crate::charge::render::Script::Plain;
    Some(match part {
        Structure::Torus(torus) if torus.phase => {
            let [group] = torus.groups.as_slice() else {
                return None;
            };
            let hermitian = |places: Vec<usize>| {
                let rows: Vec<Vec<usize>> = vec![places.iter().step_by(2).copied().collect()];
                hermitian(&rows)
            };
            let name = torus.norm(0, model, script).replace('|', "");
            let entries = group.places.iter().flat_map(hermitian).collect();
            (entries, Some(format!("{name} conj({name})'")))
        }
        Structure::Torus(torus) => {
            let Balance::Unique(m) = torus.balance() else {
                return None;
            };
            (of_torus(torus, &m)?, Some(torus_name(model, torus, &m)))
        }
        Structure::Pair(pair) => {
            let [a, b] = [0, 1].map(|s| pair.side(s, model, script));
            (of_pair(pair)?, Some(format!("{a} {b}")))
        }
        Structure::Chain(chain) => (of_chain(chain), Some(chain.name(model, script))),
        Structure::Rotation(rotation) => {
            let stack = rotation.stack(model, script);
            (of_rotation(rotation)?, Some(format!("gram({stack})")))
        }
        Structure::Translation(tensor) => of_translation(model, factors, *tensor),
        Structure::Coupled(_) | Structure::Unknown => return None,
    })
}

/// ⊗_k a_k^{⊗m_k} for each item.
fn of_torus(torus: &Torus, m: &[f64]) -> Option<Entries> {
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

fn torus_name(model: &Model, torus: &Torus, m: &[f64]) -> String {
    let script = crate::charge::render::Script::Plain;
    let name = |(k, m): (usize, &f64)| {
        let name = torus.norm(k, model, script).replace('|', "");
        if *m == 1.0 {
            name
        } else {
            format!("{name}^{m}")
        }
    };
    m.iter().enumerate().map(name).collect::<Vec<_>>().join(" ")
}

/// AᵀB for each copy; `None` where it has too many terms.
fn of_pair(pair: &Pair) -> Option<Entries> {
    let (r, n, m) = pair.shape()?;
    let terms = [pair.copies(), r, n, m];
    let terms = terms.iter().copied().fold(1, usize::saturating_mul);
    (terms <= LARGEST).then_some(())?;
    let mut entries = Vec::new();
    for copy in 0..pair.copies() {
        let [a, b] = pair.places(copy);
        let width = |m: &[Vec<usize>]| m.first().map_or(0, Vec::len);
        for i in 0..width(&a) {
            for j in 0..width(&b) {
                let terms = a.iter().zip(&b).map(|(a, b)| pair_of(1.0, a[i], b[j]));
                entries.push(terms.collect());
            }
        }
    }
    Some(entries)
}

/// T_1⋯T_D.
fn of_chain(chain: &Chain) -> Entries {
    let first = chain.places(0);
    let mut product: Vec<Vec<Vec<Monomial>>> = first
        .iter()
        .map(|row| row.iter().map(|p| vec![single(*p)]).collect())
        .collect();
    for k in 1..chain.depth() {
        let next = chain.places(k);
        product = product
            .iter()
            .map(|row| {
                (0..next[0].len())
                    .map(|j| {
                        let terms = row.iter().zip(&next).flat_map(|(entry, t)| {
                            entry.iter().map(move |m| Monomial {
                                coefficient: m.coefficient,
                                places: m.places.iter().copied().chain([t[j]]).collect(),
                            })
                        });
                        terms.collect()
                    })
                    .collect()
            })
            .collect();
    }
    product.into_iter().flatten().collect()
}

/// MᵀM or M*M for each copy.
fn of_rotation(rotation: &Rotation) -> Option<Entries> {
    let mut entries = Vec::new();
    for copy in 0..rotation.copies() {
        let rows = rotation.places(copy);
        match (&rotation.turn, rotation.is_complex()) {
            (Turn::Orthogonal, false) => entries.extend(symmetric(&rows)),
            (Turn::Unitary, true) => entries.extend(hermitian(&rows)),
            _ => return None,
        }
    }
    Some(entries)
}

/// What keeps the norm of a symmetric matrix that is written by its entries i ≤ j.
fn weight(i: usize, j: usize) -> f64 {
    if i == j {
        1.0
    } else {
        std::f64::consts::SQRT_2
    }
}

/// Entries i ≤ j of MᵀM, M given by rows, off-diagonal ones times √2.
fn symmetric(rows: &[Vec<usize>]) -> Entries {
    let width = rows.first().map_or(0, Vec::len);
    let mut entries = Vec::new();
    for i in 0..width {
        for j in i..width {
            let c = weight(i, j);
            entries.push(rows.iter().map(|r| pair_of(c, r[i], r[j])).collect());
        }
    }
    entries
}

/// Entries i ≤ j of M*M, real and imaginary parts, off-diagonal ones times √2; rows of places of
/// the real parts.
fn hermitian(rows: &[Vec<usize>]) -> Entries {
    let width = rows.first().map_or(0, Vec::len);
    let mut entries = Vec::new();
    for i in 0..width {
        for j in i..width {
            let c = weight(i, j);
            let real = rows
                .iter()
                .flat_map(|r| [pair_of(c, r[i], r[j]), pair_of(c, r[i] + 1, r[j] + 1)]);
            entries.push(real.collect());
            if i != j {
                let imaginary = rows
                    .iter()
                    .flat_map(|r| [pair_of(c, r[i], r[j] + 1), pair_of(-c, r[i] + 1, r[j])]);
                entries.push(imaginary.collect());
            }
        }
    }
    entries
}

/// The part of a parameter that its translations leave alone.
fn of_translation(
    model: &Model,
    factors: &[Factor],
    tensor: TensorId,
) -> (Entries, Option<String>) {
    let name = &model.tensor(tensor).name;
    let range = model.space().block(name).map_or(0..0, Block::range);
    let shifts: Vec<Factor> = factors
        .iter()
        .filter(|f| f.moved() == BTreeSet::from([tensor]))
        .cloned()
        .collect();
    let mut fields = orthonormal(model, &shifts).symmetric;
    fields.retain(|f| f.linear.is_empty());
    let zero = vec![0.0; model.space().dim()];
    let Ok(frame) = OrbitFrame::new(&fields, &zero) else {
        return (Vec::new(), None);
    };
    if frame.dimension() == range.len() {
        return (Vec::new(), None);
    }
    let entry = |p: usize| {
        let mut unit = zero.clone();
        unit[p] = 1.0;
        let rest = frame.horizontal(&unit);
        range
            .clone()
            .filter(|q| rest[*q] != 0.0)
            .map(|q| Monomial {
                coefficient: rest[q],
                places: vec![q],
            })
            .collect()
    };
    let entries = range.clone().map(entry).collect();
    (entries, Some(format!("centred({name})")))
}
