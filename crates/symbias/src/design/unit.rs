//! A designed group within a homogeneous unit, v·relu(Wx) with r(‖W[h,:]‖) = cρ^p: the model does not change as (v, W) becomes
//! (v/a, aW), so that its bias is the least over that, too. With m = ‖v‖ρ the least of ½‖v‖² + c(m/‖v‖)^p is where
//! ‖v‖^{p+2} = cp m^p, and
//!
//! ```text
//! R = ½(1 + 2/p)(cp)^{2/(p+2)} (‖v‖ρ)^{2p/(p+2)}
//! ```
//!
//! (theory §7.1: the product of scalars with penalties ½|·|² and c|·|^p). p = 2, c = ½ is weight decay of both, R = ‖v‖ρ.

use super::achieved;
use super::certificate::{self, exceeds};
use super::compose;
use super::form::number;
use super::part::{Construction, On, Part, indexed};
use super::study::grid;
use super::target::written;
use symbias_model::Model;
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::TensorId;
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::Stream;

/// A closed form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    /// In the language of targets.
    pub formula: String,
    /// The largest |least norm − R| over max(1, R), by minimisation over the fibre of one unit.
    pub error: f64,
    /// Points.
    pub points: usize,
}

/// Sizes at which a unit is searched.
const POINTS: usize = 6;
/// The largest error of a closed form.
const HOLDS: f64 = 1e-8;
/// Random points at which a scaling is tried, and what counts as no change.
const TRIALS: usize = 3;
const SAME: f64 = 1e-10;
/// Stream of random points.
const STREAM: u64 = 97;

/// The places of an axis along a tensor's axes, and its letters.
fn along(model: &Model, id: TensorId, axis: &str) -> Option<(usize, Vec<String>)> {
    let names = model.tensor(id).axes.iter();
    let names: Vec<String> = names.map(|a| model.axes[a.index()].name.clone()).collect();
    let place = names.iter().position(|n| n == axis)?;
    Some((place, names))
}

/// The closed form of a part whose groups `other` scales against, along `axis`; `None` where the model has no such unit.
///
/// # Errors
/// A model that cannot be evaluated, or a fibre that cannot be searched.
pub(super) fn closed(
    model: &Model,
    part: &Part,
    (other, axis): (&str, &str),
    range: [f64; 2],
) -> Result<Option<Unit>> {
    let Construction::Product { scale, exponents } = &part.construction else {
        return Ok(None);
    };
    let outer = part.outer();
    if part.on != On::Groups || outer.len() != 1 || part.letters[outer[0]] != axis {
        return Ok(None);
    }
    let (Some(own), Some(beside)) = (model.find(&part.component), model.find(other)) else {
        return Ok(None);
    };
    let Some((place, letters)) = along(model, beside, axis) else {
        return Ok(None);
    };
    if !scales(model, (own, outer[0]), (beside, place))? {
        return Ok(None);
    }
    let (c, p) = achieved::power(*scale, exponents);
    let least = |m: f64, weight: f64| {
        let cp = weight * c * p;
        0.5 * (1.0 + 2.0 / p) * cp.powf(2.0 / (p + 2.0)) * m.powf(2.0 * p / (p + 2.0))
    };
    let (error, points) = searched(part, range, &least)?;
    if exceeds(error, HOLDS) {
        return Ok(None);
    }
    let norm = |name: &str, letters: &[String]| {
        let inner: Vec<&str> = letters
            .iter()
            .map(String::as_str)
            .filter(|l| *l != axis)
            .collect();
        let shown = indexed(name, letters);
        match inner.is_empty() {
            true => format!("abs({shown})"),
            false => format!("norm[{}]({shown})", inner.join(",")),
        }
    };
    let weight = match part.weights {
        Some(_) => format!("m[{axis}]^{}*", number(2.0 / (p + 2.0))),
        None => String::new(),
    };
    Ok(Some(Unit {
        formula: format!(
            "sum[{axis}]({weight}{}*({}*{})^{})",
            number(least(1.0, 1.0)),
            norm(other, &letters),
            norm(&part.component, &part.letters),
            number(2.0 * p / (p + 2.0))
        ),
        error,
        points,
    }))
}

/// Whether the outputs stay as `own` is multiplied by a > 0 along an axis and `beside` divided by it, each place by its own.
fn scales(model: &Model, own: (TensorId, usize), beside: (TensorId, usize)) -> Result<bool> {
    let files = data::constants(model)?;
    let program = ScalarProgram::lower(model, &Arrays::new(model, &files)?)?;
    let mut stream = Stream::new(0, 0, STREAM);
    let space = model.space();
    for _ in 0..TRIALS {
        let mut theta: Vec<f64> = (0..program.parameters())
            .map(|_| stream.next_normal())
            .collect();
        let x: Vec<f64> = (0..program.inputs())
            .map(|_| stream.next_normal())
            .collect();
        let Some(before) = program.value(&theta, &x) else {
            return Ok(false);
        };
        let size = model.shape(own.0).get(own.1).map_or(0, |n| *n as usize);
        let factors: Vec<f64> = (0..size).map(|_| stream.next_normal().exp()).collect();
        for ((id, place), power) in [(own, 1), (beside, -1)] {
            let shape: Vec<usize> = model.shape(id).iter().map(|n| *n as usize).collect();
            let stride: usize = shape[place + 1..].iter().product();
            let Some(block) = space.block(&model.tensor(id).name) else {
                return Ok(false);
            };
            for (k, t) in theta[block.range()].iter_mut().enumerate() {
                *t *= factors[k / stride % shape[place]].powi(power);
            }
        }
        let after = program.value(&theta, &x).unwrap_or_default();
        let top = before.iter().fold(0.0_f64, |m, y| m.max(y.abs()));
        let off = before
            .iter()
            .zip(&after)
            .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
        if before.len() != after.len() || exceeds(off, SAME * top) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The least ½(v² + ‖θ‖²) over {v·W(θ) = M} for groups M of several sizes, beside the closed form.
fn searched(part: &Part, range: [f64; 2], least: &dyn Fn(f64, f64) -> f64) -> Result<(f64, usize)> {
    const FACTOR: &str = "unit_factor";
    const JOINT: &str = "unit";
    let (mut worst, mut points) = (0.0_f64, 0);
    for place in certificate::places(part) {
        let small = part.small(place, 3);
        let wrong = |e: toml::de::Error| Error::new(ErrorKind::Syntax, e.message().to_owned());
        let mut root: toml::Table = toml::from_str(&compose::alone(&small)?).map_err(wrong)?;
        let program = format!(
            "{}\n{} = {FACTOR} * {}\n",
            small.statement(),
            indexed(JOINT, &small.letters),
            indexed(&small.component, &small.letters)
        );
        root.insert("program".into(), program.into());
        root.insert("outputs".into(), vec![toml::Value::from(JOINT)].into());
        if let Some(toml::Value::Table(own)) = root.get_mut("parameters") {
            // Last, so that a lift of the part comes first.
            own.insert(FACTOR.into(), toml::Value::Array(Vec::new()));
        }
        let text = written(&root)?;
        let weight = small.weights.as_ref().map_or(1.0, |w| w[0]);
        for (number, m) in grid(range[0], range[1], POINTS).into_iter().enumerate() {
            let n: usize = small.shape.iter().product();
            let z: Vec<f64> = (0..n)
                .map(|k| (1.0 + 1.7 * (number + 3 * k) as f64).sin())
                .collect();
            let norm = z.iter().map(|x| x * x).sum::<f64>().sqrt();
            let z: Vec<f64> = z.iter().map(|x| m * x / norm).collect();
            let found = certificate::least_beside(&text, &small, &z, (FACTOR, 1.0))?;
            let wanted = least(m, weight);
            let error = (found - wanted).abs() / wanted.max(1.0);
            if exceeds(error, worst) {
                worst = error;
            }
            points += 1;
        }
    }
    Ok((worst, points))
}
