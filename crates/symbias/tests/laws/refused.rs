//! What cannot be answered is refused before it runs, and nothing is written.

use super::common::{ARMS, LAW, refused, text};

fn changed(changes: &[(&str, &str)], words: &[&str]) {
    refused(&text(ARMS, LAW, changes), words);
}

/// The law is said by these keys.
fn predicted(law: &str, words: &[&str]) {
    changed(&[(r#"{ noise = "horizontal" }"#, law)], words);
}

#[test]
fn numbers_out_of_range() {
    let t = "noise = { horizontal = 0.25 }, step = 0.01";
    let with =
        |noise: &str, step: &str| format!("noise = {{ horizontal = {noise} }}, step = {step}");
    for (noise, step, word) in [
        ("-0.25", "0.01", "`noise.horizontal` is -0.25"),
        ("nan", "0.01", "`noise.horizontal` is NaN"),
        ("inf", "0.01", "`noise.horizontal` is inf"),
        ("0.25", "0.0", "`step` is 0"),
        ("0.25", "-0.01", "`step` is -0.01"),
        ("0.25", "nan", "`step` is NaN"),
    ] {
        changed(&[(t, &with(noise, step))], &[word]);
    }
    changed(
        &[("horizontal = 0.25", "horizontal = 0.0")],
        &["the temperature of arm `fine` is 0"],
    );
    changed(&[("steps = 600", "steps = 0")], &["no steps"]);
    changed(
        &[("steps = 600", "steps = 600\ndecay = -1.0")],
        &["`decay` is -1"],
    );
    changed(
        &[("of = \"weights\"", "of = \"weights\"\nlevel = 0.0")],
        &["`level` is 0"],
    );
    changed(
        &[("of = \"weights\"", "of = \"weights\"\nresolution = 1.0")],
        &["`resolution` is 1"],
    );
}

#[test]
fn names_that_do_not_exist() {
    changed(
        &[("of = \"weights\"", "of = \"weight\"")],
        &["did you mean `weights`"],
    );
    changed(
        &[("of = \"weights\"", "of = \"weights[1]\"")],
        &["law `horizontal`", "1 entry", "entry 1"],
    );
    changed(&[("of = \"weights\"", "of = []")], &["no observable"]);
    changed(&[("arm = \"fine\"", "arm = \"fin\"")], &["`fin`", "`fine`"]);
    changed(
        &[("coarse = \"coarse\"", "coarse = \"course\"")],
        &["`course`", "`coarse`"],
    );
    changed(&[("watch = \"w\"", "watch = \"x\"")], &["to watch"]);
    let twin = format!("{LAW}[laws.horizontal.twins]\nother = {{ arm = \"none\" }}\n");
    refused(&text(ARMS, &twin, &[]), &["twin `other`", "no arm `none`"]);
}

/// 2F(h) − F(2h) is an extrapolation of nothing if the two differ in more than h.
#[test]
fn a_coarse_arm_that_is_another_process() {
    let coarse = |from: &str, to: &str, word: &str| {
        let arms = ARMS.split_once("[arms.coarse]").unwrap();
        let arms = format!("{}[arms.coarse]{}", arms.0, arms.1.replace(from, to));
        refused(&text(&arms, LAW, &[]), &["no coarse arm of `fine`", word]);
    };
    coarse("step = 0.02", "step = 0.03", "twice 0.01");
    coarse("steps = 300", "steps = 600", "half the steps");
    coarse("horizontal = 0.25", "horizontal = 0.5", "`noise`");
    coarse(", slice = { held = { fixman = false } }", "", "`slice`");
    coarse("steps = 300", "steps = 300\ndecay = 0.5", "decay");
    changed(
        &[("coarse = \"coarse\"", "coarse = \"fine\"")],
        &["twice 0.01"],
    );
}

#[test]
fn laws_that_are_said_wrongly() {
    predicted(
        r#"{ noise = "horizontal", log_density = "-x" }"#,
        &["several ways"],
    );
    predicted("{}", &["none"]);
    predicted(r#"{ log_density = "-x +" }"#, &["law `horizontal`", "-x +"]);
    predicted(
        r#"{ log_density = "-x", support = [5.0, 0.0] }"#,
        &["smaller end first"],
    );
    predicted(
        r#"{ noise = "horizontal", support = [5.0, 0.0] }"#,
        &["smaller end first"],
    );
    predicted(
        r#"{ log_density = "-c * x", constants = { c = nan } }"#,
        &["`c` is NaN"],
    );
}

/// w = uv on the slice is |w|^{-1} at 0 (theory §5.2); a Gamma law of shape w₀/s² − ½ collapses once s² ≥ 2w₀ (§5.4).
#[test]
fn laws_without_an_integral() {
    let half_line = |text: &str| format!("{{ log_density = \"{text}\", support = [0.0, inf] }}");
    predicted(
        &half_line("-1.5 * log(x)"),
        &["law `horizontal`", "diverge"],
    );
    predicted(
        &half_line("(1 / 2.5 - 1.5) * log(x) - x / 2.5"),
        &["diverge"],
    );
    let slice = [
        ("horizontal = 0.25", "isotropic = 0.25"),
        ("fixman = false", "fixman = true"),
        (r#"noise = "horizontal""#, r#"noise = "slice""#),
    ];
    changed(&slice, &["diverge"]);
    // Seen through samples of θ it diverges as well, where no single density says so.
    let through = [
        (
            "observe = { weights = true }",
            "observe = { weights = true, losses = { loss = { data = {} } } }",
        ),
        ("of = \"weights\"", "of = [\"weights\", \"loss\"]"),
    ];
    changed(&[&slice[..], &through].concat(), &["not normalisable"]);
    // The twin that exists: the surface measure is |w|^{-1/2}.
    let surface = [
        slice[0],
        (r#"noise = "horizontal""#, r#"noise = "surface""#),
    ];
    let trial = super::common::Trial::new(&text(ARMS, LAW, &surface));
    assert!(trial.run("record", 8).is_ok());
}

#[test]
fn laws_of_another_noise() {
    changed(
        &[("horizontal = 0.25", "isotropic = 0.25")],
        &[
            "law is that of horizontal noise",
            "moves by isotropic noise on a slice",
        ],
    );
    // Asked for as one that fails, or as a twin, it is welcome.
    let wrong = [
        ("horizontal = 0.25", "isotropic = 0.25"),
        ("of = \"weights\"", "of = \"weights\"\nexpect = \"refuted\""),
    ];
    let trial = super::common::Trial::new(&text(ARMS, LAW, &wrong));
    assert!(trial.run("record", 8).is_ok());
    let predictor = [
        ("{ horizontal = 0.25 }, step", "{ predictor = 0.5 }, step"),
        (", slice = { held = { fixman = false } }", ""),
        (r#"noise = "horizontal""#, r#"noise = "isotropic""#),
    ];
    changed(&predictor, &["has no temperature"]);
    let free = [
        ("horizontal = 0.25", "isotropic = 0.25"),
        (", slice = { held = { fixman = false } }, watch = \"w\"", ""),
        (r#"noise = "horizontal""#, r#"noise = "isotropic""#),
    ];
    changed(&free, &["finite volume"]);
}

/// From the balanced leaf paths do not cross w = 0: the weights of both signs come from the initialisation (theory §5.3).
#[test]
fn starts_on_both_sides() {
    changed(
        &[("u = 1 + 0 * z", "u = z")],
        &["starts at w = ", "do not cross 0"],
    );
}

#[test]
fn keys_of_training_in_a_diffusion() {
    for key in [
        "rate = 0.1",
        "batch = { size = 1, draw = \"epochs\" }",
        "momentum = 0.9",
    ] {
        let name = key.split(' ').next().unwrap();
        let steps = format!("steps = 600\n{key}");
        changed(
            &[("steps = 600", &steps)],
            &[&format!("`{name}` has no meaning")],
        );
    }
}

#[test]
fn numbers_that_are_none() {
    let number =
        "[numbers.n]\narm = \"fine\"\ncoarse = \"coarse\"\nof = \"weights\"\npredicted = 0.9\n";
    let with = |more: &str, word: &str| {
        refused(
            &text(ARMS, &format!("{number}{more}"), &[]),
            &["number `n`", word],
        )
    };
    with("accuracy = -0.1\n", "`accuracy` is -0.1");
    with("accuracy = nan\n", "`accuracy` is NaN");
    with("resolution = 0.0\n", "`resolution` is 0");
    with("[numbers.n.twins]\nwrong = nan\n", "`wrong` is NaN");
    refused(
        &text(ARMS, &number.replace("0.9", "inf"), &[]),
        &["`predicted` is inf"],
    );
    refused(
        &text(ARMS, &number.replace("= \"coarse\"", "= \"fine\""), &[]),
        &["twice 0.01"],
    );
}
