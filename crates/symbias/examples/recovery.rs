//! How often sparse weights are found from fewer samples than weights: `cargo run --release -p symbias --example recovery -- [TRIALS]`.
//!
//! 100 weights, s of them normal numbers at random places, 40 samples of normal inputs, no noise; found means an error below 1 % of
//! the weights. The designs of |w|^{2/D} under decay, by `fit`; the control begins without charges that fall.

use std::collections::BTreeMap;
use symbias::design::{DesignSpec, Driver};
use symbias::fit::{Data, Options, Order, fit};
use symbias::watch::Watch;
use symbias_model::data::Array;
use symbias_model::data::Folder;
use symbias_numerics::random::Stream;

const WEIGHTS: usize = 100;
const SAMPLES: usize = 40;
const SPARSITIES: [usize; 5] = [8, 11, 14, 17, 20];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trials: u64 = match std::env::args().nth(1) {
        Some(n) => n.parse()?,
        None => 20,
    };
    println!("weights {WEIGHTS}, samples {SAMPLES}, trials {trials}");
    println!("non-zero       {SPARSITIES:?}");
    for (name, target, order) in [
        ("|w|^(2/3)", "abs(x)^(2/3)", Order::Rising),
        ("|w|^(1/2)", "abs(x)^0.5", Order::Rising),
        ("2/3, control", "abs(x)^(2/3)", Order::Falling),
        ("1/2, control", "abs(x)^0.5", Order::Falling),
    ] {
        let start = std::time::Instant::now();
        let mut found = Vec::new();
        for s in SPARSITIES {
            let mut hits = 0;
            for trial in 0..trials {
                hits += u64::from(recovered(target, order, s, trial)?);
            }
            found.push(hits as f64 / trials as f64);
        }
        let each = start.elapsed().as_secs_f64() / (trials * SPARSITIES.len() as u64) as f64;
        println!("{name:14} {found:?}   {each:.3} s each");
    }
    Ok(())
}

fn recovered(
    target: &str,
    order: Order,
    s: usize,
    trial: u64,
) -> Result<bool, Box<dyn std::error::Error>> {
    let mut stream = Stream::new(17, trial, s as u64);
    let mut x = vec![0.0; SAMPLES * WEIGHTS];
    stream.fill_normal(&mut x);
    let mut places: Vec<usize> = (0..WEIGHTS).collect();
    for i in 0..s {
        let j = i + stream.next_below((WEIGHTS - i) as u64) as usize;
        places.swap(i, j);
    }
    let mut w = vec![0.0; WEIGHTS];
    places[..s]
        .iter()
        .for_each(|i| w[*i] = stream.next_normal());
    let y: Vec<f64> = x
        .chunks(WEIGHTS)
        .map(|row| row.iter().zip(&w).map(|(a, b)| a * b).sum())
        .collect();
    let spec = DesignSpec::short(target, "entries", Driver::Decay, &[WEIGHTS as u64])?;
    let data = Data {
        x: BTreeMap::from([(
            "X".to_owned(),
            Array {
                shape: vec![SAMPLES, WEIGHTS],
                entries: x,
            },
        )]),
        y: Array {
            shape: vec![SAMPLES],
            entries: y,
        },
    };
    let options = Options {
        intercept: false,
        folds: 0,
        lambdas: Some(vec![1e-3]),
        order: Some(order),
        ..Options::default()
    };
    let found = fit(
        &spec,
        &Folder::default(),
        &data,
        &options,
        &Watch::default(),
    )?;
    let entries = &found.weights[0].2;
    let off: f64 = entries.iter().zip(&w).map(|(a, b)| (a - b).powi(2)).sum();
    let size: f64 = w.iter().map(|x| x * x).sum();
    Ok(off < 1e-4 * size)
}
