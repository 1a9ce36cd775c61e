//! Gauge fixing of deep ReLU networks: time against width, stage by stage.
//!
//! `cargo run --release -p symbias --example gauge [WIDTH…]`

use std::time::Instant;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::gauge::{balance, imbalance};
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

fn model(width: usize) -> String {
    format!(
        "symbias = 1\nname = \"relu{width}\"\noutputs = [\"y\"]\n\
         axes = {{ d = 256, p = {width}, q = {width}, r = {width}, o = 10 }}\n\
         program = \"\"\"\na[p] = relu(W1[p,d] * x[d])\nb[q] = relu(W2[q,p] * a[p])\n\
         c[r] = relu(W3[r,q] * b[q])\ny[o] = W4[o,r] * c[r]\"\"\"\n\
         parameters = {{ W1 = [\"p\",\"d\"], W2 = [\"q\",\"p\"], W3 = [\"r\",\"q\"], W4 = [\"o\",\"r\"] }}\n\
         inputs = {{ x = [\"d\"] }}\n"
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut widths: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|w| w.parse().ok())
        .collect();
    if widths.is_empty() {
        widths = vec![64, 128, 256, 512];
    }
    println!("width  parameters  generators  rules s  balance s  iterations  charge before  after");
    for width in widths {
        let source = SourceFile::parse(&model(width), None)?;
        let started = Instant::now();
        let model = source.check(Copies::All)?;
        let d = model.space().dim();
        let mut fields = Vec::new();
        for factor in factors(&model) {
            fields.extend(factor.split(&model).symmetric);
        }
        let rules = started.elapsed().as_secs_f64();
        let mut stream = Stream::new(1, width as u64, 0);
        let mut theta = vec![0.0; d];
        stream.fill_normal(&mut theta);
        let before = imbalance(&fields, &theta)?;
        let started = Instant::now();
        let fixed = balance(&fields, &theta)?;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{width:5}  {d:10}  {:10}  {rules:7.3}  {seconds:9.3}  {:10}  {before:13.1e}  {:5.1e}  {:?}",
            fields.len(),
            fixed.iterations,
            fixed.residual,
            fixed.stop
        );
    }
    Ok(())
}
