//! Effective sample sizes: n/τ, τ = Σ_k ρ_k over all lags, of many chains.
//!
//! Autocovariances are summed by Geyer's initial monotone sequence ("Practical Markov chain Monte Carlo", Stat. Sci. 7,
//! 1992, §3.3): Γ_m = γ_{2m} + γ_{2m+1} of a reversible chain is positive and falls, so that the sum ends where an
//! estimate is not positive, and no Γ_m counts more than the one before. Many chains, split in halves: Vehtari, Gelman,
//! Simpson, Carpenter and Bürkner, "Rank-normalization, folding, and localization: an improved R̂", Bayesian Analysis 16,
//! 2021. Time is O(n · lags used): a chain that does not mix costs O(n²).

use super::argument;
use symbias_model::error::{Error, ErrorKind, Result};

/// Fewer values than this in a half of a chain say nothing about correlations.
const LEAST: usize = 4;

/// The quantiles whose indicators [`of_distribution`] looks at.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Σ (x_i − m)(x_{i+lag} − m) / n.
fn autocovariance(centered: &[f64], lag: usize) -> f64 {
    let n = centered.len();
    let sum: f64 = centered[..n - lag]
        .iter()
        .zip(&centered[lag..])
        .map(|(x, y)| x * y)
        .sum();
    sum / n as f64
}

fn centered(chain: &[f64]) -> Vec<f64> {
    let mean = chain.iter().sum::<f64>() / chain.len() as f64;
    chain.iter().map(|x| x - mean).collect()
}

/// τ = −1 + 2 Σ_m Γ_m by the initial monotone sequence, of correlations given lag by lag.
///
/// Where it ends, at a pair that is not positive or at the last but one lag, the even lag counts once; that matters for
/// alternating chains, and is what the reference implementations (`posterior`, ArviZ) do.
fn correlation_time(lags: usize, mut rho: impl FnMut(usize) -> f64) -> f64 {
    let mut last = 1.0 + rho(1);
    if last <= 0.0 {
        return 0.0;
    }
    let mut tau = 2.0 * last - 1.0;
    let end = (lags - 3) / 2;
    for m in 1..=end {
        let even = rho(2 * m);
        let pair = (even + rho(2 * m + 1)).min(last);
        if pair <= 0.0 || m == end {
            return tau + even.max(0.0);
        }
        tau += 2.0 * pair;
        last = pair;
    }
    tau
}

/// n/τ. For negative correlations τ is bounded below by 1/log₁₀ n, as Vehtari et al. do.
fn size(n: usize, tau: f64) -> f64 {
    let n = n as f64;
    n / tau.max(1.0 / n.log10())
}

/// The effective size for a test of the distribution: the least over the indicators of five quantiles, since an
/// empirical distribution function is the mean of an indicator at each point. The size for the mean is no bound: a
/// chain may forget its sign at once and its modulus slowly.
///
/// # Errors
/// No chains, of different lengths, with fewer than eight values, or values that are not finite.
pub fn of_distribution(chains: &[&[f64]]) -> Result<f64> {
    let halves = split(chains)?;
    let pooled = argument::sorted(&halves.concat());
    let sizes = QUANTILES.iter().map(|p| {
        let bound = quantile(&pooled, *p);
        split_size(&mapped(&halves, |x| f64::from(u8::from(x <= bound))))
    });
    Ok(sizes.fold(f64::INFINITY, f64::min))
}

/// Both halves of every chain; the middle value of an odd length is left out.
fn split(chains: &[&[f64]]) -> Result<Vec<Vec<f64>>> {
    let n = chains.first().map_or(0, |c| c.len());
    argument::count("the number of chains", chains.len())?;
    for chain in chains {
        argument::sample("a chain", chain, 2 * LEAST)?;
        if chain.len() != n {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("one chain has {n} values and another {}", chain.len()),
            )
            .remedy("cut the chains to the same length"));
        }
    }
    let halves = chains
        .iter()
        .flat_map(|c| [c[..n / 2].to_vec(), c[n - n / 2..].to_vec()]);
    Ok(halves.collect())
}

fn mapped(chains: &[Vec<f64>], f: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
    chains
        .iter()
        .map(|c| c.iter().map(|x| f(*x)).collect())
        .collect()
}

/// The quantile of sorted values, interpolated between positions p(n − 1) (type 7 of Hyndman and Fan 1996).
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// W, the mean variance within chains, and var⁺ = (n − 1)/n W + the variance of their means.
fn variances(chains: &[Vec<f64>]) -> (f64, f64) {
    let n = chains[0].len() as f64;
    let m = chains.len() as f64;
    let means: Vec<f64> = chains.iter().map(|c| c.iter().sum::<f64>() / n).collect();
    let within = chains
        .iter()
        .zip(&means)
        .map(|(c, mean)| c.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0))
        .sum::<f64>()
        / m;
    let grand = means.iter().sum::<f64>() / m;
    let between = means.iter().map(|x| (x - grand).powi(2)).sum::<f64>() / (m - 1.0);
    (within, (n - 1.0) / n * within + between)
}

/// mn/τ with ρ_t = 1 − (W − mean γ_t)/var⁺ (Vehtari et al. 2021, eq. 10, with γ_t over n as `posterior` and ArviZ have
/// it).
fn split_size(chains: &[Vec<f64>]) -> f64 {
    let (n, m) = (chains[0].len(), chains.len());
    let (within, plus) = variances(chains);
    if plus == 0.0 {
        return (n * m) as f64;
    }
    let own: Vec<Vec<f64>> = chains.iter().map(|c| centered(c)).collect();
    let tau = correlation_time(n, |lag| {
        let mean = own.iter().map(|c| autocovariance(c, lag)).sum::<f64>() / m as f64;
        1.0 - (within - mean) / plus
    });
    size(n * m, tau)
}
