//! Promised orders as slopes with their standard errors, on targets without symmetry.

use std::f64::consts::SQRT_2;
use symbias_geometry::sde::{Calculus, Ito, NoiseKind, Sde, Stratonovich, stratonovich};
use symbias_numerics::random::ensemble_normals;
use symbias_simulate::diffusion::Member;
use symbias_simulate::scheme::{Room, Scheme, Sense, System};

/// Replicas of a vector.
const LANES: usize = 8;

/// dx = a x dt + s x dW, in the sense C.
struct Geometric<C> {
    a: f64,
    s: f64,
    sense: std::marker::PhantomData<C>,
}

fn geometric<C: Calculus>(a: f64, s: f64) -> Geometric<C> {
    Geometric {
        a,
        s,
        sense: std::marker::PhantomData,
    }
}

impl<C: Calculus> Sde for Geometric<C> {
    type Sense = C;
    fn dimension(&self) -> usize {
        1
    }
    fn noises(&self) -> usize {
        1
    }
    fn kind(&self) -> NoiseKind {
        NoiseKind::Commutative
    }
    fn drift(&self, x: &[f64], into: &mut [f64]) {
        into[0] = self.a * x[0];
    }
    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        into[0] = self.s * x[0];
    }
    fn diffusion_along(&self, _: &[f64], v: &[f64], into: &mut [f64]) {
        into[0] = self.s * v[0];
    }
}

/// dx = −V′(x) dt + c dW in V = x⁴/4 − x²/2 + 0.3 x: a double well with a tilt, additive noise.
struct Well(f64);

impl Sde for Well {
    type Sense = Ito;
    fn dimension(&self) -> usize {
        1
    }
    fn noises(&self) -> usize {
        1
    }
    fn kind(&self) -> NoiseKind {
        NoiseKind::Additive
    }
    fn drift(&self, x: &[f64], into: &mut [f64]) {
        into[0] = x[0] - x[0].powi(3) - 0.3;
    }
    fn diffusion(&self, _: &[f64], into: &mut [f64]) {
        into[0] = self.0;
    }
    fn diffusion_along(&self, _: &[f64], _: &[f64], into: &mut [f64]) {
        into[0] = 0.0;
    }
}

/// Two noises that do not commute: dx₀ = s dW₁, dx₁ = −x₁ dt + s x₀ dW₂. The area between them is all that is missing.
struct Twisted(f64);

impl Sde for Twisted {
    type Sense = Ito;
    fn dimension(&self) -> usize {
        2
    }
    fn noises(&self) -> usize {
        2
    }
    fn kind(&self) -> NoiseKind {
        NoiseKind::General
    }
    fn drift(&self, x: &[f64], into: &mut [f64]) {
        into.copy_from_slice(&[0.0, -x[1]]);
    }
    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        into.copy_from_slice(&[self.0, 0.0, 0.0, self.0 * x[0]]);
    }
    fn diffusion_along(&self, _: &[f64], v: &[f64], into: &mut [f64]) {
        into.copy_from_slice(&[0.0, 0.0, 0.0, self.0 * v[0]]);
    }
}

/// Normals (z, ζ) of steps of 1, 2, 4, … fine steps on one path: with ΔZ = ∫(W − W₀)ds = ½h^{3/2}(z + ζ/√3), two steps
/// joined have ΔW = ΔW₁ + ΔW₂ and ΔZ = ΔZ₁ + ΔZ₂ + ½h ΔW₁, h the length of both.
fn joined(fine: &[(Vec<f64>, Vec<f64>)]) -> Vec<(Vec<f64>, Vec<f64>)> {
    let root = 3f64.sqrt();
    fine.chunks_exact(2)
        .map(|pair| {
            let [a, b] = pair else { unreachable!() };
            let own = |k: usize| {
                let z = (a.0[k] + b.0[k]) / SQRT_2;
                // In units of the fine step.
                let area = |p: &(Vec<f64>, Vec<f64>)| 0.5 * (p.0[k] + p.1[k] / root);
                let whole = area(a) + area(b) + a.0[k];
                let zeta = root * (whole / (0.5 * 2f64.powf(1.5)) - z);
                (z, zeta)
            };
            (0..a.0.len()).map(own).unzip()
        })
        .collect()
}

/// The end of a walk with these normals.
fn walk<S: Sde>(
    sde: &S,
    scheme: Scheme,
    x0: &[f64],
    h: f64,
    path: &[(Vec<f64>, Vec<f64>)],
) -> Vec<f64> {
    let mut system = Member::new(sde, LANES);
    let mut room = Room::<f64>::new(&system);
    let mut x: Vec<f64> = x0.iter().flat_map(|x| [*x; LANES]).collect();
    assert_eq!(System::<f64>::lanes(&system), LANES);
    for (k, (z, zeta)) in path.iter().enumerate() {
        let mut all = z.clone();
        if scheme.sets() == 2 {
            all.extend(zeta);
        }
        let next = path.get(k + 1).map_or(z, |n| &n.0);
        scheme.step(&mut system, &mut x, h, (&all, next), &mut room);
    }
    x
}

/// For each step length and replica: distance along the path, and difference of the last entry on the same path.
#[derive(Clone)]
struct Errors {
    strong: Vec<Vec<f64>>,
    weak: Vec<Vec<f64>>,
}

/// Against the scheme `fine` at 2^depth steps of the unit time; the tested walks have 2^k for k in `levels`.
fn errors<S: Sde>(
    sde: &S,
    schemes: &[Scheme],
    x0: &[f64],
    (fine, depth): (Scheme, u32),
    levels: std::ops::Range<u32>,
    vectors: u64,
) -> Vec<Errors> {
    let count = levels.len();
    let (n, m) = (sde.dimension(), sde.noises());
    let none = Errors {
        strong: vec![Vec::new(); count],
        weak: vec![Vec::new(); count],
    };
    let mut found = vec![none; schemes.len()];
    for v in 0..vectors {
        let steps = 1_usize << depth;
        let mut path: Vec<(Vec<f64>, Vec<f64>)> = (0..steps)
            .map(|step| {
                let mut own = vec![0.0; 2 * m * LANES];
                ensemble_normals(31, v * LANES as u64, step as u64, 0, LANES, &mut own);
                let zeta = own.split_off(m * LANES);
                (own, zeta)
            })
            .collect();
        let reference = walk(sde, fine, x0, 1.0 / steps as f64, &path);
        for level in (0..depth).rev() {
            path = joined(&path);
            if !levels.contains(&level) {
                continue;
            }
            let at = (level - levels.start) as usize;
            let h = 1.0 / path.len() as f64;
            for (scheme, found) in schemes.iter().zip(&mut found) {
                let end = walk(sde, *scheme, x0, h, &path);
                for r in 0..LANES {
                    let far = |k: usize| end[k * LANES + r] - reference[k * LANES + r];
                    let square: f64 = (0..n).map(|k| far(k).powi(2)).sum();
                    found.strong[at].push(square.sqrt());
                    found.weak[at].push(far(n - 1));
                }
            }
        }
    }
    found
}

fn mean_and_error(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let square = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (square / n).sqrt())
}

/// The slope of log₂ of means against the level, and its standard error from those of the means (weighted least squares).
fn slope(samples: &[Vec<f64>]) -> (f64, f64) {
    let points: Vec<(f64, f64, f64)> = samples
        .iter()
        .enumerate()
        .map(|(k, x)| {
            let (mean, error) = mean_and_error(x);
            let log = std::f64::consts::LN_2;
            (-(k as f64), mean.abs().ln() / log, error / mean.abs() / log)
        })
        .collect();
    let weight = |p: &(f64, f64, f64)| p.2.powi(-2);
    let total: f64 = points.iter().map(weight).sum();
    let centre = points.iter().map(|p| weight(p) * p.0).sum::<f64>() / total;
    let spread: f64 = points
        .iter()
        .map(|p| weight(p) * (p.0 - centre).powi(2))
        .sum();
    let slope = points
        .iter()
        .map(|p| weight(p) * (p.0 - centre) * p.1)
        .sum::<f64>()
        / spread;
    (slope, spread.powf(-0.5))
}

/// Higher terms of the error at these steps change a slope by this much; the promises are half an order apart.
const HIGHER: f64 = 0.12;

fn is(found: (f64, f64), order: f64) -> bool {
    (found.0 - order).abs() <= HIGHER + 3.0 * found.1 && found.1 < 0.12
}

#[test]
fn strong_orders_are_those_promised() {
    let check = |schemes: &[Scheme], kind: NoiseKind, found: Vec<Errors>| {
        for (scheme, errors) in schemes.iter().zip(found) {
            let promised = scheme.order(kind).unwrap().strong;
            let found = slope(&errors.strong);
            assert!(is(found, promised), "{} {kind:?}: {found:?}", scheme.name());
        }
    };
    let schemes = [
        Scheme::EulerMaruyama,
        Scheme::Heun,
        Scheme::Milstein,
        Scheme::Tamed,
    ];
    let fine = (Scheme::Milstein, 12);
    let found = errors(
        &geometric::<Ito>(0.4, 0.9),
        &schemes,
        &[1.0],
        fine,
        4..8,
        60,
    );
    check(&schemes, NoiseKind::Commutative, found);
    let schemes = [
        Scheme::EulerMaruyama,
        Scheme::Heun,
        Scheme::Milstein,
        Scheme::Sra1,
        Scheme::Tamed,
    ];
    let found = errors(&Well(0.8), &schemes, &[0.2], (Scheme::Sra1, 11), 3..7, 60);
    check(&schemes, NoiseKind::Additive, found);
    // Noise that does not commute: one half, where a commuting noise gave 1.
    let schemes = [Scheme::EulerMaruyama, Scheme::Heun, Scheme::Tamed];
    let fine = (Scheme::EulerMaruyama, 12);
    let found = errors(&Twisted(0.7), &schemes, &[0.5, -0.3], fine, 3..7, 60);
    check(&schemes, NoiseKind::General, found);
}

#[test]
fn twins_lose_their_order() {
    // Without its correction Milstein is Euler–Maruyama, of order ½.
    let sde = geometric::<Ito>(0.4, 0.9);
    let fine = (Scheme::Milstein, 12);
    let found = errors(&sde, &[Scheme::EulerMaruyama], &[1.0], fine, 4..8, 60);
    assert!(!is(slope(&found[0].strong), 1.0));
    // On noise that does not commute Heun has none of the order 1 of commutative noise.
    let fine = (Scheme::EulerMaruyama, 12);
    let found = errors(&Twisted(0.7), &[Scheme::Heun], &[0.5, -0.3], fine, 3..7, 60);
    assert!(!is(slope(&found[0].strong), 1.0));
}

/// Heun on the Itô equation read as a Stratonovich one goes to another process, of mean e^{a + s²/2} and not eᵃ: on every
/// path the two differ by e^{s²/2}.
#[test]
fn heun_keeps_the_sense() {
    let (a, s, steps) = (0.4, 0.9, 256_u64);
    let mut apart = Vec::new();
    for v in 0..60 {
        let path: Vec<(Vec<f64>, Vec<f64>)> = (0..steps)
            .map(|step| {
                let mut z = vec![0.0; LANES];
                ensemble_normals(31, v * LANES as u64, step, 0, LANES, &mut z);
                (z, Vec::new())
            })
            .collect();
        let h = 1.0 / steps as f64;
        let right = walk(&geometric::<Ito>(a, s), Scheme::Heun, &[1.0], h, &path);
        let wrong = walk(
            &geometric::<Stratonovich>(a, s),
            Scheme::Heun,
            &[1.0],
            h,
            &path,
        );
        let converted = stratonovich(geometric::<Ito>(a, s));
        let also = walk(&converted, Scheme::Heun, &[1.0], h, &path);
        for r in 0..LANES {
            // The solution of the Itô equation on this path.
            let w: f64 = path.iter().map(|p| p.0[r] * h.sqrt()).sum();
            let exact = (a - s * s / 2.0 + s * w).exp();
            assert!((right[r] / exact - 1.0).abs() < 0.03);
            assert!((right[r] - also[r]).abs() < 1e-12 * exact);
            apart.push(wrong[r] / right[r]);
        }
    }
    let (mean, _) = mean_and_error(&apart);
    assert!((mean - (s * s / 2.0).exp()).abs() < 0.01, "{mean}");
}

#[test]
fn weak_orders_are_those_promised() {
    let schemes = [
        Scheme::EulerMaruyama,
        Scheme::Heun,
        Scheme::Sra1,
        Scheme::Tamed,
    ];
    let found = errors(&Well(0.8), &schemes, &[0.2], (Scheme::Sra1, 7), 2..5, 5000);
    let slopes: Vec<(f64, f64)> = found.iter().map(|e| slope(&e.weak)).collect();
    for (scheme, found) in schemes.iter().zip(&slopes) {
        let promised = scheme.order(NoiseKind::Additive).unwrap().weak;
        assert!(is(*found, promised), "{}: {found:?}", scheme.name());
    }
    // The twin: Euler–Maruyama has not the order of the others.
    assert!(!is(slopes[0], 2.0));
}

#[test]
fn noise_outside_of_a_promise_is_refused() {
    let refused = |scheme: Scheme, kind, known| {
        scheme
            .allows(kind, Sense::Ito, known)
            .unwrap_err()
            .to_string()
    };
    let text = refused(Scheme::Sra1, NoiseKind::Commutative, (true, true));
    assert!(text.contains("additive"), "{text}");
    let text = refused(Scheme::Milstein, NoiseKind::General, (true, true));
    assert!(text.contains("commutative"), "{text}");
    let text = refused(Scheme::Heun, NoiseKind::General, (false, false));
    assert!(text.contains("drift between"), "{text}");
    let text = refused(Scheme::Milstein, NoiseKind::Commutative, (true, false));
    assert!(text.contains("derivatives"), "{text}");
    assert!(
        Scheme::EulerMaruyama
            .allows(NoiseKind::General, Sense::Ito, (false, false))
            .is_ok()
    );
}
