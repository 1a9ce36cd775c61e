//! One causal head with rotary positions: per plane one scale and one rotation act on (W_q, W_k) if the
//! frequencies are distinct, non-zero, and not ± each other modulo 2π, nor 0 or π; otherwise more does (theory §6). In
//! the basis (1, i)/√2 of each plane det Γ = Π_p((‖Q_p‖² + ‖K_p‖²)/2)².
//!
//! The redundancy of all scores, by the rank of a Jacobian of scores written out; the determinant
//! from generators written out; the answer for the same head.

use super::oracle::*;
use super::subject::{Model, value};

const POSITIONS: usize = 7;
const CHANNELS: usize = 3;

/// Scores of all pairs of positions and channels, s ≤ t: x and x′ range over a basis, which determines
/// all inputs; planes are the columns (0, 2) and (1, 3).
fn scores(theta: &[f64], frequencies: [f64; 2]) -> Vec<f64> {
    let (q, k) = (
        block(theta, 0, CHANNELS, 4),
        block(theta, 4 * CHANNELS, CHANNELS, 4),
    );
    let mut all = Vec::new();
    for lag in 0..POSITIONS {
        for (a, b) in (0..CHANNELS).flat_map(|a| (0..CHANNELS).map(move |b| (a, b))) {
            let plane = |p: usize| {
                let (s, c) = (frequencies[p] * lag as f64).sin_cos();
                let (x, y) = (q[a][p], q[a][p + 2]);
                let (z, w) = (k[b][p], k[b][p + 2]);
                c * (x * z + y * w) + s * (y * z - x * w)
            };
            all.push(plane(0) + plane(1));
        }
    }
    all
}

fn redundancy(frequencies: [f64; 2]) -> usize {
    let theta = typed(8 * CHANNELS);
    let mut case = products(2, 1);
    case.d = theta.len();
    case.map = Box::new(move |t| scores(t, frequencies));
    theta.len() - rank(&case.jacobian(&theta))
}

#[test]
fn which_frequencies_keep_the_planes_apart() {
    use std::f64::consts::PI;
    for (frequencies, expected) in [
        ([0.7, 0.2], 4),
        ([1.0, 0.01], 4),
        // Twins: each exception adds to it. Equal planes carry gl(2, ℂ); an angle of 0 or π a real gl(2).
        ([0.7, 0.7], 8),
        ([0.7, -0.7], 8),
        ([0.7, 2.0 * PI - 0.7], 8),
        ([0.7, 0.0], 6),
        ([0.7, PI], 6),
    ] {
        assert_eq!(redundancy(frequencies), expected, "{frequencies:?}");
    }
    // The head of the answer has the frequencies 1 and base^{-1/2}.
    let theta = typed(8 * CHANNELS);
    let found = |base: &str| head(base).answer(&theta).redundancy;
    assert_eq!(found("10000"), Some(redundancy([1.0, 0.01]) as u64));
    assert_eq!(found("1"), Some(redundancy([1.0, 1.0]) as u64));
    assert_ne!(found("10000"), found("1"), "the twin: equal planes");
}

fn head(base: &str) -> Model {
    let text = "symbias = 1
outputs = [\"y\"]
axes = { t = 6, s = \"t\", c = 3, a = 4 }
program = \"\"\"
q[t,a] = rope[a](Q[c,a] * x[t,c], pos(t), base = BASE)
k[s,a] = rope[a](K[c,a] * x[s,c], pos(s), base = BASE)
p[t,s] = softmax[s](where(pos(s) <= pos(t), q[t,a] * k[s,a], -inf))
y[t,c] = p[t,s] * x[s,c]\"\"\"
parameters = { Q = [\"c\",\"a\"], K = [\"c\",\"a\"] }
inputs = { x = [\"t\",\"c\"] }
";
    Model {
        text: text.replace("BASE", base),
        tensors: vec![("Q", vec![3, 4]), ("K", vec![3, 4])],
    }
}

#[test]
fn each_plane_has_its_scale_and_rotation() {
    let theta = typed(8 * CHANNELS);
    let (q, k) = (
        block(&theta, 0, CHANNELS, 4),
        block(&theta, 4 * CHANNELS, CHANNELS, 4),
    );
    let size = |m: &Rows, p: usize| {
        m.iter()
            .map(|r| r[p] * r[p] + r[p + 2] * r[p + 2])
            .sum::<f64>()
    };
    let planes: Vec<f64> = (0..2).map(|p| size(&q, p) + size(&k, p)).collect();
    let formula: f64 = planes.iter().map(|x| 2.0 * (x / 2.0).ln()).sum();
    // Generators (1, i)/√2 of each plane, written out.
    let mut fields = Vec::new();
    for p in 0..2 {
        for turn in [false, true] {
            let mut field = vec![0.0; theta.len()];
            for (offset, m, sign) in [
                (0, &q, 1.0),
                (4 * CHANNELS, &k, if turn { 1.0 } else { -1.0 }),
            ] {
                for (c, row) in m.iter().enumerate() {
                    let (x, y) = if turn {
                        (-row[p + 2], row[p])
                    } else {
                        (row[p], row[p + 2])
                    };
                    field[offset + 4 * c + p] = sign * x / 2.0_f64.sqrt();
                    field[offset + 4 * c + p + 2] = sign * y / 2.0_f64.sqrt();
                }
            }
            fields.push(field);
        }
    }
    close(
        log_pdet(&product(&fields, &transposed(&fields))),
        formula,
        1e-10,
    );
    let answer = head("10000").answer(&theta);
    assert_eq!(answer.symmetry.name, "so(2)^2 + R^2");
    assert_eq!(answer.redundancy, Some(4));
    close(answer.gram.log_det.expect("numbers"), formula, 1e-10);
    let decay: f64 = (0..2).map(|p| (size(&q, p) * size(&k, p)).sqrt()).sum();
    close(value(&answer.bias.decay), decay, 1e-10);
    // Twin: planes that are not normalised.
    let twin: f64 = planes.iter().map(|x| 2.0 * x.ln()).sum();
    assert!(!agree(answer.gram.log_det.expect("numbers"), twin, 1e-2));
}
