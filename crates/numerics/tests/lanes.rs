//! Lanes: accuracy against multiprecision tables and the platform's libm, special values, equal bits on all levels.

use symbias_numerics::lanes::{self, Elementary, LaneFloat, Level, Real, Simd, dispatch, reduce};
use symbias_numerics::random::Stream;

/// All levels of this machine, best first.
#[allow(clippy::vec_init_then_push)]
fn levels() -> Vec<Level> {
    let best = lanes::level();
    let mut all = vec![best];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(best.as_avx2().map(Level::Avx2));
        all.extend(best.as_sse4_2().map(Level::Sse4_2));
        all.extend(best.as_sse2().map(Level::Sse2));
    }
    all
}

fn named(name: &str) -> Elementary {
    *Elementary::ALL
        .iter()
        .find(|f| format!("{f:?}").to_lowercase() == name)
        .expect("a known function")
}

/// Largest error in ulp that a function may make with fused multiply-add, as documented on `LaneFloat`.
fn promised(f: Elementary) -> f64 {
    match f {
        Elementary::Exp | Elementary::Log | Elementary::Sin | Elementary::Cos => 1.0,
        Elementary::Erf => 2.0,
        Elementary::Tanh | Elementary::Sigmoid => 3.0,
        Elementary::Sqrt => 0.5,
    }
}

/// Units in the last place at y, for a mantissa of `bits` and least normal exponent `least`.
fn ulp(y: f64, bits: i32, least: i32) -> f64 {
    let exponent = if y == 0.0 {
        least
    } else {
        (y.abs().log2().floor() as i32).max(least)
    };
    2f64.powi((exponent - bits + 1) / 2)
        * 2f64.powi(exponent - bits + 1 - (exponent - bits + 1) / 2)
}

/// Worst error in ulp per function over a reference table.
fn worst<T: Real>(table: &str, level: Level) -> Vec<(Elementary, f64)> {
    let (bits, least) = if T::NAME == "f64" {
        (53, -1022)
    } else {
        (24, -126)
    };
    let mut out: Vec<(Elementary, f64)> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let f = named(words.next().expect("a name"));
        let mut number = || {
            f64::from_bits(
                u64::from_str_radix(words.next().expect("bits"), 16).expect("hexadecimal"),
            )
        };
        let (x, value, remainder) = (number(), number(), number());
        let mut y = [T::from_f64(x)];
        f.apply_at(level, &mut y);
        let error = ((y[0].to_f64() - value) - remainder).abs() / ulp(value, bits, least);
        match out.iter_mut().find(|(g, _)| *g == f) {
            Some((_, w)) => *w = w.max(error),
            None => out.push((f, error)),
        }
    }
    out
}

const TABLE_F64: &str = include_str!("reference/elementary_f64.txt");
const TABLE_F32: &str = include_str!("reference/elementary_f32.txt");

#[test]
fn errors_stay_below_the_promise() {
    for level in levels().into_iter().filter(|&level| lanes::has_fma(level)) {
        for (f, error) in worst::<f64>(TABLE_F64, level)
            .into_iter()
            .chain(worst::<f32>(TABLE_F32, level))
        {
            println!("{} {f:?} {error:.3}", lanes::level_name(level));
            assert!(
                error <= promised(f),
                "{f:?} on {}: {error} ulp",
                lanes::level_name(level)
            );
            assert!(
                error > 0.1,
                "{f:?}: an error of {error} ulp everywhere means that nothing was compared"
            );
        }
    }
}

/// Without a fused multiply-add only sin and cos lose: |x| ε, absolutely.
#[test]
fn errors_without_fused_multiply_add() {
    for level in levels().into_iter().filter(|&level| !lanes::has_fma(level)) {
        for (f, error) in worst::<f64>(TABLE_F64, level)
            .into_iter()
            .chain(worst::<f32>(TABLE_F32, level))
        {
            if !matches!(f, Elementary::Sin | Elementary::Cos) {
                assert!(
                    error <= promised(f) + 1.0,
                    "{f:?} on {}: {error} ulp",
                    lanes::level_name(level)
                );
            }
        }
        for k in 0..1000 {
            let x = 1.37 * k as f64;
            let mut y = [x];
            Elementary::Sin.apply_at(level, &mut y);
            assert!((y[0] - x.sin()).abs() <= (1.0 + x) * f64::EPSILON);
        }
    }
}

/// A dense sweep against the platform's libm, itself within an ulp.
#[test]
fn sweep_against_libm() {
    type Case = (Elementary, fn(f64) -> f64, f64, f64);
    let cases: [Case; 5] = [
        (Elementary::Exp, f64::exp, -745.0, 709.7),
        (Elementary::Log, f64::ln, 1e-300, 50.0),
        (Elementary::Tanh, f64::tanh, -25.0, 25.0),
        (Elementary::Sin, f64::sin, -1e6, 1e6),
        (Elementary::Cos, f64::cos, -1e6, 1e6),
    ];
    let stream = Stream::new(11, 0, 0);
    for (f, oracle, lo, hi) in cases {
        let x: Vec<f64> = (0..100_000)
            .map(|i| lo + (hi - lo) * stream.uniform_at(i))
            .collect();
        let mut y = x.clone();
        f.apply(&mut y);
        for (x, y) in x.iter().zip(&y) {
            let expected = oracle(*x);
            let error = (y - expected).abs() / ulp(expected, 53, -1022);
            let slack = if lanes::has_fma(lanes::level()) {
                1.0
            } else {
                1.0 + x.abs()
            };
            assert!(
                error <= promised(f) + slack,
                "{f:?}({x}) = {y}, libm {expected}: {error} ulp"
            );
        }
    }
}

fn special_values<T: Real>(level: Level) {
    let f = |f: Elementary, x: f64| {
        let mut y = [T::from_f64(x)];
        f.apply_at(level, &mut y);
        y[0].to_f64()
    };
    let inf = f64::INFINITY;
    use Elementary::*;
    for each in Elementary::ALL {
        assert!(f(each, f64::NAN).is_nan(), "{each:?}(NaN)");
    }
    let cases = [
        (Exp, 0.0, 1.0),
        (Exp, -0.0, 1.0),
        (Exp, inf, inf),
        (Exp, -inf, 0.0),
        (Exp, 1e4, inf),
        (Exp, -1e4, 0.0),
        (Log, 1.0, 0.0),
        (Log, 0.0, -inf),
        (Log, -0.0, -inf),
        (Log, inf, inf),
        (Tanh, inf, 1.0),
        (Tanh, -inf, -1.0),
        (Tanh, 1e30, 1.0),
        (Sigmoid, 0.0, 0.5),
        (Sigmoid, inf, 1.0),
        (Sigmoid, -inf, 0.0),
        (Erf, inf, 1.0),
        (Erf, -inf, -1.0),
        (Erf, 1e30, 1.0),
        (Cos, 0.0, 1.0),
        (Cos, -0.0, 1.0),
        (Sqrt, 4.0, 2.0),
    ];
    for (g, x, y) in cases {
        assert_eq!(f(g, x), y, "{g:?}({x})");
    }
    for odd in [Tanh, Erf, Sin] {
        for x in [0.0, 1e-30, 0.3, 2.0, 7.0] {
            assert_eq!(
                f(odd, -x).to_bits(),
                (-f(odd, x)).to_bits(),
                "{odd:?} is odd at {x}"
            );
        }
        let slope = if odd == Erf {
            std::f64::consts::FRAC_2_SQRT_PI
        } else {
            1.0
        };
        assert!((f(odd, 1e-30) / 1e-30 - slope).abs() <= 2.0 * T::EPSILON.to_f64());
    }
    for outside in [
        (Log, -1.0),
        (Log, -inf),
        (Sin, inf),
        (Cos, -inf),
        (Sin, 1e30),
        (Sqrt, -1.0),
    ] {
        assert!(f(outside.0, outside.1).is_nan(), "{outside:?}");
    }
}

#[test]
fn special_values_on_all_levels() {
    for level in levels() {
        special_values::<f64>(level);
        special_values::<f32>(level);
    }
}

#[test]
fn subnormal_results_are_rounded_once() {
    let smallest = f64::from_bits(1);
    let exp = |x: f64| Elementary::Exp.of(x);
    assert_eq!(exp(-745.1), smallest);
    assert_eq!(exp(-745.2), 0.0);
    assert_eq!(exp(-720.0), (-720.0f64).exp());
    assert_eq!(Elementary::Log.of(smallest), -744.4400719213812);
    assert!((exp(709.782712893384) / 709.782712893384f64.exp() - 1.0).abs() < 3e-16);
    assert_eq!(exp(709.7827128933841), f64::INFINITY);
    assert!(Elementary::Sigmoid.of(-740.0) > 0.0);
}

fn same_bits<T: Real>() {
    let stream = Stream::new(3, 1, 4);
    let x: Vec<T> = (0..1003)
        .map(|i| T::from_f64(30.0 * stream.normal_at(i)))
        .collect();
    let bits = |y: &[T]| y.iter().map(|v| v.to_f64().to_bits()).collect::<Vec<_>>();
    for fused in [true, false] {
        let group: Vec<Level> = levels()
            .into_iter()
            .filter(|&level| lanes::has_fma(level) == fused)
            .collect();
        for f in Elementary::ALL {
            let run = |level: Level| {
                let mut y = x.clone();
                f.apply_at(level, &mut y);
                bits(&y)
            };
            for &level in &group {
                // NaN payloads are no result: compare them as NaN.
                let (a, b) = (run(group[0]), run(level));
                let equal = a.iter().zip(&b).all(|(a, b)| {
                    a == b || (f64::from_bits(*a).is_nan() && f64::from_bits(*b).is_nan())
                });
                assert!(equal, "{f:?} on {}", lanes::level_name(level));
            }
        }
        for &level in &group {
            assert_eq!(
                bits(&[reduce::sum_at(level, &x)]),
                bits(&[reduce::sum_at(group[0], &x)])
            );
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_level() {
    same_bits::<f64>();
    same_bits::<f32>();
}

fn sum_by_definition<T: Real>(x: &[T]) -> T {
    let mut a = vec![T::ZERO; T::VIRTUAL_LANES];
    for (j, v) in x.iter().enumerate() {
        a[j % T::VIRTUAL_LANES] += *v;
    }
    while a.len() > 1 {
        let half = a.len() / 2;
        a = (0..half).map(|i| a[i] + a[i + half]).collect();
    }
    a[0]
}

#[test]
fn sums_follow_the_stated_order() {
    let stream = Stream::new(8, 0, 0);
    let mut order_matters = false;
    for n in [0, 1, 7, 8, 9, 16, 100, 1001] {
        let x: Vec<f64> = (0..n).map(|i| stream.normal_at(i)).collect();
        let y: Vec<f32> = x.iter().map(|v| *v as f32).collect();
        for level in levels() {
            assert_eq!(
                reduce::sum_at(level, &x).to_bits(),
                sum_by_definition(&x).to_bits()
            );
            assert_eq!(
                reduce::sum_at(level, &y).to_bits(),
                sum_by_definition(&y).to_bits()
            );
        }
        order_matters |= y.iter().sum::<f32>().to_bits() != reduce::sum(&y).to_bits();
        let dot: f64 = x.iter().map(|v| v * v).sum();
        assert!((reduce::dot(&x, &x) - dot).abs() <= 1e-14 * (1.0 + dot));
    }
    assert!(
        order_matters,
        "the inputs do not tell one order from another"
    );
}

#[test]
fn minimum_and_maximum_pass_nan_on() {
    fn check<S: Simd>(simd: S) {
        let v = |x: f64| <f64 as Real>::Lanes::<S>::splat(simd, x);
        for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
            assert!(v(a).max(v(b)).lane(3).is_nan());
            assert!(v(a).min(v(b)).lane(3).is_nan());
        }
        assert_eq!(v(2.0).max(v(3.0)).lane(0), 3.0);
        assert_eq!(v(2.0).min(v(3.0)).lane(7), 2.0);
        assert_eq!(v(5.0).clamp(-1.0, 1.0).lane(1), 1.0);
    }
    for level in levels() {
        dispatch!(level, simd => check(simd));
    }
}
