//! The arrows of the house: which crate may use which, in code and in tests alike.
//!
//! `bias` (prediction) and `simulate` (measurement) never see each other, so that their
//! agreement is evidence; everything below them knows nothing of what is built on it.

use crate::Outcome;
use crate::repository::{Repository, array};
use serde_json::Value;

/// Each package of the workspace, and the packages of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("symbias-numerics", &[]),
    ("symbias-model", &["symbias-numerics"]),
    ("symbias-geometry", &["symbias-model", "symbias-numerics"]),
    ("symbias-bias", BELOW_DRIVERS),
    ("symbias-simulate", BELOW_DRIVERS),
    ("symbias", LIBRARY),
    ("symbias-cli", &["symbias"]),
    ("symbias-python", &["symbias"]),
    (
        "symbias-book",
        &["symbias", "symbias-geometry", "symbias-model"],
    ),
    ("symbias-figure", &[]),
    ("xtask", &["symbias-figure"]),
];

const BELOW_DRIVERS: &[&str] = &["symbias-geometry", "symbias-model", "symbias-numerics"];

const LIBRARY: &[&str] = &[
    "symbias-bias",
    "symbias-simulate",
    "symbias-geometry",
    "symbias-model",
    "symbias-numerics",
    "symbias-figure",
];

/// Every dependency between members of the workspace follows [`ARROWS`].
pub fn check(repository: &Repository) -> Outcome<String> {
    let edges = edges(&repository.packages);
    let wrong = violations(&edges, ARROWS);
    if wrong.is_empty() {
        let count: usize = edges.iter().map(|(_, uses)| uses.len()).sum();
        Ok(format!("{} packages, {count} arrows", edges.len()))
    } else {
        Err(wrong.join("\n"))
    }
}

/// Each package with the members of the workspace that it depends on, whatever the kind.
fn edges(packages: &[Value]) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let members: Vec<String> = packages.iter().map(|p| text(&p["name"])).collect();
    let uses = |package: &Value| -> Vec<String> {
        array(&package["dependencies"])
            .iter()
            .map(|dependency| text(&dependency["name"]))
            .filter(|name| members.contains(name))
            .collect()
    };
    packages
        .iter()
        .map(|package| (text(&package["name"]), uses(package)))
        .collect()
}

/// What is wrong, one sentence each.
fn violations(edges: &[(String, Vec<String>)], arrows: &[(&str, &[&str])]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (package, uses) in edges {
        let Some((_, allowed)) = arrows.iter().find(|(name, _)| name == package) else {
            wrong.push(format!(
                "package `{package}` has no row in xtask/src/arrows.rs: add what it may use"
            ));
            continue;
        };
        for name in uses.iter().filter(|name| !allowed.contains(&name.as_str())) {
            wrong.push(format!(
                "`{package}` depends on `{name}`; it may use only: {}",
                if allowed.is_empty() {
                    "nothing of ours".to_owned()
                } else {
                    allowed.join(", ")
                }
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of `cargo metadata` that we read, for two packages and one outsider.
    fn packages(uses: &str, kind: &str) -> Vec<Value> {
        let text = format!(
            r#"[{{"name": "symbias-bias", "dependencies": [
                   {{"name": "{uses}", "kind": {kind}}}, {{"name": "serde", "kind": null}}]}},
                {{"name": "symbias-geometry", "dependencies": []}},
                {{"name": "symbias-simulate", "dependencies": []}}]"#
        );
        array(&serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn an_arrow_of_the_house_passes() {
        let edges = edges(&packages("symbias-geometry", "null"));
        assert_eq!(edges[0].1, ["symbias-geometry"]);
        assert!(violations(&edges, ARROWS).is_empty());
    }

    #[test]
    fn prediction_never_sees_measurement_not_even_in_tests() {
        for kind in ["null", "\"dev\"", "\"build\""] {
            let wrong = violations(&edges(&packages("symbias-simulate", kind)), ARROWS);
            assert_eq!(wrong.len(), 1);
            assert!(wrong[0].contains("`symbias-bias` depends on `symbias-simulate`"));
        }
    }

    #[test]
    fn an_unknown_package_needs_a_row() {
        let edges = vec![("symbias-new".to_owned(), vec![])];
        assert!(violations(&edges, ARROWS)[0].contains("has no row"));
    }

    #[test]
    fn the_table_has_no_cycle_and_keeps_the_drivers_apart() {
        let row = |name: &str| ARROWS.iter().find(|(n, _)| *n == name).unwrap().1;
        assert!(!row("symbias-bias").contains(&"symbias-simulate"));
        assert!(!row("symbias-simulate").contains(&"symbias-bias"));
        for (name, _) in ARROWS {
            let mut reached = row(name).to_vec();
            let mut next = 0;
            while next < reached.len() {
                reached.extend(row(reached[next]).iter());
                next += 1;
                assert!(next < 1000, "the table has a cycle");
            }
            assert!(!reached.contains(name), "{name} reaches itself");
        }
    }
}
