//! What is asked of the laws: a predicted law or number, what was measured, and twins that must be refuted.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use symbias_bias::noise::{Chart, Stationary, Temper};
use symbias_bias::{Driver, Law};

/// A law that an observable is predicted to have over replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LawQuestion {
    /// One line for a reader.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The arm.
    pub arm: String,
    /// An arm that differs by twice the step: the law is extrapolated to step zero from both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coarse: Option<String>,
    /// An arm that differs from the coarse one by twice the step: three steps show the order by which two are extrapolated, and a
    /// law is not refuted by an order that they do not show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coarsest: Option<String>,
    /// An arm that starts off the leaf of the law and observes its charges: they have to fall where the leaf is said to attract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
    /// The observable, as `w`, or an entry of it in C order, as `weights[3]`; or several, which are tested together.
    pub of: OneOrMore,
    /// The law.
    pub predicted: PredictedSpec,
    /// Wrong laws, by name: each must be refuted by the same numbers.
    #[serde(default)]
    pub twins: BTreeMap<String, PredictedSpec>,
    /// What the verdict is expected to be: a law that is known to fail is asked for to show where.
    #[serde(default)]
    pub expect: Expectation,
    /// Level of the test.
    #[serde(default = "percent")]
    pub level: f64,
    /// The distance between distribution functions that is worth detecting.
    #[serde(default = "twentieth")]
    pub resolution: f64,
}

/// What a verdict is expected to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expectation {
    /// That it holds.
    #[default]
    Confirmed,
    /// That it fails.
    Refuted,
}

fn percent() -> f64 {
    0.01
}

fn twentieth() -> f64 {
    0.05
}

/// A name, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<&str> {
        match self {
            OneOrMore::One(name) => vec![name],
            OneOrMore::More(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// The observable and the entry that `w` or `w[3]` names.
#[must_use]
pub fn entry_of(text: &str) -> (&str, usize) {
    let parts = text.strip_suffix(']').and_then(|t| t.rsplit_once('['));
    match parts.and_then(|(name, k)| Some((name, k.trim().parse().ok()?))) {
        Some((name, entry)) => (name, entry),
        None => (text, 0),
    }
}

/// A law: exactly one of `noise`, `log_density`, `equation` and `arm` says which.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictedSpec {
    /// The stationary law of this noise, from the symmetry of the arm's model (theory §5), at the temperature and decay of
    /// the arm. The observable is the effective weight if the model has one; otherwise samples of the law are drawn
    /// exactly, without steps in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<StationarySpec>,
    /// Of a noise: its law at this temperature in the place of the arm's. A wrong law on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// log p(x) up to a constant, with respect to dx, as an expression of the model language in `x` and `constants`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_density: Option<String>,
    /// The stationary law of dx = b dt + √a dB in the sense of Itô.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equation: Option<EquationSpec>,
    /// That of the same observable in another arm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// Where x lies: smallest and largest, which may be `inf` (in JSON the text `"inf"` or `"-inf"`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<(Bound, Bound)>,
    /// Numbers of the expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<String, f64>,
}

/// An end of an interval, which may be infinite. JSON has no infinities: there they are texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound(pub f64);

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            x if x == f64::INFINITY && serializer.is_human_readable() => {
                serializer.serialize_str("inf")
            }
            x if x == f64::NEG_INFINITY && serializer.is_human_readable() => {
                serializer.serialize_str("-inf")
            }
            x => serializer.serialize_f64(x),
        }
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bound, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(x) => Ok(Bound(x)),
            Written::Text(text) => match text.as_str() {
                "inf" => Ok(Bound(f64::INFINITY)),
                "-inf" => Ok(Bound(f64::NEG_INFINITY)),
                _ => Err(serde::de::Error::custom(format!(
                    "`{text}` is no end of an interval: a number, inf or -inf"
                ))),
            },
        }
    }
}

impl JsonSchema for Bound {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An end of an interval.",
            "anyOf": [{ "type": "number" }, { "enum": ["inf", "-inf"] }]
        })
    }
}

impl PredictedSpec {
    /// The support, as numbers.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.support.map(|s| (s.0.0, s.1.0))
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match (&self.noise, &self.log_density, &self.equation, &self.arm) {
            (Some(noise), ..) => {
                let warm = self.temperature.map(|t| format!(" of temperature {t}"));
                let warm = warm.unwrap_or_default();
                format!("the stationary law of {} noise{warm}", noise.name())
            }
            (_, Some(text), ..) => format!("log p(x) = {text}"),
            (_, _, Some(e), _) => format!("dx = ({}) dt + sqrt({}) dB", e.drift, e.diffusion),
            (.., Some(arm)) => format!("that of `{arm}`"),
            _ => "nothing".to_owned(),
        }
    }
}

/// A stationary law (theory §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StationarySpec {
    /// §5.1.
    Isotropic,
    /// §5.2, conditioned on the charges.
    Slice,
    /// §5.2, the surface measure of the slice.
    Surface,
    /// §5.3.
    Horizontal,
}

impl StationarySpec {
    /// Those that are drivers of their own: a slice that carries its surface measure is another base measure.
    pub fn of_drivers() -> impl Iterator<Item = (StationarySpec, Driver)> {
        let all = [
            StationarySpec::Isotropic,
            StationarySpec::Slice,
            StationarySpec::Horizontal,
        ];
        let with = |noise: StationarySpec| (noise, noise.law(Temper::default()).law.into());
        all.into_iter().map(with)
    }

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        let law = self.law(Temper::default());
        match law.chart {
            Chart::Surface => "surface",
            _ => Driver::from(law.law).name(),
        }
    }

    /// The law at a temperature, with a weight decay.
    #[must_use]
    pub fn law(self, temper: Temper) -> Stationary {
        let (law, chart) = match self {
            StationarySpec::Isotropic => (Law::Isotropic, Chart::Charges),
            StationarySpec::Slice => (Law::Slice, Chart::Charges),
            StationarySpec::Surface => (Law::Slice, Chart::Surface),
            StationarySpec::Horizontal => (Law::Horizontal, Chart::Charges),
        };
        Stationary { law, chart, temper }
    }
}

/// An Itô equation in one dimension, by expressions in `x`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EquationSpec {
    /// b(x).
    pub drift: String,
    /// a(x) > 0.
    pub diffusion: String,
}

/// A number that the mean of an observable over replicas is predicted to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberQuestion {
    /// One line for a reader.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The arm.
    pub arm: String,
    /// An arm that differs by twice the step: the mean is extrapolated to step zero from both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coarse: Option<String>,
    /// The observable, as `w`, or an entry of it in C order, as `w[3]`.
    pub of: String,
    /// The number.
    pub predicted: f64,
    /// Its relative accuracy, where the prediction is approximate: 0 is exact.
    #[serde(default)]
    pub accuracy: f64,
    /// Whether it is a mean of the stationary law: then it must stand still between half the steps and the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stationary: bool,
    /// Wrong numbers, by name.
    #[serde(default)]
    pub twins: BTreeMap<String, f64>,
    /// Level of the test.
    #[serde(default = "percent")]
    pub level: f64,
    /// The relative deviation that does not matter.
    #[serde(default = "twentieth")]
    pub resolution: f64,
}
