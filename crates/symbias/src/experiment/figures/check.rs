//! Whether figures and published numbers name what the experiment has, before anything runs.

use crate::experiment::plan::Planned;
use crate::experiment::spec::{
    FigureSpec, Over, PanelSpec, Published, SeriesSpec, Spec, Statistic,
};
use std::collections::BTreeSet;
use symbias_bias::flow::{Claim, OTHER_CHARGES};
use symbias_model::error::{Error, ErrorKind, Result};

/// Checks every name in the figures and among the published numbers.
///
/// # Errors
/// The figure, panel and series, what it names, and what there is.
pub(in crate::experiment) fn check(spec: &Spec, arms: &[Planned]) -> Result<()> {
    let mut names = BTreeSet::new();
    for figure in &spec.figures {
        if !names.insert(&figure.name) {
            return Err(refused(format!("two figures are named `{}`", figure.name))
                .remedy("give each figure a name of its own"));
        }
        whole(spec, arms, figure)
            .and_then(|()| super::sized(figure))
            .map_err(|e| e.context(&format!("figure `{}`", figure.name)))?;
    }
    for (k, published) in spec.published.iter().enumerate() {
        number(published, arms).map_err(|e| e.context(&format!("published number {}", k + 1)))?;
    }
    Ok(())
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Value, message)
}

/// What there is, for a remedy.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match names.is_empty() {
        true => "there is none".to_owned(),
        false => format!("there are {}", names.join(", ")),
    }
}

fn arm<'p>(name: &str, arms: &'p [Planned]) -> Result<&'p Planned> {
    arms.iter().find(|a| a.name == name).ok_or_else(|| {
        Error::new(ErrorKind::Unknown, format!("there is no arm `{name}`"))
            .remedy(listed(arms.iter().map(|a| a.name.as_str())))
    })
}

/// Numbers of an observable.
fn observed(of: &str, arm: &Planned) -> Result<usize> {
    match arm.observables.iter().find(|o| o.name() == of) {
        Some(found) => Ok(found.shape().iter().product()),
        None => Err(Error::new(
            ErrorKind::Unknown,
            format!("arm `{}` does not observe `{of}`", arm.name),
        )
        .remedy(listed(arm.observables.iter().map(|o| o.name())))),
    }
}

fn whole(spec: &Spec, arms: &[Planned], figure: &FigureSpec) -> Result<()> {
    if figure.panels.is_empty() {
        return Err(refused("there are no panels".into()).remedy("give at least one"));
    }
    for (k, panel) in figure.panels.iter().enumerate() {
        if let Some(name) = &panel.law {
            law(spec, panel, name).map_err(|e| e.context(&format!("panel {}", k + 1)))?;
        }
        for (n, series) in panel.series.iter().enumerate() {
            one(spec, arms, panel, series)
                .map_err(|e| e.context(&format!("panel {}, series {}", k + 1, n + 1)))?;
        }
    }
    Ok(())
}

fn law(spec: &Spec, panel: &PanelSpec, name: &str) -> Result<()> {
    if !panel.series.is_empty() {
        return Err(refused("it shows a law and series".into()).remedy("give one of them"));
    }
    match spec.laws.contains_key(name) {
        true => Ok(()),
        false => Err(
            Error::new(ErrorKind::Unknown, format!("there is no law `{name}`"))
                .remedy(listed(spec.laws.keys().map(String::as_str))),
        ),
    }
}

fn one(spec: &Spec, arms: &[Planned], panel: &PanelSpec, series: &SeriesSpec) -> Result<()> {
    let sources = [
        series.of.is_some(),
        series.distance.is_some(),
        series.predicted,
        series.given.is_some(),
    ];
    if sources.iter().filter(|s| **s).count() != 1 {
        return Err(
            refused("it does not say which numbers, or says so twice".into()).remedy(
                "give exactly one of of = \"OBSERVABLE\", distance = { claim, when }, predicted = true, given = \"NAME\"",
            ),
        );
    }
    if series.of.is_none() {
        let over_index = panel.over == Over::Index;
        if series.distance.is_some() == over_index {
            return Err(
                refused("these numbers have no place on the horizontal axis".into())
                    .remedy("distances are over steps, what is predicted or given over the index"),
            );
        }
        if series.change || series.pooled || series.replica.is_some() {
            return Err(
                refused("`change`, `pooled` and `replica` are of observables".into())
                    .remedy("leave them out, or give of = \"OBSERVABLE\""),
            );
        }
    }
    if let Some(name) = &series.given {
        if !spec.given.contains_key(name) {
            return Err(
                Error::new(ErrorKind::Unknown, format!("nothing is given as `{name}`"))
                    .remedy(listed(spec.given.keys().map(String::as_str))),
            );
        }
        return Ok(());
    }
    let Some(name) = &series.arm else {
        return Err(
            refused("`arm` is missing".into()).remedy(listed(arms.iter().map(|a| a.name.as_str())))
        );
    };
    let own = arm(name, arms)?;
    if let Some(of) = &series.of {
        let count = observed(of, own)?;
        if let Some(beyond) = series.entries.iter().find(|e| **e >= count) {
            return Err(refused(format!("`{of}` has no entry {beyond}"))
                .remedy(format!("entries are 0 to {}", count.saturating_sub(1))));
        }
        return Ok(());
    }
    if !spec.predict.contains_key(name) {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("nothing is predicted for `{name}`"),
        )
        .remedy(format!(
            "add [predict.{name}], or name another arm: {}",
            listed(spec.predict.keys().map(String::as_str))
        )));
    }
    if let Some(distance) = &series.distance {
        let others = OTHER_CHARGES.map(Claim::ChargesTimes);
        let all = [Claim::Leaf, Claim::Euclidean, Claim::Sparse];
        let names: Vec<String> = all.iter().chain(&others).map(Claim::name).collect();
        if !names.contains(&distance.claim) {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!("there is no claim `{}`", distance.claim),
            )
            .remedy(listed(names.iter().map(String::as_str))));
        }
    }
    Ok(())
}

fn number(published: &Published, arms: &[Planned]) -> Result<()> {
    let count = observed(&published.of, arm(&published.arm, arms)?)?;
    let wanted = published.values.len();
    let fits = match published.statistic {
        Statistic::Entries => (1..=count).contains(&wanted),
        Statistic::Range => wanted == 2,
    };
    if fits {
        return Ok(());
    }
    Err(refused(format!(
        "`{}` has {count} entries, and {wanted} values are given",
        published.of
    ))
    .remedy("give the first entries, or as a range the smallest and the largest"))
}
