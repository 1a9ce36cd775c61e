//! Statements as they were understood: sums written out (`Model::reads`), and texts that two readers take for two things (language
//! §6).

use symbias_model::Model;
use symbias_model::language::{Copies, Options, SourceFile};

const HEAD: &str = "symbias = 1\noutputs = [\"y\"]\naxes = { h = 4, d = 3, o = 2, r = 2, t = 4, s = \"t\", c = 4, e = \"c\" }\n";
const TAIL: &str = "'''\n[parameters]\nD = [\"o\",\"h\"]\nG = [\"h\",\"d\"]\nU = [\"h\",\"d\"]\nv = [\"d\"]\nw = [\"d\"]\nk = []\n\
    A = [\"o\",\"r\"]\nB = [\"h\",\"r\"]\nC = [\"d\",\"r\"]\nS = [\"c\",\"e\"]\nz = { axes = [\"d\"], field = \"complex\" }\n\
    [inputs]\nx = [\"d\"]\nX = [\"t\",\"c\"]\nrow = { axes = [\"t\"], index = \"c\" }\n[profiles]\nf = \"z^2 + tanh(z)\"\n";

fn text(program: &str) -> String {
    format!("{HEAD}program = '''\n{program}\n{TAIL}")
}

fn check(program: &str) -> Result<Model, String> {
    SourceFile::parse(&text(program), None)
        .and_then(|s| s.check(Copies::All))
        .map_err(|e| e.to_string())
}

#[test]
fn sums_that_two_readers_place_differently_are_refused_with_both_readings() {
    let cases = [
        (
            "y[o] = D[o,h]*(G[h,d]*x[d])*(U[h,d]*x[d])",
            "sum[d](D[o,h]*(G[h,d]*x[d])*(U[h,d]*x[d]))",
            "D[o,h]*sum[d](G[h,d]*x[d])*sum[d](U[h,d]*x[d])",
        ),
        (
            "y[h] = silu(G[h,d]*x[d])*(U[h,d]*x[d])",
            "sum[d](silu(G[h,d]*x[d])*(U[h,d]*x[d]))",
            "silu(sum[d](G[h,d]*x[d]))*sum[d](U[h,d]*x[d])",
        ),
        (
            "y = v[d]*x[d]*(w[d]*x[d])",
            "sum[d](v[d]*x[d]*(w[d]*x[d]))",
            "v[d]*x[d]*sum[d](w[d]*x[d])",
        ),
        (
            "y = v[d]*x[d]/(w[d]*x[d] + k)",
            "sum[d](v[d]*x[d]/(w[d]*x[d] + k))",
            "v[d]*x[d]/(sum[d](w[d]*x[d]) + k)",
        ),
        (
            "y[h] = 2*-relu(k + 3*(G[h,d]*x[d]))*U[h,d]*w[d]",
            "sum[d](2*-relu(k + 3*(G[h,d]*x[d]))*U[h,d]*w[d])",
            "2*-relu(k + sum[d](3*(G[h,d]*x[d])))*U[h,d]*w[d]",
        ),
        (
            "y[h] = (G[h,d]*x[d])^2*U[h,d]*x[d]",
            "sum[d]((G[h,d]*x[d])^2*U[h,d]*x[d])",
            "sum[d](G[h,d]*x[d])^2*U[h,d]*x[d]",
        ),
        (
            // Only the whole of the rest: closing both would leave v alone.
            "y = (w[d]*x[d])*exp(w[d]*x[d])*v[d]",
            "sum[d]((w[d]*x[d])*exp(w[d]*x[d])*v[d])",
            "sum[d](w[d]*x[d])*exp(w[d]*x[d])*v[d]",
        ),
        (
            // Inside a function, one level down.
            "y = v[d]*relu(w[d]*(v[d]*x[d]))",
            "sum[d](v[d]*relu(w[d]*(v[d]*x[d])))",
            "v[d]*relu(w[d]*sum[d](v[d]*x[d]))",
        ),
    ];
    for (program, whole, inside) in cases {
        let error = check(program).expect_err(program);
        for expected in [
            whole,
            inside,
            "read in two ways",
            "sum[d](…)",
            "drop the parentheses",
        ] {
            assert!(
                error.contains(expected),
                "{program}\n{error}\nlacks {expected}"
            );
        }
        // Each reading is one way to write it, and they differ.
        let left = program.split('=').next().expect("a left side");
        let of = |right: &str| {
            let model = check(&format!("{left}= {right}")).unwrap_or_else(|e| panic!("{e}"));
            model.reads()
        };
        assert_ne!(of(whole), of(inside), "{program}");
    }
}

#[test]
fn products_with_one_reading_are_not_refused() {
    for program in [
        "y[o,h,d] = A[o,r]*(B[h,r]*C[d,r])",
        "y[h] = silu(G[h,d]*x[d])*v[d]",
        "y = v[d]*relu(w[d]*x[d] + v[d])*x[d]",
        "y[o] = D[o,h]*relu(G[h,d]*x[d])",
        "y[o] = D[o,h]*G[h,d]*x[d]*U[h,d]*x[d]",
        "y[o] = D[o,h]*sum[d](G[h,d]*x[d])*sum[d](U[h,d]*x[d])",
        "y[o] = sum[d](D[o,h]*(G[h,d]*x[d])*(U[h,d]*x[d]))",
        "y[h] = (G[h,d]*x[d])*k",
        "y[h] = (G[h,d]*x[d] + U[h,d]*x[d])*k",
        "y[h,d] = (G[h,d]*x[d])*(U[h,d]*x[d])",
        "y = (v[d]*x[d]) + (w[d]*x[d])",
        "y[h] = relu(G[h,d]*x[d])*relu(k)",
    ] {
        check(program).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// Right sides and what they are read as.
const READS: &[(&str, &str)] = &[
    (
        "y[o] = D[o,h]*relu(G[h,d]*x[d])",
        "y[o] = sum_{h} D[o,h] * relu(sum_{d} G[h,d] * x[d])",
    ),
    (
        "y[h] = G[h,d]*x[d] - k/2 + 1",
        "y[h] = sum_{d} G[h,d] * x[d] - k / 2 + 1",
    ),
    (
        "y = -(v[d]*x[d]) - -3*k",
        "y = -sum_{d} v[d] * x[d] + 3 * k",
    ),
    ("y[d] = -v[d]^2", "y[d] = -v[d]^2"),
    (
        "y[d] = (-v[d])^2*(1 - 2.5e-300*w[d])",
        "y[d] = (-v[d])^2 * (1 - 2.5e-300 * w[d])",
    ),
    (
        "y[d] = v[d]/(w[d]*x[d])/(k + 1)",
        "y[d] = v[d] / w[d] / x[d] / (k + 1)",
    ),
    (
        "y[d] = 1/v[d] + 0.1*pi",
        "y[d] = 1 / v[d] + 0.3141592653589793",
    ),
    ("y = pi*k", "y = pi * k"),
    ("y[d] = (v[d]^3)^pos(d)", "y[d] = (v[d]^3)^pos(d)"),
    (
        "y[d] = v[d]^(pos(d)-1) + v[d]^-3",
        "y[d] = v[d]^(pos(d) - 1) + v[d]^(-3)",
    ),
    ("y[d] = 2^v[d]^w[d]", "y[d] = 2^v[d]^w[d]"),
    (
        "y[d] = abs(square(exp(log(sqrt(v[d])))))",
        "y[d] = abs(exp(log(sqrt(v[d])))^2)",
    ),
    (
        "y[d] = tanh(sigmoid(gelu(gelu_tanh(silu(v[d])))))",
        "y[d] = tanh(sigmoid(gelu(gelu_tanh(silu(v[d])))))",
    ),
    (
        "y[d] = sin(cos(leaky_relu(relu(v[d]), 0.01)))",
        "y[d] = sin(cos(leaky_relu(relu(v[d]), 0.01)))",
    ),
    ("y[d] = f(v[d])", "y[d] = v[d]^2 + tanh(v[d])"),
    (
        "y = sum[d](v[d]) + mean[d](w[d]) + max[d](v[d] + w[d]) + logsumexp[d](v[d]) + norm[d](w[d])",
        "y = sum_{d} v[d] + mean[d](w[d]) + max[d](v[d] + w[d]) + logsumexp[d](v[d]) + norm[d](w[d])",
    ),
    (
        "y = sum[h,d](G[h,d] + U[h,d])*k",
        "y = (sum_{h,d} (G[h,d] + U[h,d])) * k",
    ),
    (
        "y = sum[c](X[t,c])*S[e,e]*X[t,e]",
        "y = sum_{t,e} (sum_{c} X[t,c]) * S[e,e] * X[t,e]",
    ),
    ("y = S[c,c]", "y = sum_{c} S[c,c]"),
    (
        "y[t,c] = softmax[c](X[t,c]) + log_softmax[t,c](X[t,c])",
        "y[t,c] = softmax[c](X[t,c]) + log_softmax[t,c](X[t,c])",
    ),
    (
        "y[t,c] = cumsum[t](X[t,c])*normalize[c](X[t,c], eps = 1e-5)",
        "y[t,c] = cumsum[t](X[t,c]) * normalize[c](X[t,c], eps = 1e-5)",
    ),
    (
        "y[t,c] = rmsnorm[c](X[t,c]) + layernorm[c](X[t,c]) + standardize[t](X[t,c])",
        "y[t,c] = rmsnorm[c](X[t,c]) + layernorm[c](X[t,c]) + standardize[t](X[t,c])",
    ),
    (
        "y[t,s] = where(pos(s) <= pos(t) and not (pos(s) + 2 < pos(t) or pos(s) == row[t]), k, -inf)",
        "y[t,s] = where(pos(s) <= pos(t) and not (pos(s)+2 < pos(t) or pos(s) == row[t]), k, -inf)",
    ),
    (
        "y[t,c] = rope[c](X[t,c], pos(t)) + rope[c](X[t,c], pos(t)/2, base = 100, layout = \"pairs\")",
        "y[t,c] = rope[c](X[t,c], pos(t), base = 10000, layout = \"half\") + \
         rope[c](X[t,c], pos(t) / 2, base = 100, layout = \"pairs\")",
    ),
    (
        "y[t,c] = zero(X[t-1,c])*X[(2*t+1)%4,c] + X[t//2*2,row[t]]*pos(c) + X[3-t,c]",
        "y[t,c] = zero(X[t-1,c]) * X[(2*t+1)%4,c] + X[t//2*2,row[t]] * pos(c) + X[3-t,c]",
    ),
    (
        "y[d] = re(conj(z[d])*z[d]) + im(z[d]) + abs2(z[d]) + abs(z[d])",
        "y[d] = re(conj(z[d]) * z[d]) + im(z[d]) + abs2(z[d]) + abs(z[d])",
    ),
    (
        "y[d] = re(exp(z[d])*z[d]^pos(d))",
        "y[d] = re(exp(z[d]) * z[d]^pos(d))",
    ),
];

#[test]
fn every_operation_is_read_with_its_sums() {
    for (program, expected) in READS {
        let model = check(program).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(model.reads(), [*expected], "{program}");
    }
}

#[test]
fn a_reading_without_its_sums_would_be_another_model() {
    // The twin: what is summed elsewhere is read differently.
    let inner = check("y[h] = relu(G[h,d]*x[d])*k")
        .expect("a model")
        .reads();
    let outer = check("y[h] = sum[d](relu(G[h,d]*x[d])*k)")
        .expect("a model")
        .reads();
    assert_eq!(inner, ["y[h] = relu(sum_{d} G[h,d] * x[d]) * k"]);
    assert_eq!(outer, ["y[h] = sum_{d} relu(G[h,d] * x[d]) * k"]);
}

const BLOCKS: &str = "symbias = 1\noutputs = [\"y\"]\naxes = { t = 2, c = 3, e = \"c\" }\nprogram = '''\n\
    u[t,c] = layer(2*x[t,c])\ny[t,c] = layer(u)\n'''\ninputs = { x = [\"t\",\"c\"] }\n\
    [blocks.layer]\ncount = COUNT\ncarry = \"h\"\ntied = [\"g\"]\nparameters = { W = [\"c\",\"e\"], g = [\"c\"] }\n\
    program = '''\nq[t,c] = W[c,e]*h[t,e]\nh'[t,c] = h[t,c] + g[c]*relu(q[t,c])\n'''\n";

#[test]
fn block_statements_are_read_once() {
    let lines = [
        "layer: q[t,c] = sum_{e} W[c,e] * h[t,e]",
        "layer: h'[t,c] = h[t,c] + g[c] * relu(q[t,c])",
    ];
    for (count, copies, times) in [
        ("1", Copies::All, ""),
        ("7", Copies::All, ", repeated 7 times"),
        ("7", Copies::AtMost(3), ", repeated 7 times"),
        ("7", Copies::AtMost(1), ", repeated 7 times"),
    ] {
        let text = BLOCKS.replace("COUNT", count);
        let source = SourceFile::parse(&text, None).expect("a file");
        let model = source
            .check(Options::from(copies))
            .unwrap_or_else(|e| panic!("{e}"));
        let calls = [
            format!("u[t,c] = layer(2 * x[t,c]){times}"),
            format!("y[t,c] = layer(u[t,c]){times}"),
        ];
        let expected: Vec<&str> = lines
            .iter()
            .copied()
            .chain(calls.iter().map(String::as_str))
            .collect();
        assert_eq!(model.reads(), expected);
        assert_eq!(model.reads(), model.reads());
    }
}

#[test]
fn profiles_of_profiles_are_read_in_bounded_space() {
    let mut profiles = String::from("p0 = \"tanh(z) + sin(z)\"\n");
    for k in 1..30 {
        profiles.push_str(&format!("p{k} = \"tanh(p{0}(z)) + sin(p{0}(z))\"\n", k - 1));
    }
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\nprogram = \"y = p29(a)\"\nparameters = {{ a = [] }}\n[profiles]\n{profiles}"
    );
    let model = SourceFile::parse(&text, None)
        .and_then(|s| s.check(Copies::All))
        .unwrap_or_else(|e| panic!("{e}"));
    let line = &model.reads()[0];
    assert!(
        line.contains('…') && line.len() < 40_000,
        "{} bytes",
        line.len()
    );
}
