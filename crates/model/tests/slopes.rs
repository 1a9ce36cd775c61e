//! Derivatives of every operation by slope over decades: the error of a central difference falls
//! with the square of its step until rounding, for both programs, at generic points and near
//! kinks and singularities.

use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::Stream;

/// What is evaluated for one matrix of parameters a[i,j], 3 × 4, and b[j].
const OPERATIONS: &[&str] = &[
    "relu(a[i,j])",
    "leaky_relu(a[i,j], 0.3)",
    "abs(a[i,j])",
    "square(a[i,j])",
    "a[i,j]^3",
    "a[i,j]^-2",
    "(a[i,j]^2)^0.7",
    "(a[i,j]^2)^(b[j]^2)",
    "exp(a[i,j])",
    "log(a[i,j]^2)",
    "sqrt(a[i,j]^2 + 0.1)",
    "tanh(a[i,j])",
    "sigmoid(a[i,j])",
    "gelu(a[i,j])",
    "gelu_tanh(a[i,j])",
    "silu(a[i,j])",
    "sin(a[i,j])",
    "cos(a[i,j])",
    "sign(a[i,j]) * a[i,j]^2",
    "erf(a[i,j])",
    "max(a[i,j], b[j])",
    "min(a[i,j], a[i,j]^2 * b[j])",
    "cube_root(a[i,j])",
    "stretched(a[i,j])",
    "grown(a[i,j])",
    "bell(a[i,j]) * b[j]",
    "rooted(a[i,j]^2)",
    "a[i,j] / (b[j] + 3)",
    "a[i,j] * b[j] - 2 * a[i,j]",
    "softmax[j](a[i,j])",
    "log_softmax[j](a[i,j])",
    "softmax[i,j](a[i,j])",
    "softmax[j](where(pos(j) <= pos(i), a[i,j], -inf))",
    "cumsum[j](a[i,j])",
    "normalize[j](a[i,j])",
    "rmsnorm[j](a[i,j], eps = 0.1)",
    "layernorm[j](a[i,j])",
    "standardize[i](a[i,j])",
    "rope[j](a[i,j], pos(i), base = 30)",
    "rope[j](a[i,j], pos(i), layout = \"pairs\")",
    "zero(a[i,j-1]) * a[i,(j+1)%4]",
    "where(pos(i) == pos(j), a[i,j]^2, b[j])",
    "sum[k](a[i,k]) * b[j]",
    "mean[k](a[i,k]^2) * b[j]",
    "max[k](a[i,k]) * b[j]",
    "logsumexp[k](a[i,k]) * b[j]",
    "norm[k](a[i,k]) * b[j]",
    "a[i,k] * M[k,j]",
    "abs2(z[i] * a[i,j] + conj(z[i]) * b[j])",
    "re(z[i] / (z[i] + 2)) * a[i,j] + im(z[i] * z[i])",
    "abs(z[i]) * a[i,j]",
    "a[i,j]^5",
    "a[i,j]^pos(j)",
    "a[i,j]^(pos(j)-1)",
    "a[i,j]^-pos(i) * b[j]",
    "a[i,j]^(2*pos(j)+size(i))",
    "a[i,j]^n[j]",
    "abs(a[i,j])^m[j]",
    "abs(a[i,j])^where(pos(j) == 1, b[j], 3)",
    "re(exp(z[i] * a[i,j])) + im(exp(z[i])) * b[j]",
    "abs(exp(z[i]) + a[i,j])",
    "re(z[i]^pos(j)) * a[i,j]",
    "im(z[i]^(pos(j)-2) * a[i,j])",
    "re(z[i]^-3) * a[i,j] + im(z[i]^17) * b[j]",
    "abs(z[i]^pos(j) * exp(a[i,j] * conj(z[i])))",
];

fn model(operation: &str) -> Model {
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ i = 3, j = 4, k = \"j\" }}\nprogram = '''\ny[i,j] = {operation} + 0 * a[i,j] + 0 * b[j] + 0 * abs2(z[i])\n'''\n\
         parameters = {{ a = [\"i\",\"j\"], b = [\"j\"], z = {{ axes = [\"i\"], field = \"complex\" }} }}\n\
         [constants]\nM = {{ axes = [\"j\",\"k\"], law = \"normal\", seed = 4 }}\n\
         n = {{ axes = [\"j\"], values = [3, 0, -1, 2] }}\nm = {{ axes = [\"j\"], values = [0.5, 2, -1.5, 0] }}\n\
         [profiles]\n\
         cube_root = {{ inverse = \"z + z^3\" }}\n\
         stretched = {{ inverse = \"sign(z) * abs(z)^0.6\" }}\n\
         grown = {{ inverse = \"log(1 + z/0.1)\" }}\n\
         bell = {{ integral = \"exp(-z^2)\", from = 0.3 }}\n\
         rooted = {{ integral = \"z^-0.5\", from = 0 }}\n"
    );
    SourceFile::parse(&text, None)
        .and_then(|s| s.check(Copies::All))
        .unwrap_or_else(|e| panic!("{e}"))
}

/// Which program answers.
trait Oracle {
    fn value(&self, theta: &[f64]) -> Vec<f64>;
    fn along(&self, theta: &[f64], v: &[f64]) -> Vec<f64>;
}

struct ByScalars(ScalarProgram);

impl Oracle for ByScalars {
    fn value(&self, theta: &[f64]) -> Vec<f64> {
        self.0.value(theta, &[]).expect("a value")
    }

    fn along(&self, theta: &[f64], v: &[f64]) -> Vec<f64> {
        let rows = self.0.jacobian(theta, &[]).expect("J");
        rows.iter()
            .map(|r| r.iter().zip(v).map(|(a, b)| a * b).sum())
            .collect()
    }
}

struct ByLanes(Program<f64>);

impl ByLanes {
    fn run(&self, theta: &[f64], v: &[f64], result: usize) -> Vec<f64> {
        let mut results = [
            vec![0.0; self.0.result_len(0)],
            vec![0.0; self.0.result_len(1)],
        ];
        let [f, jv] = &mut results;
        let arguments = Arguments {
            directions: &[v],
            ..Arguments::at(theta, &[])
        };
        self.0
            .run(&mut self.0.workspace(), &arguments, &mut [f, jv]);
        results[result].clone()
    }
}

impl Oracle for ByLanes {
    fn value(&self, theta: &[f64]) -> Vec<f64> {
        self.run(theta, &vec![0.0; theta.len()], 0)
    }

    fn along(&self, theta: &[f64], v: &[f64]) -> Vec<f64> {
        self.run(theta, v, 1)
    }
}

fn oracles(model: &Model) -> Vec<(&'static str, Box<dyn Oracle>)> {
    let arrays = Arrays::new(model, &Default::default()).expect("arrays");
    let scalar = ScalarProgram::lower(model, &arrays).expect("a scalar program");
    let lanes = Program::compile(model, &arrays, Options::new(Task::Jvp, Layout::Single))
        .expect("a program");
    vec![
        ("scalars", Box::new(ByScalars(scalar))),
        ("lanes", Box::new(ByLanes(lanes))),
    ]
}

/// Errors of central differences of step 2^−4, 2^−5, … relative to the derivative.
fn errors(oracle: &dyn Oracle, theta: &[f64], v: &[f64], factor: f64) -> Vec<f64> {
    let exact: Vec<f64> = oracle.along(theta, v).iter().map(|x| x * factor).collect();
    let size = exact.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-3);
    (4..24)
        .map(|k| {
            let h = 0.5_f64.powi(k);
            let at =
                |s: f64| -> Vec<f64> { theta.iter().zip(v).map(|(t, v)| t + s * h * v).collect() };
            let (plus, minus) = (oracle.value(&at(1.0)), oracle.value(&at(-1.0)));
            let squares = plus
                .iter()
                .zip(&minus)
                .zip(&exact)
                .map(|((p, m), e)| ((p - m) / (2.0 * h) - e).powi(2));
            squares.sum::<f64>().sqrt() / size
        })
        .collect()
}

/// Whether the errors fall with slope two until rounding takes over, or are rounding at once.
fn falls_with_the_square(errors: &[f64]) -> bool {
    let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
    let best = errors.iter().position(|e| *e == least).unwrap_or(0);
    // Rounding is well below these: what is left is the error of the difference.
    let truncation = errors[..=best]
        .windows(2)
        .filter(|w| w[1] > 100.0 * least.max(1e-13));
    let slopes: Vec<f64> = truncation.map(|w| (w[0] / w[1]).log2()).collect();
    least < 1e-7 && slopes.iter().rev().take(3).all(|s| (s - 2.0).abs() < 0.3)
}

fn points(scale: f64) -> Vec<(Vec<f64>, Vec<f64>)> {
    (0..3)
        .map(|k| {
            let mut stream = Stream::new(20, k, 0);
            let theta = (0..22).map(|_| scale * stream.next_normal()).collect();
            let mut v: Vec<f64> = (0..22).map(|_| stream.next_normal()).collect();
            // Near a kink the direction is short, so that no step crosses it.
            v.iter_mut().for_each(|x| *x *= 0.02 * scale);
            (theta, v)
        })
        .collect()
}

#[test]
fn every_operation_by_slope() {
    for operation in OPERATIONS {
        let model = model(operation);
        for (name, oracle) in oracles(&model) {
            for (theta, v) in points(1.0) {
                let found = errors(oracle.as_ref(), &theta, &v, 1.0);
                assert!(
                    falls_with_the_square(&found),
                    "{operation} by {name}: {found:?}"
                );
                // The twin: a derivative that is wrong by a hundred-thousandth does not converge.
                let wrong = errors(oracle.as_ref(), &theta, &v, 1.0 + 1e-5);
                assert!(
                    !falls_with_the_square(&wrong),
                    "{operation} by {name}: {wrong:?}"
                );
            }
        }
    }
}

#[test]
fn near_kinks_and_singularities() {
    for operation in [
        "relu(a[i,j])",
        "abs(a[i,j])",
        "norm[k](a[i,k]) * b[j]",
        "normalize[j](a[i,j])",
        "log(a[i,j]^2)",
        "a[i,j]^-2",
        "rmsnorm[j](a[i,j])",
    ] {
        let model = model(operation);
        for (name, oracle) in oracles(&model) {
            for (theta, v) in points(1e-3) {
                let found = errors(oracle.as_ref(), &theta, &v, 1.0);
                let least = found.iter().copied().fold(f64::INFINITY, f64::min);
                assert!(least < 1e-6, "{operation} by {name}: {found:?}");
            }
        }
    }
}

#[test]
fn conventions_at_kinks() {
    // Derivative 0 at 0 (language §9).
    for operation in [
        "relu(a[i,j])",
        "abs(a[i,j])",
        "norm[k](a[i,k]) + 0 * b[j]",
        "leaky_relu(a[i,j], 0)",
        "sqrt(a[i,j])",
        "sign(a[i,j])",
        "rooted(a[i,j])",
        "a[i,j]^0.7",
        "a[i,j]^pos(j) * where(pos(j) == 1, 0, 1)",
        "abs(z[i]) + a[i,j]^2",
    ] {
        let model = model(operation);
        for (name, oracle) in oracles(&model) {
            let slope = oracle.along(&[0.0; 22], &[1.0; 22]);
            assert!(
                slope.iter().all(|x| *x == 0.0),
                "{operation} by {name}: {slope:?}"
            );
        }
    }
}
