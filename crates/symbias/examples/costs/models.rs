//! The texts of the models that the table is about.

use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn join(count: usize, with: &str, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(with)
}

/// A ReLU network of as many layers, each `width` x `width`.
pub fn layers(depth: usize, width: usize) -> String {
    let axes = join(depth + 1, ", ", |k| format!("a{k} = {width}"));
    let shapes = join(depth, ", ", |k| format!("W{k} = [\"a{}\",\"a{k}\"]", k + 1));
    let program = join(depth, "\n", |k| {
        let next = format!("W{k}[a{},a{k}] * h{k}[a{k}]", k + 1);
        match k + 1 == depth {
            true => format!("y[a{}] = {next}", k + 1),
            false => format!("h{}[a{}] = relu({next})", k + 1, k + 1),
        }
    });
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = \"\"\"\nh0[a0] = x[a0]\n{program}\"\"\"\n\
         parameters = {{ {shapes} }}\ninputs = {{ x = [\"a0\"] }}\n"
    )
}

/// w_i = u_i v_i, 2n parameters.
pub fn hadamard(n: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ i = {n} }}\nprogram = \"w[i] = u[i] * v[i]\"\n\
         parameters = {{ u = [\"i\"], v = [\"i\"] }}\n"
    )
}

/// n units of a function on three inputs, 4n parameters.
pub fn shallow(n: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ h = {n}, d = 3 }}\n\
         program = \"y = v[h] * relu(W[h,d] * x[d])\"\n\
         parameters = {{ v = [\"h\"], W = [\"h\",\"d\"] }}\ninputs = {{ x = [\"d\"] }}\n"
    )
}

/// 100 units of tanh on 17 inputs with two outputs, 1900 parameters.
pub fn saturating() -> String {
    "symbias = 1\noutputs = [\"y\"]\naxes = { h = 100, d = 17, o = 2 }\n\
     program = \"y[o] = V[o,h] * tanh(W[h,d] * x[d])\"\n\
     parameters = { V = [\"o\",\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }\n"
        .to_owned()
}

/// P (n x k) times Q (k x n).
pub fn product(n: usize, k: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"W\"]\naxes = {{ m = {n}, n = {n}, k = {k} }}\n\
         program = \"W[m,n] = P[m,k] * Q[k,n]\"\n\
         parameters = {{ P = [\"m\",\"k\"], Q = [\"k\",\"n\"] }}\n"
    )
}

/// A band of so many diagonals of P (n x k) times Qᵀ: every entry is a direction of its own.
pub fn band(n: usize, k: usize, diagonals: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ i = {n}, j = {}, k = {k}, s = {diagonals} }}\n\
         program = \"w[i,s] = P[i,k] * Q[i+s,k]\"\nparameters = {{ P = [\"i\",\"k\"], Q = [\"j\",\"k\"] }}\n",
        n + diagonals - 1
    )
}

/// The trace of a product of 12 matrices, 3 x 3.
pub fn ring() -> String {
    let letter = |i: usize| format!("i{}", i % 12);
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {} }}\nprogram = \"y = {}\"\nparameters = {{ {} }}\n",
        join(12, ", ", |i| format!("{} = 3", letter(i))),
        join(12, " * ", |i| format!(
            "M{i}[{},{}]",
            letter(i),
            letter(i + 1)
        )),
        join(12, ", ", |i| format!(
            "M{i} = [\"{}\",\"{}\"]",
            letter(i),
            letter(i + 1)
        )),
    )
}

/// The text of `models/transformer_untied.toml` with larger axes: 90 432 parameters.
pub fn transformer() -> Result<String, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(root().join("models/transformer_untied.toml"))?;
    let small = "axes = { v = 6, t = 5, s = \"t\", c = 4, o = \"c\", h = 4, g = 2, a = 2, f = 3 }";
    let large =
        "axes = { v = 128, t = 16, s = \"t\", c = 64, o = \"c\", h = 4, g = 2, a = 16, f = 128 }";
    if !text.contains(small) {
        return Err("the axes of transformer_untied have changed".into());
    }
    Ok(text.replace(small, large))
}

/// The files of the catalogue and of the examples.
pub fn catalogue() -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in ["models", "examples/models"] {
        for entry in std::fs::read_dir(root().join(folder))? {
            let path = entry?.path();
            let model = path.extension().is_some_and(|e| e == "toml");
            if model && path.file_stem().is_some_and(|s| s != "expected") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// A linear network of depth 2-4 and widths 2-5.
pub fn network(stream: &mut symbias_numerics::random::Stream) -> String {
    let depth = 2 + (stream.next_u64() % 3) as usize;
    let letters = ["a", "b", "c", "e", "f"];
    let axes = letters[..=depth].iter().map(|l| {
        let width = 2 + stream.next_u64() % 4;
        format!("{l} = {width}")
    });
    let axes: Vec<String> = axes.collect();
    let from = |k: usize| (letters[depth - k], letters[depth - k - 1]);
    format!(
        "symbias = 1\noutputs = [\"M\"]\naxes = {{ {} }}\nprogram = \"M[{},a] = {}\"\nparameters = {{ {} }}\n",
        axes.join(", "),
        letters[depth],
        join(depth, " * ", |k| format!(
            "W{k}[{},{}]",
            from(k).0,
            from(k).1
        )),
        join(depth, ", ", |k| format!(
            "W{k} = [\"{}\",\"{}\"]",
            from(k).0,
            from(k).1
        )),
    )
}
