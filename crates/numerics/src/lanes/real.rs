//! [`Real`]: the element types f32 and f64, with the constants that the kernels need.

use super::LaneFloat;
use crate::random::{self, LaneInputs};
use fearless_simd::{Simd, SimdFloatElement, f32x16, f64x8};

/// f32 or f64.
pub trait Real:
    SimdFloatElement
    + bytemuck::Pod
    + Constants
    + PartialOrd
    + std::ops::Neg<Output = Self>
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::AddAssign
    + Send
    + Sync
    + 'static
{
    /// Elements of a virtual vector; also the number of accumulators of a [`sum`](super::reduce::sum).
    const VIRTUAL_LANES: usize;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Distance from 1 to the next number.
    const EPSILON: Self;
    /// Largest finite number.
    const MAX: Self;
    /// Smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// +∞.
    const INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// "f32" or "f64", for records.
    const NAME: &'static str;

    /// The virtual vector on instruction set `S`.
    type Lanes<S: Simd>: LaneFloat<S, Elem = Self>;

    /// Normals that one block of random bits gives: 2 for f64, 4 for f32.
    const NORMALS_PER_BLOCK: usize;
    /// The numbers of one block per lane: [`block_uniforms`](crate::random::block_uniforms) or
    /// [`block_normals`](crate::random::block_normals).
    #[doc(hidden)]
    fn block_numbers<S: Simd, const UNIFORM: bool>(
        simd: S,
        inputs: LaneInputs,
    ) -> [Self::Lanes<S>; 4];
    /// The numbers of eight blocks per group in the order of their indices; lanes must be blocks.
    #[doc(hidden)]
    fn in_order<S: Simd, const UNIFORM: bool, const GROUPS: usize>(
        simd: S,
        inputs: LaneInputs,
    ) -> [[Self::Lanes<S>; 2]; GROUPS];

    /// The nearest number.
    fn from_f64(x: f64) -> Self;
    /// The same number.
    fn to_f64(self) -> f64;
    /// The nearest number.
    fn from_i32(x: i32) -> Self;
    /// Without its fraction; the nearest i32 if it is beyond.
    fn truncated(self) -> i32;
    /// |x|.
    fn abs(self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// Numbers and polynomial coefficients (lowest power first) of the kernels; see the module of each function for what
/// they approximate.
///
/// The coefficients are near-minimax: Chebyshev fits at 60 digits, rounded.
#[doc(hidden)]
pub trait Constants: Sized + 'static {
    /// 1.5 · 2^(mantissa bits): adding it rounds to an integer and leaves that integer in the low bits.
    const MAGIC: Self;
    /// MAGIC + exponent bias: shifting its bits up by the mantissa width gives a power of two.
    const MAGIC_BIASED: Self;
    const MANTISSA_BITS: u32;
    const HALF: Self;
    const TWO: Self;
    const LOG2_E: Self;
    /// ln 2 cut so short that its product with any exponent is exact.
    const LN2_HI: Self;
    const LN2_LO: Self;
    const SQRT_2: Self;
    const EXP_MAX: Self;
    const EXP_MIN: Self;
    const TANH_MAX: Self;
    const ERF_MAX: Self;
    const SUBNORMAL_SCALE: Self;
    const SUBNORMAL_SHIFT: Self;
    const TWO_OVER_PI: Self;
    /// π/2 = the sum of these, each the nearest to what is left.
    const PI_2: [Self; 3];
    /// Largest argument of sin and cos.
    const TRIG_MAX: Self;
    const EXP: &'static [Self];
    const LOG: &'static [Self];
    const ERF_SMALL: &'static [Self];
    const ERF_LARGE: &'static [Self];
    const SIN: &'static [Self];
    const COS: &'static [Self];
}

#[allow(clippy::excessive_precision, clippy::approx_constant)]
impl Constants for f64 {
    const MAGIC: f64 = 6755399441055744.0;
    const MAGIC_BIASED: f64 = 6755399441055744.0 + 1023.0;
    const MANTISSA_BITS: u32 = 52;
    const HALF: f64 = 0.5;
    const TWO: f64 = 2.0;
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN2_HI: f64 = 0.6931471805592082;
    const LN2_LO: f64 = 7.371002565167799e-13;
    const SQRT_2: f64 = std::f64::consts::SQRT_2;
    const EXP_MAX: f64 = 710.0;
    const EXP_MIN: f64 = -746.0;
    const TANH_MAX: f64 = 20.0;
    const ERF_MAX: f64 = 6.0;
    const SUBNORMAL_SCALE: f64 = 18014398509481984.0;
    const SUBNORMAL_SHIFT: f64 = 54.0;
    const TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;
    const PI_2: [f64; 3] = [
        std::f64::consts::FRAC_PI_2,
        6.123233995736766e-17,
        -1.4973849048591698e-33,
    ];
    const TRIG_MAX: f64 = 1099511627776.0;
    const EXP: &'static [f64] = &[
        0.5,
        0.1666666666666667,
        0.04166666666666667,
        0.008333333333326141,
        0.0013888888888883752,
        0.00019841269874800683,
        2.4801587325533502e-05,
        2.75572554255029e-06,
        2.7557273661174726e-07,
        2.5105206475334834e-08,
        2.091467944897855e-09,
    ];
    const LOG: &'static [f64] = &[
        0.666666666666667,
        0.39999999999899505,
        0.28571428625976014,
        0.22222211134708592,
        0.18182889131563204,
        0.1533172139109577,
        0.14616452274062186,
    ];
    const ERF_SMALL: &'static [f64] = &[
        0.12837916709551256,
        -0.37612638903183543,
        0.11283791670945006,
        -0.02686617064323777,
        0.0052239776071164225,
        -0.0008548325975389692,
        0.00012055294904839707,
        -1.492473690741966e-05,
        1.6447424703317362e-06,
        -1.6208483801871705e-07,
        1.3720064546777686e-08,
        -7.795898827002142e-10,
    ];
    const ERF_LARGE: &'static [f64] = &[
        0.25539567631050575,
        -0.4271858474139585,
        0.24165819424246585,
        -0.07897858101570611,
        0.0037328924043978336,
        0.006997461736971578,
        -0.00084714325299195,
        -0.0009819769411038642,
        4.355558686575482e-05,
        0.00017435947400205157,
        2.7527175557227246e-05,
        -2.7562209161129353e-05,
        -1.3998283772784976e-05,
        1.3058577122278017e-06,
        4.011749647325067e-06,
        1.272567661840228e-06,
        -1.1352571477273627e-06,
    ];
    const SIN: &'static [f64] = &[
        -0.16666666666666666,
        0.008333333333330755,
        -0.00019841269836469287,
        2.7557315953669246e-06,
        -2.5051101057512435e-08,
        1.5915928438970608e-10,
    ];
    const COS: &'static [f64] = &[
        0.041666666666666664,
        -0.0013888888888887276,
        2.4801587298584715e-05,
        -2.7557317178590553e-07,
        2.0876127008010715e-09,
        -1.13812555790946e-11,
    ];
}

#[allow(clippy::excessive_precision, clippy::approx_constant)]
impl Constants for f32 {
    const MAGIC: f32 = 12582912.0;
    const MAGIC_BIASED: f32 = 12582912.0 + 127.0;
    const MANTISSA_BITS: u32 = 23;
    const HALF: f32 = 0.5;
    const TWO: f32 = 2.0;
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN2_HI: f32 = 0.693115234375;
    const LN2_LO: f32 = 3.1946184945309415e-5;
    const SQRT_2: f32 = std::f32::consts::SQRT_2;
    const EXP_MAX: f32 = 89.0;
    const EXP_MIN: f32 = -105.0;
    const TANH_MAX: f32 = 10.0;
    const ERF_MAX: f32 = 4.0;
    const SUBNORMAL_SCALE: f32 = 33554432.0;
    const SUBNORMAL_SHIFT: f32 = 25.0;
    const TWO_OVER_PI: f32 = std::f32::consts::FRAC_2_PI;
    const PI_2: [f32; 3] = [
        1.5707963705062866,
        -4.371138828673793e-8,
        -1.7151245100058819e-15,
    ];
    const TRIG_MAX: f32 = 65536.0;
    const EXP: &'static [f32] = &[
        0.5,
        0.16666667,
        0.041666467,
        0.0083333105,
        0.0013933642,
        1.9890981e-04,
    ];
    const LOG: &'static [f32] = &[0.6666667, 0.40000123, 0.28550822, 0.2333047];
    const ERF_SMALL: &'static [f32] = &[
        0.12837917,
        -0.37612626,
        0.11283594,
        -0.026854211,
        0.0051890872,
        -8.0168643e-04,
        7.875875e-05,
    ];
    const ERF_LARGE: &'static [f32] = &[
        0.25539568,
        -0.42718583,
        0.24165821,
        -0.07897852,
        0.0037321413,
        0.0069948556,
        -8.3658996e-04,
        -9.4415963e-04,
    ];
    const SIN: &'static [f32] = &[-0.16666667, 0.008333332, -1.9840049e-04, 2.724513e-06];
    const COS: &'static [f32] = &[0.041666664, -0.0013888285, 2.4543984e-05];
}

macro_rules! real {
    ($t:ident, $lanes:literal, $vector:ident, $per_block:literal, $block:ident, $in_order:ident) => {
        impl Real for $t {
            const VIRTUAL_LANES: usize = $lanes;
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            const EPSILON: $t = $t::EPSILON;
            const MAX: $t = $t::MAX;
            const MIN_POSITIVE: $t = $t::MIN_POSITIVE;
            const INFINITY: $t = $t::INFINITY;
            const NAN: $t = $t::NAN;
            const NAME: &'static str = stringify!($t);

            type Lanes<S: Simd> = $vector<S>;
            const NORMALS_PER_BLOCK: usize = $per_block;

            #[inline(always)]
            fn block_numbers<S: Simd, const UNIFORM: bool>(
                simd: S,
                inputs: LaneInputs,
            ) -> [$vector<S>; 4] {
                random::$block::<S, UNIFORM>(simd, inputs)
            }
            #[inline(always)]
            fn in_order<S: Simd, const UNIFORM: bool, const GROUPS: usize>(
                simd: S,
                inputs: LaneInputs,
            ) -> [[$vector<S>; 2]; GROUPS] {
                random::$in_order::<S, UNIFORM, GROUPS>(simd, inputs)
            }

            #[inline(always)]
            fn from_f64(x: f64) -> $t {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn from_i32(x: i32) -> $t {
                x as $t
            }
            #[inline(always)]
            fn truncated(self) -> i32 {
                self as i32
            }
            #[inline(always)]
            fn abs(self) -> $t {
                $t::abs(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
        }
    };
}

real!(f32, 16, f32x16, 4, block_f32, in_order_f32);
real!(f64, 8, f64x8, 2, block_f64, in_order_f64);
