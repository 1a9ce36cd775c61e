//! Profiles that are no expressions (language §9), against closed forms: value and two derivatives, in both precisions, over
//! decades and both signs; where they exist; and what is refused.

use crate::folder::Folder;
use std::path::Path;
use symbias_model::Model;
use symbias_model::data::{Named, write};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, Nilpotent, ScalarProgram};
use symbias_numerics::lanes::Real;

fn checked(profile: &str, count: usize, folder: Option<&Path>) -> Result<Model, String> {
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ i = {count} }}\nprogram = \"y[i] = f(a[i])\"\n\
         parameters = {{ a = [\"i\"] }}\nprofiles = {{ f = {profile} }}\n"
    );
    SourceFile::parse(&text, folder)
        .and_then(|s| s.check(Copies::All))
        .map_err(|e| e.to_string())
}

/// Decades of both signs, eight points each, off the powers of two.
fn decades(from: i32, to: i32) -> Vec<f64> {
    let positive = (8 * from..8 * to).map(|k| 1.0137 * 10_f64.powf(f64::from(k) / 8.0));
    positive.flat_map(|x| [x, -x]).collect()
}

/// f, f′, f″ at each point, by the scalar program.
fn by_scalars(model: &Model, x: &[f64]) -> Vec<[f64; 3]> {
    let arrays = Arrays::new(model, &Default::default()).expect("arrays");
    let program = ScalarProgram::lower(model, &arrays).expect("a program");
    let one = Nilpotent::number(1.0);
    let point: Vec<Nilpotent<f64>> = x
        .iter()
        .map(|x| Nilpotent::number(*x).moved(&one).moved(&one))
        .collect();
    let found = program.value(&point, &[]).expect("values");
    found
        .iter()
        .map(|y| {
            let twice = y.derivative(2);
            [*y.value(), *twice.value(), *twice.derivative(1).value()]
        })
        .collect()
}

/// The same by the compiled program.
fn by_lanes<T: Real>(model: &Model, x: &[f64]) -> Vec<[f64; 3]> {
    let arrays = Arrays::new(model, &Default::default()).expect("arrays");
    let theta: Vec<T> = x.iter().map(|x| T::from_f64(*x)).collect();
    let one = vec![T::from_f64(1.0); x.len()];
    let run = |task: Task, which: usize| -> Vec<f64> {
        let program: Program<T> =
            Program::compile(model, &arrays, Options::new(task, Layout::Single))
                .expect("a program");
        let mut results: Vec<Vec<T>> = (0..2)
            .filter(|r| program.result_len(*r) > 0)
            .map(|r| vec![T::from_f64(0.0); program.result_len(r)])
            .collect();
        let directions: &[&[T]] = match task {
            Task::SecondDerivative => &[&one, &one],
            _ => &[&one],
        };
        let arguments = Arguments {
            directions,
            ..Arguments::at(&theta, &[])
        };
        let mut slices: Vec<&mut [T]> = results.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace(), &arguments, &mut slices);
        results[which].iter().map(|y| y.to_f64()).collect()
    };
    let (value, slope, second) = (
        run(Task::Jvp, 0),
        run(Task::Jvp, 1),
        run(Task::SecondDerivative, 0),
    );
    (0..x.len())
        .map(|i| [value[i], slope[i], second[i]])
        .collect()
}

/// Every derivative relative to what it changes: |f⁽ᵏ⁾| + |f|/|x|ᵏ.
fn worst(found: &[[f64; 3]], x: &[f64], closed: &dyn Fn(f64) -> [f64; 3]) -> (f64, String) {
    let mut worst = (0.0, String::new());
    for (y, x) in found.iter().zip(x) {
        let exact = closed(*x);
        for k in 0..3 {
            let natural = (exact[0] / x.powi(k as i32)).abs();
            let off = (y[k] - exact[k]).abs() / (exact[k].abs() + natural);
            if off > worst.0 || off.is_nan() {
                worst = (off, format!("order {k} at {x}: {} for {}", y[k], exact[k]));
            }
        }
    }
    worst
}

fn holds(profile: &str, x: &[f64], closed: &dyn Fn(f64) -> [f64; 3]) {
    let model = checked(profile, x.len(), None).unwrap_or_else(|e| panic!("{e}"));
    let single: Vec<f64> = x.iter().map(|x| f64::from(*x as f32)).collect();
    for (name, found, tolerance) in [
        ("scalars", by_scalars(&model, x), 1e-11),
        ("f64", by_lanes::<f64>(&model, x), 1e-11),
    ] {
        let (off, place) = worst(&found, x, closed);
        assert!(off < tolerance, "{profile} by {name}: {off:e}, {place}");
        // The twin: the function of an argument that is a millionth larger is another one.
        let (off, _) = worst(&found, x, &|x| closed(x * (1.0 + 1e-6)));
        assert!(off > 1e3 * tolerance, "{profile} by {name}: blind");
    }
    let (off, place) = worst(&by_lanes::<f32>(&model, &single), &single, closed);
    assert!(off < 1e-6, "{profile} in f32: {off:e}, {place}");
}

/// The real root of z + z³ = x, by Cardano without cancellation, and its derivatives.
fn cubic(x: f64) -> [f64; 3] {
    // z = x / (t² + 1 + 1/… ): sinh form, z = 2/√3 sinh(asinh(3√3 x/2)/3).
    let s = 3.0_f64.sqrt();
    let z = 2.0 / s * ((1.5 * s * x).asinh() / 3.0).sinh();
    let slope = 1.0 / (1.0 + 3.0 * z * z);
    [z, slope, -6.0 * z * slope.powi(3)]
}

#[test]
fn inverses_are_their_closed_forms() {
    holds("{ inverse = \"z + z^3\" }", &decades(-8, 6), &cubic);
    let p = 1.0 / 0.6;
    holds(
        "{ inverse = \"sign(z)*abs(z)^0.6\" }",
        &decades(-8, 6),
        &|x| {
            let (a, s) = (x.abs(), x.signum());
            [
                s * a.powf(p),
                p * a.powf(p - 1.0),
                s * p * (p - 1.0) * a.powf(p - 2.0),
            ]
        },
    );
    // Falls, and steeper: the slope is infinite at 0.
    holds("{ inverse = \"-z^3\" }", &decades(-8, 6), &|x| {
        [
            -x.cbrt(),
            -x.abs().powf(-2.0 / 3.0) / 3.0,
            x.signum() * 2.0 / 9.0 * x.abs().powf(-5.0 / 3.0),
        ]
    });
    let x: Vec<f64> = decades(-8, 2).into_iter().filter(|x| *x > -12.0).collect();
    holds("{ inverse = \"log(1 + z/0.25)\" }", &x, &|x| {
        [0.25 * x.exp_m1(), 0.25 * x.exp(), 0.25 * x.exp()]
    });
}

#[test]
fn integrals_are_their_closed_forms() {
    let half = 0.5 * std::f64::consts::PI.sqrt();
    holds(
        "{ integral = \"exp(-z^2)\", from = 0 }",
        &decades(-8, 6),
        &|x| {
            let h = (-x * x).exp();
            [half * libm::erf(x), h, -2.0 * x * h]
        },
    );
    let positive: Vec<f64> = decades(-8, 6).into_iter().filter(|x| *x > 0.0).collect();
    // An integrand that is infinite where the integral begins.
    holds("{ integral = \"z^-0.7\", from = 0 }", &positive, &|x| {
        [x.powf(0.3) / 0.3, x.powf(-0.7), -0.7 * x.powf(-1.7)]
    });
    // So slowly that halves do not come to an end: the rest is a geometric series.
    holds("{ integral = \"z^-0.99\", from = 0 }", &positive, &|x| {
        [x.powf(0.01) / 0.01, x.powf(-0.99), -0.99 * x.powf(-1.99)]
    });
    holds(
        "{ integral = \"1/(1 + abs(z))\", from = 0 }",
        &decades(-8, 6),
        &|x| {
            let (a, s) = (x.abs(), x.signum());
            [s * a.ln_1p(), 1.0 / (1.0 + a), -s / (1.0 + a).powi(2)]
        },
    );
}

#[test]
fn curves_of_curves() {
    // g = ∫ (1 + 3 z²) is z + z³, and its inverse the root.
    let text = |of: &str| {
        format!(
            "symbias = 1\noutputs = [\"y\"]\nprogram = \"y = f(a)\"\nparameters = {{ a = [] }}\n[profiles]\n\
             g = {{ integral = \"1 + 3*z^2\", from = 0 }}\nf = {{ inverse = \"{of}\" }}\n"
        )
    };
    let model = SourceFile::parse(&text("g(z)"), None)
        .and_then(|s| s.check(Copies::All))
        .expect("a model");
    for x in [-3.0, -0.2, 1e-5, 40.0] {
        let (found, exact) = (by_scalars(&model, &[x])[0], cubic(x));
        assert!(
            (found[0] / exact[0] - 1.0).abs() < 1e-11,
            "{found:?} {exact:?}"
        );
        assert!(
            (found[1] / exact[1] - 1.0).abs() < 1e-10,
            "{found:?} {exact:?}"
        );
    }
    let cycle = SourceFile::parse(&text("f(z)"), None).and_then(|s| s.check(Copies::All));
    assert!(
        cycle
            .expect_err("a cycle")
            .to_string()
            .contains("profiles form a cycle")
    );
}

#[test]
fn no_polynomial_is_claimed() {
    use symbias_model::scalar::Arithmetic;
    for (profile, transcendental) in [
        ("{ inverse = \"z + 0*z^2\" }", true),
        ("\"z + z^3\"", false),
    ] {
        let model = checked(profile, 2, None).expect("a model");
        let arrays = Arrays::new(&model, &Default::default()).expect("arrays");
        let program = ScalarProgram::lower(&model, &arrays).expect("a program");
        let found = program.arithmetic() == Arithmetic::Transcendental;
        assert_eq!(found, transcendental, "{profile}");
    }
}

#[test]
fn the_ends_of_a_domain_are_errors_with_their_place() {
    for (profile, inside, outside, said) in [
        (
            "{ inverse = \"tanh(z)\" }",
            0.999,
            1.5,
            "the inverse of `tanh(z)` exists from -1 to 1 only",
        ),
        ("{ inverse = \"sqrt(z)\" }", 0.0, -1e-3, "from 0 to"),
        (
            "{ integral = \"1/z\", from = 1 }",
            1e-3,
            -1.0,
            "the integral of `1/z` from 1 exists from 0",
        ),
        (
            "{ integral = \"sqrt(1 - z)\", from = 0 }",
            0.9999,
            1.01,
            "to 1 only",
        ),
    ] {
        let model = checked(profile, 1, None).unwrap_or_else(|e| panic!("{e}"));
        let arrays = Arrays::new(&model, &Default::default()).expect("arrays");
        let program = ScalarProgram::lower(&model, &arrays).expect("a program");
        assert!(
            program.outside_domain(&[inside], &[]).is_empty(),
            "{profile}"
        );
        let found = program.outside_domain(&[outside], &[]);
        let message = found.first().expect(profile).error(&model).to_string();
        assert!(message.contains(said), "{profile}: {message}");
        assert!(
            message.contains("in the statement `y`"),
            "{profile}: {message}"
        );
    }
}

#[test]
fn what_is_no_profile_is_refused() {
    for (profile, said) in [
        ("{ inverse = \"z^2\" }", "`z^2` turns: it is"),
        ("{ inverse = \"relu(z)\" }", "does not change between"),
        ("{ inverse = \"max(z, -1)\" }", "does not change between"),
        ("{ inverse = \"z + 1.05*sin(z)\" }", "turns"),
        ("{ inverse = \"1/z\" }", "exists on two sides of z = 0"),
        ("{ inverse = \"2\" }", "turns"),
        ("{ inverse = \"log(-1 - z^2)\" }", "is finite nowhere"),
        ("{ integral = \"1/z\", from = 0 }", "does not exist"),
        ("{ integral = \"z\" }", "is not one of the three kinds"),
        (
            "{ inverse = \"z\", from = 0 }",
            "is not one of the three kinds",
        ),
        ("{ inverse = \"z\", of = 0 }", "unknown key `of`"),
        ("{ inverse = \"z + y\" }", "`y` in a profile"),
        (
            "{ file = \"../t.safetensors\", key = \"f\" }",
            "leads outside the folder",
        ),
    ] {
        let error = checked(profile, 1, None).expect_err(profile);
        assert!(error.contains(said), "{profile}: {error}");
    }
    // Flat to sixteen digits is not flat.
    for profile in [
        "tanh(z)",
        "log(1 + exp(z))",
        "z + 0.99*sin(z)",
        "1 + 1e-9*z",
        "exp(z)",
    ] {
        checked(&format!("{{ inverse = \"{profile}\" }}"), 1, None).expect(profile);
    }
}

/// Writes a table of |z|z between breaks: two panels, of -z² and z².
fn table(folder: &Folder, name: &str, breaks: &[f64], coefficients: &[f64], error: f64) {
    let entry = |key: &str, shape: Vec<usize>, values: &[f64]| -> Named {
        (format!("f.{key}"), shape, values.to_vec())
    };
    let rows = breaks.len() - 1;
    let arrays = [
        entry("breaks", vec![breaks.len()], breaks),
        entry(
            "coefficients",
            vec![rows, coefficients.len() / rows],
            coefficients,
        ),
        entry("error", vec![1], &[error]),
    ];
    write(&folder.path(name), &arrays).expect("a file");
}

#[test]
fn tables_of_files() {
    let folder = Folder::new("profile-tables");
    // z² on 0..2 is (1 + t)² = 3/2 + 2t + T₂/2.
    let series = [-1.5, 2.0, -0.5, 1.5, 2.0, 0.5];
    table(
        &folder,
        "good.safetensors",
        &[-2.0, 0.0, 2.0],
        &series,
        1e-15,
    );
    table(
        &folder,
        "jumps.safetensors",
        &[-2.0, 0.0, 2.0],
        &[-1.5, 2.0, -0.5, 1.6, 2.0, 0.5],
        1e-15,
    );
    table(
        &folder,
        "falls.safetensors",
        &[-2.0, 0.0, 0.0],
        &series,
        1e-15,
    );
    let root = folder.path("");
    let profile = |name: &str| format!("{{ file = \"{name}.safetensors\", key = \"f\" }}");
    let x = [-1.9, -0.3, -1e-3, 0.0, 0.4, 2.0];
    let model = checked(&profile("good"), x.len(), Some(&root)).unwrap_or_else(|e| panic!("{e}"));
    for found in [by_scalars(&model, &x), by_lanes::<f64>(&model, &x)] {
        for (y, x) in found.iter().zip(x) {
            let second = if x < 0.0 { -2.0 } else { 2.0 };
            for (a, b) in y.iter().zip([x * x.abs(), 2.0 * x.abs(), second]) {
                assert!((a - b).abs() < 1e-14, "{x}: {y:?}");
            }
        }
    }
    let arrays = Arrays::new(&model, &Default::default()).expect("arrays");
    let program = ScalarProgram::lower(&model, &arrays).expect("a program");
    let beyond = program.outside_domain(&[2.1, 0.0, 0.0, 0.0, 0.0, 0.0], &[]);
    assert_eq!(beyond.len(), 1);
    for (name, said) in [
        ("jumps", "at 0 the value jumps by"),
        ("falls", "is followed by 0"),
        ("none", "cannot"),
    ] {
        let error = checked(&profile(name), 1, Some(&root)).expect_err(name);
        assert!(error.contains(said), "{name}: {error}");
    }
}

#[test]
fn a_profile_that_is_checked_again_is_the_same() {
    let written = |profile: &str| {
        let model = checked(profile, 2, None).expect("a model");
        let program = ScalarProgram::lower(&model, &Arrays::default()).expect("a program");
        format!("{program:?}")
    };
    let profile = "{ inverse = \"z + z^3 + 0.1*tanh(z)\" }";
    let first = written(profile);
    for _ in 0..8 {
        assert_eq!(written(profile), first);
    }
    // The twin: another function is another curve.
    assert_ne!(written("{ inverse = \"z + z^3 + 0.2*tanh(z)\" }"), first);
}
