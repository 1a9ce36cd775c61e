//! Gauges: the point of an orbit at which something vanishes, and the group element that leads
//! there (theory §3).
//!
//! One problem serves all. For symmetric matrices A_a that span the symmetric part 𝔭 of a Lie
//! algebra closed under transposition, and vectors v_k, minimise
//!
//! ```text
//! f(X) = ½ Σ_k ‖e^X v_k‖²  over  X ∈ 𝔭:   f' = Σ_k v_kᵀ A v_k = tr(A C),   f'' = 2 Σ_k ‖A v_k‖²,   C = Σ_k v_k v_kᵀ
//! ```
//!
//! It is convex along e^{tX}; its stationary points are exactly the vectors with tr(A C) = 0 for
//! all A ∈ 𝔭, unique up to the compact group where they exist \[KN79\]. They exist where the orbit
//! is closed; otherwise the infimum is a limit along some X that shrinks a part of the vectors and
//! stretches nothing ([`Escape`]).
//!
//! * *Balanced gauge* ([`balance`]): the one vector θ; tr(A C) = 2μ_A, the charges vanish.
//! * *Noise-balanced gauge* ([`noise_balance`]): the gradients s_k that make up the noise. A
//!   function with f(gθ) = f(θ) has ∇f(gθ) = g⁻ᵀ∇f(θ): differentiate both sides along δ, which
//!   gives ⟨∇f(gθ), gδ⟩ = ⟨∇f(θ), δ⟩. So the gradients move by the dual element, and
//!   C(gθ) = g⁻ᵀ C(θ) g⁻¹. The drift of the charge of A (theory §2.3) is proportional to tr(A C):
//!   where all drifts vanish, ½ Σ_k ‖g⁻ᵀ s_k‖² is stationary on the orbit, and the same solver
//!   finds the point, on other vectors.
//!
//! Translations θ → θ + c come first: their balanced point is the projection that makes ⟨b, θ⟩
//! vanish for all of them. They form an ideal, so that every A of the algebra maps their span T to
//! itself, and the symmetric ones map its orthogonal complement to itself: what follows keeps the
//! projection, and both together reach the minimum over the whole group.
//!
//! Scalings (`torus`) are solved in logarithms; other groups (`newton`) by steps on the group. Used by the crate `symbias`.
//!
//! The orbit of (2, 1/2) under (u, v) → (e^t u, e^{−t} v):
//!
//! ```
//! use symbias_geometry::AffineField;
//! use symbias_geometry::gauge::{StopReason, balance};
//! let scaling = AffineField { linear: vec![(0, 0, 1.0), (1, 1, -1.0)], constant: vec![] };
//! let fixed = balance(&[scaling], &[2.0, 0.5])?;
//! assert_eq!(fixed.stop, StopReason::Balanced);
//! assert!(fixed.theta.iter().all(|x| (x - 1.0).abs() < 1e-12));
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod element;
mod escape;
mod local;
mod newton;
mod pair;
mod runaway;
mod solve;
mod torus;
mod translation;
mod transport;

pub use element::Element;
pub use escape::{AGAINST, Escape};
pub use pair::Pairs;
pub use transport::transport;

use crate::charge::moment::is_symmetric;
use crate::factor::Factor;
use crate::field::AffineField;
use local::{Local, components};
use std::sync::Arc;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use torus::Torus;

/// Charge relative to what its field moves at which the search stops: some hundred roundings of a
/// sum of many squares, and far below [`BALANCED`], so that a point fixed once is not moved again.
const TARGET: f64 = 1e-13;
/// Largest relative charge of a balanced point.
pub const BALANCED: f64 = 1e-10;
/// Iterations of Newton's method on one component, at most: it needs some ten near the minimum,
/// and two for each factor e that it is away.
const ITERATIONS: usize = 120;

/// How fixing a gauge ended: a part of the result, not a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The charges vanish, to [`BALANCED`].
    Balanced,
    /// Some orbit has no minimum: see the escapes.
    Degenerate,
    /// Charges are left, and no direction of escape was verified.
    NotConverged,
}

/// A point in the gauge asked for.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The point on the orbit, of length d.
    pub theta: Vec<f64>,
    /// How it ended.
    pub stop: StopReason,
    /// Iterations of Newton's method, of the component that needed most.
    pub iterations: usize,
    /// The largest charge (or drift) relative to the squares that its field moves, recomputed at the
    /// end; over the fields that were balanced, without those of the escapes.
    pub residual: f64,
    /// What was applied to θ.
    pub element: Element,
    /// Directions along which no minimum exists.
    pub escapes: Vec<Escape>,
}

/// A minimum of ½ Σ_k ‖g v_k‖².
#[derive(Clone, Debug)]
pub struct Minimised {
    /// g v_k.
    pub vectors: Vec<Vec<f64>>,
    /// How it ended.
    pub stop: StopReason,
    /// As in [`Fixed`].
    pub iterations: usize,
    /// The largest |tr(A C)| relative to the squares that A moves; without those of the escapes.
    pub residual: f64,
    /// g.
    pub element: Element,
    /// Directions along which no minimum exists.
    pub escapes: Vec<Escape>,
}

/// Moves θ along its orbit to where the charges of `symmetric` vanish (theory §3.1, §3.2): the
/// point of least norm. Fields are linear and symmetric, or translations.
///
/// Components of fields that have a minimum are balanced; where there is none, the generators that
/// escape are left at the identity (scalings), or the component is (other groups).
///
/// # Errors
/// Fields that are not symmetric, or mix a matrix with a translation; θ that is too short, or not
/// finite.
pub fn balance(symmetric: &[AffineField], theta: &[f64]) -> Result<Fixed> {
    balance_pairs(&Pairs::default(), symmetric, theta)
}

/// [`balance`] for the group of these factors, whose symmetric generators are `symmetric`: pairs of
/// stacks of full rank go to their balanced point in closed form.
///
/// # Errors
/// As [`balance`].
pub fn balance_factors(
    model: &Model,
    factors: &[Factor],
    symmetric: &[AffineField],
    theta: &[f64],
) -> Result<Fixed> {
    checked(symmetric, &[theta])?;
    let mut pairs = Pairs::of(model, factors);
    pairs.regular(&centred(symmetric, theta)?)?;
    let mut moved = vec![false; theta.len()];
    pairs.mark(&mut moved);
    let own = |f: &&AffineField| f.linear.first().is_none_or(|e| !moved[e.0]);
    let others: Vec<AffineField> = symmetric.iter().filter(own).cloned().collect();
    balance_pairs(&pairs, &others, theta)
}

/// θ where the charges of the translations among the fields vanish.
///
/// # Errors
/// As [`balance`].
pub fn centred(symmetric: &[AffineField], theta: &[f64]) -> Result<Vec<f64>> {
    let mut element = Element::default();
    element.shift(translation::centring(symmetric, theta)?);
    Ok(element.apply(theta))
}

/// [`balance`] for pairs of stacks, all of full rank ([`Pairs::regular`]), beside other fields that do not
/// move their parameters, but for translations.
///
/// # Errors
/// As [`balance`].
pub fn balance_pairs(pairs: &Pairs, symmetric: &[AffineField], theta: &[f64]) -> Result<Fixed> {
    checked(symmetric, &[theta])?;
    let mut element = Element::default();
    element.shift(translation::centring(symmetric, theta)?);
    let mut centred = element.apply(theta);
    pairs.balance(&mut centred, &mut element)?;
    let found = minimise(symmetric, &[centred])?;
    element.then(found.element);
    let theta = found.vectors.into_iter().next().unwrap_or_default();
    let residual = found.residual.max(translation::residual(symmetric, &theta));
    let residual = residual.max(pairs.imbalance(&theta)?);
    let stop = match found.stop {
        StopReason::Balanced if residual > BALANCED => StopReason::NotConverged,
        stop => stop,
    };
    Ok(Fixed {
        theta,
        stop,
        iterations: found.iterations,
        residual,
        element,
        escapes: found.escapes,
    })
}

/// Moves θ to where the noise made of the gradients s_k drives no charge: Σ_k s_kᵀ A s_k = 0 for
/// all A (theory §3.4; the module says why this is the same problem). The gradients are those at θ
/// of functions that the fields leave alone. Translations move no gradient and are left out.
/// `residual` is that of the transported gradients.
///
/// # Errors
/// As [`balance`]; no gradients.
pub fn noise_balance(
    symmetric: &[AffineField],
    theta: &[f64],
    gradients: &[Vec<f64>],
) -> Result<Fixed> {
    checked(symmetric, &[theta])?;
    if let Some(g) = gradients.iter().find(|g| g.len() != theta.len()) {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "a gradient has {} entries, and theta has {}",
                g.len(),
                theta.len()
            ),
        ));
    }
    let found = minimise(symmetric, gradients)?;
    let element = found.element.dual();
    Ok(Fixed {
        theta: element.apply(theta),
        stop: found.stop,
        iterations: found.iterations,
        residual: found.residual,
        element,
        escapes: found.escapes,
    })
}

/// Minimises ½ Σ_k ‖g v_k‖² over the group of the linear fields among `symmetric`; translations do
/// not act on the vectors.
///
/// # Errors
/// As [`balance`]; no vectors.
pub fn minimise(symmetric: &[AffineField], vectors: &[Vec<f64>]) -> Result<Minimised> {
    let Some(d) = vectors.first().map(Vec::len) else {
        return Err(
            Error::new(ErrorKind::Value, "there are no vectors to minimise")
                .remedy("give at least one"),
        );
    };
    checked(
        symmetric,
        &vectors.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    )?;
    let mut found = Minimised {
        vectors: vectors.to_vec(),
        stop: StopReason::Balanced,
        iterations: 0,
        residual: 0.0,
        element: Element::default(),
        escapes: Vec::new(),
    };
    for local in components(symmetric, d) {
        let part: Vec<Vec<f64>> = vectors.iter().map(|v| local.gather(v)).collect();
        let solved = component(local, part)?;
        for (whole, part) in found.vectors.iter_mut().zip(&solved.vectors) {
            solved.local.scatter(part, whole);
        }
        found.element.then(solved.element);
        found.iterations = found.iterations.max(solved.iterations);
        found.residual = found.residual.max(solved.residual);
        let total = |vectors: &[Vec<f64>]| -> f64 {
            vectors.iter().flatten().map(|x| x * x).sum::<f64>() / 2.0
        };
        let part: Vec<Vec<f64>> = vectors.iter().map(|v| solved.local.gather(v)).collect();
        let others = total(vectors) - total(&part);
        for mut escape in solved.escapes {
            escape.infimum += others.max(0.0);
            found.escapes.push(escape);
        }
    }
    found.stop = if !found.escapes.is_empty() {
        StopReason::Degenerate
    } else if found.residual <= BALANCED {
        StopReason::Balanced
    } else {
        StopReason::NotConverged
    };
    Ok(found)
}

/// The largest |Σ_k v_kᵀ A v_k| of the linear fields relative to the squares Σ_k Σ_ij |A_ij|
/// (v_ki² + v_kj²)/2 that they move; for one vector θ twice the charges, over the squared norms.
///
/// # Errors
/// As [`balance`].
pub fn residual(symmetric: &[AffineField], vectors: &[Vec<f64>]) -> Result<f64> {
    let Some(d) = vectors.first().map(Vec::len) else {
        return Ok(0.0);
    };
    checked(
        symmetric,
        &vectors.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    )?;
    let of = |local: &Local| {
        let part: Vec<Vec<f64>> = vectors.iter().map(|v| local.gather(v)).collect();
        local.residual(&part)
    };
    Ok(components(symmetric, d).iter().map(of).fold(0.0, f64::max))
}

/// As [`residual`] for a point, translations included: those as |⟨b, θ⟩| / ‖b‖₁ ‖θ‖_∞.
///
/// # Errors
/// As [`balance`].
pub fn imbalance(symmetric: &[AffineField], theta: &[f64]) -> Result<f64> {
    let linear = residual(symmetric, &[theta.to_vec()])?;
    Ok(linear.max(translation::residual(symmetric, theta)))
}

/// What became of one component.
struct Solved {
    local: Arc<Local>,
    vectors: Vec<Vec<f64>>,
    element: Element,
    iterations: usize,
    residual: f64,
    escapes: Vec<Escape>,
}

fn component(local: Local, vectors: Vec<Vec<f64>>) -> Result<Solved> {
    if local.diagonal {
        torus_component(local, vectors)
    } else {
        matrix_component(local, vectors)
    }
}

fn torus_component(local: Local, vectors: Vec<Vec<f64>>) -> Result<Solved> {
    let torus = Torus::new(&local, &vectors);
    let mut free = vec![true; local.fields.len()];
    let mut escapes = Vec::new();
    for (a, sign) in torus.one_sided() {
        free[a] = false;
        escapes.push(escape::single(&local, &vectors, a, sign));
    }
    let mut iterations = 0;
    let solved = loop {
        let solved = torus.minimise(&free)?;
        iterations += solved.iterations;
        // A sum of generators may escape where none of them does: its largest part is left alone.
        match escape::of_torus(&local, &torus, &vectors, &solved.x, &free) {
            Some((escape, largest)) => {
                free[largest] = false;
                escapes.push(escape);
            }
            None => break solved,
        }
    };
    let mut element = Element::default();
    let mut vectors = vectors;
    if solved.x.iter().any(|x| *x != 0.0) {
        let by_coordinate = torus::exponents(&local);
        let exponent = |i: usize| by_coordinate.dot(i, &solved.x);
        let exponents: Vec<f64> = (0..local.coords.len()).map(exponent).collect();
        for v in &mut vectors {
            v.iter_mut()
                .zip(&exponents)
                .for_each(|(v, e)| *v *= e.exp());
        }
        element.scale(local.coords.iter().copied().zip(exponents).collect());
    }
    let residual = over_free(&local, &vectors, &free);
    Ok(Solved {
        local: Arc::new(local),
        vectors,
        element,
        iterations,
        residual,
        escapes,
    })
}

fn over_free(local: &Local, vectors: &[Vec<f64>], free: &[bool]) -> f64 {
    (0..local.fields.len())
        .filter(|a| free[*a])
        .map(|a| local.relative_charge(a, vectors))
        .fold(0.0, f64::max)
}

fn matrix_component(local: Local, vectors: Vec<Vec<f64>>) -> Result<Solved> {
    let (keep, mut escapes) = escape::central(&local, &vectors);
    let local = Arc::new(local.restricted(&keep));
    let mut element = Element::default();
    // In a unit of their own, a power of two: squares stay in the range of numbers.
    let largest = vectors
        .iter()
        .flatten()
        .fold(0.0_f64, |m, x| m.max(x.abs()));
    let unit = if largest > 0.0 {
        largest.log2().floor().exp2()
    } else {
        1.0
    };
    let scaled = |by: f64, vectors: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let one = |v: &Vec<f64>| v.iter().map(|x| x * by).collect();
        vectors.iter().map(one).collect()
    };
    let start = scaled(unit.recip(), &vectors);
    let mut moved = start.clone();
    let iterations = newton::minimise(&local, &mut moved, &mut element)?;
    moved = scaled(unit, &moved);
    let mut residual = local.residual(&moved);
    let found = runaway::of_group(&local, &start, &element)?;
    if let Some(mut found) = found {
        found.along *= unit;
        found.infimum *= unit * unit;
        // The rest of its generators is no group without it: all are left at the identity.
        escapes.push(found);
        (moved, element, residual) = (vectors, Element::default(), 0.0);
    }
    Ok(Solved {
        local,
        vectors: moved,
        element,
        iterations,
        residual,
        escapes,
    })
}

/// Fields and vectors that fit each other.
fn checked(symmetric: &[AffineField], vectors: &[&[f64]]) -> Result<()> {
    let d = vectors.first().map_or(0, |v| v.len());
    for (number, field) in symmetric.iter().enumerate() {
        if !field.linear.is_empty() && !field.constant.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("field {number} is a matrix and a translation at once"),
            )
            .remedy("give linear fields and translations apart, as a basis of the algebra"));
        }
        if !is_symmetric(field) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the matrix of field {number} is not symmetric"),
            )
            .remedy("a gauge is fixed over the symmetric part: `moment::symmetric_part`"));
        }
        let places = field.linear.iter().map(|e| e.0.max(e.1));
        let places = places.chain(field.constant.iter().map(|e| e.0));
        if let Some(place) = places.max().filter(|p| *p >= d) {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("field {number} moves coordinate {place}, and the point has {d}"),
            )
            .remedy("give the parameters of the model that the fields are of"));
        }
    }
    for v in vectors {
        if v.len() != d {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("vectors of {} and of {d} entries", v.len()),
            ));
        }
        if let Some(at) = v.iter().position(|x| !x.is_finite()) {
            return Err(
                Error::new(ErrorKind::Value, format!("entry {at} is {}", v[at]))
                    .remedy("entries are finite numbers"),
            );
        }
    }
    Ok(())
}
