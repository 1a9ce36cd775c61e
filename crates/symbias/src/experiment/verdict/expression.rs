//! Functions of one number x, written in the model language: predicted densities, drifts and diffusions.

use crate::experiment::draws::written;
use std::collections::BTreeMap;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};

/// A compiled expression in `x`.
#[derive(Clone, Debug)]
pub struct Expression {
    program: ScalarProgram,
}

impl Expression {
    /// Compiles an expression in `x` and the names of constants.
    ///
    /// # Errors
    /// A text that is no expression of the model language, with the place in it.
    pub fn new(text: &str, constants: &BTreeMap<String, f64>) -> Result<Expression> {
        let context = |e: Error| e.context(&format!("the expression `{text}`"));
        let mut named = toml::Table::new();
        for (name, value) in constants.iter().filter(|(n, _)| mentions(text, n)) {
            let mut constant = toml::Table::new();
            constant.insert("axes".into(), toml::Value::Array(Vec::new()));
            constant.insert("value".into(), (*value).into());
            named.insert(name.clone(), constant.into());
        }
        let mut table: toml::Table =
            "symbias = 1\noutputs = [\"value\", \"read\"]\naxes = {}\nparameters = { x = [] }"
                .parse()
                .map_err(|e: toml::de::Error| {
                    Error::new(ErrorKind::Syntax, e.message().to_owned())
                })?;
        // `x` is read even where the expression is constant.
        table.insert(
            "program".into(),
            format!("value = {text}\nread = 0 * x").into(),
        );
        table.insert("constants".into(), named.into());
        let model = SourceFile::parse(&written(&table)?, None)
            .and_then(|s| s.check(Copies::All))
            .map_err(context)?;
        let arrays = Arrays::new(&model, &symbias_model::data::constants(&model)?)?;
        Ok(Expression {
            program: ScalarProgram::lower(&model, &arrays).map_err(context)?,
        })
    }

    /// Its value; NaN where it is not defined.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        let value = self.program.value(&[x], &[]);
        value.and_then(|v| v.first().copied()).unwrap_or(f64::NAN)
    }
}

/// Whether a name stands in a text as a word.
fn mentions(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let constants = BTreeMap::from([("T".to_owned(), 0.25), ("w0".to_owned(), 1.0)]);
        let e = Expression::new("-(x - w0)^2 / (2 * T) - 0.5 * log(abs(x))", &constants);
        let e = e.expect("an expression");
        let exact = -(0.3_f64 - 1.0).powi(2) / 0.5 - 0.5 * 0.3_f64.ln();
        assert!((e.at(0.3) - exact).abs() < 1e-15);
        assert!(Expression::new("3", &constants).expect("constant").at(7.0) == 3.0);
    }

    #[test]
    fn mistakes_name_the_expression() {
        let error = Expression::new("x + y", &BTreeMap::new()).expect_err("y is unknown");
        assert!(error.to_string().contains("x + y"), "{error}");
        assert!(Expression::new("x +", &BTreeMap::new()).is_err());
    }
}
