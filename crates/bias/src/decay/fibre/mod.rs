//! The least ½‖θ‖² over the whole fibre {θ : F(θ) = w} of a function (theory §3.3, §7.1), by numbers: equations that share no
//! parameter are solved apart; each part from many starts by [`descent`], with the best lower bound of [`quadratic`], [`graded`],
//! [`sandwich`] and [`scalar`]. Where the bound meets the value, the value is the least norm, whatever the starts were.

mod descent;
mod graded;
mod metered;
mod quadratic;
mod sandwich;
mod scalar;
mod system;

use descent::{Local, descend};
use graded::Graded;
use metered::Metered;
use quadratic::Quadratic;
use std::cell::Cell;
use symbias_geometry::metric::{Polynomial, PredictorMap};
use symbias_model::error::Result;
use system::{System, norm};

/// A fibre, and where a search of it starts.
pub(super) struct Fibre<'a> {
    /// F, whose values are the function's own coordinates.
    pub map: &'a dyn PredictorMap,
    /// The same map, where it is a polynomial.
    pub polynomial: Option<&'a Polynomial>,
    /// A point of the fibre.
    pub theta: &'a [f64],
    /// Further starts: points of the fibre, or near.
    pub near: Vec<Vec<f64>>,
    /// Random points by number.
    pub random: &'a dyn Fn(u64) -> Vec<f64>,
    /// Multiples of the default search.
    pub effort: f64,
}

/// What a search found.
#[derive(Clone, Debug)]
pub(super) struct Least {
    /// The least ½‖θ‖² that was found.
    pub value: f64,
    /// A lower bound on ½‖θ‖² over the fibre.
    pub lower: f64,
    /// Multipliers λ with Jᵀλ = θ there: ∂R/∂w.
    pub multipliers: Vec<f64>,
    /// The largest number of starts of a part.
    pub starts: usize,
}

/// Relative difference of value and bound up to which the bound meets the value.
pub(super) const MEETS: f64 = 1e-6;
/// Relative residual of a point that a calculus places on the fibre.
const CLOSED: f64 = 1e-11;
/// Starts of a part that no bound decides.
const STARTS: f64 = 16.0;
/// Multiplications of a search, all parts together: below a second.
const SEARCH: f64 = 6e8;
/// Share of the starts where no bound could decide.
const UNBOUNDED: f64 = 0.25;
/// Singular values of J that a search needs at least.
const FIRST: f64 = 12.0;
/// Steps of a descent, about.
const STEPS: f64 = 40.0;

impl Least {
    /// Whether the bound meets the value.
    pub fn is_certified(&self) -> bool {
        meets(self.value, self.lower)
    }
}

fn meets(value: f64, lower: f64) -> bool {
    value - lower <= MEETS * value.abs()
}

/// The least ½‖θ‖² over the fibre; `None` where a search would cost more than the effort allows.
///
/// # Errors
/// Undefined values; floating linear algebra that does not converge.
pub(super) fn least(fibre: &Fibre<'_>) -> Result<Option<Least>> {
    let d = fibre.theta.len();
    let target = fibre.map.value(fibre.theta)?;
    let parts = match fibre.polynomial {
        Some(polynomial) => polynomial.blocks(fibre.theta)?,
        None => vec![(0..target.len()).collect()],
    };
    let left = Cell::new(fibre.effort * SEARCH);
    let mut whole = Least {
        value: 0.0,
        lower: 0.0,
        multipliers: vec![0.0; target.len()],
        starts: 0,
    };
    let share = 1.0 / parts.len().max(1) as f64;
    for (number, rows) in parts.iter().enumerate() {
        let w: Vec<f64> = rows.iter().map(|k| target[*k]).collect();
        let (columns, own) = match fibre.polynomial {
            Some(polynomial) => {
                let (columns, own) = polynomial.part(rows);
                (columns, Some(own))
            }
            None => ((0..d).collect(), None),
        };
        let map = own.as_ref().map_or(fibre.map, |p| p as &dyn PredictorMap);
        let system = System {
            map: Metered::new(map, &left),
            polynomial: own.as_ref(),
            target: w,
            unknowns: columns.len(),
        };
        let among = |theta: &[f64]| -> Vec<f64> { columns.iter().map(|j| theta[*j]).collect() };
        let search = Search {
            system: &system,
            theta: among(fibre.theta),
            near: fibre.near.iter().map(|t| among(t)).collect(),
            random: &|start| among(&(fibre.random)(64 * number as u64 + start)),
            starts: fibre.effort * SEARCH * share,
            share,
        };
        let Some(part) = search.run()? else {
            return Ok(None);
        };
        whole.value += part.value;
        whole.lower += part.lower;
        whole.starts = whole.starts.max(part.starts);
        for (k, c) in rows.iter().zip(&part.multipliers) {
            whole.multipliers[*k] = *c;
        }
    }
    Ok(whole.value.is_finite().then_some(whole))
}

/// The search of one part.
struct Search<'a> {
    system: &'a System<'a>,
    theta: Vec<f64>,
    near: Vec<Vec<f64>>,
    random: &'a dyn Fn(u64) -> Vec<f64>,
    /// Multiplications that its starts may take, about.
    starts: f64,
    /// Of the whole search.
    share: f64,
}

/// The bounds that a part has.
struct Bounds {
    quadratic: Option<Quadratic>,
    graded: Option<Graded>,
    /// Of a calculus, and the point where it is attained.
    closed: Option<(f64, Vec<f64>)>,
}

impl Search<'_> {
    /// Multiplications of one descent, about.
    fn cost(&self) -> f64 {
        let (m, d) = (self.system.target.len() as f64, self.system.unknowns as f64);
        let map = self.system.map.costs();
        let second = map.second
            * if self.system.polynomial.is_some() {
                1.0
            } else {
                d
            };
        STEPS * (12.0 * m * d * m.min(d) + 20.0 * d * d + map.jacobian + second + 2000.0)
    }

    fn run(&self) -> Result<Option<Least>> {
        let system = self.system;
        if let Some(zero) = self.at_zero()? {
            return Ok(Some(zero));
        }
        let bounds = self.bounds()?;
        if let Some(closed) = self.closed(&bounds)? {
            return Ok(Some(closed));
        }
        let cost = self.cost();
        if !system.map.affords(FIRST * system.across_cost()) {
            return Ok(None);
        }
        // A function of the sizes: what parts that are decided at once leave is no gift to later ones.
        let share = if bounds.none() { UNBOUNDED } else { 1.0 };
        let starts = (share * self.starts / cost).clamp(1.0, STARTS) as usize;
        let mut first: Vec<Vec<f64>> = vec![self.theta.clone()];
        first.extend(bounds.closed.iter().map(|(_, at)| at.clone()));
        first.extend(self.near.iter().cloned());
        let (given, size) = (first.len(), norm(&self.theta));
        let mut lower = bounds.closed.as_ref().map_or(0.0, |(bound, _)| *bound);
        let mut best: Option<Local> = None;
        let (mut tried, mut searched) = (0, false);
        while tried < given.max(starts) && system.may_go_on() {
            let start = match first.get(tried) {
                Some(start) => start.clone(),
                None => {
                    let mut start = (self.random)(tried as u64);
                    let scale = size / norm(&start).max(f64::MIN_POSITIVE);
                    start.iter_mut().for_each(|x| *x *= scale);
                    start
                }
            };
            tried += 1;
            // A start from which numbers do not converge finds nothing.
            let Ok(Some(found)) = descend(system, &start) else {
                continue;
            };
            let old = best.as_ref().map_or(f64::INFINITY, Local::value);
            if found.value() < old {
                lower = bounds.at(system, &found.multipliers, lower)?;
                best = Some(found);
            }
            let Some(value) = best.as_ref().map(Local::value) else {
                continue;
            };
            if meets(value, lower) {
                break;
            }
            if tried >= given && !searched {
                searched = true;
                lower = self.dual(&bounds, best.as_ref(), lower)?;
                if meets(value, lower) {
                    break;
                }
            }
        }
        let Some(best) = best else { return Ok(None) };
        if let Some(polynomial) = system.polynomial {
            lower = lower.max(graded::coarse(polynomial, &system.target));
        }
        let value = best.value();
        Ok(Some(Least {
            // A bound that rounding lifts above a value that is attained is that value.
            lower: lower.min(value),
            value,
            multipliers: best.multipliers,
            starts: tried,
        }))
    }

    /// θ = 0, where it is on the fibre.
    fn at_zero(&self) -> Result<Option<Least>> {
        let zero = vec![0.0; self.system.unknowns];
        let residual = self.system.residual(&zero)?;
        Ok((norm(&residual) == 0.0).then(|| Least {
            value: 0.0,
            lower: 0.0,
            multipliers: vec![0.0; residual.len()],
            starts: 1,
        }))
    }

    /// The point of a calculus, where it is on the fibre: its norm meets its bound without a search.
    fn closed(&self, bounds: &Bounds) -> Result<Option<Least>> {
        let Some((lower, at)) = &bounds.closed else {
            return Ok(None);
        };
        let residual = norm(&self.system.residual(at)?);
        let value = at.iter().map(|x| x * x).sum::<f64>() / 2.0;
        if residual > CLOSED * norm(&self.system.target) || !meets(value, *lower) {
            return Ok(None);
        }
        Ok(Some(Least {
            value,
            lower: lower.min(value),
            multipliers: self.system.across(at)?.multipliers(at),
            starts: 1,
        }))
    }

    fn bounds(&self) -> Result<Bounds> {
        let (system, d) = (self.system, self.system.unknowns);
        let mut bounds = Bounds {
            quadratic: None,
            graded: None,
            closed: None,
        };
        if let Some(polynomial) = system.polynomial {
            bounds.quadratic = Quadratic::of(polynomial, &system.target, d);
            if bounds.quadratic.is_none() {
                bounds.graded = Graded::of(polynomial, d)?;
            }
        }
        bounds.closed = match (&bounds.quadratic, system.polynomial) {
            (Some(_), Some(map)) => sandwich::least(map, &system.target, d)?,
            _ if system.target.len() == 1 => {
                let polynomial = system.polynomial.is_some();
                scalar::least(&system.map, polynomial, d, system.target[0])?
            }
            _ => None,
        };
        Ok(bounds)
    }

    /// The bound of the best multipliers, and of those that the bound itself finds.
    fn dual(&self, bounds: &Bounds, best: Option<&Local>, lower: f64) -> Result<f64> {
        let (Some(quadratic), Some(best)) = (&bounds.quadratic, best) else {
            return Ok(lower);
        };
        let effort = (self.share * 10.0).min(1.0);
        match quadratic.best(best.value(), &best.multipliers, effort)? {
            Some(found) => Ok(lower.max(quadratic.bound(&found)?)),
            None => Ok(lower),
        }
    }
}

impl Bounds {
    fn none(&self) -> bool {
        self.quadratic.is_none() && self.graded.is_none() && self.closed.is_none()
    }

    fn at(&self, system: &System<'_>, multipliers: &[f64], lower: f64) -> Result<f64> {
        let mut lower = lower;
        if let Some(quadratic) = &self.quadratic {
            lower = lower.max(quadratic.bound(multipliers)?);
        }
        if let (Some(graded), Some(map)) = (&self.graded, system.polynomial) {
            lower = lower.max(graded.bound(map, &system.target, multipliers)?);
        }
        Ok(lower)
    }
}
