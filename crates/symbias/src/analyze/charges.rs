//! The charges of the answer.

use super::{Findings, Structure, coordinate_names};
use crate::answer::Charges;
use symbias_geometry::charge::{self, Charge, moment};

/// Values in the answer, at most.
const LISTED: u128 = 100_000;

/// Linear forms in the answer, at most; all are among the generators.
const SPELLED: usize = 24;

fn signed(x: f64, name: &str) -> String {
    let sign = if x < 0.0 { "-" } else { "+" };
    if x.abs() == 1.0 {
        format!("{sign} {name}")
    } else {
        format!("{sign} {} {name}", x.abs())
    }
}

/// The charges, and their LaTeX.
pub(super) struct Described {
    pub answer: Charges,
    pub latex: Vec<String>,
}

pub(super) fn charges(structure: &Structure, findings: Option<&Findings>) -> Described {
    let model = &structure.model;
    let found: Vec<Charge> = charge::charges(model, &structure.factors);
    let symmetric = findings.and_then(|f| f.symmetric.as_ref());
    let count = if let Some(symmetric) = symmetric {
        symmetric.len() as u128
    } else if model.is_complete() {
        found.iter().map(|c| c.count).sum()
    } else {
        structure.kinds.iter().map(|k| k.charges).sum::<u128>()
    };
    let values = match findings {
        Some(Findings {
            symmetric: Some(symmetric),
            theta,
            ..
        }) => symmetric
            .iter()
            .map(|field| moment::value(field, theta))
            .collect(),
        Some(f) if count <= LISTED => found
            .iter()
            .flat_map(|c| c.values(model, &f.theta))
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
    // Translations without a rule: their charges are the linear forms themselves.
    let translations = findings.map_or(&[][..], |f| &f.translations);
    let names = if translations.is_empty() {
        Vec::new()
    } else {
        coordinate_names(model)
    };
    for field in translations.iter().take(SPELLED) {
        let terms: Vec<String> = field
            .constant
            .iter()
            .map(|(i, x)| signed(*x, &names[*i]))
            .collect();
        let form = terms.join(" ");
        let form = form.strip_prefix("+ ").unwrap_or(&form);
        formulas.push(format!("mu = {form}"));
        latex.push(format!("\\mu = \\mathrm{{{}}}", form.replace('_', "\\_")));
    }
    let answer = Charges {
        count: u64::try_from(count).unwrap_or(u64::MAX),
        independent: findings.map(|f| f.conserved_count().unwrap_or(f.independent.rank as u64)),
        formulas,
        values,
    };
    Described { answer, latex }
}

/// `layer.3.Wq` as `layer.*.Wq`.
pub(super) fn of_any_copy(text: &str) -> String {
    let is_number = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    text.split('.')
        .map(|p| if is_number(p) { "*" } else { p })
        .collect::<Vec<_>>()
        .join(".")
}
