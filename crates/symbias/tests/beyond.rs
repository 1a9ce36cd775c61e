//! Models that are in no catalogue, with algebras derived by hand: rings, traces, symmetric
//! weights, norms, products of experts, recurrences.

use symbias::analyze::{Analysis, Options, analyze};
use symbias::watch::Watch;
use symbias_geometry::symmetry::Complete;
use symbias_model::language::SourceFile;

fn answer(axes: &str, program: &str, parameters: &str, inputs: &str) -> Analysis {
    let inputs = if inputs.is_empty() {
        String::new()
    } else {
        format!("inputs = {{ {inputs} }}\n")
    };
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\n{program}\n'''\nparameters = {{ {parameters} }}\n{inputs}"
    );
    let source = SourceFile::parse(&text, None).unwrap_or_else(|e| panic!("{e}"));
    analyze(&source, &Options::default(), &Watch::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn expect(analysis: &Analysis, name: &str, dimension: u64, rank: u64) {
    let answer = &analysis.answer;
    assert!(analysis.holds(), "{:?}", answer.warnings);
    assert_ne!(
        answer.symmetry.complete,
        Complete::Open,
        "{:?}",
        answer.symmetry.bounds
    );
    assert_eq!(
        (answer.symmetry.name.as_str(), answer.symmetry.dimension),
        (name, dimension)
    );
    assert_eq!(answer.rank, Some(rank));
    assert_eq!(answer.charges.values.len() as u64, answer.charges.count);
}

#[test]
fn a_closed_ring_loses_one_identity() {
    // gl(2)³ acts with a one-dimensional kernel, the three identities together.
    let ring = answer(
        "a = 2, b = 2, c = 2, i = 3, j = 3, k = 3",
        "y[i,j,k] = A[a,i,b] * B[b,j,c] * C[c,k,a]",
        "A = [\"a\",\"i\",\"b\"], B = [\"b\",\"j\",\"c\"], C = [\"c\",\"k\",\"a\"]",
        "",
    );
    expect(&ring, "gl(2)^2 + sl(2)", 11, 25);
}

#[test]
fn traces() {
    // tr A³ of a 3×3 matrix: conjugation, sl(3).
    let cube = answer(
        "i = 3, j = \"i\", k = \"i\"",
        "y = A[i,j] * A[j,k] * A[k,i]",
        "A = [\"i\",\"j\"]",
        "",
    );
    expect(&cube, "sl(3)", 8, 1);
    // tr A² is a quadratic form of signature (6, 3): no rule knows that, the null space does.
    let square = answer(
        "i = 3, j = \"i\"",
        "y = A[i,j] * A[j,i]",
        "A = [\"i\",\"j\"]",
        "",
    );
    expect(&square, "so(6,3)", 36, 1);
    assert_eq!(square.answer.charges.count, 18, "p·q symmetric generators");
}

#[test]
fn symmetric_and_antisymmetric_weights() {
    let symmetric = answer(
        "i = 3, j = \"i\"",
        "S[i,j] = Z[i,j] + Z[j,i]\ny[i] = S[i,j] * x[j]",
        "Z = [\"i\",\"j\"]",
        "x = [\"i\"]",
    );
    expect(&symmetric, "R^3", 3, 6);
    let antisymmetric = answer(
        "i = 3, j = \"i\"",
        "S[i,j] = Z[i,j] - Z[j,i]\ny[i] = S[i,j] * x[j]",
        "Z = [\"i\",\"j\"]",
        "x = [\"i\"]",
    );
    expect(&antisymmetric, "R^6", 6, 3);
    assert_eq!(antisymmetric.answer.charges.count, 6);
}

#[test]
fn layer_norm_absorbs_shifts_before_and_after_it() {
    // W, b: scale, common shift (3 + 1), rotations that fix the ones; V: shift by c_o (2).
    let network = answer(
        "h = 4, d = 3, o = 2",
        "y[o] = V[o,h] * layernorm[h](W[h,d] * x[d] + b[h]) + c[o]",
        "W = [\"h\",\"d\"], b = [\"h\"], V = [\"o\",\"h\"], c = [\"o\"]",
        "x = [\"d\"]",
    );
    expect(&network, "so(3) + R^7", 10, 16);
}

#[test]
fn a_low_rank_softmax_head() {
    let head = answer(
        "v = 4, c = 3, r = 2",
        "y[v] = softmax[v](U[v,r] * W[r,c] * x[c])",
        "U = [\"v\",\"r\"], W = [\"r\",\"c\"]",
        "x = [\"c\"]",
    );
    expect(&head, "gl(2) + R^2", 6, 8);
}

#[test]
fn additive_models() {
    // m + a + b + g: only 9 numbers are read, 7 translations.
    let anova = answer(
        "i = 3, j = 3",
        "y[i,j] = m + a[i] + b[j] + g[i,j]",
        "m = [], a = [\"i\"], b = [\"j\"], g = [\"i\",\"j\"]",
        "",
    );
    expect(&anova, "R^7", 7, 9);
    let recommender = answer(
        "u = 3, i = 3, k = 2",
        "y[u,i] = P[u,k] * Q[i,k] + a[u] + b[i] + m",
        "P = [\"u\",\"k\"], Q = [\"i\",\"k\"], a = [\"u\"], b = [\"i\"], m = []",
        "",
    );
    // gl(2), two translations of the biases, and P or Q shifted against a bias (2 + 2).
    expect(&recommender, "gl(2) + R^6", 10, 9);
}

#[test]
fn heads_gates_and_recurrences() {
    let heads = answer(
        "t = 3, s = \"t\", c = 3, h = 2, a = 2, e = 2, o = \"c\"",
        "q[h,t,a] = Q[h,c,a] * x[t,c]\nk[h,s,a] = K[h,c,a] * x[s,c]\n\
         p[h,t,s] = softmax[s](q[h,t,a] * k[h,s,a])\ny[t,o] = p[h,t,s] * V[h,c,e] * x[s,c] * O[h,e,o]",
        "Q = [\"h\",\"c\",\"a\"], K = [\"h\",\"c\",\"a\"], V = [\"h\",\"c\",\"e\"], O = [\"h\",\"e\",\"o\"]",
        "x = [\"t\",\"c\"]",
    );
    expect(&heads, "gl(2)^4", 16, 32);
    // ReGLU: both branches of a unit can be scaled against its output.
    let gate = answer(
        "h = 4, d = 3, o = 2, e = \"d\"",
        "y[o] = V[o,h] * (relu(A[h,d] * x[d]) * B[h,e] * x[e])",
        "V = [\"o\",\"h\"], A = [\"h\",\"d\"], B = [\"h\",\"d\"]",
        "x = [\"d\"]",
    );
    expect(&gate, "R^8", 8, 24);
    // Tied over time: one scaling per state.
    let recurrence = answer(
        "n = 3, i = 2, o = 2, m = \"n\"",
        "h1[n] = relu(B[n,i] * u[i])\nh2[n] = relu(A[n,m] * h1[m] + B[n,i] * v[i])\ny[o] = C[o,n] * h2[n]",
        "A = [\"n\",\"m\"], B = [\"n\",\"i\"], C = [\"o\",\"n\"]",
        "u = [\"i\"], v = [\"i\"]",
    );
    expect(&recurrence, "R^3", 3, 18);
}

#[test]
fn complex_factors() {
    let factors = answer(
        "n = 2, m = 3, k = 2",
        "y[m] = abs2(A[m,k] * B[k,n] * x[n])",
        "A = { axes = [\"m\",\"k\"], field = \"complex\" }, B = { axes = [\"k\",\"n\"], field = \"complex\" }",
        "x = [\"n\"]",
    );
    expect(&factors, "gl(2,C) + so(2)^3", 11, 9);
}

#[test]
fn rounded_fields_do_not_cost_a_charge() {
    // A generic linear function of the core of a Tucker decomposition is read too. Coefficients of
    // what is left are no fractions, so that fields are rounded; the two scalings among the factors
    // are symmetric all the same.
    let text = "symbias = 1\noutputs = [\"y\", \"z\"]\naxes = { i = 3, j = 3, k = 3, p = 2, q = 2, r = 2 }\nprogram = '''\n\
                y[i,j,k] = G[p,q,r] * A[i,p] * B[j,q] * C[k,r]\nz = M[p,q,r] * G[p,q,r]\n'''\n\
                parameters = { G = [\"p\",\"q\",\"r\"], A = [\"i\",\"p\"], B = [\"j\",\"q\"], C = [\"k\",\"r\"] }\n\
                constants = { M = { axes = [\"p\",\"q\",\"r\"], law = \"normal\", seed = 3 } }\n";
    let source = SourceFile::parse(text, None).unwrap_or_else(|e| panic!("{e}"));
    let core =
        analyze(&source, &Options::default(), &Watch::default()).unwrap_or_else(|e| panic!("{e}"));
    assert!(core.holds(), "{:?}", core.answer.warnings);
    assert!(core.answer.charges.count >= 2, "{:?}", core.answer.charges);
}

/// Where outputs cancel a rounding of θ moves them by more than a threshold: three hyperbolic turns stand all the same, and
/// an ε that breaks a scaling by little is still seen.
#[test]
fn outputs_that_cancel_refute_nothing() {
    let turns = answer(
        "i = 3",
        "z[i] = u[i]^2 - v[i]^2\ny[i] = rmsnorm[i](z[i]) - z[i]",
        "u = [\"i\"], v = [\"i\"]",
        "",
    );
    expect(&turns, "R^3", 3, 3);
    let scaled = answer(
        "i = 3",
        "y[i] = z[i] / (norm[i](z[i]) + 1e-7)",
        "z = [\"i\"]",
        "",
    );
    assert_eq!(scaled.answer.symmetry.dimension, 0);
}

/// b += c·v^⊥ where v·b alone is read: nilpotent, and no rotation, however the two are mixed.
#[test]
fn nilpotent_fields_are_no_rotations() {
    for program in [
        "y = v[i]*tanh(x[i]) + v[i]*b[i]",
        "y = (0.8*v[i] + 0.6*b[i])*tanh(x[i]) + (0.8*v[i] + 0.6*b[i])*(0.8*b[i] - 0.6*v[i])",
    ] {
        let found = answer("i = 2", program, "v = [\"i\"], b = [\"i\"]", "x = [\"i\"]");
        expect(&found, "R", 1, 3);
    }
}

#[test]
fn a_saturated_unit_hides_no_symmetry() {
    // By hand: on (u, v, b) for each i the boost of (u, v) and b against u or v, 2 x 3; so(2) of each row of W, 3; the scale of
    // z[i] against W, 2; and U[k,:,h] += t[k] with sum v[k] t[k] = 0 under a logsumexp over the middle axis, 3. At many points
    // the logsumexp is one of its arguments to 16 digits, and the other row of U looks dead.
    let program = "z[i] = u[i]^2 - v[i]^2 + b[i]\ns[h] = silu(norm[m](W[h,m,i]*z[i]))\ny = a[k]*logsumexp[l](U[k,l,h]*s[h])";
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ i = 2, h = 3, m = 2, k = 2, l = 2 }}\nprogram = '''\n{program}\n'''\nparameters = {{ u = [\"i\"], v = [\"i\"], b = [\"i\"], W = [\"h\",\"m\",\"i\"], U = [\"k\",\"l\",\"h\"], a = [\"k\"] }}\n"
    );
    let source = SourceFile::parse(&text, None).unwrap_or_else(|e| panic!("{e}"));
    for seed in 0..4 {
        let options = Options {
            seed,
            ..Options::default()
        };
        let found = analyze(&source, &options, &Watch::default()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(found.answer.symmetry.dimension, 14, "seed {seed}");
    }
}

#[test]
fn unexplained_directions_are_written_out() {
    // A layernorm has mean 0, so that W[o,:] += c/g changes nothing: affine in no parameter, and one direction for each o.
    let norm = answer(
        "o = 2, d = 3, e = 2",
        "z[d] = layernorm[d](A[d,e]*x[e])\ny[o] = W[o,d]*(g[d]*z[d])",
        "A = [\"d\",\"e\"], g = [\"d\"], W = [\"o\",\"d\"]",
        "x = [\"e\"]",
    );
    let theta = norm.theta.as_deref().expect("a point");
    let on_w = &norm.answer.unexplained_on[0];
    assert_eq!(
        (on_w.tensors.as_slice(), on_w.directions),
        (&["W".to_owned()][..], 2)
    );
    for direction in &on_w.basis {
        assert_eq!(direction.len(), 3, "one row of W");
        let row = &direction[0].entry[..3];
        let scaled: Vec<f64> = direction
            .iter()
            .map(|e| {
                assert_eq!(&e.entry[..3], row);
                let d: usize = e.entry[4..5].parse().expect("an index");
                e.value * theta[6 + d]
            })
            .collect();
        assert!(
            (scaled[0] / scaled[1] - 1.0).abs() < 1e-9
                && (scaled[0] / scaled[2] - 1.0).abs() < 1e-9
        );
    }
}
