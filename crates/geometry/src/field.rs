//! Affine vector fields ξ(θ) = Aθ + b on parameter space, sparse: the generators of theory §1.
//!
//! ```
//! use symbias_geometry::AffineField;
//! // (u, v) moves along (u, -v).
//! let field = AffineField { linear: vec![(0, 0, 1.0), (1, 1, -1.0)], constant: vec![] };
//! assert_eq!(field.at(&[3.0, 2.0]), [3.0, -2.0]);
//! ```

/// An affine vector field ξ(θ) = Aθ + b on ℝᵈ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AffineField {
    /// Entries (row, column, value) of A; repeated positions add up.
    pub linear: Vec<(usize, usize, f64)>,
    /// Entries (row, value) of b; repeated positions add up.
    pub constant: Vec<(usize, f64)>,
}

impl AffineField {
    /// Adds `scale · ξ(θ)` to `into`; both of length d.
    pub fn add_at(&self, theta: &[f64], scale: f64, into: &mut [f64]) {
        self.add_linear(theta, scale, into);
        for &(row, value) in &self.constant {
            into[row] += scale * value;
        }
    }

    /// Adds `scale · A v` to `into`; both of length d.
    pub fn add_linear(&self, v: &[f64], scale: f64, into: &mut [f64]) {
        for &(row, column, value) in &self.linear {
            into[row] += scale * value * v[column];
        }
    }

    /// ξ(θ), of length d.
    #[must_use]
    pub fn at(&self, theta: &[f64]) -> Vec<f64> {
        let mut value = vec![0.0; theta.len()];
        self.add_at(theta, 1.0, &mut value);
        value
    }

    /// `c · ξ`.
    #[must_use]
    pub fn scaled(&self, c: f64) -> AffineField {
        AffineField {
            linear: self
                .linear
                .iter()
                .map(|(i, j, x)| (*i, *j, c * x))
                .collect(),
            constant: self.constant.iter().map(|(i, x)| (*i, c * x)).collect(),
        }
    }
}
