//! Balanced points, escapes and transport.

use super::common::*;
use symbias_geometry::charge::moment::{quadratic_form, value};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::gauge::{
    AGAINST, BALANCED, Fixed, Pairs, StopReason, balance, balance_factors, balance_pairs,
    imbalance, minimise, noise_balance, transport,
};
use symbias_numerics::dense::singular_values;

#[test]
fn coupled_scalings_agree_with_balancing_by_hand() {
    let widths = [5, 7, 6, 4, 3];
    let model = layers(widths);
    let fields = symmetric(&model);
    let mut theta = normals(1, model.space().dim());
    // Units far from balance: factors up to e^±8.
    for (k, x) in theta.iter_mut().enumerate().take(35) {
        *x *= (16.0 * (k / 5) as f64 / 6.0 - 8.0).exp();
    }
    let fixed = balance(&fields, &theta).expect("a point");
    is_balanced(&fixed, &fields);
    let expected = by_hand(widths, &theta);
    assert!(distance(&fixed.theta, &expected) <= 1e-9 * norm(&expected));
    // The twin: the point is not balanced to begin with, and one sweep by hand is not enough.
    assert!(imbalance(&fields, &theta).expect("a number") > 0.5);
}

#[test]
fn fixing_twice_moves_nothing() {
    for name in [
        "deep_relu",
        "deep_relu_bias",
        "attention_bias",
        "key_bias",
        "tucker",
        "tensor_train",
        "deep_linear",
        "softmax_regression",
        "transformer_tied",
        "phase_retrieval",
        "value_bias",
    ] {
        let model = model(name);
        let fields = symmetric(&model);
        let theta = normals(2, model.space().dim());
        let once = balance(&fields, &theta).expect("a point");
        is_balanced(&once, &fields);
        let twice = balance(&fields, &once.theta).expect("a point");
        assert!(
            distance(&once.theta, &twice.theta) <= 1e-14 * norm(&theta),
            "{name}: {:e}",
            distance(&once.theta, &twice.theta)
        );
        assert_eq!(twice.iterations, 0, "{name}");
        // The element is what was applied, and its inverse leads back.
        let applied = once.element.apply(&theta);
        assert!(
            distance(&applied, &once.theta) <= 1e-14 * norm(&theta),
            "{name}"
        );
        let back = once.element.inverse().apply(&once.theta);
        assert!(distance(&back, &theta) <= 1e-12 * norm(&theta), "{name}");
    }
}

#[test]
fn the_element_transposes_and_dualises() {
    let model = model("attention_bias");
    let fields = symmetric(&model);
    let d = model.space().dim();
    let (theta, v, c) = (normals(3, d), normals(4, d), normals(5, d));
    let element = balance(&fields, &theta).expect("a point").element;
    // Lv, where the translation drops out of the difference.
    let linear = |v: &[f64]| -> Vec<f64> {
        let (with, without) = (element.apply(v), element.apply(&vec![0.0; d]));
        with.iter().zip(&without).map(|(a, b)| a - b).collect()
    };
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
    let transposed = element.transposed(&c);
    assert!((dot(&linear(&v), &c) - dot(&v, &transposed)).abs() <= 1e-12 * norm(&v) * norm(&c));
    // ⟨gv, g⁻ᵀc⟩ = ⟨v, c⟩, and the twin: not with g in place of its dual.
    let dual = element.dual().apply(&c);
    assert!((dot(&linear(&v), &dual) - dot(&v, &c)).abs() <= 1e-12 * norm(&v) * norm(&c));
    assert!((dot(&linear(&v), &linear(&c)) - dot(&v, &c)).abs() > 1e-3 * norm(&v) * norm(&c));
}

#[test]
fn balanced_factors_have_the_nuclear_norm() {
    for (m, r, n, graded) in [(4, 3, 5, 0.0), (6, 4, 4, 3.0), (8, 5, 7, 6.0)] {
        let model = factorization(m, r, n);
        let fields = symmetric(&model);
        let mut theta = normals(6, model.space().dim());
        // Columns of P and rows of Q over many decades: condition numbers 10^graded each.
        for (k, x) in theta.iter_mut().enumerate() {
            let column = if k < m * r { k % r } else { (k - m * r) / n };
            *x *= 10f64.powf(-graded * column as f64 / (r - 1) as f64);
        }
        let before = product(m, r, n, &theta);
        let fixed = balance(&fields, &theta).expect("a point");
        is_balanced(&fixed, &fields);
        let after = product(m, r, n, &fixed.theta);
        let moved = before.add_scaled(-1.0, &after).expect("shapes").norm();
        assert!(moved <= 1e-14 * before.norm(), "moved {moved:e}");
        let nuclear: f64 = singular_values(&before).expect("values").iter().sum();
        let half = norm(&fixed.theta).powi(2) / 2.0;
        assert!(
            (half - nuclear).abs() <= 1e-12 * nuclear,
            "{half} {nuclear}"
        );
        assert!(norm(&theta).powi(2) / 2.0 > nuclear * (1.0 + 1e-6));
    }
}

#[test]
fn sizes_at_the_ends_of_the_range_of_numbers_count() {
    for name in ["deep_relu", "factorization", "deep_linear"] {
        let model = model(name);
        let fields = symmetric(&model);
        let theta = normals(20, model.space().dim());
        let expected = balance(&fields, &theta).expect("a point").theta;
        // Powers of two: the same digits, whatever the unit.
        for unit in [2f64.powi(-560), 2f64.powi(530)] {
            let scaled: Vec<f64> = theta.iter().map(|x| x * unit).collect();
            let before = imbalance(&fields, &scaled).expect("a number");
            assert!(before > 0.1, "{name} {unit:e}: {before:e}");
            let fixed = balance(&fields, &scaled).expect("a point");
            is_balanced(&fixed, &fields);
            let back: Vec<f64> = fixed.theta.iter().map(|x| x / unit).collect();
            assert!(
                distance(&back, &expected) <= 1e-12 * norm(&expected),
                "{name} {unit:e}"
            );
        }
    }
}

#[test]
fn scalings_are_undone_over_any_number_of_decades() {
    let model = layers([5, 7, 6, 4, 3]);
    let fields = symmetric(&model);
    let theta = normals(21, model.space().dim());
    let expected = balance(&fields, &theta).expect("a point").theta;
    let mut far = theta;
    // The same orbit: W1 times 1e150, W2 over it.
    far[..35].iter_mut().for_each(|x| *x *= 1e150);
    far[35..77].iter_mut().for_each(|x| *x /= 1e150);
    let fixed = balance(&fields, &far).expect("a point");
    is_balanced(&fixed, &fields);
    assert!(distance(&fixed.theta, &expected) <= 1e-11 * norm(&expected));
}

#[test]
fn unbalanced_scales_of_a_pair_are_undone() {
    let model = factorization(4, 3, 5);
    let fields = symmetric(&model);
    let mut theta = normals(7, model.space().dim());
    theta[..12].iter_mut().for_each(|x| *x *= 1e6);
    theta[12..].iter_mut().for_each(|x| *x *= 1e-6);
    let before = product(4, 3, 5, &theta);
    let fixed = balance(&fields, &theta).expect("a point");
    is_balanced(&fixed, &fields);
    let nuclear: f64 = singular_values(&before).expect("values").iter().sum();
    assert!((norm(&fixed.theta).powi(2) / 2.0 - nuclear).abs() <= 1e-10 * nuclear);
}

#[test]
fn translations_are_centred_before_the_rest() {
    let model = model("key_bias");
    let fields = symmetric(&model);
    let theta = normals(8, model.space().dim());
    let fixed = balance(&fields, &theta).expect("a point");
    let bias = model.space().block("bk").expect("a bias").range();
    assert!(fixed.theta[bias].iter().all(|x| *x == 0.0));
    is_balanced(&fixed, &fields);
    // Softmax regression: the mean over classes is taken out, which is all there is.
    let model = self::model("softmax_regression");
    let theta = normals(9, model.space().dim());
    let fixed = balance(&symmetric(&model), &theta).expect("a point");
    let w = model.space().block("W").expect("weights").range();
    for column in 0..5 {
        let mean: f64 = (0..4).map(|k| theta[w.start + k * 5 + column]).sum::<f64>() / 4.0;
        for k in 0..4 {
            let at = w.start + k * 5 + column;
            assert!((fixed.theta[at] - theta[at] + mean).abs() <= 1e-15 * norm(&theta));
        }
    }
}

#[test]
fn a_dead_unit_escapes_and_the_others_are_balanced() {
    let model = layers([5, 7, 6, 4, 3]);
    let fields = symmetric(&model);
    let mut theta = normals(10, model.space().dim());
    let last = model.space().block("W4").expect("weights").range();
    let before = model.space().block("W3").expect("weights").range();
    (0..3).for_each(|o| theta[last.start + 4 * o + 2] = 0.0);
    let fixed = balance(&fields, &theta).expect("a point");
    assert_eq!(fixed.stop, StopReason::Degenerate);
    assert_eq!(fixed.escapes.len(), 1);
    let escape = &fixed.escapes[0];
    let into: Vec<usize> = (0..6).map(|q| before.start + 6 * 2 + q).collect();
    assert_eq!(escape.shrinking, into);
    assert_eq!(escape.against, 0.0);
    let rest: f64 = (0..theta.len())
        .filter(|i| !into.contains(i))
        .map(|i| theta[i] * theta[i])
        .sum();
    assert!((escape.infimum - rest / 2.0).abs() <= 1e-12 * rest);
    // All charges but one vanish.
    let dead = escape.direction[0].0;
    let left: Vec<AffineField> = (0..fields.len())
        .filter(|a| *a != dead)
        .map(|a| fields[a].clone())
        .collect();
    assert!(imbalance(&left, &fixed.theta).expect("a number") <= BALANCED);
    assert!(imbalance(&fields, &fixed.theta).expect("a number") > 0.9);
    // The twin: a unit that is almost dead has a minimum, far away.
    theta[last.start + 2] = 1e-30;
    let fixed = balance(&fields, &theta).expect("a point");
    is_balanced(&fixed, &fields);
}

/// X of an escape, applied: what it claims is checked on θ itself.
fn verify(fields: &[AffineField], theta: &[f64], fixed: &Fixed) {
    for escape in &fixed.escapes {
        let mut x = AffineField::default();
        for (a, c) in &escape.direction {
            let scaled = fields[*a].linear.iter().map(|(i, j, v)| (*i, *j, c * v));
            x.linear.extend(scaled);
        }
        let far = transport(&x, 8.0, theta).expect("a point");
        let half = norm(&far).powi(2) / 2.0;
        assert!(
            half <= escape.infimum * (1.0 + 1e-4) && half < norm(theta).powi(2) / 2.0,
            "{half} {}",
            escape.infimum
        );
        assert!(escape.against <= AGAINST && !escape.shrinking.is_empty());
    }
}

#[test]
fn factors_of_deficient_rank_escape() {
    let (m, r, n) = (5, 3, 4);
    let model = factorization(m, r, n);
    let fields = symmetric(&model);
    let mut theta = normals(11, model.space().dim());
    // Q of rank 2 along a direction that no axis has: Q ← (1 − uuᵀ)Q.
    let u: Vec<f64> = [2.0, -1.0, 2.0].iter().map(|x| x / 3.0).collect();
    for j in 0..n {
        let along: f64 = (0..r).map(|k| u[k] * theta[m * r + k * n + j]).sum();
        (0..r).for_each(|k| theta[m * r + k * n + j] -= along * u[k]);
    }
    let fixed = balance(&fields, &theta).expect("a point");
    assert_eq!(fixed.stop, StopReason::Degenerate);
    assert_eq!(fixed.theta, theta);
    verify(&fields, &theta, &fixed);
    // Only P shrinks, and by its part along u.
    let escape = &fixed.escapes[0];
    assert!(escape.shrinking.iter().all(|i| *i < m * r));
    let along: f64 = (0..m)
        .map(|i| (0..r).map(|k| theta[i * r + k] * u[k]).sum::<f64>().powi(2))
        .sum();
    assert!((escape.along.powi(2) - along).abs() <= 1e-6 * along);
    // The twins: both of rank 2 with the same kernel is closed, and so is full rank.
    for i in 0..m {
        let along: f64 = (0..r).map(|k| u[k] * theta[i * r + k]).sum();
        (0..r).for_each(|k| theta[i * r + k] -= along * u[k]);
    }
    let fixed = balance(&fields, &theta).expect("a point");
    is_balanced(&fixed, &fields);
}

#[test]
fn sums_of_scalings_escape_where_none_of_them_does() {
    // (1, −1), (−1, 1) and (1, 1): the last shrinks along minus the sum, and every field alone has
    // coordinates on both sides.
    let field = |e: [f64; 3]| AffineField {
        linear: (0..3).map(|i| (i, i, e[i])).collect(),
        constant: Vec::new(),
    };
    let fields = [field([1.0, -1.0, 1.0]), field([-1.0, 1.0, 1.0])];
    let theta = [2.0, 3.0, 0.5];
    let fixed = balance(&fields, &theta).expect("a point");
    assert_eq!(fixed.stop, StopReason::Degenerate);
    assert_eq!(fixed.escapes[0].shrinking, [2]);
    verify(&fields, &theta, &fixed);
    let closed = [2.0, 3.0, 0.0];
    is_balanced(&balance(&fields, &closed).expect("a point"), &fields);
}

#[test]
fn whole_transformers_are_balanced_beside_what_escapes() {
    let model = model("transformer_untied");
    let fields = symmetric(&model);
    let theta = normals(12, model.space().dim());
    let fixed = balance(&fields, &theta).expect("a point");
    assert_eq!(fixed.stop, StopReason::Degenerate);
    assert_eq!(fixed.escapes.len(), 1);
    assert!(fixed.residual <= BALANCED);
    verify(&fields, &theta, &fixed);
    let stays = |a: &usize| fixed.escapes[0].direction.iter().all(|d| d.0 != *a);
    let rest: Vec<AffineField> = (0..fields.len())
        .filter(stays)
        .map(|a| fields[a].clone())
        .collect();
    assert_eq!(rest.len() + 1, fields.len());
    assert!(imbalance(&rest, &fixed.theta).expect("a number") <= BALANCED);
    assert!(imbalance(&rest, &theta).expect("a number") > 0.1);
}

/// Rows of J of W = PQ.
#[test]
fn transport_is_the_flow_of_the_field() {
    for (name, factor, generator) in [
        ("factorization", 0, 1),
        ("value_bias", 1, 0),
        ("deep_relu", 0, 2),
    ] {
        let model = model(name);
        let found = factors(&model);
        let field = found[factor].generators(&model).swap_remove(generator);
        let theta = normals(18, model.space().dim());
        // One-parameter group, and the field as its velocity to second order.
        let once = transport(&field, 0.7, &theta).expect("a point");
        let twice = transport(&field, -1.9, &once).expect("a point");
        let direct = transport(&field, -1.2, &theta).expect("a point");
        assert!(distance(&twice, &direct) <= 1e-13 * norm(&theta), "{name}");
        let h = 1e-4;
        let (forth, back) = (
            transport(&field, h, &theta).expect("a point"),
            transport(&field, -h, &theta).expect("a point"),
        );
        let velocity: Vec<f64> = forth
            .iter()
            .zip(&back)
            .map(|(a, b)| (a - b) / (2.0 * h))
            .collect();
        assert!(
            distance(&velocity, &field.at(&theta)) <= 1e-6 * norm(&theta),
            "{name}"
        );
        assert!(distance(&once, &theta) > 0.1, "{name} moves");
    }
}

#[test]
fn charges_and_drifts_are_what_the_residual_says() {
    let model = model("attention");
    let fields = symmetric(&model);
    let theta = normals(19, model.space().dim());
    let fixed = balance(&fields, &theta).expect("a point");
    let size = norm(&fixed.theta).powi(2) / 2.0;
    for field in &fields {
        assert!(value(field, &fixed.theta).abs() <= BALANCED * size);
        assert!((quadratic_form(field, &fixed.theta) / 2.0).abs() <= BALANCED * size);
    }
    assert!(fields.iter().any(|f| value(f, &theta).abs() > 1e-3 * size));
}

#[test]
fn mistakes_are_told() {
    let turn = AffineField {
        linear: vec![(0, 1, 1.0), (1, 0, -1.0)],
        constant: Vec::new(),
    };
    let mixed = AffineField {
        linear: vec![(0, 0, 1.0)],
        constant: vec![(1, 1.0)],
    };
    let scale = AffineField {
        linear: vec![(0, 0, 1.0), (3, 3, -1.0)],
        constant: Vec::new(),
    };
    let told = |fields: &[AffineField], theta: &[f64], text: &str| {
        let error = balance(fields, theta).expect_err("a mistake").to_string();
        assert!(error.contains(text), "{error}");
    };
    told(&[turn], &[1.0, 2.0], "not symmetric");
    told(&[mixed], &[1.0, 2.0], "a matrix and a translation");
    told(std::slice::from_ref(&scale), &[1.0, 2.0], "coordinate 3");
    told(
        std::slice::from_ref(&scale),
        &[1.0, 2.0, 3.0, f64::NAN],
        "NaN",
    );
    assert!(minimise(&[], &[]).is_err());
    assert!(noise_balance(std::slice::from_ref(&scale), &[1.0; 4], &[vec![1.0; 3]]).is_err());
    assert!(transport(&scale, f64::INFINITY, &[1.0; 4]).is_err());
    assert!(transport(&scale, 1e4, &[1.0; 4]).is_err());
    // Nothing to do is no mistake.
    let fixed = balance(&[], &[1.0, 2.0]).expect("a point");
    assert_eq!(
        (fixed.stop, fixed.theta),
        (StopReason::Balanced, vec![1.0, 2.0])
    );
}

#[test]
fn a_pair_is_balanced_in_closed_form() {
    let model = model("factorization");
    let found = factors(&model);
    let fields = symmetric(&model);
    let theta = normals(12, model.space().dim());
    let fixed = balance_factors(&model, &found, &fields, &theta).expect("a point");
    is_balanced(&fixed, &fields);
    // Newton has nothing left to do, and comes to the same point without.
    assert_eq!(fixed.iterations, 0);
    let newton = balance(&fields, &theta).expect("a point");
    assert!(newton.iterations > 0);
    assert!((norm(&newton.theta) - norm(&fixed.theta)).abs() < 1e-12 * norm(&theta));
    // A factor of 10^120 between the sides is one number in the closed form.
    let mut far = theta.clone();
    let first = model.space().blocks()[0].range();
    far[first.clone()].iter_mut().for_each(|x| *x *= 1e60);
    far[first.end..].iter_mut().for_each(|x| *x *= 1e-60);
    let fixed = balance_factors(&model, &found, &fields, &far).expect("a point");
    is_balanced(&fixed, &fields);
    assert!(fixed.iterations < 5, "{}", fixed.iterations);
}

/// P Q with P of n × n: a closed form for any size, and the element that was applied is that of the point.
#[test]
fn large_pairs_and_copies_of_pairs_have_no_iterations() {
    let heads = parsed(
        "symbias = 1\noutputs = [\"y\"]\naxes = { h = 3, t = 2, c = 9, a = 4, o = 7 }\n\
         program = \"y[h,t,o] = V[h,c,a] * x[t,c] * O[h,a,o]\"\n\
         parameters = { V = [\"h\",\"c\",\"a\"], O = [\"h\",\"a\",\"o\"] }\ninputs = { x = [\"t\",\"c\"] }\n",
    );
    for (model, count) in [(factorization(60, 60, 60), 1830), (heads, 30)] {
        let found = factors(&model);
        let pairs = Pairs::of(&model, &found);
        assert_eq!(pairs.generators(), count);
        let theta = normals(5, model.space().dim());
        let fixed = balance_pairs(&pairs, &[], &theta).expect("a point");
        assert_eq!((fixed.stop, fixed.iterations), (StopReason::Balanced, 0));
        assert!(fixed.residual <= 1e-13, "{}", fixed.residual);
        // By the generators, which the closed form does not see.
        let fields = symmetric(&model);
        assert!(imbalance(&fields, &fixed.theta).expect("charges") <= 1e-12);
        let before = imbalance(&fields, &theta).expect("charges");
        let own = pairs.imbalance(&theta).expect("charges");
        assert!((own - before).abs() <= 1e-13, "{own} and {before}");
        let size = norm(&theta);
        let applied = fixed.element.apply(&theta);
        assert!(distance(&applied, &fixed.theta) <= 1e-9 * size);
        let back = fixed.element.inverse().apply(&fixed.theta);
        assert!(distance(&back, &theta) <= 1e-9 * size);
        // ⟨Lᵀc, v⟩ = ⟨c, Lv⟩, and g⁻ᵀ keeps ⟨c, v⟩.
        let (c, v) = (normals(6, theta.len()), normals(7, theta.len()));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let (left, right) = (fixed.element.transposed(&c), fixed.element.apply(&v));
        assert!((dot(&left, &v) - dot(&c, &right)).abs() <= 1e-9 * norm(&left) * norm(&v));
        let kept = dot(&fixed.element.dual().apply(&c), &right);
        assert!((kept - dot(&c, &v)).abs() <= 1e-7 * norm(&c) * norm(&v));
        // A balanced point stays, to the bit.
        let again = balance_pairs(&pairs, &[], &fixed.theta).expect("a point");
        assert_eq!(again.theta, fixed.theta);
        assert!(again.element.is_identity());
    }
}

#[test]
fn pairs_without_full_rank_are_left_to_the_generators() {
    let model = factorization(5, 3, 4);
    let found = factors(&model);
    let mut theta = normals(8, model.space().dim());
    let mut pairs = Pairs::of(&model, &found);
    assert_eq!(pairs.regular(&theta).expect("ranks"), Vec::<usize>::new());
    assert!(pairs.has(0));
    // A column of P that is zero while the row of Q is not: nothing balances it.
    (0..5).for_each(|i| theta[3 * i + 1] = 0.0);
    assert_eq!(pairs.regular(&theta).expect("ranks"), vec![0]);
    assert!(!pairs.has(0));
    let fixed = balance_factors(&model, &found, &symmetric(&model), &theta).expect("a point");
    assert_eq!(fixed.stop, StopReason::Degenerate);
}
