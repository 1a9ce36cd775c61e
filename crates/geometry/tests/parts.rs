//! What the rules find on a model whose parameters are fused is what they find where each has a name
//! of its own.

use std::collections::BTreeMap;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::{Factor, sum_name};
use symbias_model::expression::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::parts::Parted;

fn model(text: &str) -> Model {
    SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::AtMost(4)))
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn written(axes: &str, program: &str, parameters: &str, input: &str) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\n{program}\n'''\nparameters = {{ {parameters} }}\ninputs = {{ x = {input} }}\n"
    )
}

fn name(found: &[Factor]) -> String {
    sum_name(found.iter().map(|f| (f.base.as_str(), f.copies)))
}

/// Groups with dimensions, by rule.
fn kinds(found: &[Factor]) -> BTreeMap<(String, &'static str), (u128, u128)> {
    let mut kinds = BTreeMap::new();
    for f in found {
        let known: &mut (u128, u128) = kinds.entry((f.base.clone(), f.rule)).or_default();
        known.0 += f.copies;
        known.1 += f.dimension;
    }
    kinds
}

/// Axes more, parameters instead, and reads and what they become.
type Fused = (&'static str, &'static str, &'static [Spelling]);
type Spelling = (&'static str, &'static str);

/// One function: with its parameters apart, and fused in several ways.
struct Case {
    axes: &'static str,
    program: &'static str,
    parameters: &'static str,
    input: &'static str,
    /// The name of the algebra, by hand.
    name: &'static str,
    fused: &'static [Fused],
}

const CASES: &[Case] = &[
    // Products of two matrices.
    Case {
        axes: "o = 5, k = 3, c = 4",
        program: "y[o] = U[o,k] * V[k,c] * x[c]",
        parameters: "U = [\"o\",\"k\"], V = [\"k\",\"c\"]",
        input: "[\"c\"]",
        name: "gl(3)",
        fused: &[
            // Side by side, the second transposed.
            (
                "r = 9",
                "W = [\"r\",\"k\"]",
                &[("U[o,k]", "W[o+0,k]"), ("V[k,c]", "W[5+c,k]")],
            ),
            // In one vector, row-major, with entries that nothing reads.
            (
                "r = 27",
                "W = [\"r\"]",
                &[("U[o,k]", "W[k+3*o]"), ("V[k,c]", "W[15+4*k+c]")],
            ),
            // In turns, and one of them backwards.
            (
                "r = 24",
                "W = [\"k\",\"r\"]",
                &[("U[o,k]", "W[k,2*o]"), ("V[k,c]", "W[k,7-2*c]")],
            ),
        ],
    },
    // Scalars in a vector: three scalings less one output.
    Case {
        axes: "c = 2",
        program: "y[c] = a * b * d * x[c]",
        parameters: "a = [], b = [], d = []",
        input: "[\"c\"]",
        name: "R^2",
        fused: &[
            (
                "i = 3",
                "P = [\"i\"]",
                &[("a *", "P[0] *"), ("b *", "P[1] *"), ("d *", "P[2] *")],
            ),
            (
                "i = 2, j = 3",
                "P = [\"i\",\"j\"], d = []",
                &[("a *", "P[1,2] *"), ("b *", "P[0,1] *")],
            ),
        ],
    },
    // A gated unit: gate and value in one projection, sliced before or behind the product.
    Case {
        axes: "o = 2, h = 5, c = 3",
        program: "g[h] = G[h,c]*x[c]\nu[h] = U[h,c]*x[c]\ny[o] = D[o,h] * silu(g[h]) * u[h]",
        parameters: "G = [\"h\",\"c\"], U = [\"h\",\"c\"], D = [\"o\",\"h\"]",
        input: "[\"c\"]",
        name: "R^5",
        fused: &[
            (
                "j = 10",
                "W = [\"j\",\"c\"], D = [\"o\",\"h\"]",
                &[("G[h,c]", "W[h+0,c]"), ("U[h,c]", "W[5+h,c]")],
            ),
            (
                "j = 10",
                "W = [\"j\",\"c\"], D = [\"o\",\"h\"]",
                &[
                    (
                        "g[h] = G[h,c]*x[c]\nu[h] = U[h,c]*x[c]",
                        "w[j] = W[j,c]*x[c]",
                    ),
                    ("g[h]", "w[2*h]"),
                    ("u[h]", "w[2*h+1]"),
                ],
            ),
        ],
    },
    // Attention with heads: gl(a) on queries and keys, gl(a) on values and outputs, per head.
    Case {
        axes: "t = 3, s = \"t\", c = 6, o = \"c\", h = 2, a = 3",
        program: "q[h,t,a] = Q[h,a,c]*x[t,c]\nk[h,s,a] = K[h,a,c]*x[s,c]\nv[h,s,a] = V[h,a,c]*x[s,c]\np[h,t,s] = softmax[s](q[h,t,a]*k[h,s,a])\ny[t,o] = p[h,t,s]*v[h,s,a]*O[o,h,a]",
        parameters: "Q = [\"h\",\"a\",\"c\"], K = [\"h\",\"a\",\"c\"], V = [\"h\",\"a\",\"c\"], O = [\"o\",\"h\",\"a\"]",
        input: "[\"t\",\"c\"]",
        name: "gl(3)^4",
        fused: &[
            (
                "j = 18",
                "W = [\"j\",\"c\"], O = [\"o\",\"h\",\"a\"]",
                &[
                    ("Q[h,a,c]", "W[3*h+a,c]"),
                    ("K[h,a,c]", "W[6+3*h+a,c]"),
                    ("V[h,a,c]", "W[12+a+h*3,c]"),
                ],
            ),
            (
                "j = 18, f = 6",
                "W = [\"j\",\"c\"], O = [\"o\",\"f\"]",
                &[
                    ("Q[h,a,c]", "W[9*h+a,c]"),
                    ("K[h,a,c]", "W[9*h+a+3,c]"),
                    ("V[h,a,c]", "W[9*h+6+a,c]"),
                    ("O[o,h,a]", "O[o,h*3+a]"),
                ],
            ),
            (
                "j = 18, f = 6",
                "W = [\"j\",\"c\"], O = [\"o\",\"f\"]",
                &[
                    (
                        "q[h,t,a] = Q[h,a,c]*x[t,c]\nk[h,s,a] = K[h,a,c]*x[s,c]\nv[h,s,a] = V[h,a,c]*x[s,c]",
                        "w[t,j] = W[j,c]*x[t,c]",
                    ),
                    ("q[h,t,a]", "w[t,3*h+a]"),
                    ("k[h,s,a]", "w[s,6+3*h+a]"),
                    ("v[h,s,a]", "w[s,12+3*h+a]"),
                    ("O[o,h,a]", "O[o,3*h+a]"),
                ],
            ),
        ],
    },
    // A contracted axis that both tensors hold flat is one group of the whole.
    Case {
        axes: "o = 3, h = 2, a = 3, c = 4",
        program: "y[o] = O[o,h,a]*V[h,a,c]*x[c]",
        parameters: "O = [\"o\",\"h\",\"a\"], V = [\"h\",\"a\",\"c\"]",
        input: "[\"c\"]",
        name: "gl(6)",
        fused: &[(
            "f = 6",
            "O = [\"o\",\"f\"], V = [\"f\",\"c\"]",
            &[("O[o,h,a]", "O[o,a+3*h]"), ("V[h,a,c]", "V[3*h+a,c]")],
        )],
    },
    // Queries that share keys, in one tensor: a scale and a rotation per plane and key head.
    Case {
        axes: "t = 3, s = \"t\", c = 5, h = 4, g = 2, a = 2",
        program: "q[h,t,a] = rope[a](Q[h,a,c]*x[t,c], pos(t))\nk[g,s,a] = rope[a](K[g,a,c]*x[s,c], pos(s))\ny[h,t,s] = q[h,t,a]*k[h//2,s,a]",
        parameters: "Q = [\"h\",\"a\",\"c\"], K = [\"g\",\"a\",\"c\"]",
        input: "[\"t\",\"c\"]",
        name: "so(2)^2 + R^2",
        fused: &[(
            "j = 12",
            "W = [\"j\",\"c\"]",
            &[("Q[h,a,c]", "W[2*h+a,c]"), ("K[g,a,c]", "W[8+2*g+a,c]")],
        )],
    },
    // Complex entries, and a phase.
    Case {
        axes: "n = 3, r = 2",
        program: "y[n] = re(A[n,r]*conj(B[r])) * x[n]",
        parameters: "A = { axes = [\"n\",\"r\"], field = \"complex\" }, B = { axes = [\"r\"], field = \"complex\" }",
        input: "[\"n\"]",
        name: "gl(2,C)",
        fused: &[(
            "i = 8",
            "Z = { axes = [\"i\"], field = \"complex\" }",
            &[("A[n,r]", "Z[2+2*n+r]"), ("B[r]", "Z[r+0]")],
        )],
    },
];

#[test]
fn fused_models_have_the_factors_of_models_with_named_parameters() {
    for case in CASES {
        let apart = model(&written(
            case.axes,
            case.program,
            case.parameters,
            case.input,
        ));
        let expected = factors(&apart);
        assert_eq!(name(&expected), case.name, "{}", case.program);
        for (axes, parameters, reads) in case.fused {
            let program = reads
                .iter()
                .fold(case.program.to_owned(), |text, (from, to)| {
                    assert!(text.contains(from), "{from} in {text}");
                    text.replace(from, to)
                });
            let axes = format!("{}, {axes}", case.axes);
            let fused = model(&written(&axes, &program, parameters, case.input));
            let parted = Parted::new(fused.clone());
            assert_eq!(parted.model().parameter_count(), fused.parameter_count());
            // Entries that nothing reads are translations, and only of the fused model.
            let unread: u128 = fused.parameter_count() - apart.parameter_count();
            let mut found = factors(parted.model());
            let moved: u128 = found
                .iter()
                .filter(|f| f.rule == "parameter that no output reads")
                .map(|f| f.dimension)
                .sum();
            assert_eq!(moved, unread, "{program}");
            found.retain(|f| f.rule != "parameter that no output reads");
            assert_eq!(kinds(&found), kinds(&expected), "{program}");
            // The rules on the fused model itself find less: the twin.
            let before: u128 = factors(&fused).iter().map(|f| f.dimension).sum();
            let after: u128 = expected.iter().map(|f| f.dimension).sum();
            assert!(before < after + unread, "{program}: {before}");
        }
    }
}

/// A fused tensor that is read across its slices keeps what its slices would lose.
#[test]
fn slices_that_meet_are_not_taken_for_apart() {
    let text = |second: &str| {
        written(
            "r = 8, k = 4, o = 3, c = 4",
            &format!("y[o] = W[o+0,k] * {second} * x[c]"),
            "W = [\"r\",\"k\"]",
            "[\"c\"]",
        )
    };
    let found = |second: &str| name(&factors(Parted::new(model(&text(second))).model()));
    assert_eq!(found("W[4+c,k]"), "gl(4) + R^4");
    assert_eq!(found("W[3+c,k]"), "gl(4) + R^4");
    // Row 2 is in both: the columns may still turn, by so(4), and rows that nothing reads move.
    assert_eq!(found("W[2+c,k]"), "so(4) + R^8");
}

#[test]
fn copies_of_a_block_count_as_copies() {
    let text = |parameters: &str, program: &str, axes: &str| {
        format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ c = 3, o = \"c\", a = 2 {axes} }}\nprogram = \"y[c] = layer(x)\"\ninputs = {{ x = [\"c\"] }}\n[blocks.layer]\ncount = 30\ncarry = \"h\"\nparameters = {{ {parameters} }}\nprogram = '''\n{program}\n'''\n"
        )
    };
    let apart = model(&text(
        "U = [\"o\",\"a\"], V = [\"a\",\"c\"]",
        "h'[o] = h[o] + U[o,a]*V[a,c]*h[c]",
        "",
    ));
    let fused = model(&text(
        "W = [\"j\",\"a\"]",
        "h'[o] = h[o] + W[o+0,a]*W[3+c,a]*h[c]",
        ", j = 6",
    ));
    let parted = Parted::new(fused);
    let (expected, found) = (factors(&apart), factors(parted.model()));
    assert_eq!(kinds(&expected), kinds(&found));
    let tensors = |f: &Factor| {
        f.tensors
            .iter()
            .map(|a| a.tensor.clone())
            .collect::<Vec<_>>()
    };
    let first = found
        .iter()
        .map(tensors)
        .find(|t| t[0].starts_with("layer.2."));
    let mut first = first.expect("a factor of that copy");
    first.sort();
    assert_eq!(first, ["layer.2.W[3+c,:]", "layer.2.W[c,:]"]);
}

/// No model file of the house loses a factor.
#[test]
fn model_files_keep_their_factors() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    for folder in ["models", "examples/models"] {
        let files = std::fs::read_dir(root.join(folder)).expect("a folder");
        let paths = files.map(|f| f.expect("a file").path());
        for path in paths.filter(|p| p.extension().is_some_and(|e| e == "toml")) {
            if path.file_stem().is_some_and(|s| s == "expected") {
                continue;
            }
            let source = SourceFile::read(&path).expect("a model file");
            let model = source.check(Copies::AtMost(4)).expect("a model");
            let parted = Parted::new(model.clone());
            let before: u128 = factors(&model).iter().map(|f| f.dimension).sum();
            let after: u128 = factors(parted.model()).iter().map(|f| f.dimension).sum();
            assert!(after >= before, "{}: {after} < {before}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}
