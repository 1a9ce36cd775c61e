//! What large models cost, against what they may: `cargo run --release -p symbias --example costs`.
//! One core, one run each; a row that is over its limit says so.

use std::time::Instant;
use symbias::analyze::{Options, analyze};
use symbias::gauge;
use symbias_geometry::component::orthonormal;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::leaf::leaf_drift;
use symbias_geometry::orbit::OrbitFrame;
use symbias_geometry::orbit::gram::gram;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::Stream;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A row of the table: what is computed, the seconds it may take, and the computation.
type Row = (&'static str, f64, fn() -> Outcome);

const ROWS: &[Row] = &[
    ("rules only: deep ReLU, 262 144 parameters", 0.1, || {
        rules(&layers(4, 256))
    }),
    ("rules only: deep ReLU, 4 194 304 parameters", 1.0, || {
        rules(&layers(4, 1024))
    }),
    ("rules only: Hadamard, 100 000 parameters", 0.2, || {
        rules(&hadamard(50_000))
    }),
    ("gauge of PQ, n = k = 128", 0.05, || balance(&product(128))),
    ("gauge of PQ, n = k = 512", 1.0, || balance(&product(512))),
    ("gauge of a transformer, 78 144 parameters", 3.0, || {
        balance(&transformer()?)
    }),
    ("ring of 12 matrices, 3 x 3, number by number", 0.1, ring),
    ("orbit: Hadamard, 1000 generators", 1.0, || {
        orbit(&hadamard(1000))
    }),
    ("orbit: shallow ReLU, 500 generators", 1.0, || {
        orbit(&shallow(500))
    }),
    ("orbit: matrix completion, gl(20)", 0.3, || {
        orbit(&completion())
    }),
];

fn main() -> Outcome {
    for (what, limit, run) in ROWS {
        let start = Instant::now();
        run()?;
        let time = start.elapsed().as_secs_f64();
        let verdict = if time > *limit { "OVER" } else { "" };
        println!("{time:9.3} s  of {limit:5.2} s  {what}  {verdict}");
    }
    Ok(())
}

fn checked(text: &str) -> Outcome<Model> {
    Ok(SourceFile::parse(text, None)?.check(Copies::All)?)
}

fn rules(text: &str) -> Outcome {
    let source = SourceFile::parse(text, None)?;
    analyze(&source, &Options::default(), &mut |_| {})?;
    Ok(())
}

fn balance(text: &str) -> Outcome {
    let source = SourceFile::parse(text, None)?;
    gauge::fix(&source, None, &gauge::Options::default(), &mut |_| {})?;
    Ok(())
}

/// What an analysis asks of the orbit of one point.
fn orbit(text: &str) -> Outcome {
    let model = checked(text)?;
    let found = factors(&model);
    let split = orthonormal(&model, &found);
    let fields = split.all();
    let mut theta = vec![0.0; model.space().dim()];
    Stream::new(1, 0, 0).fill_normal(&mut theta);
    gram(&fields, &theta)?;
    let frame = OrbitFrame::new(&fields, &theta)?;
    let slope = frame.horizontal(&frame.log_volume_gradient());
    let curvature = frame.mean_curvature();
    std::hint::black_box((slope, curvature));
    leaf_drift(&split, &fields, &theta)?;
    Ok(())
}

fn layers(depth: usize, width: usize) -> String {
    let axes: Vec<String> = (0..=depth).map(|k| format!("a{k} = {width}")).collect();
    let shapes: Vec<String> = (0..depth)
        .map(|k| format!("W{k} = [\"a{}\",\"a{k}\"]", k + 1))
        .collect();
    let mut program = vec!["h0[a0] = x[a0]".to_owned()];
    for k in 0..depth {
        let next = format!("W{k}[a{},a{k}] * h{k}[a{k}]", k + 1);
        program.push(match k + 1 == depth {
            true => format!("y[a{}] = {next}", k + 1),
            false => format!("h{}[a{}] = relu({next})", k + 1, k + 1),
        });
    }
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {} }}\nprogram = \"\"\"\n{}\"\"\"\n\
         parameters = {{ {} }}\ninputs = {{ x = [\"a0\"] }}\n",
        axes.join(", "),
        program.join("\n"),
        shapes.join(", ")
    )
}

fn hadamard(n: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ i = {n} }}\nprogram = \"w[i] = u[i] * v[i]\"\n\
         parameters = {{ u = [\"i\"], v = [\"i\"] }}\n"
    )
}

fn shallow(n: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ h = {n}, d = 3 }}\n\
         program = \"y = v[h] * relu(W[h,d] * x[d])\"\n\
         parameters = {{ v = [\"h\"], W = [\"h\",\"d\"] }}\ninputs = {{ x = [\"d\"] }}\n"
    )
}

fn product(n: usize) -> String {
    format!(
        "symbias = 1\noutputs = [\"W\"]\naxes = {{ m = {n}, n = {n}, k = {n} }}\n\
         program = \"W[m,n] = P[m,k] * Q[k,n]\"\n\
         parameters = {{ P = [\"m\",\"k\"], Q = [\"k\",\"n\"] }}\n"
    )
}

fn completion() -> String {
    "symbias = 1\noutputs = [\"m\"]\naxes = { i = 20, j = 20, k = 20 }\n\
     program = \"m[i,j] = P[i,k] * Q[k,j]\"\nparameters = { P = [\"i\",\"k\"], Q = [\"k\",\"j\"] }\n"
        .to_owned()
}

/// The text of `models/transformer_untied.toml` with larger axes.
fn transformer() -> Outcome<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/transformer_untied.toml"
    );
    let text = std::fs::read_to_string(path)?;
    let small = "axes = { v = 6, t = 5, s = \"t\", c = 4, o = \"c\", h = 4, g = 2, a = 2, f = 3 }";
    let large =
        "axes = { v = 128, t = 16, s = \"t\", c = 64, o = \"c\", h = 4, g = 2, a = 16, f = 96 }";
    if !text.contains(small) {
        return Err("the axes of transformer_untied have changed".into());
    }
    Ok(text.replace(small, large))
}

fn ring() -> Outcome {
    let letter = |i: usize| format!("i{}", i % 12);
    let list =
        |f: &dyn Fn(usize) -> String, with: &str| (0..12).map(f).collect::<Vec<_>>().join(with);
    let model = checked(&format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {} }}\nprogram = \"y = {}\"\nparameters = {{ {} }}\n",
        list(&|i| format!("{} = 3", letter(i)), ", "),
        list(&|i| format!("M{i}[{},{}]", letter(i), letter(i + 1)), " * "),
        list(
            &|i| format!("M{i} = [\"{}\",\"{}\"]", letter(i), letter(i + 1)),
            ", "
        ),
    ))?;
    let arrays = Arrays::new(&model, &Default::default())?;
    let program = ScalarProgram::lower(&model, &arrays)?;
    let theta = vec![1.0; model.space().dim()];
    program.jacobian(&theta, &[]).ok_or("no derivative")?;
    Ok(())
}
