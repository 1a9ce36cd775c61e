//! Components: factors that move a common parameter, as structures whose tangent spaces are orthogonal.

use super::{Pair, Rotation, Structure, Torus, Translation, recognise};
use crate::factor::{ActionView, Factor, Split};
use crate::field::AffineField;
use crate::formula::Formula;
use std::collections::BTreeSet;
use symbias_model::expression::{Model, TensorId};

/// Factors that act on a common parameter, directly or through others.
#[derive(Clone, Debug)]
pub struct Component<'a> {
    /// The factors.
    pub factors: Vec<&'a Factor>,
    /// The parameters they move.
    pub tensors: BTreeSet<TensorId>,
}

/// Joins the factors that `include` admits where they move a common parameter; in the order of
/// the parameters.
#[must_use]
pub fn components<'a>(
    factors: &'a [Factor],
    include: impl Fn(&Factor) -> bool,
) -> Vec<Component<'a>> {
    let mut components: Vec<Component<'_>> = Vec::new();
    for factor in factors.iter().filter(|f| include(f)) {
        let mut joined = Component {
            factors: vec![factor],
            tensors: factor.moved(),
        };
        let (meets, apart): (Vec<_>, Vec<_>) = components
            .into_iter()
            .partition(|c| !c.tensors.is_disjoint(&joined.tensors));
        components = apart;
        for other in meets {
            joined.factors.extend(other.factors);
            joined.tensors.extend(other.tensors);
        }
        components.push(joined);
    }
    components.sort_by_key(|c| c.tensors.first().copied());
    components
}

impl Factor {
    /// The parameters that the factor moves.
    #[must_use]
    pub fn moved(&self) -> BTreeSet<TensorId> {
        match self.view() {
            ActionView::Matrix { slots, .. } => slots.iter().map(|s| s.tensor).collect(),
            ActionView::Diagonal { parts, .. } => parts.iter().map(|p| p.0).collect(),
            ActionView::Translation {
                tensor,
                compensated,
                ..
            } => std::iter::once(tensor)
                .chain(compensated.into_iter().map(|c| c.0))
                .collect(),
        }
    }
}

/// A component as structures whose tangent spaces are orthogonal to each other, so that log det Γ
/// adds up and norms are minimised one after the other; `None` where that is not known.
///
/// * Translations of a whole parameter make all of its directions vertical: what is left of the
///   other generators is their action on the other parameters.
/// * Scalings and rotations of the same planes commute, one symmetric and one antisymmetric:
///   ⟨Aθ, Bθ⟩ = ½ θᵀ[A, B]θ = 0.
#[must_use]
pub fn parts(model: &Model, component: &Component<'_>) -> Option<Vec<Box<dyn Structure>>> {
    let whole = |f: &&Factor| translated_whole(model, f);
    let fixed: BTreeSet<TensorId> = component.factors.iter().filter_map(whole).collect();
    let mut found: Vec<Box<dyn Structure>> = Vec::new();
    for tensor in &fixed {
        found.push(Box::new(Translation::new(*tensor, &component.factors)));
    }
    let rest: Vec<Factor> = component
        .factors
        .iter()
        .filter(|f| whole(f).is_none())
        .map(|f| (*f).clone())
        .collect();
    if fixed.is_empty() {
        found.extend(commuting(model, &component.factors)?);
        return Some(found);
    }
    for factor in &rest {
        // Other structures beside a translated parameter occur in no known model.
        let pair = Pair::new(model, factor, &fixed)?;
        found.push(Box::new(pair));
    }
    let moved = |f: &Factor| {
        f.moved()
            .difference(&fixed)
            .copied()
            .collect::<BTreeSet<_>>()
    };
    let apart = rest
        .iter()
        .enumerate()
        .all(|(i, f)| rest[..i].iter().all(|g| moved(f).is_disjoint(&moved(g))));
    apart.then_some(found)
}

/// The parameter all of whose entries a factor translates freely, if it does.
#[must_use]
pub fn translated_whole(model: &Model, factor: &Factor) -> Option<TensorId> {
    let ActionView::Translation {
        tensor,
        compensated,
    } = factor.view()
    else {
        return None;
    };
    let width = model.tensor(tensor).field.width() as u128;
    let whole = factor.dimension == u128::from(model.entries(tensor)) * width;
    (whole && compensated.is_empty()).then_some(tensor)
}

/// One structure, or the scalings and the rotations of planes.
fn commuting(model: &Model, factors: &[&Factor]) -> Option<Vec<Box<dyn Structure>>> {
    if let Some(one) = recognise(model, factors) {
        return Some(vec![one]);
    }
    let (compact, scales): (Vec<&Factor>, Vec<&Factor>) =
        factors.iter().partition(|f| f.is_compact());
    let ([turn], [scale]) = (compact.as_slice(), scales.as_slice()) else {
        return None;
    };
    plane_scale(factors.iter().copied(), scale).then_some(())?;
    let torus = Torus::new(model, &[scale])?.of_planes();
    let rotation = Rotation::new(model, turn)?;
    Some(vec![Box::new(torus), Box::new(rotation)])
}

/// The length of the identity of a plane, (E_11 + E_22)/√2, over that of the scaling as named, and
/// its square.
pub(crate) const PLANE: f64 = std::f64::consts::FRAC_1_SQRT_2;
pub(super) const PLANE_SQUARED: f64 = 0.5;

/// Whether a scaling is the identity of each of the planes that a rotary embedding turns.
fn plane_scale<'a>(factors: impl IntoIterator<Item = &'a Factor>, scale: &Factor) -> bool {
    let ActionView::Diagonal {
        phase: false,
        parts,
        ..
    } = scale.view()
    else {
        return false;
    };
    // Every item is carried by a function of an axis that joins the two rows of a plane.
    let joins = parts.iter().all(|p| p.2.iter().any(Option::is_none));
    joins
        && factors.into_iter().any(|f| {
            matches!(
                f.view(),
                ActionView::Matrix {
                    group: "planes",
                    ..
                }
            ) && f.moved() == scale.moved()
        })
}

/// Generators of all factors, orthonormal in each group's defining matrices (theory §1), sorted
/// into 𝔭, 𝔨 and neither.
#[must_use]
pub fn orthonormal(model: &Model, factors: &[Factor]) -> Split {
    let mut all = Split::default();
    for factor in factors {
        let mut split = factor.split(model);
        if plane_scale(factors, factor) {
            split.symmetric = split.symmetric.iter().map(|f| f.scaled(PLANE)).collect();
        }
        // A matrix and a translation at once has a charge, but no balanced point.
        let mixed = |f: &AffineField| !f.linear.is_empty() && !f.constant.is_empty();
        for (half, fields) in [
            (&mut all.symmetric, split.symmetric),
            (&mut all.antisymmetric, split.antisymmetric),
        ] {
            let (apart, pure): (Vec<_>, Vec<_>) = fields.into_iter().partition(mixed);
            half.extend(pure);
            all.neither.extend(apart);
        }
        all.neither.extend(split.neither);
    }
    all
}

/// What each structure of some factors says, added up; `None` where one says nothing, or factors act together
/// in a way that no structure describes.
#[must_use]
pub fn joined(
    model: &Model,
    factors: &[Factor],
    each: impl Fn(&dyn Structure) -> Option<Formula>,
) -> Option<Formula> {
    let mut all = Vec::new();
    for component in components(factors, |_| true) {
        for part in parts(model, &component)? {
            all.push(each(&*part)?);
        }
    }
    Some(Formula::joined(all))
}
