//! The path over λ: which values, in which order, each from the minimum of the one before.

use super::data::Rows;
use super::problem::{Loss, Problem};
use super::solve::{Effort, Point, Solver};
use super::{Options, Order};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::minimise::{Stop, minimise};

/// The largest λ of a path over that at which the first place leaves 0: there the minimum is degenerate, beyond it all is 0.
const BEYOND: f64 = 1.01;
/// Places whose largest λ is computed: those with the steepest loss.
const PLACES: usize = 64;
/// Steps along a place, in shares of the least loss of it alone.
const SHARES: [f64; 12] = [
    1e-9, 1e-2, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6667, 0.8, 1.0, 1.3,
];

/// Values of λ from small to large, and sizes of the components of each part.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub lambdas: Vec<f64>,
    pub sizes: Vec<f64>,
}

/// The order that the parts ask for: three factors and more hold the origin for every loss, so that λ rises from a fit without
/// penalty; else it falls from where everything is 0, and each place leaves 0 when its slope outweighs λ (theory §7.1).
pub(super) fn order(problem: &Problem, options: &Options) -> Order {
    let holds = problem.made.within
        || problem
            .made
            .parts
            .iter()
            .any(crate::design::Part::holds_origin);
    options.order.unwrap_or(match holds {
        true => Order::Rising,
        false => Order::Falling,
    })
}

/// λ from the least of which a single place leaves 0 down, in equal ratios; the largest is that of the best single place.
pub(super) fn scale(problem: &Problem, rows: &Rows, options: &Options) -> Result<Scale> {
    let mut loss = Loss::new(&problem.components, rows.clone())?;
    let n = loss.dim();
    let mut point = vec![0.0; n];
    let mut gradient = vec![0.0; n];
    let space = problem.designed.model.space();
    for (from, to) in &problem.free {
        for (name, _, entries) in &problem.made.start {
            if space.block(name).is_some_and(|b| b.range() == *from) {
                point[to.clone()].copy_from_slice(entries);
            }
        }
    }
    if let Some((_, at)) = problem.intercept {
        // The intercept alone.
        let mut whole = point.clone();
        let mut f = |b: &[f64], g: &mut [f64]| {
            whole[at] = b[0];
            let value = loss.at(&whole, &mut gradient);
            g[0] = gradient[at];
            value
        };
        let mut b = [0.0];
        let stop = Stop {
            gradient: 1e-12,
            decrease: 0.0,
            steps: 100,
        };
        minimise(&mut f, &mut b, stop);
        point[at] = b[0];
    }
    let value = loss.at(&point, &mut gradient);
    let slopes = gradient.clone();
    let top = slopes.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let (mut sizes, mut largest) = (Vec::new(), 0.0_f64);
    for (k, part) in problem.made.parts.iter().enumerate() {
        let start = problem.places[k].start;
        let mut groups: Vec<(f64, usize, Vec<usize>)> = part
            .places()
            .into_iter()
            .enumerate()
            .map(|(place, g)| {
                let g: Vec<usize> = g.into_iter().map(|i| start + i).collect();
                let norm = g.iter().map(|i| slopes[*i].powi(2)).sum::<f64>().sqrt();
                (norm, place, g)
            })
            .collect();
        groups.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut size = 0.0_f64;
        for (norm, place, group) in groups.iter().take(PLACES).filter(|g| g.0 > 0.0) {
            // Curvature along the slope.
            let h = 1e-3 * value.abs().max(1e-12) / top;
            let mut there = point.clone();
            group
                .iter()
                .for_each(|i| there[*i] -= h * slopes[*i] / norm);
            loss.at(&there, &mut gradient);
            let along: f64 = group
                .iter()
                .map(|i| -gradient[*i] * slopes[*i] / norm)
                .sum();
            let curvature = (along + norm) / h;
            if curvature.is_nan() || curvature <= 0.0 {
                continue;
            }
            let step = norm / curvature;
            size = size.max(step);
            let slope = if part.is_spectral() {
                spectral(problem, k, group, &slopes)?
            } else {
                *norm
            };
            let side = match group.as_slice() {
                [i] if !part.is_spectral() => -slopes[*i].signum(),
                _ => 1.0,
            };
            for share in SHARES {
                let t = share * slope / curvature;
                if part.is_joint() {
                    break;
                }
                let r = problem.made.penalty.of_one(k, *place, side * t);
                let fall = slope * t - curvature * t * t / 2.0;
                // A slope of 0 at 0 has no largest λ.
                let steep = problem.made.penalty.of_one(k, *place, side * 1e3 * t) / (1e3 * r);
                if share < 1e-8 && !(0.5..2.0).contains(&steep) {
                    continue;
                }
                if r > 0.0 && (fall / r).is_finite() {
                    largest = largest.max(fall / r);
                }
            }
        }
        let own = &slopes[problem.places[k].clone()];
        largest = largest.max(problem.made.penalty.dual(k, own).unwrap_or(0.0));
        sizes.push(if size > 0.0 { size } else { 1.0 });
    }
    let lambdas = match &options.lambdas {
        Some(given) => {
            let mut lambdas = given.clone();
            lambdas.sort_by(f64::total_cmp);
            lambdas.dedup();
            lambdas
        }
        None if !(largest > 0.0 && largest.is_finite()) => {
            return Err(Error::new(
                ErrorKind::Value,
                "the loss has no slope at components that are 0, so that no lambda is a natural one",
            )
            .remedy("give values: --lambda 1e-3,1e-2,0.1; or Y does not depend on X, and the weights are 0"));
        }
        None => {
            let ratio = options.ratio.ln() / (options.count.max(2) - 1) as f64;
            let each = (0..options.count).rev();
            each.map(|j| BEYOND * largest * (ratio * j as f64).exp())
                .collect()
        }
    };
    Ok(Scale { lambdas, sizes })
}

/// The largest singular value of the slope of a matrix.
fn spectral(problem: &Problem, k: usize, group: &[usize], slopes: &[f64]) -> Result<f64> {
    let part = &problem.made.parts[k];
    let [n, m] = [part.inner[0], part.inner[1]].map(|a| part.shape[a]);
    let g = symbias_numerics::dense::Matrix::from_fn(n, m, |i, j| slopes[group[i * m + j]]);
    let s = symbias_numerics::dense::singular_values(&g)
        .map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    Ok(s.first().copied().unwrap_or(0.0))
}

/// The minima of all λ, from small to large, whatever the order of the path; `visit` hears each in the order of the path.
pub(super) fn path(
    solver: &mut Solver<'_>,
    lambdas: &[f64],
    order: Order,
    effort: Effort,
    visit: &mut dyn FnMut(usize),
) -> Result<Vec<Point>> {
    let mut points: Vec<Option<Point>> = vec![None; lambdas.len()];
    let mut theta = solver.start();
    let indices: Vec<usize> = match order {
        Order::Rising => (0..lambdas.len()).collect(),
        Order::Falling => (0..lambdas.len()).rev().collect(),
    };
    // A path that rises begins at a penalty that is not convex, and rests on where it begins.
    if let (Order::Rising, Some(first)) = (order, lambdas.first()) {
        theta = solver.graduated(&theta, *first, effort)?;
    }
    for k in indices {
        visit(k);
        let point = solver.solve(&theta, lambdas[k], effort)?;
        theta.clone_from(&point.theta);
        points[k] = Some(point);
    }
    Ok(points.into_iter().flatten().collect())
}
