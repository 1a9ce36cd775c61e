//! The stationary law of a noise, from the symmetry of the arm's model: the density of a single effective weight on its
//! section, otherwise samples that are drawn without steps in time.

use super::predicted::{Predicted, Reference};
use crate::experiment::diffusion::Moving;
use crate::experiment::plan::Planned;
use crate::experiment::quantile::ordered;
use crate::experiment::spec::{PredictedSpec, StationarySpec, entry_of};
use std::sync::Arc;
use symbias_bias::law::Density;
use symbias_bias::law::sampler::{Loss, Sampler, Settings as Chains};
use symbias_bias::noise::{Chart, Temper, horizontal, isotropic, slice, value};
use symbias_bias::quotient::{FullBatch, Section};
use symbias_bias::{Base, Ground, Noise, Potential, Status};
use symbias_geometry::component::orthonormal;
use symbias_geometry::discover::structural::{Factor, Split};
use symbias_geometry::metric::weights;
use symbias_geometry::probe::{Entries, Probes};
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::scalar::Inputs;
use symbias_numerics::random::Stream;
use symbias_simulate::observe::{Moment, Observable, Weights, len};
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
    match subject.by_density(spec, observables, arm)? {
        true => Ok(vec![Predicted::Density(subject.density(spec, arm)?)]),
        false => subject.samples(observables, arm),
    }
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
    let subject = Subject::of(noise, arm)?;
    if subject.by_density(spec, observables, arm)? {
        return subject.density(spec, arm).map(drop);
    }
    let split = orthonormal(&subject.model, &subject.factors);
    subject.sampler(&split, &subject.loss()).map(drop)
}

/// Chains of the exact samples.
const CHAINS: u64 = 4;
/// Steps of a chain, and those before it that adapt the step size.
const STEPS: (u64, u64) = (120_000, 6000);
/// Points that are kept of a chain.
const KEPT: u64 = 6000;
/// The stream of the chains: seeds that no experiment's training shares.
const STREAM: u64 = 0x0065_7861_6374;
/// Random points at which an observable is compared with the effective weight.
const POINTS: u64 = 6;
/// Starts that are looked at before a law of one side of 0 is believed.
const STARTS: u64 = 64;

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
            .remedy("the law of a noise is that of a diffusion with noise = { isotropic = T } or { horizontal = T }; of other noise give log_density")
        })?;
        if temperature == 0.0 {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "the temperature of arm `{}` is 0, and its law a point",
                    arm.name
                ),
            )
            .remedy("give its noise a positive temperature"));
        }
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

    /// Whether the law is a density of the effective weight, or samples are to be drawn.
    fn by_density(
        &self,
        spec: &PredictedSpec,
        observables: &[&str],
        arm: &Planned,
    ) -> Result<bool> {
        let single = self.section.as_ref().is_some_and(|s| s.len() == 1);
        let density = single && observables.len() == 1 && self.is_weight(observables[0], arm)?;
        // The integral of one density says itself whether it diverges.
        self.exists(density)?;
        if !density && spec.support.is_some() {
            return Err(Error::new(
                ErrorKind::Value,
                "`support` is of a density, and this law is drawn as samples",
            )
            .remedy("leave `support` out"));
        }
        Ok(density)
    }

    /// Whether no hypothesis fails.
    fn exists(&self, integrated: bool) -> Result<()> {
        let probes = Probes::new(&self.model, &self.files, None, 1)?;
        let ground = Ground::new(&self.model, &self.factors, &probes, false, 0);
        let base = ground.base(&self.theta)?;
        let found = self.potential(&ground, base.as_ref(), &self.theta)?;
        let fails = found
            .hypotheses
            .iter()
            .filter(|h| h.status == Status::Fails)
            .find(|h| match h.topic {
                "normalisable-at-zero" => !(integrated || self.repels()),
                // Samples are of the law of θ: it is no matter what of θ w does not see.
                "fibre-is-orbit" | "effective-weights-known" => integrated,
                _ => true,
            });
        match fails {
            None => Ok(()),
            Some(h) => Err(Error::new(
                ErrorKind::Value,
                match h.topic {
                    "normalisable-at-zero" => format!(
                        "the law of {} noise is not normalisable where weights vanish: {}",
                        self.noise.name(),
                        h.text
                    ),
                    _ => format!(
                        "{} noise has no stationary law here: it would need that {}",
                        self.noise.name(),
                        h.text
                    ),
                },
            )
            .remedy(match h.topic {
                "compact-orbits" => "give the arm a weight decay, as decay = 0.1",
                _ => "ask for another law, or give the model what the law needs",
            })),
        }
    }

    /// Whether the loss grows without bounds towards vanishing parameters, which keeps a law from what diverges there.
    fn repels(&self) -> bool {
        let at = |scale: f64| {
            let theta: Vec<f64> = self.theta.iter().map(|x| scale * x).collect();
            self.batch.loss(&theta)
        };
        let (near, nearer) = (at(1e-4), at(1e-8));
        // A logarithm gains a few units between the two; a bounded loss nothing.
        !(nearer - near < 1e-3 * (1.0 + near.abs()))
    }

    /// Whether an observable is the effective weight.
    fn is_weight(&self, of: &str, arm: &Planned) -> Result<bool> {
        let Some(section) = &self.section else {
            return Ok(false);
        };
        let (name, entry) = entry_of(of);
        if let Some(Moving::Weights(_)) = arm.diffusion {
            return Ok(name == "weights");
        }
        let Some(observable) = arm.observables.iter().find(|o| o.name() == name) else {
            return Ok(false);
        };
        let mut seen = vec![0.0; len(observable.as_ref())];
        let setting = arm.settings.of(0)?;
        let mut worker = observable.worker();
        let mut same = true;
        // At the start and at points of all signs: |w| is w on one side alone.
        for k in 0..=POINTS {
            let mut stream = Stream::new(STREAM, k, 0);
            let random = |_: &f64| stream.next_normal();
            let theta: Vec<f64> = match k {
                0 => self.theta.clone(),
                _ => self.theta.iter().map(random).collect(),
            };
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

    fn loss(&self) -> impl Fn(&[f64]) -> f64 + Sync + '_ {
        |theta: &[f64]| self.batch.loss(theta)
    }

    /// The law in θ.
    fn sampler<'a>(&self, split: &'a Split, loss: &'a Loss<'a>) -> Result<Sampler<'a>> {
        let (noise, chart) = match self.noise {
            StationarySpec::Isotropic => (Noise::Isotropic, Chart::Charges),
            StationarySpec::Slice => (Noise::Slice, Chart::Charges),
            StationarySpec::Surface => (Noise::Slice, Chart::Surface),
            StationarySpec::Horizontal => (Noise::Horizontal, Chart::Charges),
        };
        Sampler::new(noise, chart, self.temper, split, loss, &self.theta)
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

    /// Samples of the law in θ, seen through the observables.
    fn samples(&self, observables: &[&str], arm: &Planned) -> Result<Vec<Predicted>> {
        let split = orthonormal(&self.model, &self.factors);
        let loss = self.loss();
        let sampler = self.sampler(&split, &loss)?;
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
                    lost: 0,
                }))
            })
            .collect()
    }

    /// p(w) ∝ e^{−ℓ/T − R} on the sides of 0 that the leaf reaches.
    fn density(self, spec: &PredictedSpec, arm: &Planned) -> Result<Density> {
        let support = match spec.interval() {
            Some(support) => support,
            None => self.support()?,
        };
        self.starts_inside(support, arm)?;
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

    /// A noise that keeps to one side of 0 has a law for each side, and what weighs them is the initialisation.
    fn starts_inside(&self, support: (f64, f64), arm: &Planned) -> Result<()> {
        let Some(section) = &self.section else {
            return Ok(());
        };
        let crosses = self.noise == StationarySpec::Isotropic;
        if crosses || support.0 < 0.0 && support.1 > 0.0 {
            return Ok(());
        }
        for replica in 0..STARTS {
            let w = section.weights(&arm.settings.of(replica)?.theta)?[0];
            if w < support.0 || w > support.1 {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!(
                        "replica {replica} starts at w = {w}, outside of [{}, {}] where the law lies: paths do not cross 0",
                        support.0, support.1
                    ),
                )
                .remedy("start all replicas on one side, or ask for the law of another arm of them"));
            }
        }
        Ok(())
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
        // Where orbits are not compact R holds the decay; on the leaf and on compact orbits ‖θ‖² is a function of w.
        let decay = match self.noise == StationarySpec::Isotropic && !ground.is_isometric() {
            true => 0.0,
            false => self.temper.decay / 2.0 * theta.iter().map(|x| x * x).sum::<f64>(),
        };
        Some(-(self.batch.loss(&theta) + decay) / self.temper.temperature - r)
    }
}

fn inputs(flat: &[f64]) -> Inputs {
    Inputs {
        flat: flat.to_vec(),
        ..Inputs::default()
    }
}
