//! Effective sizes against ArviZ and against AR(1) chains, whose size is n(1 − ρ)/(1 + ρ).

use crate::draws::{autoregressive, congruential, near};
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

#[test]
fn many_chains_are_arviz() {
    // arviz_stats 0.8: ess(method = "bulk", "mean", "quantile"), rhat(method = "rank").
    let mut chains: Vec<Vec<f64>> = (11..15).map(|seed| driven(seed, 400)).collect();
    let all = |chains: &[Vec<f64>]| {
        let slices: Vec<&[f64]> = chains.iter().map(Vec::as_slice).collect();
        (
            ess::of_chains(&slices).unwrap(),
            ess::of_distribution(&slices).unwrap(),
        )
    };
    let (mixing, least) = all(&chains);
    near(mixing.bulk, 424.66659526942715, 1e-9);
    near(mixing.mean, 433.99962215022924, 1e-9);
    near(mixing.tail, 702.8921355357685, 1e-9);
    near(mixing.r_hat, 1.0033299115677685, 1e-10);
    near(least, 585.9259148671432, 1e-9);
    // An odd length: the middle value is left out.
    let cut: Vec<Vec<f64>> = chains.iter().map(|c| c[..391].to_vec()).collect();
    near(all(&cut).0.bulk, 414.3832615560495, 1e-9);
    near(all(&cut).0.r_hat, 1.0034909887284431, 1e-10);
    // A chain that sits elsewhere.
    for x in &mut chains[0] {
        *x += 1.0;
    }
    let (mixing, _) = all(&chains);
    near(mixing.r_hat, 1.4458726054574629, 1e-10);
    near(mixing.bulk, 8.377397411098343, 1e-9);
}

#[test]
fn autoregressions_have_their_size() {
    let n = 20_000;
    for rho in [0.0, 0.5, 0.9, -0.5] {
        let expected = n as f64 * (1.0 - rho) / (1.0 + rho);
        let sizes: Vec<f64> = (0..8)
            .map(|r| ess::of_chain(&autoregressive(3, r, n, rho)).unwrap())
            .collect();
        let mean = sizes.iter().sum::<f64>() / 8.0;
        let spread = (sizes.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 56.0).sqrt();
        // Standard error of eight estimates; the initial sequence is biased by a few parts in a hundred.
        assert!(
            (mean - expected).abs() < 4.0 * spread + 0.04 * expected,
            "{mean} {expected}"
        );
        // Twin: the size without correlations.
        assert!(rho == 0.0 || (mean - n as f64).abs() > 0.3 * n as f64);
        let chains: Vec<Vec<f64>> = (0..4).map(|r| autoregressive(4, r, n / 4, rho)).collect();
        let slices: Vec<&[f64]> = chains.iter().map(Vec::as_slice).collect();
        let mixing = ess::of_chains(&slices).unwrap();
        near(mixing.mean, expected, 0.15);
        assert!(mixing.r_hat < 1.02);
    }
}

#[test]
fn a_chain_of_slow_modulus_is_not_judged_by_its_mean() {
    // The sign is new at each step, the modulus is that of a slow chain.
    let slow = autoregressive(5, 0, 8000, 0.98);
    let signs = congruential(77, 8000);
    let chain: Vec<f64> = slow
        .iter()
        .zip(&signs)
        .map(|(x, u)| if *u < 0.5 { x.abs() } else { -x.abs() })
        .collect();
    let mean = ess::of_chain(&chain).unwrap();
    let distribution = ess::of_distribution(&[&chain]).unwrap();
    assert!(
        mean > 6000.0 && distribution < 1500.0,
        "{mean} {distribution}"
    );
}

#[test]
fn chains_that_say_nothing() {
    assert_eq!(ess::of_chain(&[2.0; 100]).unwrap(), 1.0);
    assert!(ess::of_chain(&[1.0, 2.0]).is_err());
    assert!(ess::of_chains(&[]).is_err());
    let bad = ess::of_chains(&[&[0.0; 20], &[1.0; 19]]).unwrap_err();
    assert!(bad.message().contains("19"));
    let apart = ess::of_chains(&[&[0.0; 20], &[1.0; 20]]).unwrap();
    assert!(apart.r_hat > 100.0);
}
