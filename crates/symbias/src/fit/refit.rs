//! Least squares on the support that the design chose: the same places, without penalty.

use super::problem::{Loss, Problem};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// Eigenvalues below this share of the largest are 0: of columns that say the same.
const DEPENDENT: f64 = 1e-12;

/// Numbers of the components that are not 0, norms as a whole, and those without decay.
pub(super) fn support(problem: &Problem, z: &[Vec<f64>]) -> Vec<usize> {
    let mut support = Vec::new();
    for ((part, place), z) in problem.made.parts.iter().zip(&problem.places).zip(z) {
        for group in part.places() {
            if group.iter().any(|k| z[*k] != 0.0) {
                support.extend(group.iter().map(|k| place.start + k));
            }
        }
    }
    support.extend(problem.free.iter().flat_map(|f| f.1.clone()));
    support
}

/// The least loss over the support, of a loss that is quadratic; `None` where the support has more numbers than a system of
/// equations that is worth it.
pub(super) fn refit(
    problem: &Problem,
    loss: &mut Loss,
    at: &[f64],
    z: &[Vec<f64>],
) -> Result<Option<Vec<f64>>> {
    const LARGE: usize = 600;
    let support = support(problem, z);
    if support.len() > LARGE {
        return Ok(None);
    }
    let n = at.len();
    let (mut zero, mut own) = (vec![0.0; n], vec![0.0; n]);
    let mut point = vec![0.0; n];
    loss.at(&point, &mut zero);
    let mut hessian = Matrix::zeros(support.len(), support.len());
    for (j, k) in support.iter().enumerate() {
        point[*k] = 1.0;
        loss.at(&point, &mut own);
        point[*k] = 0.0;
        for (i, l) in support.iter().enumerate() {
            hessian[(i, j)] = own[*l] - zero[*l];
        }
    }
    for i in 0..support.len() {
        for j in 0..i {
            let mean = (hessian[(i, j)] + hessian[(j, i)]) / 2.0;
            hessian[(i, j)] = mean;
            hessian[(j, i)] = mean;
        }
    }
    let eigen =
        symmetric_eigen(&hessian).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    let top = eigen.values.last().copied().unwrap_or(0.0);
    for (k, value) in eigen.values.iter().enumerate() {
        if *value <= DEPENDENT * top {
            continue;
        }
        let v = |i: usize| eigen.vectors[(i, k)];
        let along: f64 = support
            .iter()
            .enumerate()
            .map(|(i, l)| -v(i) * zero[*l])
            .sum();
        for (i, l) in support.iter().enumerate() {
            point[*l] += along / value * v(i);
        }
    }
    Ok(Some(point))
}
