//! The rules of a verdict, one case each, and how often they err.

use super::draws::{mapped, near, normals, uniform, uniforms};
use super::null::{tilt, tilted};
use symbias_simulate::stats::extrapolation::{self, AtStep};
use symbias_simulate::stats::multiplicity::Correction;
use symbias_simulate::stats::verdict::{
    Estimate, Family, Holds, Kind, Question, Sample, Verdict, judge_law, judge_mean, judge_twin,
    judge_twin_samples, judge_two_samples,
};
use symbias_simulate::stats::{normal, power};

fn question() -> Question {
    Question {
        claim: "law of x".to_owned(),
        predicted: "p(x) = 1 on [0, 1]".to_owned(),
        level: 0.01,
        resolution: 0.05,
        order: 1.0,
        step: Some(0.01),
    }
}

fn says(verdict: &Verdict, words: &str) -> bool {
    verdict.reasons.iter().any(|r| r.contains(words))
}

#[test]
fn a_true_law_is_confirmed_and_a_false_one_refuted() {
    let values = uniforms(50, 0, 4000);
    let sample = Sample::independent(&values);
    let verdict = judge_law(&question(), sample, None, uniform).unwrap();
    assert_eq!(verdict.holds, Holds::Confirmed);
    assert!(verdict.detectable < 0.05 && says(&verdict, "would have been seen"));
    assert!(says(&verdict, "no second one"));
    let text = verdict.text();
    for words in [
        "confirmed: law of x",
        "p = ",
        "4000 effective samples",
        "step 0.01",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(text.lines().count(), 2);
    // A record keeps it.
    let json = serde_json::to_string(&verdict).unwrap();
    assert!(json.contains(r#""holds":"confirmed""#) && json.contains(r#""name":"distance""#));
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    // Twin: x² for x.
    let twin = judge_twin(&question(), sample, None, |x| uniform(x * x)).unwrap();
    assert!(twin.excluded && twin.verdict.holds == Holds::Refuted);
    // A twin that is no twin is named.
    let same = judge_twin(&question(), sample, None, uniform).unwrap();
    assert!(!same.excluded && same.text().contains("NOT"));
    // And a claim of the wrong law is refuted.
    let verdict = judge_law(&question(), sample, None, |x| uniform(x * x)).unwrap();
    assert_eq!(verdict.holds, Holds::Refuted);
    assert!(says(&verdict, "a bias of the step is not excluded"));
}

#[test]
fn too_few_values_say_how_many_would_do() {
    let values = uniforms(51, 0, 300);
    let verdict = judge_law(&question(), Sample::independent(&values), None, uniform).unwrap();
    assert_eq!(verdict.holds, Holds::Undetermined);
    // ((√(ln 200/2) + √(ln 20/2))/0.05)² = 3252.8…
    let needed = power::needed(0.05, 0.01, 0.95).unwrap().ceil();
    assert!(
        says(&verdict, &format!("needs {needed}")),
        "{:?}",
        verdict.reasons
    );
    near(needed, 3253.0, 1e-3);
    // Correlated values are as few.
    let values = uniforms(51, 1, 4000);
    let chain = Sample {
        effective: 300.0,
        ..Sample::independent(&values)
    };
    let verdict = judge_law(&question(), chain, None, uniform).unwrap();
    assert_eq!(verdict.holds, Holds::Undetermined);
    // A twin needs no power; a claim that is contradicted by few values is not refuted, and says so.
    let values = uniforms(51, 2, 200);
    let few = Sample::independent(&values);
    let wrong = |x: f64| uniform(x * x);
    assert!(judge_twin(&question(), few, None, wrong).unwrap().excluded);
    let verdict = judge_law(&question(), few, None, wrong).unwrap();
    assert_eq!(verdict.holds, Holds::Undetermined);
    assert!(says(&verdict, "speaks against"));
}

#[test]
fn lost_replicas_leave_a_law_undetermined() {
    let values = uniforms(52, 0, 20_000);
    let with = |lost| Sample {
        lost,
        ..Sample::independent(&values)
    };
    // A tenth of the resolution is 0.005: 100 of 20 000.
    let judged = |lost| judge_law(&question(), with(lost), None, uniform).unwrap();
    assert_eq!(judged(99).holds, Holds::Confirmed);
    let verdict = judged(101);
    assert_eq!(verdict.holds, Holds::Undetermined);
    assert!(says(&verdict, "step-size bias") && says(&verdict, "halve the step"));
    // Extrapolated, what is lost at h counts twice, what is lost at 2h once.
    let pair = |fine, coarse| {
        judge_law(&question(), with(fine), Some(with(coarse)), uniform)
            .unwrap()
            .holds
    };
    assert_eq!(pair(30, 30), Holds::Confirmed);
    assert_eq!(pair(40, 30), Holds::Undetermined);
    let none = Sample {
        values: &[],
        effective: 0.0,
        lost: 10,
    };
    let verdict = judge_law(&question(), none, None, uniform).unwrap();
    assert_eq!(
        (verdict.holds, verdict.p_value),
        (Holds::Undetermined, None)
    );
    assert!(judge_law(&question(), Sample { lost: 0, ..none }, None, uniform).is_err());
}

#[test]
fn a_bias_of_the_step_is_named_and_taken_out() {
    let n = 20_000;
    let judged = |fine: f64, coarse: f64, seed| {
        let fine = tilted(53, seed, n, fine);
        let coarse = tilted(54, seed, n, coarse);
        let (fine, coarse) = (Sample::independent(&fine), Sample::independent(&coarse));
        judge_law(&question(), fine, Some(coarse), uniform).unwrap()
    };
    let verdict = judged(0.2, 0.4, 0);
    assert_eq!(verdict.holds, Holds::Confirmed, "{:?}", verdict.reasons);
    assert!(says(&verdict, "step-size bias"));
    let bias = verdict.step_bias.unwrap();
    // sup ε x(1 − x) = 0.05 at the fine step; noise 1.4·√(2/20000).
    assert!((bias.size - 0.05).abs() < 0.014 && bias.fine_p_value.unwrap() < 1e-10);
    near(verdict.effective, n as f64 / 5.0, 1e-14);
    // No bias: nothing is said of one. Twins: a bias that stays, and one that falls as the square.
    assert!(!says(&judged(0.0, 0.0, 1), "step-size bias"));
    assert_eq!(judged(0.3, 0.3, 2).holds, Holds::Refuted);
    assert_eq!(judged(0.2, 0.8, 3).holds, Holds::Refuted);
    // A fine sample that deviates by 0.015 where the steps do not differ, and too little to refute: undecided. The same
    // quantiles at both steps: √n 0.015 = 2.1 of the fine one, √(n/5) 0.015 = 0.95 extrapolated.
    let quantiles: Vec<f64> = (0..n)
        .map(|i| tilt((i as f64 + 0.5) / n as f64, 0.06))
        .collect();
    let both = Sample::independent(&quantiles);
    let verdict = judge_law(&question(), both, Some(both), uniform).unwrap();
    assert_eq!(verdict.holds, Holds::Undetermined, "{:?}", verdict.reasons);
    assert!(says(&verdict, "too noisy"));
}

#[test]
fn how_often_a_true_law_is_not_confirmed() {
    let (mut refuted, mut confirmed) = (0, 0);
    let plain = Question {
        level: 0.05,
        resolution: 0.09,
        ..question()
    };
    for r in 0..300 {
        let values = uniforms(55, r, 1000);
        let verdict = judge_law(&plain, Sample::independent(&values), None, uniform).unwrap();
        refuted += u32::from(verdict.holds == Holds::Refuted);
        confirmed += u32::from(verdict.holds == Holds::Confirmed);
    }
    // 15 expected, standard deviation 3.8.
    assert!(
        (4..=27).contains(&refuted) && refuted + confirmed == 300,
        "{refuted}"
    );
    // A law that is off by the resolution is hardly ever confirmed.
    let kept = (0..100)
        .filter(|r| {
            let values = tilted(56, *r, 1000, 0.36);
            let verdict = judge_law(&plain, Sample::independent(&values), None, uniform).unwrap();
            verdict.holds == Holds::Confirmed
        })
        .count();
    assert!(kept <= 10, "{kept}");
}

#[test]
fn a_reference_sample_counts_with_its_noise() {
    let (reference, values) = (uniforms(57, 0, 9000), uniforms(57, 1, 9000));
    let judged = |reference: &[f64], values: &[f64]| {
        judge_two_samples(
            &question(),
            Sample::independent(reference),
            Sample::independent(values),
            None,
        )
        .unwrap()
    };
    let verdict = judged(&reference, &values);
    assert_eq!(verdict.holds, Holds::Confirmed);
    near(verdict.effective, 4500.0, 1e-14);
    assert_eq!(
        judged(&reference, &tilted(57, 2, 9000, 0.4)).holds,
        Holds::Refuted
    );
    let small = judged(&reference[..1000], &values);
    assert_eq!(small.holds, Holds::Undetermined);
    near(small.effective, 900.0, 1e-14);
    // With a bias of the step in the measurement.
    let (fine, coarse) = (tilted(58, 0, 30_000, 0.2), tilted(58, 1, 30_000, 0.4));
    let verdict = judge_two_samples(
        &question(),
        Sample::independent(&uniforms(58, 2, 30_000)),
        Sample::independent(&fine),
        Some(Sample::independent(&coarse)),
    )
    .unwrap();
    assert_eq!(verdict.holds, Holds::Confirmed);
    near(verdict.effective, 5000.0, 1e-14);
    assert!(says(&verdict, "step-size bias"));
}

#[test]
fn means_are_judged_by_their_errors() {
    let values = mapped(&normals(60, 0, 4000), |z| 2.0 + z);
    let estimate = Estimate::of_sample(&values, 4000.0).unwrap();
    near(estimate.error, 1.0 / 4000.0_f64.sqrt(), 0.05);
    let verdict = judge_mean(&question(), 2.0, estimate).unwrap();
    assert_eq!(
        (verdict.holds, verdict.statistic.name),
        (Holds::Confirmed, Kind::Z)
    );
    near(
        verdict.p_value.unwrap(),
        2.0 * (1.0 - normal::cdf(verdict.statistic.value.abs())),
        1e-9,
    );
    // (z_{0.005} + z_{0.05}) error/2.
    near(
        verdict.detectable,
        (2.5758293 + 1.6448536) * estimate.error / 2.0,
        1e-7,
    );
    // Twins: another number; fewer values; an error that ignores correlations.
    assert_eq!(
        judge_mean(&question(), 2.2, estimate).unwrap().holds,
        Holds::Refuted
    );
    let few = Estimate::of_sample(&values[..300], 300.0).unwrap();
    assert_eq!(
        judge_mean(&question(), 2.0, few).unwrap().holds,
        Holds::Undetermined
    );
    // How often it errs.
    let refuted = (0..2000)
        .filter(|r| {
            let values = mapped(&normals(61, *r, 50), |z| 1.0 + 0.01 * z);
            let estimate = Estimate::of_sample(&values, 50.0).unwrap();
            judge_mean(&question(), 1.0, estimate).unwrap().holds == Holds::Refuted
        })
        .count();
    // Level 0.01: 20 expected, a few more since the variance is estimated from 50 values.
    assert!((8..=45).contains(&refuted), "{refuted}");
}

#[test]
fn extrapolated_means_need_a_fit() {
    let at = |f: fn(f64) -> f64| {
        [0.4, 0.2, 0.1].map(|step| AtStep {
            step,
            value: f(step),
            error: 0.004,
        })
    };
    let judged = |f| {
        let fit = extrapolation::fit(&at(f), 1.0).unwrap();
        let estimate = Estimate::extrapolated(&fit, 0.1, 1.0, 1000.0);
        judge_mean(&question(), 1.0, estimate).unwrap()
    };
    let verdict = judged(|h| 1.0 + 0.5 * h);
    assert_eq!(verdict.holds, Holds::Confirmed);
    near(verdict.step_bias.unwrap().size, 0.05, 1e-12);
    // Twins: a mean that stays off, and one whose leading order does not fit.
    assert_eq!(judged(|h| 1.1 + 0.5 * h).holds, Holds::Refuted);
    let verdict = judged(|h| 1.0 + 3.0 * h * h);
    assert_eq!(verdict.holds, Holds::Undetermined);
    assert!(says(&verdict, "leading order"));
}

#[test]
fn a_family_is_judged_together() {
    let with = |p: Option<f64>, holds: Holds, detectable: f64| {
        let values = uniforms(62, 0, 4000);
        let verdict = judge_law(&question(), Sample::independent(&values), None, uniform).unwrap();
        Verdict {
            p_value: p,
            holds,
            detectable,
            level: 0.05,
            ..verdict
        }
    };
    let family = Family::new(
        vec![
            with(Some(0.001), Holds::Refuted, 0.02),
            with(Some(0.04), Holds::Refuted, 0.02),
            with(Some(0.3), Holds::Confirmed, 0.02),
            with(Some(0.6), Holds::Confirmed, 0.049),
            with(None, Holds::Undetermined, 1.0),
        ],
        0.05,
    )
    .unwrap();
    assert_eq!(family.correction, Correction::Holm);
    let holds: Vec<Holds> = family.verdicts.iter().map(|v| v.holds).collect();
    // 0.04·3 = 0.12: not refuted among four. At level/4 the fourth sees more than 0.05 only.
    assert_eq!(
        holds,
        [
            Holds::Refuted,
            Holds::Confirmed,
            Holds::Confirmed,
            Holds::Undetermined,
            Holds::Undetermined
        ]
    );
    near(family.adjusted[1].unwrap(), 0.12, 1e-14);
    assert_eq!(family.adjusted[4], None);
    // (√ln 160 + √ln 20)/(√ln 40 + √ln 20).
    near(
        family.verdicts[0].detectable,
        0.02 * 3.9836330255 / 3.6514639652,
        1e-6,
    );
    assert!(
        family
            .text()
            .starts_with("5 claims at level 0.05 together: 2 confirmed, 1 refuted")
    );
    assert_eq!(family.holds(), Holds::Refuted);
    // Among many true claims, few are refuted.
    let many: Vec<Verdict> = (0..40)
        .map(|r| {
            let values = uniforms(63, r, 8000);
            let question = Question {
                level: 0.05,
                ..question()
            };
            judge_law(&question, Sample::independent(&values), None, uniform).unwrap()
        })
        .collect();
    assert!(many.iter().any(|v| v.holds == Holds::Refuted));
    assert_eq!(Family::new(many, 0.05).unwrap().holds(), Holds::Confirmed);
}

/// A reference whose values are partly lost is a distribution function that is known up to the lost share.
#[test]
fn a_reference_that_lost_values_decides_nothing() {
    let (values, other) = (uniforms(70, 0, 8000), uniforms(71, 0, 8000));
    let squares: Vec<f64> = other.iter().map(|x| x * x).collect();
    let fine = Sample::independent(&values);
    let lossy = |lost| Sample {
        lost,
        ..Sample::independent(&other)
    };
    let asked = Question {
        resolution: 0.1,
        ..question()
    };
    // A tenth of the resolution is allowed: 80 of 8000.
    let holds = |lost| {
        judge_two_samples(&asked, lossy(lost), fine, None)
            .unwrap()
            .holds
    };
    assert_eq!([holds(0), holds(80)], [Holds::Confirmed; 2]);
    assert_eq!(holds(81), Holds::Undetermined);
    // Nothing left is no error.
    let empty = Sample {
        lost: 10,
        ..Sample::independent(&[])
    };
    let none = judge_two_samples(&asked, empty, fine, None).unwrap();
    assert_eq!((none.holds, none.p_value), (Holds::Undetermined, None));
    // A wrong reference is excluded without power, and not by lost values.
    let wrong = Sample::independent(&squares);
    assert!(
        judge_twin_samples(&asked, wrong, fine, None)
            .unwrap()
            .excluded
    );
    let lost = Sample { lost: 81, ..wrong };
    assert!(
        !judge_twin_samples(&asked, lost, fine, None)
            .unwrap()
            .excluded
    );
}
