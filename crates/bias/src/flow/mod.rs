//! Gradient flow: on the leaf of fixed charges ẇ = −K_c(w)∇ℓ(w). If K_c⁻¹ = ∇²Q this is mirror flow, and
//! for a model that is linear in w the limit is argmin{D_Q(w, w₀) : Xw = y} (\[L22\], theory §4.1).
//!
//! [`flow`] says whether there is a mirror potential, and which. For weights that are products of numbers
//! the rest predicts trained vectors:
//!
//! | what | where | by |
//! |---|---|---|
//! | K, ∇Q, Q of one weight for any depth and charges | [`Entropy`] | one integral, analytic in the right coordinate |
//! | the same for all weights of a start; the lift to θ | [`Mirror`], [`Leaf`] | the factors of the symmetry |
//! | outputs y = Xw + b, L = Σ(Xw + b − y)²/N | [`Readout`], [`Regression`] | the model's own Jacobian |
//! | w at a time | [`Mirror::flow`], [`Mirror::flow_of`] | extrapolation |
//! | w in the limit | [`Mirror::selected`] | Newton's method on the multipliers, no flow |
//! | the fit of least ‖w‖₁ | [`sparsest`] | an interior point, no leaf |
//! | all of them with twins that must fit worse | [`predictions`] | |
//!
//! The flow of w = uv is the mirror flow of the hyperbolic entropy:
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_bias::Ground;
//! use symbias_bias::flow::flow;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::probe::{Entries, Probes};
//! let factors = factors(&model);
//! let probes = Probes::new(&model, &Entries::new(), None, 0)?;
//! let ground = Ground::new(&model, &factors, &probes, false, 2);
//! let found = flow(&ground, &[1.0, 2.0, 3.0, -1.0], 2)?;
//! assert!(found.exists && found.formula.expect("a formula").text().contains("asinh"));
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod entropy;
mod extrapolation;
mod leaf;
mod mirror;
mod path;
mod potential;
mod predict;
mod readout;
mod regression;
mod selected;
mod sparse;

pub use entropy::Entropy;
pub(crate) use entropy::GAUSS_16;
pub use extrapolation::Path;
pub use leaf::Leaf;
pub(crate) use leaf::unmoved;
pub use mirror::Mirror;
pub use predict::{Claim, OTHER_CHARGES, Prediction, When, predictions};
pub use readout::Readout;
pub use regression::Regression;
pub use selected::Selected;
pub use sparse::sparsest;

use crate::driver::{About, Case, Driver, Kind, Selects};
use crate::ground::{Ground, Origin};
use crate::noise::closes;
use crate::potential::{Hypothesis, Potential, Status};
use symbias_geometry::factor::Factor;
use symbias_geometry::metric::{Hessian, hessian};
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// How a computation of a prediction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Where it was to go.
    Reached,
    /// No step leads further: the weights run away, or numbers end.
    Stalled,
    /// Too many steps.
    Limit,
}

/// Gradient flow.
pub(crate) struct Flow;

impl Selects for Flow {
    fn about(&self) -> &'static About {
        &About {
            driver: Driver::Flow,
            name: "flow",
            topic: "flow",
            subject: "The mirror potential of gradient flow",
            symbol: "Q_{\\text{flow}}",
            sources: &["L22", "W20"],
            kind: Kind::Mirror,
        }
    }

    fn by_rules(&self, _: &Model, _: &[Factor]) -> Potential {
        let text = "the metric of the leaf is a Hessian (not tested at this size)";
        let untested = Hypothesis::new("metric-is-hessian", text, Status::Assumed);
        Potential::resting_on(Driver::Flow, "none: a path and its limit", vec![untested])
    }

    fn potential(&self, case: &Case<'_>) -> Result<Potential> {
        flow(case.ground, case.theta, case.theta.len() - case.orbit)
    }
}

/// Whether flow has a mirror potential on the leaf through θ, and which.
///
/// # Errors
/// Undefined outputs; floating linear algebra that does not converge.
pub fn flow(ground: &Ground<'_>, theta: &[f64], dimension: usize) -> Result<Potential> {
    // Outputs at more and more generic inputs are more numbers than there are directions.
    let unknown = ground.origin == Origin::Unknown;
    let found = if unknown {
        Hessian {
            entries: usize::MAX,
            rank: ground.rank,
            asymmetry: None,
        }
    } else {
        hessian(ground.map(), theta)?
    };
    let mut hypotheses = vec![Hypothesis::new(
        "small-steps",
        "steps are so small that training follows the flow",
        Status::Assumed,
    )];
    hypotheses.push(Hypothesis::tested(
        "fibre-is-orbit",
        "the fibre of w is the orbit near the point: rank K = d - dim of the orbit",
        found.rank == dimension,
    ));
    hypotheses.push(closes(ground, std::iter::once(&theta.to_vec()))?);
    hypotheses.extend(mirror(ground, &found));
    hypotheses.push(Hypothesis::new(
        "linear-model",
        "for the selected solution: the outputs are linear in w and the data are fitted",
        Status::Assumed,
    ));
    let measure = "none: a path and its limit, from the given start";
    let mut potential = Potential::resting_on(Driver::Flow, measure, hypotheses);
    // The formula is in the structures' own weights.
    if potential.exists
        && matches!(ground.origin, Origin::Structure(_))
        && let Some(formula) = potential::formula(ground, theta)
    {
        potential.gradient = formula.gradient(theta);
        potential.take(formula, theta);
    }
    Ok(potential)
}

fn mirror(ground: &Ground<'_>, found: &Hessian) -> Vec<Hypothesis> {
    let open = match &ground.origin {
        Origin::Structure(text) => format!("w = {text} ranges over an open set"),
        Origin::Outputs(_) => "the outputs range over an open set".into(),
        Origin::Coefficients(_) => {
            "the coefficients of the outputs in the inputs range over an open set".into()
        }
        Origin::Unknown => "the outputs at generic inputs range over an open set".into(),
    };
    let text = if ground.origin == Origin::Unknown {
        open
    } else {
        format!("{open} (rank K {} of {})", found.rank, found.entries)
    };
    let mut all = vec![Hypothesis::tested("image-is-open", text, found.is_open())];
    if found.is_open() {
        let text = match found.asymmetry {
            Some(a) if !found.holds() => format!(
                "1/K is the Hessian of a potential (its derivative is asymmetric by {a:.1e} of its size)"
            ),
            _ => "1/K is the Hessian of a potential".into(),
        };
        all.push(Hypothesis::tested("metric-is-hessian", text, found.holds()));
    }
    all
}
