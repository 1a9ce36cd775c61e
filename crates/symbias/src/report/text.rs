//! The answer of `analyze` on one screen.

use super::redundancy::redundancy;
use crate::answer::FoundBy;
use crate::answer::{Answer, Bias, Charges, Rank, Warning};
use std::fmt::Write;
use symbias_bias::{DRIVERS, Existence, Kind, Pull, Status};
use symbias_geometry::symmetry::Complete;

/// What to print.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Everything: all ranks, all charges, all hypotheses.
    pub full: bool,
}

/// Width of the left column.
const LABEL: usize = 13;

/// The summary that `symbias analyze` prints; every number in it is in the answer.
#[must_use]
pub fn text(answer: &Answer, style: Style) -> String {
    let mut out = String::new();
    let mut line = |label: &str, rest: &str| {
        if label.is_empty() {
            let _ = writeln!(out, "{:LABEL$} {rest}", "");
        } else {
            let _ = writeln!(out, "{label:<LABEL$} {rest}");
        }
    };
    line(
        "model",
        &format!(
            "{}, {} parameters",
            answer.model,
            grouped(answer.parameters)
        ),
    );
    for reading in &answer.reads {
        line("reads", reading);
    }
    redundancy(answer, style, &mut line);
    symmetry(answer, &mut line);
    match answer.certificate.residual {
        Some(residual) => line(
            "certificate",
            &format!(
                "F moves by {residual:.1e} under finite group elements, by {:.1e} off the orbit, {} fresh points{}",
                answer.certificate.power.unwrap_or(0.0),
                answer.certificate.points,
                answer
                    .certificate
                    .scale
                    .as_ref()
                    .map_or_else(String::new, |s| format!("; with {s}"))
            ),
        ),
        None if answer.symmetry.dimension == 0 => {
            line("certificate", "nothing to move: no symmetry was found")
        }
        None => line(
            "certificate",
            "not run: the program cannot be shortened, the rules are the proof",
        ),
    }
    charges(&answer.charges, style, &mut line);
    drivers(answer, style, &mut line);
    if style.full {
        geometry(answer, &mut line);
        for rank in &answer.ranks {
            line("rank", &rank_line(rank));
        }
    }
    for Warning { code, text } in &answer.warnings {
        if style.full || !code.starts_with("scope") {
            line("note", text);
        }
    }
    out
}

fn symmetry(answer: &Answer, line: &mut impl FnMut(&str, &str)) {
    let s = &answer.symmetry;
    let dimension = grouped(s.dimension);
    let complete = match (s.complete, s.bounds.upper) {
        (Complete::All, _) => "all affine fields searched".to_owned(),
        (Complete::Explained, _) => "orbits explain the redundancy".to_owned(),
        (_, Some(upper)) if upper > s.dimension => format!("at most {upper} by ranks"),
        _ => "others are open".to_owned(),
    };
    line(
        "symmetry",
        &format!(
            "{}, dimension {dimension} ({}; {complete})",
            s.name, s.evidence
        ),
    );
    for factor in &s.factors {
        let on: Vec<String> = factor
            .tensors
            .iter()
            .map(|t| {
                t.axis
                    .as_ref()
                    .map_or_else(|| t.name.clone(), |a| format!("{}[{a}]", t.name))
            })
            .collect();
        let found = match (&factor.rule, factor.found_by) {
            (Some(rule), FoundBy::Both) => format!("{rule}; rule and numerics"),
            (Some(rule), FoundBy::Rule) => format!("{rule}; rule"),
            _ => "numerics".to_owned(),
        };
        line(
            "",
            &format!("{:<8} on {}  ({found})", factor.name, shortened(&on, 6)),
        );
    }
}

fn charges(charges: &Charges, style: Style, line: &mut impl FnMut(&str, &str)) {
    let independent = match charges.independent {
        Some(n) => format!("{n} independent conserved functions of gradient flow"),
        None => "independent conserved functions not counted at this size".to_owned(),
    };
    line(
        "charges",
        &format!("{}; {independent}", grouped(charges.count)),
    );
    let shown = if style.full {
        charges.formulas.len()
    } else {
        4
    };
    for formula in charges.formulas.iter().take(shown) {
        line("", formula);
    }
    let most = if style.full { usize::MAX } else { 3 };
    for other in charges.other.iter().take(most) {
        line(
            "",
            &format!(
                "a quadratic form in {} = {:.6} at the point",
                other.tensors.join(", "),
                other.value
            ),
        );
    }
    if charges.other.len() > most {
        line(
            "",
            &format!(
                "… and {} more quadratic forms (--full)",
                charges.other.len() - most
            ),
        );
    }
    if charges.formulas.len() > shown {
        line(
            "",
            &format!(
                "… and {} more kinds (--full)",
                charges.formulas.len() - shown
            ),
        );
    }
}

/// What each driver selects, a line each.
fn drivers(answer: &Answer, style: Style, line: &mut impl FnMut(&str, &str)) {
    for driver in DRIVERS {
        let about = driver.about();
        let (bias, name) = (answer.bias.of(about.driver), about.name);
        let sized = answer.rank.is_some();
        match about.kind {
            Kind::Regulariser => line(name, &regulariser(bias)),
            Kind::Mirror => line(name, &mirror(bias, sized)),
            Kind::Density => {
                line(name, &density(bias, sized));
                if style.full || failing(bias).is_none() {
                    line("", &format!("with respect to {}", bias.base_measure));
                }
            }
        }
        hypotheses(bias, style, line);
    }
}

fn at_the_point(bias: &Bias) -> String {
    match (bias.value, bias.formula.as_deref()) {
        (Some(v), formula) if formula != Some("0") => format!(" = {v:.6} at the point"),
        _ => String::new(),
    }
}

fn regulariser(decay: &Bias) -> String {
    let value = || format!("{}{}", at_the_point(decay), unsettled(decay));
    match (&decay.formula, failing(decay)) {
        _ if decay.status == Existence::Absent => format!(
            "no induced regulariser; fails: {}",
            failing(decay).unwrap_or_default()
        ),
        (Some(formula), _) => format!("weight decay selects by {formula}{}", value()),
        (None, _) if decay.value.is_some() => format!(
            "weight decay selects by the least ||theta||^2/2 of equal functions{}",
            value()
        ),
        (None, Some(why)) => {
            format!("a least norm of equal functions, not computed; fails: {why}")
        }
        (None, None) => {
            "a least norm of equal functions, which no rule gives in closed form".into()
        }
    }
}

fn mirror(flow: &Bias, sized: bool) -> String {
    match (&flow.formula, failing(flow)) {
        (Some(formula), None) => format!("mirror flow of {formula}"),
        (None, None) if !sized => "not tested at this size".into(),
        (None, None) => "mirror flow, of a potential without a formula here".into(),
        (_, Some(why)) => format!("{}; fails: {why}", absence(flow, "no mirror flow")),
    }
}

fn density(law: &Bias, sized: bool) -> String {
    let pull = match law.pull {
        Some(Pull::Small) => ", favours small orbits",
        Some(Pull::Large) => ", favours large orbits",
        Some(Pull::Neutral) => ", takes no side between orbits",
        None => "",
    };
    match (&law.formula, failing(law)) {
        (None, None) if !sized => "not tested at this size".into(),
        (formula, None) => {
            let untested = if sized {
                ""
            } else {
                "; hypotheses not tested at this size"
            };
            let formula = formula.as_deref().unwrap_or("R(w), by numbers");
            let value = at_the_point(law);
            format!("p ~ exp(-l/T - R), R = {formula}{value}{pull}{untested}")
        }
        (_, Some(why)) => format!("{}; fails: {why}", absence(law, "no stationary law")),
    }
}

/// Of a value that is not known to be that of the whole fibre, what is open.
fn unsettled(bias: &Bias) -> String {
    let assumed =
        |h: &&crate::answer::Hypothesis| h.status == Status::Assumed && h.topic == "whole-fibre";
    let open = bias
        .hypotheses
        .iter()
        .find(assumed)
        .filter(|_| bias.status == Existence::Open);
    open.map_or_else(String::new, |h| format!("; open whether {}", h.text))
}

/// What the failure of a hypothesis means: that there is none, or that it is not known.
fn absence(bias: &Bias, none: &str) -> String {
    match bias.status {
        Existence::Absent => none.to_owned(),
        _ => "open, no closed form".to_owned(),
    }
}

/// The first hypothesis that fails, without its details, and what `symbias explain` calls it.
fn failing(bias: &Bias) -> Option<String> {
    let fails = bias.hypotheses.iter().find(|h| h.status == Status::Fails)?;
    let text = fails.text.split(" (").next().unwrap_or_default();
    Some(format!("{text} ({})", fails.topic))
}

fn hypotheses(bias: &Bias, style: Style, line: &mut impl FnMut(&str, &str)) {
    for h in bias.hypotheses.iter().filter(|_| style.full) {
        line(
            "",
            &format!("[{}] {} ({})", h.status.name(), h.text, h.topic),
        );
    }
}

/// The Gram matrix and the orbit of the point.
fn geometry(answer: &Answer, line: &mut impl FnMut(&str, &str)) {
    line("gram", &format!("basis: {}", answer.gram.basis));
    if let Some(formula) = &answer.gram.formula {
        line("", &format!("det Gamma = {formula}"));
    } else {
        for factor in &answer.gram.factors {
            line(
                "",
                &format!("{} alone: det Gamma = {}", factor.name, factor.formula),
            );
        }
    }
    let at = format!("at the point of --at or --seed {}", answer.seed);
    if let Some(log_det) = answer.gram.log_det {
        line("", &format!("log pdet Gamma = {log_det:.6} {at}"));
    }
    let Some(orbit) = &answer.orbit else { return };
    line(
        "orbit",
        &format!(
            "dimension {}, stabiliser {}{}, mean curvature {:.6} {at}",
            orbit.dimension,
            orbit.stabiliser,
            if orbit.singular { ", singular" } else { "" },
            orbit.mean_curvature
        ),
    );
    let residual = orbit
        .curvature_residual
        .map_or_else(String::new, |r| format!(", to {r:.1e}"));
    line("", &format!("{}{residual}", orbit.curvature_law));
}

fn rank_line(rank: &Rank) -> String {
    let how = match (rank.exact, rank.error_probability, rank.gap) {
        (true, Some(p), _) => format!("exact, wrong with probability at most {p:.0e}"),
        (true, None, _) => "exact".to_owned(),
        (false, _, Some(gap)) => format!("gap {gap:.1e}"),
        (false, _, None) => "full".to_owned(),
    };
    format!("{}: {} ({how})", rank.what, rank.rank)
}

/// `1234567` as `1 234 567`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

fn shortened(names: &[String], most: usize) -> String {
    if names.len() <= most {
        names.join(", ")
    } else {
        format!("{}, … {} in all", names[..most - 1].join(", "), names.len())
    }
}
