//! The readout of models, and models that have none.

use super::common::{close, leaf, model, normals, samples, task, written};
use std::collections::BTreeMap;
use symbias_bias::flow::{Leaf, Readout, Regression};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::metric::{PredictorMap, weights};
use symbias_model::data;

#[test]
fn the_spectrum_reads_cosines() {
    let spectral = model("spectral");
    let (leaf, loss) = task(&spectral, &normals(1, 128, 1e-2), &[]);
    let files = data::constants(&spectral).expect("data");
    let time = &files[&spectral.find("time").expect("times")];
    let x = &loss.readout().matrix;
    assert_eq!((x.rows, x.cols), (32, 64));
    for (m, t) in time.iter().enumerate() {
        for k in 0..64 {
            let expected = (2.0 * std::f64::consts::PI * k as f64 * t).cos();
            assert!((x.row(m)[k] - expected).abs() < 1e-12);
        }
    }
    assert!(loss.readout().offset.iter().all(|b| b.abs() < 1e-12));
    close(loss.divisor(), 32.0, 0.0);
    assert_eq!(leaf.mirror.len(), 64);
}

#[test]
fn offsets_samples_and_targets_are_those_of_the_model() {
    let text = r#"
symbias = 1
outputs = ["z", "y"]
axes = { i = 3, o = 2 }
program = """
z[o] = 2 * a[o] - 3
y[o] = M[o,i] * u[i] * v[i] * x[i] + a[o] + 5"""
parameters = { u = ["i"], v = ["i"], a = ["o"] }
inputs = { x = ["i"], target = ["o"] }
constants = { M = { axes = ["o","i"], law = "normal", seed = 4 } }
loss = { kind = "mse", of = "y" }
"#;
    let model = written(text);
    let data = samples(&model, 3);
    let theta = normals(2, 8, 1.0);
    let (leaf, loss) = task(&model, &theta, &data);
    assert_eq!(loss.readout().matrix.rows, 6);
    assert!(
        loss.readout()
            .offset
            .iter()
            .all(|b| (b - 5.0).abs() < 1e-12)
    );
    assert_eq!(loss.target()[2..4], data[1].flat[3..5]);
    close(loss.divisor(), 6.0, 0.0);
    // The weights stand as those of the geometry do.
    let found = weights(&model, &factors(&model)).expect("weights");
    let expected = found.map.value(&theta).expect("weights");
    assert_eq!(leaf.weights(&theta), expected);
    assert_eq!(leaf.mirror.len(), 5);
}

#[test]
fn outputs_that_are_not_linear_are_refused() {
    let texts = [
        ("y = relu(u[i] * v[i] * x[i])", "not linear"),
        ("y = u[i] * v[i] * x[i] + exp(b)", "not linear"),
        ("y = (u[i] * v[i] * x[i])^2 + b", "not linear"),
    ];
    for (program, reason) in texts {
        let text = format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ i = 4 }}\nprogram = \"{program}\"\n\
             parameters = {{ u = [\"i\"], v = [\"i\"]{} }}\ninputs = {{ x = [\"i\"] }}\n\
             loss = {{ kind = \"mse\", of = \"y\" }}\n",
            if program.ends_with('b') || program.contains("exp") {
                ", b = []"
            } else {
                ""
            }
        );
        let model = written(&text);
        let theta = normals(1, model.space().dim(), 1.0);
        let leaf = leaf(&model, &theta);
        // So many that a unit is on at some and off at others.
        let error = Readout::of(&model, &leaf, &BTreeMap::new(), &samples(&model, 16))
            .expect_err("an error");
        assert!(error.message().contains(reason), "{error}");
    }
    // Weights that are no products of numbers.
    for name in ["factorization", "groups", "cp"] {
        let model = model(name);
        let theta = normals(1, model.space().dim(), 1.0);
        let error = Leaf::of(&model, &factors(&model), &theta).expect_err("an error");
        assert!(error.message().contains("not products"), "{error}");
    }
    let hadamard = model("hadamard");
    let leaf = leaf(&hadamard, &normals(1, 32, 1.0));
    assert!(Readout::of(&hadamard, &leaf, &BTreeMap::new(), &[]).is_err());
}

#[test]
fn another_loss_is_refused() {
    let text = r#"
symbias = 1
outputs = ["y"]
axes = { i = 3 }
program = "y = u[i] * v[i] * x[i]"
parameters = { u = ["i"], v = ["i"] }
inputs = { x = ["i"] }
loss = { kind = "logistic", of = "y" }
"#;
    let model = written(text);
    let leaf = leaf(&model, &normals(1, 6, 1.0));
    let found = Regression::of(&model, &leaf, &BTreeMap::new(), &samples(&model, 2));
    assert!(
        found
            .expect_err("an error")
            .message()
            .contains("squared error")
    );
}
