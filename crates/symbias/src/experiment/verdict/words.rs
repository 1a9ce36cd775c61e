//! Attributions in words; laws and numbers as blocks of aligned lines, the verdict first.

use super::attribution::{Attribution, Spread};
use super::flow::FlowVerdict;
use super::law::{Attraction, LawVerdict};
use super::number::NumberVerdict;
use crate::experiment::spec::{Attribute, DriverSpec, Expectation};
use symbias_simulate::stats::verdict::{Holds, Verdict};

/// A driver as text.
#[must_use]
pub fn name(driver: DriverSpec) -> &'static str {
    match driver {
        DriverSpec::Flow => "flow",
        DriverSpec::Decay => "decay",
        DriverSpec::Noise => "noise",
        DriverSpec::Momentum => "momentum",
        DriverSpec::OrbitMoves => "orbit moves",
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
        text += &match (control.share, control.share_interval) {
            (None, _) if control.differs.is_empty() => {
                " which tells nothing of the run at its step.".to_owned()
            }
            (None, _) => format!(
                " which tells nothing, since it also differs in {}.",
                control.differs.join(" and ")
            ),
            (Some(share), None) => {
                format!(" so that {} of the matter goes with it.", percent(share))
            }
            (Some(share), Some([low, high])) => format!(
                " so that {} of the matter goes with it (median over seeds between {} and {}).",
                percent(share),
                percent(low),
                percent(high)
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
        text += " Neither noise, decay nor momentum acts in it.";
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

/// A law: whether it holds, what was predicted and measured, what stands behind it, and what became of the wrong laws. `of`
/// are the observables that it was asked for, in order.
#[must_use]
pub fn law(name: &str, of: &[&str], found: &LawVerdict) -> String {
    let expected = match (found.expected, found.holds) {
        (Expectation::Confirmed, _) => "",
        (Expectation::Refuted, Holds::Refuted) => "as expected",
        (Expectation::Refuted, _) => "expected to be refuted",
    };
    let claims = &found.claims.verdicts;
    let named: Vec<&str> = found.of.iter().map(String::as_str).collect();
    let of = if named.is_empty() { of } else { &named };
    let Some(first) = claims.first() else {
        return heading(found.holds, name, &found.about, expected);
    };
    let mut text = heading(found.holds, name, &found.about, expected);
    text += &line("predicted", &first.predicted.to_string());
    let width = of.iter().map(|o| o.len()).max().unwrap_or(0);
    for (k, (claim, p)) in claims.iter().zip(&found.claims.adjusted).enumerate() {
        let own = of.get(k).copied().unwrap_or_default();
        let mut measured = match claim.p_value {
            None => format!("{own:<width$}  {}", claim.measured),
            Some(_) => format!(
                "{own:<width$}  D = {}, {}",
                short(claim.statistic.value),
                p_is(*p)
            ),
        };
        if claim.holds != found.holds {
            measured += &format!(", {}", claim.holds);
        }
        text += &line(if k == 0 { "measured" } else { "" }, &measured);
    }
    for (k, effect) in found.effects.iter().enumerate() {
        let apart = match effect.includes(effect.predicted) {
            true => "",
            false => ": NOT as predicted",
        };
        let said = effect.words() + apart;
        text += &line(if k == 0 { "fitted" } else { "" }, &said);
    }
    if let Some(signs) = &found.signs {
        let said = format!(
            "{:.3} +- {:.3} of the replicas are above 0, by the law {:.3}",
            signs.measured, signs.error, signs.predicted
        );
        text += &line("signs", &said);
    }
    if let Some(found) = &found.attraction {
        text += &line("leaf", &leaf(found));
    }
    if !found.integrator.is_empty() {
        text += &line("scheme", &found.integrator);
    }
    // The one that sees least speaks for all.
    let weakest = claims
        .iter()
        .max_by(|a, b| a.detectable.total_cmp(&b.detectable));
    text += &line("test", &test(weakest.unwrap_or(first), found.replicas, ""));
    let all = reasons(of, claims).into_iter().chain(found.reasons.clone());
    for (k, reason) in all.enumerate() {
        text += &line(if k == 0 { "because" } else { "" }, &reason);
    }
    if found.crossed > 0 {
        text += &line(
            "crossed",
            &format!(
                "{} of {} replicas, the place where the density is singular",
                found.crossed, found.replicas
            ),
        );
    }
    let twins = found.twins.iter().map(|(twin, judged)| {
        let p = judged.p_value.map(|p| {
            // What leaves the law itself undetermined leaves its twins so.
            let open = !judged.refuted && p < first.level;
            let but = if open {
                ", but undetermined as well"
            } else {
                ""
            };
            p_is(Some(p)) + but
        });
        (twin.as_str(), judged.refuted, p)
    });
    text + &wrong("twins", twins.collect())
}

/// Whether the leaf attracts.
fn leaf(found: &Attraction) -> String {
    let says = match found.holds {
        Holds::Confirmed => "attracts",
        Holds::Refuted => "does NOT attract",
        Holds::Undetermined => "not seen to attract",
    };
    format!(
        "{says}: off it charges went from {} to {} (median), and fell in {} of {} replicas, {}",
        short(found.before),
        short(found.after),
        found.fell,
        found.replicas,
        p_is(Some(found.p_value))
    )
}

/// Each reason once, with the observables that it is given for where it is not for all.
fn reasons(of: &[&str], claims: &[Verdict]) -> Vec<String> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for (k, claim) in claims.iter().enumerate() {
        let own = of.get(k).copied().unwrap_or_default();
        for reason in worth_saying(claim) {
            match all.iter_mut().find(|(said, _)| *said == reason) {
                Some((_, names)) => names.push(own),
                None => all.push((reason, vec![own])),
            }
        }
    }
    all.into_iter()
        .map(|(reason, names)| match names.len() == claims.len() {
            true => reason.to_owned(),
            false => format!("{}: {reason}", names.join(", ")),
        })
        .collect()
}

/// A number: as a law.
#[must_use]
pub fn number(name: &str, found: &NumberVerdict) -> String {
    let verdict = &found.verdict;
    let mut text = heading(verdict.holds, name, &found.about, "");
    text += &line("predicted", &verdict.predicted.to_string());
    let measured = match verdict.p_value {
        None => verdict.measured.to_string(),
        Some(p) => format!(
            "{}, {} standard errors from it, {}",
            verdict.measured,
            short(verdict.statistic.value.abs()),
            p_is(Some(p))
        ),
    };
    text += &line("measured", &measured);
    let relative = if found.verdict.predicted.to_string() == "0" {
        ""
    } else {
        " relative"
    };
    text += &line(
        "test",
        &test(verdict, verdict.effective.round() as usize, relative),
    );
    for (k, reason) in worth_saying(verdict).enumerate() {
        text += &line(if k == 0 { "because" } else { "" }, reason);
    }
    let twins = found
        .twins
        .iter()
        .map(|(twin, refuted)| (twin.as_str(), *refuted, None));
    text + &wrong("twins", twins.collect())
}

/// How many laws and numbers came out as they should, and which did not.
#[must_use]
pub fn tally(outcomes: &[(&str, bool)]) -> String {
    let fail: Vec<&str> = outcomes.iter().filter(|o| !o.1).map(|o| o.0).collect();
    let all = outcomes.len();
    match fail.as_slice() {
        [] => format!("{all} of {all} as expected, with their twins"),
        names => format!(
            "{} of {all} as expected; not {}",
            all - names.len(),
            names.join(", ")
        ),
    }
}

/// Column of the names of lines.
const MARGIN: usize = 14;

fn heading(holds: Holds, name: &str, about: &str, expected: &str) -> String {
    let mut text = format!("{:<MARGIN$}{name}", holds.to_string());
    if !about.is_empty() {
        text += &format!(": {about}");
    }
    if !expected.is_empty() {
        text += &format!(" ({expected})");
    }
    text + "\n"
}

fn line(what: &str, said: &str) -> String {
    format!("  {what:<width$}{said}\n", width = MARGIN - 2)
}

/// How much stands behind a verdict.
fn test(verdict: &Verdict, replicas: usize, relative: &str) -> String {
    let mut text = format!("{replicas} replicas");
    if (verdict.effective - replicas as f64).abs() > 0.5 {
        text += &format!(" worth {:.0}", verdict.effective);
    }
    match (verdict.step, verdict.step_bias) {
        (Some(step), Some(_)) => text += &format!(", step {} extrapolated to 0", short(step)),
        (Some(step), None) => text += &format!(", step {} alone", short(step)),
        (None, _) => {}
    }
    if verdict.p_value.is_some() {
        text += &format!(
            ", sees{relative} {} of {} asked",
            short(verdict.detectable),
            short(verdict.resolution)
        );
    }
    text + &format!(", level {}", short(verdict.level))
}

/// Reasons that the line of the test does not say.
fn worth_saying(verdict: &Verdict) -> impl Iterator<Item = &str> {
    let plain = |reason: &str| {
        let known = [
            "would have been seen with power",
            "extrapolated to step 0",
            "at this step:",
        ];
        known.iter().any(|k| reason.contains(k)) && !reason.starts_with("step-size bias")
    };
    let confirmed = verdict.holds == Holds::Confirmed;
    let reasons = verdict.reasons.iter().map(String::as_str);
    reasons.filter(move |r| !(confirmed && plain(r)))
}

/// The wrong laws or numbers on one line: those that survive first, and by name.
fn wrong(what: &str, twins: Vec<(&str, bool, Option<String>)>) -> String {
    if twins.is_empty() {
        return String::new();
    }
    let named = |refuted: bool| -> Vec<String> {
        let own = twins.iter().filter(|t| t.1 == refuted);
        own.map(|(name, _, p)| match p {
            Some(p) => format!("{name} ({p})"),
            None => (*name).to_owned(),
        })
        .collect()
    };
    let (alive, dead) = (named(false), named(true));
    let said = match (alive.is_empty(), dead.is_empty()) {
        (true, _) => format!("refuted: {}", dead.join("; ")),
        (false, true) => format!("NOT refuted: {}", alive.join("; ")),
        _ => format!(
            "NOT refuted: {}; refuted: {}",
            alive.join("; "),
            dead.join("; ")
        ),
    };
    line(what, &said)
}

/// A p-value as people read it.
fn p_is(p: Option<f64>) -> String {
    match p {
        None => "not tested".to_owned(),
        Some(p) if p < 1e-99 => "p < 1e-99".to_owned(),
        Some(p) if p < 1e-3 => format!("p = {p:.0e}"),
        Some(p) if p < 0.0095 => format!("p = {p:.3}"),
        Some(p) => format!("p = {p:.2}"),
    }
}

/// Three digits, without zeros at the end.
pub(super) fn short(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{x:.2e}");
    }
    let decimals = (2 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
