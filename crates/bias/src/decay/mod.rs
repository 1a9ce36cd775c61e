//! Weight decay: the induced regulariser R(w) = min {½‖θ‖² : F(θ) = w} over the whole fibre (theory §3.3, §7.1): by the calculus
//! where the function determines the weights of a structure that has a closed form, else by a search of the fibre
//! with a lower bound.
//!
//! In closed forms factors that move a common parameter are minimised together. Compact factors leave the norm
//! alone and do not count. A minimum over a closed orbit is attained exactly where the charges
//! vanish (theory §3.1).
//!
//! Of w = uv weight decay selects by |w|: the least ½(u² + v²) at the same w.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_bias::decay::decay;
//! use symbias_geometry::discover::structural::factors;
//! let found = decay(&model, &factors(&model), Some(&[1.0, 2.0, 3.0, -2.0]));
//! assert!((found.by_formula.expect("a formula") - 7.0).abs() < 1e-12);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod basins;
mod fibre;
mod whole;

pub use whole::{LeastNorm, decay_at, decay_with, least_norm};

use crate::driver::{About, Case, Driver, Kind, Selects};
use crate::potential::{Hypothesis, Potential, Status};
use symbias_geometry::factor::Factor;
use symbias_geometry::formula::{Formula, Projected, Script, spelled_tensor};
use symbias_geometry::structure::{Component, Least, components, parts};
use symbias_model::error::Result;
use symbias_model::expression::{Model, TensorId};
use symbias_model::space::Block;

/// Weight decay.
pub(crate) struct Decay;

impl Selects for Decay {
    fn about(&self) -> &'static About {
        &About {
            driver: Driver::Decay,
            name: "decay",
            topic: "decay",
            subject: "The regulariser of weight decay",
            symbol: "R_{\\text{decay}}",
            sources: &["Z23"],
            kind: Kind::Regulariser,
        }
    }

    fn by_rules(&self, model: &Model, factors: &[Factor]) -> Potential {
        decay(model, factors, None)
    }

    fn potential(&self, case: &Case<'_>) -> Result<Potential> {
        decay_with(case.ground, case.theta, case.effort)
    }
}

/// The bias of weight decay by rules alone, on the orbit; the formula's value at `theta` if given.
#[must_use]
pub fn decay(model: &Model, factors: &[Factor], theta: Option<&[f64]>) -> Potential {
    let components = components(factors, |f| !f.is_compact());
    let mut hypotheses = vec![
        Hypothesis::new(
            "squared-norm-penalty",
            "the penalty is the same multiple of the squared norm of every parameter",
            Status::Assumed,
        ),
        Hypothesis::new(
            "fast-decay",
            "gradient steps reach the minimum over each orbit before the function changes",
            Status::Assumed,
        ),
    ];
    hypotheses.extend(basins::hypotheses(None));
    let (mut terms, mut complete) = (Vec::new(), true);
    for component in &components {
        let Some(parts) = parts(model, component) else {
            complete = false;
            continue;
        };
        for part in &parts {
            match part.least_norm(model) {
                Least::Is(term) => terms.push(term),
                Least::NotAttained(reason) => {
                    hypotheses.push(Hypothesis::new(
                        "minimum-attained",
                        format!("the minimum over the orbit is attained ({reason})"),
                        Status::Fails,
                    ));
                    return Potential::resting_on(Driver::Decay, NO_MEASURE, hypotheses);
                }
                Least::Unknown => complete = false,
            }
        }
    }
    hypotheses.push(Hypothesis::new(
        "whole-fibre",
        "the least norm on the orbit is that of all parameters of the function (not searched)",
        Status::Assumed,
    ));
    let mut found = Potential::resting_on(Driver::Decay, NO_MEASURE, hypotheses);
    if complete {
        terms.extend(unmoved(model, &components));
        let formula = Formula::joined(terms);
        found.by_formula = theta.and_then(|theta| formula.value(theta));
        found.formula = Some(formula);
    }
    found
}

/// Decay selects a minimiser, not a distribution.
const NO_MEASURE: &str = "none: a minimiser, not a distribution";

/// ½‖·‖² of the parameters that no non-compact factor moves.
fn unmoved(model: &Model, components: &[Component<'_>]) -> Option<Formula> {
    let rest: Vec<TensorId> = model
        .parameters()
        .filter(|t| components.iter().all(|c| !c.tensors.contains(t)))
        .collect();
    Some(norm_of(model, &rest)?.power(2.0).times(0.5))
}

/// Names in one norm, at most.
const NAMES: usize = 4;

/// ‖(a, b)‖ of whole parameters; `None` of none.
pub(crate) fn norm_of(model: &Model, tensors: &[TensorId]) -> Option<Formula> {
    (!tensors.is_empty()).then_some(())?;
    let list = |script| {
        let names: Vec<String> = tensors
            .iter()
            .map(|t| spelled_tensor(&model.tensor(*t).name, script))
            .collect();
        if names.len() > NAMES {
            "rest".to_owned()
        } else {
            names.join(", ")
        }
    };
    let plain = list(Script::Plain);
    let plain = match tensors {
        [_] => format!("||{plain}||"),
        _ => format!("||({plain})||"),
    };
    let space = model.space();
    let range = |t: &TensorId| {
        let block = space.block(&model.tensor(*t).name);
        block.map_or(0..0, Block::range)
    };
    Some(Formula::quantity(Projected {
        names: [plain, format!("\\lVert {} \\rVert", list(Script::Latex))],
        ranges: tensors.iter().map(range).collect(),
        basis: None,
    }))
}
