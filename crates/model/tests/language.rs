//! The meaning of the model language, rule by rule (docs/language.md): values by loops written out
//! by hand, and what is refused with which words.

use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};

/// The text of a model without inputs.
fn text(axes: &str, program: &str, parameters: &str, more: &str) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\n{program}\n'''\nparameters = {{ {parameters} }}\n{more}\n"
    )
}

fn evaluate(text: &str, theta: &[f64]) -> Vec<f64> {
    let model = SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .unwrap_or_else(|e| panic!("{e}\n{text}"));
    let arrays = Arrays::new(&model, &Default::default()).expect("arrays");
    let program = ScalarProgram::lower(&model, &arrays).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(program.parameters(), theta.len(), "{text}");
    program
        .value(theta, &vec![0.0; program.inputs()])
        .expect("a value")
}

fn refused(text: &str) -> String {
    match SourceFile::parse(text, None).and_then(|s| s.check(Copies::All)) {
        Err(error) => error.to_string(),
        // Bounds of index expressions with tables are seen when numbers are written out.
        Ok(model) => {
            let arrays = Arrays::new(&model, &Default::default()).expect("arrays");
            ScalarProgram::lower(&model, &arrays)
                .expect_err(text)
                .to_string()
        }
    }
}

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(
        found.len(),
        expected.len(),
        "{found:?}, expected {expected:?}"
    );
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() <= 1e-13 * (1.0 + e.abs()),
            "{found:?}, expected {expected:?}"
        );
    }
}

/// One axis i of size 3 with the parameter a.
fn vector(program: &str, a: [f64; 3]) -> Vec<f64> {
    evaluate(&text("i = 3", program, "a = [\"i\"]", ""), &a)
}

const A: [f64; 3] = [0.5, -2.0, 3.0];

#[test]
fn rule_2_sizes_are_arithmetic_and_aliases_share_an_axis() {
    let sizes = text("c = 2, f = \"4*c - 1\"", "y[f] = w[f]", "w = [\"f\"]", "");
    assert_eq!(evaluate(&sizes, &[1.0; 7]).len(), 7);
    let gram = text(
        "i = 2, j = \"i\", r = 1",
        "y[i,j] = X[i,r] * X[j,r]",
        "X = [\"i\",\"r\"]",
        "",
    );
    close(&evaluate(&gram, &[2.0, 3.0]), &[4.0, 6.0, 6.0, 9.0]);
    let different = text("i = 2, j = 2", "y[i,j] = X[i] * X[j]", "X = [\"i\"]", "");
    assert!(
        refused(&different).contains("two axes"),
        "{}",
        refused(&different)
    );
}

#[test]
fn rule_4_definitions_come_in_any_order_and_once() {
    close(&vector("y = b * 2\nb = a[i] * a[i]", A), &[2.0 * 13.25]);
    let twice = text(
        "i = 3",
        "y = b\nb = sum[i](a[i])\nb = sum[i](a[i])",
        "a = [\"i\"]",
        "",
    );
    assert!(
        refused(&twice).contains("twice") || refused(&twice).contains("already"),
        "{}",
        refused(&twice)
    );
    let cycle = text("i = 3", "y = b\nb = c\nc = b", "a = [\"i\"]", "");
    assert!(refused(&cycle).contains("cycle"));
    let missing = text("i = 3", "y[i] = sum[i](a[i])", "a = [\"i\"]", "");
    assert!(refused(&missing).contains('i'), "{}", refused(&missing));
}

#[test]
fn rule_5_terms_are_closed_separately_and_broadcast() {
    let two = text(
        "i = 2, j = \"i\"",
        "y[i] = u[i] + u[j] * v[j] + 1",
        "u = [\"i\"], v = [\"i\"]",
        "",
    );
    close(
        &evaluate(&two, &[1.0, 2.0, 3.0, 4.0]),
        &[1.0 + 11.0 + 1.0, 2.0 + 11.0 + 1.0],
    );
    // A letter that is on the left is the same index in every term.
    close(
        &vector("y[i] = a[i] + a[i] * a[i]", A),
        &A.map(|x| x + x * x),
    );
}

#[test]
fn rule_6_one_chain_is_one_product() {
    // i is in three factors: Σ a_i³ / 2.
    close(
        &vector("y = a[i] * a[i] * a[i] / 2", A),
        &[(0.125 - 8.0 + 27.0) / 2.0],
    );
    // Inside relu the sum is over the product; outside it is one number.
    let unit = text(
        "h = 2, d = 2",
        "y = v[h] * relu(W[h,d] * x[d])",
        "v = [\"h\"], W = [\"h\",\"d\"], x = [\"d\"]",
        "",
    );
    close(
        &evaluate(&unit, &[1.0, 2.0, 1.0, 1.0, 1.0, -1.0, 3.0, -1.0]),
        &[1.0 * 2.0 + 2.0 * 4.0],
    );
    // Division by something with an index that is summed.
    let ratio = text("i = 2", "y = u[i] / v[i]", "u = [\"i\"], v = [\"i\"]", "");
    close(&evaluate(&ratio, &[1.0, 2.0, 4.0, 8.0]), &[0.5]);
}

#[test]
fn rule_7_single_occurrences_are_errors_and_repeats_are_traces() {
    let single = text("i = 3", "y = a[i]", "a = [\"i\"]", "");
    assert!(refused(&single).contains("sum[i]"), "{}", refused(&single));
    let trace = text("i = 2, j = \"i\"", "y = A[i,i]", "A = [\"i\",\"j\"]", "");
    close(&evaluate(&trace, &[1.0, 2.0, 3.0, 4.0]), &[5.0]);
}

#[test]
fn rule_8_operations_along_axes() {
    let e = |x: f64| x.exp();
    let total = e(0.5) + e(-2.0) + e(3.0);
    close(&vector("y = sum[i](a[i])", A), &[1.5]);
    close(&vector("y = mean[i](a[i])", A), &[0.5]);
    close(&vector("y = max[i](a[i])", A), &[3.0]);
    close(&vector("y = logsumexp[i](a[i])", A), &[total.ln()]);
    close(&vector("y = norm[i](a[i])", A), &[13.25_f64.sqrt()]);
    close(
        &vector("y[i] = softmax[i](a[i])", A),
        &A.map(|x| e(x) / total),
    );
    close(
        &vector("y[i] = log_softmax[i](a[i])", A),
        &A.map(|x| x - total.ln()),
    );
    close(&vector("y[i] = cumsum[i](a[i])", A), &[0.5, -1.5, 1.5]);
    close(
        &vector("y[i] = normalize[i](a[i])", A),
        &A.map(|x| x / 13.25_f64.sqrt()),
    );
    close(
        &vector("y[i] = rmsnorm[i](a[i])", A),
        &A.map(|x| x / (13.25_f64 / 3.0).sqrt()),
    );
    close(
        &vector("y[i] = rmsnorm[i](a[i], eps = 0.5)", A),
        &A.map(|x| x / (13.25_f64 / 3.0 + 0.5).sqrt()),
    );
    let variance = A.iter().map(|x| (x - 0.5).powi(2)).sum::<f64>() / 3.0;
    close(
        &vector("y[i] = layernorm[i](a[i])", A),
        &A.map(|x| (x - 0.5) / variance.sqrt()),
    );
}

#[test]
fn rule_9_functions_and_precedence() {
    close(&vector("y[i] = -a[i]^2", A), &A.map(|x| -(x * x)));
    close(&vector("y[i] = 2^3^2 + 0 * a[i]", A), &[512.0; 3]);
    close(
        &vector("y[i] = 1 - 2 * a[i] - 3", A),
        &A.map(|x| 1.0 - 2.0 * x - 3.0),
    );
    close(&vector("y[i] = relu(a[i])", A), &A.map(|x| x.max(0.0)));
    close(
        &vector("y[i] = leaky_relu(a[i], 0.1)", A),
        &A.map(|x| if x > 0.0 { x } else { 0.1 * x }),
    );
    close(
        &vector("y[i] = abs(a[i]) + square(a[i])", A),
        &A.map(|x| x.abs() + x * x),
    );
    close(
        &vector("y[i] = exp(a[i]) + tanh(a[i])", A),
        &A.map(|x| x.exp() + x.tanh()),
    );
    close(
        &vector("y[i] = sigmoid(a[i])", A),
        &A.map(|x| 1.0 / (1.0 + (-x).exp())),
    );
    close(
        &vector("y[i] = silu(a[i])", A),
        &A.map(|x| x / (1.0 + (-x).exp())),
    );
    close(
        &vector("y[i] = sin(a[i]) * cos(a[i])", A),
        &A.map(|x| x.sin() * x.cos()),
    );
    close(
        &vector("y[i] = log(exp(a[i])) + sqrt(a[i]^2)", A),
        &A.map(|x| x + x.abs()),
    );
    // Φ(0.5), Φ(−2), Φ(3) from tables of the normal distribution.
    let phi = [
        0.691_462_461_274_013_1,
        0.022_750_131_948_179_2,
        0.998_650_101_968_369_9,
    ];
    let gelu: Vec<f64> = A.iter().zip(phi).map(|(x, p)| x * p).collect();
    close(&vector("y[i] = gelu(a[i])", A), &gelu);
}

#[test]
fn rule_10_numbers_positions_and_conditions() {
    close(
        &vector("y[i] = a[i] * 0 + pos(i) + size(i)", A),
        &[3.0, 4.0, 5.0],
    );
    close(
        &vector("y[i] = a[i] * 0 + pi", A),
        &[std::f64::consts::PI; 3],
    );
    close(
        &vector("y[i] = where(pos(i) < 2, a[i], -1)", A),
        &[0.5, -2.0, -1.0],
    );
    let masked = text(
        "t = 3, s = \"t\"",
        "y[t] = softmax[s](where(pos(s) <= pos(t), a[s], -inf)) * a[s]",
        "a = [\"t\"]",
        "",
    );
    let e = |x: f64| x.exp();
    let second = (e(0.5) * 0.5 - e(-2.0) * 2.0) / (e(0.5) + e(-2.0));
    let third = (e(0.5) * 0.5 - e(-2.0) * 2.0 + e(3.0) * 3.0) / (e(0.5) + e(-2.0) + e(3.0));
    close(&evaluate(&masked, &A), &[0.5, second, third]);
}

#[test]
fn rule_11_index_expressions() {
    close(
        &vector("y[i] = zero(a[i-1]) + zero(a[i+1])", A),
        &[-2.0, 3.5, -2.0],
    );
    close(&vector("y[i] = a[(i+1)%3]", A), &[-2.0, 3.0, 0.5]);
    let outside = text("i = 3", "y[i] = a[i+1]", "a = [\"i\"]", "");
    assert!(refused(&outside).contains("zero("), "{}", refused(&outside));
    let grouped = text("h = 4, g = 2", "y[h] = k[h//2]", "k = [\"g\"]", "");
    close(&evaluate(&grouped, &[7.0, 8.0]), &[7.0, 7.0, 8.0, 8.0]);
    let gathered = text(
        "i = 3, n = 2",
        "y[n] = a[row[n]]",
        "a = [\"i\"]",
        "constants = { row = { axes = [\"n\"], index = \"i\", values = [2, 0] } }",
    );
    close(&evaluate(&gathered, &A), &[3.0, 0.5]);
}

#[test]
fn rule_12_rotary_embedding() {
    let rope = |layout: &str| {
        text(
            "t = 2, a = 4",
            &format!("y[t,a] = rope[a](q[t,a], pos(t), base = 100{layout})"),
            "q = [\"t\",\"a\"]",
            "",
        )
    };
    let q = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0];
    // Angles 1 and 100^{−2/4} = 0.1 at position 1.
    let turn =
        |x: f64, y: f64, phi: f64| (x * phi.cos() - y * phi.sin(), x * phi.sin() + y * phi.cos());
    let (a, b) = (turn(1.0, 3.0, 1.0), turn(2.0, 4.0, 0.1));
    close(
        &evaluate(&rope(""), &q),
        &[1.0, 2.0, 3.0, 4.0, a.0, b.0, a.1, b.1],
    );
    let (a, b) = (turn(1.0, 2.0, 1.0), turn(3.0, 4.0, 0.1));
    close(
        &evaluate(&rope(", layout = \"pairs\""), &q),
        &[1.0, 2.0, 3.0, 4.0, a.0, a.1, b.0, b.1],
    );
    let odd = text("a = 3", "y[a] = rope[a](q[a], 1)", "q = [\"a\"]", "");
    assert!(refused(&odd).contains("odd"), "{}", refused(&odd));
}

#[test]
fn rule_13_complex_entries_are_two_parameters() {
    let z = |program: &str| {
        text(
            "n = 2",
            program,
            "z = { axes = [\"n\"], field = \"complex\" }",
            "",
        )
    };
    let theta = [1.0, 2.0, -3.0, 0.5];
    close(&evaluate(&z("y[n] = abs2(z[n])"), &theta), &[5.0, 9.25]);
    close(
        &evaluate(&z("y[n] = re(z[n] * z[n]) + im(conj(z[n]))"), &theta),
        &[1.0 - 4.0 - 2.0, 9.0 - 0.25 - 0.5],
    );
    close(
        &evaluate(&z("y = abs(z[n] * z[n])"), &theta),
        &[((-3.0_f64 + 8.75).powi(2) + (4.0_f64 - 3.0).powi(2)).sqrt()],
    );
    let complex = z("y[n] = z[n]");
    assert!(refused(&complex).contains("real"), "{}", refused(&complex));
}

#[test]
fn rule_15_blocks() {
    let block = |more: &str| {
        format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ c = 2, d = \"c\" }}\nparameters = {{ e = [\"c\"] }}\nprogram = '''\nz[c] = layer(e)\ny[c] = z[c]\n'''\n\
             [blocks.layer]\ncount = 3\ncarry = \"x\"\nparameters = {{ W = [\"c\",\"d\"] }}\n{more}program = \"x'[c] = x[c] + W[c,d] * x[d]\"\n"
        )
    };
    // Separate weights: zero but for the second.
    let mut theta = vec![1.0, 2.0];
    theta.extend([0.0; 4]);
    theta.extend([0.0, 1.0, 0.0, 0.0]);
    theta.extend([0.0; 4]);
    close(&evaluate(&block(""), &theta), &[3.0, 2.0]);
    // Tied: the same weight three times.
    close(
        &evaluate(&block("tied = [\"W\"]\n"), &[1.0, 2.0, 0.0, 1.0, 0.0, 0.0]),
        &[7.0, 2.0],
    );
}

#[test]
fn rule_16_losses() {
    let loss = |kind: &str, theta: &[f64]| {
        let text = text(
            "i = 2",
            "y[i] = a[i]",
            "a = [\"i\"]",
            &format!(
                "constants = {{ t = {{ axes = [\"i\"], values = [1.0, 0.0] }} }}\nloss = {{ {kind} }}"
            ),
        );
        let model = SourceFile::parse(&text, None)
            .and_then(|s| s.check(Copies::All))
            .unwrap_or_else(|e| panic!("{e}"));
        let arrays = Arrays::new(&model, &Default::default()).expect("arrays");
        let program = ScalarProgram::lower(&model, &arrays).expect("a program");
        program.loss(theta, &[]).expect("a loss")
    };
    // Before division: Σ (o − y)², without ½.
    close(
        &[loss(
            "kind = \"mse\", of = \"y\", target = \"t\"",
            &[3.0, 2.0],
        )],
        &[4.0 + 4.0],
    );
    close(
        &[loss(
            "kind = \"expression\", of = \"y\", expr = \"sum[i](y[i]^4)\"",
            &[3.0, 2.0],
        )],
        &[81.0 + 16.0],
    );
    assert!(
        loss(
            "kind = \"logistic\", of = \"y\", target = \"t\"",
            &[3.0, 2.0]
        ) > 0.0
    );
}

#[test]
fn unknown_things_are_refused_with_the_nearest_name() {
    let base = text("i = 3", "y = sum[i](a[i])", "a = [\"i\"]", "");
    for (from, to, expected) in [
        ("outputs", "outptus", "outputs"),
        ("sum[i]", "smu[i]", "sum"),
        ("(a[i])", "(b[i])", "`b`"),
        ("[\"i\"]", "[\"k\"]", "`k`"),
        ("symbias = 1", "symbias = 2", "1"),
        ("i = 3", "i = 0", "0"),
        ("i = 3", "i = -1", "-1"),
        ("i = 3", "i = 1.5", "1.5"),
        ("i = 3", "i = \"j\"", "j"),
        ("i = 3", "i = \"i\"", "i"),
    ] {
        let message = refused(&base.replacen(from, to, 1));
        assert!(message.contains(expected), "{from} -> {to}: {message}");
    }
}
