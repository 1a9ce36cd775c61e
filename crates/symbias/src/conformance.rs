//! Whether a model obeys the laws: derivatives by slope over decades of step sizes, invariance under
//! generators and finite group elements, and the conformance suite of `symbias_geometry::laws` for its
//! algebra, its orbits, its balanced gauge and the potential of each driver.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::conformance::check;
//! let checks = check(&source, 0, &Watch::default())?;
//! assert!(!checks.is_empty() && checks.iter().all(|c| c.holds()));
//! # Ok::<(), symbias::Error>(())
//! ```

use crate::watch::{self, Watch};
use symbias_bias::noise::{Chart, Temper};
use symbias_bias::{Case, DRIVERS, Ground, Kind, Potential, Selects};
use symbias_geometry::discover::certificate::{self, certify};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::gauge::StopReason;
use symbias_geometry::laws::{self, Check};
use symbias_geometry::orbit::OrbitFrame;
use symbias_geometry::orbit::formula;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_geometry::structure::orthonormal;
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Nilpotent;
use symbias_numerics::random::Stream;

pub use symbias_geometry::laws::DERIVATIVE;

/// Relative size of Jξ up to which a field counts as a symmetry.
pub const INVARIANCE: f64 = 1e-10;
/// Points for each check.
const POINTS: u64 = 3;
/// Parameters and generators up to which potentials are checked by slope: some hundred evaluations,
/// each with several Gram matrices.
const SMALL: (usize, usize) = (300, 80);

/// Checks the model of a file at random points for random inputs.
///
/// # Errors
/// A mistake in the model file or in the files that it names.
pub fn check(source: &SourceFile, seed: u64, watch: &Watch) -> Result<Vec<Check>> {
    watch::over(watch, || checked(source, seed))
}

fn checked(source: &SourceFile, seed: u64) -> Result<Vec<Check>> {
    let model = source.check(Copies::All)?;
    let files = data::constants(&model)?;
    let probes = Probes::new(&model, &files, None, seed)?;
    let points: Vec<Vec<f64>> = (0..POINTS).map(|n| probes.point(n)).collect();
    let mut checks = Vec::new();
    derivatives(&probes, &points, &mut checks);
    let factors = factors(&model);
    watch::stage("invariance");
    invariance(&probes, &factors, &points, &mut checks)?;
    watch::stage("orbits");
    let fields = orthonormal(&model, &factors).all();
    let moved = OrbitFrame::new(&fields, &points[0])?.dimension();
    let bound = probes.parameters() - moved;
    let rank = generic_rank(&probes, bound, Effort::default())?.ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            format!("the rank of J, at most {bound}, costs more than a check may"),
        )
        .remedy("check the model with smaller axes")
    })?;
    let ground = Ground::new(&model, &factors, &probes, false, rank.decision.rank);
    if !ground.fields.is_empty() {
        orbits(&ground, &points, &mut checks)?;
        watch::stage("the balanced gauge");
        checks.extend(balanced_gauge(&ground, &probes, &points));
    }
    let (d, n) = (probes.parameters(), ground.fields.len());
    if d <= SMALL.0 && n <= SMALL.1 {
        watch::stage("potentials");
        for driver in DRIVERS {
            checks.extend(potential(&ground, &points, driver)?);
        }
    }
    Ok(checks)
}

fn derivatives(probes: &Probes<'_>, points: &[Vec<f64>], checks: &mut Vec<Check>) {
    let anywhere = |_: &[f64], v: &[f64]| v.to_vec();
    let probe = |number: usize| probes.cheap(number as u64);
    watch::stage("first derivatives of the outputs");
    checks.extend(laws::slope(
        "J v",
        points,
        &anywhere,
        &|theta, number, v| {
            let (program, x) = probes.program(probe(number)).ok()?;
            let rows = program.jacobian(theta, &x)?;
            Some(rows.iter().map(|row| dot(row, v)).collect())
        },
        &|theta, number| probes.value(theta, probe(number)).ok(),
    ));
    watch::stage("second derivatives of the outputs");
    checks.extend(laws::slope(
        "second derivatives",
        points,
        &anywhere,
        &|theta, number, v| {
            let (program, x) = probes.program(probe(number)).ok()?;
            let lift = |x: &f64| Nilpotent::number(*x);
            let moved: Vec<Nilpotent<f64>> = theta
                .iter()
                .zip(v)
                .map(|(t, v)| lift(t).moved(&lift(v)))
                .collect();
            let c: Vec<Nilpotent<f64>> = cotangent(program.outputs())
                .into_iter()
                .map(Nilpotent::number)
                .collect();
            let gradient = program.vjp(&moved, &x.iter().map(lift).collect::<Vec<_>>(), &c)?;
            Some(gradient.iter().map(|g| *g.derivative(1).value()).collect())
        },
        &|theta, number| {
            let (program, x) = probes.program(probe(number)).ok()?;
            program.vjp(theta, &x, &cotangent(program.outputs()))
        },
    ));
    if probes.model().loss.is_none() {
        return;
    }
    watch::stage("gradient of the loss");
    checks.extend(laws::slope(
        "gradient of the loss",
        points,
        &anywhere,
        &|theta, number, v| {
            let (program, x) = probes.program(probe(number)).ok()?;
            Some(vec![dot(&program.loss_gradient(theta, &x)?, v)])
        },
        &|theta, number| {
            let (program, x) = probes.program(probe(number)).ok()?;
            Some(vec![program.loss(theta, &x)?])
        },
    ));
}

fn invariance(
    probes: &Probes<'_>,
    factors: &[Factor],
    points: &[Vec<f64>],
    checks: &mut Vec<Check>,
) -> Result<()> {
    let model = probes.model();
    let families: Vec<(String, Vec<AffineField>)> = factors
        .iter()
        .map(|f| (f.name(), f.generators(model)))
        .collect();
    for (name, fields) in &families {
        let mut worst = 0.0_f64;
        for (number, theta) in points.iter().enumerate() {
            let rows = probes.rows(theta, probes.cheap(number as u64))?;
            for field in fields {
                let moved = field.at(theta);
                for row in &rows {
                    let size = norm(row) * norm(&moved);
                    if size > 0.0 {
                        worst = worst.max(dot(row, &moved).abs() / size);
                    }
                }
            }
        }
        checks.push(Check::new(
            format!("generators of {name}"),
            worst,
            INVARIANCE,
        ));
        checks.push(laws::closure(name, fields, points)?);
    }
    let fields: Vec<_> = families.into_iter().map(|f| f.1).collect();
    if let Some(found) = certify(probes, &fields, POINTS)? {
        let error = if found.holds() {
            found.residual
        } else {
            found.residual.max(2.0 * certificate::THRESHOLD)
        };
        checks.push(Check::new(
            "finite group elements",
            error,
            certificate::THRESHOLD,
        ));
    }
    Ok(())
}

/// Projector, volume, curvature and formula of det Γ.
fn orbits(ground: &Ground<'_>, points: &[Vec<f64>], checks: &mut Vec<Check>) -> Result<()> {
    let theta = &points[0];
    let frame = OrbitFrame::new(&ground.fields, theta)?;
    let values: Vec<Vec<f64>> = ground.fields.iter().map(|f| f.at(theta)).collect();
    let project = |v: &[f64]| frame.horizontal(v);
    checks.extend(laws::projector(&project, &values, theta.len()));
    let (d, n) = (theta.len(), ground.fields.len());
    if d <= SMALL.0 && n <= SMALL.1 {
        checks.extend(laws::volume_gradient(&ground.fields, points));
    }
    let translates = ground.fields.iter().any(|f| !f.constant.is_empty());
    let volume = frame.horizontal(&frame.log_volume_gradient());
    let split = &ground.split;
    if ground.is_reductive() && !translates {
        if split.symmetric.is_empty() {
            let law: Vec<f64> = volume.iter().map(|x| -x).collect();
            checks.push(laws::curvature(
                "-grad_H log vol",
                &frame.mean_curvature(),
                &law,
            ));
        } else if split.antisymmetric.is_empty() {
            checks.push(laws::curvature(
                "+grad_H log vol",
                &frame.mean_curvature(),
                &volume,
            ));
        } else if let Some(base) = ground.base(theta)? {
            let frame = OrbitFrame::new(&ground.fields, &base.fixed.theta)?;
            let pairs = base.gradients[1].iter().zip(&base.gradients[2]);
            let law: Vec<f64> = pairs.map(|(p, k)| p - k).collect();
            checks.push(laws::curvature(
                "grad_H log vol_p - grad_H log vol_k, balanced",
                &frame.mean_curvature(),
                &frame.horizontal(&law),
            ));
        }
    }
    let closed = formula::of_factors(ground.model, ground.factors);
    if let Some(value) = closed.and_then(|f| f.log_value(theta)) {
        let number = 2.0 * frame.log_volume();
        checks.push(laws::closed_form("log det Gamma", number, value));
    }
    Ok(())
}

fn balanced_gauge(ground: &Ground<'_>, probes: &Probes<'_>, points: &[Vec<f64>]) -> Vec<Check> {
    let fix = |theta: &[f64]| {
        let fixed = ground.balanced(theta).ok()?;
        (fixed.stop == StopReason::Balanced).then_some(fixed.theta)
    };
    let value = |theta: &[f64]| probes.value(theta, 0).ok();
    laws::gauge("balanced gauge", &fix, &value, points)
        .into_iter()
        .flatten()
        .collect()
}

/// The potential of one driver at a point; `None` where it has no value.
fn evaluated(ground: &Ground<'_>, theta: &[f64], driver: &dyn Selects) -> Option<Potential> {
    let base = ground.base(theta).ok().flatten();
    let frame = OrbitFrame::new(&ground.fields, theta).ok()?;
    let found = driver.potential(&Case {
        ground,
        base: base.as_ref(),
        theta,
        orbit: frame.dimension(),
        more: &[],
        temper: Temper::default(),
        chart: Chart::Charges,
        effort: Effort::default(),
    });
    found.ok().filter(|p| p.value.is_some())
}

/// Gradient by slope, constancy along orbits, formula against numbers.
fn potential(ground: &Ground<'_>, points: &[Vec<f64>], driver: &dyn Selects) -> Result<Vec<Check>> {
    let Some(first) = evaluated(ground, &points[0], driver) else {
        return Ok(Vec::new());
    };
    let name = driver.about().name;
    let value = |theta: &[f64]| evaluated(ground, theta, driver)?.value;
    let mut checks = Vec::new();
    if first.gradient.is_some() {
        // The potential of a flow belongs to a leaf: horizontal directions stay on it.
        let along = |theta: &[f64], v: &[f64]| match driver.about().kind {
            Kind::Mirror => OrbitFrame::new(&ground.fields, theta)
                .map_or_else(|_| vec![0.0; v.len()], |frame| frame.horizontal(v)),
            _ => v.to_vec(),
        };
        checks.extend(laws::slope(
            &format!("gradient of {name}"),
            points,
            &along,
            &|theta, _, v| {
                let gradient = evaluated(ground, theta, driver)?.gradient?;
                Some(vec![dot(&gradient, v)])
            },
            &|theta, _| value(theta).map(|v| vec![v]),
        ));
    }
    if driver.about().kind != Kind::Mirror && !ground.fields.is_empty() {
        checks.push(laws::constant_on_orbits(
            name,
            &ground.fields,
            &value,
            points,
        )?);
    }
    if let (Some(number), Some(formula)) = (first.value, first.by_formula) {
        checks.push(laws::closed_form(name, number, formula));
    }
    Ok(checks)
}

/// A generic combination of the outputs.
fn cotangent(m: usize) -> Vec<f64> {
    let mut stream = Stream::new(7, m as u64, COTANGENT);
    (0..m).map(|_| stream.next_normal()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Stream of the cotangents.
const COTANGENT: u64 = 53;
