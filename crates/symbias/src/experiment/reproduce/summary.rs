//! What all experiments together say: published beside measured numbers, and the attributions.

use crate::experiment::record::{Measured, Record};
use crate::experiment::spec::{Published, Statistic};
use crate::experiment::verdict::attribution::Spread;
use serde::Serialize;
use symbias_model::error::Result;

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

/// `summary.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Version: 1.
    pub symbias: u32,
    /// Published beside measured.
    pub rows: Vec<Row>,
    /// What explains the runs.
    pub attributions: Vec<Answer>,
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
        Ok(())
    }

    /// As Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("# Published and measured\n\n");
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
    use super::short;

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
