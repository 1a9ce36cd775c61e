//! Nanoseconds per standard normal on one core, and where they go.
//!
//! `cargo run --release -p symbias-numerics --example normals`
//!
//! The best of many short windows, since other programs only make a run slower.

use std::hint::black_box;
use std::time::Instant;
use symbias_numerics::lanes::{Lanes, Level, Real, Simd, dispatch, level, level_name};
use symbias_numerics::random::{
    LaneInputs, Stream, block_normals, block_uniforms, ensemble_normals,
};

/// Nanoseconds per number of the best of many calls; a call makes `count` numbers from the call's own step.
fn best(count: usize, mut call: impl FnMut(u64)) -> f64 {
    let calls = (40_000 / count).max(1) as u64;
    let mut least = f64::INFINITY;
    for window in 0..2000 {
        let start = Instant::now();
        for k in 0..calls {
            call(window * calls + k);
        }
        least = least.min(start.elapsed().as_secs_f64());
    }
    1e9 * least / (calls as usize * count) as f64
}

/// Σ over steps of all numbers of a block, replicas along the lanes: nothing leaves the registers but the sum.
#[inline(always)]
fn register_loop<S: Simd, T: Real>(simd: S, steps: u64, first: u64, uniform: bool) -> Lanes<S, T> {
    let mut total = [symbias_numerics::lanes::LaneFloat::splat(simd, T::ZERO); 4];
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
        for (sum, x) in total.iter_mut().zip(numbers).take(T::NORMALS_PER_BLOCK) {
            *sum += x;
        }
    }
    let mut sum: Lanes<S, T> = total[0];
    for x in &total[1..] {
        sum += *x;
    }
    sum
}

#[inline(always)]
fn register_sum<S: Simd, T: Real>(simd: S, steps: u64, first: u64, uniform: bool) -> T {
    use symbias_numerics::lanes::LaneFloat;
    register_loop::<S, T>(simd, steps, first, uniform).sum_lanes()
}

fn in_registers<T: Real>(level: Level, uniform: bool) -> f64 {
    let steps = 512;
    let count = steps as usize * T::VIRTUAL_LANES * T::NORMALS_PER_BLOCK;
    best(count, |call| {
        black_box(
            dispatch!(level, simd => register_sum::<_, T>(simd, steps, call * steps, uniform)),
        );
    })
}

fn report<T: Real>() {
    println!("{}, nanoseconds per normal", T::NAME);
    for count in [8, 32, 256, 3072, 16384] {
        let mut z = vec![T::ZERO; count];
        let time = best(count, |step| {
            Stream::new(1, 0, step).normals_at(0, black_box(&mut z))
        });
        println!("  one stream, {count:>5} normals{time:>12.3}");
    }
    for (indices, replicas) in [(4, 16), (2, 4096), (24, 256)] {
        let mut z = vec![T::ZERO; indices * replicas];
        let time = best(z.len(), |step| {
            ensemble_normals(1, 0, step, 0, replicas, black_box(&mut z));
        });
        println!("  ensemble of {replicas:>4}, {indices:>2} each{time:>10.3}");
    }
    let mut levels = vec![level()];
    #[cfg(target_arch = "x86_64")]
    levels.extend(level().as_avx2().map(Level::Avx2));
    levels.dedup_by_key(|level| level_name(*level));
    for level in levels {
        let (bits, normals) = (
            in_registers::<T>(level, true),
            in_registers::<T>(level, false),
        );
        println!(
            "  in registers on {:<7}{normals:>16.3}, of which the block function {bits:.3} ({:.0} %)",
            level_name(level),
            100.0 * bits / normals,
        );
    }
}

fn main() {
    report::<f32>();
    report::<f64>();
}
