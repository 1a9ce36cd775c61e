//! A design of the norms of a layer whose unit is homogeneous: the bias of both is that of the product of scalars.

use super::oracle::{Built, energy, short};
use symbias::design::{DesignSpec, Options, design};
use symbias::watch::Watch;
use symbias_model::data::Folder;

const NET: &str = "symbias = 1\noutputs = [\"y\"]\naxes = { h = 3, d = 2 }\nprogram = \"y = v[h] * relu(W[h,d] * x[d])\"\nparameters = { v = [\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }\n";

fn composed(net: &str, target: &str) -> symbias::design::Design {
    let text =
        format!("symbias = 1\ndriver = \"decay\"\nmodel = \"net.toml\"\ntarget = \"{target}\"\n");
    let options = Options {
        model: Some(net.into()),
        ..Options::default()
    };
    let spec = DesignSpec::parse(&text).expect("a file");
    design(&spec, &Folder::default(), &options, &Watch::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// C and q of a formula `sum[h](C*(…)^q)`.
fn numbers(formula: &str) -> (f64, f64) {
    let inside = formula.strip_prefix("sum[h](").expect("a sum");
    let c = inside
        .split('*')
        .next()
        .expect("a factor")
        .parse()
        .expect("C");
    let q = inside
        .rsplit('^')
        .next()
        .expect("a power")
        .trim_end_matches(')');
    (c, q.parse().expect("q"))
}

#[test]
fn designed_units_have_the_bias_of_both_factors() {
    for (target, on, c, p) in [
        ("sum[h](norm[d](W[h,d])^0.5)", "x^0.5", 1.0, 0.5),
        ("3*sum[h](norm[d](W[h,d]))", "3*x", 3.0, 1.0),
        ("sum[h](norm[d](W[h,d])^2)/2", "x^2/2", 0.5, 2.0),
    ] {
        let found = composed(NET, target);
        // The target itself is not the bias.
        assert!(!found.holds());
        let formula = found.answer.achieved.formula.expect("a closed form");
        let (factor, power) = numbers(&formula);
        assert!(formula.contains("abs(v[h])*norm[d](W[h,d])"), "{formula}");
        // The least of ½t² + c(m/t)^p over t, by a scan, and over lifts of the part alone by their norms.
        let part = Built::new(short(on, "groups:2", &[2]));
        for m in [0.03, 0.7, 4.0] {
            let r = factor * f64::powf(m, power);
            let scan = |of: &dyn Fn(f64) -> f64| {
                (1..40_000)
                    .map(|k| of(1e-4 * 1.0003_f64.powi(k)))
                    .fold(f64::INFINITY, f64::min)
            };
            let least = scan(&|t| 0.5 * t * t + c * (m / t).powf(p));
            assert!((least - r).abs() < 1e-6 * r, "{target}: {least}, not {r}");
            let at = |t: f64| {
                let rho = m / t;
                let z = [0.6 * rho, -0.8 * rho];
                0.5 * t * t + energy(&part.lift("z", &[1, 2], &z, 0.0))
            };
            assert!(
                [0.5, 0.9, 1.0, 1.3, 2.0]
                    .iter()
                    .all(|t| at(*t) > r * (1.0 - 1e-9))
            );
            // Twins: the target alone, and the factor without the one half of the other.
            assert!((least - c * m.powf(p)).abs() > 1e-3 * r);
            assert!((least - 1.02 * r).abs() > 1e-2 * r);
        }
        let said = &found.answer.warnings;
        assert!(
            said.iter()
                .any(|w| w.code == "rest-acts" && w.text.contains(&formula))
        );
    }
}

/// Where the scaling is another one, or there is none, no form is claimed.
#[test]
fn other_units_have_no_form() {
    let target = "sum[h](norm[d](W[h,d]))";
    let squared = NET.replace("relu(W[h,d] * x[d])", "relu(W[h,d] * x[d])^2");
    let found = composed(&squared, target);
    assert!(!found.holds() && found.answer.achieved.formula.is_none());
    let bent = NET.replace("relu(", "tanh(");
    let found = composed(&bent, target);
    assert!(found.holds());
    assert_eq!(
        found.answer.achieved.formula.as_deref(),
        Some("sum[h](norm[d](W[h,d]))")
    );
}
