//! The conformance suite judges: what is right passes, and a twin of each law fails.

use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::gauge::balance;
use symbias_geometry::laws::{self, Check};
use symbias_geometry::orbit::OrbitFrame;
use symbias_geometry::probe::Probes;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};

fn model(text: &str) -> Model {
    SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .expect("a model")
}

/// W = PQ with gl(2).
fn factorization() -> Model {
    model(
        "symbias = 1\noutputs = [\"w\"]\naxes = { i = 3, j = 4, k = 2 }\nprogram = \"w[i,j] = P[i,k] * Q[k,j]\"\n\
         parameters = { P = [\"i\",\"k\"], Q = [\"k\",\"j\"] }\n",
    )
}

fn points(probes: &Probes<'_>) -> Vec<Vec<f64>> {
    (0..3).map(|n| probes.point(n)).collect()
}

fn passes(check: &Check) {
    assert!(check.holds(), "{check:?}");
}

fn fails(check: &Check) {
    assert!(!check.holds(), "{check:?}");
}

/// Generators of the factorisation, its probes, and its value.
fn with_group(test: impl FnOnce(&[AffineField], &Probes<'_>, &[Vec<f64>])) {
    let model = factorization();
    let probes = Probes::new(&model, &Default::default(), None, 0).expect("probes");
    let fields: Vec<AffineField> = factors(&model)
        .iter()
        .flat_map(|f| f.generators(&model))
        .collect();
    assert_eq!(fields.len(), 4);
    test(&fields, &probes, &points(&probes));
}

#[test]
fn groups_leave_the_function_alone() {
    with_group(|fields, probes, points| {
        let value = |theta: &[f64]| probes.value(theta, 0).ok();
        passes(&laws::invariance("gl(2)", fields, &value, points).expect("a check"));
        // The twin: one generator that also moves an entry of P by a millionth.
        let mut wrong = fields.to_vec();
        wrong[0].linear.push((0, 0, 1e-6));
        fails(&laws::invariance("gl(2)", &wrong, &value, points).expect("a check"));
    });
}

#[test]
fn brackets_stay_in_the_span() {
    with_group(|fields, _, points| {
        passes(&laws::closure("gl(2)", fields, points).expect("a check"));
        // The twin: without the rotation, symmetric matrices have brackets outside.
        fails(&laws::closure("sym(2)", &fields[..3], points).expect("a check"));
    });
}

#[test]
fn the_projector_projects() {
    with_group(|fields, _, points| {
        let theta = &points[0];
        let frame = OrbitFrame::new(fields, theta).expect("a frame");
        let values: Vec<Vec<f64>> = fields.iter().map(|f| f.at(theta)).collect();
        let d = theta.len();
        for check in laws::projector(&|v| frame.horizontal(v), &values, d) {
            passes(&check);
        }
        // Twins: half the way; oblique; along other generators.
        let half = |v: &[f64]| -> Vec<f64> {
            let p = frame.horizontal(v);
            v.iter().zip(&p).map(|(v, p)| (v + p) / 2.0).collect()
        };
        let [twice, _, killed] = laws::projector(&half, &values, d);
        fails(&twice);
        fails(&killed);
        let oblique = |v: &[f64]| -> Vec<f64> {
            let mut p = frame.horizontal(v);
            let c = p[0];
            p.iter_mut().zip(&values[0]).for_each(|(p, x)| *p += c * x);
            p
        };
        fails(&laws::projector(&oblique, &values, d)[1]);
    });
}

#[test]
fn the_volume_has_the_gradient_of_the_generators() {
    with_group(|fields, _, points| {
        let check = laws::volume_gradient(fields, points).expect("a check");
        passes(&check);
        assert!(
            (check.order.expect("an order") - 2.0).abs() < 0.3,
            "{check:?}"
        );
        // The twin: the gradient of another basis' matrices, A instead of Aᵀ for the rotation.
        let frame = |theta: &[f64]| OrbitFrame::new(fields, theta).expect("a frame");
        let wrong = laws::slope(
            "log volume",
            points,
            &|_, v| v.to_vec(),
            &|theta, _, v| {
                let h = frame(theta).mean_curvature();
                Some(vec![h.iter().zip(v).map(|(x, y)| x * y).sum()])
            },
            &|theta, _| Some(vec![frame(theta).log_volume()]),
        );
        fails(&wrong.expect("a check"));
    });
}

#[test]
fn curvature_has_the_sign_of_its_class() {
    let hadamard = model(
        "symbias = 1\noutputs = [\"w\"]\naxes = { i = 3 }\nprogram = \"w[i] = u[i] * v[i]\"\n\
         parameters = { u = [\"i\"], v = [\"i\"] }\n",
    );
    let gram = model(
        "symbias = 1\noutputs = [\"S\"]\naxes = { i = 4, j = \"i\", r = 3 }\nprogram = \"S[i,j] = X[i,r] * X[j,r]\"\n\
         parameters = { X = [\"i\",\"r\"] }\n",
    );
    for (model, sign) in [(hadamard, 1.0), (gram, -1.0)] {
        let probes = Probes::new(&model, &Default::default(), None, 0).expect("probes");
        let fields: Vec<AffineField> = factors(&model)
            .iter()
            .flat_map(|f| f.generators(&model))
            .collect();
        let frame = OrbitFrame::new(&fields, &probes.point(0)).expect("a frame");
        let volume = frame.horizontal(&frame.log_volume_gradient());
        let law = |s: f64| volume.iter().map(|x| s * x).collect::<Vec<f64>>();
        let h = frame.mean_curvature();
        passes(&laws::curvature("sign", &h, &law(sign)));
        fails(&laws::curvature("opposite sign", &h, &law(-sign)));
    }
}

#[test]
fn gauges_are_idempotent_and_keep_the_function() {
    with_group(|fields, probes, points| {
        let value = |theta: &[f64]| probes.value(theta, 0).ok();
        let symmetric = &fields[..3];
        let fix = |theta: &[f64]| balance(symmetric, theta).ok().map(|f| f.theta);
        let [again, stays] = laws::gauge("balanced", &fix, &value, points).expect("points");
        passes(&again);
        passes(&stays);
        // Twins: a map that moves every time, and one that leaves the fibre.
        let drifting =
            |theta: &[f64]| Some(fix(theta)?.iter().map(|x| 1.001 * x).collect::<Vec<f64>>());
        let [_, stays] = laws::gauge("scaled", &drifting, &value, points).expect("points");
        fails(&stays);
        let stepping = |theta: &[f64]| {
            let mut moved = theta.to_vec();
            fields[0].add_at(theta, 0.01, &mut moved);
            Some(moved)
        };
        let [again, _] = laws::gauge("step", &stepping, &value, points).expect("points");
        fails(&again);
    });
}

#[test]
fn potentials_are_constant_on_orbits() {
    with_group(|fields, _, points| {
        let balanced = |theta: &[f64]| {
            let fixed = balance(&fields[..3], theta).ok()?;
            Some(fixed.theta.iter().map(|x| x * x).sum::<f64>() / 2.0)
        };
        passes(&laws::constant_on_orbits("decay", fields, &balanced, points).expect("a check"));
        let plain = |theta: &[f64]| Some(theta.iter().map(|x| x * x).sum::<f64>() / 2.0);
        fails(&laws::constant_on_orbits("norm", fields, &plain, points).expect("a check"));
    });
}

#[test]
fn formulas_are_held_to_eight_digits() {
    passes(&laws::closed_form("R", 2.0, 2.0 + 1e-9));
    fails(&laws::closed_form("R", 2.0, 2.0 + 1e-7));
    fails(&laws::closed_form("R", 2.0, f64::NAN));
}

/// J v of a function with cubes and sines.
fn slope_of(factor: f64) -> Check {
    let model = model(
        "symbias = 1\noutputs = [\"y\"]\naxes = { h = 3 }\nprogram = \"y = sum[h](sin(a[h]) * a[h]^3)\"\n\
         parameters = { a = [\"h\"] }\n",
    );
    let probes = Probes::new(&model, &Default::default(), None, 0).expect("probes");
    laws::slope(
        "J v",
        &points(&probes),
        &|_, v| v.to_vec(),
        &|theta, _, v| {
            let rows = probes.rows(theta, 0).ok()?;
            let dot = |r: &Vec<f64>| r.iter().zip(v).map(|(x, y)| x * y).sum::<f64>();
            Some(rows.iter().map(|r| factor * dot(r)).collect())
        },
        &|theta, _| probes.value(theta, 0).ok(),
    )
    .expect("a comparison")
}

#[test]
fn a_right_derivative_holds_with_second_order() {
    let check = slope_of(1.0);
    passes(&check);
    assert!(
        (check.order.expect("an order") - 2.0).abs() < 0.2,
        "{check:?}"
    );
}

#[test]
fn a_derivative_wrong_in_the_sixth_digit_is_refuted() {
    fails(&slope_of(1.0 + 1e-6));
}
