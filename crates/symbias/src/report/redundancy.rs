//! Rank and redundancy in the report, and the directions that nothing explains.

use super::text::Style;
use crate::answer::{Answer, Entry};
use symbias_geometry::symmetry::Evidence;

pub(super) fn redundancy(answer: &Answer, style: Style, line: &mut impl FnMut(&str, &str)) {
    let (Some(rank), Some(redundancy), Some(orbit)) =
        (answer.rank, answer.redundancy, answer.orbit_dimension)
    else {
        line("redundancy", "rank J not computed at this size");
        return;
    };
    let of_j = answer.ranks.iter().find(|r| r.what == "J");
    let how = match of_j.map(|r| (r.exact, r.evidence)) {
        Some((_, Evidence::Open)) => " (open)",
        Some((true, _)) => " (exact)",
        Some((false, _)) => " (certified)",
        None => "",
    };
    line(
        "redundancy",
        &format!(
            "{redundancy} = {} - rank J {rank}{how}: orbits {orbit}, unexplained {}",
            answer.parameters,
            answer.unexplained.unwrap_or(0)
        ),
    );
    for place in &answer.unexplained_on {
        let n = place.directions;
        let word = if n == 1 { "direction" } else { "directions" };
        line(
            "",
            &format!("{n} unexplained {word} on {}", place.tensors.join(", ")),
        );
        let shown = if style.full { usize::MAX } else { 1 };
        for direction in place.basis.iter().take(shown) {
            line("", &format!("  {}", combination(direction)));
        }
    }
}

/// A direction as a sum: `W[0,1] - 0.5 W[0,2]`.
fn combination(direction: &[Entry]) -> String {
    let mut text = String::new();
    for entry in direction {
        let sign = match (text.is_empty(), entry.value < 0.0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        text += sign;
        let size = entry.value.abs();
        if (size - 1.0).abs() > 1e-12 {
            text += &format!("{size:.4} ");
        }
        text += &entry.entry;
    }
    text
}
