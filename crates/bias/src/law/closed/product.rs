//! Laws of products of numbers, of groups, of radii, and of predictor noise.

use super::super::chebyshev::{Panel, resolved};
use super::super::density::{Density, positive};
use crate::noise::Temper;
use crate::potential::Law;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::special::log_bessel_k;

/// Without decay the orbits of scalings have infinite volume.
fn no_isotropic() -> Error {
    Error::new(
        ErrorKind::Value,
        "isotropic noise without weight decay has no stationary law: the orbits of scalings have infinite volume",
    )
    .remedy("give a weight decay (decayed_product, decayed_group), or another noise")
}

/// w = θ_1 ⋯ θ_D, D = `depth`, on an interval (theory §5.2, §5.3; \[A26\] Theorem 1, \[M26\]): p(w) ∝ |w|^{−q} e^{−ℓ(w)/T} dw with
/// q = 2(D−1)/D on the balanced slice, not normalisable at 0 for D ≥ 2, and q = (D−1)/D for horizontal noise, which
/// keeps the sign of w.
///
/// # Errors
/// Isotropic noise, depth 0, a T that is not positive; a law that is not normalisable on the interval.
pub fn product(
    law: Law,
    depth: u32,
    loss: impl Fn(f64) -> f64 + Send + Sync + 'static,
    temperature: f64,
    interval: (f64, f64),
) -> Result<Density> {
    let t = positive("the temperature", temperature)?;
    let depth = positive("the depth", f64::from(depth))?;
    let share = (depth - 1.0) / depth;
    let power = match law {
        Law::Slice => 2.0 * share,
        Law::Horizontal => share,
        Law::Isotropic => return Err(no_isotropic()),
    };
    let log = move |w: f64| -loss(w) / t - power * w.abs().ln();
    Density::new(log, interval, &[0.0])
}

/// w = uv under isotropic noise with weight decay λ (theory §5.1): p(w) ∝ e^{−ℓ(w)/T} K_0(λ|w|/T) dw on the line.
///
/// # Errors
/// T or λ that is not positive; a law that is not normalisable.
pub fn decayed_product(
    loss: impl Fn(f64) -> f64 + Send + Sync + 'static,
    temper: Temper,
) -> Result<Density> {
    let (t, decay) = both(temper)?;
    let log = move |w: f64| -loss(w) / t + log_bessel_k(0.0, decay * w.abs() / t);
    Density::new(log, (f64::NEG_INFINITY, f64::INFINITY), &[0.0])
}

fn both(temper: Temper) -> Result<(f64, f64)> {
    Ok((
        positive("the temperature", temper.temperature)?,
        positive("the weight decay", temper.decay)?,
    ))
}

/// The norm t = ‖w‖ of a group w = s·v of `size` n, for a loss ℓ(t) of the norm alone, on the balanced slice: p(t) ∝
/// t^{(n−3)/2} e^{−ℓ/T} dt, which is ‖w‖^{−(n+1)/2} dw (theory §5.2), and for [`Law::Horizontal`] t^{n/2−1} e^{−ℓ/T} dt, the
/// volume of the quotient. For n ≥ 2 horizontal noise leaves the slice and has no stationary law of its own (theory §5.3).
///
/// # Errors
/// Isotropic noise, size 0, a T that is not positive; a law that is not normalisable.
pub fn group(
    law: Law,
    size: u32,
    loss: impl Fn(f64) -> f64 + Send + Sync + 'static,
    temperature: f64,
) -> Result<Density> {
    let t = positive("the temperature", temperature)?;
    let n = positive("the size of the group", f64::from(size))?;
    let power = match law {
        Law::Slice => (n - 3.0) / 2.0,
        Law::Horizontal => n / 2.0 - 1.0,
        Law::Isotropic => return Err(no_isotropic()),
    };
    let log = move |r: f64| -loss(r) / t + power * r.ln();
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// The norm t of a group of `size` n under isotropic noise with weight decay λ, for a loss ℓ(t) (theory §5.1):
/// p(w) ∝ ‖w‖^{(1−n)/2} K_{(n−1)/2}(λ‖w‖/T) e^{−ℓ/T} dw, so that p(t) ∝ t^{(n−1)/2} K_{(n−1)/2}(λt/T) e^{−ℓ/T} dt.
///
/// # Errors
/// Size 0, T or λ that is not positive; a law that is not normalisable.
pub fn decayed_group(
    size: u32,
    loss: impl Fn(f64) -> f64 + Send + Sync + 'static,
    temper: Temper,
) -> Result<Density> {
    let (t, decay) = both(temper)?;
    let order = (positive("the size of the group", f64::from(size))? - 1.0) / 2.0;
    let log = move |r: f64| -loss(r) / t + order * r.ln() + log_bessel_k(order, decay * r / t);
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// The radius ρ = ‖θ‖ in ℝᵈ, turned by so(d), for a loss ℓ(ρ): ρ^{d−1} e^{−ℓ/T} dρ under isotropic noise, and
/// e^{−ℓ/T} dρ under horizontal noise, whose density in θ is divided by the volume ρ^{d−1} of the sphere (theory §5.1, §5.3).
/// A compact group has no slice: conditioning is the isotropic law.
///
/// # Errors
/// d = 0, a T that is not positive; a law that is not normalisable.
pub fn radius(
    law: Law,
    d: u32,
    loss: impl Fn(f64) -> f64 + Send + Sync + 'static,
    temperature: f64,
) -> Result<Density> {
    let t = positive("the temperature", temperature)?;
    let d = positive("the dimension", f64::from(d))?;
    let power = match law {
        Law::Horizontal => 0.0,
        Law::Isotropic | Law::Slice => d - 1.0,
    };
    let log = move |r: f64| -loss(r) / t + power * r.ln();
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// x^{k−1} e^{−x/s} dx on x > 0, shape k and scale s. Predictor noise of strength s² on ℓ = (w − w₀)²/2 has shape
/// w₀/s² − ½ and scale s², and mean w₀ − s²/2 (theory §5.4); it collapses to 0, and is refused, once s² ≥ 2w₀.
///
/// # Errors
/// A scale that is not positive; a shape that is not, as the integral that diverges.
pub fn gamma(shape: f64, scale: f64) -> Result<Density> {
    let scale = positive("the scale", scale)?;
    let log = move |x: f64| (shape - 1.0) * x.ln() - x / scale;
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// w = uv under predictor noise C = s²JᵀJ on the balanced leaf (theory §5.4): p(w) ∝ |w|^{−3/2} exp(−∫ℓ'(w)/(s²|w|) dw) dw for
/// any ℓ, given by its slope ℓ', on one side of 0: the interval (0, ∞), (−∞, 0) or a part of them. The exponent is integrated
/// in log |w| from |w| = 1.
///
/// # Errors
/// s² that is not positive; an interval that contains 0; a law that is not normalisable.
pub fn predictor_noise(
    slope: impl Fn(f64) -> f64 + Send + Sync + 'static,
    strength: f64,
    interval: (f64, f64),
) -> Result<Density> {
    let strength = positive("the strength of the noise", strength)?;
    if interval.0 < 0.0 && interval.1 > 0.0 {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "the interval {} .. {} contains 0, which no path crosses",
                interval.0, interval.1
            ),
        )
        .remedy("take one sign of w: their weights come from the initialisation"));
    }
    let side = if interval.0 >= 0.0 { 1.0 } else { -1.0 };
    // ∫ℓ'(w)/|w| dw along |w|: dw = ±|w| d log|w|.
    let exponent = Exponent::new(|y| side * slope(side * y.exp()) / strength);
    let log = move |w: f64| {
        let y = w.abs().ln();
        -1.5 * y - exponent.at(y)
    };
    Density::new(log, interval, &[0.0])
}

/// The integral of a function from 0, on as much of the line as its value stays moderate.
struct Exponent {
    panels: Vec<Panel>,
    /// The integral from 0 to the low end of each.
    before: Vec<f64>,
    /// Values beyond the panels: infinite, with the sign that the integral had, or the last.
    beyond: [f64; 2],
}

/// Exponents larger than that leave no probability.
const HUGE: f64 = 1e8;
/// Largest |log w|.
const FAR: f64 = 690.0;

impl Exponent {
    fn new(f: impl Fn(f64) -> f64) -> Exponent {
        let walk = |side: f64| {
            let (mut panels, mut at, mut step, mut sum) = (Vec::new(), 0.0_f64, 0.5, 0.0_f64);
            while at < FAR && sum.abs() < HUGE {
                let next = at + step;
                let range = ((side * at).min(side * next), (side * at).max(side * next));
                let mut own = Vec::new();
                resolved(&mut |y| f(y), range, &|_| 1e-14, 1e-15, &mut own);
                let mass: f64 = own.iter().map(|p| p.mass).sum();
                if !mass.is_finite() {
                    sum = f64::INFINITY * f(side * at).signum();
                    break;
                }
                sum += mass;
                panels.extend(own);
                (at, step) = (next, (2.0 * step).min(8.0));
            }
            let limit = if sum.abs() < HUGE {
                sum
            } else {
                sum * f64::INFINITY
            };
            (panels, side * limit)
        };
        let ((mut panels, down), (up, top)) = (walk(-1.0), walk(1.0));
        panels.sort_by(|a, b| a.low.total_cmp(&b.low));
        let mut sum = -panels.iter().map(|p| p.mass).sum::<f64>();
        panels.extend(up);
        let mut before = Vec::with_capacity(panels.len());
        for panel in &panels {
            before.push(sum);
            sum += panel.mass;
        }
        Exponent {
            panels,
            before,
            beyond: [down, top],
        }
    }

    fn at(&self, y: f64) -> f64 {
        let k = self.panels.partition_point(|p| p.low <= y);
        match k.checked_sub(1) {
            None => self.beyond[0],
            Some(k) if y > self.panels[k].high => self.beyond[1],
            Some(k) => self.before[k] + self.panels[k].until(y),
        }
    }
}
