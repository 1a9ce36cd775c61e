//! The topics of `symbias explain` and the marks of the book belong together.

use std::collections::BTreeSet;
use symbias::explain::passage::passages;
use symbias::explain::{CHAPTERS, Kind, TOPICS, explain, list};
use symbias::watch::Watch;

#[test]
fn every_mark_is_well_formed_and_every_topic_has_one() {
    let mut marked = BTreeSet::new();
    for chapter in CHAPTERS {
        assert!(!chapter.title().is_empty(), "{}", chapter.file);
        let found = passages(chapter.text).unwrap_or_else(|e| panic!("{}:{e}", chapter.file));
        for slug in found.iter().flat_map(|p| &p.slugs) {
            assert!(marked.insert(*slug), "{}: `{slug}` twice", chapter.file);
        }
    }
    let listed: BTreeSet<&str> = TOPICS.iter().map(|t| t.slug).collect();
    assert_eq!(listed.len(), TOPICS.len(), "a topic is listed twice");
    assert_eq!(marked, listed);
}

#[test]
fn every_topic_resolves_and_its_report_is_plain_text() {
    for topic in TOPICS {
        let found = explain(topic.slug).unwrap();
        assert!(found.source.contains("theory §"), "{}", topic.slug);
        let report = found.report();
        for mark in ["<!--", "](", "**", "```", "\\|"] {
            assert!(!report.contains(mark), "{}: {mark}\n{report}", topic.slug);
        }
        // Code and tables keep their lines; everything else is wrapped.
        for line in report.lines().filter(|l| !l.starts_with("    ")) {
            assert!(line.chars().count() <= 100, "{}: {line}", topic.slug);
        }
    }
}

#[test]
fn every_work_that_a_source_names_is_in_the_references() {
    for topic in TOPICS {
        let found = explain(topic.slug).unwrap();
        let keys: Vec<&str> = found
            .source
            .split('[')
            .skip(1)
            .filter_map(|rest| rest.split(']').next())
            .collect();
        assert_eq!(keys.len(), found.references.len(), "{}", topic.slug);
        for key in keys {
            let start = format!("[{key}] ");
            assert!(found.references.iter().any(|r| r.starts_with(&start)));
        }
    }
}

#[test]
fn topics_of_answers_are_there() {
    let hypotheses: Vec<&str> = TOPICS
        .iter()
        .filter(|t| t.kinds.contains(&Kind::Hypothesis))
        .map(|t| t.slug)
        .collect();
    for slug in [
        "squared-norm-penalty",
        "fast-decay",
        "sign-frozen",
        "origin-is-minimum",
        "whole-fibre",
        "fibre-is-orbit",
        "effective-weights-known",
        "metric-closes",
        "metric-is-hessian",
        "image-is-open",
        "reductive",
        "compact-orbits",
        "leaf-invariant",
        "leaf-attracting",
        "normalisable-at-zero",
        "normalisable-at-infinity",
        "on-the-slice",
        "slice-choice",
        "noise-horizontal",
        "minimum-attained",
        "linear-model",
        "small-steps",
    ] {
        assert!(hypotheses.contains(&slug), "{slug}");
    }
    // The names of the biases in an answer are topics too.
    for field in [
        "decay",
        "flow",
        "noise_isotropic",
        "noise_slice",
        "noise_horizontal",
    ] {
        assert!(explain(field).is_ok(), "{field}");
    }
    for kind in Kind::ALL {
        assert!(list().contains(kind.plural()));
    }
}

#[test]
fn an_unknown_topic_suggests_the_nearest() {
    let message = explain("noise-slise").unwrap_err().to_string();
    assert!(message.contains("did you mean `noise-slice`?"), "{message}");
    let message = explain("thermodynamics").unwrap_err().to_string();
    assert!(
        message.contains("`symbias explain` lists all topics"),
        "{message}"
    );
}

/// Every citation of the sources resolves, in all spellings of it. The twins: a section that is none, and a word that only looks like one.
#[test]
fn sections_of_the_theory_are_explained() {
    for name in ["theory §5.2", "Theory 5.2", "§5.2"] {
        let found = explain(name).unwrap();
        assert_eq!(
            (found.topic.as_str(), found.kinds),
            ("theory §5.2", &[Kind::Section][..])
        );
        assert!(found.text.contains("det(∇χ∇χᵀ)^{−1/2}"), "{}", found.text);
        assert!(
            found
                .references
                .iter()
                .any(|work| work.starts_with("[C08] "))
        );
    }
    let cited = TOPICS.iter().flat_map(|topic| {
        let source = explain(topic.slug).unwrap().source;
        let sections = source.split('§').skip(1);
        let numbers = sections.map(|rest| {
            rest.split([',', ';'])
                .next()
                .unwrap_or("")
                .trim()
                .to_owned()
        });
        numbers.collect::<Vec<_>>()
    });
    for number in cited {
        assert!(explain(&format!("§{number}")).is_ok(), "§{number}");
    }
    let whole = explain("theory §5").unwrap().report();
    assert!(
        whole.contains("- §5.4 Minibatch and label noise"),
        "{whole}"
    );
    let message = explain("§5.9").unwrap_err().to_string();
    assert!(
        message.contains("the theory has no section `5.9`"),
        "{message}"
    );
    assert!(
        explain("theories")
            .unwrap_err()
            .to_string()
            .contains("nothing explains")
    );
}

#[test]
fn the_report_of_one_topic() {
    let report = explain("transport").unwrap().report();
    assert_eq!(
        report,
        "\
transport (object): moving parameters along their orbit

To transport parameters along their orbit is to apply a finite group element e^X. The function
stays, to rounding; norm, charges and the future of training do not. Transport to the balanced gauge
compares two networks; transport to wanted charges chooses the leaf that training will then stay on.

source        theory §3
chapter       Gauges, docs/gauges.md
"
    );
}

#[test]
fn every_hypothesis_of_an_answer_is_a_topic() {
    use symbias::analyze::{Options, analyze};
    use symbias_model::language::SourceFile;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut seen = BTreeSet::new();
    for name in [
        "hadamard",
        "groups",
        "gram",
        "deep_relu",
        "value_bias",
        "scale_invariant",
        "factorization",
        "transformer_1b",
    ] {
        let source = SourceFile::read(&folder.join(name).with_extension("toml")).expect("a model");
        let found = analyze(&source, &Options::default(), &Watch::default()).expect("an answer");
        let bias = &found.answer.bias;
        for law in [
            &bias.decay,
            &bias.flow,
            &bias.noise_isotropic,
            &bias.noise_slice,
            &bias.noise_horizontal,
        ] {
            for h in &law.hypotheses {
                assert!(explain(&h.topic).is_ok(), "{name}: `{}`", h.topic);
                seen.insert(h.topic.clone());
            }
        }
    }
    assert!(seen.len() > 12, "{seen:?}");
}

/// Every word that a line of an analysis begins with, and every status in brackets, is explained.
#[test]
fn every_label_of_an_analysis_is_explained() {
    use symbias::analyze::{Options, analyze};
    use symbias::report::{Style, text};
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut labels = BTreeSet::new();
    for name in [
        "shallow_relu",
        "hadamard",
        "phase_retrieval",
        "gram",
        "groups",
        "value_bias",
    ] {
        let path = models.join(format!("{name}.toml"));
        let source = symbias_model::language::SourceFile::read(&path).unwrap();
        let answer = analyze(&source, &Options::default(), &Watch::default())
            .unwrap()
            .answer;
        let printed = text(&answer, Style { full: true });
        for line in printed.lines() {
            let label = line.get(..13).map_or("", str::trim);
            if !line.starts_with(' ') && !label.is_empty() {
                labels.insert(label.to_owned());
            }
            if let Some((status, _)) = line
                .trim()
                .strip_prefix('[')
                .and_then(|l| l.split_once(']'))
            {
                labels.insert(status.to_owned());
            }
        }
    }
    assert!(labels.len() > 12, "{labels:?}");
    for label in &labels {
        assert!(
            explain(label).is_ok(),
            "`{label}` is printed and not explained"
        );
    }
    // The twin: a word that no report prints.
    assert!(explain("residue").is_err());
}
