//! Components of the fibre of the effective weights, counted by hand (theory §4).

use symbias::analyze::{Options, analyze};
use symbias::watch::Watch;
use symbias_model::language::SourceFile;

/// Components, and whether the law says that their functions differ.
fn components(axes: &str, program: &str, parameters: &str, inputs: &str) -> (Option<u64>, bool) {
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\n{program}\n'''\nparameters = {{ {parameters} }}\ninputs = {{ {inputs} }}\n"
    );
    let source = SourceFile::parse(&text, None).unwrap_or_else(|e| panic!("{e}"));
    let found =
        analyze(&source, &Options::default(), &Watch::default()).unwrap_or_else(|e| panic!("{e}"));
    let law = found.answer.bias.noise_isotropic;
    (law.components, law.base_measure.contains("sum over them"))
}

/// (v, W) and (−v, −W) have one v·W: two functions under relu and abs, one where the unit is odd or the power even.
#[test]
fn units() {
    let two = "v = [\"h\"], W = [\"h\",\"d\"]";
    let unit = |f: &str| {
        let program = format!("y = v[h]*{f}");
        components("h = 2, d = 2", &program, two, "x = [\"d\"]")
    };
    assert_eq!(unit("relu(W[h,d]*x[d])"), (Some(4), true));
    assert_eq!(unit("abs(W[h,d]*x[d])"), (Some(4), true));
    // Of v·(Wx)² the weights are v W⊗W, and −W is on the other component with the same function.
    assert_eq!(unit("relu(W[h,d]*x[d])^2"), (Some(4), true));
}

#[test]
fn products() {
    // uv = w > 0: both signs; three factors: an even number of minus signs.
    let pair = components("i = 3", "y[i] = u[i]*v[i]", "u = [\"i\"], v = [\"i\"]", "");
    assert_eq!(pair, (Some(8), false));
    let three = components(
        "i = 1",
        "y[i] = a[i]*b[i]*c[i]",
        "a = [\"i\"], b = [\"i\"], c = [\"i\"]",
        "",
    );
    assert_eq!(three, (Some(4), false));
}

/// GL(r) has two components, and so has the fibre where w has the full rank r; of p·q = w with p, q in the plane it is one
/// hyperboloid, connected.
#[test]
fn matrices() {
    let product = |r: usize| {
        components(
            &format!("i = 2, j = 3, k = {r}"),
            "y[i,j] = P[i,k]*Q[k,j]",
            "P = [\"i\",\"k\"], Q = [\"k\",\"j\"]",
            "",
        )
    };
    assert_eq!(product(1), (Some(2), false));
    assert_eq!(product(2), (Some(2), false));
    let dot = components("k = 2", "y = p[k]*q[k]", "p = [\"k\"], q = [\"k\"]", "");
    assert_eq!(dot.0.unwrap_or(1), 1);
}
