//! Which minimum training reaches: weight decay forgets the charges of its start and not the basin (theory §7.1).

use crate::potential::{Hypothesis, Status};
use symbias_geometry::metric::Polynomial;

/// The lowest degree of F beyond its constant.
fn lowest(map: &Polynomial) -> Option<usize> {
    let monomials = map.entries.iter().flatten();
    monomials.map(|m| m.places.len()).filter(|n| *n > 0).min()
}

/// Whether F is linear in θ.
fn is_linear(map: &Polynomial) -> bool {
    map.entries.iter().flatten().all(|m| m.places.len() <= 1)
}

/// What has to hold of a start for training to end at the minimum of loss + λR; `map`: F, where it is a polynomial.
pub(super) fn hypotheses(map: Option<&Polynomial>) -> [Hypothesis; 2] {
    let linear = map.is_some_and(is_linear);
    let sign = match linear {
        true => "F is linear: loss + decay has no basins that its own loss has not",
        false => {
            "training starts on the side of w = 0 where the minimum lies: K vanishes there at balanced parameters, decay balances, and \
             weights keep their signs"
        }
    };
    let origin = match map.and_then(lowest) {
        _ if linear => "F is linear: the origin is no minimum of its own",
        Some(1) => "training does not end at another local minimum of loss + decay than the least",
        Some(2) => {
            "training leaves the origin: where F begins with degree 2, the origin is a strict saddle of loss + decay only if the slope \
             of the loss there outweighs the decay, and else a local minimum"
        }
        Some(_) => {
            "training does not start in the basin of the origin: where F begins with degree 3 or more, the origin is a local minimum of \
             loss + decay for every loss"
        }
        None => {
            "training does not start in the basin of the origin, if that is a local minimum of loss + decay"
        }
    };
    let status = if linear {
        Status::Verified
    } else {
        Status::Assumed
    };
    [
        Hypothesis::new("sign-frozen", sign, status),
        Hypothesis::new("origin-is-minimum", origin, status),
    ]
}
