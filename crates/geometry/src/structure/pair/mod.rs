//! One general linear group per copy between two stacks: A → gᵀA, B → g⁻¹B for A (r×N) the stack
//! of the parameters that g acts on, B (r×M) that of its duals; W = AᵀB (N×M) is left alone.

mod structure;

pub(super) use structure::signed;

use crate::charge::{Charge, Places, charges};
use crate::factor::generators::Layout;
use crate::factor::{Factor, SlotPlaces};
use crate::formula::{Script, spelled_tensor, total};
use std::collections::BTreeSet;
use symbias_model::expression::{Model, TensorId};
use symbias_numerics::dense::{Matrix, singular_values};
use symbias_numerics::rank::{self, RankOptions};

/// A pair of stacks.
#[derive(Clone, Debug)]
pub struct Pair {
    charge: Charge,
    /// Parameters that the group acts on, and those that its dual acts on.
    tensors: [Vec<TensorId>; 2],
    places: [Places; 2],
}

impl Pair {
    /// The pair that a factor acts on; parameters in `fixed` are left out, since something else
    /// decides them.
    pub(super) fn new(model: &Model, factor: &Factor, fixed: &BTreeSet<TensorId>) -> Option<Pair> {
        let charge = charges(model, std::slice::from_ref(factor)).pop()?;
        if !charge.is_symmetric_matrix() {
            return None;
        }
        let [plain, dual] = charge.sides(fixed, &Layout::new(model))?;
        // A parameter on both sides (A in x' = Ax + Bu) is transformed by g and g⁻¹ at once.
        let tensors: BTreeSet<&TensorId> = plain.0.iter().chain(&dual.0).collect();
        (tensors.len() == plain.0.len() + dual.0.len()).then_some(Pair {
            charge,
            tensors: [plain.0, dual.0],
            places: [plain.1, dual.1],
        })
    }

    /// Number of copies.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.places[0].len()
    }

    /// r.
    #[must_use]
    pub fn size(&self) -> usize {
        self.charge.size()
    }

    /// r, N and M; `None` where copies differ.
    #[must_use]
    pub fn shape(&self) -> Option<(usize, usize, usize)> {
        let r = self.size();
        let width = |p: &Places| Some(p.common_count()? / r);
        Some((r, width(&self.places[0])?, width(&self.places[1])?))
    }

    /// Coordinates of θ in the stacks of a copy: r rows, N or M columns.
    #[must_use]
    pub fn places(&self, copy: usize) -> [Vec<Vec<usize>>; 2] {
        self.places.each_ref().map(|side| side.rows(copy))
    }

    /// A and B of a copy at θ.
    #[must_use]
    pub fn stacks(&self, copy: usize, theta: &[f64]) -> [Matrix; 2] {
        self.places(copy).map(|rows| {
            let width = rows.first().map_or(0, Vec::len);
            Matrix::from_fn(rows.len(), width, |i, j| theta[rows[i][j]])
        })
    }

    /// Eigenvalues of AAᵀ and of BBᵀ, r each: the squared singular values of the stacks, zero where
    /// they have less rank.
    #[must_use]
    pub fn eigenvalues(&self, copy: usize, theta: &[f64]) -> Option<[Vec<f64>; 2]> {
        let [a, b] = self.stacks(copy, theta);
        let of = |m: &Matrix| -> Option<Vec<f64>> {
            let mut values = spectrum(m)?;
            values.resize(m.rows, 0.0);
            Some(values)
        };
        Some([of(&a)?, of(&b)?])
    }

    /// Names of the copies' indices.
    #[must_use]
    pub fn letters(&self) -> Vec<String> {
        self.charge.letters.iter().map(|l| l.0.clone()).collect()
    }

    /// The parameters of one side at a copy, `Wq[h]`; several in brackets.
    #[must_use]
    pub fn side(&self, side: usize, model: &Model, script: Script) -> String {
        let letters = self.letters();
        let at = match (letters.is_empty(), script) {
            (true, _) => String::new(),
            (false, Script::Plain) => format!("_{}", letters.join(",")),
            (false, Script::Latex) => format!("_{{{}}}", letters.join(",")),
        };
        let names: Vec<String> = self.tensors[side]
            .iter()
            .map(|t| format!("{}{at}", spelled_tensor(&model.tensor(*t).name, script)))
            .collect();
        match names.as_slice() {
            [one] => one.clone(),
            _ => format!("[{}]", names.join(", ")),
        }
    }

    /// `sum_g ` over the copies; nothing for one.
    #[must_use]
    pub fn total(&self, script: Script) -> String {
        total(&self.letters(), script)
    }
}

/// The rows of several slots side by side.
pub(super) fn stacked(slots: &[SlotPlaces], copy: usize) -> Vec<Vec<usize>> {
    let n = slots.first().map_or(0, |s| s.copies[copy].len());
    (0..n)
        .map(|i| {
            slots
                .iter()
                .flat_map(|s| s.copies[copy][i].iter().copied())
                .collect()
        })
        .collect()
}

/// Squared singular values that are not zero, largest first.
pub(super) fn spectrum(m: &Matrix) -> Option<Vec<f64>> {
    let values = singular_values(m).ok()?;
    let decision = rank::decide("stack", &values, m.rows, m.cols, RankOptions::default());
    Some(values[..decision.rank].iter().map(|s| s * s).collect())
}
