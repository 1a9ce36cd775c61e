//! The stationary laws of w = uv with ℓ = (w − 1)²/2 side by side: what each noise makes of one
//! loss, and the potential that it adds (theory §5).

use super::curve::graph;
use super::special::{area, bessel_k0};
use symbias_figure::{Axis, Figure, Layer, Legend, Panel};

const W0: f64 = 1.0;
/// Temperature, and s² of the noise C = s²JᵀJ: both give the same local temperature at w = 1.
const T: f64 = 0.25;
/// Weight decay of the isotropic law.
const LAMBDA: f64 = 0.25;
/// Where the densities of the figure are normalised.
const DOMAIN: (f64, f64) = (0.02, 3.0);

fn loss(w: f64) -> f64 {
    (w - W0).powi(2) / 2.0
}

/// −log of the density against dw, up to a constant, times T.
struct Law {
    name: &'static str,
    potential: fn(f64) -> f64,
}

/// Laws with the density e^{−ℓ/T} times a power of w, and two others.
const LAWS: [Law; 5] = [
    Law {
        name: "isotropic with decay: $K_0(λw/T)$",
        potential: |w| loss(w) - T * bessel_k0(LAMBDA * w / T).ln(),
    },
    Law {
        name: "slice of the charge: $w^{−1}$",
        potential: |w| loss(w) + T * w.ln(),
    },
    Law {
        name: "horizontal: $w^{−1/2}$",
        potential: |w| loss(w) + T / 2.0 * w.ln(),
    },
    Law {
        name: "slice of the log-ratio: $w^0$",
        potential: loss,
    },
    Law {
        name: "$s^2J^TJ$: $w^{κ − 3/2}e^{−κw}$, $κ = 1/s^2$",
        potential: |w| w - (W0 - 1.5 * T) * w.ln(),
    },
];

/// The density on the domain, normalised there.
fn density(potential: fn(f64) -> f64) -> Vec<(f64, f64)> {
    let mut points = graph(DOMAIN.0, DOMAIN.1, 1500, |w| {
        (-(potential(w) - potential(W0)) / T).exp()
    });
    let total = area(&points);
    points.iter_mut().for_each(|p| p.1 /= total);
    points
}

pub fn drawing() -> Figure {
    let panel = |title: &str, y| {
        Panel::new(Axis::new("$w = uv$").range(0.0, 2.5), y)
            .title(title)
            .ratio(0.8)
            .legend(Legend::Shared)
            .layer(Layer::vertical(W0).label("minimum of $ℓ$"))
    };
    let mut densities = panel(
        "densities, normalised on $0.02 ≤ w ≤ 3$",
        Axis::new("$p(w)$ with respect to $dw$").range(0.0, 2.0),
    );
    let mut potentials = panel(
        "what the noise adds to $ℓ = (w − 1)^2/2$",
        Axis::new("$−T log p − ℓ$, zero at $w = 1$").range(-1.0, 0.5),
    );
    for law in &LAWS {
        let curve = Layer::line(density(law.potential));
        densities = densities.layer(curve.label(law.name));
        let shift = (law.potential)(W0) - loss(W0);
        let added = graph(0.005, 2.5, 500, |w| (law.potential)(w) - loss(w) - shift);
        potentials = potentials.layer(Layer::line(added).label(law.name));
    }
    let constants = "$T = s^2 = 0.25$, $λ = 0.25$";
    densities = densities.layer(Layer::note((1.55, 1.8), constants));
    Figure::new("Five stationary laws of w = uv")
        .columns(2)
        .panel(densities)
        .panel(potentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gamma_law_has_the_mean_of_the_theory() {
        // Gamma(w₀/s² − ½, s²) has mean w₀ − s²/2; the domain cuts off less than the tolerance.
        let points = density(LAWS[4].potential);
        let weighted: Vec<(f64, f64)> = points.iter().map(|p| (p.0, p.0 * p.1)).collect();
        assert!((area(&weighted) - (W0 - T / 2.0)).abs() < 5e-3);
    }
}
