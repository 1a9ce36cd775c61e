//! The gallery of laws in the book. Its numbers and figures are those of one run, which takes minutes and is not repeated here:
//!
//! * `cargo xtask gallery FOLDER` takes them over from what `symbias reproduce --gallery -o FOLDER` wrote;
//! * the tables of `docs/gallery.md` are written from the numbers, and a figure that did not come with them is refused.

use crate::Outcome;
use crate::generate::Derived;
use crate::repository::{Repository, array, cannot, read};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The chapter.
const CHAPTER: &str = "docs/gallery.md";
/// Where numbers and figures are kept.
const KEPT: &str = "docs/figures/gallery";
/// The numbers.
const NUMBERS: &str = "laws.json";
/// What begins a table: `<!-- gallery: EXPERIMENT | STATISTIC -->`.
const BEGIN: &str = "<!-- gallery: ";
/// What ends it.
const END: &str = "<!-- end -->";

/// Takes over the numbers and figures of a run.
pub fn take(repository: &Repository, folder: &str) -> Outcome {
    let from = PathBuf::from(folder);
    let summary = parsed(&read(&from.join("summary.json"))?)?;
    let into = repository.root.join(KEPT);
    std::fs::create_dir_all(&into).map_err(|e| cannot("create", &into, &e))?;
    let mut figures = serde_json::Map::new();
    for name in array(&summary["records"]) {
        let name = name.as_str().unwrap_or_default();
        let drawn = crate::repository::files(&from.join(name).join("figures"), "svg")?;
        // One figure of each record has its name, or is that of its laws.
        let Some(path) = drawn.first() else { continue };
        let text = read(path)?;
        let to = into.join(format!("{name}.svg"));
        std::fs::write(&to, &text).map_err(|e| cannot("write", &to, &e))?;
        println!("wrote {}", repository.name(&to));
        figures.insert(name.to_owned(), fingerprint(&text).into());
    }
    let kept = json!({ "laws": summary["laws"], "figures": figures });
    let text = serde_json::to_string_pretty(&kept).map_err(|e| e.to_string())? + "\n";
    let to = into.join(NUMBERS);
    std::fs::write(&to, text).map_err(|e| cannot("write", &to, &e))?;
    println!("wrote {}", repository.name(&to));
    Ok(())
}

/// The chapter with the tables of the numbers that are kept; figures must be those of the same run.
pub fn tables(repository: &Repository) -> Outcome<Vec<Derived>> {
    let kept = parsed(&read(&repository.root.join(KEPT).join(NUMBERS))?)?;
    for (name, wanted) in kept["figures"].as_object().into_iter().flatten() {
        let path = repository.root.join(KEPT).join(format!("{name}.svg"));
        if fingerprint(&read(&path)?) != wanted.as_str().unwrap_or_default() {
            return Err(format!(
                "{} is not of the run that {KEPT}/{NUMBERS} is of; take both over by `cargo xtask gallery FOLDER`",
                repository.name(&path)
            ));
        }
    }
    let path = repository.root.join(CHAPTER);
    let text = filled(&read(&path)?, &array(&kept["laws"]))?;
    Ok(vec![Derived { path, text }])
}

fn parsed(text: &str) -> Outcome<Value> {
    serde_json::from_str(text).map_err(|e| format!("the numbers of the gallery are not JSON: {e}"))
}

/// A text with each table replaced by that of its experiment.
fn filled(text: &str, laws: &[Value]) -> Outcome<String> {
    let mut out = String::new();
    let mut inside = false;
    for line in text.lines() {
        if inside && line != END {
            continue;
        }
        inside = false;
        out += line;
        out.push('\n');
        if let Some(what) = line
            .strip_prefix(BEGIN)
            .and_then(|l| l.strip_suffix(" -->"))
        {
            let (experiment, statistic) = what.split_once(" | ").unwrap_or((what, "D"));
            let own: Vec<&Value> = laws
                .iter()
                .filter(|l| l["experiment"] == experiment)
                .collect();
            if own.is_empty() {
                return Err(format!(
                    "{CHAPTER}: the gallery has no law of `{experiment}`"
                ));
            }
            out += &table(&own, statistic);
            inside = true;
        }
    }
    match inside {
        true => Err(format!("{CHAPTER}: a table has no `{END}`")),
        false => Ok(out),
    }
}

fn table(laws: &[&Value], statistic: &str) -> String {
    let mut text = format!(
        "| law | verdict | p | {statistic} | effective | would be seen | wrong ones refuted |\n"
    );
    text += "|---|---|---|---|---|---|---|\n";
    for law in laws {
        let twins = law["twins"].as_object();
        let count = twins.map_or(0, |t| t.len());
        let refuted = twins.map_or(0, |t| t.values().filter(|r| **r == true).count());
        let number = |key: &str| law[key].as_f64();
        text += &format!(
            "| `{}` | {}{} | {} | {} | {:.0} | {} | {} |\n",
            law["name"].as_str().unwrap_or_default(),
            law["holds"].as_str().unwrap_or_default(),
            match law["stands"] == true {
                true => "",
                false => ", not as expected",
            },
            number("p_value").map_or(String::new(), short),
            number("statistic").map_or(String::new(), short),
            number("effective").unwrap_or(0.0),
            number("detectable").map_or(String::new(), short),
            match count {
                0 => "none asked".to_owned(),
                _ => format!("{refuted} of {count}"),
            }
        );
    }
    text
}

/// Two digits.
fn short(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        size if size < 1e-3 => format!("{x:.0e}"),
        size => {
            let digits = (1.0 - size.log10().floor()).clamp(0.0, 4.0) as usize;
            format!("{x:.digits$}")
        }
    }
}

/// FNV-1a of 64 bits: enough to tell a figure from another.
fn fingerprint(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_the_numbers() {
        let laws = [json!({
            "experiment": "a", "name": "one", "holds": "confirmed", "stands": false, "p_value": 0.0668,
            "statistic": 0.02037, "effective": 4096.0, "detectable": 0.0446, "twins": { "x": true, "y": false },
        })];
        let text = "before\n<!-- gallery: a | D -->\nstale\n<!-- end -->\nafter\n";
        let filled_once = filled(text, &laws).unwrap();
        assert!(filled_once.contains(
            "| `one` | confirmed, not as expected | 0.067 | 0.020 | 4096 | 0.045 | 1 of 2 |"
        ));
        assert!(!filled_once.contains("stale") && filled_once.ends_with("after\n"));
        assert_eq!(filled(&filled_once, &laws).unwrap(), filled_once);
        assert!(filled("<!-- gallery: b -->\n<!-- end -->\n", &laws).is_err());
        assert!(filled("<!-- gallery: a -->\n", &laws).is_err());
    }

    #[test]
    fn the_fingerprint_is_the_published_hash() {
        // Test vectors of Fowler, Noll and Vo.
        assert_eq!(fingerprint(""), "cbf29ce484222325");
        assert_eq!(fingerprint("foobar"), "85944171f73967e8");
    }

    #[test]
    fn two_digits() {
        let all = [0.0, 0.0668, 0.5, 1.99, -4.59, 12.3, 6e-42];
        assert_eq!(
            all.map(short),
            ["0", "0.067", "0.50", "2.0", "-4.6", "12", "6e-42"]
        );
    }
}
