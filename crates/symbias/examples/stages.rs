//! How long each stage of `analyze` takes: `cargo run --release -p symbias --example stages FILE`.
use std::sync::Mutex;
use std::time::Instant;
use symbias::analyze::{Options, analyze};
use symbias::watch::Watch;
use symbias_model::language::SourceFile;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let start = Instant::now();
        let source = SourceFile::read(path.as_ref())?;
        let last = Mutex::new(("read".to_owned(), Instant::now()));
        let watch = Watch::heard(move |stage| {
            let mut last = last.lock().unwrap_or_else(|e| e.into_inner());
            println!(
                "{:8.1} ms  {}",
                last.1.elapsed().as_secs_f64() * 1e3,
                last.0
            );
            *last = (stage.to_owned(), Instant::now());
        });
        analyze(&source, &Options::default(), &watch)?;
        watch.stage("end");
        println!("{:8.1} ms  {path}", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
