//! Stationary laws (theory §5): p(w) ∝ e^{−ℓ/T − R(w)} with respect to dw, the volume of the effective
//! weights (of their image, where they range over a surface).
//!
//! At a balanced point, with the volumes of the orbit's directions in 𝔭 and 𝔨 and of K:
//!
//! | law | R(w) |
//! |---|---|
//! | isotropic, compact orbits (§5.1) | ½ log pdet K − ½ log pdet Γ_𝔨 |
//! | slice χ = μ (§5.2) | ½ log pdet K + ½ log det Γ_𝔭 − ½ log pdet Γ_𝔨 |
//! | horizontal (§5.3) | ½ log pdet K |
//!
//! Where no effective weights are known, the laws refer to the Riemannian volume pdet K^{−1/2} dw of
//! the quotient, and the first term is left out.
//!
//! On the slice the surface measure is mapped to dw with pdet K^{1/2}, the normals of the slice are
//! the generators of 𝔭, and what is left of the orbit is a 𝔨-orbit.
//!
//! Orbits of w = uv are infinite: isotropic noise has no law without weight decay, horizontal noise has.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_bias::Law;
//! use symbias_bias::noise::by_rules;
//! use symbias_geometry::discover::structural::factors;
//! let exists = |law| by_rules(&model, &factors(&model), law).exists;
//! assert!(!exists(Law::Isotropic) && exists(Law::Horizontal));
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod closed;
mod gaussian;
mod horizontal;
mod isotropic;
mod singular;
mod slice;
mod stationary;

pub(crate) use horizontal::Horizontal;
pub(crate) use horizontal::closes;
pub use horizontal::horizontal;
pub(crate) use isotropic::Isotropic;
pub use isotropic::{Temper, isotropic};
pub(crate) use slice::Slice;
pub(crate) use slice::is_diagonal;
pub use slice::{Chart, slice};
pub use stationary::Stationary;

use crate::ground::{Base, Ground, Origin};
use crate::potential::{Hypothesis, Law, Potential, Pull, Status};
use closed::Volumes;
use singular::Leaf;
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::formula::{Formula, Words};
use symbias_geometry::structure::{Branches, Shares};
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// What rules alone say of a law: its formula where the structure gives one, integrability, and
/// hypotheses that nothing was computed for.
#[must_use]
pub fn by_rules(model: &Model, factors: &[Factor], law: Law) -> Potential {
    let untested = |topic, text: &str| {
        Hypothesis::new(
            topic,
            format!("{text} (not tested at this size)"),
            Status::Assumed,
        )
    };
    let mut hypotheses = vec![untested(
        "fibre-is-orbit",
        "the fibre of the effective weights is the orbit",
    )];
    let compact = factors.iter().all(Factor::is_compact);
    let of = volumes(law);
    match law {
        Law::Isotropic => hypotheses.push(Hypothesis::tested(
            "compact-orbits",
            "orbits have finite volume",
            compact,
        )),
        Law::Slice => hypotheses.push(untested(
            "minimum-attained",
            "the orbit has a balanced point, where all charges vanish",
        )),
        Law::Horizontal if compact => {}
        Law::Horizontal => hypotheses.extend([
            untested("metric-closes", "K is a function of w on the leaf"),
            untested("leaf-invariant", "the leaf of vanishing charges stays"),
            untested("leaf-attracting", "the leaf attracts"),
        ]),
    }
    hypotheses.extend(integrable((model, factors), &Leaf::Unknown, of));
    let mut found = Potential::resting_on(law.into(), "dw, w the effective weights", hypotheses);
    if law != Law::Isotropic || compact {
        found.formula = closed::formula(model, factors, of);
    }
    found
}

/// dw, in words.
fn measure(ground: &Ground<'_>) -> String {
    match &ground.origin {
        Origin::Structure(text) if ground.distinct => {
            let count = ground.branches.as_ref().and_then(Branches::count);
            let all = count.map_or_else(String::new, |n| format!(" {n}"));
            format!(
                "dw on each of the{all} components of the fibre, w = {text} (its volume, up to a constant): their functions \
                 differ, and the law of w is the sum over them"
            )
        }
        Origin::Structure(text) => format!("dw, w = {text} (its volume, up to a constant)"),
        Origin::Coefficients(n) => {
            format!(
                "dw, w the {n} coefficients of the outputs in the inputs (the volume of their image)"
            )
        }
        Origin::Outputs(1) => "dw, w the outputs (the volume of their image)".into(),
        Origin::Outputs(n) => {
            format!("dw, w the outputs at the {n} given inputs (the volume of their image)")
        }
        Origin::Unknown => {
            "the Riemannian volume of the quotient, of metric 1/K (no effective weights are known)"
                .into()
        }
    }
}

/// What every law of w rests on.
fn common(ground: &Ground<'_>, base: Option<&Base>, d: usize) -> Vec<Hypothesis> {
    let known = match &ground.origin {
        Origin::Unknown => Hypothesis::new(
            "effective-weights-known",
            "the effective weights are not known: the law refers to the volume of the quotient",
            Status::Assumed,
        ),
        _ if ground.distinct => Hypothesis::new(
            "effective-weights-known",
            "the effective weights are known: on each component of the fibre the outputs are functions of w",
            Status::Verified,
        ),
        _ => Hypothesis::new(
            "effective-weights-known",
            "the effective weights are known: the outputs are functions of w",
            Status::Verified,
        ),
    };
    let mut found = vec![known];
    if let Some(base) = base {
        let rank = base.metric.as_ref().map_or(ground.rank, |m| m.rank());
        found.push(Hypothesis::tested(
            "fibre-is-orbit",
            "the fibre of w is the orbit near the point: rank K = d - dim of the orbit",
            rank + base.orbit == d,
        ));
    }
    found
}

/// The last hypotheses of a law: integrability.
fn integrable(of: (&Model, &[Factor]), leaf: &Leaf, law: Volumes) -> Vec<Hypothesis> {
    let at_zero = match singular::integrable(of, leaf, law) {
        Some(Ok(())) => Hypothesis::new(
            "normalisable-at-zero",
            "the density is integrable where effective weights vanish",
            Status::Verified,
        ),
        Some(Err(text)) => Hypothesis::new(
            "normalisable-at-zero",
            format!("the density is integrable where effective weights vanish ({text})"),
            Status::Fails,
        ),
        None => Hypothesis::new(
            "normalisable-at-zero",
            "the density is integrable where effective weights vanish",
            Status::Assumed,
        ),
    };
    let at_infinity = Hypothesis::new(
        "normalisable-at-infinity",
        "the loss grows so fast that the density is integrable at infinity",
        Status::Assumed,
    );
    vec![at_zero, at_infinity]
}

/// R of a law at a balanced point, by numbers; on the slice that of the charges.
#[must_use]
pub fn value(base: &Base, law: Law) -> f64 {
    by_volumes(base, volumes(law))
}

/// ½ log pdet K + p ½ log det Γ_𝔭 + k ½ log pdet Γ_𝔨, with the shares of a law.
fn by_volumes(base: &Base, law: Volumes) -> f64 {
    let Shares {
        symmetric: p,
        compact: k,
        ..
    } = law.shares();
    let [_, log_p, log_k] = base.log_volume;
    base.metric.as_ref().map_or(0.0, |m| m.log) + p * log_p + k * log_k
}

fn volumes(law: Law) -> Volumes {
    match law {
        Law::Isotropic => Volumes::Isotropic,
        Law::Slice => Volumes::Slice,
        Law::Horizontal => Volumes::Horizontal,
    }
}

/// Value, gradient, pull and formula of a law R = ½ log pdet K + p ½ log det Γ_𝔭 + k ½ log pdet Γ_𝔨.
fn fill(
    potential: &mut Potential,
    ground: &Ground<'_>,
    base: &Base,
    law: Volumes,
    theta: &[f64],
) -> Result<()> {
    let Shares {
        symmetric: p,
        compact: k,
        ..
    } = law.shares();
    let (metric, zero) = (base.metric.as_ref(), vec![0.0; theta.len()]);
    let mut value = by_volumes(base, law);
    if law == Volumes::LogRatios {
        // ∇χ = 2ξ/|ξ|².
        value += ground.split.symmetric.len() as f64 * 2.0_f64.ln();
    }
    potential.value = Some(value);
    let mut gradient = metric.map_or(zero, |m| m.gradient.clone());
    for (share, part) in [(p, &base.gradients[1]), (k, &base.gradients[2])] {
        if share != 0.0 {
            gradient
                .iter_mut()
                .zip(part)
                .for_each(|(g, x)| *g += share * x);
        }
    }
    potential.pull = Some(pull(base, &gradient));
    potential.gradient = Some(base.pulled_back(&gradient));
    if metric.is_some() {
        potential.formula = closed::formula(ground.model, ground.factors, law);
        potential.by_formula = potential.formula.as_ref().and_then(|f| f.value(theta));
        // The structures' formulas are those of their own weights: in others they are not the law.
        let agrees = |f: f64| (f - value).abs() <= AGREES * value.abs().max(1.0);
        if !potential.by_formula.is_some_and(agrees) {
            potential.forget_formula();
        }
    } else {
        potential.formula = quotient_formula(ground, law);
    }
    Ok(())
}

/// R with respect to the volume of the quotient, in words of Γ.
fn quotient_formula(ground: &Ground<'_>, law: Volumes) -> Option<Formula> {
    let Shares {
        symmetric: p,
        compact: k,
        ..
    } = law.shares();
    let has = |x: f64, fields: &[AffineField]| x != 0.0 && !fields.is_empty();
    let (p_part, k_part) = (
        has(p, &ground.split.symmetric),
        has(k, &ground.split.antisymmetric),
    );
    const DET: Words = Words(["log det Gamma", "\\log\\det\\Gamma"]);
    const DET_P: Words = Words(["log det Gamma_p", "\\log\\det\\Gamma_{\\mathfrak p}"]);
    const PDET_K: Words = Words([
        "log pdet Gamma_k",
        "\\log\\operatorname{pdet}\\Gamma_{\\mathfrak k}",
    ]);
    if p < 0.0 {
        return None;
    }
    let half = |words: Words, sign: f64| Formula::quantity(words).times(sign / 2.0);
    let terms = match (p_part, k_part) {
        (false, false) => vec![Formula::Number(0.0)],
        (true, false) => vec![half(DET, 1.0)],
        (false, true) => vec![half(PDET_K, -1.0)],
        (true, true) => vec![half(DET_P, 1.0), half(PDET_K, -1.0)],
    };
    Some(Formula::joined(terms))
}

/// Whether e^{−R} grows with the orbit's volume, along horizontal directions at the balanced point.
fn pull(base: &Base, gradient: &[f64]) -> Pull {
    let across = &base.horizontal;
    let (r, v) = (across.of(gradient), across.of(&base.gradients[0]));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let size = (dot(&r, &r) * dot(&v, &v)).sqrt();
    let along = dot(&r, &v);
    if along.abs() <= NEUTRAL * size || size == 0.0 {
        Pull::Neutral
    } else if along > 0.0 {
        Pull::Small
    } else {
        Pull::Large
    }
}

/// Difference up to which a formula gives a number.
const AGREES: f64 = 1e-6;
/// Cosine between the gradients of R and of the volume up to which a law takes no side.
const NEUTRAL: f64 = 1e-9;
