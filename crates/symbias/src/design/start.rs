//! Where training starts: off the balanced leaf, where signs are free (theory §7.1, §7.5).

use super::answer::Start;
use super::lift::lift;
use super::part::{Construction, On, Part, indexed};
use symbias_bias::Driver;
use symbias_model::Model;
use symbias_model::data::Named;
use symbias_model::error::Result;
use symbias_numerics::random::Stream;

/// Where a profile has a kink at 0, the start is beside it.
const BESIDE: f64 = 1e-3;
/// Stream of the numbers of what was not designed.
const REST: u64 = 83;
/// Where noise starts.
const NEAR: f64 = 0.1;

/// The charge of a start and of a lift where none is asked for: off the balanced leaf under decay, where balanced weights keep
/// their signs (theory §7.1); else on the leaf that the design is of.
#[must_use]
pub fn usual_charge(driver: Driver) -> f64 {
    match driver {
        Driver::Decay => 0.5,
        _ => 0.0,
    }
}

/// The start of all parts, and what it is.
pub(super) fn start(
    driver: Driver,
    parts: &[Part],
    grounds: &[f64],
) -> Result<(Vec<Named>, Start)> {
    let (mut arrays, mut formulas) = (Vec::new(), Vec::new());
    let mut charged = false;
    for (number, part) in parts.iter().enumerate() {
        let charge = match driver {
            Driver::Decay => usual_charge(driver),
            _ => part.charge,
        };
        let beside = matches!(
            part.construction,
            Construction::Profile { .. } | Construction::Curve { .. } | Construction::Square { .. }
        );
        let at = match (driver, grounds.get(number)) {
            (Driver::Flow, Some(ground)) => *ground,
            (Driver::Decay, _) if !beside => 0.0,
            (Driver::Decay, _) => BESIDE,
            _ => NEAR,
        };
        let z = vec![at; part.shape.iter().product()];
        let own = lift(part, &z, charge)?;
        for (p, (_, _, entries)) in part.parameters().iter().zip(&own) {
            let first = entries.first().copied().unwrap_or(0.0);
            let same = entries
                .iter()
                .all(|x| (x - first).abs() <= 1e-12 * first.abs());
            let name = indexed(&p.name, &p.axes);
            formulas.push(match (part.on, same) {
                (_, true) => format!("{name} = {}", super::form::number(first)),
                (On::Singular, false) => {
                    format!("{name} = the identity, cut to its shape, up to signs")
                }
                (_, false) => format!("{name} = the lift of {at} at charge {charge}"),
            });
        }
        charged |= part.names.len() > 1;
        arrays.extend(own);
    }
    let (charges, why) = if driver == Driver::Flow {
        (
            format!("{} each", parts.first().map_or(0.0, |p| p.charge)),
            "flow remembers its start: where the slope of the target vanishes, the limit of a linear model is the least target",
        )
    } else if driver != Driver::Decay {
        (
            "0: on the balanced leaf".to_owned(),
            "the law is that of the balanced leaf; off it paths reach theta = 0 and freeze",
        )
    } else if charged {
        (
            format!("{} each: off the balanced leaf", usual_charge(driver)),
            "at w about 0, where on the balanced leaf K vanishes, signs freeze and the origin holds paths; \
             with charges every weight leaves 0 to the side that the loss wants; decay shrinks the charges as e^(-2 lambda t)",
        )
    } else {
        (
            "none".to_owned(),
            "the parameterization has no charges: any start does",
        )
    };
    Ok((
        arrays,
        Start {
            formulas,
            charges,
            why: why.into(),
        },
    ))
}

/// A start of everything else in a model that was designed into: normal numbers, over the root of the last axis.
pub(super) fn rest(model: &Model, start: &mut Vec<Named>) {
    let known: Vec<String> = start.iter().map(|a| a.0.clone()).collect();
    for id in model.parameters() {
        let tensor = model.tensor(id);
        if known.contains(&tensor.name) {
            continue;
        }
        let mut shape: Vec<usize> = model.shape(id).iter().map(|n| *n as usize).collect();
        let scale = (shape.last().copied().unwrap_or(1) as f64).sqrt();
        if tensor.field.width() == 2 {
            shape.push(2);
        }
        let mut stream = Stream::new(0, id.0.into(), REST);
        let count: usize = shape.iter().product();
        let entries = (0..count).map(|_| stream.next_normal() / scale).collect();
        start.push((tensor.name.clone(), shape, entries));
    }
}
