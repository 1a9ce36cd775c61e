//! Nanoseconds per standard normal on one core, and where they go.
//!
//! `cargo run --release -p symbias-numerics --example normals`
//!
//! Each figure is the best of many short windows, since other programs only make a run slower.

use std::hint::black_box;
use std::time::Instant;
use symbias_numerics::lanes::{
    LaneFloat, Lanes, Level, Real, Simd, dispatch, level, level_name, measure::fma_peak,
};
use symbias_numerics::random::{
    LaneInputs, Stream, block_normals, block_uniforms, ensemble_normals,
};

/// Nanoseconds per number of the best window; a call makes `count` numbers and is told its own number.
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

/// The sum over steps of all numbers of a block, replicas along the lanes: nothing but that leaves the registers.
#[inline(always)]
fn register_loop<S: Simd, T: Real>(simd: S, steps: u64, first: u64, uniform: bool) -> T {
    let mut total = Lanes::<S, T>::splat(simd, T::ZERO);
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
        let numbers = if uniform {
            block_uniforms::<S, T>(simd, inputs)
        } else {
            block_normals::<S, T>(simd, inputs)
        };
        for x in numbers.into_iter().take(T::NORMALS_PER_BLOCK) {
            total += x;
        }
    }
    total.sum_lanes()
}

fn in_registers<T: Real>(level: Level, uniform: bool) -> f64 {
    let steps = 512;
    best(
        steps as usize * T::VIRTUAL_LANES * T::NORMALS_PER_BLOCK,
        |call| {
            let first = call * steps;
            let sum = dispatch!(level, simd => register_loop::<_, T>(simd, steps, first, uniform));
            black_box(sum);
        },
    )
}

fn stream<T: Real>(count: usize) -> f64 {
    let mut z = vec![T::ZERO; count];
    best(count, |step| {
        Stream::new(1, 0, step).normals_at(0, black_box(&mut z))
    })
}

fn ensemble<T: Real>(indices: usize, replicas: usize) -> f64 {
    let mut z = vec![T::ZERO; indices * replicas];
    best(z.len(), |step| {
        ensemble_normals(1, 0, step, 0, replicas, black_box(&mut z));
    })
}

fn report<T: Real>() {
    println!("{}, nanoseconds per normal", T::NAME);
    for count in [8, 32, 256, 3072] {
        println!(
            "  one stream, {count:>4} at once      {:>8.3}",
            stream::<T>(count)
        );
    }
    for (indices, replicas) in [(2, 4096), (4, 4096), (24, 256)] {
        println!(
            "  {replicas:>4} replicas, {indices:>2} of each    {:>8.3}",
            ensemble::<T>(indices, replicas)
        );
    }
    let mut levels = vec![level()];
    #[cfg(target_arch = "x86_64")]
    levels.extend(level().as_avx2().map(Level::Avx2));
    levels.dedup_by_key(|level| level_name(*level));
    for level in levels {
        let bits = in_registers::<T>(level, true);
        let normals = in_registers::<T>(level, false);
        println!(
            "  in registers on {:<7}       {normals:>8.3}, of which bits {bits:.3}, Box and Muller {:.3}",
            level_name(level),
            normals - bits,
        );
    }
}

fn main() {
    println!("peak {:.0} GFLOP/s in f32", fma_peak::<f32>());
    report::<f32>();
    report::<f64>();
}
