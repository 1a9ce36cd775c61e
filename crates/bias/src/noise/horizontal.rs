//! C = 2T·P_H (\[M26\], theory §5.3): the quotient is a Brownian motion of the metric K⁻¹ with drift
//! −K∇ℓ, whose law is e^{−ℓ/T} times the Riemannian volume: p(w) ∝ e^{−ℓ/T} pdet K^{−1/2} dw. Isometric
//! actions keep it so everywhere; others have the law with K₀ where the leaf of vanishing charges
//! stays and attracts, since the charges drift by T tr(A P_H).

use super::closed::Volumes;
use super::singular::Leaf;
use super::slice::balanced;
use super::{by_rules, common, fill, integrable, measure};
use crate::driver::{About, Case, Driver, Kind, Selects};
use crate::ground::{Base, Ground};
use crate::potential::{Hypothesis, Law, Potential, Status};
use symbias_geometry::factor::Factor;
use symbias_geometry::leaf::{leaf_drift, leaf_drift_in};
use symbias_geometry::metric::closure;
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// The law of horizontal noise as a driver.
pub(crate) struct Horizontal;

impl Selects for Horizontal {
    fn about(&self) -> &'static About {
        &About {
            driver: Driver::Horizontal,
            name: "horizontal",
            topic: "noise-horizontal",
            subject: "The law of horizontal noise",
            symbol: "R_{\\text{horizontal}}",
            sources: &["M26"],
            kind: Kind::Density,
        }
    }

    fn by_rules(&self, model: &Model, factors: &[Factor]) -> Potential {
        by_rules(model, factors, Law::Horizontal)
    }

    fn potential(&self, case: &Case<'_>) -> Result<Potential> {
        horizontal(case.ground, case.base, case.theta, case.more)
    }
}

/// The law of horizontal noise; `more` are further balanced points at which the leaf is tested.
///
/// # Errors
/// Undefined outputs; floating linear algebra that does not converge.
pub fn horizontal(
    ground: &Ground<'_>,
    base: Option<&Base>,
    theta: &[f64],
    more: &[Vec<f64>],
) -> Result<Potential> {
    let mut hypotheses = common(ground, base, theta.len());
    hypotheses.push(Hypothesis::new(
        "noise-horizontal",
        "the noise is horizontal and isotropic there, C = 2T P_H",
        Status::Assumed,
    ));
    hypotheses.extend(balanced(ground, base));
    if let Some(base) = base.filter(|_| !ground.split.symmetric.is_empty()) {
        let points = std::iter::once(&base.fixed.theta).chain(more);
        hypotheses.push(closes(ground, points)?);
        hypotheses.extend(leaf(ground, base, more)?);
    }
    hypotheses.extend(integrable(
        (ground.model, ground.factors),
        &Leaf::of(ground),
        Volumes::Horizontal,
    ));
    let mut found = Potential::resting_on(Driver::Horizontal, measure(ground), hypotheses);
    if let Some(base) = base.filter(|_| found.exists) {
        fill(&mut found, ground, base, Volumes::Horizontal, theta)?;
    }
    Ok(found)
}

/// Whether K is a function of w on the leaf through the points.
pub(crate) fn closes<'a>(
    ground: &Ground<'_>,
    points: impl Iterator<Item = &'a Vec<f64>>,
) -> Result<Hypothesis> {
    let mut worst = 0.0_f64;
    for theta in points {
        let jacobian = ground.map().jacobian(theta)?;
        let found = closure(&ground.split, theta, &jacobian)?;
        if !found.holds() {
            worst = worst.max(found.change);
        }
    }
    let holds = worst == 0.0;
    let text = if holds {
        "K is a function of w on the leaf".to_owned()
    } else {
        format!(
            "K is a function of w on the leaf (it changes by {worst:.1e} of its size along directions that keep w and the charges)"
        )
    };
    Ok(Hypothesis::tested("metric-closes", text, holds))
}

/// Whether the balanced leaf stays, and attracts.
fn leaf(ground: &Ground<'_>, base: &Base, more: &[Vec<f64>]) -> Result<Vec<Hypothesis>> {
    let (mut drift, mut attracts, mut silent) = (0.0_f64, true, 0);
    let at_base = leaf_drift_in(&ground.split, &base.frame, &base.fixed.theta);
    let elsewhere = more
        .iter()
        .map(|theta| leaf_drift(&ground.split, &ground.fields, theta));
    for found in std::iter::once(at_base).chain(elsewhere) {
        let found = found?;
        if !found.is_invariant() {
            drift = drift.max(found.relative);
        }
        attracts &= found.attracts();
        let restored = found.restoring.as_ref().map_or(0, |r| r.rank);
        silent = silent.max(found.charges.saturating_sub(restored));
    }
    let invariant = drift == 0.0;
    let text = if invariant {
        "the leaf of vanishing charges stays: tr(A P_H) = 0 for every charge".to_owned()
    } else {
        format!(
            "the leaf of vanishing charges stays (a charge drifts: tr(A P_H) = {drift:.2e} of the size of A; the charges fluctuate or run away)"
        )
    };
    let mut found = vec![Hypothesis::tested("leaf-invariant", text, invariant)];
    if invariant {
        let text = "the leaf attracts: horizontal noise restores every charge";
        found.push(match (attracts, silent) {
            (true, _) => Hypothesis::new("leaf-attracting", text, Status::Verified),
            (false, 0) => Hypothesis::new(
                "leaf-attracting",
                format!("{text} (it does at every w, but in no one inner product for all w)"),
                Status::Assumed,
            ),
            (false, n) => Hypothesis::new(
                "leaf-attracting",
                format!("{text} (to first order it leaves {n} of them alone, and repels none)"),
                Status::Assumed,
            ),
        });
    }
    Ok(found)
}
