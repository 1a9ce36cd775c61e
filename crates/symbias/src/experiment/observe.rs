//! What an arm looks at: statements, functions of arrays, losses, charges.

use super::draws::written;
use super::plan::ModelFile;
use super::spec::{Arm, LossSpec, MeasureKind, Observe, entry_of};
use super::{inputs, kkt};
use std::collections::BTreeMap;
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::metric::weights;
use symbias_geometry::structure::orthonormal;
use symbias_model::data::{self, Folder};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, Op, Source, TensorId};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_simulate::diffusion::Watch;
use symbias_simulate::observe::{
    Charges, Drift, Expressions, From, Kind, LogVolume, Loss, Measure, Observable, Outputs, Weights,
};
use symbias_simulate::training::{Feed, Training};

pub(super) fn plan(
    spec: &Arm,
    own: &ModelFile,
    training: &Training,
    factors: &[Factor],
    charges: &[AffineField],
    (folder, tables): (&Folder, &mut Vec<String>),
) -> Result<Vec<Box<dyn Observable>>> {
    let observe = spec.observe.clone().unwrap_or_default();
    let statements = Statements::new(&observe, own, training)?;
    let mut all: Vec<Box<dyn Observable>> = Vec::new();
    for name in &statements.defined {
        all.push(statements.observable(name)?);
    }
    for (name, measure) in &observe.measures {
        let kind = match measure.kind {
            MeasureKind::SingularValues => Kind::SingularValues,
            MeasureKind::Nuclear => Kind::Nuclear,
            MeasureKind::LogDet => Kind::LogDet,
            MeasureKind::TotalVariation => Kind::TotalVariation,
        };
        all.push(Box::new(Measure::new(
            name,
            kind,
            statements.observable(&measure.of)?,
        )?));
    }
    for (name, loss) in &observe.losses {
        let none = BTreeMap::new();
        let (held, asked) = match loss {
            LossSpec::Data {} => {
                all.push(Box::new(Loss::of_data(name, training)?));
                continue;
            }
            LossSpec::Fresh(samples) => (&none, Some(*samples)),
            LossSpec::Held(files) => (files, None),
        };
        let (samples, fixed) = inputs::apart(spec, training, folder, held, asked, tables)
            .map_err(|e| e.context(&format!("loss `{name}`")))?;
        all.push(Box::new(Loss::apart(name, training, samples, fixed)?));
    }
    for (name, problem) in &observe.kkt {
        let observed = |of: &str| statements.observable(of);
        let decay = spec.decay.filter(|d| *d > 0.0);
        let residual = kkt::plan(name, problem, decay, (own, training), &observed)?;
        all.push(Box::new(residual));
    }
    if observe.weights {
        let found = weights(&own.model, factors).ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "the effective weights of this model are not known from its symmetry",
            )
            .remedy("observe functions of the parameters by statements, or `outputs`")
        })?;
        all.push(Box::new(Weights::new("weights", found.map)));
    }
    if observe.volume {
        let fields = orthonormal(&own.model, factors).all();
        all.push(Box::new(LogVolume::new("log_volume", fields)));
    }
    if observe.outputs {
        all.push(Box::new(Outputs::new("outputs", training)?));
    }
    if observe.charges && !charges.is_empty() {
        all.push(Box::new(Charges::new("charges", charges.to_vec())));
        // Momentum keeps no such account, and moves along orbits set the charges.
        let diagonal: Vec<AffineField> =
            charges.iter().filter(|f| is_diagonal(f)).cloned().collect();
        if spec.diffusion.is_none()
            && training.descent.momentum == 0.0
            && training.orbit.is_none()
            && !diagonal.is_empty()
        {
            let drift = Drift::new("charge_drift", training.descent.rate, &diagonal);
            all.extend(drift.map(|d| Box::new(d) as Box<dyn Observable>));
        }
    }
    let mut names: Vec<&str> = all.iter().map(|o| o.name()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|w| w[0] == w[1]) {
        return Err(Error::new(
            ErrorKind::Definition,
            format!("`{}` is observed twice", twice[0]),
        )
        .remedy("give each observable a name of its own"));
    }
    Ok(all)
}

/// A number of the parameters whose changes of sign are counted.
pub(super) fn watched(own: &ModelFile, training: &Training, of: &str) -> Result<Watch> {
    let (name, entry) = entry_of(of);
    let statements = Statements::new(&Observe::default(), own, training)?;
    let (known, _) = statements.checked(&statements.table, None)?;
    if known.find(name).is_none() {
        let names: Vec<&str> = known.tensors.iter().map(|t| t.name.as_str()).collect();
        let error = Error::new(
            ErrorKind::Unknown,
            format!("there is no array `{name}` to watch"),
        );
        return Err(error.suggest(name, names));
    }
    let (model, arrays) = match statements.parameter(name) {
        Some(statement) => statements.with_statement(&statement)?,
        None => statements.checked(&statements.table, Some(name))?,
    };
    let count: u64 = model.outputs.iter().map(|o| model.entries(*o)).sum();
    if entry as u64 >= count || count > 1 && name == of {
        return Err(Error::new(
            ErrorKind::Value,
            format!("`watch` is of one number, and `{name}` has {count}"),
        )
        .remedy(match count {
            1 => format!("watch = \"{name}\""),
            _ => format!("name one, as watch = \"{name}[0]\", up to {}", count - 1),
        }));
    }
    Ok(Watch {
        model,
        arrays,
        entry,
    })
}

/// Whether sums of squares tell the drift of the charge.
#[must_use]
pub fn is_diagonal(field: &AffineField) -> bool {
    field.constant.is_empty() && field.linear.iter().all(|(i, j, _)| i == j)
}

/// The statements of the model and of the observables together.
struct Statements<'a> {
    own: &'a ModelFile,
    training: &'a Training,
    table: toml::Table,
    /// Names that the observables define, in the order of evaluation.
    defined: Vec<String>,
}

impl Statements<'_> {
    fn new<'a>(
        observe: &Observe,
        own: &'a ModelFile,
        training: &'a Training,
    ) -> Result<Statements<'a>> {
        let mut table = own.table.clone();
        table.remove("loss");
        let text = |t: &toml::Table| {
            t.get("program")
                .and_then(|p| p.as_str())
                .unwrap_or("")
                .to_owned()
        };
        let program = format!("{}\n{}", text(&table), observe.program);
        table.insert("program".into(), program.into());
        let mut merged = |key: &str, more: &toml::Table| {
            let known = table
                .entry(key)
                .or_insert_with(|| toml::Table::new().into());
            if let Some(known) = known.as_table_mut() {
                known.extend(more.clone());
            }
        };
        merged("axes", &observe.axes);
        merged("constants", &observe.constants);
        // The start of each parameter that a statement names.
        let parameters = own
            .table
            .get("parameters")
            .and_then(|p| p.as_table())
            .cloned()
            .unwrap_or_default();
        let mut starts = toml::Table::new();
        for (name, declaration) in parameters {
            let start = format!("{name}_start");
            if observe.program.contains(&start) {
                starts.insert(start, declaration);
            }
        }
        merged("inputs", &starts);
        let mut statements = Statements {
            own,
            training,
            table,
            defined: Vec::new(),
        };
        let (model, _) = statements.checked(&statements.table, None)?;
        let before = |name: &str| own.model.find(name).is_some();
        statements.defined = model
            .order
            .iter()
            .map(|id| model.tensor(*id).name.clone())
            .filter(|n| !before(n))
            .collect();
        Ok(statements)
    }

    /// The model with one output, or those of the file.
    fn checked(&self, table: &toml::Table, output: Option<&str>) -> Result<(Model, Arrays)> {
        let mut table = table.clone();
        if let Some(output) = output {
            table.insert("outputs".into(), vec![toml::Value::from(output)].into());
        }
        let model = SourceFile::parse(&written(&table)?, &self.own.folder)?.check(Copies::All)?;
        let arrays = Arrays::new(&model, &data::constants(&model)?)?;
        debug_assert_eq!(
            model.space(),
            self.own.model.space(),
            "the order of the parameters"
        );
        Ok((model, arrays))
    }

    /// A statement that copies a parameter, which by itself is no output.
    fn parameter(&self, name: &str) -> Option<String> {
        let declared = self.own.table.get("parameters")?.as_table()?.get(name)?;
        let axes = declared
            .as_array()
            .or_else(|| declared.get("axes")?.as_array())?;
        let letters: Vec<&str> = axes.iter().filter_map(|a| a.as_str()).collect();
        let index = if letters.is_empty() {
            String::new()
        } else {
            format!("[{}]", letters.join(","))
        };
        Some(format!("{name}_itself{index} = {name}{index}"))
    }

    fn with_statement(&self, statement: &str) -> Result<(Model, Arrays)> {
        let mut table = self.table.clone();
        let program = table
            .get("program")
            .and_then(|p| p.as_str())
            .unwrap_or("")
            .to_owned();
        table.insert("program".into(), format!("{program}\n{statement}").into());
        let output = statement.split(['[', ' ']).next();
        self.checked(&table, output)
    }

    fn observable(&self, name: &str) -> Result<Box<dyn Observable>> {
        let (all, _) = self.checked(&self.table, None)?;
        let known = |id: &TensorId| {
            matches!(
                all.tensor(*id).source,
                Source::Defined { .. } | Source::Parameter
            )
        };
        if !all.find(name).is_some_and(|id| known(&id)) {
            let names: Vec<&str> = all.tensors.iter().map(|t| t.name.as_str()).collect();
            return Err(Error::new(
                ErrorKind::Unknown,
                format!("there is no array `{name}` to observe"),
            )
            .suggest(name, names));
        }
        let (model, arrays) = match self.parameter(name) {
            Some(statement) => self.with_statement(&statement)?,
            None => self.checked(&self.table, Some(name))?,
        };
        let name = model
            .outputs
            .first()
            .map_or(name, |o| model.tensor(*o).name.as_str())
            .to_owned();
        let name = name.as_str();
        let read = inputs_read(&model);
        let mut from = Vec::new();
        for id in Training::real_inputs(&model) {
            let tensor = model.tensor(id);
            let len = model.entries(id) as usize * tensor.field.width();
            from.push(self.origin(&tensor.name, len, read.contains(&id), name)?);
        }
        Ok(Box::new(Expressions::new(&model, &arrays, name, from)?))
    }

    /// Where the numbers of an input of an observable come from.
    fn origin(&self, input: &str, len: usize, read: bool, observable: &str) -> Result<From> {
        if !read {
            return Ok(From::Given(vec![0.0; len]));
        }
        let space = self.own.model.space();
        if let Some(block) = input.strip_suffix("_start").and_then(|p| space.block(p)) {
            return Ok(From::Start(block.range()));
        }
        let mut at = 0;
        for place in self.training.places() {
            let fixed = place.feed == Feed::Fixed;
            if self.own.model.tensor(place.id).name == input
                && fixed
                && self.training.data_samples() == 1
            {
                return Ok(From::Fixed(at..at + place.len));
            }
            at += if fixed { place.len } else { 0 };
        }
        Err(Error::new(
            ErrorKind::Value,
            format!("the observable `{observable}` reads the input `{input}`, which is not one array that stays"),
        )
        .remedy("observe functions of the parameters; losses = { name = { fresh = 1000 } } look at the outputs"))
    }
}

/// The inputs that the outputs depend on.
fn inputs_read(model: &Model) -> Vec<TensorId> {
    let mut stack: Vec<TensorId> = model.outputs.clone();
    let mut seen: Vec<TensorId> = Vec::new();
    while let Some(id) = stack.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let Source::Defined { node, .. } = &model.tensor(id).source else {
            continue;
        };
        let mut nodes = vec![*node];
        while let Some(at) = nodes.pop() {
            let op = &model.node(at).op;
            if let Op::Access { tensor, .. } = op {
                stack.push(*tensor);
            }
            nodes.extend(op.arguments());
        }
    }
    seen.retain(|id| matches!(model.tensor(*id).source, Source::Input { .. }));
    seen
}
