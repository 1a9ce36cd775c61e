//! Whether w is a process of its own: the leaf stays, K is a function of w, the fibre is one orbit and
//! the gradient is horizontal (theory §4, §5).
//!
//! dμ_A = ½ tr(AC) dt, so that the leaf is invariant where tr(A P_H) = 0 for horizontal noise and
//! Σ_k J_k A J_kᵀ = 0 for predictor noise C = s²JᵀJ. Both are identities or fail at generic points.

use super::process::{Gradient, dot};
use super::section::Section;
use symbias_geometry::factor::{Factor, Split};
use symbias_geometry::leaf::leaf_drift;
use symbias_geometry::metric::{PredictorMap, closure, volume};
use symbias_geometry::noise::Noise;
use symbias_geometry::orbit::OrbitFrame;
use symbias_geometry::structure::orthonormal;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_numerics::random::Stream;

/// What the look at generic points found.
pub(super) struct Admitted {
    /// Rank of K.
    pub rank: usize,
}

/// Generic points of the leaf that are looked at, besides that of the start.
const TRIED: u64 = 2;
/// Stream of these points.
const POINTS: u64 = 81;
/// Relative drift of a charge up to which the leaf counts as invariant: that of
/// [`symbias_geometry::leaf`].
const INVARIANT: f64 = 1e-9;
/// Vertical part of a gradient relative to its size, up to which it is rounding: gradients are sums
/// over samples.
const HORIZONTAL: f64 = 1e-8;

/// Admits a process, or says why not.
pub(super) fn admit(
    model: &Model,
    factors: &[Factor],
    section: &Section,
    noise: Noise,
    gradient: &Gradient<'_>,
) -> Result<Admitted> {
    let split = orthonormal(model, factors);
    let fields = split.all();
    let noisy = !noise.is_silent();
    if !split.neither.is_empty() {
        return Err(refused(
            model,
            "its algebra is not closed under transposition, and has no balanced leaf",
        ));
    }
    let isometric = split.symmetric.iter().all(|f| f.linear.is_empty());
    if matches!(noise, Noise::Isotropic(_)) && noisy && !isometric {
        return Err(refused(
            model,
            "its orbits are not compact, and isotropic noise runs away along them",
        )
        .remedy(
            "use horizontal or predictor noise, or the law with weight decay of `noise::isotropic`",
        ));
    }
    let mut rank = 0;
    for theta in points(section)? {
        let jacobian = section.map().jacobian(&theta)?;
        if noisy && !isometric {
            stays(model, &split, noise, &theta, &jacobian)?;
        }
        let found = closure(&split, &theta, &jacobian)?;
        if !found.holds() {
            return Err(refused(
                model,
                &format!(
                    "K is no function of w on the leaf: it changes by {:.1e} of its size along directions that keep both",
                    found.change
                ),
            ));
        }
        let frame = OrbitFrame::new(&fields, &theta)?;
        let own = volume(section.map(), &theta)?.rank();
        rank = rank.max(own);
        if own + frame.dimension() != theta.len() {
            return Err(refused(
                model,
                &format!(
                    "the fibre of w is not one orbit: rank K {own} and an orbit of dimension {} for {} parameters",
                    frame.dimension(),
                    theta.len()
                ),
            ));
        }
        is_horizontal(model, &frame, &theta, gradient)?;
    }
    Ok(Admitted { rank })
}

/// The point of the start, and generic ones.
fn points(section: &Section) -> Result<Vec<Vec<f64>>> {
    let w = section.weights(section.start())?;
    let mut found = Vec::new();
    if w.iter().any(|x| *x != 0.0) || w.is_empty() {
        found.push(section.nearest(&w)?);
    }
    for number in 0..TRIED {
        let mut stream = Stream::new(number, 0, POINTS);
        let other = if section.is_balanced() {
            let theta: Vec<f64> = section
                .start()
                .iter()
                .map(|_| stream.next_normal())
                .collect();
            section.weights(&theta)?
        } else {
            // A charged leaf may reach one side of 0 only.
            w.iter()
                .map(|x| x * (stream.next_normal() / 2.0).exp())
                .collect()
        };
        found.push(section.nearest(&other)?);
    }
    Ok(found)
}

/// That no charge drifts.
fn stays(
    model: &Model,
    split: &Split,
    noise: Noise,
    theta: &[f64],
    jacobian: &[Vec<f64>],
) -> Result<()> {
    let drift = match noise {
        Noise::Isotropic(_) => return Ok(()),
        Noise::Horizontal(_) => leaf_drift(split, &split.all(), theta)?.relative,
        _ => predictor_drift(split, jacobian),
    };
    if drift <= INVARIANT {
        return Ok(());
    }
    let trace = match noise {
        Noise::Predictor(_) => "tr(A J'J)",
        _ => "tr(A P_H)",
    };
    Err(refused(
        model,
        &format!(
            "the leaf does not stay under {} noise: {trace} is {drift:.2e} of the sizes of its terms for a charge, \
             which drifts",
            noise.name()
        ),
    ))
}

/// The largest |Σ_k J_k A J_kᵀ| of a charge relative to Σ|J_ki||A_ij||J_kj|.
fn predictor_drift(split: &Split, jacobian: &[Vec<f64>]) -> f64 {
    let relative = |(sum, size): (f64, f64)| {
        if size > 0.0 { sum.abs() / size } else { 0.0 }
    };
    let linear = split.symmetric.iter().filter(|f| !f.linear.is_empty());
    linear
        .map(|field| {
            let (mut sum, mut size) = (0.0, 0.0);
            for (i, j, x) in &field.linear {
                for row in jacobian {
                    let term = row[*i] * x * row[*j];
                    (sum, size) = (sum + term, size + term.abs());
                }
            }
            relative((sum, size))
        })
        .fold(0.0, f64::max)
}

/// That the orbit does not feel the loss.
fn is_horizontal(
    model: &Model,
    frame: &OrbitFrame<'_>,
    theta: &[f64],
    gradient: &Gradient<'_>,
) -> Result<()> {
    let mut slope = vec![0.0; theta.len()];
    gradient(theta, &mut slope);
    let size = dot(&slope, &slope).sqrt();
    let rest = frame.horizontal(&slope);
    let vertical: Vec<f64> = slope.iter().zip(&rest).map(|(g, h)| g - h).collect();
    let share = dot(&vertical, &vertical).sqrt() / size;
    if size == 0.0 || share <= HORIZONTAL {
        return Ok(());
    }
    Err(refused(
        model,
        &format!(
            "the gradient of the loss is not horizontal: {share:.1e} of it is along the orbit, so that the \
             charges do not stay"
        ),
    ))
}

fn refused(model: &Model, why: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the weights of `{}` are no process of their own: {why}",
            model.name
        ),
    )
    .remedy("simulate the parameters, or ask for a noise that leaves the leaf alone")
}
