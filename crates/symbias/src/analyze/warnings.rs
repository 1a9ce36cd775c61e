//! What a reader has to know before using the numbers. Codes are stable.

use super::laws::Laws;
use super::{Findings, Structure};
use crate::answer::Warning;
use symbias_geometry::discover::certificate::Certificate;
use symbias_geometry::symmetry::{Complete, Evidence};

pub(super) fn warnings(
    structure: &Structure,
    findings: Option<&Findings>,
    certificate: Option<&Certificate>,
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
    if certificate.is_some_and(|c| !c.holds()) {
        found.push(warning(
            "certificate-fails",
            "a finite group element changes F, or moves no parameter",
        ));
    }
    let Some(f) = findings else {
        found.push(warning(
            "rules-only",
            "ranks would cost more than the effort allows (--effort): the dimension is a lower bound, proven by rules",
        ));
        return found;
    };
    of_rank(f, &mut found);
    of_symmetry(structure, f, &mut found);
    if let Some(orbit) = laws.orbit.as_ref().filter(|o| o.singular) {
        found.push(warning(
            "singular-orbit",
            format!(
                "the point lies on a singular orbit: dimension {}, elsewhere {}",
                orbit.dimension, f.symmetry.orbit.rank
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

fn of_rank(f: &Findings, found: &mut Vec<Warning>) {
    let rank = &f.rank;
    if rank.smallest < rank.decision.rank {
        found.push(warning(
            "rank-varies",
            format!(
                "rank J differs between pieces of the function: {} at some random points, {} at others",
                rank.smallest, rank.decision.rank
            ),
        ));
    }
    if rank.evidence != Evidence::Open {
        return;
    }
    if f.unmet > 0 {
        found.push(warning(
            "piece-not-met",
            format!(
                "{} pieces of the function were met by no probe: rank J is at least {}",
                f.unmet, rank.decision.rank
            ),
        ));
    } else if rank.smallest < rank.decision.rank {
        found.push(warning(
            "rank-open",
            format!(
                "rank J is at least {}: it differs between pieces of the function, and is so large at {} of {} points",
                rank.decision.rank, rank.seen.0, rank.seen.1
            ),
        ));
    } else {
        found.push(warning(
            "rank-open",
            format!(
                "rank J is open: {} with a gap of {:.0e} only",
                rank.decision.rank, rank.decision.gap
            ),
        ));
    }
}

fn of_symmetry(structure: &Structure, f: &Findings, found: &mut Vec<Warning>) {
    let symmetry = &f.symmetry;
    let nullity = f.rank.decision.nullity();
    if nullity > symmetry.orbit.rank {
        let directions = nullity - symmetry.orbit.rank;
        let why = match symmetry.complete {
            Complete::All => "no affine symmetry: the fibre is larger than the orbit",
            _ => "no symmetry that is established",
        };
        found.push(warning(
            "unexplained-flatness",
            format!("{directions} flat directions belong to {why}"),
        ));
    }
    if !symmetry.is_of_rules() {
        let rules: u128 = structure.kinds.iter().map(|k| k.dimension).sum();
        let how = match symmetry.evidence {
            Evidence::Proven => "identities, verified in exact arithmetic",
            Evidence::Certified => "found by numbers and certified by finite group elements",
            Evidence::Open => "found by numbers, with a certificate that has no power",
        };
        found.push(warning(
            "beyond-rules",
            format!(
                "rules prove dimension {rules} of {}; the rest are {how}",
                symmetry.dimension
            ),
        ));
    }
    if let Some(refused) = &symmetry.refused {
        found.push(warning(
            "candidates-refused",
            format!(
                "numbers suggest more symmetries, but F moves by {:.0e} along them: they are not counted",
                refused.residual
            ),
        ));
    }
    if let Some(text) = symmetry.contradiction() {
        found.push(warning("bounds-disagree", text));
    } else if symmetry.complete == Complete::Open {
        let upper = symmetry
            .upper
            .map_or_else(String::new, |u| format!(", at most {u} by ranks"));
        found.push(warning(
            "symmetry-open",
            format!("there may be affine symmetries beyond these{upper}"),
        ));
    }
}

fn warning(code: &str, text: impl Into<String>) -> Warning {
    Warning {
        code: code.into(),
        text: text.into(),
    }
}
