//! Weight decay on a redundant model is another penalty on w (Ziyin, Wang, spred, ICML 2023; theory §3.3): ‖w‖₁ for
//! w = u ⊙ v, Σ_g‖w_g‖ for groups, (D/2)Σ|w|^{2/D} for D factors, ‖W‖_* for W = PQ, (D/2)Σσ^{2/D} for D matrices.
//!
//! Formulas of w alone against the answer at unbalanced points; for two and three factors also
//! against a search over the fibre.

use super::oracle::*;
use super::subject::{self, value};

fn size(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

#[test]
fn entrywise_products() {
    for depth in [2, 3, 4] {
        let theta = typed(depth * 3);
        let w = (products(depth, 3).map)(&theta);
        let penalty = |p: f64| depth as f64 / 2.0 * w.iter().map(|w| w.abs().powf(p)).sum::<f64>();
        let found = value(&subject::products(depth, 3).answer(&theta).bias.decay);
        close(found, penalty(2.0 / depth as f64), 1e-10);
        assert!(
            !agree(found, penalty(1.0 / depth as f64), 1e-2),
            "the twin: another power"
        );
    }
}

#[test]
fn a_search_over_the_fibre_finds_the_same_minimum() {
    // u = e^x, v = w/u and a third factor e^y.
    let w = 1.7_f64;
    let grid = || (-2000..=2000).map(|k| f64::from(k) / 1000.0);
    let two = grid().map(|x| ((2.0 * x).exp() + w * w * (-2.0 * x).exp()) / 2.0);
    let least = two.fold(f64::INFINITY, f64::min);
    // A minimum of curvature 4w on a grid of step 1e-3.
    assert!((least - w).abs() < 2e-6 * w);
    let found = |theta: &[f64]| {
        let model = subject::products(theta.len(), 1);
        value(&model.answer(theta).bias.decay)
    };
    close(found(&[0.5, w / 0.5]), w, 1e-10);
    close(found(&[0.5, 0.8, w / 0.4]), 1.5 * w.powf(2.0 / 3.0), 1e-10);
    let coarse = || (-400..=400).map(|k| f64::from(k) / 400.0);
    let three = coarse()
        .flat_map(|x| coarse().map(move |y| (x, y)))
        .map(|(x, y)| ((2.0 * x).exp() + (2.0 * y).exp() + w * w * (-2.0 * (x + y)).exp()) / 2.0)
        .fold(f64::INFINITY, f64::min);
    assert!((three - 1.5 * w.powf(2.0 / 3.0)).abs() < 1e-4);
    assert!((three - w).abs() > 0.1, "the twin: two factors");
}

#[test]
fn groups_and_terms() {
    let theta = typed(4);
    let found = value(&subject::group(3).answer(&theta).bias.decay);
    let w: Vec<f64> = theta[1..].iter().map(|v| theta[0] * v).collect();
    close(found, size(&w), 1e-10);
    assert!(
        !agree(found, w.iter().map(|w| w.abs()).sum(), 1e-2),
        "the twin: every entry for itself"
    );
    let theta = typed(9);
    let found = value(&subject::rank_one([2, 3, 4]).answer(&theta).bias.decay);
    let t = size(&(rank_one(&[2, 3, 4]).map)(&theta));
    close(found, 1.5 * t.powf(2.0 / 3.0), 1e-10);
}

#[test]
fn matrices() {
    for (m, n, r) in [(3, 4, 2), (3, 3, 3)] {
        let theta = other(r * (m + n));
        let w = block(&(pair(m, n, r).map)(&theta), 0, m, n);
        let s = &singular(&w)[..r];
        let found = value(&subject::pair(m, n, r).answer(&theta).bias.decay);
        close(found, s.iter().sum(), 1e-9);
        assert!(!agree(found, size(s), 1e-2), "the twin: the Frobenius norm");
    }
    let theta = other(12);
    let s = singular(&block(&(chain(3, 2).map)(&theta), 0, 2, 2));
    let found = value(&subject::chain(3, 2).answer(&theta).bias.decay);
    let penalty = |p: f64| 1.5 * s.iter().map(|s| s.powf(p)).sum::<f64>();
    close(found, penalty(2.0 / 3.0), 1e-9);
    assert!(
        !agree(found, penalty(1.0), 1e-2),
        "the twin: the nuclear norm"
    );
}
