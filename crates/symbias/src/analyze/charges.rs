//! The charges of the answer.

use super::{Findings, Structure};
use crate::answer::Charges;
use symbias_geometry::charge::{self, Charge};

/// Values in the answer, at most.
const LISTED: u128 = 100_000;

/// The charges, and their LaTeX.
pub(super) struct Described {
    pub answer: Charges,
    pub latex: Vec<String>,
}

pub(super) fn charges(structure: &Structure, findings: Option<&Findings>) -> Described {
    let model = &structure.model;
    let found: Vec<Charge> = charge::charges(model, &structure.factors);
    let count = if model.is_complete() {
        found.iter().map(|c| c.count).sum()
    } else {
        structure.kinds.iter().map(|k| k.charges).sum::<u128>()
    };
    let values = match findings {
        Some(f) if count <= LISTED => found.iter().flat_map(|c| c.values(model, &f.theta)).collect(),
        _ => Vec::new(),
    };
    // Copies of a block have the same formulas; one stands for all.
    let (mut formulas, mut latex): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for charge in &found {
        let text = charge.text(model);
        if !formulas.contains(&text) {
            formulas.push(text);
            latex.push(charge.latex(model));
        }
    }
    let answer = Charges {
        count: u64::try_from(count).unwrap_or(u64::MAX),
        independent: findings.map(|f| f.conserved_count().unwrap_or(f.independent.rank as u64)),
        formulas,
        values,
    };
    Described { answer, latex }
}
