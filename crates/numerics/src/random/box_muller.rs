//! From random words to standard normals: Box–Muller, √(−2 ln u) (cos φ, sin φ).
//!
//! One word gives u and another the angle φ, uniform on the circle. Both are taken from the bits such that nothing is
//! lost where a float is fine: u as its distance from the nearer of 0 and 1, φ as its distance τ from the nearest axis,
//! |τ| ≤ π/4. One bit of the angle's word says which axis, a second one on which side of the origin, and τ, whose sign
//! is random too, takes the others:
//!
//! (z₀, z₁) = √(−2 ln u) (±cos τ, sin τ), or the two swapped.
//!
//! So each normal has a small *relative* error, near zero too; see [`Stream::normals_at`](super::Stream::normals_at).

use crate::lanes::{LaneFloat, log_of_normal};
use fearless_simd::{Bytes, Simd, SimdBase, SimdCvtFloat, SimdFloat, f32x16, f64x8};
use fearless_simd::{i32x16, i64x8, u32x16, u64x8};

/// −2 ln(1 + f) / f on [−½, 0], lowest power first: minimax in relative error, 2.4e-8 after rounding.
#[allow(clippy::excessive_precision)]
const LOG_F32: [f32; 9] = [
    -2.0,
    0.99999046,
    -0.66726315,
    0.4873806,
    -0.5272735,
    -0.3614817,
    -2.4164963,
    -3.2780876,
    -2.828564,
];

/// sin(πt/4) / t in t² ≤ 1: minimax in relative error, 2.8e-8 after rounding.
#[allow(clippy::approx_constant, clippy::excessive_precision)]
const SIN_F32: [f32; 4] = [0.7853982, -0.08074583, 0.0024910164, -3.660915e-05];

/// cos(πt/4) in t² ≤ 1: minimax in relative error, 4.4e-10 after rounding.
#[allow(clippy::excessive_precision)]
const COS_F32: [f32; 5] = [1.0, -0.30842513, 0.015854284, -0.0003258687, 3.4940874e-06];

/// sin(πt/2) / t in t² ≤ ¼: minimax in relative error, 3.9e-17 after rounding.
#[allow(clippy::approx_constant)]
const SIN_F64: [f64; 7] = [
    1.5707963267948966,
    -0.645964097506228,
    0.07969262624527504,
    -0.004681754119169492,
    0.0001604410487306926,
    -3.5982794688680364e-06,
    5.58528486847717e-08,
];

/// cos(πt/2) in t² ≤ ¼: minimax in relative error, 3.2e-19 after rounding.
const COS_F64: [f64; 8] = [
    1.0,
    -1.2337005501361697,
    0.2536695079010417,
    -0.02086348076318097,
    0.0009192602726323794,
    -2.5202027446935506e-05,
    4.71033409707166e-07,
    -6.289399193715225e-09,
];

/// Σ cₖ xᵏ by Horner's rule: one chain, since other vectors fill the time it waits and two chains take more registers
/// (a loop over steps is 10 % slower by them).
#[inline(always)]
fn horner<S: Simd, V: LaneFloat<S>, const N: usize>(x: V, coefficients: [V::Elem; N]) -> V {
    let mut value = x.same(coefficients[N - 1]);
    for c in coefficients[..N - 1].iter().rev() {
        value = value.fma(x, x.same(*c));
    }
    value
}

/// √(−2 ln u), u = (word + ½) / 2^32.
///
/// As a signed number the word is 2^32 u − ½ or, from ½ on, 2^32 (u − 1) − ½; that is c.
/// Below: u = 2^−n m with ½ ≤ m < 1, −2 ln u = 2n ln 2 − 2 ln m, both terms positive. Above: n = 0, f = u − 1 = c.
#[inline(always)]
fn radius_f32<S: Simd>(word: u32x16<S>) -> f32x16<S> {
    let signed: i32x16<S> = word.bitcast();
    let above = signed.simd_lt(0);
    let scale = 1.0 / 4294967296.0;
    let c = f32x16::float_from(signed);
    let c = c.fma(c.same(scale), c.same(scale / 2.0));
    let bits: u32x16<S> = c.to_bits();
    let half = 0.5f32.to_bits();
    let m = f32x16::from_bits((bits & 0x007f_ffff) | half);
    let exponent: i32x16<S> = (bits >> 23).bitcast();
    let n = i32x16::splat(c.simd, (half >> 23) as i32) - exponent;
    let n = f32x16::select(above, c.same(0.0), f32x16::float_from(n));
    let f = f32x16::select(above, c, m - 1.0);
    let twice_ln_2 = c.same(2.0 * std::f32::consts::LN_2);
    LaneFloat::sqrt(n.fma(twice_ln_2, f * horner(f, LOG_F32)))
}

/// Two normals per lane: the first word gives the radius, the second the angle. |z| ≤ √(66 ln 2) = 6.764.
#[inline(always)]
pub(super) fn normals_f32<S: Simd>(radius: u32x16<S>, angle: u32x16<S>) -> (f32x16<S>, f32x16<S>) {
    let r = radius_f32(radius);
    // Bits 0 to 29 as a signed number j: t = (2j + 1) / 2^30, never 0.
    let j: i32x16<S> = (angle << 2).bitcast();
    let t = f32x16::float_from(j);
    let t = t.fma(t.same(1.0 / 2147483648.0), t.same(1.0 / 1073741824.0));
    let z = t * t;
    let sin = (r * t) * horner(z, SIN_F32);
    let cos = r * horner(z, COS_F32);
    let side = (angle << 1) & (1 << 31);
    let cos = f32x16::from_bits(cos.to_bits() ^ side);
    let angle: i32x16<S> = angle.bitcast();
    let swapped = angle.simd_lt(0);
    (
        f32x16::select(swapped, sin, cos),
        f32x16::select(swapped, cos, sin),
    )
}

/// Two normals per lane from u, a positive normal number, and the word of the angle. |z| ≤ √(106 ln 2) = 8.572.
#[inline(always)]
pub(super) fn normals_f64<S: Simd>(u: f64x8<S>, angle: u64x8<S>) -> (f64x8<S>, f64x8<S>) {
    let r = LaneFloat::sqrt(log_of_normal(u) * -2.0);
    // Bits 1 to 51, and a one below them: t is an odd multiple of 2^-52 within ±½, never 0.
    let mantissa = angle & 0x000f_ffff_ffff_ffff;
    let t = f64x8::from_bits(mantissa | (1.0f64.to_bits() | 1)) - 1.5;
    let z = t * t;
    let sin = (r * t) * horner(z, SIN_F64);
    let cos = r * horner(z, COS_F64);
    let side = (angle << 1) & (1 << 63);
    let cos = f64x8::from_bits(cos.to_bits() ^ side);
    let angle: i64x8<S> = angle.bitcast();
    let swapped = angle.simd_lt(0);
    (
        f64x8::select(swapped, sin, cos),
        f64x8::select(swapped, cos, sin),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Level, dispatch, has_fma, level, level_name};

    fn levels() -> Vec<Level> {
        let best = level();
        #[cfg(target_arch = "x86_64")]
        return [
            Some(best),
            best.as_avx2().map(Level::Avx2),
            best.as_sse4_2().map(Level::Sse4_2),
            best.as_sse2().map(Level::Sse2),
        ]
        .into_iter()
        .flatten()
        .collect();
        #[cfg(not(target_arch = "x86_64"))]
        vec![best]
    }

    /// The normals of two words, in f64 and as bits.
    trait Pair {
        const TABLE: &'static str;
        const MANTISSA: i32;
        fn pair(level: Level, radius: u64, angle: u64) -> [f64; 2];
    }

    impl Pair for f32 {
        const TABLE: &'static str = include_str!("../../tests/reference/normals_f32.txt");
        const MANTISSA: i32 = 24;
        fn pair(level: Level, radius: u64, angle: u64) -> [f64; 2] {
            let (radius, angle) = (radius as u32, angle as u32);
            let z = dispatch!(level, simd => {
                let (z0, z1) = normals_f32(u32x16::splat(simd, radius), u32x16::splat(simd, angle));
                [z0.lane(0), z1.lane(15)]
            });
            z.map(f64::from)
        }
    }

    impl Pair for f64 {
        const TABLE: &'static str = include_str!("../../tests/reference/normals_f64.txt");
        const MANTISSA: i32 = 53;
        fn pair(level: Level, radius: u64, angle: u64) -> [f64; 2] {
            dispatch!(level, simd => {
                let u = crate::random::block::uniform_f64(u64x8::splat(simd, radius));
                let (z0, z1) = normals_f64(u, u64x8::splat(simd, angle));
                [z0.lane(0), z1.lane(7)]
            })
        }
    }

    /// The worst error over the table in units in the last place, `z` computing the normals of two words.
    fn worst<T: Pair>(z: impl Fn(u64, u64) -> [f64; 2]) -> f64 {
        let mut worst = 0.0f64;
        for line in T::TABLE.lines().filter(|line| !line.starts_with('#')) {
            let n: Vec<u64> = line
                .split(' ')
                .map(|word| u64::from_str_radix(word, 16).unwrap())
                .collect();
            for (k, z) in z(n[0], n[1]).into_iter().enumerate() {
                let [exact, rest] = [n[2 + 2 * k], n[3 + 2 * k]].map(f64::from_bits);
                let ulp = 2f64.powi(exact.abs().log2().floor() as i32 + 1 - T::MANTISSA);
                worst = worst.max(((z - exact) - rest).abs() / ulp);
            }
        }
        worst
    }

    fn promised<T: Pair>() -> f64 {
        if T::MANTISSA == 24 { 3.0 } else { 3.5 }
    }

    fn against_multiprecision<T: Pair>() {
        for level in levels() {
            let error = worst::<T>(|a, b| T::pair(level, a, b));
            println!("{} {}: {error:.3} ulp", T::MANTISSA, level_name(level));
            // Without a fused operation each step of a polynomial rounds twice.
            let slack = if has_fma(level) { 0.0 } else { 1.0 };
            assert!(error < promised::<T>() + slack && error > 0.1, "{error}");
        }
        // What must fail: the next word of the radius, the side of the axis, another angle.
        let best = level();
        let wrong = [
            worst::<T>(|a, b| T::pair(best, a ^ (1 << (T::MANTISSA - 20).max(12)), b)),
            worst::<T>(|a, b| T::pair(best, a, b ^ (1 << 30) ^ (1 << 62))),
            worst::<T>(|a, b| T::pair(best, a, b ^ (1 << 12))),
        ];
        assert!(
            wrong.iter().all(|&e| e > 4.0 * promised::<T>()),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_pair_is_that_of_multiprecision() {
        against_multiprecision::<f32>();
        against_multiprecision::<f64>();
    }

    /// Every exponent and many mantissas against the plain definition in double precision by the platform's libm.
    #[test]
    fn errors_of_f32_are_relative_everywhere() {
        let best = level();
        let mut worst = [0.0f64; 2];
        for i in 0..1u64 << 17 {
            let [a, b] = crate::random::threefry2x64([3, 4], [5, i]);
            // Half of the words have a random number of leading zeros or ones.
            let k = (a as u32 as i32 >> (if i % 2 == 0 { a >> 40 & 31 } else { 0 })) as u32;
            let h = b as u32;
            // ln u from the nearer end.
            let (below, above) = (k as f64 + 0.5, (!k) as f64 + 0.5);
            let scale = 1.0 / 4294967296.0;
            let log = if k >> 31 == 0 {
                (below * scale).ln()
            } else {
                (-above * scale).ln_1p()
            };
            let r = (-2.0 * log).sqrt();
            let j = ((h << 2) as i32 >> 2) as f64;
            let tau = std::f64::consts::FRAC_PI_4 * (2.0 * j + 1.0) / 1073741824.0;
            let cos = if h >> 30 & 1 == 1 {
                -tau.cos()
            } else {
                tau.cos()
            };
            let exact = if h >> 31 == 1 {
                [r * tau.sin(), r * cos]
            } else {
                [r * cos, r * tau.sin()]
            };
            let z = f32::pair(best, k as u64, h as u64);
            // The same with u rounded to a float, as if it were not small next to 1.
            let u = (below * scale) as f32 as f64;
            let coarse = (-2.0 * u.min(1.0).ln()).sqrt() * exact[0] / r;
            for (k, error) in [
                (z[0] - exact[0]) / exact[0],
                (z[1] - exact[1]) / exact[1],
                (coarse - exact[0]) / exact[0],
            ]
            .into_iter()
            .enumerate()
            {
                worst[k / 2] = worst[k / 2].max(error.abs());
            }
        }
        println!(
            "worst relative error {:.3e}, with a rounded u {:.3e}",
            worst[0], worst[1]
        );
        let slack = if has_fma(best) { 1.0 } else { 1.5 };
        assert!(worst[0] < 3e-7 * slack, "{}", worst[0]);
        assert!(worst[1] > 1e-3, "{}", worst[1]);
    }

    #[test]
    fn no_normal_is_zero_or_infinite() {
        let edges = [
            0,
            1,
            (1 << 30) - 1,
            1 << 30,
            (1 << 31) - 1,
            1 << 31,
            (1 << 32) - 1,
        ];
        for a in edges {
            for b in edges {
                for z in f32::pair(level(), a, b) {
                    assert!(z != 0.0 && z.abs() < 6.765, "{a} {b} {z}");
                }
                for z in f64::pair(level(), a << 32, b << 32) {
                    assert!(z != 0.0 && z.abs() < 8.573, "{a} {b} {z}");
                }
            }
        }
    }
}
