//! The leaf of a model: which products of parameters the effective weights are, their mirror, and the
//! lift (w, c) → θ on the branch of the start (theory §4.1).

use super::mirror::Mirror;
use symbias_geometry::factor::Factor;
use symbias_geometry::structure::{components, parts};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, TensorId};

/// The leaf of fixed charges through θ₀ of a model whose effective weights are products of
/// numbers, w_i = θ_1i ⋯ θ_Di, and parameters that no symmetry moves. The weights stand in the order
/// of [`symbias_geometry::metric::weights`].
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// K, ∇Q and what follows from them, in w.
    pub mirror: Mirror,
    /// The coordinates of θ whose product is w_i.
    places: Vec<Vec<usize>>,
    /// θ₀.
    theta: Vec<f64>,
}

impl Leaf {
    /// The leaf through θ₀ (d numbers) of a model with these factors of its symmetry.
    ///
    /// # Errors
    /// A symmetry that is not scalings of single entries; not d numbers.
    pub fn of(model: &Model, factors: &[Factor], theta: &[f64]) -> Result<Leaf> {
        let d = model.space().dim();
        if theta.len() != d || theta.iter().any(|x| !x.is_finite()) {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("a start of {} numbers for {d} parameters", theta.len()),
            )
            .remedy("give one finite number for each parameter"));
        }
        let mut places = Vec::new();
        for component in components(factors, |_| true) {
            for part in parts(model, &component).ok_or_else(|| no_product(model))? {
                let products = part.products(model).ok_or_else(|| no_product(model))?;
                places.extend(products.places);
            }
        }
        for tensor in unmoved(model, factors) {
            let space = model.space();
            let block = space.block(&model.tensor(tensor).name);
            places.extend(block.into_iter().flat_map(|b| b.range()).map(|p| vec![p]));
        }
        let factors: Vec<Vec<f64>> = places
            .iter()
            .map(|own| own.iter().map(|p| theta[*p]).collect())
            .collect();
        Ok(Leaf {
            mirror: Mirror::of(&factors),
            places,
            theta: theta.to_vec(),
        })
    }

    /// θ₀, d numbers.
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// The coordinates of θ whose product is each weight.
    #[must_use]
    pub fn places(&self) -> &[Vec<usize>] {
        &self.places
    }

    /// w of any θ, n numbers.
    #[must_use]
    pub fn weights(&self, theta: &[f64]) -> Vec<f64> {
        let product = |own: &Vec<usize>| own.iter().map(|p| theta[*p]).product();
        self.places.iter().map(product).collect()
    }

    /// The point of the leaf with weights w: θ_k² = u² + c_k with the signs of θ₀, the smallest factor
    /// with the sign that w asks for. d numbers.
    ///
    /// # Errors
    /// Weights that the leaf does not reach, or not n of them.
    pub fn lift(&self, w: &[f64]) -> Result<Vec<f64>> {
        let at = self.mirror.coordinates(w)?;
        let mut theta = self.theta.clone();
        for (i, places) in self.places.iter().enumerate() {
            if let [only] = places.as_slice() {
                theta[*only] = w[i];
                continue;
            }
            let mut order = places.clone();
            order.sort_by(|p, q| self.theta[*p].abs().total_cmp(&self.theta[*q].abs()));
            let squares = self.mirror.entropies()[i].squares(at[i]);
            for (p, a) in order.iter().zip(&squares) {
                theta[*p] = a.sqrt().copysign(self.theta[*p]);
            }
            let product: f64 = places.iter().map(|p| theta[*p].signum()).product();
            if product != w[i].signum() {
                theta[order[0]] = -theta[order[0]];
            }
        }
        Ok(theta)
    }
}

/// The parameters that no factor moves.
pub(crate) fn unmoved(model: &Model, factors: &[Factor]) -> Vec<TensorId> {
    let moved = |t: &TensorId| factors.iter().any(|f| f.moved().contains(t));
    model.parameters().filter(|t| !moved(t)).collect()
}

fn no_product(model: &Model) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the effective weights of `{}` are not products of single numbers",
            model.name
        ),
    )
    .remedy(
        "paths are predicted for w = theta_1 * ... * theta_D entry by entry and for plain weights",
    )
}
