//! Products of many factors: their values, and what writing them out costs, in any spelling.

use std::collections::BTreeMap;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arithmetic, Arrays, Exact, Inputs, ScalarProgram};
use symbias_numerics::random::Stream;

struct Written {
    scalar: ScalarProgram,
    lanes: Program<f64>,
    theta: Vec<f64>,
    x: Vec<f64>,
}

fn written(text: &str) -> Written {
    let source = SourceFile::parse(text, None).expect("a model file");
    let model = source.check(Copies::All).expect("a model");
    let arrays = Arrays::new(&model, &BTreeMap::new()).expect("constants");
    let options = Options::new(Task::Value, Layout::Single);
    let mut theta = vec![0.0; model.space().dim()];
    Stream::new(5, 0, 0).fill_normal(&mut theta);
    Written {
        scalar: ScalarProgram::lower(&model, &arrays).expect("a scalar program"),
        lanes: Program::compile(&model, &arrays, options).expect("a program"),
        x: Inputs::random(&model, 3, 0).flat,
        theta,
    }
}

impl Written {
    fn value(&self) -> Vec<f64> {
        self.scalar.value(&self.theta, &self.x).expect("numbers")
    }

    fn by_lanes(&self) -> Vec<f64> {
        let mut into = vec![0.0; self.lanes.result_len(0)];
        let mut workspace = self.lanes.workspace();
        let arguments = Arguments::at(&self.theta, &self.x);
        self.lanes.run(&mut workspace, &arguments, &mut [&mut into]);
        into
    }
}

fn near(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() <= 1e-12 * size, "{x} and {y}");
    }
}

/// A ring of n matrices of size k, `spell` writing the statement from the product.
fn ring(n: usize, k: usize, spell: impl Fn(&str, &[String]) -> String) -> String {
    let letters: Vec<String> = (0..n).map(|i| format!("i{i}")).collect();
    let after = |i: usize| &letters[(i + 1) % n];
    let product: Vec<String> = (0..n)
        .map(|i| format!("M{i}[{},{}]", letters[i], after(i)))
        .collect();
    let axes: Vec<String> = letters.iter().map(|l| format!("{l} = {k}")).collect();
    let shapes: Vec<String> = (0..n)
        .map(|i| format!("M{i} = [\"{}\",\"{}\"]", letters[i], after(i)))
        .collect();
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {} }}\nprogram = \"{}\"\nparameters = {{ {} }}\n",
        axes.join(", "),
        spell(&product.join(" * "), &letters),
        shapes.join(", ")
    )
}

/// tr(M_0 ⋯ M_{n−1}) by matrix products.
fn trace(theta: &[f64], n: usize, k: usize) -> f64 {
    let mut product: Vec<f64> = (0..k * k).map(|p| f64::from(p % (k + 1) == 0)).collect();
    for m in theta.chunks(k * k).take(n) {
        let entry = |p: usize| {
            (0..k)
                .map(|l| product[p / k * k + l] * m[l * k + p % k])
                .sum()
        };
        product = (0..k * k).map(entry).collect();
    }
    (0..k).map(|i| product[i * (k + 1)]).sum()
}

#[test]
fn rings_cost_what_their_pairs_cost_in_any_spelling() {
    for n in [3, 6, 12, 24, 40] {
        let plain = written(&ring(n, 3, |p, _| format!("y = {p}")));
        let named = written(&ring(n, 3, |p, l| format!("y = sum[{}]({p})", l.join(","))));
        let nested = written(&ring(n, 3, |p, l| {
            format!("y = sum[{}](sum[{}]({p}))", l[1..].join(","), l[0])
        }));
        let right = trace(&plain.theta, n, 3);
        for form in [&plain, &named, &nested] {
            near(&form.value(), &[right]);
            near(&form.by_lanes(), &[right]);
            // 27 products and 9 sums a pair, 9 leaves a matrix, and the constants 0 and 1.
            assert!(
                form.scalar.len() <= 45 * n + 4,
                "{n}: {}",
                form.scalar.len()
            );
            assert_eq!(
                form.scalar.arithmetic(),
                Arithmetic::Polynomial { degree: n as u64 }
            );
        }
        let exact: Vec<Exact> = plain.theta.iter().map(|x| Exact::of(*x)).collect();
        let values = [&plain, &named, &nested]
            .map(|f| f.scalar.value(&exact, &[]).expect("residues")[0].residue);
        assert!(values.iter().all(|v| *v == values[0]));
    }
}

#[test]
fn a_mean_divides_by_all_that_it_is_over() {
    let mean = written(&ring(5, 2, |p, l| {
        format!("y = mean[{}]({p})", l.join(","))
    }));
    near(&mean.value(), &[trace(&mean.theta, 5, 2) / 32.0]);
    let wide = written(&ring(30, 2, |p, l| {
        format!("y = mean[{}]({p})", l.join(","))
    }));
    let right = [trace(&wide.theta, 30, 2) / 2.0_f64.powi(30)];
    near(&wide.value(), &right);
    near(&wide.by_lanes(), &right);
    // What is read twice is one array, and is summed as it is.
    let twice = written(
        "symbias = 1\noutputs = [\"y\", \"z\"]\naxes = { i = 3, j = 4 }\n\
         program = \"\"\"\nz[i,j] = a[i] * b[j] * c[i,j]\ny = sum[i,j](z[i,j])\"\"\"\n\
         parameters = { a = [\"i\"], b = [\"j\"], c = [\"i\",\"j\"] }\n",
    );
    let value = twice.value();
    near(&value[..1], &[value[1..].iter().sum()]);
}

const OTHERS: &str = "parameters = { A = [\"a\",\"b\"], B = [\"b\",\"c\"], C = [\"c\",\"d\"], D = [\"d\",\"a\"], u = [\"b\"], Z = { axes = [\"b\",\"c\"], field = \"complex\" } }\n\
inputs = { x = [\"c\"] }\n\
constants = { S = { axes = [\"b\",\"c\"], values = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]] } }\n";

fn other(outputs: &str) -> Written {
    written(&format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ a = 2, b = 3, c = 4, d = 5 }}\nprogram = \"{outputs}\"\n{OTHERS}"
    ))
}

/// Σ over a, b, c, d of a function of (index tuple, entry readers).
fn entries(theta: &[f64]) -> impl Fn(&str, usize, usize) -> f64 + '_ {
    move |name, i, j| match name {
        "A" => theta[i * 3 + j],
        "B" => theta[6 + i * 4 + j],
        "C" => theta[18 + i * 5 + j],
        "D" => theta[38 + i * 2 + j],
        "u" => theta[48 + i],
        "re" => theta[51 + 2 * (i * 4 + j)],
        _ => theta[52 + 2 * (i * 4 + j)],
    }
}

#[test]
fn divisors_letters_that_are_broadcast_masks_and_complex_factors_stay_what_they_are() {
    let sum = |f: &dyn Fn([usize; 4]) -> f64| -> f64 {
        let all = (0..120).map(|k| [k / 60, k / 20 % 3, k / 5 % 4, k % 5]);
        all.map(f).sum()
    };
    let model = other("y = A[a,b] * B[b,c] / u[b] * C[c,d] / A[a,b] * D[d,a] / (1 + x[c]^2)");
    let (m, x) = (entries(&model.theta), &model.x);
    let right = sum(&|[a, b, c, d]| {
        m("B", b, c) / m("u", b, 0) * m("C", c, d) * m("D", d, a) / (1.0 + x[c] * x[c])
    });
    near(&model.value(), &[right]);
    near(&model.by_lanes(), &[right]);
    assert!(matches!(
        model.scalar.arithmetic(),
        Arithmetic::Rational { .. }
    ));

    let model = other("y[a,d] = u[b] * B[b,c] * x[c] + A[a,b] * S[b,c] * C[c,d]");
    let (m, x) = (entries(&model.theta), &model.x);
    let mut right = Vec::new();
    for (a, d) in (0..10).map(|k| (k / 5, k % 5)) {
        let spread: f64 = (0..12)
            .map(|k| m("u", k / 4, 0) * m("B", k / 4, k % 4) * x[k % 4])
            .sum();
        right.push(spread + m("A", a, 0) * m("C", 0, d) + m("A", a, 1) * m("C", 2, d));
    }
    near(&model.value(), &right);
    near(&model.by_lanes(), &right);

    let model = other("y = re(A[a,b] * Z[b,c] * conj(Z[b,c]) * C[c,d] * Z[b,c] * D[d,a])");
    let m = entries(&model.theta);
    let right = sum(&|[a, b, c, d]| {
        let (re, im) = (m("re", b, c), m("im", b, c));
        m("A", a, b) * m("C", c, d) * m("D", d, a) * re * (re * re + im * im)
    });
    near(&model.value(), &[right]);
    near(&model.by_lanes(), &[right]);
}

#[test]
fn rings_of_complex_matrices_are_contracted_two_by_two_as_well() {
    let n = 14;
    let text = ring(n, 2, |p, _| format!("y = re({p})"));
    let text = (0..n).fold(text, |text, i| {
        let (plain, shape) = (
            format!("M{i} = ["),
            format!("M{i} = {{ field = \"complex\", axes = ["),
        );
        let end = format!("\"i{}\"]", (i + 1) % n);
        let at = text.find(&plain).expect("a parameter");
        let (head, tail) = text.split_at(at);
        head.to_owned()
            + &tail
                .replacen(&plain, &shape, 1)
                .replacen(&end, &format!("{end} }}"), 1)
    });
    let model = written(&text);
    // (re, im) products of 2 x 2 matrices.
    let mut product = [[(1.0, 0.0), (0.0, 0.0)], [(0.0, 0.0), (1.0, 0.0)]];
    for m in model.theta.chunks(8) {
        let entry = |i: usize, j: usize| {
            let term = |l: usize| {
                let ((a, b), (c, d)) = (product[i][l], (m[4 * l + 2 * j], m[4 * l + 2 * j + 1]));
                (a * c - b * d, a * d + b * c)
            };
            (term(0).0 + term(1).0, term(0).1 + term(1).1)
        };
        product = [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]];
    }
    let right = [product[0][0].0 + product[1][1].0];
    near(&model.value(), &right);
    near(&model.by_lanes(), &right);
    // One after the other they would be 2^n products.
    assert!(model.scalar.len() < 300 * n, "{}", model.scalar.len());
}

#[test]
fn a_mask_with_few_ones_is_not_multiplied_out() {
    // One after the other: two entries of S times A and C, 10 products each, 10 sums of two.
    let model = other("y[a,d] = A[a,b] * S[b,c] * C[c,d]");
    let leaves = 55 + 20 + 4;
    assert!(
        model.scalar.len() <= leaves + 20 + 10 + 3,
        "{}",
        model.scalar.len()
    );
    // The twin: where S is full, pairs are cheaper than 120 products and more.
    let full = other("y[a,d] = A[a,b] * B[b,c] * C[c,d]");
    assert!(
        full.scalar.len() <= leaves + (24 + 8) + (40 + 10) + 3,
        "{}",
        full.scalar.len()
    );
}

#[test]
fn what_no_memory_holds_is_refused_at_once() {
    let letters: Vec<String> = (0..40).map(|i| format!("i{i}")).collect();
    let axes: Vec<String> = letters.iter().map(|l| format!("{l} = 2")).collect();
    let shapes: Vec<String> = letters
        .iter()
        .map(|l| format!("u{l} = [\"{l}\"]"))
        .collect();
    let product: Vec<String> = letters.iter().map(|l| format!("u{l}[{l}]")).collect();
    let text = |left: &str, right: &str| {
        format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ {} }}\nprogram = \"y{left} = {right}\"\nparameters = {{ {} }}\n",
            axes.join(", "),
            shapes.join(", ")
        )
    };
    let all = letters.join(",");
    let lower = |text: &str| {
        let source = SourceFile::parse(text, None).expect("a model file");
        let model = source.check(Copies::All).expect("a model");
        let arrays = Arrays::new(&model, &BTreeMap::new()).expect("constants");
        ScalarProgram::lower(&model, &arrays)
    };
    let error = lower(&text(&format!("[{all}]"), &product.join(" * ")));
    assert!(
        error
            .expect_err("a refusal")
            .to_string()
            .contains("operations")
    );
    // The twin: summed, it is a product of 40 sums.
    let summed = lower(&text("", &format!("sum[{all}]({})", product.join(" * "))));
    assert!(summed.expect("a program").len() < 400);
}
