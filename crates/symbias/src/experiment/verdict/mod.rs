//! Where prediction and measurement meet: what each arm's numbers say of the drivers.

mod asked;
pub mod attribution;
mod control;
mod expression;
pub mod flow;
pub mod law;
pub mod number;
pub mod words;

use super::plan::Planned;
use super::record::Measured;
use super::spec::Spec;
use attribution::Attribution;
use flow::FlowVerdict;
use law::LawVerdict;
use number::NumberVerdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use symbias_model::error::{Error, ErrorKind, Result};

/// All verdicts of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdicts {
    /// The predictions of flow for each arm that the file asks for.
    pub flow: BTreeMap<String, FlowVerdict>,
    /// The driver of each arm that the file asks for.
    pub attribution: BTreeMap<String, Attribution>,
    /// The laws that the file asks for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub laws: BTreeMap<String, LawVerdict>,
    /// The numbers that the file asks for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, NumberVerdict>,
}

impl Verdicts {
    /// Whether every law and number is confirmed, and every twin of them refuted.
    #[must_use]
    pub fn stand(&self) -> bool {
        self.laws.values().all(LawVerdict::stands)
            && self.numbers.values().all(NumberVerdict::stands)
    }
}

/// Whether what is asked of laws can be answered, before anything runs.
///
/// # Errors
/// As `asked::check`.
pub(super) fn check(spec: &Spec, arms: &[Planned]) -> Result<()> {
    asked::check(spec, arms)
}

/// Draws the conclusions from what was measured.
///
/// # Errors
/// Arms or observables that are named and do not exist.
pub fn conclude(spec: &Spec, arms: &[Planned], measured: &[Measured]) -> Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    for (name, by) in &spec.predict {
        exists(spec, "predict", name)?;
        let own = arms.iter().find(|a| a.name == *name);
        if let (Some(arm), Some(measured)) = (own, measured.iter().find(|m| m.arm == *name)) {
            verdicts
                .flow
                .insert(name.clone(), flow::compare(arm, by, measured)?);
        }
    }
    for (name, by) in &spec.attribute {
        exists(spec, "attribute", name)?;
        let Some(arm) = arms.iter().find(|a| a.name == *name) else {
            continue;
        };
        if let Some(found) = attribution::attribute(arm, by, arms, measured)? {
            verdicts.attribution.insert(name.clone(), found);
        }
    }
    for (name, question) in &spec.laws {
        exists(spec, "laws", &question.arm)?;
        let found = law::judge(name, question, arms, measured)
            .map_err(|e| e.context(&format!("law `{name}`")))?;
        verdicts.laws.extend(found.map(|f| (name.clone(), f)));
    }
    for (name, question) in &spec.numbers {
        exists(spec, "numbers", &question.arm)?;
        let found = number::judge(name, question, arms, measured)
            .map_err(|e| e.context(&format!("number `{name}`")))?;
        verdicts.numbers.extend(found.map(|f| (name.clone(), f)));
    }
    Ok(verdicts)
}

fn exists(spec: &Spec, table: &str, name: &str) -> Result<()> {
    if spec.arms.contains_key(name) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unknown,
        format!("`{table}` names `{name}`, which is no arm"),
    )
    .suggest(name, spec.arms.keys().map(String::as_str)))
}
