//! One pair w = uv off the balanced leaf, under horizontal noise: with q = u² − v² and K = u² + v² =
//! √(q² + 4w²) the two are a process of their own (theory §5.3),
//!
//! ```text
//! dw = (−K ℓ′(w) + 2Tw/K) dt + √(2TK) dB,    dq = −2T q/K dt.
//! ```
//!
//! P_H is the projector on (v, u), so that tr(P_H ∇²w) = 2uv/K and tr(P_H ∇²q) = 2(v² − u²)/K. The
//! charge 2μ = q relaxes without noise of its own; at q = 0 what is left is the process on the
//! balanced leaf, dw = (−2|w|ℓ′ + T sgn w) dt + 2√(T|w|) dB.

use symbias_geometry::sde::{Ito, NoiseKind, Sde};
use symbias_model::error::{Error, ErrorKind, Result};

/// The process of (w, q): two numbers, one noise.
pub struct ChargedPair<'a> {
    temperature: f64,
    slope: Box<dyn Fn(f64) -> f64 + Send + Sync + 'a>,
}

impl<'a> ChargedPair<'a> {
    /// The process at a temperature T ≥ 0 for a loss with this derivative ℓ′(w).
    ///
    /// # Errors
    /// A temperature that is not a number ≥ 0.
    pub fn new(
        temperature: f64,
        slope: impl Fn(f64) -> f64 + Send + Sync + 'a,
    ) -> Result<ChargedPair<'a>> {
        if !(temperature.is_finite() && temperature >= 0.0) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the temperature is {temperature}"),
            )
            .remedy("give zero or a positive number, in units of the loss"));
        }
        Ok(ChargedPair {
            temperature,
            slope: Box::new(slope),
        })
    }

    /// (w, q) of a pair (u, v).
    #[must_use]
    pub fn of(u: f64, v: f64) -> [f64; 2] {
        // Equal factors have no charge, whatever their squares round to.
        [u * v, (u - v) * (u + v)]
    }

    /// (u, v) of (w, q) with u ≥ 0: u² = (K + q)/2, v² = (K − q)/2.
    #[must_use]
    pub fn lift([w, q]: [f64; 2]) -> [f64; 2] {
        let large = ((metric(w, q) + q.abs()) / 2.0).sqrt();
        let small = if large > 0.0 { w / large } else { 0.0 };
        if q >= 0.0 {
            [large, small]
        } else {
            [small.abs(), large.copysign(w)]
        }
    }
}

/// K = √(q² + 4w²).
fn metric(w: f64, q: f64) -> f64 {
    q.hypot(2.0 * w)
}

impl Sde for ChargedPair<'_> {
    type Sense = Ito;

    fn dimension(&self) -> usize {
        2
    }

    fn noises(&self) -> usize {
        1
    }

    fn kind(&self) -> NoiseKind {
        NoiseKind::Commutative
    }

    fn drift(&self, x: &[f64], into: &mut [f64]) {
        let (w, q, t) = (x[0], x[1], self.temperature);
        let k = metric(w, q);
        into[0] = -k * (self.slope)(w) + 2.0 * t * w / k;
        into[1] = -2.0 * t * q / k;
    }

    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        into[0] = (2.0 * self.temperature * metric(x[0], x[1])).sqrt();
        into[1] = 0.0;
    }

    fn diffusion_along(&self, x: &[f64], v: &[f64], into: &mut [f64]) {
        let (w, q) = (x[0], x[1]);
        let k = metric(w, q);
        let change = (q * v[1] + 4.0 * w * v[0]) / k;
        into[0] = (self.temperature / (2.0 * k)).sqrt() * change;
        into[1] = 0.0;
    }
}
