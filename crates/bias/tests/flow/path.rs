//! Paths against gradient flow of all parameters: the fourth-order Runge–Kutta rule in θ, with the
//! gradient of the compiled model.

use super::common::{close, distance, leaf, model, normals, samples, task, written};
use symbias_bias::flow::{Mirror, Regression};
use symbias_model::Model;
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};
use symbias_model::scalar::{Arrays, Inputs};

/// ∇_θ L of a model over samples.
struct Descent {
    program: Program<f64>,
    workspace: Workspace<f64>,
    inputs: Vec<f64>,
}

impl Descent {
    fn of(model: &Model, data: &[Inputs]) -> Descent {
        let arrays = Arrays::new(model, &Default::default()).expect("constants");
        let mut options = Options::new(Task::LossGradient, Layout::Single);
        options.samples = data.len().max(1);
        let program = Program::compile(model, &arrays, options).expect("a program");
        Descent {
            workspace: program.workspace(),
            inputs: data.iter().flat_map(|s| s.flat.clone()).collect(),
            program,
        }
    }

    fn rate(&mut self, theta: &[f64]) -> Vec<f64> {
        let (mut loss, mut gradient) = ([0.0], vec![0.0; theta.len()]);
        self.program.run(
            &mut self.workspace,
            &Arguments::at(theta, &self.inputs),
            &mut [&mut loss, &mut gradient],
        );
        gradient.iter().map(|g| -g).collect()
    }

    fn flow(&mut self, theta: &[f64], time: f64, steps: usize) -> Vec<f64> {
        let h = time / steps as f64;
        let add = |x: &[f64], c: f64, y: &[f64]| -> Vec<f64> {
            x.iter().zip(y).map(|(x, y)| x + c * y).collect()
        };
        let mut at = theta.to_vec();
        for _ in 0..steps {
            let a = self.rate(&at);
            let b = self.rate(&add(&at, h / 2.0, &a));
            let c = self.rate(&add(&at, h / 2.0, &b));
            let d = self.rate(&add(&at, h, &c));
            for i in 0..at.len() {
                at[i] += h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]);
            }
        }
        at
    }
}

const MIXED: &str = r#"
symbias = 1
outputs = ["y"]
axes = { i = 5, j = 3 }
program = "y = u[i] * v[i] * s[i] * x[i] + a[j] * x2[j] + p * q"
parameters = { u = ["i"], v = ["i"], s = ["i"], a = ["j"], p = [], q = [] }
inputs = { x = ["i"], x2 = ["j"] }
loss = { kind = "mse", of = "y" }
"#;

fn agrees(model: &Model, data: &[Inputs], std: f64, seed: u64) {
    let theta = normals(seed, model.space().dim(), std);
    let (leaf, loss) = task(model, &theta, data);
    let times = [0.0, 0.3, 4.0];
    let path = leaf.mirror.flow_of(&loss, &times, 1e-11).expect("a path");
    let gradient = |w: &[f64]| loss.gradient(w).expect("a gradient");
    let explicit = leaf.mirror.flow(gradient, &times, 1e-11).expect("a path");
    assert!(path.is_complete() && explicit.is_complete());
    let twin = leaf.mirror.with_charges_times(10.0).expect("a leaf");
    let twin = twin.flow_of(&loss, &times, 1e-11).expect("a path");
    let mut descent = Descent::of(model, data);
    for (k, time) in times.iter().enumerate() {
        let trained = descent.flow(&theta, *time, 8000);
        let w = leaf.weights(&trained);
        for found in [&path, &explicit] {
            let error = distance(&found.weights[k], &w);
            assert!(error < 2e-9, "{} at {time}: {error:.1e}", model.name);
        }
        if *time > 0.0 {
            assert!(
                distance(&twin.weights[k], &w) > 1e-3,
                "{} at {time}",
                model.name
            );
        }
        // The lift is where descent ends, parameter by parameter.
        let lifted = leaf.lift(&path.weights[k]).expect("a point of the leaf");
        let error = distance(&lifted, &trained);
        assert!(
            error < 1e-8,
            "{} at {time}, lifted: {error:.1e}",
            model.name
        );
    }
}

#[test]
fn the_mirror_flow_is_gradient_flow_in_the_parameters() {
    let hadamard = model("hadamard");
    agrees(&hadamard, &samples(&hadamard, 7), 0.4, 1);
    let cube = model("hadamard_depth3");
    agrees(&cube, &samples(&cube, 1), 0.7, 2);
    let fourth = model("hadamard_depth4");
    agrees(&fourth, &samples(&fourth, 4), 0.8, 3);
    let mixed = written(MIXED);
    agrees(&mixed, &samples(&mixed, 6), 0.6, 4);
}

#[test]
fn a_balanced_start_stays_on_its_side() {
    let hadamard = model("hadamard");
    let data = samples(&hadamard, 7);
    let u = normals(5, 16, 0.3);
    let flipped = u
        .iter()
        .enumerate()
        .map(|(i, u)| if i % 3 == 0 { -u } else { *u });
    let theta: Vec<f64> = u.iter().copied().chain(flipped).collect();
    let (leaf, loss) = task(&hadamard, &theta, &data);
    assert!(!leaf.mirror.is_charged());
    let path = leaf.mirror.flow_of(&loss, &[3.0], 1e-11).expect("a path");
    let trained = Descent::of(&hadamard, &data).flow(&theta, 3.0, 4000);
    let error = distance(&path.weights[0], &leaf.weights(&trained));
    assert!(error < 2e-9, "{error:.1e}");
}

/// One weight, ℓ = (w − y)²: dw/dt = −2√(c² + 4w²)(w − y) has a solution by quadrature.
#[test]
fn one_weight_follows_the_closed_solution() {
    let (u, v, y) = (0.3_f64, -0.5_f64, 1.2);
    let mirror = Mirror::of(&[vec![u, v]]);
    let gradient = |w: &[f64]| vec![2.0 * (w[0] - y)];
    let path = mirror.flow(gradient, &[0.7], 1e-12).expect("a path");
    let (w, c) = (path.weights[0][0], (u * u - v * v).abs());
    // t = ∫ dw/(2 √(c² + 4w²) (y − w)), by the midpoint rule.
    let n = 2_000_000;
    let h = (w - u * v) / f64::from(n);
    let time: f64 = (0..n)
        .map(|i| {
            let x = u * v + (f64::from(i) + 0.5) * h;
            h / (2.0 * (c * c + 4.0 * x * x).sqrt() * (y - x))
        })
        .sum();
    close(time, 0.7, 1e-9);
}

#[test]
fn what_cannot_be_integrated_says_so() {
    let mirror = Mirror::of(&[vec![0.5, 1.0, 1.5]]);
    // Uphill, three factors run away in finite time.
    let path = mirror
        .flow(|w| vec![-w[0].abs() - 1.0], &[1.0, 100.0], 1e-9)
        .expect("a path");
    assert!(!path.is_complete() && path.weights.len() < 2);
    assert!(mirror.flow(|_| vec![0.0; 2], &[1.0], 1e-9).is_err());
    assert!(mirror.flow(|w| w.to_vec(), &[1.0, 0.5], 1e-9).is_err());
    assert!(mirror.with_charges_times(-1.0).is_err());
    let hadamard = model("hadamard");
    let theta = normals(1, 32, 1.0);
    let (_, loss) = task(&hadamard, &theta, &samples(&hadamard, 3));
    assert!(mirror.flow_of(&loss, &[1.0], 1e-9).is_err());
    assert!(mirror.selected(&loss).is_err());
    let lifted = leaf(&hadamard, &[vec![0.5; 16], vec![0.5; 16]].concat());
    assert!(lifted.lift(&[-1.0; 16]).is_err());
}

/// Stiff: condition 10¹², where an explicit scheme would need 10¹² steps.
#[test]
fn stiffness_does_not_shorten_steps() {
    let hadamard = model("hadamard");
    let mut data = samples(&hadamard, 5);
    data[0].flat.iter_mut().for_each(|x| *x *= 1e6);
    let theta = normals(1, 32, 0.4);
    let (leaf, loss): (_, Regression) = task(&hadamard, &theta, &data);
    let path = leaf.mirror.flow_of(&loss, &[1e4], 1e-10).expect("a path");
    assert!(path.is_complete() && path.steps < 2000, "{path:?}");
}

/// From small starts, where everything grows by orders of magnitude, the two schemes agree: one is
/// explicit in the coordinates of the leaf, one implicit in multipliers and by inversion of ∇Q.
#[test]
fn the_two_schemes_agree_from_small_starts() {
    let hadamard = model("hadamard");
    let data = samples(&hadamard, 6);
    let (_, loss) = task(&hadamard, &normals(1, 32, 1.0), &data);
    for (depth, std) in [
        (1, 1e-3),
        (2, 1e-1),
        (2, 1e-4),
        (2, 1e-8),
        (3, 0.2),
        (4, 0.4),
        (5, 0.7),
    ] {
        let theta = normals(8, 16 * depth, std);
        let factors: Vec<Vec<f64>> = theta.chunks(depth).map(<[f64]>::to_vec).collect();
        let mirror = Mirror::of(&factors);
        let gradient = |w: &[f64]| loss.gradient(w).expect("a gradient");
        let times = [2.0, 40.0];
        let explicit = mirror.flow(gradient, &times, 1e-11).expect("a path");
        let implicit = mirror.flow_of(&loss, &times, 1e-10).expect("a path");
        for (a, b) in explicit.weights.iter().zip(&implicit.weights) {
            assert!(
                distance(a, b) < 2e-9,
                "{depth} {std}: {:.1e}",
                distance(a, b)
            );
        }
        // A looser path is a worse one, and its error is what was asked for.
        let loose = mirror.flow_of(&loss, &times, 1e-6).expect("a path");
        let error = distance(&loose.weights[1], &explicit.weights[1]);
        assert!(
            error < 1e-4 && loose.steps < implicit.steps,
            "{depth} {std}: {error:.1e}"
        );
    }
}

/// A plain weight: w(t) = y + (w₀ − y)e^{−2t}.
#[test]
fn a_weight_of_its_own_relaxes_exponentially() {
    let text = "symbias = 1\noutputs = [\"y\"]\naxes = { i = 2 }\nprogram = \"y[i] = w[i]\"\n\
                parameters = { w = [\"i\"] }\nloss = { kind = \"mse\", of = \"y\", reduce = \"sum\" }\n";
    let model = written(text);
    let mut data = samples(&model, 1);
    data[0].flat = vec![2.0, -1.0];
    let (leaf, loss) = task(&model, &[0.5, 0.25], &data);
    let path = leaf.mirror.flow_of(&loss, &[0.6], 1e-12).expect("a path");
    let decay = (-1.2_f64).exp();
    close(path.weights[0][0], 2.0 - 1.5 * decay, 1e-11);
    close(path.weights[0][1], -1.0 + 1.25 * decay, 1e-11);
    assert_eq!(leaf.lift(&[3.0, 4.0]).expect("parameters"), [3.0, 4.0]);
}
