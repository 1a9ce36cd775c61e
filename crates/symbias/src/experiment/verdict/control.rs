//! Whether a control is the run without one driver: the same in every field but those of the driver, or it tells nothing (theory §8).

use crate::experiment::plan::Planned;
use crate::experiment::quantile::ordered;
use crate::experiment::spec::{Control, DriverSpec};
use symbias_simulate::training::Feed;

/// Relative difference of two times that are written as decimals and meant to be equal.
const SAME: f64 = 1e-6;
/// Coverage of an interval of a median, at least, where there are replicas enough.
const COVERAGE: f64 = 0.9;

/// Drivers that act in a run: flow always does.
pub(super) fn present(arm: &Planned) -> Vec<DriverSpec> {
    let mut all = Vec::new();
    // An l1 term is a penalty, too.
    let descent = &arm.training.descent;
    if descent.decay > 0.0 || descent.l1.iter().any(|x| *x > 0.0) {
        all.push(DriverSpec::Decay);
    }
    let anew = |f: &Feed| *f != Feed::Fixed;
    if arm.training.batch.is_some() || arm.training.refresh && arm.training.feeds.iter().any(anew) {
        all.push(DriverSpec::Noise);
    }
    // v ← βv + g keeps no charge and multiplies the rate by 1/(1 − β) (theory §2.5).
    if descent.momentum > 0.0 {
        all.push(DriverSpec::Momentum);
    }
    // They set the charges themselves, and leave F where it was.
    if arm.training.orbit.is_some() {
        all.push(DriverSpec::OrbitMoves);
    }
    all
}

/// What a control differs in besides the driver that it removes, in words. Its steps are not looked at: a control that ends early is
/// compared as far as its pace goes.
pub(super) fn differences(run: &Planned, other: &Planned, control: &Control) -> Vec<String> {
    use DriverSpec::{Decay, Flow, Momentum, Noise, OrbitMoves};
    let (own, its) = (&run.spec, &other.spec);
    let fields = [
        ("model", own.model != its.model, None),
        ("precision", run.precision != other.precision, None),
        ("diffusion", own.diffusion != its.diffusion, None),
        ("start", own.start != its.start, None),
        ("teacher", own.teacher != its.teacher, None),
        ("data", own.data != its.data, None),
        ("samples", own.samples != its.samples, Some(Noise)),
        ("refresh", own.refresh != its.refresh, Some(Noise)),
        ("batch", own.batch != its.batch, Some(Noise)),
        ("full_batch", own.full_batch != its.full_batch, Some(Noise)),
        ("inputs", own.inputs != its.inputs, Some(Noise)),
        (
            "decay",
            own.decay.unwrap_or(0.0) != its.decay.unwrap_or(0.0),
            Some(Decay),
        ),
        ("l1", own.l1 != its.l1, Some(Decay)),
        (
            "momentum",
            own.momentum.unwrap_or(0.0) != its.momentum.unwrap_or(0.0),
            Some(Momentum),
        ),
        (
            "orbit_moves",
            own.orbit_moves != its.orbit_moves,
            Some(OrbitMoves),
        ),
    ];
    let mut found: Vec<String> = fields
        .into_iter()
        .filter(|(_, differs, of)| *differs && *of != Some(control.removes))
        .map(|(name, ..)| format!("`{name}`"))
        .collect();
    let (mine, theirs) = (run.training.descent.rate, other.training.descent.rate);
    match control.removes {
        // The same time: η/(1 − β) for one step of the run.
        Momentum => {
            let wanted = mine / (1.0 - run.training.descent.momentum);
            let given = theirs * control.pace;
            if (given - wanted).abs() > SAME * wanted {
                found.push(format!(
                    "`rate` times `pace`, which is {given} and would be {wanted} for the same time"
                ));
            }
        }
        Flow | Decay | Noise | OrbitMoves if mine != theirs => found.push("`rate`".to_owned()),
        Flow | Decay | Noise | OrbitMoves => {}
    }
    let (run_has, still) = (present(run), present(other));
    if still.contains(&control.removes) {
        found.push(format!(
            "nothing of {}, which still acts in it",
            super::words::name(control.removes)
        ));
    } else if !run_has.contains(&control.removes) {
        found.push(format!(
            "no {}, since the run has none",
            super::words::name(control.removes)
        ));
    }
    found
}

/// An interval of the median over replicas that holds for any law: order statistics whose binomial coverage is 0.9 at least, the
/// least and the largest where replicas are too few. `None` without two.
pub(super) fn median_interval(numbers: impl IntoIterator<Item = f64>) -> Option<[f64; 2]> {
    let all = ordered(numbers);
    let n = all.len();
    if n < 2 {
        return None;
    }
    // P(fewer than k of n below the median) for k = 1, 2, …
    let (mut at, mut term, mut below) = (0, 0.5_f64.powi(n as i32), 0.0);
    for k in 0..n / 2 {
        below += term;
        if 1.0 - 2.0 * below < COVERAGE {
            break;
        }
        at = k;
        term *= (n - k) as f64 / (k + 1) as f64;
    }
    Some([all[at], all[n - 1 - at]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_a_median_has_its_coverage() {
        let numbers = |n: u32| (1..=n).map(f64::from);
        assert_eq!(median_interval(numbers(1)), None);
        assert_eq!(median_interval(numbers(4)), Some([1.0, 4.0]));
        // Binomial(10, ½): P(X ≤ 1) = 0.0107, P(X ≤ 2) = 0.0547.
        assert_eq!(median_interval(numbers(10)), Some([2.0, 9.0]));
        // Binomial(20, ½): P(X ≤ 5) = 0.0207, P(X ≤ 6) = 0.0577.
        assert_eq!(median_interval(numbers(20)), Some([6.0, 15.0]));
    }
}
