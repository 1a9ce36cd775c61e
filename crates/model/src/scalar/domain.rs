//! temporary
use super::tape::ScalarProgram;
impl ScalarProgram {
    /// temporary
    pub fn outside_domain(&self, theta: &[f64], x: &[f64]) -> Vec<String> {
        match self.value(theta, x) {
            Some(v) if v.iter().all(|x| x.is_finite()) => Vec::new(),
            _ => vec!["not finite".into()],
        }
    }
}
