//! Fuzz target of the front end: mutated model files until the time is over, on stable Rust.
//!
//! `cargo run --release -p symbias-model --example fuzz -- MINUTES [SEED]`. A text that panics or takes
//! more than ten seconds is printed with its number, and the exit status is 1.

#[path = "../tests/mutate/mod.rs"]
mod mutate;

use std::time::{Duration, Instant};
use symbias_numerics::random::Stream;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let minutes: f64 = arguments
        .next()
        .and_then(|a| a.parse().ok())
        .unwrap_or(10.0);
    let seed: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(0);
    let seeds = mutate::seeds();
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let (mut number, mut models, mut failures, mut slowest) = (0_u64, 0_u64, 0_u64, Duration::ZERO);
    while start.elapsed().as_secs_f64() < minutes * 60.0 {
        let text = mutate::mutated(&seeds, &mut Stream::new(seed, number, 1));
        let began = Instant::now();
        let outcome = std::panic::catch_unwind(|| mutate::try_text(&text));
        let took = began.elapsed();
        slowest = slowest.max(took);
        if outcome.is_err() || took > Duration::from_secs(10) {
            failures += 1;
            println!(
                "--- text {number} of seed {seed}: {}\n{text}",
                if outcome.is_err() { "panic" } else { "slow" }
            );
        }
        models += u64::from(outcome.unwrap_or(false));
        number += 1;
    }
    println!(
        "{number} texts in {:.1} minutes, {models} of them models, {failures} failures, slowest {slowest:.1?}",
        start.elapsed().as_secs_f64() / 60.0
    );
    std::process::exit(i32::from(failures > 0));
}
