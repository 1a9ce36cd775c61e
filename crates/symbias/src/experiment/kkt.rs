//! How far arrays that a model computes are from a minimum of loss + λR, as an observable (theory §7.1, Basins). R is a target
//! as a design has it, and knows nothing of the parameters that are trained.

use super::draws::written;
use super::plan::ModelFile;
use super::spec::KktSpec;
use crate::design::{DesignSpec, Driver, Penalty, is_named};
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Field, Model, Source};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_simulate::observe::{Moment, Observable, Slopes, SlopesAt, Worker};
use symbias_simulate::training::Training;

/// The residual under its name.
pub(super) struct Residual {
    name: String,
    slopes: Slopes,
    penalty: Penalty,
    lambda: f64,
}

/// The observable of a name; `observed` gives an array of the model.
pub(super) fn plan(
    name: &str,
    spec: &KktSpec,
    decay: Option<f64>,
    (own, training): (&ModelFile, &Training),
    observed: &dyn Fn(&str) -> Result<Box<dyn Observable>>,
) -> Result<Residual> {
    let lambda = spec.lambda.or(decay).unwrap_or(0.0);
    if !(lambda > 0.0 && lambda.is_finite()) {
        return Err(Error::new(
            ErrorKind::Value,
            format!("the residual `{name}` has lambda {lambda:?}"),
        )
        .remedy("give lambda, a positive number, or the arm a decay, which is its lambda"));
    }
    let penalty = Penalty::read(&design(spec, own)?, &own.folder)?;
    let names: Vec<String> = penalty.components().into_iter().map(|c| c.0).collect();
    let table = cut(own, &names)?;
    let source = SourceFile::parse(&written(&table)?, &own.folder)?;
    let model = source.check(Copies::All)?;
    let arrays = Arrays::new(&model, &data::constants(&model)?)?;
    let mut components = Vec::new();
    for name in names {
        let array = observed(&name)?;
        components.push((name, array));
    }
    Ok(Residual {
        name: name.to_owned(),
        slopes: Slopes::new(training, &model, &arrays, components)?,
        penalty,
        lambda,
    })
}

/// The target with the axes of the arrays that it names.
fn design(spec: &KktSpec, own: &ModelFile) -> Result<DesignSpec> {
    let table = |key: &str| {
        let found = own.table.get(key).and_then(toml::Value::as_table);
        found.cloned().unwrap_or_default()
    };
    let mut components = toml::Table::new();
    for tensor in &own.model.tensors {
        let computed = matches!(tensor.source, Source::Defined { .. } | Source::Parameter);
        if !computed || !is_named(&spec.target, &tensor.name) {
            continue;
        }
        if tensor.field != Field::Real {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("`{}` of the target is complex", tensor.name),
            )
            .remedy("targets are of real arrays"));
        }
        let axes = tensor.axes.iter().map(|a| axis(&own.model, a.index()));
        components.insert(tensor.name.clone(), axes.collect::<Vec<_>>().into());
    }
    if components.is_empty() {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("the target `{}` names no array of the model", spec.target),
        )
        .remedy("name arrays that the model computes from its parameters, or parameters"));
    }
    let mut constants = table("constants");
    constants.retain(|name, _| is_named(&spec.target, name));
    Ok(DesignSpec {
        axes: table("axes"),
        components,
        constants,
        ..DesignSpec::of(&spec.target, Driver::Decay)
    })
}

fn axis(model: &Model, number: usize) -> toml::Value {
    model.axes[number].name.clone().into()
}

/// The model file in which the named arrays are parameters: without the statements that define them.
fn cut(own: &ModelFile, names: &[String]) -> Result<toml::Table> {
    let mut table = own.table.clone();
    let program = table
        .get("program")
        .and_then(toml::Value::as_str)
        .unwrap_or("");
    let (mut kept, mut skipping, mut cut) = (String::new(), false, Vec::new());
    for line in program.lines() {
        if let Some(defined) = defines(line) {
            skipping = names.iter().any(|n| n == defined);
            cut.extend(skipping.then(|| defined.to_owned()));
        }
        if !skipping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    let computed = |n: &&String| {
        let tensor = own.model.find(n).map(|id| own.model.tensor(id));
        tensor.is_some_and(|t| matches!(t.source, Source::Defined { .. }))
    };
    if let Some(name) = names.iter().filter(computed).find(|n| !cut.contains(n)) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("`{name}` of the target has no statement of its own in the model"),
        )
        .remedy(format!(
            "compute it by a line `{name}[...] = ...` of the program, which the loss reads"
        )));
    }
    table.insert("program".into(), kept.into());
    let parameters = table
        .entry("parameters")
        .or_insert_with(|| toml::Table::new().into());
    for name in names {
        let tensor = own.model.find(name).map(|id| own.model.tensor(id));
        let axes = tensor.iter().flat_map(|t| &t.axes);
        let axes: Vec<toml::Value> = axes.map(|a| axis(&own.model, a.index())).collect();
        if let Some(declared) = parameters.as_table_mut() {
            declared.insert(name.clone(), axes.into());
        }
    }
    if let Some(outputs) = table.get_mut("outputs").and_then(toml::Value::as_array_mut) {
        outputs.retain(|o| o.as_str().is_none_or(|o| names.iter().all(|n| n != o)));
        if outputs.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the loss is of `{}` itself", names.join("`, `")),
            )
            .remedy("give the outputs a statement of their own: y[i] = w[i]"));
        }
    }
    Ok(table)
}

/// The name that a line of a program begins to define; `None` where it goes on with a statement.
fn defines(line: &str) -> Option<&str> {
    let (left, right) = line.split_once('=')?;
    if right.starts_with('=') {
        return None;
    }
    let left = left.trim();
    let name = left.split('[').next()?.trim_end();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let whole = left == name || left.ends_with(']');
    (whole && !name.is_empty() && name.chars().all(word)).then_some(name)
}

impl Observable for Residual {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        Vec::new()
    }

    fn axes(&self) -> Vec<String> {
        Vec::new()
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(At {
            of: self,
            slopes: self.slopes.worker(),
        })
    }
}

struct At<'r> {
    of: &'r Residual,
    slopes: SlopesAt<'r>,
}

impl Worker for At<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        let (z, slopes) = self.slopes.at(moment)?;
        let finite = |all: &[Vec<f64>]| all.iter().flatten().all(|x| x.is_finite());
        into[0] = match finite(z) && finite(&slopes) {
            true => self.of.penalty.kkt(z, &slopes, self.of.lambda)?.residual,
            // What ran away is data.
            false => f64::NAN,
        };
        Ok(())
    }
}
