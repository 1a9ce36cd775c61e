//! Model texts with mistakes: the files of the catalogue, mutated. Used by the property test and
//! by the fuzz target.

use std::path::Path;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::Stream;

/// Pieces of the language, and things that look like it.
const PIECES: &[&str] = &[
    "symbias = 1",
    "outputs = [\"y\"]",
    "axes = { i = 3 }",
    "program = ",
    "parameters = ",
    "inputs = ",
    "constants = ",
    "[blocks.layer]",
    "loss = { kind = \"mse\", of = \"y\" }",
    "batch = \"b\"",
    "y[i] = ",
    "y = ",
    "sum[i](",
    "softmax[s](",
    "rope[a](",
    "zero(",
    "where(",
    "norm[i](",
    "cumsum[i](",
    "layernorm[i](",
    "abs2(",
    "conj(",
    "relu(",
    "leaky_relu(",
    "log(",
    "sqrt(",
    ")",
    "(",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'''",
    "\"\"\"",
    ",",
    " * ",
    " / ",
    " + ",
    " - ",
    "^",
    "//",
    "%",
    "=",
    "'",
    "#",
    "\n",
    "\\",
    "i",
    "j",
    "t",
    "s",
    "c",
    "x",
    "W",
    "pos(i)",
    "size(i)",
    "-inf",
    "inf",
    "nan",
    "pi",
    "1e308",
    "-1",
    "0",
    "9223372036854775807",
    "18446744073709551616",
    "0.1",
    "1e-400",
    "\"4*c\"",
    "\"4*c*\"",
    "\"((((c\"",
    "count = 1000000000000",
    "count = 0",
    "carry = \"x\"",
    "tied = [\"W\"]",
    "field = \"complex\"",
    "law = \"normal\"",
    "seed = 1",
    "index = \"i\"",
    "file = \"../../etc/passwd\"",
    "key = \"x\"",
    "values = [1, 2]",
    "value = nan",
    "eps = -1",
    "base = 0",
    "layout = \"pairs\"",
    "reduce = 0",
    "reduce = \"sum\"",
    "λ",
    "é",
    "\u{0}",
    "\u{202e}",
    "layer.0.W",
    "h//0",
    "h%0",
];

/// The files that mutation starts from.
pub fn seeds() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .collect();
    paths.retain(|p| {
        p.extension().is_some_and(|e| e == "toml") && p.file_stem().is_some_and(|n| n != "expected")
    });
    paths.sort();
    paths
        .iter()
        .map(|p| std::fs::read_to_string(p).expect("a text"))
        .collect()
}

/// A mutated text, a function of the stream.
pub fn mutated(seeds: &[String], stream: &mut Stream) -> String {
    let mut below = |n: usize| (stream.next_u64() % n.max(1) as u64) as usize;
    let mut text: Vec<char> = seeds[below(seeds.len())].chars().collect();
    for _ in 0..1 + below(6) {
        let at = below(text.len() + 1);
        let end = (at + below(24)).min(text.len());
        match below(7) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..at, PIECES[below(PIECES.len())].chars())),
            2 => drop(text.splice(at..end, PIECES[below(PIECES.len())].chars())),
            3 => {
                let copy: Vec<char> = text[at..end].to_vec();
                let to = below(text.len() + 1);
                drop(text.splice(to..to, copy));
            }
            4 => {
                // A piece of another file.
                let other: Vec<char> = seeds[below(seeds.len())].chars().collect();
                let from = below(other.len());
                let until = (from + below(60)).min(other.len());
                drop(text.splice(at..at, other[from..until].iter().copied()));
            }
            5 if at < text.len() => text[at] = char::from(32 + below(95) as u8),
            _ => {
                let other = below(text.len().max(1));
                if at < text.len() && other < text.len() {
                    text.swap(at, other);
                }
            }
        }
    }
    text.into_iter().collect()
}

/// Takes a text through everything that a front end does with it; true if it is a model. A panic
/// is a defect.
pub fn try_text(text: &str) -> bool {
    let Ok(source) = SourceFile::parse(text, None) else {
        return false;
    };
    let Ok(model) = source.check(Copies::AtMost(2)) else {
        return false;
    };
    if model.parameter_count() < 400 && model.is_complete() {
        // Constants of files are not there; everything else can be written out.
        let written = Arrays::new(&model, &Default::default());
        if let Ok(program) = written.and_then(|a| ScalarProgram::lower(&model, &a)) {
            let theta = vec![0.5; program.parameters()];
            let _ = program.value(&theta, &vec![0.25; program.inputs()]);
        }
    }
    true
}
