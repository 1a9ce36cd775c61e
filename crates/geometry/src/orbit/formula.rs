//! det Γ where the structure of the action gives a formula (theory §6), in the basis that the answer names: sums and
//! products of squared norms for scalings, products over eigenvalues for matrix groups, the block matrix itself
//! for coupled ones.

use crate::factor::Factor;
use crate::formula::Formula;
use crate::structure::{components, parts};
use symbias_model::expression::Model;

/// det Γ of all factors; `None` where some act together in a way that no structure describes.
#[must_use]
pub fn of_factors(model: &Model, factors: &[Factor]) -> Option<Formula> {
    let mut all = Vec::new();
    for component in components(factors, |_| true) {
        for part in parts(model, &component)? {
            all.push(part.volume(model)?);
        }
    }
    // What is the same everywhere says nothing among other factors.
    let varies = |f: &Formula| !matches!(f, Formula::Quantity(q) if q.is_constant());
    if all.iter().any(varies) {
        all.retain(varies);
    } else {
        all.truncate(1);
    }
    (!all.is_empty()).then(|| Formula::product(all))
}

/// det Γ of one factor by itself.
#[must_use]
pub fn of_factor(model: &Model, factor: &Factor) -> Option<Formula> {
    of_factors(model, std::slice::from_ref(factor))
}
