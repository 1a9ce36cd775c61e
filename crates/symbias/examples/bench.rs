//! The table of timings: `cargo run --release -p symbias --example bench`. One core, median of 5.
//!
//! Discovery with certificate of every model file, law counts of 50 random linear networks, the
//! structural answer for 10⁹ parameters, and the command from its start to its answer.

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use symbias::analyze::{Options, analyze};
use symbias_geometry::charge::conserved::conserved;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::orbit::gram::gram;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn median(mut run: impl FnMut() -> Outcome) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[2])
}

fn main() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut slowest: (f64, String) = (0.0, String::new());
    for folder in ["models", "examples/models"] {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(folder))?
            .filter_map(|e| e.ok().map(|e| e.path()))
            .collect();
        paths.sort();
        for path in paths {
            let name = path
                .file_stem()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            if path.extension().is_none_or(|e| e != "toml") || name == "expected" {
                continue;
            }
            let mut parameters = 0;
            let time = median(|| {
                let source = SourceFile::read(&path)?;
                parameters = analyze(&source, &Options::default(), &mut |_| {})?
                    .answer
                    .parameters;
                Ok(())
            })?;
            println!("{:8.1} ms  {name}, {parameters} parameters", time * 1e3);
            if time > slowest.0 {
                slowest = (time, name);
            }
        }
    }
    println!(
        "{:8.1} ms  the slowest: {} (goal: under 2000)",
        slowest.0 * 1e3,
        slowest.1
    );
    println!(
        "{:8.1} ms  law counts of 50 linear networks, depth 2-4, widths 2-5 (goal: under 10000)",
        median(networks)? * 1e3
    );
    let binary = root.join("target/release/symbias");
    for (arguments, goal) in [
        (&["--version"][..], 50),
        (&["analyze", "models/shallow_relu.toml"], 500),
        (&["analyze", "models/transformer_1b.toml"], 1000),
    ] {
        let time = median(|| {
            let output = Command::new(&binary)
                .args(arguments)
                .current_dir(&root)
                .output()?;
            if output.status.success() {
                Ok(())
            } else {
                Err("the command failed".into())
            }
        });
        match time {
            Ok(time) => println!(
                "{:8.1} ms  symbias {} (goal: under {goal})",
                time * 1e3,
                arguments.join(" ")
            ),
            Err(_) => println!(
                "            symbias {}: build it first, cargo build --release",
                arguments.join(" ")
            ),
        }
    }
    Ok(())
}

fn networks() -> Outcome {
    let mut stream = Stream::new(11, 0, 0);
    for _ in 0..50 {
        let depth = 2 + (stream.next_u64() % 3) as usize;
        let widths: Vec<usize> = (0..=depth)
            .map(|_| 2 + (stream.next_u64() % 4) as usize)
            .collect();
        let letters = ["a", "b", "c", "e", "f"];
        let axes: Vec<String> = widths
            .iter()
            .zip(letters)
            .map(|(n, l)| format!("{l} = {n}"))
            .collect();
        let layers: Vec<String> = (1..=depth)
            .map(|k| format!("W{k}[{},{}]", letters[k], letters[k - 1]))
            .collect();
        let shapes: Vec<String> = (1..=depth)
            .map(|k| format!("W{k} = [\"{}\",\"{}\"]", letters[k], letters[k - 1]))
            .collect();
        let text = format!(
            "symbias = 1\noutputs = [\"M\"]\naxes = {{ {} }}\nprogram = \"M[{},a] = {}\"\nparameters = {{ {} }}\n",
            axes.join(", "),
            letters[depth],
            layers.join(" * "),
            shapes.join(", ")
        );
        let model = SourceFile::parse(&text, None)?.check(Copies::All)?;
        let probes = Probes::new(&model, &Default::default(), None, 6)?;
        let mut symmetric = Vec::new();
        for factor in factors(&model) {
            symmetric.extend(factor.split(&model).symmetric);
        }
        let independent = gram(&symmetric, &probes.point(2))?.decision.rank;
        let rank = generic_rank(&probes, probes.parameters(), Effort::default())?
            .ok_or("a rank that costs too much")?;
        conserved(&probes, &rank, independent)?;
    }
    Ok(())
}
