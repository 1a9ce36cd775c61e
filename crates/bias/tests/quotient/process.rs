//! The process of w against closed forms, which SymPy gives from J and ∇²w at equal factors:
//! D numbers: K = D w^{2−2/D}, ½tr(C∇²w) = T (D−1) w^{1−2/D} (horizontal), s² D(D−1)/2 w^{3−4/D} (predictor).

use super::common::{
    close, diffusion, distance, drift, flat, gram, model, normals, positive, process, product,
    section,
};
use std::collections::BTreeMap;
use symbias_bias::flow::{Leaf, Regression};
use symbias_bias::quotient::{ChargedPair, FullBatch, Quotient, Section};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::metric::PredictorMap;
use symbias_geometry::noise::Noise;
use symbias_geometry::sde::{NoiseKind, Sde};
use symbias_model::scalar::Inputs;

/// ∇_θ of (w − 1.3)²/2 for one product.
fn pulled(theta: &[f64], into: &mut [f64]) {
    let w: f64 = theta.iter().product();
    for (k, g) in into.iter_mut().enumerate() {
        let others = theta.iter().enumerate().filter(|(j, _)| *j != k);
        *g = (w - 1.3) * others.map(|(_, t)| t).product::<f64>();
    }
}

#[test]
fn products_of_every_depth() {
    let (t, s) = (0.3, 0.7);
    for depth in 2..=5 {
        let model = product(depth);
        let of = |noise| process(&model, positive(&model), noise, pulled).expect("a process");
        let horizontal = of(Noise::Horizontal(t));
        let predictor = of(Noise::Predictor(s));
        let d = depth as f64;
        for w in [1e-8_f64, 0.02, 0.8, 5.0] {
            let k = d * w.powf(2.0 - 2.0 / d);
            let descent = -k * (w - 1.3);
            let ito = t * (d - 1.0) * w.powf(1.0 - 2.0 / d);
            close(drift(&horizontal, &[w])[0], descent + ito, 1e-12);
            close(diffusion(&horizontal, &[w])[0], (2.0 * t * k).sqrt(), 1e-12);
            let label = s * s * d * (d - 1.0) / 2.0 * w.powf(3.0 - 4.0 / d);
            close(drift(&predictor, &[w])[0], descent + label, 1e-12);
            close(diffusion(&predictor, &[w])[0], s * k, 1e-12);
            // The mirror image, on the other side.
            close(drift(&horizontal, &[-w])[0], -k * (-w - 1.3) - ito, 1e-12);
            // The twin: without the Itô term.
            assert!((drift(&horizontal, &[w])[0] - descent).abs() > 0.9 * ito.abs());
        }
        assert_eq!(horizontal.kind(), NoiseKind::Commutative);
        // There K has no rank, and the process no drift.
        assert!(drift(&horizontal, &[0.0])[0].is_nan());
        assert!(drift(&horizontal, &[f64::NAN])[0].is_nan());
    }
}

/// w = uv: dw = (−2|w|ℓ′ + T)dt + 2√(T w)dB and dw = (−2|w|ℓ′ + s²w)dt + 2s w dB, derived by hand.
#[test]
fn a_pair_by_hand() {
    let model = product(2);
    let t = 0.4;
    let noise = Noise::Horizontal(t);
    let found = process(&model, positive(&model), noise, pulled).expect("a process");
    let w = 0.6;
    close(drift(&found, &[w])[0], -2.0 * w * (w - 1.3) + t, 1e-14);
    close(diffusion(&found, &[w])[0], 2.0 * (t * w).sqrt(), 1e-14);
    let s = 0.5;
    let noise = Noise::Predictor(s);
    let found = process(&model, positive(&model), noise, pulled).expect("a process");
    close(
        drift(&found, &[w])[0],
        -2.0 * w * (w - 1.3) + s * s * w,
        1e-14,
    );
    close(diffusion(&found, &[w])[0], 2.0 * s * w, 1e-14);
}

/// σσᵀ.
fn squared(sigma: &[f64], n: usize) -> Vec<f64> {
    let entry =
        |i: usize, j: usize| -> f64 { (0..n).map(|k| sigma[i * n + k] * sigma[j * n + k]).sum() };
    (0..n * n).map(|e| entry(e / n, e % n)).collect()
}

/// S = XXᵀ, X 2×r, in the coordinates (S_11, √2 S_12, S_22). Isotropic noise is Wishart's process,
/// dS = 2T r I dt + …, with ⟨dS_ij, dS_kl⟩ = 2T(δ_ik S_jl + δ_il S_jk + δ_jk S_il + δ_jl S_ik) dt. For r = 2 SymPy gives
/// tr(P_H∇²S_11) = 2(S_11 + 2S_22)/tr S, of √2 S_12: −2√2 S_12/tr S, of S_22: 2(2S_11 + S_22)/tr S.
#[test]
fn wishart() {
    let (t, root) = (0.3, std::f64::consts::SQRT_2);
    let (a, b, c) = (1.4, 0.5, 0.9);
    let w = [a, root * b, c];
    let covariance = [
        4.0 * a,
        2.0 * root * b,
        0.0,
        2.0 * root * b,
        2.0 * (a + c),
        2.0 * root * b,
        0.0,
        2.0 * root * b,
        4.0 * c,
    ]
    .map(|x| 2.0 * t * x);
    for r in 2..=4 {
        let model = gram(2, r);
        let noise = Noise::Isotropic(t);
        let found = process(&model, section(&model, 2), noise, flat).expect("a process");
        let expected = [2.0 * t * r as f64, 0.0, 2.0 * t * r as f64];
        assert!(distance(&drift(&found, &w), &expected) < 1e-12);
        assert!(distance(&squared(&diffusion(&found, &w), 3), &covariance) < 1e-12);
        assert_eq!(found.kind(), NoiseKind::General);
    }
    let model = gram(2, 2);
    let noise = Noise::Horizontal(t);
    let found = process(&model, section(&model, 2), noise, flat).expect("a process");
    let expected =
        [2.0 * (a + 2.0 * c), -2.0 * root * b, 2.0 * (2.0 * a + c)].map(|x| t * x / (a + c));
    assert!(distance(&drift(&found, &w), &expected) < 1e-12);
    assert!(distance(&squared(&diffusion(&found, &w), 3), &covariance) < 1e-12);
    // The twin: isotropic noise, whose part along the orbit curves S.
    assert!(distance(&expected, &[4.0 * t, 0.0, 4.0 * t]) > 0.1);
}

/// ‖z‖² of a 1×r stack: dw = (−4wℓ′ + 2Tr)dt + √(8Tw)dB, and 2T in the place of 2Tr for horizontal noise.
#[test]
fn squared_radius() {
    let t = 0.25;
    let model = gram(1, 3);
    let slope = |theta: &[f64], into: &mut [f64]| {
        into.iter_mut()
            .zip(theta)
            .for_each(|(g, x)| *g = 2.0 * x * 0.8);
    };
    for (noise, more) in [
        (Noise::Isotropic(t), 6.0 * t),
        (Noise::Horizontal(t), 2.0 * t),
    ] {
        let found = process(&model, section(&model, 2), noise, slope).expect("a process");
        for w in [0.01, 2.5] {
            close(drift(&found, &[w])[0], -4.0 * w * 0.8 + more, 1e-12);
            close(diffusion(&found, &[w])[0], (8.0 * t * w).sqrt(), 1e-12);
        }
    }
}

/// Dσ[v] against central differences: their error falls with the square of the step, from decade to decade.
#[test]
fn slopes_of_the_noise() {
    let isotropic = Noise::Isotropic(0.4);
    let horizontal = Noise::Horizontal(0.4);
    let predictor = Noise::Predictor(0.6);
    let cases = [
        (product(3), horizontal),
        (product(4), predictor),
        (model("hadamard_depth3"), horizontal),
        (gram(2, 3), isotropic),
        (gram(3, 3), horizontal),
        (model("factorization_square"), horizontal),
        (model("factorization_square"), predictor),
    ];
    for (model, noise) in cases {
        let found = process(&model, section(&model, 2), noise, flat).expect("a process");
        let w = found
            .section()
            .weights(&normals(3, model.space().dim()))
            .expect("weights");
        // On the scale on which weights change.
        let v: Vec<f64> = normals(4, w.len());
        let mut along = vec![0.0; w.len() * w.len()];
        found.diffusion_along(&w, &v, &mut along);
        let difference = |h: f64| {
            let moved = |h: f64| -> Vec<f64> { w.iter().zip(&v).map(|(w, v)| w + h * v).collect() };
            let (up, down) = (diffusion(&found, &moved(h)), diffusion(&found, &moved(-h)));
            let each = up.iter().zip(&down);
            each.map(|(a, b)| (a - b) / (2.0 * h)).collect::<Vec<f64>>()
        };
        let step = 3e-2 * w.iter().fold(1.0, |m: f64, x| m.min(x.abs()));
        let errors = [1.0, 0.1].map(|h| distance(&difference(step * h), &along));
        let slope = (errors[0] / errors[1]).log10();
        assert!(
            (1.8..2.2).contains(&slope),
            "{} {noise:?}: {errors:?}",
            model.name
        );
        // The twin: a derivative that is wrong by a hundredth has no slope.
        let wrong: Vec<f64> = along.iter().map(|x| 1.01 * x).collect();
        let errors = [1.0, 0.1].map(|h| distance(&difference(step * h), &wrong));
        assert!((errors[0] / errors[1]).log10() < 1.0);
    }
}

/// X of more rows than columns: S has rank 2 of 3, and its entries are on a surface of 5 dimensions. σσᵀ = 2T JJᵀ at X itself,
/// not at the lift; Dσ along the surface by central differences on a curve in it.
#[test]
fn a_process_on_a_surface() {
    let (model, t) = (gram(3, 2), 0.3);
    let noise = Noise::Isotropic(t);
    let found = process(&model, section(&model, 2), noise, flat).expect("a process");
    assert_eq!((found.dimension(), found.rank()), (6, 5));
    let (x, h) = (normals(5, 6), normals(6, 6));
    let map = found.section().map();
    let w = map.value(&x).expect("w");
    let r = 4.0 * t;
    assert!(distance(&drift(&found, &w), &[r, 0.0, 0.0, r, 0.0, r]) < 1e-12);
    let j = map.jacobian(&x).expect("J");
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let k: Vec<f64> = j
        .iter()
        .flat_map(|a| j.iter().map(move |b| 2.0 * t * dot(a, b)))
        .collect();
    assert!(distance(&squared(&diffusion(&found, &w), 6), &k) < 1e-12);
    let v: Vec<f64> = j.iter().map(|row| dot(row, &h)).collect();
    let mut along = vec![0.0; 36];
    found.diffusion_along(&w, &v, &mut along);
    let at = |e: f64| {
        let moved: Vec<f64> = x.iter().zip(&h).map(|(x, h)| x + e * h).collect();
        diffusion(&found, &map.value(&moved).expect("w"))
    };
    let error = |e: f64| {
        let (up, down) = (at(e), at(-e));
        let each = up.iter().zip(&down).map(|(a, b)| (a - b) / (2.0 * e));
        distance(&each.collect::<Vec<f64>>(), &along)
    };
    let errors = [1e-2, 1e-3].map(error);
    let slope = (errors[0] / errors[1]).log10();
    assert!((1.8..2.2).contains(&slope), "{errors:?}");
}

/// At T = 0 the process is the flow: −K∇ℓ with ∇ℓ from the readout Xw of the model, which is measured elsewhere and
/// never sees the gradient in θ. One sample left out is another loss.
#[test]
fn the_full_batch_of_a_model() {
    let model = model("hadamard");
    let found = factors(&model);
    let d = model.space().dim();
    let start: Vec<f64> = normals(5, d);
    let data: Vec<Inputs> = (0..7).map(|k| Inputs::random(&model, 3, k)).collect();
    let batch = FullBatch::of(&model, &BTreeMap::new(), &data).expect("a batch");
    let leaf = Leaf::of(&model, &found, &start).expect("a leaf");
    let loss = Regression::of(&model, &leaf, &BTreeMap::new(), &data).expect("a loss");
    let noise = Noise::Horizontal(0.0);
    let of = |batch: &FullBatch, w: &[f64]| {
        let section = Section::balanced(&model, &found, &start).expect("a section");
        let sde = Quotient::new(&model, &found, section, noise, batch.gradient()).expect("a flow");
        drift(&sde, w)
    };
    let w = leaf.weights(&start);
    let gradient = loss.gradient(&w).expect("a gradient");
    let expected: Vec<f64> = w
        .iter()
        .zip(&gradient)
        .map(|(w, g)| -2.0 * w.abs() * g)
        .collect();
    assert!(distance(&of(&batch, &w), &expected) < 1e-12);
    close(batch.loss(&start), loss.loss(&w).expect("a loss"), 1e-12);
    let fewer = FullBatch::of(&model, &BTreeMap::new(), &data[..6]).expect("a batch");
    assert!(distance(&of(&fewer, &w), &expected) > 1e-3);
    assert!(FullBatch::of(&model, &BTreeMap::new(), &[]).is_err());
}

/// (w, q) against the equation of (u, v), dθ = −∇L dt + √(2T) P_H dW, driven by the same noise: the two schemes of order ½
/// approach each other. The twin has no Itô term and stays away.
#[test]
fn a_charged_pair_follows_its_parameters() {
    let (t, time) = (0.15, 1.0);
    let slope = |w: f64| w - 0.7;
    let pair = ChargedPair::new(t, slope).expect("a process");
    let root_mean = |steps: usize, ito: f64| {
        let h = time / steps as f64;
        let paths = 40;
        let mut sum = 0.0;
        for path in 0..paths {
            let (mut u, mut v) = (1.1_f64, 0.4_f64);
            let mut x = ChargedPair::of(u, v);
            for z in normals(100 + path, steps) {
                let db = z * h.sqrt();
                let k = u * u + v * v;
                let e = [v / k.sqrt(), u / k.sqrt()];
                let (lu, lv) = (slope(u * v) * v, slope(u * v) * u);
                u += -lu * h + (2.0 * t).sqrt() * e[0] * db;
                v += -lv * h + (2.0 * t).sqrt() * e[1] * db;
                let (b, s) = (drift(&pair, &x), diffusion(&pair, &x));
                let metric = x[1].hypot(2.0 * x[0]);
                let left_out = (1.0 - ito) * 2.0 * t * x[0] / metric;
                x[0] += (b[0] - left_out) * h + s[0] * db;
                x[1] += b[1] * h;
            }
            let end = ChargedPair::of(u, v);
            sum += (end[0] - x[0]).powi(2) + (end[1] - x[1]).powi(2);
        }
        (sum / paths as f64).sqrt()
    };
    let errors = [root_mean(64, 1.0), root_mean(1024, 1.0)];
    assert!(errors[0] / errors[1] > 3.0, "{errors:?}");
    assert!(errors[1] < 0.01, "{errors:?}");
    let twin = root_mean(1024, 0.0);
    assert!(twin > 5.0 * errors[1], "{twin} {errors:?}");
}

#[test]
fn a_charged_pair_meets_the_balanced_leaf() {
    let t = 0.2;
    let pair = ChargedPair::new(t, |w| w - 1.3).expect("a process");
    let model = product(2);
    let noise = Noise::Horizontal(t);
    let balanced = process(&model, positive(&model), noise, pulled).expect("a process");
    for w in [0.3, -1.2] {
        close(drift(&pair, &[w, 0.0])[0], drift(&balanced, &[w])[0], 1e-13);
        close(
            diffusion(&pair, &[w, 0.0])[0],
            diffusion(&balanced, &[w])[0],
            1e-13,
        );
    }
    for (u, v) in [(1.5, 0.2), (0.3, -0.9), (2.0, 2.0)] {
        let [w, q] = ChargedPair::of(u, v);
        let [a, b] = ChargedPair::lift([w, q]);
        close(a, u, 1e-14);
        close(b, v, 1e-14);
    }
    let (x, v) = ([0.4, -0.8], [0.3, 1.1]);
    let mut along = [0.0; 2];
    pair.diffusion_along(&x, &v, &mut along);
    let at = |h: f64| diffusion(&pair, &[x[0] + h * v[0], x[1] + h * v[1]])[0];
    close((at(1e-5) - at(-1e-5)) / 2e-5, along[0], 1e-9);
    assert!(ChargedPair::new(-1.0, |w| w).is_err());
}
