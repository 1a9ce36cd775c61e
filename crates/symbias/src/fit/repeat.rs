//! An experiment that repeats a fit: plain gradient descent with decay, from the fit moved along its orbit to charges.

use super::LossKind;
use super::data::Data;
use super::problem::Problem;
use super::solve::{Point, Solver};
use std::fmt::Write;
use symbias_model::data::Named;
use symbias_model::error::{Error, ErrorKind, Result};

/// An experiment, its model, and what both read.
pub(super) struct Repeated {
    pub experiment: String,
    pub model: String,
    pub start: Vec<Named>,
    pub data: Vec<Named>,
}

/// Files that the experiment names.
pub const MODEL: &str = "experiment.model.toml";
const START: &str = "start.safetensors";
const DATA: &str = "data.safetensors";
/// Times of the decay of charges that the experiment runs, and its steps at most.
const TIMES: f64 = 20.0;
const STEPS: f64 = 200_000.0;
/// The share of the charges of a first move at which it starts.
const SHARE: f64 = 0.1;
/// Of the largest stable step.
const SAFE: f64 = 0.25;

pub(super) fn repeat(
    problem: &Problem,
    solver: &mut Solver<'_>,
    data: &Data,
    point: &Point,
    means: &[f64],
    lambda: f64,
) -> Result<Repeated> {
    let mut theta = solver.charged(&point.theta, &point.z, SHARE)?;
    let curvature = solver.curvature(&theta, lambda);
    if let Some((at, _)) = problem.intercept {
        theta[at] = super::finish::uncentred(problem, point, means, solver)[at];
        // Columns that are not shifted are steeper.
        let shift: f64 = means.iter().map(|m| m * m).sum();
        let scale = 1.0 + shift;
        return finish(problem, data, theta, lambda, curvature * scale);
    }
    finish(problem, data, theta, lambda, curvature)
}

fn finish(
    problem: &Problem,
    data: &Data,
    theta: Vec<f64>,
    lambda: f64,
    curvature: f64,
) -> Result<Repeated> {
    let rate = SAFE / curvature.max(f64::MIN_POSITIVE);
    let rate: f64 = format!("{rate:.2e}").parse().unwrap_or(rate);
    let steps = (TIMES / (rate * lambda)).clamp(1000.0, STEPS).ceil();
    let within = problem.made.within;
    let penalised = problem.intercept.is_some();
    let space = problem.designed.model.space();
    let mut out = String::from(
        "# Gradient descent on loss and penalty, from the fit moved along its orbit to charges.\n",
    );
    if within && !problem.free.is_empty() {
        out.push_str("# Decay acts on every parameter here; in the fit it does on the designed ones alone.\n");
    }
    let _ = writeln!(
        out,
        "symbias = 1\nname = \"fit\"\ntitle = \"A fit, repeated by gradient descent\"\nseed = 1\nreplicas = 1\n"
    );
    let _ = writeln!(out, "[run]\nmodel = \"{MODEL}\"\nrate = {rate:e}");
    if !penalised {
        let _ = writeln!(out, "decay = {lambda:e}");
    }
    let _ = writeln!(
        out,
        "steps = {steps}\nlook = {{ points = 20 }}\nprecision = \"f64\"\nsamples = {}\nrefresh = false\n[run.inputs]",
        data.samples()
    );
    let mut arrays = Vec::new();
    let target = problem.designed.model.loss.as_ref().and_then(|l| l.target);
    let target = target.map_or(String::new(), |id| {
        problem.designed.model.tensor(id).name.clone()
    });
    for name in &problem.order {
        let (name, array) = match name {
            Some(name) => (name, data.x.get(name).unwrap_or(&data.y)),
            None => (&target, &data.y),
        };
        let _ = writeln!(
            out,
            "{name} = {{ file = {{ path = \"{DATA}\", key = \"{name}\" }} }}"
        );
        let mut shape = array.shape.clone();
        // A column of answers is one number per sample.
        if *name == target && problem.answer.is_empty() {
            shape.truncate(1);
        }
        arrays.push((name.clone(), shape, array.entries.clone()));
    }
    let (mut program, mut constants) = (String::new(), String::new());
    let text: toml::Table = toml::from_str(&problem.text)
        .map_err(|e| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
    let declared = text.get("parameters").and_then(toml::Value::as_table);
    for (name, axes) in declared.into_iter().flatten() {
        let axes: Vec<String> = axes
            .as_array()
            .map(|l| {
                l.iter()
                    .filter_map(toml::Value::as_str)
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default();
        let at = crate::design::indexed("", &axes);
        let quoted: Vec<String> = axes.iter().map(|a| format!("\"{a}\"")).collect();
        let _ = writeln!(program, "{name}{at} = {name}_fit{at}");
        let _ = writeln!(
            constants,
            "{name}_fit = {{ axes = [{}], file = \"{START}\", key = \"{name}\" }}",
            quoted.join(", ")
        );
    }
    let _ = write!(
        out,
        "[run.start]\nprogram = \"\"\"\n{program}\"\"\"\n[run.start.constants]\n{constants}"
    );
    let _ = writeln!(out, "[run.observe]\ncharges = true\nprogram = \"\"\"");
    for part in &problem.made.parts {
        let at = crate::design::indexed("", &part.letters);
        let _ = writeln!(out, "{0}_seen{at} = {0}{at}", part.component);
    }
    let _ = writeln!(out, "\"\"\"");
    if let Some(target) = problem.made.penalty.expression() {
        let _ = writeln!(
            out,
            "[run.observe.kkt]\nresidual = {{ target = {target:?}, lambda = {lambda:e} }}"
        );
    }
    let _ = writeln!(out, "[arms.fit]");
    let start = space
        .blocks()
        .iter()
        .map(|b| (b.name.clone(), b.shape.clone(), theta[b.range()].to_vec()));
    Ok(Repeated {
        experiment: out,
        model: match penalised {
            true => with_penalty(problem, text, lambda)?,
            false => problem.text.clone(),
        },
        start: start.collect(),
        data: arrays,
    })
}

/// The model with its penalty in the loss, where decay would shrink the intercept, too.
fn with_penalty(problem: &Problem, mut root: toml::Table, lambda: f64) -> Result<String> {
    let loss = root
        .get("loss")
        .and_then(toml::Value::as_table)
        .cloned()
        .unwrap_or_default();
    let word = |key: &str| {
        loss.get(key)
            .and_then(toml::Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let (o, y) = (word("of"), word("target"));
    let own = match word("kind") == LossKind::Logistic.kind() {
        true => format!("log(1 + exp(-{y}*{o}))"),
        false => format!("({o} - {y})^2"),
    };
    let squares: Vec<String> = problem
        .made
        .parts
        .iter()
        .flat_map(crate::design::Part::parameters)
        .map(|p| {
            let shown = crate::design::indexed(&p.name, &p.axes);
            match p.axes.is_empty() {
                true => format!("{shown}^2"),
                false => format!("sum[{}]({shown}^2)", p.axes.join(",")),
            }
        })
        .collect();
    let mut table = toml::Table::new();
    table.insert("kind".into(), "expression".into());
    table.insert(
        "expr".into(),
        format!("{own} + {:e}*({})", lambda / 2.0, squares.join(" + ")).into(),
    );
    table.insert("target".into(), y.into());
    root.insert("loss".into(), table.into());
    toml::to_string(&root).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))
}
