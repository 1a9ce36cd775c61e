//! What `analyze` says of a model, as far as it must not depend on how the model is written.

use super::reading::{status, summands};
use super::rewrite::{File, Point};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use symbias::analyze::{Options, analyze};
use symbias::watch::Watch;
use symbias_model::data;
use symbias_model::language::{Copies, SourceFile};

/// Integers of the answer, by their paths.
pub const INTEGERS: [&str; 7] = [
    "rank",
    "redundancy",
    "orbit_dimension",
    "unexplained",
    "symmetry.dimension",
    "charges.count",
    "charges.independent",
];

/// Whether each law exists.
const LAWS: [&str; 5] = [
    "decay",
    "flow",
    "noise_isotropic",
    "noise_slice",
    "noise_horizontal",
];

/// Those that follow from the rank of J and the pieces that it was taken on.
const OF_A_RANK: [&str; 4] = ["rank", "redundancy", "unexplained", "charges.independent"];

/// Numbers at the point.
pub const NUMBERS: [&str; 2] = ["orbit.log_volume", "gram.log_det"];

/// An answer.
#[derive(Clone, Debug)]
pub struct Seen {
    /// 0, 1 for a contradiction, 2 for a failure.
    pub exit: u64,
    pub parameters: u64,
    pub integers: [Option<u64>; 7],
    pub name: BTreeMap<String, u64>,
    pub numbers: [Option<f64>; 2],
    /// The status of each law.
    pub laws: [String; 5],
    /// The least norm on the fibre, where it is known to be that.
    pub least: Option<f64>,
    /// The basis of the algebra that they refer to.
    pub basis: String,
    /// Whether the answer says that it does not know all.
    pub open: bool,
    /// Whether the orbits explain the redundancy, and other fields were not searched.
    pub explained: bool,
    /// Whether the rank of J is said to be open.
    pub open_rank: bool,
    /// The error, or what the warnings say.
    pub said: String,
}

/// How an answer must change: so many parameters and so much rank more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    pub more: u64,
    /// Whether both are at one point, in other coordinates of the same norm.
    pub same_point: bool,
    /// Whether numbers at the point are compared: the change of coordinates only moves entries.
    pub numbers: bool,
}

fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(answer, |value, key| &value[key])
}

/// The answer about a file at a point, or at the random point of the seed.
pub fn look(file: &File, folder: &Path, point: Option<&Point>, seed: u64) -> Seen {
    let text = file.text();
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("theta.safetensors");
    let found = SourceFile::parse(&text, Some(folder)).and_then(|source| {
        if let Some(point) = point {
            let model = source.check(Copies::All)?;
            let space = model.space();
            let theta: Vec<f64> = space
                .blocks()
                .iter()
                .flat_map(|b| point[&b.name].clone())
                .collect();
            data::write(&path, &data::named(&model, &theta))?;
        }
        let options = Options {
            seed,
            at: point.map(|_| (&path).into()),
            ..Options::default()
        };
        analyze(&source, &options, &Watch::default())
    });
    Seen::of(&status(&found))
}

impl Seen {
    fn of(answer: &Value) -> Seen {
        let complete = at(answer, "symmetry.complete");
        let exact = at(answer, "symmetry.bounds.exact");
        let of_j = |r: &&Value| r["what"] == "J";
        let ranks = answer["ranks"].as_array();
        let open_rank =
            ranks.is_some_and(|r| r.iter().find(of_j).is_some_and(|r| r["evidence"] == "open"));
        let warnings = answer["warnings"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let told: Vec<&str> = warnings
            .iter()
            .filter(|w| !w["code"].as_str().unwrap_or_default().starts_with("scope"))
            .filter_map(|w| w["text"].as_str())
            .collect();
        let error = answer["error"]
            .as_str()
            .map(|e| e.split_whitespace().collect::<Vec<_>>().join(" "));
        Seen {
            exit: answer["exit"].as_u64().unwrap_or(2),
            parameters: answer["parameters"].as_u64().unwrap_or(0),
            integers: INTEGERS.map(|path| at(answer, path).as_u64()),
            name: summands(at(answer, "symmetry.name").as_str().unwrap_or_default()),
            numbers: NUMBERS.map(|path| at(answer, path).as_f64()),
            laws: LAWS.map(|l| {
                answer["bias"][l]["status"]
                    .as_str()
                    .unwrap_or_default()
                    .into()
            }),
            least: at(answer, "bias.decay.value")
                .as_f64()
                .filter(|_| at(answer, "bias.decay.status") == "exists"),
            basis: at(answer, "gram.basis").as_str().unwrap_or_default().into(),
            open: complete == "open" || (complete.is_null() && exact == &Value::Bool(false)),
            explained: complete == "explained",
            open_rank,
            said: error.unwrap_or_else(|| told.join("; ")),
        }
    }

    /// What differs from how it must be after a change, one line each.
    pub fn differences(&self, after: &Seen, change: Change) -> Vec<String> {
        let mut found = Vec::new();
        if self.exit != after.exit {
            found.push(format!(
                "exit {}, then {}: {}{}",
                self.exit, after.exit, self.said, after.said
            ));
        }
        if self.exit == 2 || after.exit == 2 {
            return found;
        }
        if self.parameters + change.more != after.parameters {
            found.push(format!(
                "parameters {}, then {}",
                self.parameters, after.parameters
            ));
        }
        for (k, path) in INTEGERS.iter().enumerate() {
            // What is said to be open is a bound, and another search may find another one.
            if (self.open_rank || after.open_rank) && OF_A_RANK.contains(path) {
                continue;
            }
            let more = if *path == "rank" { change.more } else { 0 };
            if self.integers[k].map(|n| n + more) != after.integers[k] {
                found.push(format!(
                    "{path} {:?}, then {:?}",
                    self.integers[k], after.integers[k]
                ));
            }
        }
        if self.name != after.name {
            found.push(format!("name {:?}, then {:?}", self.name, after.name));
        }
        // Of models beside each other nothing is expected here.
        for (k, law) in LAWS
            .iter()
            .enumerate()
            .filter(|(k, _)| !self.laws[*k].is_empty())
        {
            if self.laws[k] != after.laws[k] {
                found.push(format!("{law} {}, then {}", self.laws[k], after.laws[k]));
            }
        }
        if let (Some(a), Some(b), 0) = (self.least, after.least, change.more)
            && change.same_point
            && (a - b).abs() > 1e-5 * a.abs().max(1e-3)
        {
            found.push(format!("decay {a}, then {b}"));
        }
        let comparable = change.numbers && self.basis == after.basis;
        for (k, path) in NUMBERS.iter().enumerate().filter(|_| comparable) {
            if !close(self.numbers[k], after.numbers[k]) {
                found.push(format!(
                    "{path} {:?}, then {:?}",
                    self.numbers[k], after.numbers[k]
                ));
            }
        }
        found
    }

    /// The answer that two models beside each other must have.
    pub fn beside(&self, other: &Seen) -> Seen {
        let both = |k: usize| Some(self.integers[k]? + other.integers[k]?);
        let sum = |k: usize| Some(self.numbers[k]? + other.numbers[k]?);
        let mut name = self.name.clone();
        for (base, copies) in &other.name {
            *name.entry(base.clone()).or_insert(0) += copies;
        }
        Seen {
            exit: self.exit.max(other.exit),
            parameters: self.parameters + other.parameters,
            integers: std::array::from_fn(both),
            name,
            numbers: std::array::from_fn(sum),
            laws: std::array::from_fn(|_| String::new()),
            least: None,
            basis: self.basis.clone(),
            open: self.open || other.open,
            explained: self.explained || other.explained,
            open_rank: self.open_rank || other.open_rank,
            said: String::new(),
        }
    }
}

/// Equal to 1e-6, or both not given.
fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs().max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The twin: every kind of difference is seen.
#[test]
fn differences_are_seen() {
    let seen = Seen::of(&serde_json::json!({
        "exit": 0, "parameters": 5, "rank": 3, "redundancy": 2, "orbit_dimension": 2, "unexplained": 0,
        "symmetry": { "dimension": 2, "name": "R^2", "complete": "all" }, "charges": { "count": 2, "independent": 2 },
        "orbit": { "log_volume": 0.5 }, "gram": { "log_det": 1.0 }
    }));
    let same = Change {
        more: 0,
        numbers: true,
        same_point: true,
    };
    assert!(seen.differences(&seen, same).is_empty());
    assert!(!seen.open);
    let beside = seen.beside(&seen);
    assert_eq!(beside.name, summands("R^4"));
    assert_eq!(beside.integers[0], Some(6));
    for k in 0..7 {
        let mut other = seen.clone();
        other.integers[k] = other.integers[k].map(|n| n + 1);
        assert_eq!(seen.differences(&other, same).len(), 1);
    }
    let mut other = seen.clone();
    other.numbers[1] = Some(1.001);
    other.name = summands("R + so(2)");
    assert_eq!(seen.differences(&other, same).len(), 2);
    assert_eq!(seen.differences(&other, Change::default()).len(), 1);
    other.numbers[0] = None;
    assert_eq!(seen.differences(&other, same).len(), 3);
    assert_eq!(
        seen.differences(
            &seen,
            Change {
                more: 1,
                ..Change::default()
            }
        )
        .len(),
        2
    );
    let lawful = Seen {
        laws: LAWS.map(|_| "exists".into()),
        least: Some(1.0),
        ..seen.clone()
    };
    let mut other = lawful.clone();
    other.laws[2] = "absent".into();
    other.least = Some(1.1);
    assert_eq!(lawful.differences(&other, same).len(), 2);
    assert_eq!(lawful.differences(&other, Change::default()).len(), 1);
}
