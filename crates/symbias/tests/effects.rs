//! By how much a law is wrong: `verify` for w = uv, depth three and a double well, with laws of a known answer.

use std::path::Path;
use symbias::experiment::Concluded;
use symbias::experiment::plan::plan;
use symbias::experiment::run::{Board, RunOptions, run};
use symbias::experiment::spec::StationarySpec::{Horizontal, Isotropic};
use symbias::experiment::verdict::law::{LawVerdict, Parameter, judge};
use symbias::verify::{Verified, Wanting, Wish, verify};
use symbias_geometry::noise::Noise;
use symbias_model::language::SourceFile;
use symbias_simulate::stats::verdict::Holds;

const DEEP: &str = "symbias = 1\noutputs = [\"w\"]\naxes = {}\nprogram = \"w = a * b * c\"\n\
                    parameters = { a = [], b = [], c = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 0.5)^2\" }\n";

fn pair() -> SourceFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    SourceFile::read(&root.join("experiments/gallery/pair.model.toml")).unwrap()
}

fn wish(noises: &[Wanting]) -> Wish {
    Wish {
        noises: noises.to_vec(),
        temperature: Some(1.0),
        decay: None,
        replicas: 256,
        resolution: 0.15,
        most_steps: 8000,
        seed: 1,
        threads: None,
        out: None,
        resume: false,
    }
}

fn tried(model: &SourceFile, wish: &Wish) -> Verified {
    verify(model, wish, &Board::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn concluded(found: &Verified) -> &Concluded {
    found.concluded.as_ref().expect("a run")
}

/// The verdicts on a run of an experiment that `verify` wrote, held against its law at these temperatures.
fn judged(wish: &Wish, law: &str, replicas: u64, temperatures: &[Option<f64>]) -> Vec<LawVerdict> {
    let file = tried(&pair(), wish).experiment.expect("an experiment");
    let mut question = file.spec.laws[law].clone();
    question.twins.clear();
    let arms = plan(&file).unwrap();
    let options = RunOptions {
        replicas,
        shard: None,
        threads: 2,
        keep: None,
        pause: None,
    };
    let measured = run(&file, &arms, &options, &Board::default()).unwrap();
    let of = |t: &Option<f64>| {
        question.predicted.temperature = *t;
        judge(law, &question, &arms, &measured)
            .unwrap()
            .expect("a verdict")
    };
    temperatures.iter().map(of).collect()
}

/// Isotropic noise of temperature 1, three steps. The law of temperature 1 is confirmed and its interval holds 1. The intervals of laws
/// of 1.2 and of 1/1.2, which begin from another law, hold 1 and not their own: 12288 replicas are worth 6500, the standard
/// error of T is 0.035, and 0.167/0.035 = 4.8 deviations. What the step may do at the lowest order that three steps leave is
/// six times as much: such laws are not confirmed, and those of 2 and ½ are refuted.
#[test]
fn a_wrong_temperature_is_seen_with_three_steps() {
    let wish = wish(&[Wanting::Stationary(Isotropic)]);
    let temperatures = [None, Some(1.2), Some(1.0 / 1.2), Some(2.0), Some(0.5)];
    let found = judged(&wish, "isotropic", 12_288, &temperatures);
    for (law, t) in found.iter().zip(temperatures) {
        let warm = law
            .effects
            .iter()
            .find(|e| e.parameter == Parameter::Temperature);
        let warm = warm.expect("a fitted temperature");
        assert!(warm.includes(1.0), "{t:?}: {warm:?}");
        assert_eq!(
            warm.includes(warm.predicted),
            t.is_none(),
            "{t:?}: {warm:?}"
        );
        let said = format!("{t:?}: {:?}, {:?}", law.holds, law.reasons);
        match t {
            None => assert_eq!(law.holds, Holds::Confirmed, "{said}"),
            Some(t) if (0.6..1.5).contains(&t) => {
                assert_ne!(law.holds, Holds::Confirmed, "{said}");
            }
            Some(_) => assert_eq!(law.holds, Holds::Refuted, "{said}"),
        }
    }
    // The predicted powers: 1 of R, and 0 at 0 but for a logarithm.
    let power = |p: Parameter| found[0].effects.iter().find(|e| e.parameter == p).unwrap();
    assert!(power(Parameter::PowerOfR).includes(1.0));
    assert!(!power(Parameter::PowerOfR).includes(0.0));
    let exponent = power(Parameter::ExponentAtZero);
    assert!(exponent.includes(exponent.predicted) && exponent.predicted.abs() < 0.1);
    assert!(!power(Parameter::ExponentAtZero).includes(-0.5));
}

/// The law of w = uv under horizontal noise is |w|^{−1/2} at 0 (theory §5.3); charges off the balanced leaf fall like
/// e^{−2T∫dt/(u² + v²)}. The twin: under isotropic noise, from the leaf, they grow, and the law does not stand.
#[test]
fn a_leaf_that_attracts_is_told_from_one_that_does_not() {
    let found = tried(&pair(), &wish(&[Wanting::Stationary(Horizontal)]));
    let law = &concluded(&found).record.verdicts.laws["horizontal"];
    let seen = law.attraction.as_ref().expect("an arm off the leaf");
    assert_eq!(seen.holds, Holds::Confirmed, "{}", found.text());
    assert!(seen.after < 0.5 * seen.before && seen.fell > seen.replicas * 9 / 10);
    assert!(
        found.text().contains("  leaf        attracts"),
        "{}",
        found.text()
    );
    assert!(
        law.integrator
            .contains("tamed Euler-Maruyama, weak order 1, held")
    );
    let exponent = law
        .effects
        .iter()
        .find(|e| e.parameter == Parameter::ExponentAtZero);
    let predicted = exponent.expect("an exponent").predicted;
    assert!((predicted + 0.5).abs() < 1e-3, "{predicted}");

    let mut file = found.experiment.clone().expect("an experiment");
    let start = file.spec.run.start.clone();
    let off = file.spec.arms.get_mut("horizontal_off").expect("the arm");
    off.start = start;
    off.diffusion.as_mut().expect("a diffusion").noise = Noise::Isotropic(1.0);
    let arms = plan(&file).unwrap();
    let options = RunOptions {
        replicas: 256,
        shard: None,
        threads: 2,
        keep: None,
        pause: None,
    };
    let measured = run(&file, &arms, &options, &Board::default()).unwrap();
    let mut question = file.spec.laws["horizontal"].clone();
    question.twins.clear();
    let law = judge("horizontal", &question, &arms, &measured)
        .unwrap()
        .expect("a verdict");
    assert_eq!(
        law.attraction.as_ref().map(|a| a.holds),
        Some(Holds::Refuted)
    );
    assert!(!law.stands());
}

/// Depth three passes w = 0 (theory §5.3): each sign is compared for itself, with its share. The twin: at a temperature at which
/// nothing crosses there is one claim, of all.
#[test]
fn a_weight_that_passes_zero_is_compared_per_sign() {
    let model = SourceFile::parse(DEEP, None).unwrap();
    let warm = Wish {
        temperature: Some(0.3),
        replicas: 6144,
        ..wish(&[Wanting::Stationary(Horizontal)])
    };
    let found = tried(&model, &warm);
    let law = &concluded(&found).record.verdicts.laws["horizontal"];
    assert_eq!(law.of, ["weights < 0", "weights > 0"], "{}", found.text());
    assert_ne!(law.holds, Holds::Refuted, "{}", found.text());
    let signs = law.signs.expect("shares");
    // A plain scheme or one held on the leaf crosses here as the law does; four standard errors and the step's own.
    assert!(
        (signs.measured - signs.predicted).abs() < 4.0 * signs.error + 0.02,
        "{signs:?}"
    );
    assert!(found.text().contains("  signs "), "{}", found.text());
    for line in found
        .text()
        .lines()
        .filter(|l| l.starts_with("  ") && l.len() > 14)
    {
        let label = line[..14].trim();
        if !label.is_empty() {
            assert!(
                symbias::explain::explain(label).is_ok(),
                "`{label}`: {line}"
            );
        }
    }
    let cold = Wish {
        temperature: Some(0.02),
        ..warm
    };
    let found = tried(
        &model,
        &Wish {
            replicas: 256,
            ..cold
        },
    );
    let law = &concluded(&found).record.verdicts.laws["horizontal"];
    assert_eq!(
        (law.of.as_slice(), law.signs),
        (["weights".to_owned()].as_slice(), None)
    );
}

/// (w² − 1)²/2 at T = 0.25: the curvature at a minimum is 4, and a well is left in the time (2π/√(4·2)) e^{½/¼} = 16 (Kramers), so
/// that the correlation time of the sign is about 8, and the run has to last for eight of it. The twin with one well lasts as
/// its curvature says.
#[test]
fn the_horizon_follows_the_slowest_mode_that_is_seen() {
    for (loss, slow) in [("0.5 * (w^2 - 1)^2", true), ("2 * (w - 1)^2", false)] {
        let text = format!(
            "symbias = 1\noutputs = [\"w\"]\naxes = {{}}\nprogram = \"w = a\"\nparameters = {{ a = [] }}\n\
             loss = {{ kind = \"expression\", expr = \"{loss}\" }}\n"
        );
        let model = SourceFile::parse(&text, None).unwrap();
        let wish = Wish {
            temperature: Some(0.25),
            replicas: 1024,
            ..wish(&[Wanting::Stationary(Isotropic)])
        };
        let found = tried(&model, &wish);
        let said = found.notes.iter().any(|n| n.contains("slowest mode"));
        assert_eq!(said, slow, "{}", found.text());
        let file = found.experiment.as_ref().expect("an experiment");
        let arm = &file.spec.arms["isotropic"];
        let time = arm.steps.unwrap() as f64 * arm.diffusion.as_ref().unwrap().step;
        assert_eq!(time > 30.0, slow, "{time}");
        let law = &concluded(&found).record.verdicts.laws["isotropic"];
        assert_ne!(law.holds, Holds::Refuted, "{}", found.text());
    }
}

/// Label and minibatch noise have a status with its reason, and leave others alone.
#[test]
fn noises_without_a_closed_form_have_a_status() {
    let open = [Wanting::Labels, Wanting::Minibatch];
    let found = tried(&pair(), &wish(&open));
    assert!(found.concluded.is_none());
    let named: Vec<&str> = found.untried.iter().map(|u| u.noise.name()).collect();
    assert_eq!(named, ["labels", "minibatch"]);
    for untried in &found.untried {
        assert!(untried.reason.starts_with("open: "), "{}", untried.reason);
        assert!(
            untried.reason.contains("not verified"),
            "{}",
            untried.reason
        );
    }
}
