//! A design as a person reads it.

use super::answer::DesignAnswer;
use std::fmt::Write;

/// Lines of a list, at most.
const LINES: usize = 12;

/// The report; `statements` are those of the model.
#[must_use]
pub fn text(answer: &DesignAnswer, statements: &[String]) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(out, "{label:<14}{text}");
    };
    let list = |label: &str, all: &[String], line: &mut dyn FnMut(&str, &str)| {
        for (k, text) in all.iter().take(LINES).enumerate() {
            line(if k == 0 { label } else { "" }, text);
        }
        if all.len() > LINES {
            line("", &format!("... {} more", all.len() - LINES));
        }
    };
    line(
        "design",
        &format!("{}, under {}", answer.model, answer.driver.name()),
    );
    list("model", statements, &mut line);
    let parameters: Vec<String> = answer
        .parameters
        .iter()
        .map(|p| {
            format!(
                "{}: {}",
                super::part::indexed(&p.name, &p.axes),
                p.stands_for
            )
        })
        .collect();
    list("parameters", &parameters, &mut line);
    let s = &answer.symmetry;
    line(
        "symmetry",
        &format!("{}, dimension {} ({})", s.name, s.dimension, s.evidence),
    );
    list("charges", &answer.charges.formulas, &mut line);
    line("target", &answer.target.formula);
    if let Some(formula) = &answer.achieved.formula {
        line("achieved", formula);
    }
    let c = &answer.certificate;
    line(
        "certificate",
        &format!(
            "{}: largest error {:.1e} at {} points of [{}, {}]",
            c.status.name(),
            c.error,
            c.points,
            super::form::number(c.range[0]),
            super::form::number(c.range[1])
        ),
    );
    line("", &c.how);
    list("lift", &answer.lift.formulas, &mut line);
    list("start", &answer.start.formulas, &mut line);
    line("", &format!("charges {}", answer.start.charges));
    for text in answer.start.why.split("; ") {
        line("", text);
    }
    for (k, text) in answer.basin.text.split("; ").enumerate() {
        line(if k == 0 { "basin" } else { "" }, text);
    }
    if let Some(at) = &answer.at {
        let least = at
            .least_norm
            .map_or("too costly".to_owned(), |x| format!("{x:.12e}"));
        line(
            "at",
            &format!(
                "target {:.12e}, achieved {:.12e}, least |theta|^2/2 {least}",
                at.target, at.achieved
            ),
        );
    }
    for w in &answer.warnings {
        line("warning", &w.text);
    }
    out
}
