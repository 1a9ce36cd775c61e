//! Whether what is asked of laws and numbers can be answered: everything that does not need a run is looked at before one.

use super::flow;
use super::law::{exists, extrapolates};
use crate::experiment::plan::Planned;
use crate::experiment::spec::{
    Attribute, DiffusionSpec, Expectation, LawQuestion, NumberQuestion, PredictedSpec, SliceSpec,
    Spec, StationarySpec, entry_of,
};
use symbias_geometry::noise::Noise;
use symbias_model::error::{Error, ErrorKind, Result, nearest};
use symbias_simulate::observe::len;

fn wrong(text: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, text).remedy(remedy.into())
}

/// Looks at all laws and numbers.
///
/// # Errors
/// Arms, observables and entries that do not exist; a coarse arm that differs by more than its step; numbers out of range;
/// a law that does not exist, is not normalisable, or is of another noise than the arm's.
pub(super) fn check(spec: &Spec, arms: &[Planned]) -> Result<()> {
    for (name, by) in &spec.predict {
        find(arms, name)
            .and_then(|arm| flow::check(arm, by))
            .map_err(|e| e.context(&format!("predict.{name}")))?;
    }
    for (name, by) in &spec.attribute {
        of_attribution(name, by, arms).map_err(|e| e.context(&format!("attribute.{name}")))?;
    }
    for (name, question) in &spec.laws {
        of_law(question, arms).map_err(|e| e.context(&format!("law `{name}`")))?;
    }
    for (name, question) in &spec.numbers {
        of_number(question, arms).map_err(|e| e.context(&format!("number `{name}`")))?;
    }
    Ok(())
}

fn of_law(question: &LawQuestion, arms: &[Planned]) -> Result<()> {
    let arm = find(arms, &question.arm)?;
    coarse(question.coarse.as_deref(), arm, arms)?;
    if let Some(third) = question.coarsest.as_deref() {
        let Some(second) = question.coarse.as_deref() else {
            return Err(wrong(
                format!("`coarsest` is `{third}`, and there is no `coarse`"),
                "give the arm of twice the step too",
            ));
        };
        coarse(Some(third), find(arms, second)?, arms)?;
    }
    if let Some(off) = question.off.as_deref() {
        observed("charges", find(arms, off)?)?;
    }
    between("level", question.level, Some(1.0))?;
    between("resolution", question.resolution, Some(1.0))?;
    let of = question.of.all();
    if of.is_empty() {
        return Err(wrong("`of` names no observable", "name at least one"));
    }
    of.iter().try_for_each(|of| observed(of, arm))?;
    law(&question.predicted, &of, arm, arms)?;
    if let Some(noise) = question.predicted.noise
        && question.expect == Expectation::Confirmed
    {
        of_the_arm(noise, arm)?;
    }
    for (twin, predicted) in &question.twins {
        law(predicted, &of, arm, arms).map_err(|e| e.context(&format!("twin `{twin}`")))?;
    }
    Ok(())
}

/// The outcome is observed in the arm, and in its controls.
fn of_attribution(name: &str, by: &Attribute, arms: &[Planned]) -> Result<()> {
    let arm = find(arms, name)?;
    let whole = |of: &str, arm: &Planned| match arm.observables.iter().any(|o| o.name() == of) {
        true => Ok(()),
        false => observed(of, arm),
    };
    whole(&by.outcome, arm)?;
    by.frozen.iter().try_for_each(|of| whole(of, arm))?;
    let of_it = |a: &&Planned| a.control.as_ref().is_some_and(|c| c.of == name);
    let mut controls = arms.iter().filter(of_it);
    controls.try_for_each(|control| whole(&by.outcome, control))
}

fn of_number(question: &NumberQuestion, arms: &[Planned]) -> Result<()> {
    let arm = find(arms, &question.arm)?;
    coarse(question.coarse.as_deref(), arm, arms)?;
    between("level", question.level, Some(1.0))?;
    between("resolution", question.resolution, None)?;
    observed(&question.of, arm)?;
    let twins = question.twins.iter().map(|(n, x)| (n.as_str(), *x));
    for (name, x) in twins.chain([("predicted", question.predicted)]) {
        if !x.is_finite() {
            return Err(wrong(format!("`{name}` is {x}"), "give a finite number"));
        }
    }
    match question.accuracy >= 0.0 && question.accuracy.is_finite() {
        true => Ok(()),
        false => Err(wrong(
            format!("`accuracy` is {}", question.accuracy),
            "give a share that is at least 0: 0.05 is five percent, 0 is exact",
        )),
    }
}

/// A law that is said in one way, of arms and observables that exist, and exists itself.
fn law(predicted: &PredictedSpec, of: &[&str], arm: &Planned, arms: &[Planned]) -> Result<()> {
    if let Some((name, x)) = predicted.constants.iter().find(|c| !c.1.is_finite()) {
        return Err(wrong(
            format!("the constant `{name}` is {x}"),
            "give a finite number",
        ));
    }
    if let Some(t) = predicted.temperature {
        if predicted.noise.is_none() {
            return Err(wrong(
                "`temperature` is of the law of a noise",
                "leave it out, or give noise = \"isotropic\"",
            ));
        }
        between("temperature", t, None)?;
    }
    if let Some((low, high)) = predicted.interval() {
        if predicted.arm.is_some() {
            return Err(wrong(
                "the law of an arm lies where its samples lie",
                "leave `support` out",
            ));
        }
        if low.is_nan() || high.is_nan() || low >= high {
            return Err(wrong(
                format!("the support [{low}, {high}] holds no number"),
                "give the smaller end first",
            ));
        }
    }
    if let Some(other) = &predicted.arm {
        let other = find(arms, other)?;
        of.iter().try_for_each(|of| observed(of, other))?;
    }
    exists(predicted, of, arm)
}

fn find<'a>(arms: &'a [Planned], name: &str) -> Result<&'a Planned> {
    arms.iter().find(|a| a.name == name).ok_or_else(|| {
        let names: Vec<&str> = arms.iter().map(|a| a.name.as_str()).collect();
        unknown(format!("there is no arm `{name}`"), name, &names)
    })
}

fn unknown(text: String, name: &str, names: &[&str]) -> Error {
    let error = Error::new(ErrorKind::Unknown, text);
    match nearest(name, names.iter().copied()) {
        Some(near) => error.remedy(format!("did you mean `{near}`?")),
        None => error.remedy(format!("there are {}", names.join(", "))),
    }
}

/// An observable of an arm, and an entry that it has.
fn observed(of: &str, arm: &Planned) -> Result<()> {
    let (name, entry) = entry_of(of);
    let Some(found) = arm.observables.iter().find(|o| o.name() == name) else {
        let names: Vec<&str> = arm.observables.iter().map(|o| o.name()).collect();
        if names.is_empty() {
            return Err(wrong(
                format!("arm `{}` observes nothing", arm.name),
                "say what to look at, as observe = { weights = true }",
            ));
        }
        let text = format!("arm `{}` does not observe `{name}`", arm.name);
        return Err(unknown(text, name, &names));
    };
    let count = len(found.as_ref());
    if entry < count {
        return Ok(());
    }
    Err(wrong(
        format!(
            "`{name}` of arm `{}` has {count} {}, and entry {entry} is asked for",
            arm.name,
            if count == 1 { "entry" } else { "entries" }
        ),
        match count {
            0 | 1 => format!("ask for `{name}`"),
            n => format!("entries are `{name}[0]` to `{name}[{}]`, in C order", n - 1),
        },
    ))
}

fn between(key: &str, x: f64, most: Option<f64>) -> Result<()> {
    if x > 0.0 && x.is_finite() && most.is_none_or(|m| x < m) {
        return Ok(());
    }
    Err(match most {
        Some(_) => wrong(
            format!("`{key}` is {x}"),
            "give a number between 0 and 1, as 0.01",
        ),
        None => wrong(format!("`{key}` is {x}"), "give a positive number, as 0.05"),
    })
}

/// A coarse arm is the same diffusion for the same time at twice the step, or nothing can be extrapolated.
fn coarse(name: Option<&str>, arm: &Planned, arms: &[Planned]) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    let other = find(arms, name)?;
    extrapolates(arm, other)
        .map_err(|e| e.context(&format!("`{name}` is no coarse arm of `{}`", arm.name)))
}

/// Whether the law is that of the noise which moves the arm.
fn of_the_arm(noise: StationarySpec, arm: &Planned) -> Result<()> {
    let Some(diffusion) = &arm.spec.diffusion else {
        return Ok(());
    };
    if moves(noise, diffusion) {
        return Ok(());
    }
    let (moving, held) = match diffusion.noise {
        Noise::Isotropic(_) => ("isotropic", diffusion.slice.is_some()),
        Noise::Horizontal(_) => ("horizontal", diffusion.slice.is_some()),
        _ => ("another", false),
    };
    let held = if held { " on a slice" } else { "" };
    let needed = match noise {
        StationarySpec::Isotropic => "noise = { isotropic = T } without a slice",
        StationarySpec::Slice => "noise = { isotropic = T }, slice = { held = { fixman = true } }",
        StationarySpec::Surface => {
            "noise = { isotropic = T }, slice = { held = { fixman = false } }"
        }
        StationarySpec::Horizontal => "noise = { horizontal = T }",
    };
    Err(wrong(
        format!(
            "the law is that of {} noise, and arm `{}` moves by {moving} noise{held}",
            noise.name(),
            arm.name
        ),
        format!(
            "give the arm {needed}, or ask for the law of its own noise; a law that is known to be wrong is a twin, \
             or has expect = \"refuted\""
        ),
    ))
}

fn moves(noise: StationarySpec, diffusion: &DiffusionSpec) -> bool {
    use SliceSpec::{Held, Penalty};
    matches!(
        (noise, diffusion.noise, diffusion.slice),
        (StationarySpec::Isotropic, Noise::Isotropic(_), None)
            | (
                StationarySpec::Slice,
                Noise::Isotropic(_),
                Some(Held { fixman: true } | Penalty(_)),
            )
            | (
                StationarySpec::Surface,
                Noise::Isotropic(_),
                Some(Held { fixman: false }),
            )
            | (StationarySpec::Horizontal, Noise::Horizontal(_), _)
    )
}
