//! What the caller decides, and the choices of constants that a design leaves to a fit.

use crate::design::DesignSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use symbias_model::error::{Error, ErrorKind, Result};

/// The loss of a fit without a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossKind {
    /// Mean of (y − prediction)².
    #[default]
    Squared,
    /// Mean of log(1 + exp(−y·prediction)), labels ±1.
    Logistic,
}

impl LossKind {
    /// The loss of this name.
    ///
    /// # Errors
    /// Another word.
    pub fn of(name: &str) -> Result<LossKind> {
        match name {
            "squared" | "mse" => Ok(LossKind::Squared),
            "logistic" => Ok(LossKind::Logistic),
            other => Err(
                Error::new(ErrorKind::Unknown, format!("there is no loss `{other}`"))
                    .remedy("squared or logistic; other losses are those of a model: model = \"net.toml\" in the design"),
            ),
        }
    }

    /// As the model language spells it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            LossKind::Squared => "mse",
            LossKind::Logistic => "logistic",
        }
    }
}

/// Which way a path goes over λ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// From small to large.
    Rising,
    /// From large to small.
    Falling,
}

impl Order {
    /// As the answer writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Order::Rising => "rising",
            Order::Falling => "falling",
        }
    }
}

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the model.
    pub name: String,
    /// The text of the model that the design names.
    pub model: Option<String>,
    /// The loss, without a model.
    pub loss: LossKind,
    /// Whether the prediction has an intercept without penalty, without a model.
    pub intercept: bool,
    /// Folds; 0 is no cross-validation.
    pub folds: usize,
    /// Decides which sample is in which fold.
    pub seed: u64,
    /// Values of λ; by default from where a single place leaves 0 down.
    pub lambdas: Option<Vec<f64>>,
    /// How many values of λ there are by default.
    pub count: usize,
    /// The least of them over the largest.
    pub ratio: f64,
    /// The order of the path; by default that of the parts.
    pub order: Option<Order>,
    /// Whether least squares on the support is a row of its own.
    pub refit: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            name: String::new(),
            model: None,
            loss: LossKind::Squared,
            intercept: true,
            folds: 8,
            seed: 0,
            lambdas: None,
            count: 30,
            ratio: 1e-3,
            order: None,
            refit: false,
        }
    }
}

fn value(what: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Value, what).remedy(remedy)
}

pub(super) fn checked(options: &Options, samples: usize, choices: usize) -> Result<()> {
    if let Some(lambdas) = &options.lambdas {
        if lambdas.is_empty() {
            return Err(value(
                "no value of lambda is given".into(),
                "give one or more positive numbers",
            ));
        }
        if let Some(bad) = lambdas.iter().find(|l| !(**l > 0.0 && l.is_finite())) {
            return Err(value(
                format!("lambda is {bad}"),
                "lambda is a positive number: without a penalty any minimum of the loss would do",
            ));
        }
    } else {
        if !(options.ratio > 0.0 && options.ratio < 1.0) {
            return Err(value(
                format!("the least lambda over the largest is {}", options.ratio),
                "a number between 0 and 1",
            ));
        }
        if options.count == 0 {
            return Err(value(
                "the path has 0 values of lambda".into(),
                "at least 1",
            ));
        }
    }
    let single = options.lambdas.as_ref().map_or(options.count, Vec::len) * choices == 1;
    match options.folds {
        0 if !single => Err(value(
            "no cross-validation, and more than one value to choose among".into(),
            "give one lambda, and no `tune` of several values; or --cv 8",
        )),
        0 => Ok(()),
        1 => Err(value(
            "1 fold leaves nothing to fit".into(),
            "at least 2 folds, or 0 for none",
        )),
        k if k > samples => Err(value(
            format!("{samples} samples are fewer than {k} folds"),
            "every fold leaves out at least one sample: fewer folds, or more samples",
        )),
        _ => Ok(()),
    }
}

/// Every combination of the values that `tune` lists.
pub(super) fn choices(spec: &DesignSpec) -> Vec<BTreeMap<String, f64>> {
    let mut all = vec![BTreeMap::new()];
    for (name, values) in &spec.tune {
        all = all
            .into_iter()
            .flat_map(|own| {
                values.iter().map(move |x| {
                    let mut own = own.clone();
                    own.insert(name.clone(), *x);
                    own
                })
            })
            .collect();
    }
    all
}

/// A design with values in the place of constants.
pub(super) fn with(spec: &DesignSpec, constants: &BTreeMap<String, f64>) -> DesignSpec {
    let mut spec = spec.clone();
    spec.tune.clear();
    for (name, x) in constants {
        let own = spec.constants.get_mut(name);
        match own {
            Some(toml::Value::Table(table)) => {
                table.insert("value".into(), toml::Value::Float(*x));
            }
            _ => {
                spec.constants.insert(name.clone(), toml::Value::Float(*x));
            }
        }
    }
    spec
}
