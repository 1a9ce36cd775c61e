//! What the law of a noise is computed from: the model, its loss, its leaf; whether the law exists, and its density where it
//! is that of a single effective weight.

use crate::experiment::diffusion::Moving;
use crate::experiment::plan::Planned;
use crate::experiment::spec::{PredictedSpec, StationarySpec, entry_of};
use std::sync::{Arc, OnceLock};
use symbias_bias::law::Density;
use symbias_bias::noise::{Stationary, Temper};
use symbias_bias::quotient::{FullBatch, Section};
use symbias_bias::{Ground, Status};
use symbias_geometry::factor::Factor;
use symbias_geometry::formula::Formula;
use symbias_geometry::probe::{Entries, Probes};
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::scalar::Inputs;
use symbias_numerics::random::Stream;
use symbias_simulate::observe::{Moment, len};
use symbias_simulate::training::Settings;

/// Random points at which an observable is compared with the effective weight.
const POINTS: u64 = 6;
/// Starts that are looked at before a law of one side of 0 is believed.
const STARTS: u64 = 64;
/// The stream of these points.
const STREAM: u64 = 0x77;

/// What a law is computed from.
pub(super) struct Subject {
    pub model: Model,
    pub factors: Vec<Factor>,
    pub files: Entries,
    pub batch: FullBatch,
    section: Option<Section>,
    /// A start, on the leaf.
    pub theta: Vec<f64>,
    noise: StationarySpec,
    pub law: Stationary,
    /// R of the law as a formula, where it has one.
    by_formula: OnceLock<Option<ByFormula>>,
}

/// R of a law as a formula of balanced parameters.
pub(super) struct ByFormula {
    law: Stationary,
    r: Formula,
    isometric: bool,
}

impl ByFormula {
    /// log p at balanced parameters, up to a constant; `None` where R is not finite.
    pub fn log_density(&self, theta: &[f64], loss: f64) -> Option<f64> {
        let r = self.r.value(theta).filter(|r| r.is_finite())?;
        Some(self.law.weighed(self.isometric, theta, loss, r))
    }
}

impl Subject {
    /// That of an arm.
    pub fn of(noise: StationarySpec, spec: &PredictedSpec, arm: &Planned) -> Result<Subject> {
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
        let temperature = spec.temperature.unwrap_or(temperature);
        let files = data::constants(&model)?;
        let setting = arm.settings.of(0)?;
        if arm.settings.of(1)?.fixed != setting.fixed {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "each replica of arm `{}` has data of its own, and there is no law of all",
                    arm.name
                ),
            )
            .remedy("give the data by a file, or as constants of the model"));
        }
        let per_sample = arm.training.fixed_per_sample();
        let samples: Vec<Inputs> = match per_sample {
            0 => Vec::new(),
            n => setting.fixed.chunks_exact(n).map(inputs).collect(),
        };
        Ok(Subject {
            batch: FullBatch::of(&model, &files, &samples)?,
            section: Section::balanced(&model, &arm.factors, &setting.theta).ok(),
            theta: setting.theta,
            law: noise.law(Temper::new(temperature, arm.spec.decay.unwrap_or(0.0))?),
            factors: arm.factors.clone(),
            model,
            files,
            noise,
            by_formula: OnceLock::new(),
        })
    }

    /// Whether the law is a density of the effective weight, or samples are to be drawn.
    pub fn by_density(
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
        let found = self.law.potential(&ground, base.as_ref(), &self.theta)?;
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
        let gain = nearer - near;
        gain.is_nan() || gain >= 1e-3 * (1.0 + near.abs())
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

    /// p(w) ∝ e^{−ℓ/T − R} on the sides of 0 that the leaf reaches.
    pub fn density(self: Arc<Self>, spec: &PredictedSpec, arm: &Planned) -> Result<Density> {
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

    /// A point of the leaf with this weight.
    pub fn lifted(&self, w: f64) -> Result<Vec<f64>> {
        let section = self.section.as_ref().ok_or_else(|| {
            let text = "the law has no section, and is not that of a weight";
            Error::new(ErrorKind::Unsupported, text)
        })?;
        section.lift(&[w])
    }

    /// R of a law with this model, as a formula; `None` where it has to be computed at each point.
    pub fn formula(&self, law: &Stationary) -> Option<ByFormula> {
        let probes = Probes::new(&self.model, &self.files, None, 1).ok()?;
        let ground = Ground::new(&self.model, &self.factors, &probes, false, 0);
        let base = ground.base(&self.theta).ok()??;
        Some(ByFormula {
            law: *law,
            r: law.formula(&ground, &base).ok()??,
            isometric: ground.is_isometric(),
        })
    }

    fn log_density(&self, w: f64) -> Option<f64> {
        let theta = self.lifted(w).ok()?;
        if let Some(known) = self.by_formula.get_or_init(|| self.formula(&self.law)) {
            return known.log_density(&theta, self.batch.loss(&theta));
        }
        let probes = Probes::new(&self.model, &self.files, None, 1).ok()?;
        let ground = Ground::new(&self.model, &self.factors, &probes, false, 0);
        let base = ground.base(&theta).ok()??;
        let loss = self.batch.loss(&theta);
        self.law.log_density(&ground, &base, loss).ok()?
    }
}

fn inputs(flat: &[f64]) -> Inputs {
    Inputs {
        flat: flat.to_vec(),
        ..Inputs::default()
    }
}
