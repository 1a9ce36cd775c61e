//! Structural discovery: symmetries read off the checked expression by proven rules, in time and
//! memory that do not depend on the sizes of the axes (theory §1, §6).
//!
//! Three rule tables, each a lower bound:
//! * `rules`: which axes may change basis together (contracted index → gl(n), metric → so(n),
//!   rotary embedding → commutant of its rotations, …);
//! * `weights`: which entries may be rescaled (homogeneity) or turned (phases);
//! * `shift`: which parameters may be translated, in one linear system with the scales.
//!
//! Used by [`crate::discover`]; the numerical null space judges it from above.

pub(crate) mod bonds;
pub(crate) mod factor;
pub(crate) mod family;
pub(crate) mod generators;
pub(crate) mod places;
mod rules;
pub(crate) mod scaling;
pub(crate) mod shift;
pub(crate) mod slots;
pub(crate) mod weights;

pub use factor::{Acted, ActionView, Factor, MatrixSlot, sum_name};
pub use generators::Split;
pub use places::{SlotPlaces, are_listed};

use crate::field::AffineField;
use symbias_model::expression::{Model, Source};

/// All factors that the rules prove, largest first.
#[must_use]
pub fn factors(model: &Model) -> Vec<Factor> {
    let reach = rules::Reach::new(model);
    let mut bonds = bonds::find(model, &reach);
    let systems = [weights::Kind::Scale, weights::Kind::Phase]
        .map(|kind| (kind, weights::System::new(model, &reach, kind)));
    scaling::remove_kernel(model, &systems, &mut bonds);
    let mut factors = Vec::new();
    let mut shifts = Vec::new();
    for system in &systems {
        let (scalings, moved) = scaling::find(model, system, &bonds);
        factors.extend(scalings.into_iter().map(|s| factor::of_scaling(model, s)));
        shifts.extend(moved);
    }
    shifts.extend(shift::unused(model, &reach));
    factors.extend(shifts.into_iter().map(|s| factor::of_shift(model, s)));
    factors.extend(bonds.into_iter().filter_map(|b| factor::of_bond(model, b)));
    factors.sort_by_key(|f| std::cmp::Reverse(f.dimension));
    factors
}

/// Whether an output depends on an input; outputs that do not are weights (language §14), and a
/// target that only the loss reads is no input of theirs. An integer input selects entries, and
/// counts as read unless it is the target.
#[must_use]
pub fn reads_inputs(model: &Model) -> bool {
    let reach = rules::Reach::new(model);
    let target = model.loss.as_ref().and_then(|l| l.target);
    model.inputs().any(|i| {
        let selects = matches!(model.tensor(i).source, Source::Input { index: Some(_), .. });
        reach.tensors[i.index()] || selects && target != Some(i)
    })
}

impl Factor {
    /// A basis of the factor's algebra on the flat parameter vector of `model.space()`.
    #[must_use]
    pub fn generators(&self, model: &Model) -> Vec<AffineField> {
        self.split(model).all()
    }

    /// The same basis, sorted into symmetric, antisymmetric and other generators.
    #[must_use]
    pub fn split(&self, model: &Model) -> Split {
        generators::of(self, model)
    }
}
