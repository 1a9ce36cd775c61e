//! The rules against an adversary: small models that look as if a rule applied, and the right
//! dimension by hand. Every generator must annihilate dF (by finite differences of the plain values),
//! and so must finite elements; no rule may claim more than there is.

use std::path::PathBuf;
use symbias_geometry::charge::charges;
use symbias_geometry::discover::certificate::certify;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::factor::{Factor, sum_name};
use symbias_geometry::field::AffineField;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_geometry::symmetry::establish;
use symbias_model::Model;
use symbias_model::data;
use symbias_model::language::{Copies, SourceFile};

#[derive(serde::Deserialize)]
struct Case {
    /// What is found by rules, by hand.
    name: String,
    /// The body of a model file.
    model: String,
}

fn model(text: &str) -> Model {
    let source = SourceFile::parse(&format!("symbias = 1\n{text}"), None);
    source
        .and_then(|s| s.check(Copies::All))
        .unwrap_or_else(|e| panic!("{text}\n{e}"))
}

/// The largest |dF(ξ)| over ‖ξ‖·‖dF‖ at a few points, by central differences.
fn motion(probes: &Probes<'_>, field: &AffineField) -> f64 {
    let mut worst: f64 = 0.0;
    for point in 0..3 {
        let mut theta = probes.point(900 + point);
        // Logarithms and roots of parameters are real.
        if probes
            .value(&theta, point)
            .is_ok_and(|v| v.iter().any(|x| !x.is_finite()))
        {
            theta.iter_mut().for_each(|x| *x = x.abs() + 0.1);
        }
        let velocity = field.at(&theta);
        let speed = velocity.iter().map(|x| x * x).sum::<f64>().sqrt();
        let step = 1e-5 / speed.max(1e-3);
        let shifted = |h: f64| -> Vec<f64> {
            let moved: Vec<f64> = theta
                .iter()
                .zip(&velocity)
                .map(|(x, v)| x + h * v)
                .collect();
            probes.value(&moved, point).expect("a value")
        };
        let (plus, minus) = (shifted(step), shifted(-step));
        let size = plus.iter().fold(1.0_f64, |a, x| a.max(x.abs()));
        for (p, m) in plus.iter().zip(&minus) {
            worst = worst.max((p - m).abs() / (2.0 * step) / size / speed.max(1e-3));
        }
    }
    worst
}

/// The rank of fields as vectors of their coefficients.
fn independent(fields: &[AffineField], d: usize) -> usize {
    let mut rows: Vec<Vec<f64>> = fields
        .iter()
        .map(|f| {
            let mut row = vec![0.0; d * (d + 1)];
            f.linear.iter().for_each(|(i, j, x)| row[i * d + j] += x);
            f.constant.iter().for_each(|(i, x)| row[d * d + i] += x);
            row
        })
        .collect();
    let mut rank = 0;
    for column in 0..d * (d + 1) {
        let Some(best) = (rank..rows.len())
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))
        else {
            break;
        };
        if rows[best][column].abs() < 1e-9 {
            continue;
        }
        rows.swap(rank, best);
        let pivot = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let factor = row[column] / pivot[column];
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(x, p)| *x -= factor * p);
        }
        rank += 1;
    }
    rank
}

fn wrong(case: &Case) -> Vec<String> {
    let model = model(&case.model);
    let files = data::constants(&model).expect("constants");
    let probes = Probes::new(&model, &files, None, 5).expect("probes");
    let found = factors(&model);
    let name = sum_name(found.iter().map(|f| (f.base.as_str(), f.copies)));
    let mut wrong = Vec::new();
    if name != case.name {
        wrong.push(format!("found {name}"));
    }
    let mut fields = Vec::new();
    for factor in &found {
        let own = factor.generators(&model);
        if own.len() as u128 != factor.dimension {
            wrong.push(format!(
                "{} fields of {} {:?}",
                own.len(),
                factor.name(),
                factor.tensors
            ));
        }
        for field in &own {
            let motion = motion(&probes, field);
            if motion.is_nan() || motion > 1e-6 {
                wrong.push(format!(
                    "{} ({}) moves F by {motion:e}: {:?} {field:?}",
                    factor.name(),
                    factor.rule,
                    factor.tensors
                ));
                break;
            }
        }
        wrong.extend(wrong_charges(&model, factor, &probes.point(7)));
        fields.push(own);
    }
    let all = fields.concat();
    let rank = independent(&all, probes.parameters());
    if rank != all.len() {
        wrong.push(format!("{} fields, {rank} independent", all.len()));
    }
    // What is a translation times a function of the parameters counts in neither.
    // The search knows no rule, and says where it has seen all affine fields.
    let rank = generic_rank(&probes, probes.parameters(), Effort::default())
        .expect("a rank")
        .expect("affordable");
    let bound = establish(&probes, &[], &rank, Effort::default()).expect("a null space");
    if let Some(upper) = bound.upper.filter(|u| *u < all.len()) {
        wrong.push(format!("numbers find {upper} fields"));
    }
    if std::env::var_os("GAPS").is_some() {
        println!("{} of {:?} {}", all.len(), bound.upper, case.model);
    }
    match certify(&probes, &fields, 6) {
        Ok(Some(c)) if c.residual > 1e-8 => wrong.push(format!("finite elements: {c:?}")),
        Err(e) => wrong.push(e.to_string()),
        _ => {}
    }
    if wrong.is_empty() {
        return wrong;
    }
    vec![format!(
        "{}\n  should have {}:\n  {}\n",
        case.model,
        case.name,
        wrong.join("\n  ")
    )]
}

/// Whether the gradients of a factor's charges span its symmetric fields.
fn wrong_charges(model: &Model, factor: &Factor, theta: &[f64]) -> Option<String> {
    let as_field = |v: Vec<f64>| AffineField {
        linear: Vec::new(),
        constant: v.into_iter().enumerate().collect(),
    };
    let symmetric = factor.split(model).symmetric;
    let found = charges(model, std::slice::from_ref(factor));
    let values = |at: &[f64]| -> Vec<f64> {
        let each = found.iter().flat_map(|c| c.values(model, at));
        each.collect()
    };
    let count = values(theta).len();
    if count != symmetric.len() {
        return Some(format!(
            "{count} charges, {} symmetric fields",
            symmetric.len()
        ));
    }
    // Central differences of quadratic functions are exact.
    let mut gradients = vec![vec![0.0; theta.len()]; count];
    for i in 0..theta.len() {
        let moved = |by: f64| {
            let mut at = theta.to_vec();
            at[i] += by;
            values(&at)
        };
        for (gradient, (p, m)) in gradients.iter_mut().zip(moved(0.5).iter().zip(moved(-0.5))) {
            gradient[i] = p - m;
        }
    }
    let gradients: Vec<AffineField> = gradients.into_iter().map(as_field).collect();
    let fields: Vec<AffineField> = symmetric.iter().map(|f| as_field(f.at(theta))).collect();
    let rank = |f: &[AffineField]| independent(f, theta.len());
    let joint = rank(&[gradients.clone(), fields.clone()].concat());
    let (own, others) = (rank(&gradients), rank(&fields));
    (own != joint || others != joint)
        .then(|| format!("charges of rank {own}, fields {others}, together {joint}"))
}

#[test]
fn the_charge_of_a_shift_under_exp_has_both_kinds_of_terms() {
    let model = model(
        "outputs = [\"y\"]\naxes = { h = 3 }\nprogram = \"y = sum[h](v[h]^2*exp(a[h] + w[h]*x))\"\n\
         parameters = { v = [\"h\"], a = [\"h\"], w = [\"h\"] }\ninputs = { x = [] }\n",
    );
    let texts: Vec<String> = charges(&model, &factors(&model))
        .iter()
        .map(|c| c.text(&model))
        .collect();
    assert_eq!(texts, ["mu[h] = a[h] - 0.25 v[h]^2"]);
}

#[test]
fn no_rule_claims_more_than_there_is_and_each_finds_its_own() {
    #[derive(serde::Deserialize)]
    struct Cases {
        case: Vec<Case>,
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules.toml");
    let text = std::fs::read_to_string(path).expect("cases");
    let cases: Cases = toml::from_str(&text).expect("cases");
    let wrong: Vec<String> = cases.case.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
