//! Laws with a known answer, and the slice.

use super::bits::scaling;
use super::common::{Same, diffusion, pair, product, run};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::Noise;
use symbias_geometry::orbit::OrbitFrame;
use symbias_model::Model;
use symbias_model::scalar::Arrays;
use symbias_simulate::ensemble::{Process, Schedule};
use symbias_simulate::observe::{Charges, Expressions, Observable};
use symbias_simulate::scheme::{Scheme, System};
use symbias_simulate::training::Setting;

fn setting(theta: &[f64], fixed: Vec<f64>) -> Setting {
    Setting {
        theta: theta.to_vec(),
        teacher: Vec::new(),
        fixed,
    }
}

/// What the tile of one replica gives for a function of θ, lanes all equal.
fn first(values: &[f64]) -> Vec<f64> {
    values.iter().step_by(8).copied().collect()
}

fn spread(x: &[f64]) -> Vec<f64> {
    x.iter().flat_map(|x| [*x; 8]).collect()
}

/// The generators of W = PQ, gl(2), and a point.
fn gl2() -> (Model, Vec<AffineField>, Vec<f64>) {
    let model = product();
    let fields = factors(&model)
        .iter()
        .flat_map(|f| {
            let split = f.split(&model);
            split.symmetric.into_iter().chain(split.antisymmetric)
        })
        .collect();
    let theta = vec![0.7, -0.4, 0.2, 1.1, 0.5, -0.9, 0.3, 0.8, -0.2, 0.6];
    (model, fields, theta)
}

/// ½ Σ_k Dσ_k[σ_k] by central differences of the noise itself, against −T Σ_a S_a tr(A_a P_H).
#[test]
fn the_correction_of_horizontal_noise() {
    let (model, fields, theta) = gl2();
    let temperature = 0.3;
    let mut process = diffusion(&model, 1, Noise::Horizontal(temperature), 0.1);
    process.fields = fields.clone();
    let compiled = process.compile::<f64>(8).unwrap();
    let settings = vec![setting(&theta, vec![0.1, 0.2, 0.3, 0.4, 0.5]); 8];
    let mut tile = process.tile(&compiled, 0, &settings, false);
    let system = tile.system();
    let (d, eps) = (theta.len(), 1e-5);
    let mut difference = vec![0.0; d];
    for k in 0..d {
        let mut unit = vec![0.0; d];
        unit[k] = 1.0;
        let mut sigma = vec![0.0; d * 8];
        system.noise(&spread(&theta), &spread(&unit), &mut sigma);
        let column = first(&sigma);
        let mut at = |sign: f64| {
            let moved: Vec<f64> = theta
                .iter()
                .zip(&column)
                .map(|(x, c)| x + sign * eps * c)
                .collect();
            let mut found = vec![0.0; d * 8];
            system.noise(&spread(&moved), &spread(&unit), &mut found);
            first(&found)
        };
        let (ahead, behind) = (at(1.0), at(-1.0));
        for i in 0..d {
            difference[i] += (ahead[i] - behind[i]) / (2.0 * eps) / 2.0;
        }
    }
    let mut formula = vec![0.0; d * 8];
    system.correction(&spread(&theta), &mut formula);
    let formula = first(&formula);
    let size = formula.iter().fold(0.0_f64, |s, x| s.max(x.abs()));
    assert!(size > 0.01, "the correction is not nothing");
    for (a, b) in formula.iter().zip(&difference) {
        assert!((a - b).abs() < 1e-8, "{formula:?} {difference:?}");
    }
    // The twin: half of it is not it. And it is vertical: the projector leaves nothing of it.
    assert!(
        formula
            .iter()
            .zip(&difference)
            .any(|(a, b)| (a / 2.0 - b).abs() > 1e-3)
    );
    let frame = OrbitFrame::new(&fields, &theta).unwrap();
    assert!(frame.horizontal(&formula).iter().all(|x| x.abs() < 1e-12));
}

/// The drift: −∇V by differences of V, written out here.
#[test]
fn the_potential_has_the_slope_of_its_formula() {
    let mut process = diffusion(&pair(), 1, Noise::Isotropic(0.0), 0.1);
    let (decay, kappa, temperature) = (0.3, 1.7, 0.6);
    process.potential.decay = decay;
    process.potential.stiffness = Some((kappa, vec![scaling()]));
    process.potential.fixman = Some((temperature, vec![scaling()]));
    let (u, v) = (0.8, -0.5);
    let potential = |u: f64, v: f64, t: f64| {
        let mu = (u * u - v * v) / 2.0;
        (u * v - 1.0).powi(2) / 2.0
            + decay / 2.0 * (u * u + v * v)
            + kappa / 2.0 * mu * mu
            + t / 2.0 * (u * u + v * v).ln()
    };
    let compiled = process.compile::<f64>(8).unwrap();
    let settings = vec![setting(&[u, v], Vec::new()); 8];
    let mut tile = process.tile(&compiled, 0, &settings, false);
    let mut drift = vec![0.0; 16];
    tile.system().drift(&spread(&[u, v]), &mut drift);
    let drift = first(&drift);
    let eps = 1e-6;
    let slope = |t: f64| {
        let along = |du: f64, dv: f64| {
            (potential(u - du, v - dv, t) - potential(u + du, v + dv, t)) / (2.0 * eps)
        };
        [along(eps, 0.0), along(0.0, eps)]
    };
    for (a, b) in drift.iter().zip(slope(temperature)) {
        assert!((a - b).abs() < 1e-8);
    }
    for (a, b) in drift.iter().zip(slope(0.0)) {
        assert!((a - b).abs() > 1e-2, "the twin: without the Fixman term");
    }
}

/// dq = −2Tq/(u² + v²) dt for q = u² − v² (theory §5.3), whatever ℓ is: from the mean of μ = q/2 over replicas after one
/// short step each; Heun must agree, by its correction.
#[test]
fn charges_move_by_the_trace_of_the_projector() {
    let (temperature, theta, h) = (0.5, [0.9, 0.5], 1e-2);
    let expected = -temperature * (0.81 - 0.25) / (0.81 + 0.25);
    let drift = |noise: Noise, scheme: Scheme| {
        let mut process = diffusion(&pair(), 1, noise, h);
        process.scheme = scheme;
        process.fields = vec![scaling()];
        let observables: Vec<Box<dyn Observable>> =
            vec![Box::new(Charges::new("charges", vec![scaling()]))];
        let settings = Same(theta.to_vec(), Vec::new());
        let schedule = Schedule::at(vec![1]).unwrap();
        let samples = run::<f64, _>(&process, &settings, 160_000, &schedule, &observables);
        let mu = (0.81 - 0.25) / 2.0;
        let moved: Vec<f64> = samples.numbers.iter().map(|x| (x - mu) / h).collect();
        let n = moved.len() as f64;
        let mean = moved.iter().sum::<f64>() / n;
        let square = moved.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        (mean, (square / n).sqrt())
    };
    for scheme in [Scheme::EulerMaruyama, Scheme::Heun] {
        let (mean, error) = drift(Noise::Horizontal(temperature), scheme);
        // A step of length h has terms of order h.
        assert!(
            (mean - expected).abs() < 4.0 * error + 2.0 * h,
            "{mean} {error}"
        );
        assert!(expected.abs() > 10.0 * error + 4.0 * h, "it would be seen");
    }
    // The twin: isotropic noise moves the charge by T tr A = 0.
    let isotropic = Noise::Isotropic(temperature);
    let (mean, error) = drift(isotropic, Scheme::EulerMaruyama);
    assert!((mean - expected).abs() > 4.0 * error + 2.0 * h);
}

/// The mean of f(w) for a density ∝ w^power e^{−(w−1)²/(2T)} on w > 0, by the midpoint rule in w^{1/4}.
fn mean_of(power: f64, temperature: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    // From w = 10⁻³ on: below it there is e^{−10} of the whole at the temperature of the test.
    for k in 1778..16_000 {
        let r: f64 = (k as f64 + 0.5) * 1e-4;
        let w = r.powi(4);
        let p = w.powf(power) * r.powi(3) * (-(w - 1.0).powi(2) / (2.0 * temperature)).exp();
        above += p * f(w);
        below += p;
    }
    above / below
}

/// Mean and standard error of w and of w² on the slice u² = v², from looks at 2000 replicas; `weight` of the Fixman term.
fn on_the_slice(weight: f64, temperature: f64, h: f64) -> [(f64, f64); 2] {
    let model = pair();
    let mut process = diffusion(&model, 1, Noise::Isotropic(temperature), h);
    process.slice = Some(vec![scaling()]);
    process.seed = 3;
    process.potential.fixman = Some((weight * temperature, vec![scaling()]));
    let schedule = Schedule::at((6..=16).map(|k| 250 * k).collect()).unwrap();
    let arrays = Arrays::new(&model, &Default::default()).unwrap();
    let observables: Vec<Box<dyn Observable>> = vec![
        Box::new(Expressions::new(&model, &arrays, "w", Vec::new()).unwrap()),
        Box::new(Charges::new("charges", vec![scaling()])),
    ];
    let settings = Same(vec![1.0, 1.0], Vec::new());
    let samples = run::<f64, _>(&process, &settings, 2000, &schedule, &observables);
    assert!(samples.diverged.is_empty());
    assert!(samples.numbers.chunks_exact(2).all(|x| x[1].abs() < 1e-12));
    [1, 2].map(|power| {
        // Means over the looks of a replica are independent of those of the others.
        let means: Vec<f64> = samples
            .numbers
            .chunks_exact(22)
            .map(|own| own.chunks_exact(2).map(|x| x[0].powi(power)).sum::<f64>() / 11.0)
            .collect();
        let n = means.len() as f64;
        let mean = means.iter().sum::<f64>() / n;
        let square = means.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        (mean, (square / n).sqrt())
    })
}

/// The surface measure of the slice has dσ ∝ du with w = u²: p(w) ∝ w^{−1/2} e^{−ℓ/T}; with the Fixman term and Γ = 2w it is
/// p(w) ∝ w^{−1} e^{−ℓ/T} (theory §5.2). At a low temperature paths stay away from w = 0, where the term is singular.
#[test]
fn constrained_langevin_samples_the_surface_measure() {
    let (temperature, h) = (0.05, 1e-3);
    for (weight, power) in [(0.0, -0.5), (1.0, -1.0)] {
        let found = on_the_slice(weight, temperature, h);
        for (k, (mean, error)) in found.into_iter().enumerate() {
            let f = |w: f64| w.powi(k as i32 + 1);
            // The scheme has an error of the order of its step.
            let accepted = 4.0 * error + 3.0 * h;
            let expected = mean_of(power, temperature, f);
            assert!(
                (mean - expected).abs() < accepted,
                "{weight} w^{}: {mean} {expected} {error}",
                k + 1
            );
            // Twins: the measure dw, and the law of the other weight.
            for twin in [0.0, -1.5 - power] {
                let twin = mean_of(twin, temperature, f);
                assert!((mean - twin).abs() > accepted, "{weight}: {mean} {twin}");
            }
        }
    }
}

/// On the slice u² = v² a step of 0.1 leads out for ever from u above √21 (|1 − h(u² − 1)| > 1): started there, replicas that
/// the noise moves up are lost, and said to be.
#[test]
fn replicas_that_leave_the_slice_are_data() {
    let noise = Noise::Isotropic(0.3);
    let mut process = diffusion(&pair(), 1, noise, 0.1);
    process.slice = Some(vec![scaling()]);
    let schedule = Schedule::at(vec![40]).unwrap();
    let edge = 21.0_f64.sqrt();
    let samples = run::<f64, _>(
        &process,
        &Same(vec![edge, edge], Vec::new()),
        200,
        &schedule,
        &[],
    );
    let lost = samples.diverged.len();
    assert!(lost > 0 && lost < 200, "{lost}");
    for (replica, theta) in samples.theta.chunks_exact(2).enumerate() {
        let known = samples.diverged.iter().any(|d| d.replica == replica as u64);
        assert_eq!(known, theta[0].is_nan());
        assert!(known || (theta[0].abs() - theta[1].abs()).abs() < 1e-12);
    }
    // A drift that is tamed brings all of them back.
    process.scheme = Scheme::Tamed;
    let settings = Same(vec![edge, edge], Vec::new());
    let samples = run::<f64, _>(&process, &settings, 200, &schedule, &[]);
    assert!(samples.diverged.is_empty());
    assert!(samples.theta.iter().all(|x| x.abs() < edge));
}

/// The slice ½(u² + v²) + u = 0 is a circle, which the normal at the old point misses after a long step; those of the moved
/// point find it.
#[test]
fn long_steps_come_back_to_the_slice() {
    let noise = Noise::Isotropic(0.3);
    let mut process = diffusion(&pair(), 1, noise, 0.1);
    let circle = AffineField {
        linear: vec![(0, 0, 1.0), (1, 1, 1.0)],
        constant: vec![(0, 1.0)],
    };
    process.slice = Some(vec![circle]);
    let schedule = Schedule::at(vec![400]).unwrap();
    let settings = Same(vec![-1.0, 1.0], Vec::new());
    let samples = run::<f64, _>(&process, &settings, 200, &schedule, &[]);
    assert!(samples.diverged.is_empty());
    for theta in samples.theta.chunks_exact(2) {
        let (u, v) = (theta[0], theta[1]);
        assert!(((u * u + v * v) / 2.0 + u).abs() < 1e-12);
    }
}

/// V = (λ/2)θ²: the stationary variance is T/λ at any step for Leimkuhler–Matthews, and T/(λ(1 − hλ/2)) for Euler–Maruyama.
#[test]
fn stationary_variances_of_a_quadratic_potential() {
    let model = super::common::parsed(
        r#"
symbias = 1
outputs = ["w"]
axes = { n = 20 }
program = "w[n] = u[n]"
parameters = { u = ["n"] }
loss = { kind = "expression", expr = "0 * sum[n](w[n])", reduce = "sum" }
"#,
    );
    let (temperature, decay, h) = (0.7, 1.0, 0.5);
    let variance = |scheme: Scheme| {
        let noise = Noise::Isotropic(temperature);
        let mut process = diffusion(&model, 1, noise, h);
        process.potential.decay = decay;
        process.scheme = scheme;
        let schedule = Schedule::at(vec![60]).unwrap();
        let settings = Same(vec![0.0; 20], Vec::new());
        let samples = run::<f32, _>(&process, &settings, 4000, &schedule, &[]);
        let n = samples.theta.len() as f64;
        samples.theta.iter().map(|x| x * x).sum::<f64>() / n
    };
    // The variance of a variance of 80 000 normals: √(2/n).
    let accepted = 4.0 * (2.0_f64 / 80_000.0).sqrt();
    let exact = temperature / decay;
    let euler = exact / (1.0 - h * decay / 2.0);
    for (scheme, expected) in [
        (Scheme::LeimkuhlerMatthews, exact),
        (Scheme::EulerMaruyama, euler),
    ] {
        let found = variance(scheme);
        assert!(
            (found / expected - 1.0).abs() < accepted,
            "{found} {expected}"
        );
        let twin = exact + euler - expected;
        assert!((found / twin - 1.0).abs() > accepted);
    }
}
