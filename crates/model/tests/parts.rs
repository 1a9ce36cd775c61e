//! Fused tensors taken apart: the same function, its parameters permuted, against boxes that the
//! tests lay out themselves.

use symbias_model::expression::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::parts::Parted;
use symbias_model::scalar::{Arrays, ScalarProgram};

fn model(text: &str) -> Model {
    abridged(text, Copies::All)
}

fn abridged(text: &str, copies: Copies) -> Model {
    SourceFile::parse(text, None)
        .and_then(|s| s.check(copies))
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// A model of one output y and one input x, without constants.
fn written(axes: &str, program: &str, parameters: &str, input: &str) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\n{program}\n'''\nparameters = {{ {parameters} }}\ninputs = {{ x = {input} }}\n"
    )
}

/// Names with shapes.
fn tensors(model: &Model) -> Vec<String> {
    model
        .parameters()
        .map(|p| format!("{} {:?}", model.tensor(p).name, model.shape(p)))
        .collect()
}

fn program(model: &Model) -> ScalarProgram {
    let arrays = Arrays::new(model, &Default::default()).expect("arrays");
    ScalarProgram::lower(model, &arrays).unwrap_or_else(|e| panic!("{e}"))
}

/// Numbers without pattern in ±1.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15);
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005) ^ (state >> 29) ^ 0x5DEE_CE66;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

/// Values and derivatives are those of the model, entry by entry, to the last bit.
fn same_function(model: &Model, parted: &Parted) {
    let (old, new) = (program(model), program(parted.model()));
    let theta = numbers(old.parameters(), 1);
    let x = numbers(old.inputs(), 2);
    let places = parted.places();
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..theta.len()).collect::<Vec<_>>());
    let moved = parted.parted(&theta);
    assert_eq!(*parted.joined(&moved), theta);
    assert_eq!(
        old.value(&theta, &x).expect("F"),
        new.value(&moved, &x).expect("F")
    );
    let before = old.jacobian(&theta, &x).expect("J");
    let after = new.jacobian(&moved, &x).expect("J");
    for (before, after) in before.iter().zip(&after) {
        let carried: Vec<f64> = places.iter().map(|p| before[*p]).collect();
        assert_eq!(&carried, after);
    }
    if let Some(loss) = old.loss(&theta, &x) {
        assert_eq!(new.loss(&moved, &x), Some(loss));
    }
}

fn apart(text: &str) -> Vec<String> {
    let model = model(text);
    let parted = Parted::new(model.clone());
    same_function(&model, &parted);
    // What is apart stays as it is.
    let again = Parted::new(parted.model().clone());
    assert_eq!(tensors(again.model()), tensors(parted.model()), "{text}");
    tensors(parted.model())
}

fn untouched(text: &str) {
    let model = model(text);
    let parted = Parted::new(model.clone());
    assert!(parted.is_whole(), "{:?}", tensors(parted.model()));
    assert_eq!(*parted.model(), model);
}

#[test]
fn slices_and_single_entries() {
    let text = written(
        "j = 7, a = 4, b = 3, c = 2",
        "y[a,b] = W[a+0,c] * x[c] * W[4+b,c]",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&text), ["W[a,:] [4, 2]", "W[4+b,:] [3, 2]"]);
    let scalars = written(
        "i = 3, c = 2",
        "y = P[2]*P[0]*sum[c](x[c])",
        "P = [\"i\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&scalars), ["P[0] []", "P[2] []", "P[unread] [1]"]);
    // A column of a matrix is a vector.
    let column = written(
        "i = 3, c = 2",
        "y = W[i,0]*W[i,1]*sum[c](x[c])",
        "W = [\"i\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&column), ["W[:,0] [3]", "W[:,1] [3]"]);
}

#[test]
fn heads_that_lie_flat() {
    for row in ["3*h+a", "a+h*3", "h*3 + a + 0", "3*(h+1)+a-3", "a+h+2*h"] {
        let text = written(
            "j = 12, h = 4, a = 3, c = 2",
            &format!("y[h,a] = W[{row},c] * x[c]"),
            "W = [\"j\",\"c\"]",
            "[\"c\"]",
        );
        assert_eq!(apart(&text), ["W [4, 3, 2]"], "{row}");
    }
    // Queries, keys and values of each head beside each other, and one after the other.
    let beside = written(
        "j = 24, h = 4, a = 2, c = 2",
        "y[h,a] = tanh(sum[c](W[6*h+a,c]*x[c])) * tanh(sum[c](W[6*h+2+a,c]*x[c])) + sum[c](W[6*h+4+a,c]*x[c])",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(
        apart(&beside),
        [
            "W[6*h+a,:] [4, 2, 2]",
            "W[2+6*h+a,:] [4, 2, 2]",
            "W[4+6*h+a,:] [4, 2, 2]"
        ]
    );
    let after = beside
        .replace("6*h+a", "2*h+a")
        .replace("6*h+2+a", "8+2*h+a")
        .replace("6*h+4+a", "16+2*h+a");
    assert_eq!(
        apart(&after),
        [
            "W[2*h+a,:] [4, 2, 2]",
            "W[8+2*h+a,:] [4, 2, 2]",
            "W[16+2*h+a,:] [4, 2, 2]"
        ]
    );
    // The twin: each head begins one row before the last ends.
    let twin = beside.replace("6*h+2+a", "6*h+1+a");
    assert_eq!(
        apart(&twin),
        [
            "W[6*h+(0:3),:] [4, 3, 2]",
            "W[4+6*h+a,:] [4, 2, 2]",
            "W[unread] [8]"
        ]
    );
}

#[test]
fn strides_and_letters_that_run_backwards() {
    let text = written(
        "j = 8, k = 4, c = 2",
        "y[k] = sum[c](W[2*k,c]*x[c]) * tanh(sum[c](W[7-2*k,c]*x[c]))",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&text), ["W[2*k,:] [4, 2]", "W[7-2*k,:] [4, 2]"]);
    // Read both ways the part is one; only one way can be plain.
    let both = text.replace("W[2*k,c]", "W[2*k+1,c]");
    assert_eq!(apart(&both), ["W[1+2*k,:] [4, 2]", "W[unread] [8]"]);
}

#[test]
fn a_tensor_that_is_read_whole_or_across_its_slices_stays() {
    let with = |program: &str| {
        written(
            "j = 12, a = 4, b = 6, h = 4, d = 3, c = 2",
            program,
            "W = [\"j\",\"c\"]",
            "[\"c\"]",
        )
    };
    for program in [
        "y[j] = tanh(W[j,c]*x[c]) + sum[a](tanh(W[4+a,c]*x[c]))",
        "y[j] = tanh(W[j,c]*x[c]) + sum[h,d](tanh(W[3*h+d,c]*x[c]))",
        "y[a] = tanh(W[0+a,c]*x[c]) + sum[j](W[11-j,c]*x[c])",
    ] {
        let found = apart(&with(program));
        assert_eq!(found, ["W [12, 2]"], "{program}");
    }
    untouched(&with("y[j] = tanh(W[j,c]*x[c]) + sum[a](W[4+a,c]*x[c])"));
    untouched(&with("y[a,b] = zero(W[a+b-2,c])*x[c]"));
    // Slices that meet are one piece; what is beyond them is not in it.
    assert_eq!(
        apart(&with(
            "y = sum[a](tanh(sum[c](W[0+a,c]*x[c]))) * sum[b](tanh(sum[c](W[b+2,c]*x[c])))"
        )),
        ["W[0:8,:] [8, 2]", "W[unread] [8]"]
    );
    assert_eq!(
        apart(&with(
            "y = sum[a](tanh(sum[c](W[0+a,c]*x[c]))) * sum[b](tanh(sum[c](W[b+4,c]*x[c])))"
        )),
        ["W[a,:] [4, 2]", "W[4+b,:] [6, 2]", "W[unread] [4]"]
    );
}

#[test]
fn other_axes_are_cut_where_one_is_read_by_a_sum() {
    let text = written(
        "j = 6, a = 3, t = 4, k = 2, n = 5",
        "y[a,t] = W[0+a,t+k]*x[k] + tanh(W[3+a,t+k]*x[k])",
        "W = [\"j\",\"n\"]",
        "[\"k\"]",
    );
    assert_eq!(apart(&text), ["W[a,:] [3, 5]", "W[3+a,:] [3, 5]"]);
    let padded = text
        .replace("W[0+a,t+k]", "zero(W[a+0,t+k-1])")
        .replace("n = 5", "n = 4");
    let padded = padded.replace("tanh(W[3+a,t+k]*x[k])", "tanh(W[3+a,t+0])*sum[k](x[k])");
    assert_eq!(apart(&padded), ["W[a,:] [3, 4]", "W[3+a,:] [3, 4]"]);
}

#[test]
fn a_fused_product_is_split_behind_it() {
    // One projection for gate and value, sliced after the product; the twin also reads it whole.
    let text = written(
        "j = 8, h = 4, c = 3, o = 2",
        "u[j] = W[j,c]*x[c] + b[j]\ny[o] = V[o,h] * silu(u[h+0]) * u[4+h]",
        "W = [\"j\",\"c\"], b = [\"j\"], V = [\"o\",\"h\"]",
        "[\"c\"]",
    );
    assert_eq!(
        apart(&text),
        [
            "W[h,:] [4, 3]",
            "W[4+h,:] [4, 3]",
            "b[h] [4]",
            "b[4+h] [4]",
            "V [2, 4]"
        ]
    );
    let whole = text.replace("y[o] =", "y[o] = V[o,h]*u[2*h] + 0*sum[j](u[j]^2) + ");
    assert_eq!(apart(&whole), ["W [8, 3]", "b [8]", "V [2, 4]"]);
    // An operation along the axis needs it whole; one along another axis does not.
    let along = text.replace("W[j,c]*x[c] + b[j]", "softmax[j](W[j,c]*x[c] + b[j])");
    untouched(&along.replace("u[h+0]", "u[h+4]"));
    let flat = written(
        "j = 6, h = 2, a = 3, c = 3, t = 2",
        "u[t,j] = softmax[t](W[j,c]*x[t,c])\ny[h,t] = sum[a](u[t,3*h+a]^2)",
        "W = [\"j\",\"c\"]",
        "[\"t\",\"c\"]",
    );
    assert_eq!(apart(&flat), ["W [2, 3, 3]"]);
    // The letter of the slice is also summed inside.
    let bound = written(
        "j = 6, c = 3",
        "u[j] = W[j,c]*x[c]\ny[c] = u[c+0] * tanh(u[3+c])",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&bound), ["W[c,:] [3, 3]", "W[3+c,:] [3, 3]"]);
    // A flat definition over heads that the parameter keeps apart.
    let unflat = written(
        "j = 6, h = 2, a = 3, c = 3",
        "u[j] = W[j//3, j%3, c]*x[c]\ny[h,a] = tanh(u[3*h+a])",
        "W = [\"h\",\"a\",\"c\"]",
        "[\"c\"]",
    );
    let model = model(&unflat);
    let parted = Parted::new(model.clone());
    same_function(&model, &parted);
    assert_eq!(tensors(parted.model()), ["W [2, 3, 3]"]);
    assert!(Parted::new(parted.model().clone()).is_whole());
}

#[test]
fn what_nothing_reads_does_not_hold_a_tensor_together() {
    let text = written(
        "j = 7, a = 4, b = 3, c = 2",
        "dead[j] = W[j,c]*x[c]\ny[a,b] = W[0+a,c] * x[c] * W[4+b,c]",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&text), ["W[a,:] [4, 2]", "W[4+b,:] [3, 2]"]);
    let loss = format!(
        "{text}[loss]\nkind = \"expression\"\nexpr = \"sum[a,b](y[a,b]^2) + dead[j]*dead[j]\"\n"
    );
    let model = model(&loss);
    assert_eq!(tensors(Parted::new(model).model()), ["W [7, 2]"]);
}

#[test]
fn functions_of_letters_are_digits() {
    // Grouped queries: two heads of queries read one of keys.
    let text = written(
        "j = 8, q = 4, g = 2, a = 2, c = 3",
        "y[q] = sum[a](sum[c](W[2*(q//2)+a,c]*x[c]) * tanh(sum[c](W[4+2*(q//2)+a,c]*x[c])))",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    assert_eq!(
        apart(&text),
        ["W[2*(0:2)+a,:] [2, 2, 3]", "W[4+2*(0:2)+a,:] [2, 2, 3]"]
    );
    let rows = written(
        "j = 6, n = 5, v = 3, a = 2",
        "y[n] = W[2*row[n]+a]*x[a]",
        "W = [\"j\"]",
        "[\"a\"]",
    ) + "[constants]\nrow = { axes = [\"n\"], index = \"v\", values = [0, 2, 1, 1, 0] }\n";
    assert_eq!(apart(&rows), ["W [3, 2]"]);
    let quotient = written(
        "j = 6, k = 6, h = 2, c = 2",
        "y[h,k] = W[(6*h+k)//6, (6*h+k)%6]*x[c]*x[c]",
        "W = [\"h\",\"k\"]",
        "[\"c\"]",
    );
    assert_eq!(apart(&quotient), ["W [2, 6]"]);
}

#[test]
fn letters_of_one_value_keep_their_place() {
    for row in ["3*h+a", "a+h", "a+0*h", "a+h//1"] {
        let text = written(
            "j = 3, h = 1, a = 3, c = 2",
            &format!("y[h,a] = tanh(W[{row},c] * x[c])"),
            "W = [\"j\",\"c\"]",
            "[\"c\"]",
        );
        assert_eq!(apart(&text), ["W [1, 3, 2]"], "{row}");
    }
    // Without a read that has the letter, the part has no axis for it; with both it has.
    let entry = written("i = 1, c = 2", "y[c] = P[0]*x[c]", "P = [\"i\"]", "[\"c\"]");
    assert_eq!(apart(&entry), ["P []"]);
    let mixed = entry.replace("P[0]*x[c]", "P[0]*x[c]*sum[i](tanh(P[i]))");
    untouched(&mixed);
}

#[test]
fn complex_entries_stay_pairs() {
    let text = written(
        "j = 5, a = 2, b = 3, c = 2",
        "y[a,b] = re(Z[b+2] * conj(Z[a+0])) * sum[c](x[c])",
        "Z = { axes = [\"j\"], field = \"complex\" }",
        "[\"c\"]",
    );
    assert_eq!(apart(&text), ["Z[a] [2]", "Z[2+b] [3]"]);
    let swapped = text.replace("Z[b+2]", "Z[4-b]");
    let model = model(&swapped);
    let parted = Parted::new(model);
    assert_eq!(*parted.places(), [0, 1, 2, 3, 8, 9, 6, 7, 4, 5]);
}

#[test]
fn one_box_by_two_letters_is_one_part() {
    let text = written(
        "j = 7, a = 4, b = 4, e = 3, c = 2",
        "y[a,b] = W[0+a,c] * x[c] * W[b+0,c] + sum[e](tanh(W[4+e,c]*x[c]))",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    let parted = Parted::new(model(&text));
    assert_eq!(
        tensors(parted.model()),
        ["W[a,:] [4, 2]", "W[4+e,:] [3, 2]"]
    );
    let axis = |name: &str| {
        let label = parted.model().labels.iter().find(|l| l.name == name);
        label.expect("a letter").axis
    };
    assert_eq!(axis("a"), axis("b"));
    assert_ne!(axis("a"), axis("e"));
    same_function(&model(&text), &parted);
}

const BLOCK: &str = r#"
symbias = 1
outputs = ["y"]
axes = { c = 3, o = "c", a = 2, j = 4 }
program = "y[c] = layer(x)"
inputs = { x = ["c"] }
[blocks.layer]
count = 6
carry = "h"
parameters = { W = ["j","c"], V = ["o","a"] }
program = """
u[j] = W[j,c]*h[c]
h'[o] = h[o] + V[o,a]*relu(u[a+0])*u[2+a]"""
"#;

#[test]
fn copies_of_a_block_are_taken_apart_alike() {
    let full = model(BLOCK);
    let parted = Parted::new(full.clone());
    same_function(&full, &parted);
    let names = tensors(parted.model());
    assert_eq!(names.len(), 18);
    assert_eq!(
        names[3..6],
        [
            "layer.1.W[a,:] [2, 3]",
            "layer.1.W[2+a,:] [2, 3]",
            "layer.1.V [3, 2]"
        ]
    );
    assert_eq!(parted.whole_name("layer.1.W[2+a,:]"), Some("layer.1.W"));
    assert_eq!(parted.whole_name("layer.1.W"), None);
    // With copies left out, the last part stands for them.
    let short = Parted::new(abridged(BLOCK, Copies::AtMost(3)));
    assert_eq!(short.model().parameter_count(), full.parameter_count());
    assert_eq!(short.model().copy_weight("layer.2.W[2+a,:]"), 4);
    assert_eq!(
        short.model().repetitions[0].parameters,
        ["W[a,:]", "W[2+a,:]", "V"]
    );
}

#[test]
fn sizes_cost_nothing() {
    let text = written(
        "j = \"3*n*a\", n = 1000000, a = 100000, c = 1000000",
        "y[n] = W[a*size(n)+n,c]*W[size(n)*size(a)+size(a)*n+a,c] * W[2*size(n)*size(a)+size(a)*n+a,c] * x[c]",
        "W = [\"j\",\"c\"]",
        "[\"c\"]",
    );
    let parted = Parted::new(model(&text));
    assert_eq!(
        tensors(parted.model()),
        [
            "W[1000000*a+n,:] [100000, 1000000, 1000000]",
            "W[100000000000+100000*n+a,:] [1000000, 100000, 1000000]",
            "W[200000000000+100000*n+a,:] [1000000, 100000, 1000000]"
        ]
    );
}

#[path = "parts/generator.rs"]
mod generator;

/// Random layouts of boxes in one tensor: found as laid out, and the same function.
#[test]
fn random_layouts() {
    let mut split = 0;
    for seed in 0..300 {
        let layout = generator::Layout::random(seed);
        let text = layout.text();
        let fused = model(&text);
        let parted = Parted::new(fused.clone());
        same_function(&fused, &parted);
        let expected = layout.places();
        let found = parted.places();
        // Parts by lowest entry, letters slowest first: the generator's own order.
        assert_eq!(*found, expected, "{text}\n{:?}", tensors(parted.model()));
        split += usize::from(!parted.is_whole());
    }
    assert!(split > 250, "{split}");
}
