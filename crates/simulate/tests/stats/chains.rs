//! Effective sizes against ArviZ, and of AR(1) chains against the size of their slowest indicator.

use super::draws::{autoregressive, congruential, near};
use symbias_simulate::stats::ess;

/// x' = 0.6 x + (u − ½), from 0.
fn driven(seed: u64, n: usize) -> Vec<f64> {
    let mut x = 0.0;
    congruential(seed, n)
        .iter()
        .map(|u| {
            x = 0.6 * x + (u - 0.5);
            x
        })
        .collect()
}

fn of(chains: &[Vec<f64>]) -> f64 {
    let slices: Vec<&[f64]> = chains.iter().map(Vec::as_slice).collect();
    ess::of_distribution(&slices).unwrap()
}

#[test]
fn many_chains_are_arviz() {
    // arviz_stats 0.8: the least of ess(method = "quantile") over 0.05, 0.25, 0.5, 0.75, 0.95.
    let mut chains: Vec<Vec<f64>> = (11..15).map(|seed| driven(seed, 400)).collect();
    near(of(&chains), 585.9259148671432, 1e-9);
    // The twin: a chain that sits elsewhere is worth next to nothing.
    for x in &mut chains[0] {
        *x += 1.0;
    }
    assert!(of(&chains) < 20.0);
}

/// The indicator of the median of a normal AR(1) has correlations (2/π) asin ρ^k, the largest of all quantiles.
#[test]
fn autoregressions_have_their_size() {
    let n = 20_000;
    for rho in [0.0_f64, 0.5, 0.9] {
        let correlations = (1..500).map(|k| std::f64::consts::FRAC_2_PI * rho.powi(k).asin());
        let expected = n as f64 / (1.0 + 2.0 * correlations.sum::<f64>());
        let sizes: Vec<f64> = (0..8)
            .map(|r| of(&[autoregressive(3, r, n, rho)]))
            .collect();
        let mean = sizes.iter().sum::<f64>() / 8.0;
        let spread = (sizes.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 56.0).sqrt();
        // Standard error of eight estimates; the initial sequence is biased by a few parts in a hundred, the least of five too.
        assert!(
            (mean - expected).abs() < 4.0 * spread + 0.08 * expected,
            "{mean} {expected}"
        );
        // The twin: the size without correlations.
        assert!(rho == 0.0 || (mean - n as f64).abs() > 0.3 * n as f64);
    }
}

#[test]
fn a_chain_of_slow_modulus_is_not_judged_by_its_sign() {
    // The sign is new at each step, the modulus is that of a slow chain.
    let slow = autoregressive(5, 0, 8000, 0.98);
    let signs = congruential(77, 8000);
    let sign = |u: f64| if u < 0.5 { 1.0 } else { -1.0 };
    let chain: Vec<f64> = slow
        .iter()
        .zip(&signs)
        .map(|(x, u)| sign(*u) * x.abs())
        .collect();
    let fast: Vec<f64> = signs.iter().map(|u| sign(*u)).collect();
    assert!(of(&[fast]) > 6000.0 && of(&[chain]) < 1500.0);
}

#[test]
fn chains_that_say_nothing() {
    assert_eq!(of(&[vec![2.0; 100]]), 100.0);
    assert!(ess::of_distribution(&[&[1.0, 2.0]]).is_err());
    assert!(ess::of_distribution(&[]).is_err());
    let bad = ess::of_distribution(&[&[0.0; 20], &[1.0; 19]]).unwrap_err();
    assert!(bad.message().contains("19"));
}
