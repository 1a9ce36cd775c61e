//! Steps of gradient descent per second on one core, in f32: the gradient program and an update in place.
//!
//! `cargo run --release -p symbias-model --example steps [NAME]`; with `STEPS=1` also the time of
//! each step of a program. For 16 replicas, steps of single replicas.
//! Best of many runs of two milliseconds. Percentages are of the measured peak of multiply-adds, counting
//! the contractions of the program, two operations each.

use std::path::Path;
use std::time::Instant;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, Inputs};
use symbias_model::{data, error::Error};
use symbias_numerics::lanes::{level, level_name, measure::fma_peak};

/// What is measured: name, text or file, samples.
const CASES: [(&str, &str, usize); 6] = [
    (
        "shallow_relu",
        r#"
symbias = 1
outputs = ["y"]
axes = { h = 16, d = 3 }
program = "y = v[h] * relu(W[h,d] * x[d])"
parameters = { v = ["h"], W = ["h","d"] }
inputs = { x = ["d"], target = [] }
loss = { kind = "mse", of = "y", target = "target" }
"#,
        8,
    ),
    (
        "attention",
        r#"
symbias = 1
outputs = ["y"]
axes = { t = 8, s = "t", c = 16, a = 8 }
program = """
q[t,a] = Wq[c,a] * x[t,c]
k[s,a] = Wk[c,a] * x[s,c]
p[t,s] = softmax[s](q[t,a] * k[s,a] / sqrt(size(a)))
y[t,a] = p[t,s] * Wv[c,a] * x[s,c]"""
parameters = { Wq = ["c","a"], Wk = ["c","a"], Wv = ["c","a"] }
inputs = { x = ["t","c"], target = ["t","a"] }
loss = { kind = "mse", of = "y", target = "target" }
"#,
        16,
    ),
    (
        "matrix_completion",
        r#"
symbias = 1
outputs = ["m"]
axes = { i = 20, j = 20, k = 20, n = 80 }
program = "m[n] = P[row[n],k] * Q[k,col[n]]"
parameters = { P = ["i","k"], Q = ["k","j"] }
inputs = { keep = ["n"], obs = ["n"] }
loss = { kind = "expression", expr = "sum[n](keep[n] * (m[n] - obs[n])^2) / 400" }
[constants]
row = { axes = ["n"], index = "i", file = "omega.safetensors", key = "row" }
col = { axes = ["n"], index = "j", file = "omega.safetensors", key = "col" }
"#,
        1,
    ),
    (
        "factorization",
        r#"
symbias = 1
outputs = ["W"]
axes = { m = 20, n = 20, k = 20 }
program = "W[m,n] = P[m,k] * Q[k,n]"
parameters = { P = ["m","k"], Q = ["k","n"] }
constants = { T = { axes = ["m","n"], law = "normal", seed = 1 } }
loss = { kind = "mse", of = "W", target = "T" }
"#,
        1,
    ),
    ("spectral", "spectral.toml", 1),
    ("total_variation", "total_variation.toml", 1),
];

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = arguments.iter().find(|a| !a.starts_with('-'));
    let peak = fma_peak::<f32>();
    println!("{}, f32, peak {peak:.0} GFLOP/s", level_name(level()));
    for (name, text, samples) in CASES {
        if only.is_some_and(|o| o != name) {
            continue;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let source = if text.ends_with(".toml") {
            SourceFile::read(&folder.join(text))?
        } else {
            SourceFile::parse(text, folder.as_path())?
        };
        let model = source.check(Copies::All)?;
        for layout in [Layout::Single, Layout::Replicas(16)] {
            measure(name, &model, samples, layout, peak)?;
        }
    }
    Ok(())
}

fn measure(
    name: &str,
    model: &Model,
    samples: usize,
    layout: Layout,
    peak: f64,
) -> Result<(), Error> {
    let arrays = Arrays::new(model, &data::constants(model)?)?;
    let options = Options {
        samples,
        ..Options::new(Task::Gradient, layout)
    };
    let program = Program::<f32>::compile(model, &arrays, options)?;
    let replicas = match layout {
        Layout::Single => 1,
        Layout::Replicas(n) | Layout::Wide(n) => n,
    };
    let d = model.space().dim();
    let theta: Vec<f32> = (0..d * replicas)
        .map(|i| 0.1 * (i as f32 * 0.618).sin())
        .collect();
    let inputs: Vec<f32> = (0..samples)
        .flat_map(|s| Inputs::random(model, 1, s as u64).flat)
        .map(|x| x as f32)
        .collect();
    let mut workspace = program.workspace();
    program.put_theta(&mut workspace, &theta);
    program.put_inputs(&mut workspace, &inputs);
    let mut best = f64::INFINITY;
    for _ in 0..400 {
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed().as_secs_f64() < 2e-3 {
            for _ in 0..100 {
                program.execute(&mut workspace);
                let state = program.state(&mut workspace);
                for (x, g) in state.theta.iter_mut().zip(&*state.gradient) {
                    *x -= 1e-4 * g;
                }
            }
            steps += 100;
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(steps));
    }
    let each = best / replicas as f64;
    let flops = program.operations() / replicas as f64;
    println!(
        "{name:18} {layout:?}: {:.3} million steps/s, {:.3} us, {:.0} flop, {:.0} % of peak",
        1e-6 / each,
        1e6 * each,
        flops,
        100.0 * flops / each / peak * 1e-9
    );
    if std::env::var_os("STEPS").is_some() {
        for (step, seconds) in program.timings(&mut workspace) {
            println!("    {:8.1} ns  {step}", 1e9 * seconds);
        }
    }
    Ok(())
}
