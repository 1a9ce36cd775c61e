//! The lane program against the scalar program: every task, every model file, both layouts, both
//! element types; and bit identity of a replica with a single run.

mod reach;

use super::{Arguments, Layout, Options, Program, Task};
use crate::language::{Copies, SourceFile};
use crate::scalar::{Arrays, Inputs, Nilpotent, ScalarProgram};
use crate::{Model, data};
use std::path::Path;
use symbias_numerics::lanes::Real;
use symbias_numerics::random::Stream;

fn models() -> Vec<(String, Model)> {
    let mut found = Vec::new();
    for folder in ["models", "examples/models"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(folder);
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if path.extension().is_none_or(|e| e != "toml")
                || name == "expected"
                || name == "transformer_1b"
            {
                continue;
            }
            let model = SourceFile::read(&path)
                .and_then(|s| s.check(Copies::All))
                .expect("a model");
            found.push((name, model));
        }
    }
    found
}

fn normal(seed: u64, n: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed, n as u64, 77);
    (0..n).map(|_| stream.next_normal()).collect()
}

struct Case {
    arrays: Arrays,
    scalar: ScalarProgram,
    x: Vec<f64>,
    theta: Vec<f64>,
    v: Vec<f64>,
    w: Vec<f64>,
    c: Vec<f64>,
}

fn case(model: &Model, seed: u64) -> Case {
    let files = data::constants(model).expect("constants");
    let inputs = Inputs::random(model, seed, 0);
    let arrays = Arrays::new(model, &files).expect("arrays").with(&inputs);
    let scalar = ScalarProgram::lower(model, &arrays).expect("a scalar program");
    let d = scalar.parameters();
    let c = normal(seed + 3, scalar.outputs());
    Case {
        arrays,
        x: inputs.flat,
        theta: normal(seed, d),
        v: normal(seed + 1, d),
        w: normal(seed + 2, d),
        c,
        scalar,
    }
}

/// The expected results of a task, by the scalar program.
fn expected(case: &Case, model: &Model, task: Task) -> Vec<Vec<f64>> {
    let p = &case.scalar;
    let (t, x) = (&case.theta[..], &case.x[..]);
    let divisor = model.loss_divisor(1);
    let scaled = |v: Vec<f64>| v.iter().map(|x| x / divisor).collect::<Vec<f64>>();
    let rows = || p.jacobian(t, x).expect("J");
    let along = |v: &[f64]| {
        rows()
            .iter()
            .map(|r| r.iter().zip(v).map(|(a, b)| a * b).sum())
            .collect::<Vec<f64>>()
    };
    match task {
        Task::Value => vec![p.value(t, x).expect("F")],
        Task::Loss => vec![scaled(vec![p.loss(t, x).expect("L")])],
        Task::LossGradient => vec![
            scaled(vec![p.loss(t, x).expect("L")]),
            scaled(p.loss_gradient(t, x).expect("∇L")),
        ],
        Task::Gradient => vec![scaled(p.loss_gradient(t, x).expect("∇L"))],
        // One sample, and its weight is the first number of the cotangent.
        Task::WeightedGradient => vec![
            p.loss_gradient(t, x)
                .expect("∇L")
                .iter()
                .map(|g| case.c[0] * g / divisor)
                .collect(),
        ],
        Task::Jvp => vec![p.value(t, x).expect("F"), along(&case.v)],
        Task::Vjp => vec![
            p.value(t, x).expect("F"),
            p.vjp(t, x, &case.c).expect("Jᵀc"),
        ],
        // The gradient of the scalar program over dual numbers.
        Task::VjpAlong | Task::WeightedGradientAlong => {
            let n = |x: &f64| Nilpotent::number(*x);
            let numbers = |v: &[f64]| v.iter().map(n).collect::<Vec<_>>();
            let moved: Vec<_> = t
                .iter()
                .zip(&case.v)
                .map(|(t, v)| n(t).moved(&n(v)))
                .collect();
            let (found, weight) = match task {
                Task::VjpAlong => (p.vjp(&moved, &numbers(x), &numbers(&case.c)), 1.0),
                _ => (p.loss_gradient(&moved, &numbers(x)), case.c[0] / divisor),
            };
            let slope = |g: &Nilpotent<f64>| weight * g.derivative(1).value();
            vec![found.expect("a gradient").iter().map(slope).collect()]
        }
        Task::Jacobian => vec![rows().concat()],
        Task::SecondDerivative => {
            let n = |x: &f64| Nilpotent::number(*x);
            let moved: Vec<_> = t
                .iter()
                .zip(&case.v)
                .zip(&case.w)
                .map(|((t, v), w)| n(t).moved(&n(v)).moved(&n(w)))
                .collect();
            let f = p
                .value(&moved, &x.iter().map(n).collect::<Vec<_>>())
                .expect("F");
            vec![
                f.iter()
                    .map(|y| *y.derivative(2).derivative(1).value())
                    .collect(),
            ]
        }
    }
}

const TASKS: [Task; 11] = [
    Task::Value,
    Task::Loss,
    Task::LossGradient,
    Task::Gradient,
    Task::WeightedGradient,
    Task::Jvp,
    Task::Vjp,
    Task::VjpAlong,
    Task::WeightedGradientAlong,
    Task::Jacobian,
    Task::SecondDerivative,
];

/// Replicas that run in one go.
const WIDE: usize = 48;

/// Runs a task in a layout; with replicas, replica `r` is at θ and the others elsewhere.
fn found<T: Real + std::ops::AddAssign>(
    case: &Case,
    model: &Model,
    task: Task,
    replicas: Option<(usize, usize)>,
) -> Vec<Vec<f64>> {
    // More than a vector at once where that is a whole number of them.
    let layout = replicas.map_or(Layout::Single, |(n, _)| match n {
        WIDE => Layout::Wide(n),
        n => Layout::Replicas(n),
    });
    let program =
        Program::<T>::compile(model, &case.arrays, Options::new(task, layout)).expect("a program");
    let spread = |v: &[f64]| -> Vec<T> {
        match replicas {
            None => v.iter().map(|x| T::from_f64(*x)).collect(),
            Some((n, r)) => v
                .iter()
                .flat_map(|x| {
                    (0..n).map(move |k| T::from_f64(if k == r { *x } else { 0.7 * x + 0.1 }))
                })
                .collect(),
        }
    };
    let x: Vec<T> = case.x.iter().map(|x| T::from_f64(*x)).collect();
    let (theta, v, w, c) = (
        spread(&case.theta),
        spread(&case.v),
        spread(&case.w),
        spread(&case.c),
    );
    let mut workspace = program.workspace();
    let mut results: Vec<Vec<T>> = (0..2)
        .map(|k| vec![T::ZERO; program.result_len(k)])
        .collect();
    // Twice: a run must not depend on what an earlier one left behind.
    for _ in 0..2 {
        let arguments = Arguments {
            directions: &[&v, &w],
            cotangent: &c,
            ..Arguments::at(&theta, &x)
        };
        let mut into: Vec<&mut [T]> = results.iter_mut().map(|r| &mut r[..]).collect();
        program.run(&mut workspace, &arguments, &mut into);
    }
    let (n, r) = replicas.unwrap_or((1, 0));
    let own = |all: &Vec<T>| all.iter().skip(r).step_by(n).map(|x| x.to_f64()).collect();
    results
        .iter()
        .filter(|all| !all.is_empty())
        .map(own)
        .collect()
}

/// Names of what fails, so that one run says all.
fn none_fails(failures: Vec<String>) {
    assert!(failures.is_empty(), "{failures:#?}");
}

fn differs(found: &[Vec<f64>], expected: &[Vec<f64>], accepted: f64) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} results", found.len()));
    }
    for (f, e) in found.iter().zip(expected) {
        if f.len() != e.len() {
            return Some(format!("{} numbers, expected {}", f.len(), e.len()));
        }
        let size = e.iter().fold(1e-3_f64, |s, x| s.max(x.abs()));
        for (k, (f, e)) in f.iter().zip(e).enumerate() {
            let error = (f - e).abs();
            if error.is_nan() || error > accepted * size {
                return Some(format!("[{k}]: {f}, expected {e}"));
            }
        }
    }
    None
}

fn tasks(model: &Model, case: &Case) -> Vec<Task> {
    let wanted = |t: &Task| match t {
        Task::Loss
        | Task::LossGradient
        | Task::Gradient
        | Task::WeightedGradient
        | Task::WeightedGradientAlong => model.loss.is_some(),
        // The scalar oracle writes out m·d numbers.
        Task::Jacobian => case.scalar.outputs() * case.theta.len() < 100_000,
        _ => true,
    };
    TASKS.into_iter().filter(wanted).collect()
}

#[test]
fn every_task_on_every_model_in_double_precision() {
    let mut failures = Vec::new();
    for (name, model) in models() {
        let case = case(&model, 5);
        for task in tasks(&model, &case) {
            let expected = expected(&case, &model, task);
            for replicas in [None, Some((3, 1))] {
                let found = found::<f64>(&case, &model, task, replicas);
                let difference = differs(&found, &expected, 1e-11);
                failures.extend(difference.map(|d| format!("{name} {task:?} {replicas:?} {d}")));
            }
        }
    }
    none_fails(failures);
}

#[test]
fn single_precision() {
    let mut failures = Vec::new();
    for (name, model) in models() {
        let case = case(&model, 6);
        for task in [Task::Value, Task::Vjp] {
            let expected = expected(&case, &model, task);
            let found = found::<f32>(&case, &model, task, None);
            let difference = differs(&found, &expected, 2e-4);
            failures.extend(difference.map(|d| format!("{name} {task:?} {d}")));
        }
    }
    none_fails(failures);
}

#[test]
fn a_replica_has_the_bits_of_a_single_run() {
    let mut failures = Vec::new();
    for (name, model) in models() {
        let case = case(&model, 7);
        for task in tasks(&model, &case) {
            let single = found::<f64>(&case, &model, task, None);
            for (n, r) in [(1, 0), (5, 4), (16, 9), (19, 18), (WIDE, 37)] {
                let replica = found::<f64>(&case, &model, task, Some((n, r)));
                let difference = differs(&replica, &single, 0.0);
                failures.extend(difference.map(|d| format!("{name} {task:?} of {n} {d}")));
            }
            let single = found::<f32>(&case, &model, task, None);
            for (n, r) in [(17, 15), (WIDE, 30)] {
                let replica = found::<f32>(&case, &model, task, Some((n, r)));
                let difference = differs(&replica, &single, 0.0);
                failures.extend(difference.map(|d| format!("{name} {task:?} of {n} in f32 {d}")));
            }
        }
    }
    none_fails(failures);
}

#[test]
fn a_sum_over_equal_numbers_counts_them() {
    let mut g = super::graph::Graph::default();
    let (i, j) = (g.dim(3), g.dim(4));
    let two = g.number(2.0);
    let spread = g.contract(&[two], &[i, j]);
    let sum = g.contract(&[spread], &[j]);
    let total = g.contract(&[sum], &[]);
    assert_eq!(g.as_number(total), Some(24.0));
}

/// Σ_i c_i ∇L_i over samples, by the scalar program sample by sample; the twin leaves the weights out.
#[test]
fn weights_of_samples() {
    let mut tested = 0;
    for (name, model) in models() {
        let case = case(&model, 9);
        if model.loss.is_none() || model.batch.is_some() || case.x.is_empty() {
            continue;
        }
        let c = normal(4, 3);
        let samples: Vec<Vec<f64>> = (0..3).map(|k| Inputs::random(&model, 9, k).flat).collect();
        let options = Options {
            samples: 3,
            ..Options::new(Task::WeightedGradient, Layout::Single)
        };
        let program = Program::<f64>::compile(&model, &case.arrays, options).expect("a program");
        let (x, mut found) = (samples.concat(), vec![0.0; case.theta.len()]);
        let arguments = Arguments {
            cotangent: &c,
            ..Arguments::at(&case.theta, &x)
        };
        program.run(&mut program.workspace(), &arguments, &mut [&mut found]);
        let sum = |c: &[f64]| {
            let mut sum = vec![0.0; found.len()];
            for (x, c) in samples.iter().zip(c) {
                let own = case.scalar.loss_gradient(&case.theta, x).expect("∇L");
                let divisor = model.loss_divisor(3);
                sum.iter_mut()
                    .zip(own)
                    .for_each(|(s, g)| *s += c * g / divisor);
            }
            sum
        };
        let found = [found.clone()];
        assert_eq!(differs(&found, &[sum(&c)], 1e-10), None, "{name}");
        let moves = sum(&c).iter().any(|g| g.abs() > 1e-3);
        assert!(!moves || differs(&found, &[sum(&[1.0; 3])], 1e-3).is_some());
        tested += 1;
    }
    assert!(tested > 3, "{tested} models have samples");
}

/// Some steps of descent by run() and dense arrays, and in place: θ after them.
fn descents<T: Real + std::ops::AddAssign>(
    case: &Case,
    model: &Model,
    task: Task,
    layout: Layout,
) -> [Vec<f64>; 2] {
    let n = match layout {
        Layout::Single => 1,
        Layout::Replicas(n) | Layout::Wide(n) => n,
    };
    let rate = T::from_f64(-1e-3);
    let step = |theta: &mut [T], gradient: &[T]| {
        for (x, g) in theta.iter_mut().zip(gradient) {
            *x += rate * *g;
        }
    };
    let compiled = Program::<T>::compile(model, &case.arrays, Options::new(task, layout));
    let program = compiled.expect("a program");
    let mut theta: Vec<T> = normal(3, case.theta.len() * n)
        .into_iter()
        .map(|x| T::from_f64(0.3 * x))
        .collect();
    let x: Vec<T> = case.x.iter().map(|x| T::from_f64(*x)).collect();
    let mut workspace = program.workspace();
    program.put_theta(&mut workspace, &theta);
    program.put_inputs(&mut workspace, &x);
    let (mut loss, mut gradient) = (vec![T::ZERO; n], vec![T::ZERO; theta.len()]);
    let mut arena = program.workspace();
    for _ in 0..4 {
        let arguments = Arguments::at(&theta, &x);
        let mut results: Vec<&mut [T]> = vec![&mut gradient];
        if task == Task::LossGradient {
            results.insert(0, &mut loss);
        }
        program.run(&mut arena, &arguments, &mut results);
        step(&mut theta, &gradient);
        program.execute(&mut workspace);
        let state = program.state(&mut workspace);
        assert_eq!(state.theta.len(), state.gradient.len());
        step(state.theta, state.gradient);
    }
    let mut taken = vec![T::ZERO; theta.len()];
    program.take_theta(&workspace, &mut taken);
    let by_position = program.positions().to_vec();
    let state = program.state(&mut workspace);
    assert_eq!(by_position.len(), taken.len());
    for (x, p) in taken.iter().zip(&by_position) {
        assert_eq!(
            x.to_f64().to_bits(),
            state.theta[*p as usize].to_f64().to_bits()
        );
    }
    // Padding stays zero.
    let entries: std::collections::HashSet<u32> = by_position.into_iter().collect();
    for (k, x) in state.theta.iter().enumerate() {
        assert!(entries.contains(&(k as u32)) || x.to_f64() == 0.0);
    }
    [theta, taken].map(|v| v.iter().map(|x| x.to_f64()).collect())
}

#[test]
fn descent_in_place_has_the_bits_of_descent_by_runs() {
    let mut failures = Vec::new();
    for (name, model) in models().into_iter().filter(|m| m.1.loss.is_some()) {
        let case = case(&model, 8);
        for layout in [Layout::Single, Layout::Replicas(8), Layout::Replicas(5)] {
            for task in [Task::Gradient, Task::LossGradient] {
                for [dense, place] in [
                    descents::<f64>(&case, &model, task, layout),
                    descents::<f32>(&case, &model, task, layout),
                ] {
                    let difference = differs(&[place], &[dense], 0.0);
                    failures.extend(difference.map(|d| format!("{name} {layout:?} {d}")));
                }
            }
        }
    }
    none_fails(failures);
}
