//! Transport along an orbit: θ → exp(tξ)θ for an affine field ξ(θ) = Aθ + b, symmetric or not.

use super::element::Element;
use super::local::components;
use crate::field::AffineField;
use std::sync::Arc;
use symbias_model::error::{Error, ErrorKind, Result};

/// Largest norm of tA: e⁷⁰⁰ is near the largest number.
const LARGEST: f64 = 700.0;

/// exp(tξ)θ, of length d: the solution at time t of θ' = Aθ + b. With an extra constant coordinate it is
/// linear, (θ, 1)' = ((A, b), (0, 0)) (θ, 1), and Taylor's series of the exponential applies.
///
/// # Errors
/// A field that moves coordinates beyond θ; t or θ that are not finite; tA so large that the result
/// would not be.
pub fn transport(field: &AffineField, t: f64, theta: &[f64]) -> Result<Vec<f64>> {
    let d = theta.len();
    if !t.is_finite() {
        return Err(
            Error::new(ErrorKind::Value, format!("the time is {t}")).remedy("give a finite number")
        );
    }
    if let Some(at) = theta.iter().position(|x| !x.is_finite()) {
        return Err(
            Error::new(ErrorKind::Value, format!("entry {at} is {}", theta[at]))
                .remedy("entries are finite numbers"),
        );
    }
    let places = field.linear.iter().map(|e| e.0.max(e.1));
    let places = places.chain(field.constant.iter().map(|e| e.0));
    if let Some(place) = places.max().filter(|p| *p >= d) {
        return Err(Error::new(
            ErrorKind::Shape,
            format!("the field moves coordinate {place}, and the point has {d}"),
        ));
    }
    let mut linear = AffineField {
        linear: field.linear.clone(),
        constant: Vec::new(),
    };
    // In a unit in which the translation is no larger than a unit.
    let longest = field.constant.iter().map(|(_, b)| (t * b).abs());
    let unit = longest.fold(1.0, f64::max);
    let constant = field.constant.iter().map(|(i, b)| (*i, d, *b / unit));
    linear.linear.extend(constant);
    let mut at: Vec<f64> = theta.iter().copied().chain([unit]).collect();
    at = element(&linear, t, d + 1)?.apply(&at);
    at.truncate(d);
    Ok(at)
}

/// exp(tξ) of a linear field on d coordinates, component by component.
///
/// # Errors
/// tA so large that its exponential would not be finite.
pub(super) fn element(linear: &AffineField, t: f64, d: usize) -> Result<Element> {
    let mut element = Element::default();
    for local in components(std::slice::from_ref(linear), d) {
        let local = Arc::new(local);
        let norm = local.combination(&[t]).norm();
        if norm > LARGEST {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the field times {t} has norm {norm:.1e}, and its exponential no number"),
            )
            .remedy("give a shorter time"));
        }
        if local.diagonal {
            let exponents = local.entries(0).map(|(i, _, x)| (local.coords[i], t * x));
            element.scale(exponents.collect());
        } else {
            element.exponential(&local, vec![t]);
        }
    }
    Ok(element)
}
