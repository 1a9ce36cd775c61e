//! Random models against an independent oracle: `cargo run --release -p symbias --example survey -- 1000 [SEED [FIRST]]` prints each
//! that disagrees (and a single one in any case), then how many agree, are wrong, failed, are open where the oracle is sure, or are beyond the oracle.

#![expect(
    dead_code,
    reason = "the harness has transformations that a survey does not make"
)]

#[path = "../tests/transformations/accesses.rs"]
mod accesses;
#[path = "../tests/transformations/judge.rs"]
mod judge;
#[path = "../tests/transformations/oracle/mod.rs"]
mod oracle;
#[path = "../tests/transformations/random/mod.rs"]
mod random;
#[path = "../tests/reading/mod.rs"]
mod reading;
#[path = "../tests/transformations/rewrite.rs"]
mod rewrite;
#[path = "../tests/transformations/seen.rs"]
mod seen;

use judge::Kind;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u64>());
    let count = arguments.next().and_then(Result::ok).unwrap_or(100);
    let seed = arguments.next().and_then(Result::ok).unwrap_or(1);
    let first = arguments.next().and_then(Result::ok).unwrap_or(0);
    let counts: Mutex<BTreeMap<Kind, u64>> = Mutex::default();
    let next = AtomicU64::new(first);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        break;
                    }
                    let (text, size) = random::model(seed, number);
                    if number.is_multiple_of(100) {
                        eprintln!("{number} of {count}");
                    }
                    if count == 1 {
                        println!("{text}");
                    }
                    let verdict = judge::judge(&text);
                    if !matches!(verdict.kind, Kind::Agrees | Kind::Unsure) {
                        println!(
                            "# {number} ({size} parameters) {:?}: {}\n{text}",
                            verdict.kind, verdict.text
                        );
                    }
                    *counts
                        .lock()
                        .expect("no thread panicked")
                        .entry(verdict.kind)
                        .or_default() += 1;
                }
            });
        }
    });
    let counts = counts.into_inner().expect("no thread panicked");
    let lines: Vec<String> = counts
        .iter()
        .map(|(kind, n)| format!("{n} {kind:?}"))
        .collect();
    println!("{count} models of seed {seed}: {}", lines.join(", "));
}
