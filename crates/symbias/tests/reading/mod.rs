//! The machine-readable answer as the tests read it: by its keys, whatever else it holds.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use symbias::analyze::Analysis;
use symbias_model::error::Result;

/// The answer with the exit status of the command as `exit`; a failure is an object of `exit` and `error` alone.
pub fn status(found: &Result<Analysis>) -> Value {
    match found {
        Ok(analysis) => {
            let mut answer = serde_json::to_value(&analysis.answer).expect("an answer is JSON");
            answer["exit"] = json!(u8::from(!analysis.holds()));
            answer
        }
        Err(error) => json!({ "exit": 2, "error": error.to_string() }),
    }
}

/// The summands of the name of an algebra with their numbers: `gl(2) + R^3` has gl(2) once and R three times.
pub fn summands(name: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for piece in name.split('+').map(str::trim) {
        let (base, copies) = match piece.rsplit_once('^') {
            Some((base, power)) if power.parse::<u64>().is_ok() => {
                (base, power.parse().unwrap_or(1))
            }
            _ => (piece, 1),
        };
        if base.is_empty() || base == "0" {
            continue;
        }
        for (part, each) in simple(base) {
            *found.entry(part).or_insert(0) += each * copies;
        }
    }
    found
}

/// A summand by names that depend on the algebra alone: gl(n) = sl(n) + R, so(4) = so(3)^2, so(6) = su(4), and of nilpotent
/// ideals the dimension.
fn simple(base: &str) -> Vec<(String, u64)> {
    let inside = |head: &str| base.strip_prefix(head)?.strip_suffix(')');
    if let Some(n) = inside("gl(").filter(|n| n.parse::<u64>().is_ok()) {
        return vec![(format!("sl({n})"), 1), ("R".to_owned(), 1)];
    }
    if let Some(dimension) = inside("n(").and_then(|n| n.parse().ok()) {
        return vec![("n".to_owned(), dimension)];
    }
    match base {
        "so(4)" => vec![("so(3)".to_owned(), 2)],
        _ => vec![(base.to_owned(), 1)],
    }
}
