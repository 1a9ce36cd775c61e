//! A design file as written (docs/design.md): which bias is wanted, of which weights, under which driver; unknown keys are refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_bias::Driver;
use symbias_model::error::{Error, ErrorKind, Result, Span};

/// A design file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignSpec {
    /// Version of the format: 1.
    pub symbias: u32,
    /// Name of the model that is written.
    #[serde(default)]
    pub name: Option<String>,
    /// Under which driver.
    pub driver: Driver,
    /// A scalar of the model language over the components; `nuclear[i,j](e)` and `schatten[i,j](e, p)`, Σσ^p, are known here.
    pub target: String,
    /// Axes, as in a model.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub axes: toml::Table,
    /// What the target is of: names and axes.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, Vec<String>>")]
    pub components: toml::Table,
    /// The weights as linear statements of the components.
    #[serde(default)]
    pub weights: Option<String>,
    /// Constants, as in a model; a number is a scalar.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub constants: toml::Table,
    /// Values among which `fit` chooses.
    #[serde(default)]
    pub tune: std::collections::BTreeMap<String, Vec<f64>>,
    /// Of |component| (norm, singular value) for which the certificate is given; 1e-3 to 10 by default.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Temperature of the noise.
    #[serde(default = "one")]
    pub temperature: f64,
    /// Weight decay of isotropic noise.
    #[serde(default = "one")]
    pub decay: f64,
    /// A model whose parameters are the components.
    #[serde(default)]
    pub model: Option<String>,
}

fn one() -> f64 {
    1.0
}

/// The range of a certificate, by default.
pub const RANGE: [f64; 2] = [1e-3, 10.0];

impl DesignSpec {
    /// A target under a driver, of nothing yet.
    #[must_use]
    pub fn of(target: &str, driver: Driver) -> DesignSpec {
        DesignSpec {
            symbias: 1,
            name: None,
            driver,
            target: target.to_owned(),
            axes: toml::Table::new(),
            components: toml::Table::new(),
            weights: None,
            constants: toml::Table::new(),
            tune: std::collections::BTreeMap::new(),
            range: None,
            temperature: one(),
            decay: one(),
            model: None,
        }
    }

    /// The meaning of a text.
    ///
    /// # Errors
    /// No TOML, unknown or missing keys, another version, numbers outside of their range.
    pub fn parse(text: &str) -> Result<DesignSpec> {
        let spec: DesignSpec = toml::from_str(text).map_err(|e| {
            let span = e.span().unwrap_or(0..0);
            Error::new(ErrorKind::Syntax, e.message().trim().to_owned())
                .at(Span {
                    start: span.start,
                    end: span.end,
                })
                .remedy("docs/design.md lists the keys; `symbias schema design` is for programs")
                .in_text(None, text)
        })?;
        spec.checked()
            .map_err(|(key, error)| match place(text, key) {
                Some(span) => error.at(span).in_text(None, text),
                None => error,
            })?;
        Ok(spec)
    }

    fn checked(&self) -> std::result::Result<(), (&'static str, Error)> {
        let value = |what: String, remedy: &str| Error::new(ErrorKind::Value, what).remedy(remedy);
        if self.symbias != 1 {
            let what = format!(
                "the file is of version {}, this program reads version 1",
                self.symbias
            );
            return Err(("symbias", value(what, "write symbias = 1")));
        }
        if let Some([low, high]) = self.range
            && !(low > 0.0 && high > low && high.is_finite())
        {
            let what =
                format!("range = [{low}, {high}]: it runs from a positive number to a larger one");
            return Err((
                "range",
                value(
                    what,
                    "range = [1e-3, 10.0], of |component|, norms or singular values",
                ),
            ));
        }
        for (key, x) in [("temperature", self.temperature), ("decay", self.decay)] {
            if !(x > 0.0 && x.is_finite()) {
                let what = format!("{key} = {x}: it is a positive number");
                return Err((key, value(what, "leave it out for 1")));
            }
        }
        if self.target.trim().is_empty() {
            return Err((
                "target",
                value(
                    "the target is empty".into(),
                    "target = \"sum[i](abs(z[i]))\"",
                ),
            ));
        }
        if self.components.is_empty() && self.model.is_none() {
            let error = Error::new(ErrorKind::Definition, "there are no components")
                .remedy("components = { z = [\"i\"] }: what the target is of, with its axes");
            return Err(("target", error));
        }
        for (name, values) in &self.tune {
            if !self.constants.contains_key(name) {
                let error = Error::new(
                    ErrorKind::Unknown,
                    format!("`tune` lists `{name}`, which is no constant"),
                )
                .suggest(name, self.constants.keys().map(String::as_str));
                return Err(("tune", error));
            }
            if values.is_empty() || values.iter().any(|x| !x.is_finite()) {
                let what = format!("`tune` of `{name}` is a list of finite numbers");
                return Err(("tune", value(what, "tune = { p = [1.0, 0.5] }")));
            }
        }
        Ok(())
    }

    /// The file as text, without what is not set.
    ///
    /// # Errors
    /// Values that TOML cannot write.
    pub fn written(&self) -> Result<String> {
        let mut table = toml::Table::try_from(self)
            .map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))?;
        table.retain(|_, v| v.as_table().is_none_or(|t| !t.is_empty()));
        toml::to_string(&table).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))
    }

    /// The range of the certificate.
    #[must_use]
    pub fn range(&self) -> [f64; 2] {
        self.range.unwrap_or(RANGE)
    }

    /// The file of the command line's form: a target of one variable `x`, on what, and how many.
    ///
    /// # Errors
    /// Another word for `on`, sizes that do not fit it.
    pub fn short(target: &str, on: &str, driver: Driver, sizes: &[u64]) -> Result<DesignSpec> {
        let wrong = |what: String, remedy: &str| Error::new(ErrorKind::Value, what).remedy(remedy);
        if sizes.contains(&0) {
            return Err(wrong("--size has a 0".into(), "sizes are at least 1"));
        }
        let groups = on.strip_prefix("groups:").map(str::parse::<u64>);
        let (axes, component, term, letters) = match (on, groups, sizes) {
            ("entries", _, [n]) => (vec![("i", *n)], "z", "z[i]", "i"),
            ("entries", _, [n, m]) => (vec![("i", *n), ("j", *m)], "z", "z[i,j]", "i,j"),
            ("singular", _, [n, m]) => (vec![("i", *n), ("j", *m)], "W", "", ""),
            ("singular", _, [n]) => (vec![("i", *n), ("j", *n)], "W", "", ""),
            (_, Some(Ok(k)), [n]) if k > 0 => {
                if n % k != 0 {
                    let what = format!("{n} entries are no whole number of groups of {k}");
                    return Err(wrong(
                        what,
                        "--size counts entries: a multiple of the group's size",
                    ));
                }
                (vec![("g", n / k), ("k", k)], "z", "norm[k](z[g,k])", "g")
            }
            (_, Some(_), _) => {
                return Err(wrong(
                    format!("--on {on} with --size {sizes:?}"),
                    "--on groups:4 --size 64: groups of 4, 64 entries in all",
                ));
            }
            ("entries" | "singular", ..) => {
                return Err(wrong(
                    format!("--size has {} numbers", sizes.len()),
                    "--size 64, or --size 20,30 of a matrix",
                ));
            }
            _ => {
                return Err(Error::new(ErrorKind::Unknown, format!("--on {on}"))
                    .remedy("--on entries, groups:K or singular"));
            }
        };
        let target = match on {
            "singular" => format!("{}[i,j](W[i,j])", super::spectral::marker(target)?),
            _ => format!(
                "sum[{letters}]({})",
                super::spectral::renamed(target, "x", term)?
            ),
        };
        let mut spec = DesignSpec::of(&target, driver);
        let mut own = Vec::new();
        for (name, size) in axes {
            let size = i64::try_from(size)
                .map_err(|_| wrong(format!("--size {size} is too large"), "at most 2^63"))?;
            spec.axes.insert(name.into(), toml::Value::Integer(size));
            own.push(toml::Value::String(name.into()));
        }
        spec.components
            .insert(component.into(), toml::Value::Array(own));
        Ok(spec)
    }
}

/// Where a key of the root stands.
fn place(text: &str, key: &str) -> Option<Span> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start();
        if rest
            .strip_prefix(key)
            .is_some_and(|r| r.trim_start().starts_with('='))
        {
            let at = start + line.len() - rest.len();
            return Some(Span {
                start: at,
                end: start + line.trim_end().len(),
            });
        }
        start += line.len();
    }
    None
}

/// The JSON schema of a design file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DesignSpec).to_value()
}
