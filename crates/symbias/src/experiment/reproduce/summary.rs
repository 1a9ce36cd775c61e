//! What all experiments together say: published beside measured numbers, and the attributions.

use crate::experiment::record::{Measured, Record};
use crate::experiment::spec::{Published, Statistic};
use crate::experiment::verdict::attribution::Spread;
use crate::experiment::verdict::words::tally;
use serde::Serialize;
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_simulate::stats::verdict::{Holds, Verdict};

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The experiment.
    pub experiment: String,
    /// The arm.
    pub arm: String,
    /// Observable and statistic: `min ratio`, `singular_values 3`.
    pub what: String,
    /// The step that was looked at.
    pub step: u64,
    /// As published.
    pub published: f64,
    /// Over replicas; `None` if the arm did not run.
    pub measured: Option<Spread>,
    /// Replicas.
    pub replicas: usize,
    /// The driver that the arm is attributed to, if that was asked.
    pub driver: Option<String>,
    /// What a reader should know.
    pub note: String,
}

/// An attribution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The experiment.
    pub experiment: String,
    /// The arm.
    pub arm: String,
    /// The driver.
    pub driver: String,
    /// In words.
    pub paragraph: String,
}

/// A law or a number of theory, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The experiment.
    pub experiment: String,
    /// Its name there.
    pub name: String,
    /// What is claimed, in words.
    pub about: String,
    /// Whether it holds.
    pub holds: Holds,
    /// Whether that is what was expected, and every wrong one is refuted.
    pub stands: bool,
    /// The smallest adjusted p-value; of a number its p-value.
    pub p_value: Option<f64>,
    /// Distance of distribution functions, or deviation of the mean in standard errors.
    pub statistic: f64,
    /// Independent values that stand behind it.
    pub effective: f64,
    /// The deviation that would have been seen.
    pub detectable: f64,
    /// Wrong laws or numbers, and whether each was refuted.
    pub twins: BTreeMap<String, bool>,
}

impl Judged {
    fn of(experiment: &str, name: &str, about: &str, verdicts: &[Verdict], holds: Holds) -> Judged {
        let worst = verdicts.iter().max_by(|a, b| {
            let p = |v: &Verdict| v.p_value.unwrap_or(1.0);
            p(b).total_cmp(&p(a))
        });
        let of = |f: fn(&Verdict) -> f64| worst.map_or(f64::NAN, f);
        Judged {
            experiment: experiment.to_owned(),
            name: name.to_owned(),
            about: about.to_owned(),
            holds,
            stands: false,
            p_value: worst.and_then(|v| v.p_value),
            statistic: of(|v| v.statistic.value),
            effective: of(|v| v.effective),
            detectable: of(|v| v.detectable),
            twins: BTreeMap::new(),
        }
    }
}

/// `summary.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Version: 1.
    pub symbias: u32,
    /// Published beside measured.
    pub rows: Vec<Row>,
    /// What explains the runs.
    pub attributions: Vec<Answer>,
    /// Laws and numbers of theory.
    pub laws: Vec<Judged>,
    /// Folders of records, below that of the summary.
    pub records: Vec<String>,
}

impl Summary {
    /// Adds a record.
    ///
    /// # Errors
    /// Observables that it does not hold.
    pub fn add(&mut self, record: &Record, measured: &[Measured]) -> Result<()> {
        self.symbias = 1;
        let spec = &record.experiment;
        self.records.push(spec.name.clone());
        for published in &spec.published {
            self.rows.extend(rows(published, record, measured)?);
        }
        for (arm, found) in &record.verdicts.attribution {
            self.attributions.push(Answer {
                experiment: spec.name.clone(),
                arm: arm.clone(),
                driver: found.driver.clone(),
                paragraph: found.paragraph.clone(),
            });
        }
        for (name, found) in &record.verdicts.laws {
            let own = &found.claims.verdicts;
            let judged = Judged::of(&spec.name, name, &found.about, own, found.holds);
            let twins = found.twins.iter().map(|(n, t)| (n.clone(), t.refuted));
            self.laws.push(Judged {
                twins: twins.collect(),
                stands: found.stands(),
                ..judged
            });
        }
        for (name, found) in &record.verdicts.numbers {
            let own = std::slice::from_ref(&found.verdict);
            let judged = Judged::of(&spec.name, name, &found.about, own, found.verdict.holds);
            self.laws.push(Judged {
                twins: found.twins.clone(),
                stands: found.stands(),
                ..judged
            });
        }
        Ok(())
    }

    /// Whether every law and number came out as expected, and every wrong one is refuted.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.laws.iter().all(|l| l.stands)
    }

    /// The laws as a table, and how many came out as they should.
    fn laws_text(&self) -> String {
        let header = [
            "verdict",
            "experiment",
            "law",
            "claim",
            "p",
            "D or z",
            "worth",
            "sees",
            "twins refuted",
        ];
        let mut rows = vec![header.map(str::to_owned)];
        for law in &self.laws {
            let refuted = law.twins.values().filter(|t| **t).count();
            rows.push([
                match law.stands {
                    true => law.holds.to_string(),
                    false => format!("**{}, not as expected**", law.holds),
                },
                law.experiment.clone(),
                law.name.clone(),
                law.about.replace('|', "\\|"),
                law.p_value.map_or("".to_owned(), |p| format!("{p:.2}")),
                short(law.statistic),
                format!("{:.0}", law.effective),
                short(law.detectable),
                format!("{refuted} of {}", law.twins.len()),
            ]);
        }
        let names: Vec<String> = self
            .laws
            .iter()
            .map(|l| format!("{}/{}", l.experiment, l.name))
            .collect();
        let outcomes: Vec<(&str, bool)> = names
            .iter()
            .zip(&self.laws)
            .map(|(n, l)| (n.as_str(), l.stands))
            .collect();
        format!("# Laws\n\n{}\n{}\n", aligned(&rows), tally(&outcomes))
    }

    /// As Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.laws.is_empty() {
            text += &self.laws_text();
        }
        if self.rows.is_empty() && self.attributions.is_empty() {
            return text;
        }
        text += "# Published and measured\n\n";
        text += "| experiment | arm | number | step | published | measured: median (quartiles) | seeds | driver |\n";
        text += "|---|---|---|---|---|---|---|---|\n";
        for row in &self.rows {
            let measured = row
                .measured
                .map_or("not run".to_owned(), |s| match row.replicas {
                    1 => short(s.median),
                    _ => format!(
                        "{} ({} to {})",
                        short(s.median),
                        short(s.lower),
                        short(s.upper)
                    ),
                });
            text += &format!(
                "| {} | {} | {} | {} | {} | {measured} | {} | {} |\n",
                row.experiment,
                row.arm,
                row.what,
                row.step,
                short(row.published),
                row.replicas,
                row.driver.as_deref().unwrap_or("")
            );
        }
        let mut notes: Vec<String> = Vec::new();
        for row in self.rows.iter().filter(|r| !r.note.is_empty()) {
            let note = format!("- {}, {}: {}\n", row.experiment, row.arm, row.note);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        if !notes.is_empty() {
            text += &format!("\n{}", notes.concat());
        }
        if !self.attributions.is_empty() {
            text += "\n# What explains the runs\n";
        }
        for answer in &self.attributions {
            text += &format!("\n{}, {}\n", answer.experiment, answer.paragraph);
        }
        text
    }
}

/// A Markdown table whose columns stand below each other in plain text too; the first row is its header.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |k: usize| rows.iter().map(|r| r[k].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(widths) {
            text += &format!("| {cell:<width$} ");
        }
        text += "|\n";
        if at == 0 {
            text += &widths
                .map(|w| "-".repeat(w + 2))
                .join("|")
                .replacen("", "|", 1);
            text += "|\n";
        }
    }
    text
}

/// Four digits.
fn short(x: f64) -> String {
    let size = x.abs();
    match size {
        _ if !x.is_finite() => x.to_string(),
        _ if size == 0.0 || (1e-3..1e4).contains(&size) => {
            let whole = size.max(1e-3).log10().floor();
            let digits = (3.0 - whole).clamp(0.0, 6.0) as usize;
            format!("{x:.digits$}")
        }
        _ => format!("{x:.3e}"),
    }
}

fn rows(published: &Published, record: &Record, measured: &[Measured]) -> Result<Vec<Row>> {
    let own = measured.iter().find(|m| m.arm == published.arm);
    let attributed = record.verdicts.attribution.get(&published.arm);
    let (mut step, mut replicas) = (published.at.unwrap_or(0), 0);
    let mut found: Vec<Vec<f64>> = Vec::new();
    if let Some(own) = own {
        let series = own.series(&published.of)?;
        let last = series.steps.last().copied().unwrap_or(0);
        let look = series.look_at(published.at.unwrap_or(last));
        (step, replicas) = (series.steps[look], series.replicas);
        let count = published.values.len();
        found = (0..replicas)
            .map(|r| published.statistic.of(series.at(r, look), count))
            .collect();
    }
    let one = published.values.len() == 1;
    Ok(published
        .values
        .iter()
        .enumerate()
        .map(|(k, value)| Row {
            experiment: record.experiment.name.clone(),
            arm: published.arm.clone(),
            what: match (published.statistic, k) {
                (Statistic::Range, 0) => format!("least {}", published.of),
                (Statistic::Range, _) => format!("largest {}", published.of),
                (Statistic::Entries, _) if one => published.of.clone(),
                (Statistic::Entries, k) => format!("{} {}", published.of, k + 1),
            },
            step,
            published: *value,
            measured: Spread::of(found.iter().filter_map(|f| f.get(k).copied())),
            replicas,
            driver: attributed.map(|a| a.driver.clone()),
            note: published.note.clone(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{aligned, short};

    #[test]
    fn columns_stand_below_each_other() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        let text = aligned(&[row("a", "bb"), row("µµµ", "")]);
        assert_eq!(text, "| a   | bb |\n|-----|----|\n| µµµ |    |\n");
    }

    #[test]
    fn four_digits() {
        let all = [0.0229, 7.44, 129.6, 0.9391, 1.5e6, -2e-5, f64::NAN];
        assert_eq!(
            all.map(short),
            [
                "0.02290",
                "7.440",
                "129.6",
                "0.9391",
                "1.500e6",
                "-2.000e-5",
                "NaN"
            ]
        );
    }
}
