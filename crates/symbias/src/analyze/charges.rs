//! The charges of the answer.

use super::symmetry::tensors_of;
use super::{Findings, Structure};
use crate::answer::{Charges, OtherCharge};
use std::collections::BTreeSet;
use symbias_geometry::charge::{self, Charge, moment};
use symbias_geometry::field::AffineField;
use symbias_model::Model;

/// Values in the answer, at most.
const LISTED: u128 = 100_000;

/// The charges, and their LaTeX.
pub(super) struct Described {
    pub answer: Charges,
    pub latex: Vec<String>,
}

pub(super) fn charges(structure: &Structure, findings: Option<&Findings>) -> Described {
    let model = structure.model();
    let factors = findings.map_or(&structure.factors, |f| &f.standing);
    let found: Vec<Charge> = charge::charges(model, factors);
    let others = findings.map_or(&[][..], |f| &f.other);
    let by_rules = if model.is_complete() {
        found.iter().map(|c| c.count).sum()
    } else {
        structure.kinds.iter().map(|k| k.charges).sum::<u128>()
    };
    let count = by_rules + others.len() as u128;
    let theta = findings.map(|f| f.theta.as_slice());
    let other: Vec<OtherCharge> = theta.map_or_else(Vec::new, |theta| {
        others
            .iter()
            .map(|field| other(model, field, theta))
            .collect()
    });
    let values = match theta {
        Some(theta) if count <= LISTED => found
            .iter()
            .flat_map(|c| c.values(model, theta))
            .chain(other.iter().map(|o| o.value))
            .collect(),
        _ => Vec::new(),
    };
    // Copies of a block have the same formulas; one stands for all.
    let texts: Vec<String> = found.iter().map(|c| c.text(model)).collect();
    let mut shown: Vec<(String, usize, usize)> = Vec::new();
    for (k, text) in texts.iter().enumerate() {
        let general = of_any_copy(text);
        match shown.iter_mut().find(|s| s.0 == general) {
            Some(same) => same.2 += 1,
            None => shown.push((general, k, 1)),
        }
    }
    let (mut formulas, mut latex) = (Vec::new(), Vec::new());
    for (general, k, times) in shown {
        let own = found[k].latex(model);
        formulas.push(if times == 1 {
            texts[k].clone()
        } else {
            general
        });
        latex.push(if times == 1 { own } else { of_any_copy(&own) });
    }
    let answer = Charges {
        count: u64::try_from(count).unwrap_or(u64::MAX),
        independent: findings.map(|f| f.conserved_count().unwrap_or(f.independent.rank as u64)),
        formulas,
        values,
        other,
    };
    Described { answer, latex }
}

/// The charge of a field that has no formula by rule.
fn other(model: &Model, field: &AffineField, theta: &[f64]) -> OtherCharge {
    let linear = field.linear.iter().flat_map(|e| [e.0, e.1]);
    let constant = field.constant.iter().map(|e| e.0);
    let read: BTreeSet<usize> = linear.chain(constant).collect();
    OtherCharge {
        tensors: tensors_of(model, &read),
        value: moment::value(field, theta),
    }
}

/// `layer.3.Wq` as `layer.*.Wq`.
pub(super) fn of_any_copy(text: &str) -> String {
    let is_number = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    text.split('.')
        .map(|p| if is_number(p) { "*" } else { p })
        .collect::<Vec<_>>()
        .join(".")
}
