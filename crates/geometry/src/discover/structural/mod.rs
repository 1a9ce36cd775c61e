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
mod rules;
pub(crate) mod scaling;
pub(crate) mod shift;
pub(crate) mod slots;
pub(crate) mod weights;

use crate::factor::action::Kind;
use crate::factor::{Factor, of_bond, of_scaling, of_shift};
use symbias_model::expression::{Model, Source};

/// All factors that the rules prove, largest first.
#[must_use]
pub fn factors(model: &Model) -> Vec<Factor> {
    let reach = rules::Reach::new(model);
    let mut bonds = bonds::find(model, &reach);
    let systems =
        [Kind::Scale, Kind::Phase].map(|kind| (kind, weights::System::new(model, &reach, kind)));
    scaling::remove_kernel(model, &systems, &mut bonds);
    let mut factors = Vec::new();
    let mut shifts = Vec::new();
    for system in &systems {
        let (scalings, moved) = scaling::find(model, system, &bonds);
        factors.extend(scalings.into_iter().map(|s| of_scaling(model, s)));
        shifts.extend(moved);
    }
    shifts.extend(shift::unused(model, &reach));
    factors.extend(shifts.into_iter().map(|s| of_shift(model, s)));
    factors.extend(bonds.into_iter().filter_map(|b| of_bond(model, b)));
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
