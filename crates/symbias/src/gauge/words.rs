//! A gauge in words: escapes by the names of factors and parameters, and the screen.

use super::Answer;
use super::generators::Symmetric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use symbias_geometry::gauge::Escape;
use symbias_model::Model;

/// Coefficients that a record lists, at most.
const LISTED: usize = 64;
/// Escapes that the screen lists, at most.
const SHOWN: usize = 8;

/// A direction without a minimum, by names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EscapeInWords {
    /// The factors it is in.
    pub factors: Vec<String>,
    /// Symmetric generator (number within the symmetric part of its factor) and coefficient of X;
    /// the first 64.
    pub direction: Vec<(String, f64)>,
    /// Parameters with entries that shrink to zero along e^{tX} (for noise: whose gradients do),
    /// and how many entries.
    pub shrinking: Vec<(String, usize)>,
    /// Share of the vector in positive eigenspaces of X: what the claim rests on.
    pub against: f64,
    /// Norm of the part that shrinks.
    pub along: f64,
    /// Infimum of half the squared norm along X, not attained.
    pub infimum: f64,
}

pub(super) fn escapes(
    model: &Model,
    symmetric: &Symmetric,
    found: &[Escape],
) -> Vec<EscapeInWords> {
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for (k, factor) in symmetric.factor.iter().enumerate() {
        first.entry(*factor).or_insert(k);
    }
    let in_words = |escape: &Escape| {
        let mut factors: Vec<String> = Vec::new();
        for (a, _) in &escape.direction {
            let name = &symmetric.families[symmetric.factor[*a]].name;
            if !factors.contains(name) {
                factors.push(name.clone());
            }
        }
        let generator = |a: usize| {
            let factor = symmetric.factor[a];
            format!(
                "{} symmetric {}",
                symmetric.families[factor].name,
                a - first[&factor]
            )
        };
        let mut shrinking: Vec<(String, usize)> = Vec::new();
        for block in model.space().blocks() {
            let range = block.range();
            let inside = escape.shrinking.iter().filter(|i| range.contains(i));
            match inside.count() {
                0 => {}
                n => shrinking.push((block.name.clone(), n)),
            }
        }
        EscapeInWords {
            factors,
            direction: escape
                .direction
                .iter()
                .take(LISTED)
                .map(|(a, x)| (generator(*a), *x))
                .collect(),
            shrinking,
            against: escape.against,
            along: escape.along,
            infimum: escape.infimum,
        }
    };
    found.iter().map(in_words).collect()
}

/// The parameter that a coordinate belongs to.
pub(super) fn tensor_of(model: &Model, at: usize) -> String {
    let space = model.space();
    let block = space.blocks().iter().find(|b| b.range().contains(&at));
    block.map_or_else(String::new, |b| b.name.clone())
}

/// The answer on one screen; `written` says where the point is.
#[must_use]
pub fn text(answer: &Answer, written: &str) -> String {
    let mut out = String::new();
    let noise = answer.to.starts_with("noise");
    let _ = writeln!(
        out,
        "model         {}, {} parameters",
        answer.model, answer.parameters
    );
    let _ = writeln!(out, "gauge         {}", answer.to);
    if answer.generators > 0 {
        let _ = writeln!(out, "generators    {} symmetric", answer.generators);
    }
    let _ = writeln!(
        out,
        "norm          {:.9e} -> {:.9e}",
        answer.norm[0], answer.norm[1]
    );
    if answer.generators > 0 {
        let what = if noise { "drift" } else { "charge" };
        let others = if answer.escapes.is_empty() || answer.residual == 0.0 {
            String::new()
        } else {
            format!("; what has a minimum is at {:.1e}", answer.residual)
        };
        let _ = writeln!(
            out,
            "{what:<14}{:.1e} -> {:.1e}  (largest, relative to what its generator moves)",
            answer.charge[0], answer.charge[1]
        );
        let _ = writeln!(
            out,
            "stop          {} after {} iterations{others}",
            answer.stop.name(),
            answer.iterations
        );
    }
    let points = if answer.points == 1 {
        "point"
    } else {
        "points"
    };
    let _ = writeln!(
        out,
        "F moved       {:.1e} relative, on {} {points}",
        answer.moved, answer.points
    );
    for (escapes, n) in alike(answer).iter().take(SHOWN) {
        let tensors: Vec<String> = escapes
            .shrinking
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let (what, limit) = if noise {
            ("the gradients of", "the noise pushes one way only")
        } else {
            ("entries of", "nothing grows against it")
        };
        let _ = writeln!(
            out,
            "no minimum    along {n} direction{} of {}: {what} {} shrink to zero and {limit}",
            if *n == 1 { "" } else { "s" },
            escapes.factors.join(" + "),
            tensors.join(", "),
        );
    }
    let more = alike(answer).len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(
            out,
            "              and {more} kinds of directions more (--json has all)"
        );
    }
    for note in &answer.notes {
        let _ = writeln!(out, "note          {note}");
    }
    let _ = writeln!(out, "written to    {written}");
    out
}

/// Escapes of the same factors and parameters, counted.
fn alike(answer: &Answer) -> Vec<(&EscapeInWords, usize)> {
    let mut kinds: Vec<(&EscapeInWords, usize)> = Vec::new();
    for escape in &answer.escapes {
        let names = |e: &EscapeInWords| -> Vec<String> {
            e.shrinking.iter().map(|s| s.0.clone()).collect()
        };
        let same = |k: &&mut (&EscapeInWords, usize)| {
            k.0.factors == escape.factors && names(k.0) == names(escape)
        };
        match kinds.iter_mut().find(same) {
            Some(kind) => kind.1 += 1,
            None => kinds.push((escape, 1)),
        }
    }
    kinds
}
