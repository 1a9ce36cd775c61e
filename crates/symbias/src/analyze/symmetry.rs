//! The symmetry algebra of the answer: what rules and ranks say together.

use super::structure::{FactorKind, name_of};
use super::{Findings, Structure};
use crate::answer::{Bounds, Certificate, Factor, Symmetry, TensorAxis};
use symbias_geometry::discover::structural::sum_name;
use symbias_geometry::field::AffineField;
use symbias_model::space::Block;

pub(super) fn symmetry(structure: &Structure, findings: Option<&Findings>) -> Symmetry {
    let rules: u128 = structure.kinds.iter().map(|k| k.dimension).sum();
    let extra = findings.and_then(|f| f.extra.as_ref());
    let upper = findings.and_then(|f| f.upper.as_ref());
    let shifts = findings.map_or(&[][..], |f| &f.translations);
    let rules = rules + shifts.len() as u128;
    let dimension = extra.map_or(rules, |e| e.dimension as u128);
    let confirmed = upper.is_some_and(|u| u.dimension as u128 >= rules);
    let factors: Vec<Factor> = match extra {
        None => structure
            .kinds
            .iter()
            .map(|k| factor(k, confirmed))
            .chain((!shifts.is_empty()).then(|| translations(structure, shifts)))
            .collect(),
        Some(extra) => vec![Factor {
            name: extra.name.clone(),
            dimension: extra.dimension as u64,
            tensors: structure
                .model
                .parameters()
                .map(|t| TensorAxis {
                    name: structure.model.tensor(t).name.clone(),
                    axis: None,
                })
                .collect(),
            found_by: "numerics".into(),
            rule: None,
        }],
    };
    let compact = structure.kinds.iter().all(|k| k.compact) && rules > 0 && shifts.is_empty();
    Symmetry {
        dimension: saturated(dimension),
        compact: extra.map_or(compact, |e| e.compact),
        compact_dimension: extra.map_or_else(
            || {
                structure
                    .kinds
                    .iter()
                    .map(|k| k.compact_dimension)
                    .sum::<u128>()
            },
            |e| e.compact_dimension as u128,
        ) as u64,
        name: extra.map_or_else(
            || name_of(&structure.kinds, shifts.len()),
            |e| e.name.clone(),
        ),
        bounds: Bounds {
            lower: saturated(dimension),
            upper: upper.map(|u| u.dimension as u64),
            exact: upper.is_some_and(|u| u.dimension as u128 == dimension),
            among: upper.map_or_else(|| "not computed".into(), |u| u.among.clone()),
        },
        factors,
    }
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
        found_by: if confirmed { "both" } else { "rule" }.into(),
        rule: Some(kind.rule.to_owned()),
    }
}

/// Translations that only the null space knows, with the parameters they move.
fn translations(structure: &Structure, fields: &[AffineField]) -> Factor {
    let space = structure.model.space();
    let moved = |block: &&Block| {
        let range = block.range();
        fields
            .iter()
            .flat_map(|f| &f.constant)
            .any(|(i, _)| range.contains(i))
    };
    Factor {
        name: sum_name([("R", fields.len() as u128)]),
        dimension: fields.len() as u64,
        tensors: space
            .blocks()
            .iter()
            .filter(moved)
            .map(|b| TensorAxis {
                name: b.name.clone(),
                axis: None,
            })
            .collect(),
        found_by: "numerics".into(),
        rule: None,
    }
}

pub(super) fn certificate(findings: Option<&Findings>) -> Certificate {
    let certificate = findings.and_then(|f| f.certificate.as_ref());
    Certificate {
        // JSON has no infinity: a value that is not finite is the largest number.
        residual: certificate.map(|c| c.residual.min(f64::MAX)),
        points: certificate.map_or(0, |c| c.points),
    }
}

fn saturated(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
