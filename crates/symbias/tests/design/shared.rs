//! Norms of a component as a whole, by factors that entries share: latent and overlapping groups, against closed forms.

use super::oracle::{Built, file, has_bias, judged, refusal};
use std::fmt::Write;
use symbias::design::answer::Shows;

/// A file of three weights with two or three groups.
fn text(driver: &str, target: &str, constants: &str) -> String {
    let mut text = format!(
        "symbias = 1\ndriver = \"{driver}\"\naxes = {{ i = 3, j = 2, g = 2, h = 3 }}\ncomponents = {{ w = [\"i\"] }}\ntarget = \"{target}\"\n"
    );
    if !constants.is_empty() {
        let _ = writeln!(text, "[constants]\n{constants}");
    }
    text
}

const M: &str = "M = { axes = [\"i\",\"g\"], values = [[4.0, 0.0], [1.0, 1.0], [0.0, 0.25]] }";
const B: &str = "B = { axes = [\"g\",\"i\"], values = [[1.0, 2.0, 0.0], [0.0, 0.5, 3.0]] }";

/// Two groups that share w₁: vectors (|w₀|/√m₀, a) and (|w₂|/√m₂, w₁ − a) have the least sum of lengths where they are parallel.
fn path(w: &[f64], m: [f64; 2]) -> f64 {
    f64::hypot(w[0].abs() / m[0].sqrt() + w[2].abs() / m[1].sqrt(), w[1])
}

fn norms(w: &[f64]) -> f64 {
    f64::hypot(w[0], 2.0 * w[1]) + f64::hypot(0.5 * w[1], 3.0 * w[2])
}

#[test]
fn latent_groups_have_the_bias_that_was_asked_for() {
    let latent = |target: &str, constants: &str| file(&text("decay", target, constants));
    let design = latent("latent[i,g](w[i], M[i,g])", M);
    has_bias(design, ("w", &[3]), &|w| path(w, [4.0, 0.25]));
    // Factors inside and outside are one.
    let design = latent("0.5*latent[i,g](3*w[i], M[i,g])", M);
    has_bias(design, ("w", &[3]), &|w| 1.5 * path(w, [4.0, 0.25]));
    // A column of ones beside one for each entry: the norm is the cheaper, the sum never is.
    let design = latent(
        "latent[i,h](w[i], where(pos(h) == 0, 1, 0) + where(pos(h) == pos(i), 1, 0)/4)",
        "",
    );
    assert!(design.holds());
}

#[test]
fn overlapping_groups_have_the_bias_that_was_asked_for() {
    let made = |target: &str| file(&text("decay", target, B));
    for target in [
        "sum[g](norm[i](B[g,i]*w[i]))",
        "sum[g](0.5*norm[i](2*w[i]*B[g,i]))",
    ] {
        has_bias(made(target), ("w", &[3]), &norms);
    }
    // Slices that index expressions cut out; and entries beside them, a sparse group norm.
    has_bias(
        made("sum[g](norm[j](w[g+j])) + 0.5*sum[i](abs(w[i]))"),
        ("w", &[3]),
        &|w| {
            let pairs: f64 = w.windows(2).map(|p| p[0].hypot(p[1])).sum();
            pairs + 0.5 * w.iter().map(|x| x.abs()).sum::<f64>()
        },
    );
}

/// The same groups, shared the other way, are another penalty; so is a weight that is not squared.
#[test]
fn wrong_structures_are_refuted() {
    let latent = Built::new(file(&text("decay", "latent[i,g](w[i], M[i,g])", M)));
    let (below, off) = judged(&latent, ("w", &[3]), &norms);
    assert!(below.max(off) > 1e-2);
    let (below, off) = judged(&latent, ("w", &[3]), &|w| path(w, [2.0, 0.5]));
    assert!(below.max(off) > 1e-2);
    let over = Built::new(file(&text("decay", "sum[g](norm[i](B[g,i]*w[i]))", B)));
    let (below, off) = judged(&over, ("w", &[3]), &|w| path(w, [1.0, 1.0]));
    assert!(below.max(off) > 1e-2);
}

#[test]
fn shared_factors_start_where_every_entry_can_leave() {
    for (target, constants) in [
        ("latent[i,g](w[i], M[i,g])", M),
        ("sum[g](norm[i](B[g,i]*w[i]))", B),
    ] {
        let built = Built::new(file(&text("decay", target, constants)));
        let start = built.design.start.iter().flat_map(|a| a.2.clone());
        let start: Vec<f64> = start.collect();
        assert!(built.value(&start).iter().all(|w| *w == 0.0), "{target}");
        let slopes = built.program.jacobian(&start, &[]).expect("J");
        assert!(slopes.iter().all(|row| row.iter().any(|x| x.abs() > 0.1)));
        // The lift at several charges, of entries that are 0, too.
        for charge in [0.0, 0.3] {
            built.lift("w", &[3], &[0.0, -2.0, 1e-5], charge);
            built.lift("w", &[3], &[0.7, 0.0, 0.0], charge);
        }
        assert!(!built.design.answer.basin.origin_is_minimum);
        assert_eq!(built.design.answer.basin.kkt, Shows::Proves);
    }
}

#[test]
fn what_is_wrong_with_groups_is_said() {
    let m = |values: &str| format!("M = {{ axes = [\"i\",\"g\"], values = {values} }}");
    let latent = "latent[i,g](w[i], M[i,g])";
    let cases = [
        (
            latent,
            m("[[1, 0], [1, -2], [0, 1]]"),
            "entry [1,1] of M in `latent` is -2",
        ),
        (
            latent,
            m("[[1, 0], [0, 0], [0, 1]]"),
            "row 1 of M in `latent` is zero",
        ),
        (latent, m("[[1, 0], [0, 1]]"), "M"),
        ("latent[i,g](w[i]^2, M[i,g])", M.to_owned(), "no component"),
        ("latent[i](w[i], M[i,g])", M.to_owned(), "two letters"),
        (
            "latent[i,g](w[i], M[i,g]) + sum[i](w[i]^2)",
            M.to_owned(),
            "another term",
        ),
        (
            "0 - latent[i,g](w[i], M[i,g])",
            M.to_owned(),
            "factor of `latent` is -1",
        ),
        ("sum[g](norm[j](w[j]*B[g,j]))", B.to_owned(), "j"),
        ("norm[j](w[j])", String::new(), "w[2] is in no group"),
        ("norm[j](w[j+1] - w[j])", String::new(), "combinations"),
        (
            "sum[g](norm[i](B[g,i]*w[i])) + sum[i](w[i]^2)",
            B.to_owned(),
            "something else",
        ),
    ];
    for (target, constants, says) in cases {
        let said = refusal(&text("decay", target, &constants));
        assert!(said.contains(says), "{target}: {said}");
    }
    for (driver, says) in [
        ("flow", "strictly convex"),
        ("isotropic", "groups that are apart"),
        ("horizontal", "groups that are apart"),
        ("slice", "groups that are apart"),
    ] {
        for (target, constants) in [(latent, M), ("sum[g](norm[i](B[g,i]*w[i]))", B)] {
            let said = refusal(&text(driver, target, constants));
            assert!(said.contains(says), "{driver}: {said}");
        }
    }
}
