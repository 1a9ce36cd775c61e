use std::hint::black_box;
use std::time::Instant;
use symbias_numerics::lanes::{LaneFloat, Level, Real, Simd, level};
use symbias_numerics::random::*;
fn best(count: usize, mut call: impl FnMut(u64)) -> f64 {
    let calls = (40_000 / count).max(1) as u64;
    let mut least = f64::INFINITY;
    for window in 0..1000 {
        let start = Instant::now();
        for k in 0..calls {
            call(window * calls + k);
        }
        least = least.min(start.elapsed().as_secs_f64());
    }
    1e9 * least / (calls as usize * count) as f64
}
#[inline(always)]
fn reg<S: Simd, T: Real, const U: bool>(simd: S, steps: u64, first: u64) -> T {
    let mut total = [<T::Lanes<S> as LaneFloat<S>>::splat(simd, T::ZERO); 4];
    for step in first..first + steps {
        let inputs = LaneInputs {
            seed: 1,
            step,
            replica: 0,
            replica_stride: 1,
            block: 0,
            block_stride: 0,
            half: false,
        };
        let z = T::block_numbers::<S, U>(simd, inputs);
        for k in 0..T::NORMALS_PER_BLOCK {
            total[k] += z[k];
        }
    }
    (total[0] + total[1] + (total[2] + total[3])).sum_lanes()
}
#[inline(never)]
fn f512<T: Real, const U: bool>(steps: u64, first: u64) -> T {
    let Level::Avx512(s) = level() else { panic!() };
    s.vectorize(
        #[inline(always)]
        || reg::<_, T, U>(s, steps, first),
    )
}
fn main() {
    for _ in 0..1 {
        println!(
            "f32 bits {:.3} normals {:.3}",
            best(512 * 64, |c| {
                black_box(f512::<f32, true>(512, c * 512));
            }),
            best(512 * 64, |c| {
                black_box(f512::<f32, false>(512, c * 512));
            })
        );
        println!(
            "f64 bits {:.3} normals {:.3}",
            best(512 * 16, |c| {
                black_box(f512::<f64, true>(512, c * 512));
            }),
            best(512 * 16, |c| {
                black_box(f512::<f64, false>(512, c * 512));
            })
        );
        for n in [8, 32, 3072] {
            let mut z = vec![0f32; n];
            let a = best(n, |c| Stream::new(1, 0, c).normals_at(0, black_box(&mut z)));
            let mut z = vec![0f64; n];
            let b = best(n, |c| Stream::new(1, 0, c).normals_at(0, black_box(&mut z)));
            println!("stream {n}: f32 {a:.3} f64 {b:.3}");
        }
        let mut z = vec![0f32; 8192];
        println!(
            "ensemble 2x4096 {:.3}",
            best(8192, |c| ensemble_normals(
                1,
                0,
                c,
                0,
                4096,
                black_box(&mut z)
            ))
        );
    }
}
