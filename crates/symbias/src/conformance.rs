//! Whether a model's derivatives and symmetries hold: slopes of finite differences over decades
//! of step sizes, and invariance under generators and finite group elements.

use symbias_geometry::discover::certificate::{self, certify};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::probe::Probes;
use symbias_model::data;
use symbias_model::error::Result;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Nilpotent;
use symbias_numerics::random::Stream;

/// Step sizes, largest first.
const STEPS: [f64; 9] = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5];
/// Relative error at the best step up to which a derivative is accepted: central differences
/// reach about the 2/3 power of the rounding of F.
pub const DERIVATIVE: f64 = 1e-7;
/// Relative size of Jξ up to which a field counts as a symmetry.
pub const INVARIANCE: f64 = 1e-10;
/// Points for each check.
const POINTS: u64 = 3;

/// One check and what it measured.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// The largest error over points, relative.
    pub error: f64,
    /// What is accepted.
    pub accepted: f64,
    /// Observed order of the finite differences, where their error is above the rounding.
    pub order: Option<f64>,
}

impl Check {
    /// Whether the error is accepted.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.error <= self.accepted
    }
}

/// Checks the model of a file at random points for random inputs.
///
/// # Errors
/// A mistake in the model file or in the files that it names.
pub fn check(source: &SourceFile, seed: u64, stage: &mut dyn FnMut(&str)) -> Result<Vec<Check>> {
    let model = source.check(Copies::All)?;
    let files = data::constants(&model)?;
    let probes = Probes::new(&model, &files, None, seed)?;
    let mut checks = Vec::new();

    stage("first derivatives of the outputs");
    checks.extend(slopes(
        "J v",
        &probes,
        |theta, probe, v| {
            let (program, x) = probes.program(probe).ok()?;
            let rows = program.jacobian(theta, &x)?;
            Some(rows.iter().map(|row| dot(row, v)).collect())
        },
        |theta, probe| probes.value(theta, probe).ok(),
    ));

    stage("second derivatives of the outputs");
    checks.extend(slopes(
        "second derivatives",
        &probes,
        |theta, probe, v| {
            let (program, x) = probes.program(probe).ok()?;
            let number = |x: &f64| Nilpotent::number(*x);
            let moved: Vec<Nilpotent<f64>> = theta
                .iter()
                .zip(v)
                .map(|(t, v)| number(t).moved(&number(v)))
                .collect();
            let c: Vec<Nilpotent<f64>> = cotangent(program.outputs())
                .into_iter()
                .map(Nilpotent::number)
                .collect();
            let gradient = program.vjp(&moved, &x.iter().map(number).collect::<Vec<_>>(), &c)?;
            Some(gradient.iter().map(|g| *g.derivative(1).value()).collect())
        },
        |theta, probe| {
            let (program, x) = probes.program(probe).ok()?;
            program.vjp(theta, &x, &cotangent(program.outputs()))
        },
    ));

    if model.loss.is_some() {
        stage("gradient of the loss");
        checks.extend(slopes(
            "gradient of the loss",
            &probes,
            |theta, probe, v| {
                let (program, x) = probes.program(probe).ok()?;
                Some(vec![dot(&program.loss_gradient(theta, &x)?, v)])
            },
            |theta, probe| {
                let (program, x) = probes.program(probe).ok()?;
                Some(vec![program.loss(theta, &x)?])
            },
        ));
    }

    stage("invariance");
    let families: Vec<_> = factors(&model)
        .iter()
        .map(|f| (f.name(), f.generators(&model)))
        .collect();
    for (name, fields) in &families {
        let mut worst = 0.0_f64;
        for point in 0..POINTS {
            let theta = probes.point(point);
            let rows = probes.rows(&theta, probes.cheap(point))?;
            for field in fields {
                let moved = field.at(&theta);
                for row in &rows {
                    let size = norm(row) * norm(&moved);
                    if size > 0.0 {
                        worst = worst.max(dot(row, &moved).abs() / size);
                    }
                }
            }
        }
        checks.push(Check {
            what: format!("generators of {name}"),
            error: worst,
            accepted: INVARIANCE,
            order: None,
        });
    }
    let fields: Vec<_> = families.into_iter().map(|f| f.1).collect();
    if let Some(found) = certify(&probes, &fields, POINTS)? {
        checks.push(Check {
            what: "finite group elements".into(),
            error: if found.holds() {
                found.residual
            } else {
                found.residual.max(2.0 * certificate::THRESHOLD)
            },
            accepted: certificate::THRESHOLD,
            order: None,
        });
    }
    Ok(checks)
}

/// A generic combination of the outputs.
fn cotangent(m: usize) -> Vec<f64> {
    let mut stream = Stream::new(7, m as u64, COTANGENT);
    (0..m).map(|_| stream.next_normal()).collect()
}

/// Compares a directional derivative with central differences of a function at random points.
/// At each point the best step counts; steps that cross a kink are not the best.
fn slopes(
    what: &str,
    probes: &Probes<'_>,
    derivative: impl Fn(&[f64], u64, &[f64]) -> Option<Vec<f64>>,
    function: impl Fn(&[f64], u64) -> Option<Vec<f64>>,
) -> Option<Check> {
    let (mut error, mut orders) = (0.0_f64, Vec::new());
    let mut compared = 0;
    for point in 0..POINTS {
        let theta = probes.point(point);
        let probe = probes.cheap(point);
        let mut stream = Stream::new(7, point, DIRECTIONS);
        let v: Vec<f64> = theta.iter().map(|_| stream.next_normal()).collect();
        let size = norm(&v);
        let v: Vec<f64> = v.iter().map(|x| x / size).collect();
        let exact = derivative(&theta, probe, &v)?;
        let errors: Vec<f64> = STEPS
            .iter()
            .filter_map(|h| {
                let at = |sign: f64| -> Vec<f64> {
                    theta
                        .iter()
                        .zip(&v)
                        .map(|(t, v)| t + sign * h * v)
                        .collect()
                };
                let (plus, minus) = (function(&at(1.0), probe)?, function(&at(-1.0), probe)?);
                let found: Vec<f64> = plus
                    .iter()
                    .zip(&minus)
                    .map(|(p, m)| (p - m) / (2.0 * h))
                    .collect();
                let scale = norm(&exact).max(norm(&found)).max(norm(&plus));
                let difference: Vec<f64> = found.iter().zip(&exact).map(|(f, e)| f - e).collect();
                (scale > 0.0).then(|| norm(&difference) / scale)
            })
            .collect();
        let Some(best) = errors.iter().copied().reduce(f64::min) else {
            continue;
        };
        compared += 1;
        error = if best.is_nan() {
            f64::INFINITY
        } else {
            error.max(best)
        };
        orders.extend(order(&errors));
    }
    orders.sort_by(f64::total_cmp);
    (compared > 0).then(|| Check {
        what: format!("{what} against central differences"),
        error,
        accepted: DERIVATIVE,
        order: orders.get(orders.len() / 2).copied(),
    })
}

/// The slope of log error over log step between the largest steps, where both errors are well
/// above rounding.
fn order(errors: &[f64]) -> Option<f64> {
    let (a, b) = (errors.get(2)?, errors.get(4)?);
    (*b > 1e-11 && *a > 1e-9).then(|| (a / b).ln() / (STEPS[2] / STEPS[4]).ln())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Stream of the directions.
const DIRECTIONS: u64 = 51;
const COTANGENT: u64 = 52;

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(factor: f64) -> Check {
        let source = SourceFile::parse(
            "symbias = 1\noutputs = [\"y\"]\naxes = { h = 3 }\nprogram = \"y = sum[h](sin(a[h]) * a[h]^3)\"\n\
             parameters = { a = [\"h\"] }\n",
            None,
        )
        .expect("a file");
        let model = source.check(Copies::All).expect("a model");
        let probes = Probes::new(&model, &Default::default(), None, 0).expect("probes");
        slopes(
            "J v",
            &probes,
            |theta, probe, v| {
                let rows = probes.rows(theta, probe).ok()?;
                Some(rows.iter().map(|r| factor * dot(r, v)).collect())
            },
            |theta, probe| probes.value(theta, probe).ok(),
        )
        .expect("a comparison")
    }

    #[test]
    fn a_right_derivative_holds_with_second_order() {
        let check = checked(1.0);
        assert!(check.holds(), "{check:?}");
        assert!(
            (check.order.expect("an order") - 2.0).abs() < 0.2,
            "{check:?}"
        );
    }

    #[test]
    fn a_derivative_wrong_in_the_sixth_digit_is_refuted() {
        assert!(!checked(1.0 + 1e-6).holds());
    }
}
