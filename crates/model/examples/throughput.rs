//! GFLOP/s of loss and gradient of the 20×20 rank-20 factorisation, one replica and 16, against the
//! measured peak of one core: `cargo run --release -p symbias-model --example throughput`.
//!
//! Counted are the multiply-adds of the three products (W = PQ and the two of the gradient) and of
//! the loss, two operations each. Median of 5 runs of about a tenth of a second.

use std::time::Instant;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::Arrays;
use symbias_numerics::lanes::{Real, level, level_name, measure::fma_peak};

const TEXT: &str = r#"
symbias = 1
outputs = ["W"]
axes = { m = 20, n = 20, k = 20 }
program = "W[m,n] = P[m,k] * Q[k,n]"
parameters = { P = ["m","k"], Q = ["k","n"] }
constants = { T = { axes = ["m","n"], law = "normal", seed = 1 } }
loss = { kind = "mse", of = "W", target = "T" }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("instruction set: {}", level_name(level()));
    measure::<f64>()?;
    measure::<f32>()?;
    Ok(())
}

fn measure<T: Real + std::ops::AddAssign>() -> Result<(), Box<dyn std::error::Error>> {
    let peak = fma_peak::<T>();
    println!("{}: peak {peak:.1} GFLOP/s", T::NAME);
    let model = SourceFile::parse(TEXT, None)?.check(Copies::All)?;
    let arrays = Arrays::new(&model, &Default::default())?;
    for layout in [
        Layout::Single,
        Layout::Replicas(1),
        Layout::Replicas(16),
        Layout::Replicas(64),
    ] {
        let program =
            Program::<T>::compile(&model, &arrays, Options::new(Task::LossGradient, layout))?;
        let replicas = match layout {
            Layout::Single => 1,
            Layout::Replicas(n) | Layout::Wide(n) => n,
        };
        let theta: Vec<T> = (0..800 * replicas)
            .map(|i| T::from_f64((i as f64 * 0.618).sin()))
            .collect();
        let mut workspace = program.workspace();
        let (mut loss, mut gradient) = (vec![T::ZERO; replicas], vec![T::ZERO; 800 * replicas]);
        let mut rates = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            let mut runs = 0;
            while start.elapsed().as_secs_f64() < 0.1 {
                for _ in 0..16 {
                    program.run(
                        &mut workspace,
                        &Arguments::at(&theta, &[]),
                        &mut [&mut loss, &mut gradient],
                    );
                }
                runs += 16;
            }
            rates.push(
                program.operations() * f64::from(runs) / start.elapsed().as_secs_f64() * 1e-9,
            );
        }
        rates.sort_by(f64::total_cmp);
        let each = program.operations() / rates[2] / replicas as f64 * 1e-3;
        println!(
            "  {layout:?}: {:.1} GFLOP/s, {:.0} % of peak, {each:.2} us per loss and gradient",
            rates[2],
            100.0 * rates[2] / peak
        );
    }
    Ok(())
}
