//! Closed forms of the regulariser against a minimisation of ½‖θ‖² along the orbit that knows no
//! formula: Newton steps in the algebra, applied by exponentials of the generators.

use std::path::Path;
use symbias_bias::decay::decay;
use symbias_geometry::charge::moment::symmetric_part;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::dense::{Matrix, least_squares};
use symbias_numerics::random::Stream;

fn half_norm(theta: &[f64]) -> f64 {
    theta.iter().map(|x| x * x).sum::<f64>() / 2.0
}

/// exp(Σ x_a ξ_a)θ by Taylor's series in small steps.
fn moved(fields: &[AffineField], x: &[f64], theta: &[f64]) -> Vec<f64> {
    let steps = 64;
    let mut at = theta.to_vec();
    for _ in 0..steps {
        let apply = |v: &[f64], affine: bool| -> Vec<f64> {
            let mut out = vec![0.0; v.len()];
            for (field, c) in fields.iter().zip(x) {
                let linear = AffineField {
                    linear: field.linear.clone(),
                    constant: Vec::new(),
                };
                if affine {
                    field.add_at(v, *c, &mut out)
                } else {
                    linear.add_at(v, *c, &mut out)
                }
            }
            out
        };
        let (mut term, mut factor, mut next) =
            (apply(&at, true), 1.0 / f64::from(steps), at.clone());
        for k in 2..18 {
            next.iter_mut()
                .zip(&term)
                .for_each(|(n, t)| *n += factor * t);
            term = apply(&term, false);
            factor /= f64::from(steps) * f64::from(k);
        }
        at = next;
    }
    at
}

/// The infimum of ½‖·‖² on the orbit of θ under the symmetric generators and translations.
fn minimum(fields: &[AffineField], theta: &[f64]) -> f64 {
    let mut at = theta.to_vec();
    for _ in 0..200 {
        let values: Vec<Vec<f64>> = fields.iter().map(|f| f.at(&at)).collect();
        let gradient: Vec<f64> = values
            .iter()
            .map(|v| v.iter().zip(&at).map(|(a, b)| a * b).sum())
            .collect();
        let size = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if size < 1e-12 {
            break;
        }
        // The Hessian of ½‖exp(X)θ‖² is twice the Gram matrix for linear symmetric fields; half of
        // that is safe and exact for translations.
        let n = fields.len();
        let gram = Matrix::from_fn(n, n, |i, j| {
            let dot: f64 = values[i].iter().zip(&values[j]).map(|(a, b)| a * b).sum();
            dot * if fields[i].constant.is_empty() {
                2.0
            } else {
                1.0
            } + if i == j { 1e-14 } else { 0.0 }
        });
        let b = Matrix::from_fn(n, 1, |i, _| -gradient[i]);
        let step = least_squares(&gram, &b).expect("a step").column(0);
        let length = step.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut scale = 1.0_f64.min(1.0 / length);
        while scale > 1e-9 {
            let x: Vec<f64> = step.iter().map(|s| s * scale).collect();
            let next = moved(fields, &x, &at);
            if half_norm(&next) <= half_norm(&at) {
                at = next;
                break;
            }
            scale /= 2.0;
        }
        if scale <= 1e-9 {
            break;
        }
    }
    half_norm(&at)
}

fn model(name: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models")
        .join(name)
        .with_extension("toml");
    SourceFile::read(&path)
        .and_then(|s| s.check(Copies::All))
        .expect("a model")
}

#[test]
fn closed_forms_are_the_minimum_over_the_orbit() {
    let names = [
        "shallow_relu_bias",
        "hadamard_depth3",
        "hadamard_depth4",
        "groups",
        "cp",
        "cp4",
        "homogeneous_unit",
        "leaky_relu",
        "factorization",
        "lora",
        "attention",
        "attention_gqa",
        "attention_rope",
        "deep_linear",
        "softmax_regression",
        "gram",
        "conv_channels",
        "swiglu",
        "key_bias",
    ];
    for name in names {
        let model = model(name);
        let found = factors(&model);
        let d = model.space().dim();
        let mut stream = Stream::new(8, 0, 0);
        let theta: Vec<f64> = (0..d).map(|_| stream.next_normal()).collect();
        let bias = decay(&model, &found, Some(&theta));
        let value = bias
            .by_formula
            .unwrap_or_else(|| panic!("{name}: {bias:?}"));
        let mut fields = Vec::new();
        for factor in &found {
            fields.extend(symmetric_part(&factor.generators(&model), d).expect("a basis"));
        }
        let expected = minimum(&fields, &theta);
        assert!(
            (value - expected).abs() <= 1e-8 * expected,
            "{name}: {value}, minimum {expected}"
        );
        // The twin: without the orbit there is more to pay.
        if !fields.is_empty() {
            assert!(half_norm(&theta) > value * (1.0 + 1e-6), "{name}");
        }
    }
}

#[test]
fn what_only_shrinks_has_no_minimum() {
    for name in ["scale_invariant", "weight_norm", "batchnorm"] {
        let model = model(name);
        let bias = decay(&model, &factors(&model), None);
        assert!(!bias.exists, "{name}: {bias:?}");
    }
}

#[test]
fn coupled_scalings_are_left_without_a_formula() {
    for name in ["deep_relu", "tucker", "value_bias"] {
        let model = model(name);
        let bias = decay(&model, &factors(&model), None);
        assert!(bias.exists && bias.formula.is_none(), "{name}: {bias:?}");
    }
}
