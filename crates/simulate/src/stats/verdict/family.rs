//! [`Family`]: several claims that are judged together.

use super::{Holds, Verdict, short};
use crate::stats::argument;
use crate::stats::multiplicity::Correction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;

/// Verdicts whose p-values are adjusted for their number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Family {
    /// As judged together: their level is that of the family, `detectable` holds at level/m.
    pub verdicts: Vec<Verdict>,
    /// Adjusted p-values; `None` where there was no test.
    pub adjusted: Vec<Option<f64>>,
    /// How they were adjusted.
    pub correction: Correction,
    /// α of the family.
    pub level: f64,
}

impl Family {
    /// Judges claims together by Holm's procedure: a claim is refuted if its adjusted p-value is below the level, and
    /// confirmed if a deviation worth detecting would have been seen at level/m as well. What was undetermined alone stays so.
    ///
    /// # Errors
    /// A level that is not between 0 and 1, p-values that are not either.
    pub fn new(verdicts: Vec<Verdict>, level: f64) -> Result<Family> {
        Family::corrected(verdicts, level, Correction::Holm)
    }

    /// The same with a correction of choice. The detectable deviation is always that at level/m.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn corrected(
        mut verdicts: Vec<Verdict>,
        level: f64,
        correction: Correction,
    ) -> Result<Family> {
        argument::probability("the level", level)?;
        let p_values: Vec<f64> = verdicts.iter().filter_map(|v| v.p_value).collect();
        let mut own = correction.adjusted(&p_values)?.into_iter();
        let adjusted: Vec<Option<f64>> = verdicts
            .iter()
            .map(|v| v.p_value.and_then(|_| own.next()))
            .collect();
        let per_claim = level / p_values.len().max(1) as f64;
        let m = p_values.len();
        for (verdict, adjusted) in verdicts.iter_mut().zip(&adjusted) {
            let Some(adjusted) = *adjusted else { continue };
            let (holds, detectable) = verdict.rejudged(adjusted, level, per_claim);
            if holds != verdict.holds {
                verdict.reasons.insert(
                    0,
                    format!(
                        "{} alone, {holds} among {m} claims: adjusted p = {}, and {} would have been seen",
                        verdict.holds,
                        short(adjusted),
                        short(detectable)
                    ),
                );
            }
            verdict.holds = holds;
            verdict.detectable = detectable;
            verdict.level = level;
        }
        Ok(Family {
            verdicts,
            adjusted,
            correction,
            level,
        })
    }

    /// Refuted if any claim is, else undetermined if any is.
    #[must_use]
    pub fn holds(&self) -> Holds {
        let any = |holds| self.verdicts.iter().any(|v| v.holds == holds);
        if any(Holds::Refuted) {
            Holds::Refuted
        } else if any(Holds::Undetermined) || self.verdicts.is_empty() {
            Holds::Undetermined
        } else {
            Holds::Confirmed
        }
    }

    /// A line of counts, and the verdicts.
    #[must_use]
    pub fn text(&self) -> String {
        let count = |holds| self.verdicts.iter().filter(|v| v.holds == holds).count();
        let mut text = format!(
            "{} claims at level {} together: {} confirmed, {} refuted, {} undetermined",
            self.verdicts.len(),
            short(self.level),
            count(Holds::Confirmed),
            count(Holds::Refuted),
            count(Holds::Undetermined)
        );
        for verdict in &self.verdicts {
            text.push('\n');
            text.push_str(&verdict.text());
        }
        text
    }
}
