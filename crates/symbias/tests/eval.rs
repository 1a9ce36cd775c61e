//! Outputs, loss, gradient and Jacobian of files against loops written out by hand.

use std::path::{Path, PathBuf};
use symbias::eval::evaluate;
use symbias_model::data;
use symbias_model::language::SourceFile;
use symbias_numerics::random::Stream;

fn normal(stream: u64, n: usize) -> Vec<f64> {
    let mut stream = Stream::new(9, stream, 0);
    (0..n).map(|_| stream.next_normal()).collect()
}

fn file(name: &str, arrays: &[(&str, &[usize], &[f64])]) -> PathBuf {
    let path = std::env::temp_dir().join(format!(
        "symbias-eval-{name}-{}.safetensors",
        std::process::id()
    ));
    let named: Vec<data::Named> = arrays
        .iter()
        .map(|(n, s, v)| ((*n).to_owned(), s.to_vec(), v.to_vec()))
        .collect();
    data::write(&path, &named).expect("a file");
    path
}

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() <= 1e-12 * (1.0 + e.abs()),
            "{found:?}, expected {expected:?}"
        );
    }
}

#[test]
fn a_shallow_network_with_five_samples() {
    let (v, w, x, t) = (normal(0, 16), normal(1, 48), normal(2, 15), normal(3, 5));
    let at = file("at", &[("v", &[16], &v), ("W", &[16, 3], &w)]);
    let inputs = file("x", &[("x", &[5, 3], &x), ("target", &[5], &t)]);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/shallow_relu.toml");
    let found = evaluate(
        &SourceFile::read(&model).expect("a model"),
        &(&at).into(),
        Some(&(&inputs).into()),
    )
    .expect("an evaluation");

    let (mut y, mut jacobian) = (vec![0.0; 5], vec![0.0; 5 * 64]);
    for n in 0..5 {
        for h in 0..16 {
            let z: f64 = (0..3).map(|d| w[h * 3 + d] * x[n * 3 + d]).sum();
            y[n] += v[h] * z.max(0.0);
            jacobian[n * 64 + h] = z.max(0.0);
            for d in 0..3 {
                jacobian[n * 64 + 16 + h * 3 + d] = if z > 0.0 { v[h] * x[n * 3 + d] } else { 0.0 };
            }
        }
    }
    close(&found.outputs[0].2, &y);
    close(&found.jacobian.2, &jacobian);
    assert_eq!(found.jacobian.1, [5, 1, 64]);
    let loss: f64 = y.iter().zip(&t).map(|(y, t)| (y - t).powi(2)).sum::<f64>() / 5.0;
    close(&[found.loss.expect("a loss")], &[loss]);
    let gradient: Vec<f64> = (0..64)
        .map(|i| {
            (0..5)
                .map(|n| 2.0 / 5.0 * (y[n] - t[n]) * jacobian[n * 64 + i])
                .sum()
        })
        .collect();
    close(found.gradient.as_deref().expect("a gradient"), &gradient);
    for path in [at, inputs] {
        let _ = std::fs::remove_file(path);
    }
}

#[test]
fn a_batch_takes_its_size_from_the_data() {
    let (w, gain, bias, v) = (normal(4, 12), normal(5, 3), normal(6, 3), normal(7, 3));
    let (x, t) = (normal(8, 44), normal(9, 11));
    let at = file(
        "bn-at",
        &[
            ("W", &[3, 4], &w),
            ("gain", &[3], &gain),
            ("bias", &[3], &bias),
            ("v", &[3], &v),
        ],
    );
    let inputs = file("bn-x", &[("x", &[11, 4], &x), ("target", &[11], &t)]);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/batchnorm.toml");
    let found = evaluate(
        &SourceFile::read(&model).expect("a model"),
        &(&at).into(),
        Some(&(&inputs).into()),
    )
    .expect("an evaluation");

    let mut y = vec![0.0; 11];
    for h in 0..3 {
        let z: Vec<f64> = (0..11)
            .map(|b| (0..4).map(|d| w[h * 4 + d] * x[b * 4 + d]).sum())
            .collect();
        let mean = z.iter().sum::<f64>() / 11.0;
        let deviation = (z.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / 11.0).sqrt();
        for (y, z) in y.iter_mut().zip(&z) {
            *y += v[h] * (gain[h] * (z - mean) / deviation + bias[h]).max(0.0);
        }
    }
    close(&found.outputs[0].2, &y);
    let loss: f64 = y.iter().zip(&t).map(|(y, t)| (y - t).powi(2)).sum::<f64>() / 11.0;
    close(&[found.loss.expect("a loss")], &[loss]);
    for path in [at, inputs] {
        let _ = std::fs::remove_file(path);
    }
}
