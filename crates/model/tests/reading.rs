//! Statements as they were understood: sums written out (`Model::reads`), and texts that two readers take for two things (language
//! §6).

use std::path::{Path, PathBuf};
use symbias_model::Model;
use symbias_model::language::{CheckOptions, Copies, SourceFile};

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
            "2*-relu(k + 3*sum[d](G[h,d]*x[d]))*U[h,d]*w[d]",
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
            .check(CheckOptions::from(copies))
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

/// Model files below a folder of the repository.
fn files(folder: &Path, named: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, named, found);
        } else if name.ends_with(named) && !name.ends_with("expected.toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_model_of_the_repository_has_one_reading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = Vec::new();
    for (folder, named) in [
        ("models", ".toml"),
        ("examples/models", ".toml"),
        ("experiments", ".model.toml"),
        ("benches", ".model.toml"),
    ] {
        files(&root.join(folder), named, &mut all);
    }
    assert!(all.len() > 60, "{} files", all.len());
    for path in all {
        let model = SourceFile::read(&path)
            .and_then(|s| s.check(Copies::AtMost(2)))
            .unwrap_or_else(|e| panic!("{e}"));
        let lines = model.reads();
        assert!(
            !lines.is_empty() && !lines.iter().any(|l| l.contains('…')),
            "{lines:?}"
        );
    }
}

fn with_loss(loss: &str) -> Result<Model, String> {
    let text = format!(
        "symbias = 1\noutputs = [\"y\", \"u\"]\naxes = {{ o = 2, d = 3, e = \"o\" }}\nprogram = \"\"\"\n\
         y[o] = W[o,d]*x[d]\nu[o,e] = y[o]*y[e]\"\"\"\nparameters = {{ W = [\"o\",\"d\"], b = [\"o\"] }}\n\
         loss = {{ {loss} }}\n[inputs]\nx = [\"d\"]\nlabel = [\"o\"]\nclass = {{ axes = [], index = \"o\" }}\n\
         which = {{ axes = [\"o\"], index = \"o\" }}\n"
    );
    SourceFile::parse(&text, None)
        .and_then(|s| s.check(Copies::All))
        .map_err(|e| e.to_string())
}

#[test]
fn the_target_of_a_loss_is_named_where_it_is_not_clear() {
    let cases = [
        // Several outputs: whose axes the open target has.
        (
            "kind = \"mse\"",
            "`target` is left to the experiment",
            "`y`, `u`",
        ),
        (
            "kind = \"expression\", expr = \"sum[o](y[o]*target[o])\"",
            "`target` is left",
            "of = \"y\"",
        ),
        // Inputs that could be the target and that nothing reads.
        (
            "kind = \"mse\", of = \"y\"",
            "the `target` of the loss is ambiguous",
            "target = \"label\"",
        ),
        (
            "kind = \"cross_entropy\", of = \"y\"",
            "`label`, `class` are read by no statement",
            "one of them",
        ),
        // None of that name, or one that is trained.
        (
            "kind = \"mse\", of = \"y\", target = \"labels\"",
            "the target `labels` of the loss is not declared",
            "`label`",
        ),
        (
            "kind = \"mse\", of = \"y\", target = \"b\"",
            "the target `b` of the loss is a parameter",
            "`b` is defined here",
        ),
        (
            "kind = \"mse\", of = \"y\", target = \"y\"",
            "a statement that depends on a parameter",
            "an input, a constant",
        ),
        // Classes along an axis that stands twice.
        (
            "kind = \"cross_entropy\", of = \"u\", target = \"which\"",
            "stands twice in the output `u`",
            "`which`",
        ),
    ];
    for (loss, first, second) in cases {
        let error = with_loss(loss).expect_err(loss);
        assert!(
            error.contains(first) && error.contains(second),
            "{loss}\n{error}"
        );
    }
    for loss in [
        "kind = \"mse\", of = \"y\", target = \"label\"",
        "kind = \"cross_entropy\", of = \"y\", target = \"class\"",
        "kind = \"mse\", of = \"u\"",
        "kind = \"expression\", of = \"y\", expr = \"sum[o](square(y[o] - label[o]))\"",
    ] {
        with_loss(loss).unwrap_or_else(|e| panic!("{loss}\n{e}"));
    }
}
