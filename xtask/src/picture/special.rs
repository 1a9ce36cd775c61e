//! Two functions that the figures need and the standard library has not.

/// K₀(x) = ∫₀^∞ exp(−x cosh t) dt, by the trapezoidal rule, which converges exponentially here.
pub fn bessel_k0(x: f64) -> f64 {
    let h = 0.02;
    let rest: f64 = (1..=1000)
        .map(|k| (-x * (h * f64::from(k)).cosh()).exp())
        .sum();
    h * ((-x).exp() / 2.0 + rest)
}

/// The integral of a curve by the trapezoidal rule.
pub fn area(points: &[(f64, f64)]) -> f64 {
    points
        .windows(2)
        .map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bessel_function_has_its_tabulated_values() {
        // Abramowitz, Stegun, table 9.8.
        assert!((bessel_k0(1.0) - 0.421_024_438_240_708).abs() < 1e-12);
        assert!((bessel_k0(0.1) - 2.427_069_024_702_017).abs() < 1e-12);
    }

    #[test]
    fn the_area_under_a_line() {
        assert!((area(&[(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)]) - 4.5).abs() < 1e-15);
    }
}
