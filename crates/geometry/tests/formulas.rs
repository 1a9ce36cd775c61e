//! Formulas of structures: the gradient is the slope of the value, and the text, evaluated by hand, is the value.

use symbias_geometry::discover::structural::factors;
use symbias_geometry::formula::Formula;
use symbias_geometry::orbit::formula::of_factors;
use symbias_geometry::structure::{Least, Shares, Structure, components, joined, parts};
use symbias_model::Model;
use symbias_model::catalogue;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

/// Parameters of a model whose slopes are taken, at most.
const SMALL: usize = 200;
/// Step of a difference quotient, and the error of its extrapolation relative to the slope's size.
const STEP: f64 = 1e-3;
const ACCEPTED: f64 = 1e-7;

fn checked(text: &str) -> Model {
    let source = SourceFile::parse(text, None).expect("a model file");
    source.check(Copies::All).expect("a model")
}

fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut x = vec![0.0; n];
    Stream::new(seed, 0, 5).fill_normal(&mut x);
    x
}

const LAWS: [Shares; 4] = [
    shares(0.0, -1.0, false),
    shares(1.0, -1.0, false),
    shares(-1.0, -1.0, true),
    shares(0.0, 0.0, false),
];

const fn shares(symmetric: f64, compact: f64, ratios: bool) -> Shares {
    Shares {
        symmetric,
        compact,
        ratios,
    }
}

/// All that a structure says in formulas.
fn said(part: &dyn Structure, model: &Model) -> Vec<Formula> {
    let mut all: Vec<Formula> = LAWS.iter().filter_map(|l| part.law(model, *l)).collect();
    all.extend(part.tempered(model, 1.7));
    all.extend(part.volume(model));
    if let Least::Is(formula) = part.least_norm(model) {
        all.push(formula);
    }
    all
}

/// The derivative along v by central differences of second and fourth order; their difference says how good it is.
fn slope(formula: &Formula, theta: &[f64], v: &[f64]) -> Option<f64> {
    let at = |t: f64| {
        let moved: Vec<f64> = theta.iter().zip(v).map(|(x, d)| x + t * d).collect();
        formula.value(&moved)
    };
    let central = |h: f64| Some((at(h)? - at(-h)?) / (2.0 * h));
    Some((4.0 * central(STEP / 2.0)? - central(STEP)?) / 3.0)
}

#[test]
fn gradients_are_slopes_of_values() {
    let mut tried = 0;
    for known in catalogue::all() {
        let model = checked(known.text);
        if model.space().dim() > SMALL {
            continue;
        }
        let theta = normals(3, model.space().dim());
        let v = normals(4, theta.len());
        let found = factors(&model);
        for component in components(&found, |_| true) {
            for part in parts(&model, &component).into_iter().flatten() {
                for formula in said(&*part, &model) {
                    let Some(gradient) = formula.gradient(&theta) else {
                        continue;
                    };
                    let dot: f64 = gradient.iter().zip(&v).map(|(g, d)| g * d).sum();
                    let name = format!("{}: {}", known.name, formula.text());
                    let expected = slope(&formula, &theta, &v).expect("a value");
                    let size: f64 = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
                    let near = |x: f64| (x - expected).abs() <= ACCEPTED * (1.0 + 10.0 * size);
                    assert!(near(dot), "{name}: {dot}, by differences {expected}");
                    // The twin: a thousandth more.
                    if dot.abs() > 1e-2 * size && size > 1.0 {
                        assert!(!near(1.001 * dot), "{name}: differences have no power");
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 60, "{tried} formulas were tried");
}

/// The text of a law or norm, and what it says at θ, written out by hand.
struct Said {
    text: &'static str,
    latex: &'static str,
    value: fn(&[f64]) -> f64,
}

fn agrees(formula: &Formula, theta: &[f64], said: &Said) {
    assert_eq!(formula.text(), said.text);
    assert_eq!(formula.latex(), said.latex);
    let (found, expected) = (formula.value(theta).expect("a value"), (said.value)(theta));
    assert!(
        (found - expected).abs() < 1e-12 * (1.0 + expected.abs()),
        "{}: {found}, by hand {expected}",
        said.text
    );
}

const PAIRS: &str = "symbias = 1\noutputs = [\"w\"]\naxes = { i = 3 }\nprogram = \"w[i] = u[i] * v[i]\"\n\
                     parameters = { u = [\"i\"], v = [\"i\"] }\n";

#[test]
fn what_is_printed_is_the_number_with_its_constants() {
    let model = checked(PAIRS);
    let (found, theta) = (factors(&model), normals(9, 6));
    let law = |l: Shares| joined(&model, &found, |p| p.law(&model, l)).expect("a law");
    agrees(
        &law(LAWS[3]),
        &theta,
        &Said {
            text: "(1/2) sum_i log(2 |u[i]| |v[i]|)",
            latex: "\\tfrac12 \\sum_{i} \\log(2 \\lvert u_{i} \\rvert \\lvert v_{i} \\rvert)",
            value: |x| {
                (0..3)
                    .map(|i| (2.0 * (x[i] * x[i + 3]).abs()).ln() / 2.0)
                    .sum()
            },
        },
    );
    let least = joined(&model, &found, |p| match p.least_norm(&model) {
        Least::Is(formula) => Some(formula),
        _ => None,
    });
    agrees(
        &least.expect("a least norm"),
        &theta,
        &Said {
            text: "sum_i |u[i]| |v[i]|",
            latex: "\\sum_{i} \\lvert u_{i} \\rvert \\lvert v_{i} \\rvert",
            value: |x| (0..3).map(|i| (x[i] * x[i + 3]).abs()).sum(),
        },
    );
    agrees(
        &of_factors(&model, &found).expect("a volume"),
        &theta,
        &Said {
            text: "prod_i (u[i]^2 + v[i]^2)",
            latex: "\\prod_{i} \\bigl(u_{i}^2 + v_{i}^2\\bigr)",
            value: |x| (0..3).map(|i| x[i].powi(2) + x[i + 3].powi(2)).product(),
        },
    );
    let tempered = joined(&model, &found, |p| p.tempered(&model, 0.5)).expect("a law");
    agrees(
        &tempered,
        &theta,
        &Said {
            text: "sum_i [-log K_0(t/2), t = |u[i]| |v[i]|]",
            latex: "\\sum_{i} \\bigl[-\\log K_{0}(\\tfrac12 t),\\ t = \\lvert u_{i} \\rvert \\lvert v_{i} \\rvert\\bigr]",
            value: |x| {
                let term = |i: usize| -bessel_k0((x[i] * x[i + 3]).abs() / 2.0).ln();
                (0..3).map(term).sum()
            },
        },
    );
}

/// K₀ by its integral ∫₀^∞ e^{−x cosh t} dt on a fine grid.
fn bessel_k0(x: f64) -> f64 {
    let h = 1.0 / 64.0;
    let terms = (1..2000).map(|k| (-x * (f64::from(k) * h).cosh()).exp());
    h * ((-x).exp() / 2.0 + terms.sum::<f64>())
}

/// The law of a 2 × 2 product has both singular values under one root: s₁s₂ = |det W|, (s₁ + s₂)² = ‖W‖² + 2|det W|.
#[test]
fn sums_over_singular_values_are_those_of_the_matrix() {
    let model = checked(
        "symbias = 1\noutputs = [\"w\"]\naxes = { i = 2, j = 2, k = 2 }\n\
         program = \"w[i,j] = P[i,k] * Q[k,j]\"\nparameters = { P = [\"i\", \"k\"], Q = [\"k\", \"j\"] }\n",
    );
    let (found, theta) = (factors(&model), normals(11, 8));
    let law = joined(&model, &found, |p| p.law(&model, LAWS[1])).expect("a law");
    agrees(
        &law,
        &theta,
        &Said {
            text: "sum_i log(2 s_i) + sum_(i<j) log(s_i + s_j), s = singular values of P Q",
            latex: "\\sum_{i} \\log(2 s_i) + \\sum_{i<j} \\log(s_i + s_j),\\ s = \\sigma(P Q)",
            value: |x| {
                let (p, q) = (&x[..4], &x[4..]);
                let w = |i: usize, j: usize| p[2 * i] * q[j] + p[2 * i + 1] * q[2 + j];
                let det = (w(0, 0) * w(1, 1) - w(0, 1) * w(1, 0)).abs();
                let norm: f64 = (0..4).map(|k| w(k / 2, k % 2).powi(2)).sum();
                (4.0 * det).ln() + (norm + 2.0 * det).ln() / 2.0
            },
        },
    );
    let volume = of_factors(&model, &found).expect("a volume");
    let (value, log) = (volume.value(&theta), volume.log_value(&theta));
    let (value, log) = (value.expect("a value"), log.expect("a logarithm"));
    assert!((value.ln() - log).abs() < 1e-12, "{value} and e^{log}");
}
