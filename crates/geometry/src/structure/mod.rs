//! Structures: how factors that move a common parameter act together, each recognised once, in its own file.
//!
//! The closed forms of theory §6 (Gram matrices, balanced points, induced regularisers, predictor metrics) all speak
//! of the same few structures. [`Structure`] is what the house asks of each; nothing outside this folder knows
//! which there are.
//!
//! | structure | acts as | theory §6 |
//! |---|---|---|
//! | [`Torus`] | blocks a_k of each item scaled by e^{⟨q_k, α⟩} | products, groups, CP, units |
//! | [`Coupled`] | the same, where families select different blocks | deep networks |
//! | [`Pair`] | U → Ug, V → g⁻¹V | UVᵀ, attention heads |
//! | [`Chain`] | a pair between any two neighbours | W_D … W_1 |
//! | [`Rotation`] | stacks turned by so(n), u(n) or in planes | XXᵀ, phases, residual streams |
//! | [`Translation`] | translations | softmax, key bias |
//!
//! Uses the factors of [`crate::factor`] and writes [`Formula`]s; used by orbit, gauge, metric and the
//! predictions built on them. A further structure is one file that implements [`Structure`], and one line of
//! [`recognise`].
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::structure::{orthonormal, recognise};
//! let found = factors(&model);
//! assert!(recognise(&model, &[&found[0]]).is_some());
//! assert_eq!(orthonormal(&model, &found).all().len(), 2);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod branches;
mod chain;
mod components;
mod coupled;
mod listed;
mod pair;
mod rotation;
mod torus;
mod translation;

pub use branches::Branches;
pub use chain::Chain;
pub use components::{Component, components, joined, orthonormal, parts};
pub use coupled::Coupled;
pub use listed::Listed;
pub(crate) use listed::{LARGEST, single};
pub use pair::Pair;
pub use rotation::{Rotation, Turn};
pub use torus::{Balance, Group, Torus};
pub use translation::Translation;

use crate::factor::{ActionView, Factor};
use crate::formula::Formula;
use std::fmt::Debug;
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// What the house asks of a structure. Formulas are functions of θ; `None` where none is known.
pub trait Structure: Debug + Send + Sync {
    /// det Γ, in the basis that the answer names.
    fn volume(&self, model: &Model) -> Option<Formula>;

    /// A complete set of functions of θ that the structure leaves alone.
    fn weights(&self, model: &Model) -> Option<Listed>;

    /// Components of the fibre of these weights.
    fn branches(&self) -> Option<Branches>;

    /// log pdet K of these weights.
    fn log_pdet(&self, theta: &[f64]) -> Option<f64>;

    /// min ½‖θ‖² over the orbit (theory §3.3).
    fn least_norm(&self, model: &Model) -> Least;

    /// R of a law of noise (theory §5) in the weights.
    fn law(&self, model: &Model, shares: Shares) -> Option<Formula>;

    /// −log of the orbit integral of e^{−ratio ‖θ‖²/2} over the volume of the image.
    fn tempered(&self, _: &Model, _ratio: f64) -> Option<Formula> {
        None
    }

    /// Whether a law is integrable where weights vanish (theory §5.2).
    fn integrable(&self, shares: Shares) -> Option<Integrability>;

    /// The entries whose products the weights are, where they are that.
    fn products(&self, _: &Model) -> Option<Products> {
        None
    }

    /// Why the structure has no section, where it has none.
    fn section(&self) -> std::result::Result<(), &'static str>;

    /// Writes the balanced point with weights w into θ, on the branch of the start; called where there is a
    /// section.
    ///
    /// # Errors
    /// Decompositions that do not converge.
    fn lift(&self, weights: &Listed, w: &[f64], start: &[f64], theta: &mut [f64]) -> Result<()>;

    /// Two stacks of full rank have a gauge in closed form.
    fn as_pair(&self) -> Option<&Pair> {
        None
    }
}

/// The least norm on an orbit.
#[derive(Clone, Debug, PartialEq)]
pub enum Least {
    /// Attained, with this value.
    Is(Formula),
    /// The infimum is not attained: the reason.
    NotAttained(&'static str),
    /// No rule.
    Unknown,
}

/// R = ½ log pdet K + p ½ log det Γ_𝔭 + k ½ log pdet Γ_𝔨, and half the squared length of the log ratios where
/// the base measure is theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// p.
    pub symmetric: f64,
    /// k.
    pub compact: f64,
    /// Whether the leaf is measured by log ratios of the blocks.
    pub ratios: bool,
}

/// Integrable, or what diverges.
pub type Integrability = std::result::Result<(), String>;

/// Weights that are products of single entries.
#[derive(Clone, Debug)]
pub struct Products {
    /// The coordinates of each product.
    pub places: Vec<Vec<usize>>,
    /// Names of the items' indices.
    pub letters: Vec<String>,
    /// A_k: the square of each entry.
    pub squares: Vec<Formula>,
}

/// The structure that factors form together; `None` for one of no known kind.
#[must_use]
pub fn recognise(model: &Model, factors: &[&Factor]) -> Option<Box<dyn Structure>> {
    let views: Vec<ActionView> = factors.iter().map(|f| f.view()).collect();
    Torus::recognise(model, factors, &views)
        .or_else(|| Coupled::recognise(model, factors, &views))
        .or_else(|| Pair::recognise(model, factors, &views))
        .or_else(|| Rotation::recognise(model, factors, &views))
        .or_else(|| Translation::recognise(model, factors, &views))
        .or_else(|| Chain::recognise(model, factors, &views))
}
