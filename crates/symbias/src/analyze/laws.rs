//! What each driver selects, and the orbit of the point: the part of the answer that needs a point.

use super::findings::Findings;
use super::{Options, Structure};
use crate::answer;
use symbias_bias::decay::{decay, decay_with};
use symbias_bias::flow::flow;
use symbias_bias::noise::{by_rules, horizontal, isotropic, slice};
use symbias_bias::{Base, Driver, Ground, Hypothesis, Noise, Potential, Pull, Status};
use symbias_geometry::charge::moment;
use symbias_geometry::discover::structural::{Factor, Split};
use symbias_geometry::orbit::{OrbitClass, OrbitFrame, formula};
use symbias_geometry::probe::Probes;
use symbias_geometry::structure::Branches;
use symbias_geometry::structure::orthonormal;
use symbias_geometry::symmetry::{Beyond, Evidence};
use symbias_model::Model;
use symbias_model::error::Result;

/// Further points at which the leaf is tested.
const POINTS: u64 = 2;
/// They are those of no other search.
const FIRST_POINT: u64 = 1 << 41;

/// The potentials of all drivers.
#[derive(Clone, Debug)]
pub(super) struct Laws {
    pub decay: Potential,
    pub flow: Potential,
    pub isotropic: Potential,
    pub slice: Potential,
    pub horizontal: Potential,
    /// The orbit of the point; `None` where no point was computed.
    pub orbit: Option<answer::Orbit>,
}

/// The algebra that is established: of the rules' factors, and what numbers add to them.
pub(super) struct Established {
    pub split: Split,
    pub beyond_rules: bool,
}

/// Sorted by the symmetry of the generators.
pub(super) fn established(
    model: &Model,
    standing: &[Factor],
    beyond: &[Beyond],
) -> Result<Established> {
    let mut split = orthonormal(model, standing);
    let d = model.space().dim();
    for part in beyond {
        let apart = moment::linear_and_translations(&part.fields, d)?;
        let fields = apart.as_deref().unwrap_or(&part.fields);
        let symmetric = moment::symmetric_part(fields, d)?;
        let pure = moment::linear_and_translations(&symmetric, d)?;
        let antisymmetric = moment::antisymmetric_part(fields, d)?;
        let count = pure.as_ref().map_or(0, Vec::len) + antisymmetric.len();
        // A basis of numbers is any: an orthonormal one makes volumes those of the algebra.
        if count == fields.len() {
            let pure = pure.unwrap_or_default();
            split.symmetric.extend(moment::orthonormal(&pure));
            split
                .antisymmetric
                .extend(moment::orthonormal(&antisymmetric));
        } else {
            // Where transposition leads out of the algebra, the sorted parts do not span it.
            split.neither.extend(moment::orthonormal(fields));
        }
    }
    if !beyond.is_empty() {
        // What rules and what numbers find depends on the spelling, their span does not.
        let (p, k) = (split.symmetric.len(), split.antisymmetric.len());
        let mut all = moment::orthonormal(&split.all());
        split.neither = all.split_off(p + k);
        split.antisymmetric = all.split_off(p);
        split.symmetric = all;
    }
    Ok(Established {
        split,
        beyond_rules: !beyond.is_empty(),
    })
}

impl Laws {
    /// By rules alone: formulas, and hypotheses that nothing was computed for.
    pub fn by_rules(structure: &Structure) -> Laws {
        let (model, factors) = (structure.model(), &structure.factors);
        let noise = |law| by_rules(model, factors, law);
        let untested = |driver| {
            let text = "the metric of the leaf is a Hessian (not tested at this size)";
            let untested = Hypothesis::new("metric-is-hessian", text, Status::Assumed);
            Potential::resting_on(driver, "none: a path and its limit", vec![untested])
        };
        Laws {
            decay: decay(model, factors, None),
            flow: untested(Driver::Flow),
            isotropic: noise(Noise::Isotropic),
            slice: noise(Noise::Slice),
            horizontal: noise(Noise::Horizontal),
            orbit: None,
        }
    }

    /// At the point of the findings.
    pub fn of(
        structure: &Structure,
        probes: &Probes<'_>,
        algebra: Established,
        findings: &Findings,
        options: &Options,
    ) -> Result<Laws> {
        let (model, factors) = (structure.model(), &findings.standing);
        let theta = &findings.theta;
        let (given, rank) = (options.data.is_some(), findings.rank.decision.rank);
        let mut ground = if algebra.beyond_rules {
            Ground::with_algebra(model, factors, algebra.split, probes, given, rank)
        } else {
            Ground::new(model, factors, probes, given, rank)
        };
        if algebra.beyond_rules {
            ground.fields = ground.split.all();
        }
        let frame = OrbitFrame::new(&ground.fields, theta)?;
        let regular = frame.dimension() == findings.symmetry.orbit.rank;
        let base = if regular { ground.base(theta)? } else { None };
        let mut laws = Laws {
            decay: decay_with(&ground, theta, options.effort)?,
            flow: flow(&ground, theta, theta.len() - frame.dimension())?,
            isotropic: isotropic(&ground, base.as_ref(), theta, options.temper)?,
            slice: slice(&ground, base.as_ref(), theta, options.chart)?,
            horizontal: horizontal(
                &ground,
                base.as_ref(),
                theta,
                &more_points(&ground, probes, base.as_ref())?,
            )?,
            orbit: Some(orbit(&ground, &frame, base.as_ref(), regular)),
        };
        let components = ground.branches.as_ref().and_then(Branches::count);
        let [_, of_w @ ..] = laws.all();
        of_w.into_iter().for_each(|p| p.components = components);
        if !findings.rules_are_all() {
            laws.beyond_rules(algebra.beyond_rules && findings.is_complete());
        }
        if !regular {
            laws.singular(frame.dimension(), findings.symmetry.orbit.rank);
        }
        Ok(laws)
    }

    /// Formulas of the rules hold for a part of the orbit only; numbers hold where the whole algebra is
    /// established.
    fn beyond_rules(&mut self, established: bool) {
        for potential in self.all() {
            // What all of the fibre was looked at for rests on no algebra.
            let decays = potential.driver == Driver::Decay;
            if potential.evidence == Some(Evidence::Proven) {
                continue;
            }
            potential.forget_formula();
            if !(established || decays && potential.evidence.is_some()) {
                (potential.value, potential.gradient) = (None, None);
                potential.hypotheses.push(Hypothesis::new(
                    "fibre-is-orbit",
                    "rules find the whole orbit",
                    Status::Fails,
                ));
                potential.exists &= potential.driver == Driver::Decay;
            }
        }
    }

    fn singular(&mut self, here: usize, generic: usize) {
        for potential in self.all() {
            if potential.driver == Driver::Decay || potential.evidence == Some(Evidence::Proven) {
                continue;
            }
            (potential.value, potential.by_formula, potential.gradient) = (None, None, None);
            potential.pull = None;
            potential.exists = false;
            potential.hypotheses.push(Hypothesis::new(
                "stabiliser",
                format!("the point lies on an orbit of full dimension (here {here}, elsewhere {generic})"),
                Status::Fails,
            ));
        }
    }

    fn all(&mut self) -> [&mut Potential; 5] {
        [
            &mut self.decay,
            &mut self.flow,
            &mut self.isotropic,
            &mut self.slice,
            &mut self.horizontal,
        ]
    }

    /// The laws of noise that exist and pull to different sides.
    pub fn disagreement(&self) -> Option<String> {
        let sides: Vec<String> = [
            ("isotropic noise", &self.isotropic),
            ("the gauge slice", &self.slice),
            ("horizontal noise", &self.horizontal),
        ]
        .iter()
        .filter_map(|(name, p)| Some(format!("{name} {}", side(p.pull?))))
        .collect();
        let mut pulls: Vec<Pull> = Vec::new();
        for pull in [&self.isotropic, &self.slice, &self.horizontal]
            .iter()
            .filter_map(|p| p.pull)
        {
            if !pulls.contains(&pull) {
                pulls.push(pull);
            }
        }
        (pulls.len() > 1).then(|| format!("laws of noise disagree: {}", sides.join(", ")))
    }

    /// Left side and formula of each potential that exists, in LaTeX.
    pub fn latex(&self) -> Vec<(String, String)> {
        [
            ("Q_{\\text{flow}}", &self.flow),
            ("R_{\\text{isotropic}}", &self.isotropic),
            ("R_{\\text{slice}}", &self.slice),
            ("R_{\\text{horizontal}}", &self.horizontal),
        ]
        .iter()
        .filter(|(_, p)| p.exists)
        .filter_map(|(name, p)| Some(((*name).to_owned(), p.formula.as_ref()?.latex())))
        .collect()
    }

    /// As the answer says it.
    pub fn answer(&self) -> answer::Biases {
        answer::Biases {
            decay: (&self.decay).into(),
            flow: (&self.flow).into(),
            noise_isotropic: (&self.isotropic).into(),
            noise_slice: (&self.slice).into(),
            noise_horizontal: (&self.horizontal).into(),
        }
    }
}

/// In words.
pub(crate) fn side(pull: Pull) -> &'static str {
    match pull {
        Pull::Small => "favours small orbits",
        Pull::Large => "favours large orbits",
        Pull::Neutral => "takes no side",
    }
}

/// Balanced points on other orbits.
fn more_points(
    ground: &Ground<'_>,
    probes: &Probes<'_>,
    base: Option<&Base>,
) -> Result<Vec<Vec<f64>>> {
    let mut found = Vec::new();
    if base.is_some() && !ground.split.symmetric.is_empty() {
        for number in 0..POINTS {
            found.push(ground.balanced(&probes.point(FIRST_POINT + number))?.theta);
        }
    }
    Ok(found)
}

fn orbit(
    ground: &Ground<'_>,
    frame: &OrbitFrame<'_>,
    base: Option<&Base>,
    regular: bool,
) -> answer::Orbit {
    let linear = ground.fields.iter().all(|f| f.constant.is_empty());
    let class = match (
        ground.split.symmetric.is_empty(),
        ground.split.antisymmetric.is_empty(),
    ) {
        _ if !ground.is_reductive() || !linear => OrbitClass::Other,
        (true, _) => OrbitClass::Compact,
        (false, true) => OrbitClass::Symmetric,
        (false, false) => OrbitClass::Mixed,
    };
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let curvature = frame.mean_curvature();
    let volume = frame.horizontal(&frame.log_volume_gradient());
    // What the law of the class says of H, and how far it is from that.
    let expected: Option<(Vec<f64>, Vec<f64>)> = match class {
        OrbitClass::Compact => Some((curvature.clone(), volume.iter().map(|x| -x).collect())),
        OrbitClass::Symmetric => Some((curvature.clone(), volume)),
        OrbitClass::Mixed => base.and_then(|b| {
            let frame = OrbitFrame::new(&ground.fields, &b.fixed.theta).ok()?;
            let parts: Vec<f64> = b.gradients[1]
                .iter()
                .zip(&b.gradients[2])
                .map(|(p, k)| p - k)
                .collect();
            Some((frame.mean_curvature(), frame.horizontal(&parts)))
        }),
        OrbitClass::Other => None,
    };
    let residual = expected.map(|(found, law)| {
        let difference: Vec<f64> = found.iter().zip(&law).map(|(a, b)| a - b).collect();
        norm(&difference) / norm(&found).max(norm(&law)).max(f64::MIN_POSITIVE)
    });
    answer::Orbit {
        dimension: frame.dimension() as u64,
        stabiliser: frame.stabiliser_dimension() as u64,
        singular: !regular,
        log_volume: frame.log_volume(),
        mean_curvature: norm(&curvature),
        curvature_law: class.law().into(),
        curvature_residual: residual,
    }
}

/// det Γ of each factor by itself, where there is a formula.
pub(super) fn gram_factors(
    structure: &Structure,
    theta: Option<&[f64]>,
) -> Vec<answer::GramFactor> {
    structure
        .factors
        .iter()
        .filter_map(|factor| {
            let found = formula::of_factor(structure.model(), factor)?;
            Some(answer::GramFactor {
                name: factor.name(),
                formula: found.text(),
                log_det: theta.and_then(|theta| found.log_value(theta)),
            })
        })
        .collect()
}
