//! How long each stage of `analyze` takes: `cargo run --release -p symbias --example stages FILE`.
use std::time::Instant;
use symbias::analyze::{Options, analyze};
use symbias_model::language::SourceFile;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let start = Instant::now();
        let source = SourceFile::read(path.as_ref())?;
        let mut last = ("read".to_owned(), Instant::now());
        let mut report = |stage: &str| {
            println!(
                "{:8.1} ms  {}",
                last.1.elapsed().as_secs_f64() * 1e3,
                last.0
            );
            last = (stage.to_owned(), Instant::now());
        };
        analyze(&source, &Options::default(), &mut report)?;
        report("end");
        println!("{:8.1} ms  {path}", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
