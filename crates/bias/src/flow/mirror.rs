//! The mirror map of a leaf: K_c(w), ∇Q_c, its inverse and the divergence, weight by weight
//! ([`Entropy`]), from a start w₀ on (theory §4.1).

use super::entropy::Entropy;
use symbias_model::error::{Error, ErrorKind, Result};

/// The leaf of fixed charges through a start, in the effective weights: n weights, each with its
/// [`Entropy`].
#[derive(Clone, Debug, PartialEq)]
pub struct Mirror {
    pub(super) entropies: Vec<Entropy>,
    /// Coordinates of w₀.
    pub(super) start: Vec<f64>,
}

/// Weight of the relative errors of single weights, however small, beside that of all of them: what is
/// small may grow, but its digits are fewer where X cannot tell it from others.
const LOOSE: f64 = 0.05;

impl Mirror {
    /// The leaf through the factors of each weight; one factor is a weight that no symmetry moves.
    #[must_use]
    pub fn of(factors: &[Vec<f64>]) -> Mirror {
        let (entropies, start) = factors.iter().map(|f| Entropy::of(f)).unzip();
        Mirror { entropies, start }
    }

    /// n.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entropies.len()
    }

    /// Whether there are no weights.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entropies.is_empty()
    }

    /// Each weight on its own.
    #[must_use]
    pub fn entropies(&self) -> &[Entropy] {
        &self.entropies
    }

    /// w₀, n numbers.
    #[must_use]
    pub fn start(&self) -> Vec<f64> {
        self.weights_at(&self.start)
    }

    /// The diagonal of K_c(w), n numbers: Σ_j Π_{i≠j} θ_i² for each weight.
    ///
    /// # Errors
    /// Weights that the leaf does not reach, or not n of them.
    pub fn metric(&self, w: &[f64]) -> Result<Vec<f64>> {
        Ok(self.metric_at(&self.coordinates(w)?))
    }

    /// z = ∇Q_c(w), n numbers.
    ///
    /// # Errors
    /// As [`Mirror::metric`].
    pub fn dual(&self, w: &[f64]) -> Result<Vec<f64>> {
        let at = self.coordinates(w)?;
        Ok(self.each(&at, Entropy::dual))
    }

    /// w = ∇Q_c*(z), n numbers; `None` where z is no dual of a weight.
    #[must_use]
    pub fn inverse(&self, z: &[f64]) -> Option<Vec<f64>> {
        let pairs = self.entropies.iter().zip(z);
        pairs.map(|(e, z)| e.inverse(*z)).collect()
    }

    /// Q_c(w).
    ///
    /// # Errors
    /// As [`Mirror::metric`].
    pub fn potential(&self, w: &[f64]) -> Result<f64> {
        let at = self.coordinates(w)?;
        Ok(self.each(&at, Entropy::potential).iter().sum())
    }

    /// The Bregman divergence D_Q(w, w₀) = Q(w) − Q(w₀) − ⟨∇Q(w₀), w − w₀⟩.
    ///
    /// # Errors
    /// As [`Mirror::metric`].
    pub fn divergence(&self, w: &[f64]) -> Result<f64> {
        let at = self.coordinates(w)?;
        let pairs = self.entropies.iter().zip(at.iter().zip(&self.start));
        Ok(pairs.map(|(e, (t, s))| e.divergence(*t, *s)).sum())
    }

    /// Another leaf through the same w₀: all charges times a positive factor.
    ///
    /// # Errors
    /// A factor that is not positive.
    pub fn with_charges_times(&self, factor: f64) -> Result<Mirror> {
        if !(factor > 0.0 && factor.is_finite()) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("charges cannot be multiplied by {factor}"),
            )
            .remedy("give a positive number"));
        }
        let entropies: Vec<Entropy> = self.entropies.iter().map(|e| e.scaled(factor)).collect();
        let mut other = Mirror {
            entropies,
            start: Vec::new(),
        };
        other.start = other.coordinates(&self.start())?;
        Ok(other)
    }

    /// The same w₀ with K = I: every weight a parameter of its own.
    #[must_use]
    pub fn euclidean(&self) -> Mirror {
        let factors: Vec<Vec<f64>> = self.start().iter().map(|w| vec![*w]).collect();
        Mirror::of(&factors)
    }

    /// Whether some weight has a charge that is not zero.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        self.entropies.iter().any(Entropy::is_charged)
    }

    /// The coordinates of w on the leaf.
    pub(super) fn coordinates(&self, w: &[f64]) -> Result<Vec<f64>> {
        if w.len() != self.len() {
            let text = format!("{} weights for a leaf of {}", w.len(), self.len());
            return Err(Error::new(ErrorKind::Shape, text)
                .remedy("give one number for each effective weight of the leaf"));
        }
        let place = |(i, (e, w)): (usize, (&Entropy, &f64))| {
            e.coordinate(*w)
                .filter(|t| t.is_finite())
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::Value,
                        format!("weight {i} is {w}, on the other side of 0 than the leaf"),
                    )
                    .remedy("where factors of equal size are the smallest, w keeps its sign; start on the other side")
                })
        };
        self.entropies
            .iter()
            .zip(w)
            .enumerate()
            .map(place)
            .collect()
    }

    pub(super) fn weights_at(&self, at: &[f64]) -> Vec<f64> {
        self.each(at, Entropy::weight)
    }

    pub(super) fn metric_at(&self, at: &[f64]) -> Vec<f64> {
        self.each(at, Entropy::metric)
    }

    /// The points whose z is greater by dz; `None` beyond the ends of the leaf.
    pub(super) fn moved(&self, at: &[f64], dz: &[f64]) -> Option<Vec<f64>> {
        let all = self.entropies.iter().zip(at.iter().zip(dz));
        all.map(|(e, (t, dz))| e.moved(*t, *dz)).collect()
    }

    /// How far a small change of z moves the points, relative to their size: |dt| of products, and
    /// the norm of dw = K dz relative to that of w.
    pub(super) fn size_of(&self, at: &[f64], dz: &[f64]) -> f64 {
        let (mut largest, mut change, mut size) = (0.0_f64, 0.0, f64::MIN_POSITIVE);
        for (e, (t, dz)) in self.entropies.iter().zip(at.iter().zip(dz)) {
            let (w, dw) = (e.weight(*t), e.metric(*t) * dz);
            (change, size) = (change + dw * dw, size + w * w);
            if e.depth() > 1 {
                largest = largest.max((e.speed(*t) * dz).abs());
            }
        }
        (LOOSE * largest).max((change / size).sqrt())
    }

    fn each(&self, at: &[f64], f: impl Fn(&Entropy, f64) -> f64) -> Vec<f64> {
        let pairs = self.entropies.iter().zip(at);
        pairs.map(|(e, t)| f(e, *t)).collect()
    }
}
