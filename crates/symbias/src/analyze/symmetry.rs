//! The symmetry algebra of the answer: what rules and numbers say together.

use super::structure::FactorKind;
use super::{Findings, Structure, coordinate_names};
use crate::answer::FoundBy;
use crate::answer::{Bounds, Certificate, Entry, Factor, Symmetry, TensorAxis, UnexplainedOn};
use std::collections::BTreeSet;
use symbias_geometry::discover::certificate;
use symbias_geometry::factor::sum_name;
use symbias_geometry::symmetry::{Beyond, Complete, Evidence, Unexplained};
use symbias_model::Model;

pub(super) fn symmetry(structure: &Structure, findings: Option<&Findings>) -> Symmetry {
    let found = findings.map(|f| &f.symmetry);
    let stands = |k: usize| found.is_none_or(|s| s.stands.get(k).copied().unwrap_or(true));
    let kinds: Vec<&FactorKind> = structure
        .kinds
        .iter()
        .enumerate()
        .filter(|(k, _)| stands(*k))
        .map(|(_, kind)| kind)
        .collect();
    let beyond = found.map_or(&[][..], |s| &s.beyond);
    let by_rules: u128 = kinds.iter().map(|k| k.dimension).sum();
    let dimension = by_rules + beyond.iter().map(|b| b.dimension as u128).sum::<u128>();
    let upper = found.and_then(|s| s.upper);
    let confirmed = found.is_some_and(|s| s.complete != Complete::Open);
    let factors = kinds
        .iter()
        .map(|k| factor(k, confirmed))
        .chain(beyond.iter().map(|b| of_numbers(structure.model(), b)))
        .collect();
    let compact = (!kinds.is_empty() || !beyond.is_empty())
        && kinds.iter().all(|k| k.compact)
        && beyond.iter().all(|b| b.compact);
    let compact_dimension = kinds.iter().map(|k| k.compact_dimension).sum::<u128>()
        + beyond
            .iter()
            .map(|b| b.compact_dimension as u128)
            .sum::<u128>();
    Symmetry {
        dimension: saturated(dimension),
        compact,
        compact_dimension: saturated(compact_dimension),
        name: name(&kinds, beyond),
        bounds: Bounds {
            lower: saturated(dimension),
            upper: upper.map(|u| u as u64),
            exact: upper.is_some_and(|u| u as u128 == dimension),
        },
        evidence: found.map_or(Evidence::Proven, |s| s.evidence),
        complete: found.map_or(Complete::Open, |s| s.complete),
        factors,
    }
}

/// The summands of all names, sorted, with their multiplicities.
fn name(kinds: &[&FactorKind], beyond: &[Beyond]) -> String {
    let mut summands: Vec<(String, u128)> =
        kinds.iter().map(|k| (k.base.clone(), k.copies)).collect();
    for part in beyond {
        summands.extend(summands_of(&part.shown_name()));
    }
    sum_name(summands.iter().map(|(base, n)| (base.as_str(), *n)))
}

/// `gl(2)^3 + R` as [(gl(2), 3), (R, 1)].
fn summands_of(name: &str) -> Vec<(String, u128)> {
    name.split(" + ")
        .map(|summand| match summand.rsplit_once('^') {
            Some((base, copies)) => (base.to_owned(), copies.parse().unwrap_or(1)),
            None => (summand.to_owned(), 1),
        })
        .collect()
}

fn factor(kind: &FactorKind, confirmed: bool) -> Factor {
    Factor {
        name: sum_name([(kind.base.as_str(), kind.copies)]),
        dimension: saturated(kind.dimension),
        tensors: kind
            .tensors
            .iter()
            .map(|a| TensorAxis {
                name: a.tensor.clone(),
                axis: a.axis.clone(),
            })
            .collect(),
        found_by: match confirmed {
            true => FoundBy::Both,
            false => FoundBy::Rule,
        },
        rule: Some(kind.rule.to_owned()),
    }
}

/// What only numbers know, with the parameters that it moves.
fn of_numbers(model: &Model, beyond: &Beyond) -> Factor {
    Factor {
        name: beyond.shown_name(),
        dimension: beyond.dimension as u64,
        tensors: beyond
            .tensors(model)
            .into_iter()
            .map(|name| TensorAxis { name, axis: None })
            .collect(),
        found_by: FoundBy::Numerics,
        rule: None,
    }
}

/// Names of the parameters that have one of these coordinates.
pub(super) fn tensors_of(model: &Model, coordinates: &BTreeSet<usize>) -> Vec<String> {
    let space = model.space();
    let here = |range: std::ops::Range<usize>| coordinates.range(range).next().is_some();
    let blocks = space.blocks().iter().filter(|b| here(b.range()));
    blocks.map(|b| b.name.clone()).collect()
}

/// Entries up to which a direction is written out, and directions up to which all of a place are.
const SPARSE: usize = 12;
const FEW: usize = 64;

pub(super) fn unexplained_on(model: &Model, findings: Option<&Findings>) -> Vec<UnexplainedOn> {
    let places = findings.map_or(&[][..], |f| &f.unexplained);
    let names = if places.is_empty() {
        Vec::new()
    } else {
        coordinate_names(model)
    };
    let written = |v: &Vec<f64>| -> Vec<Entry> {
        let moved = names.iter().zip(v).filter(|(_, x)| **x != 0.0);
        let entry = |(name, x): (&String, &f64)| Entry {
            entry: name.clone(),
            value: *x,
        };
        moved.map(entry).collect()
    };
    let sparse = |v: &Vec<f64>| v.iter().filter(|x| **x != 0.0).count() <= SPARSE;
    let on = |u: &Unexplained| UnexplainedOn {
        tensors: u.tensors.clone(),
        directions: u.directions.len() as u64,
        basis: if u.directions.len() <= FEW && u.directions.iter().all(sparse) {
            u.directions.iter().map(written).collect()
        } else {
            Vec::new()
        },
    };
    places.iter().map(on).collect()
}

pub(super) fn certificate(
    found: Option<&certificate::Certificate>,
    scale: Option<String>,
) -> Certificate {
    Certificate {
        // JSON has no infinity: a value that is not finite is the largest number.
        residual: found.map(|c| c.residual.min(f64::MAX)),
        points: found.map_or(0, |c| c.points),
        power: found.map(|c| c.power.min(f64::MAX)),
        scale: scale.filter(|_| found.is_some()),
    }
}

fn saturated(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
