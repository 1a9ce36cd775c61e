//! Adaptive Gauss-Kronrod quadrature, 7 and 15 points (QUADPACK's qk15).

/// Halvings of an interval before its error is taken as it is.
const DEPTH: u32 = 40;

const NODES: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_4,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];

const KRONROD: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_55,
    0.104_790_010_322_250_18,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_89,
    0.209_482_141_084_727_83,
];

/// Weights of the nodes 1, 3, 5, 7.
const GAUSS: [f64; 4] = [
    0.129_484_966_168_869_7,
    0.279_705_391_489_276_64,
    0.381_830_050_505_118_9,
    0.417_959_183_673_469_4,
];

/// ∫_a^b f and an estimate of the error of the 7-point rule, which bounds that of the result for a smooth f.
pub(super) fn integral(f: &dyn Fn(f64) -> f64, a: f64, b: f64, tolerance: f64) -> (f64, f64) {
    adapt(f, a, b, tolerance, DEPTH)
}

fn adapt(f: &dyn Fn(f64) -> f64, a: f64, b: f64, tolerance: f64, depth: u32) -> (f64, f64) {
    let (value, error) = rule(f, a, b);
    // The rule's own rounding: below it, halving brings nothing.
    if error <= tolerance.max(1e-15 * value.abs()) || depth == 0 {
        return (value, error);
    }
    let middle = 0.5 * (a + b);
    let left = adapt(f, a, middle, 0.5 * tolerance, depth - 1);
    let right = adapt(f, middle, b, 0.5 * tolerance, depth - 1);
    (left.0 + right.0, left.1 + right.1)
}

fn rule(f: &dyn Fn(f64) -> f64, a: f64, b: f64) -> (f64, f64) {
    let (center, half) = (0.5 * (a + b), 0.5 * (b - a));
    let middle = f(center);
    let (mut kronrod, mut gauss) = (middle * KRONROD[7], middle * GAUSS[3]);
    for k in 0..7 {
        let both = f(center - half * NODES[k]) + f(center + half * NODES[k]);
        kronrod += KRONROD[k] * both;
        if k % 2 == 1 {
            gauss += GAUSS[k / 2] * both;
        }
    }
    (half * kronrod, (half * (kronrod - gauss)).abs())
}
