//! ∫₀^∞ e^{−R(x)} x^m dx by Gauss panels over 24 decades, and whether it is finite.

/// Nodes and weights of the Gauss rule of eight points on [−1, 1].
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];
/// Panels of a decade.
const PANELS: usize = 100;
/// Powers of ten of the first and the last point.
const DECADES: [i32; 2] = [-12, 12];
/// The share of a decade's mass that the next one has where an integral does not end.
const ENDLESS: f64 = 0.98;

/// ∫ₐᵇ f by eight points.
pub(super) fn panel(f: &dyn Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    let (middle, half) = ((a + b) / 2.0, (b - a) / 2.0);
    GAUSS
        .iter()
        .map(|(x, w)| w * (f(middle - half * x) + f(middle + half * x)))
        .sum::<f64>()
        * half
}

/// Mass of a half-line.
pub(super) struct Mass {
    /// End points of panels.
    points: Vec<f64>,
    /// The mass up to each point.
    up_to: Vec<f64>,
    /// Whether it is infinite at 0.
    pub at_zero: bool,
    /// Whether it is infinite far out.
    pub far: bool,
}

impl Mass {
    /// Of a density.
    pub fn of(density: &dyn Fn(f64) -> f64) -> Mass {
        let count = (DECADES[1] - DECADES[0]) as usize * PANELS;
        let at = |k: usize| 10_f64.powf(f64::from(DECADES[0]) + k as f64 / PANELS as f64);
        let points: Vec<f64> = (0..=count).map(at).collect();
        let each: Vec<f64> = points
            .windows(2)
            .map(|p| panel(density, p[0], p[1]))
            .collect();
        let decade = |d: usize| each[d * PANELS..(d + 1) * PANELS].iter().sum::<f64>();
        let last = count / PANELS - 1;
        let endless =
            |next: f64, before: f64| (next.is_nan() || next > ENDLESS * before) && next != 0.0;
        // What lies before the first point falls as a power.
        let (first, second) = (decade(0), decade(1));
        let ratio = if second > 0.0 { first / second } else { 0.0 };
        let mut sum = first * ratio / (1.0 - ratio).max(1e-3);
        let mut up_to = vec![sum];
        for x in &each {
            sum += x;
            up_to.push(sum);
        }
        Mass {
            points,
            up_to,
            at_zero: endless(first, second),
            far: endless(decade(last), decade(last - 1)),
        }
    }

    /// All of it.
    pub fn whole(&self) -> f64 {
        self.up_to.last().copied().unwrap_or(0.0)
    }

    /// The point beyond which a share of it lies.
    pub fn quantile(&self, beyond: f64) -> f64 {
        let whole = self.whole();
        let place = self.up_to.iter().position(|m| whole - m < beyond * whole);
        self.points[place.unwrap_or(self.points.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_are_those_of_closed_forms() {
        let exponential = Mass::of(&|x| (-x).exp());
        assert!(
            (exponential.whole() - 1.0).abs() < 1e-12 && !exponential.far && !exponential.at_zero
        );
        assert!((exponential.quantile(1e-8) - 18.42).abs() < 0.5);
        let normal = Mass::of(&|x: f64| (-x * x / 2.0).exp());
        assert!((normal.whole() - (std::f64::consts::PI / 2.0).sqrt()).abs() < 1e-12);
        assert!(Mass::of(&|x| 1.0 / (1.0 + x)).far);
        assert!(Mass::of(&|x| (-x).exp() / x).at_zero);
        assert!(!Mass::of(&|x: f64| (-x).exp() / x.sqrt()).at_zero);
    }
}
