//! Curves of functions, as points.

/// `count + 1` points of a function between two ends.
pub fn graph(low: f64, high: f64, count: u32, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=count)
        .map(|k| low + (high - low) * f64::from(k) / f64::from(count))
        .map(|x| (x, f(x)))
        .collect()
}

/// `count + 1` points of a function between two ends, each a constant factor from the next.
pub fn log_graph(low: f64, high: f64, count: u32, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    graph(low.ln(), high.ln(), count, |t| t)
        .into_iter()
        .map(|(t, _)| (t.exp(), f(t.exp())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_function() {
        assert_eq!(
            graph(0.0, 1.0, 2, |x| x * x),
            [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
        );
        let log = log_graph(1.0, 100.0, 2, |x| x);
        assert!((log[1].0 - 10.0).abs() < 1e-12 && (log[2].1 - 100.0).abs() < 1e-12);
    }
}
