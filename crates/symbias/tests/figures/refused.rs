//! Names that nothing has are refused when the experiment is planned, with the place and what there is.

use super::common::{Folder, performed};

fn refusal(series: &str, over: &str) -> String {
    let folder = Folder::new("refused");
    let figures = format!(
        "[[figures]]\nname = \"f\"\n[[figures.panels]]\ny = {{}}\nseries = []\n[[figures.panels]]\nover = \"{over}\"\n\
         y = {{}}\nseries = [{{ arm = \"a\", of = \"u\" }}, {series}]\n"
    );
    let experiment = folder.experiment(&figures);
    let out = folder.0.join("record");
    let error = performed(&experiment, &out, 1).expect_err(series);
    assert!(!out.exists(), "nothing was begun");
    format!("{error:#}")
}

#[test]
fn unknown_names_in_figures() {
    for (series, over, words) in [
        (r#"{ arm = "c", of = "u" }"#, "steps", "no arm `c`"),
        (
            r#"{ arm = "a", of = "v" }"#,
            "steps",
            "does not observe `v`",
        ),
        (
            r#"{ arm = "a", of = "u", entries = [4] }"#,
            "steps",
            "no entry 4",
        ),
        (r#"{ arm = "a" }"#, "steps", "exactly one of"),
        (r#"{ of = "u" }"#, "steps", "`arm` is missing"),
        (r#"{ given = "lie" }"#, "index", "given as `lie`"),
        (
            r#"{ given = "truth" }"#,
            "steps",
            "no place on the horizontal axis",
        ),
        (
            r#"{ arm = "b", predicted = true }"#,
            "index",
            "nothing is predicted for `b`",
        ),
        (
            r#"{ arm = "a", distance = { claim = "l3", when = "path" } }"#,
            "steps",
            "no claim `l3`",
        ),
        (
            r#"{ given = "truth", change = true }"#,
            "index",
            "are of observables",
        ),
    ] {
        let message = refusal(series, over);
        assert!(message.contains(words), "{series}: {message}");
        assert!(
            message.contains("figure `f`: panel 2, series 2"),
            "{message}"
        );
    }
    let message = refusal(r#"{ arm = "a", of = "v" }"#, "steps");
    for there in ["`u`", "`size`", "`charges`"] {
        assert!(message.contains(there), "what there is: {message}");
    }
}

#[test]
fn unknown_keys_and_unknown_published_numbers() {
    let message = refusal(r#"{ arm = "a", of = "u", colr = 3 }"#, "steps");
    assert!(message.contains("colr"), "{message}");
    let folder = Folder::new("published");
    let published = "[[published]]\narm = \"a\"\nof = \"u\"\nvalues = [1, 2, 3, 4, 5]\n";
    let experiment = folder.experiment(published);
    let out = folder.0.join("record");
    let error = performed(&experiment, &out, 1).expect_err("five of 4");
    let message = format!("{error:#}");
    assert!(
        message.contains("published number 3") && message.contains("4 entries"),
        "{message}"
    );
}
