//! The stationary law of a noise, from the symmetry of the arm's model: the density of a single effective weight on its
//! section, otherwise samples that are drawn without steps in time.

use super::lever::{self, Lever, Parameter, Seen, Tilt};
use super::predicted::{Predicted, Reference};
use super::subject::Subject;
use crate::experiment::diffusion::Moving;
use crate::experiment::plan::Planned;
use crate::experiment::quantile::ordered;
use crate::experiment::spec::{LossSpec, PredictedSpec, StationarySpec, entry_of};
use std::sync::Arc;
use symbias_bias::law::sampler::{Loss, Sampler, Settings as Chains};
use symbias_geometry::factor::Split;
use symbias_geometry::metric::weights;
use symbias_geometry::structure::orthonormal;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::observe::{Moment, Observable, Weights, len};
use symbias_simulate::stats::ess;
use symbias_simulate::training::Settings;

/// The law of each observable, and its parameters if they are `wanted`.
///
/// # Errors
/// An arm that is no diffusion; a law that does not exist, with the hypothesis that fails.
pub fn of_noise(
    noise: StationarySpec,
    spec: &PredictedSpec,
    observables: &[&str],
    arm: &Planned,
    wanted: bool,
) -> Result<(Vec<Predicted>, Vec<Lever>)> {
    let subject = Arc::new(Subject::of(noise, spec, arm)?);
    if subject.by_density(spec, observables, arm)? {
        let density = Arc::clone(&subject).density(spec, arm)?;
        let levers = match wanted {
            true => lever::of_density(&subject, &density, observables[0])?,
            false => Vec::new(),
        };
        return Ok((vec![Predicted::Density(density)], levers));
    }
    subject.samples(observables, arm, wanted)
}

/// Whether there is such a law, without drawing samples of it.
///
/// # Errors
/// As [`of_noise`].
pub fn exists(
    noise: StationarySpec,
    spec: &PredictedSpec,
    observables: &[&str],
    arm: &Planned,
) -> Result<()> {
    let subject = Subject::of(noise, spec, arm)?;
    if subject.by_density(spec, observables, arm)? {
        return Arc::new(subject).density(spec, arm).map(drop);
    }
    let split = orthonormal(&subject.model, &subject.factors);
    subject.sampler(&split, &subject.loss()).map(drop)
}

/// Chains of the exact samples.
const CHAINS: u64 = 4;
/// Steps of a chain, tried one after the other until its samples suffice; a twentieth before them adapts the step size.
const STEPS: [u64; 2] = [120_000, 1_200_000];
/// Independent samples that suffice: the reference then adds little to the noise of some thousand replicas.
const ENOUGH: f64 = 4000.0;
/// Points that are kept of a chain.
const KEPT: u64 = 6000;
/// The stream of the chains: seeds that no experiment's training shares.
const STREAM: u64 = 0x0065_7861_6374;

impl Subject {
    fn loss(&self) -> impl Fn(&[f64]) -> f64 + Sync + '_ {
        |theta: &[f64]| self.batch.loss(theta)
    }

    /// The law in θ.
    fn sampler<'a>(&self, split: &'a Split, loss: &'a Loss<'a>) -> Result<Sampler<'a>> {
        Sampler::new(self.law, split, loss, &self.theta)
    }

    /// What looks at θ: the observables of the arm, which of a process of weights are those of its own state.
    fn looks(&self, name: &str, arm: &Planned) -> Result<Option<Box<dyn Observable>>> {
        if !matches!(arm.diffusion, Some(Moving::Weights(_))) {
            return Ok(None);
        }
        let found = weights(&self.model, &self.factors).filter(|_| name == "weights");
        let found = found.ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("the law of `{name}` of a process of weights is not known"),
            )
            .remedy("ask for that of `weights`")
        })?;
        Ok(Some(Box::new(Weights::new(name, found.map))))
    }

    /// Samples of the law in θ, seen through the observables; longer chains where shorter ones are worth too little.
    fn samples(
        &self,
        observables: &[&str],
        arm: &Planned,
        wanted: bool,
    ) -> Result<(Vec<Predicted>, Vec<Lever>)> {
        let split = orthonormal(&self.model, &self.factors);
        let loss = self.loss();
        let sampler = self.sampler(&split, &loss)?;
        let mut chains = Vec::new();
        let mut found = Vec::new();
        for steps in STEPS {
            let settings = Chains {
                seed: arm.training.seed ^ STREAM,
                chains: CHAINS,
                burn_in: steps / 20,
                steps,
                thin: steps / KEPT,
            };
            let d = self.theta.len();
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let keep = |theta: &[f64], into: &mut [f64]| into.copy_from_slice(theta);
            let run = sampler.run(settings, threads, d, &keep);
            chains = run.into_iter().map(|c| c.observed).collect();
            found = observables
                .iter()
                .map(|of| self.seen(of, arm, &chains))
                .collect::<Result<Vec<Seeing>>>()?;
            if found.iter().all(|r| r.effective >= ENOUGH) {
                break;
            }
        }
        let levers = match wanted {
            true => self.levers(arm, &chains)?,
            false => Vec::new(),
        };
        let laws = found.into_iter().map(|seen| {
            Predicted::Samples(Reference {
                effective: seen.effective,
                numbers: ordered(seen.numbers),
                lost: 0,
            })
        });
        Ok((laws.collect(), levers))
    }

    /// An observable at the points of chains.
    fn seen(&self, of: &str, arm: &Planned, chains: &[Vec<f64>]) -> Result<Seeing> {
        let setting = arm.settings.of(0)?;
        let (name, entry) = entry_of(of);
        let own = self.looks(name, arm)?;
        let found = arm.observables.iter().find(|o| o.name() == name);
        let found = own.as_ref().or(found);
        let observable = found.filter(|o| entry < len(o.as_ref())).ok_or_else(|| {
            Error::new(
                ErrorKind::Unknown,
                format!("arm `{}` does not observe `{of}`", arm.name),
            )
            .remedy("name an observable of the arm, and an entry that it has")
        })?;
        let (mut worker, mut seen) = (observable.worker(), vec![0.0; len(observable.as_ref())]);
        let mut series = Vec::new();
        for chain in chains {
            let mut own = Vec::new();
            for theta in chain.chunks_exact(self.theta.len()) {
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
        Ok(Seeing {
            effective: ess::of_distribution(&each)?,
            numbers: series.concat(),
        })
    }

    /// Temperature and power of the volume, of what the arm observes of loss and volume.
    fn levers(&self, arm: &Planned, chains: &[Vec<f64>]) -> Result<Vec<Lever>> {
        let temper = self.law.temper;
        let Some(observe) = &arm.spec.observe else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        let loss = observe.losses.iter().find(|l| *l.1 == LossSpec::Data {});
        if let Some((name, _)) = loss {
            let seen = self.seen(name, arm, chains)?;
            let energy = |theta: &[f64]| {
                let norm: f64 = theta.iter().map(|x| x * x).sum();
                self.batch.loss(theta) + temper.decay / 2.0 * norm
            };
            let points = chains.iter().flat_map(|c| c.chunks_exact(self.theta.len()));
            all.push(Lever {
                parameter: Parameter::Temperature,
                predicted: temper.temperature,
                between: (0.0, f64::INFINITY),
                seen: Seen::Recorded(name.clone()),
                tilt: Tilt::Energy(points.map(energy).collect()),
                weights: vec![0.0; seen.numbers.len()],
                nodes: seen.numbers,
                effective: seen.effective,
            });
        }
        if observe.volume {
            let name = "log_volume";
            let seen = self.seen(name, arm, chains)?;
            all.push(Lever {
                parameter: Parameter::PowerOfVolume,
                predicted: 0.0,
                between: (f64::NEG_INFINITY, f64::INFINITY),
                seen: Seen::Recorded(name.to_owned()),
                tilt: Tilt::Power(seen.numbers.clone()),
                weights: vec![0.0; seen.numbers.len()],
                nodes: seen.numbers,
                effective: seen.effective,
            });
        }
        Ok(all)
    }
}

/// An observable of the law, in the order of the chains.
struct Seeing {
    numbers: Vec<f64>,
    effective: f64,
}
