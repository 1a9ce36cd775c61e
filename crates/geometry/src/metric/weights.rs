//! Effective weights: a complete set of functions of θ that the symmetry leaves alone, read off
//! the structure of the action (theory §1, §6): z = ⊗ a_k^{⊗m_k} for scaled blocks, AᵀB for a pair,
//! T_1⋯T_D for a chain, MᵀM for a rotated stack, what is not moved as it is. Symmetric matrices are
//! written in coordinates that keep their norm (off-diagonal entries times √2).

use super::map::{Monomial, Polynomial};
use crate::factor::Factor;
use crate::structure::{Branches, LARGEST, components, parts, single};
use std::collections::BTreeSet;
use symbias_model::expression::{Model, TensorId};
use symbias_model::space::Block;

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
            let listed = part.weights(model)?;
            let entries = listed.entries;
            let size = |e: &[Vec<Monomial>]| e.iter().map(Vec::len).sum::<usize>();
            if size(&map.entries) + size(&entries) > LARGEST {
                return None;
            }
            map.entries.extend(entries);
            names.extend(listed.name);
            branches = branches.zip(part.branches()).map(|(a, b)| a.and(b));
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
