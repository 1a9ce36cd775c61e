//! Diffusions as planned: of the parameters, or of the effective weights by the process that `bias` gives.

use super::observe;
use super::plan::ModelFile;
use super::spec::{Arm, DiffusionSpec, SchemeSpec, SliceSpec, SpaceSpec};
use symbias_bias::quotient::{ChargedPair, FullBatch, Quotient, Section};
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::metric::PredictorMap;
use symbias_geometry::noise::Noise;
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::scalar::Inputs;
use symbias_simulate::diffusion::{Diffusion, Equation, Potential};
use symbias_simulate::ensemble::{Ensemble, Monitor, Process, Samples};
use symbias_simulate::observe::{Moment, Observable, Worker};
use symbias_simulate::scheme::Scheme;
use symbias_simulate::training::{Setting, Settings, Training};

/// A diffusion that can run.
#[derive(Debug)]
pub enum Moving {
    /// Of θ.
    Parameters(Box<Diffusion>),
    /// Of the effective weights.
    Weights(DiffusionSpec),
}

fn refuse(text: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, text).remedy(remedy.into())
}

fn scheme(spec: SchemeSpec) -> Scheme {
    match spec {
        SchemeSpec::Euler => Scheme::EulerMaruyama,
        SchemeSpec::Tamed => Scheme::Tamed,
        SchemeSpec::Heun => Scheme::Heun,
        SchemeSpec::Weak2 => Scheme::Sra1,
        SchemeSpec::Milstein => Scheme::Milstein,
    }
}

/// Whether an arm says nothing of training, and numbers that a diffusion can have.
pub(super) fn check(spec: &DiffusionSpec, arm: &Arm) -> Result<()> {
    let meaningless = [
        ("rate", arm.rate.is_some()),
        ("momentum", arm.momentum.is_some()),
        ("l1", arm.l1.is_some()),
        ("batch", arm.batch.is_some()),
        ("teacher", arm.teacher.is_some()),
        ("orbit_moves", arm.orbit_moves.is_some()),
    ];
    if let Some((key, _)) = meaningless.iter().find(|m| m.1) {
        return Err(refuse(
            format!("`{key}` has no meaning in a diffusion"),
            "leave it out of the arm and of [run], or leave `diffusion` out",
        ));
    }
    in_range(spec, arm.decay.unwrap_or(0.0))
}

/// The diffusion of an arm; `training` has its model and data.
pub(super) fn plan(
    spec: &DiffusionSpec,
    arm: &Arm,
    own: &ModelFile,
    training: &Training,
    factors: &[Factor],
) -> Result<Moving> {
    if spec.space != SpaceSpec::Parameters {
        if spec.slice.is_some() || spec.watch.is_some() || arm.decay.unwrap_or(0.0) != 0.0 {
            return Err(refuse(
                "`slice`, `watch` and `decay` are of parameters",
                "leave them out, or leave `space` out",
            ));
        }
        return Ok(Moving::Weights(spec.clone()));
    }
    let model = &training.model;
    let split: Vec<_> = factors.iter().map(|f| f.split(model)).collect();
    let symmetric: Vec<AffineField> = split.iter().flat_map(|s| s.symmetric.clone()).collect();
    let mut diffusion = Diffusion::new(
        model,
        &training.arrays,
        training.data_samples(),
        spec.noise,
        spec.step,
    );
    diffusion.fields = factors.iter().flat_map(|f| f.generators(model)).collect();
    diffusion.seed = training.seed;
    diffusion.scheme = scheme(spec.scheme);
    diffusion.potential = Potential {
        decay: arm.decay.unwrap_or(0.0),
        ..Potential::default()
    };
    if let Some(slice) = spec.slice {
        if symmetric.is_empty() {
            return Err(refuse(
                format!("`{}` has no charges to hold", model.name),
                "leave `slice` out: orbits are compact",
            ));
        }
        match (slice, spec.noise) {
            (SliceSpec::Held { fixman }, Noise::Isotropic(temperature)) => {
                diffusion.potential.fixman = fixman.then(|| (temperature, symmetric.clone()));
                diffusion.slice = Some(symmetric);
            }
            (SliceSpec::Held { fixman: false }, Noise::Horizontal(_)) => {
                diffusion.slice = Some(symmetric);
            }
            (SliceSpec::Penalty(stiffness), _) => {
                diffusion.potential.stiffness = Some((stiffness, symmetric));
            }
            _ => {
                return Err(refuse(
                    "a slice is held under isotropic noise, or without the Fixman term under horizontal noise",
                    "noise = { isotropic = T } or { horizontal = T }, or slice = { penalty = KAPPA }",
                ));
            }
        }
    }
    if let Some(name) = &spec.watch {
        if matches!((spec.noise, spec.slice), (Noise::Isotropic(_), None)) {
            return Err(refuse(
                "isotropic noise lets any number change its sign: that it does says nothing of the step",
                "leave `watch` out",
            ));
        }
        diffusion.watch = Some(observe::watched(own, training, name)?);
    }
    diffusion.validate()?;
    Ok(Moving::Parameters(Box::new(diffusion)))
}

/// Numbers that a diffusion cannot have, by the keys that they stand at.
fn in_range(spec: &DiffusionSpec, decay: f64) -> Result<()> {
    if !(spec.step > 0.0 && spec.step.is_finite()) {
        return Err(refuse(
            format!("`step` is {}", spec.step),
            "give the time of a step, a positive number",
        ));
    }
    spec.noise.checked()?;
    let slice = match spec.slice {
        Some(SliceSpec::Penalty(kappa)) => Some(("slice.penalty", kappa)),
        _ => None,
    };
    let wrong = |(_, x): &(&str, f64)| !(*x >= 0.0 && x.is_finite());
    match slice.into_iter().chain([("decay", decay)]).find(wrong) {
        None => Ok(()),
        Some((key, x)) => Err(refuse(
            format!("`{key}` is {x}"),
            "give a finite number that is at least 0",
        )),
    }
}

/// Weak order that the scheme promises for the noise.
pub(super) fn weak_order(spec: &DiffusionSpec) -> f64 {
    scheme(spec.scheme)
        .order(spec.noise.kind())
        .map_or(1.0, |o| o.weak)
}

/// The scheme in words.
pub(super) fn words(spec: &DiffusionSpec) -> String {
    let scheme = match spec.scheme {
        SchemeSpec::Euler => "Euler-Maruyama",
        SchemeSpec::Tamed => "tamed Euler-Maruyama",
        SchemeSpec::Heun => "Heun",
        SchemeSpec::Weak2 => "SRA1",
        SchemeSpec::Milstein => "Milstein",
    };
    let held = match spec.slice {
        None => "not held on a leaf",
        Some(SliceSpec::Held { fixman: true }) => "held on the slice, with the Fixman term",
        Some(SliceSpec::Held { fixman: false }) => "held on its leaf",
        Some(SliceSpec::Penalty(_)) => "near the slice by a penalty",
    };
    format!("{scheme}, weak order {}, {held}", weak_order(spec))
}

/// Numbers of the state of an equation, as an observable.
struct State {
    name: &'static str,
    range: std::ops::Range<usize>,
}

impl Observable for State {
    fn name(&self) -> &str {
        self.name
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.range.len()]
    }

    fn axes(&self) -> Vec<String> {
        vec!["weight".to_owned()]
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Part(&self.range))
    }
}

struct Part<'s>(&'s std::ops::Range<usize>);

impl Worker for Part<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        into.copy_from_slice(&moment.theta[self.0.clone()]);
        Ok(())
    }
}

/// What is looked at in a process of weights.
pub(super) fn observables(
    spec: &DiffusionSpec,
    model: &symbias_model::expression::Model,
    factors: &[Factor],
) -> Result<Vec<Box<dyn Observable>>> {
    let found = symbias_geometry::metric::weights(model, factors).ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            format!(
                "the effective weights of `{}` are not known from its symmetry",
                model.name
            ),
        )
        .remedy("let the parameters move: leave `space` out")
    })?;
    let n = found.map.entries.len();
    let state = |name, range| Box::new(State { name, range }) as Box<dyn Observable>;
    if spec.space == SpaceSpec::Weights {
        return Ok(vec![state("weights", 0..n)]);
    }
    if n != 1 || model.space().dim() != 2 {
        return Err(refuse(
            format!("`{}` is no pair w = u v", model.name),
            "take space = \"weights\"",
        ));
    }
    Ok(vec![state("weights", 0..1), state("charge", 1..2)])
}

/// Starts of the process of weights: what the parameters' starts are in it.
struct Lifted<'l> {
    settings: &'l dyn Settings,
    state: &'l (dyn Fn(&[f64]) -> Result<Vec<f64>> + Sync),
}

impl Settings for Lifted<'_> {
    fn of(&self, replica: u64) -> Result<Setting> {
        Ok(Setting {
            theta: (self.state)(&self.settings.of(replica)?.theta)?,
            ..Setting::default()
        })
    }
}

/// Runs the process of weights of an arm.
pub(super) fn run_weights(
    spec: &DiffusionSpec,
    training: &Training,
    factors: &[Factor],
    ensemble: &Ensemble<'_, Training>,
    monitor: &Monitor,
) -> Result<Samples> {
    let model = &training.model;
    let files = data::constants(model)?;
    let first = ensemble.settings.of(ensemble.replicas.start)?;
    let per_sample = training.fixed_per_sample();
    let samples: Vec<Inputs> = match per_sample {
        0 => Vec::new(),
        _ => first
            .fixed
            .chunks_exact(per_sample)
            .map(|flat| Inputs {
                flat: flat.to_vec(),
                ..Inputs::default()
            })
            .collect(),
    };
    let batch = FullBatch::of(model, &files, &samples)?;
    let section = Section::balanced(model, factors, &first.theta)?;
    if spec.space == SpaceSpec::WeightAndCharge {
        let Noise::Horizontal(temperature) = spec.noise else {
            return Err(refuse(
                "a weight and its charge move together under horizontal noise",
                "noise = { horizontal = T }",
            ));
        };
        // ℓ′(w) = ⟨∇L, J⟩/K at the lift.
        let slope = |w: f64| {
            let along = || -> Result<f64> {
                let theta = section.lift(&[w])?;
                let (mut gradient, j) = (vec![0.0; 2], section.map().jacobian(&theta)?);
                batch.evaluate(&theta, &mut gradient);
                let dot = |a: &[f64], b: &[f64]| a[0] * b[0] + a[1] * b[1];
                Ok(dot(&gradient, &j[0]) / dot(&j[0], &j[0]))
            };
            along().unwrap_or(f64::NAN)
        };
        let sde = ChargedPair::new(temperature, slope)?;
        let state = |theta: &[f64]| Ok(ChargedPair::of(theta[0], theta[1]).to_vec());
        return equation(spec, sde, training.seed, &state, ensemble, monitor);
    }
    let sde = Quotient::new(model, factors, section, spec.noise, batch.gradient())?;
    let map = sde.section().map().clone();
    let state = |theta: &[f64]| map.value(theta);
    equation(spec, sde, training.seed, &state, ensemble, monitor)
}

fn equation<S: symbias_geometry::sde::Sde>(
    spec: &DiffusionSpec,
    sde: S,
    seed: u64,
    state: &(dyn Fn(&[f64]) -> Result<Vec<f64>> + Sync),
    ensemble: &Ensemble<'_, Training>,
    monitor: &Monitor,
) -> Result<Samples> {
    let process = Equation {
        sde,
        scheme: scheme(spec.scheme),
        step: spec.step,
        seed,
    };
    let settings = Lifted {
        settings: ensemble.settings,
        state,
    };
    Ensemble {
        process: &process,
        settings: &settings,
        replicas: ensemble.replicas.clone(),
        schedule: ensemble.schedule,
        observables: ensemble.observables,
        threads: ensemble.threads,
        keep: ensemble.keep,
        values: ensemble.values,
    }
    .run::<f64>(monitor)
}
