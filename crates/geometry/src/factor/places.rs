//! Where the entries that a factor moves lie in θ: what generators, charges and closed forms read.

use super::action::{Bond, Twist};
use super::generators::{Layout, for_each_index, value_of};
use super::{Action, Factor};
use symbias_model::expression::{Model, TensorId};

/// One parameter's share in a matrix action: it is transformed by X, or by −Xᵀ where dual, in
/// its Lie algebra, by the conjugate where conjugate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotPlaces {
    /// The parameter.
    pub tensor: TensorId,
    /// Acts by −Xᵀ.
    pub dual: bool,
    /// Acts by the complex conjugate.
    pub conjugate: bool,
    /// Real coordinates of an entry: 1, or 2 where the parameter is complex (re, im adjacent).
    pub width: usize,
    /// For each copy of the group, for each value of the matrix index, the coordinates of the
    /// entries, in one order of the other indices.
    pub copies: Vec<Vec<Vec<usize>>>,
}

/// Parameters of a model whose entries are listed, at most: 32 MiB of places. Formulas of larger models
/// are written without.
const LISTED: u128 = 1 << 22;

/// Whether the entries of a model are few enough to be listed.
#[must_use]
pub fn are_listed(model: &Model) -> bool {
    model.parameter_count() <= LISTED
}

impl Factor {
    /// The entries that a matrix group moves, with no copies where the model is too large to list them;
    /// `None` for other factors.
    #[must_use]
    pub fn matrix_places(&self, model: &Model) -> Option<Vec<SlotPlaces>> {
        let Action::Bond(bond) = &self.action else {
            return None;
        };
        let layout = Layout::new(model);
        let slot = |(tensor, axes, twist): &(TensorId, Vec<usize>, Twist)| SlotPlaces {
            tensor: *tensor,
            dual: twist.is_dual(),
            conjugate: twist.is_conjugate(),
            width: layout.width[tensor],
            copies: if are_listed(model) {
                of_slot(bond, &layout, *tensor, axes)
            } else {
                Vec::new()
            },
        };
        Some(bond.slots.iter().map(slot).collect())
    }
}

/// For each copy, for each matrix index, the places of a parameter's entries.
pub(super) fn of_slot(
    bond: &Bond,
    layout: &Layout,
    tensor: TensorId,
    axes: &[usize],
) -> Vec<Vec<Vec<usize>>> {
    let shape = &layout.shape[&tensor];
    let others: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let other_shape: Vec<usize> = others.iter().map(|a| shape[*a]).collect();
    let matrix_shape: Vec<usize> = axes.iter().map(|a| shape[*a]).collect();
    let counts: Vec<usize> = bond.dependences.iter().map(|d| d.size as usize).collect();
    let n: usize = matrix_shape.iter().product();
    let mut copies = vec![vec![Vec::new(); n]; counts.iter().product()];
    let mut index = vec![0; shape.len()];
    for_each_index(&other_shape, |rest| {
        others.iter().zip(rest).for_each(|(a, i)| index[*a] = *i);
        let copy = bond
            .dependences
            .iter()
            .zip(&counts)
            .try_fold(0, |copy, (d, count)| {
                let (axis, function) = &d.at[&tensor];
                let value = value_of(function, index[*axis]);
                (value < *count).then_some(copy * count + value)
            });
        let Some(rows) = copy.map(|c| &mut copies[c]) else {
            return;
        };
        let mut joint = 0;
        for_each_index(&matrix_shape, |m| {
            axes.iter().zip(m).for_each(|(a, i)| index[*a] = *i);
            rows[joint].push(layout.at(tensor, &index));
            joint += 1;
        });
    });
    copies
}
