//! Without a model: the weights of a design predict by a sum with the inputs, and an intercept.

use super::{LossKind, Options};
use crate::design::{self, Made};
use symbias_model::error::{Error, ErrorKind, Result};

/// The inputs of a fit without a model.
const INPUT: &str = "x";
const ANSWER: &str = "y";
const INTERCEPT: &str = "intercept";
const PREDICTION: &str = "prediction";

fn table(text: &str) -> Result<toml::Table> {
    toml::from_str(text).map_err(|e| Error::new(ErrorKind::Syntax, e.message().to_owned()))
}

/// The left side of the statement that defines an output.
fn letters(text: &toml::Table, output: &str) -> Vec<String> {
    let program = text.get("program").and_then(toml::Value::as_str);
    let statement = program.unwrap_or("").lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix(output)?.trim_start();
        let inside = rest.strip_prefix('[')?.split(']').next()?;
        Some(inside.split(',').map(|l| l.trim().to_owned()).collect())
    });
    statement.unwrap_or_default()
}

/// A name that nothing in a model has.
fn fresh(text: &str, name: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    let mut name = name.to_owned();
    while words.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// What a prediction is made of.
struct Linear {
    weights: String,
    letters: Vec<String>,
    names: [String; 4],
    loss: LossKind,
    intercept: bool,
}

impl Linear {
    /// A model whose output is the prediction, with its loss; `root` has the weights as an output or a parameter.
    fn onto(&self, mut root: toml::Table) -> Result<String> {
        let strings = |l: &[String]| -> toml::Value {
            toml::Value::Array(l.iter().cloned().map(toml::Value::String).collect())
        };
        let [x, y, b, prediction] = &self.names;
        let at = design::indexed("", &self.letters);
        let product = format!("{x}{at}*{}{at}", self.weights);
        let sum = match self.letters.is_empty() {
            true => product,
            false => format!("sum[{}]({product})", self.letters.join(",")),
        };
        let plus = if self.intercept {
            format!(" + {b}")
        } else {
            String::new()
        };
        let program = root
            .get("program")
            .and_then(toml::Value::as_str)
            .unwrap_or("");
        let program = format!("{}\n{prediction} = {sum}{plus}\n", program.trim_end());
        root.insert("program".into(), program.trim_start().into());
        root.insert("outputs".into(), strings(std::slice::from_ref(prediction)));
        let mut inputs = toml::Table::new();
        inputs.insert(x.clone(), strings(&self.letters));
        inputs.insert(y.clone(), strings(&[]));
        root.insert("inputs".into(), inputs.into());
        if self.intercept
            && let Some(toml::Value::Table(own)) = root.get_mut("parameters")
        {
            own.insert(b.clone(), strings(&[]));
        }
        let mut loss = toml::Table::new();
        loss.insert("kind".into(), self.loss.kind().into());
        loss.insert("of".into(), prediction.clone().into());
        loss.insert("target".into(), y.clone().into());
        root.insert("loss".into(), loss.into());
        toml::to_string(&root).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))
    }
}

/// Designed model and model of the components with data, and the name of the intercept.
pub(super) fn linear(made: &Made, options: &Options) -> Result<(String, String, Option<String>)> {
    let designed = table(&made.model)?;
    let outputs = designed.get("outputs").and_then(toml::Value::as_array);
    let outputs: Vec<&str> = outputs
        .map(|l| l.iter().filter_map(toml::Value::as_str).collect())
        .unwrap_or_default();
    let [weights] = outputs.as_slice() else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the design makes {} arrays of weights: {}",
                outputs.len(),
                outputs.join(", ")
            ),
        )
        .remedy(
            "a fit without a model predicts by one: combine them in `weights`, or give `model`",
        ));
    };
    let letters = letters(&designed, weights);
    let linear = Linear {
        weights: (*weights).to_owned(),
        letters,
        names: [INPUT, ANSWER, INTERCEPT, PREDICTION].map(|n| fresh(&made.model, n)),
        loss: options.loss,
        intercept: options.intercept,
    };
    let components = match &made.weights {
        Some(text) => table(text)?,
        None => {
            // The components are parameters, and the weights.
            let mut root = toml::Table::new();
            for key in ["symbias", "axes"] {
                if let Some(value) = designed.get(key) {
                    root.insert(key.into(), value.clone());
                }
            }
            let mut own = toml::Table::new();
            for part in &made.parts {
                let axes = part.letters.iter().cloned().map(toml::Value::String);
                own.insert(part.component.clone(), toml::Value::Array(axes.collect()));
            }
            root.insert("parameters".into(), own.into());
            root
        }
    };
    let intercept = linear.intercept.then(|| linear.names[2].clone());
    Ok((linear.onto(designed)?, linear.onto(components)?, intercept))
}
