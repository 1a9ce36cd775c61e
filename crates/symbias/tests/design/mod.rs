//! Designs: that the parameterization has the bias that was asked for, by an oracle that uses nothing of the design but its model file:
//! no random θ has ½‖θ‖² below the target at F(θ), and the lift attains it. Each comparison has a twin that fails.

mod atoms;
mod oracle;
mod shared;
mod units;

use oracle::{Built, energy, file, has_bias, made, refusal, short};
use symbias::design::{Design, DesignSpec, Driver, Options, design};
use symbias::watch::Watch;
use symbias_model::data::Folder;
use symbias_numerics::dense::{Matrix, singular_values};
use symbias_numerics::random::Stream;

#[test]
fn entries_have_the_bias_that_was_asked_for() {
    type Case = (&'static str, fn(f64) -> f64);
    let cases: [Case; 11] = [
        ("abs(x)", f64::abs),
        ("2.5*abs(x)^0.5", |x| 2.5 * x.abs().sqrt()),
        ("abs(x)^(2/3)", |x| x.abs().powf(2.0 / 3.0)),
        ("abs(x)^0.7", |x| x.abs().powf(0.7)),
        ("abs(x)^1.5/3", |x| x.abs().powf(1.5) / 3.0),
        ("3*x^2", |x| 3.0 * x * x),
        ("2*log(1+abs(x)/0.3)", |x| 2.0 * (1.0 + x.abs() / 0.3).ln()),
        ("log(0.3+abs(x))", |x| (1.0 + x.abs() / 0.3).ln()),
        ("abs(x)+0.5*x^2", |x| x.abs() + 0.5 * x * x),
        ("2*relu(x)+0.5*relu(-x)", |x| {
            if x > 0.0 { 2.0 * x } else { -0.5 * x }
        }),
        ("x^2/2-relu(abs(x)-1)^2/2", |x| {
            if x.abs() <= 1.0 {
                x * x / 2.0
            } else {
                x.abs() - 0.5
            }
        }),
    ];
    for (target, r) in cases {
        has_bias(short(target, "entries", &[2]), ("z", &[2]), &|w| {
            w.iter().map(|x| r(*x)).sum()
        });
    }
}

fn norms(w: &[f64]) -> Vec<f64> {
    w.chunks(3)
        .map(|g| g.iter().map(|x| x * x).sum::<f64>().sqrt())
        .collect()
}

#[test]
fn groups_have_the_bias_that_was_asked_for() {
    type Case = (&'static str, fn(f64) -> f64);
    let cases: [Case; 6] = [
        ("abs(x)", |x| x),
        ("x^0.5", f64::sqrt),
        ("x^0.7", |x| x.powf(0.7)),
        ("log(1+x/0.3)", |x| (1.0 + x / 0.3).ln()),
        ("x+0.5*x^2", |x| x + 0.5 * x * x),
        ("x^2/2-relu(x-1)^2/2", |x| {
            if x <= 1.0 { x * x / 2.0 } else { x - 0.5 }
        }),
    ];
    for (target, r) in cases {
        has_bias(short(target, "groups:3", &[6]), ("z", &[2, 3]), &|w| {
            norms(w).iter().map(|x| r(*x)).sum()
        });
    }
}

/// Singular values of a matrix with two columns.
fn singular(w: &[f64]) -> [f64; 2] {
    let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
    for row in w.chunks(2) {
        a += row[0] * row[0];
        b += row[0] * row[1];
        c += row[1] * row[1];
    }
    let (mean, half) = ((a + c) / 2.0, ((a - c) / 2.0).hypot(b));
    let largest: f64 = mean + half;
    // The product of the squares is the Gram determinant.
    [largest.sqrt(), ((a * c - b * b) / largest).max(0.0).sqrt()]
}

#[test]
fn singular_values_have_the_bias_that_was_asked_for() {
    for (target, c, p) in [
        ("x", 1.0, 1.0),
        ("2*x^(2/3)", 2.0, 2.0 / 3.0),
        ("x^0.5", 1.0, 0.5),
    ] {
        has_bias(
            short(target, "singular", &[3, 2]),
            ("W", &[3, 2]),
            &move |w| singular(w).iter().map(|s: &f64| c * s.powf(p)).sum(),
        );
    }
}

#[test]
fn spellings_of_one_target_make_one_model() {
    let head = "symbias = 1\ndriver = \"decay\"\naxes = { i = 4, a = 2, b = 2, k = 3 }\ncomponents = { z = [\"i\"] }\nconstants = { p = 0.5, c = 2 }\n";
    let first = file(&format!("{head}target = \"sum[i](c*abs(z[i])^p)\"")).model;
    for other in [
        "2*sum[i](abs(z[i])^p)",
        "sum[i](2*sqrt(abs(z[i])))",
        "sum[i](sqrt(abs(4*z[i])))",
        "4*mean[i](c*abs(z[i])^0.5)",
        "sum[i](sqrt(abs(z[i]))) + sum[i](abs(z[i])^(p/1))",
        "3 + sum[i]((z[i]^2)^0.25*c)",
    ] {
        assert_eq!(
            first,
            file(&format!("{head}target = \"{other}\"")).model,
            "{other}"
        );
    }
    let groups = "symbias = 1\ndriver = \"decay\"\naxes = { g = 2, k = 3 }\ncomponents = { z = [\"g\",\"k\"] }\n";
    let first = file(&format!("{groups}target = \"sum[g](norm[k](z[g,k]))\"")).model;
    for other in [
        "sum[g](sqrt(sum[k](z[g,k]^2)))",
        "sum[g](sqrt(z[g,k]*z[g,k]))",
        "sum[g](norm[k](2*z[g,k]))/2",
    ] {
        assert_eq!(
            first,
            file(&format!("{groups}target = \"{other}\"")).model,
            "{other}"
        );
    }
}

#[test]
fn weights_are_linear_in_components_and_lift_back() {
    let design = file(
        "symbias = 1\ndriver = \"decay\"\naxes = { i = 6 }\ncomponents = { z = [\"i\"] }\ntarget = \"sum[i](abs(z[i])^p)\"\n\
         weights = \"w[i] = cumsum[i](z[i])\"\nconstants = { p = 0.5 }\n",
    );
    let built = Built::new(design);
    let w = [0.5, 0.5, -1.0, -1.0, 3.0, 3.0];
    for charge in [0.0, 0.4, -0.3] {
        let theta = built.lift("w", &[6], &w, charge);
        let there = built.value(&theta);
        assert!(there.iter().zip(w).all(|(a, b)| (a - b).abs() < 1e-12));
    }
    let steps: f64 = [0.5_f64, 1.5, 4.0].iter().map(|x| x.sqrt()).sum();
    assert!((energy(&built.lift("w", &[6], &w, 0.0)) - steps).abs() < 1e-10);
    assert!(energy(&built.lift("w", &[6], &w, 0.4)) > steps + 0.1);
}

#[test]
fn invertible_combinations_become_components() {
    let head = "symbias = 1\ndriver = \"decay\"\naxes = { i = 5, j = 4, k = 5 }\ncomponents = { w = [\"i\"] }\n";
    let total = file(&format!(
        "{head}target = \"abs(w[0]) + sum[j](abs(w[j+1] - w[j]))\""
    ));
    assert!(total.model.contains("cumsum"), "{}", total.model);
    has_bias(total, ("w", &[5]), &|w| {
        w[0].abs() + w.windows(2).map(|p| (p[1] - p[0]).abs()).sum::<f64>()
    });
    let square = file(&format!(
        "{head}target = \"sum[k](abs(C[k,i]*w[i])^0.5)\"\nconstants = {{ C = {{ axes = [\"k\",\"i\"], law = \"normal\", seed = 3 }} }}\n"
    ));
    assert!(square.holds());
}

#[test]
fn chains_are_built_of_intervals() {
    let design = file(
        "symbias = 1\ndriver = \"decay\"\naxes = { i = 4, j = 3 }\ncomponents = { w = [\"i\"] }\n\
         target = \"0.5*sum[i](abs(w[i])) + 2*sum[j](abs(w[j+1] - w[j]))\"\n",
    );
    assert!(design.holds());
    let built = Built::new(design);
    assert_eq!(built.program.parameters(), 20);
    let r = |w: &[f64]| {
        0.5 * w.iter().map(|x| x.abs()).sum::<f64>()
            + 2.0 * w.windows(2).map(|p| (p[1] - p[0]).abs()).sum::<f64>()
    };
    // No theta has less than the target, and intervals attain it.
    let mut stream = Stream::new(1, 0, 9);
    let mut twin = 0;
    for _ in 0..2000 {
        let theta: Vec<f64> = (0..20).map(|_| 2.0 * stream.next_uniform() - 1.0).collect();
        let w = built.value(&theta);
        assert!(r(&w) <= energy(&theta) * (1.0 + 1e-12));
        let one = (0..20).map(|k| if k % 10 == 3 { theta[k] } else { 0.0 });
        let one: Vec<f64> = one.collect();
        let balanced: Vec<f64> = one
            .iter()
            .map(|x| {
                if *x == 0.0 {
                    0.0
                } else {
                    (one[3] * one[13]).abs().sqrt()
                }
            })
            .collect();
        let w = built.value(&balanced);
        assert!((r(&w) - energy(&balanced)).abs() < 1e-12);
        twin += usize::from(1.02 * r(&w) > energy(&balanced) * (1.0 + 1e-12));
    }
    assert!(twin > 1900, "a bias that is 2 % larger is refuted");
}

#[test]
fn components_that_add_up_make_an_infimal_convolution() {
    let design = file(
        "symbias = 1\ndriver = \"decay\"\naxes = { i = 2 }\ncomponents = { a = [\"i\"], z = [\"i\"] }\n\
         target = \"sum[i](a[i]^2)/2 + sum[i](abs(z[i]))\"\nweights = \"w[i] = a[i] + z[i]\"\n",
    );
    assert!(design.holds());
    let built = Built::new(design);
    let huber = |x: f64| {
        if x.abs() <= 1.0 {
            x * x / 2.0
        } else {
            x.abs() - 0.5
        }
    };
    let mut stream = Stream::new(2, 0, 9);
    for _ in 0..2000 {
        let theta: Vec<f64> = (0..built.program.parameters())
            .map(|_| 4.0 * stream.next_uniform() - 2.0)
            .collect();
        let w = built.value(&theta);
        assert!(w.iter().map(|x| huber(*x)).sum::<f64>() <= energy(&theta) * (1.0 + 1e-12));
    }
}

#[test]
fn starts_are_off_the_balanced_leaf() {
    let built = Built::new(short("abs(x)^0.5", "entries", &[3]));
    let theta: Vec<f64> = built
        .design
        .start
        .iter()
        .flat_map(|a| a.2.clone())
        .collect();
    assert!(built.value(&theta).iter().all(|w| w.abs() < 1e-12));
    // Every weight can leave 0, to either side: dF is not zero there, as it is at the balanced lift of 0.
    let slopes = |theta: &[f64]| built.program.jacobian(theta, &[]).expect("J");
    assert!(
        slopes(&theta)
            .iter()
            .all(|row| row.iter().any(|x| x.abs() > 0.1))
    );
    let balanced = built.lift("z", &[3], &[0.0; 3], 0.0);
    assert!(
        slopes(&balanced)
            .iter()
            .all(|row| row.iter().all(|x| *x == 0.0))
    );
}

#[test]
fn what_has_no_construction_is_refused_with_the_nearest() {
    let head =
        "symbias = 1\ndriver = \"decay\"\naxes = { i = 4, j = 3 }\ncomponents = { z = [\"i\"] }\n";
    for (target, says) in [
        ("sum[i](tanh(abs(z[i])))", "bounded"),
        ("sum[i]((z[i]^2-1)^2)", "does not increase"),
        ("sum[i](-abs(z[i]))", "does not increase"),
        ("sum[i](abs(z[i])-z[i]^2/6)", "range = ["),
        ("sum[i](log(abs(z[i])))", "at 0"),
        ("sum[i](abs(z[i])^3)", "x^2"),
        ("sum[i](abs(z[i]))*sum[i](abs(z[i]))", "term"),
        ("max[i](abs(z[i]))", "together"),
        ("sum[i](abs(z[i])) + sum[j](abs(z[j+1] - z[j])^2)", "chains"),
        ("sum[i](abs(q[i]))", "not defined"),
    ] {
        let said = refusal(&format!("{head}target = \"{target}\""));
        assert!(said.to_lowercase().contains(says), "{target}: {said}");
    }
    let two = head.replace("z = [\"i\"]", "z = [\"i\"], a = [\"i\"]");
    assert!(refusal(&format!("{two}target = \"sum[i](abs(z[i]))\"")).contains("`a`"));
    assert!(
        refusal(&format!("{head}target = \"sum[i](abs(z[i]))\"\ncolour = 3")).contains("colour")
    );
    assert!(
        refusal(&format!(
            "{head}target = \"sum[i](abs(z[i]))\"\nrange = [1.0, 0.5]"
        ))
        .contains("range")
    );
    assert!(refusal(&format!("{head}target = \"sum[i](abs(z[i]))\"\ndecay = 0")).contains("decay"));
}

/// The certificate is of one place of each kind: its work does not grow with the entries.
#[test]
fn hundred_thousand_entries_are_no_matter() {
    let [few, many] = [2, 100_000].map(|n| short("abs(x)^0.5", "entries", &[n]));
    assert!(few.holds() && many.holds());
    let points = |d: &Design| d.answer.certificate.points;
    assert_eq!(points(&few), points(&many));
    let parameters: usize = many.start.iter().map(|a| a.2.len()).sum();
    assert_eq!(parameters, 400_000);
}

#[test]
fn any_increasing_target_has_a_profile() {
    has_bias(
        short("abs(x) + sqrt(abs(x))", "entries", &[2]),
        ("z", &[2]),
        &|w| w.iter().map(|x| x.abs() + x.abs().sqrt()).sum(),
    );
}

#[test]
fn targets_that_begin_flat_or_differ_by_sign_have_profiles() {
    type Case = (&'static str, fn(f64) -> f64);
    let cases: [Case; 3] = [
        ("sqrt(1 + x^2)", |x| x * x / (1.0 + (1.0 + x * x).sqrt())),
        ("abs(x) + relu(x)^2", |x| x.abs() + x.max(0.0).powi(2)),
        ("log(1 + abs(x)) + 0.1*abs(x)", |x| {
            x.abs().ln_1p() + 0.1 * x.abs()
        }),
    ];
    for (target, r) in cases {
        let design = short(target, "entries", &[2]);
        has_bias(design, ("z", &[2]), &|w| w.iter().map(|x| r(*x)).sum());
    }
}

fn noisy(target: &str, on: &str, driver: Driver, sizes: &[u64]) -> Built {
    let spec = DesignSpec::short(target, on, driver, sizes).expect("a design");
    let design = made(&spec);
    assert!(
        design.holds(),
        "{target} under {}: {:?}",
        driver.name(),
        design.answer.certificate
    );
    Built::new(design)
}

/// ½ log det JJᵀ of a model with one output, at a lift.
fn half_log_k(built: &Built, x: f64) -> f64 {
    let theta = built.lift("z", &[1], &[x], 0.0);
    // Where a law's tail is thin F is known to 1e-11.
    let step = 1e-5;
    // J by differences of values alone.
    let k: f64 = (0..theta.len())
        .map(|j| {
            let (mut up, mut down) = (theta.clone(), theta.clone());
            up[j] += step;
            down[j] -= step;
            ((built.value(&up)[0] - built.value(&down)[0]) / (2.0 * step)).powi(2)
        })
        .sum();
    k.ln() / 2.0
}

#[test]
fn laws_of_noise_are_those_that_were_asked_for() {
    let r = |x: f64| 1.5 * x.abs();
    let points = [-3.0, -1.0, -0.2, 0.1, 0.7, 2.0, 4.0];
    let spread = |of: &dyn Fn(f64) -> f64| {
        let d: Vec<f64> = points.iter().map(|x| of(*x)).collect();
        d.iter().copied().fold(f64::MIN, f64::max) - d.iter().copied().fold(f64::MAX, f64::min)
    };
    let horizontal = noisy("1.5*abs(x)", "entries", Driver::Horizontal, &[1]);
    assert!(spread(&|x| half_log_k(&horizontal, x) - r(x)) < 1e-5);
    // Slice: the volume of the orbit, log ‖(u, v)‖, comes in.
    let slice = noisy("1.5*abs(x)", "entries", Driver::Slice, &[1]);
    let orbit = |x: f64| energy(&slice.lift("z", &[1], &[x], 0.0)).ln() / 2.0;
    assert!(spread(&|x| half_log_k(&slice, x) + orbit(x) - r(x)) < 1e-5);
    // The twins: one driver's design has not the bias of another.
    assert!(spread(&|x| half_log_k(&slice, x) - r(x)) > 0.1);
    assert!(
        spread(
            &|x| half_log_k(&horizontal, x) + energy(&horizontal.lift("z", &[1], &[x], 0.0)) - r(x)
        ) > 0.1
    );
}

#[test]
fn laws_by_profiles_are_those_that_were_asked_for() {
    let r = |x: f64| x.abs() + 0.3 * x * x;
    let isotropic = noisy("abs(x)+0.3*x^2", "entries", Driver::Isotropic, &[1]);
    let d: Vec<f64> = [-3.0, -1.0, -0.2, 0.1, 0.7, 2.0, 4.0]
        .iter()
        .map(|x| {
            half_log_k(&isotropic, *x) + energy(&isotropic.lift("z", &[1], &[*x], 0.0)) - r(*x)
        })
        .collect();
    assert!(d.iter().all(|x| (x - d[0]).abs() < 1e-5), "{d:?}");
}

#[test]
fn laplace_is_two_products() {
    let built = noisy("2*abs(x)", "entries", Driver::Isotropic, &[1]);
    // E|z| and E z² of e^{−2|z|}: ½ and ½, over draws of θ at τ = 1.
    let mut stream = Stream::new(4, 0, 12);
    let n = 200_000;
    let (mut first, mut second) = (0.0, 0.0);
    for _ in 0..n {
        let theta: Vec<f64> = (0..4).map(|_| stream.next_normal()).collect();
        let z = built.value(&theta)[0];
        first += z.abs() / f64::from(n);
        second += z * z / f64::from(n);
    }
    assert!(
        (first - 0.5).abs() < 5.0 * 0.5 / f64::from(n).sqrt(),
        "{first}"
    );
    assert!(
        (second - 0.5).abs() < 5.0 * 1.2 / f64::from(n).sqrt(),
        "{second}"
    );
    for target in ["norm", "x", "0.5*x^2"] {
        if target != "norm" {
            noisy(target, "groups:3", Driver::Isotropic, &[6]);
        }
    }
}

/// ½ log pdet JJᵀ of one group, by differences of values alone.
fn half_log_pdet(built: &Built, theta: &[f64], n: usize) -> f64 {
    let step = 1e-6 * energy(theta).sqrt();
    let columns: Vec<Vec<f64>> = (0..theta.len())
        .map(|j| {
            let (mut up, mut down) = (theta.to_vec(), theta.to_vec());
            up[j] += step;
            down[j] -= step;
            let (up, down) = (built.value(&up), built.value(&down));
            (0..n).map(|i| (up[i] - down[i]) / (2.0 * step)).collect()
        })
        .collect();
    let j = Matrix::from_fn(n, columns.len(), |i, k| columns[k][i]);
    let values = singular_values(&j).expect("singular values");
    values.iter().map(|s| s.ln()).sum()
}

#[test]
fn groups_of_noise() {
    type Case = (&'static str, usize, Driver, fn(f64) -> f64);
    let cases: [Case; 4] = [
        ("x", 3, Driver::Horizontal, |x| x),
        ("x", 3, Driver::Slice, |x| x),
        ("log(1+x^2)*2", 2, Driver::Slice, |x| 2.0 * (x * x).ln_1p()),
        ("x^2/2 + x", 2, Driver::Horizontal, |x| x * x / 2.0 + x),
    ];
    for (target, n, driver, r) in cases {
        let built = noisy(target, &format!("groups:{n}"), driver, &[n as u64]);
        // The law at several lengths and directions; of a pair the volume of its orbit comes in.
        let differences = |of_driver: Driver| -> f64 {
            let d: Vec<f64> = [0.05, 0.3, 1.0, 2.0, 3.0]
                .iter()
                .enumerate()
                .map(|(k, x)| {
                    let z: Vec<f64> = (0..n).map(|i| (k as f64 + 2.0 * i as f64).sin()).collect();
                    let size = z.iter().map(|x| x * x).sum::<f64>().sqrt();
                    let z: Vec<f64> = z.iter().map(|v| x * v / size).collect();
                    let theta = built.lift("z", &[1, n], &z, 0.0);
                    let orbit = match of_driver {
                        Driver::Slice => energy(&theta).ln() / 2.0,
                        _ => 0.0,
                    };
                    half_log_pdet(&built, &theta, n) + orbit - r(*x)
                })
                .collect();
            d.iter().copied().fold(f64::MIN, f64::max) - d.iter().copied().fold(f64::MAX, f64::min)
        };
        assert!(
            differences(driver) < 1e-5,
            "{target}: {}",
            differences(driver)
        );
        // The twin: under the other driver it is another law.
        let other = match driver {
            Driver::Slice => Driver::Horizontal,
            _ => Driver::Slice,
        };
        assert!(differences(other) > 0.1, "{target}");
    }
}

#[test]
fn flow_has_the_potential_that_was_asked_for() {
    let spec = |target: &str| {
        DesignSpec::parse(&format!(
            "symbias = 1\ndriver = \"flow\"\naxes = {{ i = 1 }}\ncomponents = {{ z = [\"i\"] }}\ntarget = \"sum[i]({target})\"\n"
        ))
        .expect("a file")
    };
    type Case = (&'static str, fn(f64) -> f64, &'static [f64]);
    let both: &[f64] = &[-2.0, -0.3, 0.1, 1.5];
    let positive: &[f64] = &[0.05, 0.3, 1.5, 4.0];
    let cases: [Case; 4] = [
        ("z[i]*log(z[i]) - z[i]", |x| 1.0 / x, positive),
        ("-log(z[i])", |x| 1.0 / (x * x), positive),
        ("z[i]^2/2", |_| 1.0, both),
        (
            "z[i]*log(z[i]/0.1 + sqrt((z[i]/0.1)^2 + 1)) - sqrt(z[i]^2 + 0.01)",
            |x| 1.0 / (x * x + 0.01).sqrt(),
            both,
        ),
    ];
    for (target, bend, points) in cases {
        let design = made(&spec(target));
        assert!(design.holds(), "{target}: {:?}", design.answer.certificate);
        let built = Built::new(design);
        let ratio: Vec<f64> = points
            .iter()
            .map(|x| (2.0 * half_log_k(&built, *x)).exp() * bend(*x))
            .collect();
        assert!(
            ratio.iter().all(|r| (r / ratio[0] - 1.0).abs() < 1e-5),
            "{target}: {ratio:?}"
        );
    }
    let said = match design(
        &spec("abs(z[i])"),
        &Folder::default(),
        &Options::default(),
        &Watch::default(),
    ) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("built"),
    };
    assert!(said.contains("convex"), "{said}");
}

#[test]
fn laws_that_are_none_are_refused() {
    let law = |driver, target: &str| {
        let spec = DesignSpec::short(target, "entries", driver, &[2]).expect("a file");
        design(
            &spec,
            &Folder::default(),
            &Options::default(),
            &Watch::default(),
        )
    };
    for (driver, target, says) in [
        (Driver::Isotropic, "log(1+abs(x))", "integrable"),
        (Driver::Horizontal, "log(abs(x))", "at 0"),
    ] {
        match law(driver, target) {
            Err(e) => assert!(e.to_string().contains(says), "{target}: {e}"),
            Ok(_) => panic!("built: {target}"),
        }
    }
    // The twin: a law that is one.
    assert!(law(Driver::Slice, "abs(x)").is_ok_and(|d| d.holds()));
}
