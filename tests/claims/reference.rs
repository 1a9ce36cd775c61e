//! Numbers of an independent derivation in another language (`reference.py`: complex steps, Newton on
//! the group by SciPy), at θ_i = sin(i + 1) + cos(3i + 2)/2: F, log pdet Γ and K, charges, the least norm, volumes at
//! the balanced point, tr(A P_H).
//!
//! Both the judge of the other modules and the answer of symbias must give them.

use super::oracle::*;
use super::subject::{self, Model, value};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn same(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        assert!(
            agree(*f, *e, ACCURACY),
            "{what}: {found:?}, expected {expected:?}"
        );
    }
}

/// The reference decides balanced points to 1e-14 in the charges and has eigenvalues of Gram
/// matrices of condition 1e4 at most.
const ACCURACY: f64 = 1e-8;

fn check(name: &str, case: &Case, model: Option<&Model>) {
    let text = include_str!("reference.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    let known = &all["cases"][name];
    let number = |key: &str| known[key].as_f64();
    let theta = typed(case.d);
    assert_eq!(known["d"].as_u64(), Some(case.d as u64), "{name}");
    same(&(case.map)(&theta), &numbers(&known["F"]), "F");
    let gram_here = log_pdet(&case.gram(&theta));
    same(
        &[gram_here],
        &[number("log_pdet_Gamma").expect("it")],
        "log pdet Gamma",
    );
    same(
        &[log_pdet(&case.metric(&theta))],
        &[number("log_pdet_K").expect("it")],
        "log pdet K",
    );
    assert!(
        !agree(
            gram_here,
            number("log_pdet_Gamma").expect("it") + 1e-6,
            ACCURACY
        ),
        "the twin"
    );
    if !case.symmetric.is_empty() {
        let balanced = case.balanced(&theta);
        same(
            &case.charges(&theta),
            &numbers(&known["charges_half_thAth"]),
            "charges",
        );
        same(
            &case.drifts(&theta),
            &numbers(&known["drift_trAPH"]),
            "drifts",
        );
        for (key, found) in [
            ("min_half_norm2", dot(&balanced, &balanced) / 2.0),
            ("log_det_Gamma_balanced", log_pdet(&case.gram(&balanced))),
            (
                "log_det_Gamma_p_balanced",
                log_pdet(&gram(&case.symmetric, &balanced)),
            ),
            ("log_pdet_K_balanced", log_pdet(&case.metric(&balanced))),
        ] {
            same(&[found], &[number(key).expect("it")], key);
        }
    }
    let Some(model) = model else { return };
    let answer = model.answer(&theta);
    assert_eq!(
        answer.orbit_dimension,
        known["orbit_dim"].as_u64(),
        "{name}"
    );
    assert_eq!(answer.redundancy, known["redundancy"].as_u64(), "{name}");
    let log_det = answer.gram.log_det.expect("numbers");
    same(&[log_det], &[number("log_pdet_Gamma").expect("it")], name);
    if let Some(least) = number("min_half_norm2") {
        same(&[value(&answer.bias.decay)], &[least], name);
        let (k, p) = (
            number("log_pdet_K_balanced"),
            number("log_det_Gamma_p_balanced"),
        );
        let compact = number("log_det_Gamma_k_balanced").unwrap_or(0.0);
        let slice = (k.expect("it") + p.expect("it") - compact) / 2.0;
        if answer.bias.noise_slice.value.is_some() {
            same(&[value(&answer.bias.noise_slice)], &[slice], "slice law");
        }
        if answer.bias.noise_horizontal.value.is_some() {
            same(
                &[value(&answer.bias.noise_horizontal)],
                &[k.expect("it") / 2.0],
                "horizontal law",
            );
        }
    }
}

#[test]
fn entrywise_products_and_terms() {
    check(
        "hadamard n=3: u,v",
        &products(2, 3),
        Some(&subject::products(2, 3)),
    );
    let depth = "depth 3 n=2: t[D,n], basis theta_k d_k-theta_{k+1} d_{k+1}, entry-major";
    check(depth, &products(3, 2), Some(&subject::products(3, 2)));
    check(
        "group s, v[3]",
        &rank_one(&[1, 3]),
        Some(&subject::group(3)),
    );
    let model = subject::rank_one([2, 3, 4]);
    check(
        "CP (2,3,4) R=1: a0,a1,a2",
        &rank_one(&[2, 3, 4]),
        Some(&model),
    );
}

#[test]
fn deep_linear_and_symmetric_factorizations() {
    let chain_model = subject::chain(3, 2);
    check(
        "deep linear D=3 n=2: W1,W2,W3 (W=W3W2W1)",
        &chain(3, 2),
        Some(&chain_model),
    );
    check("XX^T 3x3", &square(3, 3), Some(&subject::square(3, 3)));
    check("XX^T 2x4", &square(2, 4), Some(&subject::square(2, 4)));
}

/// W = UVᵀ, V n × r, with the generators of the reference.
fn dual(m: usize, n: usize, r: usize) -> (Case, Model) {
    let inner_case = pair(m, n, r);
    // θ of (U, V) to θ of (P, Q) = (U, Vᵀ) is a permutation.
    let place: Vec<usize> = (0..inner_case.d)
        .map(|i| match i.checked_sub(m * r) {
            None => i,
            Some(j) => m * r + (j % n) * r + j / n,
        })
        .collect();
    let permuted = move |a: &Rows| {
        let mut b = zeros(a.len(), a.len());
        for (i, row) in a.iter().enumerate() {
            for (j, x) in row.iter().enumerate() {
                b[place[i]][place[j]] = *x;
            }
        }
        b
    };
    let case = Case {
        d: inner_case.d,
        map: Box::new(move |t| {
            let (u, v) = (block(t, 0, m, r), block(t, m * r, n, r));
            product(&u, &transposed(&v)).concat()
        }),
        symmetric: inner_case.symmetric.iter().map(&permuted).collect(),
        antisymmetric: inner_case.antisymmetric.iter().map(&permuted).collect(),
    };
    let model = Model {
        text: format!(
            "symbias = 1\noutputs = [\"w\"]\naxes = {{ m = {m}, n = {n}, r = {r} }}\nprogram = \"w[m,n] = U[m,r] * V[n,r]\"\nparameters = {{ U = [\"m\",\"r\"], V = [\"n\",\"r\"] }}\n"
        ),
        tensors: vec![("U", vec![m, r]), ("V", vec![n, r])],
    };
    (case, model)
}

#[test]
fn products_of_matrices() {
    for (m, n, r) in [(4, 3, 2), (3, 3, 3), (2, 2, 2)] {
        let name = format!(
            "UV^T {m},{n},{r}: basis E_ii, (E_ij+E_ji)/sqrt2 (i<j lexicographic), then skew"
        );
        let (case, model) = dual(m, n, r);
        check(&name, &case, Some(&model));
    }
}
