//! scratch
use std::time::Instant;
use symbias_numerics::{
    dense::Matrix,
    field::Fp,
    lanes::{self, Elementary, Real},
    random::{Stream, ensemble_normals},
    rank,
};
fn time<R>(name: &str, n: usize, mut f: impl FnMut() -> R) {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let t = Instant::now();
        std::hint::black_box(f());
        best = best.min(t.elapsed().as_secs_f64());
    }
    println!(
        "{name}: {:.4} s, {:.3} ns each",
        best,
        best / n as f64 * 1e9
    );
}
fn maps<T: Real>() {
    for level in lev() {
        for f in Elementary::ALL {
            let mut x: Vec<T> = (0..4096)
                .map(|i| T::from_f64(0.1 + i as f64 * 1e-3))
                .collect();
            let y = x.clone();
            time(
                &format!("{} {} {f:?}", lanes::level_name(level), T::NAME),
                4096 * 100,
                || {
                    for _ in 0..100 {
                        x.copy_from_slice(&y);
                        f.apply_at(level, &mut x);
                    }
                },
            );
        }
    }
}
fn lev() -> Vec<lanes::Level> {
    let l = lanes::level();
    vec![
        l,
        lanes::Level::Avx2(l.as_avx2().unwrap()),
        lanes::Level::Sse4_2(l.as_sse4_2().unwrap()),
    ]
}
fn main() {
    let s = Stream::new(1, 2, 3);
    let mut out = vec![0f64; 1 << 16];
    let mut o32 = vec![0f32; 1 << 16];
    time("normals f64", 1 << 16, || s.normals_at(0, &mut out));
    time("normals f32", 1 << 16, || s.normals_at(0, &mut o32));
    time("ensemble f64", 1 << 16, || {
        ensemble_normals(1, 0, 5, 0, 1024, &mut out)
    });
    time("ensemble f32", 1 << 16, || {
        ensemble_normals(1, 0, 5, 0, 1024, &mut o32)
    });
    time("normal_at", 1 << 10, || {
        (0..1 << 10).map(|i| s.normal_at(i)).sum::<f64>()
    });
    time("u64_at", 1 << 16, || {
        (0..1 << 16).map(|i| s.u64_at(i)).fold(0, |a, b| a ^ b)
    });
    time("sum f64", 1 << 16, || lanes::reduce::sum(&out));
    time("dot f32", 1 << 16, || lanes::reduce::dot(&o32, &o32));
    let rows: Vec<Vec<Fp>> = (0..1000)
        .map(|i| {
            let s = Stream::new(9, i, 0);
            (0..900).map(|j| Fp::new(s.u64_at(j))).collect()
        })
        .collect();
    time("exact 1000x900 full rank", 1, || {
        let mut e = rank::ExactRowSpace::new(900);
        for r in &rows {
            e.insert(&mut r.clone());
        }
        e.rank()
    });
    let mixed: Vec<Vec<Fp>> = (0..1000)
        .map(|i| {
            let (a, b) = (&rows[i % 836], &rows[(7 * i + 3) % 836]);
            a.iter()
                .zip(b)
                .map(|(a, b)| *a * Fp::from_i64(5) + *b)
                .collect()
        })
        .collect();
    time("exact 1000x900 rank 836 + nullspace", 1, || {
        let mut e: rank::ExactRowSpace = rank::ExactRowSpace::new(900);
        for r in &mixed {
            e.insert(&mut r.clone());
        }
        (e.rank(), e.nullspace().len())
    });
    for (m, n, r) in [
        (40, 30, 25),
        (400, 300, 250),
        (1200, 900, 836),
        (2000, 1600, 1500),
        (8000, 900, 836),
    ] {
        let s = Stream::new(4, 0, 0);
        let mut a = Matrix::zeros(m, r);
        s.normals_at(0, &mut a.data);
        let mut b = Matrix::zeros(r, n);
        s.normals_at(1 << 30, &mut b.data);
        let c = a.matmul(&b).unwrap();
        time(&format!("nullspace {m}x{n}"), 1, || {
            rank::nullspace("x", &c).unwrap()
        });
        time(&format!("rank {m}x{n}"), 1, || rank::rank("x", &c).unwrap());
        let (d, b) = rank::nullspace("x", &c).unwrap();
        println!(
            "{d} residual {:.2e}",
            c.matmul(&b).unwrap().norm() / c.norm()
        );
    }
    maps::<f64>();
    maps::<f32>();
    println!(
        "peak {:.1} {:.1}",
        lanes::measure::fma_peak::<f64>(),
        lanes::measure::fma_peak::<f32>()
    );
}
