//! The least norm of all parameters of a function, and how it is known.

use super::basins;
use super::decay;
use super::fibre::{Fibre, Least, least};
use crate::ground::{Ground, LARGEST};
use crate::potential::{Hypothesis, Potential, Status};
use symbias_geometry::effort::Effort;
use symbias_geometry::gauge::StopReason;
use symbias_geometry::metric::{Outputs, Polynomial, PredictorMap, determines, expansion, weights};
use symbias_geometry::orbit::gram::gram;
use symbias_geometry::probe::Probes;
use symbias_geometry::symmetry::Evidence;
use symbias_model::error::Result;

/// Numbers of random points that are those of no other search.
const FIRST_POINT: u64 = 1 << 42;
/// Relative difference up to which a formula gives a value.
const AGREES: f64 = 1e-6;

/// The bias of weight decay with its value and gradient at θ.
///
/// # Errors
/// Undefined outputs; floating linear algebra that does not converge.
pub fn decay_at(ground: &Ground<'_>, theta: &[f64]) -> Result<Potential> {
    decay_with(ground, theta, Effort::default())
}

/// The same with so much effort for the search of the fibre.
///
/// Where the outputs are polynomials in θ the fibre is that of the function, {θ : p_k(θ) = w_k} (see [`expansion`]); without
/// inputs, or with given ones, that of the outputs. It is closed, and a least norm is attained. Elsewhere the value is that of the
/// orbit, and none where the fibre is known to be larger.
///
/// # Errors
/// Undefined outputs; floating linear algebra that does not converge.
pub fn decay_with(ground: &Ground<'_>, theta: &[f64], effort: Effort) -> Result<Potential> {
    let mut found = decay(ground.model, ground.factors, Some(theta));
    let map = expansion(ground.probes, ground.given)?;
    if let Some(map) = &map {
        settle_basins(&mut found, map);
        // Closed, and norms grow without bound on what is not compact: the orbit of the point need not be closed.
        found.hypotheses.retain(|h| h.topic != "minimum-attained");
        found.exists = true;
        let own = weights(ground.model, ground.factors);
        let settled = found.by_formula.is_some_and(f64::is_finite)
            && own.is_some_and(|w| determines(map, &w.map));
        if settled {
            return proven(ground, theta, found);
        }
        return searched(ground, theta, effort, found, (map, Some(map)));
    }
    if !found.exists {
        return Ok(found);
    }
    let count = match ground.probes.reads_inputs() {
        false => Some(1),
        true => ground.probes.count().filter(|_| ground.given),
    };
    let small = |n: &u64| ground.probes.outputs() as u64 * n <= LARGEST as u64;
    match count.filter(small) {
        Some(n) => {
            let map = Outputs::new(ground.probes, n);
            searched(ground, theta, effort, found, (&map, None))
        }
        None => on_orbit(ground, theta, found),
    }
}

/// The least ½‖θ‖² over {θ : F(θ) = F(θ₀)} that a search finds, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct LeastNorm {
    /// The least ½‖θ‖² found, attained to rounding.
    pub value: f64,
    /// A lower bound; 0 where none is known.
    pub lower: f64,
}

/// The least norm over the fibre of outputs that need no inputs, through the point `theta`: by minimisation from many starts, in code
/// that knows no formula; `None` where a search costs more than the effort allows.
///
/// # Errors
/// Undefined outputs; floating linear algebra that does not converge.
pub fn least_norm(probes: &Probes<'_>, theta: &[f64], effort: Effort) -> Result<Option<LeastNorm>> {
    let outputs = Outputs::new(probes, 1);
    let polynomial = expansion(probes, false)?;
    let map: &dyn PredictorMap = polynomial.as_ref().map_or(&outputs, |p| p);
    let found = least(&Fibre {
        map,
        polynomial: polynomial.as_ref(),
        theta,
        near: Vec::new(),
        random: &|number| probes.point(FIRST_POINT + number),
        effort: effort.times(),
    })?;
    Ok(found.map(|l| LeastNorm {
        value: l.value,
        lower: l.lower,
    }))
}

fn settle_basins(found: &mut Potential, map: &Polynomial) {
    for known in basins::hypotheses(Some(map)) {
        let same = found.hypotheses.iter_mut().find(|h| h.topic == known.topic);
        if let Some(slot) = same {
            *slot = known;
        }
    }
}

fn say(found: &mut Potential, text: String, status: Status) {
    found.hypotheses.retain(|h| h.topic != "whole-fibre");
    found
        .hypotheses
        .push(Hypothesis::new("whole-fibre", text, status));
}

/// The closed form of the calculus, which is that of the whole fibre.
fn proven(ground: &Ground<'_>, theta: &[f64], mut found: Potential) -> Result<Potential> {
    found.value = found.by_formula;
    found.evidence = Some(Evidence::Proven);
    let text = "the function determines these weights, and the formula is the least norm over all their factors";
    say(&mut found, text.to_owned(), Status::Verified);
    // A balanced point is horizontal: ∇R = gᵀgθ.
    let fixed = ground.balanced(theta)?;
    if fixed.stop == StopReason::Balanced {
        found.gradient = Some(fixed.element.transposed(&fixed.theta));
    }
    Ok(found)
}

/// By a search of the fibre.
fn searched(
    ground: &Ground<'_>,
    theta: &[f64],
    effort: Effort,
    mut found: Potential,
    (map, polynomial): (&dyn PredictorMap, Option<&Polynomial>),
) -> Result<Potential> {
    let fixed = ground.balanced(theta)?;
    let near = (fixed.stop == StopReason::Balanced).then_some(fixed.theta);
    let least = least(&Fibre {
        map,
        polynomial,
        theta,
        near: near.into_iter().collect(),
        random: &|number| ground.probes.point(FIRST_POINT + number),
        effort: effort.times(),
    })?;
    let Some(least) = least else {
        return on_orbit(ground, theta, found);
    };
    let mut more = String::new();
    if !found.by_formula.is_some_and(|v| agrees(v, least.value)) {
        if let Some((formula, v)) = found.formula.take().zip(found.by_formula) {
            more = format!("; on the orbit alone it is {} = {v:.6}", formula.text());
        }
        found.forget_formula();
    }
    report(&mut found, &least, &more);
    found.value = Some(least.value);
    found.gradient = slope(map, theta, &least)?;
    Ok(found)
}

/// What was searched, as the hypothesis on the fibre.
fn report(found: &mut Potential, least: &Least, more: &str) {
    let Least { value, lower, .. } = least;
    let (text, status, evidence) = if least.is_certified() {
        (
            format!("the least norm on the fibre meets a lower bound, {lower:.9e}{more}"),
            Status::Verified,
            Evidence::Certified,
        )
    } else {
        (
            format!(
                "the least norm found from {} starts is the least on the fibre (lower bound {lower:.6e}, gap {:.2e}){more}",
                least.starts,
                value - lower
            ),
            Status::Assumed,
            Evidence::Open,
        )
    };
    found.evidence = Some(evidence);
    say(found, text, status);
}

/// ∇(R∘F) = Jᵀλ, where the value is the least.
fn slope(map: &dyn PredictorMap, theta: &[f64], least: &Least) -> Result<Option<Vec<f64>>> {
    if !least.is_certified() {
        return Ok(None);
    }
    let mut sum = vec![0.0; theta.len()];
    for (row, c) in map.jacobian(theta)?.iter().zip(&least.multipliers) {
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += c * x);
    }
    Ok(Some(sum))
}

fn agrees(a: f64, b: f64) -> bool {
    (a - b).abs() <= AGREES * a.abs().max(b.abs())
}

/// Directions of the fibre at generic points that the orbit has not.
fn beyond_orbit(ground: &Ground<'_>, theta: &[f64]) -> Result<usize> {
    let orbit = gram(&ground.fields, &ground.probes.point(FIRST_POINT))?
        .decision
        .rank;
    Ok((theta.len() - ground.rank).saturating_sub(orbit))
}

/// The least norm on the orbit, R(θ) = ½‖gθ‖² and ∇R = gᵀgθ at the balanced point gθ, an upper bound of that on the fibre; no
/// number where the fibre is known to be larger.
fn on_orbit(ground: &Ground<'_>, theta: &[f64], mut found: Potential) -> Result<Potential> {
    let more = beyond_orbit(ground, theta)?;
    if more > 0 {
        found.forget_formula();
        let text = format!(
            "the fibre was searched: it has {more} directions more than the orbit (a larger --effort searches more)"
        );
        say(&mut found, text, Status::Assumed);
        return Ok(found);
    }
    if !ground.is_reductive() && found.formula.is_none() {
        // Symmetric generators alone do not reach the whole orbit.
        let text = "the algebra is closed under transposition";
        found
            .hypotheses
            .push(Hypothesis::new("reductive", text, Status::Fails));
        return Ok(found);
    }
    let fixed = ground.balanced(theta)?;
    if fixed.stop == StopReason::Balanced {
        let square: f64 = fixed.theta.iter().map(|x| x * x).sum();
        found.value = Some(square / 2.0);
        found.gradient = Some(fixed.element.transposed(&fixed.theta));
        found.evidence = Some(Evidence::Open);
    } else {
        found.hypotheses.push(Hypothesis::new(
            "minimum-attained",
            "the minimum over the orbit of this point is attained",
            Status::Fails,
        ));
        found.exists = false;
    }
    Ok(found)
}
