//! Mirror flow ẇ = −K_c(w)∇ℓ(w), that is ż = −∇ℓ(w) with z = ∇Q_c(w) (theory §4.1).
//!
//! For any ℓ: the coordinates t of the leaf (for D = 2 they are z) move by ṫ = −(dt/dz)∂ℓ, by the
//! explicit midpoint rule extrapolated to order 16. For a squared loss z = z₀ + Xᵀλ with
//! λ̇ = −(2/N)(Xw − y): as few equations as X has rank, with the symmetric Jacobian −(2/N)XKXᵀ ≤ 0,
//! by linearly implicit Euler steps extrapolated to order 8, which stiffness does not shorten.

use super::Stop;
use super::extrapolation::{EULER, MIDPOINT, Path, Step, extrapolated, integrate};
use super::mirror::Mirror;
use super::regression::Regression;
use symbias_geometry::rank::numerical;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::{Cholesky, Matrix};

/// Relative error of a step that roundings allow.
const SMALLEST: f64 = 1e-12;

impl Mirror {
    /// Flow from w₀ under a gradient of one's own, ∇ℓ(w), n numbers each, to the times given, which rise
    /// from 0; `tolerance` is the relative error of a step.
    ///
    /// # Errors
    /// Times that do not rise; gradients of another length.
    pub fn flow(
        &self,
        mut gradient: impl FnMut(&[f64]) -> Vec<f64>,
        times: &[f64],
        tolerance: f64,
    ) -> Result<Path> {
        let order = 2.0 * MIDPOINT.len() as f64 - 1.0;
        check(times, tolerance)?;
        let mut wrong = None;
        let mut rate = |at: &[f64]| -> Option<Vec<f64>> {
            let g = gradient(&self.weights_at(at));
            if g.len() != at.len() {
                wrong = Some(g.len());
            }
            let pairs = self.entropies.iter().zip(at.iter().zip(&g));
            let rate: Vec<f64> = pairs.map(|(e, (t, g))| -e.speed(*t) * g).collect();
            let usable = rate.len() == at.len() && rate.iter().all(|x| x.is_finite());
            usable.then_some(rate)
        };
        let first = self.first_step(&rate(&self.start).unwrap_or_default(), times);
        let found = integrate(
            &self.start,
            times,
            (tolerance.max(SMALLEST), order, first),
            |at, h| {
                let Some(slope) = rate(at) else {
                    return Ok(None);
                };
                let midpoint = |n: usize| {
                    let h = h / n as f64;
                    let mut before = at.to_vec();
                    let mut now = added(at, h, &slope);
                    for _ in 1..n {
                        let Some(slope) = rate(&now) else {
                            return Ok(None);
                        };
                        let next = added(&before, 2.0 * h, &slope);
                        before = std::mem::replace(&mut now, next);
                    }
                    Ok(Some(now))
                };
                let Some((at, difference)) = extrapolated(&MIDPOINT, 2, midpoint)? else {
                    return Ok(None);
                };
                let dz = self.entropies.iter().zip(at.iter().zip(&difference));
                let dz: Vec<f64> = dz
                    .map(|(e, (t, dt))| if *dt == 0.0 { 0.0 } else { dt / e.speed(*t) })
                    .collect();
                let error = self.size_of(&at, &dz);
                Ok(Some(Step { at, error }))
            },
        )?;
        match wrong {
            Some(n) => Err(Error::new(
                ErrorKind::Shape,
                format!("a gradient of {n} numbers for {} weights", self.len()),
            )
            .remedy("the gradient of the loss has one number for each weight")),
            None => Ok(self.finished(found)),
        }
    }

    /// Flow from w₀ of the squared loss of a linear readout to the times given, which rise from 0:
    /// learning rate times steps for gradient descent; `tolerance` is the relative error of a step.
    ///
    /// # Errors
    /// Times that do not rise; a readout of another number of weights; floating linear algebra.
    pub fn flow_of(&self, loss: &Regression, times: &[f64], tolerance: f64) -> Result<Path> {
        check(times, tolerance)?;
        self.fits(loss)?;
        let speed = 2.0 / loss.divisor();
        let force = |at: &[f64]| -> Result<Vec<f64>> {
            let excess = loss.excess(&self.weights_at(at))?;
            Ok(excess.iter().map(|r| -speed * r).collect())
        };
        let dz = loss.combined(&force(&self.start)?)?;
        let pairs = self.entropies.iter().zip(self.start.iter().zip(&dz));
        let rate: Vec<f64> = pairs.map(|(e, (t, dz))| e.speed(*t) * dz).collect();
        let first = self.first_step(&rate, times);
        let order = EULER.len() as f64;
        let found = integrate(
            &self.start,
            times,
            (tolerance.max(SMALLEST), order, first),
            |at, h| {
                let root = loss.weighted(&self.metric_at(at));
                let metric = root.transpose_matmul(&root).map_err(numerical)?;
                let slope = force(at)?;
                let euler = |n: usize| {
                    let h = h / n as f64;
                    let implicit = Matrix::from_fn(metric.rows, metric.rows, |i, j| {
                        f64::from(u8::from(i == j)) + h * speed * metric.row(i)[j]
                    });
                    let Some(factor) = Cholesky::of(&implicit).map_err(numerical)? else {
                        return Ok(None);
                    };
                    let mut change = vec![0.0; slope.len()];
                    let mut rate = slope.clone();
                    for k in 0..n {
                        change = added(&change, h, &factor.solve(&rate));
                        if k + 1 < n {
                            let Some(now) = self.moved(at, &loss.combined(&change)?) else {
                                return Ok(None);
                            };
                            rate = force(&now)?;
                        }
                    }
                    Ok(Some(change))
                };
                let Some((change, difference)) = extrapolated(&EULER, 1, euler)? else {
                    return Ok(None);
                };
                let Some(at) = self.moved(at, &loss.combined(&change)?) else {
                    return Ok(None);
                };
                let error = self.size_of(&at, &loss.combined(&difference)?);
                Ok(Some(Step { at, error }))
            },
        )?;
        Ok(self.finished(found))
    }

    /// A readout of as many weights as there are.
    pub(super) fn fits(&self, loss: &Regression) -> Result<()> {
        if loss.rows.cols == self.len() {
            return Ok(());
        }
        let text = format!(
            "a readout of {} weights for a leaf of {}",
            loss.rows.cols,
            self.len()
        );
        Err(Error::new(ErrorKind::Shape, text)
            .remedy("read the readout off the model of this leaf"))
    }

    /// A length in which coordinates move by a hundredth.
    fn first_step(&self, rate: &[f64], times: &[f64]) -> f64 {
        let fastest = rate.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
        let last = times.last().copied().unwrap_or(0.0);
        (0.01 / fastest.max(f64::MIN_POSITIVE)).min(last)
    }

    fn finished(&self, (reached, path): (Vec<Vec<f64>>, Path)) -> Path {
        Path {
            weights: reached.iter().map(|at| self.weights_at(at)).collect(),
            ..path
        }
    }
}

impl Path {
    /// Whether every time was reached.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stop == Stop::Reached
    }
}

fn added(x: &[f64], c: f64, y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x + c * y).collect()
}

fn check(times: &[f64], tolerance: f64) -> Result<()> {
    let rise = times.iter().all(|t| t.is_finite() && *t >= 0.0) && times.is_sorted();
    if rise && tolerance > 0.0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Value,
        "times of a flow do not rise from 0, or its tolerance is not positive",
    )
    .remedy("sort the times; a time is the learning rate times the number of steps"))
}
