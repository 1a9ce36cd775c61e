//! Lanes: vectors of f32 or f64 whose results do not depend on the width of the hardware.
//!
//! A *virtual* vector has [`Real::VIRTUAL_LANES`] elements (16 for f32, 8 for f64: one AVX-512 register, two of AVX2,
//! four of SSE or NEON). Kernels are written once, generic over the element type `T` and the instruction set `S`, and
//! entered through [`dispatch!`]:
//!
//! ```
//! use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};
//!
//! /// y ← tanh(a y), for any element type and instruction set.
//! #[inline(always)]
//! fn squash<S: Simd, T: Real>(simd: S, a: T, y: &mut [T]) {
//!     let a = T::Lanes::<S>::splat(simd, a);
//!     for chunk in y.chunks_mut(T::VIRTUAL_LANES) {
//!         let v = T::Lanes::<S>::load_partial(simd, chunk, T::ZERO);
//!         (a * v).tanh().store_partial(chunk);
//!     }
//! }
//!
//! let mut y = vec![0.5f32; 100];
//! dispatch!(level(), simd => squash(simd, 2.0f32, &mut y));
//! assert!((y[99] - 1f32.tanh()).abs() < 1e-6);
//! ```
//!
//! Every function between `dispatch!` and the arithmetic must be `#[inline(always)]`, or be a closure of
//! `simd.vectorize(..)`; otherwise its vectors go through memory.
//!
//! # Bits
//! On every level with fused multiply-add (AVX2, AVX-512, NEON) all operations of [`LaneFloat`], the transcendentals
//! and the sums of [`reduce`] give the same bits. Levels without it (SSE, plain WebAssembly) round a product before
//! adding, since an emulated fused operation is 10 to 25 times slower; their bits differ from the others, not among
//! themselves.

mod elementary;
mod erf;
mod exp;
mod float;
mod log;
pub mod measure;
mod real;
pub mod reduce;
mod trig;

pub use elementary::Elementary;
pub use fearless_simd::{Level, Simd, SimdMask, dispatch};
pub use float::LaneFloat;
pub(crate) use log::log_of_normal;
pub use real::Real;

/// The vector type of element `T` on instruction set `S`.
pub type Lanes<S, T> = <T as Real>::Lanes<S>;

/// The best instruction set of this machine; detected once, then cached.
#[inline]
pub fn level() -> Level {
    Level::new()
}

/// Whether a level has a fused multiply-add, so that its bits are the common ones.
#[allow(unreachable_patterns)]
pub fn has_fma(level: Level) -> bool {
    match level {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) | Level::Avx512(_) => true,
        #[cfg(target_arch = "aarch64")]
        Level::Neon(_) => true,
        _ => false,
    }
}

/// The name of a level, for records.
#[allow(unreachable_patterns)]
pub fn level_name(level: Level) -> &'static str {
    match level {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Sse2(_) => "sse2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Sse4_2(_) => "sse4.2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) => "avx2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) => "avx512",
        #[cfg(target_arch = "aarch64")]
        Level::Neon(_) => "neon",
        _ => "portable",
    }
}
