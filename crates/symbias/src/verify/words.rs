//! What a person reads of a verification, and what a program does.

use super::Verified;
use crate::experiment::verdict::words;
use std::path::Path;

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

    /// As JSON.
    #[must_use]
    pub fn answer(&self) -> serde_json::Value {
        serde_json::json!({
            "schema": 1,
            "untried": self.untried.iter().map(|u| serde_json::json!({
                "noise": u.noise.name(),
                "reason": u.reason,
            })).collect::<Vec<_>>(),
            "formulas": self.formulas,
            "laws": self.concluded.as_ref().map(|c| &c.record.verdicts.laws),
            "notes": self.notes,
        })
    }
}
