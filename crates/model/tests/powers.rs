//! Powers and complex functions (language §9, §10, §13) by closed forms, and where they do not exist.

use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arithmetic, Arrays, Exact, Nilpotent, ScalarProgram};
use symbias_numerics::field::Fp;
use symbias_numerics::lanes::Real;

const AXES: &str = "p = 5, i = 2";

fn text(statement: &str) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {AXES} }}\nprogram = '''\n{statement}\n'''\n\
         parameters = {{ a = [], b = [], z = {{ axes = [], field = \"complex\" }} }}\n[constants]\n\
         k = {{ axes = [\"p\"], values = [3, 0, -1, 2, 0.5] }}\n"
    )
}

fn model(statement: &str) -> Model {
    SourceFile::parse(&text(statement), None)
        .and_then(|s| s.check(Copies::All))
        .unwrap_or_else(|e| panic!("{e}"))
}

fn refused(statement: &str) -> String {
    SourceFile::parse(&text(statement), None)
        .and_then(|s| s.check(Copies::All))
        .expect_err(statement)
        .to_string()
}

fn scalars(model: &Model) -> ScalarProgram {
    let arrays = Arrays::new(model, &Default::default()).expect("arrays");
    ScalarProgram::lower(model, &arrays).expect("a scalar program")
}

/// F, J·v and D²F[v, v] by the scalar program.
fn by_scalars(model: &Model, theta: &[f64], v: &[f64]) -> [Vec<f64>; 3] {
    let program = scalars(model);
    let number = |x: &f64| Nilpotent::number(*x);
    let moved: Vec<Nilpotent<f64>> = theta
        .iter()
        .zip(v)
        .map(|(t, v)| number(t).moved(&number(v)).moved(&number(v)))
        .collect();
    let found = program.value(&moved, &[]).expect("a value");
    let of = |f: &dyn Fn(&Nilpotent<f64>) -> f64| found.iter().map(f).collect();
    [
        of(&|x| *x.value()),
        of(&|x| *x.derivative(2).value()),
        of(&|x| *x.derivative(2).derivative(1).value()),
    ]
}

/// The same by the program over lanes.
fn by_lanes<T: Real + std::ops::AddAssign>(
    model: &Model,
    theta: &[f64],
    v: &[f64],
) -> [Vec<f64>; 3] {
    let arrays = Arrays::new(model, &Default::default()).expect("arrays");
    let to = |x: &[f64]| -> Vec<T> { x.iter().map(|x| T::from_f64(*x)).collect() };
    let (theta, v) = (to(theta), to(v));
    let run = |task: Task, result: usize| -> Vec<f64> {
        let program = Program::<T>::compile(model, &arrays, Options::new(task, Layout::Single))
            .expect("a program");
        let zero = T::from_f64(0.0);
        let mut found = [0, 1].map(|result| vec![zero; program.result_len(result)]);
        let arguments = Arguments {
            directions: &[&v, &v],
            ..Arguments::at(&theta, &[])
        };
        let mut results: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace(), &arguments, &mut results);
        found[result].iter().map(|x| x.to_f64()).collect()
    };
    [
        run(Task::Value, 0),
        run(Task::Jvp, 1),
        run(Task::SecondDerivative, 0),
    ]
}

fn close(found: &[f64], expected: &[f64], tolerance: f64, of: &str) {
    assert_eq!(
        found.len(),
        expected.len(),
        "{of}: {found:?}, expected {expected:?}"
    );
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() <= tolerance * (1.0 + e.abs()),
            "{of}: {found:?}, expected {expected:?}"
        );
    }
}

/// n·(n−1)⋯ × aⁿ⁻ᵏ, the k-th derivative of aⁿ; no term below the constant.
fn derivative(a: f64, n: i32, k: i32) -> f64 {
    let factor: f64 = (0..k).map(|j| f64::from(n - j)).product();
    match factor {
        0.0 => 0.0,
        _ => factor * a.powi(n - k),
    }
}

#[test]
fn integer_powers_are_exact_for_negative_bases_and_at_zero() {
    let cases: [(&str, &[i32]); 8] = [
        ("y[p] = a^pos(p)", &[0, 1, 2, 3, 4]),
        ("y[p] = a^(2*pos(p))", &[0, 2, 4, 6, 8]),
        ("y[p] = a^(pos(p)^2 + 1)", &[1, 2, 5, 10, 17]),
        ("y[p] = a^(size(p) - pos(p))", &[5, 4, 3, 2, 1]),
        (
            "n[p] = 3 - pos(p)\ny[p] = where(pos(p) < 4, a^n[p], 0)",
            &[3, 2, 1, 0, 99],
        ),
        ("y = a^3", &[3]),
        ("y = a^0", &[0]),
        ("y = a^65 + 0*b", &[65]),
    ];
    for (statement, exponents) in cases {
        let model = model(statement);
        for a in [-1.25, -0.5, 0.0, 0.75] {
            let (theta, v) = ([a, 0.3, 0.1, 0.2], [1.0, 0.0, 0.0, 0.0]);
            let expected: Vec<Vec<f64>> = (0..3)
                .map(|k| {
                    let of = |n: &i32| if *n == 99 { 0.0 } else { derivative(a, *n, k) };
                    exponents.iter().map(of).collect()
                })
                .collect();
            let found = [
                (by_scalars(&model, &theta, &v), 1e-13),
                (by_lanes::<f64>(&model, &theta, &v), 1e-13),
                (by_lanes::<f32>(&model, &theta, &v), 3e-5),
            ];
            for (found, tolerance) in found {
                for (found, expected) in found.iter().zip(&expected) {
                    close(found, expected, tolerance, &format!("{statement} at {a}"));
                }
            }
        }
    }
}

#[test]
fn negative_exponents_and_constants_that_are_integers() {
    let model = model(
        "y[p] = (a^(-pos(p)) + abs(b)^k[p])*where(pos(p) == 4, 0, 1) + where(pos(p) == 4, b^2, 0)",
    );
    let (a, b) = (-1.5_f64, 0.8_f64);
    let theta = [a, b, 0.0, 0.0];
    let powers = [3, 0, -1, 2];
    let expected: Vec<f64> = (0..4)
        .map(|p| a.powi(-p) + b.powi(powers[p as usize]))
        .chain([b * b])
        .collect();
    close(
        &scalars(&model).value(&theta, &[]).expect("F"),
        &expected,
        1e-13,
        "scalars",
    );
    close(
        &by_lanes::<f64>(&model, &theta, &[0.0; 4])[0],
        &expected,
        1e-13,
        "lanes",
    );
}

#[test]
fn integer_powers_are_polynomials_modulo_a_prime() {
    let polynomial = scalars(&model("y = sum[p](b * a^pos(p))"));
    assert_eq!(
        polynomial.arithmetic(),
        Arithmetic::Polynomial { degree: 5 }
    );
    let rational = scalars(&model("y[p] = a^(pos(p)-2) * b"));
    assert!(
        matches!(rational.arithmetic(), Arithmetic::Rational { .. }),
        "{:?}",
        rational.arithmetic()
    );
    // The twin: an exponent that is no integer is floating point only.
    let real = scalars(&model("y[p] = (a^2 + 1)^(pos(p)/2 + 0.25) + b"));
    assert_eq!(real.arithmetic(), Arithmetic::Transcendental);

    let theta = [-3.0, 2.0, 0.0, 0.0].map(Exact::of);
    let found = polynomial.value(&theta, &[]).expect("F")[0];
    // 2·(1 − 3 + 9 − 27 + 81).
    assert_eq!(found.residue, Fp::new(122));
    let slope = &polynomial.jacobian(&theta, &[]).expect("J")[0];
    // 2·(1 + 2·(−3) + 3·9 + 4·(−27)).
    assert_eq!(slope[0].residue, -Fp::new(172));
    let thirds = rational.value(&theta, &[]).expect("F");
    assert_eq!(thirds[0].residue * Fp::new(9), Fp::new(2));
}

/// (re, im) of a function and of its derivative times ż.
type Holomorphic = fn([f64; 2]) -> [[f64; 2]; 3];

fn times(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

fn power(z: [f64; 2], n: i32) -> [f64; 2] {
    let (r, angle) = (z[0].hypot(z[1]), z[1].atan2(z[0]) * f64::from(n));
    let size = r.powi(n);
    [size * angle.cos(), size * angle.sin()]
}

#[test]
fn complex_functions_by_closed_forms() {
    let cases: [(&str, Holomorphic); 5] = [
        ("exp(z)", |z| {
            let e = [z[0].exp() * z[1].cos(), z[0].exp() * z[1].sin()];
            [e, e, e]
        }),
        ("z^3", |z| {
            [
                power(z, 3),
                power(z, 2).map(|x| 3.0 * x),
                z.map(|x| 6.0 * x),
            ]
        }),
        ("z^20", |z| {
            [
                power(z, 20),
                power(z, 19).map(|x| 20.0 * x),
                power(z, 18).map(|x| 380.0 * x),
            ]
        }),
        ("z^-2", |z| {
            [
                power(z, -2),
                power(z, -3).map(|x| -2.0 * x),
                power(z, -4).map(|x| 6.0 * x),
            ]
        }),
        ("z^(size(p)-size(i)-1)", |z| {
            [power(z, 2), z.map(|x| 2.0 * x), [2.0, 0.0]]
        }),
    ];
    for (function, closed) in cases {
        for z in [[0.7, -0.4], [-0.9, 0.5]] {
            let moved = [0.3, -1.1];
            let [value, first, second] = closed(z);
            let expected = [
                value,
                times(first, moved),
                times(second, times(moved, moved)),
            ];
            for (part, k) in [("re", 0), ("im", 1)] {
                let model = model(&format!("y = {part}({function})"));
                let (theta, v) = ([0.0, 0.0, z[0], z[1]], [0.0, 0.0, moved[0], moved[1]]);
                for found in [
                    by_scalars(&model, &theta, &v),
                    by_lanes::<f64>(&model, &theta, &v),
                ] {
                    for (found, expected) in found.iter().zip(&expected) {
                        close(
                            found,
                            &[expected[k]],
                            1e-12,
                            &format!("{part} {function} at {z:?}"),
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn complex_powers_over_an_axis_and_absolute_values() {
    let z = [0.6, -0.8];
    let model = model("y[p] = re(z^pos(p)) + 2*im(z^pos(p)) + abs(z^(pos(p)-1))");
    let theta = [0.0, 0.0, z[0], z[1]];
    // |z| = 1.
    let expected: Vec<f64> = (0..5)
        .map(|p| power(z, p)[0] + 2.0 * power(z, p)[1] + 1.0)
        .collect();
    let v = [0.0, 0.0, 1.0, 0.0];
    close(
        &by_scalars(&model, &theta, &v)[0],
        &expected,
        1e-13,
        "scalars",
    );
    close(
        &by_lanes::<f64>(&model, &theta, &v)[0],
        &expected,
        1e-13,
        "lanes",
    );
    close(
        &by_lanes::<f32>(&model, &theta, &v)[0],
        &expected,
        1e-5,
        "lanes of f32",
    );
}

#[test]
fn complex_functions_that_are_not_there_say_so() {
    let integer = "a complex base takes integer exponents";
    for statement in [
        "y = re(z^0.5)",
        "y = re(z^a)",
        "y = re(z^1.5)",
        "y[p] = re(z^k[p])",
        "y = re(z^z)",
    ] {
        let error = refused(statement);
        assert!(
            error.contains(integer) && error.contains("exp(p*w)"),
            "{error}"
        );
    }
    let error = refused("y = re(a^z)");
    assert!(error.contains("exp(z*log(c))"), "{error}");
    let error = refused("y = tanh(z)");
    assert!(error.contains("`tanh` takes real values"), "{error}");
    let error = refused("y = exp(z)");
    assert!(error.contains("outputs are real"), "{error}");
}

#[test]
fn what_is_outside_its_domain_is_named() {
    let model = model("w = log(a) + sqrt(b)\ny[p] = w * (a - 1)^1.5 / (b + 2) + a^pos(p)");
    let program = scalars(&model);
    let outside = |theta: &[f64]| {
        let found = program.outside_domain(theta, &[]);
        found
            .iter()
            .map(|o| {
                let tensor = o.tensor.map(|t| model.tensor(t).name.clone());
                (o.operation, o.value, tensor.unwrap_or_default())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(outside(&[2.0, 3.0, 0.0, 0.0]), []);
    assert_eq!(outside(&[1.0, 0.0, 0.0, 0.0]), []);
    // All of them, not the first only, and behind each the others are judged on.
    assert_eq!(
        outside(&[-2.0, -2.0, 0.0, 0.0]),
        [
            ("log", -2.0, "w".to_owned()),
            ("sqrt", -2.0, "w".to_owned()),
            ("^", -3.0, "y".to_owned()),
            ("/", 0.0, "y".to_owned()),
        ]
    );
    let errors: Vec<String> = program
        .outside_domain(&[0.0, -4.0, 0.0, 0.0], &[])
        .iter()
        .map(|o| o.error(&model).to_string())
        .collect();
    assert!(
        errors[0].contains("log of 0 in the statement `w`"),
        "{errors:?}"
    );
    assert!(
        errors[1].contains("sqrt of -4 in the statement `w`"),
        "{errors:?}"
    );
    assert!(
        errors[2].contains("-1 to the power 1.5 in the statement `y`"),
        "{errors:?}"
    );
}

#[test]
fn constants_outside_a_domain_and_overflows_are_seen() {
    let program = scalars(&model("y[p] = log(k[p]) * a"));
    let found = program.outside_domain(&[1.0, 0.0, 0.0, 0.0], &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].operation, "log");
    let program = scalars(&model("y[p] = a^(100*pos(p))"));
    assert_eq!(program.outside_domain(&[1.5, 0.0, 0.0, 0.0], &[]), []);
    let found = program.outside_domain(&[1e4, 0.0, 0.0, 0.0], &[]);
    assert_eq!(found[0].operation, "*", "{found:?}");
    // Masked entries are no values.
    let masked = scalars(&model(
        "y[p] = softmax[p](where(pos(p) < 2, a*pos(p), -inf))",
    ));
    assert_eq!(masked.outside_domain(&[1.5, 0.0, 0.0, 0.0], &[]), []);
}
