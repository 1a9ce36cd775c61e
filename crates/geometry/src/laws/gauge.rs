//! Gauges: fixing twice is fixing once, and the function stays.

use super::{Check, Function, difference};

/// Motion of θ when a gauge is fixed again, and change of the function: a gauge is a point where
/// charges vanish to 1e-10.
const FIXED: f64 = 1e-9;

/// A gauge: a map that chooses a point on each orbit (theory §3). Points where it chooses none are
/// left out.
#[must_use]
pub fn gauge(
    what: &str,
    fix: &Function<'_>,
    value: &Function<'_>,
    points: &[Vec<f64>],
) -> Option<[Check; 2]> {
    let (mut again, mut moved, mut seen) = (0.0_f64, 0.0_f64, 0);
    for theta in points {
        let Some(once) = fix(theta) else { continue };
        seen += 1;
        let twice = fix(&once).unwrap_or_default();
        again = again.max(difference(&once, &twice));
        let (before, after) = (value(theta), value(&once));
        moved = moved.max(difference(
            &before.unwrap_or_default(),
            &after.unwrap_or_default(),
        ));
    }
    (seen > 0).then(|| {
        [
            Check::new(format!("{what}: fixing twice is fixing once"), again, FIXED),
            Check::new(format!("{what}: the function stays"), moved, FIXED),
        ]
    })
}
