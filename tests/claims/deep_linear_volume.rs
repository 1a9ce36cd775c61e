//! Square deep linear nets W_D ⋯ W_1 at balanced points: on so(n)^{D−1}, det Γ = van(s²)/van(s^{2/D}), the volume of
//! the balanced fibre (Menon, Yu, arXiv 2509.09088); on gl(n)^{D−1}, Π_ij Σ_{k<D} s_i^{2k/D} s_j^{2(D−1−k)/D}, and
//! det K is the same number (theory §6).
//!
//! Gram matrices from the definition, and the orbit that symbias finds.

use super::oracle::*;
use super::subject;
use symbias_geometry::gauge::balance;
use symbias_geometry::orbit::OrbitFrame;

/// Σ_{i<j} log((s_i^{2p} − s_j^{2p})).
fn log_vandermonde(s: &[f64], p: f64) -> f64 {
    let power: Vec<f64> = s.iter().map(|s| s.powf(2.0 * p)).collect();
    (0..s.len())
        .flat_map(|i| (i + 1..s.len()).map(move |j| (i, j)))
        .map(|(i, j)| (power[i] - power[j]).ln())
        .sum()
}

/// Matrices near the identity, so that no singular value is lost in the squares of others.
fn start(depth: usize, n: usize) -> Vec<f64> {
    let one = identity(n).concat();
    let at = |(i, x): (usize, f64)| 0.4 * x + one[i % (n * n)];
    typed(depth * n * n)
        .into_iter()
        .enumerate()
        .map(at)
        .collect()
}

fn log_sums(s: &[f64], depth: usize) -> f64 {
    let d = depth as f64;
    let pair = |x: f64, y: f64| -> f64 {
        (0..depth)
            .map(|k| x.powf(2.0 * k as f64 / d) * y.powf(2.0 * (d - 1.0 - k as f64) / d))
            .sum()
    };
    s.iter()
        .flat_map(|x| s.iter().map(move |y| pair(*x, *y).ln()))
        .sum()
}

#[test]
fn the_balanced_fibre_has_the_volume_of_the_vandermondes() {
    for (depth, n) in [(2, 3), (3, 2), (4, 2), (3, 3)] {
        let case = chain(depth, n);
        let theta = case.balanced(&start(depth, n));
        let s = singular(&block(&(case.map)(&theta), 0, n, n));
        let volume = log_vandermonde(&s, 1.0) - log_vandermonde(&s, 1.0 / depth as f64);
        let compact = log_pdet(&gram(&case.antisymmetric, &theta));
        close(compact, volume, 1e-9);
        let twin = log_vandermonde(&s, 0.5) - log_vandermonde(&s, 0.5 / depth as f64);
        assert!(
            !agree(compact, twin, 1e-3),
            "the twin: s in place of its square"
        );
        close(log_pdet(&case.gram(&theta)), log_sums(&s, depth), 1e-9);
        close(log_pdet(&case.metric(&theta)), log_sums(&s, depth), 1e-9);
        let found = subject::chain(depth, n).answer(&theta).gram.log_det;
        close(found.expect("numbers"), log_sums(&s, depth), 1e-8);
    }
}

#[test]
fn symbias_finds_the_same_volume() {
    for n in [2, 3] {
        let (model, case) = (subject::chain(3, n), chain(3, n));
        let split = model.generators();
        let fixed = balance(&split.symmetric, &start(3, n)).expect("a gauge");
        let s = singular(&block(&(case.map)(&fixed.theta), 0, n, n));
        let frame = OrbitFrame::new(&split.antisymmetric, &fixed.theta).expect("a frame");
        let expected = log_vandermonde(&s, 1.0) - log_vandermonde(&s, 1.0 / 3.0);
        close(2.0 * frame.log_volume(), expected, 1e-9);
        let answer = model.answer(&fixed.theta);
        close(answer.gram.log_det.expect("numbers"), log_sums(&s, 3), 1e-9);
        assert!(
            !agree(2.0 * frame.log_volume(), log_sums(&s, 3), 1e-3),
            "the twin: gl for so"
        );
    }
}
