//! What r is like: finite at 0, increasing away from it, unbounded; its closed form on each side; its weights over places.

use super::form::Form;
use super::target::{Kind, Target, Term};
use symbias_model::error::{Error, ErrorKind, Result};

/// r of a component.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// r for x > 0; none without a closed form.
    pub plus: Option<Form>,
    /// r for x < 0, of |x|.
    pub minus: Option<Form>,
    /// r at each place is this multiple of r at place 0; none where all are 1.
    pub weights: Option<Vec<f64>>,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// Points of each side at which r is looked at.
const POINTS: usize = 61;
/// How far below the range.
const BELOW: f64 = 1e-3;

/// n points from low to high, their logarithms equally far apart.
pub(super) fn grid(low: f64, high: f64, n: usize) -> Vec<f64> {
    let step = (high / low).ln() / (n - 1) as f64;
    let mut points: Vec<f64> = (0..n).map(|k| low * (step * k as f64).exp()).collect();
    points[n - 1] = high;
    points
}

/// Where a function is asked, for messages.
fn of(term: &Term) -> &'static str {
    match term.kind {
        Kind::Entries => "entry",
        Kind::Groups(_) => "norm",
        Kind::Singular(_) => "singular value",
        Kind::Joint => "norm",
    }
}

/// Studies r for decay: R is what {½‖θ‖² : F(θ) = w} has as its least, so that r has its only least value at 0, increases away from it and
/// has no bound (theory §7.1).
pub(super) fn study(target: &Target, term: &Term, range: [f64; 2], given: bool) -> Result<Shape> {
    let name = &term.component;
    if term.joint.is_some() {
        // A norm: finite, increasing along every ray, unbounded.
        return Ok(Shape {
            plus: None,
            minus: None,
            weights: None,
            warnings: Vec::new(),
        });
    }
    let refused = |what: String, remedy: &str| {
        Error::new(ErrorKind::Value, format!("the target of `{name}` {what}")).remedy(remedy)
    };
    let at = |x: f64| -> Result<f64> {
        let r = term.value(target, 0, x).unwrap_or(f64::NAN);
        if r.is_finite() {
            return Ok(r);
        }
        Err(match x == 0.0 {
            true => refused(
                format!("is {r} at 0: under decay its least value is at 0, and finite"),
                "the nearest that has a construction: log(1 + abs(x)/eps) with a small eps; log(abs(x)) is for noise",
            ),
            false => refused(
                format!("is {r} at {x:.3e}, within the range"),
                "give the range where it is finite: range = [1e-3, 1.0]",
            ),
        })
    };
    let zero = at(0.0)?;
    let signed = term.kind == Kind::Entries && !term.is_positive();
    let xs: Vec<f64> = grid(range[0] * BELOW, range[1], POINTS);
    let mut sides = Vec::new();
    for sign in [1.0, -1.0] {
        if sign < 0.0 && !signed {
            break;
        }
        let mut points = Vec::new();
        let (mut before, mut last) = (0.0, zero);
        for x in &xs {
            let r = at(sign * x)?;
            let rounding = 1e-15 * (r.abs() + zero.abs());
            if r - last < -rounding || (r - last <= 0.0 && *x > range[0]) {
                let what = format!(
                    "does not increase away from 0: it is {last:.6} at {} = {:.4e} and {r:.6} at {:.4e}",
                    of(term),
                    sign * before,
                    sign * x
                );
                let below = match before > range[0] {
                    true => format!(
                        "below that it does: range = [{}, {:.4}] designs it there (no parameterization has a bias that is bounded, decreases, or has two zeros)",
                        super::form::number(range[0]), 0.99 * before
                    ),
                    false => "no parameterization has a bias that decreases or has two zeros: {R <= c} is the image of a ball".into(),
                };
                return Err(refused(what, &below));
            }
            (before, last) = (*x, r);
            if *x >= range[0] * (1.0 - 1e-12) {
                points.push((*x, r - zero));
            }
        }
        sides.push(points);
    }
    let mut warnings = Vec::new();
    for (sign, _) in [1.0, -1.0].iter().zip(&sides) {
        let far = |x: f64| term.value(target, 0, sign * x).unwrap_or(f64::NAN);
        // Growth over three decades, and over the next three.
        let (a, b, c) = (far(1e3), far(1e6), far(1e9));
        let grows = c.is_infinite() || c - b > 0.1 * (b - a);
        if grows {
            continue;
        }
        if !given {
            return Err(refused(
                "is bounded: {R <= c} is the image of a ball, and no parameterization has a bounded bias".into(),
                "the nearest that has one: log(1 + abs(x)/eps), unbounded; or the same target below its bound, with the range that you need: range = [1e-3, 1.0]",
            ));
        }
        warnings.push(format!(
            "the target of `{name}` does not grow without bound: the design holds below its bound, over the stated range, only"
        ));
        break;
    }
    let weights = weights(target, term, &xs, zero)?;
    let plus = Form::of(&sides[0]);
    let minus = match sides.get(1) {
        Some(points) => Form::of(points),
        None => plus.clone(),
    };
    Ok(Shape {
        plus,
        minus,
        weights,
        warnings,
    })
}

/// The factor of r at each place.
fn weights(target: &Target, term: &Term, xs: &[f64], zero: f64) -> Result<Option<Vec<f64>>> {
    if term.is_uniform(target) || term.count() == 1 || term.atoms.is_some() {
        return Ok(None);
    }
    let signs: &[f64] = if term.kind == Kind::Entries {
        &[1.0, -1.0]
    } else {
        &[1.0]
    };
    let tests: Vec<f64> = signs
        .iter()
        .flat_map(|s| [xs[xs.len() / 2], xs[xs.len() - 1]].map(|x| s * x))
        .collect();
    let value = |place: usize, x: f64| term.value(target, place, x).unwrap_or(f64::NAN);
    let first: Vec<f64> = tests.iter().map(|x| value(0, *x) - zero).collect();
    let mut found = Vec::with_capacity(term.count());
    for place in 0..term.count() {
        let own = value(place, 0.0);
        let m = (value(place, tests[0]) - own) / first[0];
        let same = tests
            .iter()
            .zip(&first)
            .all(|(x, r)| (value(place, *x) - own - m * r).abs() <= 1e-10 * (m * r).abs());
        if !(m > 0.0 && m.is_finite()) {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "the weight of entry {place} of `{}` is {m} times that of entry 0: weights are positive",
                    term.component
                ),
            )
            .remedy("an entry that is not penalised cannot be built: nothing is free of decay"));
        }
        if !same {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the target of `{}` at entry {place} is no multiple of that at entry 0",
                    term.component
                ),
            )
            .remedy("the nearest that has a construction: one function with a weight for each entry, or a component for each function"));
        }
        found.push(m);
    }
    Ok(found
        .iter()
        .any(|m| (m - 1.0).abs() > 1e-15)
        .then_some(found))
}
