//! Stationary laws against closed forms: the two solvers against each other and against what neither knows.

use super::common::{close, positive, process, product};
use symbias_bias::quotient::fokker_planck::{Axis, PANELS, stationary, zero_flux};
use symbias_bias::quotient::{ChargedPair, Quotient};
use symbias_geometry::noise::Noise;
use symbias_geometry::sde::{Ito, NoiseKind, Sde};

/// dx = b(x) dt + σ dW with a = σσᵀ given by its three entries, σ its Cholesky factor; one or two dimensions.
struct Given<B, A> {
    dimension: usize,
    drift: B,
    matrix: A,
}

impl<B, A> Sde for Given<B, A>
where
    B: Fn(&[f64]) -> [f64; 2] + Send + Sync,
    A: Fn(&[f64]) -> [f64; 3] + Send + Sync,
{
    type Sense = Ito;
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn noises(&self) -> usize {
        self.dimension
    }
    fn kind(&self) -> NoiseKind {
        NoiseKind::General
    }
    fn drift(&self, x: &[f64], into: &mut [f64]) {
        into.copy_from_slice(&(self.drift)(x)[..self.dimension]);
    }
    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        let [a, b, c] = (self.matrix)(x);
        into[0] = a.sqrt();
        if self.dimension == 2 {
            into[1] = 0.0;
            into[2] = b / a.sqrt();
            into[3] = (c - b * b / a).sqrt();
        }
    }
    fn diffusion_along(&self, _: &[f64], _: &[f64], into: &mut [f64]) {
        into.fill(f64::NAN);
    }
}

fn one(
    b: impl Fn(f64) -> f64 + Send + Sync,
    a: impl Fn(f64) -> f64 + Send + Sync,
) -> impl Sde<Sense = Ito> {
    Given {
        dimension: 1,
        drift: move |x: &[f64]| [b(x[0]), 0.0],
        matrix: move |x: &[f64]| [a(x[0]), 0.0, 0.0],
    }
}

/// E x² of the two wells.
const SECOND: f64 = 1.041_797_296_487_156_5;
/// S_11, S_12, S_22 of the linear process.
const COVARIANCE: [f64; 3] = [
    0.269_194_086_790_653_26,
    0.018_121_125_417_262_72,
    0.270_386_266_094_420_6,
];

/// w = uv with ℓ = (w − 1.3)²/2.
fn pair(noise: Noise) -> Quotient<'static> {
    let model = product(2);
    let slope = |theta: &[f64], into: &mut [f64]| {
        let rest = theta[0] * theta[1] - 1.3;
        (into[0], into[1]) = (rest * theta[1], rest * theta[0]);
    };
    process(&model, positive(&model), noise, slope).expect("a process")
}

/// Theory §5.4: under C = s²JᵀJ the law of w is Gamma(w₀/s² − ½, s²). Numbers of scipy.stats.gamma at w₀ = 1.3, s = 0.7.
#[test]
fn label_noise_gives_a_gamma_law() {
    let sde = pair(Noise::Predictor(0.7));
    let law = zero_flux(&sde, [0.0, 30.0], PANELS).expect("a law");
    let mean = law.mean(|w| w);
    close(mean, 1.055, 1e-11);
    close(
        law.mean(|w| (w - mean).powi(2)),
        0.516_949_999_999_999_9,
        1e-11,
    );
    close(law.cumulative(0.2), 0.047_713_241_841_459_44, 1e-11);
    for (level, expected) in [
        (0.01, 0.090_304_700_168_183_1),
        (0.5, 0.896_926_869_619_846_2),
        (0.9, 2.016_759_214_096_217_6),
    ] {
        close(law.quantile(level).expect("a quantile"), expected, 1e-9);
    }
    // The twin: horizontal noise.
    let other = pair(Noise::Horizontal(0.3));
    let law = zero_flux(&other, [0.0, 30.0], PANELS).expect("a law");
    assert!((law.mean(|w| w) - 1.055).abs() > 0.05);
}

/// p ∝ w^{−1/2} e^{−ℓ/T} at T = 0.3: moments by scipy.integrate.quad in √w.
#[test]
fn horizontal_noise_gives_a_root() {
    let sde = pair(Noise::Horizontal(0.3));
    let law = zero_flux(&sde, [0.0, 8.0], PANELS).expect("a law");
    close(law.mean(|w| w), 1.147_866_633_029_095_6, 1e-11);
    close(law.cumulative(0.5), 0.141_028_325_885_877_94, 1e-11);
    assert!(law.near_ends()[0] < 1e-5 && law.near_ends()[1] < 1e-12);
    // Finite volumes in √w, from coarse to fine: second order.
    let errors = [50, 100, 200].map(|cells| {
        let axis = Axis::from_lower(0.0, 8.0, cells, 2.0).expect("an axis");
        let found = stationary(&sde, &[axis]).expect("a law");
        (found.mean(|w| w[0]) - 1.147_866_633_029_095_6).abs()
    });
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((1.8..2.3).contains(&order), "{errors:?}");
    }
    assert!(errors[2] < 1e-3, "{errors:?}");
    let axis = Axis::from_lower(0.0, 8.0, 400, 2.0).expect("an axis");
    let found = stationary(&sde, &[axis]).expect("a law");
    let level = found.probability(&[(0.0, 0.5)]).expect("a box");
    close(level, 0.141_028_325_885_877_94, 1e-3);
    let median = law.quantile(0.5).expect("a quantile");
    close(found.quantile(0, 0.5).expect("a quantile"), median, 1e-3);
}

/// A density that the process is made for, p ∝ exp(−x⁴/4 + x²/2), a = 1 + x²: b = ½(a′ + a (log p)′). The moment is that of
/// scipy.integrate.quad ; both solvers, even cells.
#[test]
fn two_wells() {
    let sde = one(
        |x| (2.0 * x + (1.0 + x * x) * (x - x * x * x)) / 2.0,
        |x| 1.0 + x * x,
    );
    let law = zero_flux(&sde, [-6.0, 6.0], PANELS).expect("a law");
    close(law.mean(|x| x * x), SECOND, 1e-11);
    let errors = [60, 120, 240].map(|cells| {
        let axis = Axis::even(-6.0, 6.0, cells).expect("an axis");
        let found = stationary(&sde, &[axis]).expect("a law");
        (found.mean(|x| x[0] * x[0]) - SECOND).abs()
    });
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((1.8..2.2).contains(&order), "{errors:?}");
    }
    // The twin: the drift of the other sense, ½Dσ[σ] = x/2 less.
    let other = one(
        |x| (x + (1.0 + x * x) * (x - x * x * x)) / 2.0,
        |x| 1.0 + x * x,
    );
    let law = zero_flux(&other, [-6.0, 6.0], PANELS).expect("a law");
    assert!((law.mean(|x| x * x) - SECOND).abs() > 0.05);
}

/// Nothing is left of a law that is not integrable at an end, or has none at infinity.
#[test]
fn laws_that_run_away_are_refused() {
    // p ∝ e^{−w}/w, and label noise with s² ≥ 2w₀.
    let slice = one(|w| w - w * w, |w| 2.0 * w * w);
    let collapsed = pair(Noise::Predictor(2.0));
    for sde in [&slice as &dyn Sde<Sense = Ito>, &collapsed] {
        let error = zero_flux(sde, [0.0, 20.0], PANELS).expect_err("no law");
        assert!(
            error.message().contains("not normalisable"),
            "{}",
            error.message()
        );
    }
    let uphill = one(|x| x, |_| 1.0);
    let axis = Axis::even(-5.0, 5.0, 40).expect("an axis");
    let error = stationary(&uphill, &[axis]).expect_err("no law");
    assert!(error.message().contains("boundary"), "{}", error.message());
    // The twin: downhill there is one.
    assert!(stationary(&one(|x| -x, |_| 1.0), &[axis]).is_ok());
    let undefined = one(|x| 1.0 / x - x, |_| 1.0);
    let axis = Axis::even(-1.0, 1.0, 40).expect("an axis");
    let error = stationary(&undefined, &[axis]).expect_err("no number");
    assert!(
        error.message().contains("not a number"),
        "{}",
        error.message()
    );
    assert!(zero_flux(&slice, [1.0, 0.0], 10).is_err());
    assert!(Axis::even(1.0, 1.0, 4).is_err() && Axis::from_lower(0.0, 1.0, 4, 0.5).is_err());
    assert!(stationary(&slice, &[axis, axis]).is_err());
}

/// dx = Bx dt + σ dW with a rotation in B: Gaussian, BS + SBᵀ + a = 0. S by scipy.linalg.solve_continuous_lyapunov, the
/// probability of a quadrant by scipy.stats.multivariate_normal.
#[test]
fn a_linear_process_that_turns() {
    let sde = |turn: f64| Given {
        dimension: 2,
        drift: move |x: &[f64]| [-x[0] - 1.7 * turn * x[1], 0.9 * turn * x[0] - 0.8 * x[1]],
        matrix: |_: &[f64]| [0.6, 0.25, 0.4],
    };
    let at = |turn: f64, cells: usize| {
        let axes = [cells, cells + 6].map(|n| Axis::even(-2.6, 2.6, n).expect("an axis"));
        let found = stationary(&sde(turn), &axes).expect("a law");
        assert_eq!(found.rounded(), 0.0);
        assert!(found.boundary() < 1e-4);
        found
    };
    let error = |turn: f64, cells: usize| {
        let found = at(turn, cells);
        let second = [(0, 0), (0, 1), (1, 1)].map(|(i, j)| found.mean(|x| x[i] * x[j]));
        let each = second.iter().zip(COVARIANCE).map(|(s, e)| (s - e).abs());
        each.fold(0.0, f64::max)
    };
    let errors = [24, 48, 96].map(|cells| error(1.0, cells));
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((1.7..2.4).contains(&order), "{errors:?}");
    }
    assert!(errors[2] < 2e-3, "{errors:?}");
    let corner = at(1.0, 96)
        .probability(&[(-2.6, 0.3), (-2.6, 0.2)])
        .expect("a box");
    close(corner, 0.475_267_101_115_670_7, 2e-3);
    let marginal = at(1.0, 96).marginal(1).expect("an axis");
    close(
        marginal.quantile(0, 0.975).expect("a quantile"),
        1.959_963_98 * COVARIANCE[2].sqrt(),
        5e-3,
    );
    // The twin: without the turn.
    assert!(error(0.0, 48) > 0.05);
}

/// Noise that depends on the place, with a cross term, and a flux that turns: b = ½(∇·a − a∇U) + R∇U, R antisymmetric, has
/// p ∝ e^{−U}. The masses approach it with the second order; without the cross term they do not.
#[test]
fn noise_with_a_cross_term() {
    let matrix = |x: &[f64]| {
        [
            1.0 + 0.3 * x[0].sin(),
            0.35 * x[1].cos(),
            0.8 + 0.2 * x[1].cos(),
        ]
    };
    let potential = |x: &[f64]| x[0].powi(4) / 4.0 + 0.4 * x[0] * x[1] + x[1] * x[1];
    let drift = move |x: &[f64]| {
        let [a, b, c] = matrix(x);
        let u = [x[0].powi(3) + 0.4 * x[1], 0.4 * x[0] + 2.0 * x[1]];
        let turn = 0.5;
        [
            (0.3 * x[0].cos() - 0.35 * x[1].sin() - a * u[0] - b * u[1]) / 2.0 + turn * u[1],
            (-0.2 * x[1].sin() - b * u[0] - c * u[1]) / 2.0 - turn * u[0],
        ]
    };
    let error = |cells: usize, cross: f64| {
        let sde = Given {
            dimension: 2,
            drift,
            matrix: move |x: &[f64]| {
                let [a, b, c] = matrix(x);
                [a, cross * b, c]
            },
        };
        let axes =
            [(3.2, cells), (4.0, cells)].map(|(end, n)| Axis::even(-end, end, n).expect("an axis"));
        let found = stationary(&sde, &axes).expect("a law");
        let mut expected = Vec::new();
        for i in 0..cells {
            for j in 0..cells {
                expected.push((-potential(&[axes[0].centre(i), axes[1].centre(j)])).exp());
            }
        }
        let whole: f64 = expected.iter().sum();
        let each = found.mass().iter().zip(&expected);
        each.map(|(m, e)| (m - e / whole).abs()).sum::<f64>() / 2.0
    };
    let errors = [20, 40, 80].map(|cells| error(cells, 1.0));
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((1.6..2.4).contains(&order), "{errors:?}");
    }
    assert!(errors[2] < 5e-3, "{errors:?}");
    assert!(error(40, 0.0) > 0.05);
}

/// b = −½ a x + R x, R antisymmetric: the law is the normal one whatever a and R are. Noise so skew that jumps reach over two
/// cells: without R rates are those of detailed balance, and what is left is the box, E x² = 1 − 10 φ(5)/(2Φ(5) − 1);
/// with R the order is the second. Noise that is almost one-dimensional is made rounder, which is said.
#[test]
fn skew_noise() {
    let sde = |[a, b, c]: [f64; 3], turn: f64, sign: f64| Given {
        dimension: 2,
        drift: move |x: &[f64]| {
            [
                -(a * x[0] + b * x[1]) / 2.0 - turn * x[1],
                -(b * x[0] + c * x[1]) / 2.0 + turn * x[0],
            ]
        },
        matrix: move |_: &[f64]| [a, sign * b, c],
    };
    let skew = [4.0, 1.9, 1.0];
    let in_the_box = 1.0 - 1.486_720_367_075_758_3e-5;
    let error = |cells: usize, turn: f64, sign: f64| {
        let axes = [cells, cells].map(|n| Axis::even(-5.0, 5.0, n).expect("an axis"));
        let found = stationary(&sde(skew, turn, sign), &axes).expect("a law");
        assert_eq!(found.rounded(), 0.0);
        let second = [(0, 0), (0, 1), (1, 1)].map(|(i, j)| found.mean(|x| x[i] * x[j]));
        let each = second.iter().zip([in_the_box, 0.0, in_the_box]);
        each.map(|(s, e)| (s - e).abs()).fold(0.0, f64::max)
    };
    for cells in [20, 40] {
        assert!(error(cells, 0.0, 1.0) < 1e-5);
    }
    let errors = [20, 40, 80].map(|cells| error(cells, 0.8, 1.0));
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((1.7..2.5).contains(&order), "{errors:?}");
    }
    // The twin: the cross term of the noise with the other sign.
    assert!(error(40, 0.0, -1.0) > 0.1);
    let axes = [20, 20].map(|n| Axis::even(-5.0, 5.0, n).expect("an axis"));
    let flat = stationary(&sde([1.0, 0.0931, 0.01], 0.0, 1.0), &axes).expect("a law");
    assert!(flat.rounded() > 0.0);
}

/// The same law in a mirror, towards the upper end: p ∝ |w|^{−1/2} e^{−ℓ/T} on w < 0.
#[test]
fn the_other_side_of_zero() {
    let sde = one(|w| 2.0 * w * (w + 1.3) - 0.3, |w| -4.0 * 0.3 * w);
    let law = zero_flux(&sde, [-8.0, 0.0], PANELS).expect("a law");
    close(law.mean(|w| w), -1.147_866_633_029_095_6, 1e-11);
    close(1.0 - law.cumulative(-0.5), 0.141_028_325_885_877_94, 1e-11);
    let axis = Axis::from_upper(-8.0, 0.0, 400, 2.0).expect("an axis");
    let found = stationary(&sde, &[axis]).expect("a law");
    close(found.mean(|w| w[0]), -1.147_866_633_029_095_6, 1e-3);
    close(
        found.probability(&[(-0.5, 0.0)]).expect("a box"),
        0.141_028_325_885_877_94,
        1e-3,
    );
    // The process on the section of w < 0 is that one.
    let pair = pair(Noise::Horizontal(0.3));
    let mut drift = [0.0];
    for w in [-0.2, -3.0] {
        pair.drift(&[w], &mut drift);
        let expected = -2.0 * w.abs() * (w - 1.3) - 0.3;
        close(drift[0], expected, 1e-12);
    }
}

/// The joint process of (w, q): charges relax without noise, so that all mass is on the layer of cells around q = 0 and has
/// the law of w on the leaf; all other cells are left for good.
#[test]
fn charges_relax_to_the_leaf() {
    let sde = ChargedPair::new(0.3, |w| w - 1.3).expect("a process");
    let axes = [
        Axis::from_lower(0.0, 8.0, 200, 2.0).expect("an axis"),
        Axis::even(-1.0, 1.0, 21).expect("an axis"),
    ];
    let found = stationary(&sde, &axes).expect("a law");
    let layer = [(0.0, 8.0), (-1.0 / 21.0, 1.0 / 21.0)];
    close(found.probability(&layer).expect("a box"), 1.0, 1e-12);
    close(found.mean(|x| x[0]), 1.147_866_633_029_095_6, 1e-3);
    // The twin: charges that run away from the leaf have no law but at the boundary.
    let away = Given {
        dimension: 2,
        drift: |x: &[f64]| [1.3 - x[0], 0.6 * x[1]],
        matrix: |_: &[f64]| [0.6, 0.0, 0.0],
    };
    let axes = [
        Axis::even(-2.0, 4.0, 40).expect("an axis"),
        Axis::even(-1.0, 1.0, 21).expect("an axis"),
    ];
    let error = stationary(&away, &axes).expect_err("two ends");
    assert!(
        error.message().contains("more than one"),
        "{}",
        error.message()
    );
}
