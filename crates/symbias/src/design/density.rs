//! The bias of noise and of flow of a part, from J and the generators at its lift, beside the target (theory §5, §7.5): no formula of the
//! construction is used but its model file.

use super::certificate::{Compared, exceeds};
use super::compose;
use super::lift::lift;
use super::mass::panel;
use super::part::{Construction, On, Part, Raw};
use super::study::grid;
use super::target::{Target, Term};
use symbias_bias::Driver;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::dense::{Matrix, singular_values};

/// Points of each side.
const POINTS: usize = 33;

/// A small copy of a part.
struct Local {
    part: Part,
    program: ScalarProgram,
}

impl Local {
    fn new(part: &Part, place: usize) -> Result<Local> {
        let part = part.small(place, usize::MAX);
        let model = SourceFile::parse(&compose::alone(&part)?, None)?.check(Copies::All)?;
        let program = ScalarProgram::lower(
            &model,
            &Arrays::new(&model, &std::collections::BTreeMap::new())?,
        )?;
        Ok(Local { part, program })
    }

    /// The component with r's argument x.
    fn component(&self, x: f64) -> Vec<f64> {
        match self.part.on {
            On::Groups => {
                let n = self.part.size();
                let z: Vec<f64> = (0..n).map(|k| (1.3 + 0.9 * k as f64).sin()).collect();
                let norm = z.iter().map(|v| v * v).sum::<f64>().sqrt();
                z.iter().map(|v| x * v / norm).collect()
            }
            _ => vec![x],
        }
    }

    /// θ on the stated leaf, and log det JJᵀ there.
    fn at(&self, x: f64) -> Result<(Vec<f64>, f64)> {
        let z = self.component(x);
        let arrays = lift(&self.part, &z, self.part.charge)?;
        let theta: Vec<f64> = arrays.into_iter().flat_map(|a| a.2).collect();
        let undefined = || {
            Error::new(
                ErrorKind::Numerical,
                format!("`{}` has no derivative at {x:.4e}", self.part.component),
            )
        };
        let there = self.program.value(&theta, &[]).ok_or_else(undefined)?;
        let off = there
            .iter()
            .zip(&z)
            .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
        if exceeds(off, 1e-8 * x.abs().max(1e-3)) {
            return Err(Error::new(
                ErrorKind::Numerical,
                format!(
                    "the lift of `{}` misses {x:.4e} by {off:.2e}",
                    self.part.component
                ),
            ));
        }
        let rows = self.program.jacobian(&theta, &[]).ok_or_else(undefined)?;
        // Of J and not of JJᵀ: in a tail the singular values of a group are seven decades apart.
        let j = Matrix::from_fn(rows.len(), theta.len(), |i, k| rows[i][k]);
        let values =
            singular_values(&j).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
        Ok((theta, values.iter().map(|s| 2.0 * s.ln()).sum()))
    }
}

/// −log of the law's density of the component under this noise, up to a constant (theory §5.1 to §5.3).
fn potential(driver: Driver, local: &Local, x: f64, tau: f64) -> Result<f64> {
    if let (Driver::Isotropic, Construction::Mixture { scale }) = (driver, &local.part.construction)
    {
        return Ok(mixture(&local.part, *scale, x, tau));
    }
    let (theta, log_det) = local.at(x)?;
    let square: f64 = theta.iter().map(|t| t * t).sum();
    Ok(match driver {
        Driver::Isotropic => log_det / 2.0 + square / (2.0 * tau),
        // The generator of a pair moves its two factors oppositely: Γ is the sum of their squares.
        Driver::Slice
            if matches!(
                local.part.construction,
                Construction::Curve { raw: Raw::Pair, .. }
            ) =>
        {
            log_det / 2.0 + square.ln() / 2.0
        }
        _ => log_det / 2.0,
    })
}

/// The law of α Σ u_jv_j, or of αu‖v‖, by a quadrature over the variance of the normal law that it is for given v.
fn mixture(part: &Part, scale: f64, x: f64, tau: f64) -> f64 {
    let (n, copies) = match part.on {
        On::Groups => (part.size() as f64, part.size() as f64 + 1.0),
        _ => (1.0, 2.0),
    };
    let m = part.weights.as_ref().map_or(1.0, |w| w[0]);
    let y = x * m / scale;
    // ‖v‖² = τs with s a chi squared number; s = e^t.
    let log = |t: f64| {
        let s = t.exp();
        -y * y / (2.0 * tau * tau * s) - n / 2.0 * (tau * tau * s).ln() + copies / 2.0 * t - s / 2.0
    };
    let top = (0..2000)
        .map(|k| log(-40.0 + 0.025 * f64::from(k)))
        .fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for k in 0..1000 {
        let a = -40.0 + 0.05 * f64::from(k);
        sum += panel(&|t| (log(t) - top).exp(), a, a + 0.05);
    }
    -(top + sum.ln())
}

/// Compares the law of noise of a part with e^{−r}.
pub(super) fn law(
    driver: Driver,
    target: &Target,
    term: &Term,
    part: &Part,
    range: [f64; 2],
    tau: f64,
) -> Result<Compared> {
    let local = Local::new(part, 0)?;
    let signs: &[f64] = if part.on == On::Groups {
        &[1.0]
    } else {
        &[1.0, -1.0]
    };
    let mut differences = Vec::new();
    for s in signs {
        for x in grid(range[0], range[1], POINTS) {
            let wanted = term.value(target, 0, s * x).unwrap_or(f64::NAN);
            differences.push((
                potential(driver, &local, s * x, tau)? - wanted,
                wanted.abs().max(1.0),
            ));
        }
    }
    Ok(up_to_constant(&differences))
}

/// The least error over constants, about: the middle of the differences.
fn up_to_constant(differences: &[(f64, f64)]) -> Compared {
    let low = differences
        .iter()
        .map(|d| d.0)
        .fold(f64::INFINITY, f64::min);
    let high = differences
        .iter()
        .map(|d| d.0)
        .fold(f64::NEG_INFINITY, f64::max);
    let c = (low + high) / 2.0;
    let mut error = 0.0_f64;
    for (d, size) in differences {
        let own = (d - c).abs() / size;
        if exceeds(own, error) {
            error = own;
        }
    }
    Compared {
        error,
        points: differences.len(),
    }
}

/// Compares ∬1/K of a part with its target, after the best affine function and factor.
pub(super) fn flow(
    target: &Target,
    term: &Term,
    part: &Part,
    range: [f64; 2],
    whole: bool,
) -> Result<Compared> {
    let local = Local::new(part, 0)?;
    let inner = grid(range[0], range[1], 60);
    let points: Vec<f64> = match whole {
        true => inner
            .iter()
            .rev()
            .map(|x| -x)
            .chain(inner.iter().copied())
            .collect(),
        false => inner,
    };
    let failed = std::cell::RefCell::new(None);
    let bend = |x: f64| match local.at(x) {
        Ok((_, log_det)) => (-log_det).exp(),
        Err(e) => {
            failed.borrow_mut().get_or_insert(e);
            f64::NAN
        }
    };
    // Q and Q′ panel by panel.
    let (mut q, mut slope) = (0.0, 0.0);
    let mut rows = vec![(points[0], 0.0)];
    for p in points.windows(2) {
        let (a, b) = (p[0], p[1]);
        let pieces = 2;
        for k in 0..pieces {
            let (from, to) = (
                a + (b - a) * f64::from(k) / 2.0,
                a + (b - a) * f64::from(k + 1) / 2.0,
            );
            let more = panel(&|t| (to - t) * bend(t), from, to);
            let up = panel(&bend, from, to);
            q += slope * (to - from) + more;
            slope += up;
        }
        rows.push((b, q));
    }
    if let Some(e) = failed.into_inner() {
        return Err(e);
    }
    // Least squares of the target in Q, z and 1, weighted by its size.
    let wanted: Vec<f64> = points
        .iter()
        .map(|x| term.value(target, 0, *x).unwrap_or(f64::NAN))
        .collect();
    let design: Vec<[f64; 3]> = rows.iter().map(|(x, q)| [*q, *x, 1.0]).collect();
    let weight: Vec<f64> = wanted.iter().map(|w| 1.0 / w.abs().max(1.0)).collect();
    let a = Matrix::from_fn(rows.len(), 3, |i, j| design[i][j] * weight[i]);
    let f = symbias_numerics::dense::svd(&a)
        .map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    let b: Vec<f64> = wanted.iter().zip(&weight).map(|(w, s)| w * s).collect();
    let c: Vec<f64> = (0..3)
        .map(|k| (0..b.len()).map(|i| f.u[(i, k)] * b[i]).sum::<f64>() / f.s[k])
        .collect();
    let x: Vec<f64> = (0..3)
        .map(|j| (0..3).map(|k| f.v[(j, k)] * c[k]).sum())
        .collect();
    let mut error = if x[0] > 0.0 { 0.0 } else { f64::NAN };
    for ((row, w), s) in design.iter().zip(&wanted).zip(&weight) {
        let found: f64 = row.iter().zip(&x).map(|(r, x)| r * x).sum();
        let own = (found - w).abs() * s;
        if exceeds(own, error) {
            error = own;
        }
    }
    Ok(Compared {
        error,
        points: rows.len(),
    })
}
