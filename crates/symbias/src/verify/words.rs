//! What a person reads of a verification, and what a program does.

use super::Verified;
use crate::answer::versioned;
use crate::experiment::verdict::law::LawVerdict;
use crate::experiment::verdict::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use symbias_model::error::Result;

/// Column of the names of lines, as of the verdicts.
const MARGIN: usize = 14;

impl Verified {
    /// At a glance: each law as a block, the verdict first; then the laws that do not exist, with the reason.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let finished = self.concluded.as_ref().filter(|c| !c.interrupted);
        let mut outcomes = Vec::new();
        for (noise, formula) in &self.formulas {
            let laws = finished.map(|c| &c.record.verdicts.laws);
            if let (Some(concluded), Some(found)) = (finished, laws.and_then(|l| l.get(*noise))) {
                text += &concluded.law(noise, found);
                outcomes.push((*noise, found.stands()));
            }
            if let Some(formula) = formula {
                text += &format!(
                    "  {:<width$}p ~ exp(-l/T - R), R = {formula}\n\n",
                    "law",
                    width = MARGIN - 2
                );
            } else {
                text += "\n";
            }
        }
        for untried in &self.untried {
            text += &format!(
                "{:<MARGIN$}{}: {}\n",
                "no law",
                untried.noise.name(),
                untried.reason
            );
        }
        let Some(concluded) = &self.concluded else {
            return text + "nothing to simulate, and nothing was written\n";
        };
        if concluded.interrupted {
            let folder = concluded.folder.as_deref().and_then(Path::parent);
            let go_on = folder.map_or(String::new(), |out| {
                format!(": go on with --resume -o {}", out.display())
            });
            return text + &format!("interrupted{go_on}\n");
        }
        if outcomes.len() > 1 {
            text += &format!("\n{}\n", words::tally(&outcomes));
        }
        for note in &self.notes {
            text += &format!("note: {note}\n");
        }
        match &concluded.folder {
            Some(folder) => text + &format!("record and figures in {}\n", folder.display()),
            None => text,
        }
    }

    /// For programs.
    #[must_use]
    pub fn answer(&self) -> VerifyAnswer {
        let untried = |u: &super::Untried| UntriedAnswer {
            noise: u.noise.name().to_owned(),
            reason: u.reason.clone(),
        };
        let formula =
            |(noise, formula): (&&str, &Option<String>)| ((*noise).to_owned(), formula.clone());
        let concluded = self.concluded.as_ref();
        VerifyAnswer {
            schema: 1,
            untried: self.untried.iter().map(untried).collect(),
            formulas: self.formulas.iter().map(formula).collect(),
            laws: concluded.map(|c| c.record.verdicts.laws.clone()),
            notes: self.notes.clone(),
        }
    }
}

/// What `symbias verify --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct VerifyAnswer {
    /// Always 1.
    pub schema: u32,
    /// Laws that were asked for and not tried.
    pub untried: Vec<UntriedAnswer>,
    /// The formula of R of each law that was tried, by its noise; `null` where it has none.
    pub formulas: BTreeMap<String, Option<String>>,
    /// The verdicts, by the noise; `null` if nothing was simulated.
    pub laws: Option<BTreeMap<String, LawVerdict>>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// A law that was not tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct UntriedAnswer {
    /// The noise.
    pub noise: String,
    /// Why.
    pub reason: String,
}

impl VerifyAnswer {
    /// An answer of `symbias verify --json`.
    ///
    /// # Errors
    /// A text that is no JSON, or an answer of another version.
    pub fn read(text: &str) -> Result<VerifyAnswer> {
        versioned(text, 1, "symbias verify --json")
    }
}

/// The JSON schema of the answer.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(VerifyAnswer).to_value()
}
