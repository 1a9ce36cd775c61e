//! Attributions in words.

use super::attribution::{Attribution, Spread};
use super::flow::FlowVerdict;
use super::law::LawVerdict;
use super::number::NumberVerdict;
use crate::experiment::spec::{Attribute, DriverSpec};

/// A driver as text.
#[must_use]
pub fn name(driver: DriverSpec) -> &'static str {
    match driver {
        DriverSpec::Flow => "flow",
        DriverSpec::Decay => "decay",
        DriverSpec::Noise => "noise",
    }
}

/// A share: `0.3 %`, `140 %`, `9.1e3 times`.
fn percent(x: f64) -> String {
    match x {
        _ if x >= 20.0 => format!("{x:.1e} times"),
        _ if x >= 0.1 => format!("{:.0} %", 100.0 * x),
        _ if x >= 1e-4 => format!("{:.2} %", 100.0 * x),
        _ => format!("{:.0e} %", 100.0 * x),
    }
}

fn spread(s: Spread) -> String {
    format!(
        "{} (quartiles {} to {})",
        percent(s.median),
        percent(s.lower),
        percent(s.upper)
    )
}

/// One paragraph: what was seen, and what follows.
#[must_use]
pub fn paragraph(arm: &str, by: &Attribute, found: &Attribution) -> String {
    let mut text = match found.driver.as_str() {
        "flow" => format!("`{arm}` at step {}: flow.", found.step),
        "mixed" => format!("`{arm}` at step {}: mixed.", found.step),
        "undetermined" => format!("`{arm}` at step {}: undetermined.", found.step),
        driver => format!("`{arm}` at step {}: {driver}.", found.step),
    };
    if let Some(s) = found.outcome_changed {
        text += &format!(" `{}` changed by {} of its size.", by.outcome, spread(s));
    }
    match found.charges_moved {
        Some(s) => text += &format!(" Charges moved by {} of their start.", spread(s)),
        None => text += " No charges are recorded.",
    }
    if let Some(s) = found.drift_error {
        text += &format!(" Their exactly predicted drift is off by {}.", spread(s));
    }
    if let Some(s) = found.frozen_error {
        text += &format!(
            " Predicted from the initial charges, `{}` is off by {}.",
            by.outcome,
            spread(s)
        );
    }
    for control in &found.controls {
        text += &format!(
            " Control without {} (`{}` at step {}):",
            name(control.removes),
            control.arm,
            control.step
        );
        if let Some(s) = control.charges_moved {
            text += &format!(" charges moved by {},", spread(s));
        }
        if let Some(moved) = control.extrapolated {
            text += &format!(
                " and would by {} of it at the run's step, at the pace of its second half,",
                percent(moved)
            );
        }
        if let Some(s) = control.outcome_apart {
            text += &format!(
                " its `{}` is apart by {} of the change,",
                by.outcome,
                spread(s)
            );
        }
        text += &match control.share.is_nan() {
            true => " which tells nothing of the run at its step.".to_owned(),
            false => format!(
                " so that {} of the matter goes with it.",
                percent(control.share)
            ),
        };
    }
    let without: Vec<&str> = found
        .present
        .iter()
        .filter(|d| found.controls.iter().all(|c| c.removes != **d))
        .map(|d| name(*d))
        .collect();
    if !without.is_empty() {
        text += &format!(
            " There is no control for {}, so it is neither named nor excluded.",
            without.join(" and ")
        );
    }
    if found.present.is_empty() {
        text += " Neither noise nor decay acts in it.";
    }
    text
}

/// A small table: how far the end of the run is from what each geometry predicts.
#[must_use]
pub fn flow(arm: &str, found: &FlowVerdict) -> String {
    let agrees = if found.consistent {
        "follows the mirror flow of its leaf"
    } else {
        "does not follow the mirror flow of its leaf"
    };
    let step = found.steps.last().copied().unwrap_or(0);
    let mut text = format!(
        "`{arm}` at step {step} {agrees}; distance of `{}`, {} replicas:\n",
        found.weights, found.replicas
    );
    for claim in &found.claims {
        let distance = match claim.distance.last().copied().flatten() {
            Some(s) => format!("{:.2e} ({:.2e} to {:.2e})", s.median, s.lower, s.upper),
            None => "not reached".to_owned(),
        };
        text += &format!("  {:<6} {:<14} {distance}\n", claim.when, claim.claim);
    }
    text
}

/// A law: its verdicts, and what became of the wrong laws.
#[must_use]
pub fn law(found: &LawVerdict) -> String {
    let mut text = String::new();
    for claim in &found.claims.verdicts {
        text += &format!("{}\n", claim.text());
    }
    for (twin, judged) in &found.twins {
        let outcome = match (judged.refuted, judged.p_value) {
            (true, Some(p)) => format!("refuted, p = {p:.1e}"),
            (false, Some(p)) => format!("NOT refuted, p = {p:.1e}"),
            (_, None) => "not tested".to_owned(),
        };
        text += &format!("  twin `{twin}`: {outcome}\n");
    }
    if found.crossed > 0 {
        text += &format!(
            "  {} of {} replicas crossed the place where the density is singular\n",
            found.crossed, found.replicas
        );
    }
    text
}

/// A number: its verdict, and what became of the wrong numbers.
#[must_use]
pub fn number(found: &NumberVerdict) -> String {
    let mut text = format!("{}\n", found.verdict.text());
    for (twin, refuted) in &found.twins {
        let outcome = if *refuted { "refuted" } else { "NOT refuted" };
        text += &format!("  twin `{twin}`: {outcome}\n");
    }
    text
}
