//! Gradient flow of L(u,v) = (uv − 1)²/2, which several figures show.

/// −∇L.
fn slope((u, v): (f64, f64)) -> (f64, f64) {
    (-(u * v - 1.0) * v, -(u * v - 1.0) * u)
}

/// The path from a start, by the classical Runge–Kutta scheme: `steps` steps of length `h`.
pub fn path(start: (f64, f64), h: f64, steps: usize) -> Vec<(f64, f64)> {
    let mut point = start;
    let mut points = vec![point];
    let moved = |p: (f64, f64), s: f64, k: (f64, f64)| (p.0 + s * k.0, p.1 + s * k.1);
    for _ in 0..steps {
        let a = slope(point);
        let b = slope(moved(point, h / 2.0, a));
        let c = slope(moved(point, h / 2.0, b));
        let d = slope(moved(point, h, c));
        point = moved(point, h / 6.0, a);
        point = moved(point, h / 3.0, b);
        point = moved(point, h / 3.0, c);
        point = moved(point, h / 6.0, d);
        points.push(point);
    }
    points
}

/// The orbit uv = w where both entries are at most `side`.
pub fn orbit(w: f64, side: f64) -> Vec<(f64, f64)> {
    super::curve::log_graph(w / side, side, 80, |u| w / u)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_keeps_the_charge_and_reaches_the_minimum() {
        let points = path((0.2, 0.75), 0.02, 400);
        let charge = |p: &(f64, f64)| p.0 * p.0 - p.1 * p.1;
        let (first, last) = (points[0], points[points.len() - 1]);
        assert!((charge(&first) - charge(&last)).abs() < 1e-8);
        assert!((last.0 * last.1 - 1.0).abs() < 1e-3);
    }
}
