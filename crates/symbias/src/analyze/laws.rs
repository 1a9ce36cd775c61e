//! What each driver selects, and the orbit of the point: the part of the answer that needs a point.

use super::findings::Findings;
use super::{Options, Structure};
use crate::answer;
use symbias_bias::{
    Base, Case, DRIVERS, Driver, Ground, Hypothesis, Kind, Potential, Pull, Status,
};
use symbias_geometry::charge::moment;
use symbias_geometry::factor::{Factor, Split};
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
    /// In the order of the drivers.
    all: Vec<Potential>,
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
        Laws {
            all: DRIVERS.iter().map(|d| d.by_rules(model, factors)).collect(),
            orbit: None,
        }
    }

    /// That of a driver.
    pub fn of_driver(&self, driver: Driver) -> &Potential {
        // Both constructors go through the list of drivers in its order.
        &self.all[driver as usize]
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
        let more = more_points(&ground, probes, base.as_ref())?;
        let case = Case {
            ground: &ground,
            base: base.as_ref(),
            theta,
            orbit: frame.dimension(),
            more: &more,
            temper: options.temper,
            chart: options.chart,
            effort: options.effort,
        };
        let all: Result<Vec<Potential>> = DRIVERS.iter().map(|d| d.potential(&case)).collect();
        let mut laws = Laws {
            all: all?,
            orbit: Some(orbit(&ground, &frame, base.as_ref(), regular)),
        };
        let components = ground.branches.as_ref().and_then(Branches::count);
        for potential in laws.all.iter_mut().filter(|p| p.driver != Driver::Decay) {
            potential.components = components;
        }
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
        for potential in &mut self.all {
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
        for potential in &mut self.all {
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

    /// The laws of noise that exist and pull to different sides.
    pub fn disagreement(&self) -> Option<String> {
        let pulling = self.all.iter().filter_map(|p| Some((p.driver, p.pull?)));
        let sides: Vec<String> = pulling
            .clone()
            .map(|(driver, pull)| format!("{} {}", driver.name(), side(pull)))
            .collect();
        let mut pulls: Vec<Pull> = Vec::new();
        for (_, pull) in pulling {
            if !pulls.contains(&pull) {
                pulls.push(pull);
            }
        }
        (pulls.len() > 1).then(|| format!("laws of noise disagree: {}", sides.join(", ")))
    }

    /// Left side and formula of each mirror potential and law that exists, in LaTeX.
    pub fn latex(&self) -> Vec<(String, String)> {
        self.all
            .iter()
            .filter(|p| p.exists && p.driver.about().kind != Kind::Regulariser)
            .filter_map(|p| {
                let symbol = p.driver.about().symbol.to_owned();
                Some((symbol, p.formula.as_ref()?.latex()))
            })
            .collect()
    }

    /// As the answer says it.
    pub fn answer(&self) -> answer::Biases {
        answer::Biases::each(|driver| self.of_driver(driver).into())
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
