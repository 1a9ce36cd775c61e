//! An experiment validated: each arm with its training, the settings of its replicas, what is looked at and when.

use super::diffusion::{self, Moving};
use super::draws::{Drawer, Purpose};
use super::inputs::{self, Inputs};
use super::observe;
use super::orbit;
use super::spec::{Arm, Control, DrawSpec, ExperimentFile, Look, Precision, Spec};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::{Factor, are_listed};
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::Noise;
use symbias_model::data::{self, Folder};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_simulate::ensemble::Schedule;
use symbias_simulate::observe::Observable;
use symbias_simulate::training::{Batch, Descent, Draw, Setting, Settings, Training};

/// An arm that can run.
pub struct Planned {
    /// Its name.
    pub name: String,
    /// What it says, defaults of `run` filled in.
    pub spec: Arm,
    /// Element type.
    pub precision: Precision,
    /// What is trained; of a diffusion the model and its data.
    pub training: Training,
    /// The diffusion in place of training.
    pub diffusion: Option<Moving>,
    /// Start, teacher and data of its replicas.
    pub settings: Drawn,
    /// When it is looked at.
    pub schedule: Schedule,
    /// At what.
    pub observables: Vec<Box<dyn Observable>>,
    /// The symmetric generators of the model, in the order of the observable `charges`.
    pub charges: Vec<AffineField>,
    /// The factors of the symmetry that the rules find.
    pub factors: Vec<Factor>,
    /// What it is a control of.
    pub control: Option<Control>,
    /// Replicas at most.
    pub most: Option<u64>,
    /// Whether it runs apart from the timed battery.
    pub apart: bool,
    /// What was taken for rows, columns and names of each table that was read.
    pub tables: Vec<String>,
}

impl Planned {
    /// Weak order by which laws are extrapolated to step zero; 1 for training.
    #[must_use]
    pub fn weak_order(&self) -> f64 {
        self.spec
            .diffusion
            .as_ref()
            .map_or(1.0, diffusion::weak_order)
    }

    /// The scheme of a diffusion in words, with its order and how the leaf is held; empty for training.
    #[must_use]
    pub fn integrator(&self) -> String {
        self.spec
            .diffusion
            .as_ref()
            .map_or(String::new(), diffusion::words)
    }

    /// T of isotropic or horizontal noise.
    #[must_use]
    pub fn temperature(&self) -> Option<f64> {
        match self.spec.diffusion.as_ref()?.noise {
            Noise::Isotropic(t) | Noise::Horizontal(t) => Some(t),
            _ => None,
        }
    }

    /// Time of a step of a diffusion.
    #[must_use]
    pub fn time_step(&self) -> Option<f64> {
        self.spec.diffusion.as_ref().map(|d| d.step)
    }
}

/// Start, teacher and data by statements.
#[derive(Debug)]
pub struct Drawn {
    seed: u64,
    start: Drawer,
    /// Names of the parameters, in the order of θ.
    parameters: Vec<String>,
    teacher: Option<Drawer>,
    inputs: Inputs,
}

impl Drawn {
    fn theta(&self, drawer: &Drawer, replica: u64) -> Vec<f64> {
        let values = drawer.draw(self.seed, replica);
        let own = |name: &String| drawer.find(name).map_or(&[][..], |a| &values[a.2.clone()]);
        self.parameters.iter().flat_map(own).copied().collect()
    }
}

impl Settings for Drawn {
    fn of(&self, replica: u64) -> Result<Setting> {
        let theta = self.theta(&self.start, replica);
        if let Some(at) = theta.iter().position(|x| !x.is_finite()) {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "parameter {at} of replica {replica} starts at {}",
                    theta[at]
                ),
            )
            .remedy("the statements of `start` must give finite numbers"));
        }
        Ok(Setting {
            theta,
            teacher: self
                .teacher
                .as_ref()
                .map_or(Vec::new(), |t| self.theta(t, replica)),
            fixed: self.inputs.fixed(self.seed, replica)?,
        })
    }
}

/// All arms of an experiment, by name.
///
/// # Errors
/// A mistake in the experiment, one of its models or its data.
pub fn plan(file: &ExperimentFile) -> Result<Vec<Planned>> {
    if file.spec.arms.is_empty() {
        return Err(Error::new(ErrorKind::Value, "the experiment has no arms")
            .remedy("name at least one, as [arms.main]; what arms share stands in [run]"));
    }
    let arms: Vec<Planned> = file
        .spec
        .arms
        .iter()
        .map(|(name, arm)| {
            let whole = arm.over(&file.spec.run);
            planned(file, name, whole).map_err(|e| e.context(&format!("arm `{name}`")))
        })
        .collect::<Result<_>>()?;
    for arm in &arms {
        if let Some(control) = &arm.control
            && file.spec.arms.keys().all(|n| *n != control.of)
        {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!(
                    "`{}` is a control of `{}`, which is no arm",
                    arm.name, control.of
                ),
            )
            .suggest(&control.of, file.spec.arms.keys().map(String::as_str)));
        }
    }
    super::given::check(&file.spec, &file.folder)?;
    super::figures::check(&file.spec, &arms)?;
    super::verdict::check(&file.spec, &arms)?;
    Ok(arms)
}

/// Steps at which an arm is looked at besides: those that the file asks about, of the arm or of the one that it is a control
/// of.
fn asked(spec: &Spec, name: &str, arm: &Arm) -> Vec<u64> {
    let of = |name: &str| -> Vec<u64> {
        let attributed = spec.attribute.get(name).and_then(|a| a.at);
        let published = spec.published.iter().filter(|p| p.arm == name);
        let panels = spec.figures.iter().flat_map(|f| &f.panels);
        let shown = panels.filter(|p| p.series.iter().any(|s| s.arm.as_deref() == Some(name)));
        let at = published.filter_map(|p| p.at);
        at.chain(shown.filter_map(|p| p.at))
            .chain(attributed)
            .collect()
    };
    let mut all = of(name);
    // Whether a law or a mean of it stands still is seen at half the steps.
    let means = spec.numbers.values().filter(|n| n.stationary);
    let mut still = spec
        .laws
        .values()
        .map(|l| &l.arm)
        .chain(means.map(|n| &n.arm));
    if still.any(|arm| arm == name) {
        all.extend(arm.steps.map(|s| s / 2));
    }
    if let Some(control) = &arm.control {
        all.extend(of(&control.of).into_iter().map(|s| control.paced(s)));
    }
    all
}

/// A model file as a table, and checked.
pub(super) struct ModelFile {
    pub table: toml::Table,
    pub model: Model,
    pub arrays: Arrays,
    pub folder: Folder,
}

impl ModelFile {
    fn read(folder: &Folder, name: &str) -> Result<ModelFile> {
        let source = SourceFile::of(folder, name)?;
        let model = source.check(Copies::All)?;
        let table: toml::Table = source
            .text()
            .parse()
            .map_err(|e: toml::de::Error| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
        let arrays = Arrays::new(&model, &data::constants(&model)?)?;
        Ok(ModelFile {
            table,
            model,
            arrays,
            folder: folder.beside(name)?,
        })
    }

    pub fn axes(&self) -> toml::Table {
        self.table
            .get("axes")
            .and_then(|a| a.as_table())
            .cloned()
            .unwrap_or_default()
    }
}

fn needed<X>(value: Option<X>, key: &str, remedy: &str) -> Result<X> {
    value.ok_or_else(|| Error::new(ErrorKind::Value, format!("`{key}` is missing")).remedy(remedy))
}

fn planned(file: &ExperimentFile, name: &str, spec: Arm) -> Result<Planned> {
    let seed = file.spec.seed;
    let model_name = needed(
        spec.model.clone(),
        "model",
        "name the model file: model = \"x.model.toml\"",
    )?;
    if spec.replicas == Some(0) {
        return Err(Error::new(ErrorKind::Value, "replicas = 0").remedy("ask for at least one"));
    }
    if spec.values == Some(0) {
        return Err(Error::new(ErrorKind::Value, "values = 0").remedy(
            "keep the values of at least one replica: laws, attributions and single curves are of those",
        ));
    }
    let own = ModelFile::read(&file.folder, &model_name)?;
    let model = &own.model;
    let steps = needed(spec.steps, "steps", "say how many steps to train")?;
    let schedule = match spec.look.clone().unwrap_or(Look::Points(200)) {
        Look::Every(every) => Schedule::every(every, steps)?,
        Look::Points(points) => Schedule::logarithmic(points, steps)?,
        Look::At(at) => Schedule::at(at.into_iter().chain([0, steps]).collect())?,
    };
    let more = asked(&file.spec, name, &spec);
    let all = schedule.steps().iter().copied().chain(more);
    let schedule = Schedule::at(all.filter(|s| *s < steps).chain([steps]).collect())?;
    let parameters: Vec<String> = model
        .parameters()
        .map(|id| model.tensor(id).name.clone())
        .collect();
    let theta = |draws: &Option<super::spec::Draws>, purpose| -> Result<Option<Drawer>> {
        let Some(draws) = draws else { return Ok(None) };
        let drawer = Drawer::new(purpose, draws, &own.axes(), &parameters, &file.folder)?;
        fits(model, &drawer)?;
        Ok(Some(drawer))
    };
    let start = needed(
        theta(&spec.start, Purpose::Start)?,
        "start",
        "give the initial parameters by statements: start = { program = \"W[h,d] = 0.1 * z[h,d]\", inputs = { z = [\"h\",\"d\"] } }",
    )?;
    let teacher = theta(&spec.teacher, Purpose::Teacher)?;
    if let Some(diffusion) = &spec.diffusion {
        diffusion::check(diffusion, &spec)?;
    }
    let inputs = inputs::plan(file, &spec, &own, teacher.is_some())?;
    let mut tables = inputs.tables.clone();
    let batch = spec.batch.filter(|_| spec.full_batch != Some(true));
    let mut l1 = Vec::new();
    if let Some(weights) = &spec.l1 {
        let space = model.space();
        l1 = vec![0.0; space.dim()];
        for (parameter, weight) in weights {
            let Some(block) = space.block(parameter) else {
                return Err(Error::new(
                    ErrorKind::Unknown,
                    format!("`l1` names `{parameter}`, which is no parameter"),
                )
                .suggest(parameter, parameters.iter().map(String::as_str)));
            };
            l1[block.range()].fill(*weight);
        }
    }
    let mut training = Training {
        model: model.clone(),
        arrays: own.arrays.clone(),
        feeds: inputs.feeds.clone(),
        samples: batch.map_or(inputs.samples, |b| b.size),
        refresh: spec.refresh.unwrap_or(true),
        batch: batch.map(|b| Batch {
            of: inputs.samples,
            draw: match b.draw {
                DrawSpec::Replacement => Draw::Replacement,
                DrawSpec::Subset => Draw::Subset,
                DrawSpec::Epochs => Draw::Epochs,
            },
        }),
        descent: Descent {
            rate: match &spec.diffusion {
                Some(diffusion) => diffusion.step,
                None => needed(spec.rate, "rate", "give the learning rate")?,
            },
            momentum: spec.momentum.unwrap_or(0.0),
            decay: spec.decay.unwrap_or(0.0),
            l1,
        },
        orbit: None,
        // Arms of diffusions are independent, so that laws at two steps are: the same noise at another step is no law's.
        seed: match &spec.diffusion {
            Some(_) => seed ^ super::identity::hash_of(name),
            None => seed,
        },
    };
    let factors = if are_listed(model) {
        factors(model)
    } else {
        Vec::new()
    };
    let charges: Vec<AffineField> = factors
        .iter()
        .filter(|f| !f.is_compact())
        .flat_map(|f| f.split(model).symmetric)
        .collect();
    training.orbit = spec
        .orbit_moves
        .map(|moves| orbit::moves(&moves, &model.name, &charges))
        .transpose()?;
    training.validate()?;
    let diffusion = spec
        .diffusion
        .as_ref()
        .map(|d| diffusion::plan(d, &spec, &own, &training, &factors))
        .transpose()?;
    let observables = match &diffusion {
        Some(Moving::Weights(d)) => diffusion::observables(d, model, &factors)?,
        _ => {
            let place = (&file.folder, &mut tables);
            observe::plan(&spec, &own, &training, &factors, &charges, place)?
        }
    };
    Ok(Planned {
        name: name.to_owned(),
        precision: spec.precision.unwrap_or(Precision::F32),
        settings: Drawn {
            seed,
            start,
            parameters,
            teacher,
            inputs,
        },
        control: spec.control.clone(),
        most: spec.replicas,
        apart: spec.apart.unwrap_or(false),
        schedule,
        observables,
        charges,
        factors,
        training,
        diffusion,
        spec,
        tables,
    })
}

/// The arrays drawn for parameters have their shapes.
fn fits(model: &Model, drawer: &Drawer) -> Result<()> {
    for id in model.parameters() {
        let tensor = model.tensor(id);
        let expected: Vec<usize> = model.shape(id).iter().map(|n| *n as usize).collect();
        let found = drawer.find(&tensor.name).map(|a| &a.1);
        if found != Some(&expected) || tensor.field.width() == 2 {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` is drawn with shape {found:?}, and the model's has {expected:?}",
                    tensor.name
                ),
            )
            .remedy(
                "the left side of its statement names the axes in declared order; entries are real",
            ));
        }
    }
    Ok(())
}
