//! Whether a law is integrable where effective weights vanish (theory §5.2): by the strata of the balanced leaf, or by
//! what each structure says of itself.

use super::closed::Volumes;
use crate::ground::Ground;
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::strata::{Strata, Stratum, strata};
use symbias_geometry::structure::{Integrability, components, parts};
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// `Ok`, or what diverges; `None` where it is not known. With respect to the surface of the balanced leaf the density
/// is pdet Γ_𝔭^{−p/2} pdet Γ_𝔨^{−(k+1)/2}, p and k the law's shares: on the slice the strata of the leaf decide,
/// whatever the spelling, and for larger algebras what the rules say of their structure.
pub(super) fn integrable(
    (model, factors): (&Model, &[Factor]),
    leaf: &Leaf,
    law: Volumes,
) -> Option<Integrability> {
    let (p, k) = (law.shares().symmetric, law.shares().compact);
    let Leaf::Reductive(strata) = leaf else {
        return by_rules(model, factors, law);
    };
    // The orbits of K lie in spheres around the stratum: they never make a density that is not integrable.
    if p <= 0.0 {
        return Some(Ok(()));
    }
    let strata = strata.as_ref();
    match strata.and_then(|s| s.worst(p, k + 1.0)) {
        Some(worst) if worst.mass_exponent(p, k + 1.0) <= 0.0 => {
            Some(Err(diverging(worst, p, k + 1.0)))
        }
        _ if strata.is_some_and(|s| s.all) => Some(Ok(())),
        _ => by_rules(model, factors, law),
    }
}

/// What is known of the balanced leaf.
pub(super) enum Leaf {
    /// Nothing, or the algebra is not linear and closed under transposition.
    Unknown,
    /// It is the leaf of such an algebra, with its strata where they were asked for and found.
    Reductive(Option<Strata>),
}

impl Leaf {
    /// Of an algebra that is known, without strata.
    pub fn of(ground: &Ground<'_>) -> Leaf {
        let mixed = |f: &AffineField| !f.linear.is_empty() && !f.constant.is_empty();
        if !ground.is_reductive() || ground.fields.iter().any(mixed) {
            return Leaf::Unknown;
        }
        Leaf::Reductive(None)
    }

    /// With its strata.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge.
    pub fn with_strata(ground: &Ground<'_>, d: usize) -> Result<Leaf> {
        match Leaf::of(ground) {
            Leaf::Unknown => Ok(Leaf::Unknown),
            Leaf::Reductive(_) => Ok(Leaf::Reductive(strata(&ground.split, d)?)),
        }
    }
}

/// Parameters nearer to an apex, relative to those of the point.
const NEAR_APEX: f64 = 1e-9;

/// Whether F is not a number where effective weights vanish, each connected part for itself: a density ends before, where the
/// function does, and what diverges there is no part of it. A value that is too large for a double is one that is defined. Looked
/// at where the only singular stratum of each part is its apex.
///
/// # Errors
/// Those of the program.
pub(super) fn ends_before(ground: &Ground<'_>, theta: &[f64], leaf: &Leaf) -> Result<bool> {
    let Leaf::Reductive(Some(strata)) = leaf else {
        return Ok(false);
    };
    if !strata.all || strata.list.len() != 1 {
        return Ok(false);
    }
    for part in &strata.parts {
        let mut near = theta.to_vec();
        part.iter().for_each(|i| near[*i] *= NEAR_APEX);
        let value = ground.probes.value(&near, 0)?;
        if !value.is_empty() && !value.iter().any(|y| y.is_nan()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// In words.
fn diverging(stratum: &Stratum, a: f64, b: f64) -> String {
    let (e, c) = (stratum.mass_exponent(a, b), stratum.codimension);
    let power = c as f64 - e;
    let kind = if e == 0.0 { " logarithmically" } else { "" };
    format!(
        "at distance t from a singular stratum of codimension {c} of the balanced leaf it goes like t^-{power}: the \
         integral diverges{kind}"
    )
}

fn by_rules(model: &Model, factors: &[Factor], law: Volumes) -> Option<Integrability> {
    let mut known = true;
    for component in components(factors, |_| true) {
        let Some(parts) = parts(model, &component) else {
            known = false;
            continue;
        };
        for part in &parts {
            match part.integrable(law.shares()) {
                Some(Ok(())) => {}
                Some(Err(text)) => return Some(Err(text)),
                None => known = false,
            }
        }
    }
    known.then_some(Ok(()))
}
