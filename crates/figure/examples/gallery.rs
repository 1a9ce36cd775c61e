//! Figures as experiments need them, from made-up numbers: `cargo run -p symbias-figure --example gallery -- FOLDER`
//! writes each as SVG and PNG.

use std::path::Path;
use symbias_figure::{Axis, Dash, Figure, Layer, Legend, Marker, Panel, Width};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/figures".to_owned());
    std::fs::create_dir_all(&folder)?;
    for (name, figure) in [
        ("ratios", ratios()),
        ("spectrum", spectrum()),
        ("coefficients", coefficients()),
        ("signal", signal()),
        ("charges", charges()),
        ("matrices", matrices()),
        ("odd", odd()),
    ] {
        let path = Path::new(&folder).join(name);
        std::fs::write(path.with_extension("svg"), figure.svg())?;
        std::fs::write(path.with_extension("png"), figure.png()?)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Numbers between −1 and 1 that look random.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

fn steps(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..=count)
        .map(|k| low * (high / low).powf(k as f64 / count as f64))
        .collect()
}

/// The ratio of a unit that starts at e^{−2s} and grows at its own time.
fn ratio(s: f64, t: f64, start: f64) -> f64 {
    let c = (2.0 * s).sinh();
    let n = 0.5 + 40.0 / (1.0 + (start / t).powi(3));
    let sum = c.hypot(2.0 * n);
    ((sum - c) / (sum + c)).sqrt()
}

fn ratios() -> Figure {
    let units: Vec<f64> = (0..16).map(|k| -1.2 + 2.4 * f64::from(k) / 15.0).collect();
    let times = steps(10.0, 40_000.0, 160);
    let axis = || Axis::new("$|v_j|/‖w_j‖$").log();
    let mut one = Panel::new(Axis::new("step").log(), axis())
        .title("one seed, all units")
        .colours("initial $s_j$", -1.2, 1.2)
        .layer(Layer::horizontal(1.0).label("balanced"));
    let mut random = noise(3);
    for (j, s) in units.iter().enumerate() {
        let start = 900.0 * (1.0 + 2.5 * ((j * 7) % 16) as f64 / 16.0);
        let measured = times
            .iter()
            .map(|t| (*t, ratio(*s, *t, start) * (0.012 * random()).exp()))
            .collect();
        let predicted = times.iter().map(|t| (*t, ratio(*s, *t, start))).collect();
        one = one
            .layer(
                Layer::line(measured)
                    .ramp((s + 1.2) / 2.4)
                    .width(1.8)
                    .label("measured, 16 units"),
            )
            .layer(
                Layer::line(predicted)
                    .ink()
                    .width(0.6)
                    .dash(Dash::Dashed)
                    .label("conserved charges"),
            );
    }
    let mut many = Panel::new(Axis::new("step").log(), axis())
        .title("64 seeds, three units")
        .layer(Layer::horizontal(1.0));
    for (k, s) in [-1.2, -0.4, 0.9].into_iter().enumerate() {
        let middle: Vec<(f64, f64)> = times.iter().map(|t| (*t, ratio(s, *t, 1800.0))).collect();
        let band = times
            .iter()
            .map(|t| [*t, ratio(s, *t, 3600.0), ratio(s, *t, 900.0)])
            .collect();
        let name = format!("$s_j$ = {s:.1}").replace('-', "−");
        many = many
            .layer(Layer::band(band).series(k).label("5 to 95 % of seeds"))
            .layer(Layer::line(middle).series(k).label(name));
    }
    Figure::new("Ratios of the norms of ReLU units over training")
        .columns(2)
        .panel(one)
        .panel(many)
}

fn spectrum() -> Figure {
    let times = steps(1e2, 5e5, 200);
    let values = [
        (15.0, 2.0e4),
        (5.0, 6.0e4),
        (1.6, 1.6e5),
        (0.9, 2.5e5),
        (0.45, 4.0e5),
    ];
    let mut panel = Panel::new(
        Axis::new("step").log(),
        Axis::new("singular value $σ_i$").log(),
    )
    .legend(Legend::Ends)
    .layer(Layer::horizontal(15.0).label("truth"))
    .layer(Layer::horizontal(5.0));
    for (k, (end, when)) in values.into_iter().enumerate() {
        let points = times
            .iter()
            .map(|t| (*t, 0.05 + end * 0.5 / (1.0 + (when / t).powi(3))))
            .collect();
        panel = panel.layer(Layer::line(points).label(format!("$σ_{}$", k + 1)));
    }
    Figure::new("Singular values")
        .width(Width::Single)
        .panel(panel)
}

fn coefficients() -> Figure {
    let truth = [(3, 1.6), (17, -1.2), (41, 1.9)];
    let mut random = noise(9);
    let at = |k: usize| truth.iter().find(|t| t.0 == k).map_or(0.0, |t| t.1);
    let all = |noise: &mut dyn FnMut() -> f64, size: f64| -> Vec<(f64, f64)> {
        (0..64)
            .map(|k| (k as f64, 0.97 * at(k) + size * noise()))
            .collect()
    };
    let panel = Panel::new(
        Axis::new("mode $k$").whole(),
        Axis::new("coefficient $w_k$"),
    )
    .ratio(0.33)
    .layer(
        Layer::stems(
            (0..64)
                .filter(|k| at(*k) != 0.0)
                .map(|k| (k as f64, at(k)))
                .collect(),
        )
        .series(0)
        .hollow()
        .label("truth"),
    )
    .layer(
        Layer::stems(all(&mut random, 0.02))
            .series(4)
            .marker(Marker::Cross)
            .label("mirror flow to $ηn$"),
    )
    .layer(
        Layer::stems(all(&mut random, 0.02))
            .series(2)
            .marker(Marker::Circle)
            .label("trained"),
    );
    Figure::new("Coefficients").panel(panel)
}

fn signal() -> Figure {
    let levels = [(1.0, 50), (-1.5, 70), (0.5, 40), (2.0, 40)];
    let truth: Vec<f64> = levels.iter().flat_map(|(v, n)| vec![*v; *n]).collect();
    let mut random = noise(4);
    let vanilla: Vec<f64> = truth.iter().map(|v| 0.35 * v + 1.1 * random()).collect();
    let designed: Vec<f64> = truth
        .iter()
        .enumerate()
        .map(|(k, v)| v + 0.12 * ((k / 25) as f64 * 2.3).sin())
        .collect();
    let axis = || (Axis::new("position").whole(), Axis::new("signal"));
    let panel = |title: &str, values: Vec<f64>, k: usize| {
        let (x, y) = axis();
        Panel::new(x, y)
            .title(title)
            .legend(Legend::Shared)
            .layer(
                Layer::signal(truth.clone())
                    .ink()
                    .width(1.6)
                    .colour(symbias_figure::PALE)
                    .label("truth"),
            )
            .layer(
                Layer::signal(values)
                    .series(k)
                    .dash(Dash::Solid)
                    .width(0.8)
                    .label(title),
            )
    };
    Figure::new("A signal of four steps, recovered")
        .columns(2)
        .panel(panel("vanilla", vanilla, 4))
        .panel(panel("designed", designed, 2))
}

fn charges() -> Figure {
    let times = steps(1.0, 5e5, 300);
    let mut random = noise(11);
    let mut panel = Panel::new(
        Axis::new("step").log(),
        Axis::new("relative change of $μ_j$").symlog(1e-4),
    )
    .legend(Legend::Right)
    .layer(Layer::horizontal(0.0));
    let drivers = [
        ("gradient flow", 0.0),
        ("full batch", 2e-9),
        ("SGD", -4e-7),
        ("label noise", 3e-6),
    ];
    for (name, rate) in drivers {
        let points = times
            .iter()
            .map(|t| (*t, rate * t * (1.0 + 0.2 * random()) + 1e-5 * random()))
            .collect();
        panel = panel.layer(Layer::line(points).label(name));
    }
    Figure::new("Charges over training")
        .width(Width::Mm(120.0))
        .panel(panel)
}

fn matrices() -> Figure {
    let gram: Vec<Vec<f64>> = (0..8)
        .map(|i| {
            (0..8)
                .map(|j| {
                    if (i, j) == (2, 5) {
                        f64::NAN
                    } else {
                        (-0.3 * f64::from((i - j) * (i - j))).exp()
                    }
                })
                .collect()
        })
        .collect();
    let mut random = noise(2);
    let counts: Vec<f64> = (0..24)
        .map(|k| {
            (400.0 * (-((f64::from(k) - 11.0) / 4.5).powi(2)).exp() + 12.0 * random()).max(0.0)
        })
        .collect();
    let edges: Vec<f64> = (0..25).map(|k| -3.0 + 0.25 * f64::from(k)).collect();
    let law = (0..=120)
        .map(|k| -3.0 + 0.05 * f64::from(k))
        .map(|x| (x, 400.0 * (-((x + 0.12) / 1.125_f64).powi(2)).exp()))
        .collect();
    Figure::new("Matrices, histograms, bars")
        .columns(3)
        .panel(
            Panel::new(
                Axis::new("$j$").whole(),
                Axis::new("$i$").whole().reversed(),
            )
            .title("Gram matrix $Γ$")
            .equal()
            .layer(Layer::heat(gram)),
        )
        .panel(
            Panel::new(Axis::new("$w$"), Axis::new("replicas"))
                .title("stationary law")
                .ratio(1.0)
                .layer(Layer::histogram(edges, counts).series(2).label("measured"))
                .layer(Layer::line(law).ink().dash(Dash::Dashed).label("predicted")),
        )
        .panel(
            Panel::new(Axis::new("depth").whole(), Axis::new("error"))
                .title("bars with whiskers")
                .ratio(1.0)
                .layer(
                    Layer::bars((1..6).map(|k| (f64::from(k), 1.0 / f64::from(k))).collect())
                        .label("flow"),
                )
                .layer(
                    Layer::bars((1..6).map(|k| (f64::from(k), 0.8 / f64::from(k))).collect())
                        .series(3)
                        .label("decay"),
                )
                .layer(
                    Layer::whiskers(
                        (1..6)
                            .map(|k| [f64::from(k) - 0.2, 0.9 / f64::from(k), 1.1 / f64::from(k)])
                            .collect(),
                    )
                    .ink(),
                ),
        )
}

fn odd() -> Figure {
    let nothing = Panel::new(Axis::new("step"), Axis::new("loss"))
        .title("no data")
        .layer(Layer::line(vec![]));
    let zeros = Panel::new(Axis::new("step"), Axis::new("loss").log())
        .title("zeros on a logarithmic axis")
        .layer(
            Layer::line(
                (0..20)
                    .map(|k| (f64::from(k), if k % 5 == 4 { 0.0 } else { 10_f64.powi(-k) }))
                    .collect(),
            )
            .label("with gaps"),
        );
    let equal = Panel::new(Axis::new("step"), Axis::new("loss"))
        .title("all equal")
        .layer(Layer::points((0..9).map(|k| (f64::from(k), 0.25)).collect()).label("points"));
    let near = Panel::new(
        Axis::new("step").unit("10³ steps"),
        Axis::new("a quantity whose label is rather long, with its unit").unit("nats per sample"),
    )
    .title("large, and nearly equal, under a title that does not fit one line")
    .layer(Layer::line(
        (0..9)
            .map(|k| (f64::from(k) * 1e6, 1e6 + f64::from(k * k) * 1e-3))
            .collect(),
    ));
    let mut many = Panel::new(Axis::new("$x$"), Axis::new("$y$"))
        .title("64 series")
        .legend(Legend::Ends);
    for k in 0..64 {
        many = many.layer(
            Layer::line(
                (0..20)
                    .map(|x| {
                        (
                            f64::from(x),
                            f64::from(k) + (f64::from(x * (k + 1)) * 0.05).sin(),
                        )
                    })
                    .collect(),
            )
            .label(format!("series {k}")),
        );
    }
    let mut nine = Panel::new(Axis::new("$x$"), Axis::new("$y$"))
        .title("labels that would collide")
        .legend(Legend::Ends);
    for k in 0..9 {
        nine = nine.layer(
            Layer::line(
                (0..20)
                    .map(|x| (f64::from(x), (f64::from(k) * 0.1).powi(2) * f64::from(x)))
                    .collect(),
            )
            .label(format!("series {k}")),
        );
    }
    Figure::new("What data can do to a figure")
        .columns(3)
        .panel(nothing)
        .panel(zeros)
        .panel(equal)
        .panel(near)
        .panel(many)
        .panel(nine)
}
