//! The stationary laws of w = uv with ℓ = (w − 1)²/2 side by side: what each noise makes of one
//! loss, and the potential that it adds (theory §5).

use super::draw::{Axis, INK, Key, Pen, SERIES, Sheet, graph, pen};
use super::special::{area, bessel_k0};

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
    pen: Pen,
    name: &'static str,
    potential: fn(f64) -> f64,
}

/// Laws with the density e^{−ℓ/T} times a power of w, and two others.
const LAWS: [Law; 5] = [
    Law {
        pen: SERIES[0],
        name: "isotropic with decay: K₀(λw/T)",
        potential: |w| loss(w) - T * bessel_k0(LAMBDA * w / T).ln(),
    },
    Law {
        pen: SERIES[1],
        name: "slice of the charge: w⁻¹",
        potential: |w| loss(w) + T * w.ln(),
    },
    Law {
        pen: SERIES[2],
        name: "horizontal: w^(−1/2)",
        potential: |w| loss(w) + T / 2.0 * w.ln(),
    },
    Law {
        pen: SERIES[3],
        name: "slice of the log-ratio: w⁰",
        potential: loss,
    },
    Law {
        pen: SERIES[4],
        name: "s²JᵀJ: w^(1/s² − 3/2) e^(−w/s²)",
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

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Five stationary laws of w = uv", 900, 480);
    let densities = sheet.panel(
        [60.0, 34.0, 370.0, 310.0],
        "densities, normalised on 0.02 ≤ w ≤ 3",
        Axis::linear("w = uv", 0.0, 2.5, 0.5),
        Axis::linear("p(w) with respect to dw", 0.0, 2.0, 0.5),
    );
    let potentials = sheet.panel(
        [510.0, 34.0, 370.0, 310.0],
        "what the noise adds to ℓ",
        Axis::linear("w = uv", 0.0, 2.5, 0.5),
        Axis::linear("−T log p − ℓ, zero at w = 1", -1.0, 0.5, 0.25),
    );
    let guide = pen(INK, 0.8, "1.5 3");
    sheet.curve(&densities, guide, &[(W0, 0.0), (W0, 2.0)]);
    sheet.curve(&potentials, guide, &[(W0, -1.0), (W0, 0.5)]);
    for law in &LAWS {
        sheet.curve(&densities, law.pen, &density(law.potential));
        let shift = (law.potential)(W0) - loss(W0);
        let added = graph(0.005, 2.5, 500, |w| (law.potential)(w) - loss(w) - shift);
        sheet.curve(&potentials, law.pen, &added);
    }
    let rows = |laws: &[Law]| -> Vec<(Key, &'static str)> {
        laws.iter().map(|l| (Key::Line(l.pen), l.name)).collect()
    };
    sheet.legend((60.0, 404.0), &rows(&LAWS[..3]));
    sheet.legend((360.0, 404.0), &rows(&LAWS[3..]));
    sheet.legend(
        (360.0, 444.0),
        &[(Key::Line(guide), "w₀ = 1, the minimum of ℓ = (w − w₀)²/2")],
    );
    sheet.text((660.0, 408.5), "T = s² = 0.25, λ = 0.25");
    sheet.finish()
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
