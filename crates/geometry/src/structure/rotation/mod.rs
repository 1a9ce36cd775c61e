//! Compact groups on stacks of parameters: M (n×N) the stack of all that the group turns.
//! M → kM leaves MᵀM (M*M for complex ones) alone.

mod structure;

use super::pair::{spectrum, stacked};
use crate::factor::Action;
use crate::factor::action::Group;
use crate::factor::{Factor, SlotPlaces};
use crate::formula::{Script, spelled_tensor};
use symbias_model::expression::{Field, Model};
use symbias_numerics::dense::Matrix;

/// Which compact group turns the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// so(n).
    Orthogonal,
    /// so(n−1), fixing the vector of ones.
    FixingOnes,
    /// u(n).
    Unitary,
    /// so(2) in each of these coordinate planes.
    Planes(Vec<(usize, usize)>),
}

/// A stack and what turns it.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The group.
    pub turn: Turn,
    slots: Vec<SlotPlaces>,
    copies: usize,
}

impl Rotation {
    pub(super) fn new(model: &Model, factor: &Factor) -> Option<Rotation> {
        let Action::Bond(bond) = &factor.action else {
            return None;
        };
        let turn = match &bond.group {
            _ if bond.traceless => return None,
            Group::Orthogonal(Field::Real) => Turn::Orthogonal,
            Group::OrthogonalFixingOnes => Turn::FixingOnes,
            Group::Unitary => Turn::Unitary,
            Group::PlaneRotations(planes) => Turn::Planes(planes.clone()),
            Group::Orthogonal(Field::Complex) | Group::GeneralLinear(_) => return None,
        };
        // A parameter in two slots is turned on both of its sides at once.
        let slots = factor.matrix_places(model)?;
        let twice = slots
            .iter()
            .any(|s| slots.iter().filter(|o| o.tensor == s.tensor).count() > 1);
        // −Xᵀ is X̄ for anti-Hermitian X: a stack with both X and X̄ is no M with M → kM.
        let conjugated = slots.iter().any(|s| s.width == 2 && s.dual != s.conjugate);
        (!twice && !conjugated).then_some(Rotation {
            turn,
            slots,
            copies: usize::try_from(bond.copies()).ok()?,
        })
    }

    /// Number of copies.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.copies
    }

    /// Rows and columns of the stack; `None` where its entries are not listed.
    #[must_use]
    pub fn shape(&self) -> Option<(usize, usize)> {
        let listed = self.slots.iter().all(|s| !s.copies.is_empty());
        listed.then(|| {
            let rows = self.places(0);
            (rows.len(), rows.first().map_or(0, Vec::len))
        })
    }

    /// Coordinates of θ of a copy: n rows; of complex parameters the real parts' (the imaginary
    /// part follows).
    #[must_use]
    pub fn places(&self, copy: usize) -> Vec<Vec<usize>> {
        stacked(&self.slots, copy)
    }

    /// Whether the stack is complex.
    #[must_use]
    pub fn is_complex(&self) -> bool {
        self.slots.iter().any(|s| s.width == 2)
    }

    /// Eigenvalues of MMᵀ (MM*), largest first, without those that vanish; of the part orthogonal
    /// to the ones where these are fixed.
    #[must_use]
    pub fn eigenvalues(&self, copy: usize, theta: &[f64]) -> Option<Vec<f64>> {
        let rows = self.places(copy);
        let (n, width) = (rows.len(), rows.first().map_or(0, Vec::len));
        if self.turn == Turn::Unitary && self.is_complex() {
            // M as a real matrix has every singular value twice.
            let real = Matrix::from_fn(2 * n, 2 * width, |i, j| {
                let at = rows[i % n][j % width];
                match (i < n, j < width) {
                    (true, true) | (false, false) => theta[at],
                    (true, false) => -theta[at + 1],
                    (false, true) => theta[at + 1],
                }
            });
            return Some(spectrum(&real)?.into_iter().step_by(2).collect());
        }
        let mut m = Matrix::from_fn(n, width, |i, j| theta[rows[i][j]]);
        if self.turn == Turn::FixingOnes {
            for j in 0..width {
                let mean = m.column(j).iter().sum::<f64>() / n as f64;
                (0..n).for_each(|i| m.row_mut(i)[j] -= mean);
            }
        }
        spectrum(&m)
    }

    /// Squared norm of the rows of a plane.
    #[must_use]
    pub fn plane(&self, copy: usize, plane: (usize, usize), theta: &[f64]) -> f64 {
        let rows = self.places(copy);
        let square = |i: usize| rows[i].iter().map(|p| theta[*p] * theta[*p]).sum::<f64>();
        square(plane.0) + square(plane.1)
    }

    /// The parameters of the stack.
    #[must_use]
    pub fn stack(&self, model: &Model, script: Script) -> String {
        let names: Vec<String> = self
            .slots
            .iter()
            .map(|s| spelled_tensor(&model.tensor(s.tensor).name, script))
            .collect();
        match names.as_slice() {
            [one] => one.clone(),
            many if many.len() <= 6 => format!("[{}]", many.join(", ")),
            many => format!("[{}, ..., {} in all]", many[..5].join(", "), many.len()),
        }
    }
}
