//! w(θ(w)) = w and no charge at θ(w), on the model files.

use super::common::{distance, model, normals, product, section};
use symbias_bias::quotient::Section;
use symbias_geometry::charge::moment::symmetric_part;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::Factor;
use symbias_geometry::metric::PredictorMap;
use symbias_model::Model;

/// θᵀAθ/2 + ⟨b, θ⟩ of every symmetric generator of the algebra, relative to ‖θ‖², from the generators alone: the
/// oracle knows neither structures nor balanced points.
fn largest_charge(model: &Model, found: &[Factor], theta: &[f64]) -> f64 {
    let size: f64 = theta.iter().map(|x| x * x).sum();
    let mut largest = 0.0_f64;
    for factor in found {
        for field in symmetric_part(&factor.generators(model), theta.len()).expect("a basis") {
            let moved: f64 = field
                .linear
                .iter()
                .map(|(i, j, x)| theta[*i] * x * theta[*j] / 2.0)
                .sum();
            let shift: f64 = field.constant.iter().map(|(i, x)| theta[*i] * x).sum();
            largest = largest.max((moved / size).abs() + (shift / size.sqrt()).abs());
        }
    }
    largest
}

#[test]
fn the_section_is_a_right_inverse_without_charges() {
    let names = [
        "hadamard",
        "hadamard_depth3",
        "hadamard_depth4",
        "groups",
        "cp",
        "cp4",
        "shallow_relu",
        "shallow_relu_bias",
        "leaky_relu",
        "homogeneous_unit",
        "swiglu",
        "conv_channels",
        "factorization",
        "factorization_square",
        "lora",
        "matrix_completion",
        "spectral",
        "total_variation",
        "attention",
        "attention_gqa",
        "gram",
        "quadratic_activation",
        "phase_retrieval",
        "deep_linear",
        "deep_linear_square",
        "softmax_regression",
        "key_bias",
    ];
    for name in names {
        let model = model(name);
        let found = factors(&model);
        let start = normals(5, model.space().dim());
        let section = Section::balanced(&model, &found, &start)
            .unwrap_or_else(|e| panic!("{name}: {}", e.message()));
        let w = section.weights(&start).expect("weights");
        let theta = section
            .lift(&w)
            .unwrap_or_else(|e| panic!("{name}: {}", e.message()));
        let error = distance(&section.weights(&theta).expect("weights"), &w);
        assert!(error < 1e-12, "{name}: w(θ(w)) − w = {error:.1e}");
        let charge = largest_charge(&model, &found, &theta);
        assert!(charge < 1e-12, "{name}: a charge of {charge:.1e}");
        // The twin: the start has the weights, and charges.
        let before = largest_charge(&model, &found, &start);
        assert!(
            before > 1e-3 || found.iter().all(|f| f.is_compact()),
            "{name}: {before:.1e}"
        );
    }
}

/// Any sign of w, for every depth.
#[test]
fn products_have_both_signs() {
    for depth in 2..=6 {
        let model = product(depth);
        let section = section(&model, 3);
        for w in [3.0, -2.0, 1e-9, -1e-200, 7e80] {
            let theta = section.lift(&[w]).expect("a lift");
            let found: f64 = theta.iter().product();
            assert!((found / w - 1.0).abs() < 1e-12, "{depth}, {w}: {found}");
            let expected = w.abs().powf(1.0 / depth as f64);
            assert!(
                theta
                    .iter()
                    .all(|t| (t.abs() / expected - 1.0).abs() < 1e-12)
            );
        }
        let zero = section.lift(&[0.0]).expect("a lift");
        assert!(zero.iter().all(|t| *t == 0.0));
    }
}

/// (v, W) and (−v, −W) have the same v ⊗ W and are different ReLU units: v keeps the sign of the start, whatever W does.
#[test]
fn a_relu_unit_stays_on_its_branch() {
    let model = model("shallow_relu");
    let found = factors(&model);
    let start = normals(6, model.space().dim());
    let section = Section::balanced(&model, &found, &start).expect("a section");
    let w: Vec<f64> = normals(7, section.len());
    let theta = section.lift(&w).expect("a lift");
    let block = model.space().block("v").expect("v").range();
    for p in block {
        assert!(theta[p] * start[p] > 0.0, "unit {p} has turned");
    }
    assert!(distance(&section.map().value(&theta).expect("w"), &w) < 1e-12);
}

/// Where the image is a surface, what is outside of it is refused, and the nearest point of low rank is the lift of the
/// truncated decomposition.
#[test]
fn weights_outside_the_image_are_refused() {
    let model = model("factorization");
    let section = section(&model, 8);
    let w = normals(9, section.len());
    let error = section.lift(&w).expect_err("rank 4 of at most 3");
    assert!(error.message().contains("nearest"), "{}", error.message());
    let near = section.nearest(&w).expect("a lift");
    let of_rank_three = section.weights(&near).expect("weights");
    assert!(section.lift(&of_rank_three).is_ok());
    assert!(distance(&of_rank_three, &w) > 1e-3);
    assert!(section.lift(&w[1..]).is_err());
}

#[test]
fn structures_without_a_section_are_named() {
    for (name, part) in [
        ("deep_relu", "select different blocks"),
        ("scale_invariant", "shrinks"),
        ("tucker", ""),
        ("value_bias", ""),
        ("residual_rmsnorm", ""),
        ("attention_rope", ""),
    ] {
        let model = model(name);
        let start = normals(1, model.space().dim());
        let error = Section::balanced(&model, &factors(&model), &start)
            .map(|_| ())
            .expect_err(name);
        assert!(
            error.message().contains(part),
            "{name}: {}",
            error.message()
        );
    }
}

/// On the leaf of a start the lift keeps the differences of squares, and the start is its own lift.
#[test]
fn a_charged_leaf_keeps_its_charges() {
    let model = model("hadamard_depth3");
    let found = factors(&model);
    let start = normals(4, model.space().dim());
    let section = Section::charged(&model, &found, &start).expect("a section");
    let w = section.weights(&start).expect("weights");
    assert!(distance(&section.lift(&w).expect("a lift"), &start) < 1e-12);
    let other: Vec<f64> = w.iter().map(|x| -2.0 * x).collect();
    let theta = section.lift(&other).expect("a lift");
    assert!(distance(&section.weights(&theta).expect("weights"), &other) < 1e-12);
    let n = w.len();
    for i in 0..n {
        let charge = |at: &[f64], k: usize| at[i].powi(2) - at[k * n + i].powi(2);
        for k in 1..3 {
            assert!((charge(&theta, k) - charge(&start, k)).abs() < 1e-12);
        }
    }
    // The twin: the balanced section has another θ for the same weights.
    let balanced = Section::balanced(&model, &found, &start).expect("a section");
    assert!(distance(&balanced.lift(&w).expect("a lift"), &start) > 1e-2);
}
