//! Samples in θ against closed laws of w: Kolmogorov–Smirnov at level 1e-3 with the effective size, fixed seeds. Each
//! twin is another law of theory §5, which the same samples must reject.

use super::common::{GROUP, LEVEL, PRODUCT, distance, gram, pair, written};
use symbias_bias::Law;
use symbias_bias::law::Density;
use symbias_bias::law::closed;
use symbias_bias::law::sampler::{Chain, Sampler, Settings};
use symbias_bias::noise::{Chart, Stationary, Temper};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::Split;
use symbias_geometry::structure::orthonormal;

const T: f64 = 0.3;

fn split(text: &str) -> Split {
    let model = written(text);
    orthonormal(&model, &factors(&model))
}

fn temper(decay: f64) -> Temper {
    Temper::new(T, decay).unwrap()
}

fn law_of(law: Law, chart: Chart, temper: Temper) -> Stationary {
    Stationary { law, chart, temper }
}

fn settings(steps: u64) -> Settings {
    Settings {
        seed: 11,
        chains: 4,
        burn_in: 2000,
        steps,
        thin: 4,
    }
}

fn agrees(law: &Density, chains: &[Chain], observable: usize) {
    let (found, size) = distance(law, chains, observable);
    println!("{found:.2} with effective size {size:.0}");
    assert!(size > 1000.0, "effective size {size}");
    assert!(found < LEVEL, "{found}");
}

fn rejects(law: &Density, chains: &[Chain], observable: usize) {
    let (found, _) = distance(law, chains, observable);
    println!("twin {found:.2}");
    assert!(found > 1.5 * LEVEL, "{found}");
}

fn half_square(w: f64) -> f64 {
    (w - 1.0).powi(2) / 2.0
}

fn weight(theta: &[f64], into: &mut [f64]) {
    into[0] = theta[0] * theta[1];
}

/// Hadamard: |w|^{−1/2} for horizontal noise, |w|^{−1} on the slice, |w|^0 for log ratios; w > 0.1, where all exist.
#[test]
fn a_pair_of_numbers_on_the_slice() {
    let split = split(PRODUCT);
    let loss = |theta: &[f64]| match theta[0] * theta[1] {
        w if w < 0.1 => f64::INFINITY,
        w => half_square(w),
    };
    let inside = (0.1, f64::INFINITY);
    let flat = Density::new(|w| -half_square(w) / T, inside, &[]).unwrap();
    let horizontal = closed::product(Law::Horizontal, 2, half_square, T, inside).unwrap();
    let slice = closed::product(Law::Slice, 2, half_square, T, inside).unwrap();
    for (noise, chart, law, twin) in [
        (Law::Horizontal, Chart::Charges, &horizontal, &slice),
        (Law::Slice, Chart::Charges, &slice, &horizontal),
        (Law::Slice, Chart::Surface, &horizontal, &flat),
        (Law::Slice, Chart::LogRatios, &flat, &horizontal),
    ] {
        // A start beside the slice is moved onto it.
        let sampler = Sampler::new(
            law_of(noise, chart, temper(0.0)),
            &split,
            &loss,
            &[1.0, 1.05],
        )
        .unwrap();
        let start = sampler.start();
        assert!((start[0] - start[1]).abs() < 1e-10);
        let chains = sampler.run(settings(40_000), 2, 1, &weight);
        agrees(law, &chains, 0);
        rejects(twin, &chains, 0);
        assert!(chains.iter().all(|c| c.counts.outside > 0));
        assert!(
            chains
                .iter()
                .all(|c| (c.theta[0] - c.theta[1]).abs() < 1e-9)
        );
    }
}

/// K_0 for isotropic noise with decay, on both sides of 0; without decay there is no law.
#[test]
fn a_pair_of_numbers_with_decay() {
    let split = split(PRODUCT);
    let loss = |theta: &[f64]| half_square(theta[0] * theta[1]);
    let noise = Law::Isotropic;
    let sampler = Sampler::new(
        law_of(noise, Chart::Charges, temper(0.5)),
        &split,
        &loss,
        &[1.0, 1.0],
    );
    let chains = sampler.unwrap().run(settings(100_000), 2, 1, &weight);
    agrees(
        &closed::decayed_product(half_square, temper(0.5)).unwrap(),
        &chains,
        0,
    );
    rejects(
        &closed::decayed_product(half_square, temper(0.7)).unwrap(),
        &chains,
        0,
    );
    let exponential = |w: f64| -half_square(w) / T - 0.5 * w.abs() / T;
    let line = (f64::NEG_INFINITY, f64::INFINITY);
    rejects(
        &Density::new(exponential, line, &[0.0]).unwrap(),
        &chains,
        0,
    );
    let none = Sampler::new(
        law_of(noise, Chart::Charges, temper(0.0)),
        &split,
        &loss,
        &[1.0, 1.0],
    );
    assert!(none.is_err_and(|e| e.message().contains("infinite volume")));
}

/// A curved slice, s² = ‖v‖²: radial law t^{−1/2}, and t^0 for horizontal noise.
#[test]
fn a_group_on_its_cone() {
    let split = split(GROUP);
    let norm = |theta: &[f64]| theta[0].abs() * theta[1].hypot(theta[2]);
    let loss = |theta: &[f64]| half_square(norm(theta));
    let observe = |theta: &[f64], into: &mut [f64]| into[0] = norm(theta);
    let laws = [Law::Slice, Law::Horizontal]
        .map(|noise| (noise, closed::group(noise, 2, half_square, T).unwrap()));
    for (k, (noise, law)) in laws.iter().enumerate() {
        let start = [1.0, 0.6, 0.8];
        let sampler = Sampler::new(
            law_of(*noise, Chart::Charges, temper(0.0)),
            &split,
            &loss,
            &start,
        );
        let chains = sampler.unwrap().run(settings(80_000), 2, 1, &observe);
        agrees(law, &chains, 0);
        rejects(&laws[1 - k].1, &chains, 0);
        println!("{:?}", chains[0].counts);
    }
}

/// Trace, determinant and largest eigenvalue of X X'.
fn invariants(r: usize) -> impl Fn(&[f64], &mut [f64]) + Sync {
    move |x: &[f64], into: &mut [f64]| {
        let dot = |a: usize, b: usize| (0..r).map(|k| x[a * r + k] * x[b * r + k]).sum::<f64>();
        let (a, b, c) = (dot(0, 0), dot(0, 1), dot(1, 1));
        let gap = (a - c).hypot(2.0 * b);
        into.copy_from_slice(&[a + c, a * c - b * b, (a + c + gap) / 2.0, gap / (a + c), a]);
    }
}

/// X 2 × 4, so(4) with a stabiliser so(2): Wishart under isotropic noise, and the horizontal law.
#[test]
fn symmetric_factors() {
    let split = split(&gram(2, 4));
    let start = [1.0, 0.2, -0.3, 0.4, 0.1, -0.9, 0.5, 0.2];
    let flat = |_: &[f64]| 0.0;
    let run = |noise| {
        let sampler = Sampler::new(
            law_of(noise, Chart::Charges, temper(0.5)),
            &split,
            &flat,
            &start,
        );
        sampler
            .unwrap()
            .run(settings(100_000), 2, 5, &invariants(4))
    };
    let decay = |a: f64, b: f64| 0.25 * (a + b);
    let chains = run(Law::Isotropic);
    agrees(
        &closed::wishart_trace(2, 4, temper(0.5)).unwrap(),
        &chains,
        0,
    );
    agrees(
        &closed::wishart_determinant(4, temper(0.5)).unwrap(),
        &chains,
        1,
    );
    agrees(
        &closed::wishart_largest(4, temper(0.5)).unwrap(),
        &chains,
        2,
    );
    agrees(
        &closed::eigenvalue_gap(Law::Isotropic, 4, decay, T).unwrap(),
        &chains,
        3,
    );
    agrees(&closed::wishart_entry(4, temper(0.5)).unwrap(), &chains, 4);
    rejects(
        &closed::wishart_trace(2, 3, temper(0.5)).unwrap(),
        &chains,
        0,
    );
    rejects(
        &closed::wishart_largest(3, temper(0.5)).unwrap(),
        &chains,
        2,
    );
    let horizontal = closed::eigenvalue_trace(Law::Horizontal, 4, decay, T).unwrap();
    rejects(&horizontal, &chains, 0);
    let chains = run(Law::Horizontal);
    agrees(&horizontal, &chains, 0);
    agrees(
        &closed::eigenvalue_gap(Law::Horizontal, 4, decay, T).unwrap(),
        &chains,
        3,
    );
    rejects(
        &closed::wishart_trace(2, 4, temper(0.5)).unwrap(),
        &chains,
        0,
    );
}

/// gl(2), both 𝔭 and 𝔨, W = UV'. For L = (λ/2)‖θ‖² = λτ, τ = s_1 + s_2, the law of w with dW = (s_1² − s_2²) ds for
/// 2 × 2 (times s_1 s_2 for 3 × 2) is τ^{k−1} e^{−λτ/T} times ρ(1 − ρ²)^{−1/2} of the relative gap ρ. Horizontal, 2 × 2:
/// Π s_i^{−1/2} (s_1 + s_2)^{−1}, hence k = 2; surface measure: the volume of the 𝔨-orbit more, (s_1 + s_2)^{1/2},
/// hence k = 5/2; charges, 3 × 2: Π s_i^{−3/2} (s_1 + s_2)^{−1}, hence k = 2.
#[test]
fn matrix_factors_on_the_slice() {
    let singular = |theta: &[f64], into: &mut [f64]| {
        let (v, rows) = (&theta[theta.len() - 4..], (theta.len() - 4) / 2);
        let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
        for u in theta[..2 * rows].chunks_exact(2) {
            let w = [0, 1].map(|j| u[0] * v[2 * j] + u[1] * v[2 * j + 1]);
            (a, b, c) = (a + w[0] * w[0], b + w[0] * w[1], c + w[1] * w[1]);
        }
        let product = (a * c - b * b).max(0.0).sqrt();
        let sum = (a + c + 2.0 * product).sqrt();
        into[0] = sum;
        into[1] = (a + c - 2.0 * product).max(0.0).sqrt() / sum;
    };
    let flat = |_: &[f64]| 0.0;
    let gap = closed::eigenvalue_gap(Law::Horizontal, 2, |a, b| a + b, T).unwrap();
    let cosine = closed::eigenvalue_gap(Law::Isotropic, 3, |a, b| a + b, T).unwrap();
    for (n, noise, chart, shape, twin) in [
        (2, Law::Horizontal, Chart::Charges, 2.0, 2.5),
        (2, Law::Slice, Chart::Surface, 2.5, 2.0),
        (3, Law::Slice, Chart::Charges, 2.0, 3.5),
    ] {
        let split = split(&pair(n, 2));
        let mut start = vec![1.2, 0.0, 0.0, 0.7, 0.0, 0.0];
        start.truncate(2 * n);
        start.extend([1.2, 0.0, 0.0, 0.7]);
        let sampler =
            Sampler::new(law_of(noise, chart, temper(0.5)), &split, &flat, &start).unwrap();
        let chains = sampler.run(settings(80_000), 2, 2, &singular);
        println!("{:?}", chains[0].counts);
        agrees(&closed::gamma(shape, T / 0.5).unwrap(), &chains, 0);
        rejects(&closed::gamma(twin, T / 0.5).unwrap(), &chains, 0);
        agrees(&gap, &chains, 1);
        rejects(&cosine, &chains, 1);
        let lost: u64 = chains
            .iter()
            .map(|c| c.counts.no_projection + c.counts.no_return)
            .sum();
        assert!(lost > 0, "large steps are seen to fail");
    }
}

/// A chain is a function of (seed, number); threads change nothing; refusals say what is wrong.
#[test]
fn chains_are_repeatable_and_refusals_clear() {
    let split = split(GROUP);
    let loss = |theta: &[f64]| half_square(theta[0] * theta[1].hypot(theta[2]));
    let new = |start: &[f64]| {
        Sampler::new(
            law_of(Law::Slice, Chart::Charges, temper(0.0)),
            &split,
            &loss,
            start,
        )
    };
    let sampler = new(&[1.0, 0.6, 0.8]).unwrap();
    let short = Settings {
        steps: 500,
        burn_in: 100,
        ..settings(0)
    };
    let observe = |theta: &[f64], into: &mut [f64]| into.copy_from_slice(theta);
    let (one, two) = (
        sampler.run(short, 1, 3, &observe),
        sampler.run(short, 3, 3, &observe),
    );
    assert!(one == two && one[2] == sampler.chain(short, 2, 3, &observe));
    assert!(one[0] != one[1]);
    for point in one[0].observed.chunks_exact(3) {
        let charge = point[0].powi(2) - point[1].powi(2) - point[2].powi(2);
        assert!(charge.abs() < 1e-10);
    }
    assert!(new(&[0.0, 0.0, 0.0]).is_err_and(|e| e.message().contains("slice")));
    assert!(new(&[f64::NAN, 0.6, 0.8]).is_err());
}
