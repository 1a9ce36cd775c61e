//! What a person reads of a verification, and what a program does.

use super::Verified;
use crate::experiment::verdict::words;

impl Verified {
    /// At a glance: each noise with its law, and what became of it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for untried in &self.untried {
            text += &format!("{:<11} {}\n", untried.noise.name(), untried.reason);
        }
        let Some(concluded) = &self.concluded else {
            return text + "nothing to simulate\n";
        };
        if concluded.interrupted {
            return text + &concluded.text();
        }
        for (noise, formula) in &self.formulas {
            let law = match formula {
                Some(formula) => format!("p ~ exp(-l/T - R), R = {formula}"),
                None => "p ~ exp(-l/T - R), R by numbers".to_owned(),
            };
            text += &format!("\n{noise:<11} {law}\n");
            if let Some(found) = concluded.record.verdicts.laws.get(*noise) {
                text += &words::law(found);
            }
        }
        for note in &self.notes {
            text += &format!("\nnote: {note}\n");
        }
        text + &format!("\nrecord and figures in {}\n", concluded.folder.display())
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
