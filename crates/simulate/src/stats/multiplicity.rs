//! Many tests at once: p-values that may be compared with one level.

use super::argument;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;

/// How p-values are adjusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// max_{j≤i} min(1, (m − j + 1) p_(j)): no true claim is refuted, but with probability α, whatever depends on
    /// what (Holm, Scand. J. Stat. 6, 1979).
    #[default]
    Holm,
    /// min(1, m p): as Holm, and never sharper.
    Bonferroni,
    /// min_{j≥i} min(1, m p_(j)/j): of the refuted claims a share α is true on average, for independent tests
    /// (Benjamini and Hochberg, J. R. Stat. Soc. B 57, 1995).
    BenjaminiHochberg,
}

impl Correction {
    /// Adjusted p-values, in the order given: a claim is refuted where they are below the level.
    ///
    /// # Errors
    /// A value that is not within [0, 1].
    pub fn adjusted(self, p_values: &[f64]) -> Result<Vec<f64>> {
        if let Some(p) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(argument::value(
                format!("a p-value is {p}, outside of 0 to 1"),
                "leave out tests that had no outcome",
            ));
        }
        let m = p_values.len();
        let mut order: Vec<usize> = (0..m).collect();
        order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
        let mut adjusted = vec![0.0; m];
        match self {
            Correction::Bonferroni => {
                for (out, p) in adjusted.iter_mut().zip(p_values) {
                    *out = (m as f64 * p).min(1.0);
                }
            }
            Correction::Holm => {
                let mut largest = 0.0_f64;
                for (j, i) in order.iter().enumerate() {
                    largest = largest.max((m - j) as f64 * p_values[*i]).min(1.0);
                    adjusted[*i] = largest;
                }
            }
            Correction::BenjaminiHochberg => {
                let mut least = 1.0_f64;
                for (j, i) in order.iter().enumerate().rev() {
                    least = least.min(m as f64 / (j + 1) as f64 * p_values[*i]);
                    adjusted[*i] = least;
                }
            }
        }
        Ok(adjusted)
    }
}
