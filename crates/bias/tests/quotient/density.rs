//! The density, from the volumes of orbits and of K, against the process, from J and ∇²w.

use super::common::{drift, flat, gram, model, normals, positive, process, product, section};
use symbias_bias::law::closed::decayed_product;
use symbias_bias::noise::{Chart, Stationary, Temper};
use symbias_bias::quotient::fokker_planck::zero_flux;
use symbias_bias::quotient::{LogDensity, Section};
use symbias_bias::{Ground, Law};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::noise::Noise;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_model::Model;
use symbias_model::error::Result;

fn warm(temperature: f64) -> Temper {
    Temper {
        temperature,
        decay: 0.0,
    }
}

/// Calls a test with the density of a law for a loss.
fn with_density<T>(
    model: &Model,
    section: &Section,
    law: Law,
    temper: Temper,
    loss: impl Fn(&[f64]) -> f64 + Send + Sync,
    test: impl FnOnce(&LogDensity<'_>) -> T,
) -> Result<T> {
    let found = factors(model);
    let probes = Probes::new(model, &Default::default(), None, 0)?;
    let rank = generic_rank(&probes, model.space().dim(), Effort::default())?
        .expect("affordable")
        .decision
        .rank;
    let ground = Ground::new(model, &found, &probes, false, rank);
    let law = Stationary {
        law,
        chart: Chart::Charges,
        temper,
    };
    let density = LogDensity::of(&ground, section, law, loss)?;
    Ok(test(&density))
}

/// The spread of log p − (−ℓ/T − R) over the nodes of the zero-flux solution with some mass.
fn spread(model: &Model, section: &Section, noise: Noise, law: Law, temperature: f64) -> f64 {
    let weight = section.clone();
    let loss = move |theta: &[f64]| {
        let w = weight.weights(theta).expect("w")[0];
        (w - 1.3).powi(2) / 2.0
    };
    let (weight, map) = (section.clone(), section.map().clone());
    let slope = move |theta: &[f64], into: &mut [f64]| {
        use symbias_geometry::metric::PredictorMap;
        let w = weight.weights(theta).expect("w")[0];
        let row = map.jacobian(theta).expect("J").remove(0);
        into.iter_mut()
            .zip(row)
            .for_each(|(g, j)| *g = (w - 1.3) * j);
    };
    let sde = process(model, section.clone(), noise, slope).expect("a process");
    let solved = zero_flux(&sde, [0.0, 6.0], 60).expect("a law");
    with_density(model, section, law, warm(temperature), loss, |density| {
        let nodes = solved.nodes().iter().zip(solved.log_density());
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (w, log) in nodes.filter(|n| *n.0 > 1e-6 && *n.0 < 5.0).step_by(7) {
            let difference = log - density.at(&[*w]).expect("a density");
            (low, high) = (low.min(difference), high.max(difference));
        }
        high - low
    })
    .expect("a ground")
}

/// Products of depth 2 to 4, and the squared radius of a stack under so(3): two derivations of one law. The twin: the law on
/// the slice, which differs by a power of w.
#[test]
fn the_density_is_the_stationary_law_of_the_process() {
    let t = 0.4;
    let horizontal = Noise::Horizontal(t);
    let isotropic = Noise::Isotropic(t);
    for depth in 2..=4 {
        let model = product(depth);
        let section = positive(&model);
        let found = spread(&model, &section, horizontal, Law::Horizontal, t);
        assert!(found < 1e-8, "depth {depth}: {found:.1e}");
        let other = spread(&model, &section, horizontal, Law::Slice, t);
        assert!(other > 1.0, "depth {depth}: {other:.1e}");
    }
    let model = gram(1, 3);
    let section = section(&model, 2);
    for (noise, law, other) in [
        (isotropic, Law::Isotropic, Law::Horizontal),
        (horizontal, Law::Horizontal, Law::Isotropic),
    ] {
        let found = spread(&model, &section, noise, law, t);
        assert!(found < 1e-8, "{law:?}: {found:.1e}");
        let twin = spread(&model, &section, noise, other, t);
        assert!(twin > 1.0, "{law:?}: {twin:.1e}");
    }
}

/// In any dimension: without a loss the flux of p = e^{−R} vanishes, ½tr(C∇²w)_i = T(Σ_j ∂_j K_ij − Σ_j K_ij ∂_j R). The
/// derivatives are central differences; the largest error relative to the largest term.
fn flux(model: &Model, noise: Noise, law: Law) -> Result<[f64; 2]> {
    let section = section(model, 2);
    let sde = process(model, section.clone(), noise, flat)?;
    let theta = normals(9, model.space().dim());
    let w = section.weights(&theta)?;
    let n = w.len();
    with_density(
        model,
        &section,
        law,
        warm(1.0),
        |_| 0.0,
        |density| {
            let h = 1e-5 * w.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            let moved = |j: usize, h: f64| {
                let mut w = w.clone();
                w[j] += h;
                w
            };
            let k = sde.metric(&w)?;
            let (mut along, mut pulled) = (vec![0.0; n], vec![0.0; n]);
            // Fourth order: where K is small R bends.
            for (step, share) in [(1.0, 8.0), (-1.0, -8.0), (2.0, -1.0), (-2.0, 1.0)] {
                let share = share / (12.0 * h);
                for j in 0..n {
                    let at = moved(j, step * h);
                    let (r, slope) = (share * density.potential(&at)?, sde.metric(&at)?);
                    for i in 0..n {
                        along[i] += share * slope[(i, j)];
                        pulled[i] += k[(i, j)] * r;
                    }
                }
            }
            let ito = drift(&sde, &w);
            let size = along
                .iter()
                .chain(&pulled)
                .fold(0.0, |m: f64, x| m.max(x.abs()));
            let error = |share: f64| {
                let each = (0..n).map(|i| (ito[i] - (along[i] - share * pulled[i])).abs() / size);
                each.fold(0.0, f64::max)
            };
            Ok([error(1.0), error(0.0)])
        },
    )?
}

/// The twin leaves R out. (For r = n + 1 isotropic noise has R = 0.)
#[test]
fn no_flux_in_many_dimensions() {
    let isotropic = Noise::Isotropic(1.0);
    let horizontal = Noise::Horizontal(1.0);
    let cases = [
        (gram(2, 4), isotropic, Law::Isotropic),
        (gram(3, 3), isotropic, Law::Isotropic),
        (gram(2, 3), horizontal, Law::Horizontal),
        (gram(3, 4), horizontal, Law::Horizontal),
        (model("factorization_square"), horizontal, Law::Horizontal),
        (model("hadamard_depth3"), horizontal, Law::Horizontal),
    ];
    for (model, noise, law) in cases {
        let [error, twin] =
            flux(&model, noise, law).unwrap_or_else(|e| panic!("{}: {}", model.name, e.message()));
        assert!(error < 1e-7, "{} {law:?}: {error:.1e}", model.name);
        assert!(twin > 1e-2, "{} {law:?}: {twin:.1e}", model.name);
    }
}

/// Laws that do not exist are refused with the hypothesis that fails; one that is only not normalisable has a density.
#[test]
fn laws_that_do_not_exist() {
    let refused = |model: &Model, law: Law| {
        let section = section(model, 3);
        with_density(model, &section, law, warm(1.0), |_| 0.0, |_| ())
            .expect_err("no law")
            .message()
            .to_owned()
    };
    assert!(refused(&product(2), Law::Isotropic).contains("finite volume"));
    assert!(refused(&model("groups"), Law::Horizontal).contains("leaf"));
    let pair = product(2);
    let positive = positive(&pair);
    assert!(with_density(&pair, &positive, Law::Slice, warm(1.0), |_| 0.0, |_| ()).is_ok());
    assert!(with_density(&pair, &positive, Law::Slice, warm(-1.0), |_| 0.0, |_| ()).is_err());
    let charged = Section::charged(&pair, &factors(&pair), &[2.0, 0.1]).expect("a section");
    assert!(with_density(&pair, &charged, Law::Slice, warm(1.0), |_| 0.0, |_| ()).is_err());
}

/// Decay on a product: K_0(λ|w|/T) for isotropic noise, where R holds it; on the leaf ½λ‖θ‖² = λ|w|. The twins have no
/// decay: the horizontal law without, which exists, and log(1 + w) for K_0.
#[test]
fn decay_is_part_of_a_law() {
    let pair = product(2);
    let section = positive(&pair);
    let temper = Temper {
        temperature: 0.7,
        decay: 0.4,
    };
    let rate = temper.decay / temper.temperature;
    let bessel = decayed_product(|_| 0.0, temper).expect("a law");
    let line = |law: Law, temper: Temper| -> Vec<f64> {
        let at = |density: &LogDensity<'_>| {
            let points = (1..30).map(|k| 0.1 * f64::from(k));
            points
                .map(|w| density.at(&[w]).expect("a density"))
                .collect()
        };
        with_density(&pair, &section, law, temper, |_| 0.0, at).expect("a ground")
    };
    let spread = |found: &[f64], log: &dyn Fn(f64) -> f64| {
        let differences = (1..30).zip(found).map(|(k, x)| x - log(0.1 * f64::from(k)));
        let (low, high) = differences.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| {
            (a.min(x), b.max(x))
        });
        high - low
    };
    let isotropic = line(Law::Isotropic, temper);
    assert!(spread(&isotropic, &|w| bessel.log_density(w)) < 1e-10);
    assert!(spread(&isotropic, &|w| -w.ln_1p()) > 0.1);
    let leaf = |w: f64| -rate * w - 0.5 * w.ln();
    assert!(spread(&line(Law::Horizontal, temper), &leaf) < 1e-10);
    assert!(spread(&line(Law::Horizontal, warm(0.7)), &leaf) > 0.1);
}
