//! The stationary law of a noise, from the symmetry of the arm's model: the density of a single effective weight on its
//! section, otherwise samples that are drawn without steps in time.

use super::predicted::{Predicted, Reference};
use crate::experiment::plan::Planned;
use crate::experiment::quantile::ordered;
use crate::experiment::spec::{PredictedSpec, StationarySpec, entry_of};
use std::sync::Arc;
use symbias_bias::law::Density;
use symbias_bias::law::sampler::{Sampler, Settings as Chains};
use symbias_bias::noise::{Chart, Temper, horizontal, isotropic, slice, value};
use symbias_bias::quotient::{FullBatch, Section};
use symbias_bias::{Base, Ground, Noise, Potential, Status};
use symbias_geometry::component::orthonormal;
use symbias_geometry::discover::structural::Factor;
use symbias_geometry::probe::{Entries, Probes};
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::scalar::Inputs;
use symbias_simulate::observe::{Moment, len};
use symbias_simulate::stats::ess;
use symbias_simulate::training::Settings;

/// The law of each observable.
///
/// # Errors
/// An arm that is no diffusion; a law that does not exist, with the hypothesis that fails.
pub fn of_noise(
    noise: StationarySpec,
    spec: &PredictedSpec,
    observables: &[&str],
    arm: &Planned,
) -> Result<Vec<Predicted>> {
    let subject = Subject::of(noise, arm)?;
    subject.exists()?;
    let single = subject.section.as_ref().is_some_and(|s| s.len() == 1);
    if single && observables.len() == 1 && subject.is_weight(observables[0], arm)? {
        return Ok(vec![Predicted::Density(subject.density(spec)?)]);
    }
    subject.samples(observables, arm)
}

/// Chains of the exact samples.
const CHAINS: u64 = 4;
/// Steps of a chain, and those before it that adapt the step size.
const STEPS: (u64, u64) = (120_000, 6000);
/// Points that are kept of a chain.
const KEPT: u64 = 6000;
/// The stream of the chains: seeds that no experiment's training shares.
const STREAM: u64 = 0x6578_6163_74;

/// What a law is computed from.
struct Subject {
    model: Model,
    factors: Vec<Factor>,
    files: Entries,
    batch: Arc<FullBatch>,
    section: Option<Section>,
    /// A start, on the leaf.
    theta: Vec<f64>,
    noise: StationarySpec,
    temper: Temper,
}

impl Subject {
    fn of(noise: StationarySpec, arm: &Planned) -> Result<Subject> {
        let model = arm.training.model.clone();
        let temperature = arm.temperature().ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                format!("arm `{}` has no temperature", arm.name),
            )
            .remedy("the law of a noise is that of a diffusion with noise = { isotropic = T } or { horizontal = T }")
        })?;
        let files = data::constants(&model)?;
        let setting = arm.settings.of(0)?;
        let per_sample = arm.training.fixed_per_sample();
        let samples: Vec<Inputs> = match per_sample {
            0 => Vec::new(),
            n => setting.fixed.chunks_exact(n).map(inputs).collect(),
        };
        Ok(Subject {
            batch: Arc::new(FullBatch::of(&model, &files, &samples)?),
            section: Section::balanced(&model, &arm.factors, &setting.theta).ok(),
            theta: setting.theta,
            temper: Temper::new(temperature, arm.spec.decay.unwrap_or(0.0))?,
            factors: arm.factors.clone(),
            model,
            files,
            noise,
        })
    }

    /// R at a point, and what the law rests on.
    fn potential(
        &self,
        ground: &Ground<'_>,
        base: Option<&Base>,
        theta: &[f64],
    ) -> Result<Potential> {
        match self.noise {
            StationarySpec::Isotropic => isotropic(ground, base, theta, self.temper),
            StationarySpec::Slice => slice(ground, base, theta, Chart::Charges),
            StationarySpec::Surface => slice(ground, base, theta, Chart::Surface),
            StationarySpec::Horizontal => horizontal(ground, base, theta, &[]),
        }
    }

    /// Whether no hypothesis fails but that of the integral, which says so itself.
    fn exists(&self) -> Result<()> {
        let probes = Probes::new(&self.model, &self.files, None, 1)?;
        let ground = Ground::new(&self.model, &self.factors, &probes, false, 0);
        let base = ground.base(&self.theta)?;
        let found = self.potential(&ground, base.as_ref(), &self.theta)?;
        let fails = found
            .hypotheses
            .iter()
            .find(|h| h.status == Status::Fails && h.topic != "normalisable-at-zero");
        match fails {
            None => Ok(()),
            Some(h) => Err(Error::new(
                ErrorKind::Value,
                format!(
                    "{} noise has no stationary law here: it would need that {}",
                    self.noise.name(),
                    h.text
                ),
            )
            .remedy("ask for another law, or give the model what the law needs")),
        }
    }

    /// Whether an observable is the effective weight.
    fn is_weight(&self, of: &str, arm: &Planned) -> Result<bool> {
        let Some(section) = &self.section else {
            return Ok(false);
        };
        let (name, entry) = entry_of(of);
        let Some(observable) = arm.observables.iter().find(|o| o.name() == name) else {
            return Ok(false);
        };
        let mut seen = vec![0.0; len(observable.as_ref())];
        let setting = arm.settings.of(0)?;
        let mut worker = observable.worker();
        let mut same = true;
        // At two points: a coincidence at the start is not enough.
        for factor in [1.0, 1.1] {
            let theta: Vec<f64> = self.theta.iter().map(|x| factor * x).collect();
            let moment = Moment {
                replica: 0,
                setting: &setting,
                theta: &theta,
                squares: &[],
            };
            worker.observe(moment, &mut seen)?;
            let w = section.weights(&theta)?;
            same &= seen
                .get(entry)
                .is_some_and(|x| (x - w[0]).abs() <= 1e-9 * w[0].abs());
        }
        Ok(same)
    }

    /// Samples of the law in θ, seen through the observables.
    fn samples(&self, observables: &[&str], arm: &Planned) -> Result<Vec<Predicted>> {
        let split = orthonormal(&self.model, &self.factors);
        let loss = |theta: &[f64]| self.batch.loss(theta);
        let (noise, chart) = match self.noise {
            StationarySpec::Isotropic => (Noise::Isotropic, Chart::Charges),
            StationarySpec::Slice => (Noise::Slice, Chart::Charges),
            StationarySpec::Surface => (Noise::Slice, Chart::Surface),
            StationarySpec::Horizontal => (Noise::Horizontal, Chart::Charges),
        };
        let sampler = Sampler::new(noise, chart, self.temper, &split, &loss, &self.theta)?;
        let settings = Chains {
            seed: arm.training.seed ^ STREAM,
            chains: CHAINS,
            burn_in: STEPS.1,
            steps: STEPS.0,
            thin: STEPS.0 / KEPT,
        };
        let d = self.theta.len();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let keep = |theta: &[f64], into: &mut [f64]| into.copy_from_slice(theta);
        let chains = sampler.run(settings, threads, d, &keep);
        let setting = arm.settings.of(0)?;
        observables
            .iter()
            .map(|of| {
                let (name, entry) = entry_of(of);
                let found = arm.observables.iter().find(|o| o.name() == name);
                let observable = found.filter(|o| entry < len(o.as_ref())).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Unknown,
                        format!("arm `{}` does not observe `{of}`", arm.name),
                    )
                    .remedy("name an observable of the arm, and an entry that it has")
                })?;
                let (mut worker, mut seen) =
                    (observable.worker(), vec![0.0; len(observable.as_ref())]);
                let mut series = Vec::new();
                for chain in &chains {
                    let mut own = Vec::new();
                    for theta in chain.observed.chunks_exact(d) {
                        let moment = Moment {
                            replica: 0,
                            setting: &setting,
                            theta,
                            squares: &[],
                        };
                        worker.observe(moment, &mut seen)?;
                        own.push(seen[entry]);
                    }
                    series.push(own);
                }
                let each: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
                Ok(Predicted::Samples(Reference {
                    effective: ess::of_distribution(&each)?,
                    numbers: ordered(series.concat()),
                }))
            })
            .collect()
    }

    /// p(w) ∝ e^{−ℓ/T − R} on the sides of 0 that the leaf reaches.
    fn density(self, spec: &PredictedSpec) -> Result<Density> {
        let support = match spec.interval() {
            Some(support) => support,
            None => self.support()?,
        };
        let points: &[f64] = if support.0 < 0.0 && support.1 > 0.0 {
            &[0.0]
        } else {
            &[]
        };
        Density::new(
            move |w| self.log_density(w).unwrap_or(f64::NEG_INFINITY),
            support,
            points,
        )
    }

    /// All numbers, those of one sign, or for a noise that keeps to the leaf those that the start's side leads to.
    fn support(&self) -> Result<(f64, f64)> {
        let (all, positive, negative) = (
            (f64::NEG_INFINITY, f64::INFINITY),
            (0.0, f64::INFINITY),
            (f64::NEG_INFINITY, 0.0),
        );
        let Some(section) = &self.section else {
            return Ok(all);
        };
        let reached = |w: f64| section.lift(&[w]).is_ok();
        match (reached(1.0), reached(-1.0)) {
            (true, false) => return Ok(positive),
            (false, true) => return Ok(negative),
            _ => {}
        }
        if self.noise == StationarySpec::Isotropic {
            return Ok(all);
        }
        // Along the ray through the start the leaf goes through 0: to the other sign if w is odd.
        let weight = |sign: f64| -> Result<f64> {
            let theta: Vec<f64> = self.theta.iter().map(|x| sign * x).collect();
            Ok(section.weights(&theta)?[0])
        };
        let (here, there) = (weight(1.0)?, weight(-1.0)?);
        Ok(match (here * there < 0.0, here > 0.0) {
            (true, _) => all,
            (false, true) => positive,
            (false, false) => negative,
        })
    }

    fn log_density(&self, w: f64) -> Option<f64> {
        let theta = self.section.as_ref()?.lift(&[w]).ok()?;
        let probes = Probes::new(&self.model, &self.files, None, 1).ok()?;
        let ground = Ground::new(&self.model, &self.factors, &probes, false, 0);
        let base = ground.base(&theta).ok()??;
        let decayed = self.noise == StationarySpec::Isotropic && self.temper.decay > 0.0;
        let r = match self.noise {
            StationarySpec::Isotropic if !decayed => value(&base, Noise::Isotropic),
            StationarySpec::Slice => value(&base, Noise::Slice),
            StationarySpec::Horizontal => value(&base, Noise::Horizontal),
            _ => self.potential(&ground, Some(&base), &theta).ok()?.value?,
        };
        Some(-self.batch.loss(&theta) / self.temper.temperature - r)
    }
}

fn inputs(flat: &[f64]) -> Inputs {
    Inputs {
        flat: flat.to_vec(),
        ..Inputs::default()
    }
}
