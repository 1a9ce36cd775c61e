//! Singular strata of the balanced leaf, and what they weigh (theory §5.2).
//!
//! The balanced leaf M₀ = {μ = 0} of a linear group closed under transposition is stratified by its stabilisers.
//! Near a point of a stratum it is the stratum times the balanced leaf of the slice representation, a cone of
//! dimension c (the codimension), on which the generators that fix the point grow linearly with the distance t from
//! it. So with Δ_𝔭 and Δ_𝔨 the numbers of directions of the orbit that are lost there,
//!
//! ```text
//! pdet Γ_𝔭 ~ t^{2Δ_𝔭},   pdet Γ_𝔨 ~ t^{2Δ_𝔨},   the surface measure of M₀ ~ t^{c−1} dt
//! ```
//!
//! and a density pdet Γ_𝔭^{−a/2} pdet Γ_𝔨^{−b/2} with respect to the surface of M₀ is integrable there iff
//! c > a Δ_𝔭 + b Δ_𝔨, if it is at the strata above. These are ranks at points of M₀: nothing is read off a spelling.
//! On the gauge slice a = 1 and b = 0; for horizontal noise a = 0 and b = 1, since the volume of M₀/K is that of M₀
//! over the orbits of K (the directions of 𝔨 are orthogonal to those of 𝔭 where the charges vanish). The latter is always
//! integrable: the stabiliser's orbits lie in spheres of the cone, so that Δ_𝔨 < c.
//!
//! Every stabiliser of a balanced point is conjugate to one whose symmetric part is spanned by elements of one maximal
//! abelian 𝔞 ⊂ 𝔭, so that the strata are those of the fixed spaces of subspaces of 𝔞: flats of its weights (`flats`).
//!
//! At w = 0 the balanced leaf of w = uv is singular, and e^{−R} is not integrable there on a slice:
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::strata::strata;
//! use symbias_geometry::structure::orthonormal;
//! let found = strata(&orthonormal(&model, &factors(&model)), 4)?.expect("linear fields");
//! let exponent = |a, b| found.worst(a, b).expect("an apex").mass_exponent(a, b);
//! assert_eq!((exponent(1.0, 0.0), exponent(0.0, 1.0)), (0.0, 1.0));
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod flats;
mod point;

use crate::connected::Connected;
use crate::factor::Split;
use crate::field::AffineField;
use point::{Action, Found, Ranks};
use std::collections::BTreeMap;
use symbias_model::error::Result;

/// Coordinates and generators of one connected part, at most: matrices of so many rows are formed for each generator.
const LARGEST: usize = 160;
/// Numbers in these matrices, at most.
const NUMBERS: usize = 1 << 22;
/// Generic points of each flat that are tried.
const TRIED: u64 = 2;
/// Multiplications spent on points of flats, at most: about a second; less where not all flats are known, and the strata are open
/// whatever the points say.
const WORK: f64 = 1e9;
const WORK_OF_SOME: f64 = 1e8;

/// A stratum of M₀, up to conjugation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// Codimension in M₀.
    pub codimension: usize,
    /// Δ_𝔭: directions of 𝔭 that vanish there and not at generic points.
    pub lost_symmetric: usize,
    /// Δ_𝔨: those of 𝔨.
    pub lost_antisymmetric: usize,
}

impl Stratum {
    /// The exponent e of ∫ t^{e−1} dt near the stratum, for the density pdet Γ_𝔭^{−a/2} pdet Γ_𝔨^{−b/2}: integrable
    /// iff positive.
    #[must_use]
    pub fn mass_exponent(&self, a: f64, b: f64) -> f64 {
        self.codimension as f64
            - a * self.lost_symmetric as f64
            - b * self.lost_antisymmetric as f64
    }
}

/// The strata that were found.
#[derive(Clone, Debug, Default)]
pub struct Strata {
    /// Different ones, of all connected parts.
    pub list: Vec<Stratum>,
    /// Whether there are no others.
    pub all: bool,
    /// Coordinates that each connected part moves.
    pub parts: Vec<Vec<usize>>,
}

impl Strata {
    /// The stratum at which the density pdet Γ_𝔭^{−a/2} pdet Γ_𝔨^{−b/2} has least mass exponent.
    #[must_use]
    pub fn worst(&self, a: f64, b: f64) -> Option<&Stratum> {
        let by = |s: &&Stratum, t: &&Stratum| {
            let (s, t) = (s.mass_exponent(a, b), t.mass_exponent(a, b));
            s.total_cmp(&t)
        };
        self.list.iter().min_by(by)
    }
}

/// The singular strata of the balanced leaf of an algebra closed under transposition; `None` where fields are neither
/// linear nor translations, or too large.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn strata(split: &Split, d: usize) -> Result<Option<Strata>> {
    let linear = |f: &&AffineField| !f.linear.is_empty();
    let mixed = |f: &AffineField| !f.linear.is_empty() && !f.constant.is_empty();
    if !split.neither.is_empty() || split.all().iter().any(mixed) {
        return Ok(None);
    }
    let symmetric: Vec<&AffineField> = split.symmetric.iter().filter(linear).collect();
    let antisymmetric: Vec<&AffineField> = split.antisymmetric.iter().filter(linear).collect();
    let mut connected = Connected::new(d);
    for field in symmetric.iter().chain(&antisymmetric) {
        connected.join_all(field.linear.iter().flat_map(|e| [e.0, e.1]));
    }
    type Part<'a> = (Vec<usize>, Vec<&'a AffineField>, Vec<&'a AffineField>);
    let mut parts: BTreeMap<usize, Part<'_>> = BTreeMap::new();
    for field in &symmetric {
        let root = connected.root(field.linear[0].0);
        parts.entry(root).or_default().1.push(field);
    }
    for field in &antisymmetric {
        let root = connected.root(field.linear[0].0);
        parts.entry(root).or_default().2.push(field);
    }
    for i in 0..d {
        if let Some(part) = parts.get_mut(&connected.root(i)) {
            part.0.push(i);
        }
    }
    let mut found = Strata {
        all: true,
        ..Strata::default()
    };
    // Equal parts, as of entries of one product, have equal strata.
    let mut known: Vec<(Action, Strata)> = Vec::new();
    for (coords, p, k) in parts.into_values() {
        found.parts.push(coords.clone());
        let n = coords.len();
        if n.max(p.len()).max(k.len()) > LARGEST || (p.len() + k.len()) * n * n > NUMBERS {
            return Ok(None);
        }
        let action = Action::new(&coords, &p, &k);
        if known.iter().any(|(other, _)| *other == action) {
            continue;
        }
        let of_part = of_part(&action)?;
        found.all &= of_part.all;
        for stratum in &of_part.list {
            if !found.list.contains(stratum) {
                found.list.push(stratum.clone());
            }
        }
        known.push((action, of_part));
    }
    Ok(Some(found))
}

fn of_part(action: &Action) -> Result<Strata> {
    let mut found = Strata {
        all: true,
        ..Strata::default()
    };
    if action.symmetric.is_empty() && action.antisymmetric.is_empty() {
        return Ok(found);
    }
    let (flats, all) = flats::flats(action)?;
    found.all = all;
    let mut left = if all { WORK } else { WORK_OF_SOME };
    let mut points: Vec<Ranks> = Vec::new();
    for flat in &flats {
        let mut best: Option<Ranks> = None;
        for number in 0..TRIED {
            if left < 0.0 {
                found.all = false;
                break;
            }
            left -= action.cost();
            let ranks = match point::ranks(action, flat, number)? {
                Found::Ranks(ranks) => ranks,
                Found::NotClosed => continue,
                // What is not known may be a stratum that was not looked at.
                Found::Unclear => {
                    found.all = false;
                    continue;
                }
            };
            if best.as_ref().is_none_or(|b| ranks.stratum > b.stratum) {
                best = Some(ranks);
            }
        }
        points.extend(best);
    }
    // The open stratum: that of the whole space, unless its orbits are not closed.
    let Some(whole) = points.iter().max_by_key(|r| r.stratum) else {
        found.all = false;
        return Ok(found);
    };
    let apex = Ranks {
        symmetric: 0,
        antisymmetric: 0,
        stratum: 0,
    };
    for ranks in points.iter().chain([&apex]) {
        let stratum = Stratum {
            codimension: whole.stratum - ranks.stratum,
            lost_symmetric: whole.symmetric.saturating_sub(ranks.symmetric),
            lost_antisymmetric: whole.antisymmetric.saturating_sub(ranks.antisymmetric),
        };
        if stratum.codimension > 0 && !found.list.contains(&stratum) {
            found.list.push(stratum);
        }
    }
    Ok(found)
}
