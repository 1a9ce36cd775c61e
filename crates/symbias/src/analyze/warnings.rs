//! What a reader has to know before using the numbers. Codes are stable.

use super::laws::Laws;
use super::{Findings, Structure};
use crate::answer::Warning;

pub(super) fn warnings(
    structure: &Structure,
    findings: Option<&Findings>,
    laws: &Laws,
) -> Vec<Warning> {
    let mut found = vec![
        warning(
            "scope-affine",
            "found: continuous symmetries that act linearly or affinely on the parameters; not discrete, approximate or \
             non-affine ones",
        ),
        warning(
            "scope-optimiser",
            "charges are those of gradient flow and plain (S)GD; momentum and adaptive optimisers change them",
        ),
    ];
    for factor in structure.factors.iter().filter(|f| f.is_unused()) {
        let names: Vec<&str> = factor.tensors.iter().map(|t| t.tensor.as_str()).collect();
        found.push(warning(
            "unused-parameter",
            format!("no output reads {}", names.join(", ")),
        ));
    }
    let Some(f) = findings else {
        found.push(warning(
            "rules-only",
            "too large for ranks and certificates: the dimension is a lower bound, proven by rules",
        ));
        return found;
    };
    if f.rank.smallest < f.rank.decision.rank {
        found.push(warning(
            "rank-varies",
            format!(
                "rank J differs between pieces of the function: {} at some random points, {} at others",
                f.rank.smallest, f.rank.decision.rank
            ),
        ));
    }
    let nullity = f.rank.decision.nullity();
    if nullity > f.orbit.rank {
        let directions = nullity - f.orbit.rank;
        let open = f
            .upper
            .as_ref()
            .is_some_and(|u| u.dimension > f.proven(structure));
        let why = if open {
            "no symmetry that is established"
        } else {
            "no affine symmetry: the fibre is larger than the orbit"
        };
        found.push(warning(
            "unexplained-flatness",
            format!("{directions} flat directions belong to {why}"),
        ));
    }
    match &f.upper {
        None => found.push(warning(
            "no-upper-bound",
            "too large for the null space: the dimension is a lower bound",
        )),
        Some(u) => {
            let proven = f.proven(structure);
            if let Some(extra) = &f.extra {
                let rules: u128 = structure.kinds.iter().map(|k| k.dimension).sum();
                found.push(warning(
                    "beyond-rules",
                    format!(
                        "rules prove dimension {rules} of {}; the rest are identities, verified in exact arithmetic",
                        extra.dimension
                    ),
                ));
            }
            if u.dimension != proven {
                found.push(warning(
                    "bounds-disagree",
                    format!(
                        "rules prove dimension {proven}, ranks allow {}",
                        u.dimension
                    ),
                ));
            }
        }
    }
    if f.certificate.as_ref().is_some_and(|c| !c.holds()) {
        found.push(warning(
            "certificate-fails",
            "a finite group element changes F, or moves no parameter",
        ));
    }
    if let Some(orbit) = laws.orbit.as_ref().filter(|o| o.singular) {
        found.push(warning(
            "singular-orbit",
            format!(
                "the point lies on a singular orbit: dimension {}, elsewhere {}",
                orbit.dimension, f.orbit.rank
            ),
        ));
    }
    if let Some(text) = laws.disagreement() {
        found.push(warning("laws-disagree", text));
    }
    match &f.conserved {
        None => found.push(warning("conserved-not-counted", "independent counts the charges; the Lie algebra of the gradients was not computed at this size")),
        Some(c) if !c.exhausted => found.push(warning(
            "conserved-bound",
            format!("gradient flow conserves at least {} and at most {} independent functions", f.independent.rank, c.count),
        )),
        Some(_) => {}
    }
    found
}

fn warning(code: &str, text: impl Into<String>) -> Warning {
    Warning {
        code: code.into(),
        text: text.into(),
    }
}
