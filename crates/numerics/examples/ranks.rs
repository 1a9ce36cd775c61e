//! What ranks cost: exact, floating with known errors, and in 31 digits.
//!
//! `cargo run --release -p symbias-numerics --example ranks`

use std::time::Instant;
use symbias_numerics::dense::Matrix;
use symbias_numerics::extended::Extended;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{
    ExactRowSpace, ExtendedRows, RankDecision, measured_nullspace, measured_rank,
};

fn report(what: &str, start: Instant, decision: &RankDecision) {
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:8.3} s  {what}: {decision}");
}

fn exact(n: usize) {
    let mut stream = Stream::new(7, n as u64, 0);
    let mut row =
        || -> Vec<Fp<MERSENNE61>> { (0..n).map(|_| Fp::new(stream.next_u64())).collect() };
    let rows: Vec<_> = (0..n).map(|_| row()).collect();
    let (start, mut space) = (Instant::now(), ExactRowSpace::<MERSENNE61>::new(n));
    for mut row in rows.iter().cloned() {
        space.insert(&mut row);
    }
    report("row by row", start, &space.decision("exact", None));
    let (start, mut space) = (Instant::now(), ExactRowSpace::<MERSENNE61>::new(n));
    space.insert_all(&rows, n);
    report("together", start, &space.decision("exact", None));
}

fn normals(rows: usize, cols: usize) -> Matrix {
    let mut a = Matrix::zeros(rows, cols);
    Stream::new(3, rows as u64, cols as u64).normals_at(0, &mut a.data);
    a
}

fn floating(m: usize, n: usize, r: usize) -> Result<(), symbias_numerics::Error> {
    let a = normals(m, r).matmul(&normals(r, n))?;
    let errors = Matrix::from_fn(m, n, |_, _| 1e-15 * r as f64);
    let start = Instant::now();
    report(
        "entries with errors",
        start,
        &measured_rank("floating", &a, &errors)?,
    );
    let start = Instant::now();
    report(
        "its null space",
        start,
        &measured_nullspace("floating", &a, &errors)?.0,
    );
    Ok(())
}

fn extended(m: usize, n: usize, r: usize) -> Result<(), symbias_numerics::Error> {
    let (left, right) = (normals(m, r), normals(r, n));
    let mut rows = ExtendedRows::new(n);
    for i in 0..m {
        let entry = |j| {
            (0..r).fold(Extended::ZERO, |sum, k| {
                sum + Extended::product(left[(i, k)], right[(k, j)])
            })
        };
        rows.push(&(0..n).map(entry).collect::<Vec<_>>(), None)?;
    }
    let start = Instant::now();
    report("31 digits", start, &rows.rank("extended")?);
    let start = Instant::now();
    report("its null space", start, &rows.nullspace("extended")?.0);
    Ok(())
}

fn main() -> Result<(), symbias_numerics::Error> {
    exact(400);
    exact(1640);
    floating(2000, 280, 250)?;
    floating(2000, 800, 700)?;
    floating(300, 3000, 250)?;
    extended(600, 600, 600)?;
    extended(600, 600, 400)
}
