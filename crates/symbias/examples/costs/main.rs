//! What analyses cost, against what they may: `cargo run --release -p symbias --example costs [ROW ...]`.
//!
//! Each row runs in a process of its own, for its peak of memory; times are of the processor, on one core. A row that is over one
//! of its limits says so. `costs ROW` runs the rows whose text holds ROW.

mod models;

use std::process::Command;
use std::time::Instant;
use symbias::analyze::{Effort, Options, analyze};
use symbias::gauge;
use symbias::watch::Watch;
use symbias_geometry::charge::conserved::conserved;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::leaf::leaf_drift;
use symbias_geometry::orbit::OrbitFrame;
use symbias_geometry::orbit::gram::gram;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_geometry::structure::orthonormal;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What is computed, the seconds and the megabytes that it may take, and the computation.
type Row = (&'static str, f64, f64, fn() -> Outcome);

const ANY: f64 = f64::INFINITY;

const ROWS: &[Row] = &[
    ("P[m,k]Q[k,n], k = 4, n = 64", 0.5, 100.0, || {
        whole(&models::product(64, 4))
    }),
    ("P[m,k]Q[k,n], k = 4, n = 128", 3.0, ANY, || {
        whole(&models::product(128, 4))
    }),
    ("ring of 12 matrices, 3 x 3", 0.1, ANY, || {
        whole(&models::ring())
    }),
    ("ReLU network of 4 layers, 8 x 8", 1.0, ANY, || {
        whole(&models::layers(4, 8))
    }),
    ("shallow ReLU, 2000 parameters", 10.0, ANY, || {
        whole(&models::shallow(500))
    }),
    ("Hadamard, 2000 parameters", 5.0, ANY, || {
        whole(&models::hadamard(1000))
    }),
    ("tanh network, 1900 parameters", 10.0, ANY, || {
        whole(&models::saturating())
    }),
    (
        "rules only: deep ReLU, 262 144 parameters",
        0.1,
        ANY,
        || whole(&models::layers(4, 256)),
    ),
    (
        "rules only: deep ReLU, 4 194 304 parameters",
        1.0,
        ANY,
        || whole(&models::layers(4, 1024)),
    ),
    ("rules only: Hadamard, 100 000 parameters", 0.2, ANY, || {
        whole(&models::hadamard(50_000))
    }),
    (
        "rank 4000 of J with 100 000 columns, --effort 8",
        60.0,
        2000.0,
        || rank(&models::band(1000, 50, 4), 8.0, 4000),
    ),
    ("gauge of PQ, n = k = 128", 0.05, ANY, || {
        balance(&models::product(128, 128))
    }),
    ("gauge of PQ, n = k = 512", 1.0, ANY, || {
        balance(&models::product(512, 512))
    }),
    (
        "gauge of a transformer, 90 432 parameters",
        3.0,
        1400.0,
        || balance(&models::transformer()?),
    ),
    ("orbit: Hadamard, 1000 generators", 1.0, ANY, || {
        orbit(&models::hadamard(1000))
    }),
    ("orbit: shallow ReLU, 500 generators", 1.0, ANY, || {
        orbit(&models::shallow(500))
    }),
    ("orbit: gl(20) on matrices, 20 x 20", 0.3, ANY, || {
        orbit(&models::product(20, 20))
    }),
    (
        "law counts of 50 linear networks, depth 2-4, widths 2-5",
        10.0,
        ANY,
        networks,
    ),
    ("catalogue: matrix_completion", 1.0, ANY, || {
        file("matrix_completion")
    }),
    (
        "catalogue: transformer_1b, 10^9 parameters",
        0.05,
        ANY,
        || file("transformer_1b"),
    ),
    ("catalogue: all models", ANY, ANY, catalogue),
];

/// Seconds that a model of the catalogue may take, and the median over them.
const LONGEST: f64 = 2.0;
const MEDIAN: f64 = 0.1;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, number] = &arguments[..]
        && flag == "--row"
    {
        return measure(&ROWS[number.parse::<usize>()?]);
    }
    for (number, (what, ..)) in ROWS.iter().enumerate() {
        if !arguments.is_empty() && !arguments.iter().any(|a| what.contains(a.as_str())) {
            continue;
        }
        let this = std::env::current_exe()?;
        let status = Command::new(this)
            .args(["--row", &number.to_string()])
            .status()?;
        if !status.success() {
            println!("    failed                               {what}");
        }
    }
    Ok(())
}

fn measure((what, seconds, megabytes, run): &Row) -> Outcome {
    let start = Clock::start();
    run()?;
    print(what, start.seconds(), *seconds, *megabytes);
    Ok(())
}

fn print(what: &str, time: f64, seconds: f64, megabytes: f64) {
    let peak = peak().unwrap_or(0.0);
    let over = time > seconds || peak > megabytes;
    let of = match megabytes.is_finite() {
        true => format!("of {megabytes:5.0}"),
        false => " ".repeat(8),
    };
    println!(
        "{time:9.3} s of {seconds:5.2}  {peak:5.0} MB {of}  {what}{}",
        if over { "  OVER" } else { "" }
    );
}

/// Time of the processor; of the clock where the system does not tell.
struct Clock {
    wall: Instant,
    busy: Option<f64>,
}

impl Clock {
    fn start() -> Clock {
        Clock {
            wall: Instant::now(),
            busy: busy(),
        }
    }

    fn seconds(&self) -> f64 {
        match (self.busy, busy()) {
            (Some(before), Some(now)) => now - before,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

/// Seconds that the main thread, the only one, has run.
fn busy() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}

/// The peak of this process's memory, in megabytes.
fn peak() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn checked(text: &str) -> Outcome<Model> {
    Ok(SourceFile::parse(text, None)?.check(Copies::All)?)
}

fn whole(text: &str) -> Outcome {
    let source = SourceFile::parse(text, None)?;
    analyze(&source, &Options::default(), &Watch::default())?;
    Ok(())
}

fn file(name: &str) -> Outcome {
    let path = models::root().join("models").join(format!("{name}.toml"));
    analyze(
        &SourceFile::read(&path)?,
        &Options::default(),
        &Watch::default(),
    )?;
    Ok(())
}

/// Every model once: prints the median and the slowest.
fn catalogue() -> Outcome {
    let mut times = Vec::new();
    for path in models::catalogue()? {
        let start = Clock::start();
        analyze(
            &SourceFile::read(&path)?,
            &Options::default(),
            &Watch::default(),
        )?;
        let name = path.file_stem().unwrap_or_default();
        times.push((start.seconds(), name.to_string_lossy().into_owned()));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let median = times[times.len() / 2].0;
    print("catalogue: median", median, MEDIAN, ANY);
    if let Some((time, name)) = times.last() {
        print(
            &format!("catalogue: the slowest, {name}"),
            *time,
            LONGEST,
            ANY,
        );
    }
    Ok(())
}

fn rank(text: &str, effort: f64, expected: usize) -> Outcome {
    let model = checked(text)?;
    let probes = Probes::new(&model, &Default::default(), None, 0)?;
    let effort = Effort::new(effort).ok_or("an effort is positive")?;
    let found = generic_rank(&probes, probes.parameters(), effort)?;
    match found.map(|f| f.decision.rank) {
        Some(rank) if rank == expected => Ok(()),
        other => Err(format!("rank {other:?} instead of {expected}").into()),
    }
}

fn balance(text: &str) -> Outcome {
    let source = SourceFile::parse(text, None)?;
    gauge::fix(&source, None, &gauge::Options::default(), &Watch::default())?;
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

fn networks() -> Outcome {
    let mut stream = Stream::new(11, 0, 0);
    for _ in 0..50 {
        let model = checked(&models::network(&mut stream))?;
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
